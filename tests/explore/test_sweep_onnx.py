"""Sweeps of exported graphs: over resolutions, one by one, and what they cannot do."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from onnx import TensorProto, helper, save

import flopcalc

Run = Callable[..., Any]
SIZES: list[list[int | str]] = [[1, 3, 16, 16], ["N", 3, "H", "W"]]


@pytest.fixture(params=SIZES, ids=["fixed", "named"])
def model(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """3x3, 3 to 8 channels, padded: 216 Mult-Adds a pixel."""
    file = tmp_path / "m.onnx"
    weight = helper.make_tensor("w", TensorProto.FLOAT, [8, 3, 3, 3], [0.0] * 216)
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, request.param)
    y = helper.make_tensor_value_info("y", TensorProto.FLOAT, None)
    node = helper.make_node("Conv", ["x", "w"], ["y"], pads=[1, 1, 1, 1])
    graph = helper.make_graph([node], "g", [x], [y], [weight])
    save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)]), file)
    return f"{file}@N=1" if request.param[0] == "N" else str(file)


def test_resolutions(model: str) -> None:
    spots = list(flopcalc.sweep(model, res=[16, 32]))

    assert [spot.operations for spot in spots] == [216 * 16 * 16, 216 * 32 * 32]


def test_what_has_no_size_or_width_is_said(run: Run, model: str) -> None:
    file, at, _ = model.partition("@")
    unbound = run("sweep", file, "--res", "16,32")
    assert unbound.code == (2 if at else 0)
    assert ("a sweep needs a size for every dimension" in unbound.err) == bool(at)
    continuous = run("sweep", model, "--continuous", "--res", "16")
    assert continuous.code == 2
    assert "has no width multiplier" in continuous.err
