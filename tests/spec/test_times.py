"""`times`: a step that runs more than once with the same parameters."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flopcalc.engine.count import Analysis, count
from flopcalc.engine.transform import standard_twin
from flopcalc.errors import InputError, LimitError, SpecError
from flopcalc.graph import Scale
from flopcalc.spec.model import load_spec

HEAD = """flopcalc: 1
input: 14x14x8
vars: {{runs: 3}}
blocks:
  head:
    params: {{out: channels}}
    body:
      - {{conv: out, k: 3, norm: bn, act: relu, bias: true{inner}}}
      - global_avg_pool
      - {{fc: 5, alpha: fixed}}
body:
  - {{head: 16, times: {times}{outer}, name: head}}
"""
ONE = 14 * 14 * 9 * 8 * 16 + 16 * 5
PARAMS = 9 * 8 * 16 + 16 + 2 * 16 + 16 * 5 + 5


def analyze(text: str, scale: Scale = Scale()) -> Analysis:  # noqa: B008 - immutable
    return count(load_spec(text, "net.yaml").graph(scale))


def net(times: object, *, inner: str = "", outer: str = "") -> Analysis:
    text = HEAD.format(times=times, inner=inner, outer=outer)
    return analyze(text.replace("vars: {runs: 3}\n", "") if "runs" not in f"{times}" else text)


@pytest.mark.parametrize(("times", "runs"), [(1, 1), (300, 300), ("runs", 3), ("2 * runs + 1", 7)])
def test_operations_count_so_often_and_parameters_once(times: object, runs: int) -> None:
    once, more = net(1), net(times)
    assert (once.totals.mult_adds, once.totals.params) == (ONE, PARAMS)
    assert (more.totals.mult_adds, more.totals.params) == (runs * ONE, PARAMS)
    assert more.totals.counts == {kind: runs * n for kind, n in once.totals.counts.items()}
    assert {layer.times for layer in more.graph.layers} == {runs}
    assert more.graph.outputs[0].shape == once.graph.outputs[0].shape


def test_nested_ones_multiply() -> None:
    analysis = net(10, inner=", times: 3")
    by_name = {cost.name: cost for cost in analysis.layers}
    assert by_name["head.conv1"].layer.times == 30
    assert by_name["head.conv1.act"].layer.times == 30
    assert by_name["head.fc1"].layer.times == 10
    assert analysis.totals.mult_adds == 30 * 14 * 14 * 9 * 8 * 16 + 10 * 16 * 5


def test_copies_of_a_repeat_run_so_often_each() -> None:
    text = """flopcalc: 1
input: 4x4x8
body:
  - {conv: 8, k: 3, repeat: 3, times: i + 1}
"""
    analysis = analyze(text)
    assert [layer.times for layer in analysis.graph.layers] == [1, 2, 3]
    assert analysis.totals.mult_adds == (1 + 2 + 3) * 16 * 9 * 8 * 8
    assert analysis.totals.params == 3 * (9 * 8 * 8 + 8)


def test_branches_run_with_their_step() -> None:
    text = """flopcalc: 1
input: 4x4x8
body:
  - seq:
      - concat: [[{pw: 4}], [{conv: 4, k: 3}]]
      - residual: [{pw: 8}]
    times: 5
  - {pw: 2}
"""
    analysis = analyze(text)
    assert [layer.times for layer in analysis.graph.layers] == [5, 5, 5, 5, 5, 1]
    assert analysis.totals.mult_adds == 16 * (5 * (8 * 4 + 9 * 8 * 4 + 8 * 8) + 8 * 2)


def test_as_a_column_of_a_table() -> None:
    text = """flopcalc: 1
input: 4x4x8
body:
  - table: pw
    cols: [out, times]
    rows: [[8, 2], [4, ~]]
"""
    assert [layer.times for layer in analyze(text).graph.layers] == [2, 1]


def test_a_pair_keeps_it_in_its_twin() -> None:
    text = "flopcalc: 1\ninput: 8x8x4\nbody: [{sep: 6, times: 7}]\n"
    twin = standard_twin(analyze(text).graph)
    assert twin is not None
    assert count(twin.graph).totals.mult_adds == 7 * 64 * 9 * 4 * 6


@settings(max_examples=30)
@given(a=st.integers(1, 10**4), b=st.integers(1, 10**4))
def test_runs_are_a_product(a: int, b: int) -> None:
    assert net(a, inner=f", times: {b}").layers[0].mult_adds == a * b * 14 * 14 * 9 * 8 * 16


def test_a_number_that_follows_the_map_is_noted() -> None:
    text = "flopcalc: 1\ninput: 8x8x4\nbody: [{pw: 4, times: TIMES}]\n"
    assert not load_spec(text.replace("TIMES", "64"), "net.yaml").graph().mixed
    assert load_spec(text.replace("TIMES", "h * w"), "net.yaml").graph().mixed
    assert load_spec(text.replace("TIMES", "ch"), "net.yaml").graph().mixed


@pytest.mark.parametrize(
    ("times", "kind", "message"),
    [
        ("0", SpecError, "0 is less than 1"),
        ("-2", SpecError, "-2 is less than 1"),
        ("1.5", SpecError, "1.5 is not an integer"),
        ("true", SpecError, "a number belongs here, not true or false"),
        ("many", SpecError, "unknown name 'many'"),
        ("10 ** 9 + 1", LimitError, "more than 1,000,000,000"),
    ],
)
def test_what_it_does_not_take(times: str, kind: type[InputError], message: str) -> None:
    with pytest.raises(kind, match=message.replace("*", r"\*")) as caught:
        net(times)
    assert caught.value.where is not None
    assert (caught.value.where.line, caught.value.where.column) == (11, 23)


def test_runs_within_runs_are_bounded_too() -> None:
    with pytest.raises(LimitError, match="more than 1,000,000,000 runs of one step") as caught:
        net(10**5, inner=", times: 100000")
    assert caught.value.chain
