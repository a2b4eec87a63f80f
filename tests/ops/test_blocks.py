"""Squeeze and excite."""

from __future__ import annotations

import pytest
from one_layer import fmap, one, vec

from flopcalc.errors import ShapeError


def test_squeeze_and_excite_of_mobilenet_v3() -> None:
    """torchvision mobilenet_v3_small, features.1.block.1: 16 channels squeezed to 8."""
    net, y = one("se", fmap(16, 56, 56), 8, gate="hsigmoid")
    assert net.parts() == ["pool", "fc1", "act", "fc2", "gate", "mul"]
    assert y.text() == "56×56×16"
    assert net.total("mac") == 256
    assert net.params == 16 * 8 + 8 + 8 * 16 + 16
    assert net.layers[-1].op.kind == "mul"
    assert net.layers[-1].env["E"] == 56 * 56 * 16


def test_squeeze_and_excite_without_bias() -> None:
    net, _ = one("se", fmap(64, 7, 7), 4, act="none", bias=False)
    assert net.parts() == ["pool", "fc1", "fc2", "gate", "mul"]
    assert net.params == 2 * 64 * 4
    assert [made.op.kind for made in net.layers].count("pointwise") == 2


def test_squeeze_and_excite_needs_a_map() -> None:
    with pytest.raises(ShapeError, match="squeeze and excite needs a map, not 64"):
        one("se", vec(64), 4)
