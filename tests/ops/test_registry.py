"""The table of families names what they declare, no more and no less."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import flopcalc.ops
from flopcalc.op import Op
from flopcalc.ops.registry import FAMILIES, all_ops, all_steps, find_step, is_step
from flopcalc.step import Step


def test_every_family_is_listed_with_its_steps() -> None:
    """To add a step, declare it in its family and write its key into FAMILIES."""
    seen: set[int] = set()
    declared = {}
    for family in FAMILIES:
        values = vars(import_module(f"flopcalc.ops.{family}")).values()
        steps = [v for v in values if isinstance(v, Step) and id(v) not in seen]
        seen |= {id(step) for step in steps}
        declared[family] = " ".join(step.name for step in steps)

    assert declared == FAMILIES


def test_every_module_that_declares_something_is_a_family() -> None:
    known = {id(op) for _, op in all_ops()} | {id(step) for step in all_steps().values()}
    for path in Path(flopcalc.ops.__file__).parent.glob("*.py"):
        if path.stem != "__init__":
            values = vars(import_module(f"flopcalc.ops.{path.stem}")).values()
            assert all(id(v) in known for v in values if isinstance(v, Op | Step)), path.stem


def test_finding_a_step() -> None:
    step = find_step("sep")

    assert step is not None
    assert step.name == "sep"
    assert find_step("sepp") is None
    assert is_step("gru")
    assert not is_step("k")
