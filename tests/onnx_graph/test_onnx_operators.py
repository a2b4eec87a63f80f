"""Operators: exact counts with their source, and shapes that onnx itself infers."""

from __future__ import annotations

from typing import Any

import onnx
import pytest
from micro import counts, graph, only, proto, with_weights

from flopcalc.dim import Expr
from flopcalc.onnx_graph.operators import FAMILIES, find, known

CASES: dict[str, tuple[str, dict[str, tuple[int, ...]], dict[str, int], str]] = {
    # MobileNet v1's first layer: 3·3·3·32·112·112 (Howard et al. 2017, table 1)
    "conv": (
        "n (float[1,3,224,224] x) => (float y){ y = Conv<strides=[2,2], pads=[0,0,1,1]>(x, w) }",
        {"w": (32, 3, 3, 3)},
        {"mac": 10_838_016},
        "1×32×112×112",
    ),
    "conv, bias": (
        (
            "n (float[1,3,224,224] x) => (float y)"
            '{ y = Conv<strides=[2,2], auto_pad="SAME_UPPER">(x, w, b) }'
        ),
        {"w": (32, 3, 3, 3), "b": (32,)},
        {"mac": 10_838_016, "add": 32 * 112 * 112},
        "1×32×112×112",
    ),
    "depthwise": (
        "n (float[1,32,112,112] x) => (float y) { y = Conv<group=32, pads=[1,1,1,1]>(x, w) }",
        {"w": (32, 1, 3, 3)},
        {"mac": 9 * 32 * 112 * 112},
        "1×32×112×112",
    ),
    "grouped, dilated, 1-D": (
        "n (float[2,8,50] x) => (float y) { y = Conv<group=2, dilations=[2]>(x, w) }",
        {"w": (6, 4, 5)},
        {"mac": 2 * 6 * 4 * 5 * 42},
        "2×6×42",
    ),
    "conv 3-D": (
        "n (float[1,2,6,6,6] x) => (float y) { y = Conv(x, w) }",
        {"w": (4, 2, 3, 3, 3)},
        {"mac": 27 * 2 * 4 * 64},
        "1×4×4×4×4",
    ),
    "gemm": (
        "n (float[3,1280] x) => (float y) { y = Gemm<transB=1>(x, w, b) }",
        {"w": (1000, 1280), "b": (1000,)},
        {"mac": 3 * 1_280_000, "add": 3000},
        "3×1000",
    ),
    "gemm, transposed": (
        "n (float[1280,3] x) => (float y) { y = Gemm<transA=1>(x, w) }",
        {"w": (1280, 1000)},
        {"mac": 3 * 1_280_000},
        "3×1000",
    ),
    "gemm of activations": (
        "n (float[4,8] x, float[8,2] w, float[2] b) => (float y) { y = Gemm(x, w, b) }",
        {},
        {"mac": 64, "add": 8},
        "4×2",
    ),
    # counting.md's table of cases other tools get wrong
    "matmul, broadcast": (
        "n (float[8,1,16,32] x, float[4,32,64] w) => (float y) { y = MatMul(x, w) }",
        {},
        {"mac": 1_048_576},
        "8×4×16×64",
    ),
    "matmul of a vector": (
        "n (float[64] x, float[64,32] w) => (float y) { y = MatMul(x, w) }",
        {},
        {"mac": 2048},
        "32",
    ),
    "matmul of a vector with a weight": (
        "n (float[64] x) => (float y) { y = MatMul(x, w) }",
        {"w": (64, 32)},
        {"mac": 2048},
        "32",
    ),
    "matmul by a vector": (
        "n (float[2,3,64] x) => (float y) { y = MatMul(x, w) }",
        {"w": (64,)},
        {"mac": 384},
        "2×3",
    ),
    "linear on tokens": (
        "n (float[2,7,12,64] x) => (float y) { y = MatMul(x, w) }",
        {"w": (64, 32)},
        {"mac": 2 * 7 * 12 * 64 * 32},
        "2×7×12×32",
    ),
    "relu": ("n (float[2,3,4] x) => (float y) { y = Relu(x) }", {}, {"cmp": 24}, "2×3×4"),
    "relu6": (
        "n (float[2,3] x) => (float y) <float a = {0.0}, float b = {6.0}> { y = Clip(x, a, b) }",
        {},
        {"cmp": 12},
        "2×3",
    ),
    "clip below": (
        "n (float[2,3] x) => (float y) <float a = {0.0}> { y = Clip(x, a) }",
        {},
        {"cmp": 6},
        "2×3",
    ),
    "batch norm": (
        "n (float[2,3,4,4] x) => (float y) { y = BatchNormalization(x, s, b, m, v) }",
        {"s": (3,), "b": (3,), "m": (3,), "v": (3,)},
        {"mul": 96, "add": 96},
        "2×3×4×4",
    ),
    "add": (
        "n (float[2,1,4] x, float[3,1] z) => (float y) { y = Add(x, z) }",
        {},
        {"add": 24},
        "2×3×4",
    ),
    "mul": ("n (float[2,4] x) => (float y) { y = Mul(g, x) }", {"g": (4,)}, {"mul": 8}, "2×4"),
    "softmax": (
        "n (float[2,4] x) => (float y) { y = Softmax(x) }",
        {},
        {"cmp": 8, "add": 16, "exp": 8, "div": 8},
        "2×4",
    ),
    "max pool": (
        (
            "n (float[1,64,112,112] x) => (float y)"
            "{ y = MaxPool<kernel_shape=[3,3], strides=[2,2], pads=[1,1,1,1]>(x) }"
        ),
        {},
        {"cmp": 8 * 64 * 56 * 56},
        "1×64×56×56",
    ),
    "max pool, ceil": (
        (
            "n (float[1,4,109,109] x) => (float y)"
            "{ y = MaxPool<kernel_shape=[3,3], strides=[2,2], ceil_mode=1>(x) }"
        ),
        {},
        {"cmp": 8 * 4 * 54 * 54},
        "1×4×54×54",
    ),
    "average pool": (
        (
            "n (float[1,4,8,8] x) => (float y)"
            "{ y = AveragePool<kernel_shape=[2,2], strides=[2,2]>(x) }"
        ),
        {},
        {"add": 3 * 4 * 16, "div": 4 * 16},
        "1×4×4×4",
    ),
    "global average pool": (
        "n (float[1,4,7,7] x) => (float y) { y = GlobalAveragePool(x) }",
        {},
        {"add": 48 * 4, "div": 4},
        "1×4×1×1",
    ),
    "mean": (
        "n (float[1,4,7,7] x) => (float y) { y = ReduceMean<axes=[2,3], keepdims=0>(x) }",
        {},
        {"add": 48 * 4, "div": 4},
        "1×4",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_counts_and_shapes(case: str) -> None:
    text, weights, wanted, shape = CASES[case]
    made = graph(text, **weights)
    assert counts(made) == wanted
    assert "×".join(map(str, made.outputs[0].shape)) == shape
    stored = {param.id: param.shape for layer in made.layers for param in layer.params}
    assert stored == weights


@pytest.mark.parametrize("case", CASES)
def test_shapes_are_those_of_onnx(case: str) -> None:
    text, weights, _, shape = CASES[case]
    message = proto(text)
    for name, sizes in weights.items():
        value = onnx.helper.make_tensor_value_info(name, 1, sizes)
        message.graph.input.append(value)
    message = onnx.shape_inference.infer_shapes(message, strict_mode=True)
    sizes = message.graph.output[0].type.tensor_type.shape.dim
    assert "×".join(str(size.dim_value) for size in sizes) == shape


FREE: dict[str, tuple[str, str]] = {
    "Flatten": ("n (float[2,3,4] x) => (float y) { y = Flatten<axis=2>(x) }", "6×4"),
    "Reshape": (
        "n (float[2,3,4] x) => (float y) <int64[3] s = {0, 2, -1}> { y = Reshape(x, s) }",
        "2×2×6",
    ),
    "Transpose": ("n (float[2,3,4] x) => (float y) { y = Transpose<perm=[2,0,1]>(x) }", "4×2×3"),
    "Transpose, reversed": ("n (float[2,3,4] x) => (float y) { y = Transpose(x) }", "4×3×2"),
    "Unsqueeze": (
        "n (float[2,3] x) => (float y) <int64[2] a = {0, -1}> { y = Unsqueeze(x, a) }",
        "1×2×3×1",
    ),
    "Squeeze": (
        "n (float[1,3,1] x) => (float y) <int64[1] a = {-1}> { y = Squeeze(x, a) }",
        "1×3",
    ),
    "Squeeze, all": ("n (float[1,3,1] x) => (float y) { y = Squeeze(x) }", "3"),
    "Slice": (
        (
            "n (float[8,9] x) => (float y)"
            "<int64[2] s = {1, -1}, int64[2] e = {9223372036854775807, 0},"
            "int64[2] a = {0, 1}, int64[2] t = {2, -3}> { y = Slice(x, s, e, a, t) }"
        ),
        "4×3",
    ),
    "Concat": (
        "n (float[2,3] x, float[2,5] z) => (float y) { y = Concat<axis=-1>(x, z) }",
        "2×8",
    ),
    "Gather": (
        "n (float[5,3] x, int64[2,2] i) => (float y) { y = Gather<axis=1>(x, i) }",
        "5×2×2",
    ),
    "Cast": ("n (float[2,3] x) => (int64 y) { y = Cast<to=7>(x) }", "2×3"),
    "Expand": (
        "n (float[3,1] x) => (float y) <int64[3] s = {2, 1, 4}> { y = Expand(x, s) }",
        "2×3×4",
    ),
}


@pytest.mark.parametrize("case", FREE)
def test_moving_data_is_free(case: str) -> None:
    text, shape = FREE[case]
    made = graph(text)
    assert counts(made) == {}
    assert all(layer.op.free for layer in made.layers)
    assert "×".join(map(str, made.outputs[0].shape)) == shape
    message = onnx.shape_inference.infer_shapes(proto(text), strict_mode=True, data_prop=True)
    sizes = message.graph.output[0].type.tensor_type.shape.dim
    assert "×".join(str(size.dim_value) for size in sizes) == shape


def test_sizes_are_followed_through_arithmetic() -> None:
    made = graph(
        "n (float[N,12,H,W] x) => (float y) <int64 c3 = {3}, int64[1] m = {-1}> {"
        "  s = Shape(x)"
        "  zero = Constant<value_int=0>()  i2 = Constant<value_int=2>()"
        "  n = Gather(s, zero)  h = Gather(s, i2)"
        "  tripled = Mul(h, c3)"
        "  a0 = Constant<value_ints=[0]>()"
        "  nn = Unsqueeze(n, a0)  hh = Unsqueeze(tripled, a0)"
        "  t = Concat<axis=0>(nn, hh, m)"
        "  y = Reshape(x, t) }"
    )
    n, h, rest = made.outputs[0].shape
    assert [str(size) for size in (n, h, rest)] == ["N", "3*H", "4*W"]
    assert isinstance(rest, Expr)
    assert [layer.op.name for layer in made.layers] == ["reshape"]  # the arithmetic is no layer


def test_an_embedding_is_a_parameter_and_no_work() -> None:
    made = graph("n (int64[2,7] i) => (float y) { y = Gather(table, i) }", table=(100, 16))
    layer = only(made)
    assert (layer.op.name, layer.outputs[0].shape) == ("embed", (2, 7, 16))
    assert counts(made) == {}
    assert [param.elements for param in layer.params] == [1600]


def test_a_bias_is_one_and_other_stored_operands_are_weights() -> None:
    made = graph(
        "n (float[1,7,64] x) => (float y) { a = MatMul(x, w)  b = Add(bias, a)  y = Add(b, pos) }",
        w=(64, 64),
        bias=(64,),
        pos=(7, 64),
    )
    kinds = {param.id: param.kind for layer in made.layers for param in layer.params}
    assert kinds == {"w": "weight", "bias": "bias", "pos": "weight"}


def test_scalars_and_tables_of_positions_are_no_parameters() -> None:
    made = graph(
        "n (float[2,4] x) => (float y) <float half = {0.5}, int64[2] order = {1, 0}>"
        "{ a = Mul(x, half)  y = Gather(a, order) }"
    )
    assert [layer.params for layer in made.layers] == [(), ()]


def test_stored_data_is_followed_to_where_it_is_used() -> None:
    made = graph(
        "n (float[2,4] x) => (float y) { t = Transpose<perm=[1,0]>(w)  y = MatMul(x, t) }",
        w=(8, 4),
    )
    layer = only(made)
    assert layer.op.kind == "fc"
    assert [(param.id, param.shape) for param in layer.params] == [("w", (8, 4))]
    assert len(made.layers) == 1  # the transposition is folded: it is done once


@pytest.mark.parametrize(
    ("text", "weights", "reason"),
    [
        ("{ y = Conv(x, w) }", {"w": (8, 4, 3, 3)}, "groups of 4 channels for 3 input channels"),
        ("{ y = Conv(x, w) }", {"w": (8, 3, 3)}, "a kernel of 8×3×3 for a map of 1×3×8×8"),
        ("{ y = Conv(x) }", {}, "input 1 of Conv is missing"),
        ("{ y = Conv<strides=[1]>(x, w) }", {"w": (8, 3, 3, 3)}, "2 kernel sizes, 1 strides"),
        ("{ y = Conv<strides=1>(x, w) }", {"w": (8, 3, 3, 3)}, "'strides' is not a list of"),
        ("{ y = Conv(x, w) }", {"w": (8, 3, 9, 9)}, "the map vanishes"),
        ("{ y = MatMul(x, w) }", {"w": (9, 9)}, "a product of 1×3×8×8 and 9×9"),
        ("{ y = Gemm(x, w) }", {"w": (9, 9)}, "Gemm of 1×3×8×8 and 9×9"),
        ("{ y = Relu() }", {}, "input 0 of Relu is missing"),
        ("{ y = Add(x, w) }", {"w": (7, 8)}, "shapes do not match"),
        ("{ y = MaxPool(x) }", {}, "'kernel_shape' is missing"),
        ("{ y = ReduceMean<axes=[4]>(x) }", {}, "axis 4 of 4 axes"),
    ],
)
def test_a_node_that_does_not_fit_is_unknown_and_says_why(
    text: str, weights: dict[str, Any], reason: str
) -> None:
    made = with_weights(f"n (float[1,3,8,8] x) => (float y) {text}", **weights).graph()
    (layer,) = made.layers
    assert reason in (layer.op.opaque or "")


def test_every_operator_says_which_it_is() -> None:
    for domain in FAMILIES:
        for name, function in known(domain).items():
            assert find(domain, name) is function
            assert name in (function.__doc__ or "")
            # onnxruntime's operators have no definition in onnx; their names say so
            theirs = domain.startswith("com.microsoft") or name == "SimplifiedLayerNormalization"
            assert onnx.defs.has(name, domain) or theirs
    assert find("", "unary") is None
    assert find("", "Node") is None
    assert find("nobody", "Conv") is None


def test_a_kernel_says_how_many_channels_a_map_of_named_ones_has() -> None:
    made = graph("n (float[1,C,8,8] x) => (float y) { y = Conv(x, w) }", w=(4, 3, 3, 3))
    assert counts(made) == {"mac": 4 * 3 * 9 * 36}


def test_a_free_operator_that_fails_costs_nothing_all_the_same() -> None:
    made = graph("n (float[2,3] x) => (float y) { y = Transpose<perm=[0,0]>(x) }")
    (layer,) = made.layers
    assert layer.op.free
    assert str(made.outputs[0].shape[0]).startswith("?")  # but its shape is not known
