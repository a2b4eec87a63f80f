"""Sweeps where width and resolution meet: products, put together, of what each point counts."""

from __future__ import annotations

import importlib.util
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import flopcalc
from flopcalc.engine.cells import Cells
from flopcalc.engine.grid import Term, _is_product, _same, _stays, _symbols
from flopcalc.formula import Num, Sym
from flopcalc.op import Op, bind_nothing, same_shape
from flopcalc.parts import CHUNK, Work
from flopcalc.spec.model import load_spec

HEAD = "flopcalc: 1\ninput: 32x32x3\nclasses: 10\nscaling: {round: floor, min: 2}\n"
TEXTS = {
    # a classifier on all positions: its weights follow both
    "flattened": "body: [{conv: 16, k: 3, s: 2}, flatten, relu, {fc: 20}, {fc: classes}]",
    # a layer for large maps only, and a kernel as large as the map
    "sized": "body: [{conv: 16, k: 3}, {conv: 8, k: 3, when: h > 40},"
    " {conv: 12, k: h, padding: valid}, global_avg_pool, {fc: classes}]",
    # a projection only where the rounded channels differ
    "residual": """blocks:
  unit:
    params: {out: channels}
    body:
      - {conv: out, k: 3, name: a}
      - {pw: out, when: in != out, from: input, name: proj}
      - {add: a}
body: [{conv: 4, k: 3}, {unit: 5}, {unit: 5}, global_avg_pool, {fc: classes}]""",
    # a stored vector for each position
    "tokens": "body: [{conv: 16, k: 4, s: 4, padding: valid}, tokens, cls_token, pos_embed,"
    " {attention: 1}, {take: 0}, {fc: classes}]",
    # two flattened maps side by side: a sum of products, in counts and in what a norm stores
    "joined": "body: [{conv: 16, k: 3, s: 2},"
    " {concat: [[flatten], [{conv: 4, k: 3, s: 2}, flatten]]}, {fc: classes}]",
    "normed": "body: [{conv: 16, k: 3, s: 2},"
    " {concat: [[flatten], [{conv: 4, k: 3, s: 2}, flatten]]}, ln]",
    # an LSTM whose features are the positions of a map
    "turned": "body: [{conv: 8, k: 3, s: 4}, tokens, transpose, {lstm: 12}, {take: 0},"
    " {fc: classes}]",
    # channels that follow the resolution: no product of anything
    "mixed": "body: [{conv: h, k: 3}, {pw: 8}, global_avg_pool, {fc: classes}]",
}
MODELS = {name: load_spec(HEAD + text, f"{name}.yaml") for name, text in TEXTS.items()}


@given(
    name=st.sampled_from(sorted(TEXTS)),
    alphas=st.lists(st.integers(1, 16).map(lambda n: n / 8), min_size=1, max_size=5, unique=True),
    sides=st.lists(st.integers(12, 64), min_size=1, max_size=5, unique=True),
    convention=st.sampled_from(["mult-adds", "paper", "flops", "keras"]),
)
@settings(deadline=None, max_examples=60)
def test_every_point_is_what_analyze_counts(
    name: str, alphas: list[float], sides: list[int], convention: str
) -> None:
    model = MODELS[name]
    chosen = next(c for c in flopcalc.CONVENTIONS if c.name == convention)
    (plane,) = flopcalc.sweep(model, alpha=alphas, res=sides, convention=convention).planes
    exact = [
        [flopcalc.project(flopcalc.analyze(model, alpha=alpha, res=side), chosen) for side in sides]
        for alpha in alphas
    ]

    assert plane.operations.rows() == [[total.operations for total in row] for row in exact]
    assert plane.params.rows() == [[total.params for total in row] for row in exact]


@pytest.mark.parametrize(
    ("name", "products"),
    [
        *(("flattened", 2), ("sized", 0), ("residual", 0), ("tokens", 4), ("mixed", 0)),
        *(("joined", 0), ("normed", 0), ("turned", 0)),
    ],
)
def test_what_comes_apart_is_multiplied(name: str, products: int) -> None:
    """Few elaborations for many points: each width and each resolution once for each base."""
    elaborated: list[int] = []
    alphas, sides = [n / 16 for n in range(2, 34)], list(range(16, 112, 3))
    (plane,) = flopcalc.sweep(
        MODELS[name], alpha=alphas, res=sides, progress=lambda done, _: elaborated.append(done)
    ).planes

    assert plane.operations.rank == products
    assert len(plane) == 32 * 32
    if name in {"mixed", "joined", "normed", "turned"}:
        assert elaborated[-1] >= 32  # row by row
    else:
        assert elaborated[-1] <= 6 * 2 * (32 + 32)


@pytest.mark.parametrize("name", sorted(TEXTS))
def test_an_executor_changes_nothing(name: str) -> None:
    """Each task finds out by itself what is a product; together they agree."""
    alphas, sides = [n / 64 for n in range(16, 16 + CHUNK + 9)], list(range(30, 50, 2))
    alone = flopcalc.sweep(MODELS[name], alpha=alphas, res=sides, convention="flops")
    with ThreadPoolExecutor(2) as pool:
        spread = flopcalc.sweep(
            MODELS[name], alpha=alphas, res=sides, convention="flops", executor=pool
        )

    assert spread.planes[0].operations.rows() == alone.planes[0].operations.rows()
    assert spread.planes[0].params.rows() == alone.planes[0].params.rows()


@pytest.mark.parametrize(
    ("name", "alphas"),
    [
        ("vgg11", "0.5,1"),
        ("alexnet", "0.5,1"),
        ("vit_b_16", "0.5,1"),
        ("swin_t", "1,2"),
        ("regnet_y_400mf", "0.1,0.5,1"),
        ("faster_rcnn_inception_v2", "0.5,1"),
        ("mobilenet_v2", "0.1,0.35,1"),
        ("densenet121", "0.5,1"),
    ],
)
@pytest.mark.parametrize("convention", ["mult-adds", "flops", "keras"])
def test_networks_that_ship(name: str, alphas: str, convention: str) -> None:
    """Classifiers on maps, tables of positions, windows, projections that come and go."""
    chosen = next(c for c in flopcalc.CONVENTIONS if c.name == convention)
    for spot in flopcalc.sweep(name, alpha=alphas, res="192,224,271", convention=convention):
        analysis = flopcalc.analyze(name, alpha=spot.alpha, res=spot.size[0])
        total = flopcalc.project(analysis, chosen)
        assert (spot.operations, spot.params) == (total.operations, total.params)


def test_sums_of_widths_and_maps_are_no_products() -> None:
    """Of one op such a formula would be: none has one, and none would be multiplied."""
    channels, side = Sym("M", "channels", axis="channel"), Sym("D", "side", axis="spatial")
    apart = Term(0, channels * side, 1, *_symbols(channels * side))
    mixed = Term(0, channels * (side + channels), 1, *_symbols(channels * (side + channels)))

    assert _is_product(apart)
    assert not _is_product(mixed)
    small, large = SimpleNamespace(env={"M": 8}), SimpleNamespace(env={"M": 9})
    assert _stays(small, large, (channels,), "channel")  # type: ignore[arg-type]  # of a layer, its env
    assert not _stays(small, large, (channels,), "spatial")  # type: ignore[arg-type]  # likewise


def test_ops_of_one_name_with_other_formulas_are_others() -> None:
    ops = [
        Op("own", title="", cite="", shape=same_shape, bind=bind_nothing, counts={"mac": formula})
        for formula in (Num(2) * Num(3), Num(2) * Num(3), Num(3) * Num(3))
    ]

    assert _same(ops[0], ops[1])
    assert not _same(ops[0], ops[2])


def test_pieces_are_read_like_a_whole() -> None:
    (plane,) = flopcalc.sweep(
        MODELS["residual"], alpha="0.2:2:0.2", res="16,17,18,18", convention="flops"
    ).planes
    cells = plane.operations
    rows = [[cells.at(i, j) for j in range(3)] for i in range(10)]

    assert cells.rank == 0
    assert [cells.row(i) for i in range(10)] == cells.rows() == rows
    assert cells.columns([2, 0]).rows() == [[row[2], row[0]] for row in rows]
    assert cells.column_key(1) == tuple(row[1] for row in rows)
    assert cells.largest() >= max(map(max, rows))
    if importlib.util.find_spec("numpy"):
        assert cells.array().tolist() == rows


@pytest.mark.skipif(importlib.util.find_spec("numpy") is None, reason="numpy is not installed")
@pytest.mark.parametrize("factor", [2**25, 2**26, 2**27, 2**31 - 1, 2**31, 2**40])
@pytest.mark.parametrize("sign", [1, -1])
def test_no_bound_is_passed_unnoticed(factor: int, sign: int) -> None:
    """Doubles below 2^53, int64 below 2^63, Python beyond: of all, the exact sum."""
    wide, tall = [(factor, sign * (factor - 1)), (1, sign)], [(factor, factor + 3), (7, 5)]
    cells = Cells.product(wide, tall)
    exact = [[a * c + b * d for c, d in tall] for a, b in wide]

    assert cells.rows() == exact
    array = cells.array()
    assert (array is None) == (cells.largest() >= 2**63)
    if array is not None:
        assert array.tolist() == exact


def test_work_is_told_as_it_is_done() -> None:
    told: list[tuple[int, int]] = []
    work = Work(None, lambda *counts: told.append(counts))
    work.total = 3
    flopcalc.sweep(MODELS["flattened"], alpha=[1, 2], res=[16, 32], progress=work.progress)

    assert [done for done, _ in told] == sorted(done for done, _ in told)
    assert all(done <= total for done, total in told)
