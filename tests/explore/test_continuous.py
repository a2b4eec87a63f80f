"""Every network of a range of real α: rounding makes them finitely many, and all are found."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import flopcalc
from flopcalc.api import load
from flopcalc.errors import ScaleError
from flopcalc.graph import Scale
from flopcalc.spec.model import SpecModel, load_spec
from flopcalc.spec.widths import simplest, widths


def model(name: str) -> SpecModel:
    found = load(name)
    assert isinstance(found, SpecModel)
    return found


V1 = model("mobilenet_v1")
DIV8 = load_spec(V1.text.replace("{round: floor, min: 8}", "{round: div8}"), "div8.yaml")


def test_all_mobilenets() -> None:
    """max(int(c·α), 8) on 1024 channels takes the values 8 … 2048; maps of 2k and 2k-1 are one."""
    sweep = flopcalc.sweep(V1, alpha="0:2", res="32:512", continuous=True)
    (plane,) = sweep.planes

    assert len(plane.widths) == 2048 - 8 + 1 == 2041
    assert len(plane.sizes) == 512 // 2 - 32 // 2 + 1 == 241
    assert len(sweep) == 491_881
    assert plane.sizes[0] == (32, 32)
    whole = plane.widths[[w[2] for w in plane.widths].index(1.0)]
    assert whole[0] == 1.0 < whole[1]


def test_all_mobilenets_in_steps_of_eight() -> None:
    found = widths(DIV8, Scale(), 0, 2)

    assert len(found) == 489
    assert len(found) * 241 == 117_849
    shapes = {shape(DIV8, w.alpha) for w in found}
    assert len(shapes) == 489


def shape(net: SpecModel, alpha: float) -> tuple[object, ...]:
    return tuple(layer.outputs[0].shape for layer in net.graph(Scale(alpha=alpha)).layers)


@pytest.mark.parametrize(
    "name", ["mobilenet_v1", "mobilenet_v2", "mobilenet_v3_small", "squeezenet"]
)
def test_the_ranges_are_all_there_are(name: str) -> None:
    """They leave no gap, each is one network from end to end, and neighbours differ."""
    net = model(name) if name != "squeezenet" else SQUEEZE
    low, high = (0.7, 0.8) if name == "mobilenet_v3_small" else (0.99, 1.02)
    found = widths(net, Scale(), low, high)

    assert found[0].low == low
    assert found[-1].high == high
    for one, other in pairwise(found):
        assert math.nextafter(one.high, 2) == other.low
        assert shape(net, one.high) != shape(net, other.low)
    for width in found:
        assert width.low <= width.alpha <= width.high
        assert shape(net, width.low) == shape(net, width.alpha) == shape(net, width.high)


SQUEEZE = load_spec(
    """flopcalc: 1
input: 32x32x3
scaling: {round: div8}
body: [{conv: 20, k: 3}, {conv: 64, k: 3}, {pw: 100, alpha: no_shrink}, {pw: 48, alpha: fixed}]
""",
    "odd.yaml",
)


@given(alpha=st.floats(0.01, 2))
@settings(deadline=None, max_examples=40)
def test_any_real_multiplier_is_in_the_range_that_makes_its_network(alpha: float) -> None:
    """20 channels stay 20 at exactly 1, though 20 is no multiple of 8: a network of its own."""
    width = next(w for w in ODD if w.low <= alpha <= w.high)

    assert shape(SQUEEZE, width.alpha) == shape(SQUEEZE, alpha)


ODD = widths(SQUEEZE, Scale(), 0, 2)


def test_one_alone() -> None:
    assert (1.0, 1.0) in [(w.low, w.high) for w in ODD]


READS = """flopcalc: 1
input: 32x32x3
scaling: {round: floor, min: 8}
body: [{conv: 8, k: 3}, {conv: 16, k: 3, when: alpha > 0.3}, {pw: 8, alpha: fixed}]
"""


def test_where_an_expression_reads_alpha_the_networks_are_looked_at() -> None:
    found = widths(load_spec(READS, "x.yaml"), Scale(), 0, 0.5)

    assert [(round(w.low, 6), round(w.high, 6)) for w in found] == [(1e-6, 0.3), (0.3, 0.5)]
    assert found[0].high == 0.3


@pytest.mark.parametrize(
    ("low", "high", "shown"),
    [(0.4473, 0.4478, 0.4473), (0.44, 0.46, 0.44), (0.441, 0.459, 0.45), (0.9, 1.1, 1.0)],
)
def test_the_simplest_number_of_a_range(low: float, high: float, shown: float) -> None:
    assert simplest(low, high) == shown


def test_exact_channels_take_no_real_multiplier() -> None:
    exact = load_spec("flopcalc: 1\ninput: 8x8x3\nbody: [{conv: 8, k: 3}]\n", "x.yaml")
    with pytest.raises(ScaleError, match="takes no real α") as caught:
        widths(exact, Scale(), 0, 2)
    assert caught.value.hint == (
        "list some, --alpha 0.5,0.75,1; or declare 'scaling: {round: div8}' in the spec"
    )
