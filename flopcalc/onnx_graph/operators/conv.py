"""Convolutions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flopcalc.dim_values import definitely_different
from flopcalc.errors import ShapeError
from flopcalc.onnx_graph.operators.windows import as_map, fixed, transposed_window, window_of
from flopcalc.onnx_graph.shapes import shape_text
from flopcalc.ops.conv import CONV, DEFORMABLE, TRANSPOSED, conv_attrs, conv_op, transposed_op
from flopcalc.ops.elementwise import SILU
from flopcalc.ops.exported import move
from flopcalc.ops.quantized import REQUANTIZE
from flopcalc.ops.window import Window
from flopcalc.tensor import Shaped

if TYPE_CHECKING:
    from flopcalc.onnx_graph.node import Node
    from flopcalc.onnx_graph.values import Value
    from flopcalc.tensor import Tensor


def Conv(n: Node) -> None:
    """ai.onnx Conv, versions 1 to 22."""
    n.give(0, convolution(n, n.input(0), n.input(1), n.optional(2)), made_by=n.op)


def ConvInteger(n: Node) -> None:
    """ai.onnx ConvInteger, version 10: zero points are taken off on the way."""
    y = convolution(n, n.input(0), n.input(1), None)
    n.give(0, y._replace(dtype="int32"), made_by=n.op)


def QLinearConv(n: Node) -> None:
    """ai.onnx QLinearConv, version 10: the kernel is input 3, the bias input 8."""
    y = convolution(n, n.input(0), n.input(3), n.optional(8))
    n.give(0, requantized(n, y), made_by=n.op)


def requantized(n: Node, y: Tensor) -> Tensor:
    """`y`, a sum of integers, brought to the scale of the node's output."""
    return n.layer("requantize", REQUANTIZE, y, attrs={"zero": True})[0]


def convolution(
    n: Node, x: Value, w: Value, b: Value | None, image: Tensor | None = None
) -> Tensor:
    """The layer of a convolution of `x`, or of `image` where that is how it is seen.

    The kernel `w` is output channels × input channels of a group × sizes. Sets `n.op`.
    """
    n.op = CONV
    image = image or as_map(n, x)
    if w.rank != len(image.shape):
        message = f"a kernel of {shape_text(w.dims)} for a map of {shape_text(image.shape)}"
        raise ShapeError(message, hint="the kernel has output and input channels, then sizes")
    out, per_group, *kernel = fixed(w.dims, f"shape of the kernel '{w.name}'")
    groups = n.integer("group", 1)
    image = _with_channels(image, per_group, groups)
    window = window_of(n, image.shape[2:], tuple(kernel))
    n.op = conv_op(per_group * groups, out, groups, window.kernel)
    attrs = conv_attrs(window, out, groups, bias=b is not None)
    params = n.params(w, "weight") + n.params(b, "bias")
    (y,) = n.layer("", n.op, image, attrs=attrs, params=params)
    return y


def _with_channels(image: Tensor, per_group: int, groups: int) -> Tensor:
    """`image` with the channels that a kernel is made for, which a name may stand for."""
    channels = image.channels
    if groups < 1 or definitely_different(channels, per_group * groups):
        message = f"{groups} groups of {per_group} channels for {channels} input channels"
        raise ShapeError(message, hint="kernel and input channels must agree")
    if isinstance(channels, int):
        return image
    return image._replace(shape=(image.shape[0], per_group * groups, *image.shape[2:]))


def ConvTranspose(n: Node) -> None:
    """ai.onnx ConvTranspose, versions 1 to 22."""
    n.op = TRANSPOSED
    x, w, b = n.input(0), n.input(1), n.optional(2)
    image = as_map(n, x)
    if w.rank != x.rank:
        message = f"a kernel of {shape_text(w.dims)} for a map of {shape_text(x.dims)}"
        raise ShapeError(message, hint="the kernel has input and output channels, then sizes")
    channels, per_group, *kernel = fixed(w.dims, f"shape of the kernel '{w.name}'")
    groups = n.integer("group", 1)
    if groups < 1 or channels % groups:
        message = f"{groups} groups do not divide {channels} input channels"
        raise ShapeError(message, hint="both channel counts must be multiples of the groups")
    image = _with_channels(image, channels // groups, groups)
    window, extra, sizes = transposed_window(n, x.dims[2:], tuple(kernel))
    out = per_group * groups
    n.op = transposed_op(groups)
    n.add(
        n.op,
        image,
        attrs={**conv_attrs(window, out, groups, bias=b is not None), "out_pad": extra},
        params=n.params(w, "weight") + n.params(b, "bias"),
        shapes=[Shaped((x.dims[0], out, *sizes), image.axes)],  # type: ignore[arg-type]  # see tensor.py
    )


def DeformConv(n: Node) -> None:
    """ai.onnx DeformConv, versions 19 to 22: offsets and perhaps factors are other inputs."""
    n.op = DEFORMABLE
    x, w, offset = n.input(0), n.input(1), n.input(2)
    b, mask = n.optional(3), n.optional(4)
    image = as_map(n, x)
    if w.rank != x.rank:
        message = f"a kernel of {shape_text(w.dims)} for a map of {shape_text(x.dims)}"
        raise ShapeError(message, hint="the kernel has output and input channels, then sizes")
    out, per_group, *kernel = fixed(w.dims, f"shape of the kernel '{w.name}'")
    groups = n.integer("group", 1)
    image = _with_channels(image, per_group, groups)
    window = window_of(n, x.dims[2:], tuple(kernel))
    n.add(
        DEFORMABLE,
        image,
        *(v for v in (offset, mask) if v is not None),
        attrs={**conv_attrs(window, out, groups, bias=b is not None), "mask": mask is not None},
        params=n.params(w, "weight") + n.params(b, "bias"),
    )


def CausalConvWithState(n: Node) -> None:
    """ai.onnx CausalConvWithState, version 27: depthwise, over what came before."""
    n.op = CONV
    x, w, b = n.input(0), n.input(1), n.optional(2)
    image = as_map(n, x)
    if w.rank != 3 or x.rank != 3:
        message = f"a kernel of {shape_text(w.dims)} for a map of {shape_text(x.dims)}"
        raise ShapeError(message, hint="channels × 1 × length")
    channels, _, k = fixed(w.dims, f"shape of the kernel '{w.name}'")
    image = _with_channels(image, 1, channels)
    window = Window((k,), (1,), (1,), ((k - 1, 0),))
    n.op = conv_op(channels, channels, channels, (k,))
    (y,) = n.layer(
        "",
        n.op,
        image,
        attrs=conv_attrs(window, channels, channels, bias=b is not None),
        params=n.params(w, "weight") + n.params(b, "bias"),
    )
    if n.word("activation", "none") != "none":
        y = n.layer("act", SILU, y)[0]
    n.give(0, y, made_by=n.op)
    if n.wants(1):
        state = Shaped((x.dims[0], channels, k - 1), "ncl")  # type: ignore[arg-type]  # see tensor.py
        n.give(1, n.layer("state", move("Slice"), x, shapes=[state])[0])
