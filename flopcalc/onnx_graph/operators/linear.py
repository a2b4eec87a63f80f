"""Matrix products."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flopcalc.dim_values import definitely_different
from flopcalc.errors import ShapeError
from flopcalc.onnx_graph.operators.conv import requantized
from flopcalc.onnx_graph.shapes import broadcast, shape_text
from flopcalc.onnx_graph.values import default_axes
from flopcalc.ops.dense import FC, fc_attrs
from flopcalc.ops.elementwise import ADD
from flopcalc.ops.exported import MATMUL
from flopcalc.tensor import Shaped

if TYPE_CHECKING:
    from flopcalc.onnx_graph.node import Node
    from flopcalc.onnx_graph.values import Shape, Value
    from flopcalc.op import Op
    from flopcalc.tensor import ParamKind, Tensor


def MatMul(n: Node) -> None:
    """ai.onnx MatMul, versions 1 to 13: numpy.matmul."""
    n.op = MATMUL
    product(n, n.input(0), n.input(1))


def MatMulInteger(n: Node) -> None:
    """ai.onnx MatMulInteger, version 10: zero points are taken off on the way."""
    n.op = MATMUL
    y = multiplied(n, n.input(0), n.input(1))
    n.give(0, y._replace(dtype="int32"), made_by=n.op)


def QLinearMatMul(n: Node) -> None:
    """ai.onnx QLinearMatMul, versions 10 to 21: the operands are inputs 0 and 3."""
    n.op = MATMUL
    y = multiplied(n, n.input(0), n.input(3))
    n.give(0, requantized(n, y), made_by=n.op)


def Gemm(n: Node) -> None:
    """ai.onnx Gemm, versions 1 to 13: alpha·A'·B' + beta·C."""
    n.op = FC
    n.give(0, gemm(n, n.input(0), n.input(1), n.optional(2)), made_by=n.op)


def gemm(n: Node, a: Value, b: Value, c: Value | None) -> Tensor:
    """The layers of A'·B' + C, the matrices turned as transA and transB say."""
    if a.rank != 2 or b.rank != 2:
        message = f"Gemm of {shape_text(a.dims)} and {shape_text(b.dims)}"
        raise ShapeError(message, hint="both are matrices")
    flip_a, flip_b = n.integer("transA", 0), n.integer("transB", 0)
    left = a.dims[::-1] if flip_a else a.dims
    right = b.dims[::-1] if flip_b else b.dims
    return multiplied(n, a, b, left, right, bias=c)


def product(n: Node, a: Value, b: Value) -> None:
    """The node is the product of `a` and `b`."""
    n.give(0, multiplied(n, a, b), made_by=n.op)


def multiplied(
    n: Node,
    a: Value,
    b: Value,
    left: Shape | None = None,
    right: Shape | None = None,
    *,
    bias: Value | None = None,
) -> Tensor:
    """The layers of a product: fully connected where `b` is a stored matrix, else a matmul.

    `left` and `right` are the shapes in which the operands are multiplied, if not their own.
    Sets `n.op`.
    """
    left, right = a.dims if left is None else left, b.dims if right is None else right
    shape = matmul_shape(left, right)
    axes = default_axes(len(shape))
    if b.constant and not a.constant and len(right) == 2:
        n.op = FC
        (y,) = n.layer(
            "",
            FC,
            n.view(a, "c" if len(left) == 1 else "n" + "l" * (len(left) - 2) + "c", left),
            attrs=fc_attrs(right[1], bias=bias is not None),  # type: ignore[arg-type]  # see tensor.py
            params=n.params(b, "weight") + (n.params(bias, "bias") if bias else ()),
            shapes=[Shaped(shape, axes)],  # type: ignore[arg-type]  # see tensor.py
        )
        return y
    # of two constants the second is the weight, the first perhaps a table of positions
    params = n.params(a, "weight", slot=not b.constant) if a.constant else ()
    params += n.params(b, "weight") if b.constant else ()
    n.op = MATMUL
    (y,) = n.layer(
        "matmul" if bias else "",
        MATMUL,
        _operand(n, a, left),
        _operand(n, b, right),
        params=params,
        shapes=[Shaped(shape, axes)],  # type: ignore[arg-type]  # see tensor.py
    )
    return added(n, "bias", y, bias) if bias else y


def added(n: Node, part: str, y: Tensor, other: Value, op: Op = ADD) -> Tensor:
    """`y` plus an operand, or `op` between them; a stored one of one axis is a bias."""
    if other.shape == y.shape:
        shape, axes = y.shape, y.axes
    else:
        shape = broadcast(y.shape, other.dims)  # type: ignore[assignment]  # see tensor.py
        axes = y.axes if len(shape) == len(y.axes) else default_axes(len(shape))
    kind: ParamKind = "bias" if sum(size != 1 for size in other.dims) <= 1 else "weight"
    params = n.params(other, kind) if other.constant else ()
    (y,) = n.layer(part, op, y, other, params=params, shapes=[Shaped(shape, axes)])
    return y


def _operand(n: Node, value: Value, shape: Shape) -> Tensor:
    return n.view(value, default_axes(len(shape)), shape)


def matmul_shape(a: Shape, b: Shape) -> Shape:
    """The shape of numpy.matmul; raises `ShapeError` where the operands certainly do not fit."""
    if not a or not b or definitely_different(a[-1], b[-2] if len(b) > 1 else b[-1]):
        message = f"a product of {shape_text(a)} and {shape_text(b)}"
        raise ShapeError(message, hint="columns of the first and rows of the second must agree")
    return (*broadcast(a[:-2], b[:-2]), *a[-2:-1], *(b[-1:] if len(b) > 1 else ()))
