"""Functions of each element, and arithmetic between elements, that only exported graphs have."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flopcalc.formula import Sym
from flopcalc.op import Attrs, Inputs, Op, Role, bind_elements, same_shape
from flopcalc.ops.elementwise import broadcast
from flopcalc.ops.symbols import A, E
from flopcalc.tensor import Shaped, product

if TYPE_CHECKING:
    from flopcalc.formula import Env, Formula

S = Sym("S", "elements of a row")
M = Sym("M", "rows of a square matrix")
U = Sym("U", "updated elements, or those of the input")

_TITLES = {
    "add": "one addition an element",
    "mul": "one multiplication an element",
    "div": "one division an element",
    "cmp": "one comparison, logical operation or rounding an element",
    "exp": "one transcendental function or root an element",
}
_made: dict[tuple[str, str, bool], Op] = {}


def snake(operator: str) -> str:
    """An operator's name as an op's: `BitwiseAnd` → `bitwise_and`, `ScatterND` → `scatter_nd`."""
    name = before = ""
    for c in operator.replace("NaN", "Nan").replace("PRelu", "Prelu"):
        name += f"_{c.lower()}" if c.isupper() and name and not before.isupper() else c.lower()
        before = c
    return name


def each(operator: str, kind: str) -> Op:
    """The op of an ONNX operator that does one operation of this kind on each element."""
    return _simple(operator, kind, between=False)


def between(operator: str, kind: str) -> Op:
    """The op of an ONNX operator that does one operation of this kind between operands."""
    return _simple(operator, kind, between=True)


def _simple(operator: str, kind: str, *, between: bool) -> Op:
    key = (operator, kind, between)
    found = _made.get(key)
    if found is None:
        found = _made[key] = Op(
            snake(operator),
            title=_TITLES[kind],
            cite=f"ONNX operator {operator}",
            shape=broadcast if between else same_shape,
            bind=_bind_between if between else bind_elements,
            counts={kind: A * E if between else E},
        )
    return found


def _bind_between(inputs: Inputs, outputs: Inputs, attrs: Attrs) -> Env:
    return {**bind_elements(inputs, outputs, attrs), "A": len(inputs) - 1}


def _op(
    name: str,
    counts: dict[str, Formula],
    *,
    title: str,
    operator: str,
    kind: str | None = None,
    role: Role = "activation",
) -> Op:
    """An op without parameters on each element."""
    return Op(
        name,
        kind=kind,
        title=title,
        cite=f"ONNX operator {operator}",
        role=role,
        shape=same_shape,
        bind=bind_elements,
        counts=counts,
    )


SIGN = _op("sign", {"cmp": 2 * E}, title="sign", operator="Sign", role="other")
SQUARE = _op("pow", {"mul": E}, title="square", operator="Pow", kind="square", role="other")
CUBE = _op("pow", {"mul": 2 * E}, title="cube", operator="Pow", kind="cube", role="other")
SOFTPLUS = _op(
    "softplus", {"exp": 2 * E, "add": E}, title="softplus: log(1 + exp(x))", operator="Softplus"
)
SOFTSIGN = _op(
    "softsign",
    {"cmp": E, "add": E, "div": E},
    title="softsign: x/(1 + |x|)",
    operator="Softsign",
)
SELU = _op(
    "selu",
    {"cmp": E, "mul": 2 * E, "add": E, "exp": E},
    title="SELU: γ·x, below 0 γ·(α·exp(x) - α)",
    operator="Selu",
)
CELU = _op(
    "celu",
    {"cmp": E, "mul": E, "add": E, "div": E, "exp": E},
    title="CELU: x, below 0 α·(exp(x/α) - 1)",
    operator="Celu",
)
SHRINK = _op(
    "shrink",
    {"cmp": 2 * E, "add": E},
    title="shrink: x ± bias outside ±λ, else 0",
    operator="Shrink",
)
THRESHOLDED_RELU = _op(
    "thresholded_relu", {"cmp": E}, title="ReLU above a threshold", operator="ThresholdedRelu"
)
GELU_TANH = _op(
    "gelu",
    {"mul": 6 * E, "add": 2 * E, "exp": E},
    title="GELU: x/2·(1 + tanh(√(2/π)·(x + 0.044715·x³)))",
    operator="Gelu with approximate='tanh'",
    kind="GELU by tanh",
)
SWISH = _op(
    "swish",
    {"mul": 2 * E, "exp": E, "add": E, "div": E},
    title="swish: x·sigmoid(α·x), α not 1",
    operator="Swish",
)
SWIGLU = _op(
    "swiglu",
    {"mul": 2 * E, "exp": E, "add": E, "div": E},
    title="SwiGLU: swish of the gate, times the value",
    operator="SwiGLU",
)
PRELU_GIVEN = _op(
    "prelu",
    {"cmp": E, "mul": E},
    title="PReLU: leaky ReLU with slopes of any broadcast shape",
    operator="PRelu",
    kind="PReLU of broadcast slopes",
)
HARDMAX = _op(
    "hardmax", {"cmp": E}, title="hardmax: 1 at the largest", operator="Hardmax", role="other"
)


def _rows(inputs: Inputs, outputs: Inputs, attrs: Attrs) -> Env:
    """E, and S: the elements of one row, over the axes of `attrs`."""
    axes = attrs["axes"]
    assert isinstance(axes, tuple)
    shape = inputs[0].shape
    return {
        **bind_elements(inputs, outputs, attrs),
        "S": product(tuple(shape[i] for i in axes if isinstance(i, int))) or 1,
    }


LOG_SOFTMAX = Op(
    "log_softmax",
    title="logarithm of softmax: the largest and the log of the sum taken off each element",
    cite="ONNX operator LogSoftmax; one logarithm a row of S elements",
    shape=same_shape,
    bind=_rows,
    counts={"cmp": E, "add": 3 * E, "exp": E + E / S},
)
MEAN = Op(
    "mean",
    title="elementwise mean of several tensors",
    cite="ONNX operator Mean",
    shape=broadcast,
    bind=_bind_between,
    counts={"add": A * E, "div": E},
)


def _swapped(inputs: Inputs, attrs: Attrs) -> tuple[Shaped, ...]:  # noqa: ARG001 - an Op.shape
    shape = inputs[0].shape[:-2]
    return (Shaped(shape, "nlc"[: len(shape)] if len(shape) < 4 else "n" * len(shape)),)


def _det_bind(inputs: Inputs, outputs: Inputs, attrs: Attrs) -> Env:
    return {**bind_elements(inputs, outputs, attrs), "M": inputs[0].shape[-1]}


DET = Op(
    "det",
    title="determinant of each square matrix",
    cite="ONNX operator Det, by Gaussian elimination: (M³ - M)/3 - M·(M - 1)/2 products and sums",
    shape=_swapped,
    bind=_det_bind,
    counts={
        "mul": E * (M * (M - 1) * (2 * M - 1) / 6 + M - 1),
        "add": E * (M * (M - 1) * (2 * M - 1) / 6),
        "div": E * (M * (M - 1) / 2),
    },
)


def _scatter_bind(inputs: Inputs, outputs: Inputs, attrs: Attrs) -> Env:  # noqa: ARG001 - an Op.bind
    return {"U": inputs[-1].elements}


def _scatter(kind: str, word: str) -> Op:
    return Op(
        "scatter",
        kind=f"scatter, {word}",
        title=f"updates written at given positions, combined by {word}",
        cite=f"ONNX operators ScatterElements and ScatterND with reduction='{word}'",
        shape=same_shape,
        bind=_scatter_bind,
        counts={kind: U},
    )


SCATTER_ADD = _scatter("add", "add")
SCATTER_MUL = _scatter("mul", "mul")
SCATTER_MAX = _scatter("cmp", "max")
SCATTER_MIN = _scatter("cmp", "min")


def _sample_bind(inputs: Inputs, outputs: Inputs, attrs: Attrs) -> Env:
    return {
        **bind_elements(inputs, outputs, attrs),
        "U": inputs[0].elements,
        "S": inputs[0].shape[-1],
    }


SAMPLE = Op(
    "multinomial",
    title="classes drawn by their unnormalised log-probabilities",
    cite="ONNX operator Multinomial; an exp and a running sum a class, each draw compared with S",
    shape=same_shape,
    bind=_sample_bind,
    counts={"exp": U, "add": U, "cmp": E * S},
)
