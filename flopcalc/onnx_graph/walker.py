"""Walks over nodes: each operator adds its layers, and one that fails fails alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flopcalc.errors import InputError, LimitError, ScaleError, ShapeError, Where
from flopcalc.onnx_graph import operators
from flopcalc.onnx_graph.alike import Alike
from flopcalc.onnx_graph.layers import MAX_LAYERS, Layers
from flopcalc.onnx_graph.naming import layer_names
from flopcalc.onnx_graph.node import Node
from flopcalc.onnx_graph.order import OutOfOrderError, in_order
from flopcalc.onnx_graph.scope import Like, Scope
from flopcalc.onnx_graph.values import Value, completed
from flopcalc.tensor import Param, Tensor

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from flopcalc.onnx_graph.proto import FunctionDef, NodeDef
    from flopcalc.onnx_graph.said import Known, Said
    from flopcalc.tensor import ParamKind

MAX_NODES = 2_000_000  # visited, in functions and bodies too
MAX_CALLS = 30  # of functions and bodies inside one another
BUG = "a malformed node, or a bug in flopcalc: "

_new = tuple.__new__  # a Record of all its fields, at a third of the time


class Walker(Layers):
    """Turns nodes into layers.

    `bound` gives named dimensions their values. Where `scaled` is set, a node that no longer
    fits is an error, since it forbids the scale; else it is counted as unknown.
    """

    def __init__(
        self,
        path: str,
        functions: Sequence[FunctionDef] = (),
        *,
        bound: Mapping[str, int] | None = None,
        scaled: str = "",
        trips: Mapping[str, int] | None = None,
    ) -> None:
        super().__init__(path, bound or {})
        self.functions = {(f.domain, f.name, f.overload): f for f in functions}
        self.scaled = scaled
        self.trips = trips or {}
        self.loops: list[str] = []  # that there are, whose rounds `trips` may give
        self.notes: list[str] = []
        self.misfits: dict[str, tuple[Node, ShapeError]] = {}  # what does not fit, by its name
        self.visited = 0
        self.alike = Alike()

    def run(self, nodes: Sequence[NodeDef], scope: Scope, *, as_listed: bool = False) -> None:
        """Walk over `nodes`; their outputs become values of `scope`.

        Nodes of a graph that may be taken `as_listed` are not put in order first.
        """
        self.visited += len(nodes)
        if self.visited > MAX_NODES:
            raise LimitError(f"more than {MAX_NODES:,} nodes, those of functions included")
        ordered = nodes if as_listed else in_order(nodes, scope)
        titles = layer_names(ordered, scope.stored)
        find, kinds = self.alike.find, self.alike.kinds(scope.opsets)
        values, prefix = scope.values, scope.prefix
        for definition, title in zip(ordered, titles, strict=True):
            name = prefix + title
            known, key, said = find(kinds, definition, scope)
            if said is None:
                at = None if known is None else (known, key)
                given = self._visit(definition, name, scope, at)
            elif said.value is not None:
                self._repeat(said, definition, name, scope)
                continue
            else:
                given = said.again(self, definition, name, self._inputs(definition, scope))
            for called, made in zip(definition.outputs, given, strict=True):
                if called:
                    value = made
                    if value is None or value.shape is None or self.unknown:
                        value = self._hinted(called, scope, value)
                    values[called] = value
                    if value.tensor is not None:
                        scope.tensors[called] = value.tensor

    def _inputs(self, definition: NodeDef, scope: Scope) -> list[Value | None]:
        return [scope.find(name) if name else None for name in definition.inputs]

    def _repeat(self, said: Said, definition: NodeDef, name: str, scope: Scope) -> None:
        """Add a node of one layer, of one output, that is like one before."""
        inputs, tensors = definition.inputs, scope.tensors
        read: tuple[Tensor, ...]
        if said.only is None:
            read = tuple(
                [tensors.get(inputs[i]) or self._place(inputs[i], scope) for i in said.inputs]
            )
        else:
            first = inputs[said.only]
            read = (tensors.get(first) or self._place(first, scope),)
        if said.seen:
            pairs = zip(read, said.seen, strict=True)
            read = tuple(
                [x if other is None else _new(Tensor, (x[0], *other)) for x, other in pairs]
            )
        params: tuple[Param, ...] = ()
        if said.params:
            params = tuple([self._stored(inputs[i], j, kind, scope) for i, j, kind in said.params])
        called = definition.outputs[0]
        text = f"{self.path}: node '{definition.name or name}' ({definition.operation.op_type})"
        where = _new(Where, (text, 0, 0, ""))  # as in `where`, which costs a call
        tensors[called] = self.builder.repeat(said.layer, name, read, params, where)
        if said.value is not None:
            scope.values[called] = said.value
        if self.unknown and called in scope.hints:
            value = scope.values[called] = self._hinted(called, scope, scope.find(called))
            if value.tensor is not None:
                tensors[called] = value.tensor

    def _place(self, name: str, scope: Scope) -> Tensor:
        """The place in the graph of a value that no layer of this scope makes."""
        value = scope.find(name)
        assert value is not None
        if value.tensor is None:
            value.tensor = self.tensor(value)
        scope.tensors[name] = value.tensor
        return value.tensor

    def _stored(self, name: str, i: int, kind: ParamKind, scope: Scope) -> Param:
        """The parameter that is source `i` of the value `name`."""
        value = scope.values.get(name)
        if value is None or value.__class__ is not Like:
            value = scope.find(name)
            assert value is not None
            return self.param(value.sources[i], kind)
        if scope.prefix:
            name = scope.prefix + name
        found = self._params.get(name)
        if found is None:
            found = self._params[name] = _new(Param, (name, kind, value.shape, value.dtype))
        return found

    def _hinted(self, name: str, scope: Scope, value: Value | None) -> Value:
        """What the file says of a value whose shape could not be found, at the file's own scale."""
        if name in scope.hints and not self.scaled:
            hinted = self.declared(scope.hints[name])
            if hinted.shape is not None:
                if value is None or value.shape is None:
                    return hinted
                completed(value, hinted.shape, self.unknown)
        return value or Value(name, None, "unknown")

    def _visit(
        self, definition: NodeDef, name: str, scope: Scope, at: tuple[Known, object] | None
    ) -> list[Value | None]:
        """Ask the operator of a node; its outputs. `at` is the place of what it says."""
        inputs = self._inputs(definition, scope)
        node = Node(self, scope, definition, name, list(inputs))
        for value, called in zip(inputs, definition.inputs, strict=True):
            if value is None and called:
                if called in scope.later:
                    raise OutOfOrderError
                node.opaque(f"'{called}' is not defined")
                return [None] * node.outputs
            if value is not None:
                value.read = False
        before = len(self.builder.layers)
        aside = None if at is None else self._aside()
        if self._ask(node, before) and at is not None and self._aside() == aside:
            self.alike.learn(at, node, inputs, self.builder.layers[before:])
        given = [node.given.get(i) for i in range(node.outputs)]
        for value in given:
            if value is not None and value.shape is None and value.__class__ is Value:
                value.why = value.why or _why(inputs)
        return given

    def _aside(self) -> tuple[int, ...]:
        """How much was said besides layers and outputs."""
        return len(self.unknown), len(self.notes), len(self.loops), self.visited

    def _ask(self, node: Node, before: int) -> bool:
        """Let the operator of a node say what it is; whether it could."""
        try:
            self._say(node)
        except LimitError as error:
            if len(self.builder.layers) >= MAX_LAYERS or self.visited > MAX_NODES:
                raise  # that is no fault of this node
            self._failed(node, before, error.message)
        except InputError as error:
            if isinstance(error, ShapeError):
                if self.scaled:
                    raise self.forbids(self.scaled, node, error) from None
                if node.scope.outer is None:  # a branch may be for other sizes
                    self.misfits.setdefault(node.name, (node, error))
            self._failed(node, before, error.message)
        except Exception as error:  # noqa: BLE001 - one bad node never ends a run
            self._failed(node, before, f"{BUG}{type(error).__name__}: {error}"[:300])
        else:
            return True
        return False

    def _say(self, node: Node) -> None:
        definition = node.definition
        function = self.functions and self.functions.get(
            (definition.domain, definition.op_type, definition.overload)
        )
        if function:
            self.call(node, function)
            return
        operator = operators.find(definition.domain, definition.op_type)
        if operator is None:
            node.opaque("no formula")
        else:
            operator(node)

    def _failed(self, node: Node, before: int, reason: str) -> None:
        del self.builder.layers[before:]
        node.lose(reason)

    def forbids(self, what: str, node: Node, error: ShapeError) -> ScaleError:
        """The error of a node that does not fit `what` is asked of the graph."""
        message = f"{what} does not fit this graph: {error.message}"
        hint = "export it at that size, or choose another"
        return ScaleError(message, where=self.where(node.definition, node.name), hint=hint)

    def call(self, node: Node, function: FunctionDef) -> None:
        """Walk over the nodes of a local function, under the name of its call."""
        if node.scope.depth >= MAX_CALLS:
            raise LimitError(f"functions call one another more than {MAX_CALLS} deep")
        attributes = dict(function.attributes)
        for name in node.definition.attributes:
            attributes[name] = node.attribute(name)
        scope = Scope(
            function.opsets or node.scope.opsets,
            prefix=f"{node.name}.",
            attributes=attributes,
            depth=node.scope.depth + 1,
        )
        for i, name in enumerate(function.inputs):
            value = node.optional(i)
            if value is not None:
                scope.values[name] = value
        self.run(function.nodes, scope)
        for i, name in enumerate(function.outputs):
            value = scope.find(name)
            if value is not None:
                node.alias(value, i)


def _why(inputs: Sequence[Value | None]) -> str:
    """What went wrong before a node that says nothing of a shape, if one of `inputs` knows."""
    return next((v.why for v in inputs if v is not None and v.shape is None and v.why), "")
