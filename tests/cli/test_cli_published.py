"""`flopcalc analyze --published`: what is printed of a network, beside what it is."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from typing import Any

import jsonschema
import pytest

Run = Callable[..., Any]
Golden = Callable[[str, str], None]


def figures(run: Run, *arguments: str) -> list[dict[str, str]]:
    out = run("analyze", *arguments, "--published", "-f", "csv").out
    return list(csv.DictReader(io.StringIO(out)))


@pytest.mark.parametrize("format", ["plain", "markdown", "latex"])
def test_beside_what_we_count(run: Run, golden: Golden, format: str) -> None:
    result = run("analyze", "mobilenet_v1@alpha=0.5,res=160", "--published", "-f", format)

    assert result.code == 0
    golden(f"analyze_published.{format}.txt", result.out)


def test_csv_has_a_line_for_each_figure(run: Run) -> None:
    found = figures(run, "mobilenet_v1@shallow")

    assert [(row["metric"], row["printed"], row["exact"], row["verdict"]) for row in found] == [
        ("mult_adds", "307M", "307323392", "reproduced"),
        ("params", "2.9M", "2875328", "reproduced"),
        ("top1", "65.3%", "", ""),
    ]
    assert {row["source"] for row in found} == {"Howard et al. 2017, table 5"}


def test_shares_of_kinds(run: Run) -> None:
    found = [row for row in figures(run, "mobilenet_v1") if row["of"] == "standard"]

    assert [(row["metric"], row["printed"], row["exact"], row["verdict"]) for row in found] == [
        ("mult_adds_share", "1.19%", "0.019056", "explained"),
        ("params_share", "0.02%", "0.000205", "reproduced"),
    ]
    assert "swapped" in found[0]["reason"]


def test_a_file_as_it_stands_has_all_rows(run: Run) -> None:
    """A variant's name, or knobs, ask for the rows about that network."""
    every = figures(run, "mobilenet_v1")
    dogs = figures(run, "mobilenet_v1@dogs")
    narrow = figures(run, "mobilenet_v1", "--alpha", "0.75")

    assert len({row["source"] for row in every}) > 10
    assert {row["source"] for row in dogs} == {"Howard et al. 2017, table 10"}
    assert {row["source"] for row in narrow} == {
        *(f"Howard et al. 2017, table {n}" for n in (3, 5, 6)),
        "TF-Slim, mobilenet_v1.md",
    }
    assert [row for row in every if row in narrow] == narrow


def test_rows_by_alpha_are_about_the_variant_of_that_alpha(run: Run) -> None:
    by_name = figures(run, "mobilenet_v2_a050")

    assert by_name
    assert by_name == [
        {**row, "name": "MobileNetV2"} | {"name": by_name[0]["name"]}
        for row in figures(run, "mobilenet_v2", "--alpha", "0.5")
    ]


def test_layers_that_are_asked_for_stay(run: Run) -> None:
    result = run("analyze", "mobilenet_v1@shallow", "--published", "--by", "kind")

    assert "depthwise" in result.out
    assert "307M" in result.out
    assert "depthwise" not in run("analyze", "mobilenet_v1@shallow", "--published").out


def test_nothing_is_published_of_a_scale(run: Run) -> None:
    result = run("analyze", "mobilenet_v1", "--alpha", "0.6", "--published")

    assert result.code == 0
    assert "nothing published is quoted of this network at this scale" in result.out
    assert "rows at other scales" in result.out
    data = json.loads(run("analyze", "mobilenet_v1", "--alpha=0.6", "--published", "--json").out)
    assert data["published"] == []


@pytest.mark.parametrize("command", ["analyze", "sweep"])
def test_json_is_what_its_schema_says(run: Run, command: str) -> None:
    name = {"analyze": "analysis", "sweep": "published"}[command]
    schema = json.loads(run("schema", name).out)
    data = json.loads(run(command, "mobilenet_v1", "--published", "--json").out)

    jsonschema.validate(data, schema, cls=jsonschema.Draft202012Validator)
    row = data["published" if command == "analyze" else "rows"][0]
    assert row["kind"] == "pointwise"
    figure = row["figures"]["mult_adds_share"]
    assert (figure["part"], figure["whole"]) == (539_492_352, 568_740_352)
    row["figures"]["mult_adds_share"]["verdict"] = "right"
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(data, schema, cls=jsonschema.Draft202012Validator)


def test_a_table_is_called_after_the_network_it_is_about(run: Run) -> None:
    """Of B1 in the file of B0; of several networks, after the file."""
    one = run("analyze", "efficientnet_b1", "--published").out
    several = run("analyze", "efficientnet", "--published").out

    assert "EfficientNet-B1 by Tan & Le 2019, table 2" in one
    assert "EfficientNet-B0 by" not in one
    assert "EfficientNet-B0 by Tan & Le 2019, table 2" in several
