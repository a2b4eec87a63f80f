"""Many scales of one model: widths and resolutions are elaborated once each, then multiplied.

A count is a sum of products; where each factor follows the width or the resolution but not both,
the count at (α, resolution) is the channel part at α times the spatial part at the resolution.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from flopcalc.engine.count import count
from flopcalc.errors import InputError
from flopcalc.formula import Area, Num, Prod, Sum, Sym
from flopcalc.record import Record

if TYPE_CHECKING:
    from collections.abc import Callable

    from flopcalc.formula import Axis, Env, Formula
    from flopcalc.graph import Graph, Layer, Scale


class Point(Record):
    """A model at one scale: totals, and the Mult-Adds of `names[i]` in `layers[i]`."""

    mult_adds: int
    params: int
    names: tuple[str, ...]
    layers: tuple[int, ...]


class _Part(Record):
    """What a width or resolution makes of each product term, and of the parameters."""

    factors: tuple[int, ...]
    params: int


class Grid:
    """A model at any pair of α and resolution; `build` makes its graph at a scale.

    Raises whatever `build` raises for a width or resolution that the model does not take.
    """

    def __init__(self, build: Callable[[Scale], Graph], base: Scale) -> None:
        self.build = build
        self.base = base
        self.graph = build(base)
        self.names: tuple[str, ...] = ()
        self.owner: list[int] = []  # the layer of each term
        self._terms: list[tuple[Layer, tuple[Formula, ...]]] = []
        self._params = count(self.graph).totals.params
        self._wide: dict[float | None, _Part] = {}
        self._tall: dict[tuple[int, int] | None, _Part] = {}
        self.separable = not self.graph.mixed and self._read_terms()

    def at(self, alpha: float | None, res: tuple[int, int] | None) -> Point:
        """The model at one α and resolution; None leaves either as the base has it."""
        if self.separable:
            wide = self._wide.get(alpha) or self._elaborate("channel", alpha, None)
            tall = self._tall.get(res) or self._elaborate("spatial", None, res)
            if wide is not None and tall is not None:
                return self._product(wide, tall)
        return self._directly(alpha, res)

    def _elaborate(
        self, axis: Axis, alpha: float | None, res: tuple[int, int] | None
    ) -> _Part | None:
        """The part of every product that follows `axis`; None if the axes mix after all."""
        part = self._read(self.build(self._scale(alpha, res)), axis)
        if part is None:
            self.separable = False
        elif axis == "channel":
            self._wide[alpha] = part
        else:
            self._tall[res] = part
        return part

    def _read(self, graph: Graph, axis: Axis) -> _Part | None:
        layers = [layer for layer in graph.layers if "mac" in layer.op.counts]
        params = count(graph).totals.params
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
        return _Part(tuple(factors), params)

    def _product(self, wide: _Part, tall: _Part) -> Point:
        terms = [c * s for c, s in zip(wide.factors, tall.factors, strict=True)]
        if len(terms) == len(self.names):  # one product a layer, as in every convolution
            layers = tuple(terms)
        else:
            sums = [0] * len(self.names)
            for owner, term in zip(self.owner, terms, strict=True):
                sums[owner] += term
            layers = tuple(sums)
        return Point(sum(terms), wide.params, self.names, layers)

    def _directly(self, alpha: float | None, res: tuple[int, int] | None) -> Point:
        analysis = count(self.build(self._scale(alpha, res)))
        if analysis.totals.status != "complete":
            raise InputError("a sweep needs a complete count", hint="'flopcalc analyze' says why")
        costs = [cost for cost in analysis.layers if cost.mult_adds]
        names = tuple(cost.name for cost in costs)
        layers = tuple(cost.mult_adds or 0 for cost in costs)
        return Point(analysis.totals.mult_adds, analysis.totals.params, names, layers)

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
