"""`flopcalc convert`: a flat spec of a graph with the same numbers, or the node that it ends at."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import onnx
import onnx.parser
import pytest
from graph_files import HEAD, data, graph, micro

Run = Callable[..., Any]


@pytest.mark.parametrize(
    "name",
    [
        *("lenet5", "resnet18.ts", "resnet18.ts.bn", "squeezenet1_0.ts", "googlenet.ts"),
        *("mobilenetv1_100", "efficientnet_b0.ts", "shufflenet_v2_x1_0.ts", "unet_ct.ts"),
        *("vit_b_16.dyn", "bert_base.ts", "r3d_18.ts", "convnext_tiny.ts"),
    ],
)
def test_convert_keeps_the_numbers(run: Run, tmp_path: Path, name: str) -> None:
    spec = tmp_path / "net.yaml"
    made = run("convert", graph(name), "-o", str(spec))
    ours = data(run, "analyze", graph(name))
    theirs = data(run, "analyze", str(spec))

    assert made.code == 0, made.err
    assert theirs["totals"] == ours["totals"]
    again = run("convert", graph(name))
    assert again.out == spec.read_text(encoding="utf-8")


def test_convert_of_names_wants_values(run: Run) -> None:
    path = graph("mobilenet_v2.ts.dynbatch")
    refused, bound = run("convert", path), run("convert", path, "--dim", "N=1")

    assert refused.code == 2
    assert "--dim N=1" in refused.err
    assert bound.code == 0
    assert "g: 960" in bound.out


def test_convert_names_what_a_spec_cannot_say(run: Run, tmp_path: Path) -> None:
    alone = "net (float[1, 8, 6, 6] x) => (y) { [odd] y = acme.Fancy (x) }"
    result = run("convert", micro(tmp_path, alone))

    assert result.code == 2
    assert "node 'odd' (Fancy)" in result.err
    assert "a spec cannot say 'odd' (acme.Fancy)" in result.err


@pytest.mark.parametrize(
    "text",
    [
        # a scale that is made of stored numbers alone, where the input is token ids
        """(int64[1, 6] x, float[9, 4] e, float[1] s, float[1] t) => (y) {
            a = Gather (e, x)  k = Mul (s, t)  y = Mul (a, k) }""",
        # more positions than a spec's sequence may have
        """(float[1, 8, 6, 6] x, float[2048, 1024, 1] w) => (y) {
            a = Sqrt (w)  m = ReduceSum <keepdims = 0> (a)  y = Mul (x, m) }""",
    ],
    ids=["ids", "rows"],
)
def test_convert_of_what_no_input_enters(run: Run, tmp_path: Path, text: str) -> None:
    message = onnx.parser.parse_model(f"{HEAD}net {text}")
    for value in [v for v in message.graph.input if v.name != "x"]:
        sizes = [d.dim_value for d in value.type.tensor_type.shape.dim]
        tensor = onnx.TensorProto(
            name=value.name, dims=sizes, data_type=1, data_location=onnx.TensorProto.EXTERNAL
        )
        message.graph.initializer.append(tensor)
        message.graph.input.remove(value)
    onnx.save(message, tmp_path / "net.onnx")
    spec = tmp_path / "net.yaml"
    made = run("convert", str(tmp_path / "net.onnx"), "-o", str(spec))

    assert made.code == 0, made.err
    ours, theirs = (data(run, "analyze", str(p))["totals"] for p in (tmp_path / "net.onnx", spec))
    assert theirs == ours


def test_convert_names_the_node_where_the_language_ends(run: Run, tmp_path: Path) -> None:
    text = "net (float[1, 8, 4, 1] x) => (y) <int64[4] s = {1, 8, 4, 2000000}> {"
    text += " a = Expand (x, s)  [wide] y = MaxPool <kernel_shape = [1, 1]> (a) }"
    result = run("convert", micro(tmp_path, text))

    assert result.code == 2
    assert (
        "net.onnx: node 'wide' (MaxPool): error: a spec cannot say 'wide' (max_pool)" in result.err
    )
