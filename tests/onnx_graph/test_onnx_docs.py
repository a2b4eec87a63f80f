"""docs/onnx.md is true: its operators are those of the registry, its options those of the CLI."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "docs"))

import onnx_tables  # type: ignore[import-not-found]  # noqa: E402 - after its folder is known

Run = Callable[..., Any]
PAGE = (ROOT / "docs" / "onnx.md").read_text(encoding="utf-8")


def test_the_operators_are_those_of_the_registry() -> None:
    assert onnx_tables.page() == PAGE, "python docs/onnx_tables.py, and read it"


def test_every_option_is_one_of_the_command(run: Run) -> None:
    shown = run("analyze", "--help").out + run("compare", "--help").out + run("convert", "-h").out

    for option in re.findall(r"`?(--[a-z][a-z-]+)", PAGE):
        assert option in shown, option


def test_links_lead_somewhere() -> None:
    heads = {
        re.sub(r"[^a-z -]", "", h.lower()).replace(" ", "-")
        for h in re.findall(r"^## (.*)", PAGE, re.MULTILINE)
    }

    for target in re.findall(r"\]\(#([^)]+)\)", PAGE):
        assert target in heads
