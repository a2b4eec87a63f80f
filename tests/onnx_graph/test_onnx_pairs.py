"""Separable pairs of quantised graphs: their twins are those of the float graphs."""

from __future__ import annotations

import pytest
from micro import graph

from flopcalc.engine.count import count
from flopcalc.engine.transform import standard_twin

BODIES = {
    "QuantizeLinear and DequantizeLinear": """
        a = Conv<group=8, pads=[1,1,1,1]>(x, w)
        q = QuantizeLinear(a, scale, zero)
        d = DequantizeLinear(q, scale, zero)
        y = Conv(d, v)""",
    "QLinearConv": """
        q = QuantizeLinear(x, scale, zero)
        a = QLinearConv<group=8, pads=[1,1,1,1]>(q, scale, zero, w, scale, zero, scale, zero)
        b = QLinearConv(a, scale, zero, v, scale, zero, scale, zero)
        y = DequantizeLinear(b, scale, zero)""",
}


@pytest.mark.parametrize("body", BODIES)
def test_a_quantised_pair_is_one_as_its_float_twin_is(body: str) -> None:
    head = "n (float[1,8,6,6] x, float scale, uint8 zero) => (float y)"
    found = graph(f"{head} {{{BODIES[body]}\n}}", w=(8, 1, 3, 3), v=(4, 8, 1, 1))
    twin = standard_twin(found)

    assert count(found).totals.mult_adds == 36 * 8 * 9 + 36 * 8 * 4
    assert twin is not None
    assert len(twin.savings) == 1
    assert count(twin.graph).totals.mult_adds == 36 * 8 * 4 * 9
