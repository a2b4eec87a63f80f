"""Nodes that are alike are asked once; what is then said of the others is what they would say."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from math import prod
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from micro import graph, model, of, proto

from benchmarks.onnx_speed import convolutions, transformer, write
from flopcalc.engine.count import count
from flopcalc.graph import Graph
from flopcalc.onnx_graph.alike import Alike
from flopcalc.onnx_graph.model import load_onnx
from flopcalc.onnx_graph.node import Node
from flopcalc.onnx_graph.walker import Walker

HERE = Path(__file__).parent
FILES = sorted([*(HERE / "graphs").glob("*.onnx"), *(HERE / "micro_graphs").glob("*.onnx")])


@contextmanager
def each_node_asked() -> Iterator[None]:
    """Nothing is remembered of any node."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Alike, "find", lambda *_: (None, None, None))
        yield


def shown(made: Graph) -> list[Any]:
    """All there is in a graph, its tensors numbered as they appear."""
    numbers: dict[int, int] = {}

    def numbered(tensors: Any) -> list[Any]:
        return [(numbers.setdefault(t.id, len(numbers)), *t[1:]) for t in tensors]

    layers = [
        (
            *(layer.name, layer.op.kind, layer.op.opaque, repr(layer.op.counts), layer.params),
            *(numbered(layer.inputs), numbered(layer.outputs)),
            *(layer.attrs, layer.env, layer.times, layer.where),
        )
        for layer in made.layers
    ]
    return [numbered(made.inputs), layers, numbered(made.outputs), made.notes, made.warnings]


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_what_is_said_again_is_what_each_node_says(path: Path) -> None:
    loaded = load_onnx(str(path))
    with each_node_asked():
        wanted = shown(loaded.graph())

    assert shown(loaded.graph()) == wanted


def test_there_are_files() -> None:
    assert len(FILES) > 40


# nodes that make y of x, and of z before it, each of shape 2×6×4
STEPS = (
    "{y} = Relu({x})",
    "{y} = Mul({x}, {x})",
    "{y} = Mul({x}, {z})",
    "{y} = Add({x}, w)",
    "{y} = Add(v, {x})",
    "{y} = MatMul({x}, k)",
    "{y} = Dropout({x})",
    "{y} = Softmax <axis = 1> ({x})",
    "{y} = Softmax <axis = 2> ({x})",
    "{y} = LayerNormalization <axis = -1> ({x}, g, h)",
    "{y}r = Reshape({x}, to_a) {y} = Reshape({y}r, back)",
    "{y}r = Reshape({x}, to_b) {y}s = Relu({y}r) {y} = Reshape({y}s, back)",
    "{y}t = Transpose <perm = [0, 2, 1]> ({x}) {y} = Transpose <perm = [0, 2, 1]> ({y}t)",
    "{y}k = Add(k, k) {y} = MatMul({x}, {y}k)",
    "{y}a, {y}b = Split <axis = 1> ({x}) {y} = Concat <axis = 1> ({y}b, {y}a)",
    "{y}c = Constant <value = float {{2.0}}> () {y} = Pow({x}, {y}c)",
    "{y}n = Shape({x}) {y} = Reshape({x}, {y}n)",
    "{y} = Unheard({x})",
    "{y} = Add({x}, nowhere)",
)
STORED = {"w": (6, 4), "v": (4,), "k": (4, 4), "g": (4,), "h": (4,)}


@given(st.lists(st.sampled_from(STEPS), min_size=2, max_size=12), st.booleans())
@settings(max_examples=60, deadline=None)
def test_any_graph_says_the_same(steps: list[str], symbolic: bool) -> None:
    body, last, before = "", "x", "x"
    for i, step in enumerate(steps + steps):
        body += step.format(x=last, y=f"y{i}", z=before) + "\n"
        last, before = f"y{i}", last
    first = "N" if symbolic else "2"
    text = f"""g (float[{first}, 6, 4] x) => (float {last})
        <int64[3] to_a = {{2, 4, 6}}, int64[2] to_b = {{12, -1}}, int64[3] back = {{2, 6, 4}}>
        {{ {body} }}"""
    message = proto(text)
    for name, shape in STORED.items():
        tensor = message.graph.initializer.add()
        tensor.name, tensor.data_type = name, 1
        tensor.dims.extend(shape)
        tensor.raw_data = bytes(4 * prod(shape))
    with each_node_asked():
        wanted = shown(of(message).graph())

    assert shown(of(message).graph()) == wanted


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the nodes whose operators were asked."""
    names: list[str] = []
    ask = Walker._ask

    def recording(self: Walker, node: Node, before: int) -> bool:
        names.append(node.name)
        return ask(self, node, before)

    monkeypatch.setattr(Walker, "_ask", recording)
    return names


@pytest.mark.parametrize(("make", "most"), [(convolutions, 8), (transformer, 30)])
def test_few_nodes_are_asked(tmp_path: Path, asked: list[str], make: Any, most: int) -> None:
    path = str(write(tmp_path / "x.onnx", make(2100)))

    layers = count(load_onnx(path).graph()).layers

    assert len(layers) >= 2000
    assert len(asked) <= most


def test_what_a_small_bias_holds_is_nobodys_business(asked: list[str]) -> None:
    made = model("""g (float[1, 2] x) => (float[1, 2] c)
        <float[2] p = {1.0, 2.0}, float[2] q = {3.0, 4.0}, float[2] r = {5.0, 6.0}>
        { a = Add(x, p) b = Add(a, q) c = Add(b, r) }""").graph()

    assert asked == ["Add_0", "Add_1"]  # the first reads an input, which no layer made
    assert [layer.params[0].id for layer in made.layers] == ["p", "q", "r"]


def test_what_a_shape_holds_is() -> None:
    made = model("""g (float[2, 6] x) => (float c)
        <int64[2] p = {3, 4}, int64[2] q = {4, 3}, int64[2] r = {3, 4}>
        { a = Reshape(x, p) b = Reshape(a, q) c = Reshape(b, r) d = Reshape(c, q) }""").graph()

    assert [layer.outputs[0].shape for layer in made.layers] == [(3, 4), (4, 3), (3, 4), (4, 3)]


def test_nodes_out_of_order_are_put_in_order() -> None:
    made = model("""g (float[1, 2] x) => (float[1, 2] c)
        { c = Relu(b) a = Relu(x) b = Tanh(a) d = Relu(d) }""").graph()

    assert [layer.op.kind for layer in made.layers] == ["relu", "tanh", "relu", "Relu"]
    assert made.layers[3].op.opaque == "'d' is not defined"


def test_a_standardised_kernel_is_a_kernel() -> None:
    # as TorchScript writes timm's ScaledStdConv2d: 27·8 weights, 8 gains, 8 shifts
    made = graph(
        """g (float[1, 3, 8, 8] x) => (float y) <int64[4] shape = {8, 3, 3, 3}>
        { n, m, v = BatchNormalization <training_mode = 1> (w, gain, shift, mean, var)
          k = Reshape(n, shape) y = Conv(x, k) }""",
        w=(1, 8, 27),
        gain=(8,),
        shift=(8,),
        mean=(8,),
        var=(8,),
    )

    (layer,) = count(made).layers

    assert layer.mult_adds == 27 * 8 * 6 * 6
    assert layer.params_by_kind == {"weight": 216, "norm": 16}
