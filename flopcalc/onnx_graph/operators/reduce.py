"""Reductions over axes, running sums, selections."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flopcalc.dim_values import definitely_different, known
from flopcalc.errors import InputError, ShapeError
from flopcalc.onnx_graph.operators import folding
from flopcalc.onnx_graph.operators.contents import folded_along, the_one
from flopcalc.onnx_graph.operators.windows import fixed
from flopcalc.onnx_graph.shapes import axis_of, shape_text
from flopcalc.onnx_graph.values import UnknownShapeError, default_axes
from flopcalc.ops.pointwise import DET
from flopcalc.ops.reductions import (
    ARG_MAX,
    CUM_PROD,
    CUM_SUM,
    REDUCE_L1,
    REDUCE_L2,
    REDUCE_LOG_SUM,
    REDUCE_LOG_SUM_EXP,
    REDUCE_MAX,
    REDUCE_MEAN,
    REDUCE_MIN,
    REDUCE_PROD,
    REDUCE_SUM,
    REDUCE_SUM_SQUARE,
    TOP_K,
)
from flopcalc.tensor import Shaped

if TYPE_CHECKING:
    from flopcalc.dim import Dim
    from flopcalc.onnx_graph.node import Node
    from flopcalc.onnx_graph.operators.folding import Pair
    from flopcalc.onnx_graph.values import Content, Shape, Value
    from flopcalc.op import Op


def ReduceMean(n: Node) -> None:
    """ai.onnx ReduceMean, versions 1 to 18: the axes are an input from version 18 on."""
    reduction(n, REDUCE_MEAN)


def ReduceSum(n: Node) -> None:
    """ai.onnx ReduceSum, versions 1 to 13: the axes are an input from version 13 on."""
    reduction(n, REDUCE_SUM, folding.plus)


def ReduceProd(n: Node) -> None:
    """ai.onnx ReduceProd, versions 1 to 18: the axes are an input from version 18 on."""
    reduction(n, REDUCE_PROD, folding.times)


def ReduceMax(n: Node) -> None:
    """ai.onnx ReduceMax, versions 1 to 20: the axes are an input from version 18 on."""
    reduction(n, REDUCE_MAX, folding.larger)


def ReduceMin(n: Node) -> None:
    """ai.onnx ReduceMin, versions 1 to 20: the axes are an input from version 18 on."""
    reduction(n, REDUCE_MIN, folding.smaller)


def ReduceL1(n: Node) -> None:
    """ai.onnx ReduceL1, versions 1 to 18: the axes are an input from version 18 on."""
    reduction(n, REDUCE_L1)


def ReduceL2(n: Node) -> None:
    """ai.onnx ReduceL2, versions 1 to 18: the axes are an input from version 18 on."""
    reduction(n, REDUCE_L2)


def ReduceSumSquare(n: Node) -> None:
    """ai.onnx ReduceSumSquare, versions 1 to 18: the axes are an input from version 18 on."""
    reduction(n, REDUCE_SUM_SQUARE)


def ReduceLogSum(n: Node) -> None:
    """ai.onnx ReduceLogSum, versions 1 to 28: the axes are an input from version 18 on."""
    reduction(n, REDUCE_LOG_SUM)


def ReduceLogSumExp(n: Node) -> None:
    """ai.onnx ReduceLogSumExp, versions 1 to 28: the axes are an input from version 18 on."""
    reduction(n, REDUCE_LOG_SUM_EXP)


def reduction(n: Node, op: Op, fold: Pair | None = None) -> None:
    """A layer of `op` over the node's axes; all of them where it names none."""
    n.op = op
    x = n.input(0)
    rank = x.rank
    listed = n.optional(1)
    if listed is None:
        axes = n.integers("axes") or ()
    elif listed.content is None and listed.shape != (0,):
        _unknown_axes(n, x, listed)
        return
    else:
        axes = fixed(listed.integers(), f"the content of '{listed.name}'")
    if not axes and n.integer("noop_with_empty_axes", 0):
        n.alias(x)
        return
    gone = {axis_of(axis, rank) for axis in axes} or set(range(rank))
    keep = n.integer("keepdims", 1) != 0
    shape = _kept(x.dims, gone, keep=keep)
    if x.constant:
        n.constant(shape, x.dtype, _folded(x, gone, fold), sources=x.sources)
        return
    names = x.axes if keep else default_axes(len(shape))
    shapes = [Shaped(shape, names)]  # type: ignore[arg-type]  # see tensor.py
    n.add(op, x, attrs={"axes": tuple(sorted(gone))}, shapes=shapes)


def _kept(shape: Shape, gone: set[int], *, keep: bool) -> Shape:
    return tuple(1 if i in gone else s for i, s in enumerate(shape) if keep or i not in gone)


def _unknown_axes(n: Node, x: Value, listed: Value) -> None:
    """The axes are computed: only the rank is known, if that."""
    why = f"the content of '{listed.name}' is not known"
    count = known(listed.dims[0]) if listed.shape is not None and listed.rank == 1 else None
    rank = x.rank if n.integer("keepdims", 1) else None if count is None else x.rank - count
    shape = None if rank is None else tuple(n.unknown_size(why) for _ in range(max(rank, 0)))
    n.opaque(why, shape)


def _folded(x: Value, gone: set[int], fold: Pair | None) -> Content | None:
    rows = folded_along(x.content, x.dims, gone) if fold else None
    if rows is None or fold is None or not all(rows):
        return None
    found = []
    try:
        for row in rows:
            result = row[0]
            for number in row[1:]:
                result = fold(result, number)
            found.append(result)
    except (InputError, ArithmeticError):
        return None
    return tuple(found)


def ArgMax(n: Node) -> None:
    """ai.onnx ArgMax, versions 1 to 13: S - 1 comparisons for each output."""
    _where(n)


def ArgMin(n: Node) -> None:
    """ai.onnx ArgMin, versions 1 to 13: S - 1 comparisons for each output."""
    _where(n)


def _where(n: Node) -> None:
    n.op = ARG_MAX
    x = n.input(0)
    gone = {axis_of(n.integer("axis", 0), x.rank)}
    keep = n.integer("keepdims", 1) != 0
    shape = _kept(x.dims, gone, keep=keep)
    if x.constant:
        n.constant(shape, "int64")
        return
    shapes = [Shaped(shape, x.axes if keep else default_axes(len(shape)))]  # type: ignore[arg-type]  # see tensor.py
    n.add(ARG_MAX, x, attrs={"axes": tuple(gone)}, shapes=shapes, dtype="int64")


def CumSum(n: Node) -> None:
    """ai.onnx CumSum, versions 11 to 14: S - 1 additions in each row."""
    _running(n, CUM_SUM)


def CumProd(n: Node) -> None:
    """ai.onnx CumProd, version 26: S - 1 multiplications in each row."""
    _running(n, CUM_PROD)


def _running(n: Node, op: Op) -> None:
    n.op = op
    x, axis = n.input(0), n.input(1)
    if x.constant:
        n.constant(x.dims, x.dtype, sources=x.sources)
        return
    if axis.content is None:
        n.opaque(f"the content of '{axis.name}' is not known", x.shape)
        return
    (at,) = fixed((the_one(axis),), f"the content of '{axis.name}'")
    n.add(op, x, attrs={"axes": (axis_of(at, x.rank),)})


def TopK(n: Node) -> None:
    """ai.onnx TopK, versions 1 to 24: k is an attribute before version 10."""
    n.op = TOP_K
    x, listed = n.input(0), n.optional(1)
    axis = axis_of(n.integer("axis", -1), x.rank)
    if listed is None:
        k: Dim = n.integer("k", 1)
    elif listed.content is None:
        k = n.unknown_size(f"the content of '{listed.name}' is not known")
    else:
        k = the_one(listed)
    shape = (*x.dims[:axis], k, *x.dims[axis + 1 :])
    if x.constant:
        n.constant(shape, x.dtype)
        n.constant(shape, "int64", i=1)
        return
    shaped = Shaped(shape, x.axes)  # type: ignore[arg-type]  # see tensor.py
    best, where = n.layer("", TOP_K, x, attrs={"axes": (axis,)}, shapes=[shaped, shaped])
    n.give(0, best, made_by=TOP_K)
    n.give(1, where._replace(dtype="int64"), made_by=TOP_K)


def Det(n: Node) -> None:
    """ai.onnx Det, versions 11 to 22: by Gaussian elimination."""
    n.op = DET
    x = n.input(0)
    if x.rank < 2 or definitely_different(x.dims[-1], x.dims[-2]):
        message = f"a determinant of {shape_text(x.dims)}"
        raise ShapeError(message, hint="the last two axes are a square matrix")
    shape = x.dims[:-2]
    if x.constant:
        n.constant(shape, x.dtype)
        return
    if not isinstance(x.dims[-1], int):
        raise UnknownShapeError(f"the size of the matrices '{x.name}' is only a name")
    n.add(DET, x, shapes=[Shaped(shape, default_axes(len(shape)))])  # type: ignore[arg-type]  # see tensor.py
