"""Plain text for pipes, files and logs: aligned, never cut, no colour, no box drawing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flopcalc.doc import Note, Table
from flopcalc.renderers.cells import clean
from flopcalc.renderers.grid import GAP, labelled, legend, pad, strips

if TYPE_CHECKING:
    from flopcalc.doc import Block, Derivation, Doc
    from flopcalc.quantity import Units
    from flopcalc.renderers import View


def render(doc: Doc, view: View) -> str:
    """The title, then every block, with a blank line between all but neighbouring notes."""
    lines = [clean(text) for text in (doc.title, doc.subtitle) if text]
    before: Block | None = None
    for block in doc.blocks:
        if lines and not (isinstance(block, Note) and isinstance(before, Note)):
            lines.append("")
        lines += _block(block, view.units)
        before = block
    return "".join(f"{line.rstrip()}\n" for line in lines)


def _block(block: Block, units: Units) -> list[str]:
    if isinstance(block, Table):
        return _table(block, units)
    if isinstance(block, Note):
        return note(block)
    return _derivation(block)


def _table(table: Table, units: Units) -> list[str]:
    columns = strips(table, units)
    title = [clean(table.title), ""] if table.title else []
    if not columns:
        return title
    head = [pad(strip.title, strip.width, right=strip.number) for strip in columns]
    body = [[pad(cell, s.width, right=s.number) for cell in s.body] for s in columns]
    totals = [[pad(cell, s.width, right=s.number) for cell in s.totals] for s in columns]
    lines = [*title, GAP.join(head), *map(GAP.join, zip(*body, strict=True))]
    if table.totals:
        lines += ["", *map(GAP.join, zip(*totals, strict=True))]
    return lines


def _derivation(block: Derivation) -> list[str]:
    lines = [clean(block.title)] if block.title else []
    lines += [f"{GAP}{label}{GAP if label else ''}{text}" for label, text in labelled(block)]
    if block.legend:
        lines += ["", *(f"{GAP}{head}{GAP}{meaning}" for head, meaning in legend(block))]
    if block.note:
        lines += ["", *(GAP + clean(line) for line in block.note.split("\n"))]
    return lines


def note(block: Note) -> list[str]:
    """A note's lines; a warning says that it is one."""
    first = "warning: " if block.level == "warning" else ""
    return [clean(line) for line in (first + block.text).split("\n")]
