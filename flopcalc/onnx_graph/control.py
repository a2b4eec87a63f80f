"""Bodies inside graphs: branches that are weighed, and loops that are counted or unrolled."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flopcalc.dim import Expr, not_negative
from flopcalc.dim_values import names, substitute, total
from flopcalc.errors import LimitError, ShapeError
from flopcalc.onnx_graph.scope import Scope
from flopcalc.onnx_graph.sequences import SequenceValue, alike, element_of, generic
from flopcalc.onnx_graph.values import Value
from flopcalc.onnx_graph.walker import MAX_CALLS
from flopcalc.op import OPERATIONS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from flopcalc.dim import Dim
    from flopcalc.graph import Layer
    from flopcalc.onnx_graph.node import Node
    from flopcalc.onnx_graph.proto import GraphDef

MAX_ROUNDS = 1024  # that are walked one by one
MAX_UNROLLED = 20_000  # nodes, in all rounds of one loop
BUSY = 100_000  # nodes visited, after which loops are neither unrolled nor tried again
MAX_RETRIES = 5  # walks over a body until what it hands on has settled; and depth of loops


def walk(n: Node, body: GraphDef, inputs: Sequence[Value]) -> list[Value]:
    """Walk over a body with its inputs; its outputs, and its layers stand last in the builder."""
    scope = n.scope
    if scope.depth >= MAX_CALLS:
        raise LimitError(f"bodies stand inside one another more than {MAX_CALLS} deep")
    inner = Scope(
        scope.opsets,
        prefix=f"{n.name}.",
        outer=scope,
        attributes=scope.attributes,
        depth=scope.depth + 1,
    )
    inner.stored = {tensor.name: tensor for tensor in body.initializers}
    if not n.walker.bound:
        inner.hints = {d.name: d for d in (*body.values, *body.outputs)}
    for declared, value in zip(body.inputs, inputs, strict=False):
        inner.values[declared.name] = value
    n.walker.run(body.nodes, inner)
    return [inner.find(d.name) or Value(d.name, None, "unknown") for d in body.outputs]


def take(n: Node, start: int) -> list[Layer]:
    """Take the layers from `start` on out of the builder."""
    layers = n.walker.builder.layers
    found = layers[start:]
    del layers[start:]
    return found


class Cost:
    """What some layers cost: Mult-Adds, all operations, and why the Mult-Adds are not known."""

    __slots__ = ("mac", "unknown", "whole")

    def __init__(self, layers: Sequence[Layer]) -> None:
        reasons = [x.op.opaque for x in layers if x.op.opaque and "mac" not in x.op.counts]
        self.unknown = reasons[0] if reasons else None
        self.mac = _sum(layers, ("mac",))
        self.whole = _sum(layers, OPERATIONS)

    def exceeds(self, other: Cost) -> bool:
        """Whether this is more than `other`: Mult-Adds decide, then all operations."""
        if self.mac != other.mac:
            return _more(self.mac, other.mac)
        return self.whole != other.whole and _more(self.whole, other.whole)


def _sum(layers: Sequence[Layer], kinds: tuple[str, ...]) -> Dim:
    return total(
        formula.value(layer.env) * layer.times
        for layer in layers
        for kind in kinds
        if (formula := layer.op.counts.get(kind)) is not None
    )


def _more(a: Dim, b: Dim) -> bool:
    """Whether a ≥ b; where names decide, at 64 each."""
    if not_negative(a - b):
        return True
    if not_negative(b - a):
        return False
    difference = a - b
    found = substitute(difference, dict.fromkeys(names(difference), 64))
    return isinstance(found, int) and found >= 0


class Rounds:
    """A body that runs again and again, handing `carried` values on.

    `frame(carried, i)` gives the inputs of round `i` (None: of any round), and `skip` is the
    number of outputs in front of the carried ones. After `run`, `count` is how many rounds there
    are (None: not known), `carried` what is left at the end, and `scanned` what each of the
    further outputs is in one round.
    """

    def __init__(
        self,
        node: Node,
        body: GraphDef,
        carried: list[Value],
        frame: Callable[[list[Value], int | None], list[Value]],
        skip: int = 0,
    ) -> None:
        self.node = node
        self.body = body
        self.given = carried
        self.carried = carried
        self.frame = frame
        self.skip = skip
        self.scanned: list[Value] = []
        self.count: Dim | None = None
        self._start = len(node.walker.builder.layers)
        self._loose = False  # rounds may differ
        self._visited = 0

    def run(self, trips: Dim | None, asked: Dim | None, reason: str) -> None:
        """Add the layers of all rounds.

        `trips` is the most there may be, `asked` what the user says there are. Where neither
        tells, the layers are kept with counts that are unknown, because of `reason`.
        """
        kept, outputs = self._any_round()
        ends = bool(self.skip) and outputs[0].scalar() != 1  # the body may end the loop
        self.count = asked if asked is not None else None if ends else trips
        layers = self.node.walker.builder.layers
        self._loose = self._loose or any(layer.op.opaque for layer in layers[self._start :])
        if (self.count is None or self._loose) and not isinstance(trips, Expr):
            found = take(self.node, self._start)
            most = asked if asked is not None else trips
            if self._unroll(most if isinstance(most, int) else None, free=asked is not None):
                return
            layers += found
        made, self.scanned = self._parted(outputs)
        self.carried = [
            self._last(old, new, given)
            for old, new, given in zip(kept, made, self.given, strict=True)
        ]
        self._repeat(reason)

    def _parted(self, outputs: list[Value]) -> tuple[list[Value], list[Value]]:
        end = self.skip + len(self.given)
        if len(outputs) < end:
            message = f"the body hands on {len(outputs)} values, where {end} are carried"
            raise ShapeError(message, hint="as many outputs as carried inputs, then scanned ones")
        return outputs[self.skip : end], outputs[end:]

    def _any_round(self) -> tuple[list[Value], list[Value]]:
        """The inputs and outputs of a round, of which only is known what holds in all of them."""
        kept = [generic(value) for value in self.given]
        walker = self.node.walker
        few = self.node.scope.depth < MAX_RETRIES and walker.visited < BUSY
        retries = MAX_RETRIES if few else 1
        for retry in range(retries + 1):
            before = walker.visited
            outputs = walk(self.node, self.body, self.frame(kept, None))
            self._visited = max(walker.visited - before, 1)
            made, _ = self._parted(outputs)
            wider = [
                self._wider(old, new, given, last=retry == retries - 1)
                for old, new, given in zip(kept, made, self.given, strict=True)
            ]
            if retry == retries or all(a is b for a, b in zip(kept, wider, strict=True)):
                return kept, outputs
            kept = wider
            take(self.node, self._start)
        raise AssertionError

    def _wider(self, old: Value, new: Value, given: Value, *, last: bool) -> Value:
        """What is true of a carried value before and after a round."""
        if new is old:
            return given  # it never changes
        if isinstance(old, SequenceValue):
            self._loose = True
            if old.items is None and last:
                return old
            return _wider_sequence(self.node, old, new)
        if old.shape is None or new.shape == old.shape:
            return old
        self._loose = True
        if last or new.shape is None or len(new.shape) != len(old.shape):
            return Value(old.name, None, old.dtype)
        unknown = self.node.walker.unknown.keys()
        shape = tuple(
            a if a == b or names(a) & unknown else self.node.unknown_size(_CHANGES)
            for a, b in zip(old.shape, new.shape, strict=True)
        )
        return old if shape == old.shape else Value(old.name, shape, old.dtype, axes=old.axes)

    def _last(self, old: Value, new: Value, given: Value) -> Value:
        """A carried value after the last round."""
        if not isinstance(old, SequenceValue) or not isinstance(new, SequenceValue):
            return new if new is given or self.count != 0 else given
        step = new.length - old.length
        if self.count is None or not isinstance(step, int) or not isinstance(given, SequenceValue):
            return new
        length = given.length + step * self.count
        return SequenceValue(new.name, None, element=element_of(self.node, new), length=length)

    def _unroll(self, most: int | None, *, free: bool) -> bool:
        """Walk round by round, if there are not too many; `free`: whatever the body says."""
        limit = min(MAX_ROUNDS, MAX_UNROLLED // self._visited)
        if self.node.walker.visited > BUSY:
            return False
        capped = most is None or most > limit
        if capped and (free or not self.skip):
            return False
        rounds: list[list[Layer]] = []
        columns: list[list[Value]] = []
        carried = list(self.given)
        ended = False
        while len(rounds) < (limit if most is None else min(most, limit)):
            outputs = walk(self.node, self.body, self.frame(carried, len(rounds)))
            rounds.append(take(self.node, self._start))
            carried, scanned = self._parted(outputs)
            columns.append(scanned)
            goes_on = outputs[0].scalar() if self.skip and not free else 1
            if not isinstance(goes_on, int):
                return False
            if goes_on == 0:
                ended = True
                break
        if capped and not ended:
            return False
        self.count, self.carried = len(rounds), carried
        self.scanned = [alike(self.node, column) for column in zip(*columns, strict=True)]
        self.node.walker.builder.layers += _numbered(rounds, f"{self.node.name}.")
        return True

    def _repeat(self, reason: str) -> None:
        walker = self.node.walker
        layers = walker.builder.layers
        if self.count == 0:
            del layers[self._start :]
        for i in range(self._start, len(layers)):
            layer = layers[i]
            if self.count is not None:
                times = layer.times * self.count
                layers[i] = layer._replace(times=times)  # type: ignore[arg-type]  # see tensor.py
            elif any(kind in layer.op.counts for kind in OPERATIONS):
                layers[i] = layer._replace(op=walker.partial(layer.op, reason), env={})


_CHANGES = "a size changes from round to round of a loop"


def _wider_sequence(n: Node, old: SequenceValue, new: Value) -> Value:
    if not isinstance(new, SequenceValue):
        return Value(old.name, None, old.dtype)
    elements = [element_of(n, s) for s in (old, new) if s.items or s.element is not None]
    element = alike(n, elements) if elements else None
    same = old.element is not None and element is not None and old.element.shape == element.shape
    if old.items is None and (same or element is None):
        return old
    length = n.unknown_size("the length of a sequence changes from round to round")
    return SequenceValue(old.name, None, element=element, length=length)


def _numbered(rounds: list[list[Layer]], prefix: str) -> list[Layer]:
    """The layers of all rounds: once, with how often they run, where all are alike."""
    if not rounds:
        return []
    shown = [[(x.name, x.op, x.env, x.params, x.times) for x in layers] for layers in rounds]
    if all(other == shown[0] for other in shown):
        return [layer._replace(times=layer.times * len(rounds)) for layer in rounds[0]]
    return [
        layer._replace(name=f"{prefix}{i}.{layer.name.removeprefix(prefix)}")
        for i, layers in enumerate(rounds)
        for layer in layers
    ]
