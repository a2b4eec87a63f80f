"""The report of a sweep: a line for each point, the front marked; or two axes as a grid."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from flopcalc.doc import Block, Column, Doc, Note, Table
from flopcalc.errors import InputError, did_you_mean
from flopcalc.record import Record
from flopcalc.reports.charts import sweep_chart
from flopcalc.reports.common import choose, convention_text, count_text
from flopcalc.reports.sweep_data import plane_data, spot_data

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from flopcalc.doc import Cell
    from flopcalc.engine.sweep import Plane, Spot, Sweep

SCHEMA = "flopcalc.sweep/1"
MOST_ROWS = 60
MOST_FRONT = 25
MOST_DATA = 1_000_000
FRONT = "•"


class View(Record):
    """What to show: two axes as a `pivot` of `value`, the goals of the front, or `all` points.

    `grids` puts every count into the data, up to a million.
    """

    pivot: str | None = None
    value: str = "mult_adds"
    pareto: str | None = None
    all: bool = False
    grids: bool = True


_VALUES: dict[str, tuple[str, Any]] = {
    "mult_adds": ("count", lambda _, spot: spot.operations),
    "params": ("count", lambda _, spot: spot.params),
    "ratio": ("ratio", lambda _, spot: spot.ratio),
    "reduction": ("factor", lambda _, spot: spot.reduction),
    "saved": ("factor", lambda _, spot: spot.saved),
    "top1": ("share", lambda sweep, spot: sweep.accuracy(spot)),
    "top5": ("share", lambda sweep, spot: sweep.accuracy(spot, "top5")),
}


def sweep(sweep: Sweep, view: View) -> Doc:
    """The report; raises `InputError` for an axis, value or goal that there is not."""
    goals = tuple(g.strip() for g in view.pareto.split(",")) if view.pareto else sweep.goals()
    front = sweep.front(goals)
    blocks: list[Block] = []
    if view.pivot:
        blocks.append(_pivot(sweep, view))
    else:
        blocks += _listed(sweep, front, view)
    blocks += _notes(sweep, goals, front, pivot=bool(view.pivot))
    titles = dict.fromkeys(plane.name for plane in sweep.planes)
    paths = dict.fromkeys(plane.path for plane in sweep.planes)
    what = "network" if sweep.continuous else "point"
    title = f"{' · '.join(titles) if len(titles) < 5 else f'{len(titles)} networks'}"
    subtitle = " · ".join(
        [
            *(paths if len(paths) < 5 else ()),
            f"{len(sweep):,} {what}{'s' * (len(sweep) != 1)}",
            convention_text(sweep.convention),
        ]
    )
    data = _data(sweep, goals, front, grids=view.grids)
    note = _heading(sweep, goals)
    chart = partial(sweep_chart, sweep, front, goals, note) if len(sweep) > 1 else None
    draws = chart is not None and len(sweep) > 2 and not sweep.continuous
    return Doc(title, tuple(blocks), data, subtitle, chart=chart, draws=draws)


def _heading(sweep: Sweep, goals: tuple[str, ...]) -> str:
    """What stands under the title of a picture: the points, the front, whose accuracies."""
    sources = dict.fromkeys(filter(None, sweep.source.values()))
    whose = f" · accuracies by {'; '.join(sources)}" if "top1" in goals and sources else ""
    return f"the line is the Pareto front{whose}"


def _listed(sweep: Sweep, front: Sequence[Spot], view: View) -> list[Block]:
    """A table of all points, or of the front where they are many."""
    if view.all or len(sweep) <= MOST_ROWS:
        return [_table(sweep, list(sweep), set(front))]
    shown = list(front)
    notes: list[Block] = []
    if len(shown) > MOST_FRONT:
        step = (len(shown) - 1) / (MOST_FRONT - 1)
        shown = [shown[round(i * step)] for i in range(MOST_FRONT)]
        text = f"{len(shown)} of the {len(front):,} points of the front, evenly spaced"
        notes.append(Note(text, "hint"))
    else:
        notes.append(Note(f"the front of {len(sweep):,} points: --all lists them", "hint"))
    notes.append(Note("--data FILE.csv, .npz or .json writes every point", "hint"))
    return [_table(sweep, shown, set(front)), *notes]


def _table(sweep: Sweep, spots: Sequence[Spot], front: set[Spot]) -> Table:
    planes = sweep.planes
    several = len(planes) > 1
    columns: list[tuple[Column, Callable[[Spot], Cell]]] = []
    if several:
        columns.append((Column("model", "model"), lambda s: label(s.plane, planes)))
    columns.append((Column("alpha", "α"), lambda s: f"{s.alpha:g}"))
    if any(s.rho != 1 for s in spots):
        columns.append((Column("rho", "ρ"), lambda s: f"{s.rho:.4g}"))
    if any(s.size for s in spots):
        columns.append((Column("res", "input"), lambda s: "×".join(map(str, s.size))))
    columns += [
        (Column("mult_adds", sweep.convention.unit, "count"), lambda s: s.operations),
        (Column("ratio", "of full", "ratio"), lambda s: s.ratio),
    ]
    if any(s.rho != 1 or s.alpha != 1 for s in spots):
        columns.append((Column("square", "α²ρ²", "ratio"), lambda s: s.alpha**2 * s.rho * s.rho))
    columns.append((Column("reduction", "reduction", "factor"), lambda s: s.reduction))
    if any(plane.standard for plane in planes):
        columns.append((Column("saved", "vs standard", "factor"), lambda s: s.saved))
    columns.append((Column("params", "params", "count"), lambda s: s.params))
    if any(sweep.accuracy(s) is not None for s in spots):
        columns.append((Column("top1", "top-1", "share"), sweep.accuracy))
    columns.append((Column("front", "front"), lambda s: FRONT if s in front else ""))
    rows = tuple(tuple(cell(spot) for _, cell in columns) for spot in spots)
    return Table(tuple(column for column, _ in columns), rows)


def label(plane: Plane, planes: Sequence[Plane]) -> str:
    """The name of a plane, with the knobs in which it differs from others of its name."""
    same = [other for other in planes if other.name == plane.name]
    if len(same) == 1:
        return plane.name
    scale = plane.scale
    parts = [f"{name} = {value}" for name, value in scale.settings.items()]
    if len({other.scale.variant for other in same}) > 1 and scale.variant:
        parts.append(f"variant {scale.variant}")
    if len({other.scale.depth for other in same}) > 1:
        parts.append(f"depth × {scale.depth:g}")
    if len({other.base.length for other in same}) > 1:
        parts.append(f"length {plane.base.length}")
    if len({other.path for other in same}) > 1:
        parts.append(plane.path)
    return ", ".join([plane.name, *parts])


def _axis(sweep: Sweep, key: str) -> Callable[[Spot], str]:
    """What a point has on an axis."""
    known: dict[str, Callable[[Spot], str]] = {
        "model": lambda s: label(s.plane, sweep.planes),
        "alpha": lambda s: f"{s.alpha:g}",
        "rho": lambda s: f"{s.rho:.4g}",
        "res": lambda s: "×".join(map(str, s.size)) if len(set(s.size)) > 1 else str(s.size[0]),
        "depth": lambda s: f"{s.plane.scale.depth:g}",
        "len": lambda s: str(s.plane.base.length),
        "variant": lambda s: s.plane.scale.variant or "",
    }
    for plane in sweep.planes:
        for name in plane.scale.settings:
            known.setdefault(name, lambda s, n=name: s.plane.scale.settings.get(n, ""))  # type: ignore[misc]  # n is a str
    (axis,) = choose(key, known, "axis")
    return axis


_TITLES = {"alpha": "α", "rho": "ρ", "res": "input"}


def _pivot(sweep: Sweep, view: View) -> Table:
    assert view.pivot is not None
    keys = [key.strip() for key in view.pivot.split(",")]
    if len(keys) != 2 or keys[0] == keys[1]:
        message = f"'{view.pivot}' does not name two axes"
        raise InputError(message, hint="for example --pivot alpha,res")
    if view.value not in _VALUES:
        hint = did_you_mean(view.value, _VALUES)
        raise InputError(f"unknown value '{view.value}'", hint=hint)
    down, across = (_axis(sweep, key) for key in keys)
    kind, value = _VALUES[view.value]
    if len(sweep) > 10_000:
        raise InputError(f"a grid of {len(sweep):,} points", hint="--data FILE.json writes it")
    cells: dict[str, dict[str, Spot]] = {}
    heads: dict[str, None] = {}
    for spot in sweep:
        row = cells.setdefault(down(spot), {})
        if across(spot) in row:
            message = f"several points have the same {keys[0]} and {keys[1]}"
            raise InputError(message, hint="fix the other axes, or choose other two")
        row[across(spot)] = spot
        heads[across(spot)] = None
    extra = view.value == "mult_adds" and all(
        len({spot.params for spot in row.values()}) == 1 for row in cells.values()
    )
    title = _TITLES.get(keys[0], keys[0])
    columns = [Column(keys[0], title)]
    columns += [Column(f"{keys[1]}_{head}", head, kind) for head in heads]  # type: ignore[arg-type]  # a kind
    columns += [Column("params", "params", "count")] if extra else []
    rows = [
        (
            name,
            *(value(sweep, row[head]) if head in row else None for head in heads),
            *((next(iter(row.values())).params,) if extra else ()),
        )
        for name, row in cells.items()
    ]
    what = sweep.convention.unit if view.value == "mult_adds" else view.value
    return Table(
        tuple(columns), tuple(rows), title=f"{what}, {title} by {_TITLES.get(keys[1], keys[1])}"
    )


def _notes(
    sweep: Sweep, goals: tuple[str, ...], front: Sequence[Spot], *, pivot: bool
) -> list[Block]:
    notes: list[Block] = []
    unit = sweep.convention.unit
    if sweep.continuous:
        for plane in sweep.planes:
            low, high = plane.operations.at(0, 0), plane.operations.at(-1, -1)
            notes.append(
                Note(
                    f"{label(plane, sweep.planes)}: {len(plane.widths):,} sets of channels for "
                    f"α {_span(plane)}, times "
                    f"{len(plane.sizes):,} of map sizes, are {len(plane):,} networks, from "
                    f"{count_text(low)} to {count_text(high)} {unit}"
                )
            )
    more = {"top1": "top-1 accuracy", "top5": "top-5 accuracy", "params": "parameters"}
    words = [more.get(goal, goal) for goal in goals if goal != "mult_adds"]
    if front and not pivot and words:
        cost = f"fewer {unit} and " if "mult_adds" in goals else ""
        notes.append(Note(f"{FRONT} front: no other point has {cost}more {' and '.join(words)}"))
    for source in dict.fromkeys(filter(None, sweep.source.values())):
        rows = (r for p in sweep.planes for rows in p.printed.values() for r in rows)
        note = next((r.note for r in rows if r.source == source), "")
        if not pivot:
            notes.append(
                Note(f"top-1: ImageNet accuracy by {source}{f' ({note})' if note else ''}")
            )
    return notes


def _span(plane: Plane) -> str:
    low, high = plane.widths[0][0], plane.widths[-1][1]
    return f"up to {high:g}" if low < 1e-5 else f"from {low:g} to {high:g}"


def _data(
    sweep: Sweep, goals: tuple[str, ...], front: Sequence[Spot], *, grids: bool
) -> dict[str, Any]:
    whole = grids and len(sweep) <= MOST_DATA
    return {
        "schema": SCHEMA,
        "convention": sweep.convention.name,
        "unit": sweep.convention.unit,
        "continuous": sweep.continuous,
        "points": len(sweep),
        "planes": [plane_data(plane, whole=whole) for plane in sweep.planes],
        "goals": list(goals),
        "front": [spot_data(sweep, spot) for spot in front],
        "published": [
            spot_data(sweep, plane.spot(i, j))
            for plane in sweep.planes
            for i, j in sorted(plane.printed)
        ],
    }
