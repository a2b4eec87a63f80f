"""Branches and loops: the costlier branch, and bodies as often as they run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flopcalc.dim import Expr
from flopcalc.errors import ShapeError
from flopcalc.onnx_graph.control import Cost, Rounds, take, walk
from flopcalc.onnx_graph.sequences import Nothing, SequenceValue, element_of, generic
from flopcalc.onnx_graph.shapes import axis_of
from flopcalc.onnx_graph.values import Value
from flopcalc.ops.exported import branch

if TYPE_CHECKING:
    from flopcalc.dim import Dim
    from flopcalc.graph import Layer
    from flopcalc.onnx_graph.node import Node

_FOREVER = 2**31 - 1  # exporters write the largest integer for a loop that its condition ends


def If(n: Node) -> None:
    """ai.onnx If, versions 1 to 25: the branch that is taken, or else the costlier one."""
    chosen = n.input(0).scalar()
    if chosen is not None and not isinstance(chosen, Expr):
        for i, value in enumerate(walk(n, n.body(_BRANCHES[not chosen]), ())):
            n.alias(value, i)
        return
    start = len(n.walker.builder.layers)
    found: list[tuple[list[Layer], Cost, list[Value]]] = []
    for word in _BRANCHES:
        values = walk(n, n.body(word), ())
        layers = take(n, start)
        found.append((layers, Cost(layers), values))
    (_, one, _), (_, other, _) = found
    taken = 0 if one.exceeds(other) else 1
    even = taken == 1 and not other.exceeds(one)
    layers, cost, values = found[taken]
    rest = found[1 - taken][1]
    note = f"which branch runs is not known: counted as {_BRANCHES[taken]}, the costlier one"
    if even:
        note = "which branch runs is not known: both cost the same"
    unknown = None
    if rest.unknown and not cost.unknown:
        unknown = f"the other branch could not be counted: {rest.unknown}"
    used = {param.id for layer in layers for param in layer.params}
    stored = {p.id: p for layer in found[1 - taken][0] for p in layer.params if p.id not in used}
    n.walker.builder.add(
        branch(note, unknown),
        (n.tensor(n.input(0)),) if n.input(0).shape is not None else (),
        {},
        name=n.name,
        where=n.walker.where(n.definition, n.name),
        params=tuple(stored.values()),  # of the branch that is not counted: they are stored too
        shapes=(),
    )
    n.walker.builder.layers += layers
    if not even:
        n.walker.notes.append(f"{n.name}: {note}")
    for i, (value, against) in enumerate(zip(values, found[1 - taken][2], strict=False)):
        n.alias(_either(n, i, value, against, even=even), i)


_BRANCHES = ("then_branch", "else_branch")


def _either(n: Node, i: int, value: Value, other: Value, *, even: bool) -> Value:
    """What an output is, whichever branch runs; where shapes differ, the costlier one's."""
    if isinstance(value, (SequenceValue, Nothing)) or value is other:
        return value
    if value.content is not None and value.content == other.content:
        return value
    shape = value.shape
    if even and shape != other.shape:
        shape = None
        why = f"the branches of '{n.name}' give different shapes"
        if value.shape is not None and other.shape is not None and value.rank == other.rank:
            pairs = zip(value.dims, other.dims, strict=True)
            shape = tuple(a if a == b else n.unknown_size(why) for a, b in pairs)
        name = n.definition.outputs[i] if n.wants(i) else value.name
        return Value(name, shape, value.dtype, made_by=value.made_by, why=why)
    return generic(value)


def Loop(n: Node) -> None:
    """ai.onnx Loop, versions 1 to 25: the body as often as it runs, its parameters once."""
    body = n.body("body")
    limit, start = n.optional(0), n.optional(1)
    carried = [n.input(i) for i in range(2, len(n.inputs))]
    goes_on = Value("condition", (), "bool", content=(1,), constant=True)

    def frame(values: list[Value], i: int | None) -> list[Value]:
        content = None if i is None else (i,)
        at = Value("iteration", (), "int64", content=content, constant=i is not None)
        return [at, goes_on, *values]

    most = limit.scalar() if limit is not None else None
    trips = None if isinstance(most, float) or most is None else most
    if isinstance(trips, int):
        trips = None if trips >= _FOREVER else max(trips, 0)
    if start is not None and start.scalar() == 0:
        trips = 0
    asked = _asked(n)
    forced: Dim | None = asked
    if start is not None and start.scalar() is None:
        n.walker.notes.append(f"{n.name}: counted as if its condition holds at the start")
    if start is None:  # then the condition that the body gives is not looked at
        forced = trips if asked is None else asked
    rounds = Rounds(n, body, carried, frame, skip=1)
    rounds.run(trips, forced, _reason(n))
    for i, value in enumerate(rounds.carried):
        n.alias(value, i)
    for i, value in enumerate(rounds.scanned, len(carried)):
        count = rounds.count
        if count is None:
            count = n.unknown_size(_reason(n))
        n.give(i, None if value.shape is None else (count, *value.shape), value.dtype)


def _asked(n: Node) -> int | None:
    """The number of rounds that the user gives this loop."""
    walker = n.walker
    for name in (n.name, n.definition.name):
        walker.loops.append(name)
        if name in walker.trips:
            return walker.trips[name]
    return None


def _reason(n: Node) -> str:
    return f"how often '{n.name}' runs is not known: --trip {n.name}=10"


def Scan(n: Node) -> None:
    """ai.onnx Scan, versions 8 to 25: the body once for each element of its scanned inputs."""
    body = n.body("body")
    batched = n.version < 9  # then with the lengths first, and a batch of its own on axis 0
    inputs = [n.input(i) for i in range(int(batched), len(n.inputs))]
    count = n.integer("num_scan_inputs", 0)
    if not 0 < count <= len(inputs):
        raise ShapeError(f"{count} scanned inputs of {len(inputs)}", hint="see num_scan_inputs")
    states, scanned = inputs[:-count], inputs[-count:]
    axes = n.integers("scan_input_axes") or (0,) * count
    slices = []
    batch: Dim = 1
    trips: Dim = 1
    for value, axis in zip(scanned, axes, strict=True):
        at = axis_of(1 if batched else axis, value.rank)
        trips = value.dims[at]
        shape = (*value.dims[:at], *value.dims[at + 1 :])
        if batched:
            batch, shape = value.dims[0], shape[1:]
        slices.append(Value(value.name, shape, value.dtype))
    if batched:
        states = [Value(v.name, v.dims[1:], v.dtype) for v in states]
    rounds = Rounds(n, body, states, lambda values, _: [*values, *slices])
    asked = _asked(n)
    rounds.run(trips * batch, None if asked is None else asked * batch, _reason(n))
    lead = (batch,) if batched else ()
    for i, value in enumerate(rounds.carried):
        if batched:
            n.give(i, None if value.shape is None else (*lead, *value.shape), value.dtype)
        else:
            n.alias(value, i)
    places = n.integers("scan_output_axes") or (0,) * len(rounds.scanned)
    length: Dim = trips if asked is None else asked
    for i, (value, axis) in enumerate(zip(rounds.scanned, places, strict=False), len(states)):
        shape_: tuple[Dim, ...] | None = None
        if value.shape is not None:
            at = axis_of(axis, value.rank + 1)
            shape_ = (*lead, *value.shape[:at], length, *value.shape[at:])
        n.give(i, shape_, value.dtype)


def SequenceMap(n: Node) -> None:
    """ai.onnx SequenceMap, version 17: the body once for each element of its sequences."""
    body = n.body("body")
    first = n.input(0)
    inputs = [n.input(i) for i in range(len(n.inputs))]
    if not isinstance(first, SequenceValue):
        raise ShapeError(f"'{first.name}' is not known to be a sequence", hint="see SequenceMap")
    length = first.length

    def frame(_: list[Value], i: int | None) -> list[Value]:
        return [_item(n, value, i) for value in inputs]

    rounds = Rounds(n, body, [], frame)
    rounds.run(length, _asked(n), _reason(n))
    for i, value in enumerate(rounds.scanned):
        name = n.definition.outputs[i] if n.wants(i) else n.name
        n.alias(SequenceValue(name, None, element=value, length=length), i)


def _item(n: Node, value: Value, i: int | None) -> Value:
    if not isinstance(value, SequenceValue):
        return value
    if i is not None and value.items is not None and i < len(value.items):
        return value.items[i]
    return generic(element_of(n, value))
