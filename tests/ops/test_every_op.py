"""What holds for every op: it is cited, has a row of numbers, and its readings agree."""

from __future__ import annotations

import re
from fractions import Fraction

import pytest
import test_attention
import test_contraction
import test_conv
import test_dense
import test_elementwise
import test_exported
import test_norm
import test_pointwise
import test_pool
import test_recurrent
import test_reductions
import test_reshape
import test_tokens
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from one_layer import counted, layer, stored
from random_layers import CASES, cases

from flopcalc.op import OPERATIONS, PARAMETERS, Op
from flopcalc.ops.registry import all_ops, all_steps, find_step
from flopcalc.tensor import Shaped

OPS = [op for _, op in all_ops()]
ROWS = [
    row
    for module in (
        *(test_conv, test_dense, test_norm, test_elementwise, test_pool, test_reshape),
        *(test_tokens, test_attention, test_recurrent, test_exported),
        *(test_pointwise, test_reductions, test_contraction),
    )
    for row in module.ROWS
]


def name(op: Op) -> str:
    return f"{op.kind}: {op.title}"


@pytest.mark.parametrize("op", OPS, ids=name)
def test_every_op_is_cited_and_has_a_row(op: Op) -> None:
    assert re.search(r"ONNX operator|arXiv:\d{4}\.\d{4,5}|et al\. \d{4}|torch\.nn", op.cite)
    assert op.title
    assert [row for row in ROWS if row.op is op and row.source]
    assert op in CASES
    assert op.opaque is None
    assert set(op.counts) <= {*OPERATIONS, *PARAMETERS}


@pytest.mark.parametrize("op", OPS, ids=name)
def test_every_count_of_an_op_is_seen_in_a_row(op: Op) -> None:
    seen = {kind for row in ROWS if row.op is op for kind in row.counts}
    assert seen == set(op.counts)


def evaluate(text: str) -> Fraction:
    """What a reader of `text` computes."""
    numbers = re.sub(r"\d+", r"Fraction(\g<0>)", text.replace("·", "*"))
    value = eval(numbers, {"Fraction": Fraction})  # noqa: S307 - digits and operators alone
    assert isinstance(value, Fraction)
    return value


@pytest.mark.parametrize("op", OPS, ids=name)
@settings(max_examples=25)
@given(data=st.data())
def test_readings_agree(op: Op, data: st.DataObject) -> None:
    attrs, inputs = data.draw(cases(op))
    made = layer(op, attrs, *inputs)
    assert stored(made) == {k: n for k, n in counted(made).items() if k in PARAMETERS}
    for formula in op.counts.values():
        value = formula.value(made.env)
        assert type(value) is int  # exact: no count is a fraction
        assert value >= 0
        assert evaluate(formula.numbers(made.env)) == value
        shown = {symbol.name for symbol in formula.symbols(made.env)}
        assert shown <= set(made.env)
        assert formula.latex(made.env)


@pytest.mark.parametrize("op", OPS, ids=name)
@settings(max_examples=10)
@given(data=st.data())
def test_operations_grow_with_the_batch_and_parameters_do_not(op: Op, data: st.DataObject) -> None:
    attrs, inputs = data.draw(cases(op))
    thrice = [Shaped((3 * x.shape[0], *x.shape[1:]), x.axes) for x in inputs]
    assume(len({x.shape[0] for x in inputs}) == 1)  # none is shared by all samples
    once, more = counted(layer(op, attrs, *inputs)), counted(layer(op, attrs, *thrice))
    assert more == {kind: n if kind in PARAMETERS else 3 * n for kind, n in once.items()}


def test_steps_are_found_by_their_keys() -> None:
    steps = all_steps()
    assert steps
    for key, step in steps.items():
        assert find_step(key) is step
        assert step.help
        assert all(arg.help for arg in step.args)
    assert find_step("convolution") is None


def test_keys_of_steps_and_arguments_are_disjoint() -> None:
    steps = all_steps()
    common = {"name", "from", "when", "repeat", "times", "first", "alpha", "shape", "note"}
    long = {"kernel", "stride", "dilation", "groups"}  # accepted for k s d g
    for key, step in steps.items():
        names = [arg.name for arg in step.args]
        assert len(set(names)) == len(names), key
        if key == "custom":  # its counts are named like steps: where it stands, it is the step
            names = [name for name in names if name not in {"add", "mul"}]
        assert not set(names) & {*steps, *common, *long}, key


def test_ops_with_a_name_and_kind_of_their_own_say_so() -> None:
    readable = [repr(op) for op in OPS]
    assert "<Op depthwise>" in readable
    assert repr(find_step("conv")) == "<Step conv>"
