"""Counting: a graph becomes primitive counts per layer, and their exact totals."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from flopcalc.errors import InputError
from flopcalc.op import OPERATIONS, PARAMETERS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from typing import Literal

    from flopcalc.engine.peak import Peak
    from flopcalc.formula import Env, Formula
    from flopcalc.graph import Graph, Layer
    from flopcalc.tensor import Param

Status: TypeAlias = 'Literal["complete", "partial"]'

TRAINABLE = ("weight", "bias", "norm")
_NOTHING: tuple[Mapping[str, int], int] = ({}, 0)
_KNOWN: Mapping[str, str] = {}


class _Known:
    """What is computed already of layers that are alike: they share formulas, values and shapes."""

    __slots__ = ("_stored", "_values")

    def __init__(self) -> None:
        self._values: dict[tuple[int, int], int] = {}
        self._stored: dict[object, tuple[Mapping[str, int], int]] = {}

    def value(self, formula: Formula, env: Env) -> int:
        """The value of a formula, both of which outlive this."""
        key = (id(formula), id(env))
        found = self._values.get(key)
        if found is None:
            found = self._values[key] = formula.value(env)
        return found

    def stored(self, params: tuple[Param, ...]) -> tuple[Mapping[str, int], int]:
        """The elements of each kind of parameters, and how many are trained."""
        key = tuple([(kind, shape) for _, kind, shape, _ in params])
        found = self._stored.get(key)
        if found is None:
            by_kind: dict[str, int] = {}
            for param in params:
                by_kind[param.kind] = by_kind.get(param.kind, 0) + param.elements
            trained = sum(by_kind.get(kind, 0) for kind in TRAINABLE)
            found = self._stored[key] = by_kind, trained
        return found


class LayerCost:
    """What one layer costs.

    `mult_adds` is its count of multiply-accumulates, None where unknown. `own` are the stored
    parameters that no earlier layer uses: `params` of them are trainable (weight + bias + norm),
    and `params_by_kind` has the elements of each kind (weight, bias, norm, buffer), where an
    absent kind is zero. `carries` says whether it has Mult-Adds, known or not, or uses parameters.
    """

    __slots__ = ("_counts", "carries", "layer", "mult_adds", "own", "params", "params_by_kind")

    def __init__(self, layer: Layer, own: tuple[Param, ...], known: _Known) -> None:
        op = layer.op
        mac = op.counts.get("mac")
        self.layer = layer
        self.own = own
        self.mult_adds: int | None = None if op.opaque else 0
        if mac is not None:
            self.mult_adds = known.value(mac, layer.env) * layer.times
        self.carries = self.mult_adds != 0 or layer.params != ()
        self.params_by_kind, self.params = known.stored(own) if own else _NOTHING
        self._counts: dict[str, int] | None = None

    @property
    def name(self) -> str:
        """The layer's name."""
        return self.layer.name

    @property
    def counts(self) -> Mapping[str, int]:
        """Operations by kind: mac, add, mul, div, cmp, exp.

        An absent kind is known to be zero, unless `unknown` names it.
        """
        if self._counts is None:  # on demand: most reports need Mult-Adds only
            layer = self.layer
            found = {
                kind: formula.value(layer.env) * layer.times
                for kind, formula in layer.op.counts.items()
                if kind in OPERATIONS
            }
            self._counts = {kind: n for kind, n in found.items() if n != 0}
        return self._counts

    @property
    def unknown(self) -> Mapping[str, str]:
        """The kinds of operations that could not be counted, each with its reason."""
        op = self.layer.op
        if op.opaque is None:
            return _KNOWN
        return {kind: op.opaque for kind in OPERATIONS if kind not in op.counts}

    @property
    def shared(self) -> tuple[Param, ...]:
        """Parameters that an earlier layer uses too, and that are counted there."""
        own = {param.id for param in self.own}
        return tuple(param for param in self.layer.params if param.id not in own)

    def __repr__(self) -> str:
        return f"<LayerCost {self.name}: {self.mult_adds} Mult-Adds, {self.params} params>"


class _Sum:
    """The sums over some layers, each computed when asked for."""

    __slots__ = ("_mult_adds", "layers", "name")

    def __init__(self, name: str, layers: tuple[LayerCost, ...]) -> None:
        self.name = name
        self.layers = layers
        self._mult_adds: tuple[int, Status] | None = None

    def _summed(self) -> tuple[int, Status]:
        """The Mult-Adds that are known, and whether they are all."""
        if self._mult_adds is None:
            known = 0
            status: Status = "complete"
            for cost in self.layers:
                if cost.mult_adds is None:
                    status = "partial"
                else:
                    known += cost.mult_adds
            self._mult_adds = known, status
        return self._mult_adds

    @property
    def status(self) -> Status:
        """`partial` where the Mult-Adds of some layer are unknown, else `complete`."""
        return self._summed()[1]

    @property
    def params(self) -> int:
        """Trainable parameters: weight + bias + norm, each stored tensor once."""
        layers = self.layers
        return layers[0].params if len(layers) == 1 else sum([cost.params for cost in layers])

    @property
    def params_by_kind(self) -> Mapping[str, int]:
        """Stored elements of all four kinds, each stored tensor once."""
        total = dict.fromkeys(PARAMETERS, 0)
        for cost in self.layers:
            if cost.own:
                for kind, number in cost.params_by_kind.items():
                    total[kind] += number
        return total

    @property
    def counts(self) -> Mapping[str, int]:
        """Operations of all six kinds; a lower bound for the kinds that `unknown` names."""
        total = dict.fromkeys(OPERATIONS, 0)
        for cost in self.layers:
            for kind, number in cost.counts.items():
                total[kind] += number
        return total

    @property
    def unknown(self) -> Mapping[str, str]:
        """The kinds of which some layer could not be counted, with the first reason."""
        reasons: dict[str, str] = {}
        for cost in self.layers:
            for kind, reason in cost.unknown.items():
                reasons.setdefault(kind, reason)
        return reasons


class Group(_Sum):
    """Layers taken together under a name; `status` is that of the Mult-Adds."""

    __slots__ = ()

    @property
    def mult_adds(self) -> int | None:
        """Multiply-accumulates: a lower bound where partial, None where nothing is known."""
        if len(self.layers) == 1:  # as of most rows
            return self.layers[0].mult_adds
        known, status = self._summed()
        return None if status == "partial" and known == 0 else known

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name}: {len(self.layers)} layers>"


class Totals(_Sum):
    """The sums over the whole network; `status` is that of the Mult-Adds."""

    __slots__ = ()

    @property
    def mult_adds(self) -> int:
        """Multiply-accumulates: exact, or a lower bound where `status` is partial."""
        return self._summed()[0]

    def __repr__(self) -> str:
        return f"<Totals {self.mult_adds} Mult-Adds, {self.params} params, {self.status}>"


class Uncounted:
    """A layer that could not be counted: its name and operator, which `counts`, and why."""

    __slots__ = ("counts", "name", "op", "reason")

    def __init__(self, name: str, op: str, counts: tuple[str, ...], reason: str) -> None:
        self.name = name
        self.op = op
        self.counts = counts
        self.reason = reason

    def __repr__(self) -> str:
        return f"<Uncounted {self.name} ({self.op}): {self.reason}>"


class Analysis:
    """The counts of a graph: `layers` in its order, and `totals`.

    Numbers are primitive counts; `engine.convention.project` turns them into operations.
    """

    __slots__ = ("graph", "layers", "totals")

    def __init__(self, graph: Graph, layers: tuple[LayerCost, ...]) -> None:
        self.graph = graph
        self.layers = layers
        self.totals = Totals(graph.name, layers)

    def peak(self, dtype: str | None = None) -> Peak | None:
        """The most bytes of live activations, and where; None where a size is unknown.

        With a `dtype` (`int8`, `fp16`), as if all floats were of that one. Raises `InputError`
        for one that there is not. `engine.peak` has the definition.
        """
        from flopcalc.dtypes import find_dtype  # here, since a count never needs it
        from flopcalc.engine.peak import peak_activations

        return peak_activations(self.graph, None if dtype is None else find_dtype(dtype))

    @property
    def uncounted(self) -> tuple[Uncounted, ...]:
        """The layers of which some count is unknown, in the graph's order."""
        found = []
        for cost in self.layers:
            op = cost.layer.op
            if op.opaque is not None:
                found.append(Uncounted(cost.name, op.name, tuple(cost.unknown), op.opaque))
        return tuple(found)

    def heaviest(self, n: int = 10) -> tuple[LayerCost, ...]:
        """The `n` layers of most Mult-Adds, heaviest first; ties in the graph's order."""
        from flopcalc.engine.symbolic import weight  # here, since a count never needs it

        known = [cost for cost in self.layers if cost.mult_adds is not None and cost.mult_adds != 0]
        return tuple(sorted(known, key=lambda cost: -weight(cost.mult_adds))[: max(n, 0)])

    def by_op(self) -> dict[str, Group]:
        """The layers of each operator (conv, fc …), in order of appearance."""
        return _grouped(self.layers, lambda cost: cost.layer.op.name)

    def by_kind(self) -> dict[str, Group]:
        """The layers of each kind (standard, depthwise, pointwise …), in order of appearance."""
        return _grouped(self.layers, lambda cost: cost.layer.op.kind)

    def by_scope(self, level: int = 1) -> dict[str, Group]:
        """The layers whose names agree in the first `level` dotted parts, in order of appearance.

        Raises `InputError` where `level` is less than one.
        """
        return _grouped(self.layers, lambda cost: scope_of(cost.name, level))

    def __repr__(self) -> str:
        return f"<Analysis {self.graph.name}: {self.totals!r}>"


def count(graph: Graph) -> Analysis:
    """Count every layer of `graph`; a parameter belongs to the first layer that uses it."""
    seen: set[str] = set()
    known = _Known()
    costs = []
    for layer in graph.layers:
        own: tuple[Param, ...] = ()
        for param in layer.params:
            if param.id not in seen:
                seen.add(param.id)
                own += (param,)
        costs.append(LayerCost(layer, own, known))
    return Analysis(graph, tuple(costs))


def scope_of(name: str, level: int) -> str:
    """The first `level` dotted parts of a layer's name."""
    if level < 1:
        message = f"level {level}: blocks unfold from level 1 on"
        raise InputError(message, hint="level 1 shows the steps of the network, 2 their parts")
    return name.partition(".")[0] if level == 1 else ".".join(name.split(".", level)[:level])


def _grouped(costs: Iterable[LayerCost], name_of: Callable[[LayerCost], str]) -> dict[str, Group]:
    groups: dict[str, list[LayerCost]] = {}
    for cost in costs:
        groups.setdefault(name_of(cost), []).append(cost)
    return {name: Group(name, tuple(members)) for name, members in groups.items()}
