"""Convolutions and products with what is fused into them, of com.microsoft."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flopcalc.errors import ShapeError
from flopcalc.onnx_graph.operators.conv import convolution
from flopcalc.onnx_graph.operators.linear import added, gemm, multiplied
from flopcalc.onnx_graph.shapes import shape_text
from flopcalc.ops.conv import CONV
from flopcalc.ops.dense import FC
from flopcalc.ops.elementwise import (
    ADD,
    ELU,
    GELU,
    HARD_SIGMOID,
    HARD_SWISH,
    LEAKY,
    MISH,
    RELU,
    SIGMOID,
    SILU,
    SOFTMAX,
    TANH,
)
from flopcalc.ops.exported import CLIP, MATMUL
from flopcalc.ops.pointwise import SWISH

if TYPE_CHECKING:
    from flopcalc.onnx_graph.node import Node
    from flopcalc.onnx_graph.values import Shape, Value
    from flopcalc.op import Op
    from flopcalc.tensor import Tensor

_ACTIVATIONS: dict[str, Op] = {
    "clip": CLIP,
    "elu": ELU,
    "gelu": GELU,
    "hardsigmoid": HARD_SIGMOID,
    "hardswish": HARD_SWISH,
    "leakyrelu": LEAKY,
    "mish": MISH,
    "quickgelu": SWISH,
    "relu": RELU,
    "sigmoid": SIGMOID,
    "silu": SILU,
    "softmax": SOFTMAX,
    "swish": SILU,
    "tanh": TANH,
}


def activated(n: Node, y: Tensor, name: str = "activation", default: str = "") -> Tensor:
    """`y` after the activation that an attribute names, if it does."""
    word = n.word(name, default)
    if word.lower() in ("", "none", "identity"):
        return y
    op = _ACTIVATIONS.get(word.lower())
    if op is None:
        op = n.walker.partial(SILU, f"no formula for the activation '{word}'")
    return n.layer("act", op, y)[0]


def convolution_with_sum(n: Node, x: Value, w: Value, b: Value | None, z: Value | None) -> Tensor:
    """A convolution, and `z` added where it is there."""
    y = convolution(n, x, w, b)
    return added(n, "sum", y, z) if z is not None else y


def FusedConv(n: Node) -> None:
    """com.microsoft FusedConv: a convolution, perhaps a sum, perhaps an activation."""
    y = convolution_with_sum(n, n.input(0), n.input(1), n.optional(2), n.optional(3))
    n.give(0, activated(n, y), made_by=n.op)


def NhwcFusedConv(n: Node) -> None:
    """com.microsoft NhwcFusedConv: maps and kernels with their channels last."""
    _channels_last(n, fused=True)


def NhwcConv(n: Node) -> None:
    """com.microsoft NhwcConv: maps with their channels last."""
    _channels_last(n, fused=False)


def _channels_last(n: Node, *, fused: bool) -> None:
    n.op = CONV
    x, w = n.input(0), n.input(1)
    if x.rank < 3:
        raise ShapeError(f"a map of {shape_text(x.dims)}", hint="batch, sizes, channels")
    image = turned(n, x)
    y = convolution(n, x, w, n.optional(2), image)
    op = n.op
    if fused and n.has(3):
        (y,) = n.layer("sum", ADD, y, turned(n, n.input(3)))
    y = activated(n, y) if fused else y
    n.give(0, channels_last(y), made_by=op)


def turned(n: Node, x: Value) -> Tensor:
    """A map with channels last as one with channels second."""
    shape = (x.dims[0], x.dims[-1], *x.dims[1:-1])
    axes = {3: "ncl", 4: "nchw", 5: "ncdhw"}.get(x.rank, "nc" + "l" * (x.rank - 2))
    return n.view(x, axes, shape)


def channels_last(y: Tensor) -> Tensor:
    """A map with channels second as one with channels last."""
    shape = (y.shape[0], *y.shape[2:], y.shape[1])
    return y._replace(shape=shape, axes="n" + y.axes[2:] + "c")


def FusedMatMul(n: Node) -> None:
    """com.microsoft FusedMatMul: alpha·A'·B', transposed as transA, transBatchA and so on say."""
    n.op = MATMUL
    n.give(0, _matmul(n), made_by=n.op)


def TransposeMatMul(n: Node) -> None:
    """com.microsoft TransposeMatMul: what FusedMatMul was called before."""
    n.op = MATMUL
    n.give(0, _matmul(n), made_by=n.op)


def FusedMatMulActivation(n: Node) -> None:
    """com.microsoft FusedMatMulActivation: FusedMatMul, then an activation."""
    n.op = MATMUL
    n.give(0, activated(n, _matmul(n)), made_by=n.op)


def _matmul(n: Node) -> Tensor:
    a, b = n.input(0), n.input(1)
    left = _flipped(a.dims, n.integer("transA", 0), n.integer("transBatchA", 0))
    right = _flipped(b.dims, n.integer("transB", 0), n.integer("transBatchB", 0))
    return multiplied(n, a, b, left, right)


def _flipped(shape: Shape, flip: int, batch: int) -> Shape:
    if len(shape) < 2:
        return shape
    if batch:  # the first axis moves in front of the last
        shape = (*shape[1:-1], shape[0], shape[-1])
    return (*shape[:-2], shape[-1], shape[-2]) if flip else shape


def FusedGemm(n: Node) -> None:
    """com.microsoft FusedGemm: Gemm, then an activation."""
    n.op = FC
    y = gemm(n, n.input(0), n.input(1), n.optional(2))
    n.give(0, activated(n, y), made_by=n.op)


def GemmFloat8(n: Node) -> None:
    """com.microsoft GemmFloat8: Gemm of 8-bit floats, perhaps with an activation."""
    n.op = FC
    y = gemm(n, n.input(0), n.input(1), n.optional(2))
    n.give(0, activated(n, y), made_by=n.op)


def Inverse(n: Node) -> None:
    """com.microsoft Inverse: no formula, since methods differ."""
    x = n.input(0)
    n.opaque("no formula for the inverse of a matrix", x.shape)
