"""Points for a terminal: the trade-off of a sweep in letters."""

from __future__ import annotations

from math import log10
from typing import TYPE_CHECKING

from flopcalc.renderers.svg import log_ticks, number, ticks

if TYPE_CHECKING:
    from collections.abc import Callable

    from flopcalc.chart import Chart, Mark

ROWS = 16
FRONT, OTHERS = "●", "○△□◇"


def scatter(chart: Chart, width: int) -> list[str]:
    """Lines no wider than `width` cells: ● on the front, other shapes by series elsewhere.

    Nothing where the width is too small for a picture, or there is one point only.
    """
    every = [mark for series in chart.series for mark in series.marks]
    say: Callable[[float], str] = (lambda n: f"{100 * n:g} %") if chart.percent else number
    if len(every) < 2 or width < 40:
        return []
    xs = (log_ticks if chart.log else ticks)(min(m.x for m in every), max(m.x for m in every))
    ys = ticks(min(m.y for m in every), max(m.y for m in every), 4)
    margin = max(len(say(n)) for n in ys) + 1
    wide = min(width - margin - 4, 72)

    def column(x: float) -> int:
        a, b, v = map(log10, (xs[0], xs[-1], x)) if chart.log else (xs[0], xs[-1], x)
        return round((wide - 1) * (v - a) / ((b - a) or 1))

    def line(y: float) -> int:
        return round((ROWS - 1) * (ys[-1] - y) / ((ys[-1] - ys[0]) or 1))

    canvas = [[" "] * wide for _ in range(ROWS)]
    for i, series in enumerate(chart.series):
        for mark in sorted(series.marks, key=_is_front):
            canvas[line(mark.y)][column(mark.x)] = FRONT if mark.front else OTHERS[i % 4]
    names = {line(n): say(n) for n in ys}
    found = [chart.title, "", f"{chart.y}"]
    for row, cells in enumerate(canvas):
        axis = "┤" if row in names else "│"
        found.append(f"{names.get(row, ''):>{margin}}{axis}{''.join(cells)}".rstrip())
    rule, labels = ["─"] * wide, [" "] * (wide + 8)
    free = 0
    for n in xs:
        at, text = column(n), number(n)
        rule[at] = "┬"
        start = max(at - len(text) // 2, 0)
        if start >= free:
            labels[start : start + len(text)] = text
            free = start + len(text) + 1
    found += [" " * margin + "└" + "".join(rule), " " * (margin + 1) + "".join(labels).rstrip()]
    found.append(" " * (margin + 1) + f"{chart.x:^{wide}}".rstrip())
    if len(chart.series) > 1:
        shapes = (f"{OTHERS[i % 4]} {series.name}" for i, series in enumerate(chart.series))
        found.append(f"{FRONT} front  {'  '.join(shapes)}")
    return found


def _is_front(mark: Mark) -> bool:
    return mark.front
