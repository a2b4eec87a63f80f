"""Scaling an exported graph that has no spec: `--alpha`, `--swap`, `compare`, all hypothetical."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import jsonschema
import pytest
from graph_files import data, graph

import flopcalc

Run = Callable[..., Any]


def test_alpha_is_that_of_the_wider_export(run: Run) -> None:
    """timm's MobileNetV1 of α = 1 made 1.25 times as wide is its MobileNetV1 of α = 1.25."""
    wide = data(run, "analyze", graph("mobilenetv1_100"), "--alpha", "1.25")
    exported = data(run, "analyze", graph("mobilenetv1_125"))

    assert wide["totals"]["mult_adds"] == exported["totals"]["mult_adds"] == 879_516_800
    assert wide["totals"]["params"] == exported["totals"]["params"]
    assert "hypothetical" in run("analyze", graph("mobilenetv1_100"), "--alpha", "1.25").out


@pytest.mark.parametrize(("alpha", "spec"), [("0.75", "0.75"), ("0.5", "0.5"), ("0.25", "0.25")])
def test_alpha_is_that_of_the_spec(run: Run, alpha: str, spec: str) -> None:
    graphs = data(run, "analyze", graph("mobilenetv1_100"), "--alpha", alpha)["totals"]

    assert (
        graphs["mult_adds"]
        == data(run, "analyze", f"mobilenet_v1@alpha={spec}")["totals"]["mult_adds"]
    )


@pytest.mark.parametrize("name", ["resnet50.ts", "googlenet.ts", "efficientnet_b0.ts", "vgg16.ts"])
def test_half_the_width_is_about_a_quarter_of_the_work(name: str) -> None:
    half = flopcalc.analyze(graph(name), alpha=0.5).totals
    whole = flopcalc.analyze(graph(name)).totals

    assert 0.2 < half.mult_adds / whole.mult_adds < 0.32
    assert flopcalc.analyze(graph(name), alpha=1.0).totals.mult_adds == whole.mult_adds


def test_alpha_names_the_node_where_widths_do_not_agree(run: Run) -> None:
    result = run("analyze", graph("shufflenet_v2_x1_0.ts"), "--alpha", "0.5")

    assert result.code == 2
    assert "--alpha does not propagate through 'stage2.0.Reshape'" in result.err
    assert "node '/stage2/stage2.0/Reshape' (Reshape)" in result.err


def test_one_dense_graph_against_its_separable_form(run: Run) -> None:
    found = data(run, "compare", graph("resnet50.ts"))
    shown = run("compare", graph("resnet50.ts")).out

    assert [m["totals"]["mult_adds"] for m in found["models"]] == [4_089_184_256, 2_457_435_648]
    jsonschema.validate(found, json.loads(run("schema", "comparison").out))
    assert "hypothetical, nobody trained it" in shown


def test_one_separable_graph_against_its_standard_form(run: Run) -> None:
    found = data(run, "compare", graph("mobilenetv1_100"))

    # 4,867,293,184 of the spec's rule
    assert [m["totals"]["mult_adds"] for m in found["models"]] == [4_867_293_184, 568_740_352]


def test_swaps_on_a_graph(run: Run) -> None:
    there = data(run, "analyze", graph("mobilenetv1_100"), "--swap", "sep=conv")
    back = data(run, "analyze", graph("vgg16.ts"), "--swap", "conv=sep")

    assert there["totals"]["mult_adds"] == 4_867_293_184
    assert there["scale"]["swap"] == {"sep": "conv"}
    assert back["totals"]["mult_adds"] == 1_986_267_136
    assert any("hypothetical" in note for note in back["notes"])


# comparing with a design


def test_an_export_that_departs_from_its_design(run: Run) -> None:
    result = run("compare", "resnet34", graph("resnet18.ts"), "--exit-code", "--by", "layer")

    assert result.code == 1
    assert "only in A" in result.out


def test_dims_bind_the_graph_of_a_comparison_alone(run: Run) -> None:
    arguments = ("mobilenet_v2", graph("mobilenet_v2.ts.dynbatch"))

    assert run("compare", *arguments, "--dim", "N=1", "--exit-code").code == 0
    assert run("compare", *arguments, "--exit-code").code == 1


# convert
