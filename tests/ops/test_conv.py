"""Convolutions: the MobileNets paper's own layers, and the transposed ones."""

from __future__ import annotations

import pytest
from one_layer import Row, check, counted, fmap, layer, one

from flopcalc.errors import ShapeError
from flopcalc.formula import Env
from flopcalc.op import Attrs
from flopcalc.ops.conv import (
    CONV,
    DEPTHWISE,
    GROUPED,
    POINTWISE,
    SAVING,
    TRANSPOSED,
    TRANSPOSED_GROUPED,
    conv_attrs,
    conv_op,
)
from flopcalc.ops.window import Window

PAPER = "Howard et al. 2017, arXiv:1704.04861"


def attrs(
    out: int, k: int, s: int = 1, *, p: int = 0, g: int = 1, bias: bool = False, rank: int = 2
) -> Attrs:
    w = Window((k,) * rank, (s,) * rank, (1,) * rank, ((p, p),) * rank)
    return conv_attrs(w, out, g, bias=bias)


def transposed(out: int, k: int, s: int, p: int, g: int = 1, *, bias: bool = False) -> Attrs:
    return {**attrs(out, k, s, p=p, g=g, bias=bias), "out_pad": (0, 0)}


ROWS = [
    Row(
        CONV,
        attrs(64, 11, 4, p=2, bias=True),
        (fmap(3, 224, 224),),
        "55×55×64",
        {"mac": 70_276_800, "add": 193_600, "weight": 23_232, "bias": 64},
        "D_K·D_K·M·N·D_F·D_F",
        "11·11·3·64·55·55",
        "torchvision alexnet, features.0",
    ),
    Row(
        POINTWISE,
        attrs(16, 1, bias=True),
        (fmap(96, 54, 54),),
        "54×54×16",
        {"mac": 4_478_976, "add": 46_656, "weight": 1_536, "bias": 16},
        "M·N·D_F·D_F",
        "96·16·54·54",
        "torchvision squeezenet1_0, features.3.squeeze",
    ),
    Row(
        GROUPED,
        attrs(256, 5, p=2, g=2, bias=True),
        (fmap(96, 27, 27),),
        "27×27×256",
        {"mac": 223_948_800, "add": 186_624, "weight": 307_200, "bias": 256},
        "D_K·D_K·(M/G)·N·D_F·D_F",
        "5·5·(96/2)·256·27·27",
        "Krizhevsky et al. 2012, section 3.5: 256 kernels of 5×5×48 on two GPUs",
    ),
    Row(
        TRANSPOSED_GROUPED,
        transposed(4, 2, 2, 0, 2, bias=True),
        (fmap(6, 3, 3),),
        "6×6×4",
        {"mac": 432, "add": 144, "weight": 48, "bias": 4},
        "D_K·D_K·M·(N/G)·D_I·D_I",
        "2·2·6·(4/2)·3·3",
        "by hand: 3·3·6 inputs meet 2·2·2 weights; 6·6·4 outputs get a bias",
    ),
    Row(
        CONV,
        attrs(32, 3, 2, p=1),
        (fmap(3, 224, 224),),
        "112×112×32",
        {"mac": 10_838_016, "weight": 864},
        "D_K·D_K·M·N·D_F·D_F",
        "3·3·3·32·112·112",
        f"{PAPER}, table 1, first row",
    ),
    Row(
        CONV,
        attrs(512, 3, p=1),
        (fmap(512, 14, 14),),
        "14×14×512",
        {"mac": 462_422_016, "weight": 2_359_296},
        "D_K·D_K·M·N·D_F·D_F",
        "3·3·512·512·14·14",
        f"{PAPER}, table 3: 462 M, 2.36 M",
    ),
    Row(
        DEPTHWISE,
        attrs(512, 3, p=1, g=512),
        (fmap(512, 14, 14),),
        "14×14×512",
        {"mac": 903_168, "weight": 4_608},
        "D_K·D_K·M·D_F·D_F",
        "3·3·512·14·14",
        f"{PAPER}, table 3: 52.3 M with the pointwise part",
    ),
    Row(
        DEPTHWISE,
        attrs(8, 3, g=4, bias=True),
        (fmap(4, 5, 5),),
        "3×3×8",
        {"mac": 648, "add": 72, "weight": 72, "bias": 8},
        "D_K·D_K·M·μ·D_F·D_F",
        "3·3·4·2·3·3",
        "two outputs of each channel: TensorFlow DepthwiseConv2D, depth_multiplier 2",
    ),
    Row(
        POINTWISE,
        attrs(512, 1),
        (fmap(512, 14, 14),),
        "14×14×512",
        {"mac": 51_380_224, "weight": 262_144},
        "M·N·D_F·D_F",
        "512·512·14·14",
        f"{PAPER}, table 3: 52.3 M with the depthwise part",
    ),
    Row(
        GROUPED,
        attrs(128, 3, p=1, g=32),
        (fmap(128, 56, 56),),
        "56×56×128",
        {"mac": 14_450_688, "weight": 4_608},
        "D_K·D_K·(M/G)·N·D_F·D_F",
        "3·3·(128/32)·128·56·56",
        "ResNeXt-50 32x4d, layer1.0.conv2: weight 128×4×3×3",
    ),
    Row(
        TRANSPOSED,
        transposed(32, 4, 2, 1),
        (fmap(64, 16, 16),),
        "32×32×32",
        {"mac": 8_388_608, "weight": 32_768},
        "D_K·D_K·M·N·D_I·D_I",
        "4·4·64·32·16·16",
        "each of 16×16×64 inputs meets 4×4×32 weights",
    ),
    Row(
        TRANSPOSED,
        transposed(2, 2, 2, 0, bias=True),
        (fmap(3, 4, 4, batch=2),),
        "2×8×8×2",
        {"mac": 768, "add": 256, "weight": 24, "bias": 2},
        "B·D_K·D_K·M·N·D_I·D_I",
        "2·2·2·3·2·4·4",
        "by hand: 2·16·3 inputs meet 4·2 weights; 2·64·2 outputs get a bias",
    ),
    Row(
        TRANSPOSED_GROUPED,
        transposed(64, 4, 2, 1, 64),
        (fmap(64, 16, 16),),
        "32×32×64",
        {"mac": 262_144, "weight": 1_024},
        "D_K·D_K·M·(N/G)·D_I·D_I",
        "4·4·64·(64/64)·16·16",
        "each of 16×16×64 inputs meets 4×4 weights",
    ),
]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.op.kind)
def test_rows(row: Row) -> None:
    check(row)


@pytest.mark.parametrize(
    ("channels", "out", "groups", "kernel", "kind"),
    [
        (64, 128, 1, (3, 3), "standard"),
        (64, 128, 1, (1, 1), "pointwise"),
        (64, 128, 1, (1, 3), "standard"),
        (64, 64, 64, (3, 3), "depthwise"),
        (64, 128, 64, (3, 3), "depthwise"),
        (64, 128, 4, (1, 1), "grouped"),
        (1, 8, 1, (3, 3), "standard"),
    ],
)
def test_kind_follows_from_the_numbers(
    channels: int, out: int, groups: int, kernel: tuple[int, ...], kind: str
) -> None:
    assert conv_op(channels, out, groups, kernel).kind == kind


def test_saving_of_a_separable_convolution() -> None:
    env: Env = {"N": 512, "D_K": (3, 3)}
    assert SAVING.numbers(env) == "1/512 + 1/(3·3)"
    assert round(float(SAVING.value(env)), 5) == 0.11306  # Howard et al. 2017, section 3.1


def test_one_and_three_axes() -> None:
    wave = layer(CONV, attrs(4, 3, p=1, rank=1), fmap(2, 100))
    assert wave.op.counts["mac"].algebra(wave.env) == "D_K·M·N·D_F"
    video = layer(CONV, attrs(64, 3, p=1, rank=3), fmap(3, 16, 112, 112))
    assert video.op.counts["mac"].algebra(video.env) == "D_K·D_K·D_K·M·N·D_Fd·D_Fh·D_Fw"
    assert counted(video)["mac"] == 27 * 3 * 64 * 16 * 112 * 112


@pytest.mark.parametrize(
    ("key", "given", "parts", "output"),
    [
        ("conv", {"out": 8, "k": 3}, [""], "8×8×8"),
        ("conv", {"out": 8, "k": 3, "norm": "bn", "act": "relu"}, ["", "norm", "act"], "8×8×8"),
        ("pw", {"out": 8, "s": 2}, [""], "4×4×8"),
        ("dw", {"k": 3, "mult": 2, "act": "prelu"}, ["", "act"], "8×8×8"),
        ("sep", {"out": 8, "norm": "bn"}, ["dw", "dw.norm", "pw", "pw.norm"], "8×8×8"),
        ("deconv", {"out": 8, "k": 4, "s": 2}, [""], "16×16×8"),
        ("deconv", {"out": 8, "k": 2, "s": 3}, [""], "24×24×8"),
        (
            "deconv",
            {"out": 8, "k": 3, "s": 2, "padding": 1, "out_pad": 1, "bias": True},
            [""],
            "16×16×8",
        ),
    ],
)
def test_steps(key: str, given: dict[str, object], parts: list[str], output: str) -> None:
    net, y = one(key, fmap(4, 8, 8), **given)
    assert net.parts() == parts
    assert y.text() == output


def test_a_bias_only_where_there_is_no_norm() -> None:
    assert one("conv", fmap(3, 8, 8), 4, 3)[0].total("bias") == 4
    assert one("conv", fmap(3, 8, 8), 4, 3, norm="bn")[0].total("bias") == 0
    assert one("conv", fmap(3, 8, 8), 4, 3, norm="bn", bias=True)[0].total("bias") == 4


@pytest.mark.parametrize(
    ("key", "given", "message"),
    [
        ("conv", {"out": 8, "k": 3, "g": 3}, "3 groups do not divide 4 input channels"),
        ("conv", {"out": 6, "k": 3, "g": 4}, "4 groups do not divide 6 output channels"),
        (
            "conv",
            {"out": 8, "k": 9, "padding": "valid"},
            "the map vanishes: a kernel of 9×9 on 8×8",
        ),
        ("conv", {"out": 8, "k": (3, 3, 3)}, "3 kernel sizes for 2 spatial axes"),
        ("conv", {"out": 8, "k": 3, "padding": "causal"}, "causal padding is for 1-D maps"),
        ("conv", {"out": 8, "k": 3, "padding": (1, 1, 1)}, "3 paddings for 2 spatial axes"),
        ("dw", {"k": 64}, "a depthwise kernel of 64: did you mean channels?"),
        ("deconv", {"out": 8, "k": 1, "padding": 4}, "the map vanishes: 0×0"),
    ],
)
def test_what_does_not_fit(key: str, given: dict[str, object], message: str) -> None:
    with pytest.raises(ShapeError) as caught:
        one(key, fmap(4, 8, 8), **given)
    assert caught.value.message == message
    assert caught.value.hint


@pytest.mark.parametrize(
    ("padding", "size", "output"),
    [
        ("same", 224, 112),
        ("half", 224, 112),
        ("valid", 224, 111),
        (((0, 1), (0, 1)), 224, 112),
        ((1, 1), 225, 113),
        (1, 225, 113),
    ],
)
def test_padding(padding: object, size: int, output: int) -> None:
    _, y = one("conv", fmap(3, size, size), 8, 3, s=2, padding=padding)
    assert y.spatial == (output, output)


def test_causal_padding_keeps_the_length() -> None:
    _, y = one("conv", fmap(3, 100), 8, 2, d=16, padding="causal")
    assert y.spatial == (100,)


def test_a_kernel_needs_a_map() -> None:
    net, y = one("flatten", fmap(3, 8, 8))
    with pytest.raises(ShapeError, match="a kernel slides over a map, not over a vector of 192"):
        net.step("conv", y, 8, 3)
