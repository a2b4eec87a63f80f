"""The rows of a report: layers folded by edges, by name, by kind, or not at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flopcalc.engine.count import Group, LayerCost, scope_of
from flopcalc.ops.elementwise import ADD

if TYPE_CHECKING:
    from collections.abc import Hashable

    from flopcalc.engine.count import Analysis
    from flopcalc.graph import Layer
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

    @property
    def signature(self) -> Hashable:
        """What stays the same when a layer is only renamed: kind, shapes, kernel."""
        layer = self.carrier.layer
        return (
            self.kind,
            tuple(tensor.shape for tensor in layer.inputs),
            tuple(tensor.shape for tensor in layer.outputs),
            layer.attrs.get("kernel"),
        )

    @property
    def work(self) -> Hashable:
        """What stays the same in another layout: Mult-Adds and weights; None without any."""
        if self.mult_adds is None or self.mult_adds == 0:
            return None
        return self.mult_adds, self.params_by_kind["weight"]


def rows(analysis: Analysis) -> tuple[Row, ...]:
    """A row for each layer with parameters or Mult-Adds, its norm and activation folded in.

    A norm, activation or stored bias belongs to the row whose output is its first input, through
    those already folded. All else is a row of its own, `free` or not. In graph order.
    """
    found: list[list[LayerCost]] = []
    owner: dict[int, list[LayerCost]] = {}
    for cost in analysis.layers:
        layer = cost.layer
        members = None
        if layer.op.opaque is None and layer.inputs and _follows(layer):
            members = owner.get(layer.inputs[0].id)
        if members is None:
            members = []
            found.append(members)
            follows = cost.carries
        else:
            follows = True
        if layer.op.free and not layer.params and len(layer.inputs) == 1 and not cost.carries:
            for tensor in layer.outputs:  # a transpose between the two, say
                if layer.inputs[0].id in owner:
                    owner[tensor.id] = owner[layer.inputs[0].id]
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

    A norm or activation goes where the layer it follows goes. The kind is that of the one kind
    inside, norms and activations aside, else `block`. Raises `InputError` where `level` is less
    than one.
    """
    found = rows(analysis)
    carriers = {row.carrier.name for row in found if not row.free}
    groups: dict[str, list[LayerCost]] = {}
    for row in found:
        groups.setdefault(scope_of(row.name, level), []).extend(row.layers)
    return tuple(_block(name, members, carriers) for name, members in groups.items())


def fold_screen(analysis: Analysis, most: int, few: int = 6) -> tuple[Row, ...]:
    """Blocks of the level that tells most in one screen.

    Level 1, or deeper where that has fewer than `few` rows that cost something (exporters put a
    whole network into `features`) and the deeper level no more than `most`.
    """
    found = fold_block(analysis)
    for level in range(2, 8):
        deeper = fold_block(analysis, level)
        if _costly(found) >= few or _costly(deeper) > most:
            break
        found = deeper
    return found


def _costly(found: tuple[Row, ...]) -> int:
    return sum(not row.free for row in found)


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


def _follows(layer: Layer) -> bool:
    """Whether it is a norm, an activation, or a stored bias that an exporter adds apart."""
    if layer.op.role in _FOLDED:
        return True
    return layer.op is ADD and {param.kind for param in layer.params} == {"bias"}


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


def _first(tensors: tuple[Tensor, ...]) -> Tensor | None:
    return tensors[0] if tensors else None
