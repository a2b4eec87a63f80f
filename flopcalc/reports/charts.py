"""The pictures of reports: cost per layer or kind, models side by side, the trade-off."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flopcalc.chart import Chart, Mark, Series

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flopcalc.doc import Table
    from flopcalc.engine.sweep import Spot, Sweep

MOST_BARS = 60
MOST_POINTS = 3000


def layers_chart(
    title: str, subtitle: str, rows: Sequence[tuple[str, str, int | None]], unit: str, total: int
) -> Chart:
    """A bar for each (name, kind, operations) with its share; of many only the heaviest."""
    known = [(name, kind, n) for name, kind, n in rows if isinstance(n, int) and n]
    if len(known) > MOST_BARS:
        least = sorted((n for _, _, n in known), reverse=True)[MOST_BARS - 1]
        known = [row for row in known if row[2] >= least][:MOST_BARS]
        subtitle = f"{subtitle} · the {len(known)} heaviest of {len(rows)}"
    by_kind = all(name == kind for name, kind, _ in known)
    marks = tuple(
        Mark(name, n, group="" if by_kind else kind, note=_share(n, total))
        for name, kind, n in known
    )
    return Chart("bars", title, unit, "", (Series(title, marks),), subtitle)


def _share(part: int, total: int) -> str:
    if not isinstance(total, int):  # symbolic: no share is known
        return ""
    return f"{100 * part / total:.1f} %"


def comparison_chart(
    title: str, subtitle: str, names: Sequence[str], table: Table, unit: str
) -> Chart:
    """Bars side by side: the rows of a comparison, whose columns of counts are the models'."""
    at = [i for i, column in enumerate(table.columns) if column.kind == "count"]
    series = []
    for name, column in zip(names, at, strict=True):
        cells = [(str(row[0]), row[column]) for row in table.rows[:MOST_BARS]]
        marks = tuple(Mark(label, cell) for label, cell in cells if isinstance(cell, int))
        series.append(Series(name, marks))
    return Chart("bars", title, unit, "", tuple(series), subtitle)


def sweep_chart(
    sweep: Sweep, front: Sequence[Spot], goals: tuple[str, ...], subtitle: str
) -> Chart:
    """Operations against accuracy where that is a goal, else against parameters."""
    accuracy = next((goal for goal in goals if goal.startswith("top")), None)
    spots = list(sweep) if len(sweep) <= MOST_POINTS else list(front)
    if accuracy:
        spots = [spot for spot in spots if sweep.accuracy(spot, accuracy) is not None]
    if len(spots) > MOST_POINTS:
        step = len(spots) / MOST_POINTS
        spots = [spots[int(i * step)] for i in range(MOST_POINTS)]
    on_front = set(front)
    names = dict.fromkeys(spot.plane.name for spot in spots)
    series = [
        Series(
            name,
            tuple(
                Mark(
                    _label(spot), spot.operations, _height(sweep, spot, accuracy), spot in on_front
                )
                for spot in spots
                if spot.plane.name == name
            ),
        )
        for name in names
    ]
    words = {"top1": "ImageNet top-1 accuracy", "top5": "ImageNet top-5 accuracy"}
    high = max((spot.operations for spot in spots), default=0)
    low = min((spot.operations for spot in spots), default=0)
    return Chart(
        "points",
        f"{' and '.join(names)}: {'accuracy' if accuracy else 'parameters'} for computation",
        f"{sweep.convention.unit}{' (logarithmic)' if high > 4 * low > 0 else ''}",
        words[accuracy] if accuracy else "parameters",
        tuple(series),
        subtitle,
        log=high > 4 * low > 0,
        percent=accuracy is not None,
    )


def _height(sweep: Sweep, spot: Spot, accuracy: str | None) -> float:
    if accuracy is None:
        return spot.params
    value = sweep.accuracy(spot, accuracy)
    assert value is not None
    return float(value)


def _label(spot: Spot) -> str:
    side = "×".join(map(str, dict.fromkeys(spot.size)))
    return f"{spot.alpha:g} · {side}" if side else f"{spot.alpha:g}"
