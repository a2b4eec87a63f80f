"""Reductions, running sums and selections."""

from __future__ import annotations

import pytest
from one_layer import Row, check, layer, seq

from flopcalc.op import Op
from flopcalc.ops.reductions import (
    ARG_MAX,
    CUM_PROD,
    CUM_SUM,
    REDUCE_L1,
    REDUCE_L2,
    REDUCE_LOG_SUM,
    REDUCE_LOG_SUM_EXP,
    REDUCE_MAX,
    REDUCE_MEAN,
    REDUCE_MIN,
    REDUCE_PROD,
    REDUCE_SUM,
    REDUCE_SUM_SQUARE,
    SORT,
    TOP_K,
    reduced_bind,
)
from flopcalc.tensor import Shaped, Tensor


def row(op: Op, algebra: str, numbers: str, **counts: int) -> Row:
    """A reduction of 7 tokens of 64 features to one."""
    source = f"numpy over 7 elements, 64 times: {op.title}"
    return Row(op, {"axes": (1,)}, (seq(7, 64),), "1×64", counts, algebra, numbers, source)


LESS, LESS_NUMBERS = "(S - 1)·E", "(7 - 1)·64"
ROWS = [
    row(REDUCE_MEAN, LESS, LESS_NUMBERS, add=6 * 64, div=64),
    row(REDUCE_SUM, LESS, LESS_NUMBERS, add=6 * 64),
    row(REDUCE_MAX, LESS, LESS_NUMBERS, cmp=6 * 64),
    row(REDUCE_MIN, LESS, LESS_NUMBERS, cmp=6 * 64),
    row(REDUCE_PROD, LESS, LESS_NUMBERS, mul=6 * 64),
    row(REDUCE_L1, "S·E", "7·64", cmp=7 * 64, add=6 * 64),
    row(REDUCE_L2, "S·E", "7·64", mul=7 * 64, add=6 * 64, exp=64),
    row(REDUCE_SUM_SQUARE, "S·E", "7·64", mul=7 * 64, add=6 * 64),
    row(REDUCE_LOG_SUM, LESS, LESS_NUMBERS, add=6 * 64, exp=64),
    row(REDUCE_LOG_SUM_EXP, LESS, LESS_NUMBERS, add=6 * 64, exp=8 * 64),
    row(ARG_MAX, LESS, LESS_NUMBERS, cmp=6 * 64),
    Row(
        CUM_SUM,
        {"axes": (1,)},
        (seq(7, 64),),
        "7×64",
        {"add": 6 * 64},
        "(S - 1)·R",
        LESS_NUMBERS,
        "numpy.cumsum",
    ),
    Row(
        CUM_PROD,
        {"axes": (1,)},
        (seq(7, 64),),
        "7×64",
        {"mul": 6 * 64},
        "(S - 1)·R",
        LESS_NUMBERS,
        "numpy.cumprod",
    ),
    Row(SORT, {}, (seq(7, 64),), "7×64", {"cmp": 448}, "I", "448", "once each at least"),
]
TOP = Row(TOP_K, {"axes": (1,), "k": 3}, (seq(7, 64),), "3×64", {"cmp": 448}, "I", "448", "once")


@pytest.mark.parametrize("row", tuple(ROWS), ids=lambda row: f"{row.op.kind} {row.output}")
def test_one_layer(row: Row) -> None:
    check(row)


def test_the_best_have_places() -> None:
    made = layer(TOP.op, TOP.attrs, *TOP.inputs)
    assert [y.text() for y in made.outputs] == ["3×64", "3×64"]
    assert TOP_K.counts["cmp"].value(made.env) == 448


ROWS.append(TOP)  # has two outputs, so `check` is not for it


def test_a_reduction_of_nothing_costs_nothing() -> None:
    x, y = Tensor(1, (0, 4), "nc"), Tensor(2, (1, 4), "nc")
    env = reduced_bind((x,), (y,), {"axes": (0,)})
    assert all(formula.value(env) == 0 for formula in REDUCE_MEAN.counts.values())
    assert Shaped(y.shape, y.axes).shape == (1, 4)
