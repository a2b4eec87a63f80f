"""`flopcalc models`: the way through the networks, by name, family, cost and accuracy."""

from __future__ import annotations

import doctest
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest

import flopcalc
from flopcalc import zoo
from flopcalc.api import load
from flopcalc.errors import InputError
from flopcalc.reports.models import Entry

Run = Callable[..., Any]


def names(run: Run, *arguments: str) -> list[str]:
    data = json.loads(run("models", *arguments, "--json").out)
    return [entry["name"] for entry in data["models"]]


def accuracy(entry: Entry) -> float:
    assert entry.top1 is not None
    top, bottom = entry.top1.as_integer_ratio()
    return top / bottom


def test_the_three_most_accurate_within_a_budget(run: Run, entries: list[Entry]) -> None:
    """Quickly, from few counts; and the same as from all of them."""
    found = names(run, "--max", "mult_adds=300M", "--sort", "top1", "--top", "3")
    plain = {e.name for e in zoo.candidates()}
    fitting = [e for e in entries if e.name in plain and e.top1 and e.mult_adds <= 300_000_000]

    assert found == [e.name for e in sorted(fitting, key=lambda e: (-accuracy(e), e.name))][:3]
    result = run("compare", *found[:2], "--by", "block")
    assert result.code == 0
    assert found[0] in result.out


def test_every_name_finds_its_network(entries: list[Entry]) -> None:
    """With its variants and scales: `mobilenet_v1@alpha=0.5,res=160`."""
    scaled = [entry for entry in entries if "=" in entry.name]

    assert "mobilenet_v1@alpha=0.5,res=160" in {entry.name for entry in scaled}
    assert len({entry.name for entry in entries}) == len(entries)
    for entry in [*scaled[::7], *entries[::9]]:
        totals = flopcalc.analyze(entry.name).totals
        assert (totals.mult_adds, totals.params) == (entry.mult_adds, entry.params), entry.name


def test_accuracies_are_those_of_the_network_and_its_source() -> None:
    """Of several, the best; of a task of its own (dogs), none."""
    found = {entry.name: entry for entry in flopcalc.models("mobilenet_v1*", scales=True)}

    assert (str(found["mobilenet_v1"].top1), found["mobilenet_v1"].source) == (
        *("70.9%", "TF-Slim, mobilenet_v1.md"),
    )
    assert str(found["mobilenet_v1@conv"].top1) == "71.7%"
    assert found["mobilenet_v1@dogs"].top1 is None
    assert str(found["mobilenet_v1@alpha=0.5,res=160"].top1) == "60.2%"
    assert str(flopcalc.models("mobilenet_v2_a050")[0].top1) == "65.4%"  # printed for α 0.5


def test_families(run: Run, entries: list[Entry]) -> None:
    assert {"resnet50", "resnet18"} <= set(names(run, "--family", "resnet"))
    assert set(names(run, "--family", "mobilenet")) == {
        e.name for e in entries if e.family == "mobilenet" and "=" not in e.name
    }
    assert "mobilenet_v1" in names(run, "--family", "mobilenet", "--max", "mult_adds=569M")
    result = run("models", "--family", "resnett")
    assert result.code == 2
    assert "no family 'resnett'" in result.err
    assert "did you mean 'resnet'?" in result.err


def test_limits_from_both_sides(run: Run) -> None:
    limits = ("--min", "params=3M", "--max", "params=4M", "--min", "top1=70%")
    found = json.loads(run("models", "mobilenet*", *limits, "--sort", "params", "--json").out)
    params = [entry["params"] for entry in found["models"]]

    assert params
    assert params == sorted(params)
    assert all(3_000_000 <= n <= 4_000_000 for n in params)
    assert all(entry["top1"] >= 0.7 for entry in found["models"])


def test_a_list_is_what_its_schema_says(run: Run) -> None:
    schema = json.loads(run("schema", "models").out)
    data = json.loads(run("models", "mobilenet_v1*", "--scales", "--json").out)

    jsonschema.validate(data, schema, cls=jsonschema.Draft202012Validator)
    sources = {e["name"]: e.get("source") for e in data["models"]}
    assert sources["mobilenet_v1@shallow"] == "Howard et al. 2017, table 5"
    assert sources["mobilenet_v1@dogs"] is None


@pytest.mark.parametrize(
    ("asked", "message", "hint"),
    [
        ({"sort": "tpo1"}, "unknown order 'tpo1'", "did you mean 'top1'?"),
        ({"max": {"mult_add": "3M"}}, "unknown metric 'mult_add'", "did you mean 'mult_adds'?"),
        ({"max": {"mult_adds": "3%"}}, "'3%' is no limit of mult_adds", "mult_adds=300M"),
        ({"min": {"top1": "75"}}, "'75' is no limit of top1", "--min top1=75%"),
        ({"min": {"top1": "0.75"}}, "'0.75' is no limit of top1", "--min top1=75%"),
        ({"top": 0}, "the top 0 networks are none", "--top 3"),
        ({"pattern": "resnett50"}, "no network like 'resnett50'", "did you mean 'resnet50'?"),
    ],
)
def test_slips_have_a_hint(asked: dict[str, Any], message: str, hint: str) -> None:
    with pytest.raises(InputError) as caught:
        flopcalc.models(**asked)
    assert message in str(caught.value)
    assert hint in str(caught.value.hint)


def test_the_picture_of_a_list(run: Run, tmp_path: Path) -> None:
    """Accuracies where they are published, else parameters."""
    for family, axis in (("mobilenet", "top-1 accuracy"), ("detection", "parameters")):
        target = tmp_path / f"{family}.svg"
        assert run("models", "--family", family, "--plot", str(target)).code == 0
        assert axis in target.read_text(encoding="utf-8")
    target = tmp_path / "none.svg"
    result = run("models", "mobilenet_v1", "--max", "mult_adds=1", "--plot", str(target))
    assert result.code == 2
    assert "no networks to draw" in result.err


def test_the_example_of_the_docstring_holds() -> None:
    found = doctest.testmod(zoo, verbose=False)

    assert (found.failed, found.attempted) == (0, 3)


def test_limits_that_nothing_is_within(run: Run) -> None:
    result = run("models", "--max", "mult_adds=300")

    assert result.out.splitlines()[0] == "0 networks with mult_adds up to 300"
    assert "mult_adds=300M" in result.out
    assert "NAME" not in result.out
    assert run("models", "--max", "mult_adds=300", "-f", "csv").out.count("\n") == 1


def test_a_limit_without_a_number(run: Run) -> None:
    result = run("models", "--max", "mult_adds")

    assert result.code == 2
    assert "--max 'mult_adds' is no limit" in result.err


def test_variants_that_are_alike_are_not_the_same_network() -> None:
    """Their weights were trained apart, so a row that names one says nothing of the other."""
    model = load("vgg")
    for candidate in zoo.candidates():
        if candidate.model.path == model.path and candidate.quoted:
            named = candidate.quoted.scale.variant
            assert named in {None, candidate.scale.variant}
