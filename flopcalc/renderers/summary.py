"""Markdown for a pull request: whole where it fits, the least important rows left out else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flopcalc.doc import Block, Note, Table
from flopcalc.renderers import markdown

if TYPE_CHECKING:
    from flopcalc.doc import Cell, Doc
    from flopcalc.renderers import View

MOST = 65_535  # characters of a comment or a pull request's text on GitHub
_TEXT = 400  # of one cell or sentence, once something has to go
_MARKS = {"EXCEEDED": "❌ exceeded", "exceeded": "⚠️ exceeded", "unknown": "❓ unknown"}
_MARKS |= {"near": "⚠️ near", "ok": "✅ ok"}


def render(doc: Doc, view: View) -> str:
    """The document as Markdown of at most 65,535 characters; rows go from the end of tables."""
    marked = doc._replace(blocks=tuple(map(_marked, doc.blocks)))
    text = markdown.render(marked, view)
    most = 256
    while len(text) > MOST and most:
        most //= 2
        text = markdown.render(_cut(marked, most), view)
    return text


def _marked(block: Block) -> Block:
    """Outcomes with a sign that is seen at a glance."""
    if not isinstance(block, Table) or block.columns[0].key != "outcome":
        return block
    rows = tuple((_MARKS.get(str(row[0]), row[0]), *row[1:]) for row in block.rows)
    return block._replace(rows=rows)


def _cut(doc: Doc, most: int) -> Doc:
    """At most so many rows of a table, and so many notes."""
    blocks: list[Block] = []
    notes = 0
    for block in doc.blocks:
        if isinstance(block, Table):
            rows = tuple(tuple(map(_short, row)) for row in block.rows[:most])
            blocks.append(block._replace(rows=rows))
            if len(rows) < len(block.rows):
                blocks.append(Note(f"and {len(block.rows) - len(rows)} more rows", "hint"))
        elif isinstance(block, Note):
            notes += 1
            if notes <= most:
                blocks.append(block._replace(text=str(_short(block.text))))
    if notes > most:
        blocks.append(Note(f"and {notes - most} more notes", "hint"))
    return doc._replace(blocks=tuple(blocks), title=str(_short(doc.title)))


def _short(cell: Cell) -> Cell:
    return f"{cell[:_TEXT]}…" if isinstance(cell, str) and len(cell) > _TEXT else cell
