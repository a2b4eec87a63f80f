"""Spec and exported graph of one network: the same Mult-Adds, in total and layer by layer."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

import pytest

from flopcalc import api, zoo
from flopcalc.engine.compare import Comparison
from flopcalc.errors import InputError
from flopcalc.onnx_graph.model import load_onnx

GRAPHS = Path(__file__).parent / "graphs"
SMALLER = {  # exported with fewer layers, or on fewer tokens, than their networks have
    "berttiny": "bert@dim=128,layers=2,heads=2",
    "crnnocr": "crnn",
    "gpt2small": "gpt2@len=128",
    "llamatinygqa": "llama@dim=512,layers=4,heads=8,kv=2,ffn=1376,vocab=8000,len=64",
    "robertabase": "roberta_base@layers=4,positions=512,types=2,lm=true,pooler=false,len=64",
    "wav2vec2small": "wav2vec2_base@layers=4",
}
PAIRS = {  # graph → the spec it was exported from the design of, and what binds it
    "alexnet.ts": "alexnet",
    "bert_base.ts": "bert_base",
    "convnext_tiny.ts": "convnext_tiny",
    "crnn_ocr": "crnn",
    "efficientnet_b0.ts": "efficientnet_b0",
    "googlenet.ts": "googlenet",
    "mixer_s16_224": "mixer_s16_224",
    "mobilenet_v2.ts.dynbatch@N=1": "mobilenet_v2",
    "mobilenet_v2.ts.dynhw@N=1,H=160,W=160": "mobilenet_v2@res=160",
    "mobilenet_v3_small": "mobilenet_v3_small",
    "mobilenetv1_100": "mobilenet_v1",
    "mobilenetv1_125@res=192": "mobilenet_v1@alpha=1.25,res=192",
    "r2plus1d_18": "r2plus1d_18",
    "r3d_18.ts": "r3d_18",
    "resnet18.dyn": "resnet18",
    "resnet18.fp16": "resnet18",
    "resnet18.qoperator": "resnet18",
    "resnet18.ts": "resnet18",
    "resnet18.ts.bn": "resnet18",
    "resnet50.ts": "resnet50",
    "resnet50d": "resnet50d",
    "roberta_base": SMALLER["robertabase"],
    "shufflenet_v2_x1_0.ts": "shufflenet_v2_x1_0",
    "squeezenet1_0.ts": "squeezenet1_0",
    "ssdlite320_mobilenet_v3_body": "ssdlite320_mobilenet_v3_large",
    "vgg16.ts": "vgg16",
    "vit_b_16.dyn": "vit_b_16",
    "wav2vec2_small.ts.dynseq@T=16000": "wav2vec2_base@layers=4",
    "wav2vec2_small.ts.dynseq@T=24000": "wav2vec2_base@layers=4,len=24000",
}
BODIES = {  # detectors, exported without what follows their heads
    "ssd300vgg16body": "ssd300_vgg16",
    "ssdlite320mobilenetv3body": "ssdlite320_mobilenet_v3_large",
}
OTHERWISE = {  # what an exporter stores in another way
    "crnn_ocr": "both directions of an LSTM in one weight",
    "resnet18.qoperator": "biases as int32",
    "roberta_base": "the tied weight of its head, once more",
    "wav2vec2_small.ts.dynseq@T=16000": "the parts of a weight norm, and a masked frame",
    "wav2vec2_small.ts.dynseq@T=24000": "the parts of a weight norm, and a masked frame",
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
    """Every network that ships, by its name, and by the letters and digits of it."""
    names = {e.name.rpartition("@")[2]: e.name for e in zoo.models()}
    return {_letters(name): names[name] for name in names} | names


def _letters(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name)


@pytest.mark.skipif("FLOPCALC_ONNX" not in os.environ, reason="no folder of exported graphs")
def test_every_exported_network_that_has_a_spec() -> None:
    """`FLOPCALC_ONNX` names a folder of `graphs/*.onnx`, called after their networks.

    Named dimensions are bound to the sizes that its `truth.json` has for the network's inputs.
    """
    folder = Path(os.environ["FLOPCALC_ONNX"])
    truth = json.loads((folder / "truth.json").read_text(encoding="utf-8"))
    specs, otherwise = shipped(), BODIES | SMALLER
    wrong: dict[str, object] = {}
    seen = 0
    for path in sorted((folder / "graphs").glob("*.onnx")):
        name = path.name.split(".")[0]
        letters = _letters(name)
        spec = otherwise.get(letters) or specs.get(name) or specs.get(letters)
        if spec is None:
            continue
        seen += 1
        file = truth["files"][path.name.removesuffix(".onnx")]
        sizes = _input_sizes(path, truth["models"][file["model"]]) if "bindings" in file else {}
        try:
            found = api.compare(spec, path, inputs=sizes)
        except InputError as error:
            wrong[path.name] = error.message
            continue
        if bad := departures(found):
            wrong[path.name] = bad

    assert wrong == {}
    assert seen > 100


def _input_sizes(path: Path, network: dict[str, Any]) -> dict[str, tuple[int, ...]]:
    """The shape of each input of a network, under the names of a file."""
    declared = load_onnx(str(path)).source
    stored = {tensor.name for tensor in declared.initializers}
    names = [item.name for item in declared.inputs if item.name not in stored]
    return {n: tuple(i["shape"]) for n, i in zip(names, network["inputs"], strict=True)}
