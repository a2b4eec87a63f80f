"""Normalisations: operations an element, roots a group, and parameters a channel."""

from __future__ import annotations

import pytest
from one_layer import Row, check, fmap, ids, layer, one, seq, vec

from flopcalc.errors import ShapeError
from flopcalc.op import Op
from flopcalc.ops.norm import (
    BATCH_NORM,
    GROUP_NORM,
    INSTANCE_NORM,
    L2_NORM,
    LAYER_NORM,
    LAYER_SCALE,
    LOCAL_RESPONSE_NORM,
    NORMS,
    RMS_NORM,
)
from flopcalc.tensor import Shaped

ROWS = [
    Row(
        BATCH_NORM,
        {},
        (fmap(32, 112, 112),),
        "112×112×32",
        {"mul": 401_408, "add": 401_408, "norm": 64, "buffer": 64},
        "E",
        "401408",
        "torch BatchNorm2d(32): weight, bias, running_mean, running_var",
    ),
    Row(
        LAYER_NORM,
        {},
        (seq(197, 768),),
        "197×768",
        {"mul": 453_888, "add": 605_184, "exp": 197, "norm": 1_536},
        "3·E",
        "3·151296",
        "torch LayerNorm(768) on 197 tokens: a root for each",
    ),
    Row(
        LAYER_NORM,
        {},
        (fmap(96, 56, 56),),
        "56×56×96",
        {"mul": 903_168, "add": 1_204_224, "exp": 3_136, "norm": 192},
        "3·E",
        "3·301056",
        "torchvision convnext_tiny, features.0.1: a root for each of 56·56 pixels",
    ),
    Row(
        RMS_NORM,
        {},
        (seq(10, 4096, batch=2),),
        "2×10×4096",
        {"mul": 245_760, "add": 81_920, "exp": 20, "norm": 4_096},
        "3·E",
        "3·81920",
        "Llama's RMSNorm(4096) on two times ten tokens",
    ),
    Row(
        GROUP_NORM,
        {"groups": 32},
        (fmap(64, 8, 8, batch=2),),
        "2×8×8×64",
        {"exp": 64, "mul": 24_576, "add": 32_768, "norm": 128},
        "B·G",
        "2·32",
        "torch GroupNorm(32, 64): two images of 32 groups",
    ),
    Row(
        INSTANCE_NORM,
        {},
        (fmap(64, 8, 8),),
        "8×8×64",
        {"exp": 64, "mul": 12_288, "add": 16_384, "norm": 128},
        "M",
        "64",
        "torch InstanceNorm2d(64, affine=True): a root for each channel",
    ),
    Row(
        LOCAL_RESPONSE_NORM,
        {"size": 5},
        (fmap(96, 55, 55),),
        "55×55×96",
        {"add": 1_452_000, "mul": 580_800, "exp": 290_400, "div": 290_400},
        "R·E",
        "5·290400",
        "Krizhevsky et al. 2012, section 3.3, on the 55×55×96 maps of the first layer",
    ),
    Row(
        L2_NORM,
        {},
        (fmap(512, 38, 38),),
        "38×38×512",
        {"mul": 2_217_984, "add": 739_328, "exp": 1_444, "norm": 512},
        "3·E",
        "3·739328",
        "SSD300's norm of conv4_3: 512 scales",
    ),
    Row(
        LAYER_SCALE,
        {},
        (fmap(96, 56, 56),),
        "56×56×96",
        {"mul": 301_056, "weight": 96},
        "E",
        "301056",
        "torchvision convnext_tiny, features.1.0.layer_scale",
    ),
]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.op.kind} {row.output}")
def test_rows(row: Row) -> None:
    check(row)


@pytest.mark.parametrize("word", NORMS)
def test_the_words_of_norm_have_complete_attributes(word: str) -> None:
    op, attrs = NORMS[word]
    net, _ = one("pw", fmap(3, 4, 4), 64, norm=word)
    step, _ = one(word, fmap(64, 4, 4))
    assert net.layers[1].op is step.layers[0].op is op
    assert net.layers[1].attrs == step.layers[0].attrs == attrs
    assert op.role == "norm"


def test_arguments() -> None:
    assert one("gn", fmap(64, 4, 4), 16)[0].total("exp") == 16
    assert one("lrn", fmap(64, 4, 4), 3)[0].total("add") == 3 * 1024
    assert one("l2norm", fmap(64, 4, 4))[0].params == 64
    assert one("layer_scale", seq(3, 64))[0].params == 64


@pytest.mark.parametrize(
    ("op", "attrs", "shaped", "message"),
    [
        (LAYER_NORM, {}, ids(10), "a normalisation on token ids"),
        (GROUP_NORM, {"groups": 32}, fmap(48, 8, 8), "32 groups do not divide 48 channels"),
        (INSTANCE_NORM, {}, vec(10), "instance norm needs a map, not 10"),
        (INSTANCE_NORM, {}, seq(5, 10), "instance norm needs a map, not 5×10"),
    ],
)
def test_what_does_not_fit(op: Op, attrs: dict[str, int], shaped: Shaped, message: str) -> None:
    with pytest.raises(ShapeError) as caught:
        layer(op, attrs, shaped)
    assert caught.value.message == message
    assert caught.value.hint
