"""The per-layer report as data: what `flopcalc analyze --json` prints."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flopcalc.engine.convention import is_partial
from flopcalc.engine.symbolic import expressions, integer, written
from flopcalc.reports.common import scale_data, totals_data, uncounted_data

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flopcalc.doc import Cell
    from flopcalc.engine.convention import Convention, Projection
    from flopcalc.engine.count import Analysis
    from flopcalc.engine.peak import Peak
    from flopcalc.engine.rows import Row
    from flopcalc.graph import Model
    from flopcalc.reports.analyze import Line

SCHEMA = "flopcalc.analysis/1"


def formula_text(row: Row) -> str:
    """The Mult-Adds of the layer that a row is about, in the paper's letters."""
    layer = row.carrier.layer
    mac = layer.op.counts.get("mac")
    return mac.algebra(layer.env) if mac else ""


def analysis_data(
    model: Model,
    analysis: Analysis,
    projection: Projection,
    lines: Sequence[Line],
    sizes: Sequence[Cell] = (),
    *,
    peak: Peak | None = None,
) -> dict[str, Any]:
    """The data of the report; `sizes` are the bytes of weights and activations."""
    totals = analysis.totals
    names = ("weight_bytes", "activation_bytes")
    known: dict[str, Any] = {k: n for k, n in zip(names, sizes, strict=False) if n is not None}
    if peak is not None:
        known |= {"peak_activation_bytes": peak.bytes, "peak_layer": peak.layer}
    return {
        "schema": SCHEMA,
        "name": analysis.graph.name,
        "path": model.path,
        "status": totals.status,
        "scale": scale_data(analysis.graph.scale),
        "totals": totals_data(analysis),
        **({"memory": known} if known else {}),
        "projected": {
            "convention": projection.convention.name,
            "unit": projection.convention.unit,
            "operations": integer(projection.operations),
            "params": projection.params,
            "status": projection.status,
            **_symbolic({"operations": projection.operations}),
        },
        "layers": [_layer_data(line, projection.convention) for line in lines],
        "uncounted": uncounted_data(analysis),
        "warnings": list(analysis.graph.warnings),
        **({"notes": list(analysis.graph.notes)} if analysis.graph.notes else {}),
    }


def _symbolic(counts: dict[str, int | None]) -> dict[str, Any]:
    """The member of a JSON object that says what has names in it."""
    found = expressions(counts)
    return {"symbolic": found} if found else {}


def _layer_data(line: Line, convention: Convention) -> dict[str, Any]:
    row = line.row
    layer = row.carrier.layer
    last = row.layers[-1].layer
    data: dict[str, Any] = {
        "name": row.name,
        "op": row.op,
        "kind": row.kind,
        "axes": layer.inputs[0].axes if layer.inputs else "",
        "in": [list(map(written, tensor.shape)) for tensor in row.layers[0].layer.inputs],
        "out": [list(map(written, tensor.shape)) for tensor in last.outputs],
        "mult_adds": integer(row.mult_adds),
        "params": row.params,
        **_symbolic({"mult_adds": row.mult_adds}),
    }
    if row.mult_adds is None:
        del data["mult_adds"]
    if is_partial(row, convention) or row.status == "partial":
        data["status"] = "partial"
    formula = formula_text(row) if row.op != "block" else ""
    if formula:
        data["formula"] = formula
    if layer.where is not None:
        file, number, _, _ = layer.where
        data["where"] = f"{file}:{number}" if number else file
    if convention.weights != {"mac": 1} or row.params != line.params:
        own = {"operations": integer(line.operations), "params": line.params}
        data["projected"] = {**own, **_symbolic({"operations": line.operations})}
    return data
