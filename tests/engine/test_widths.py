"""Width multipliers on built graphs: which widths follow, and what stops them."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flopcalc import api
from flopcalc.engine.count import Analysis, count
from flopcalc.engine.hypothetical import hypothetical
from flopcalc.engine.widths import round_width, widened
from flopcalc.errors import ScaleError
from flopcalc.spec.model import SpecModel

Load = Callable[[str], SpecModel]


def at(model: SpecModel, alpha: float) -> Analysis:
    return count(widened(model.graph(), alpha))


@given(st.integers(1, 4096), st.floats(0.01, 4))
def test_widths_are_multiples_of_eight_and_near(channels: int, alpha: float) -> None:
    found = round_width(channels, alpha)

    assert found % 8 == 0
    assert found >= 8
    assert found >= 0.9 * channels * alpha
    assert found <= max(8.0, channels * alpha + 8)


@pytest.mark.parametrize(
    ("name", "alphas"),
    [("mobilenet_v1", (0.25, 0.5, 0.75, 1.25)), ("vgg16", (1,)), ("densenet121", (1,))],
)
def test_the_graph_s_widths_are_the_spec_s(name: str, alphas: tuple[float, ...]) -> None:
    """Of a network whose widths stay multiples of 8: what the file's own α gives."""
    model = api.load(name)
    for alpha in alphas:
        spec = api.analyze(model, alpha=alpha).totals
        graph = count(widened(model.graph(), alpha)).totals
        assert (graph.mult_adds, graph.params_by_kind) == (spec.mult_adds, spec.params_by_kind)


def test_inputs_and_final_outputs_keep_their_width(load: Load) -> None:
    model = load("""
        flopcalc: 1
        input: 8x8x3
        body:
          - {conv: 64, k: 3}
          - {dw: 3, mult: 2}
          - {pw: 32}
          - global_avg_pool
          - {fc: 10}
    """)
    channels = [c.layer.outputs[0].channels for c in at(model, 0.5).layers]

    assert channels == [32, 64, 16, 16, 10]


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ("[{conv: 32, k: 3}, {conv: 48, k: 3, g: 16}, {pw: 8}]", "16 groups of 16 and 24"),
        ("[{conv: 40, k: 1, name: a}, {dw: 3}, {add: [a, [{chunk: 0, of: 1}]]}, {pw: 8}]", ""),
        ("[{conv: 64, k: 3}, {shuffle: 2}, {chunk: 0, of: 2}, {conv: 8, k: 1}]", "64 channels"),
    ],
)
def test_what_does_not_propagate_names_the_layer(load: Load, body: str, says: str) -> None:
    model = load(f"flopcalc: 1\ninput: 8x8x3\nbody: {body}")
    if not says:
        assert at(model, 0.5).totals.mult_adds > 0
        return
    with pytest.raises(ScaleError, match="--alpha does not propagate through") as error:
        widened(model.graph(), 0.5)
    assert says in str(error.value)


@pytest.mark.parametrize("alpha", [0.0, -1.0, float("nan"), float("inf")])
def test_no_multiplier(alpha: float) -> None:
    with pytest.raises(ScaleError, match="no width multiplier"):
        widened(api.load("mobilenet_v1").graph(), alpha)


def test_a_hypothetical_graph_says_so() -> None:
    graph = api.load("vgg16").graph()
    made = hypothetical(graph, 0.5, [("conv", "sep")])

    assert made.scale.alpha == 0.5
    assert made.scale.swap == {"conv": "sep"}
    assert [note.partition(":")[0] for note in made.notes] == [
        "hypothetical, nobody trained it",
        "hypothetical, nobody trained it",
    ]
    assert hypothetical(graph, 1.0, ()) is graph
