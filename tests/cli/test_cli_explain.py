"""`flopcalc explain`, `ops`, `conventions`, `schema`, `models`."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import jsonschema
import pytest

from flopcalc.ops.registry import all_ops

Run = Callable[..., Any]


def test_a_depthwise_layer(run: Run, golden: Callable[[str, str], None]) -> None:
    result = run("explain", "mobilenet_v1", "conv2.dw")
    golden("explain.txt", result.out)

    assert "D_K·D_K·M·D_F·D_F" in result.out
    assert "3·3·32·112·112" in result.out
    assert "3,612,672" in result.out
    assert "kernel size" in result.out


def test_a_pair_shows_the_papers_ratio(run: Run) -> None:
    out = run("explain", "mobilenet_v1", "conv8.0").out

    assert "= 1/N + 1/(D_K·D_K)" in out
    assert "= 1/512 + 1/(3·3)" in out
    assert "= 0.11306, 8.845× fewer Mult-Adds" in out


def test_latex(run: Run, golden: Callable[[str, str], None]) -> None:
    out = run("explain", "mobilenet_v1", "conv2.dw", "-f", "latex").out
    golden("explain.tex", out)

    assert r"D_K \cdot D_K \cdot M \cdot D_F \cdot D_F" in out


def test_json_has_every_reading(run: Run) -> None:
    data = json.loads(run("explain", "mobilenet_v1", "conv2.dw", "--json").out)
    mac = data["layers"][0]["counts"]["mac"]

    assert mac == {
        "formula": "D_K·D_K·M·D_F·D_F",
        "numbers": "3·3·32·112·112",
        "latex": r"D_K \cdot D_K \cdot M \cdot D_F \cdot D_F",
        "value": 3_612_672,
    }
    assert data["layers"][0]["symbols"]["D_K"] == {"meaning": "kernel size", "value": [3, 3]}


def test_a_line_of_the_spec(run: Run) -> None:
    data = json.loads(run("explain", "mobilenet_v1", "conv2.dw", "--json").out)
    where = json.loads(run("analyze", "mobilenet_v1", "--json").out)["layers"][1]["where"]
    line = where.rpartition(":")[2]
    born = json.loads(run("explain", f"mobilenet_v1:{line}", "--json").out)

    assert [layer["name"] for layer in born["layers"]][:2] == ["conv2.dw", "conv2.dw.norm"]
    assert born["layers"][0] == data["layers"][0]


def test_without_a_layer_all_formulas_in_use(run: Run) -> None:
    out = run("explain", "mobilenet_v1").out

    assert "D_K·D_K·M·N·D_F·D_F" in out
    assert "total" in out


def test_unknown_layers_suggest_near_ones(run: Run) -> None:
    result = run("explain", "mobilenet_v1", "conv2.dv")

    assert result.code == 2
    assert "no layer 'conv2.dv' in this network" in result.err
    assert "did you mean 'conv2.dw'?" in result.err


def test_ops_lists_every_op(run: Run) -> None:
    out = run("ops").out
    data = json.loads(run("ops", "--json").out)

    assert [op["title"] for op in data["ops"]] == [op.title for _, op in all_ops()]
    assert all(op.title in out for _, op in all_ops())


@pytest.mark.parametrize("name", ["depthwise", "conv", "sep", "attention", "fc"])
def test_ops_in_full(run: Run, name: str) -> None:
    result = run("ops", name)

    assert result.code == 0
    assert name in result.out


def test_unknown_ops_suggest_near_ones(run: Run) -> None:
    result = run("ops", "depthwize")

    assert result.code == 2
    assert "did you mean 'depthwise'?" in result.err


def test_conventions(run: Run) -> None:
    out = run("conventions").out

    for name in ("mult-adds", "paper", "flops", "flops-mac", "keras"):
        assert name in out


def test_unknown_conventions_suggest_near_ones(run: Run) -> None:
    result = run("analyze", "mobilenet_v1", "--convention", "flop-mac")

    assert result.code == 2
    assert "did you mean 'flops-mac'?" in result.err


@pytest.mark.parametrize(
    ("name", "command"),
    [
        ("analysis", ("analyze", "mobilenet_v1")),
        ("analysis", ("analyze", "mobilenet_v1", "--by", "op", "--all", "--convention", "flops")),
        ("analysis", ("analyze", "mobilenet_v1", "--by", "kind", "--alpha", "0.5", "--rho", "0.5")),
        ("analysis", ("analyze", "mobilenet_v1@conv", "--set", "classes=10", "--batch", "2")),
        ("comparison", ("compare", "mobilenet_v1")),
        ("explanation", ("explain", "mobilenet_v1", "conv2")),
        ("explanation", ("explain", "mobilenet_v1")),
        ("models", ("models", "mobilenet*")),
        ("comparison", ("compare", "mobilenet_v1@conv", "mobilenet_v1@shallow", "vgg11")),
    ],
)
def test_output_validates_against_its_printed_schema(
    run: Run, name: str, command: tuple[str, ...]
) -> None:
    schema = json.loads(run("schema", name).out)
    jsonschema.Draft202012Validator.check_schema(schema)
    data = json.loads(run(*command, "--json").out)

    jsonschema.validate(data, schema, cls=jsonschema.Draft202012Validator)


def test_the_schema_refuses_what_is_not_output(run: Run) -> None:
    schema = json.loads(run("schema", "analysis").out)
    data = json.loads(run("analyze", "mobilenet_v1", "--json").out)
    data["totals"]["mult_adds"] = "239273472"

    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(data, schema)


def test_models_lists_what_ships(run: Run) -> None:
    data = json.loads(run("models", "mobilenet_v1", "--json").out)
    found = {entry["name"]: entry["mult_adds"] for entry in data["models"]}

    assert found["mobilenet_v1"] == 568_740_352
    assert found["mobilenet_v1@conv"] == 4_867_293_184


def test_models_within_a_budget(run: Run) -> None:
    data = json.loads(run("models", "--max", "mult_adds=300M", "--sort", "mult_adds", "--json").out)
    counts = [entry["mult_adds"] for entry in data["models"]]

    assert counts == sorted(counts)
    assert counts[-1] <= 300_000_000
