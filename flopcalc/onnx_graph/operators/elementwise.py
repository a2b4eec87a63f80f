"""What operators on elements share: broadcasting, contents, and what a stored operand is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flopcalc.dim_values import known
from flopcalc.errors import InputError
from flopcalc.onnx_graph.shapes import broadcast, combined
from flopcalc.onnx_graph.values import MAX_CONTENT, MAX_NUMBER, default_axes
from flopcalc.tensor import Shaped, product

if TYPE_CHECKING:
    from collections.abc import Callable

    from flopcalc.onnx_graph.node import Node
    from flopcalc.onnx_graph.values import Content, Scalar, Shape, Value
    from flopcalc.op import Attrs, Op
    from flopcalc.tensor import ParamKind


def unary(
    n: Node,
    op: Op,
    fold: Callable[[Scalar], Scalar] | None = None,
    *,
    dtype: str | None = None,
) -> None:
    """A layer of `op` on each element of the first input; constants are folded, with `fold`."""
    n.op = op
    x = n.input(0)
    if x.constant:
        n.constant(x.dims, dtype or x.dtype, folded(fold, [x], x.dims), sources=x.sources)
    else:
        n.add(op, x, dtype=dtype)


def variadic(
    n: Node,
    op: Op,
    fold: Callable[..., Scalar] | None = None,
    *,
    dtype: str | None = None,
    attrs: Attrs | None = None,
) -> None:
    """A layer of `op` between all inputs, broadcast; constants are folded, with `fold`.

    A stored operand is a parameter: a bias where it has one axis and follows a contraction,
    else a weight.
    """
    n.op = op
    values = [n.input(i) for i in range(max(len(n.inputs), 1))]
    first = values[0]
    if not any(v.constant or v.shape != first.shape for v in values) and first.shape is not None:
        shapes = [Shaped(first.shape, first.axes)]  # type: ignore[arg-type]  # see tensor.py
        n.add(op, *values, attrs=attrs or {}, shapes=shapes, dtype=dtype)
        return
    shape = broadcast(*(v.dims for v in values))
    dtype = dtype or values[0].dtype
    if all(v.constant for v in values):
        sources = tuple(dict.fromkeys(s for v in values for s in v.sources))
        n.constant(shape, dtype, folded(fold, values, shape), sources=sources)
        return
    values.sort(key=lambda v: v.constant)
    whole = next((v for v in values if not v.constant and v.rank == len(shape)), None)
    params = tuple(
        p for v in values if v.constant for p in n.params(v, _kind(v, values), slot=False)
    )
    axes = whole.axes if whole else default_axes(len(shape))
    shapes = [Shaped(shape, axes)]  # type: ignore[arg-type]  # see tensor.py
    n.add(op, *values, attrs=attrs or {}, params=params, shapes=shapes, dtype=dtype)


def binary(
    n: Node, op: Op, fold: Callable[..., Scalar] | None = None, *, dtype: str | None = None
) -> None:
    """`variadic` of two inputs."""
    n.op = op
    n.inputs = [n.input(0), n.input(1)]
    variadic(n, op, fold, dtype=dtype)


def _kind(stored: Value, values: list[Value]) -> ParamKind:
    op = values[0].made_by
    long = sum(size != 1 for size in stored.dims)
    return "bias" if op is not None and op.role == "compute" and long <= 1 else "weight"


def folded(fold: Callable[..., Scalar] | None, values: list[Value], shape: Shape) -> Content | None:
    """`fold` of known contents; None where one is not known, or cannot be combined."""
    contents = [v.content for v in values]
    count = known(product(shape))  # type: ignore[arg-type]  # see tensor.py
    if fold is None or count is None or count > MAX_CONTENT:
        return None
    found = [content for content in contents if content is not None]
    if len(found) < len(contents):
        return None
    try:
        result = combined(found, [v.dims for v in values], shape, fold)
    except (InputError, ArithmeticError, ValueError):
        return None
    if any(isinstance(n, int) and not -MAX_NUMBER <= n < MAX_NUMBER for n in result):
        return None  # it would wrap around
    return result
