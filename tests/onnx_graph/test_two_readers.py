"""Spec and exported graph of one network: the same Mult-Adds, in total and layer by layer."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from flopcalc import api
from flopcalc.engine.compare import Comparison
from flopcalc.errors import InputError

GRAPHS = Path(__file__).parent / "graphs"
PAIRS = {  # graph → the spec it was exported from the design of, and what binds it
    "alexnet.ts": "alexnet",
    "bert_base.ts": "bert_base",
    "convnext_tiny.ts": "convnext_tiny",
    "efficientnet_b0.ts": "efficientnet_b0",
    "googlenet.ts": "googlenet",
    "mobilenet_v2.ts.dynbatch@N=1": "mobilenet_v2",
    "mobilenet_v2.ts.dynhw@N=1,H=160,W=160": "mobilenet_v2@res=160",
    "mobilenet_v3_small": "mobilenet_v3_small",
    "mobilenetv1_100": "mobilenet_v1",
    "mobilenetv1_125@res=192": "mobilenet_v1@alpha=1.25,res=192",
    "r3d_18.ts": "r3d_18",
    "resnet18.dyn": "resnet18",
    "resnet18.fp16": "resnet18",
    "resnet18.qoperator": "resnet18",
    "resnet18.ts": "resnet18",
    "resnet18.ts.bn": "resnet18",
    "resnet50.ts": "resnet50",
    "shufflenet_v2_x1_0.ts": "shufflenet_v2_x1_0",
    "squeezenet1_0.ts": "squeezenet1_0",
    "vgg16.ts": "vgg16",
    "vit_b_16.dyn": "vit_b_16",
}
OTHERWISE = {  # what an exporter stores in another way
    "resnet18.qoperator": "biases as int32",
    "vit_b_16.dyn": "√(1/8) as a weight of its attention",
}


def path_of(graph: str) -> str:
    name, at, sizes = graph.partition("@")
    return f"{GRAPHS / name}.onnx{at}{sizes}"


def departures(found: Comparison) -> list[str]:
    """The rows in which the two compute differently."""
    return [
        f"{row.scope}: {[side and str(side.mult_adds) for side in row.sides]}"
        for row in found.rows
        if len({side.mult_adds if side else 0 for side in row.sides}) > 1
    ]


@pytest.mark.parametrize(("graph", "spec"), PAIRS.items(), ids=PAIRS)
def test_spec_and_graph_agree(graph: str, spec: str) -> None:
    found = api.compare(spec, path_of(graph))
    ours, theirs = (model.analysis.totals for model in found.models)

    assert theirs.status == "complete"
    assert theirs.mult_adds == ours.mult_adds
    assert departures(found) == []
    assert not found.different or graph in OTHERWISE


@pytest.mark.parametrize(
    ("graph", "spec"),
    [("resnet18.ts", "resnet34"), ("mobilenetv1_125", "mobilenet_v1"), ("vgg16.ts", "vgg19")],
)
def test_other_networks_do_not_agree(graph: str, spec: str) -> None:
    found = api.compare(spec, path_of(graph))

    assert found.different
    assert departures(found) != []


def shipped() -> dict[str, str]:
    """Every network that ships, by its letters and digits."""
    return {_letters(e.name.rpartition("@")[2]): e.name for e in api.shipped_models()}


def _letters(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name)


@pytest.mark.skipif("FLOPCALC_ONNX" not in os.environ, reason="no folder of exported graphs")
def test_every_exported_network_that_has_a_spec() -> None:
    """`FLOPCALC_ONNX` names a folder of `graphs/*.onnx`, called after their networks."""
    specs = shipped()
    wrong: dict[str, object] = {}
    seen = 0
    for path in sorted((Path(os.environ["FLOPCALC_ONNX"]) / "graphs").glob("*.onnx")):
        spec = specs.get(_letters(path.name.split(".")[0]))
        if spec is None or any(word in path.name for word in ("dynbatch", "dynhw", "dynseq")):
            continue
        seen += 1
        try:
            found = api.compare(spec, path)
        except InputError as error:
            wrong[path.name] = error.message
            continue
        if bad := departures(found):
            wrong[path.name] = bad

    assert wrong == {}
    assert seen > 50
