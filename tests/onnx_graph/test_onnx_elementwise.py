"""Operators on elements: exact counts, written here by hand, and shapes as onnx infers them."""

from __future__ import annotations

import math
from typing import Any

import onnx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from micro import counts, graph, model, proto

E = 24  # elements of 2×3×4
EXP, CMP, ADD, MUL, DIV = ({kind: E} for kind in ("exp", "cmp", "add", "mul", "div"))

# one operation an element of its kind, unless said otherwise: ONNX's definition of each
UNARY: dict[str, dict[str, int]] = {
    **dict.fromkeys(("Exp", "Log", "Sqrt", "Erf", "Tanh"), EXP),
    **dict.fromkeys(("Sin", "Cos", "Tan", "Asin", "Acos", "Atan"), EXP),
    **dict.fromkeys(("Sinh", "Cosh", "Asinh", "Acosh", "Atanh"), EXP),
    **dict.fromkeys(("Abs", "Floor", "Ceil", "Round", "IsNaN", "IsInf", "Relu"), CMP),
    **dict.fromkeys(("ThresholdedRelu", "Hardmax"), CMP),
    "Neg": ADD,
    "Reciprocal": DIV,
    "Sign": {"cmp": 2 * E},
    "LeakyRelu": {"cmp": E, "mul": E},
    "Sigmoid": {"exp": E, "add": E, "div": E},
    "HardSigmoid": {"mul": E, "add": E, "cmp": 2 * E},
    "HardSwish": {"mul": 2 * E, "add": E, "cmp": 2 * E},
    "Elu": {"cmp": E, "mul": E, "add": E, "exp": E},
    "Selu": {"cmp": E, "mul": 2 * E, "add": E, "exp": E},
    "Celu": {"cmp": E, "mul": E, "add": E, "div": E, "exp": E},
    "Gelu": {"mul": 3 * E, "add": E, "exp": E},
    'Gelu<approximate="tanh">': {"mul": 6 * E, "add": 2 * E, "exp": E},
    "Mish": {"mul": E, "add": E, "exp": 3 * E},
    "Softplus": {"exp": 2 * E, "add": E},
    "Softsign": {"cmp": E, "add": E, "div": E},
    "Shrink": {"cmp": 2 * E, "add": E},
    "Softmax": {"cmp": E, "add": 2 * E, "exp": E, "div": E},
    "LogSoftmax": {"cmp": E, "add": 3 * E, "exp": E + 6},  # 6 rows of 4
    "LogSoftmax<axis=1>": {"cmp": E, "add": 3 * E, "exp": E + 8},  # 8 rows of 3
    "Swish": {"mul": E, "add": E, "exp": E, "div": E},
    "Swish<alpha=1.5>": {"mul": 2 * E, "add": E, "exp": E, "div": E},
    "Bernoulli": CMP,
}


def dims(text: str, opset: int = 24) -> str:
    """The shape that onnx itself infers for `y`."""
    message = onnx.shape_inference.infer_shapes(
        proto(text, opset), strict_mode=True, data_prop=True
    )
    (y,) = message.graph.output
    return "×".join(str(size.dim_value) for size in y.type.tensor_type.shape.dim)


def shape_of(made: Any) -> str:
    return "×".join(map(str, made.outputs[0].shape))


@pytest.mark.parametrize("operator", UNARY)
def test_functions_of_each_element(operator: str) -> None:
    text = f"n (float[2,3,4] x) => (y) {{ y = {operator}(x) }}"
    made = model(text, 24).graph()
    assert counts(made) == UNARY[operator]
    assert shape_of(made) == dims(text) == "2×3×4"
    if operator.startswith("Is"):
        assert made.outputs[0].dtype == "bool"


BETWEEN: dict[str, tuple[str, dict[str, int]]] = {
    **dict.fromkeys(("Add", "Sub", "Sum"), ("float", ADD)),
    **dict.fromkeys(("Max", "Min", "Equal", "Greater", "Less"), ("float", CMP)),
    **dict.fromkeys(("GreaterOrEqual", "LessOrEqual"), ("float", CMP)),
    **dict.fromkeys(("And", "Or", "Xor"), ("bool", CMP)),
    **dict.fromkeys(("BitwiseAnd", "BitwiseOr", "BitwiseXor"), ("int32", CMP)),
    "Mul": ("float", MUL),
    "Div": ("float", DIV),
    "Pow": ("float", EXP),
    "Mod": ("int32", DIV),
    "Mean": ("float", {"add": E, "div": E}),
    'BitShift<direction="LEFT">': ("uint32", MUL),
}


@pytest.mark.parametrize("operator", BETWEEN)
def test_operations_between_tensors_are_broadcast(operator: str) -> None:
    dtype, wanted = BETWEEN[operator]
    text = f"n ({dtype}[2,1,4] x, {dtype}[3,1] z) => (y) {{ y = {operator}(x, z) }}"
    made = model(text, 24).graph()
    assert counts(made) == wanted
    assert shape_of(made) == dims(text) == "2×3×4"
    tests = ("Equal", "Greater", "Less", "And", "Or", "Xor")
    assert made.outputs[0].dtype == (
        "bool" if operator.startswith(tests) else dtype.replace("float", "float32")
    )


@pytest.mark.parametrize(
    ("operator", "wanted"),
    [
        ("Sum", {"add": 2 * E}),
        ("Mean", {"add": 2 * E, "div": E}),
        ("Max", {"cmp": 2 * E}),
        ("Min", {"cmp": 2 * E}),
    ],
)
def test_of_three_tensors(operator: str, wanted: dict[str, int]) -> None:
    text = f"n (float[2,3,4] x, float[4] z, float[1] u) => (y) {{ y = {operator}(x, z, u) }}"
    assert counts(model(text).graph()) == wanted


@pytest.mark.parametrize(
    ("exponent", "wanted"),
    [("2.0", MUL), ("3.0", {"mul": 2 * E}), ("-1.0", DIV), ("0.5", EXP), ("1.7", EXP)],
)
def test_powers(exponent: str, wanted: dict[str, int]) -> None:
    text = f"n (float[2,3,4] x) => (y) <float p = {{{exponent}}}> {{ y = Pow(x, p) }}"
    assert counts(model(text).graph()) == wanted


def test_a_gate_and_a_value() -> None:
    text = "n (float[2,3,4] x, float[2,3,4] z) => (y) { y = SwiGLU(x, z) }"
    assert counts(model(text, 28).graph()) == {"mul": 2 * E, "exp": E, "add": E, "div": E}


@pytest.mark.parametrize("shape", [(3, 1), (1, 3, 1), (3,), (1,), (4,)])
def test_slopes_are_parameters(shape: tuple[int, ...]) -> None:
    size = 3 if 4 not in shape else 4
    made = graph(f"n (float[2,3,{size}] x) => (y) {{ y = PRelu(x, s) }}", s=shape)
    assert counts(made) == {"cmp": 6 * size, "mul": 6 * size}
    (layer,) = made.layers
    assert [(p.id, p.kind, p.elements) for p in layer.params] == [("s", "weight", math.prod(shape))]
    assert made.outputs[0].shape == (2, 3, size)


REDUCE: dict[str, dict[str, int]] = {  # 3 elements become one, 8 times
    "ReduceSum": {"add": 16},
    "ReduceMean": {"add": 16, "div": 8},
    "ReduceMax": {"cmp": 16},
    "ReduceMin": {"cmp": 16},
    "ReduceProd": {"mul": 16},
    "ReduceL1": {"cmp": 24, "add": 16},
    "ReduceL2": {"mul": 24, "add": 16, "exp": 8},
    "ReduceSumSquare": {"mul": 24, "add": 16},
    "ReduceLogSum": {"add": 16, "exp": 8},
    "ReduceLogSumExp": {"add": 16, "exp": 32},
}


@pytest.mark.parametrize("operator", REDUCE)
@pytest.mark.parametrize("keep", [0, 1])
def test_reductions(operator: str, keep: int) -> None:
    new = (
        f"n (float[2,3,4] x) => (y) <int64[1] a = {{-2}}>"
        f"{{ y = {operator}<keepdims={keep}>(x, a) }}"
    )
    old = f"n (float[2,3,4] x) => (y) {{ y = {operator}<axes=[1], keepdims={keep}>(x) }}"
    for text, opset in ((new, 20), (old, 11)):
        made = model(text, opset).graph()
        assert counts(made) == REDUCE[operator]
        assert shape_of(made) == dims(text, opset) == ("2×1×4" if keep else "2×4")


def test_reductions_of_everything_and_of_nothing() -> None:
    whole = model("n (float[2,3,4] x) => (y) { y = ReduceSum<keepdims=0>(x) }").graph()
    assert (counts(whole), whole.outputs[0].shape) == ({"add": 23}, ())
    text = "n (float[2,3,4] x) => (y) { y = ReduceSum<noop_with_empty_axes=1>(x) }"
    assert counts(model(text).graph()) == {}
    empty = "n (float[0,4] x) => (y) { y = ReduceMean<axes=[0]>(x) }"
    assert counts(model(empty).graph()) == {}


def test_reductions_over_axes_that_only_a_run_can_tell() -> None:
    text = "n (float[2,3,4] x, int64[1] a) => (z) { y = ReduceSum<keepdims=0>(x, a)  z = Relu(y) }"
    made = model(text).graph()
    assert [layer.op.opaque for layer in made.layers] == ["the content of 'a' is not known"] * 2
    assert len(made.outputs[0].shape) == 2


@pytest.mark.parametrize(
    ("body", "wanted", "shape"),
    [
        ("y = ArgMax<axis=1>(x)", {"cmp": 16}, "2×1×4"),
        ("y = ArgMin<axis=-1, keepdims=0>(x)", {"cmp": 18}, "2×3"),
        ("a = Constant<value_int=1>()  y = CumSum(x, a)", {"add": 16}, "2×3×4"),
        ("k = Constant<value_ints=[2]>()  y, i = TopK(x, k)", {"cmp": 24}, "2×3×2"),
        ("k = Constant<value_ints=[2]>()  y, i = TopK<axis=1>(x, k)", {"cmp": 24}, "2×2×4"),
    ],
)
def test_selections_and_running_sums(body: str, wanted: dict[str, int], shape: str) -> None:
    text = f"n (float[2,3,4] x) => (y) {{ {body} }}"
    made = model(text).graph()
    assert counts(made) == wanted
    assert shape_of(made) == dims(text, 17) == shape


def test_determinants() -> None:
    made = graph("n (float[2,3,3] x) => (y) { y = Det(x) }")
    assert counts(made) == {"mul": 14, "add": 10, "div": 6}
    assert made.outputs[0].shape == (2,)


@pytest.mark.parametrize(
    ("opset", "attributes", "wanted"),
    [(7, "min=0.0, max=6.0", 48), (7, "min=0.0", 24), (6, "min=-1.0, max=1.0", 48)],
)
def test_clip_of_old_files(opset: int, attributes: str, wanted: int) -> None:
    made = model(f"n (float[2,3,4] x) => (y) {{ y = Clip<{attributes}>(x) }}", opset).graph()
    assert counts(made) == {"cmp": wanted}


@settings(deadline=None, max_examples=30)
@given(
    st.lists(st.integers(1, 3), max_size=4),
    st.lists(st.integers(1, 3), max_size=4),
    st.sampled_from(["Add", "Where", "Less", "Pow"]),
)
def test_broadcast_is_onnx_s(a: list[int], b: list[int], operator: str) -> None:
    pick = operator == "Where"
    condition, first = ("bool c, ", "c, ") if pick else ("", "")
    text = (
        f"n ({condition}float{a or '[1]'} x, float{b or '[1]'} z) => (y)"
        f"{{ y = {operator}({first}x, z) }}"
    )
    if pick:
        text = text.replace("bool c", "bool[1] c")
    made = model(text).graph()
    try:
        wanted = dims(text, 17)
    except onnx.shape_inference.InferenceError:
        assert "?" in shape_of(made)
    else:
        assert shape_of(made) == wanted
