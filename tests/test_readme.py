"""The README is true: every command runs and prints what it shows, every example holds."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
BLOCK = re.compile(r"^```console\n(.*?)^```\n", re.MULTILINE | re.DOTALL)
Run = Callable[..., Any]


def fenced(language: str) -> list[str]:
    text = README.read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


def commands(block: str) -> list[str]:
    return [line[2:] for line in block.splitlines() if line.startswith("$ ")]


def shown(run: Run, block: str) -> str:
    """The block as it should be: each command, and under it what it prints."""
    parts = []
    for command in commands(block):
        program, *arguments = shlex.split(command)
        assert program == "flopcalc", command
        result = run(*arguments)
        parts.append(f"$ {command}\n{result.out}{result.err}")
    return "\n".join(parts)


def test_every_command_prints_what_is_shown(
    run: Run, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    monkeypatch.setitem(os.environ, "COLUMNS", "100")
    text = README.read_text(encoding="utf-8")
    fresh = BLOCK.sub(lambda m: f"```console\n{shown(run, m[1])}```\n", text)
    if request.config.getoption("--update-golden"):
        README.write_text(fresh, encoding="utf-8")

    assert len(BLOCK.findall(text)) > 10
    assert fresh == README.read_text(encoding="utf-8"), "pytest --update-golden, and read it"


def test_the_python_example_holds() -> None:
    blocks = fenced("python")

    assert blocks
    for block in blocks:
        exec(compile(block, "README.md", "exec"), {})  # noqa: S102 - our own README


def test_the_yaml_example_is_the_file_that_is_analyzed() -> None:
    (block,) = fenced("yaml")

    assert block == (ROOT / "docs" / "tinysep.yaml").read_text(encoding="utf-8")


def test_the_set_up_commands_are_what_ci_runs() -> None:
    """`.ci/run` reads them from here and runs them; a third one would go unrun."""
    (block,) = fenced("sh")

    assert len(block.splitlines()) == 2
    assert "README.md" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")


def test_every_command_of_flopcalc_is_in_the_readme(run: Run) -> None:
    from flopcalc.cli.main import COMMANDS

    text = README.read_text(encoding="utf-8")

    assert [name for name in COMMANDS if f"flopcalc {name}" not in text] == []


def test_links_lead_somewhere() -> None:
    for page in (README, ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md"):
        for target in re.findall(r"\]\(([^)#]+)", page.read_text(encoding="utf-8")):
            assert target.startswith("https://") or (page.parent / target).exists(), target
