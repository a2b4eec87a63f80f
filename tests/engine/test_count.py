"""Counts of whole networks against published figures, and the sums they must agree with."""

from __future__ import annotations

import pytest
from engine_nets import MYSTERY, Net, Piece, assemble, mobilenet_v1, mobilenet_v2
from hypothesis import given
from hypothesis import strategies as st

from flopcalc.engine.count import Analysis, count
from flopcalc.errors import InputError
from flopcalc.graph import Graph
from flopcalc.op import OPERATIONS
from flopcalc.ops.conv import CONV, conv_attrs
from flopcalc.ops.dense import FC, fc_attrs
from flopcalc.ops.elementwise import RELU
from flopcalc.ops.window import window

pieces = st.lists(
    st.builds(
        Piece,
        st.sampled_from(["sep", "conv", "dw"]),
        st.integers(1, 9),
        st.sampled_from([1, 3, 5]),
        st.integers(1, 2),
        st.booleans(),
    ),
    max_size=6,
)

# α, input side, Mult-Adds, weights, + FC bias, + BN γ and β, + BN all four (Keras);
# Mult-Adds and weights as in Howard et al. 2017, Tables 6 and 7, exact
MOBILENETS = [
    (1.0, 224, 568_740_352, 4_209_088, 4_210_088, 4_231_976, 4_253_864),
    (1.0, 192, 418_121_728, 4_209_088, 4_210_088, 4_231_976, 4_253_864),
    (1.0, 160, 290_675_200, 4_209_088, 4_210_088, 4_231_976, 4_253_864),
    (1.0, 128, 186_400_768, 4_209_088, 4_210_088, 4_231_976, 4_253_864),
    (0.75, 224, 325_400_448, 2_568_144, 2_569_144, 2_585_560, 2_601_976),
    (0.75, 192, 239_273_472, 2_568_144, 2_569_144, 2_585_560, 2_601_976),
    (0.75, 160, 166_396_800, 2_568_144, 2_569_144, 2_585_560, 2_601_976),
    (0.75, 128, 106_770_432, 2_568_144, 2_569_144, 2_585_560, 2_601_976),
    (0.5, 224, 149_497_088, 1_319_648, 1_320_648, 1_331_592, 1_342_536),
    (0.5, 192, 109_970_432, 1_319_648, 1_320_648, 1_331_592, 1_342_536),
    (0.5, 160, 76_524_800, 1_319_648, 1_320_648, 1_331_592, 1_342_536),
    (0.5, 128, 49_160_192, 1_319_648, 1_320_648, 1_331_592, 1_342_536),
    (0.25, 224, 41_030_272, 463_600, 464_600, 470_072, 475_544),
    (0.25, 192, 30_212_608, 463_600, 464_600, 470_072, 475_544),
    (0.25, 160, 21_059_200, 463_600, 464_600, 470_072, 475_544),
    (0.25, 128, 13_570_048, 463_600, 464_600, 470_072, 475_544),
]


@pytest.mark.parametrize("row", MOBILENETS, ids=lambda row: f"{row[0]} MobileNet-{row[1]}")
def test_mobilenet_v1(row: tuple[float, int, int, int, int, int, int]) -> None:
    alpha, res, macs, weight, bias, norm, buffer = row
    totals = count(mobilenet_v1(alpha, res)).totals
    assert totals.mult_adds == macs
    assert totals.params == norm
    assert totals.params_by_kind == {
        "weight": weight,
        "bias": bias - weight,
        "norm": norm - bias,
        "buffer": buffer - norm,
    }
    assert totals.status == "complete"


@pytest.mark.parametrize(
    ("graph", "macs", "weight"),
    [
        (mobilenet_v1(shallow=True), 307_323_392, 2_875_328),  # Table 5, shallow MobileNet
        (mobilenet_v1(standard=True), 4_867_293_184, 29_281_120),  # Table 4, conv MobileNet
        (mobilenet_v2(), 300_774_272, 3_469_760),  # torchvision: 3,504,872 with norms and bias
    ],
)
def test_relatives(graph: Graph, macs: int, weight: int) -> None:
    totals = count(graph).totals
    assert (totals.mult_adds, totals.params_by_kind["weight"]) == (macs, weight)


def test_mobilenet_v2_as_torchvision() -> None:
    assert count(mobilenet_v2()).totals.params == 3_504_872


def test_elementwise_counts_are_summed() -> None:
    counts = count(mobilenet_v1()).totals.counts
    # fvcore's 578,875,904 is mac + 2 a batch-norm element + 1 an input of the average pool
    normed = (578_875_904 - 568_740_352 - 49 * 1024) // 2
    assert counts == {
        "mac": 568_740_352,
        "add": normed + 48 * 1024 + 1000,
        "mul": normed,
        "div": 1024,
        "cmp": normed,
        "exp": 0,
    }


def check_groups(analysis: Analysis, groups: dict[str, list[int]]) -> None:
    total = analysis.totals
    assert sum(mac for mac, *_ in groups.values()) == total.mult_adds
    assert sum(params for _, params, *_ in groups.values()) == total.params
    for i, kind in enumerate(OPERATIONS, start=2):
        assert sum(numbers[i] for numbers in groups.values()) == total.counts[kind]


@given(pieces)
def test_every_grouping_adds_up(parts: list[Piece]) -> None:
    analysis = count(assemble(parts))
    scopes = [analysis.by_scope(level) for level in (1, 2, 3)]
    for groups in (analysis.by_op(), analysis.by_kind(), *scopes):
        check_groups(
            analysis,
            {
                name: [group.mult_adds or 0, group.params, *group.counts.values()]
                for name, group in groups.items()
            },
        )


def test_groupings_by_name() -> None:
    analysis = count(mobilenet_v1())
    assert list(analysis.by_op()) == ["conv", "bn", "relu", "global_avg_pool", "fc"]
    assert analysis.by_kind()["depthwise"].mult_adds == 17_385_984  # Σ 9·M·D_F²
    assert list(analysis.by_scope())[:3] == ["conv1", "sep2", "sep3"]
    assert list(analysis.by_scope(2))[:4] == ["conv1", "conv1.norm", "conv1.act", "sep2.dw"]
    assert repr(analysis.by_scope()["sep2"]) == "<Group sep2: 6 layers>"


def test_level_zero_is_refused() -> None:
    with pytest.raises(InputError, match="level 0: blocks unfold from level 1 on"):
        count(mobilenet_v1()).by_scope(0)


def test_heaviest() -> None:
    analysis = count(mobilenet_v1())
    top = [cost.mult_adds for cost in analysis.heaviest(9)]
    assert top == [51_380_224] * 8 + [25_690_112]
    assert [cost.name for cost in analysis.heaviest(2)] == ["sep4.pw", "sep6.pw"]
    assert analysis.heaviest(-1) == ()
    assert len(analysis.heaviest(1000)) == 28


def test_a_shared_weight_is_stored_once_and_computed_with_each_time() -> None:
    net = Net(8, 5, 5)
    net.conv("a", 8, bias=True, tail=False)
    shared = net.builder.layers[-1].params
    net.conv("b", 8, bias=True, tail=False, params=shared)
    analysis = count(net.finish())
    a, b = analysis.layers
    assert a.mult_adds == b.mult_adds == 9 * 8 * 8 * 25
    assert (a.params, b.params) == (9 * 8 * 8 + 8, 0)
    assert (a.shared, b.shared) == ((), shared)
    assert b.carries
    assert analysis.totals.params == 9 * 8 * 8 + 8
    assert analysis.totals.mult_adds == 2 * 9 * 8 * 8 * 25


def test_a_repeated_layer_multiplies_operations_only() -> None:
    net = Net(8, 5, 5)
    attrs = conv_attrs(window(net.x, 3), 8, 1, bias=True)
    net.add(CONV, "loop", attrs, times=10)
    (cost,) = count(net.finish()).layers
    assert cost.counts == {"mac": 10 * 9 * 8 * 8 * 25, "add": 10 * 8 * 25}
    assert cost.params == 9 * 8 * 8 + 8


def test_a_count_of_zero_is_absent() -> None:
    net = Net(8, 5, 5)
    net.conv("a", 8, tail=False)
    assert count(net.finish()).layers[0].counts == {"mac": 9 * 8 * 8 * 25}


def test_unknown_is_not_zero() -> None:
    net = Net(8, 5, 5)
    net.conv("a", 8, tail=False)
    net.add(MYSTERY, "x")
    net.add(RELU, "act")
    analysis = count(net.finish())
    cost = analysis.layers[1]
    assert cost.mult_adds is None
    assert cost.counts == {}
    assert cost.unknown == dict.fromkeys(OPERATIONS, "no formula")
    assert cost.carries
    assert analysis.totals.status == "partial"
    assert analysis.totals.mult_adds == 9 * 8 * 8 * 25
    assert analysis.totals.unknown == cost.unknown
    (lack,) = analysis.uncounted
    assert (lack.name, lack.op, lack.reason) == ("x", "acme.Fancy", "no formula")
    assert lack.counts == OPERATIONS
    by_kind = analysis.by_kind()
    assert by_kind["acme.Fancy"].mult_adds is None
    assert by_kind["acme.Fancy"].status == "partial"
    assert by_kind["relu"].mult_adds == 0
    assert by_kind["relu"].status == "complete"
    assert [c.name for c in analysis.heaviest()] == ["a"]


def test_a_network_of_nothing() -> None:
    net = Net(8)
    totals = count(net.finish()).totals
    assert (totals.mult_adds, totals.params, totals.status) == (0, 0, "complete")


def test_texts_for_debuggers() -> None:
    net = Net(8)
    net.add(MYSTERY, "x")
    analysis = count(net.finish("n"))
    assert repr(analysis) == "<Analysis n: <Totals 0 Mult-Adds, 0 params, partial>>"
    assert repr(analysis.layers[0]) == "<LayerCost x: None Mult-Adds, 0 params>"
    assert repr(analysis.uncounted[0]) == "<Uncounted x (acme.Fancy): no formula>"


def test_tied_classifier() -> None:
    net = Net(8, 1, 1)
    net.head(8)
    stored = net.builder.layers[-1].params
    net.add(FC, "again", fc_attrs(8, bias=True), params=stored)
    totals = count(net.finish()).totals
    assert (totals.mult_adds, totals.params) == (128, 72)
