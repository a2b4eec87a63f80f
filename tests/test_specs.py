"""Every network that ships, and every variant of it, keeps what its own file expects."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from flopcalc import catalog
from flopcalc.api import open_model
from flopcalc.engine.count import count
from flopcalc.engine.judge import judge
from flopcalc.graph import Scale
from flopcalc.spec.model import SpecModel

FILES = sorted(catalog.shipped())
ORACLES = yaml.safe_load((Path(__file__).parent / "data" / "oracles.yaml").read_text("utf-8"))


def model_of(stem: str) -> SpecModel:
    model = open_model(stem).model
    assert isinstance(model, SpecModel)
    return model


CASES = [(stem, variant) for stem in FILES for variant in (None, *model_of(stem).variants)]


def test_there_are_networks() -> None:
    assert len(FILES) >= 25
    assert len(ORACLES) >= 50


@pytest.mark.parametrize(("stem", "variant"), CASES)
def test_a_network_keeps_its_expectation(stem: str, variant: str | None) -> None:
    """`expect` is there, to the integer, and holds; nothing in the file is doubtful."""
    model = model_of(stem)
    scale = Scale(variant=variant)
    expect = model.expectation(scale)
    graph = model.graph(scale)

    assert set(expect) == {"mult_adds", "params"}
    assert all(str(quantity).isdecimal() for quantity in expect.values())
    assert judge(expect, count(graph).totals) == ()
    assert graph.warnings == ()


@pytest.mark.parametrize("stem", FILES)
def test_a_network_says_where_it_is_published(stem: str) -> None:
    assert model_of(stem).cite


@pytest.mark.parametrize("stem", FILES)
def test_a_spec_is_readable(stem: str) -> None:
    path = Path(catalog.specs_folder()) / catalog.shipped()[stem]
    text = path.read_text(encoding="utf-8")
    network, _, _ = text.partition("\npublished:")

    assert network.count("\n") < 120  # the tables that are quoted after it may be long
    assert max(map(len, text.splitlines())) <= 120


@pytest.mark.parametrize("row", ORACLES, ids=lambda row: f"{row['model']}-{row['source']}")
def test_a_network_agrees_with_its_oracle(row: dict[str, object]) -> None:
    """Figures of other implementations, each with its source, found by the network's own name."""
    loaded = open_model(str(row["model"]))
    scale = loaded.scale
    if "alpha" in row:
        scale = scale._replace(alpha=float(str(row["alpha"])))
    if "res" in row:
        side = int(str(row["res"]))
        scale = scale._replace(res=(side, side))
    if "length" in row:
        scale = scale._replace(length=int(str(row["length"])))
    totals = count(loaded.model.graph(scale)).totals

    assert row["source"]
    assert "mult_adds" in row or "params" in row or "weights" in row
    assert totals.mult_adds == row.get("mult_adds", totals.mult_adds)
    assert totals.params == row.get("params", totals.params)
    assert totals.params_by_kind["weight"] == row.get("weights", totals.params_by_kind["weight"])
