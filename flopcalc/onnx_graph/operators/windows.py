"""Kernels of convolutions and pools: the attributes that say how they slide."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flopcalc.dim import Dim, ceil_div, max_
from flopcalc.errors import ShapeError
from flopcalc.onnx_graph.values import UnknownShapeError, map_axes
from flopcalc.ops.window import Window

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flopcalc.onnx_graph.node import Node
    from flopcalc.onnx_graph.values import Shape, Value
    from flopcalc.tensor import Tensor


def as_map(n: Node, x: Value) -> Tensor:
    """`x` with its dimensions named as a map's: channels behind the batch.

    Raises `UnknownShapeError` where its rank is unknown, `ShapeError` where it is no map.
    """
    axes = map_axes(x.rank)
    if axes is None:
        message = f"'{x.name}' of {x.rank} axes is no map"
        raise ShapeError(message, hint="batch, channels, and up to three spatial axes")
    return n.view(x, axes)


def fixed(sizes: Sequence[Dim], what: str) -> tuple[int, ...]:
    """Sizes that must be numbers; raises `UnknownShapeError` where one is a name."""
    for size in sizes:
        if not isinstance(size, int):
            raise UnknownShapeError(f"{what} is not known")
    return tuple(sizes)  # type: ignore[arg-type]  # just looked


def table_sizes(value: Value, rank: int) -> tuple[int, ...]:
    """The sizes of a stored table of `rank` axes; raises `ShapeError` where it has others."""
    if value.rank != rank:
        message = f"'{value.name}' has {value.rank} axes, not {rank}"
        raise ShapeError(message, hint="see the operator's definition")
    return fixed(value.dims, f"shape of '{value.name}'")


def window_of(n: Node, sizes: Shape, kernel: tuple[int, ...]) -> Window:
    """The window that a node slides over spatial `sizes`: strides, dilations, pads, auto_pad.

    Raises `ShapeError` for lists that do not match the kernel, or nonsense in them.
    """
    rank = len(kernel)
    ones = (1,) * rank
    stride = n.integers("strides") or ones
    dilation = n.integers("dilations") or ones
    if not (len(stride) == len(dilation) == len(sizes) == rank):
        message = f"{rank} kernel sizes, {len(stride)} strides, {len(dilation)} dilations"
        raise ShapeError(f"{message} for {len(sizes)} spatial axes", hint="one of each an axis")
    if min((*kernel, *stride, *dilation), default=1) < 1:
        raise ShapeError("kernel, strides and dilations start at 1", hint="see the node")
    return Window(kernel, stride, dilation, _pads(n, sizes, kernel, stride, dilation))


def _pads(
    n: Node,
    sizes: Shape,
    kernel: tuple[int, ...],
    stride: tuple[int, ...],
    dilation: tuple[int, ...],
) -> tuple[tuple[int, int], ...]:
    word = n.word("auto_pad", "NOTSET")
    if word == "VALID":
        return ((0, 0),) * len(kernel)
    if word in ("SAME_UPPER", "SAME_LOWER"):
        return tuple(
            _same(size, k, s, d, upper=word == "SAME_UPPER")
            for size, k, s, d in zip(sizes, kernel, stride, dilation, strict=True)
        )
    if word not in ("NOTSET", ""):
        raise ShapeError(f"auto_pad '{word}'", hint="NOTSET, VALID, SAME_UPPER or SAME_LOWER")
    pads = n.integers("pads") or (0,) * (2 * len(kernel))
    if len(pads) != 2 * len(kernel):
        message = f"{len(pads)} pads for {len(kernel)} spatial axes"
        raise ShapeError(message, hint="all the starts, then all the ends")
    return tuple(zip(pads[: len(kernel)], pads[len(kernel) :], strict=True))


def _same(size: Dim, k: int, s: int, d: int, *, upper: bool) -> tuple[int, int]:
    """The padding that leaves ⌈size/s⌉ positions; the odd one at the end for SAME_UPPER."""
    needed = max_((ceil_div(size, s) - 1) * s + d * (k - 1) + 1 - size, 0)
    less = needed // 2
    more = needed - less
    return (less, more) if upper else (more, less)  # type: ignore[return-value]  # see tensor.py


def transposed_window(
    n: Node, sizes: Shape, kernel: tuple[int, ...]
) -> tuple[Window, tuple[int, ...], Shape]:
    """The window of a transposed convolution, its output padding, and the output's sizes.

    `output_shape` says the sizes outright, SAME_UPPER and SAME_LOWER make them input · stride;
    either leaves the padding to be found.
    """
    word = n.word("auto_pad", "NOTSET")
    same = word in ("SAME_UPPER", "SAME_LOWER")
    rank = len(kernel)
    stride = n.integers("strides") or (1,) * rank
    dilation = n.integers("dilations") or (1,) * rank
    extra = n.integers("output_padding") or (0,) * rank
    if not (len(stride) == len(dilation) == len(extra) == len(sizes) == rank):
        message = f"{rank} kernel sizes, {len(stride)} strides, {len(dilation)} dilations"
        raise ShapeError(f"{message} for {len(sizes)} spatial axes", hint="one of each an axis")
    if min((*kernel, *stride, *dilation), default=1) < 1:
        raise ShapeError("kernel, strides and dilations start at 1", hint="see the node")
    if same:
        pads: tuple[tuple[int, int], ...] = ((0, 0),) * rank
    else:
        pads = _pads(n, sizes, kernel, stride, dilation)
    window = Window(kernel, stride, dilation, pads)
    whole = tuple(
        (size - 1) * s + d * (k - 1) + 1 + more
        for size, k, s, d, more in zip(sizes, kernel, stride, dilation, extra, strict=True)
    )
    listed = n.integers("output_shape")
    if listed:
        wanted: Shape = listed[-rank:]
    elif same:
        wanted = tuple(size * s for size, s in zip(sizes, stride, strict=True))
    else:
        result = tuple(
            size - before - after for size, (before, after) in zip(whole, pads, strict=True)
        )
        if any(isinstance(size, int) and size < 1 for size in result):
            raise ShapeError("the map vanishes", hint="less padding")
        return window, extra, result
    cut = [max_(size - want, 0) for size, want in zip(whole, wanted, strict=True)]
    halves = ((c // 2, c - c // 2) for c in cut)
    upper = word == "SAME_UPPER"  # the odd one at the end
    found = tuple((less, more) if upper else (more, less) for less, more in halves)
    return window._replace(pads=found), extra, wanted  # type: ignore[arg-type]  # see tensor.py
