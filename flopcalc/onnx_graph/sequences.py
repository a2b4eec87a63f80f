"""Sequences and empty optionals: values that are no tensors."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flopcalc.onnx_graph.values import UnknownShapeError, Value

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from flopcalc.dim import Dim
    from flopcalc.onnx_graph.node import Node
    from flopcalc.onnx_graph.proto import Declared


class SequenceValue(Value):
    """A sequence of tensors: its `items` if they are known, else only what each `element` is."""

    __slots__ = ("element", "items", "length")

    def __init__(
        self,
        name: str,
        items: tuple[Value, ...] | None,
        *,
        element: Value | None = None,
        length: Dim = 0,
    ) -> None:
        first = items[0] if items else element
        super().__init__(name, None, "unknown" if first is None else first.dtype)
        self.items = items
        self.element = element
        self.length: Dim = length if items is None else len(items)


class Nothing(Value):
    """An optional that holds nothing."""

    __slots__ = ()

    def __init__(self, name: str) -> None:
        super().__init__(name, None, "unknown")


def declared_sequence(
    declared: Declared, size: Callable[[int | str | None, str], Dim]
) -> SequenceValue:
    """What a graph says of a sequence that it is given; `size` names what it leaves open."""
    name, shape = declared.name, None
    if declared.shape is not None:
        shape = tuple(size(n, f"{name}_{i}") for i, n in enumerate(declared.shape))
    element = Value(name, shape, declared.dtype)
    return SequenceValue(name, None, element=element, length=size(None, f"{name}_length"))


def sequence_of(value: Value) -> SequenceValue:
    """`value` as a sequence; raises `UnknownShapeError` where it is not known to be one."""
    if isinstance(value, SequenceValue):
        return value
    raise UnknownShapeError(f"the sequence '{value.name}' is not known")


def element_of(n: Node, value: Value) -> Value:
    """What each element of a sequence is; raises `UnknownShapeError` where that is not known."""
    sequence = sequence_of(value)
    if sequence.items:
        return alike(n, sequence.items)
    if sequence.element is None:
        raise UnknownShapeError(f"what the sequence '{value.name}' holds is not known")
    return sequence.element


def alike(n: Node, values: Sequence[Value]) -> Value:
    """One value in the place of several: a size in which they differ has a name of its own."""
    first = values[0]
    if all(value is first for value in values):
        return first
    if all(value.shape == first.shape for value in values):
        return generic(first)
    if any(value.shape is None or value.rank != first.rank for value in values):
        return Value(first.name, None, first.dtype)
    shape = tuple(
        sizes[0]
        if all(size == sizes[0] for size in sizes)
        else n.unknown_size(f"the elements of the sequence with '{first.name}' differ")
        for sizes in zip(*(value.dims for value in values), strict=True)
    )
    return Value(first.name, shape, first.dtype, axes=first.axes)


def generic(value: Value) -> Value:
    """A value of which only the shape is known: what it holds changes from round to round."""
    if isinstance(value, SequenceValue) or (not value.constant and value.content is None):
        return value
    return Value(
        value.name,
        value.shape,
        value.dtype,
        axes=value.axes,
        tensor=value.tensor,
        made_by=value.made_by,
    )
