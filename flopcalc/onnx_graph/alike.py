"""Nodes that are alike: what an operator said of the first of them is said again of the others.

A large graph is a few hundred kinds of nodes, each there by the hundred. Two are alike if their
operator and attributes are the same and so is all that the operator looked at: the shapes, dtypes
and origins of its inputs, and the contents of those whose content it read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from flopcalc.onnx_graph.said import Known, Said, said_of
from flopcalc.onnx_graph.scope import Like, is_scalar
from flopcalc.onnx_graph.values import Stored, Value

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from flopcalc.graph import Layer
    from flopcalc.onnx_graph.node import Node
    from flopcalc.onnx_graph.proto import NodeDef, Operation, StoredTensor
    from flopcalc.onnx_graph.scope import Scope

MAX_KINDS = 50_000  # of nodes that are remembered, and of values
_ABSENT, _UNLIKE = 1, -1  # marks of an input that is left out, and of one that no other is like
_INTEGERS = {int}
_NEVER = Said([], [], [])  # in the place of what can be said of no other


class Alike:
    """What the operators of a walk said, by operation and by the marks of their inputs."""

    __slots__ = ("_count", "_kinds", "_marks", "_stored")

    def __init__(self) -> None:
        self._count = 0
        self._kinds: dict[object, dict[Operation, Known]] = {}
        self._marks: dict[object, int] = {}
        self._stored: dict[tuple[int, ...], Like] = {}

    def kinds(self, opsets: Mapping[str, int]) -> dict[Operation, Known]:
        """What is known of each operation under some opsets, to look up before `find`."""
        return self._kinds.setdefault(tuple(sorted(opsets.items())), {})

    def find(
        self,
        kinds: dict[Operation, Known],
        definition: NodeDef,
        scope: Scope,
    ) -> tuple[Known | None, object, Said | None]:
        """What a node's operator said of one like it, in what `learn` needs if it said nothing.

        Nothing is known of a node that no other can be like.
        """
        known = kinds.get(definition.operation)
        if known is None:
            if not definition.operation.plain:
                return None, None, None
            known = kinds[definition.operation] = Known()
        values = scope.values
        marks = []
        for name in definition.inputs:
            value = values.get(name) or self._look(name, scope)
            if value is None:
                marks.append(_UNLIKE if name else _ABSENT)
            else:
                marks.append(value.mark or self._marked(value))
        outputs = definition.outputs
        key: object = marks[0] if len(marks) == 1 else tuple(marks)
        if len(outputs) != 1 or not outputs[0]:
            key = key, tuple(map(bool, outputs))
        said = known.by.get(key)
        while isinstance(said, Known):
            known = said
            key = tuple([_content(scope, definition.inputs[i]) for i in known.inputs])
            said = known.by.get(key)
        if said is _NEVER or (said is None and _UNLIKE in marks):
            return None, None, None
        return known, key, said

    def _look(self, name: str, scope: Scope) -> Value | None:
        """What stands for `name`, a stored tensor or a value of what surrounds it."""
        tensor = scope.stored.get(name)
        if tensor is None:
            return scope.outer.find(name) if scope.outer is not None and name else None
        value = scope.values[name] = self._like(tensor)
        return value

    def _like(self, tensor: StoredTensor) -> Like:
        key = (tensor.type, *tensor.dims)
        like = self._stored.get(key)
        if like is None:
            shape, dtype = key[1:], tensor.dtype
            sources = (Stored("", shape, dtype, not is_scalar(tensor)),)
            like = Like("", shape, dtype, constant=True, sources=sources)
            # of single numbers, some are scalars by their names
            if set(shape) != {1} and len(self._stored) < MAX_KINDS:
                self._stored[key] = like
        return like

    def mark(self, what: object) -> int:
        """A number for `what`, the same for all that equals it."""
        marks = self._marks
        found = marks.get(what)
        if found is None:
            if len(marks) >= MAX_KINDS:
                return _UNLIKE
            found = marks[what] = len(marks) + 2
        return found

    def _marked(self, value: Value) -> int:
        """The mark of a value: of all that an operator may ask of it, but for its content."""
        value.mark = _UNLIKE
        if type(value) in (Value, Like) and value.shape is not None:
            sources = [(s.initializer, s.shape, s.dtype) for s in value.sources]
            what = (value.shape, value.dtype, value.axes, value.constant, value.made_by, *sources)
            value.mark = self.mark(what)
        return value.mark

    def learn(
        self,
        at: tuple[Known, object],
        node: Node,
        inputs: Sequence[Value | None],
        layers: Sequence[Layer],
    ) -> None:
        """Keep what `node` said, which made these `layers`, where `find` looked for it."""
        known, key = at
        if self._count >= MAX_KINDS:
            return
        self._count += 1
        read = [i for i, v in enumerate(inputs) if v and v.read and i not in known.told]
        said = said_of(node, inputs, layers) or _NEVER
        if said.value is not None:
            self._marked(said.value)
        if read:
            further = known.by[key] = Known(tuple(read), known.told)
            known, key = further, tuple([_told_apart(inputs[i]) for i in read])
        known.by[key] = said


def _content(scope: Scope, name: str) -> object:
    value = scope.values.get(name)
    if value.__class__ is Like and not value.constant:
        return None  # a layer makes it
    return _told_apart(scope.find(name) if name else None)


def _told_apart(value: Value | None) -> object:
    """What is the same for equal contents alone; 1 and 1.0 are not."""
    if value is None:
        return None
    if value.told is None:
        content = value.content
        whole = content is None or set(map(type, content)) == _INTEGERS
        value.told = content if whole else (repr(content), content)
    return value.told
