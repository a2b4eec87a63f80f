"""What is allowed but warned of, and what is not."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from flopcalc.graph import Scale
from flopcalc.spec.model import SpecModel

Load = Callable[[str], SpecModel]


def warnings(load: Load, body: str, head: str = "", **knobs: object) -> tuple[str, ...]:
    text = f"flopcalc: 1\ninput: 8x8x8\n{head}body: {body}"
    return load(text).graph(Scale(**knobs)).warnings  # type: ignore[arg-type]  # as given


MIXED = [
    # an expression after {pw: 32}, warned of at alpha 0.5
    ("ch + 4", True),
    ("ch - 4 * 2", True),
    ("ch if ch == 16 else 8", True),
    ("ch * 2", False),
    ("ch // 4", False),
    ("ch + scale(4)", False),
    ("ch + fixed(4)", False),
    ("ch if ch > 0 else 8", False),  # 0 is 0 at every width
    ("4 + 4", False),
]


@pytest.mark.parametrize(("expression", "warned"), MIXED)
def test_mixed_scaling(load: Load, expression: str, warned: bool) -> None:
    body = f"[{{pw: 32}}, {{pw: {expression}}}, {{pw: 8, alpha: fixed}}]"
    head = "scaling: {round: floor}\n"
    found = warnings(load, body, head, alpha=0.5)
    assert len(found) == warned
    assert all("mixes a scaled number" in warning for warning in found)
    assert warnings(load, body, head) == ()  # at the width as written it makes no difference


def test_mixed_scaling_is_said_once(load: Load) -> None:
    found = warnings(load, "[{pw: ch + 4, repeat: 50}, {pw: 8, alpha: fixed}]", alpha=0.5)
    assert len(found) == 1


def test_output_of_a_convolution(load: Load) -> None:
    warned = "alpha turns the 10 output channels of the network into 5"
    for body in ("[{pw: 10}]", "[{pw: 10}, global_avg_pool]", "[{pw: 10}, softmax]"):
        (found,) = warnings(load, body, alpha=0.5)
        assert warned in found
    assert warnings(load, "[{pw: 10}]", "classes: 3\n", alpha=0.5) == ()
    assert warnings(load, "[{pw: 10, alpha: fixed}]", alpha=0.5) == ()
    assert warnings(load, "[{pw: 10}]") == ()


def test_strides_of_repeats(load: Load) -> None:
    assert len(warnings(load, "[{dw: 3, s: 2, repeat: 2}]")) == 1
    assert warnings(load, "[{dw: 3, s: 2, repeat: 2, first: {s: 1}}]") == ()
    assert warnings(load, "[{dw: 3, s: 2, repeat: 1}]") == ()
    assert warnings(load, "[{dw: 3, s: 2}]") == ()


def test_dead_ends_are_said_once_a_step(load: Load) -> None:
    body = "[{relu, name: a}, {seq: [{pw: 8, from: a}, {pw: 8, from: a}], repeat: 9}]"
    found = warnings(load, body)
    assert [w.partition(": ")[2] for w in found] == [
        "the output of 'seq1.0.pw1' is never used, yet it is counted",
        "the output of 'seq1.0.pw2' is never used, yet it is counted",
    ]


def test_unused(load: Load) -> None:
    head = "vars: {a: 1, b: a, c: 3}\n"
    head += "blocks: {used: {params: {p, q: 1}, body: [{pw: p}]}, idle: {body: []}}\n"
    found = warnings(load, "[{used: 8}, {pw: c}]", head)
    assert [w.partition(": ")[2] for w in found] == [
        "parameter 'q' of block 'used' is never used",
        "block 'idle' is never used",
        "var 'b' is never used",
    ]
    head = "variants: {v: {swap: {pw: other}}}\n"
    head += "blocks: {other: {params: {out: channels}, body: [{conv: out, k: 1}]}}\n"
    assert warnings(load, "[{pw: 8}]", head) == ()


def test_shadowing(load: Load) -> None:
    head = "vars: {relu6: 2, se: 3}\n"
    (found,) = warnings(load, "[{pw: relu6 + se}]", head)
    assert found.endswith("var 'relu6' shadows a word of the language")
