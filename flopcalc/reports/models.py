"""The networks that ship: what each costs, found by name, family and cost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flopcalc.doc import Column, Doc, Note, Table
from flopcalc.record import Record

if TYPE_CHECKING:
    from collections.abc import Sequence

SCHEMA = "flopcalc.models/1"


class Entry(Record):
    """A network that ships: the name that finds it, its title and its exact cost."""

    name: str
    title: str
    path: str
    input: str
    mult_adds: int
    params: int


def models(entries: Sequence[Entry], asked: str) -> Doc:
    """A line for each network; `asked` says what was filtered for."""
    columns = (
        Column("name", "name"),
        Column("title", "network"),
        Column("input", "input"),
        Column("mult_adds", "Mult-Adds", "count"),
        Column("params", "params", "count"),
    )
    rows = tuple((e.name, e.title, e.input, e.mult_adds, e.params) for e in entries)
    data: dict[str, Any] = {"schema": SCHEMA, "models": [entry._asdict() for entry in entries]}
    found = "1 network" if len(entries) == 1 else f"{len(entries)} networks"
    hint = Note("'flopcalc analyze NAME' shows one layer by layer", "hint")
    return Doc(f"{found}{asked}", (Table(columns, rows), hint), data)
