"""An analysis as flat numbers: what the gate compares, and the lock file keeps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flopcalc.budget import Part, Snapshot
from flopcalc.engine.memory import weight_bytes
from flopcalc.engine.rows import rows

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flopcalc.engine.count import Analysis
    from flopcalc.engine.rows import Row
    from flopcalc.tensor import Tensor


def snapshot(
    analysis: Analysis, scale: Mapping[str, Any], dtype: str | None = None, *, peak: bool = False
) -> Snapshot:
    """The counts of `analysis`; a size that is only a name is unknown until it is bound.

    Bytes are as if all floats were of `dtype`; those of live activations are there with `peak`.
    """
    totals = analysis.totals
    parts = tuple(_part(row) for row in rows(analysis) if not row.free)
    reasons = [f"{u.name} ({u.op}): {u.reason}" for u in analysis.uncounted if "mac" in u.counts]
    mult_adds, params = totals.mult_adds, totals.params
    size = weight_bytes(analysis.layers, dtype)
    if not isinstance(mult_adds, int):
        reasons.append(f"Mult-Adds are {mult_adds}: its names want values")
        mult_adds = sum(part.mult_adds or 0 for part in parts)
    if not isinstance(params, int):
        reasons.append(f"params are {params}: its names want values")
        params = sum(part.params for part in parts)
    if not isinstance(size, int):
        size = None
    status = "partial" if reasons else "complete"
    if dtype is not None:
        scale = {**scale, "dtype": dtype}
    counted = Snapshot(
        analysis.graph.name, scale, status, mult_adds, params, size, parts, tuple(reasons)
    )
    if not peak:
        return counted
    from flopcalc.engine.peak import peak_activations  # here, since few ask for it

    found = peak_activations(analysis.graph, dtype)
    if found is None:
        return counted
    return counted._replace(
        peak_activation_bytes=found.bytes, peak_layer=found.layer, peak_where=found.where
    )


def _part(row: Row) -> Part:
    layer = row.carrier.layer
    mult_adds = row.mult_adds
    params: object = row.params  # it may have names, as sizes do: see tensor.py
    known = isinstance(mult_adds, int) and row.status == "complete"
    return Part(
        row.name,
        row.kind,
        _shape(row),
        mult_adds if known else None,
        params if isinstance(params, int) else 0,
        layer.where,
    )


def _shape(row: Row) -> str:
    """`112×112×32 → 112×112×64, 3×3`: the tensors of the layer, and its kernel."""
    layer = row.carrier.layer
    text = f"{_sizes(layer.inputs)} → {_sizes(layer.outputs)}"
    kernel = layer.attrs.get("kernel")
    return f"{text}, {'×'.join(map(str, kernel))}" if isinstance(kernel, tuple) else text


def _sizes(tensors: tuple[Tensor, ...]) -> str:
    if len(tensors) == 1:  # nearly always
        return tensors[0].text()
    return " + ".join([tensor.text() for tensor in tensors])
