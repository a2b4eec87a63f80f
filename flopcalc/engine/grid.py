"""Many scales of one model: widths and resolutions are elaborated once each, then multiplied.

A count is a sum of products; where each factor follows the width or the resolution but not both,
the count at (α, resolution) is the channel part at α times the spatial part at the resolution.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from flopcalc.engine.convention import DEFAULT, operations, parameters, project
from flopcalc.engine.count import count
from flopcalc.errors import InputError
from flopcalc.formula import Area, Num, Prod, Sum, Sym
from flopcalc.record import Record

if TYPE_CHECKING:
    from collections.abc import Callable

    from flopcalc.engine.convention import Convention
    from flopcalc.formula import Axis, Env, Formula
    from flopcalc.graph import Graph, Layer, Scale


class Point(Record):
    """A model at one scale: totals, and the operations of `names[i]` in `layers[i]`."""

    operations: int
    params: int
    names: tuple[str, ...]
    layers: tuple[int, ...]


class Part(Record):
    """What a width or resolution makes of each product term, and of the parameters."""

    factors: tuple[int, ...]
    params: int


class Grid:
    """A model at any pair of α and resolution; `build` makes its graph at a scale.

    `convention` says what counts. One that weighs more than Mult-Adds is counted point by point.
    Raises whatever `build` raises for a width or resolution that the model does not take.
    """

    def __init__(
        self, build: Callable[[Scale], Graph], base: Scale, convention: Convention = DEFAULT
    ) -> None:
        self.build = build
        self.base = base
        self.convention = convention
        self.graph = build(base)
        self.names: tuple[str, ...] = ()
        self.owner: list[int] = []  # the layer of each term
        self._terms: list[tuple[Layer, tuple[Formula, ...]]] = []
        self._params = self._stored(self.graph)
        self._wide: dict[float | None, Part] = {}
        self._tall: dict[tuple[int, int] | None, Part] = {}
        only_macs = set(convention.weights) == {"mac"}
        self.separable = only_macs and not self.graph.mixed and self._read_terms()

    def at(self, alpha: float | None, res: tuple[int, int] | None) -> Point:
        """The model at one α and resolution; None leaves either as the base has it."""
        wide = self.wide(alpha)
        tall = self.tall(res) if wide is not None else None
        if wide is not None and tall is not None:
            point = self._product(wide, tall)
        else:
            point = self._directly(alpha, res)
        if not isinstance(point.operations, int):  # an exported graph's named dimensions
            raise InputError("a sweep needs a size for every dimension", hint="MODEL@N=1")
        return point

    def wide(self, alpha: float | None) -> Part | None:
        """The channel part at α; None where width and resolution do not come apart."""
        if not self.separable:
            return None
        return self._wide.get(alpha) or self._elaborate("channel", alpha, None)

    def tall(self, res: tuple[int, int] | None) -> Part | None:
        """The spatial part at a resolution; None where width and resolution do not come apart."""
        if not self.separable:
            return None
        return self._tall.get(res) or self._elaborate("spatial", None, res)

    def _elaborate(
        self, axis: Axis, alpha: float | None, res: tuple[int, int] | None
    ) -> Part | None:
        """The part of every product that follows `axis`; None if the axes mix after all."""
        part = self._read(self.build(self._scale(alpha, res)), axis)
        if part is None:
            self.separable = False
        elif axis == "channel":
            self._wide[alpha] = part
        else:
            self._tall[res] = part
        return part

    def _read(self, graph: Graph, axis: Axis) -> Part | None:
        layers = [layer for layer in graph.layers if "mac" in layer.op.counts]
        params = self._stored(graph)
        if graph.mixed or len(layers) != len(self.names):
            return None
        if axis == "spatial" and params != self._params:
            return None  # a classifier on a flattened map, a table of positions
        factors = []
        for owner, (base, term) in zip(self.owner, self._terms, strict=True):
            layer = layers[owner]
            if layer.op is not base.op or layer.times != base.times:
                return None
            part = _part(term, layer.env, base.env, axis)
            if part is None:
                return None
            factors.append(part * layer.times if axis == "channel" else part)
        return Part(tuple(factors), params)

    def _stored(self, graph: Graph) -> int:
        return parameters(count(graph).totals, self.convention)

    def _product(self, wide: Part, tall: Part) -> Point:
        terms = [c * s for c, s in zip(wide.factors, tall.factors, strict=True)]
        if len(terms) == len(self.names):  # one product a layer, as in every convolution
            layers = tuple(terms)
        else:
            sums = [0] * len(self.names)
            for owner, term in zip(self.owner, terms, strict=True):
                sums[owner] += term
            layers = tuple(sums)
        weight = self.convention.weights["mac"]
        if weight != 1:
            layers = tuple(weight * n for n in layers)
        return Point(weight * sum(terms), wide.params, self.names, layers)

    def _directly(self, alpha: float | None, res: tuple[int, int] | None) -> Point:
        analysis = count(self.build(self._scale(alpha, res)))
        total = project(analysis, self.convention)
        if total.status != "complete":
            raise InputError("a sweep needs a complete count", hint="'flopcalc analyze' says why")
        costs = [(cost.name, operations(cost, self.convention)) for cost in analysis.layers]
        counted = [(name, n) for name, n in costs if n]
        names = tuple(name for name, _ in counted)
        return Point(total.operations, total.params, names, tuple(n for _, n in counted))

    def _scale(self, alpha: float | None, res: tuple[int, int] | None) -> Scale:
        scale = self.base
        if alpha is not None:
            scale = scale._replace(alpha=alpha)
        return scale if res is None else scale._replace(res=res, rho=None)

    def _read_terms(self) -> bool:
        """Split the base's counts into product terms; False where one is no such sum."""
        names: list[str] = []
        for layer in self.graph.layers:
            mac = layer.op.counts.get("mac")
            if layer.op.opaque is not None:
                return False
            if mac is None:
                continue
            for term in mac.terms if isinstance(mac, Sum) else (mac,):
                factors = term.factors if isinstance(term, Prod) else (term,)
                if not all(isinstance(factor, Sym | Area | Num) for factor in factors):
                    return False
                self._terms.append((layer, factors))
                self.owner.append(len(names))
            names.append(layer.name)
        self.names = tuple(names)
        return True


def _part(term: tuple[Formula, ...], env: Env, base: Env, axis: Axis) -> int | None:
    """The product of the factors that follow `axis`; None if one that does not has changed.

    Plain numbers, and symbols that follow neither, count with the channels.
    """
    product = 1
    for factor in term:
        follows: Axis = "other"
        if not isinstance(factor, Num):
            symbol = factor.symbol if isinstance(factor, Area) else factor
            assert isinstance(symbol, Sym)
            follows = symbol.axis
            if follows != axis and env[symbol.name] != base[symbol.name]:
                return None
        if follows == axis or (follows == "other" and axis == "channel"):
            product *= factor.value(env)
    return product
