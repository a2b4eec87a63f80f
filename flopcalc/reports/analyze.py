"""The per-layer report of one network: rows, totals, what separable convolutions saved."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flopcalc.doc import Block, Column, Doc, Note, Table
from flopcalc.engine.convention import Convention, is_partial, operations, parameters, project
from flopcalc.engine.count import count
from flopcalc.engine.pairs import standard_layers
from flopcalc.engine.rows import Row, fold_block, fold_kind, fold_op, rows
from flopcalc.errors import InputError, did_you_mean
from flopcalc.record import Record
from flopcalc.reports.common import (
    PARAM_WORDS,
    choose,
    convention_text,
    count_text,
    factor_text,
    scale_data,
    scale_text,
    select,
    totals_data,
    uncounted_data,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from flopcalc.doc import Cell
    from flopcalc.engine.convention import Projection
    from flopcalc.engine.count import Analysis
    from flopcalc.graph import Model

SCHEMA = "flopcalc.analysis/1"
MOST_ROWS = 60
BY = ("layer", "op", "block", "kind")


class View(Record):
    """Which rows and columns to show.

    `by` folds layers (layer, op, block, kind), `level` is the depth of blocks, `layer` keeps one
    scope, `sort` and `top` order and cut, `columns` chooses, `all` shows what costs nothing,
    `formula` adds the algebra; `asked` is how the user named the model.
    """

    by: str | None = None
    level: int | None = None
    layer: str | None = None
    sort: str | None = None
    top: int | None = None
    columns: str | None = None
    all: bool = False
    formula: bool = False
    asked: str = ""


class _Line(Record):
    row: Row
    operations: int | None
    params: int
    total: int
    all_params: int


COLUMNS: dict[str, tuple[Column, Callable[[_Line], Cell]]] = {
    "name": (Column("name", "layer"), lambda line: line.row.name),
    "kind": (Column("kind", "kind"), lambda line: line.row.kind),
    "op": (Column("op", "op"), lambda line: line.row.op),
    "in": (Column("in", "input"), lambda line: line.row.in_text),
    "out": (Column("out", "output"), lambda line: line.row.out_text),
    "mult_adds": (Column("mult_adds", "Mult-Adds", "count"), lambda line: line.operations),
    "share": (
        Column("share", "share", "share"),
        lambda line: _share(line.operations, line.total),
    ),
    "params": (Column("params", "params", "count"), lambda line: line.params),
    "params_share": (
        Column("params_share", "of params", "share"),
        lambda line: _share(line.params, line.all_params),
    ),
    "formula": (Column("formula", "formula"), lambda line: _formula(line.row)),
}
DEFAULT_COLUMNS = ("name", "kind", "in", "out", "mult_adds", "share", "params")
KIND_COLUMNS = ("kind", "mult_adds", "share", "params", "params_share")
SORTS: dict[str, Callable[[_Line], tuple[Any, ...]]] = {
    "mult_adds": lambda line: (-(line.operations or 0),),
    "params": lambda line: (-line.params,),
    "name": lambda line: (line.row.name,),
    "kind": lambda line: (line.row.kind,),
}


def analyze(
    model: Model,
    analysis: Analysis,
    convention: Convention,
    view: View,
    unmet: Sequence[str] = (),
) -> Doc:
    """The report of `analysis`, the count of `model`; `unmet` is what the model expected.

    Raises `InputError` for a layer, column or order that there is not.
    """
    projection = project(analysis, convention)
    folded, how = _folded(analysis, view)
    if view.layer:
        folded = select(folded, view.layer, [c.name for c in analysis.layers])
    lines = [
        _Line(
            row,
            operations(row, convention),
            parameters(row, convention),
            projection.operations,
            projection.params,
        )
        for row in folded
    ]
    shown = lines if view.all else [line for line in lines if _costs(line)]
    hidden = len(lines) - len(shown)
    shown = _ordered(shown, view)
    blocks: list[Block] = [_table(shown, projection, view, how, part=view.layer is not None)]
    blocks += _notes(analysis, projection, view, hidden)
    if not view.layer:
        blocks += _saved(analysis, convention)
    blocks += [Note(text, "warning") for text in (*unmet, *analysis.graph.warnings)]
    if how != "kind" and shown:
        name = max(shown, key=lambda line: line.operations or 0).row.name
        heaviest = f"'flopcalc explain {view.asked or model.path} {name}' derives the heaviest"
        blocks.append(Note(heaviest, "hint"))
    subtitle = " · ".join([model.path, scale_text(analysis.graph), convention_text(convention)])
    title = analysis.graph.name
    return Doc(title, tuple(blocks), _data(model, analysis, projection, lines), subtitle)


def _folded(analysis: Analysis, view: View) -> tuple[tuple[Row, ...], str]:
    """The rows and the way they were folded; more than a screenful fold by block."""
    by = view.by or ("layer" if view.level is None else "block")
    if by not in BY:
        hint = did_you_mean(by, BY)
        raise InputError(f"cannot fold by '{by}'", hint=hint)
    if by == "op":
        return fold_op(analysis), by
    if by == "kind":
        return fold_kind(analysis), by
    if by == "block":
        return fold_block(analysis, 1 if view.level is None else view.level), by
    found = rows(analysis)
    automatic = not (view.by or view.all or view.layer or view.top)
    if automatic and sum(not row.free for row in found) > MOST_ROWS:
        return fold_block(analysis, 1), "block"
    return found, by


def _costs(line: _Line) -> bool:
    return line.operations != 0 or line.params != 0 or line.row.status == "partial"


def _ordered(lines: list[_Line], view: View) -> list[_Line]:
    if view.sort is not None or view.top is not None:
        (key,) = choose(view.sort or "mult_adds", SORTS, "order")
        lines = sorted(lines, key=key)
    if view.top is not None and view.top < 1:
        raise InputError(f"the top {view.top} layers are none", hint="for example --top 10")
    return lines[: view.top]


def _table(
    lines: Sequence[_Line], projection: Projection, view: View, how: str, *, part: bool
) -> Table:
    keys = KIND_COLUMNS if how == "kind" else DEFAULT_COLUMNS
    if view.formula and "formula" not in keys:
        keys = (*keys, "formula")
    chosen = choose(view.columns or ",".join(keys), COLUMNS, "column")
    unit = projection.convention.unit
    columns = tuple(
        column._replace(title=unit) if column.key == "mult_adds" else column for column, _ in chosen
    )
    body = tuple(tuple(cell(line) for _, cell in chosen) for line in lines)
    if part or view.top:
        total = sum(line.operations or 0 for line in lines)
        params = sum(line.params for line in lines)
    else:
        total, params = projection.operations, projection.params
    sums: dict[str, Cell] = {
        "mult_adds": total,
        "share": _share(total, projection.operations),
        "params": params,
        "params_share": _share(params, projection.params),
    }
    sums[columns[0].key] = "shown" if part or view.top else "total"
    partial = frozenset({"mult_adds"} if projection.status == "partial" else ())
    totals = (tuple(sums.get(column.key) for column in columns),)
    return Table(columns, body, totals, bar="share", lower_bounds=partial)


def _notes(analysis: Analysis, projection: Projection, view: View, hidden: int) -> list[Block]:
    notes: list[Block] = [] if view.layer else [Note(_exact(analysis, projection))]
    if hidden and not view.layer:
        rest = "1 more layer" if hidden == 1 else f"{hidden} more layers"
        notes.append(Note(f"{rest} without cost: --all lists them", "hint"))
    for lack in projection.missing[:10]:
        text = f"not counted: {lack.name} ({lack.op}): {lack.reason}"
        notes.append(Note(text, "warning"))
    if len(projection.missing) > 10:
        notes.append(Note(f"and {len(projection.missing) - 10} more are not counted", "warning"))
    return notes


def _exact(analysis: Analysis, projection: Projection) -> str:
    """The totals to the last digit, parameters by kind."""
    kinds = analysis.totals.params_by_kind
    params = projection.convention.params
    parts = [f"{kinds[k]:,} {PARAM_WORDS[k]}" for k in params if kinds[k]]
    rest = [f"{n:,} {PARAM_WORDS[k]}" for k, n in kinds.items() if n and k not in params]
    apart = f"; not counted: {' and '.join(rest)}" if rest else ""
    sign = "≥ " if projection.status == "partial" else ""
    return (
        f"exactly {sign}{projection.operations:,} {projection.convention.unit} and "
        f"{projection.params:,} parameters ({', '.join(parts) or 'none'}{apart})"
    )


def _saved(analysis: Analysis, convention: Convention) -> list[Block]:
    """What the network's separable pairs save against standard convolutions."""
    pairs, layers = standard_layers(analysis.graph)
    own = project(analysis, convention)
    if not pairs or not own.operations or not own.params:
        return []
    standard = project(count(analysis.graph._replace(layers=layers)), convention)
    times = factor_text(standard.operations / own.operations)
    text = (
        f"standard convolutions instead of the {pairs} depthwise separable "
        f"{'pair' if pairs == 1 else 'pairs'} would take {count_text(standard.operations)} "
        f"{convention.unit}, {times} as many, and "
        f"{factor_text(standard.params / own.params)} the parameters"
    )
    return [Note(text)]


def _share(part: int | None, whole: int) -> float | None:
    return None if part is None or not whole else part / whole


def _formula(row: Row) -> str:
    layer = row.carrier.layer
    mac = layer.op.counts.get("mac")
    return mac.algebra(layer.env) if mac else ""


def _data(
    model: Model, analysis: Analysis, projection: Projection, lines: Sequence[_Line]
) -> dict[str, Any]:
    totals = analysis.totals
    return {
        "schema": SCHEMA,
        "name": analysis.graph.name,
        "path": model.path,
        "status": totals.status,
        "scale": scale_data(analysis.graph.scale),
        "totals": totals_data(analysis),
        "projected": {
            "convention": projection.convention.name,
            "unit": projection.convention.unit,
            "operations": projection.operations,
            "params": projection.params,
            "status": projection.status,
        },
        "layers": [_layer_data(line, projection.convention) for line in lines],
        "uncounted": uncounted_data(analysis),
        "warnings": list(analysis.graph.warnings),
    }


def _layer_data(line: _Line, convention: Convention) -> dict[str, Any]:
    row = line.row
    layer = row.carrier.layer
    last = row.layers[-1].layer
    data: dict[str, Any] = {
        "name": row.name,
        "op": row.op,
        "kind": row.kind,
        "axes": layer.inputs[0].axes if layer.inputs else "",
        "in": [list(tensor.shape) for tensor in row.layers[0].layer.inputs],
        "out": [list(tensor.shape) for tensor in last.outputs],
        "mult_adds": row.mult_adds,
        "params": row.params,
    }
    if row.mult_adds is None:
        del data["mult_adds"]
    if is_partial(row, convention) or row.status == "partial":
        data["status"] = "partial"
    formula = _formula(row) if row.op != "block" else ""
    if formula:
        data["formula"] = formula
    if layer.where is not None:
        data["where"] = f"{layer.where.file}:{layer.where.line}"
    if convention.weights != {"mac": 1} or row.params != line.params:
        data["projected"] = {"operations": line.operations, "params": line.params}
    return data
