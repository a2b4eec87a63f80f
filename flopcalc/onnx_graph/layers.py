"""What walks make of nodes: sizes and their names, tensors, parameters, layers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flopcalc.build import Builder
from flopcalc.dim import Dim, Expr, symbol
from flopcalc.dim_values import names, parse
from flopcalc.errors import InputError, SpecError, Where
from flopcalc.formula import Num
from flopcalc.onnx_graph.values import Value, check_shape, default_axes
from flopcalc.op import OPERATIONS, Op, bind_nothing, same_shape
from flopcalc.tensor import Param, Shaped, Tensor

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from flopcalc.graph import Layer
    from flopcalc.onnx_graph.node import Node
    from flopcalc.onnx_graph.proto import Declared, NodeDef
    from flopcalc.onnx_graph.values import Stored
    from flopcalc.tensor import ParamKind

MAX_LAYERS = 1_000_000


class Layers:
    """The layers of a graph while it is walked over, and what their nodes may ask for.

    `bound` gives named dimensions their values.
    """

    def __init__(self, path: str, bound: Mapping[str, int]) -> None:
        self.path = path
        self.builder = Builder(MAX_LAYERS, _Check())
        self.bound = bound
        self.unknown: dict[str, str] = {}  # a size that only a run can tell → why
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
        shape, axes = value.shape, value.axes
        if shape is None:
            shape, axes = (self.unknown_size(f"shape of '{value.name}' unknown"),), "c"
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
                where=self.where(node.definition, node.name),
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
            where=self.where(node.definition, node.name),
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

    def where(self, definition: NodeDef, name: str) -> Where:
        """A node, as messages name it; `name` is what its layer is called."""
        text = f"{self.path}: node '{definition.name or name}' ({definition.op_type})"
        return tuple.__new__(Where, (text, 0, 0, ""))  # at half the time of Where(text)


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
