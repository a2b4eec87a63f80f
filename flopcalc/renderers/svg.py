"""Charts as SVG: self-contained, readable in grey and in dark mode, no name cut."""

from __future__ import annotations

from html import escape
from itertools import pairwise
from math import ceil, floor, log10
from typing import TYPE_CHECKING

from flopcalc.quantity import human
from flopcalc.renderers.cells import clean, width

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from flopcalc.chart import Chart, Mark

WIDE = 760
LEAST = 300  # the shortest that the longest bar gets
LETTER = 6.7  # pixels of a letter of 12
MOST_NUMBERS = 12  # beside each other under an axis; of more, the powers of ten
_STYLE = """
.f{fill:#fff}text{fill:#222;font:12px system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
.t{font-size:15px;font-weight:600}.s{fill:#595959}.r{text-anchor:end}.m{text-anchor:middle}
.g{stroke:#ddd}.a{stroke:#777}.n{fill:none;stroke:#444;stroke-width:1.5}
.c0{fill:#1f5a96}.c1{fill:#e8a33d}.c2{fill:#5f9e54}.c3{fill:#b3478f}.c4{fill:#8c8c8c}.c5{fill:#74c3d6}
.p{stroke:#fff;stroke-width:1}.o{fill:#fff;stroke-width:1.5}.h0{stroke:#1f5a96}.h1{stroke:#b97a14}
.h2{stroke:#5f9e54}.h3{stroke:#b3478f}.h4{stroke:#8c8c8c}.h5{stroke:#3d93a8}
@media(prefers-color-scheme:dark){.f{fill:#16181c}text{fill:#e6e6e6}.s{fill:#a8a8a8}.g{stroke:#33373d}
.a{stroke:#888}.n{stroke:#ccc}.c0{fill:#5b9fe0}.c1{fill:#f0bd6b}.c2{fill:#93cf86}.c3{fill:#dd86be}
.c4{fill:#9d9d9d}.c5{fill:#9adbe9}.p{stroke:#16181c}.o{fill:#16181c}.h0{stroke:#5b9fe0}.h1{stroke:#f0bd6b}.h2{stroke:#93cf86}
.h3{stroke:#dd86be}.h4{stroke:#9d9d9d}.h5{stroke:#9adbe9}}
"""


def svg(chart: Chart) -> str:
    """The picture of a chart, ending in a newline."""
    return _bars(chart) if chart.kind == "bars" else _points(chart)


def number(value: float) -> str:
    """A count as an axis says it: `100 M`."""
    whole, decimals, unit = human(round(value))
    decimals = decimals.rstrip("0").rstrip(".")
    return f"{whole}{decimals} {unit}".rstrip()


def ticks(low: float, high: float, most: int = 6) -> list[float]:
    """Round numbers from below `low` to above `high`, at most about `most` of them."""
    span = (high - low) or abs(high) or 1.0
    raw = span / most
    power = 10.0 ** floor(log10(raw))
    step = next(m * power for m in (1, 2, 2.5, 5, 10) if m * power >= raw * 0.999)
    first, last = floor(low / step), ceil(high / step)
    return [round(n * step, 12) for n in range(first, last + 1)]


def log_ticks(low: float, high: float) -> list[float]:
    """1, 2 and 5 times powers of ten that enclose a range."""
    steps = [
        m * 10.0**p for p in range(floor(log10(low)) - 1, ceil(log10(high)) + 1) for m in (1, 2, 5)
    ]
    below = [n for n in steps if n <= low]
    above = [n for n in steps if n >= high]
    return [n for n in steps if below[-1] <= n <= above[0]]


def _bars(chart: Chart) -> str:
    """A row for each label, with a bar for each series, its number at its end."""
    labels = list(chart.labels)
    several = len(chart.series) > 1
    groups = list(dict.fromkeys(m.group for s in chart.series for m in s.marks if m.group))
    order = list(chart.groups) or groups
    names = [s.name for s in chart.series] if several else order
    thick = 11 if several else 13
    high = max(18, thick * len(chart.series) + 7)
    left = 16 + LETTER * max((width(clean(label)) for label in labels), default=4) + 10
    say = _say(chart.percent)
    ends = max((width(_ending(m, say)) for s in chart.series for m in s.marks), default=0)
    beyond = max(100, 0.9 * LETTER * ends + 12)  # what stands beside the longest bar
    right = max(WIDE, left + LEAST + beyond)
    plot = right - left - beyond
    every = [m.x for s in chart.series for m in s.marks]
    marks = ticks(0, max([*every, chart.rule]) or 1, max(2, int(plot // 80)))
    scale = plot / max([*every, chart.rule, marks[-1] if len(marks) < 3 else marks[-2]])
    shown = {name: n for n, name in enumerate(names) if several or name in groups}
    head, top = _head(chart, right, shown if len(shown) > 1 else {})
    bottom = top + high * len(labels)
    parts = [_open(chart, right, bottom + 52), *head]
    for n in marks:
        x = left + n * scale
        if x > left + plot + 1:
            continue
        parts.append(f'<path class="g" d="M{x:.1f} {top}V{bottom}"/>')
        parts.append(f'<text class="s m" x="{x:.1f}" y="{bottom + 17}">{say(n)}</text>')
    for row, label in enumerate(labels):
        y = top + row * high
        parts.append(
            f'<text class="r" x="{left - 8:.1f}" y="{y + high / 2 + 4:.1f}">{_text(label)}</text>'
        )
        for i, series in enumerate(chart.series):
            mark = next((m for m in series.marks if m.label == label), None)
            if mark is None:
                continue
            at = y + (high - thick * len(chart.series)) / 2 + i * thick
            color = i if several else order.index(mark.group) if mark.group else 0
            wide = max(mark.x * scale, 0.8 if mark.x else 0)
            parts.append(
                f'<rect class="c{color % 6}" x="{left:.1f}" y="{at:.1f}" width="{wide:.1f}" '
                f'height="{thick - 1}"><title>{_text(f"{label}: {_exact(mark, chart)}")}</title>'
                "</rect>"
            )
            text, x = _ending(mark, say), left + wide + 5
            line = left + chart.rule * scale
            if chart.rule and x < line + 5 and x + 0.9 * LETTER * width(text) > line - 3:
                x = line + 5  # the line would cross it
            parts.append(
                f'<text class="s" x="{x:.1f}" y="{at + thick / 2 + 3.5:.1f}" '
                f'style="font-size:{10 if several else 11}px">{_text(text)}</text>'
            )
    parts.append(f'<path class="a" d="M{left:.1f} {top}V{bottom}"/>')
    if chart.rule:
        parts.append(f'<path class="n" d="M{left + chart.rule * scale:.1f} {top - 4}V{bottom}"/>')
    parts.append(
        f'<text class="m" x="{left + plot / 2:.1f}" y="{bottom + 38}">{_text(chart.x)}</text>'
    )
    return "\n".join([*parts, "</svg>", ""])


def _points(chart: Chart) -> str:
    """Points over two axes; those of the front are filled, joined and named."""
    every = [mark for series in chart.series for mark in series.marks]
    xs = log_ticks(min(m.x for m in every), max(m.x for m in every)) if chart.log else []
    xs = xs or ticks(min(m.x for m in every), max(m.x for m in every))
    ys = ticks(min(m.y for m in every), max(m.y for m in every))
    names = {series.name: n for n, series in enumerate(chart.series)}
    head, top = _head(chart, WIDE, names if len(names) > 1 else {}, shapes=True)
    left, plot_w, plot_h = 84.0, WIDE - 124.0, 400.0
    bottom = top + plot_h

    def along(value: float, ends: Sequence[float], *, log: bool) -> float:
        a, b, v = map(log10, (ends[0], ends[-1], value)) if log else (ends[0], ends[-1], value)
        return (v - a) / ((b - a) or 1)

    def at(mark: Mark) -> tuple[float, float]:
        x = left + plot_w * along(mark.x, xs, log=chart.log)
        return x, bottom - plot_h * along(mark.y, ys, log=False)

    parts = [_open(chart, WIDE, bottom + 58), *head]
    for n in xs:
        x = left + plot_w * along(n, xs, log=chart.log)
        said = number(n) if len(xs) <= MOST_NUMBERS or log10(n) % 1 == 0 else ""
        parts.append(f'<path class="g" d="M{x:.1f} {top}V{bottom}"/>')
        parts.append(f'<text class="s m" x="{x:.1f}" y="{bottom + 18}">{said}</text>')
    say = _say(chart.percent)
    for n in ys:
        y = bottom - plot_h * along(n, ys, log=False)
        parts.append(f'<path class="g" d="M{left} {y:.1f}H{left + plot_w}"/>')
        parts.append(f'<text class="s r" x="{left - 8}" y="{y + 4:.1f}">{say(n)}</text>')
    parts.append(f'<path class="a" d="M{left} {top}V{bottom}H{left + plot_w}" fill="none"/>')
    front = sorted((at(m), m) for m in every if m.front)
    line = "L".join(f"{x:.1f} {y:.1f}" for (x, y), _ in front)
    if len(front) > 1:
        parts.append(f'<path class="n" d="M{line}"/>')
    taken: list[tuple[float, float, float, float]] = [
        (x - 5, y - 5, x + 5, y + 5) for x, y in map(at, every)
    ]
    taken.append((left, bottom, left + plot_w, bottom + 20))  # the axis and its numbers
    few, named = len(every) <= 80, len(front) <= 40
    for i, series in enumerate(chart.series):
        parts += [_dot(mark, at(mark), i, 1 if few else 0.5) for mark in series.marks]
    if named:
        taken += _beside([spot for spot, _ in front])
    others = [(at(m), m) for m in every if not m.front]
    for (x, y), mark in [*(front if few or named else []), *(others if few else [])]:
        parts += _name(mark, x, y, taken, (left, left + plot_w))
    turned = f'transform="translate(20 {top + plot_h / 2:.1f}) rotate(-90)"'
    x = left + plot_w / 2
    parts.append(f'<text class="m" x="{x:.1f}" y="{bottom + 42}">{_text(chart.x)}</text>')
    parts.append(f'<text class="m" {turned}>{_text(chart.y)}</text>')
    return "\n".join([*parts, "</svg>", ""])


def _name(
    mark: Mark,
    x: float,
    y: float,
    taken: list[tuple[float, float, float, float]],
    ends: tuple[float, float],
) -> list[str]:
    """The name of a point, where there is room for it."""
    place = _place(mark.label, x, y, taken, *ends)
    if place is None:
        return []
    end, tx, ty = place
    where = f'class="{"" if mark.front else "s "}{end}" x="{tx:.1f}" y="{ty:.1f}"'
    return [f'<text {where} style="font-size:10px">{_text(mark.label)}</text>']


def _say(percent: bool) -> Callable[[float], str]:  # noqa: FBT001 - private
    """How an axis and a bar say a number."""
    return _percent if percent else number


def _percent(n: float) -> str:
    if 0 < n < 0.0005:
        return "<0.1 %"  # nothing is not something
    return f"{round(100 * n, 1 if n < 10 else 0):g} %"


def _ending(mark: Mark, say: Callable[[float], str]) -> str:
    return f"{say(mark.x)} · {mark.note}" if mark.note else say(mark.x)


def _exact(mark: Mark, chart: Chart) -> str:
    return mark.note if chart.percent else f"{round(mark.x):,}"


def _beside(line: Sequence[tuple[float, float]]) -> list[tuple[float, float, float, float]]:
    """Small boxes along a line, for names to keep clear of."""
    found = []
    for (x, y), (u, v) in pairwise(line):
        steps = max(1, round(max(abs(u - x), abs(v - y)) / 6))
        for n in range(1, steps):
            a, b = x + (u - x) * n / steps, y + (v - y) * n / steps
            found.append((a - 1, b - 1, a + 1, b + 1))
    return found


def _dot(mark: Mark, at: tuple[float, float], series: int, scale: float) -> str:
    """A point: filled on the front, else hollow; its shape says the series."""
    title = f"<title>{_text(mark.label)}: {round(mark.x):,}, {mark.y:,.6g}</title>"
    look = f"c{series % 6} p" if mark.front else f"o h{series % 6}"
    return _shape(series, look, *at, scale * (4.6 if mark.front else 3.4), title)


def _shape(series: int, look: str, x: float, y: float, size: float, inside: str = "") -> str:  # noqa: PLR0917 - private
    if series % 4 == 0:
        return f'<circle class="{look}" cx="{x:.1f}" cy="{y:.1f}" r="{size:g}">{inside}</circle>'
    side = 0.9 * size if series % 4 == 1 else 1.35 * size
    points: tuple[tuple[float, float], ...] = (
        (-side, -side),
        (side, -side),
        (side, side),
        (-side, side),
    )
    if series % 4 == 2:
        points = ((0, -side), (side, 0), (0, side), (-side, 0))
    elif series % 4 == 3:
        points = ((0, -side), (side, 0.8 * side), (-side, 0.8 * side))
    path = "L".join(f"{x + dx:.1f} {y + dy:.1f}" for dx, dy in points)
    return f'<path class="{look}" d="M{path}Z">{inside}</path>'


def _place(  # noqa: PLR0917 - private
    label: str,
    x: float,
    y: float,
    taken: list[tuple[float, float, float, float]],
    left: float,
    right: float,
) -> tuple[str, float, float] | None:
    """Where a name is in nobody's way, beside its point; None where it would be."""
    wide = 5.6 * width(clean(label))
    for end, tx, ty, x0 in (
        ("", x + 8, y + 12, x + 8),
        ("r", x - 8, y - 5, x - 8 - wide),
        ("", x + 8, y - 5, x + 8),
        ("r", x - 8, y + 12, x - 8 - wide),
    ):
        box = (x0, ty - 9, x0 + wide, ty + 2)
        free = all(box[2] < b[0] or b[2] < box[0] or box[3] < b[1] or b[3] < box[1] for b in taken)
        if free and box[0] > left and box[2] < right + 36:
            taken.append(box)
            return end, tx, ty
    return None


def _open(chart: Chart, wide: float, high: float) -> str:
    size = f'viewBox="0 0 {wide:.0f} {high:.0f}" width="{wide:.0f}" height="{high:.0f}"'
    label = f'role="img" aria-label="{_text(chart.title)}"'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} {label}>\n<style>{_STYLE}</style>\n'
        f'<rect class="f" width="{wide:.0f}" height="{high:.0f}"/>'
    )


def _head(
    chart: Chart, wide: float, names: Mapping[str, int], *, shapes: bool = False
) -> tuple[list[str], int]:
    """Title, subtitle and legend, in as many lines as they need; and where they end."""
    parts, y = [], 26
    for line in _lines(chart.title, int((wide - 32) / 8.6)):
        parts.append(f'<text class="t" x="16" y="{y}">{_text(line)}</text>')
        y += 18
    for line in _lines(chart.subtitle, int((wide - 32) / 6.4)):
        parts.append(f'<text class="s" x="16" y="{y}">{_text(line)}</text>')
        y += 15
    y -= 1
    x = 16.0
    for name, i in names.items():
        long = 34 + LETTER * width(clean(name))
        if x > 16 and x + long > wide:
            x, y = 16.0, y + 18
        if shapes:
            parts.append(_shape(i, f"c{i % 6} p", x + 6, y + 6, 5))
        else:
            parts.append(f'<rect class="c{i % 6}" x="{x:.1f}" y="{y}" width="11" height="11"/>')
        parts.append(f'<text x="{x + 16:.1f}" y="{y + 10}">{_text(name)}</text>')
        x += long
    return parts, y + 4 + (24 if names else 0)


def _lines(text: str, most: int) -> list[str]:
    """A text in lines of at most `most` cells, broken at blanks where it can be."""
    lines = [""]
    for word in clean(text).split(" "):
        if lines[-1] and width(f"{lines[-1]} {word}") > most:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}" if lines[-1] else word
    return lines


def _text(text: str) -> str:
    return escape(clean(text))
