"""The contract for operators: what a function that stands for one may ask and say.

An operator is a function named after it in `onnx_graph.operators`, `def Conv(n: Node) -> None`.
It reads attributes and inputs, and says what the outputs are, by one of `add`, `free`, `constant`,
`alias`, `opaque` (or by `layer` and `give`, where it stands for several layers):

    def Relu(n: Node) -> None:
        n.op = RELU
        n.add(RELU, n.input(0))

`n.op` comes first: it says which counts are unknown should anything below fail. Whatever raises
an `InputError` (an unknown shape does) costs this node its counts, not the run.

What it says follows from the attributes, the inputs and the version alone, since `alike` says it
again of all nodes that agree in those; a node with an unknown size, a note or a body is never one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flopcalc.errors import ShapeError
from flopcalc.onnx_graph.proto import FLOATS, Elided, GraphDef, Ref, StoredTensor
from flopcalc.onnx_graph.values import MAX_CONTENT, Value, check_shape, unknown_shape
from flopcalc.ops.exported import move
from flopcalc.tensor import Param, Shaped, Tensor

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flopcalc.dim import Dim
    from flopcalc.onnx_graph.proto import NodeDef
    from flopcalc.onnx_graph.scope import Scope
    from flopcalc.onnx_graph.values import Content, Shape, Stored
    from flopcalc.onnx_graph.walker import Walker
    from flopcalc.op import Attrs, Op
    from flopcalc.tensor import ParamKind

_NO_ATTRS: Attrs = {}
# dtypes of stored data that a network learned; integers of 32 bits and more are positions
_LEARNED = FLOATS | {"int8", "uint8", "int4", "uint4", "int2", "uint2"}


class Node:
    """A node while its operator looks at it.

    `inputs` has None where one is left out; `version` is the opset's for its domain; `op` what
    the node is, as far as that is known when it fails (None: every count is unknown then).
    """

    __slots__ = (
        "asked",
        "definition",
        "given",
        "inputs",
        "name",
        "op",
        "scope",
        "version",
        "walker",
    )

    def __init__(
        self,
        walker: Walker,
        scope: Scope,
        definition: NodeDef,
        name: str,
        inputs: list[Value | None],
    ) -> None:
        self.walker = walker
        self.scope = scope
        self.definition = definition
        self.name = name
        self.inputs = inputs
        domain = "" if definition.domain == "ai.onnx" else definition.domain
        self.version = scope.opsets.get(domain, 1)
        self.op: Op | None = None
        self.given: dict[int, Value] = {}
        self.asked: list[tuple[str, ParamKind]] = []  # parameters, for `alike`

    # attributes: one of the wrong type is an error

    def integer(self, name: str, default: int) -> int:
        """An integer, `default` where it is absent."""
        value = self.attribute(name)
        if value is None:
            return default
        if not isinstance(value, int):
            raise self._mistyped(name, "an integer")
        return value

    def integers(self, name: str) -> tuple[int, ...] | None:
        """A list of integers, None where it is absent."""
        value = self.attribute(name)
        if value is None:
            return None
        if not isinstance(value, tuple) or not all(isinstance(n, int) for n in value):
            raise self._mistyped(name, "a list of integers")
        return value

    def number(self, name: str) -> float | None:
        """A float, None where it is absent."""
        value = self.attribute(name)
        if value is None:
            return None
        if not isinstance(value, (int, float)):
            raise self._mistyped(name, "a number")
        return float(value)

    def numbers(self, name: str) -> tuple[float, ...] | None:
        """A list of floats, None where it is absent."""
        value = self.attribute(name)
        if value is None:
            return None
        if not isinstance(value, tuple) or not all(isinstance(n, (int, float)) for n in value):
            raise self._mistyped(name, "a list of numbers")
        return value

    def word(self, name: str, default: str) -> str:
        """A string."""
        value = self.attribute(name)
        if value is None:
            return default
        if not isinstance(value, str):
            raise self._mistyped(name, "a string")
        return value

    def stored(self, name: str) -> StoredTensor | None:
        """A tensor."""
        value = self.attribute(name)
        if value is None or isinstance(value, StoredTensor):
            return value
        raise self._mistyped(name, "a tensor")

    def body(self, name: str) -> GraphDef:
        """A graph: the body of a loop, a branch; `ShapeError` where there is none."""
        value = self.attribute(name)
        if not isinstance(value, GraphDef):
            raise self._mistyped(name, "a graph")
        return value

    def attribute(self, name: str) -> Any:  # noqa: ANN401 - the callers look
        """The value as the file has it, in a local function that of the call; None if absent."""
        value: object = self.definition.attributes.get(name)
        if isinstance(value, Ref):
            value = self.scope.attributes.get(value.name)
        if isinstance(value, Elided):
            raise ShapeError(f"attribute '{name}' is too large to be read")
        return value

    def _mistyped(self, name: str, what: str) -> ShapeError:
        return ShapeError(f"attribute '{name}' is not {what}", hint="see the operator's definition")

    # inputs and outputs

    def has(self, i: int) -> bool:
        """Whether there is an input `i`."""
        return i < len(self.inputs) and self.inputs[i] is not None

    def input(self, i: int) -> Value:
        """Input `i`; raises `ShapeError` where it is left out."""
        value = self.inputs[i] if i < len(self.inputs) else None
        if value is None:
            message = f"input {i} of {self.definition.op_type} is missing"
            raise ShapeError(message, hint="see the operator's definition")
        return value

    def optional(self, i: int) -> Value | None:
        """Input `i`, or None."""
        return self.inputs[i] if i < len(self.inputs) else None

    def wants(self, i: int) -> bool:
        """Whether output `i` has a name, so that something may use it."""
        outputs = self.definition.outputs
        return i < len(outputs) and outputs[i] != ""

    @property
    def outputs(self) -> int:
        """How many outputs the node lists."""
        return len(self.definition.outputs)

    def view(self, value: Value, axes: str, shape: Shape | None = None) -> Tensor:
        """`value` with its dimensions named as an op wants them, perhaps taken together.

        Raises `UnknownShapeError` where its rank is unknown.
        """
        sizes = value.dims if shape is None else shape
        if len(sizes) != len(axes):
            message = f"'{value.name}' has {len(sizes)} axes, not {len(axes)}"
            raise ShapeError(message, hint="see the operator's definition")
        return Tensor(self.tensor(value).id, sizes, axes, value.dtype)  # type: ignore[arg-type]  # see tensor.py

    def tensor(self, value: Value) -> Tensor:
        """The place of `value` in the graph."""
        if value.tensor is None:
            value.tensor = self.walker.tensor(value)
        return value.tensor

    def params(
        self, value: Value | None, kind: ParamKind = "weight", *, slot: bool = True
    ) -> tuple[Param, ...]:
        """The stored tensors behind `value`, as parameters of this `kind`.

        `slot` says that the operator has a place for weights here: whatever is stored counts, but
        for a scalar spread out. Elsewhere only initializers of a learned dtype with at least one
        dimension do, so that scalars, tables of positions, and Constant nodes do not.
        """
        if value is None:
            return ()
        found = []
        for source in value.sources:
            learned = source.initializer and source.dtype in _LEARNED
            if (source.shape and (slot or learned)) or (slot and not value.shape):
                self.asked.append((source.name, kind))
                found.append(self.walker.param(source, kind))
        return tuple(found)

    def unknown_size(self, why: str) -> Dim:
        """A size that only a run can tell; a count that it enters is unknown, because of `why`."""
        return self.walker.unknown_size(why)

    # results

    def add(
        self,
        op: Op,
        *inputs: Value | Tensor,
        attrs: Attrs = _NO_ATTRS,
        params: tuple[Param, ...] = (),
        shapes: Sequence[Shaped] | None = None,
        dtype: str | None = None,
    ) -> None:
        """Add the one layer that the node is; its outputs are the node's.

        `shapes` says what they are where the op's own rule does not fit; the dtype is that of
        the first input unless given.
        """
        outputs = self.layer(
            "", op, *inputs, attrs=attrs, params=params, shapes=shapes, dtype=dtype
        )
        for i, tensor in enumerate(outputs):
            self.give(i, tensor, made_by=op)

    def layer(
        self,
        part: str,
        op: Op,
        *inputs: Value | Tensor,
        attrs: Attrs = _NO_ATTRS,
        params: tuple[Param, ...] = (),
        shapes: Sequence[Shaped] | None = None,
        dtype: str | None = None,
        times: Dim = 1,
    ) -> tuple[Tensor, ...]:
        """Add one of several layers, named after the node and `part`; its outputs, to go on with.

        Raises `UnknownShapeError` where an input has no known rank.
        """
        tensors = []
        for value in inputs:
            if isinstance(value, Value):
                if value.shape is None:
                    raise unknown_shape(value)
                tensors.append(value.tensor or self.tensor(value))
            else:
                tensors.append(value)
        walker = self.walker
        outputs = walker.builder.add(
            op,
            tuple(tensors),
            attrs,
            name=f"{self.name}.{part}" if part else self.name,
            where=walker.where(self.definition, self.name),
            params=params,
            times=times,  # type: ignore[arg-type]  # see tensor.py
            shapes=None if shapes is None else tuple(shapes),
            dtype=dtype or (tensors[0].dtype if tensors else "float32"),
        )
        if walker.unknown:
            walker.check_last()
        return outputs

    def give(
        self,
        i: int,
        result: Tensor | Shape | None,
        dtype: str = "float32",
        *,
        made_by: Op | None = None,
    ) -> None:
        """Say what output `i` is: a tensor of the graph, a shape, or None where that is unknown."""
        if not self.wants(i):
            return
        name = self.definition.outputs[i]
        if isinstance(result, Tensor):
            self.given[i] = Value(
                name, result.shape, result.dtype, axes=result.axes, tensor=result, made_by=made_by
            )
        else:
            self.given[i] = Value(name, result, dtype, made_by=made_by)

    def alias(self, value: Value, i: int = 0) -> None:
        """Output `i` is `value` under another name; there is no layer."""
        self.given[i] = value

    def constant(
        self,
        shape: Shape | None,
        dtype: str,
        content: Content | None = None,
        *,
        sources: tuple[Stored, ...] = (),
        i: int = 0,
    ) -> None:
        """Output `i` does not depend on what the network is given; there is no layer."""
        if content is not None and len(content) > MAX_CONTENT:
            content = None
        if shape is not None:
            check_shape(shape)
        name = self.definition.outputs[i] if self.wants(i) else ""
        self.given[i] = Value(name, shape, dtype, content=content, constant=True, sources=sources)

    def free(
        self,
        *shapes: Shape | None,
        data: Sequence[int] | None = None,
        content: Content | None = None,
        axes: str | None = None,
        dtype: str | None = None,
    ) -> None:
        """The node only moves data, to outputs of these `shapes`.

        `data` are the inputs that are moved (all of them unless given); the others steer. Where
        none of them depends on the network's inputs there is no layer, and the output keeps
        their sources; else stored ones among them become parameters of the layer. `content` is
        that of the first output.
        """
        used = range(len(self.inputs)) if data is None else data
        values = [value for i in used if (value := self.optional(i)) is not None]
        dtype = dtype or (values[0].dtype if values else "float32")
        if content is not None or all(value.constant for value in values):
            sources = tuple(dict.fromkeys(s for value in values for s in value.sources))
            for i, shape in enumerate(shapes):
                self.constant(shape, dtype, None if i else content, sources=sources, i=i)
            return
        params = tuple(
            p for value in values if value.constant for p in self.params(value, slot=False)
        )
        op = move(self.definition.op_type)
        self.walker.free(self, op, values, shapes, params=params, axes=axes, dtype=dtype)

    def lose(self, reason: str) -> None:
        """The node failed: its layer, or else its outputs, say why."""
        self.given.clear()
        self.opaque(reason)
        _, known, why = reason.rpartition(" unknown: ")
        if not known and self.op is not None and self.op.free:  # no report lists it: say where
            why = f"{reason}, in '{self.name}'"
        elif not known:
            return
        for i, name in enumerate(self.definition.outputs):
            self.given[i] = Value(name, None, "unknown", why=why)

    def opaque(self, reason: str, *shapes: Shape | None) -> None:
        """The node cannot be counted: a layer without counts, with this reason."""
        self.walker.opaque(self, reason)
        for i, shape in enumerate(shapes):
            self.give(i, shape)
