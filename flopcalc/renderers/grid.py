"""A table as columns of strings, rounded and aligned, before anything is known of its looks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, TypeAlias

from flopcalc.renderers.cells import at_least, clean, joined, parts, width

if TYPE_CHECKING:
    from flopcalc.doc import Cell, Column, Derivation, Table
    from flopcalc.quantity import Parts, Units

Measure: TypeAlias = Callable[[str], int]
GAP = "  "


class Strip:
    """One column: its title, and cells that are all `width` wide once padded.

    `body` and `totals` are strings; numbers among them are padded to the right of the decimal
    point already.
    """

    __slots__ = ("body", "column", "number", "title", "totals", "width")

    def __init__(self, column: Column, body: list[str], totals: list[str], cells: int) -> None:
        self.column = column
        self.title = clean(column.title)
        self.body = body
        self.totals = totals
        self.number = column.kind != "text"
        self.width = cells


def pad(text: str, cells: int, *, right: bool, measure: Measure = width) -> str:
    """`text` filled with blanks to `cells`; to the right of them where `right`."""
    blank = " " * (cells - measure(text))
    return blank + text if right else text + blank


def strips(table: Table, units: Units, measure: Measure = width) -> list[Strip]:
    """The columns of a table; counts, shares, ratios aligned on the decimal point."""
    found = []
    for i, column in enumerate(table.columns):
        body = [parts(row[i], column.kind, units) for row in table.rows]
        totals = [_total(row[i], column, table, units) for row in table.totals]
        cells = _aligned([*body, *totals])
        widest = max(map(measure, [clean(column.title), *cells]))
        found.append(Strip(column, cells[: len(body)], cells[len(body) :], widest))
    return found


def texts(table: Table, units: Units) -> tuple[list[list[str]], list[list[str]]]:
    """The cells of rows and totals as strings that are not padded and not cleaned."""
    rows = [
        [
            joined(parts(cell, column.kind, units))
            for cell, column in zip(row, table.columns, strict=True)
        ]
        for row in table.rows
    ]
    totals = [
        [
            joined(_total(cell, column, table, units))
            for cell, column in zip(row, table.columns, strict=True)
        ]
        for row in table.totals
    ]
    return rows, totals


def _total(cell: Cell, column: Column, table: Table, units: Units) -> Parts | str:
    shown = parts(cell, column.kind, units)
    return at_least(shown) if column.key in table.lower_bounds else shown


def _aligned(shown: Sequence[Parts | str]) -> list[str]:
    numbers = [cell for cell in shown if not isinstance(cell, str)]
    whole = max((len(cell[0]) for cell in numbers), default=0)
    fraction = max((len(cell[1]) for cell in numbers), default=0)
    unit = max((len(cell[2]) for cell in numbers), default=0)
    gap = " " if unit else ""
    return [
        clean(cell)
        if isinstance(cell, str)
        else f"{cell[0]:>{whole}}{cell[1]:<{fraction}}{gap}{cell[2]:<{unit}}"
        for cell in shown
    ]


def labelled(derivation: Derivation, measure: Measure = width) -> list[tuple[str, str]]:
    """The lines of a derivation with their labels padded to one width."""
    labels = [clean(line.label) for line in derivation.lines]
    wide = max(map(measure, labels), default=0)
    return [
        (pad(label, wide, right=False, measure=measure), clean(line.text))
        for label, line in zip(labels, derivation.lines, strict=True)
    ]


def legend(derivation: Derivation, measure: Measure = width) -> list[tuple[str, str]]:
    """The legend as `D_K = 3` and `kernel size`, symbols and values padded."""
    rows = [[clean(text) for text in row] for row in derivation.legend]
    wide = _widest((symbol for symbol, _, _ in rows), measure)
    heads = [
        pad(symbol, wide, right=False, measure=measure) + (f" = {value}" if value else "")
        for symbol, _, value in rows
    ]
    wide = _widest(heads, measure)
    return [
        (pad(head, wide, right=False, measure=measure), meaning)
        for head, (_, meaning, _) in zip(heads, rows, strict=True)
    ]


def _widest(found: Iterable[str], measure: Measure) -> int:
    return max(map(measure, found), default=0)
