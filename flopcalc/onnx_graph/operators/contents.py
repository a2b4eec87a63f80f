"""Contents of any rank, moved as the operators move them."""

from __future__ import annotations

from itertools import product as combinations
from typing import TYPE_CHECKING

from flopcalc.dim_values import known, product
from flopcalc.errors import ShapeError
from flopcalc.onnx_graph.shapes import strides
from flopcalc.onnx_graph.values import MAX_CONTENT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flopcalc.dim import Dim
    from flopcalc.onnx_graph.values import Content, Shape, Value


def the_one(value: Value) -> Dim:
    """The one integer that a value holds.

    Raises `UnknownShapeError` where it is not known, `ShapeError` where there are more.
    """
    found = value.integers()
    if len(found) != 1:
        message = f"'{value.name}' holds {len(found)} numbers"
        raise ShapeError(message, hint="one is needed")
    return found[0]


def sizes_of(shape: Shape) -> list[int] | None:
    """The sizes, if all are numbers and the elements few enough to be followed."""
    found = [size for size in map(known, shape) if size is not None]
    if len(found) < len(shape) or (known(product(found)) or 0) > MAX_CONTENT:
        return None
    return found


def picked(content: Content | None, shape: Shape, kept: Sequence[Sequence[int]]) -> Content | None:
    """The elements at the positions `kept` of each axis, in their order."""
    sizes = sizes_of(shape)
    if content is None or sizes is None or len(sizes) != len(kept):
        return None
    count = 1
    for places in kept:
        count *= len(places)
    if count > MAX_CONTENT:
        return None
    steps = strides(sizes)
    rows = [[place * step for place in places] for places, step in zip(kept, steps, strict=True)]
    return tuple(content[sum(at)] for at in combinations(*rows))


def along(content: Content | None, shape: Shape, axis: int, kept: Sequence[int]) -> Content | None:
    """The elements at the positions `kept` of one axis, and all of the others."""
    sizes = sizes_of(shape)
    if sizes is None:
        return None
    return picked(content, shape, [kept if i == axis else range(n) for i, n in enumerate(sizes)])


def joined(values: Sequence[Value], axis: int) -> Content | None:
    """The contents one behind the other along an axis."""
    parts = []
    for value in values:
        sizes = sizes_of(value.dims)
        if value.content is None or sizes is None:
            return None
        block = 1
        for n in sizes[axis:]:
            block *= n
        outer = 1
        for n in sizes[:axis]:
            outer *= n
        parts.append((value.content, block))
    if sum(len(content) for content, _ in parts) > MAX_CONTENT:
        return None
    first = sizes_of(values[0].dims) or []
    outer = 1
    for n in first[:axis]:
        outer *= n
    return tuple(
        number
        for row in range(outer)
        for content, block in parts
        for number in content[row * block : (row + 1) * block]
    )


def folded_along(content: Content | None, shape: Shape, gone: set[int]) -> list[Content] | None:
    """The rows of elements that become one when the axes `gone` are reduced."""
    sizes = sizes_of(shape)
    if content is None or sizes is None:
        return None
    steps = strides(sizes)
    kept = [[i * s for i in range(n)] for k, (n, s) in _pairs(sizes, steps) if k not in gone]
    lost = [[i * s for i in range(n)] for k, (n, s) in _pairs(sizes, steps) if k in gone]
    inner = [sum(at) for at in combinations(*lost)]
    return [tuple(content[sum(at) + j] for j in inner) for at in combinations(*kept)]


def _pairs(sizes: list[int], steps: list[int]) -> list[tuple[int, tuple[int, int]]]:
    return list(enumerate(zip(sizes, steps, strict=True)))
