"""Raw cells become text: rounded by their kind, printable, and as wide as a terminal shows them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flopcalc import quantity

if TYPE_CHECKING:
    from flopcalc.doc import Cell, ColumnKind
    from flopcalc.quantity import Parts, Units

# One cell each, known without a table: Latin, Greek, dashes, arrows, operators, blocks.
_SINGLE = (range(0x300), range(0x370, 0x483), range(0x2010, 0x2300), range(0x2500, 0x25A0))


def parts(cell: Cell, kind: ColumnKind, units: Units) -> Parts | str:
    """What stands before the decimal point, from it on, and the unit; a string if it has none.

    A share shows two decimals of a percent, a ratio five significant digits, a factor four. A
    share too small for that is `<0.01 %`, since something is never shown as nothing.
    """
    if cell is None or isinstance(cell, str):
        return cell or ""
    shown: Parts | str = str(cell)
    if kind == "count":
        shown = quantity.human(cell, units)
    elif kind == "bytes":
        shown = quantity.human_bytes(cell, units)
    elif kind == "share":
        shown = quantity.percent(cell)
        if cell > 0 and shown[:2] == ("0", ".00"):
            shown = "<0", ".01", "%"
    elif kind == "ratio":
        shown = quantity.ratio(cell)
    elif kind == "factor":
        whole, decimal, sign = quantity.factor(cell)
        shown = whole, decimal + sign, ""  # a × stands at its digits, not in a column of units
    return shown


def joined(shown: Parts | str) -> str:
    """The parts as one string: `10.84 M`."""
    return shown if isinstance(shown, str) else quantity.join(shown)


def at_least(shown: Parts | str) -> Parts | str:
    """The same, marked as a lower bound: `≥ 10.84 M`; an empty cell stays empty."""
    if isinstance(shown, str):
        return shown and f"≥ {shown}"
    return f"≥ {shown[0]}", shown[1], shown[2]


def clean(text: str) -> str:
    r"""Names as one printable line: an escape code or a newline is shown as `\x1b`, `\n`."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else _visible(c) for c in text)


def _visible(char: str) -> str:
    return char.encode("unicode_escape").decode()


def width(text: str) -> int:
    """How many terminal cells `text` takes: two for a wide East Asian letter, 0 for an accent."""
    if text.isascii() or text.replace("×", "").isascii():  # nearly all that reports say
        return len(text)
    return sum(1 if any(ord(c) in single for single in _SINGLE) else _cells(c) for c in text)


def _cells(char: str) -> int:
    import unicodedata  # here, since few reports need it

    if unicodedata.category(char) in ("Mn", "Me"):
        return 0
    return 2 if unicodedata.east_asian_width(char) in ("W", "F") else 1
