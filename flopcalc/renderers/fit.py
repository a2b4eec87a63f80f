"""What a terminal has room for: the width of each column, of the bar, and what is left out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flopcalc.renderers.grid import GAP

if TYPE_CHECKING:
    from flopcalc.doc import Column
    from flopcalc.quantity import Rational
    from flopcalc.renderers.grid import Measure, Strip

_EIGHTHS = " ▏▎▍▌▋▊▉"
_ELLIPSIS = "…"
_BAR = (6, 32)  # the shortest bar that says something, and the longest that a line needs
_NAME, _TEXT = 6, 5  # the shortest that a first and another text column are cut to


def fit(
    columns: list[Strip], bar_key: str | None, width: int
) -> tuple[list[Strip], int, list[Column]]:
    """Columns with their final widths, the cells of the bar (0: none), and what has no room.

    In this order: the bar shrinks and goes, texts are cut, titles of numbers are cut, and columns
    go from the right, texts before numbers, never the first.
    """
    shares = [c for c in columns if c.column.key == bar_key and c.column.kind == "share"]
    spare = width - _total(columns) - len(GAP)
    shortest, longest = _BAR
    if shares and spare >= shortest:
        return columns, min(spare, longest), []
    kept = list(columns)
    while True:
        least = [_least(c, first=c is kept[0]) for c in kept]
        if sum(least) + len(GAP) * (len(kept) - 1) <= width or len(kept) == 1:
            break
        texts = [c for c in kept[1:] if not c.number]
        gone = (texts or kept)[-1]
        kept.remove(gone)
    _cut(kept, least, width)
    return kept, 0, [c.column for c in columns if c not in kept]


def _total(columns: list[Strip]) -> int:
    return sum(c.width for c in columns) + len(GAP) * (len(columns) - 1)


def _least(strip: Strip, *, first: bool) -> int:
    """The least cells a column can do with: a number's all, a text's first few."""
    if strip.number:
        return max(map(len, [*strip.body, *strip.totals]), default=1) or 1
    return min(strip.width, _NAME if first else _TEXT)


def _cut(columns: list[Strip], least: list[int], width: int) -> None:
    """Take what is too much from the widest text, then from the widest title of numbers."""
    for c in columns:
        if not c.number:
            c.width = min(c.width, max(width, 1))
    excess = _total(columns) - width
    while excess > 0:
        loose = [(not c.number, c.width, -i) for i, c in enumerate(columns) if c.width > least[i]]
        if not loose:
            return  # one number wider than the terminal: it stays whole
        columns[-max(loose)[2]].width -= 1
        excess -= 1


def shorten(text: str, width: int, measure: Measure, *, head: bool = False) -> str:
    """`text` in at most `width` cells, with an ellipsis for what is gone.

    `head` cuts in front: layers of one scope differ at the end of their names.
    """
    if measure(text) <= width:
        return text
    if head:
        return shorten(text[::-1], width, measure)[::-1]
    cut = text[:width]
    while cut and measure(cut) > width - 1:
        cut = cut[:-1]
    return cut + _ELLIPSIS


def wrap(text: str, width: int, measure: Measure) -> list[str]:
    """`text` in lines of at most `width` cells, broken after a blank or a `·`, never in a number.

    Only a word that is wider than a line is broken inside.
    """
    lines = [""]
    for word in text.replace(" ", " \0").replace("·", "·\0").split("\0"):
        rest = word
        if measure(lines[-1] + rest.rstrip()) > width and lines[-1]:
            lines.append("")
        while measure(rest.rstrip()) > width:
            room = width
            while measure(rest[:room]) > width and room > 1:
                room -= 1
            lines[-1] = rest[:room]
            lines.append("")
            rest = rest[room:]
        lines[-1] += rest
    return [line.rstrip() for line in lines]


def bar(share: Rational, largest: Rational, width: int) -> str:
    """`share` as blocks, to an eighth of a cell, where `largest` fills `width`; never nothing."""
    top, bottom = share.as_integer_ratio()
    if top <= 0:
        return ""
    most, unit = largest.as_integer_ratio()
    eighths = max(1, top * unit * width * 8 // (bottom * most))
    full, rest = divmod(eighths, 8)
    return "█" * full + (_EIGHTHS[rest] if rest else "")
