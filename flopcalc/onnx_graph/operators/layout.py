"""Reshaping, slicing, joining, looking up: data moved or renamed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flopcalc.dim import Dim, Expr, ceil_div
from flopcalc.dim_values import definitely_different, known, product
from flopcalc.errors import ShapeError
from flopcalc.onnx_graph.operators.contents import along, joined, picked, sizes_of, the_one
from flopcalc.onnx_graph.operators.elementwise import folded
from flopcalc.onnx_graph.operators.folding import either
from flopcalc.onnx_graph.operators.generate import target_shape
from flopcalc.onnx_graph.operators.windows import fixed
from flopcalc.onnx_graph.shapes import (
    axis_of,
    broadcast,
    positions,
    reshaped,
    shape_text,
    sliced,
    strides,
)
from flopcalc.onnx_graph.values import MAX_RANK, UnknownShapeError, Value
from flopcalc.ops.exported import move

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flopcalc.onnx_graph.node import Node
    from flopcalc.onnx_graph.values import Content, Shape


def Flatten(n: Node) -> None:
    """ai.onnx Flatten, versions 1 to 25: to a matrix."""
    n.op = move("Flatten")
    x = n.input(0)
    axis = n.integer("axis", 1)
    at = x.rank if axis == x.rank else axis_of(axis, x.rank)
    n.free((product(x.dims[:at]), product(x.dims[at:])), content=x.content)


def Reshape(n: Node) -> None:
    """ai.onnx Reshape, versions 1 to 25: the shape is an attribute before version 5."""
    n.op = move("Reshape")
    x, target = n.input(0), n.optional(1)
    if target is None:
        listed: Content | tuple[Dim, ...] | None = n.integers("shape")
    else:
        listed = target.integers() if target.content is not None else None
    if listed is None:
        # only the rank is known, if that
        size = known(target.dims[0]) if target and target.shape and target.rank == 1 else None
        why = f"the content of '{target.name if target else 'shape'}' is not known"
        if size is None or size > MAX_RANK:
            n.free(None, data=(0,))
        else:
            n.free(tuple(n.unknown_size(why) for _ in range(size)), data=(0,))
        return
    sizes = tuple(size for size in listed if not isinstance(size, float))
    allow_zero = n.integer("allowzero", 0) != 0
    n.free(reshaped(x.dims, sizes, allow_zero=allow_zero), data=(0,), content=x.content)


def Transpose(n: Node) -> None:
    """ai.onnx Transpose, versions 1 to 25."""
    n.op = move("Transpose")
    x = n.input(0)
    if x.shape is None:
        n.free(None)
        return
    order = n.integers("perm") or tuple(range(x.rank))[::-1]
    if sorted(order) != list(range(x.rank)):
        message = f"a transposition by {order} of {x.rank} axes"
        raise ShapeError(message, hint="each axis once")
    content = x.content
    if content is not None and x.rank > 1:
        content = _transposed(x, order)
    n.free(tuple(x.dims[i] for i in order), content=content)


def _transposed(x: Value, order: tuple[int, ...]) -> Content | None:
    sizes = [known(size) for size in x.dims]
    if x.content is None or None in sizes:
        return None
    whole = [size for size in sizes if size is not None]
    steps = strides(whole)
    turned = positions([whole[i] for i in order])
    moved = [steps[i] for i in order]
    return tuple(x.content[sum(map(int.__mul__, at, moved))] for at in turned)


def _axes(n: Node) -> tuple[int, ...] | None:
    """The axes of Squeeze and Unsqueeze: an input from version 13 on."""
    listed = n.optional(1)
    if listed is not None:
        return fixed(listed.integers(), f"the content of '{listed.name}'")
    return n.integers("axes")


def Unsqueeze(n: Node) -> None:
    """ai.onnx Unsqueeze, versions 1 to 25."""
    n.op = move("Unsqueeze")
    x, axes = n.input(0), _axes(n)
    if axes is None:
        raise ShapeError("Unsqueeze without axes", hint="see the operator's definition")
    rank = x.rank + len(axes)
    new = {axis_of(axis, rank) for axis in axes}
    if len(new) < len(axes):
        raise ShapeError(f"axes {axes} of Unsqueeze repeat one", hint="each new axis once")
    old = iter(x.dims)
    shape = tuple(1 if i in new else next(old) for i in range(rank))
    n.free(shape, data=(0,), content=x.content)


def Squeeze(n: Node) -> None:
    """ai.onnx Squeeze, versions 1 to 25; without axes, all that are 1."""
    n.op = move("Squeeze")
    x, axes = n.input(0), _axes(n)
    if axes is None:
        if any(isinstance(size, Expr) for size in x.dims):
            raise UnknownShapeError("Squeeze without axes where a size is only a name")
        gone = {i for i, size in enumerate(x.dims) if size == 1}
    else:
        gone = {axis_of(axis, x.rank) for axis in axes}
    for i in gone:
        if definitely_different(x.dims[i], 1):
            message = f"axis {i} of {shape_text(x.dims)} is not 1"
            raise ShapeError(message, hint="only axes of size 1 can go")
    shape = tuple(size for i, size in enumerate(x.dims) if i not in gone)
    n.free(shape, data=(0,), content=x.content)


def Slice(n: Node) -> None:
    """ai.onnx Slice, versions 1 to 13: starts, ends and axes are attributes before version 10."""
    n.op = move("Slice")
    x = n.input(0)
    starts, ends = _bounds(n, "starts", 1), _bounds(n, "ends", 2)
    if starts is None or ends is None:
        raise UnknownShapeError("the bounds of a slice are not known")
    axes = _bounds(n, "axes", 3) or tuple(range(len(starts)))
    steps = _bounds(n, "steps", 4) or (1,) * len(starts)
    shape = list(x.dims)
    content = x.content
    for start, end, axis, step in zip(
        starts, ends, fixed(axes, "an axis of a slice"), fixed(steps, "a step"), strict=True
    ):
        i = axis_of(axis, x.rank)
        before = tuple(shape)
        first, shape[i] = sliced(x.dims[i], start, end, step)
        if content is not None:
            content = _cut(content, before, i, (first, shape[i], step))
    n.free(tuple(shape), data=(0,), content=content, axes=x.axes)


def _bounds(n: Node, name: str, i: int) -> tuple[Dim, ...] | None:
    """Integers that are an input or, in old files, an attribute; None where there are none."""
    if n.has(i):
        return n.input(i).integers()
    return n.integers(name)


def _cut(content: Content, shape: Shape, axis: int, cut: tuple[Dim, Dim, int]) -> Content | None:
    first, count, step = cut
    if not isinstance(first, int) or not isinstance(count, int):
        return None
    return along(content, shape, axis, range(first, first + count * step, step))


def Concat(n: Node) -> None:
    """ai.onnx Concat, versions 1 to 13."""
    n.op = move("Concat")
    values = [n.input(i) for i in range(len(n.inputs))]
    first = values[0]
    axis = axis_of(n.integer("axis", 1), first.rank)
    shape = list(first.dims)
    for value in values[1:]:
        if value.rank != first.rank:
            message = f"{shape_text(first.dims)} joined with {shape_text(value.dims)}"
            raise ShapeError(message, hint="all have as many axes")
        for i, size in enumerate(value.dims):
            if i == axis:
                shape[i] = shape[i] + size
            elif definitely_different(size, shape[i]):
                message = f"{shape_text(first.dims)} joined with {shape_text(value.dims)}"
                raise ShapeError(f"{message} along axis {axis}", hint="other axes must agree")
            elif isinstance(size, int):
                shape[i] = size  # a number says more than a name
    n.free(tuple(shape), content=_joined(n, values, axis), axes=first.axes)


def _joined(n: Node, values: list[Value], axis: int) -> Content | None:
    """The contents one behind the other; an unknown size among known ones has a name of its own."""
    if all(value.content is None for value in values):
        return None
    whole = list(values)
    for i, value in enumerate(values):
        count = known(value.elements)
        if value.content is None and value.dtype == "int64" and value.rank == 1 and count == 1:
            size = n.unknown_size(f"the content of '{value.name}' is not known")
            whole[i] = Value(value.name, value.shape, value.dtype, content=(size,))
    return joined(whole, axis)


def Dropout(n: Node) -> None:
    """ai.onnx Dropout, versions 1 to 22: nothing at inference."""
    n.alias(n.input(0))
    if n.wants(1):
        n.give(1, n.input(0).shape, "bool")


def Expand(n: Node) -> None:
    """ai.onnx Expand, versions 8 to 13."""
    n.op = move("Expand")
    x, target = n.input(0), n.input(1)
    wanted = target_shape(n, target)
    if wanted is None:
        n.free(None, data=(0,))
        return
    shape = broadcast(x.dims, wanted)
    n.free(shape, data=(0,), content=folded(lambda number: number, [x], shape))


def Tile(n: Node) -> None:
    """ai.onnx Tile, versions 1 to 13: of one axis in version 1."""
    n.op = move("Tile")
    x, listed = n.input(0), n.input(1)
    if n.version < 6 and n.has(2):
        count, (axis,) = the_one(listed), fixed((the_one(n.input(2)),), "the axis")
        at = axis_of(axis, x.rank)
        repeats = tuple(count if i == at else 1 for i in range(x.rank))
    elif listed.content is None:
        why = f"the content of '{listed.name}' is not known"
        repeats = tuple(n.unknown_size(why) for _ in x.dims)
    else:
        repeats = listed.integers()
    if len(repeats) != x.rank:
        message = f"{len(repeats)} repeats of {x.rank} axes"
        raise ShapeError(message, hint="one for each axis")
    content = x.content
    sizes, times = sizes_of(x.dims), sizes_of(repeats)
    if sizes is not None and times is not None:
        kept = [list(range(size)) * many for size, many in zip(sizes, times, strict=True)]
        content = picked(content, x.dims, kept)
    else:
        content = None
    shape = tuple(size * many for size, many in zip(x.dims, repeats, strict=True))
    n.free(shape, data=(0,), content=content)


def Split(n: Node) -> None:
    """ai.onnx Split, versions 1 to 18: sizes as an attribute or input, else equal parts."""
    n.op = move("Split")
    x = n.input(0)
    axis = axis_of(n.integer("axis", 0), x.rank)
    size, count = x.dims[axis], n.outputs
    parts = _bounds(n, "split", 1)
    if parts is None:
        each = ceil_div(size, count)
        parts = (*(each,) * (count - 1), size - (count - 1) * each)
        if n.attribute("num_outputs") is None and definitely_different(count * each, size):
            message = f"{shape_text(x.dims)} split into {count} equal parts along axis {axis}"
            raise ShapeError(message, hint="the sizes of the parts are given otherwise")
    if len(parts) != count or definitely_different(sum_of(parts), size):
        message = f"{size} split into {shape_text(parts)} along axis {axis} for {count} outputs"
        raise ShapeError(message, hint="a size for each output, that add up to the whole")
    shapes = [(*x.dims[:axis], part, *x.dims[axis + 1 :]) for part in parts]
    if not x.constant:
        n.free(*shapes, data=(0,), axes=x.axes)
        return
    at: Dim = 0
    for i, (shape, part) in enumerate(zip(shapes, parts, strict=True)):
        content = None
        if x.content is not None:
            content = _cut(x.content, x.dims, axis, (at, part, 1))
        n.constant(shape, x.dtype, content, sources=x.sources, i=i)
        at = at + part


def sum_of(sizes: Sequence[Dim]) -> Dim:
    """The sum of sizes."""
    result: Dim = 0
    for size in sizes:
        result = result + size
    return result


def Pad(n: Node) -> None:
    """ai.onnx Pad, versions 1 to 25: the pads are an attribute before version 11."""
    n.op = move("Pad")
    x = n.input(0)
    if not n.has(1):
        pads: tuple[Dim, ...] | None = n.integers("pads") or n.integers("paddings") or ()
    else:
        pads = n.input(1).integers() if n.input(1).content is not None else None
    listed = n.optional(3)
    axes: Sequence[int] = range(x.rank)
    if listed is not None:
        axes = [axis_of(i, x.rank) for i in fixed(listed.integers(), "the axes of the pads")]
    if pads is None:
        why = f"the content of '{n.input(1).name}' is not known"
        shape = [n.unknown_size(why) if i in axes else size for i, size in enumerate(x.dims)]
    elif len(pads) != 2 * len(axes):
        message = f"{len(pads)} pads for {len(axes)} axes"
        raise ShapeError(message, hint="all the starts, then all the ends")
    else:
        shape = list(x.dims)
        for i, first, last in zip(axes, pads, pads[len(axes) :], strict=False):
            shape[i] = shape[i] + first + last
    n.free(tuple(shape), data=(0,), axes=x.axes)


def Trilu(n: Node) -> None:
    """ai.onnx Trilu, version 14: one triangle of each matrix, zeros elsewhere."""
    n.op = move("Trilu")
    n.free(n.input(0).shape, data=(0,), axes=n.input(0).axes)


def Where(n: Node) -> None:
    """ai.onnx Where, versions 9 to 16: elements of one tensor or of another, picked."""
    n.op = move("Where")
    c, a, b = (n.input(i) for i in range(3))
    shape = broadcast(c.dims, a.dims, b.dims)
    content = folded(either, [c, a, b], shape)
    n.free(shape, data=(1, 2) if c.constant else (0, 1, 2), content=content, dtype=a.dtype)
