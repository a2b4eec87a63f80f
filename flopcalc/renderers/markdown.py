"""Markdown as GitHub shows it: headings, tables, formulas in `$…$`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tabulate import tabulate

from flopcalc.doc import Note, Table
from flopcalc.renderers.cells import clean
from flopcalc.renderers.grid import texts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flopcalc.doc import Block, Derivation, Doc, Line
    from flopcalc.quantity import Units
    from flopcalc.renderers import View

# An underscore inside a word is only itself, and names are easier to read without a backslash.
_SPECIAL = re.compile(r"[\\`*\[\]|~]|(?<![^\W_])_|_(?![^\W_])")
_START = re.compile(r"^(?=[#+=-])|^(\d+)(?=[.)](?:\s|$))")
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "$": "&#36;"}


def render(doc: Doc, view: View) -> str:
    """The title as a heading, then every block, with blank lines between."""
    parts = [f"## {escape(doc.title)}"] if doc.title else []
    parts += [_start(escape(doc.subtitle))] if doc.subtitle else []
    for block in doc.blocks:
        parts += _block(block, view.units)
    return "\n\n".join(parts) + "\n"


def escape(text: str) -> str:
    """`text` for the inside of a line or a table cell, where it shows as it is."""
    lines = [clean(line) for line in text.split("\n")]
    safe = (_SPECIAL.sub(r"\\\g<0>", line) for line in lines)
    return "<br>".join("".join(_ENTITIES.get(c, c) for c in line) for line in safe)


def _start(text: str) -> str:
    """`text` for the beginning of a line, where a `#` or a `1.` would mean something."""
    return _START.sub(r"\1\\", text.lstrip())


def _block(block: Block, units: Units) -> list[str]:
    if isinstance(block, Table):
        return _table(block, units)
    if isinstance(block, Note):
        text = escape(block.text)
        if block.level == "warning":
            return [f"> **Warning:** {text}"]
        return [_start(text) if block.level == "plain" else f"*{text.strip()}*"]
    return _derivation(block)


def _table(table: Table, units: Units) -> list[str]:
    """A pipe table; totals are bold, since it has no rule to set them apart."""
    rows, totals = texts(table, units)
    cells = [[escape(text) for text in row] for row in rows]
    cells += [
        [f"**{escape(text.strip())}**" if text.strip() else "" for text in row] for row in totals
    ]
    numbers = [column.kind != "text" for column in table.columns]
    titles = [escape(column.title) for column in table.columns]
    found = [f"### {escape(table.title)}"] if table.title else []
    return [*found, _pipe(titles, cells, numbers)] if titles else found


def _pipe(titles: Sequence[str], cells: Sequence[Sequence[str]], numbers: Sequence[bool]) -> str:
    if not cells:  # tabulate has no columns without rows
        rule = ["--:" if number else ":--" for number in numbers]
        return "\n".join("| " + " | ".join(row) + " |" for row in (titles, rule))
    return tabulate(
        cells,
        headers=titles,
        tablefmt="pipe",
        colalign=["right" if number else "left" for number in numbers],
        disable_numparse=True,  # or it would make 100000 of a layer called 1e5
    )


def _derivation(block: Derivation) -> list[str]:
    found = [f"### {escape(block.title)}"] if block.title else []
    if block.lines:
        found.append("\n".join(map(_line, block.lines)))
    if block.legend:
        rows = [[_code(s) if s else "", escape(m), escape(v)] for s, m, v in block.legend]
        found.append(_pipe(("Symbol", "Meaning", "Value"), rows, (False, False, True)))
    return [*found, _start(escape(block.note))] if block.note else found


def _line(line: Line) -> str:
    label = f"**{escape(line.label.strip())}** " if line.label.strip() else ""
    return f"- {label}{f'${line.latex}$' if line.latex else _code(line.text)}"


def _code(text: str) -> str:
    """`text` between more backticks than it has in a row."""
    shown = clean(text).replace("|", "\\|") if "|" in text else clean(text)
    fence = "`" * (max(map(len, re.findall("`+", shown)), default=0) + 1)
    blank = " " if not shown or "`" in (shown[0], shown[-1]) else ""
    return f"{fence}{blank}{shown}{blank}{fence}"
