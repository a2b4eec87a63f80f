"""Twins: separable pairs exchanged for standard convolutions and back."""

from __future__ import annotations

from fractions import Fraction

import pytest
from engine_nets import MYSTERY, Net, Piece, assemble, mobilenet_v1, mobilenet_v2
from hypothesis import given
from hypothesis import strategies as st
from test_count import pieces

from flopcalc.engine.count import count
from flopcalc.engine.transform import Twin, inverted, separable_twin, standard_twin
from flopcalc.graph import Graph
from flopcalc.ops.conv import POINTWISE, conv_attrs
from flopcalc.ops.elementwise import ADD
from flopcalc.ops.norm import GROUP_NORM
from flopcalc.ops.window import Window, window


def standard(graph: Graph) -> Twin:
    twin = standard_twin(graph)
    assert twin is not None
    return twin


def separable(graph: Graph) -> Twin:
    twin = separable_twin(graph)
    assert twin is not None
    return twin


def names(graph: Graph) -> list[str]:
    return [layer.name for layer in graph.layers]


def numbers(graph: Graph) -> tuple[dict[str, int], dict[str, int]]:
    totals = count(graph).totals
    return dict(totals.counts), dict(totals.params_by_kind)


@pytest.mark.parametrize(
    ("graph", "macs", "weight", "params"),
    [
        # Howard et al. 2017, Table 4: 4866 M (without the classifier) and 29.3 M
        (mobilenet_v1(), 4_867_293_184, 29_281_120, 29_294_088),
        # no published figure: k²·M·N·D_F² over its 17 depthwise layers, by the same rule
        (mobilenet_v2(), 1_224_972_288, None, None),
    ],
    ids=["v1", "v2"],
)
def test_standard_twins(graph: Graph, macs: int, weight: int | None, params: int | None) -> None:
    totals = count(standard(graph).graph).totals
    assert totals.mult_adds == macs
    if weight is not None:
        assert totals.params_by_kind["weight"] == weight
        assert totals.params == params


def test_the_twin_of_mobilenet_v1_is_the_network_of_convolutions() -> None:
    twin = standard(mobilenet_v1())
    built = mobilenet_v1(standard=True)
    assert twin.graph.name == "MobileNetV1, standard convolutions"
    assert names(twin.graph) == names(built)
    assert numbers(twin.graph) == numbers(built)
    assert [layer.outputs[0].shape for layer in twin.graph.layers] == [
        layer.outputs[0].shape for layer in built.layers
    ]
    assert twin.links["sep8"] == ("sep8.dw", "sep8.pw")
    assert twin.links["sep8.norm"] == ("sep8.pw.norm",)
    assert "conv1" not in twin.links
    assert len(twin.savings) == 13


def test_the_separable_twin_of_the_convolutions_is_mobilenet_v1() -> None:
    twin = separable(mobilenet_v1(standard=True))
    built = mobilenet_v1()
    assert twin.graph.name == "MobileNetV1, separable convolutions"
    assert names(twin.graph) == names(built)
    assert numbers(twin.graph) == numbers(built)
    assert count(twin.graph).totals.mult_adds == 568_740_352
    assert twin.links["sep8.dw.act"] == ("sep8.act",)
    assert inverted(twin.links)["sep8"] == ("sep8.dw", "sep8.pw")


def test_the_saving_of_one_layer() -> None:
    # Howard et al. 2017, section 3.1 and Table 3: 1/512 + 1/9 = 0.11306
    (saving,) = (s for s in standard(mobilenet_v1()).savings if s.standard.name == "sep8")
    assert saving.env == {"N": 512, "D_K": (3, 3)}
    assert saving.ratio == saving.formula == Fraction(1, 512) + Fraction(1, 9)
    assert saving.ratio == Fraction(52_283_392, 462_422_016)


@given(st.integers(2, 9), st.integers(1, 9), st.sampled_from([2, 3, 5, (1, 7), (3, 5)]), st.data())
def test_a_pair_saves_what_the_paper_says(
    m: int, n: int, k: int | tuple[int, int], data: st.DataObject
) -> None:
    net = Net(m, data.draw(st.integers(7, 20)), data.draw(st.integers(7, 20)), batch=2)
    net.sep("a", n, data.draw(st.integers(1, 3)), k)
    (saving,) = standard(net.finish()).savings
    area = k * k if isinstance(k, int) else k[0] * k[1]
    assert saving.ratio == saving.formula == Fraction(1, n) + Fraction(1, area)


@given(pieces)
def test_separable_and_back(parts: list[Piece]) -> None:
    graph = assemble([piece._replace(sort="conv") for piece in parts])
    twin = separable_twin(graph)
    dense = [p for i, p in enumerate(parts) if p.k > 1 and _channels(parts, i) > 1]
    if twin is None:
        assert not dense
        return
    assert len(twin.savings) == len(dense)
    back = standard(twin.graph).graph
    assert names(back) == names(graph)
    assert numbers(back) == numbers(graph)


def _channels(parts: list[Piece], i: int) -> int:
    return parts[i - 1].out if i else 4


@given(pieces)
def test_standard_and_back(parts: list[Piece]) -> None:
    parts = [p._replace(sort="sep", out=p.out + 1, k=max(p.k, 2)) for p in parts]
    graph = assemble(parts)
    twin = standard_twin(graph)
    if twin is None:
        assert not parts
        return
    # an oracle of its own: k²·M·N·D_F² for each pair
    swapped = 0
    for saving, piece in zip(twin.savings, parts, strict=True):
        x, y = saving.standard.inputs[0], saving.standard.outputs[0]
        swapped += piece.k**2 * x.channels * piece.out * y.elements // y.channels
    kept = sum(c.mult_adds or 0 for c in count(graph).layers if c.name in {"stem", "fc"})
    assert count(twin.graph).totals.mult_adds == kept + swapped
    back = separable(twin.graph).graph
    assert names(back) == names(graph)
    assert numbers(back) == numbers(graph)


def pair(*, out: int = 6, mult: int = 1, s: int = 1, pad: int = 0, between: str = "") -> Graph:
    """A depthwise and a pointwise layer, the latter with its own stride and padding."""
    net = Net(4, 9, 9)
    net.conv("b.dw", 4 * mult, 3, 2, 4, tail=False)
    middle = net.x
    if between == "mystery":
        net.add(MYSTERY, "b.x")
    if between == "sum":
        net.add(ADD, "b.sum", None, middle)
    w = Window((1, 1), (s, s), (1, 1), ((pad, pad),) * 2)
    net.add(POINTWISE, "b.pw", conv_attrs(w, out, 1, bias=True))
    if between == "also read":
        net.conv("c", 4, 1, tail=False)
        net.x = middle
        net.add(MYSTERY, "d")
    if between == "output":
        return net.builder.finish("net", (net.x, middle))
    return net.finish()


def test_a_channel_multiplier_and_a_second_stride() -> None:
    (saving,) = standard(pair(mult=3, s=2)).savings
    conv = saving.standard
    assert conv.attrs["stride"] == (4, 4)
    assert (conv.attrs["groups"], conv.attrs["bias"], conv.op.kind) == (1, True, "standard")
    assert conv.outputs[0].shape == (1, 6, 3, 3)
    # 9·4·3·25 + 12·6·9 against 9·4·6·9
    assert saving.ratio == Fraction(2700 + 648, 1944)
    assert saving.formula is None


def test_a_dilation_stays() -> None:
    net = Net(4, 9, 9)
    net.conv("dw", 4, 3, 1, 4, d=2)
    net.conv("pw", 5, 1)
    (saving,) = standard(net.finish()).savings
    assert saving.standard.name == "pw"  # the two have no scope in common
    assert saving.standard.attrs["dilation"] == (2, 2)
    assert saving.standard.outputs[0].spatial == (9, 9)


@pytest.mark.parametrize("between", ["mystery", "sum", "also read", "output"])
def test_what_is_no_pair(between: str) -> None:
    assert standard_twin(pair(between=between)) is None


def test_no_pair_with_padding_in_the_pointwise_layer() -> None:
    assert standard_twin(pair(pad=1)) is None


def test_no_pair_at_the_end_nor_of_one_by_one_kernels() -> None:
    net = Net(4, 9, 9)
    net.conv("dw", 4, 1, 1, 4)
    net.conv("pw", 4, 1)
    net.conv("end", 4, 3, 1, 4)
    assert standard_twin(net.finish()) is None
    assert separable_twin(net.finish()) is None


def test_a_scope_with_other_layers_in_it_is_no_name() -> None:
    twin = standard(mobilenet_v2())
    assert twin.links["block2.project"] == ("block2.dw", "block2.project")
    assert "block2.expand" in names(twin.graph)
    assert twin.links["block1"] == ("block1.dw", "block1.project")  # nothing else is in there


def test_a_taken_scope_is_no_name() -> None:
    net = Net(4, 9, 9)
    net.conv("a", 4, 1, tail=False)
    net.sep("a", 4)
    assert standard(net.finish()).links["a.pw"] == ("a.dw", "a.pw")


def test_taken_names_of_parts() -> None:
    net = Net(3, 9, 9)
    net.conv("stem", 4, 1)
    net.conv("a", 4)
    net.conv("a.dw", 4, 1, tail=False)
    net.conv("a.pw", 4, 1, tail=False)
    twin = separable(net.finish())
    found = names(twin.graph)
    assert len(set(found)) == len(found)
    assert inverted(twin.links)["a"] == ("a.dw_2", "a.pw_2")


def test_layers_that_read_the_input_are_left_alone() -> None:
    net = Net(4, 9, 9)
    net.conv("a", 4)
    assert separable_twin(net.finish()) is None
    net.conv("b", 4)
    twin = separable(net.finish())
    assert names(twin.graph)[:4] == ["a", "a.norm", "a.act", "b.dw"]


def test_a_norm_that_does_not_fit_the_input_channels() -> None:
    net = Net(3, 9, 9)
    net.conv("stem", 4, 1)
    net.conv("a", 6, tail=False)
    net.add(GROUP_NORM, "a.norm", {"groups": 3})
    assert separable_twin(net.finish()) is None


def test_modules_called_twice_stay_shared() -> None:
    net = Net(4, 9, 9)
    net.conv("stem", 4, 1)
    net.sep("a", 4)
    stored = {layer.name: layer.params for layer in net.builder.layers}
    net.conv("b.dw", 4, 3, 1, 4, params=stored["a.dw"])
    net.conv("b.pw", 4, 1, params=stored["a.pw"])
    graph = net.finish()
    twin = standard(graph)
    weight = count(graph).totals.params_by_kind["weight"]
    assert weight == 16 + 36 + 16
    totals = count(twin.graph).totals
    assert totals.params_by_kind["weight"] == 16 + 144
    assert totals.mult_adds == 81 * (16 + 2 * 144)
    assert count(separable(twin.graph).graph).totals.params_by_kind["weight"] == weight


def test_a_weight_shared_with_a_layer_that_stays_keeps_its_pair() -> None:
    net = Net(4, 9, 9)
    net.sep("a", 4)
    stored = next(layer.params for layer in net.builder.layers if layer.name == "a.pw")
    net.conv("b", 4, 1, params=stored)
    assert standard_twin(net.finish()) is None


def test_branches_and_the_scale_survive() -> None:
    net = Net(4, 9, 9)
    net.conv("stem", 4, 1)
    skip = net.x
    net.sep("a", 4)
    net.add(ADD, "sum", None, skip)
    graph = net.finish()._replace(mixed=True, warnings=("w",))
    twin = standard(graph).graph
    assert names(twin)[-3:] == ["a.norm", "a.act", "sum"]
    assert twin.layers[-1].inputs[1].id == twin.layers[2].outputs[0].id
    assert (twin.scale, twin.mixed, twin.warnings) == (graph.scale, True, ("w",))
    assert [tensor.shape for tensor in twin.outputs] == [(1, 4, 9, 9)]


def test_one_dimension() -> None:
    net = Net(4, 30)
    net.sep("a", 6, 2, 5)
    (saving,) = standard(net.finish()).savings
    assert saving.ratio == Fraction(1, 6) + Fraction(1, 5)


def test_repeated_by_different_loops_is_no_pair() -> None:
    net = Net(4, 9, 9)
    net.conv("dw", 4, 3, 1, 4, tail=False)
    net.add(POINTWISE, "pw", conv_attrs(window(net.x, 1), 4, 1, bias=False), times=3)
    assert standard_twin(net.finish()) is None


def test_a_renamed_tail_yields_to_a_name_in_use() -> None:
    net = Net(4, 9, 9)
    net.conv("stem", 4, 1)
    net.conv("a", 4)
    net.conv("a.pw.norm", 4, 1, tail=False)
    found = names(separable(net.finish()).graph)
    assert found[-4:] == ["a.pw", "a.norm", "a.pw.act", "a.pw.norm"]


def test_common_scopes_end_where_names_part() -> None:
    net = Net(4, 9, 9)
    net.conv("m.a.dw", 4, 3, 1, 4)
    net.conv("m.b.pw", 4, 1)
    assert names(standard(net.finish()).graph) == ["m", "m.norm", "m.act"]
