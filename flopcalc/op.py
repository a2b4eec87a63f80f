"""What an op is: data that says its output shape, its parameters and the formulas of its counts."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from flopcalc.record import Record
from flopcalc.tensor import Shaped

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Literal

    from flopcalc.formula import Env, Formula
    from flopcalc.tensor import ParamKind, Tensor

Attr: TypeAlias = "int | float | bool | str | tuple[Attr, ...] | None"
Attrs: TypeAlias = "Mapping[str, Attr]"
Inputs: TypeAlias = "tuple[Tensor, ...]"
Role: TypeAlias = 'Literal["compute", "norm", "activation", "precision", "other"]'

OPERATIONS = ("mac", "add", "mul", "div", "cmp", "exp")
PARAMETERS = ("weight", "bias", "norm", "buffer")


class ParamSpec(Record):
    """A parameter that a layer of this op stores: its name in the layer, kind and shape."""

    name: str
    kind: ParamKind
    shape: tuple[int, ...]


class Op:
    """A primitive operation.

    `name` groups what a graph format calls one operator; `kind` is the word of the reports
    (standard, depthwise, fc …). `counts` maps each of `OPERATIONS` and `PARAMETERS` that is not
    zero to its formula. `shape`, `bind` and `params` are the only places where positions in a
    shape are read: outputs, the formulas' symbols, stored tensors. `opaque` says why an op
    cannot be counted; its counts are then unknown, never zero. `free` says that nothing is
    computed: data is moved or renamed.
    """

    __slots__ = (
        "bind",
        "cite",
        "counts",
        "kind",
        "name",
        "note",
        "opaque",
        "params",
        "role",
        "shape",
        "title",
    )

    def __init__(
        self,
        name: str,
        *,
        title: str,
        cite: str,
        shape: Callable[[Inputs, Attrs], tuple[Shaped, ...]],
        bind: Callable[[Inputs, Inputs, Attrs], Env],
        counts: Mapping[str, Formula],
        params: Callable[[Inputs, Inputs, Attrs], tuple[ParamSpec, ...]] | None = None,
        kind: str | None = None,
        role: Role = "other",
        opaque: str | None = None,
        note: str = "",
    ) -> None:
        self.name = name
        self.kind = kind or name
        self.title = title
        self.cite = cite
        self.shape = shape
        self.bind = bind
        self.counts = counts
        self.params = params
        self.role = role
        self.opaque = opaque
        self.note = note

    @property
    def free(self) -> bool:
        """Whether the op is known to compute and to store nothing."""
        return not self.counts and self.opaque is None

    def __repr__(self) -> str:
        return f"<Op {self.kind}>"


def same_shape(inputs: Inputs, attrs: Attrs) -> tuple[Shaped, ...]:  # noqa: ARG001 - an Op.shape
    """The shape of the first input."""
    return (Shaped(inputs[0].shape, inputs[0].axes),)


def bind_elements(inputs: Inputs, outputs: Inputs, attrs: Attrs) -> Env:  # noqa: ARG001 - an Op.bind
    """E, the output elements: all that an elementwise op needs."""
    return {"E": outputs[0].elements}


def bind_nothing(inputs: Inputs, outputs: Inputs, attrs: Attrs) -> Env:  # noqa: ARG001 - an Op.bind
    """No symbols: an op without formulas."""
    return {}
