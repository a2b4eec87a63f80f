"""Operators of onnxruntime: each multiplies what its plain form does, and stores its parameters."""

from __future__ import annotations

from typing import Any

import pytest
from micro import analyzed, counts, graph, mult_adds, reasons, with_weights

CONV = 9 * 4 * 6 * 64
FC = 2 * 7 * 64 * 32
DOT = 2 * (4 * 10 * 10 * 16)  # scores and weighted sums: 4 heads of 16 features, 10 tokens
MAP = "n (float[1,4,8,8] x) => (float y)"
TOKENS = "n (float[1,10,64] x) => (float y)"
FILTER = {"w": (6, 4, 3, 3), "b": (6,)}
SAME = "pads=[1,1,1,1]"
Q = "<float s = {0.5}, uint8 z = {128}>"

# true Mult-Adds and parameters, the graph, the stored weights
CASES: dict[str, tuple[int, int, str, dict[str, tuple[int, ...]]]] = {
    "FusedConv": (
        CONV,
        222,
        f'{MAP} {{ y = com.microsoft.FusedConv<{SAME}, activation="Relu">(x, w, b) }}',
        FILTER,
    ),
    "FusedConv with a sum": (
        CONV,
        222,
        (
            "n (float[1,4,8,8] x, float[1,6,8,8] z) => (float y)"
            f'{{ y = com.microsoft.FusedConv<{SAME}, activation="Relu">(x, w, b, z) }}'
        ),
        FILTER,
    ),
    "NhwcConv": (
        CONV,
        222,
        (f"n (float[1,8,8,4] x) => (float y){{ y = com.microsoft.NhwcConv<{SAME}>(x, w, b) }}"),
        FILTER,
    ),
    "QLinearConv, channels last": (
        CONV,
        222,
        (
            f"n (uint8[1,8,8,4] x) => (uint8 y) {Q} {{ y = com.microsoft.QLinearConv"
            f"<{SAME}, channels_last=1>(x, s, z, w, s, z, s, z, b) }}"
        ),
        FILTER,
    ),
    "nchwc Conv": (
        CONV,
        222,
        (
            f"{MAP} {{ a = com.microsoft.nchwc.ReorderInput(x)"
            f' c = com.microsoft.nchwc.Conv<{SAME}, activation="Relu">(a, w, b)'
            " p = com.microsoft.nchwc.MaxPool<kernel_shape=[2,2], strides=[2,2]>(c)"
            " q = com.microsoft.nchwc.AveragePool<kernel_shape=[2,2]>(p)"
            " u = com.microsoft.nchwc.Upsample<scales=[1,1,2,2]>(q)"
            " g = com.microsoft.nchwc.GlobalAveragePool(u)"
            " y = com.microsoft.nchwc.ReorderOutput<channels=6>(g) }"
        ),
        FILTER,
    ),
    "FusedMatMul": (
        1_048_576,
        0,
        (
            "n (float[8,1,32,16] a, float[4,64,32] b) => (float y)"
            "{ y = com.microsoft.FusedMatMul<transA=1, transB=1>(a, b) }"
        ),
        {},
    ),
    "FusedMatMul, batch turned": (
        # 16 (rows) of 8 batches: [8,2,32] with transBatchA is [2,8,32]
        2 * 8 * 32 * 5,
        0,
        (
            "n (float[8,2,32] a, float[2,32,5] b) => (float y)"
            "{ y = com.microsoft.FusedMatMul<transBatchA=1>(a, b) }"
        ),
        {},
    ),
    "FusedGemm": (
        6400,
        1640,
        (
            "n (float[4,40] x) => (float y)"
            '{ y = com.microsoft.FusedGemm<activation="Relu">(x, w, b) }'
        ),
        {"w": (40, 40), "b": (40,)},
    ),
    "QGemm": (
        6400,
        1640,
        (
            f"n (uint8[4,40] x) => (uint8 y) {Q}"
            "{ y = com.microsoft.QGemm<transB=1>(x, s, z, w, s, z, b, s, z) }"
        ),
        {"w": (40, 40), "b": (40,)},
    ),
    "MatMulIntegerToFloat": (
        FC,
        2048 + 32,
        (
            f"n (uint8[2,7,64] x) => (float y) {Q}"
            "{ y = com.microsoft.MatMulIntegerToFloat(x, w, s, s, z, z, b) }"
        ),
        {"w": (64, 32), "b": (32,)},
    ),
    "DynamicQuantizeMatMul": (
        FC,
        2048,
        (
            f"n (float[2,7,64] x) => (float y) {Q}"
            "{ y = com.microsoft.DynamicQuantizeMatMul(x, w, s, z) }"
        ),
        {"w": (64, 32)},
    ),
    "MatMulNBits": (
        FC,
        2048,  # its float twin is 64×32; stored are 32 rows of 2 blocks of 16 bytes, and scales
        (
            "n (float[2,7,64] x) => (float y) { y = com.microsoft.MatMulNBits"
            "<K=64, N=32, bits=4, block_size=32>(x, w, scales) }"
        ),
        {"w": (32, 2, 16), "scales": (64,)},
    ),
    "Attention": (
        10 * 64 * 192 + DOT,
        64 * 192 + 192,
        f"{TOKENS} {{ y = com.microsoft.Attention<num_heads=4>(x, w, b) }}",
        {"w": (64, 192), "b": (192,)},
    ),
    "Attention with a cache of 6": (
        10 * 64 * 192 + 2 * (4 * 10 * 16 * 16),
        64 * 192 + 192,
        (
            "n (float[1,10,64] x, float[2,1,4,6,16] past) => (float y) { y, present ="
            ' com.microsoft.Attention<num_heads=4, unidirectional=1>(x, w, b, "", past) }'
        ).replace('""', ""),
        {"w": (64, 192), "b": (192,)},
    ),
    "QAttention": (
        10 * 64 * 192 + DOT,
        64 * 192 + 192,
        (
            f"n (uint8[1,10,64] x) => (float y) {Q}"
            "{ y = com.microsoft.QAttention<num_heads=4>(x, w, b, s, s) }"
        ),
        {"w": (64, 192), "b": (192,)},
    ),
    "PackedAttention, nothing padded": (
        10 * 64 * 192 + DOT,
        64 * 192 + 192,
        (
            "n (float[10,64] x, int32[1,10] offset, int32[2] lengths) => (float y)"
            "{ y = com.microsoft.PackedAttention<num_heads=4>(x, w, b, offset, lengths) }"
        ),
        {"w": (64, 192), "b": (192,)},
    ),
    "MultiHeadAttention": (
        DOT,
        192,
        (
            "n (float[1,10,64] q, float[1,10,64] k, float[1,10,64] v) => (float y)"
            "{ y = com.microsoft.MultiHeadAttention<num_heads=4>(q, k, v, b) }"
        ),
        {"b": (192,)},
    ),
    "MultiHeadAttention, packed": (
        DOT,
        0,
        (
            "n (float[1,10,4,3,16] qkv) => (float y)"
            "{ y = com.microsoft.MultiHeadAttention<num_heads=4>(qkv) }"
        ),
        {},
    ),
    "GroupQueryAttention": (
        DOT,  # fewer heads of keys multiply as often
        0,
        (
            "n (float[1,10,64] q, float[1,10,32] k, float[1,10,32] v) => (float y)"
            "{ y = com.microsoft.GroupQueryAttention<num_heads=4, kv_num_heads=2>(q, k, v) }"
        ),
        {},
    ),
    "GroupQueryAttention, packed, rotary": (
        DOT,
        0,
        (
            "n (float[1,10,128] qkv) => (float y) { y = com.microsoft.GroupQueryAttention"
            "<num_heads=4, kv_num_heads=2, do_rotary=1>(qkv) }"
        ),
        {},
    ),
    "MoE": (
        # 10 tokens, 2 of 8 experts each: 64→128→64
        10 * 2 * (64 * 128 + 128 * 64),
        8 * (64 * 128 + 128 * 64) + 8 * 128 + 8 * 64,
        (
            "n (float[1,10,64] x, float[10,8] router) => (float y) { y = com.microsoft.MoE"
            '<k=2, activation_type="gelu">(x, router, w, b, v, c) }'
        ),
        {"w": (8, 128, 64), "b": (8, 128), "v": (8, 64, 128), "c": (8, 64)},
    ),
    "QMoE of 4 bits": (
        10 * 2 * (64 * 128 + 128 * 64),
        8 * (64 * 128 + 128 * 64),
        (
            "n (float[1,10,64] x, float[10,8] router) => (float y) { y = com.microsoft.QMoE"
            '<k=2, activation_type="silu">(x, router, w, s, , v, t) }'
        ),
        {"w": (8, 128, 32), "s": (8, 128), "v": (8, 64, 64), "t": (8, 64)},
    ),
    "a transformer's plumbing": (
        0,
        64 + 64 + 64 + 64 + 64,
        (
            "n (float[1,10,64] x, float[1,10,64] r) => (float y) {"
            " a, m, i, total = com.microsoft.SkipLayerNormalization(x, r, g, b, c)"
            " d = com.microsoft.SkipSimplifiedLayerNormalization(a, total, h)"
            " e = com.microsoft.BiasGelu(d, k)"
            " f = com.microsoft.FastGelu(e)  q = com.microsoft.QuickGelu(f)"
            " y = com.microsoft.Gelu(q) }"
        ),
        {"g": (64,), "b": (64,), "c": (64,), "h": (64,), "k": (64,)},
    ),
    "EmbedLayerNormalization": (
        0,
        100 * 64 + 20 * 64 + 2 * 64 + 128,
        (
            "n (int32[1,10] i, int32[1,10] j) => (float y)"
            "{ y, m = com.microsoft.EmbedLayerNormalization(i, j, w, p, t, g, b) }"
        ),
        {"w": (100, 64), "p": (20, 64), "t": (2, 64), "g": (64,), "b": (64,)},
    ),
    "GroupNorm": (
        0,
        8,
        (
            "n (float[1,8,8,4] x) => (float y)"
            "{ y = com.microsoft.GroupNorm<groups=2, activation=1>(x, g, b) }"
        ),
        {"g": (4,), "b": (4,)},
    ),
    "QLinear sums, products and pools": (
        0,
        0,
        (
            f"n (uint8[1,4,8,8] x, uint8[1,4,8,8] r) => (uint8 y) {Q} {{"
            " a = com.microsoft.QLinearAdd(x, s, z, r, s, z, s, z)"
            " b = com.microsoft.QLinearMul(a, s, z, r, s, z, s, z)"
            " c = com.microsoft.QLinearLeakyRelu(b, s, z, s, z)"
            " d = com.microsoft.QLinearConcat<axis=1>(s, z, c, s, z, a, s, z)"
            " e = com.microsoft.QLinearAveragePool<kernel_shape=[2,2]>(d, s, z, s, z)"
            " y = com.microsoft.QLinearGlobalAveragePool(e, s, z, s, z) }"
        ),
        {},
    ),
}

SHAPES = {
    "NhwcConv": "1×8×8×6",
    "QLinearConv, channels last": "1×8×8×6",
    "nchwc Conv": "1×6×1×1",
    "FusedMatMul": "8×4×16×64",
    "FusedMatMul, batch turned": "2×8×5",
    "MatMulNBits": "2×7×32",
    "Attention": "1×10×64",
    "PackedAttention, nothing padded": "10×64",
    "GroupQueryAttention": "1×10×64",
    "MoE": "1×10×64",
    "GroupNorm": "1×8×8×4",
    "EmbedLayerNormalization": "1×10×64",
    "QLinear sums, products and pools": "1×8×1×1",
}


@pytest.mark.parametrize("case", CASES)
def test_fused_and_quantised_operators_count_as_their_plain_forms(case: str) -> None:
    wanted, params, text, weights = CASES[case]
    made = with_weights(text, **weights)
    assert reasons(made) == {}
    analysis = analyzed(made)
    assert mult_adds(made) == wanted
    assert analysis.totals.params == params
    (output,) = made.graph().outputs[:1]
    if case in SHAPES:
        assert "×".join(map(str, output.shape)) == SHAPES[case]


@pytest.mark.parametrize(
    ("text", "weights", "reason"),
    [
        ("Attention<num_heads=5>(x, w)", {"w": (64, 192)}, "queries, keys and values of"),
        ("Attention(x, w)", {"w": (64, 192)}, "0 heads"),
        ("Attention<num_heads=4>(x, w)", {"w": (63, 192)}, "a projection of 1×10×64 by 63×192"),
        ("MatMulNBits<K=32, N=8>(x, w, w)", {"w": (8, 1, 16)}, "a product of 1×10×64 and 32×8"),
        ("MatMulNBits(x, w, w)", {"w": (8, 1, 16)}, "a matrix of 0×0"),
        ("MoE<k=2>(x, x, w, w, w)", {"w": (8, 1, 16, 2)}, "'w' has 4 axes, not 3"),
        ("MoE<k=0>(x, x, w, w, w)", {"w": (8, 1, 16)}, "0 experts for each token"),
        ("Inverse(x)", {}, "no formula for the inverse of a matrix"),
        ("LongformerAttention(x)", {}, "no formula"),
    ],
)
def test_what_does_not_fit_is_unknown_and_says_why(
    text: str, weights: dict[str, Any], reason: str
) -> None:
    made = with_weights(f"{TOKENS} {{ y = com.microsoft.{text} }}", **weights)
    ((_, why),) = reasons(made).items()
    assert reason in why


def test_packed_sequences_of_unknown_lengths_are_a_lower_bound() -> None:
    made = with_weights(
        "n (float[10,64] x, int32[2,8] offset, int32[3] lengths) => (float y)"
        "{ y = com.microsoft.PackedAttention<num_heads=4>(x, w, b, offset, lengths) }",
        w=(64, 192),
        b=(192,),
    )
    assert mult_adds(made) == 10 * 64 * 192
    ((_, why),) = reasons(made).items()
    assert why == "how long each packed sequence is depends on the data"


def test_an_activation_that_is_fused_in_is_counted() -> None:
    made = graph(
        f'{MAP} {{ y = com.microsoft.FusedConv<{SAME}, activation="Relu">(x, w, b) }}', **FILTER
    )
    assert [layer.name for layer in made.layers] == ["FusedConv_0", "FusedConv_0.act"]
    assert counts(made) == {"mac": CONV, "add": 384, "cmp": 384}
