"""CSV: the rows of the document's table, in raw exact numbers."""

from __future__ import annotations

from _csv import writer as csv_writer  # `csv` adds dialects and a sniffer: 0.3 ms to import
from io import StringIO
from typing import TYPE_CHECKING

from flopcalc.doc import Derivation, Note, Table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flopcalc.doc import Cell, Column, Doc
    from flopcalc.quantity import Rational
    from flopcalc.renderers import View

_FORMULA = ("=", "+", "-", "@", "\t")
_UNSAFE = ("\r", *(f"\n{mark}" for mark in _FORMULA))


def render(doc: Doc, view: View) -> str:  # noqa: ARG001 - every renderer takes a view; CSV is exact
    r"""`doc.rows`, else the first table, under its column keys: one line a row, no totals.

    A share is a decimal fraction with six decimals, a ratio or factor has six significant digits,
    an empty cell is an empty field. A column adds up to its total, but where parameters are
    shared. A text that a spreadsheet would take for a formula (it starts with = + - @ or a tab)
    gets a `'` before it, and a carriage return is written `\r`.
    Without a table: the lines of the derivations as title, label, text; or the notes.
    """
    out = StringIO()
    writer = csv_writer(out, lineterminator="\n")
    table = doc.rows or next((block for block in doc.blocks if isinstance(block, Table)), None)
    if table:
        writer.writerow([_safe(column.key) for column in table.columns])
        columns = zip(*table.rows, strict=True)
        raw = [_raw(cells, c) for cells, c in zip(columns, table.columns, strict=False)]
        writer.writerows(zip(*raw, strict=True))
        return out.getvalue()
    derivations = [block for block in doc.blocks if isinstance(block, Derivation)]
    if derivations:
        writer.writerow(("title", "label", "text"))
        for block in derivations:
            writer.writerows(map(_safe, (block.title, x.label, x.text)) for x in block.lines)
        return out.getvalue()
    writer.writerow(("level", "text"))
    writer.writerows((b.level, _safe(b.text)) for b in doc.blocks if isinstance(b, Note))
    return out.getvalue()


def _raw(cells: Sequence[Cell], column: Column) -> Sequence[Cell]:
    """A column's cells as they are written."""
    if column.kind == "share":
        known = {
            c: _safe(c) if c is None or isinstance(c, str) else _decimal(c) for c in set(cells)
        }
        return [known[c] for c in cells]  # layers that are alike have the same
    if column.kind in ("ratio", "factor"):
        return [_safe(c) if c is None or isinstance(c, str) else _significant(c) for c in cells]
    lines = "\n".join(["", *(c for c in cells if isinstance(c, str))])
    if not any(mark in lines for mark in _UNSAFE):  # a search of the whole column, not of a cell
        return cells
    return [_safe(c) if isinstance(c, str) else c for c in cells]


def _safe(cell: str | None) -> str | None:
    if not cell:
        return cell
    cell = cell.replace("\r", "\\r")  # Python before 3.13 leaves it unquoted: a broken row
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def _decimal(share: Rational) -> str:
    """Six decimals, rounded half away from zero, exactly."""
    top, bottom = share.as_integer_ratio()
    digits = (2_000_000 * abs(top) + bottom) // (2 * bottom)
    sign = "-" if top < 0 and digits else ""
    return f"{sign}{digits // 1_000_000}.{digits % 1_000_000:06}"


def _significant(number: Rational) -> str:
    """Six significant digits, rounded half away from zero, exactly; no exponent."""
    top, bottom = number.as_integer_ratio()
    size = abs(top)
    power = len(str(size)) - len(str(bottom))
    if size * 10 ** max(-power, 0) < bottom * 10 ** max(power, 0):
        power -= 1  # now 10^power <= size / bottom < 10^(power + 1)
    places = max(5 - power, 0) if top else 0
    digits = (2 * size * 10**places + bottom) // (2 * bottom)
    if places and digits == 10**6:  # 9.999996 became 10.00000
        places, digits = places - 1, 10**5
    whole, rest = divmod(digits, 10**places)
    text = f"{whole}.{rest:0{places}}" if places else str(whole)
    return f"-{text}" if top < 0 else text
