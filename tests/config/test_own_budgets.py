"""The budget file of this repository: every network that ships is a model of it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import yaml

from flopcalc import api, catalog
from flopcalc.budget import METRICS, SHARES, TITLES
from flopcalc.config.budgets import load_config
from flopcalc.config.find import read_config
from flopcalc.renderers.sarif import RULES

ROOT = Path(__file__).parents[2]


def test_every_network_and_variant_has_a_budget() -> None:
    config = load_config(read_config(str(ROOT / "flopcalc.yaml")))
    names = {entry.name for entry in config.entries}
    files = catalog.shipped()

    assert len(files) > 30
    for stem, file in files.items():
        variants = api.load(stem).variants  # type: ignore[attr-defined]  # a spec's
        wanted = {f"specs/{file}", *(f"specs/{file}@{name}" for name in variants)}
        assert wanted <= names, stem


def test_it_fits_the_schema(run: Callable[..., Any]) -> None:
    text = (ROOT / "flopcalc.yaml").read_text(encoding="utf-8")
    data = yaml.safe_load(re.sub(r": off$", ": 'off'", text, flags=re.MULTILINE))
    jsonschema.validate(data, json.loads(run("schema", "config").out))


def test_every_metric_has_its_words() -> None:
    assert set(METRICS) | set(SHARES) == set(TITLES)
    assert set(TITLES) <= set(RULES)
