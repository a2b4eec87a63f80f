"""Pools: sizes, and operations a window."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from one_layer import Row, check, counted, fmap, ids, layer, one, seq, vec

from flopcalc.errors import ShapeError
from flopcalc.op import Attrs
from flopcalc.ops.pool import (
    ADAPTIVE_POOL,
    AVG_POOL,
    GLOBAL_AVG_POOL,
    GLOBAL_MAX_POOL,
    MAX_POOL,
    pool_attrs,
)
from flopcalc.ops.window import Window
from flopcalc.tensor import Shaped


def attrs(k: int, s: int, p: int = 0, *, ceil: bool = False) -> Attrs:
    return pool_attrs(Window((k, k), (s, s), (1, 1), ((p, p), (p, p))), ceil=ceil)


ROWS = [
    Row(
        MAX_POOL,
        attrs(3, 2, 1),
        (fmap(64, 112, 112),),
        "56×56×64",
        {"cmp": 1_605_632},
        "(D_K·D_K - 1)·M·D_F·D_F",
        "(3·3 - 1)·64·56·56",
        "torchvision resnet50, maxpool",
    ),
    Row(
        MAX_POOL,
        attrs(3, 2, ceil=True),
        (fmap(96, 109, 109),),
        "54×54×96",
        {"cmp": 2_239_488},
        "(D_K·D_K - 1)·M·D_F·D_F",
        "(3·3 - 1)·96·54·54",
        "torchvision squeezenet1_0, features.2",
    ),
    Row(
        AVG_POOL,
        attrs(2, 2),
        (fmap(128, 56, 56, batch=2),),
        "2×28×28×128",
        {"add": 602_112, "div": 200_704},
        "B·(D_K·D_K - 1)·M·D_F·D_F",
        "2·(2·2 - 1)·128·28·28",
        "torchvision densenet121, transition1.pool, two images",
    ),
    Row(
        ADAPTIVE_POOL,
        {"size": (6, 6)},
        (fmap(256, 13, 13),),
        "6×6×256",
        {"add": 73_728, "div": 9_216},
        "M·(D_W·D_W - D_F·D_F)",
        "256·(18·18 - 6·6)",
        "torch AdaptiveAvgPool2d(6) on 13: windows 0-3 2-5 4-7 6-9 8-11 10-13, 18 read in all",
    ),
    Row(
        GLOBAL_AVG_POOL,
        {"keep": False},
        (fmap(1024, 7, 7),),
        "1024",
        {"add": 49_152, "div": 1_024},
        "(D_I·D_I - 1)·M",
        "(7·7 - 1)·1024",
        "Howard et al. 2017, arXiv:1704.04861, table 1, Avg Pool / s1",
    ),
    Row(
        GLOBAL_AVG_POOL,
        {"keep": True},
        (seq(196, 768),),
        "1×768",
        {"add": 149_760, "div": 768},
        "(D_I - 1)·M",
        "(196 - 1)·768",
        "the mean of 196 tokens: 195 sums and a division a feature",
    ),
    Row(
        GLOBAL_MAX_POOL,
        {"keep": True},
        (fmap(16, 4, 6),),
        "1×1×16",
        {"cmp": 368},
        "(D_Ih·D_Iw - 1)·M",
        "(4·6 - 1)·16",
        "the largest of 24: 23 comparisons a channel",
    ),
]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.op.kind} {row.output}")
def test_rows(row: Row) -> None:
    check(row)


@given(size=st.integers(1, 60), out=st.integers(1, 60), data=st.data())
def test_adaptive_windows_are_pytorchs(size: int, out: int, data: st.DataObject) -> None:
    other = data.draw(st.integers(1, 20))
    made = layer(ADAPTIVE_POOL, {"size": (out, 1)}, fmap(3, size, other))
    windows = [range(i * size // out, -(-(i + 1) * size // out)) for i in range(out)]
    adds = sum(len(w) * other - 1 for w in windows) * 3
    assert counted(made).get("add", 0) == adds
    assert counted(made)["div"] == out * 3


@given(
    size=st.integers(1, 40),
    k=st.integers(1, 5),
    s=st.integers(1, 5),
    p=st.integers(0, 2),
)
def test_ceil_keeps_windows_that_start_inside(size: int, k: int, s: int, p: int) -> None:
    p = min(p, k // 2)  # PyTorch: the padding is at most half the window
    if size + 2 * p < k:
        with pytest.raises(ShapeError, match="the map vanishes"):
            one("max_pool", fmap(1, size), k, s, padding=p)
        return
    whole = [i for i in range(0, size + p, s) if i + k <= size + 2 * p]
    partial = [i for i in range(0, size + p, s) if i < whole[-1] + s + 1]
    floor = one("max_pool", fmap(1, size), k, s, padding=p)[1]
    ceil = one("max_pool", fmap(1, size), k, s, padding=p, ceil=True)[1]
    covered = whole[-1] + k >= size + 2 * p
    assert floor.spatial == (len(whole),)
    assert ceil.spatial == (len(whole) if covered else len(partial),)


def test_steps() -> None:
    assert one("max_pool", fmap(8, 9, 9), 2)[1].text() == "4×4×8"
    assert one("max_pool", fmap(8, 9, 9), 3, 2, padding="same")[1].text() == "5×5×8"
    assert one("avg_pool", fmap(8, 9, 9), (9, 3))[1].text() == "1×3×8"
    assert one("adaptive_pool", fmap(8, 9, 9), 3)[1].text() == "3×3×8"
    assert one("adaptive_pool", fmap(8, 9, 9), (1, 3))[1].text() == "1×3×8"
    assert one("global_avg_pool", fmap(8, 9, 9))[1].text() == "8"
    assert one("global_avg_pool", fmap(8, 9, 9), keep=True)[1].text() == "1×1×8"
    assert one("global_max_pool", seq(9, 8))[1].text() == "8"
    assert one("mean_tokens", seq(9, 8))[1].text() == "8"


@pytest.mark.parametrize(
    ("key", "shaped", "args", "message"),
    [
        (
            "max_pool",
            seq(9, 8),
            (2,),
            "a kernel slides over a map, not over a sequence of 9 tokens",
        ),
        ("adaptive_pool", vec(8), (2,), "a kernel slides over a map, not over a vector of 8"),
        ("global_avg_pool", vec(8), (), "global pooling needs a map or tokens, not a vector of 8"),
        ("global_max_pool", ids(8), (), "global pooling on token ids"),
        ("mean_tokens", fmap(8, 9, 9), (), "mean_tokens needs tokens, not a map of 9×9"),
        ("mean_tokens", vec(8), (), "mean_tokens needs a sequence of tokens, not 8"),
    ],
)
def test_what_does_not_fit(key: str, shaped: Shaped, args: tuple[int, ...], message: str) -> None:
    with pytest.raises(ShapeError) as caught:
        one(key, shaped, *args)
    assert caught.value.message == message
    assert caught.value.hint
