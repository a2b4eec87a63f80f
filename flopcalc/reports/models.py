"""The networks that ship: what each costs and how accurate it is known to be."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flopcalc.doc import Column, Doc, Note, Table
from flopcalc.errors import InputError
from flopcalc.record import Record

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flopcalc.chart import Chart
    from flopcalc.doc import Cell
    from flopcalc.quantity import Quantity

SCHEMA = "flopcalc.models/1"


class Entry(Record):
    """A network that ships: the name that finds it, its title, family and exact cost.

    `top1` is the best ImageNet accuracy that is published of it, by `source`.
    """

    name: str
    title: str
    family: str
    path: str
    input: str
    mult_adds: int
    params: int
    top1: Quantity | None = None
    source: str = ""


def models(entries: Sequence[Entry], asked: str, *, sort: str = "name") -> Doc:
    """A line for each network; `asked` says what was filtered for."""
    columns = [
        Column("name", "name"),
        Column("title", "network"),
        Column("input", "input"),
        Column("mult_adds", "Mult-Adds", "count"),
        Column("params", "params", "count"),
        Column("top1", "top-1", "share"),
    ]
    by_accuracy, by_family = sort == "top1", sort == "family"
    columns += [Column("source", "published by")] if by_accuracy else []
    columns[:0] = [Column("family", "family")] if by_family else []
    rows: list[tuple[Cell, ...]] = []
    for e in entries:
        row: list[Cell] = [e.name, e.title, e.input, e.mult_adds, e.params, _share(e.top1)]
        row += [e.source] if by_accuracy else []
        row[:0] = [e.family] if by_family else []
        rows.append(tuple(row))
    data: dict[str, Any] = {"schema": SCHEMA, "models": [_data(entry) for entry in entries]}
    found = "1 network" if len(entries) == 1 else f"{len(entries)} networks"
    hint = Note("'flopcalc analyze NAME' shows one layer by layer", "hint")
    if len(entries) > 1:
        names = f"{entries[0].name} {entries[1].name}"
        hint = Note(f"{hint.text}, 'flopcalc compare {names}' two side by side", "hint")
    table = Table(tuple(columns), tuple(rows))
    if not entries:
        few = Note("none is within these limits; a limit may have a unit: mult_adds=300M", "hint")
        return Doc(f"{found}{asked}", (few,), data, rows=table, chart=lambda: _chart(entries))
    return Doc(f"{found}{asked}", (table, hint), data, chart=lambda: _chart(entries))


def _chart(entries: Sequence[Entry]) -> Chart:
    from flopcalc.reports.models_chart import models_chart  # here, since few runs draw

    if not entries:
        raise InputError("no networks to draw", hint="fewer limits")
    return models_chart(entries)


def _share(top1: Quantity | None) -> Cell:
    from fractions import Fraction

    return None if top1 is None else Fraction(*top1.as_integer_ratio())


def _data(entry: Entry) -> dict[str, Any]:
    data = entry._asdict()
    if entry.top1 is None:
        del data["top1"], data["source"]
    else:
        top, bottom = entry.top1.as_integer_ratio()
        data["top1"] = top / bottom
    return data
