"""Activations, clipping, softmax."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flopcalc.dim_values import product
from flopcalc.onnx_graph.operators.elementwise import unary
from flopcalc.onnx_graph.operators.folding import larger, smaller
from flopcalc.onnx_graph.shapes import axis_of, broadcast
from flopcalc.ops.elementwise import (
    ELU,
    GELU,
    HARD_SIGMOID,
    HARD_SWISH,
    LEAKY,
    MISH,
    PRELU,
    RELU,
    RELU6,
    SIGMOID,
    SILU,
    SOFTMAX,
    TANH,
)
from flopcalc.ops.exported import CLIP, CLIP_BELOW
from flopcalc.ops.pointwise import (
    CELU,
    GELU_TANH,
    HARDMAX,
    LOG_SOFTMAX,
    PRELU_GIVEN,
    SELU,
    SHRINK,
    SOFTPLUS,
    SOFTSIGN,
    SWIGLU,
    SWISH,
    THRESHOLDED_RELU,
)
from flopcalc.tensor import Shaped

if TYPE_CHECKING:
    from flopcalc.onnx_graph.node import Node
    from flopcalc.onnx_graph.values import Scalar


def Relu(n: Node) -> None:
    """ai.onnx Relu, versions 1 to 14."""
    unary(n, RELU, lambda x: larger(x, 0))


def Clip(n: Node) -> None:
    """ai.onnx Clip, versions 1 to 13: the bounds are attributes before version 11."""
    n.op = CLIP
    low, high = _bound(n, "min", 1), _bound(n, "max", 2)

    def fold(x: Scalar) -> Scalar:
        for i in (1, 2):
            bound = n.optional(i)
            if bound is not None and bound.scalar() is None:
                raise ArithmeticError
        x = x if low is None else larger(x, low)
        return x if high is None else smaller(x, high)

    if (low, high) == (0, 6):
        unary(n, RELU6, fold)
    elif low is None or high is None:
        unary(n, CLIP_BELOW, fold)
    else:
        unary(n, CLIP, fold)


def _bound(n: Node, name: str, i: int) -> Scalar | None:
    """A bound: a number, or infinite where it is stored but unknown; None where there is none."""
    value = n.optional(i)
    if value is not None:
        found = value.scalar()
        return float("inf") if found is None else found
    return n.number(name)


def LeakyRelu(n: Node) -> None:
    """ai.onnx LeakyRelu, versions 1 to 16."""
    unary(n, LEAKY)


def PRelu(n: Node) -> None:
    """ai.onnx PRelu, versions 1 to 16: the slope is broadcast to the input."""
    n.op = PRELU_GIVEN
    x, slope = n.input(0), n.input(1)
    if x.shape is None:
        unary(n, PRELU_GIVEN)
        return
    own = slope.constant and len(slope.sources) == 1
    if own and x.rank > 1 and product(slope.dims) == x.dims[1]:
        axes = "nc" + x.axes[2:] if x.axes[:2] == "nc" else "nc" + "l" * (x.rank - 2)
        n.op = PRELU
        n.add(PRELU, n.view(x, axes), params=n.params(slope, "weight"))
        return
    if slope.rank <= x.rank or n.version >= 7:
        broadcast(x.dims, slope.dims if slope.rank != 1 or n.version >= 7 else ())
    n.add(PRELU_GIVEN, x, slope, params=n.params(slope, "weight") if slope.constant else ())


def ThresholdedRelu(n: Node) -> None:
    """ai.onnx ThresholdedRelu, versions 10 to 22."""
    unary(n, THRESHOLDED_RELU)


def Elu(n: Node) -> None:
    """ai.onnx Elu, versions 1 to 22."""
    unary(n, ELU)


def Selu(n: Node) -> None:
    """ai.onnx Selu, versions 1 to 22."""
    unary(n, SELU)


def Celu(n: Node) -> None:
    """ai.onnx Celu, versions 12 to 28."""
    unary(n, CELU)


def Sigmoid(n: Node) -> None:
    """ai.onnx Sigmoid, versions 1 to 13."""
    unary(n, SIGMOID)


def HardSigmoid(n: Node) -> None:
    """ai.onnx HardSigmoid, versions 1 to 22."""
    unary(n, HARD_SIGMOID)


def HardSwish(n: Node) -> None:
    """ai.onnx HardSwish, versions 14 to 22."""
    unary(n, HARD_SWISH)


def Swish(n: Node) -> None:
    """ai.onnx Swish, version 24: with α = 1 it is SiLU."""
    alpha = n.number("alpha")
    unary(n, SILU if alpha in (None, 1.0) else SWISH)


def SwiGLU(n: Node) -> None:
    """ai.onnx SwiGLU, version 28: SiLU of the gate, times the value."""
    n.op = SWIGLU
    gate, value = n.input(0), n.input(1)
    broadcast(gate.dims, value.dims)
    n.add(SWIGLU, gate, value)


def Tanh(n: Node) -> None:
    """ai.onnx Tanh, versions 1 to 13."""
    unary(n, TANH)


def Mish(n: Node) -> None:
    """ai.onnx Mish, versions 18 to 22."""
    unary(n, MISH)


def Gelu(n: Node) -> None:
    """ai.onnx Gelu, version 20: by erf, or approximately by tanh."""
    unary(n, GELU_TANH if n.word("approximate", "none") == "tanh" else GELU)


def Softplus(n: Node) -> None:
    """ai.onnx Softplus, versions 1 to 22."""
    unary(n, SOFTPLUS)


def Softsign(n: Node) -> None:
    """ai.onnx Softsign, versions 1 to 22."""
    unary(n, SOFTSIGN)


def Shrink(n: Node) -> None:
    """ai.onnx Shrink, version 9."""
    unary(n, SHRINK)


def Softmax(n: Node) -> None:
    """ai.onnx Softmax, versions 1 to 13; each element is compared, added twice, and divided."""
    unary(n, SOFTMAX)


def Hardmax(n: Node) -> None:
    """ai.onnx Hardmax, versions 1 to 13."""
    unary(n, HARDMAX)


def LogSoftmax(n: Node) -> None:
    """ai.onnx LogSoftmax, versions 1 to 13: rows of all axes from `axis` on before version 13."""
    n.op = LOG_SOFTMAX
    x = n.input(0)
    if x.constant:
        unary(n, LOG_SOFTMAX)
        return
    old = n.version < 13
    axis = axis_of(n.integer("axis", 1 if old else -1), x.rank) if x.rank else 0
    axes = tuple(range(axis, x.rank)) if old else (axis,) * bool(x.rank)
    shapes = [Shaped(x.dims, x.axes)]  # type: ignore[arg-type]  # see tensor.py
    n.add(LOG_SOFTMAX, x, attrs={"axes": axes}, shapes=shapes)
