"""Sequences: from maps and back, stored tokens and positions."""

from __future__ import annotations

import pytest
from one_layer import Row, check, fmap, ids, one, seq, vec

from flopcalc.errors import ShapeError
from flopcalc.ops.require import TO_MAP
from flopcalc.ops.tokens import CLASS_TOKEN, POSITION, TAKE, TOKENS, TRANSPOSE, UNTOKENS
from flopcalc.tensor import Shaped

ROWS = [
    Row(TOKENS, {}, (fmap(768, 14, 14),), "196×768", {}, "", "", "ViT-B/16 at 224: 14·14 patches"),
    Row(UNTOKENS, {"size": (14, 14)}, (seq(196, 768),), "14×14×768", {}, "", "", "and back"),
    Row(TRANSPOSE, {}, (seq(196, 512),), "512×196", {}, "", "", "MLP-Mixer S/16: 512 channels"),
    Row(TAKE, {"index": 0}, (seq(197, 768),), "768", {}, "", "", "ViT's class token"),
    Row(TAKE, {"index": -1}, (seq(197, 768, batch=2),), "2×768", {}, "", "", "the last token"),
    Row(
        CLASS_TOKEN,
        {"count": 1},
        (seq(196, 768),),
        "197×768",
        {"weight": 768},
        "M",
        "768",
        "torchvision vit_b_16, class_token: 1×1×768",
    ),
    Row(
        CLASS_TOKEN,
        {"count": 2},
        (seq(196, 192),),
        "198×192",
        {"weight": 384},
        "C·M",
        "2·192",
        "DeiT-Ti distilled: class and distillation token",
    ),
    Row(
        POSITION,
        {"positions": 197},
        (seq(197, 768),),
        "197×768",
        {"weight": 151_296, "add": 151_296},
        "P·M",
        "197·768",
        "torchvision vit_b_16, encoder.pos_embedding: 1×197×768",
    ),
    Row(
        POSITION,
        {"positions": 512},
        (seq(128, 768),),
        "128×768",
        {"weight": 393_216, "add": 98_304},
        "P·M",
        "512·768",
        "BERT-base uncased, position embeddings, at 128 tokens",
    ),
]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.op.kind} {row.output}")
def test_rows(row: Row) -> None:
    check(row)


def test_steps() -> None:
    assert one("tokens", fmap(8, 4, 6))[1].text() == "24×8"
    assert one("untokens", seq(25, 8))[1].text() == "5×5×8"
    assert one("untokens", seq(25, 8), 5)[1].text() == "5×5×8"
    assert one("untokens", seq(24, 8), (4, 6))[1].text() == "4×6×8"
    assert one("transpose", seq(24, 8, batch=2))[1].text() == "2×8×24"
    assert one("cls_token", seq(24, 8))[1].text() == "25×8"
    assert one("take", seq(24, 8), -24)[1].text() == "8"
    assert one("pos_embed", seq(24, 8))[0].total("weight") == 192
    assert one("pos_embed", seq(24, 8), 2)[0].total("weight") == 16
    assert one("pos_embed", fmap(8, 4, 6))[0].total("weight") == 192


@pytest.mark.parametrize(
    ("key", "shaped", "args", "message", "hint"),
    [
        ("tokens", vec(8), (), "tokens needs a map, not 8", "put it before the pooling"),
        ("tokens", seq(4, 8), (), "tokens needs a map, not 4×8", TO_MAP),
        (
            "untokens",
            seq(200, 8),
            (),
            "200 tokens are not a square map",
            "give the sizes: {untokens: [14, 28]}, or {untokens: [len]} for a 1-D map",
        ),
        (
            "untokens",
            seq(197, 8),
            (),
            "197 tokens are not a square map",
            "a class token has no place in a map: add it after",
        ),
        (
            "untokens",
            seq(197, 8),
            ((14, 14),),
            "197 tokens are not a map of 14×14",
            "a class token has no place in a map: add it after",
        ),
        (
            "take",
            seq(4, 8),
            (4,),
            "no token 4 among 4",
            "tokens count from 0; -1 is the last",
        ),
        (
            "cls_token",
            fmap(8, 4, 4),
            (),
            "a class token needs a sequence of tokens, not 4×4×8",
            "put 'tokens' before it",
        ),
        (
            "transpose",
            fmap(8, 4, 4),
            (),
            "transpose needs a sequence of tokens, not 4×4×8",
            "put 'tokens' before it",
        ),
        (
            "take",
            ids(4),
            (0,),
            "take on token ids",
            "embed the token ids first: {embed: 768, vocab: 30522}",
        ),
        (
            "pos_embed",
            vec(8),
            (),
            "a position embedding needs a map or tokens, not a vector of 8",
            "put it before the pooling or flattening",
        ),
    ],
)
def test_what_does_not_fit(
    key: str, shaped: Shaped, args: tuple[object, ...], message: str, hint: str
) -> None:
    with pytest.raises(ShapeError) as caught:
        one(key, shaped, *args)
    assert (caught.value.message, caught.value.hint) == (message, hint)
