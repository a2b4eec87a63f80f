"""Fully connected layers and embeddings."""

from __future__ import annotations

import pytest
from one_layer import Net, Row, check, fmap, ids, one, seq, vec

from flopcalc.errors import ShapeError
from flopcalc.ops.dense import EMBED, FC, fc_attrs
from flopcalc.tensor import Shaped

ROWS = [
    Row(
        FC,
        fc_attrs(1000, bias=True),
        (vec(1024),),
        "1000",
        {"mac": 1_024_000, "add": 1_000, "weight": 1_024_000, "bias": 1_000},
        "M·N",
        "1024·1000",
        "Howard et al. 2017, arXiv:1704.04861, table 1, FC / s1",
    ),
    Row(
        FC,
        fc_attrs(1000, bias=False),
        (vec(1024, batch=8),),
        "8×1000",
        {"mac": 8_192_000, "weight": 1_024_000},
        "B·M·N",
        "8·1024·1000",
        "the same for eight images, without a bias",
    ),
    Row(
        FC,
        fc_attrs(3072, bias=True),
        (seq(197, 768),),
        "197×3072",
        {"mac": 464_781_312, "add": 605_184, "weight": 2_359_296, "bias": 3_072},
        "L·M·N",
        "197·768·3072",
        "torchvision vit_b_16, encoder.layers.0.mlp.0",
    ),
    Row(
        EMBED,
        {"dim": 768, "vocab": 30522},
        (ids(128),),
        "128×768",
        {"weight": 23_440_896},
        "V·N",
        "30522·768",
        "BERT-base uncased, word embeddings",
    ),
]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.output)
def test_rows(row: Row) -> None:
    check(row)


def test_fc_with_activation() -> None:
    net, y = one("fc", vec(4), 3, act="relu")
    assert net.parts() == ["", "act"]
    assert y.text() == "3"


def test_two_embeddings_may_share_a_table() -> None:
    """T5: the words of the text and of the answer."""
    net = Net()
    net.step("embed", net.input(ids(10)), 64, 1000)
    answer = net.step("embed", net.input(ids(3)), 64, 1000, tied="embed0")
    assert net.tied == ["embed0"]
    assert answer.text() == "3×64"
    assert net.params == 64 * 1000


def test_tied_weights_are_stored_once_and_used_twice() -> None:
    net = Net()
    x = net.step("embed", net.input(ids(10)), 16, 100)
    net.step("fc", x, 100, bias=False, tied="embed0")
    assert net.tied == ["embed0"]
    assert net.total("weight") == 1_600
    assert net.total("mac") == 10 * 16 * 100


@pytest.mark.parametrize(
    ("key", "shaped", "args", "message", "hint"),
    [
        (
            "fc",
            fmap(32, 7, 7),
            (10,),
            "a fully connected layer on a map of 7×7×32",
            "flatten or pool first",
        ),
        (
            "fc",
            ids(10),
            (10,),
            "a fully connected layer on token ids",
            "embed the token ids first: {embed: 768, vocab: 30522}",
        ),
        (
            "embed",
            vec(10),
            (16, 100),
            "an embedding looks up token ids, not 10",
            "the input of an embedding is {tokens: 128}",
        ),
    ],
)
def test_what_does_not_fit(
    key: str, shaped: Shaped, args: tuple[int, ...], message: str, hint: str
) -> None:
    with pytest.raises(ShapeError) as caught:
        one(key, shaped, *args)
    assert (caught.value.message, caught.value.hint) == (message, hint)
