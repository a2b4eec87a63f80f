"""Activations, softmax, and the arithmetic of several tensors, element by element."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flopcalc.errors import ShapeError
from flopcalc.op import Attrs, Inputs, Op, ParamSpec, Role, bind_elements, same_shape
from flopcalc.ops.require import need_features
from flopcalc.ops.symbols import A, E, M
from flopcalc.step import Arg, Step, plain_step
from flopcalc.tensor import Shaped

if TYPE_CHECKING:
    from flopcalc.formula import Env, Formula


def _op(
    name: str, counts: dict[str, Formula], *, title: str, cite: str, role: Role = "activation"
) -> Op:
    """An op without parameters on each element of its one input."""
    return Op(
        name,
        title=title,
        cite=cite,
        role=role,
        shape=same_shape,
        bind=bind_elements,
        counts=counts,
    )


RELU = _op("relu", {"cmp": E}, title="ReLU", cite="ONNX operator Relu")
RELU6 = _op(
    "relu6",
    {"cmp": 2 * E},
    title="ReLU6: ReLU clipped at 6",
    cite="Sandler et al. 2018, arXiv:1801.04381; ONNX operator Clip",
)
LEAKY = _op(
    "leaky",
    {"cmp": E, "mul": E},
    title="leaky ReLU",
    cite="ONNX operator LeakyRelu",
)
SIGMOID = _op(
    "sigmoid",
    {"exp": E, "add": E, "div": E},
    title="sigmoid: 1/(1 + exp(-x))",
    cite="ONNX operator Sigmoid",
)
SILU = _op(
    "silu",
    {"exp": E, "add": E, "div": E, "mul": E},
    title="SiLU (swish): x times sigmoid(x)",
    cite="Elfwing et al. 2017, arXiv:1702.03118; ONNX operator Swish",
)
TANH = _op("tanh", {"exp": E}, title="tanh", cite="ONNX operator Tanh")
HARD_SIGMOID = _op(
    "hsigmoid",
    {"mul": E, "add": E, "cmp": 2 * E},
    title="hard sigmoid: relu6(x + 3)/6",
    cite="Howard et al. 2019, arXiv:1905.02244, section 5.2; ONNX operator HardSigmoid",
)
HARD_SWISH = _op(
    "hswish",
    {"mul": 2 * E, "add": E, "cmp": 2 * E},
    title="hard swish: x times relu6(x + 3)/6",
    cite="Howard et al. 2019, arXiv:1905.02244, section 5.2; ONNX operator HardSwish",
)
GELU = _op(
    "gelu",
    {"mul": 3 * E, "add": E, "exp": E},
    title="GELU: x/2·(1 + erf(x/√2))",
    cite="Hendrycks & Gimpel 2016, arXiv:1606.08415, section 2; ONNX operator Gelu",
)
QUICK_GELU = _op(
    "quick_gelu",
    {"exp": E, "add": E, "div": E, "mul": 2 * E},
    title="quick GELU: x times sigmoid(1.702·x)",
    cite="Hendrycks & Gimpel 2016, arXiv:1606.08415, section 2; as in OpenAI's CLIP",
)
MISH = _op(
    "mish",
    {"mul": E, "add": E, "exp": 3 * E},  # exp, log and tanh
    title="Mish: x·tanh(log(1 + exp(x)))",
    cite="Misra 2019, arXiv:1908.08681; ONNX operator Mish",
)
ELU = _op(
    "elu",
    {"cmp": E, "mul": E, "add": E, "exp": E},
    title="ELU: α·(exp(x) - 1) below 0",
    cite="Clevert et al. 2015, arXiv:1511.07289; ONNX operator Elu",
)
SOFTMAX = _op(
    "softmax",
    {"cmp": E, "add": 2 * E, "exp": E, "div": E},
    title="softmax over channels (of attention: over keys), with the largest taken off first",
    cite="ONNX operator Softmax",
    role="other",
)
DROPOUT = _op(
    "dropout",
    {},
    title="dropout: nothing at inference",
    cite="Srivastava et al. 2014; ONNX operator Dropout, training_mode false",
    role="other",
)
IDENTITY = _op("identity", {}, title="identity", cite="ONNX operator Identity", role="other")


def _prelu_shape(inputs: Inputs, attrs: Attrs) -> tuple[Shaped, ...]:
    need_features(inputs[0], "PReLU")
    return same_shape(inputs, attrs)


def _prelu_bind(inputs: Inputs, outputs: Inputs, attrs: Attrs) -> Env:
    return {**bind_elements(inputs, outputs, attrs), "M": inputs[0].channels}


def _prelu_params(inputs: Inputs, outputs: Inputs, attrs: Attrs) -> tuple[ParamSpec, ...]:  # noqa: ARG001 - an Op.params
    return (ParamSpec("weight", "weight", (inputs[0].channels,)),)


PRELU = Op(
    "prelu",
    title="PReLU: leaky ReLU with a learned slope for each channel",
    cite="He et al. 2015, arXiv:1502.01852, eq. 1; ONNX operator PRelu",
    role="activation",
    shape=_prelu_shape,
    bind=_prelu_bind,
    params=_prelu_params,
    counts={"cmp": E, "mul": E, "weight": M},
)

ACTIVATIONS: dict[str, Op] = {
    op.name: op
    for op in (
        *(RELU, RELU6, HARD_SWISH, HARD_SIGMOID, SIGMOID, SILU, GELU, TANH),
        *(QUICK_GELU, LEAKY, MISH, ELU, PRELU),
    )
}
"""The words of `act:`."""


def broadcast(inputs: Inputs, attrs: Attrs) -> tuple[Shaped, ...]:  # noqa: ARG001 - an Op.shape
    """The largest extent of each axis; the others must equal it or be 1, else `ShapeError`."""
    first = inputs[0]
    for other in inputs[1:]:
        if other.axes != first.axes or any(
            1 not in pair and len(set(pair)) > 1
            for pair in zip(first.shape, other.shape, strict=True)
        ):
            message = f"shapes do not match: {first.text()} and {other.text()}"
            raise ShapeError(message, hint="each axis must be equal, or 1 in one of them")
    shape = tuple(map(max, zip(*(x.shape for x in inputs), strict=True)))
    return (Shaped(shape, first.axes),)


def _bind_arithmetic(inputs: Inputs, outputs: Inputs, attrs: Attrs) -> Env:
    return {**bind_elements(inputs, outputs, attrs), "A": len(inputs) - 1}


def _arithmetic(name: str, count: str, *, title: str, cite: str) -> Op:
    """An operation between two or more tensors."""
    counts = {count: A * E}
    return Op(name, title=title, cite=cite, shape=broadcast, bind=_bind_arithmetic, counts=counts)


ADD = _arithmetic("add", "add", title="elementwise sum", cite="ONNX operators Add and Sum")
SUB = _arithmetic("sub", "add", title="elementwise difference", cite="ONNX operator Sub")
MUL = _arithmetic("mul", "mul", title="elementwise product", cite="ONNX operator Mul")
DIV = _arithmetic("div", "div", title="elementwise quotient", cite="ONNX operator Div")

RELU_STEP = plain_step("relu", RELU, "ReLU")
RELU6_STEP = plain_step("relu6", RELU6, "ReLU clipped at 6")
HARD_SWISH_STEP = plain_step("hswish", HARD_SWISH, "hard swish (MobileNetV3)")
HARD_SIGMOID_STEP = plain_step("hsigmoid", HARD_SIGMOID, "hard sigmoid (MobileNetV3)")
SIGMOID_STEP = plain_step("sigmoid", SIGMOID, "sigmoid")
SILU_STEP = plain_step("silu", SILU, "SiLU, also called swish")
GELU_STEP = plain_step("gelu", GELU, "GELU")
QUICK_GELU_STEP = plain_step("quick_gelu", QUICK_GELU, "GELU by a sigmoid (CLIP)")
TANH_STEP = plain_step("tanh", TANH, "tanh")
LEAKY_STEP = plain_step("leaky", LEAKY, "leaky ReLU")
MISH_STEP = plain_step("mish", MISH, "Mish")
ELU_STEP = plain_step("elu", ELU, "ELU")
PRELU_STEP = plain_step("prelu", PRELU, "PReLU, with a slope for each channel")
SOFTMAX_STEP = plain_step("softmax", SOFTMAX, "softmax over the channels")
DROPOUT_STEP = Step(
    "dropout",
    Arg("p", "num", 0.5, "share of zeros in training", least=0),
    expand=lambda emit, x, a: emit(DROPOUT, x, attrs={"p": a["p"]}),
    help="dropout: nothing at inference",
)
IDENTITY_STEP = plain_step("identity", IDENTITY, "the input as it is")
ACTIVATION_STEP = Step(
    "activation",
    Arg("fn", "word", help="which one", choices=("none", *ACTIVATIONS)),
    expand=lambda emit, x, a: x if a["fn"] == "none" else emit(ACTIVATIONS[a["fn"]], x),
    help="the activation with this name",
)
