"""Sweeps: every point is what `analyze` counts, on both paths and by any number of processes."""

from __future__ import annotations

import importlib.util
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import flopcalc
from flopcalc.engine.cells import Cells
from flopcalc.engine.count import count
from flopcalc.parts import CHUNK

# Howard et al. 2017, tables 6 and 7, to the integer: 224, 192, 160, 128 pixels
GRID = {
    1.0: (568_740_352, 418_121_728, 290_675_200, 186_400_768),
    0.75: (325_400_448, 239_273_472, 166_396_800, 106_770_432),
    0.5: (149_497_088, 109_970_432, 76_524_800, 49_160_192),
    0.25: (41_030_272, 30_212_608, 21_059_200, 13_570_048),
}
FLATTENED = """flopcalc: 1
input: 32x32x3
classes: 10
scaling: {round: floor}
body: [{conv: 16, k: 3, s: 2}, flatten, {fc: classes}]
"""


def test_the_papers_grid_with_its_reductions() -> None:
    sweep = flopcalc.sweep("mobilenet_v1", alpha="1,0.75,0.5,0.25", res="224,192,160,128")

    assert [spot.operations for spot in sweep] == [n for row in GRID.values() for n in row]
    first, *_, last = sweep
    assert first.ratio == first.reduction == 1
    assert last.ratio == Fraction(13_570_048, 568_740_352)
    assert first.saved == Fraction(4_867_293_184, 568_740_352)  # table 4


@given(
    alphas=st.lists(st.floats(0.05, 2), min_size=1, max_size=3, unique=True),
    sides=st.lists(st.integers(32, 300), min_size=1, max_size=3, unique=True),
    name=st.sampled_from(["mobilenet_v1", "mobilenet_v2", "flattened"]),
    convention=st.sampled_from(["mult-adds", "paper", "flops", "flops-mac", "keras"]),
)
@settings(deadline=None, max_examples=12)
def test_a_point_is_what_analyze_counts(
    alphas: list[float], sides: list[int], name: str, convention: str
) -> None:
    """Products of parts, and where width and resolution mix, point by point."""
    model = MODELS[name]
    sweep = flopcalc.sweep(model, alpha=alphas, res=sides, convention=convention)
    chosen = next(c for c in flopcalc.CONVENTIONS if c.name == convention)
    for spot in sweep:
        analysis = flopcalc.analyze(model, alpha=spot.alpha, res=spot.size[0])
        total = flopcalc.project(analysis, chosen)
        assert (spot.operations, spot.params) == (total.operations, total.params)


def _loaded() -> dict[str, flopcalc.Model]:
    from flopcalc.spec.model import load_spec

    shipped = {name: flopcalc.load(name) for name in ("mobilenet_v1", "mobilenet_v2")}
    return {**shipped, "flattened": load_spec(FLATTENED, "flat.yaml")}


MODELS = _loaded()

factors = st.lists(st.integers(-(10**4), 10**6), min_size=3, max_size=3).map(tuple)
parts = st.lists(factors, min_size=1, max_size=5)


@pytest.mark.skipif(importlib.util.find_spec("numpy") is None, reason="numpy is not installed")
@given(wide=parts, tall=parts)
def test_the_vectorised_path_agrees_with_the_scalar_one(
    wide: list[tuple[int, ...]], tall: list[tuple[int, ...]]
) -> None:
    cells = Cells.product(wide, tall)
    exact = [[sum(c * s for c, s in zip(w, t, strict=True)) for t in tall] for w in wide]

    assert cells.array().tolist() == exact
    assert cells.rows() == exact
    assert [[cells.at(i, j) for j in range(len(tall))] for i in range(len(wide))] == exact
    assert cells.largest() >= max(max(row) for row in exact)


@pytest.mark.skipif(importlib.util.find_spec("numpy") is None, reason="numpy is not installed")
@pytest.mark.parametrize(
    ("factor", "fits"),
    [(2**26, True), (2**30, True), (2**31 - 1, True), (2**32, False), (10**12, False)],
)
def test_counts_beyond_the_machines_are_noticed_and_exact(factor: int, fits: bool) -> None:
    """Below 2^63 in int64, beyond in Python: neither wrapped nor rounded."""
    cells = Cells.product([(factor, 1)], [(factor, 3)])

    assert cells.rows() == [[factor * factor + 3]]
    assert (cells.array() is not None) == fits
    if fits:
        assert cells.array().tolist() == [[factor * factor + 3]]


def test_mobilenet_is_a_sum_of_six_products() -> None:
    """One for each map: 112, 56, 28, 14, 7, 1; over multiples of 32 the first five are one."""
    fine = flopcalc.sweep("mobilenet_v1", alpha="0.25:1:0.25", res="128:160")
    coarse = flopcalc.sweep("mobilenet_v1", alpha="0.25:1:0.25", res="128:224:32")

    assert fine.planes[0].operations.rank == 6
    assert coarse.planes[0].operations.rank == 2


def test_other_knobs_make_planes() -> None:
    sweep = flopcalc.sweep(
        "mobilenet_v2", settings={"t": "4,6"}, variant=["*"], depth=[1, 2], res=96
    )
    model = flopcalc.load("mobilenet_v2")

    assert len(sweep.planes) == 2 * 6 * 2  # t, the model and its five variants, depths
    for spot in sweep:
        scale = spot.plane.scale
        at = flopcalc.Scale(
            settings=tuple(scale.settings.items()),
            depth=scale.depth,
            res=(96, 96),
            variant=scale.variant,
        )
        assert spot.operations == count(model.graph(at)).totals.mult_adds


def test_a_variant_that_is_the_model_itself_is_swept_once() -> None:
    """The resnet file is ResNet-50 unless told: so is its variant of that name."""
    names = [plane.name for plane in flopcalc.sweep("resnet", variant="*").planes]

    assert len(names) == len(set(names))
    assert names.count("ResNet-50") == 1


def test_rho_is_the_resolution() -> None:
    spots = list(flopcalc.sweep("mobilenet_v1", rho="1,0.857,0.714,0.571"))

    assert [spot.size[0] for spot in spots] == [224, 192, 160, 128]
    assert [spot.operations for spot in spots] == list(GRID[1.0])


def test_lengths() -> None:
    spots = list(flopcalc.sweep("bert", length="64:128:64"))
    counts = [flopcalc.analyze("bert", length=n).totals.mult_adds for n in (64, 128)]

    assert [spot.operations for spot in spots] == counts


@pytest.mark.parametrize("name", ["mobilenet_v1", "flattened"])
def test_an_executor_changes_nothing(name: str) -> None:
    alphas = [0.25 + i / 128 for i in range(CHUNK + 9)]
    done: list[tuple[int, int]] = []
    alone = flopcalc.sweep(MODELS[name], alpha=alphas, res=[96, 64])
    with ThreadPoolExecutor(2) as pool:
        spread = flopcalc.sweep(
            MODELS[name],
            alpha=alphas,
            res=[96, 64],
            executor=pool,
            progress=lambda *counts: done.append(counts),
        )

    assert spread.planes[0].operations.rows() == alone.planes[0].operations.rows()
    assert spread.planes[0].params.rows() == alone.planes[0].params.rows()
    assert done[-1][0] <= done[-1][1]
    assert [a for a, _ in done] == sorted(a for a, _ in done)


def test_accuracies_come_from_one_source() -> None:
    """TF-Slim prints all sixteen points, the paper seven: of one grid all are TF-Slim's."""
    grid = flopcalc.sweep("mobilenet_v1", alpha="0.25:1:0.25", res="128:224:32")
    table_6 = flopcalc.sweep("mobilenet_v1", alpha="1,0.75,0.5,0.25")

    assert set(grid.source.values()) == {"TF-Slim, mobilenet_v1.md"}
    assert all(grid.accuracy(spot) is not None for spot in grid)
    printed = [Fraction(n, 1000) for n in (706, 684, 637, 506)]
    assert [table_6.accuracy(spot) for spot in table_6] == printed


def test_an_accuracy_is_of_the_very_network() -> None:
    """t = 4 is another MobileNetV2 than the one that was trained."""
    sweep = flopcalc.sweep("mobilenet_v2", settings={"t": "4,6"})

    assert [sweep.accuracy(spot) for spot in sweep] == [None, Fraction(72, 100)]
