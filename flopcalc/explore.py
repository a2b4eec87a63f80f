"""Sweeps and fits of models: elaborated here or by other processes, then handed to the engine."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from flopcalc.engine.convention import find_convention, project
from flopcalc.engine.count import count
from flopcalc.engine.grid import Grid
from flopcalc.engine.pairs import standard_layers
from flopcalc.engine.sweep import Plane, Sweep
from flopcalc.errors import InputError, LimitError, ScaleError
from flopcalc.graph import Scale
from flopcalc.parts import Sheet, Size, Work
from flopcalc.record import Record
from flopcalc.spec.model import SpecModel

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from concurrent.futures import Executor

    from flopcalc.engine.cells import Cells
    from flopcalc.engine.convention import Convention
    from flopcalc.engine.fit import Fitted, Limits, Quoted, Search
    from flopcalc.graph import Model, Published
    from flopcalc.parts import Progress

MOST_POINTS = 100_000_000


class Axes(Record):
    """What a sweep varies; an empty axis stays as the model or its base has it.

    `alphas` are multipliers, or `None` to take all that differ between `low` and `high`.
    """

    alphas: tuple[float, ...] | None = ()
    rhos: tuple[float, ...] = ()
    sizes: tuple[tuple[int, int], ...] = ()
    depths: tuple[float, ...] = ()
    lengths: tuple[int, ...] = ()
    settings: tuple[tuple[str, tuple[str, ...]], ...] = ()
    variants: tuple[str, ...] = ()
    low: float = 0.0
    high: float = 2.0


def sweep(
    models: Iterable[tuple[Model, Scale]],
    axes: Axes,
    convention: str,
    *,
    executor: Executor | None = None,
    progress: Progress | None = None,
    twins: bool = True,
) -> Sweep:
    """Every model at every point of `axes`; a model comes with the scale its name asks for.

    `executor` elaborates the parts of models read from specs, `progress` is told how many of how
    many are done. Without `twins` nothing is compared with standard convolutions.
    """
    chosen = find_convention(convention)
    todo = [(model, base) for model, scale in models for base in bases(model, scale, axes)]
    if not todo:
        raise InputError("nothing to sweep", hint="name a model")
    work = Work(executor, progress)
    each = len(axes.alphas or "1") + len(axes.sizes or axes.rhos or "1")
    work.total = len(todo) * each * (1 + twins)  # about: what is left out is known on the way
    planes = [_plane(model, base, axes, chosen, work, twins=twins) for model, base in todo]
    return Sweep(tuple(planes), chosen, continuous=axes.alphas is None)


def bases(model: Model, scale: Scale, axes: Axes) -> Iterator[Scale]:
    """The scale of each plane: every combination of what is neither width nor resolution."""
    variants: Sequence[str | None] = (scale.variant,)
    if axes.variants:
        known = model.variants if isinstance(model, SpecModel) else ()
        variants = [
            v
            for name in axes.variants
            for v in (_all_variants(model, scale, known) if name == "*" else [name])
        ]
    names = [name for name, _ in axes.settings]
    for variant, depth, length, *values in itertools.product(
        dict.fromkeys(variants),
        axes.depths or (scale.depth,),
        axes.lengths or (scale.length,),
        *(values for _, values in axes.settings),
    ):
        settings = (*scale.settings, *zip(names, values, strict=True))
        yield scale._replace(variant=variant, depth=depth, length=length, settings=settings)


def _all_variants(model: Model, scale: Scale, known: tuple[str, ...]) -> tuple[str | None, ...]:
    """The model itself, unless one of its variants is the same network, and its variants."""

    def network(variant: str | None) -> tuple[object, ...]:
        graph = model.graph(scale._replace(variant=variant))
        shapes = [(x.name, x.op, x.times, x.outputs[0].shape) for x in graph.layers if x.outputs]
        return graph.name, graph.scale.res, shapes

    same = network(None) in [network(name) for name in known]
    return known if same else (None, *known)


def _plane(
    model: Model, base: Scale, axes: Axes, convention: Convention, work: Work, *, twins: bool
) -> Plane:
    graph = model.graph(base)
    widths = all_widths(model, base, axes)
    sizes = _sizes(model, base, axes)
    if len(widths) * len(sizes) > MOST_POINTS:
        message = f"{len(widths) * len(sizes):,} points of one model: the limit is {MOST_POINTS:,}"
        raise LimitError(message, hint="larger steps")
    alphas: tuple[float | None, ...] = tuple(w[2] for w in widths) or (None,)
    has_twin = twins and axes.alphas is not None and standard_layers(graph)[0] > 0
    sheet = Sheet(model, base, convention, work, twin=False)
    operations, params = sheet.cells(alphas, sizes)
    standard = None
    if has_twin:
        standard, _ = Sheet(model, base, convention, work, twin=True).cells(alphas, sizes)
    whole = project(count(model.graph(_full(model, base))), convention)
    full = whole.operations
    if not isinstance(full, int):  # an exported graph without a size of its own
        full = 0
    one = graph.scale.alpha
    if axes.alphas is None:  # every network once: the sizes that make the same maps are one
        sizes, (operations, params) = _merged(sizes, operations, params)
    plane = Plane(
        graph.name,
        model.path,
        base,
        graph.scale,
        widths or ((one, one, one),),
        tuple(size or graph.scale.res for size in sizes),
        operations,
        params,
        standard,
        (full, whole.params),
    )
    if axes.alphas is not None and isinstance(model, SpecModel):
        _quote(model, plane, convention)
    return plane


def _merged(
    sizes: tuple[Size, ...], operations: Cells, params: Cells
) -> tuple[tuple[Size, ...], tuple[Cells, Cells]]:
    """The largest of the sizes that differ in nothing that is counted."""
    last = {operations.column_key(j): j for j in range(len(sizes))}
    kept = sorted(last.values())
    return tuple(sizes[j] for j in kept), (operations.columns(kept), params.columns(kept))


def all_widths(model: Model, base: Scale, axes: Axes) -> tuple[tuple[float, float, float], ...]:
    """The widths of an axis as (lowest α, highest α, α); nothing where α stays as it is."""
    if axes.alphas is not None:
        return tuple((alpha, alpha, alpha) for alpha in axes.alphas)
    if not isinstance(model, SpecModel):
        raise ScaleError(f"'{model.path}' has no width multiplier", hint="a spec (.yaml) has one")
    from flopcalc.spec.widths import widths

    return tuple((w.low, w.high, w.alpha) for w in widths(model, base, axes.low, axes.high))


def _sizes(model: Model, base: Scale, axes: Axes) -> tuple[Size, ...]:
    if axes.rhos and axes.sizes:
        raise ScaleError("'rho' and 'res' both set the resolution", hint="give one of them")
    found: tuple[Size, ...] = axes.sizes
    for rho in axes.rhos:
        res = model.graph(base._replace(rho=rho, res=None)).scale.res
        found = (*found, (res[0], res[-1]))
    return found or (None,)


def _full(model: Model, base: Scale) -> Scale:
    """α = ρ = 1, all else as it is; of an exported graph the size that it was exported at."""
    if not isinstance(model, SpecModel):
        return base._replace(res=None)
    return base._replace(alpha=1.0, rho=None if base.length is not None else 1.0, res=None)


def _quote(model: SpecModel, plane: Plane, convention: Convention) -> None:
    """What is published at the points of a plane: at the same scale, and the same network."""
    alphas = {width[2]: i for i, width in enumerate(plane.widths)}
    sizes = {size: j for j, size in enumerate(plane.sizes)}
    for at_scale, found in _accuracies(model).items():
        graph = model.graph(at_scale)
        scale = graph.scale
        if scale.alpha not in alphas or scale.res not in sizes:
            continue
        at = alphas[scale.alpha], sizes[scale.res]
        total = project(count(graph), convention)
        ours = plane.operations.at(*at), plane.params.at(*at)
        if ours == (total.operations, total.params):
            plane.printed.setdefault(at, []).extend(found)


def _accuracies(model: SpecModel) -> dict[Scale, list[Published]]:
    """The published rows about whole networks with an accuracy, by the scale they name."""
    found: dict[Scale, list[Published]] = {}
    for row in model.published:
        if not (row.layer or row.kind) and ("top1" in row.printed or "top5" in row.printed):
            found.setdefault(row.scale, []).append(row)
    return found


def fit(
    models: Iterable[tuple[Model, Scale]], axes: Axes, limits: Limits, convention: str
) -> Fitted:
    """The largest networks of each model within `limits`, over the values of `axes`.

    Where `axes.alphas` is None, every α from `low` to `high` is searched. `axes.sizes` of None
    stand for the multiples of 32 up to the model's own resolution.
    """
    from flopcalc.engine.fit import Fitted, Search, search

    chosen = find_convention(convention)
    groups = []
    quoted: list[Quoted] = []
    for model, scale in models:
        group = []
        for base in bases(model, scale, axes):
            widths = all_widths(model, base, axes)
            if axes.alphas is not None:
                widths = tuple(sorted(widths))
            sizes = sorted(_sizes(model, base, axes), key=lambda s: s or (0, 0))
            grid = Grid(model.graph, base, chosen)
            group.append(Search(grid, model.path, limits, widths, sizes))
        if not group:
            raise InputError("nothing to fit", hint="name a model")
        groups.append(group)
        if isinstance(model, SpecModel):
            quoted += _fitting(model, limits, chosen)
    found, smallest, all_fit = search(groups, _knobs(axes))
    return Fitted(tuple(found), tuple(smallest), tuple(quoted), limits, chosen, all_fit)


def multiples_of_32(model: Model, scale: Scale) -> tuple[tuple[int, int], ...]:
    """The resolutions that a search tries unless told: 32, 64, … up to the model's own."""
    res = model.graph(scale).scale.res
    if len(res) < 2:
        raise ScaleError(f"'{model.path}' has no resolution", hint="--vary alpha")
    return tuple((side, side) for side in range(32, max(res) + 1, 32)) or ((res[0], res[-1]),)


def _knobs(axes: Axes) -> Callable[[Search], tuple[float, ...]]:
    names = [name for name, _ in axes.settings]

    def knobs(search: Search) -> tuple[float, ...]:
        values = dict(search.base.settings)
        more = [_number(values[name]) for name in names]
        return (search.scale.depth, float(search.base.length or 0), *more)

    return knobs


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        message = f"'{text}' is not a number: what is fitted must have an order"
        raise InputError(message, hint="for example --set t=2:6 --vary t") from None


def _fitting(model: SpecModel, limits: Limits, convention: Convention) -> Iterator[Quoted]:
    """The published rows of a model whose networks fit."""
    from flopcalc.engine.fit import Quoted

    for scale, found in _accuracies(model).items():
        graph = model.graph(scale)
        analysis = count(graph)
        total = project(analysis, convention)
        stored = sum(analysis.totals.params_by_kind.values())
        counts = total.operations, total.params, stored
        if not limits.exceeded(*counts):
            distinct = {str(row.printed.get("top1")): row for row in reversed(found)}
            for row in distinct.values():  # of tables that repeat a figure, the first
                yield Quoted(graph.name, model.path, row, graph.scale, *counts)
