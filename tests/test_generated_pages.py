"""docs/models.md, docs/models.svg and docs/mobilenet-paper.md are what their scripts write."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[1] / "docs"
sys.path.insert(0, str(DOCS))

import models as networks  # type: ignore[import-not-found]  # noqa: E402 - after its folder is known
import paper  # type: ignore[import-not-found]  # noqa: E402 - likewise

from flopcalc.renderers.svg import svg  # noqa: E402 - likewise
from flopcalc.reports.models import Entry  # noqa: E402 - likewise
from flopcalc.reports.models_chart import accuracy, best_of, models_chart  # noqa: E402 - likewise


@pytest.fixture
def named(entries: list[Entry]) -> list[Entry]:
    """The networks as `models` lists them, without the scales of published rows."""
    return [entry for entry in entries if "=" not in entry.name]


def test_the_page_of_networks(named: list[Entry], request: pytest.FixtureRequest) -> None:
    fresh = networks.page(named)
    if request.config.getoption("--update-golden"):
        networks.PAGE.write_text(fresh, encoding="utf-8")

    assert fresh == networks.PAGE.read_text(encoding="utf-8"), "python docs/models.py"
    for entry in named:
        assert f"[{entry.name}]" in fresh.replace("\\", "")


def test_the_picture_of_networks(named: list[Entry], request: pytest.FixtureRequest) -> None:
    fresh = svg(models_chart(named))
    if request.config.getoption("--update-golden"):
        networks.PICTURE.write_text(fresh, encoding="utf-8")

    assert fresh == networks.PICTURE.read_text(encoding="utf-8"), "python docs/models.py"
    assert fresh.count("<title>") == sum(entry.top1 is not None for entry in named)


def test_nothing_beats_the_front(named: list[Entry]) -> None:
    known = [entry for entry in named if entry.top1 is not None]
    best = best_of(named)

    assert best
    for one in best:
        assert not any(
            other.mult_adds < one.mult_adds and accuracy(other) >= accuracy(one) for other in known
        )


def test_the_page_of_the_paper(request: pytest.FixtureRequest) -> None:
    fresh = paper.page()
    if request.config.getoption("--update-golden"):
        paper.PAGE.write_text(fresh, encoding="utf-8")

    assert fresh == paper.PAGE.read_text(encoding="utf-8"), "python docs/paper.py"
    heads = re.findall(r"^## Table (\d+):", fresh, re.MULTILINE)
    assert [int(n) for n in heads] == list(range(1, 15))


def test_links_lead_somewhere() -> None:
    for page in (networks.PAGE, paper.PAGE):
        for target in re.findall(r"\]\(([^)#]+)", page.read_text(encoding="utf-8")):
            assert target.startswith("https://") or (DOCS / target).exists(), target
