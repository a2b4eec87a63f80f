"""Sequences of tensors, and optionals: kept, counted and taken apart, never computed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flopcalc.dim import ceil_div
from flopcalc.dim_values import known
from flopcalc.errors import ShapeError
from flopcalc.onnx_graph.operators.contents import along, joined, the_one
from flopcalc.onnx_graph.sequences import Nothing, SequenceValue, element_of, sequence_of
from flopcalc.onnx_graph.shapes import axis_of, shape_text
from flopcalc.onnx_graph.values import UnknownShapeError, Value
from flopcalc.ops.exported import move
from flopcalc.tensor import Shaped

if TYPE_CHECKING:
    from flopcalc.dim import Dim
    from flopcalc.onnx_graph.node import Node

_MANY = 1024  # items of a sequence that are kept apart


def SequenceEmpty(n: Node) -> None:
    """ai.onnx SequenceEmpty, version 11."""
    _give(n, ())


def SequenceConstruct(n: Node) -> None:
    """ai.onnx SequenceConstruct, version 11."""
    _give(n, tuple(n.input(i) for i in range(len(n.inputs))))


def _give(n: Node, items: tuple[Value, ...]) -> None:
    n.alias(SequenceValue(n.definition.outputs[0] if n.wants(0) else "", items))


def SequenceInsert(n: Node) -> None:
    """ai.onnx SequenceInsert, version 11: at the end unless a position is given."""
    n.op = move("SequenceInsert")
    old, new = sequence_of(n.input(0)), n.input(1)
    at = _position(n, 2, len(old.items or ()))
    if old.items is None or at is None or len(old.items) >= _MANY:
        element = old.element if old.element is not None else new
        if element.shape != new.shape:
            element = Value(new.name, None, new.dtype)
        n.alias(SequenceValue(n.name, None, element=element, length=old.length + 1))
        return
    _give(n, (*old.items[:at], new, *old.items[at:]))


def SequenceErase(n: Node) -> None:
    """ai.onnx SequenceErase, version 11: the last one unless a position is given."""
    n.op = move("SequenceErase")
    old = sequence_of(n.input(0))
    at = _position(n, 1, -1)
    if old.items is None or at is None:
        element = element_of(n, old)
        n.alias(SequenceValue(n.name, None, element=element, length=old.length - 1))
        return
    _check(at, old.items)
    at %= len(old.items)
    _give(n, old.items[:at] + old.items[at + 1 :])


def _position(n: Node, i: int, default: int) -> int | None:
    """A position that is an input; None where only a run can tell."""
    value = n.optional(i)
    if value is None:
        return default
    found = value.scalar()
    return found if isinstance(found, int) else None


def _check(at: int, items: tuple[Value, ...]) -> None:
    if not -len(items) <= at < len(items):
        message = f"position {at} in a sequence of {len(items)}"
        raise ShapeError(message, hint="positions count from 0, or from -1 back")


def SequenceAt(n: Node) -> None:
    """ai.onnx SequenceAt, version 11."""
    n.op = move("SequenceAt")
    old = sequence_of(n.input(0))
    at = _position(n, 1, 0)
    if old.items is None or at is None:
        n.alias(element_of(n, old))
        return
    _check(at, old.items)
    n.alias(old.items[at])


def SequenceLength(n: Node) -> None:
    """ai.onnx SequenceLength, version 11."""
    n.op = move("SequenceLength")
    n.constant((), "int64", (sequence_of(n.input(0)).length,))


def ConcatFromSequence(n: Node) -> None:
    """ai.onnx ConcatFromSequence, version 11: joined along an axis, or stacked along a new one."""
    n.op = move("ConcatFromSequence")
    whole, new = sequence_of(n.input(0)), n.integer("new_axis", 0) != 0
    element = element_of(n, whole)
    rank = element.rank + new
    axis = axis_of(n.integer("axis", 0), rank)
    if new:
        shape = (*element.dims[:axis], whole.length, *element.dims[axis:])
    else:
        length: Dim = whole.length * element.dims[axis]
        if whole.items is not None:
            length = 0
            for item in whole.items:
                length = length + item.dims[axis]
        shape = (*element.dims[:axis], length, *element.dims[axis + 1 :])
    items = whole.items or (element,)
    if whole.items and all(item.constant for item in items):
        content = None
        if not new:
            content = joined(items, axis)
        elif element.rank == 0:
            parts = [item.scalar() for item in items]
            content = tuple(part for part in parts if part is not None)
            content = content if len(content) == len(parts) else None
        sources = tuple(dict.fromkeys(s for item in items for s in item.sources))
        n.constant(shape, element.dtype, content, sources=sources)
        return
    shapes = [Shaped(shape, _axes(element, shape))]  # type: ignore[arg-type]  # see tensor.py
    params = tuple(p for item in items if item.constant for p in n.params(item, slot=False))
    moved = [item for item in items if not item.constant]
    n.add(n.op, *moved, shapes=shapes, params=params, dtype=element.dtype)


def _axes(element: Value, shape: tuple[Dim, ...]) -> str:
    from flopcalc.onnx_graph.values import default_axes

    return element.axes if len(element.axes) == len(shape) else default_axes(len(shape))


def SplitToSequence(n: Node) -> None:
    """ai.onnx SplitToSequence, versions 11 to 24: into parts of one size, or of given sizes."""
    n.op = move("SplitToSequence")
    x, listed = n.input(0), n.optional(1)
    axis = axis_of(n.integer("axis", 0), x.rank)
    size = x.dims[axis]
    keep = listed is not None or n.integer("keepdims", 1) != 0
    parts: tuple[Dim, ...] | None = None
    length: Dim = size
    part: Dim = 1
    if listed is not None and listed.rank:
        parts = listed.integers()
    else:
        if listed is not None:
            part = the_one(listed)
        if not isinstance(part, int) or part < 1:
            raise UnknownShapeError("the size of the parts is not known")
        length = ceil_div(size, part)
        if isinstance(size, int) and isinstance(length, int) and length <= _MANY:
            parts = tuple(min(part, size - i * part) for i in range(length))
    rest = (x.dims[:axis], x.dims[axis + 1 :])
    if parts is None:
        whole = known(part) == 1 or known(size % part) == 0
        last = part if whole else n.unknown_size(f"the last part of '{x.name}' may be smaller")
        shape = (*rest[0], last, *rest[1]) if keep else rest[0] + rest[1]
        element = Value(x.name, shape, x.dtype)
        n.alias(SequenceValue(n.name, None, element=element, length=length))
        return
    if len(parts) > _MANY:
        raise UnknownShapeError(f"a sequence of {shape_text((len(parts),))} parts")
    shapes = [(*rest[0], p, *rest[1]) if keep else rest[0] + rest[1] for p in parts]
    if x.constant:
        _give(n, _constants(x, axis, parts, shapes))
        return
    made = n.layer("", n.op, x, shapes=[Shaped(s, _axes(x, s)) for s in shapes])  # type: ignore[arg-type]  # see tensor.py
    name = n.definition.outputs[0] if n.wants(0) else n.name
    _give(
        n,
        tuple(
            Value(f"{name}[{i}]", t.shape, t.dtype, axes=t.axes, tensor=t)
            for i, t in enumerate(made)
        ),
    )


def _constants(
    x: Value, axis: int, parts: tuple[Dim, ...], shapes: list[tuple[Dim, ...]]
) -> tuple[Value, ...]:
    items = []
    at: Dim = 0
    for part, shape in zip(parts, shapes, strict=True):
        content = None
        if isinstance(at, int) and isinstance(part, int):
            content = along(x.content, x.dims, axis, range(at, at + part))
        items.append(
            Value(x.name, shape, x.dtype, content=content, constant=True, sources=x.sources)
        )
        at = at + part
    return tuple(items)


def Optional(n: Node) -> None:
    """ai.onnx Optional, versions 15 to 28: the input, or nothing."""
    n.op = move("Optional")
    value = n.optional(0)
    n.alias(Nothing(n.name) if value is None else value)


def OptionalHasElement(n: Node) -> None:
    """ai.onnx OptionalHasElement, versions 15 to 28."""
    n.op = move("OptionalHasElement")
    value = n.optional(0)
    if value is None or isinstance(value, Nothing):
        n.constant((), "bool", (0,))
    elif value.shape is not None or isinstance(value, SequenceValue):
        n.constant((), "bool", (1,))
    else:
        n.give(0, (), "bool")


def OptionalGetElement(n: Node) -> None:
    """ai.onnx OptionalGetElement, versions 15 to 28."""
    n.op = move("OptionalGetElement")
    value = n.input(0)
    if isinstance(value, Nothing):
        raise ShapeError("the element of an empty optional", hint="OptionalHasElement tells")
    n.alias(value)
