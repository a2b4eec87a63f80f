"""Properties over generated networks: identities that no knob may break."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flopcalc import yaml_tree
from flopcalc.engine.count import count
from flopcalc.graph import Graph, Scale
from flopcalc.spec.model import load_spec

STEPS = st.sampled_from(
    [
        "{conv: 16, k: 3}",
        "{conv: 24, k: 3, s: 2}",
        "{sep: 32, s: 2, name: NAME}",
        "{sep: 40, k: 5}",
        "{dw: 3}",
        "{pw: 2 * ch}",
        "{pw: wide, norm: none}",
        "{se: ch // 2}",
        "{ir: 16, expand: 3}",
        "{ir: 24, s: 2}",
        "{ir: 32, repeat: 2, first: {s: 2}}",
        "relu",
        "{residual: [{pw: ch}]}",
        "{concat: [[{pw: 8}], []]}",
        "{max_pool: 2}",
    ]
)
HEAD = """flopcalc: 1
input: 64x64x3
vars: {wide: 48}
scaling: {round: ROUND}
defaults: {norm: bn, act: relu}
blocks:
  ir:
    params: {out: channels, expand: 6, s: 1}
    body:
      - {pw: in * expand, when: expand != 1}
      - {dw: 3, s: s}
      - {pw: out, act: none}
      - {add: input, when: s == 1 and in == out}
body:
"""


@st.composite
def specs(draw: st.DrawFn) -> str:
    steps = draw(st.lists(STEPS, min_size=1, max_size=6))
    rule = draw(st.sampled_from(["floor", "nearest", "ceil", "div8", "ceil8"]))
    body = [f"  - {step}\n".replace("NAME", f"s{i}") for i, step in enumerate(steps)]
    return HEAD.replace("ROUND", rule) + "".join(body) + "  - global_avg_pool\n"


def essence(graph: Graph) -> list[object]:
    """All but where it was written and at which scale."""
    return [layer._replace(where=None) for layer in graph.layers]


quick = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))


@quick
@given(specs(), st.sampled_from(["conv", "sep", "ir", "pw", "residual", "concat", "se"]))
def test_swap_with_itself_changes_nothing(text: str, name: str) -> None:
    model = load_spec(text, "net.yaml")
    assert essence(model.graph(Scale(swap=((name, name),)))) == essence(model.graph())


@quick
@given(specs())
def test_multipliers_of_one_change_nothing(text: str) -> None:
    model = load_spec(text, "net.yaml")
    plain = essence(model.graph())
    assert essence(model.graph(Scale(alpha=1.0, rho=1.0, depth=1.0))) == plain
    assert essence(model.graph(Scale(alpha=1.0, res=(64, 64), depth=1.0))) == plain
    assert essence(model.graph(Scale(settings=(("wide", "48"),)))) == plain


@quick
@given(specs(), st.sampled_from([0.25, 0.5, 0.75]))
def test_narrower_is_never_dearer(text: str, alpha: float) -> None:
    model = load_spec(text.replace("div8", "nearest").replace("ceil8", "floor"), "net.yaml")
    wide, narrow = (count(model.graph(Scale(alpha=a))).totals for a in (1.0, alpha))
    assert narrow.mult_adds <= wide.mult_adds
    assert narrow.params <= wide.params


@quick
@given(specs(), st.integers(2, 5))
def test_batch_multiplies_operations_and_nothing_else(text: str, batch: int) -> None:
    model = load_spec(text, "net.yaml")
    one, many = (count(model.graph(Scale(batch=n))).totals for n in (1, batch))
    assert many.mult_adds == batch * one.mult_adds
    assert many.params == one.params


@quick
@given(specs())
def test_both_parsers_agree(text: str) -> None:
    if yaml_tree._FAST_PARSER is None:
        pytest.skip("PyYAML without libyaml")
    fast = load_spec(text, "net.yaml").graph()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(yaml_tree, "_FAST_PARSER", None)
        assert load_spec(text, "net.yaml").graph().layers == fast.layers
