"""Exporters' scopes as dotted names."""

from __future__ import annotations

import pytest

from flopcalc.onnx_graph.naming import layer_names
from flopcalc.onnx_graph.proto import NodeDef, Operation


def node(op: str, name: str = "", scopes: str = "", weight: str = "") -> NodeDef:
    found = NodeDef(Operation(op))
    found.name = name
    found.inputs = ["x", weight] if weight else ["x"]
    if scopes:
        found.metadata = {"pkg.torch.onnx.name_scopes": scopes}
    return found


def names(*nodes: NodeDef, stored: tuple[str, ...] = ()) -> list[str]:
    return layer_names(nodes, set(stored))


@pytest.mark.parametrize(
    ("name", "dotted"),
    [
        ("/conv1/Conv", "conv1"),
        ("/layer1/layer1.0/conv1/Conv", "layer1.0.conv1"),
        ("/features/features.1/conv/conv.0/conv.0.0/Conv", "features.1.conv.0.0"),
        ("/encoder/layers/encoder_layer_0/mlp/mlp.0/Gemm", "encoder.layers.encoder_layer_0.mlp.0"),
        ("/Flatten", "Flatten"),
        ("model/block1/Conv2D", "model.block1"),
        ("Conv_17", "Conv_17"),
        ("", "Conv_0"),
        ("/", "Conv_0"),
    ],
)
def test_one_node(name: str, dotted: str) -> None:
    assert names(node("Conv", name)) == [dotted]


def test_nodes_that_share_a_scope_add_their_operator() -> None:
    made = names(
        node("MatMul", "/attn/MatMul"),
        node("Add", "/attn/Add"),
        node("MatMul", "/attn/MatMul_1"),
        node("MatMul", "/attn/proj/MatMul"),
        node("Add", "/Add"),
        node("Relu"),
        node("Relu"),
    )
    assert made[:4] == ["attn.MatMul", "attn.Add", "attn.MatMul_1", "attn.proj"]
    assert made[4:] == ["Add", "Relu_5", "Relu_6"]


def test_constants_do_not_share_a_scope() -> None:
    assert names(
        node("Constant", "/act/Constant"),
        node("Constant", "/act/Constant_1"),
        node("Clip", "/act/Clip"),
    ) == ["act.Constant", "act.Constant_1", "act"]


def test_scopes_of_the_newer_exporter() -> None:
    made = names(
        node("Conv", "node_Conv_8", "['', 'features', 'features.0', 'features.0.0', 'conv2d']"),
        node("MatMul", "n1", "['', 'enc', 'enc.attn', 'sdpa']"),
        node("MatMul", "n2", "['', 'enc', 'enc.attn', 'sdpa']"),
        node("Add", "n3", "['', 'add_3']"),
    )
    assert made == ["features.0.0", "enc.attn.MatMul", "enc.attn.MatMul_1", "Add"]


def test_a_weight_says_whose_it_is_where_a_norm_was_folded_into_it() -> None:
    folded = node("Conv", "n", "['', 'conv1', 'bn1', 'batch_norm']", weight="conv1.weight")
    assert names(folded, stored=("conv1.weight",)) == ["conv1"]


def test_weights_say_whose_the_nodes_are_that_do_not() -> None:
    def used(op: str, *inputs: str, gives: str = "y") -> NodeDef:
        found = node(op, f"{op}_7")
        found.inputs, found.outputs = list(inputs), [gives]
        return found

    nodes = [
        used("Conv", "x", "stem.weight"),
        used("MatMul", "y", "val_3", gives="p"),  # turned, the weight has lost its name
        used("Add", "p", "layers.0.attn.q.bias", gives="q"),
        used("MatMul", "q", "q", gives="s"),
        used("Gemm", "s", "layers.0.attn.out.weight", "layers.0.attn.out.bias"),
        used("Relu", "y"),
        used("Gemm", "y", "layers.1.fc.weight"),
        used("Softmax", "y"),
    ]
    weights = {name for n in nodes for name in n.inputs if "." in name}
    assert layer_names(nodes, weights) == [
        "stem",
        "layers.0.attn.q.MatMul",
        "layers.0.attn.q.Add",
        "layers.0.attn.MatMul",
        "layers.0.attn.out",
        "layers.Relu",
        "layers.1.fc",
        "Softmax_7",
    ]
    nodes[0].name = "/body/Conv"  # where some say it themselves, the others have none
    assert layer_names(nodes, weights)[:2] == ["body", "MatMul_7"]


def test_the_namespace_will_do() -> None:
    plain = node("Conv", "n")
    plain.metadata = {"namespace": ": a.Net/body: b.Seq/body.0: c.Conv2d/conv2d: aten.conv2d"}
    assert names(plain) == ["body.0"]


def test_names_are_different() -> None:
    made = names(*(node("Conv", "same") for _ in range(4)), node("Conv", "same_1"))
    assert len(set(made)) == 5
    assert made[0] == "same"
