"""Branches, operands and blocks: where tensors come from and go to."""

from __future__ import annotations

from collections.abc import Callable

import pytest

Shapes = Callable[..., list[str]]


def outputs(shapes: Shapes, *steps: str, head: str = "") -> list[str]:
    body = "\n".join(f"  - {step}" for step in steps)
    return shapes(f"flopcalc: 1\ninput: 8x8x4\n{head}body:\n{body}")


CASES = [
    # steps, layers and outputs
    (["residual: [{pw: 4}]"], ["residual1.pw1 8×8×4", "residual1.add 8×8×4"]),
    (
        ["residual: [{pw: 6, s: 2}]", "{residual: [{pw: 8}], shortcut: [{pw: 8}]}"],
        None,  # the first shortcut does not fit
    ),
    (
        ["{residual: [{pw: 8, s: 2}], shortcut: [{pw: 8, s: 2}]}"],
        ["residual1.pw1 4×4×8", "residual1.shortcut.pw1 4×4×8", "residual1.add 4×4×8"],
    ),
    (
        ["concat: [[{pw: 1}], [{pw: 2}, {dw: 3}], []]"],
        [
            *("concat1.0.pw1 8×8×1", "concat1.1.pw1 8×8×2", "concat1.1.dw1 8×8×2"),
            "concat1 8×8×7",
        ],
    ),
    (["concat: [[], []]"], ["concat1 8×8×8"]),
    (["{concat: [[], []], axis: ch}"], ["concat1 8×8×8"]),
    (["{relu, name: a}", "{pw: 3}", "concat: a"], ["a 8×8×4", "pw1 8×8×3", "concat1 8×8×7"]),
    (["{relu, name: a}", "{pw: 3, from: a}"], ["a 8×8×4", "pw1 8×8×3"]),
    (
        ["{relu, name: a}", "{pw: 4, name: b, repeat: 2}", "concat: [a, b, b.0, b.1, input]"],
        ["a 8×8×4", "b.0 8×8×4", "b.1 8×8×4", "concat1 8×8×20"],
    ),
    (["mul: [[sigmoid], []]"], ["mul1.0.sigmoid1 8×8×4", "mul1 8×8×4"]),
    (
        ["{avg_pool: 3, s: 1, padding: 1}", "sub: input", "sub: [input, input, []]"],
        ["avg_pool1 8×8×4", "sub1 8×8×4", "sub2 8×8×4"],
    ),
    (
        ["tokens", "transpose", "fc: 9", "fc: 64", "transpose"],
        [
            *("tokens1 64×4", "transpose1 4×64", "fc1 4×9", "fc2 4×64"),
            "transpose2 64×4",
        ],
    ),
    (
        ["{seq: [{pw: 4, name: a}, {pw: 4}, {add: a}], repeat: 2}"],
        [f"seq1.{i}.{name} 8×8×4" for i in (0, 1) for name in ("a", "pw1", "add1")],
    ),
]


@pytest.mark.parametrize(("steps", "expected"), CASES)
def test_branches(shapes: Shapes, steps: list[str], expected: list[str] | None) -> None:
    if expected is None:
        from flopcalc.errors import ShapeError

        with pytest.raises(ShapeError):
            outputs(shapes, *steps)
    else:
        assert outputs(shapes, *steps) == expected


def test_in_is_the_blocks_and_ch_the_steps(shapes: Shapes) -> None:
    head = (
        "blocks:\n  b: {body: [{pw: 2 * in}, {pw: in + ch}, residual: [{pw: in}, {pw: ch + 8}]]}\n"
    )
    found = outputs(shapes, "b", head=head)
    assert [row.rpartition("×")[2] for row in found] == ["8", "12", "4", "12", "12"]


def test_input_of_a_block(shapes: Shapes) -> None:
    head = "blocks:\n  b: {body: [{pw: 4}, {add: input}]}\n"
    found = outputs(shapes, "{pw: 4}", "b", head=head)
    assert found == ["pw1 8×8×4", "b1.pw1 8×8×4", "b1.add1 8×8×4"]


def test_ref_parameters_pass_a_step(shapes: Shapes) -> None:
    head = """blocks:
  inner: {params: {skip: ref}, body: [{concat: skip}]}
  outer: {params: {skip: ref}, body: [{pw: 1}, {inner: skip}]}
"""
    found = outputs(shapes, "{pw: 3, name: a}", "{outer: a}", head=head)
    assert found == ["a 8×8×3", "outer1.pw1 8×8×1", "outer1.inner1.concat1 8×8×4"]


def test_from_is_for_the_first_copy(shapes: Shapes) -> None:
    found = outputs(shapes, "{pw: 3, name: a}", "{pw: 5}", "{conv: 2, k: 1, from: a, repeat: 2}")
    assert found[2:] == ["conv1.0 8×8×2", "conv1.1 8×8×2"]


def test_inner_steps_of_a_named_block(shapes: Shapes) -> None:
    head = "blocks:\n  b: {params: {out: channels}, body: [{pw: out, name: mid}, {pw: 4}]}\n"
    found = outputs(
        shapes,
        "{b: 2, name: one}",
        "{b: 3 + i, name: many, repeat: 2}",
        "concat: [one.mid, many.0.mid, many.1.mid, many.mid]",
        head=head,
    )
    assert found[-1] == "concat1 8×8×13"  # 2 + 3 + 4 + 4
