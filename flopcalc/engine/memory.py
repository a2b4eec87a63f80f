"""Bytes: what stored parameters take, and what layers hand on, at the dtypes of the file or one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flopcalc.dtypes import bits_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from flopcalc.engine.count import LayerCost
    from flopcalc.engine.rows import Row


def weight_bytes(costs: Iterable[LayerCost], dtype: str | None = None) -> int | None:
    """What the parameters take, each stored tensor once in whole bytes; None where unknown.

    With a `dtype`, as if all that is stored as floating point were of that one.
    """
    total = 0
    for cost in costs:
        for param in cost.own:
            bits = bits_of(param.dtype, dtype)
            if bits is None:
                return None
            total += (param.elements * bits + 7) // 8
    return total


def activation_bytes(rows: Iterable[Row], dtype: str | None = None) -> int | None:
    """What the rows hand on, added up; None where an output is unknown.

    Norms and activations work in place, and what only moves data hands on what it was given.
    """
    total = 0
    for row in rows:
        if not any(cost.layer.op.counts or cost.layer.op.opaque for cost in row.layers):
            continue
        last = row.layers[-1].layer
        if last.op.opaque and not last.outputs:
            return None
        for tensor in last.outputs:
            bits = bits_of(tensor.dtype, dtype)
            if bits is None:
                return None
            total += (tensor.elements * bits + 7) // 8
    return total
