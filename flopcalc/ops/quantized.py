"""Between floats and integers of a few bits: quantisation and back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flopcalc.formula import Sym
from flopcalc.op import Attrs, Inputs, Op, bind_elements, same_shape
from flopcalc.ops.symbols import E

if TYPE_CHECKING:
    from flopcalc.formula import Env

ZERO = Sym("zero", "1 if there is a zero point", flag=True)


def _bind(inputs: Inputs, outputs: Inputs, attrs: Attrs) -> Env:
    return {**bind_elements(inputs, outputs, attrs), "zero": int(bool(attrs["zero"]))}


QUANTIZE = Op(
    "quantize",
    title="quantisation: x/scale + zero point, clipped to the integers there are",
    cite="Jacob et al. 2017, arXiv:1712.05877, eq. 1; ONNX operator QuantizeLinear",
    shape=same_shape,
    bind=_bind,
    role="precision",
    counts={"div": E, "add": ZERO * E, "cmp": 2 * E},
)
DEQUANTIZE = Op(
    "dequantize",
    title="back from integers: (q - zero point)·scale",
    cite="Jacob et al. 2017, arXiv:1712.05877, eq. 1; ONNX operator DequantizeLinear",
    shape=same_shape,
    bind=_bind,
    role="precision",
    counts={"mul": E, "add": ZERO * E},
)
QUANTIZE_DYNAMIC = Op(
    "quantize",
    kind="dynamic quantize",
    title="quantisation by the smallest and the largest value there is",
    cite="ONNX operator DynamicQuantizeLinear",
    shape=same_shape,
    bind=bind_elements,
    counts={"div": E, "add": E, "cmp": 4 * E},
)
REQUANTIZE = Op(
    "requantize",
    title="an integer sum brought to the scale of its output, clipped",
    cite="Jacob et al. 2017, arXiv:1712.05877, eq. 5; ONNX operators QLinearConv, QLinearMatMul",
    shape=same_shape,
    bind=_bind,
    role="precision",
    counts={"mul": E, "add": ZERO * E, "cmp": 2 * E},
)
