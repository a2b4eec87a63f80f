"""Walks over nodes: each operator adds its layers, and one that fails fails alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flopcalc.build import Builder
from flopcalc.dim import Dim, Expr, symbol
from flopcalc.dim_values import names, parse
from flopcalc.errors import InputError, LimitError, ScaleError, ShapeError, SpecError, Where
from flopcalc.formula import Num
from flopcalc.onnx_graph import operators
from flopcalc.onnx_graph.naming import layer_names
from flopcalc.onnx_graph.node import Node
from flopcalc.onnx_graph.order import in_order
from flopcalc.onnx_graph.proto import StoredTensor
from flopcalc.onnx_graph.values import Stored, Value, check_shape, completed, default_axes
from flopcalc.op import OPERATIONS, Op, bind_nothing, same_shape
from flopcalc.tensor import Param, Shaped, Tensor

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from flopcalc.graph import Layer
    from flopcalc.onnx_graph.proto import Declared, FunctionDef, NodeDef
    from flopcalc.tensor import ParamKind

MAX_LAYERS = 1_000_000
MAX_NODES = 2_000_000  # visited, in functions and bodies too
MAX_CALLS = 30  # of functions and bodies inside one another
BUG = "a malformed node, or a bug in flopcalc: "


class Scope:
    """The names of a graph, a body or a called function, and of what surrounds it."""

    __slots__ = ("attributes", "depth", "hints", "opsets", "outer", "prefix", "stored", "values")

    def __init__(
        self,
        opsets: Mapping[str, int],
        *,
        prefix: str = "",
        outer: Scope | None = None,
        attributes: Mapping[str, object] | None = None,
        depth: int = 0,
    ) -> None:
        self.opsets = opsets
        self.prefix = prefix
        self.outer = outer
        self.attributes = attributes or {}
        self.depth = depth
        self.values: dict[str, Value] = {}
        self.stored: dict[str, StoredTensor] = {}
        self.hints: dict[str, Declared] = {}  # what the file says of values between nodes

    def find(self, name: str) -> Value | None:
        """What `name` stands for; None where nothing has that name."""
        value = self.values.get(name)
        if value is None:
            tensor = self.stored.get(name)
            if tensor is not None:
                value = self.values[name] = stored_value(tensor, name, self.prefix)
            elif self.outer is not None:
                return self.outer.find(name)
        return value


def stored_value(
    tensor: StoredTensor, name: str, prefix: str = "", *, initializer: bool = True
) -> Value:
    """The value of a tensor in the file; its content if that was kept."""
    shape = tuple(tensor.dims)
    dtype = tensor.dtype
    sources = (Stored(prefix + name, shape, dtype, initializer),)
    return Value(name, shape, dtype, content=tensor, constant=True, sources=sources)


class Walker:
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
        self.path = path
        self.builder = Builder(MAX_LAYERS, _Check(), remember=True)
        self.functions = {(f.domain, f.name, f.overload): f for f in functions}
        self.bound = bound or {}
        self.scaled = scaled
        self.trips = trips or {}
        self.loops: list[str] = []  # that there are, whose rounds `trips` may give
        self.notes: list[str] = []
        self.unknown: dict[str, str] = {}  # a size that only a run can tell → why
        self.visited = 0
        self._params: dict[str, Param] = {}
        self._partial: dict[tuple[Op, str], Op] = {}

    # names

    def size(self, size: int | str | None, fallback: str) -> Dim:
        """A declared size: a number, a name with its bound value, or what `fallback` is called."""
        if isinstance(size, int):
            return size
        if size is None:
            size = fallback
        if size in self.bound:
            return self.bound[size]
        try:
            found = parse(size)
        except (SpecError, InputError):
            return symbol(size)
        if isinstance(found, Expr) and names(found) & self.bound.keys():
            from flopcalc.dim_values import substitute

            return substitute(found, self.bound)
        return found

    def declared(self, declared: Declared) -> Value:
        """What a graph says of one of its values."""
        dtype = declared.dtype
        if declared.kind == "sequence":
            from flopcalc.onnx_graph.sequences import declared_sequence

            return declared_sequence(declared, self.size)
        if declared.kind != "tensor" or declared.shape is None:
            return Value(declared.name, None, dtype)
        shape = tuple(
            self.size(size, f"{declared.name}_{i}") for i, size in enumerate(declared.shape)
        )
        try:
            check_shape(shape)
        except InputError:  # no tensor can be so: as if nothing were said
            return Value(declared.name, None, dtype)
        return Value(declared.name, shape, dtype)

    def unknown_size(self, why: str) -> Dim:
        """A size that only a run can tell, and why."""
        name = f"?{len(self.unknown) + 1}"
        self.unknown[name] = why
        return symbol(name)

    def tensor(self, value: Value) -> Tensor:
        """A place in the graph for a value that no layer makes."""
        shape = (self.unknown_size(f"shape of '{value.name}' unknown"),)
        axes = "c"
        if value.shape is not None:
            shape, axes = value.shape, value.axes  # type: ignore[assignment]  # of any length
        return self.builder.tensor(Shaped(shape, axes), dtype=value.dtype)  # type: ignore[arg-type]  # see tensor.py

    def param(self, source: Stored, kind: ParamKind) -> Param:
        """The parameter of a stored tensor; its kind is that of its first use."""
        found = self._params.get(source.name)
        if found is None:
            found = Param(source.name, kind, source.shape, source.dtype)
            self._params[source.name] = found
        return found

    # layers

    def free(
        self,
        node: Node,
        op: Op,
        values: list[Value],
        shapes: Sequence[tuple[Dim, ...] | None],
        *,
        params: tuple[Param, ...],
        axes: str | None,
        dtype: str,
    ) -> None:
        """Add a layer that moves data, perhaps of unknown shape."""
        inputs = tuple(node.tensor(v) for v in values if v.shape is not None and not v.constant)
        shaped = tuple(
            Shaped(shape, axes if axes and len(axes) == len(shape) else default_axes(len(shape)))  # type: ignore[arg-type]  # see tensor.py
            for shape in shapes
            if shape is not None
        )
        tensors = iter(
            self.builder.add(
                op,
                inputs,
                {},
                name=node.name,
                where=self.where(node),
                params=params,
                shapes=shaped,
                dtype=dtype,
            )
        )
        for i, shape in enumerate(shapes):
            node.give(i, None if shape is None else next(tensors), dtype, made_by=op)

    def opaque(self, node: Node, reason: str) -> None:
        """Add a layer that cannot be counted."""
        definition = node.definition
        domain = f"{definition.domain}." if definition.domain else ""
        op = node.op or Op(
            domain + definition.op_type,
            title="an operator that is not counted",
            cite=f"ONNX operator {domain}{definition.op_type}",
            shape=same_shape,
            bind=bind_nothing,
            counts={},
            opaque=reason,
        )
        inputs = tuple(
            node.tensor(v) for v in node.inputs if v is not None and v.shape and not v.constant
        )
        self.builder.add(
            self.partial(op, reason) if op.opaque is None else op,
            inputs,
            {},
            name=node.name,
            where=self.where(node),
            params=_stored_in(node),
            shapes=(),
        )

    def partial(self, op: Op, reason: str) -> Op:
        """`op` where its counts are unknown; what it never has is known to be zero all the same."""
        found = self._partial.get((op, reason)) if op.counts else op
        if found is None:
            zero = Num(0)
            found = Op(
                op.name,
                kind=op.kind,
                title=op.title,
                cite=op.cite,
                role=op.role,
                shape=op.shape,
                bind=bind_nothing,
                counts={kind: zero for kind in OPERATIONS if kind not in op.counts},
                opaque=reason if any(kind in op.counts for kind in OPERATIONS) else None,
                note=op.note,
            )
            self._partial[op, reason] = found
        return found

    def check_last(self) -> None:
        """Make the last layer partial if it has a size that only a run can tell."""
        layer = self.builder.layers[-1]
        reason = self._unknown_in(layer)
        if reason is not None and layer.op.counts:
            op = self.partial(layer.op, reason)
            self.builder.layers[-1] = layer._replace(op=op, env={})

    def _unknown_in(self, layer: Layer) -> str | None:
        for value in layer.env.values():
            for size in value if isinstance(value, tuple) else (value,):
                if isinstance(size, Expr):
                    for name in names(size):
                        if name in self.unknown:
                            return self.unknown[name]
        return None

    def where(self, node: Node) -> Where:
        """A node, as messages name it."""
        definition = node.definition
        text = f"{self.path}: node '{definition.name or node.name}' ({definition.op_type})"
        return tuple.__new__(Where, (text, 0, 0, ""))  # at half the time of Where(text)

    # walking

    def run(self, nodes: Sequence[NodeDef], scope: Scope) -> None:
        """Walk over `nodes`; their outputs become values of `scope`."""
        self.visited += len(nodes)
        if self.visited > MAX_NODES:
            raise LimitError(f"more than {MAX_NODES:,} nodes, those of functions included")
        ordered = in_order(nodes, scope)
        titles = layer_names(ordered, scope.stored)
        values, prefix = scope.values, scope.prefix
        for definition, title in zip(ordered, titles, strict=True):
            inputs = [
                values[name] if name in values else scope.find(name) if name else None
                for name in definition.inputs
            ]
            node = Node(self, scope, definition, prefix + title, inputs)
            if None in inputs and not all(map(_given, inputs, definition.inputs)):
                absent = [n for v, n in zip(inputs, definition.inputs, strict=True) if not v and n]
                node.opaque(f"'{absent[0]}' is not defined")
            else:
                self._visit(node)
            given = node.given
            for i, name in enumerate(definition.outputs):
                if name:
                    value = given.get(i)
                    if value is None or value.shape is None or self.unknown:
                        value = self._hinted(name, scope, value)
                    values[name] = value

    def _hinted(self, name: str, scope: Scope, value: Value | None) -> Value:
        """What the file says of a value whose shape could not be found, at the file's own scale."""
        if name in scope.hints and not self.scaled:
            hinted = self.declared(scope.hints[name])
            if hinted.shape is not None:
                if value is None or value.shape is None:
                    return hinted
                completed(value, hinted.shape, self.unknown)
        return value or Value(name, None, "unknown")

    def _visit(self, node: Node) -> None:
        definition = node.definition
        before = len(self.builder.layers)
        try:
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
        except LimitError as error:
            if len(self.builder.layers) >= MAX_LAYERS or self.visited > MAX_NODES:
                raise  # that is no fault of this node
            self._failed(node, before, error.message)
        except InputError as error:
            if self.scaled and isinstance(error, ShapeError):
                raise self._forbids(node, error) from None
            self._failed(node, before, error.message)
        except Exception as error:  # noqa: BLE001 - one bad node never ends a run
            self._failed(node, before, f"{BUG}{type(error).__name__}: {error}"[:300])

    def _failed(self, node: Node, before: int, reason: str) -> None:
        del self.builder.layers[before:]
        node.lose(reason)

    def _forbids(self, node: Node, error: ShapeError) -> ScaleError:
        message = f"{self.scaled} does not fit this graph: {error.message}"
        hint = "export it at that size, or with named dimensions"
        return ScaleError(message, where=self.where(node), hint=hint)

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


def _stored_in(node: Node) -> tuple[Param, ...]:
    """The parameters of a node that cannot be counted: what it stores is known all the same."""
    role = node.op.role if node.op else "other"
    kind: ParamKind = "norm" if role == "norm" else "weight"
    slot = role in ("compute", "norm")
    return tuple(
        param
        for value in node.inputs
        if value is not None and value.constant
        for param in node.params(value, kind, slot=slot)
    )


def _given(value: Value | None, name: str) -> bool:
    """Whether an input is there, or left out on purpose."""
    return value is not None or not name


class _Check:
    """What a Builder asks of each tensor, asked once for each shape."""

    __slots__ = ("_fine",)

    def __init__(self) -> None:
        self._fine: set[tuple[int, ...]] = set()

    def __call__(self, shaped: Shaped, where: Where | None) -> None:  # noqa: ARG002 - a check's
        shape = shaped[0]
        if shape not in self._fine:
            check_shape(shape)
            self._fine.add(shape)
