"""The cases that other counters get wrong (counting.md, section 5), each exact; and its kin."""

from __future__ import annotations

import pytest
from micro import graph, model, mult_adds, reasons, with_weights
from onnx.defs import onnx_opset_version

from flopcalc.onnx_graph.model import OnnxModel

LSTM = (
    'y1, h1, c1 = LSTM<hidden_size=256, direction="bidirectional">(x, w1, r1{bias1})'
    " t = Transpose<perm=[0,2,1,3]>(y1)  i = Constant<value_ints=[0,0,-1]>()"
    " x2 = Reshape(t, i)"
    ' y, h2, c2 = LSTM<hidden_size=256, direction="bidirectional">(x2, w2, r2{bias2})'
)
LSTM_WEIGHTS: dict[str, tuple[int, ...]] = {
    "w1": (2, 1024, 128),
    "r1": (2, 1024, 256),
    "w2": (2, 1024, 512),
    "r2": (2, 1024, 256),
}
LOOP = """n (float[64] x) => (float y)
<int64 trips = {10}, bool go = {1}> {
  y = Loop(trips, go, x) <body = step (int64 i, bool c, float[64] v) => (bool d, float[64] u) {
    d = Identity(c)
    u = MatMul(w, v)
  }>
}"""

# what is true, the graph, the stored weights
CASES: dict[str, tuple[int, str, dict[str, tuple[int, ...]]]] = {
    "ConvTranspose 64→32, k4 s2, 16×16 in": (
        8_388_608,
        "n (float[1,64,16,16] x) => (float y) { y = ConvTranspose<strides=[2,2]>(x, w) }",
        {"w": (64, 32, 4, 4)},
    ),
    "depthwise ConvTranspose, 64 channels, k4 s2, 16×16 in": (
        262_144,
        (
            "n (float[1,64,16,16] x) => (float y)"
            "{ y = ConvTranspose<strides=[2,2], group=64>(x, w) }"
        ),
        {"w": (64, 1, 4, 4)},
    ),
    "LSTM, 2 layers, bidirectional": (
        117_964_800,
        "n (float[50,1,128] x) => (float y) {" + LSTM.format(bias1=", b1", bias2=", b2") + "}",
        {**LSTM_WEIGHTS, "b1": (2, 2048), "b2": (2, 2048)},
    ),
    "LSTM without bias": (
        117_964_800,
        "n (float[50,1,128] x) => (float y) {" + LSTM.format(bias1="", bias2="") + "}",
        LSTM_WEIGHTS,
    ),
    "Einsum bhid,bhjd->bhij": (
        1_048_576,
        (
            "n (float[1,8,64,32] a, float[1,8,64,32] b) => (float y)"
            '{ y = Einsum<equation="bhid,bhjd->bhij">(a, b) }'
        ),
        {},
    ),
    "Einsum ...id,...jd->...ij": (
        1_048_576,
        (
            "n (float[1,8,64,32] a, float[1,8,64,32] b) => (float y)"
            '{ y = Einsum<equation="...id, ...jd -> ...ij">(a, b) }'
        ),
        {},
    ),
    "MatMul [8,1,16,32] × [4,32,64]": (
        1_048_576,
        "n (float[8,1,16,32] a, float[4,32,64] b) => (float y) { y = MatMul(a, b) }",
        {},
    ),
    "MatMul [64] × [64,32]": (
        2048,
        "n (float[64] a, float[64,32] b) => (float y) { y = MatMul(a, b) }",
        {},
    ),
    "Gemm": (
        6400,
        "n (float[4,40] x) => (float y) { y = Gemm(x, w) }",
        {"w": (40, 40)},
    ),
    "Gemm with transA": (
        6400,
        "n (float[40,4] x) => (float y) { y = Gemm<transA=1>(x, w) }",
        {"w": (40, 40)},
    ),
    "Gemm with transA and transB": (
        3200,
        "n (float[40,4] x) => (float y) { y = Gemm<transA=1, transB=1>(x, w) }",
        {"w": (20, 40)},
    ),
    "one Linear used three times": (
        3 * 4096,
        (
            "n (float[1,64] x) => (float y)"
            "{ a = Gemm(x, w, b)  c = Gemm(a, w, b)  y = Gemm(c, w, b) }"
        ),
        {"w": (64, 64), "b": (64,)},
    ),
    "the float Conv": (
        9 * 4 * 6 * 64,
        "n (float[1,4,8,8] x) => (float y) { y = Conv<pads=[1,1,1,1]>(x, w) }",
        {"w": (6, 4, 3, 3)},
    ),
    "ConvInteger": (
        9 * 4 * 6 * 64,
        "n (uint8[1,4,8,8] x) => (int32 y) { y = ConvInteger<pads=[1,1,1,1]>(x, w) }",
        {"w": (6, 4, 3, 3)},
    ),
    "QLinearConv": (
        9 * 4 * 6 * 64,
        (
            "n (uint8[1,4,8,8] x) => (uint8 y)"
            "<float s = {0.5}, uint8 z = {128}>"
            "{ y = QLinearConv<pads=[1,1,1,1]>(x, s, z, w, s, z, s, z, b) }"
        ),
        {"w": (6, 4, 3, 3), "b": (6,)},
    ),
    "MatMulInteger": (
        2 * 7 * 64 * 32,
        "n (uint8[2,7,64] x) => (int32 y) { y = MatMulInteger(x, w) }",
        {"w": (64, 32)},
    ),
    "QLinearMatMul": (
        2 * 7 * 64 * 32,
        (
            "n (uint8[2,7,64] x) => (uint8 y) <float s = {0.5}, uint8 z = {128}>"
            "{ y = QLinearMatMul(x, s, z, w, s, z, s, z) }"
        ),
        {"w": (64, 32)},
    ),
    "Loop of 10 × MatMul 64×64 by a vector": (40_960, LOOP, {"w": (64, 64)}),
}


@pytest.mark.parametrize("case", CASES)
def test_mult_adds_are_exact(case: str) -> None:
    wanted, text, weights = CASES[case]
    made = with_weights(text, **weights)
    assert mult_adds(made) == wanted
    assert reasons(made) == {}
    layers = made.graph().layers
    stored = {param.id: param.elements for layer in layers for param in layer.params}
    assert stored == {name: _elements(shape) for name, shape in weights.items()}


def _elements(shape: tuple[int, ...]) -> int:
    result = 1
    for n in shape:
        result *= n
    return result


def test_a_chain_of_three_takes_the_cheaper_side_first() -> None:
    text = (
        "n (float[8,16] a, float[16,32] b, float[32,4] c) => (float y)"
        '{ y = Einsum<equation="ij,jk,kl->il">(a, b, c) }'
    )
    layers = graph(text).layers
    assert [layer.name for layer in layers] == ["Einsum_0.step1", "Einsum_0.step2"]
    # (b·c) first: 16·32·4 + 8·16·4, less than a·b first: 8·16·32 + 8·32·4
    assert mult_adds(model(text)) == 16 * 32 * 4 + 8 * 16 * 4


def attention() -> OnnxModel:
    text = (
        "n (float[1,8,64,32] q, float[1,8,64,32] k, float[1,8,64,32] v) => (float y)"
        "{ y = Attention(q, k, v) }"
    )
    assert onnx_opset_version() >= 23
    return model(text, opset=23)


def test_attention_of_opset_23() -> None:
    assert mult_adds(attention()) == 2_097_152


def test_an_operator_nobody_knows_is_named_and_no_number() -> None:
    made = with_weights(
        "n (float[1,4,8,8] x) => (float y) { a = Conv(x, w)  y = Frobnicate(a) }", w=(6, 4, 3, 3)
    )
    assert mult_adds(made) == 9 * 4 * 6 * 36
    assert reasons(made) == {"Frobnicate_1": "no formula"}


def test_a_symbolic_batch_is_a_polynomial_or_bound() -> None:
    made = with_weights(
        "n (float[N,4,8,8] x) => (float y) { y = Conv<pads=[1,1,1,1]>(x, w) }", w=(6, 4, 3, 3)
    )
    assert str(mult_adds(made)) == "13824*N"
    assert mult_adds(made, dims=(("N", 3),)) == 3 * 13824
