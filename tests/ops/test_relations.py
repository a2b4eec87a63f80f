"""A special case counts what the general one does."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from one_layer import Net, counted, fmap, layer, one, seq
from random_layers import FEW, a_map, a_window, cases, rank_of

from flopcalc.formula import Env
from flopcalc.ops.conv import (
    CONV,
    DEPTHWISE,
    GROUPED,
    POINTWISE,
    SAVING,
    TRANSPOSED,
    TRANSPOSED_GROUPED,
    conv_attrs,
)
from flopcalc.tensor import Shaped


@given(case=cases(DEPTHWISE))
def test_depthwise_is_grouped_with_a_group_for_each_channel(case: Any) -> None:
    attrs, inputs = case
    assert counted(layer(DEPTHWISE, attrs, *inputs)) == counted(layer(GROUPED, attrs, *inputs))


@given(case=cases(POINTWISE))
def test_pointwise_is_a_convolution_with_a_kernel_of_one(case: Any) -> None:
    attrs, inputs = case
    assert counted(layer(POINTWISE, attrs, *inputs)) == counted(layer(CONV, attrs, *inputs))


@given(case=cases(CONV))
def test_one_group_is_a_standard_convolution(case: Any) -> None:
    attrs, inputs = case
    assert counted(layer(GROUPED, attrs, *inputs)) == counted(layer(CONV, attrs, *inputs))


@given(case=cases(TRANSPOSED))
def test_one_group_is_a_standard_transposed_convolution(case: Any) -> None:
    attrs, inputs = case
    grouped = counted(layer(TRANSPOSED_GROUPED, attrs, *inputs))
    assert grouped == counted(layer(TRANSPOSED, attrs, *inputs))


def backwards(data: st.DataObject, groups: int) -> tuple[dict[str, int], dict[str, int]]:
    """Counts of a transposed convolution, and of the convolution it undoes."""
    x = a_map(data.draw, groups * data.draw(FEW))
    w = a_window(data.draw, rank_of(x))
    out = groups * data.draw(FEW)
    attrs = {**conv_attrs(w, out, groups, bias=False), "out_pad": (0,) * rank_of(x)}
    up = layer(TRANSPOSED_GROUPED, attrs, x)
    shape = Shaped(up.outputs[0].shape, up.outputs[0].axes)
    down = layer(GROUPED, conv_attrs(w, x.shape[1], groups, bias=False), shape)
    assert down.outputs[0].shape == x.shape
    return counted(up), counted(down)


@given(data=st.data(), groups=FEW)
def test_a_transposed_convolution_costs_what_it_undoes(data: st.DataObject, groups: int) -> None:
    up, down = backwards(data, groups)
    assert up == down


@given(channels=FEW, k=FEW, s=FEW, size=st.integers(8, 14))
def test_transposed_depthwise(channels: int, k: int, s: int, size: int) -> None:
    net, _ = one("deconv", fmap(channels, size, size), channels, k, s=s, g=channels, bias=False)
    assert net.total("mac") == k * k * channels * size * size
    assert net.total("weight") == k * k * channels


@given(
    channels=st.integers(2, 12),
    out=st.integers(1, 12),
    k=st.integers(2, 5),
    s=FEW,
    size=st.integers(8, 14),
)
def test_separable_is_the_sum_of_its_parts(
    channels: int, out: int, k: int, s: int, size: int
) -> None:
    net, y = one("sep", fmap(channels, size, size), out, k, s=s)
    env: Env = {"D_K": (k, k), "D_F": y.spatial, "M": channels, "N": out, "B": 1, "μ": 1}
    formula = DEPTHWISE.counts["mac"] + POINTWISE.counts["mac"]
    assert formula.algebra() == "D_K·D_K·M·D_F·D_F + M·N·D_F·D_F"
    assert formula.value(env) == net.total("mac")
    standard = CONV.counts["mac"].value(env)
    assert net.total("mac") == SAVING.value(env) * standard


@given(channels=FEW, out=FEW, h=FEW, w=FEW, bias=st.booleans())
def test_pointwise_on_a_map_is_an_fc_on_its_tokens(
    channels: int, out: int, h: int, w: int, *, bias: bool
) -> None:
    on_map, _ = one("pw", fmap(channels, h, w), out, bias=bias)
    on_tokens, _ = one("fc", seq(h * w, channels), out, bias=bias)
    assert counted(on_map.layers[0]) == counted(on_tokens.layers[0])


@given(heads=FEW, d=FEW, side=FEW, window=FEW)
def test_one_window_is_plain_attention(heads: int, d: int, side: int, window: int) -> None:
    whole, _ = one("attention", seq(side * side, heads * d), heads)
    windowed, _ = one("attention", seq(side * side, heads * d), heads, window=side)
    for kind in ("mac", "add", "mul", "exp", "weight", "bias"):
        assert whole.total(kind) == windowed.total(kind)
    net = Net()
    x = net.input(fmap(heads * d, side * window, side * window))
    net.step("attention", x, heads, window=window)
    each, _ = one("attention", seq(window * window, heads * d), heads)
    assert net.total("mac") == side * side * each.total("mac")  # side² windows
    assert net.params == each.params
