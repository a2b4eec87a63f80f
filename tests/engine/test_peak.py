"""The peak of live activations, by hand: figures of the field, and each rule in a few bytes."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import flopcalc
from flopcalc import api
from flopcalc.engine.peak import peak_activations
from flopcalc.graph import Scale
from flopcalc.spec.model import load_spec

Run = Callable[..., Any]


@pytest.mark.parametrize(
    ("alpha", "res", "elements"),
    [(1.0, 224, 1_204_224), (0.5, 160, 307_200), (0.25, 128, 98_304), (0.25, 96, 55_296)],
)
def test_mobilenet_peaks_in_its_first_pointwise_layer(
    alpha: float, res: int, elements: int
) -> None:
    """32 channels in and 64 out of a map of half the resolution, 4 bytes each, or 1 in int8."""
    analysis = flopcalc.analyze("mobilenet_v1", alpha=alpha, res=res)
    whole, small = analysis.peak(), analysis.peak("int8")

    assert elements == round(alpha * (32 + 64)) * (res // 2) ** 2
    assert whole is not None
    assert (whole.bytes, whole.layer) == (4 * elements, "conv2.pw")
    assert small is not None
    assert small.bytes == elements


@pytest.mark.parametrize(
    ("model", "elements", "layer"),
    [
        # 64×112² out of conv1, 64×56² of the pool
        ("resnet18", 64 * 112**2 + 64 * 56**2, "maxpool"),
        # both sides of the first addition, and its sum: 256×56² each
        ("resnet50", 3 * 256 * 56**2, "layer1.0.add1"),
        # two maps of 64×224²
        ("vgg16", 2 * 64 * 224**2, "conv1.1"),
        # the widest depthwise layer: 96×112² in, 96×56² out
        ("mobilenet_v2", 96 * 112**2 + 96 * 56**2, "stage2.0.depthwise"),
    ],
)
def test_well_known_networks(model: str, elements: int, layer: str) -> None:
    peak = flopcalc.analyze(model).peak()

    assert peak is not None
    assert peak.bytes == 4 * elements
    assert peak.layer.endswith(layer.rpartition(".")[2])


HEAD = "flopcalc: 1\ninput: 4x4x2\nbody:\n"  # 32 values
RULES = {
    # in 32, out 16·4 = 64
    "in and out": ("- {conv: 4, k: 1, name: a}\n", 96, "a"),
    # 32 + 64; 64 + 64; the norm and the activation overwrite what they read
    "a norm and an activation work in place": (
        "- {conv: 4, k: 1, norm: bn, act: relu, name: a}\n- {conv: 4, k: 1, name: b}\n",
        128,
        "b",
    ),
    # the input waits while a makes 16 and b out of those 32: 32 + 16 + 32; the sum: 32 + 32 + 32
    "a shortcut waits for its addition": (
        "- residual:\n  - {conv: 1, k: 1, name: a}\n  - {conv: 2, k: 1, name: b}\n  name: r\n",
        96,
        "r.add",
    ),
    # the input is needed again, so the activation cannot overwrite it: 32 + 32; the sum: 96
    "nothing is overwritten that is needed": (
        "- residual:\n  - {relu: , name: a}\n  name: r\n",
        96,
        "r.add",
    ),
    # 32 + 160; flatten takes nothing: 160 + 2
    "a reshape takes nothing": (
        "- {conv: 10, k: 1, name: a}\n- flatten\n- {fc: 2, name: f}\n",
        192,
        "a",
    ),
    # two branches of 64 beside the input of 32, then 64 + 64 + 128
    "a concatenation is a copy": (
        "- {concat: [[{conv: 4, k: 1, name: a}], [{conv: 4, k: 1, name: b}]], name: p}\n",
        256,
        "p",
    ),
}


@pytest.mark.parametrize("rule", RULES)
def test_rules(rule: str) -> None:
    body, elements, layer = RULES[rule]
    graph = load_spec(HEAD + body, "net.yaml").graph()
    peak = peak_activations(graph)

    assert peak is not None
    assert (peak.bytes, peak.layer) == (4 * elements, layer)
    assert peak_activations(graph, "int4") == peak._replace(bytes=elements // 2)


def test_an_unknown_size_is_no_zero(tmp_path: Path) -> None:
    """A named batch, and a node that nobody knows: its output's size is not known."""
    from onnx import TensorProto, helper

    def graph(batch: int | str, op: str, declared: list[int | str] | None) -> Any:
        x = helper.make_tensor_value_info("x", TensorProto.FLOAT, [batch, 3, 4, 4])
        y = helper.make_tensor_value_info("y", TensorProto.FLOAT, declared)
        node = helper.make_node(op, ["x"], ["m"], domain="acme" if op == "Fancy" else "")
        last = helper.make_node("Sigmoid", ["m"], ["y"])
        found = helper.make_graph([node, last], "main", [x], [y])
        opsets = [helper.make_opsetid("", 17), helper.make_opsetid("acme", 1)]
        path = tmp_path / f"{op}.onnx"
        path.write_bytes(
            helper.make_model(found, opset_imports=opsets, ir_version=10).SerializeToString()
        )
        return str(path)

    named = graph("N", "Exp", ["N", 3, 4, 4])
    assert flopcalc.analyze(named).peak() is None
    bound = flopcalc.analyze(named, dims={"N": 2}).peak()
    assert bound is not None
    assert bound.bytes == 4 * 2 * (2 * 3 * 4 * 4), "in and out of the first node"
    assert flopcalc.analyze(graph(1, "Fancy", None)).peak() is None


def test_a_node_of_an_exported_graph_is_one_kernel() -> None:
    """Quantized: 64×112² of int8 into the pool and 64×56² out; sums are no floats in memory."""
    path = Path(__file__).parents[1] / "onnx_graph" / "graphs" / "resnet18.qoperator.onnx"
    peak = flopcalc.analyze(str(path)).peak()

    assert peak is not None
    assert (peak.bytes, peak.layer) == (64 * 112**2 + 64 * 56**2, "maxpool")


@pytest.mark.parametrize(
    ("graph", "model"),
    [("resnet50.ts", "resnet50"), ("vgg16.ts", "vgg16"), ("alexnet.ts", "alexnet")],
)
def test_both_readers_agree(graph: str, model: str) -> None:
    path = Path(__file__).parents[1] / "onnx_graph" / "graphs" / f"{graph}.onnx"
    exported, written = flopcalc.analyze(str(path)).peak(), flopcalc.analyze(model).peak()

    assert exported is not None
    assert written is not None
    assert exported.bytes == written.bytes


@given(st.lists(st.integers(1, 9), min_size=1, max_size=6), st.integers(1, 3))
def test_a_chain_peaks_in_its_largest_pair(widths: list[int], batch: int) -> None:
    body = "".join(f"- {{conv: {width}, k: 1}}\n" for width in widths)
    graph = load_spec(HEAD + body, "net.yaml").graph(Scale(batch=batch))
    peak = peak_activations(graph)
    pairs = zip([2, *widths], widths, strict=False)

    assert peak is not None
    assert peak.bytes == 4 * 16 * batch * max(a + b for a, b in pairs)


@pytest.mark.parametrize("model", ["mobilenet_v2", "resnet50", "densenet121", "bert_base"])
def test_between_its_bounds(model: str) -> None:
    """At least each layer's own tensors (what works in place apart); at most all there are."""
    graph = api.build(model)
    peak = peak_activations(graph)
    assert peak is not None
    sizes = {t.id: t.elements * 4 for layer in graph.layers for t in layer.outputs}
    sizes |= {t.id: t.elements * 4 for t in graph.inputs}
    apart = [x for x in graph.layers if x.op.role not in {"norm", "activation"} and x.op.counts]
    least = max(sum(sizes[i] for i in {t.id for t in (*x.inputs, *x.outputs)}) for x in apart)

    assert least <= peak.bytes <= sum(sizes.values())


def test_all_that_is_handed_on(run: Run) -> None:
    """What convolutions and the classifier write (5.04 M values), and the pool's 1,024."""
    memory = json.loads(run("analyze", "mobilenet_v1", "--dtype", "int8", "--json").out)["memory"]

    assert memory["activation_bytes"] == 5_043_688 + 1_024
    assert memory["peak_activation_bytes"] == 1_204_224
    assert memory["peak_layer"] == "conv2.pw"


def test_the_report_says_it(run: Run) -> None:
    shown = run("analyze", "mobilenet_v1", "--dtype", "int8").out
    assert "peak of live activations: 1,204,224 B (1.148 MiB), at conv2.pw" in shown
    assert "peak of live" not in run("analyze", "mobilenet_v1").out
    partly = run("analyze", "mobilenet_v1", "--layer", "conv8", "--dtype", "int8").out
    assert "peak of live" not in partly, "a part of a network has none of its own"
    result = run("analyze", "mobilenet_v1", "--dtype", "in8")
    assert result.code == 2
