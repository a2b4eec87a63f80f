"""The report of a change of the lock file: what was added, removed, raised and lowered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flopcalc.budget import METRICS, TITLES
from flopcalc.doc import Block, Column, Doc, Note, Table
from flopcalc.quantity import human_bytes, join
from flopcalc.reports.check import growth_text

if TYPE_CHECKING:
    from flopcalc.budget import Relocked
    from flopcalc.doc import Cell

SCHEMA = "flopcalc.lock-change/1"
_MOST = 20


def relocked(done: Relocked) -> Doc:
    """The document of `flopcalc lock`, `accept` and `tighten`."""
    blocks: list[Block] = []
    if done.steps:
        columns = (
            Column("model", "model"),
            Column("metric", "what"),
            Column("before", "before", "count"),
            Column("after", "now", "count"),
            Column("change", "change"),
        )
        rows = tuple(
            (
                step.model,
                TITLES.get(step.metric, step.metric) + (" limit" if step.text == "limit" else ""),
                _shown(step.metric, step.before),
                _shown(step.metric, step.after),
                growth_text(step.before or 0, step.after or 0),
            )
            for step in done.steps
        )
        blocks.append(Table(columns, rows))
    for words, names in (("added", done.added), ("removed", done.removed)):
        blocks += [Note(f"{words} {name}") for name in names[:_MOST]]
        if len(names) > _MOST:
            blocks.append(Note(f"{words} {len(names) - _MOST} more"))
    blocks += [Note(note) for note in done.notes]
    blocks += [Note(str(error)) for error in done.errors]
    if done.steps or done.added or done.removed:
        blocks.append(Note(f"commit {done.path}", "hint"))
    return Doc(_title(done), tuple(blocks), _data(done), exit_code=2 if done.errors else 0)


def _shown(metric: str, number: int | None) -> Cell:
    """A count; a size in bytes as text."""
    if number is None or METRICS.get(metric) != "bytes":
        return number
    return join(human_bytes(number))


def _title(done: Relocked) -> str:
    parts = []
    if done.steps:
        parts.append(f"{len(done.steps)} changed")
    elif done.added or done.removed:
        parts += [f"{len(done.added)} added", f"{len(done.removed)} removed"]
        parts += [f"{done.kept} as before"] if done.kept else []
    elif not done.errors:
        parts.append("nothing to change")
    if done.errors:
        n = len(done.errors)
        parts.append(f"{n} {'problem' if n == 1 else 'problems'} to mend")
    return f"{done.path}: {', '.join(parts)}"


def _data(done: Relocked) -> dict[str, Any]:
    return {
        "schema": SCHEMA,
        "path": done.path,
        "added": list(done.added),
        "removed": list(done.removed),
        "kept": done.kept,
        "changes": [
            {"model": s.model, "metric": s.metric, "before": s.before, "after": s.after}
            for s in done.steps
        ],
        "warnings": list(done.notes),
        "errors": [error.message for error in done.errors],
    }
