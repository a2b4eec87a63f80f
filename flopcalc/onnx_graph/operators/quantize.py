"""Quantisation and back; stored weights stay what they are: the parameters of their float twins."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flopcalc.onnx_graph.proto import DTYPES
from flopcalc.ops.quantized import DEQUANTIZE, QUANTIZE, QUANTIZE_DYNAMIC

if TYPE_CHECKING:
    from flopcalc.onnx_graph.node import Node


def QuantizeLinear(n: Node) -> None:
    """ai.onnx QuantizeLinear, versions 10 to 28."""
    zero = n.optional(2)
    dtype = zero.dtype if zero is not None else DTYPES.get(n.integer("output_dtype", 2), "uint8")
    n.op = QUANTIZE
    x = n.input(0)
    if x.constant:
        n.constant(x.dims, dtype, sources=x.sources)
        return
    n.add(QUANTIZE, x, attrs={"zero": zero is not None}, dtype=dtype)


def DequantizeLinear(n: Node) -> None:
    """ai.onnx DequantizeLinear, versions 10 to 28: a stored weight is stored, not computed."""
    n.op = DEQUANTIZE
    x, scale = n.input(0), n.input(1)
    if x.constant:
        n.constant(x.dims, scale.dtype, sources=x.sources)
        return
    n.add(DEQUANTIZE, x, attrs={"zero": n.has(2)}, dtype=scale.dtype)


def DynamicQuantizeLinear(n: Node) -> None:
    """ai.onnx DynamicQuantizeLinear, version 11: scale and zero point are outputs too."""
    n.op = QUANTIZE_DYNAMIC
    n.add(QUANTIZE_DYNAMIC, n.input(0), dtype="uint8")
    n.give(1, ())
    n.give(2, (), "uint8")
