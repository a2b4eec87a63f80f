"""Comparisons: which rows are counterparts, and exact ratios."""

from __future__ import annotations

import time
from fractions import Fraction

import pytest
from engine_nets import MYSTERY, Net, Piece, assemble, mobilenet_v1, mobilenet_v2, renamed
from hypothesis import given
from test_count import pieces

from flopcalc.engine.compare import ComparedRow, compare, inverse, ratio
from flopcalc.engine.count import count
from flopcalc.engine.transform import inverted, separable_twin, standard_twin
from flopcalc.errors import InputError
from flopcalc.graph import Graph


def matched(rows: tuple[ComparedRow, ...]) -> list[tuple[str, str, list[tuple[str, ...] | None]]]:
    return [(r.scope, r.match, [s.layers if s else None for s in r.sides]) for r in rows]


def plain(*names: str, channels: int = 4, k: int = 3) -> Graph:
    """Convolutions in a row."""
    net = Net(4, 9, 9)
    for name in names:
        net.conv(name, channels, k, tail=False)
    return net.finish()


def test_mobilenet_v1_against_its_standard_convolutions() -> None:
    graph = mobilenet_v1()
    twin = standard_twin(graph)
    assert twin is not None
    for links in ([], [twin.links]):
        result = compare([count(twin.graph), count(graph)], links)
        base, candidate = result.models
        assert (base.ratio, base.params_ratio, base.reduction) == (None, None, None)
        assert candidate.ratio == Fraction(568_740_352, 4_867_293_184)
        assert float(candidate.reduction or 0) == pytest.approx(8.558, abs=5e-4)
        assert candidate.params_ratio == Fraction(4_231_976, 29_294_088)
        assert candidate.params_reduction == Fraction(29_294_088, 4_231_976)
        assert len(result.rows) == 15
        row = next(r for r in result.rows if r.scope == "sep8")
        assert row.match == "name"
        ours, theirs = row.sides
        assert ours is not None
        assert theirs is not None
        assert (ours.layers, theirs.layers) == (("sep8",), ("sep8.dw", "sep8.pw"))
        assert (ours.mult_adds, ours.params) == (462_422_016, 2_360_320)
        assert (theirs.mult_adds, theirs.params) == (52_283_392, 268_800)
        assert theirs.ratio == row.saving == Fraction(1, 512) + Fraction(1, 9)
        assert float(theirs.reduction or 0) == pytest.approx(8.845, abs=5e-4)
        assert theirs.params_ratio == Fraction(268_800, 2_360_320)
        assert theirs.params_reduction == Fraction(2_360_320, 268_800)
        assert result.rows[0].saving is None
        assert result.different


def test_the_other_way_round() -> None:
    graph = mobilenet_v1(standard=True)
    twin = separable_twin(graph)
    assert twin is not None
    result = compare([count(twin.graph), count(graph)])
    row = result.rows[1]
    assert matched((row,)) == [("sep2", "name", [("sep2.dw", "sep2.pw"), ("sep2",)])]
    assert row.saving == Fraction(1, 64) + Fraction(1, 9)
    assert row.sides[1] is not None
    assert row.sides[1].ratio == 1 / row.saving
    forward = compare([count(graph), count(twin.graph)], [inverted(twin.links)])
    assert {row.match for row in forward.rows} == {"name"}


def test_links_where_names_do_not_tell() -> None:
    graph = mobilenet_v2()
    twin = standard_twin(graph)
    assert twin is not None
    analyses = [count(twin.graph), count(graph)]
    linked = compare(analyses, [twin.links])
    assert ("block2.project", "name", [("block2.project",), ("block2.dw", "block2.project")]) in (
        matched(linked.rows)
    )
    assert {row.match for row in linked.rows} == {"name"}
    assert ("block2.project", "name", [("block2.project",), ("block2.project",)]) in matched(
        compare(analyses).rows
    )


@given(pieces)
def test_a_network_equals_itself(parts: list[Piece]) -> None:
    analysis = count(assemble(parts))
    result = compare([analysis, analysis, analysis])
    assert not result.different
    assert [model.ratio for model in result.models] == [None, 1, 1]
    for row in result.rows:
        assert row.match == "name"
        assert [side.ratio for side in row.sides if side] == [
            None,
            *[ratio(side.mult_adds, side.mult_adds) for side in row.sides[1:] if side],
        ]


@given(pieces)
def test_names_that_say_nothing_still_match_by_shape(parts: list[Piece]) -> None:
    graph = assemble(parts)
    result = compare([count(graph), count(renamed(graph, "layer"))])
    assert not result.different
    assert {row.match for row in result.rows} == {"shape"}
    for row in result.rows:
        ours, theirs = row.sides
        assert ours is not None
        assert theirs is not None
        assert ours.mult_adds == theirs.mult_adds


@given(pieces, pieces)
def test_every_row_appears_once(one: list[Piece], other: list[Piece]) -> None:
    analyses = [count(assemble(one)), count(assemble(other, 6)), count(assemble(other, prefix="q"))]
    result = compare(analyses)
    for i, analysis in enumerate(analyses):
        sides = [row.sides[i] for row in result.rows]
        assert sum(side.mult_adds or 0 for side in sides if side) == analysis.totals.mult_adds
        assert sum(side.params for side in sides if side) == analysis.totals.params
        names = [name for side in sides if side for name in side.layers]
        assert len(set(names)) == len(names)


def test_order_between_matched_neighbours() -> None:
    base = plain("a", "b1", "b2", "c", channels=4)
    other = Net(4, 9, 9)
    other.conv("a", 4, tail=False)
    other.conv("x1", 6, tail=False)  # other shapes: only its place and kind tell
    other.conv("x2", 4, 1, tail=False)  # another kind
    other.conv("c", 4, tail=False)
    result = compare([count(base), count(other.finish())])
    assert matched(result.rows) == [
        ("a", "name", [("a",), ("a",)]),
        ("b1", "order", [("b1",), ("x1",)]),
        ("x2", "none", [None, ("x2",)]),
        ("b2", "none", [("b2",), None]),
        ("c", "name", [("c",), ("c",)]),
    ]
    assert result.different


def test_a_layer_on_the_other_side_of_a_neighbour_is_no_counterpart() -> None:
    first, second = Net(4, 9, 9), Net(4, 9, 9)
    first.conv("a", 4, 1, tail=False)
    first.conv("odd", 5, tail=False)
    second.conv("even", 3, tail=False)
    second.conv("a", 4, 1, tail=False)
    result = compare([count(first.finish()), count(second.finish())])
    assert [(row.scope, row.match) for row in result.rows] == [
        ("even", "none"),
        ("a", "name"),
        ("odd", "none"),
    ]


def test_shape_needs_the_same_kernel() -> None:
    result = compare([count(plain("a")), count(plain("b", k=5))])
    assert [row.match for row in result.rows] == ["order"]
    assert result.rows[0].sides[1] is not None
    assert result.rows[0].sides[1].ratio == Fraction(25, 9)


def test_a_link_to_rows_already_taken_is_passed_over() -> None:
    links = {"a": ("x", "y"), "b": ("y",), "c": ("gone",)}
    result = compare([count(plain("a", "b", "c")), count(plain("x", "y"))], [links])
    assert matched(result.rows) == [
        ("a", "name", [("a",), ("x", "y")]),
        ("b", "none", [("b",), None]),
        ("c", "none", [("c",), None]),
    ]


def test_more_than_two_models() -> None:
    sep = Net(4, 9, 9)
    sep.sep("a", 4)
    sep.conv("last", 4, tail=False)
    other = Net(4, 9, 9)
    other.sep("a", 4)
    other.conv("new", 7, 1, tail=False)
    base, conv, third = count(sep.finish()), count(plain("a", "last")), count(other.finish())
    result = compare([base, conv, third, third])
    assert matched(result.rows) == [
        ("a", "name", [("a.dw", "a.pw"), ("a",), ("a.dw", "a.pw"), ("a.dw", "a.pw")]),
        ("new", "none", [None, None, ("new",), ("new",)]),
        ("last", "name", [("last",), ("last",), None, None]),
    ]
    assert len(result.models) == 4


def test_the_least_certain_match_is_told() -> None:
    result = compare([count(plain("a")), count(plain("a")), count(plain("b", k=5))])
    assert [row.match for row in result.rows] == ["order"]


def test_no_saving_where_channels_differ() -> None:
    wide = Net(4, 9, 9)
    wide.conv("a", 8, tail=False)
    narrow = Net(4, 9, 9)
    narrow.sep("a", 4)
    (row,) = compare([count(wide.finish()), count(narrow.finish())]).rows
    assert (row.match, row.saving) == ("name", None)


def test_a_lower_bound_has_no_ratio() -> None:
    known, partial = Net(4, 9, 9), Net(4, 9, 9)
    known.conv("a", 4, tail=False)
    known.conv("x", 4, 1, tail=False)
    partial.conv("a", 4, tail=False)
    partial.add(MYSTERY, "x")
    analyses = [count(known.finish()), count(partial.finish())]
    for pair in (analyses, analyses[::-1]):
        result = compare(pair)
        assert result.models[1].ratio is None
        assert result.models[1].reduction is None
        assert result.models[1].params_ratio is not None
        assert result.different
        first, second = result.rows
        assert first.sides[1] is not None
        assert first.sides[1].ratio == 1
        assert second.sides[1] is not None
        assert second.sides[1].ratio is None
    assert not compare([analyses[1]] * 2).different


def test_one_model_is_too_few() -> None:
    with pytest.raises(InputError, match="nothing to compare with"):
        compare([count(plain("a"))])


def test_ratios() -> None:
    assert ratio(1, 3) == Fraction(1, 3)
    assert ratio(None, 3) is ratio(3, None) is ratio(3, 0) is None
    assert inverse(Fraction(1, 3)) == 3
    assert inverse(Fraction(0)) is inverse(None) is None


def test_thousands_of_rows_take_no_quadratic_time() -> None:
    deep = count(plain(*(f"a{i}" for i in range(4000))))
    strange = count(plain(*(f"b{i}" for i in range(4000)), k=5))
    began = time.process_time()
    assert {row.match for row in compare([deep, strange]).rows} == {"order"}
    assert time.process_time() - began < 2  # quadratic: 16 million comparisons
