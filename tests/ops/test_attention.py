"""Attention: its parts, published transformers, and windows."""

from __future__ import annotations

import pytest
from one_layer import Net, Row, check, fmap, ids, layer, one, seq, vec

from flopcalc.errors import InputError, ShapeError, SpecError
from flopcalc.ops.attention import (
    BUCKETED_POSITION,
    CONTEXT,
    MERGE,
    PARTITION,
    RELATIVE_POSITION,
    ROPE,
    SCORES,
    attention_attrs,
)
from flopcalc.tensor import Shaped, Tensor

SCORES_SHAPE = Shaped((1, 12, 197, 197), "nalc")

ROWS = [
    Row(
        SCORES,
        attention_attrs(12, 12),
        (seq(197, 768), seq(197, 768)),
        "12×197×197",
        {"mac": 29_805_312, "mul": 465_708},
        "h·d·L_q·L_k",
        "12·64·197·197",
        "ViT-B/16: 12 heads of 64, 197 tokens",
    ),
    Row(
        SCORES,
        attention_attrs(32, 8),
        (seq(10, 4096, batch=2), seq(20, 1024, batch=2)),
        "2×32×10×20",
        {"mac": 1_638_400, "mul": 12_800},
        "B·h·d·L_q·L_k",
        "2·32·128·10·20",
        "Llama-3 8B: 32 query heads over 8 key heads of 128; Ainslie et al., arXiv:2305.13245",
    ),
    Row(
        SCORES,
        attention_attrs(3, 3, windows=64),
        (seq(3136, 96), seq(3136, 96)),
        "3×3136×49",
        {"mac": 14_751_744, "mul": 460_992},
        "h·d·L_q·L_k",
        "3·32·3136·49",
        "Swin-T, stage 1: Liu et al. 2021, arXiv:2103.14030, eq. 2, second term is twice this",
    ),
    Row(
        CONTEXT,
        attention_attrs(12, 12),
        (SCORES_SHAPE, seq(197, 768)),
        "197×768",
        {"mac": 29_805_312},
        "h·d·L_q·L_k",
        "12·64·197·197",
        "ViT-B/16: 12 heads of 64, 197 tokens",
    ),
    Row(
        ROPE,
        {},
        (seq(10, 4096),),
        "10×4096",
        {"mul": 81_920, "add": 40_960},
        "2·E",
        "2·40960",
        "Su et al. 2021, arXiv:2104.09864, eq. 34: two products and a sum an element",
    ),
    Row(
        RELATIVE_POSITION,
        {"window": (7, 7)},
        (Shaped((1, 3, 3136, 49), "nalc"),),
        "3×3136×49",
        {"weight": 507, "add": 460_992},
        "D_R·D_R·h",
        "13·13·3",
        "torchvision swin_t, features.1.0.attn.relative_position_bias_table: 169×3",
    ),
    Row(
        BUCKETED_POSITION,
        {"buckets": 32},
        (Shaped((1, 8, 100, 100), "nalc"),),
        "8×100×100",
        {"weight": 256, "add": 80_000},
        "N·h",
        "32·8",
        "T5-small, block.0.layer.0.SelfAttention.relative_attention_bias: 32×8",
    ),
    Row(
        BUCKETED_POSITION,
        {"buckets": 0},
        (Shaped((2, 8, 100, 100), "nalc"),),
        "2×8×100×100",
        {"add": 160_000},
        "E",
        "160000",
        "T5-small, the other layers: the first one's biases again",
    ),
    Row(PARTITION, {"window": (7, 7)}, (fmap(96, 56, 56),), "3136×96", {}, "", "", "64 windows"),
    Row(
        PARTITION,
        {"window": (7, 7)},
        (fmap(96, 50, 10),),
        "784×96",
        {},
        "",
        "",
        "padded up to 56×14, as torchvision does",
    ),
    Row(
        MERGE,
        {"window": (7, 7), "size": (50, 10)},
        (seq(784, 96),),
        "50×10×96",
        {},
        "",
        "",
        "the padding is cut off",
    ),
]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.op.title[:20]} {row.output}")
def test_rows(row: Row) -> None:
    check(row)


def test_parts() -> None:
    net, y = one("attention", seq(10, 64), 4)
    assert net.parts() == ["q", "k", "v", "scores", "softmax", "context", "out"]
    assert y.text() == "10×64"
    assert net.total("mac") == 4 * 10 * 64 * 64 + 2 * 64 * 10 * 10
    assert net.params == 4 * (64 * 64 + 64)


def test_fused_is_the_same_with_one_projection() -> None:
    apart, _ = one("attention", seq(10, 64), 4, kv_heads=2)
    fused, _ = one("attention", seq(10, 64), 4, kv_heads=2, fused=True)
    assert fused.parts()[:4] == ["qkv", "q", "k", "v"]
    assert [made.outputs[0].text() for made in fused.layers[1:4]] == ["10×64", "10×32", "10×32"]
    for kind in ("mac", "add", "mul", "exp", "weight", "bias"):
        assert fused.total(kind) == apart.total(kind)


def test_options() -> None:
    net, _ = one("attention", seq(10, 64), 4, bias=False, rope=True, causal=True, head_dim=8)
    assert net.parts()[3:5] == ["q_rope", "k_rope"]
    assert net.params == 4 * 64 * 32
    assert net.total("bias") == 0
    assert net.layers[5].attrs["causal"] is True
    assert one("attention", seq(10, 64), 4, bias=False, out_bias=True)[0].total("bias") == 64


def test_keys_without_a_bias() -> None:
    """Whisper: queries, values and the output have one."""
    net, _ = one("attention", seq(10, 64), 4, k_bias=False)
    assert net.total("bias") == 3 * 64
    assert one("attention", seq(10, 64), 4, bias=False, k_bias=True)[0].total("bias") == 64


def test_biases_by_distance() -> None:
    """T5: the first layer stores a table, the others add the same biases."""
    first, _ = one("attention", seq(10, 64), 4, buckets=32)
    other, _ = one("attention", seq(10, 64), 4, buckets=0)
    plain, _ = one("attention", seq(10, 64), 4)
    assert first.parts() == ["q", "k", "v", "scores", "rel_pos", "softmax", "context", "out"]
    assert other.parts() == first.parts()
    assert first.params - plain.params == 32 * 4
    assert other.params == plain.params
    assert first.total("add") == other.total("add") == plain.total("add") + 4 * 10 * 10


def test_cross_attention() -> None:
    net = Net()
    x, source = net.input(seq(10, 64)), net.input(seq(30, 48))
    assert net.step("attention", x, 4, kv=source).text() == "10×64"
    assert net.total("mac") == 10 * 64 * 64 * 2 + 2 * 30 * 48 * 64 + 2 * 64 * 10 * 30


def test_windows_on_maps_and_tokens() -> None:
    on_map, y = one("attention", fmap(96, 56, 56), 3, window=7, rel_pos=True)
    parts = ["windows", "q", "k", "v", "scores", "rel_pos", "softmax", "context", "out", "merge"]
    assert on_map.parts() == parts
    assert y.text() == "56×56×96"
    on_tokens, z = one("attention", seq(3136, 96), 3, window=(7, 7), rel_pos=True)
    assert on_tokens.parts() == ["map", *parts, "tokens"]
    assert z.text() == "3136×96"
    for kind in ("mac", "add", "weight"):
        assert on_map.total(kind) == on_tokens.total(kind)


def _mlp(net: Net, x: Tensor, key: str, ratio: int = 4) -> Tensor:
    y = net.step(key, net.step("ln", x), ratio * x.channels, act="gelu")
    return net.step(key, y, x.channels)


def test_vit_b16() -> None:
    """torchvision vit_b_16: 17.564 G Mult-Adds, 86,567,656 parameters."""
    net = Net()
    x = net.step("conv", net.input(fmap(3, 224, 224)), 768, 16, s=16, padding="valid")
    for key in ("tokens", "cls_token", "pos_embed"):
        x = net.step(key, x)
    for _ in range(12):
        net.step("attention", net.step("ln", x), 12)
        _mlp(net, x, "fc")
    net.step("fc", net.step("take", net.step("ln", x), 0), 1000)
    assert net.total("mac") == 17_563_828_224
    assert net.params == 86_567_656


def test_swin_t() -> None:
    """torchvision swin_t: 4.491 G Mult-Adds, 28,288,354 parameters."""
    net = Net()
    x = net.step("conv", net.input(fmap(3, 224, 224)), 96, 4, s=4, padding="valid")
    x = net.step("ln", x)
    for stage, depth in enumerate((2, 2, 6, 2)):
        if stage:
            y = net.step("ln", net.step("pixel_unshuffle", x, 2))
            x = net.step("pw", y, 2 * x.channels, bias=False)
        for _ in range(depth):
            net.step(
                "attention",
                net.step("ln", x),
                x.channels // 32,
                window=7,
                fused=True,
                rel_pos=True,
            )
            _mlp(net, x, "pw")
    net.step("fc", net.step("global_avg_pool", net.step("ln", x)), 1000)
    assert net.total("mac") == 4_490_566_656
    assert net.params == 28_288_354


@pytest.mark.parametrize(
    ("shaped", "given", "error", "message"),
    [
        (fmap(64, 7, 7), {}, ShapeError, "attention needs a sequence of tokens, not 7×7×64"),
        (vec(64), {}, ShapeError, "attention needs a sequence of tokens, not 64"),
        (ids(64), {"window": 2}, ShapeError, "attention on token ids"),
        (seq(9, 66), {}, ShapeError, "4 heads do not divide 66 features"),
        (
            seq(9, 64),
            {"kv_heads": 3},
            ShapeError,
            "3 key and value heads do not divide 4 heads",
        ),
        (seq(10, 64), {"window": 2}, ShapeError, "10 tokens are not a square map"),
        (seq(9, 64), {"rel_pos": True}, SpecError, "'rel_pos' needs a window"),
    ],
)
def test_what_does_not_fit(
    shaped: Shaped, given: dict[str, object], error: type[InputError], message: str
) -> None:
    with pytest.raises(error) as caught:
        one("attention", shaped, 4, **given)
    assert caught.value.message == message
    assert caught.value.hint


def test_arguments_that_exclude_each_other() -> None:
    net = Net()
    x, source = net.input(seq(9, 64)), net.input(fmap(64, 3, 3))
    with pytest.raises(SpecError, match="'kv' and 'window' exclude each other"):
        net.step("attention", x, 4, kv=source, window=3)
    with pytest.raises(SpecError, match="'kv' and 'fused' exclude each other"):
        net.step("attention", x, 4, kv=source, fused=True)
    with pytest.raises(SpecError, match="'k_bias' and 'fused' exclude each other"):
        net.step("attention", x, 4, k_bias=False, fused=True)
    with pytest.raises(SpecError, match="'buckets' and 'window' exclude each other"):
        net.step("attention", x, 4, buckets=32, window=3)
    with pytest.raises(ShapeError, match="attention needs a sequence of tokens, not 3×3×64"):
        net.step("attention", x, 4, kv=source)


def test_shapes_that_do_not_fit() -> None:
    with pytest.raises(ShapeError, match="2 samples of queries, 1 of keys"):
        layer(SCORES, attention_attrs(4, 4), seq(9, 64, batch=2), seq(9, 64))
    with pytest.raises(ShapeError, match="9 tokens do not fill a map of 4×4"):
        layer(MERGE, {"window": (2, 2), "size": (4, 4)}, seq(9, 64))
