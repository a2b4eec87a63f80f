"""The per-layer report of one network: its rows and totals."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flopcalc.doc import Block, Column, Doc, Later, Note, Table
from flopcalc.engine.convention import Convention, operations, parameters, project
from flopcalc.engine.count import Analysis
from flopcalc.engine.rows import Row, costly, fold_block, fold_kind, fold_op, fold_screen, rows
from flopcalc.engine.symbolic import weight, written
from flopcalc.errors import InputError, did_you_mean
from flopcalc.record import Record
from flopcalc.reports.common import (
    choose,
    convention_text,
    in_scope,
    scale_text,
    share_of,
    unknown_layer,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from flopcalc.chart import Chart
    from flopcalc.doc import Cell
    from flopcalc.engine.convention import Projection
    from flopcalc.engine.peak import Peak
    from flopcalc.graph import Model

MOST_ROWS = 60
MOST_BLOCKS = 1000  # beyond which a report that nobody asked to be long has the heaviest alone
BY = ("layer", "op", "block", "kind")
_NOUNS = {"layer": "layer", "op": "operation", "block": "block", "kind": "kind"}


class View(Record):
    """Which rows and columns to show.

    `by` folds layers (layer, op, block, kind), `level` is the depth of blocks, `layer` keeps one
    scope, `sort` and `top` order and cut, `columns` chooses, `all` shows what costs nothing,
    `formula` adds the algebra; `asked` is how the user named the model; `unfolded` keeps large
    networks layer by layer, for a program.
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
    unfolded: bool = False
    dtype: str | None = None


class Line(Record):
    """A row of the table, its numbers under the convention, and the totals they are shares of."""

    row: Row
    operations: int | None
    params: int
    total: int
    all_params: int
    dtype: str | None = None
    parts: tuple[Row, ...] = ()  # the rows it takes together, where bytes are asked for


def _formula(line: Line) -> str:
    from flopcalc.reports.analysis_data import formula_text

    return formula_text(line.row)


COLUMNS: dict[str, tuple[Column, Callable[[Line], Cell]]] = {
    "name": (Column("name", "layer"), lambda line: line.row.name),
    "kind": (Column("kind", "kind"), lambda line: line.row.kind),
    "op": (Column("op", "op"), lambda line: line.row.op),
    "in": (Column("in", "input"), lambda line: line.row.in_text),
    "out": (Column("out", "output"), lambda line: line.row.out_text),
    "mult_adds": (Column("mult_adds", "Mult-Adds", "count"), lambda line: written(line.operations)),
    "share": (
        Column("share", "share", "share"),
        lambda line: share_of(line.operations, line.total),
    ),
    "params": (Column("params", "params", "count"), lambda line: line.params),
    "params_share": (
        Column("params_share", "of params", "share"),
        lambda line: share_of(line.params, line.all_params),
    ),
    "weight_bytes": (
        Column("weight_bytes", "weights", "bytes"),
        lambda line: _bytes(line)[0],
    ),
    "activation_bytes": (
        Column("activation_bytes", "activations", "bytes"),
        lambda line: _bytes(line)[1],
    ),
    "formula": (Column("formula", "formula"), _formula),
}
DEFAULT_COLUMNS = ("name", "kind", "in", "out", "mult_adds", "share", "params")
KIND_COLUMNS = ("kind", "mult_adds", "share", "params", "params_share")
SORTS: dict[str, Callable[[Line], tuple[Any, ...]]] = {
    "mult_adds": lambda line: (-weight(line.operations),),
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
    dtype = _dtype(view)
    bytes_asked = dtype is not None or view.unfolded or "activation" in (view.columns or "")
    folded, how = _folded(_part(analysis, view.layer), view)
    whole = bytes_asked and how == "layer" and view.layer is None  # each row is its own part
    parts = {row.carrier.name: row for row in rows(analysis)} if bytes_asked and not whole else {}

    total, all_params = projection.operations, projection.params

    def line(row: Row) -> Line:
        own: tuple[Row, ...] = (row,) if whole else ()
        if parts:
            own = tuple([parts[cost.name] for cost in row.layers if cost.name in parts])
        amount, params = operations(row, convention), parameters(row, convention)
        # at half the time of Line(…)
        return tuple.__new__(Line, (row, amount, params, total, all_params, dtype, own))

    def every() -> Sequence[Line]:
        """A line for each row, hidden or not: few reports ask for all."""
        return shown if view.layer is not None or view.top else [line(row) for row in folded]

    macs_alone = set(convention.weights) == {"mac"}  # then what is free costs nothing
    shown = [line(row) for row in folded if view.all or not (macs_alone and row.free)]
    if not view.all:
        shown = [x for x in shown if _costs(x)]
    hidden, costly = len(folded) - len(shown), len(shown)
    if costly > MOST_BLOCKS and how == "block" and view == View(asked=view.asked, dtype=view.dtype):
        view = view._replace(top=MOST_ROWS)  # names without dots, which nothing folds
    shown = _ordered(shown, view)
    partly = view.layer is not None
    blocks: list[Block] = [_table(shown, every, projection, view, how, part=partly)]
    if not view.unfolded:  # a program reads no notes
        from flopcalc.reports import analysis_notes as notes

        if not view.layer:
            blocks += notes.totals(analysis, projection)
            if dtype is not None or "activation" in (view.columns or ""):
                blocks.append(notes.live(_peak(analysis, dtype)))
        blocks += notes.left_out(view, _NOUNS[how], hidden, costly, len(shown))
        blocks += notes.hint(view.asked or model.path, shown)
        blocks += notes.symbolic(projection)
        blocks += notes.lacks(projection)
    blocks += [Note(text, "warning") for text in (*unmet, *analysis.graph.warnings)]
    subtitle = " · ".join([model.path, scale_text(analysis.graph), convention_text(convention)])
    title = analysis.graph.name

    def data() -> dict[str, Any]:
        from flopcalc.reports.analysis_data import analysis_data  # here: only JSON needs it

        every = [line(row) for row in folded]
        return analysis_data(
            model,
            analysis,
            projection,
            shown if view.top else every,
            _bytes(*every) if bytes_asked else (),
            peak=_peak(analysis, dtype) if bytes_asked and not view.layer else None,
        )

    return Doc(
        title,
        tuple(blocks),
        Later(data),
        subtitle,
        chart=lambda: _chart(analysis, projection, shown),
    )


def _chart(analysis: Analysis, projection: Projection, lines: Sequence[Line]) -> Chart:
    """The operations of the rows shown, as bars coloured by kind."""
    from flopcalc.reports.charts import layers_chart  # here, since few runs draw

    bars = [(line.row.name, line.row.kind, line.operations) for line in lines]
    scale = scale_text(analysis.graph)
    convention = projection.convention
    return layers_chart(analysis.graph.name, scale, bars, convention.unit, projection.operations)


def _part(analysis: Analysis, scope: str | None) -> Analysis:
    """The layers of one scope, with the norms and activations that follow them."""
    if scope is None:
        return analysis
    inside = {
        cost.name
        for row in rows(analysis)
        for cost in row.layers
        if in_scope(row.name, scope) or in_scope(cost.name, scope)
    }
    if not inside:
        raise unknown_layer(scope, [cost.name for cost in analysis.layers])
    return Analysis(analysis.graph, tuple(c for c in analysis.layers if c.name in inside))


def _folded(analysis: Analysis, view: View) -> tuple[tuple[Row, ...], str]:
    """The rows and the way they were folded; more than a screenful fold by block."""
    by = view.by or ("layer" if view.level is None else "block")
    if by not in BY:
        hint = did_you_mean(by, BY)
        raise InputError(f"cannot fold by '{by}'", hint=hint)
    if by != "block" and view.level is not None:
        raise InputError("a level says how deep blocks unfold", hint="use it with --by block")
    if by == "op":
        return fold_op(analysis), by
    if by == "kind":
        return fold_kind(analysis), by
    if by == "block" and view.level is not None:
        return fold_block(analysis, view.level), by
    found = rows(analysis)
    if by == "block":  # one that holds all would tell nothing
        return fold_screen(found, MOST_ROWS, few=2), by
    automatic = not (view.by or view.all or view.layer or view.top or view.unfolded)
    if automatic and costly(found, MOST_ROWS):
        return fold_screen(found, MOST_ROWS), "block"
    return found, by


def _dtype(view: View) -> str | None:
    if view.dtype is None:
        return None
    from flopcalc.dtypes import find_dtype  # here, as below: few ask for bytes

    return find_dtype(view.dtype)


def _bytes(*lines: Line) -> tuple[Cell, Cell]:
    """What the parameters of some lines take, and what their rows hand on."""
    from flopcalc.engine.memory import activation_bytes, weight_bytes

    dtype = lines[0].dtype if lines else None
    weights = weight_bytes([cost for line in lines for cost in line.row.layers], dtype)
    return weights, written(activation_bytes([row for x in lines for row in x.parts], dtype))


def _peak(analysis: Analysis, dtype: str | None) -> Peak | None:
    from flopcalc.engine.peak import peak_activations

    return peak_activations(analysis.graph, dtype)


def _costs(line: Line) -> bool:
    return line.operations != 0 or line.params != 0 or line.row.status == "partial"


def _ordered(lines: list[Line], view: View) -> list[Line]:
    if view.sort is not None or view.top is not None:
        (key,) = choose(view.sort or "mult_adds", SORTS, "order")
        lines = sorted(lines, key=key)
    if view.top is not None and view.top < 1:
        raise InputError(f"the top {view.top} layers are none", hint="for example --top 10")
    return lines[: view.top]


def _table(
    lines: Sequence[Line],
    every: Callable[[], Sequence[Line]],
    projection: Projection,
    view: View,
    how: str,
    *,
    part: bool,
) -> Table:
    keys = KIND_COLUMNS if how == "kind" else DEFAULT_COLUMNS
    if view.dtype:
        keys = (*keys, "weight_bytes", "activation_bytes")
    if view.formula and "formula" not in keys:
        keys = (*keys, "formula")
    chosen = choose(view.columns or ",".join(keys), COLUMNS, "column")
    unit = projection.convention.unit
    columns = tuple(
        column._replace(title=unit) if column.key == "mult_adds" else column for column, _ in chosen
    )
    body = tuple(zip(*[map(cell, lines) for _, cell in chosen], strict=True))
    if part or view.top:
        total = sum(n for line in lines if (n := line.operations) is not None)
        params = sum(line.params for line in lines)
    else:
        total, params = projection.operations, projection.params
    sums: dict[str, Cell] = {
        "mult_adds": written(total),
        "share": share_of(total, projection.operations),
        "params": params,
        "params_share": share_of(params, projection.params),
    }
    if any(column.kind == "bytes" for column in columns):
        sums["weight_bytes"], sums["activation_bytes"] = _bytes(*every())
    sums[columns[0].key] = "shown" if part or view.top else "total"
    partial = frozenset({"mult_adds"} if projection.status == "partial" else ())
    totals = (tuple(sums.get(column.key) for column in columns),)
    return Table(columns, body, totals, bar="share", lower_bounds=partial)
