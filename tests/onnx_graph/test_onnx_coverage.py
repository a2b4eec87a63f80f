"""Every operator of every version of ONNX is classified, and analyzes or says why not."""

from __future__ import annotations

import re
import warnings
from functools import cache
from random import Random
from typing import Any

import numpy as np
import onnx
import pytest
from micro import of
from onnx import numpy_helper

from flopcalc.engine.count import count
from flopcalc.errors import InputError
from flopcalc.onnx_graph.operators import find
from flopcalc.onnx_graph.walker import BUG

SCHEMAS = [s for s in onnx.defs.get_all_schemas_with_history() if s.domain == ""]


@pytest.mark.parametrize("name", sorted({schema.name for schema in SCHEMAS}))
def test_every_operator_has_a_function_that_knows_its_versions(name: str) -> None:
    function = find("", name)
    assert function is not None, f"{name} is not classified"
    text = (function.__doc__ or "").split(":")[0].split(";")[0]
    assert re.search(rf"\b{name}\b", text), f"{name} says what it is"
    said = [int(n) for n in re.findall(r"\d+", text.partition("version")[2])]
    versions = [schema.since_version for schema in SCHEMAS if schema.name == name]
    assert said, f"{name} says its versions"
    assert max(said) >= max(versions), f"{name}: version {max(versions)} is newer than its rule"


@cache
def backend_cases() -> list[Any]:
    """ONNX's own tests of its operators, with the shapes of their true outputs."""
    from onnx.backend.test.case.node import collect_testcases

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = collect_testcases("")
    return [c for c in found if c.model is not None and c.data_sets]


def stored(model: Any, inputs: Any) -> None:
    """Make small inputs initializers: lists of sizes, axes, and such steer shapes."""
    for value, tensor in zip(model.graph.input, inputs, strict=False):
        if not value.type.HasField("tensor_type"):
            continue
        if not isinstance(tensor, onnx.TensorProto):
            tensor = numpy_helper.from_array(np.asarray(tensor))  # noqa: PLW2901 - as a tensor
        if tensor.data_type in (1, 6, 7, 9, 10) and int(np.prod(tensor.dims)) <= 8:
            copy = model.graph.initializer.add()
            copy.CopyFrom(tensor)
            copy.name = value.name


def wrong(case: Any) -> list[str]:
    """What our shapes and dtypes of the outputs of one of ONNX's own tests have wrong."""
    model = onnx.ModelProto()
    model.CopyFrom(case.model)
    inputs, outputs = case.data_sets[0]
    stored(model, inputs)
    made = of(model).graph()
    analysis = count(made)
    found = [u.reason for u in analysis.uncounted if u.reason.startswith(BUG)]
    for ours, value, true in zip(made.outputs, model.graph.output, outputs, strict=False):
        if not value.type.HasField("tensor_type"):
            continue
        shape = np.shape(true) if not isinstance(true, onnx.TensorProto) else tuple(true.dims)
        if any(not isinstance(size, int) for size in ours.shape):
            continue  # depends on the data
        if ours.shape != shape:
            found.append(f"{value.name}: {ours.shape} for {shape}")
    return found


def test_shapes_are_those_of_onnx_s_own_tests() -> None:
    cases = backend_cases()
    assert len(cases) > 1000
    failed = {case.name: bad for case in cases if (bad := wrong(case))}
    assert failed == {}


# what random changes are tried on: the operators that move, combine, generate, repeat
FAMILIES: tuple[str, ...] = (
    "arithmetic",
    "functions",
    "activation",
    "layout",
    "indexing",
    "constant",
    "generate",
)
FAMILIES += ("reduce", "sequence", "control", "text")


def no_shapes(model: Any, rng: Random) -> None:
    for value in model.graph.input:
        if value.type.HasField("tensor_type"):
            value.type.tensor_type.ClearField("shape")


def other_sizes(model: Any, rng: Random) -> None:
    for value in model.graph.input:
        for size in value.type.tensor_type.shape.dim:
            if rng.random() < 0.4:
                size.dim_value = rng.choice([0, 1, 3, 7])
            elif rng.random() < 0.4:
                size.dim_param = rng.choice("NHW")


def other_ranks(model: Any, rng: Random) -> None:
    for value in model.graph.input:
        sizes = value.type.tensor_type.shape.dim
        if sizes and rng.random() < 0.5:
            del sizes[-1]
        elif rng.random() < 0.5 and value.type.HasField("tensor_type"):
            sizes.add().dim_value = rng.choice([0, 1, 2, 5])


def fewer_inputs(model: Any, rng: Random) -> None:
    for node in model.graph.node:
        if node.input and rng.random() < 0.5:
            node.input.pop()
        elif node.input:
            node.input[rng.randrange(len(node.input))] = ""


def other_attributes(model: Any, rng: Random) -> None:
    for node in model.graph.node:
        for attribute in node.attribute:
            if attribute.type == onnx.AttributeProto.INT:
                attribute.i = rng.choice([-100, -1, 0, 1, 2, 7, 2**62])
            elif attribute.ints:
                at = rng.randrange(len(attribute.ints))
                attribute.ints[at] = rng.choice([-5, -1, 0, 1, 9, 2**62])


def other_outputs(model: Any, rng: Random) -> None:
    for node in model.graph.node:
        if rng.random() < 0.5:
            node.output.append("more")
        else:
            node.output.pop()


def other_contents(model: Any, rng: Random) -> None:
    """Small inputs become stored numbers that may make no sense."""
    for value in model.graph.input:
        kind = value.type.tensor_type.elem_type
        shape = [size.dim_value for size in value.type.tensor_type.shape.dim]
        if kind in (1, 6, 7) and int(np.prod(shape)) <= 8:
            numbers = [rng.choice([-9, -1, 0, 1, 2, 5, 2**30]) for _ in range(int(np.prod(shape)))]
            tensor = onnx.helper.make_tensor(value.name, kind, shape, numbers)
            model.graph.initializer.append(tensor)


CHANGES: tuple[Any, ...] = (no_shapes, other_sizes, other_ranks, fewer_inputs)
CHANGES += (other_attributes, other_outputs, other_contents)


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_nodes_that_make_no_sense_are_no_bugs_of_ours(change: Any) -> None:
    rng = Random(2)  # noqa: S311 - a test's
    failed: dict[str, str] = {}
    for case in backend_cases():
        functions = [find(node.domain, node.op_type) for node in case.model.graph.node]
        modules = {f.__module__.rpartition(".")[2] for f in functions if f}
        if not modules <= set(FAMILIES) or rng.random() < 0.5:
            continue
        model = onnx.ModelProto()
        model.CopyFrom(case.model)
        change(model, rng)
        try:
            analysis = count(of(model).graph())
        except InputError:
            continue
        for item in analysis.uncounted:
            if item.reason.startswith(BUG):
                failed[case.name] = item.reason
    assert failed == {}
