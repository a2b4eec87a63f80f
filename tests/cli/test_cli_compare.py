"""`flopcalc compare` as a user runs it: the paper's Tables 3, 4 and 5 among others."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from typing import Any

import pytest

Run = Callable[..., Any]


def test_one_model_against_its_standard_convolutions(
    run: Run, golden: Callable[[str, str], None]
) -> None:
    result = run("compare", "mobilenet_v1")
    golden("compare.txt", result.out)
    data = json.loads(run("compare", "mobilenet_v1", "--json").out)
    standard, separable = data["models"]

    assert result.code == 0
    assert standard["totals"]["mult_adds"] == 4_867_293_184
    assert standard["totals"]["params_by_kind"]["weight"] == 29_281_120
    assert separable["totals"]["mult_adds"] == 568_740_352
    assert separable["reduction"]["mult_adds"] == 8.55802
    row = next(row for row in data["rows"] if row["scope"] == "conv8.0")
    assert row["match"] == "name"
    assert row["saving"] == round(1 / 512 + 1 / 9, 6)
    assert row["models"] == [
        {
            "layers": ["conv8.0"],
            "params": 2_360_320,
            "mult_adds": 462_422_016,
        },
        {
            "layers": ["conv8.0.dw", "conv8.0.pw"],
            "params": 268_800,
            "mult_adds": 52_283_392,
            "ratio": 0.113064,
            "reduction": 8.84453,
        },
    ]


def test_the_graph_rule_and_the_files_swap_agree(run: Run) -> None:
    rule = json.loads(run("compare", "mobilenet_v1", "--json").out)["models"][0]["totals"]
    swap = json.loads(run("analyze", "mobilenet_v1@conv", "--json").out)["totals"]

    assert rule == swap


def test_table_3_one_layer(run: Run, golden: Callable[[str, str], None]) -> None:
    """Convolution → separable → α = 0.75 → ρ = 0.714 (160 px, a 10×10 map), 14×14×512, 3×3."""
    models = (
        "mobilenet_v1@conv",
        "mobilenet_v1",
        "mobilenet_v1@alpha=0.75",
        "mobilenet_v1@alpha=0.75,rho=0.714",
    )
    result = run("compare", *models, "--layer", "conv8.0", "--convention", "paper")
    golden("table_3.txt", result.out)
    exact = run(
        *("compare", *models, "--layer", "conv8.0", "--convention", "paper", "--units", "exact")
    )
    for row in (
        ("462,422,016", "2,359,296"),
        ("52,283,392", "266,752"),
        ("29,578,752", "150,912"),
        ("15,091,200", "150,912"),
    ):
        assert any(all(number in line for number in row) for line in exact.out.splitlines())
    csv_out = run("compare", *models, "--layer", "conv8.0", "-f", "csv").out
    (layer,) = csv.DictReader(io.StringIO(csv_out))

    assert layer["layer"] == "conv8.0"
    assert [layer[x] for x in "abcd"] == ["462422016", "52283392", "29578752", "15091200"]


def test_table_4_conv_mobilenet(run: Run) -> None:
    """4866 M and 29.3 M against 569 M and 4.2 M; the paper leaves the classifier out of 4866."""
    out = run("compare", "mobilenet_v1@conv", "mobilenet_v1", "--json").out
    totals = [model["totals"] for model in json.loads(out)["models"]]

    assert [t["mult_adds"] for t in totals] == [4_867_293_184, 568_740_352]
    assert [t["params_by_kind"]["weight"] for t in totals] == [29_281_120, 4_209_088]


def test_table_5_narrow_against_shallow(run: Run, golden: Callable[[str, str], None]) -> None:
    """0.75 MobileNet: 325 M and 2.6 M; the five 14×14×512 blocks removed: 307 M and 2.9 M."""
    models = ("mobilenet_v1@alpha=0.75", "mobilenet_v1@shallow")
    result = run("compare", *models, "--convention", "paper")
    golden("table_5.txt", result.out)
    totals = [m["totals"] for m in json.loads(run("compare", *models, "--json").out)["models"]]

    assert [t["mult_adds"] for t in totals] == [325_400_448, 307_323_392]
    assert [t["params_by_kind"]["weight"] for t in totals] == [2_568_144, 2_875_328]
    assert "only in A: conv8.0.dw" in result.out


def test_exit_code_is_like_gits(run: Run) -> None:
    same = ("compare", "mobilenet_v1", "mobilenet_v1")
    other = ("compare", "mobilenet_v1", "mobilenet_v1@alpha=0.5")

    assert run(*same, "--exit-code").code == 0
    assert run(*other, "--exit-code").code == 1
    assert run(*other).code == 0


def test_without_pairs_there_is_the_separable_form(run: Run) -> None:
    result = run("compare", "vgg16")
    data = json.loads(run("compare", "vgg16", "--json").out)

    assert result.code == 0
    assert "hypothetical, nobody trained it: each k×k convolution as its depthwise" in result.out
    assert [m["totals"]["mult_adds"] for m in data["models"]] == [15_470_264_320, 1_986_267_136]


def test_without_convolutions_there_is_no_twin(run: Run) -> None:
    result = run("compare", "bert_base")

    assert result.code == 2
    assert "no depthwise separable pair" in result.err
    assert "name a second model" in result.err


def test_mobilenet_v2_by_the_graph_rule(run: Run) -> None:
    data = json.loads(run("compare", "mobilenet_v2", "--json").out)

    assert [m["totals"]["mult_adds"] for m in data["models"]] == [1_224_972_288, 300_774_272]


def test_unknown_layers_suggest_near_ones(run: Run) -> None:
    result = run("compare", "mobilenet_v1", "--layer", "conv8.9")

    assert result.code == 2
    assert "did you mean 'conv8." in result.err


@pytest.mark.parametrize("format", ["plain", "markdown", "latex", "csv", "json", "table"])
def test_every_format(run: Run, format: str) -> None:
    result = run("compare", "mobilenet_v1", "-f", format)

    assert result.code == 0
    assert "conv8.0" in result.out
