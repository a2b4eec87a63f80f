"""Rows: what is folded into what, and that nothing is lost or counted twice."""

from __future__ import annotations

import pytest
from engine_nets import MYSTERY, Net, Piece, assemble, mobilenet_v1
from hypothesis import given
from test_count import pieces

from flopcalc.engine.convention import find_convention, parameters
from flopcalc.engine.count import count
from flopcalc.engine.rows import Row, fold_block, fold_kind, fold_op, rows
from flopcalc.errors import InputError
from flopcalc.ops.elementwise import ADD, RELU
from flopcalc.ops.norm import BATCH_NORM


def named(found: tuple[Row, ...]) -> dict[str, list[str]]:
    return {row.name: [cost.name for cost in row.layers] for row in found}


def test_norm_and_activation_are_folded_in() -> None:
    found = rows(count(mobilenet_v1(0.75)))
    first, second = found[0], found[1]
    assert (first.name, first.kind, first.op) == ("conv1", "standard", "conv")
    assert [cost.name for cost in first.layers] == ["conv1", "conv1.norm", "conv1.act"]
    assert first.params == 696  # 648 weights and 48 of the norm
    assert (first.in_text, first.out_text) == ("224×224×3", "112×112×24")
    assert (second.name, second.kind) == ("sep2.dw", "depthwise")
    assert [row.name for row in found if row.free] == ["pool"]
    assert len(found) == 29
    assert repr(first) == "<Row conv1: 3 layers>"


def test_table_2_of_the_paper() -> None:
    # shares of Mult-Adds and weights in percent; the paper prints 1.19 for 1.91, a digit swap
    paper = find_convention("paper")
    analysis = count(mobilenet_v1())
    whole = parameters(analysis.totals, paper)
    table = {
        row.kind: (
            round(100 * (row.mult_adds or 0) / analysis.totals.mult_adds, 2),
            round(100 * parameters(row, paper) / whole, 2),
        )
        for row in fold_kind(analysis)
        if not row.free
    }
    assert table == {
        "pointwise": (94.86, 74.59),
        "depthwise": (3.06, 1.06),
        "standard": (1.91, 0.02),
        "fc": (0.18, 24.33),
    }
    assert fold_kind(analysis)[0].in_text == ""
    assert fold_kind(analysis)[0].out_text == ""


def test_a_norm_before_its_convolution_is_a_row_of_its_own() -> None:
    net = Net(4, 5, 5)
    net.tail("pre")  # nothing carries it: the network begins here
    net.conv("a", 4, tail=False)
    skip = net.x
    net.add(RELU, "a_act")
    net.add(ADD, "sum", None, skip)
    net.add(RELU, "last")  # follows a sum, not a row with cost
    net.add(BATCH_NORM, "again")
    found = rows(count(net.finish()))
    assert named(found) == {
        "pre.norm": ["pre.norm", "pre.act"],
        "a": ["a", "a_act"],
        "sum": ["sum"],
        "last": ["last"],
        "again": ["again"],
    }
    assert [row.free for row in found] == [False, False, True, True, False]


def test_both_branches_of_one_output_are_folded() -> None:
    net = Net(4, 5, 5)
    start = net.conv("a", 4, tail=False)
    net.add(RELU, "one")
    one = net.x
    net.x = start
    net.add(RELU, "two")
    net.add(ADD, "sum", None, one)
    assert named(rows(count(net.finish()))) == {"a": ["a", "one", "two"], "sum": ["sum"]}


def test_an_uncounted_layer_is_a_row_with_an_unknown_number() -> None:
    net = Net(4, 5, 5)
    net.add(MYSTERY, "x")
    net.add(RELU, "act")
    (row,) = rows(count(net.finish()))
    assert (row.mult_adds, row.params, row.free, row.status) == (None, 0, False, "partial")
    assert [cost.name for cost in row.layers] == ["x", "act"]


def test_a_shared_weight_still_makes_a_row() -> None:
    net = Net(8, 5, 5)
    net.conv("a", 8, tail=False)
    net.conv("b", 8, params=net.builder.layers[-1].params)
    found = rows(count(net.finish()))
    assert [(row.name, row.params) for row in found] == [("a", 576), ("b", 16)]


def test_blocks() -> None:
    found = fold_block(count(mobilenet_v1()))
    assert [row.name for row in found[:2]] == ["conv1", "sep2"]
    assert [(row.kind, row.op) for row in found[:2]] == [("standard", "conv"), ("block", "conv")]
    sep2 = found[1]
    assert (sep2.in_text, sep2.out_text) == ("112×112×32", "112×112×64")
    assert sep2.mult_adds == (9 * 32 + 32 * 64) * 112 * 112
    deeper = fold_block(count(mobilenet_v1()), 2)
    assert [row.name for row in deeper[1:5]] == ["sep2.dw", "sep2.pw", "sep3.dw", "sep3.pw"]


def test_level_zero_is_refused() -> None:
    with pytest.raises(InputError):
        fold_block(count(mobilenet_v1()), 0)


@given(pieces)
def test_every_fold_adds_up(parts: list[Piece]) -> None:
    analysis = count(assemble(parts))
    whole = rows(analysis), fold_op(analysis), fold_kind(analysis)
    for found in (*whole, fold_block(analysis), fold_block(analysis, 2)):
        assert sum(row.mult_adds or 0 for row in found) == analysis.totals.mult_adds
        assert sum(row.params for row in found) == analysis.totals.params
        names = sorted(cost.name for row in found for cost in row.layers)
        assert names == sorted(cost.name for cost in analysis.layers)
        for kind, number in analysis.totals.counts.items():
            assert sum(row.counts[kind] for row in found) == number
