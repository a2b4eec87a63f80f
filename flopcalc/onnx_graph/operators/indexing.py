"""Looking up and writing at positions: what data is moved depends on indices or on data."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flopcalc.dim_values import known
from flopcalc.errors import ShapeError
from flopcalc.onnx_graph.operators.contents import along, sizes_of, the_one
from flopcalc.onnx_graph.operators.windows import fixed
from flopcalc.onnx_graph.shapes import axis_of, positions, shape_text, strides
from flopcalc.onnx_graph.values import default_axes
from flopcalc.ops.dense import EMBED
from flopcalc.ops.exported import move
from flopcalc.ops.pointwise import SCATTER_ADD, SCATTER_MAX, SCATTER_MIN, SCATTER_MUL
from flopcalc.ops.reductions import SORT
from flopcalc.tensor import Shaped

if TYPE_CHECKING:
    from flopcalc.dim import Dim
    from flopcalc.onnx_graph.node import Node
    from flopcalc.onnx_graph.values import Content, Scalar, Shape, Value

_SCATTERS = {"add": SCATTER_ADD, "mul": SCATTER_MUL, "max": SCATTER_MAX, "min": SCATTER_MIN}


def Gather(n: Node) -> None:
    """ai.onnx Gather, versions 1 to 13; of a stored table by ids, it is an embedding."""
    n.op = move("Gather")
    data, index = n.input(0), n.input(1)
    axis = axis_of(n.integer("axis", 0), data.rank)
    shape = data.dims[:axis] + index.dims + data.dims[axis + 1 :]
    content = _picked(data, index, axis)
    params = n.params(data, "weight", slot=False)
    if params and not index.constant and axis == 0 and data.rank == 2:
        rows, features = fixed(data.dims, f"shape of '{data.name}'")
        shapes = [Shaped(shape, default_axes(len(shape)))]  # type: ignore[arg-type]  # see tensor.py
        attrs = {"vocab": rows, "dim": features}
        n.add(EMBED, index, attrs=attrs, params=params, shapes=shapes, dtype=data.dtype)
        return
    n.free(shape, data=_data(index, 0, 1), content=content, dtype=data.dtype)


def _data(index: Value, *inputs: int) -> tuple[int, ...]:
    """The inputs that a lookup's output depends on; a constant index only steers."""
    return inputs if not index.constant else tuple(i for i in inputs if i != 1)


def _picked(data: Value, index: Value, axis: int) -> Content | None:
    size = known(data.dims[axis])
    if data.content is None or index.content is None or size is None:
        return None
    found = []
    for i in fixed(index.integers(), f"the content of '{index.name}'"):
        if not -size <= i < size:
            message = f"position {i} of {size} in '{data.name}'"
            raise ShapeError(message, hint="positions count from 0")
        found.append(i % size)
    return along(data.content, data.dims, axis, found)


def GatherElements(n: Node) -> None:
    """ai.onnx GatherElements, versions 11 to 13: an element for each index."""
    n.op = move("GatherElements")
    data, index = n.input(0), n.input(1)
    axis = axis_of(n.integer("axis", 0), data.rank)
    places = _places(data, index, axis)
    content = None if places is None or data.content is None else [data.content[i] for i in places]
    n.free(
        index.shape,
        data=_data(index, 0, 1),
        content=None if content is None else tuple(content),
        dtype=data.dtype,
    )


def _places(data: Value, index: Value, axis: int) -> list[int] | None:
    """Where in the data each element of an index along an axis stands."""
    sizes, shape = sizes_of(data.dims), sizes_of(index.dims)
    if sizes is None or shape is None or index.content is None or len(sizes) != len(shape):
        return None
    if 0 in sizes:
        return None
    steps = strides(sizes)
    found = []
    for at, i in zip(positions(shape), fixed(index.integers(), "an index"), strict=True):
        where = [i % sizes[axis] if k == axis else p for k, p in enumerate(at)]
        found.append(sum(map(int.__mul__, where, steps)))
    return found


def GatherND(n: Node) -> None:
    """ai.onnx GatherND, versions 11 to 13: a slice of the data for each row of indices."""
    n.op = move("GatherND")
    data, index = n.input(0), n.input(1)
    batch = n.integer("batch_dims", 0)
    (depth,) = fixed(index.dims[-1:], f"the last size of '{index.name}'")
    if not 0 <= batch < index.rank or batch + depth > data.rank:
        message = f"rows of {depth} positions in {shape_text(data.dims)}"
        raise ShapeError(message, hint="a position for each axis, from the first on")
    shape = index.dims[:-1] + data.dims[batch + depth :]
    starts = _starts(data, index) if batch == 0 else None
    content = None
    if starts is not None and data.content is not None:
        span, first = starts
        content = tuple(data.content[i + k] for i in first for k in range(span))
    n.free(shape, data=_data(index, 0, 1), content=content, dtype=data.dtype)


def _starts(data: Value, index: Value) -> tuple[int, list[int]] | None:
    """How many elements each row of indices names, and where they begin."""
    sizes, shape = sizes_of(data.dims), sizes_of(index.dims)
    if not sizes or not shape or index.content is None or 0 in sizes or shape[-1] > len(sizes):
        return None
    depth = shape[-1]
    steps = strides(sizes)
    span = steps[depth - 1] if depth else len(data.content or ())
    numbers = fixed(index.integers(), "an index")
    found = []
    for row in range(len(numbers) // max(depth, 1)):
        at = [i % n for i, n in zip(numbers[row * depth : (row + 1) * depth], sizes, strict=False)]
        found.append(sum(map(int.__mul__, at, steps)))
    return span, found


def ScatterND(n: Node) -> None:
    """ai.onnx ScatterND, versions 11 to 18: moved, or combined with what is there."""
    data, index, updates = n.input(0), n.input(1), n.input(2)
    content = None
    contents = [v.content for v in (data, index, updates)]
    starts = _starts(data, index) if None not in contents else None
    if starts is not None and n.word("reduction", "none") == "none":
        span, first = starts
        content = _written(data, [i + k for i in first for k in range(span)], updates)
    _scatter(n, content)


def ScatterElements(n: Node) -> None:
    """ai.onnx ScatterElements, versions 11 to 18: moved, or combined with what is there."""
    data, index, updates = n.input(0), n.input(1), n.input(2)
    places = _places(data, index, axis_of(n.integer("axis", 0), data.rank))
    plain = n.word("reduction", "none") == "none"
    _scatter(n, _written(data, places, updates) if places is not None and plain else None)


def Scatter(n: Node) -> None:
    """ai.onnx Scatter, versions 9 to 11: ScatterElements by its old name."""
    ScatterElements(n)


def _written(data: Value, places: list[int], updates: Value) -> Content | None:
    if data.content is None or updates.content is None or len(places) != len(updates.content):
        return None
    found: list[Scalar] = list(data.content)
    for i, number in zip(places, updates.content, strict=True):
        found[i] = number
    return tuple(found)


def _scatter(n: Node, content: Content | None) -> None:
    data, index, updates = n.input(0), n.input(1), n.input(2)
    word = n.word("reduction", "none")
    op = _SCATTERS.get(word)
    if op is None or (data.constant and updates.constant and index.constant):
        n.op = move(n.definition.op_type)
        n.free(data.shape, data=_data(index, 0, 1, 2), content=content, dtype=data.dtype)
        return
    n.op = op
    shapes = [Shaped(data.dims, data.axes)]  # type: ignore[arg-type]  # see tensor.py
    params = tuple(p for v in (data, updates) if v.constant for p in n.params(v, slot=False))
    n.add(op, data, index, updates, shapes=shapes, params=params)


def TensorScatter(n: Node) -> None:
    """ai.onnx TensorScatter, version 24: a cache with new entries."""
    n.op = move("TensorScatter")
    n.free(n.input(0).shape, data=(0, 1))


def OneHot(n: Node) -> None:
    """ai.onnx OneHot, versions 9 to 28: one of two values at each position."""
    n.op = move("OneHot")
    index, depth, values = n.input(0), n.input(1), n.input(2)
    size: Dim | None = the_one(depth) if depth.content is not None else None
    if size is None:
        size = n.unknown_size(f"the content of '{depth.name}' is not known")
    axis = axis_of(n.integer("axis", -1), index.rank + 1)
    n.free((*index.dims[:axis], size, *index.dims[axis:]), data=(0, 2), dtype=values.dtype)


def NonZero(n: Node) -> None:
    """ai.onnx NonZero, versions 9 to 13: how many there are, only a run can tell."""
    n.op = move("NonZero")
    x = n.input(0)
    sizes = sizes_of(x.dims)
    if x.content is not None and sizes is not None:
        found = [at for at, number in zip(positions(sizes), x.content, strict=True) if number]
        content = tuple(at[i] for i in range(x.rank) for at in found)
        n.constant((x.rank, len(found)), "int64", content)
        return
    size = n.unknown_size(f"how many elements of '{x.name}' are not 0 depends on the data")
    n.free((x.rank, size), dtype="int64")


def Compress(n: Node) -> None:
    """ai.onnx Compress, versions 9 to 28: how many are kept, only a run can tell."""
    n.op = move("Compress")
    x, kept = n.input(0), n.input(1)
    axis = n.attribute("axis")
    if kept.content is not None:
        count: Dim = len([number for number in kept.content if number])
    else:
        count = n.unknown_size(f"what '{kept.name}' keeps depends on the data")
    if axis is None:
        n.free((count,), data=_data(kept, 0, 1))
        return
    at = axis_of(n.integer("axis", 0), x.rank)
    n.free((*x.dims[:at], count, *x.dims[at + 1 :]), data=_data(kept, 0, 1))


def Unique(n: Node) -> None:
    """ai.onnx Unique, versions 11 to 28: how many there are, only a run can tell."""
    n.op = SORT
    x = n.input(0)
    reason = f"how many elements of '{x.name}' differ depends on the data"
    count = n.unknown_size(reason)
    shape: Shape = (count,)
    whole: Dim | None = None if x.shape is None else x.elements
    if n.attribute("axis") is not None:
        at = axis_of(n.integer("axis", 0), x.rank)
        shape = (*x.dims[:at], count, *x.dims[at + 1 :])
        whole = x.dims[at]
    n.opaque("how often a sort compares depends on the data")
    n.give(0, shape, x.dtype)
    for i in (1, 3):
        n.give(i, (count,), "int64")
    n.give(2, None if whole is None else (whole,), "int64")


def ReverseSequence(n: Node) -> None:
    """ai.onnx ReverseSequence, versions 10 to 28."""
    n.op = move("ReverseSequence")
    n.free(n.input(0).shape, data=(0,), axes=n.input(0).axes)
