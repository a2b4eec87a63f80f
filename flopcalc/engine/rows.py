"""The rows of a report: layers folded by edges, by name, by kind, or not at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flopcalc.engine.count import Group, LayerCost, scope_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from flopcalc.engine.count import Analysis
    from flopcalc.tensor import Tensor

MIXED = "block"
_FOLDED = ("norm", "activation")


class Row(Group):
    """Layers that a report shows as one line.

    `carrier` is the layer that the line is about, `kind` and `op` its own, or `block` where a
    line takes several rows together. `free` says that none of its layers has Mult-Adds or
    parameters.
    """

    __slots__ = ("_source", "_target", "carrier", "free", "kind", "op")

    def __init__(
        self,
        name: str,
        layers: tuple[LayerCost, ...],
        carrier: LayerCost,
        *,
        kind: str,
        op: str,
        through: bool = True,
    ) -> None:
        super().__init__(name, layers)
        self.carrier = carrier
        self.kind = kind
        self.op = op
        self.free = not any(cost.carries for cost in layers)
        first, last = layers[0].layer, layers[-1].layer
        self._source = _first(first.inputs) if through else None
        self._target = _first(last.outputs) if through else None

    @property
    def in_text(self) -> str:
        """The shape that enters, channels last (`112×112×32`); empty where there is no one."""
        return self._source.text() if self._source else ""

    @property
    def out_text(self) -> str:
        """The shape that leaves, channels last; empty where there is no one."""
        return self._target.text() if self._target else ""


def rows(analysis: Analysis) -> tuple[Row, ...]:
    """A row for each layer with parameters or Mult-Adds, its norm and activation folded in.

    A norm or activation belongs to the row whose output is its first input, through norms and
    activations already folded. All else is a row of its own, `free` or not. In graph order.
    """
    found: list[list[LayerCost]] = []
    owner: dict[int, list[LayerCost]] = {}
    for cost in analysis.layers:
        layer = cost.layer
        members = None
        if layer.op.role in _FOLDED and layer.op.opaque is None and layer.inputs:
            members = owner.get(layer.inputs[0].id)
        if members is None:
            members = []
            found.append(members)
            follows = cost.carries
        else:
            follows = True
        members.append(cost)
        if follows:
            for tensor in layer.outputs:
                owner[tensor.id] = members
    return tuple(_row(members) for members in found)


def fold_op(analysis: Analysis) -> tuple[Row, ...]:
    """Every primitive layer a row of its own."""
    return tuple(_row([cost]) for cost in analysis.layers)


def fold_block(analysis: Analysis, level: int = 1) -> tuple[Row, ...]:
    """A row for each scope of `level` dotted parts, in order of appearance.

    Its kind is that of the one kind inside, norms and activations aside, else `block`.
    Raises `InputError` where `level` is less than one.
    """
    carriers = {row.carrier.name for row in rows(analysis) if not row.free}
    groups = _collect(analysis.layers, lambda cost: scope_of(cost.name, level))
    return tuple(_block(name, members, carriers) for name, members in groups.items())


def fold_kind(analysis: Analysis) -> tuple[Row, ...]:
    """A row for each kind of layer, norm and activation counted with the layer they follow.

    In order of appearance; for MobileNetV1 the four lines of the paper's Table 2.
    """
    groups: dict[str, list[Row]] = {}
    for row in rows(analysis):
        groups.setdefault(row.kind, []).append(row)
    return tuple(
        Row(
            kind,
            tuple(cost for row in members for cost in row.layers),
            members[0].carrier,
            kind=kind,
            op=members[0].op,
            through=False,
        )
        for kind, members in groups.items()
    )


def _row(members: list[LayerCost]) -> Row:
    carrier = members[0]
    op = carrier.layer.op
    return Row(carrier.name, tuple(members), carrier, kind=op.kind, op=op.name)


def _block(name: str, members: list[LayerCost], carriers: set[str]) -> Row:
    shown = [cost for cost in members if cost.name in carriers] or members
    kinds = {cost.layer.op.kind for cost in shown}
    ops = {cost.layer.op.name for cost in shown}
    return Row(
        name,
        tuple(members),
        shown[0],
        kind=kinds.pop() if len(kinds) == 1 else MIXED,
        op=ops.pop() if len(ops) == 1 else MIXED,
    )


def _collect(
    costs: Iterable[LayerCost], name_of: Callable[[LayerCost], str]
) -> dict[str, list[LayerCost]]:
    groups: dict[str, list[LayerCost]] = {}
    for cost in costs:
        groups.setdefault(name_of(cost), []).append(cost)
    return groups


def _first(tensors: tuple[Tensor, ...]) -> Tensor | None:
    return tensors[0] if tensors else None
