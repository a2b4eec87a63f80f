"""Many scales of one model: widths and resolutions are elaborated once each, then multiplied.

A count is a sum of products. Where each factor follows the width, or the resolution, or is itself a
product of tensor sizes that do, a term at (α, resolution) is its value at α times its value at the
resolution, over its value where the two meet: the base. Each elaboration is held against the base,
so that nothing is multiplied that is no product; `pieces` puts together what has several bases.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from flopcalc.engine.convention import DEFAULT, operations, project
from flopcalc.engine.count import count
from flopcalc.errors import InputError
from flopcalc.formula import Area, Prod, Ratio, Sum, Sym
from flopcalc.record import Record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from flopcalc.engine.convention import Convention
    from flopcalc.formula import Axis, Formula
    from flopcalc.graph import Graph, Layer, Scale
    from flopcalc.op import Op
    from flopcalc.tensor import Param, Tensor


class Point(Record):
    """A model at one scale: totals, and the operations of `names[i]` in `layers[i]`.

    `params` are those that the convention counts, `stored` all, buffers included.
    """

    operations: int
    params: int
    stored: int
    names: tuple[str, ...]
    layers: tuple[int, ...]


class Part(Record):
    """What each product term and each stored tensor comes to at one width or one resolution."""

    factors: tuple[int, ...]
    stored: tuple[int, ...]


class Term(Record):
    """A product in the count of `layer`, `weight` times; `free` symbols stand outside of sums."""

    layer: int
    formula: Formula
    weight: int
    free: tuple[Sym, ...]
    bound: tuple[Sym, ...]


class Grid:
    """A model at any pair of α and resolution; `build` makes its graph at a scale.

    `convention` says what counts. `separable` says that some of it can be multiplied at all.
    Raises whatever `build` raises for a width or resolution that the model does not take.
    """

    def __init__(
        self, build: Callable[[Scale], Graph], base: Scale, convention: Convention = DEFAULT
    ) -> None:
        self.build = build
        self.base = base
        self.convention = convention
        self.graph = build(base)
        self._counted = self._layers(self.graph)
        self.names = tuple(layer.name for layer in self._counted)
        self._terms = [term for n, layer in enumerate(self._counted) for term in self._of(n, layer)]
        self._stored = list(_own(self.graph))
        self._kept = [n for n, (_, p) in enumerate(self._stored) if p.kind in convention.params]
        self._wide: dict[float | None, Part | None] = {}
        self._tall: dict[tuple[int, int] | None, Part | None] = {}
        self.middle = Part((), ())  # the base itself
        known = not any(layer.op.opaque for layer in self.graph.layers)
        middle = None
        if known and all(map(_is_product, self._terms)):
            middle = self._read(self.graph, "other")
        self.separable = middle is not None
        if middle is not None:
            self.middle = middle

    def at(self, alpha: float | None, res: tuple[int, int] | None) -> Point:
        """The model at one α and resolution; None leaves either as the base has it."""
        wide = self.wide(alpha)
        tall = self.tall(res) if wide is not None else None
        if wide is not None and tall is not None:
            return self._product(wide, tall)
        return self._directly(alpha, res)

    def wide(self, alpha: float | None) -> Part | None:
        """What α makes of the base; None where that is no product with any resolution's part."""
        if alpha not in self._wide:
            self._wide[alpha] = self._elaborate("channel", alpha, None)
        return self._wide[alpha]

    def tall(self, res: tuple[int, int] | None) -> Part | None:
        """What a resolution makes of the base; None where that is no product with any α's part."""
        if res not in self._tall:
            self._tall[res] = self._elaborate("spatial", None, res)
        return self._tall[res]

    def _elaborate(
        self, axis: Axis, alpha: float | None, res: tuple[int, int] | None
    ) -> Part | None:
        return self._read(self.build(self._scale(alpha, res)), axis) if self.separable else None

    def _read(self, graph: Graph, axis: Axis) -> Part | None:
        """The values of the terms; None where `graph` differs from the base off its `axis`."""
        layers = self._layers(graph)
        if graph.mixed or len(layers) != len(self._counted):
            return None
        for layer, base in zip(layers, self._counted, strict=True):
            if layer.times != base.times or not _same(layer.op, base.op):
                return None
        sources = _Sources(graph, self.graph)
        known: dict[tuple[int, int, int], int] = {}  # layers that are alike share their values
        factors = []
        for n, formula, weight, free, bound in self._terms:
            layer, base = layers[n], self._counted[n]
            key = id(formula), id(layer.env), id(base.env)
            value = known.get(key)
            if value is None:
                if layer.env is not base.env and not (
                    _stays(layer, base, bound, axis)
                    and all(
                        layer.env[s.name] == base.env[s.name]
                        or s.axis == axis
                        or sources.follow(layer, base, s.name, axis)
                        for s in free
                    )
                ):
                    return None
                value = known[key] = formula.value(layer.env)
            if type(value) is not int:  # a share, or a size that only has a name
                return None
            factors.append(weight * value * layer.times)
        if any(n and not m for n, m in zip(factors, self.middle.factors, strict=False)):
            return None  # what is nothing at the base says nothing of elsewhere
        stored = self._sizes(graph, axis, sources)
        return None if stored is None else Part(tuple(factors), stored)

    def _sizes(self, graph: Graph, axis: Axis, sources: _Sources) -> tuple[int, ...] | None:
        """The elements of each stored tensor; None where one is no product of sizes."""
        own = list(_own(graph))
        if len(own) != len(self._stored):
            return None
        for (layer, param), (base_layer, base) in zip(own, self._stored, strict=True):
            if param.shape == base.shape:
                continue
            if param.kind != base.kind or len(param.shape) != len(base.shape):
                return None
            if axis != "spatial":
                continue
            for new, old in zip(param.shape, base.shape, strict=True):
                if new != old and not sources.grows(layer, base_layer, new, old):
                    return None
        sizes = tuple([param.elements for _, param in own])
        return self.middle.stored if sizes == self.middle.stored else sizes

    def _product(self, wide: Part, tall: Part) -> Point:
        middle = self.middle
        terms = [
            c * s // m if m else 0
            for c, s, m in zip(wide.factors, tall.factors, middle.factors, strict=True)
        ]
        sums = terms
        if len(terms) != len(self.names):  # one product a layer, as in every convolution
            sums = [0] * len(self.names)
            for term, value in zip(self._terms, terms, strict=True):
                sums[term.layer] += value
        stored = wide.stored
        if tall.stored is not middle.stored:  # a table of positions, a classifier on a map
            stored = tuple(
                c * s // m for c, s, m in zip(stored, tall.stored, middle.stored, strict=True)
            )
        params = sum(self.counted(stored))
        return Point(sum(terms), params, sum(stored), self.names, tuple(sums))

    def counted(self, stored: tuple[int, ...]) -> tuple[int, ...]:
        """Those of the stored tensors that the convention counts."""
        return tuple([stored[n] for n in self._kept])

    def _directly(self, alpha: float | None, res: tuple[int, int] | None) -> Point:
        analysis = count(self.build(self._scale(alpha, res)))
        total = project(analysis, self.convention)
        if total.status != "complete":
            raise InputError("a sweep needs a complete count", hint="'flopcalc analyze' says why")
        if not isinstance(total.operations, int):  # an exported graph's named dimensions
            raise InputError("a sweep needs a size for every dimension", hint="MODEL@N=1")
        costs = [(cost.name, operations(cost, self.convention)) for cost in analysis.layers]
        counted = [(name, n) for name, n in costs if n]
        names = tuple(name for name, _ in counted)
        stored = sum(analysis.totals.params_by_kind.values())
        return Point(total.operations, total.params, stored, names, tuple(n for _, n in counted))

    def _scale(self, alpha: float | None, res: tuple[int, int] | None) -> Scale:
        scale = self.base
        if alpha is not None:
            scale = scale._replace(alpha=alpha)
        return scale if res is None else scale._replace(res=res, rho=None)

    def _layers(self, graph: Graph) -> list[Layer]:
        weights = self.convention.weights
        return [layer for layer in graph.layers if not weights.keys().isdisjoint(layer.op.counts)]

    def _of(self, n: int, layer: Layer) -> Iterator[Term]:
        for kind, weight in self.convention.weights.items():
            formula = layer.op.counts.get(kind)
            if formula is not None:
                for term in formula.terms if isinstance(formula, Sum) else (formula,):
                    free, bound = _symbols(term)
                    yield Term(n, term, weight, free, bound)


class _Sources:
    """What the sizes of a graph's tensors come from, beside the base's; built when asked for."""

    def __init__(self, graph: Graph, base: Graph) -> None:
        self._graphs = graph, base
        self._found: tuple[dict[int, Tensor], dict[int, Tensor]] | None = None

    def follow(self, layer: Layer, base: Layer, name: str, axis: Axis) -> bool:
        """Whether a symbol is the elements of a tensor whose channels and maps stay apart."""
        new, old = layer.env[name], base.env[name]
        pairs = [*zip(layer.outputs, base.outputs, strict=False)]
        pairs += zip(layer.inputs, base.inputs, strict=False)
        return any(self._is_all(new, x, old, y, axis) for x, y in pairs)

    def grows(self, layer: Layer, base: Layer, new: int, old: int) -> bool:
        """Whether a side of a stored tensor follows the resolution: a size, or a flattened map."""
        sizes = [
            (layer.env.get(s.name), base.env.get(s.name))
            for formula in layer.op.counts.values()
            for s in formula.symbols()
            if s.axis == "spatial"
        ]
        if (new, old) in sizes:
            return True
        pairs = zip(layer.inputs, base.inputs, strict=False)
        return any(self._is_all(new, x, old, y, "spatial") for x, y in pairs)

    def _is_all(self, new: object, x: Tensor, old: object, y: Tensor, axis: Axis) -> bool:
        x, y = self._origin(x, 0), self._origin(y, 1)
        if x.axes != y.axes or x.batch != y.batch:
            return False
        if (new, old) not in {
            (x.elements, y.elements),
            (x.elements // x.batch, y.elements // y.batch),
        }:
            return False
        return x.spatial == y.spatial if axis == "channel" else x.channels == y.channels

    def _origin(self, x: Tensor, which: int) -> Tensor:
        """What was flattened into a tensor, or the tensor itself."""
        if self._found is None:
            self._found = _flattened(self._graphs[0]), _flattened(self._graphs[1])
        return self._found[which].get(x.id, x)


def _flattened(graph: Graph) -> dict[int, Tensor]:
    """The map behind each flattened tensor, and behind what keeps the shape of one."""
    found: dict[int, Tensor] = {}
    for layer in graph.layers:
        if not layer.inputs or len(layer.outputs) != 1:
            continue
        x, y = layer.inputs[0], layer.outputs[0]
        if layer.op.name == "flatten":
            found[y.id] = found.get(x.id, x)
        elif x.id in found and x.shape == y.shape:
            found[y.id] = found[x.id]
    return found


def _own(graph: Graph) -> Iterator[tuple[Layer, Param]]:
    """Each stored tensor, with the first layer that uses it."""
    seen: set[str] = set()
    for layer in graph.layers:
        for param in layer.params:
            if param.id not in seen:
                seen.add(param.id)
                yield layer, param


def _same(one: Op, other: Op) -> bool:
    """Whether two ops are one; some are made anew for each layer, with formulas of their own."""
    if one is other:
        return True
    if one.name != other.name or one.counts.keys() != other.counts.keys():
        return False
    return all(one.counts[k].algebra() == other.counts[k].algebra() for k in one.counts)


def _stays(layer: Layer, base: Layer, symbols: tuple[Sym, ...], axis: Axis) -> bool:
    """Whether what stands in sums is the same, or follows the axis alone."""
    return all(s.axis == axis or layer.env[s.name] == base.env[s.name] for s in symbols)


def _symbols(formula: Formula) -> tuple[tuple[Sym, ...], tuple[Sym, ...]]:
    """The symbols of a product that are factors, and those that stand in sums."""
    free: dict[Sym, None] = {}
    bound: dict[Sym, None] = {}
    waiting: list[tuple[Formula, bool]] = [(formula, False)]
    while waiting:
        node, inside = waiting.pop()
        if isinstance(node, Sym):
            (bound if inside else free)[node] = None
        elif isinstance(node, Prod | Ratio | Area):
            waiting += [(part, inside) for part in node.parts()]
        else:
            waiting += [(part, True) for part in node.parts()]
    return tuple(s for s in free if s not in bound), tuple(bound)


def _is_product(term: Term) -> bool:
    """Whether no sum in a term adds what follows the width to what follows the resolution."""
    return len({symbol.axis for symbol in term.bound} - {"other"}) < 2
