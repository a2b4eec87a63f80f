"""ONNX's own node tests: what a real run gave is the shape that is inferred."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest
from micro import of
from onnx import numpy_helper
from onnx.backend.test.case.node import collect_testcases

from flopcalc.dim_values import known
from flopcalc.engine.count import count
from flopcalc.onnx_graph.walker import BUG

STEERS = 50  # elements of an input that may say a size rather than be computed with


@pytest.fixture(scope="module")
def cases() -> list[Any]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of numpy, about overflows that are meant
        return [case for case in collect_testcases(None) if case.model and case.data_sets]


def with_constants(case: Any) -> Any:
    """The model of a case with all inputs but the first stored: sizes and axes become known."""
    model = type(case.model)()
    model.CopyFrom(case.model)
    inputs = zip(model.graph.input, case.data_sets[0][0], strict=False)
    for declared, value in list(inputs)[1:]:
        if isinstance(value, np.ndarray) and value.size < STEERS:
            model.graph.initializer.append(numpy_helper.from_array(value, declared.name))
    return model


def test_shapes_are_those_of_a_real_run(cases: list[Any]) -> None:
    wrong, bugs, compared = [], [], 0
    for case in cases:
        for model in (case.model, with_constants(case)):
            made = of(model).graph()
            count(made)
            bugs += [case.name for layer in made.layers if BUG in (layer.op.opaque or "")]
            results = zip(made.outputs, case.data_sets[0][1], strict=False)
            for found, true in results:
                if not isinstance(true, np.ndarray):
                    continue  # a sequence
                sizes = [known(size) for size in found.shape]
                compared += 1
                if len(sizes) != true.ndim or any(
                    size not in (None, n) for size, n in zip(sizes, true.shape, strict=True)
                ):
                    wrong.append(f"{case.name}: {found.shape}, not {true.shape}")
    assert bugs == []
    assert wrong == []
    assert compared > 2000
