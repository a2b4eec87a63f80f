"""The README's five minutes, in a scratch git repository; the hook as it ships."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
BLOCK = re.compile(r"^```shell\n(.*?)^```\n", re.MULTILINE | re.DOTALL)
SPEC = "flopcalc: 1\ninput: 4x4x3\nbody: [{pw: 8}]\n"


@pytest.fixture
def shell(tmp_path: Path) -> Any:
    """`shell(command)`: bash in an empty git repository, with `flopcalc` on its path."""
    tools = tmp_path / "tools"
    work = tmp_path / "work"
    tools.mkdir()
    work.mkdir()
    script = tools / "flopcalc"
    script.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m flopcalc "$@"\n', encoding="utf-8")
    script.chmod(0o755)
    who = {"GIT_AUTHOR_NAME": "A", "GIT_AUTHOR_EMAIL": "a@example.com"}
    who |= {"GIT_COMMITTER_NAME": "A", "GIT_COMMITTER_EMAIL": "a@example.com"}
    env = {**os.environ, **who, "PATH": f"{tools}{os.pathsep}{os.environ['PATH']}"}
    env |= {"GIT_CONFIG_GLOBAL": os.devnull, "PYTHONPATH": str(ROOT)}

    def run(command: str, **more: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["bash", "-c", command],
            cwd=work,
            env={**env, **more},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=60,
        )

    run("git init -q -b main .")
    return run


def test_the_five_minutes(shell: Any, request: pytest.FixtureRequest) -> None:
    """From `init` to a green build, a red one, and a green one."""

    def fresh(match: re.Match[str]) -> str:
        commands = [line[2:] for line in match[1].splitlines() if line.startswith("$ ")]
        parts = [f"$ {command}\n{shell(command).stdout}" for command in commands]
        return f"```shell\n{''.join(parts)}```\n"

    text = README.read_text(encoding="utf-8")
    now = BLOCK.sub(fresh, text)
    if request.config.getoption("--update-golden"):
        README.write_text(now, encoding="utf-8")

    assert re.findall(r"^exit (\d)$", now, re.MULTILINE) == ["0", "1", "0"]
    assert now == README.read_text(encoding="utf-8"), "pytest --update-golden, and read it"


def test_the_hook_is_of_commands_and_files_that_there_are() -> None:
    (hook,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))

    assert hook["entry"] == "flopcalc check"
    assert hook["pass_filenames"] is False
    for name in ("flopcalc.yaml", "flopcalc.lock", "pyproject.toml", "a/b.onnx", "a/n.yml"):
        assert re.search(hook["files"], name), name
    assert not re.search(hook["files"], "main.py")


def test_what_the_guide_shows_is_right(tmp_path: Path) -> None:
    """The budget file of docs/gate.md is one."""
    from flopcalc.config.budgets import load_config
    from flopcalc.config.find import Written

    text = (ROOT / "docs" / "gate.md").read_text(encoding="utf-8")
    config = next(block for block in re.findall(r"```text\n(.*?)```", text, re.DOTALL))
    for folder in ("nets", "zoo"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "c.yaml").write_text(SPEC, encoding="utf-8")
    found = load_config(Written(str(tmp_path / "flopcalc.yaml"), config))

    assert [e.name for e in found.entries] == [
        "nets/c.yaml",
        "mobilenet_v1@alpha=0.5",
        "nets/a.yaml@alpha=0.75,res=192",
        "detector",
        "zoo/c.yaml",
        "nets/a.yaml@dtype=int8",
    ]
    assert len(found.limits) == 8
