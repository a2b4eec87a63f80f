"""The terminal: rich lays on colour, wraps sentences, and draws the picture for the README."""

from __future__ import annotations

import re
from io import StringIO
from typing import TYPE_CHECKING, TypeAlias

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from flopcalc.doc import Note, Table
from flopcalc.renderers.cells import clean
from flopcalc.renderers.fit import bar, fit, shorten, wrap
from flopcalc.renderers.grid import GAP, labelled, legend, pad, strips
from flopcalc.renderers.plain import note

if TYPE_CHECKING:
    from flopcalc.doc import Block, Derivation, Doc
    from flopcalc.quantity import Units
    from flopcalc.renderers import View
    from flopcalc.renderers.grid import Strip

Cells: TypeAlias = list[tuple[str, str]]  # text and style

_NARROWEST = 20
_RULE = "─"
_STYLES = {"plain": "", "hint": "dim", "warning": "yellow"}


def render(doc: Doc, view: View) -> str:
    """The document for a terminal `view.width` cells wide; no line is longer.

    In a narrow one the bar goes first, then texts are cut with an ellipsis, then columns are left
    out, which a line below says. Numbers are never cut.
    """
    console = Console(
        file=StringIO(),
        width=view.width and max(view.width, _NARROWEST),
        force_terminal=view.color,
        color_system="truecolor" if view.color else None,
        no_color=not view.color,
        legacy_windows=False,
        highlight=False,
    )
    with console.capture() as capture:
        _print(console, doc, view.units)
    return capture.get()


def terminal_svg(doc: Doc, width: int = 100) -> str:
    """The picture of a terminal `width` cells wide that shows the document."""
    console = Console(
        file=StringIO(),
        width=width,
        record=True,
        force_terminal=True,
        color_system="truecolor",
        no_color=False,
        legacy_windows=False,
        highlight=False,
    )
    _print(console, doc, "auto")
    svg = console.export_svg(title="flopcalc", unique_id="flopcalc")
    return re.sub(r"@font-face \{.*?\}\n", "", svg, flags=re.DOTALL)  # a picture fetches nothing


def _print(console: Console, doc: Doc, units: Units) -> None:
    for text, style in ((doc.title, "bold"), (doc.subtitle, "dim")):
        if text:
            _say(console, clean(text), style)
    before: Block | None = None
    for block in doc.blocks:
        first = before is None and not doc.title and not doc.subtitle
        if not first and not (isinstance(block, Note) and isinstance(before, Note)):
            console.print()
        if isinstance(block, Table):
            _print_table(console, block, units)
        elif isinstance(block, Note):
            for line in note(block):
                _say(console, line, _STYLES[block.level])
        else:
            _print_derivation(console, block)
        before = block
    if doc.draws and doc.chart is not None:
        from flopcalc.renderers.scatter import scatter  # here, since sweeps alone have one

        lines = scatter(doc.chart(), console.width)
        if lines:
            _put(console, Text("\n".join(["", *map(clean, lines)])))


def _print_table(console: Console, table: Table, units: Units) -> None:
    if table.title:
        _say(console, clean(table.title), "bold")
        console.print()
    if not table.columns:
        return
    columns, bar_width, hidden = fit(strips(table, units, cell_len), table.bar, console.width)
    blank = " " * bar_width
    bars = _bars(table, bar_width)
    key = table.bar
    head = _row(columns, [c.title for c in columns], style="bold", drawn=blank, key=key)
    rule = Text(_RULE * min(head.cell_len, console.width), "dim")
    lines = [head, rule]
    for i, drawn in enumerate(bars):
        lines.append(_row(columns, [c.body[i] for c in columns], drawn=drawn, key=key))
    if table.totals:
        lines.append(rule)
    for i in range(len(table.totals)):
        cells = [c.totals[i] for c in columns]
        lines.append(_row(columns, cells, style="bold", drawn=blank, key=key))
    for line in lines:
        line.rstrip()
    _put(console, Text("\n").join(lines))
    if hidden:
        names = ", ".join(clean(c.title) for c in hidden)
        _say(console, f"not shown, the terminal is too narrow: {names}", "dim")


def _row(
    columns: list[Strip],
    cells: list[str],
    *,
    drawn: str,
    key: str | None,
    style: str = "",
) -> Text:
    """One line of a table; what is `drawn` stands to the right of the share column `key`."""
    line = Text(style=style)
    for i, (column, cell) in enumerate(zip(columns, cells, strict=True)):
        shown = shorten(cell, column.width, cell_len, head=column is columns[0])
        line.append(GAP if i else "")
        line.append(pad(shown, column.width, right=column.number, measure=cell_len))
        if drawn and column.column.key == key:
            line.append(GAP + drawn, "cyan")
    return line


def _bars(table: Table, cells: int) -> list[str]:
    """A bar for each row, the largest share `cells` long; blank where there is none."""
    if not cells:
        return [""] * len(table.rows)
    at = [column.key for column in table.columns].index(table.bar or "")
    shares = [0 if c is None or isinstance(c, str) else c for c in (row[at] for row in table.rows)]
    largest = max(shares, default=0)
    return [bar(share, largest, cells).ljust(cells) for share in shares]


def _print_derivation(console: Console, block: Derivation) -> None:
    if block.title:
        _say(console, clean(block.title), "bold")
    for (label, text), line in zip(labelled(block, cell_len), block.lines, strict=True):
        style = "cyan" if line.latex else "bold" if _is_number(text) else ""
        _hang(console, [(GAP + label + (GAP if label else ""), "dim")], text, style)
    if block.legend:
        console.print()
    for head, meaning in legend(block, cell_len):
        _hang(console, [(GAP + head + GAP, "cyan")], meaning, "dim")
    if block.note:
        console.print()
        for part in block.note.split("\n"):
            _hang(console, [(GAP, "")], clean(part), "dim")


def _hang(console: Console, first: Cells, text: str, style: str) -> None:
    """Wrap `text` beside what comes `first`, or below it where little room is left."""
    head = Text.assemble(*first)
    indent = head.cell_len
    if console.width - indent < _NARROWEST // 2:
        console.print(head)
        indent = len(GAP)
        head = Text(" " * indent)
    for i, line in enumerate(wrap(text, console.width - indent, cell_len)):
        start = head if not i else Text(" " * indent)
        _put(console, start.append(line, style))


def _say(console: Console, text: str, style: str) -> None:
    for line in wrap(text, console.width, cell_len):
        _put(console, Text(line, style))


def _put(console: Console, text: Text) -> None:
    """Print lines that fit already: rich would break them between words only."""
    console.print(text, no_wrap=True, overflow="ignore", crop=False)


def _is_number(text: str) -> bool:
    return text.lstrip("=≥ ").replace(",", "").isdigit()
