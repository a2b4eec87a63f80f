"""Tensors made from nothing but their shape: ranges, fills, random numbers."""

from __future__ import annotations

from math import ceil, isfinite
from typing import TYPE_CHECKING

from flopcalc.dim import Expr, ceil_div, max_
from flopcalc.dim_values import known, product
from flopcalc.errors import ShapeError
from flopcalc.onnx_graph.operators.elementwise import unary
from flopcalc.onnx_graph.operators.folding import exact, plus
from flopcalc.onnx_graph.proto import DTYPES
from flopcalc.onnx_graph.values import MAX_CONTENT, MAX_RANK, UnknownShapeError, default_axes
from flopcalc.ops.exported import move
from flopcalc.ops.pointwise import SAMPLE, each
from flopcalc.tensor import Shaped

if TYPE_CHECKING:
    from flopcalc.dim import Dim
    from flopcalc.onnx_graph.node import Node
    from flopcalc.onnx_graph.values import Content, Scalar, Shape, Value


def ConstantOfShape(n: Node) -> None:
    """ai.onnx ConstantOfShape, versions 9 to 25."""
    n.op = move("ConstantOfShape")
    target, fill = n.input(0), n.stored("value")
    dtype = "float32" if fill is None else fill.dtype
    shape = target_shape(n, target)
    numbers = (0.0,) if fill is None else fill.numbers()
    count = known(product(shape)) if shape is not None else None
    content = None
    if numbers and count is not None and count <= MAX_CONTENT:
        content = (numbers[0],) * count
    n.constant(shape, dtype, content)


def target_shape(n: Node, target: Value) -> Shape | None:
    """The shape that a list holds, of sizes that may be unknown; None if even the rank is."""
    if target.content is not None:
        return target.integers()
    size = known(target.dims[0]) if target.shape is not None and target.rank == 1 else None
    if size is None or size > MAX_RANK:
        return None
    why = f"the content of '{target.name}' is not known"
    return tuple(n.unknown_size(why) for _ in range(size))


def Range(n: Node) -> None:
    """ai.onnx Range, versions 11 to 27."""
    n.op = move("Range")
    values = [n.input(i) for i in range(3)]
    dtype = values[0].dtype
    found = [value.scalar() for value in values]
    start, limit, delta = found
    if start is None or limit is None or delta is None:
        (name, *_) = [v.name for v, known_ in zip(values, found, strict=True) if known_ is None]
        size: Dim = n.unknown_size(f"the content of '{name}' is not known")
        if all(value.constant for value in values):
            n.constant((size,), dtype)
        else:
            n.free((size,), dtype=dtype)
        return
    size = _steps(start, limit, delta)
    n.constant((size,), dtype, _counted(start, delta, size))


def _steps(start: Scalar, limit: Scalar, delta: Scalar) -> Dim:
    named = next((x for x in (start, limit, delta) if isinstance(x, Expr)), 0)
    start, limit, delta = exact(start, named), exact(limit, named), exact(delta, named)
    if isinstance(delta, Expr):
        raise UnknownShapeError("a step that is only a name")
    if delta == 0:
        raise ShapeError("a range of step 0", hint="steps are 1, 2, …, or negative")
    if isinstance(start, float) or isinstance(limit, float) or isinstance(delta, float):
        count = (limit - start) / delta  # type: ignore[operator]  # exact left no names here
        if not isfinite(count):
            raise ShapeError("a range without end", hint="its limit is a number")
        return max(ceil(count), 0)
    span = limit - start if delta > 0 else start - limit
    return max_(ceil_div(span, abs(delta)), 0)


def _counted(start: Scalar, delta: Scalar, size: Dim) -> Content | None:
    if not isinstance(size, int) or size > MAX_CONTENT or isinstance(delta, Expr):
        return None
    return tuple(plus(start, i * delta) for i in range(size))


def EyeLike(n: Node) -> None:
    """ai.onnx EyeLike, versions 9 to 22."""
    n.op = move("EyeLike")
    x = n.input(0)
    n.constant(x.shape, _dtype(n, x.dtype))


def _dtype(n: Node, default: str) -> str:
    number = n.integer("dtype", 0)
    return DTYPES.get(number, default) if number else default


def RandomNormal(n: Node) -> None:
    """ai.onnx RandomNormal, versions 1 to 22: drawn, not computed."""
    _drawn(n, n.integers("shape") or (), _dtype(n, "float32"))


def RandomUniform(n: Node) -> None:
    """ai.onnx RandomUniform, versions 1 to 22: drawn, not computed."""
    _drawn(n, n.integers("shape") or (), _dtype(n, "float32"))


def RandomNormalLike(n: Node) -> None:
    """ai.onnx RandomNormalLike, versions 1 to 22: drawn, not computed."""
    _drawn(n, n.input(0).dims, _dtype(n, n.input(0).dtype))


def RandomUniformLike(n: Node) -> None:
    """ai.onnx RandomUniformLike, versions 1 to 22: drawn, not computed."""
    _drawn(n, n.input(0).dims, _dtype(n, n.input(0).dtype))


def _drawn(n: Node, shape: Shape, dtype: str) -> None:
    n.op = move(n.definition.op_type)
    n.add(n.op, shapes=[Shaped(shape, default_axes(len(shape)))], dtype=dtype)  # type: ignore[arg-type]  # see tensor.py


def Bernoulli(n: Node) -> None:
    """ai.onnx Bernoulli, versions 15 to 22: a random number compared with each element."""
    unary(n, each("Bernoulli", "cmp"), dtype=_dtype(n, n.input(0).dtype))


def Multinomial(n: Node) -> None:
    """ai.onnx Multinomial, versions 7 to 22: each class's exp and running sum, then draws."""
    n.op = SAMPLE
    x = n.input(0)
    count = n.integer("sample_size", 1)
    shape = (x.dims[0], count)
    n.add(SAMPLE, x, shapes=[Shaped(shape, "nc")], dtype=_dtype(n, "int32"))  # type: ignore[arg-type]  # see tensor.py
