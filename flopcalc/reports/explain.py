"""How a number came about: the formula in the paper's letters, with values, and its legend."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flopcalc.doc import Block, Column, Derivation, Doc, Line, Note, Table
from flopcalc.engine.convention import operations, parameters, project
from flopcalc.engine.count import Group
from flopcalc.engine.rows import fold_kind, rows
from flopcalc.engine.symbolic import digits, expressions, fraction, integer, written
from flopcalc.engine.transform import standard_twin
from flopcalc.errors import InputError
from flopcalc.op import OPERATIONS, PARAMETERS
from flopcalc.ops.conv import SAVING
from flopcalc.reports.common import (
    PARAM_WORDS,
    convention_text,
    factor_text,
    in_scope,
    scale_text,
    unknown_layer,
)

if TYPE_CHECKING:
    from flopcalc.engine.convention import Convention
    from flopcalc.engine.count import Analysis, LayerCost
    from flopcalc.engine.pairs import Saving
    from flopcalc.engine.rows import Row
    from flopcalc.formula import Env, Formula
    from flopcalc.graph import Graph, Model

SCHEMA = "flopcalc.explanation/1"
COUNT_WORDS = {
    "mac": "Mult-Adds",
    "add": "additions",
    "mul": "multiplications",
    "div": "divisions",
    "cmp": "comparisons",
    "exp": "transcendentals and roots",
}
MOST_LAYERS = 40


def explain(
    model: Model,
    analysis: Analysis,
    convention: Convention,
    *,
    asked: str,
    layer: str | None = None,
    line: int | None = None,
) -> Doc:
    """The derivation of a layer's, a scope's, or a spec line's counts; without one, of them all.

    `asked` is how the user named the model.

    Raises `InputError` with near names where there is no such layer.
    """
    graph = analysis.graph
    if layer is None and line is None:
        chosen = None
        blocks, data = _overview(analysis, convention, asked)
        title = f"{graph.name}: the formulas in use"
    else:
        chosen = _chosen(analysis, layer, line)
        blocks = [block for cost in chosen[:MOST_LAYERS] for block in _derivations(cost)]
        data = [_layer_data(cost) for cost in chosen]
        if len(chosen) > MOST_LAYERS:
            blocks.append(Note(f"and {len(chosen) - MOST_LAYERS} more layers", "hint"))
        blocks += [*_pairs(graph, chosen), _together(chosen, convention)]
        title = f"{graph.name}: {layer if layer is not None else f'line {line}'}"
    subtitle = " · ".join([model.path, scale_text(graph), convention_text(convention)])
    name = {"name": graph.name, "path": model.path, "convention": convention.name}
    document = Doc(title, tuple(blocks), {"schema": SCHEMA, **name, "layers": data}, subtitle)
    return document if chosen is None else document._replace(rows=_rows(chosen))


def _rows(chosen: list[LayerCost]) -> Table:
    """A line for each count of each layer, for a program."""
    columns = (
        Column("layer", "layer"),
        Column("count", "count"),
        Column("formula", "formula"),
        Column("numbers", "numbers"),
        Column("value", "value", "count"),
    )
    lines = []
    for cost in chosen:
        env = cost.layer.env
        for kind, formula in cost.layer.op.counts.items():
            times = cost.layer.times if kind in OPERATIONS else 1
            value = formula.value(env) * times
            lines.append(
                (cost.name, kind, formula.algebra(env), formula.numbers(env), written(value))
            )
    return Table(columns, tuple(lines))


def _together(chosen: list[LayerCost], convention: Convention) -> Note:
    """What the layers come to under the convention, each part as it was derived."""
    group = Group("", tuple(chosen))
    total = operations(group, convention)
    weights = convention.weights
    counts = {kind: n for kind, n in group.counts.items() if n != 0 and kind in weights}
    terms = [
        f"{weights[k]}·{digits(n)}" if weights[k] != 1 else digits(n) for k, n in counts.items()
    ]
    sum_of = f" = {' + '.join(terms)}" if len(terms) > 1 or max(weights.values()) > 1 else ""
    kinds = group.params_by_kind
    parts = [f"{kinds[k]:,} {PARAM_WORDS[k]}" for k in convention.params if kinds[k]]
    made_of = f" = {' + '.join(parts)}" if len(parts) > 1 else ""
    known = "unknown" if total is None else digits(total)
    return Note(
        f"together {known} {convention.unit}{sum_of if terms else ''}, "
        f"{parameters(group, convention):,} parameters{made_of}"
    )


def _chosen(analysis: Analysis, layer: str | None, line: int | None) -> list[LayerCost]:
    """The layers asked for, those that cost nothing only where nothing else was named."""
    if line is not None:
        found = [c for c in analysis.layers if c.layer.where and c.layer.where.line == line]
        if not found:
            lines = sorted({c.layer.where.line for c in analysis.layers if c.layer.where})
            near = min(lines, key=lambda n: abs(n - line), default=None)
            hint = "an exported graph has no lines: name a layer"
            if near:
                hint = f"the nearest line with layers is {near}"
            raise InputError(f"no layer is born on line {line}", hint=hint)
        return found
    assert layer is not None
    exact = [cost for cost in analysis.layers if cost.name == layer]
    if exact:
        return exact + _followers(analysis, exact[0])
    found = [cost for cost in analysis.layers if in_scope(cost.name, layer)]
    if not found:
        raise unknown_layer(layer, [cost.name for cost in analysis.layers])
    return found


def _followers(analysis: Analysis, cost: LayerCost) -> list[LayerCost]:
    """The norm and activation that a report folds into this layer's row."""
    row: Row | None = next((r for r in rows(analysis) if r.carrier is cost), None)
    return [other for other in row.layers if other is not cost] if row else []


def _derivations(cost: LayerCost) -> list[Block]:
    op, env = cost.layer.op, cost.layer.env
    sides = [", ".join(x.text() for x in cost.layer.inputs)]
    sides += [x.text() for x in cost.layer.outputs[:1]]  # what cannot be counted may lack one
    shapes = " → ".join(side for side in sides if side)
    title = f"{cost.name}: {op.title}" + (f", {shapes}" if shapes else "")
    if op.opaque:
        return [Derivation(title, (), note=f"not counted: {op.opaque}")]
    lines: list[Line] = []
    shown: list[Formula] = []
    for kind in (*OPERATIONS, *PARAMETERS):
        formula = op.counts.get(kind)
        if formula is None or formula.value(env) == 0:
            continue
        word = COUNT_WORDS.get(kind) or PARAM_WORDS[kind]
        times = cost.layer.times if kind in OPERATIONS else 1
        lines += _lines(word, formula, env, times)
        shown.append(formula)
    if not lines:
        return [Derivation(title, (Line("", "nothing is computed and nothing stored"),))]
    return [Derivation(title, tuple(lines), _legend(shown, env), f"source: {op.cite}")]


def _lines(word: str, formula: Formula, env: Env, times: int = 1) -> list[Line]:
    value = formula.value(env) * times
    algebra, numbers, latex = formula.algebra(env), formula.numbers(env), formula.latex(env)
    if times != 1:
        algebra, numbers = f"{times} times {algebra}", f"{times} times {numbers}"
        latex = rf"{times} \times {latex}"
    lines = [Line(word, f"= {algebra}", f"= {latex}")]
    if numbers != f"{value}":
        lines.append(Line("", f"= {numbers}", f"= {_latex_numbers(numbers)}"))
    return [*lines, Line("", f"= {digits(value)}", f"= {digits(value)}".replace(",", "{,}"))]


def _latex_numbers(numbers: str) -> str:
    return numbers.replace("·", r" \cdot ")


def _legend(formulas: list[Formula], env: Env) -> tuple[tuple[str, str, str], ...]:
    symbols = dict.fromkeys(s for formula in formulas for s in formula.symbols(env))
    return tuple((s.name, s.meaning, _value_text(env, s.name)) for s in symbols)


def _value_text(env: Env, name: str) -> str:
    value = env[name]
    return "×".join(map(str, value)) if isinstance(value, tuple) else str(value)


def _pairs(graph: Graph, chosen: list[LayerCost]) -> list[Block]:
    """For a separable pair, what it costs of the standard convolution in its place."""
    names = {cost.name for cost in chosen}
    twin = standard_twin(graph)
    savings = [s for s in (twin.savings if twin else ()) if _both_in(s, names)]
    return [_pair(saving) for saving in savings[:MOST_LAYERS]]


def _both_in(saving: Saving, names: set[str]) -> bool:
    return saving.depthwise.name in names and saving.pointwise.name in names


def _pair(saving: Saving) -> Block:
    env = saving.env
    share = SAVING.value(env)
    numbers = SAVING.numbers(env)
    separable = saving.depthwise.op.counts["mac"].value(saving.depthwise.env)
    separable += saving.pointwise.op.counts["mac"].value(saving.pointwise.env)
    standard = saving.standard.op.counts["mac"].value(saving.standard.env)
    lines = (
        *_lines("standard convolution", saving.standard.op.counts["mac"], saving.standard.env),
        Line("separable", f"= {digits(separable)}"),
        Line("share", f"= {SAVING.algebra(env)}", f"= {SAVING.latex(env)}"),
        Line("", f"= {numbers}", f"= {_latex_numbers(numbers)}"),
        Line("", f"= {float(share):.5g}{_fewer(standard, separable)}"),
    )
    title = f"{saving.depthwise.name} + {saving.pointwise.name} against a standard convolution"
    return Derivation(title, lines, _legend([SAVING], env), "source: Howard et al. 2017, 3.1")


def _fewer(standard: int, separable: int) -> str:
    times = fraction(standard, separable)
    return "" if times is None else f", {factor_text(times)} fewer Mult-Adds"


def _overview(
    analysis: Analysis, convention: Convention, asked: str
) -> tuple[list[Block], list[Any]]:
    """A line for each kind of layer: its formula, how often, and what they add up to."""
    lines: list[tuple[Any, ...]] = []
    formulas: list[Formula] = []
    for row in fold_kind(analysis):
        mac = row.carrier.layer.op.counts.get("mac")
        if row.free:
            continue
        layers = sum(cost.layer.op.kind == row.kind for cost in row.layers)
        known = operations(row, convention)
        algebra = mac.algebra() if mac else ""
        lines.append((row.kind, layers, algebra, written(known), parameters(row, convention)))
        formulas += row.carrier.layer.op.counts.values()
    columns = (
        Column("kind", "kind"),
        Column("layers", "layers", "count"),
        Column("formula", "Mult-Adds of one"),
        Column("mult_adds", convention.unit, "count"),
        Column("params", "params", "count"),
    )
    totals = project(analysis, convention)
    table = Table(
        columns, tuple(lines), (("total", None, None, written(totals.operations), totals.params),)
    )
    symbols = dict.fromkeys(s for formula in formulas for s in formula.symbols())
    legend = tuple((s.name, s.meaning, "") for s in symbols)
    hint = Note(f"'flopcalc explain {asked} LAYER' derives one", "hint")
    data = [dict(zip((c.key for c in columns), line, strict=True)) for line in lines]
    return [table, Derivation("", (), legend), hint], data


def _layer_data(cost: LayerCost) -> dict[str, Any]:
    op, env = cost.layer.op, cost.layer.env
    counts = {
        kind: {
            "formula": formula.algebra(env),
            "numbers": formula.numbers(env),
            "latex": formula.latex(env),
            **_value_data(formula.value(env) * (cost.layer.times if kind in OPERATIONS else 1)),
        }
        for kind, formula in op.counts.items()
    }
    symbols = dict.fromkeys(s for f in op.counts.values() for s in f.symbols(env))
    return {
        "name": cost.name,
        "op": op.name,
        "kind": op.kind,
        "title": op.title,
        "cite": op.cite,
        "times": written(cost.layer.times),
        "counts": counts,
        "symbols": {
            s.name: {"meaning": s.meaning, "value": _json_value(env, s.name)} for s in symbols
        },
    }


def _value_data(value: int) -> dict[str, Any]:
    symbolic = expressions({"value": value})
    return {"value": integer(value), **({"symbolic": symbolic["value"]} if symbolic else {})}


def _json_value(env: Env, name: str) -> Any:  # noqa: ANN401 - an integer, an expression, or a list
    value = env[name]
    return list(map(written, value)) if isinstance(value, tuple) else written(value)
