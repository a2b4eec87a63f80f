"""Names of a graph and what they stand for; stored tensors and copies become values when asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flopcalc.onnx_graph.values import Stored, Value

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from flopcalc.onnx_graph.proto import Declared, NodeDef, StoredTensor
    from flopcalc.tensor import Tensor


class Like(Value):
    """What many values have in common, in the place of each of them until one is asked for.

    Those that are `constant` are stored tensors; all others have their place in `Scope.tensors`.
    """

    __slots__ = ()


class Scope:
    """The names of a graph, a body or a called function, and of what surrounds it.

    Of `values`, those in common are shared (`Like`); `tensors` are places in the graph by name.
    `nodes` are those that are walked over in an order which may be wrong.
    """

    __slots__ = (
        "_later",
        "attributes",
        "depth",
        "hints",
        "nodes",
        "opsets",
        "outer",
        "prefix",
        "stored",
        "tensors",
        "values",
    )

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
        self.tensors: dict[str, Tensor] = {}
        self.stored: dict[str, StoredTensor] = {}
        self.hints: dict[str, Declared] = {}  # what the file says of values between nodes
        self.nodes: Sequence[NodeDef] = ()
        self._later: frozenset[str] | None = None

    @property
    def later(self) -> frozenset[str]:
        """The outputs of all `nodes`: one that has no value yet is made later."""
        if self._later is None:
            self._later = frozenset(name for node in self.nodes for name in node.outputs)
        return self._later

    def find(self, name: str) -> Value | None:
        """What `name` stands for; None where nothing has that name."""
        value = self.values.get(name)
        if value is None or (value.__class__ is Like and value.constant):
            tensor = self.stored.get(name)
            if tensor is None:
                return None if self.outer is None else self.outer.find(name)
            value = self.values[name] = stored_value(tensor, name, self.prefix)
        elif value.__class__ is Like:
            value = self.values[name] = value.renamed(name)
            value.tensor = self.tensors[name]
        return value


def stored_value(
    tensor: StoredTensor, name: str, prefix: str = "", *, initializer: bool = True
) -> Value:
    """The value of a tensor in the file; its content if that was kept."""
    shape = tuple(tensor.dims)
    dtype = tensor.dtype
    sources = (Stored(prefix + name, shape, dtype, initializer and not is_scalar(tensor)),)
    return Value(name, shape, dtype, content=tensor, constant=True, sources=sources)


def is_scalar(tensor: StoredTensor) -> bool:
    """Whether one number, named by an exporter, stands for a scalar in the code (`x * 0.125`).

    A learned one keeps the name that its network gave it; torch makes up `val_12`,
    `/attn/Constant_7_output_0`, `onnx::Mul_12`.
    """
    if set(tensor.dims) != {1}:
        return False
    name = tensor.name
    if name.startswith(("val_", "onnx::")):
        return name.rpartition("_")[2].isdecimal()
    return name.endswith("_output_0") and "Constant" in name
