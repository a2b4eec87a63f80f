"""What is printed of a network, judged by what it exactly is: the one home of that verdict."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

from flopcalc.engine.convention import find_convention, operations, parameters
from flopcalc.engine.count import Group, count
from flopcalc.engine.rows import rows
from flopcalc.errors import InputError, did_you_mean
from flopcalc.graph import Graph, Published, Scale
from flopcalc.knobs import parse_knobs
from flopcalc.quantity import join, percent
from flopcalc.record import Record

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from flopcalc.engine.convention import Convention
    from flopcalc.engine.count import Analysis, LayerCost
    from flopcalc.graph import Model
    from flopcalc.quantity import Quantity

Verdict: TypeAlias = Literal["reproduced", "explained", "rounded otherwise", "differs"]
VERDICTS: tuple[Verdict, ...] = ("reproduced", "explained", "rounded otherwise", "differs")
COUNTS = ("mult_adds", "params")
UNKNOWN = "unknown"  # says that nobody knows why a figure does not come out
FIGURES = (*COUNTS, "mult_adds_share", "params_share")  # what can be judged; accuracies cannot


class Exact(Record):
    """An exact count, or of a share the `part` and the `whole`."""

    part: int
    whole: int | None = None

    def text(self) -> str:
        """All digits of a count; a share in percent."""
        if self.whole is None:
            return f"{self.part:,}"
        return join(percent(self, 4))

    def as_integer_ratio(self) -> tuple[int, int]:
        """Numerator and denominator."""
        return self.part, 1 if self.whole is None else self.whole


class Figure(Record):
    """A printed figure beside the exact one; `reason` says why they differ, where that is known."""

    metric: str
    printed: Quantity
    exact: Exact
    verdict: Verdict
    reason: str = ""

    @property
    def off(self) -> float:
        """By how many percent of the exact figure the printed one differs from it."""
        top, bottom = self.exact.as_integer_ratio()
        value = self.printed.numerator / self.printed.denominator
        return 100 * (value * bottom / top - 1) if top else 0.0


class Quote(Record):
    """A published row: the network at its scale, its exact counts, and every figure judged."""

    model: Model
    row: Published
    graph: Graph
    convention: Convention
    exact: Mapping[str, Exact]
    figures: tuple[Figure, ...]


def quotes(model: Model, found: Iterable[Published], fallback: Convention) -> list[Quote]:
    """The rows of `model` judged, each under its convention, or `fallback` where it names none.

    Raises `InputError` for a row that names a layer, kind, variant or convention there is not.
    """
    counter = _Counter(model)
    return [_located(counter, row, fallback) for row in found]


def rounding(printed: Quantity, exact: Exact) -> Verdict:
    """How a figure was rounded: half up, otherwise (within a unit of the last digit), or not."""
    part, whole = exact.as_integer_ratio()
    twice = 2 * (part * printed.denominator - printed.numerator * whole)
    step = printed.step * whole
    if -step <= twice < step:
        return "reproduced"
    return "rounded otherwise" if abs(twice) <= 3 * step else "differs"


class _Counter:
    """The counts of a model at many scales, each made once."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self._known: dict[Scale, Analysis] = {}

    def at(self, scale: Scale) -> Analysis:
        found = self._known.get(scale)
        if found is None:
            found = self._known[scale] = count(self.model.graph(scale))
        return found

    def exact(
        self, row: Published, scale: Scale, convention: Convention, without: str = ""
    ) -> dict[str, Exact]:
        """What a row is about, counted: the network, a layer or a kind, and its shares."""
        analysis = self.at(scale)
        layers = _kept(analysis, row, without)
        own = Group("", layers)
        every = analysis.totals
        found = {
            "mult_adds": Exact(operations(own, convention) or 0),
            "params": Exact(parameters(own, convention)),
        }
        whole = operations(Group("", every.layers), convention) or 0
        if any(name.endswith("_share") for name in row.printed):
            found["mult_adds_share"] = Exact(found["mult_adds"].part, whole or 1)
            params = parameters(every, convention)
            found["params_share"] = Exact(found["params"].part, params or 1)
        return found


def _located(counter: _Counter, row: Published, fallback: Convention) -> Quote:
    try:
        return _quote(counter, row, fallback)
    except InputError as error:
        error.where = error.where or row.where
        raise


def _quote(counter: _Counter, row: Published, fallback: Convention) -> Quote:
    convention = find_convention(row.convention) if row.convention else fallback
    if row.counted:
        convention = convention._replace(params=row.counted)
    exact = counter.exact(row, row.scale, convention)
    meant: list[tuple[str, dict[str, Exact]]] | None = None
    figures = []
    for metric in FIGURES:
        printed = row.printed.get(metric)
        if printed is None:
            continue
        verdict = rounding(printed, exact[metric])
        reason = ""
        if verdict != "reproduced":
            if meant is None:
                meant = [(way, _meant(counter, row, convention, way)) for way in _ways(row)]
            ways = [(way, found[metric]) for way, found in meant]
            verdict, reason = _judged(row, printed, verdict, ways)
        figures.append(Figure(metric, printed, exact[metric], verdict, reason))
    graph = counter.at(row.scale).graph
    return Quote(counter.model, row, graph, convention, exact, tuple(figures))


def _judged(
    row: Published, printed: Quantity, verdict: Verdict, meant: list[tuple[str, Exact]]
) -> tuple[Verdict, str]:
    """The verdict on a figure that is not the exact one rounded half up, and its reason."""
    hows = {way: rounding(printed, exact) for way, exact in meant}
    enough = ("reproduced", "rounded otherwise") if verdict == "differs" else ("reproduced",)
    for way, exact in sorted(meant, key=lambda pair: hows[pair[0]] != "reproduced"):
        how = hows[way]
        if how not in enough:
            continue
        unit = f" {find_convention(way[6:]).unit}" if way.startswith("under ") else ""
        cut = "" if how == "reproduced" else ", rounded otherwise"
        reason = f"{way} it is {exact.text()}{unit}{cut}"
        return "explained", "; ".join(filter(None, (reason, row.remark)))
    if row.meant.endswith(UNKNOWN):
        return verdict, row.remark
    if row.remark:
        return "explained", row.remark
    if verdict == "differs" and row.note:
        return "explained", ""  # by the table's note
    return verdict, ""


def _ways(row: Published) -> list[str]:
    """What a row says that its figures may turn out to be."""
    ways = [way.strip() for way in row.meant.split(";")]
    return [way for way in ways if way not in {"", UNKNOWN}]


def _meant(counter: _Counter, row: Published, convention: Convention, way: str) -> dict[str, Exact]:
    """What a row counts in another way."""
    how, _, what = way.partition(" ")
    if how == "without":
        return counter.exact(row, row.scale, convention, what)
    if how == "under":
        other = find_convention(what)
        kinds = row.counted or other.params
        return counter.exact(row, row.scale, other._replace(params=kinds))
    return counter.exact(row, _turned(row.scale, parse_knobs(what)), convention)


def _turned(scale: Scale, then: Scale) -> Scale:
    """A row's scale with some knobs turned."""
    knobs = {name: value for name, value in then._asdict().items() if value not in {None, ()}}
    if "rho" in knobs or "res" in knobs:
        scale = scale._replace(rho=None, res=None)
    return scale._replace(**knobs)


def _kept(analysis: Analysis, row: Published, without: str) -> tuple[LayerCost, ...]:
    """The layers that a row is about, norms and activations with the layer they follow."""
    if not (row.layer or row.kind or without):
        return analysis.layers
    found = rows(analysis)
    if row.layer:
        _require(row.layer, "layer", [part.name for part in found])
    if without:
        _require(without, "layer", [part.name for part in found])
    if row.kind:
        _require(row.kind, "kind", [part.kind for part in found])
    return tuple(
        cost
        for part in found
        if (not row.layer or _inside(part.name, row.layer))
        and (not row.kind or part.kind == row.kind)
        and not (without and _inside(part.name, without))
        for cost in part.layers
    )


def _require(wanted: str, what: str, names: list[str]) -> None:
    if not any(_inside(name, wanted) for name in names):
        message = f"no {what} '{wanted}' in this network, which 'published' names"
        raise InputError(message, hint=did_you_mean(wanted, dict.fromkeys(names)))


def _inside(name: str, scope: str) -> bool:
    return f"{name}.".startswith(f"{scope}.")
