"""What is folded, cut or left out is said, and never for a program."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from typing import Any

import pytest

Run = Callable[..., Any]


def rows(run: Run, *arguments: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(run(*arguments, "-f", "csv").out)))


def test_a_large_network_folds_to_blocks_for_people_only(run: Run) -> None:
    text = run("analyze", "efficientnet_b0").out
    layers = json.loads(run("analyze", "efficientnet_b0", "--json").out)["layers"]

    assert "folded to blocks: --by layer shows each layer" in text
    assert "stage1" in text
    assert "stage1.0" not in text
    assert len(layers) > 60
    assert len(rows(run, "analyze", "efficientnet_b0")) == 1 + 16 * 5 - 1 + 2
    assert "stage1.0." in run("analyze", "efficientnet_b0", "--by", "layer").out


@pytest.mark.parametrize("how", ["layer", "op", "block", "kind"])
def test_one_scope_folds_in_every_way(run: Run, how: str) -> None:
    found = rows(run, "analyze", "mobilenet_v1", "--layer", "conv8", "--by", how)

    assert sum(int(row["mult_adds"]) for row in found) == 5 * 52_283_392
    assert sum(int(row["params"]) for row in found) == 5 * 268_800


def test_a_norm_stays_with_its_layer_at_every_level(run: Run) -> None:
    names = [row["name"] for row in rows(run, "analyze", "mobilenet_v1", "--level", "3", "--all")]

    assert not any(name.endswith((".norm", ".act")) for name in names)


def test_a_level_is_for_blocks(run: Run) -> None:
    result = run("analyze", "mobilenet_v1", "--by", "layer", "--level", "2")

    assert result.code == 2
    assert "use it with --by block" in result.err


def test_the_top_says_what_it_leaves_out_and_reaches_json(run: Run) -> None:
    assert "2 of 28 layers that cost something" in run("analyze", "mobilenet_v1", "--top", "2").out
    data = json.loads(run("analyze", "mobilenet_v1", "--top", "2", "--json").out)

    assert [layer["name"] for layer in data["layers"]] == ["conv4.pw", "conv6.pw"]
    assert data["totals"]["mult_adds"] == 568_740_352


def test_the_hint_names_a_layer_and_can_be_pasted(run: Run, tmp_path: Any) -> None:
    path = tmp_path / "my net.yaml"
    path.write_text("flopcalc: 1\ninput: 8x8x3\nbody: [{conv: 4, k: 3}]\n", encoding="utf-8")

    assert f"flopcalc explain '{path}' conv1" in run("analyze", str(path)).out
    assert "explain resnet50 conv1" in run("analyze", "resnet50", "--by", "block").out


def test_a_comparison_folds_by_block(run: Run) -> None:
    found = rows(run, "compare", "resnet50", "resnext50_32x4d", "--by", "block")
    whole = rows(run, "compare", "resnet50", "resnext50_32x4d")

    assert [row["layer"] for row in found] == ["conv1", *(f"layer{i}" for i in range(1, 5)), "fc"]
    for key, total in (("a", 4_089_184_256), ("b", 4_230_479_872)):
        assert sum(int(row[key]) for row in found) == total
        assert sum(int(row[key]) for row in whole) == total


def test_a_large_comparison_says_that_it_is_folded(run: Run) -> None:
    out = run("compare", "densenet121", "densenet169").out

    assert "layers folded to blocks: --by layer shows each" in out
    assert "densenet121" in out


def test_models_of_one_name_are_told_apart(run: Run) -> None:
    out = run("compare", "mobilenet_v1", "mobilenet_v1@alpha=0.5", "--layer", "fc").out

    assert "A  mobilenet_v1 " in out
    assert "B  mobilenet_v1@alpha=0.5 " in out


def test_explain_ends_with_the_sum(run: Run) -> None:
    out = run("explain", "mobilenet_v1", "conv1").out
    flops = run("explain", "mobilenet_v1", "conv1", "--convention", "flops").out

    assert "together 10,838,016 Mult-Adds, 928 parameters = 864 weights + 64 norms" in out
    assert "= 2·10,838,016 + 401,408 + 401,408 + 401,408" in flops


def test_explain_is_data_in_csv(run: Run) -> None:
    (first, *_) = rows(run, "explain", "mobilenet_v1", "conv2.dw")

    assert first == {
        "layer": "conv2.dw",
        "count": "mac",
        "formula": "D_K·D_K·M·D_F·D_F",
        "numbers": "3·3·32·112·112",
        "value": "3612672",
    }


def test_a_family_and_its_network_are_one_line(run: Run) -> None:
    names = [row["name"] for row in rows(run, "models")]

    assert "resnet50" in names
    assert "resnet" not in names
    assert len(set(names)) == len(names)


def test_no_network_of_a_name_is_an_error_that_helps(run: Run) -> None:
    result = run("models", "resnett50")

    assert result.code == 2
    assert "no network like 'resnett50'" in result.err
    assert "did you mean 'resnet50'?" in result.err
