"""What an operator said of a node, so that it can be said again of others."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from flopcalc.onnx_graph.scope import Like
from flopcalc.onnx_graph.values import Value
from flopcalc.tensor import Tensor

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flopcalc.graph import Layer
    from flopcalc.onnx_graph.node import Node
    from flopcalc.onnx_graph.proto import NodeDef
    from flopcalc.onnx_graph.walker import Walker
    from flopcalc.tensor import Param, ParamKind

# a tensor that a node reads: which input's (or, from -1 down, which it made), and what it is seen
# as if that is not what it is
Seen: TypeAlias = "tuple[int, tuple[tuple[int, ...], str, str] | None]"
# a parameter: which input's, which of its sources, and what it was asked for as
Asked: TypeAlias = "tuple[int, int, ParamKind]"

_new = tuple.__new__  # a Record of all its fields, at a third of the time


class Known:
    """What is known of nodes with an operation, by the marks of their inputs.

    Where the operator read the contents of some `inputs`, there is a further one in its place, by
    those; `told` are the inputs by whose content nodes are told apart this far.
    """

    __slots__ = ("by", "inputs", "told")

    def __init__(self, inputs: tuple[int, ...] = (), told: tuple[int, ...] = ()) -> None:
        self.inputs = inputs
        self.told = (*told, *inputs)
        self.by: dict[object, Said | Known] = {}


class Made:
    """A layer that a node made: what follows the node's name in its own, what it reads."""

    __slots__ = ("inputs", "layer", "params", "suffix")

    def __init__(self, layer: Layer, suffix: str, inputs: list[Seen], params: list[int]) -> None:
        self.layer = layer
        self.suffix = suffix
        self.inputs = inputs
        self.params = params


class Given:
    """An output that a node gave: `value` but for its name, its tensor and its sources."""

    __slots__ = ("sources", "tensor", "value")

    def __init__(self, value: Value, tensor: Seen | None, sources: list[tuple[int, int]]) -> None:
        self.value = value
        self.tensor = tensor
        self.sources = sources


class Said:
    """What an operator said of a node: layers, parameters, outputs (one of the inputs: which).

    `value` is set where that is one layer of one output, as most are: what its output is like.
    `inputs` are then those of the node that the layer reads, and `seen` as what it does, if that
    is not what they are; `only` is the one there is.
    """

    __slots__ = ("given", "inputs", "layer", "layers", "only", "params", "seen", "value")

    def __init__(
        self, params: list[Asked], layers: list[Made], given: list[Given | int | None]
    ) -> None:
        self.params = params
        self.layers = layers
        self.given = given
        self.value: Like | None = None
        if len(layers) == len(given) == 1:
            (layer,), (out,) = layers, given
            plain = all(i >= 0 for i, _ in layer.inputs)
            whole = layer.params == list(range(len(params))) and not layer.suffix
            one = isinstance(out, Given) and out.tensor == (-1, None) and not out.value.constant
            if isinstance(out, Given) and one and plain and whole and len(layer.layer.outputs) == 1:
                v = out.value
                self.value = Like("", v.shape, v.dtype, axes=v.axes, made_by=v.made_by)
                self.layer = layer.layer
                self.inputs = tuple([i for i, _ in layer.inputs])
                self.only = self.inputs[0] if len(self.inputs) == 1 else None
                self.seen = [other for _, other in layer.inputs]
                if not any(self.seen):
                    self.seen = []

    def again(
        self, walker: Walker, definition: NodeDef, name: str, inputs: Sequence[Value | None]
    ) -> list[Value | None]:
        """Say the same of another node; returns its outputs."""
        params: list[Param] = []
        for i, j, kind in self.params:
            params.append(walker.param(inputs[i].sources[j], kind))  # type: ignore[union-attr]  # alike
        made: list[Tensor] = []
        for layer in self.layers:
            made += walker.builder.again(
                layer.layer,
                f"{name}{layer.suffix}",
                tuple([_tensor(seen, walker, inputs, made) for seen in layer.inputs]),
                tuple([params[i] for i in layer.params]),
                walker.where(definition, name),
            )
        outputs: list[Value | None] = []
        for given, called in zip(self.given, definition.outputs, strict=True):
            if isinstance(given, Given):
                value = given.value.renamed(called)
                if given.tensor is not None:
                    value.tensor = _tensor(given.tensor, walker, inputs, made)
                if given.sources:
                    value.sources = tuple([inputs[i].sources[j] for i, j in given.sources])  # type: ignore[union-attr]  # alike
                outputs.append(value)
            else:
                outputs.append(None if given is None else inputs[given])
        return outputs


def _tensor(
    seen: Seen, walker: Walker, inputs: Sequence[Value | None], made: list[Tensor]
) -> Tensor:
    i, other = seen
    if i < 0:
        tensor = made[~i]
    else:
        value = inputs[i]
        assert value is not None
        if value.tensor is None:
            value.tensor = walker.tensor(value)
        tensor = value.tensor
    return tensor if other is None else _new(Tensor, (tensor[0], *other))


def said_of(node: Node, inputs: Sequence[Value | None], layers: Sequence[Layer]) -> Said | None:
    """What a node said, which made these `layers`; None where it cannot be said of another."""
    try:
        return _Listener(node, inputs).said(layers)
    except _UnlikeError:
        return None


class _UnlikeError(Exception):
    """What a node said cannot be said of another."""


class _Listener:
    """Finds out in what a node said what was given to it, and what it made."""

    def __init__(self, node: Node, inputs: Sequence[Value | None]) -> None:
        self._node = node
        self._inputs = inputs
        self._tensors: dict[int, tuple[int, Tensor]] = {}
        self._sources: dict[str, tuple[int, int]] = {}
        given = [value for value in inputs if value is not None]
        sources = [source.name for value in given for source in value.sources]
        if len(set(map(id, given))) < len(given) or len(set(sources)) < len(sources):
            raise _UnlikeError  # for two that are different it may do something else
        for i, value in enumerate(inputs):
            if value is not None:
                if value.tensor is not None:
                    self._place(i, value.tensor)
                for j, source in enumerate(value.sources):
                    self._sources[source.name] = i, j

    def _place(self, i: int, tensor: Tensor) -> None:
        if self._tensors.setdefault(tensor.id, (i, tensor))[0] != i:
            raise _UnlikeError

    def _seen(self, tensor: Tensor) -> Seen:
        if tensor.id not in self._tensors:
            raise _UnlikeError
        i, known = self._tensors[tensor.id]
        return i, None if known[1:] == tensor[1:] else tensor[1:]

    def _source(self, name: str) -> tuple[int, int]:
        if name not in self._sources:
            raise _UnlikeError
        return self._sources[name]

    def said(self, layers: Sequence[Layer]) -> Said:
        node = self._node
        asked = [(*self._source(name), kind) for name, kind in node.asked]
        order = {name: i for i, (name, _) in enumerate(node.asked)}
        made: list[Made] = []
        count = 0
        for layer in layers:
            stored = order.keys() >= {param.id for param in layer.params}
            if not stored or not layer.name.startswith(node.name):
                raise _UnlikeError
            inputs = [self._seen(tensor) for tensor in layer.inputs]
            suffix = layer.name[len(node.name) :]
            made.append(Made(layer, suffix, inputs, [order[p.id] for p in layer.params]))
            for tensor in layer.outputs:
                count += 1
                self._place(-count, tensor)
        return Said(asked, made, [self._given(i) for i in range(node.outputs)])

    def _given(self, i: int) -> Given | int | None:
        value = self._node.given.get(i)
        if value is None:
            return None
        for k, other in enumerate(self._inputs):
            if other is value:
                return k
        if type(value) is not Value or value.why or value.name != self._node.definition.outputs[i]:
            raise _UnlikeError
        place = None if value.tensor is None else self._seen(value.tensor)
        return Given(value, place, [self._source(source.name) for source in value.sources])
