"""Grids of α and resolution: the product of parts is the count of the graph, point by point."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flopcalc.api import load
from flopcalc.engine.count import count
from flopcalc.engine.grid import Grid
from flopcalc.graph import Scale
from flopcalc.spec.model import load_spec

MODEL = load("mobilenet_v1")
GRID = Grid(MODEL.graph, Scale())


@given(alpha=st.floats(0.05, 2), side=st.integers(32, 320))
@settings(deadline=None, max_examples=30)
def test_a_point_is_what_the_graph_counts(alpha: float, side: int) -> None:
    point = GRID.at(alpha, (side, side))
    analysis = count(MODEL.graph(Scale(alpha=alpha, res=(side, side))))

    assert GRID.separable
    assert point.operations == analysis.totals.mult_adds == sum(point.layers)
    assert point.params == analysis.totals.params
    carriers = [(cost.name, cost.mult_adds) for cost in analysis.layers if cost.mult_adds]
    assert list(zip(point.names, point.layers, strict=True)) == carriers


def test_the_base_itself() -> None:
    assert GRID.at(None, None).operations == 568_740_352
    assert GRID.at(0.75, (192, 192)).operations == 239_273_472


@pytest.mark.parametrize("name", ["vgg16", "mobilenet_v2", "mobilenet_v3_large", "resnet50"])
def test_other_networks(name: str) -> None:
    model = load(name)
    variant = name if name == "vgg16" else None
    base = Scale(variant=variant)
    grid = Grid(model.graph, base)
    for alpha in (0.5, 1.0, 1.5):
        for side in (96, 160, 224):
            scale = base._replace(alpha=alpha, res=(side, side))
            exact = count(model.graph(scale)).totals.mult_adds
            assert grid.at(alpha, (side, side)).operations == exact


FLATTENED = """flopcalc: 1
input: 32x32x3
classes: 10
scaling: {round: floor}
body: [{conv: 16, k: 3, s: 2}, flatten, {fc: classes}]
"""
SIZED = """flopcalc: 1
input: 32x32x3
classes: 10
scaling: {round: floor}
body: [{conv: 16, k: 3}, {conv: 8, k: 3, when: h > 16}, global_avg_pool, {fc: classes}]
"""


@pytest.mark.parametrize(("text", "joined"), [(FLATTENED, True), (SIZED, False)])
def test_where_width_and_resolution_meet(text: str, joined: bool) -> None:
    """A flattened map is a product of both; a layer for large maps alone is none of this base."""
    model = load_spec(text, "x.yaml")
    grid = Grid(model.graph, Scale())
    for alpha in (0.5, 1.0):
        for side in (12, 16, 32):
            point = grid.at(alpha, (side, side))
            totals = count(model.graph(Scale(alpha=alpha, res=(side, side)))).totals
            assert (point.operations, point.params) == (totals.mult_adds, totals.params)
    assert grid.separable
    assert grid.tall((32, 32)) is not None
    assert (grid.tall((12, 12)) is not None) == joined


MIXED = """flopcalc: 1
input: 32x32x3
scaling: {round: floor}
body: [{conv: h, k: 3}, {conv: 8, k: 3}]
"""


def test_channels_that_follow_the_resolution_are_no_product() -> None:
    grid = Grid(load_spec(MIXED, "x.yaml").graph, Scale())

    assert not grid.separable
    assert grid.wide(0.5) is None
    assert grid.at(0.5, (16, 16)).operations == (3 * 8 + 8 * 4) * 9 * 16 * 16
