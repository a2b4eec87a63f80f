"""The comparison of models: layers side by side, ratios beside the paper's 1/N + 1/D_K²."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from flopcalc.doc import Block, Column, Doc, Note, Table
from flopcalc.engine.compare import fold_rows, folded_norm, inverse, ratio
from flopcalc.engine.convention import is_partial, operations, parameters, project
from flopcalc.engine.symbolic import expressions, integer, written
from flopcalc.errors import InputError, did_you_mean
from flopcalc.ops.conv import SAVING
from flopcalc.reports.common import (
    convention_text,
    in_scope,
    scale_data,
    scale_text,
    totals_data,
    unknown_layer,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from fractions import Fraction

    from flopcalc.chart import Chart
    from flopcalc.doc import Cell
    from flopcalc.engine.compare import ComparedRow, Comparison, Side
    from flopcalc.engine.convention import Convention

_Sum: TypeAlias = tuple[int | None, int]

SCHEMA = "flopcalc.comparison/1"
MOST_ROWS = 60


def compare(
    comparison: Comparison,
    convention: Convention,
    *,
    asked: Sequence[str] = (),
    layer: str | None = None,
    by: str | None = None,
    level: int | None = None,
    all: bool = False,
    exit_code: bool = False,
) -> Doc:
    """The report of a comparison; `layer` keeps one scope and sums it, `by` block folds scopes.

    `asked` is how the user named each model; more than a screenful folds by block on its own.

    With `exit_code` a difference makes the document's exit code 1.
    """
    rows = comparison.rows
    if layer is not None:
        rows = tuple(row for row in rows if _within(row, layer))
        if not rows:
            names = [
                name
                for row in comparison.rows
                for side in row.sides
                if side
                for name in side.layers
            ]
            raise unknown_layer(layer, names)
    labels = [chr(ord("A") + i) if i < 26 else f"M{i + 1}" for i in range(len(comparison.models))]
    blocks: list[Block] = []
    sums = _sums(comparison, rows if layer is not None else None, convention)
    if by not in {None, "layer", "block"}:
        raise InputError(f"cannot fold by '{by}'", hint=did_you_mean(by or "", ("layer", "block")))
    many = len(rows) > MOST_ROWS and not (all or layer or by)
    fold = by == "block" or level is not None or many
    shown = fold_rows(rows, 1 if level is None else level) if fold else rows
    table = _layers(shown, convention, labels, sums)
    blocks.append(table)
    if many:
        text = f"{len(rows)} layers folded to blocks: --by layer shows each, --level 2 unfolds"
        blocks.append(Note(text, "hint"))
    blocks.append(_models(comparison, convention, labels, sums, asked))
    blocks += _notes(rows, labels)
    blocks += _warnings(comparison, convention, labels)
    heading = " · ".join(model.analysis.graph.name for model in comparison.models)
    title = f"{heading}{f' · layer {layer}' if layer else ''}"
    code = int(exit_code and comparison.different)
    subtitle = convention_text(convention)
    data = _data(comparison, rows)
    names = [model.analysis.graph.name for model in comparison.models]
    if len(set(names)) < len(names):  # one network at several scales
        scales = [scale_text(model.analysis.graph) for model in comparison.models]
        known = [*asked, *scales[len(asked) :]]
        names = [f"{label} {name}" for label, name in zip(labels, known, strict=True)]
    return Doc(
        title,
        tuple(blocks),
        data,
        subtitle,
        code,
        chart=lambda: _chart(title, names, table, convention),
    )


def _chart(title: str, names: Sequence[str], table: Table, convention: Convention) -> Chart:
    """The rows shown, a bar for each model."""
    from flopcalc.reports.charts import comparison_chart  # here, since few runs draw

    return comparison_chart(title, convention_text(convention), names, table, convention.unit)


def _within(row: ComparedRow, layer: str) -> bool:
    names = [row.scope, *(name for side in row.sides if side for name in side.layers)]
    return any(in_scope(name, layer) for name in names)


def _models(
    comparison: Comparison,
    convention: Convention,
    labels: list[str],
    sums: list[_Sum],
    asked: Sequence[str],
) -> Table:
    """A line for each model: its totals, or those of one layer, and what they are of the first."""
    columns = (
        Column("label", ""),
        Column("model", "model"),
        Column("name", "network"),
        Column("scale", "input"),
        Column("mult_adds", convention.unit, "count"),
        Column("reduction", "reduction", "factor"),
        Column("params", "params", "count"),
        Column("params_reduction", "reduction", "factor"),
    )
    lines: list[tuple[Cell, ...]] = []
    for i, (label, model) in enumerate(zip(labels, comparison.models, strict=True)):
        ours, params = sums[i]
        graph = model.analysis.graph
        fewer = ratio(sums[0][0], ours) if i else None
        smaller = ratio(sums[0][1], params) if i else None
        scale = scale_text(graph).removeprefix("input ")
        name = asked[i] if i < len(asked) else ""
        lines.append((label, name, graph.name, scale, written(ours), fewer, params, smaller))
    return Table(columns, tuple(lines))


def _sums(
    comparison: Comparison, rows: tuple[ComparedRow, ...] | None, convention: Convention
) -> list[_Sum]:
    """Operations (None where incomplete) and parameters of each model, or of its part of `rows`."""
    if rows is not None:
        return [_sum(rows, i, convention) for i in range(len(comparison.models))]
    projections = [project(model.analysis, convention) for model in comparison.models]
    return [(None if p.status == "partial" else p.operations, p.params) for p in projections]


def _sum(rows: tuple[ComparedRow, ...], i: int, convention: Convention) -> _Sum:
    sides = [side for row in rows if (side := row.sides[i])]
    counts = [operations(side.group, convention) for side in sides]
    known = None if None in counts else sum(n for n in counts if n is not None)
    return known, sum(parameters(side.group, convention) for side in sides)


def _layers(
    rows: tuple[ComparedRow, ...], convention: Convention, labels: list[str], sums: list[_Sum]
) -> Table:
    saving = any(row.saving is not None for row in rows)
    unit = convention.unit
    columns = [Column("layer", "layer"), Column("a", f"{labels[0]} {unit}", "count")]
    for label in labels[1:]:
        key = label.lower()
        columns += [
            Column(key, f"{label} {unit}", "count"),
            Column(f"{key}/a", f"{label}/{labels[0]}", "ratio"),
        ]
    if saving:
        columns.append(Column("saving", SAVING.algebra().replace("(D_K·D_K)", "D_K²"), "ratio"))
    columns += [Column(f"reduction_{x.lower()}", f"{x} reduction", "factor") for x in labels[1:]]
    lines = tuple(_line(row, convention, saving=saving) for row in rows)
    totals = _cells("total", [ours for ours, _ in sums], None, saving=saving)
    return Table(tuple(columns), lines, (totals,))


def _line(row: ComparedRow, convention: Convention, *, saving: bool) -> tuple[Cell, ...]:
    counts = [_operations(side, convention) for side in row.sides]
    return _cells(row.scope, counts, row.saving, saving=saving)


def _cells(
    name: str, counts: list[int | None], share: Fraction | None, *, saving: bool
) -> tuple[Cell, ...]:
    ratios = [ratio(n, counts[0]) for n in counts[1:]]
    cells: list[Cell] = [name, written(counts[0])]
    for count, part in zip(counts[1:], ratios, strict=True):
        cells += [written(count), part]
    if saving:
        cells.append(share)
    return (*cells, *(inverse(part) for part in ratios))


def _operations(side: Side | None, convention: Convention) -> int | None:
    if side is None or is_partial(side.group, convention):
        return None
    return operations(side.group, convention)


def _warnings(comparison: Comparison, convention: Convention, labels: list[str]) -> list[Block]:
    """What could not be counted, and what the files warn of, each once."""
    notes: list[Block] = []
    for label, model in zip(labels, comparison.models, strict=True):
        projection = project(model.analysis, convention)
        if projection.status == "partial":
            first = projection.missing[0]
            text = f"{label} is a lower bound: {first.name} ({first.op}): {first.reason}"
            notes.append(Note(text, "warning"))
    for label, model in zip(labels, comparison.models, strict=True):
        notes += [
            Note(f"{label}: {text}")
            for text in model.analysis.graph.notes
            if text.startswith("hypothetical")
        ]
    texts = (text for model in comparison.models for text in model.analysis.graph.warnings)
    return notes + [Note(text, "warning") for text in dict.fromkeys(texts)]


def _notes(rows: tuple[ComparedRow, ...], labels: list[str]) -> list[Block]:
    notes: list[Block] = []
    for i, label in enumerate(labels):
        alone = [row.scope for row in rows if row.match == "none" and row.sides[i]]
        if alone:
            some = ", ".join(alone[:6]) + (f" and {len(alone) - 6} more" if len(alone) > 6 else "")
            notes.append(Note(f"only in {label}: {some}"))
    folded = sum(any(folded_norm(row.sides[0], side) for side in row.sides[1:]) for row in rows)
    if folded:
        what = "layer has its" if folded == 1 else "layers have their"
        notes.append(Note(f"{folded} {what} batch norm folded in on one side: no difference"))
    if any(row.saving is not None for row in rows):
        text = "1/N + 1/D_K²: a depthwise separable convolution's share (Howard et al. 2017, 3.1)"
        notes.append(Note(text, "hint"))
    return notes


def _data(comparison: Comparison, rows: tuple[ComparedRow, ...]) -> dict[str, Any]:
    models = []
    for i, model in enumerate(comparison.models):
        data: dict[str, Any] = {
            "name": model.analysis.graph.name,
            "status": model.analysis.totals.status,
            "scale": scale_data(model.analysis.graph.scale),
            "totals": totals_data(model.analysis),
        }
        if i:
            data["ratio"] = _pair(model.ratio, model.params_ratio)
            data["reduction"] = _pair(model.reduction, model.params_reduction)
        models.append(data)
    return {
        "schema": SCHEMA,
        "different": comparison.different,
        "models": models,
        "rows": [_row_data(row) for row in rows],
    }


def _row_data(row: ComparedRow) -> dict[str, Any]:
    data: dict[str, Any] = {"scope": row.scope, "match": row.match}
    if row.saving is not None:
        data["saving"] = _number(row.saving)
    data["models"] = [_side_data(side) for side in row.sides]
    return data


def _side_data(side: Side | None) -> dict[str, Any] | None:
    if side is None:
        return None
    data: dict[str, Any] = {"layers": list(side.layers), "params": side.params}
    if side.mult_adds is not None:
        data["mult_adds"] = integer(side.mult_adds)
        if symbolic := expressions({"mult_adds": side.mult_adds}):
            data["symbolic"] = symbolic
    if side.group.status == "partial":
        data["status"] = "partial"
    if side.ratio is not None:
        data["ratio"] = _number(side.ratio)
    if side.reduction is not None:
        data["reduction"] = _number(side.reduction)
    return data


def _pair(mult_adds: Fraction | None, params: Fraction | None) -> dict[str, float]:
    parts = {"mult_adds": mult_adds, "params": params}
    return {key: _number(value) for key, value in parts.items() if value is not None}


def _number(value: Fraction) -> float:
    return float(f"{float(value):.6g}")
