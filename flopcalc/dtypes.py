"""The types of stored and computed values, and how many bits one takes."""

from __future__ import annotations

from flopcalc.errors import InputError, did_you_mean

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


def bits_of(own: str, wanted: str | None) -> int | None:
    """The bits of one value of dtype `own`, or of `wanted` if it is floating; None if unknown."""
    floats = own.startswith(("float", "bfloat"))
    return BITS.get(wanted if wanted and floats else own)
