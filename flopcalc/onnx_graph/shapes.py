"""Shape rules that many operators share, on shapes with names in them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flopcalc.dim import Dim, Expr, floor_div, max_, min_
from flopcalc.dim_values import definitely_different, product
from flopcalc.errors import ShapeError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from flopcalc.onnx_graph.values import Content, Scalar, Shape

FAR = 2**31 - 1  # from here on, the end of a slice means "to the end"


def broadcast(*shapes: Shape) -> Shape:
    """Numpy's rule: aligned on the right, each axis equal or 1.

    Of two different names the larger is taken, which is right wherever the graph is valid.
    Raises `ShapeError` where it certainly is not.
    """
    first = shapes[0]
    if all(shape == first for shape in shapes):
        return first
    rank = max(map(len, shapes))
    padded = [(1,) * (rank - len(shape)) + shape for shape in shapes]
    return tuple(_common(sizes, shapes) for sizes in zip(*padded, strict=True))


def _common(sizes: tuple[Dim, ...], shapes: Sequence[Shape]) -> Dim:
    result: Dim = 1
    for size in sizes:
        if size in (result, 1):
            continue
        if result == 1:
            result = size
        elif isinstance(size, Expr) or isinstance(result, Expr):
            fixed = [n for n in (size, result) if isinstance(n, int)]
            result = fixed[0] if fixed else max_(size, result)
        else:
            listed = " and ".join(map(shape_text, shapes))
            raise ShapeError(f"shapes do not match: {listed}", hint="each axis equal, or 1")
    return result


def shape_text(shape: Iterable[Dim]) -> str:
    """`1×3×224×224`; `scalar` for none."""
    return "×".join(map(str, shape)) or "scalar"


def axis_of(axis: int, rank: int) -> int:
    """The position of an axis that may count from the end; raises `ShapeError` beyond the rank."""
    if not -rank <= axis < rank:
        raise ShapeError(f"axis {axis} of {rank} axes", hint="axes count from 0, or from -1 back")
    return axis % rank


def reshaped(shape: Shape, target: Sequence[Dim], *, allow_zero: bool = False) -> Shape:
    """The shape that Reshape gives: 0 copies a size, one -1 takes what is left.

    Raises `ShapeError` where the elements certainly do not fit.
    """
    result: list[Dim] = []
    free = None
    for i, size in enumerate(target):
        if size == -1:
            if free is not None:
                raise ShapeError(f"two unknown sizes in {shape_text(target)}", hint="one -1")
            free = i
            result.append(1)
        elif size == 0 and not allow_zero:
            if i >= len(shape):
                raise ShapeError(f"no axis {i} to copy in {shape_text(shape)}", hint="fewer zeros")
            result.append(shape[i])
        else:
            result.append(size)
    whole, rest = product(shape), product(result)
    if free is not None:
        if rest == 0:
            raise ShapeError(f"a size that cannot be found in {shape_text(target)}")
        result[free] = floor_div(whole, rest)
        if isinstance(whole, int) and isinstance(rest, int) and whole % rest:
            raise _misfit(shape, target)
    elif definitely_different(whole, rest):
        raise _misfit(shape, target)
    return tuple(result)


def _misfit(shape: Shape, target: Sequence[Dim]) -> ShapeError:
    message = f"{shape_text(shape)} cannot be reshaped to {shape_text(target)}"
    return ShapeError(message, hint="the numbers of elements must agree")


def sliced(size: Dim, start: Dim, end: Dim, step: int) -> tuple[Dim, Dim]:
    """First position and length of a slice along an axis of `size`, as numpy clamps them.

    Raises `ShapeError` for a step of 0, `SymbolicError` where a sign depends on a name.
    """
    if step == 0:
        raise ShapeError("a slice of step 0", hint="steps are 1, 2, …, or negative")
    if step > 0:
        first = _clamped(start, size, 0, size)
        last = _clamped(end, size, 0, size)
        span = last - first
    else:
        least = 0 if isinstance(size, int) and size else -1
        first = _clamped(start, size, least, size - 1)
        last = -1 if isinstance(end, int) and end <= -FAR else _clamped(end, size, -1, size - 1)
        span = first - last
    return first, max_(floor_div(span + abs(step) - 1, abs(step)), 0)


def _clamped(at: Dim, size: Dim, least: Dim, most: Dim) -> Dim:
    if isinstance(at, int):
        if at >= FAR:
            return most
        if at <= -FAR:
            return least
    # a size is taken not to be negative, so only a written minus sign counts from the end
    negative = at < 0 if isinstance(at, int) else _is_negative(at)
    return max_(min_(at + size if negative else at, most), least)


def _is_negative(at: Expr) -> bool:
    """Whether every term has a minus sign (`-N`); what has both signs counts from the start."""
    return all(n < 0 for n in at.terms.values())


def strides(shape: Sequence[int]) -> list[int]:
    """How far apart neighbours along each axis stand in row-major order."""
    result = [1] * len(shape)
    for i in range(len(shape) - 2, -1, -1):
        result[i] = result[i + 1] * shape[i + 1]
    return result


def positions(shape: Sequence[int]) -> Iterable[tuple[int, ...]]:
    """The index of each element, in row-major order."""
    from itertools import product as combinations

    return combinations(*(range(n) for n in shape))


def combined(
    contents: Sequence[Content], shapes: Sequence[Shape], out: Shape, f: Callable[..., Scalar]
) -> Content:
    """`f` of each element of broadcast contents; the shapes hold integers alone."""
    sizes = [int(n) for n in out]
    if all(len(content) == 1 for content in contents) and set(sizes) <= {1}:
        return (f(*(content[0] for content in contents)),)
    columns = []
    for content, shape in zip(contents, shapes, strict=True):
        own = strides([int(n) for n in shape])
        steps = [0] * (len(sizes) - len(shape)) + [
            0 if n == 1 else step for n, step in zip(shape, own, strict=True)
        ]
        columns.append([content[sum(map(int.__mul__, at, steps))] for at in positions(sizes)])
    return tuple(f(*row) for row in zip(*columns, strict=True))
