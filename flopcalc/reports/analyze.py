"""The per-layer report of one network: rows, totals, what separable convolutions saved."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flopcalc.doc import Block, Column, Doc, Later, Note, Table
from flopcalc.engine.convention import Convention, operations, parameters, project
from flopcalc.engine.count import Analysis, count
from flopcalc.engine.pairs import standard_layers
from flopcalc.engine.rows import Row, fold_block, fold_kind, fold_op, fold_screen, rows
from flopcalc.engine.symbolic import (
    digits,
    fraction,
    free_names,
    weight,
    written,
)
from flopcalc.errors import InputError, did_you_mean
from flopcalc.record import Record
from flopcalc.reports.analysis_data import analysis_data, formula_text
from flopcalc.reports.common import (
    PARAM_WORDS,
    choose,
    convention_text,
    count_text,
    factor_text,
    in_scope,
    scale_text,
    unknown_layer,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from flopcalc.chart import Chart
    from flopcalc.doc import Cell
    from flopcalc.engine.convention import Projection
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


COLUMNS: dict[str, tuple[Column, Callable[[Line], Cell]]] = {
    "name": (Column("name", "layer"), lambda line: line.row.name),
    "kind": (Column("kind", "kind"), lambda line: line.row.kind),
    "op": (Column("op", "op"), lambda line: line.row.op),
    "in": (Column("in", "input"), lambda line: line.row.in_text),
    "out": (Column("out", "output"), lambda line: line.row.out_text),
    "mult_adds": (Column("mult_adds", "Mult-Adds", "count"), lambda line: written(line.operations)),
    "share": (
        Column("share", "share", "share"),
        lambda line: _share(line.operations, line.total),
    ),
    "params": (Column("params", "params", "count"), lambda line: line.params),
    "params_share": (
        Column("params_share", "of params", "share"),
        lambda line: _share(line.params, line.all_params),
    ),
    "weight_bytes": (
        Column("weight_bytes", "weights", "bytes"),
        lambda line: _bytes(line)[0],
    ),
    "activation_bytes": (
        Column("activation_bytes", "activations", "bytes"),
        lambda line: _bytes(line)[1],
    ),
    "formula": (Column("formula", "formula"), lambda line: formula_text(line.row)),
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
    lines = [
        Line(
            row,
            operations(row, convention),
            parameters(row, convention),
            projection.operations,
            projection.params,
            dtype,
            (row,) if whole else tuple(parts[c.name] for c in row.layers if c.name in parts),
        )
        for row in folded
    ]
    shown = lines if view.all else [line for line in lines if _costs(line)]
    hidden, costly = len(lines) - len(shown), len(shown)
    if costly > MOST_BLOCKS and how == "block" and view == View(asked=view.asked, dtype=view.dtype):
        view = view._replace(top=MOST_ROWS)  # names without dots, which nothing folds
    shown = _ordered(shown, view)
    partly = view.layer is not None
    every = shown if partly or view.top else lines
    blocks: list[Block] = [_table(shown, every, projection, view, how, part=partly)]
    if not view.layer:
        blocks.append(Note(_exact(analysis, projection)))
        blocks += [Note(text) for text in analysis.graph.notes]
        blocks += _saved(analysis, convention)
    blocks += _left_out(view, how, hidden, costly, len(shown))
    blocks += _hint(view.asked or model.path, shown)
    if free := free_names(projection.operations):
        values = ",".join(f"{_quoted(name)}=1" for name in free)
        blocks.append(Note(f"named dimensions stay symbolic: --dim {values} gives values", "hint"))
    blocks += _lacks(projection)
    blocks += [Note(text, "warning") for text in (*unmet, *analysis.graph.warnings)]
    subtitle = " · ".join([model.path, scale_text(analysis.graph), convention_text(convention)])
    title = analysis.graph.name
    return Doc(
        title,
        tuple(blocks),
        Later(
            lambda: analysis_data(
                model,
                analysis,
                projection,
                shown if view.top else lines,
                _bytes(*lines) if bytes_asked else (),
            )
        ),
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
    if by == "block":
        return fold_block(analysis, 1 if view.level is None else view.level), by
    found = rows(analysis)
    automatic = not (view.by or view.all or view.layer or view.top or view.unfolded)
    if automatic and sum(not row.free for row in found) > MOST_ROWS:
        return fold_screen(analysis, MOST_ROWS), "block"
    return found, by


def _dtype(view: View) -> str | None:
    if view.dtype is None:
        return None
    from flopcalc.engine.memory import find_dtype  # here, as below: few ask for bytes

    return find_dtype(view.dtype)


def _bytes(*lines: Line) -> tuple[Cell, Cell]:
    """What the parameters of some lines take, and what their rows hand on."""
    from flopcalc.engine.memory import activation_bytes, weight_bytes

    dtype = lines[0].dtype if lines else None
    weights = weight_bytes([cost for line in lines for cost in line.row.layers], dtype)
    return weights, written(activation_bytes([row for x in lines for row in x.parts], dtype))


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
    every: Sequence[Line],
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
    body = tuple(tuple(cell(line) for _, cell in chosen) for line in lines)
    if part or view.top:
        total = sum(n for line in lines if (n := line.operations) is not None)
        params = sum(line.params for line in lines)
    else:
        total, params = projection.operations, projection.params
    sums: dict[str, Cell] = {
        "mult_adds": written(total),
        "share": _share(total, projection.operations),
        "params": params,
        "params_share": _share(params, projection.params),
    }
    if any(column.kind == "bytes" for column in columns):
        sums["weight_bytes"], sums["activation_bytes"] = _bytes(*every)
    sums[columns[0].key] = "shown" if part or view.top else "total"
    partial = frozenset({"mult_adds"} if projection.status == "partial" else ())
    totals = (tuple(sums.get(column.key) for column in columns),)
    return Table(columns, body, totals, bar="share", lower_bounds=partial)


def _left_out(view: View, how: str, hidden: int, costly: int, shown: int) -> list[Block]:
    """What the table does not show, and which option would."""
    noun = _NOUNS[how]
    notes: list[Block] = []
    if how == "block" and view.by is None and view.level is None:
        notes.append(Note("folded to blocks: --by layer shows each layer", "hint"))
    if shown < costly:
        notes.append(Note(f"{shown} of {costly} {noun}s that cost something", "hint"))
    elif hidden and not view.layer:
        rest = f"1 more {noun}" if hidden == 1 else f"{hidden} more {noun}s"
        notes.append(Note(f"{rest} without cost: --all lists them", "hint"))
    return notes


def _hint(asked: str, shown: Sequence[Line]) -> list[Block]:
    """How to derive the heaviest layer that is shown."""
    costs = [cost for line in shown for cost in line.row.layers if weight(cost.mult_adds)]
    if not costs or asked.startswith("-"):  # standard input is read already
        return []
    name = max(costs, key=lambda cost: weight(cost.mult_adds)).name
    command = f"flopcalc explain {_quoted(asked)} {_quoted(name)}"
    return [Note(f"derive the heaviest layer: {command}", "hint")]


def _quoted(word: str) -> str:
    plain = word.translate(str.maketrans("", "", "/._-@=,:")).isalnum() and word.isascii()
    return word if plain else "'" + word.replace("'", "'\\''") + "'"


def _lacks(projection: Projection) -> list[Block]:
    """What could not be counted."""
    notes: list[Block] = []
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
        f"exactly {sign}{digits(projection.operations)} {projection.convention.unit} and "
        f"{projection.params:,} parameters ({', '.join(parts) or 'none'}{apart})"
    )


def _saved(analysis: Analysis, convention: Convention) -> list[Block]:
    """What the network's separable pairs save against standard convolutions."""
    pairs, layers = standard_layers(analysis.graph)
    own = project(analysis, convention)
    if not pairs or own.operations == 0 or not own.params:
        return []
    standard = project(count(analysis.graph._replace(layers=layers)), convention)
    more = _share(standard.operations, own.operations)
    times = f", {factor_text(more)} as many" if more is not None else ""
    text = (
        f"standard convolutions instead of the {pairs} depthwise separable "
        f"{'pair' if pairs == 1 else 'pairs'} would take {count_text(standard.operations)} "
        f"{convention.unit}{times}, and "
        f"{factor_text(standard.params / own.params)} the parameters"
    )
    return [Note(text)]


def _share(part: int | None, whole: int) -> float | None:
    if type(part) is int and type(whole) is int:
        return part / whole if whole else None
    found = fraction(part, whole)
    return None if found is None else float(found)
