"""The pictures of reports: cost per layer or kind, models side by side, the trade-off."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flopcalc.chart import Chart, Mark, Series

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flopcalc.budget import Verdict
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
    share = 100 * part / total
    return f"{share:.1f} %" if share >= 0.05 else "<0.1 %"  # nothing is not something


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
    rows = tuple(str(row[0]) for row in table.rows)
    return Chart("bars", title, unit, "", tuple(series), subtitle, rows=rows)


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
    scales = dict.fromkeys(_label(spot) for spot in spots)
    named = len(names) > 1 and len(scales) == 1  # then a name says more than its scale
    said = f"each at α {next(iter(scales))}" if named else "α · input side"
    series = [
        Series(
            name,
            tuple(
                Mark(
                    name if named else _label(spot),
                    spot.operations,
                    _height(sweep, spot, accuracy),
                    spot in on_front,
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
        f"{_listed(list(names))}: {'accuracy' if accuracy else 'parameters'} for computation",
        f"{sweep.convention.unit}{' (logarithmic)' if high > 4 * low > 0 else ''}",
        words[accuracy] if accuracy else "parameters",
        tuple(series),
        f"{said}; {subtitle}",
        log=high > 4 * low > 0,
        percent=accuracy is not None,
    )


def _listed(names: Sequence[str]) -> str:
    """`A, B and C`."""
    return " and ".join(filter(None, [", ".join(names[:-1]), *names[-1:]]))


def _height(sweep: Sweep, spot: Spot, accuracy: str | None) -> float:
    if accuracy is None:
        return spot.params
    value = sweep.accuracy(spot, accuracy)
    assert value is not None
    return float(value)


def _label(spot: Spot) -> str:
    side = "×".join(map(str, dict.fromkeys(spot.size)))
    return f"{spot.alpha:g} · {side}" if side else f"{spot.alpha:g}"


def check_chart(title: str, judged: Sequence[tuple[str, str, Verdict]]) -> Chart:
    """A bar for each limit, as long as the share of it that is used, beside the limit itself.

    `judged` are a name, an outcome in a word and the verdict; of many, those with the least room.
    """
    from flopcalc.reports.verdicts import used

    bars = []
    names = [name for name, _, _ in judged]
    for name, word, verdict in judged:
        label = name if names.count(name) == 1 else f"{name}, {verdict.limit.text}"
        metric = verdict.limit.metric
        note = f"{_short(verdict.actual, metric)} of {_short(verdict.allowed, metric)}"
        bars.append(Mark(label, used(verdict) or 0, group=word, note=note))
    shown = sorted(bars, key=lambda mark: -mark.x)[:MOST_BARS]
    more = f" · the {len(shown)} of {len(bars)} with the least room" * (len(shown) < len(bars))
    what = "share of the limit that is used; the line is the limit"
    series = (Series(title, tuple(shown)),)
    return Chart(
        "bars",
        title,
        what,
        "",
        series,
        f"what is, of what may be{more}",
        percent=True,
        rule=1.0,
        groups=("ok", "near", "", "EXCEEDED", "unknown", "exceeded"),  # no green for what is bad
    )


def _short(value: float | None, metric: str) -> str:
    """`568.7 M`, `16.23 MiB`, `3.06 %`."""
    from flopcalc.budget import METRICS, SHARES
    from flopcalc.quantity import human, human_bytes, join
    from flopcalc.reports.verdicts import share_text

    if metric in SHARES or value is None:
        return share_text(value or 0)
    return join(human_bytes(round(value)) if METRICS[metric] == "bytes" else human(round(value)))
