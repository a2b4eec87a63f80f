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
    line takes several rows together.
    """

    __slots__ = ("_through", "carrier", "kind", "op")

    def __init__(
        self,
        name: str,
        layers: tuple[LayerCost, ...],
        carrier: LayerCost,
        kind: str,
        op: str,
        *,
        through: bool = True,
    ) -> None:
        super().__init__(name, layers)
        self.carrier = carrier
        self.kind = kind
        self.op = op
        self._through = through

    @property
    def free(self) -> bool:
        """Whether none of its layers has Mult-Adds, known or not, or uses parameters."""
        if self.carrier.carries:
            return False
        return len(self.layers) == 1 or not [cost for cost in self.layers if cost.carries]

    @property
    def in_text(self) -> str:
        """The shape that enters, channels last (`112×112×32`); empty where there is no one."""
        tensors = self.layers[0].layer.inputs
        return _text(tensors[0]) if tensors and self._through else ""

    @property
    def out_text(self) -> str:
        """The shape that leaves, channels last; empty where there is no one."""
        tensors = self.layers[-1].layer.outputs
        return _text(tensors[0]) if tensors and self._through else ""

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
        inputs = layer.inputs
        before = owner.get(inputs[0][0]) if inputs else None
        if before is not None and _follows(layer):
            members = before
            members.append(cost)
        else:
            members = [cost]
            found.append(members)
            if not cost.carries:
                if before is None or len(inputs) != 1 or not layer.op.free:
                    continue
                members = before  # what follows a transpose, say, follows what stands before it
        for tensor in layer.outputs:
            owner[tensor[0]] = members
    return tuple([_row(members) for members in found])


def fold_op(analysis: Analysis) -> tuple[Row, ...]:
    """Every primitive layer a row of its own."""
    return tuple(_row([cost]) for cost in analysis.layers)


def fold_block(analysis: Analysis, level: int = 1) -> tuple[Row, ...]:
    """A row for each scope of `level` dotted parts, in order of appearance.

    A norm or activation goes where the layer it follows goes. The kind is that of the one kind
    inside, norms and activations aside, else `block`. Raises `InputError` where `level` is less
    than one.
    """
    return _blocks(rows(analysis), level)


def _blocks(found: tuple[Row, ...], level: int) -> tuple[Row, ...]:
    groups: dict[str, list[Row]] = {}
    for row in found:
        scope = scope_of(row.name, level)
        if scope in groups:
            groups[scope].append(row)
        else:
            groups[scope] = [row]
    return tuple([_block(name, members) for name, members in groups.items()])


def fold_screen(layers: tuple[Row, ...], most: int, few: int = 6) -> tuple[Row, ...]:
    """Blocks of `rows`, of the level that tells most in one screen.

    Level 1, or deeper where that has fewer than `few` rows that cost something (exporters put a
    whole network into `features`) and the deeper level no more than `most`.
    """
    found = _blocks(layers, 1)
    for level in range(2, 8):
        if costly(found, few - 1):
            break
        deeper = _blocks(layers, level)
        if costly(deeper, most):
            break
        found = deeper
    return found


def costly(found: tuple[Row, ...], most: int) -> bool:
    """Whether more than `most` rows cost something."""
    count = 0
    for row in found:
        if not row.free:
            count += 1
            if count > most:
                return True
    return False


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


_texts: dict[tuple[tuple[int, ...], str], str] = {}
_MANY = 10_000


def _text(tensor: Tensor) -> str:
    """The shape of a tensor as it is shown; large networks have the same few by the thousand."""
    key = tensor[1:3]
    found = _texts.get(key)
    if found is None:
        found = tensor.text()
        if len(_texts) < _MANY:
            _texts[key] = found
    return found


def _follows(layer: Layer) -> bool:
    """Whether it is a norm, an activation, or a stored bias that an exporter adds apart."""
    op = layer.op
    if op.opaque is not None:
        return False
    if op.role in _FOLDED:
        return True
    return op is ADD and {param.kind for param in layer.params} == {"bias"}


def _row(members: list[LayerCost]) -> Row:
    carrier = members[0]
    layer = carrier.layer
    name, op = layer.name, layer.op
    return Row(name, tuple(members), carrier, op.kind, op.name)


def _block(name: str, members: list[Row]) -> Row:
    if len(members) == 1 and members[0].name == name:
        return members[0]
    layers = [cost for row in members for cost in row.layers]
    shown = [row.carrier for row in members if not row.free] or layers
    distinct = {cost.layer.op for cost in shown}
    kinds = {op.kind for op in distinct}
    ops = {op.name for op in distinct}
    return Row(
        name,
        tuple(layers),
        shown[0],
        kind=kinds.pop() if len(kinds) == 1 else MIXED,
        op=ops.pop() if len(ops) == 1 else MIXED,
    )
