"""Bytes: what stored parameters take, and what layers hand on, at the dtypes of the file or one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flopcalc.errors import InputError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterable

    from flopcalc.engine.count import LayerCost
    from flopcalc.engine.rows import Row

BITS = {  # of one value
    "complex128": 128,
    **dict.fromkeys(("float64", "int64", "uint64", "complex64"), 64),
    **dict.fromkeys(("float32", "int32", "uint32"), 32),
    **dict.fromkeys(("float16", "bfloat16", "int16", "uint16"), 16),
    **dict.fromkeys(("int8", "uint8", "bool", "float8e8m0"), 8),
    **dict.fromkeys(("float8e4m3fn", "float8e4m3fnuz", "float8e5m2", "float8e5m2fnuz"), 8),
    **dict.fromkeys(("int4", "uint4", "float4e2m1"), 4),
    **dict.fromkeys(("int2", "uint2"), 2),
}
_SHORT = {
    "fp64": "float64",
    "fp32": "float32",
    "fp16": "float16",
    "half": "float16",
    "bf16": "bfloat16",
    "fp8": "float8e4m3fn",
    "fp4": "float4e2m1",
}


def find_dtype(name: str) -> str:
    """The dtype called `name`, by a short name too; raises `InputError` where there is none."""
    found = _SHORT.get(name, name)
    if found not in BITS:
        hint = did_you_mean(name, (*_SHORT, "float32", "float16", "bfloat16", "int8", "int4"))
        raise InputError(f"unknown dtype '{name}'", hint=hint)
    return found


def weight_bytes(costs: Iterable[LayerCost], dtype: str | None = None) -> int | None:
    """What the parameters take, each stored tensor once in whole bytes; None where unknown.

    With a `dtype`, as if all that is stored as floating point were of that one.
    """
    total = 0
    for cost in costs:
        for param in cost.own:
            bits = _bits(param.dtype, dtype)
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
            bits = _bits(tensor.dtype, dtype)
            if bits is None:
                return None
            total += (tensor.elements * bits + 7) // 8
    return total


def _bits(own: str, wanted: str | None) -> int | None:
    floats = own.startswith(("float", "bfloat"))
    return BITS.get(wanted if wanted and floats else own)
