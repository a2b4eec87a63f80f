"""Random data through the operators that move it: contents and shapes as onnx computes them."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx import helper, numpy_helper
from onnx.reference import ReferenceEvaluator

from flopcalc.onnx_graph.read import read_bytes
from flopcalc.onnx_graph.scope import Scope
from flopcalc.onnx_graph.walker import Walker

Draw = Any
OPSET = 18


def ints(*numbers: int) -> Any:
    return np.array(numbers, dtype=np.int64)


def slices(draw: Draw, x: Any) -> tuple[dict[str, Any], list[Any], dict[str, Any]]:
    axis = draw(st.integers(-x.ndim, x.ndim - 1))
    step = draw(st.sampled_from([1, 2, -1, -2]))
    size = x.shape[axis]
    start = draw(st.integers(-size, size))
    end = draw(st.integers(-size - 1, size + 1))
    return {}, [ints(start), ints(end), ints(axis), ints(step)], {}


def gathered(draw: Draw, x: Any) -> tuple[dict[str, Any], list[Any], dict[str, Any]]:
    axis = draw(st.integers(-x.ndim, x.ndim - 1))
    size = x.shape[axis]
    index = draw(st.lists(st.integers(-size, size - 1), min_size=1, max_size=4))
    shape = draw(st.sampled_from([(len(index),), (1, len(index)), (len(index), 1)]))
    return {}, [ints(*index).reshape(shape)], {"axis": axis}


def tiled(draw: Draw, x: Any) -> tuple[dict[str, Any], list[Any], dict[str, Any]]:
    return {}, [ints(*(draw(st.integers(0, 3)) for _ in x.shape))], {}


def expanded(draw: Draw, x: Any) -> tuple[dict[str, Any], list[Any], dict[str, Any]]:
    own = [draw(st.integers(1, 3)) if n == 1 else draw(st.sampled_from([1, n])) for n in x.shape]
    return {}, [ints(*([draw(st.integers(1, 2))] if draw(st.booleans()) else []), *own)], {}


def turned(draw: Draw, x: Any) -> tuple[dict[str, Any], list[Any], dict[str, Any]]:
    return {}, [], {"perm": draw(st.permutations(range(x.ndim)))}


def joined(draw: Draw, x: Any) -> tuple[dict[str, Any], list[Any], dict[str, Any]]:
    axis = draw(st.integers(-x.ndim, x.ndim - 1))
    return {}, [-x] * draw(st.integers(0, 2)), {"axis": axis}


def summed(draw: Draw, x: Any) -> tuple[dict[str, Any], list[Any], dict[str, Any]]:
    axes = draw(st.sets(st.integers(0, x.ndim - 1), min_size=1))
    return {}, [ints(*sorted(axes))], {"keepdims": draw(st.integers(0, 1))}


def split(draw: Draw, x: Any) -> tuple[dict[str, Any], list[Any], dict[str, Any]]:
    axis = draw(st.integers(-x.ndim, x.ndim - 1))
    first = draw(st.integers(0, x.shape[axis]))
    return {"outputs": ["z", "y"]}, [ints(first, x.shape[axis] - first)], {"axis": axis}


def flattened(draw: Draw, x: Any) -> tuple[dict[str, Any], list[Any], dict[str, Any]]:
    return {}, [], {"axis": draw(st.integers(0, x.ndim))}


def found(draw: Draw, x: Any) -> tuple[dict[str, Any], list[Any], dict[str, Any]]:
    return {}, [], {}


OPERATORS = {
    "Slice": slices,
    "Gather": gathered,
    "Tile": tiled,
    "Expand": expanded,
    "Transpose": turned,
    "Concat": joined,
    "ReduceSum": summed,
    "ReduceMax": summed,
    "ReduceProd": summed,
    "Split": split,
    "Flatten": flattened,
    "NonZero": found,
    "Size": found,
    "Shape": found,
    "Neg": found,
}


@settings(deadline=None, max_examples=250)
@given(st.data())
def test_contents_are_what_onnx_computes(data: st.DataObject) -> None:
    draw = data.draw
    operator = draw(st.sampled_from(sorted(OPERATORS)))
    shape = draw(st.lists(st.integers(1, 4), min_size=1, max_size=3))
    x = np.arange(int(np.prod(shape)), dtype=np.int64).reshape(shape) % 7 - 2
    more, inputs, attributes = OPERATORS[operator](draw, x)
    names = ["x", *(f"i{i}" for i in range(len(inputs)))]
    node = helper.make_node(operator, names, more.get("outputs", ["y"]), **attributes)
    stored = [numpy_helper.from_array(a, n) for a, n in zip([x, *inputs], names, strict=True)]
    made = helper.make_graph([node], "n", [], [onnx.ValueInfoProto(name="y")], stored)
    model = helper.make_model(made, opset_imports=[helper.make_opsetid("", OPSET)])
    (wanted,) = ReferenceEvaluator(model).run(None, {})
    definition = read_bytes(model.SerializeToString(), "micro.onnx")
    assert definition.graph is not None
    walker, scope = Walker("micro.onnx"), Scope(definition.opsets)
    scope.stored = {tensor.name: tensor for tensor in definition.graph.initializers}
    walker.run(definition.graph.nodes, scope)
    value = scope.find("y")
    assert value is not None
    assert not walker.builder.layers
    assert value.dims == np.shape(wanted)
    assert value.content == tuple(np.ravel(wanted).tolist())
