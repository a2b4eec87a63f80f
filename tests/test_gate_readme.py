"""The README's five minutes, in a scratch git repository; the action and the hook as they ship."""

from __future__ import annotations

import os
import re
import shutil
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


def step(name: str) -> str:
    action = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
    (found,) = [s["run"] for s in action["runs"]["steps"] if s["name"] == name]
    assert "${{" not in found, "what users give reaches the script as variables only"
    return str(found)


@pytest.mark.parametrize(
    ("inputs", "code"),
    [
        ({"FLOPCALC_MODELS": "my net.yaml", "FLOPCALC_MAX": "params=32\nmult_adds=384"}, 0),
        ({"FLOPCALC_MODELS": "my net.yaml", "FLOPCALC_MAX": "params=31"}, 1),
        ({"FLOPCALC_MODELS": "my net.yaml\nno.yaml", "FLOPCALC_MAX": "params=1k"}, 2),
        ({"FLOPCALC_CONFIG": "budgets.yaml"}, 1),
        ({"FLOPCALC_MODELS": "$(touch stolen)"}, 2),
        ({}, 2),
    ],
)
def test_the_action(shell: Any, tmp_path: Path, inputs: dict[str, str], code: int) -> None:
    (tmp_path / "work" / "my net.yaml").write_text(SPEC, encoding="utf-8")
    budgets = "models: [my net.yaml]\nlimits: {params: 1}\n"
    (tmp_path / "work" / "budgets.yaml").write_text(budgets, encoding="utf-8")
    place = tmp_path / "flopcalc" / "bin"
    shutil.copytree(tmp_path / "tools", place)
    names = ("MODELS", "CONFIG", "MAX", "AGAINST", "REPORTS")
    env = dict.fromkeys((f"FLOPCALC_{name}" for name in names), "")
    env |= {"FLOPCALC_REPORTS": "sarif=out.sarif\nmarkdown=out.md"} | inputs
    env |= {"RUNNER_TEMP": str(tmp_path), "GITHUB_OUTPUT": str(tmp_path / "output")}
    env |= {"GITHUB_STEP_SUMMARY": str(tmp_path / "summary.md")}
    done = shell(step("Check budgets"), **env)

    assert done.returncode == code, done.stdout
    assert (tmp_path / "output").read_text(encoding="utf-8") == f"exit-code={code}\n"
    assert not (tmp_path / "work" / "stolen").exists()
    if inputs and "$" not in str(inputs):
        assert (tmp_path / "work" / "out.sarif").exists()
        assert (tmp_path / "summary.md").read_text(encoding="utf-8").startswith("## ")
    if code == 1:
        assert "::error " in done.stdout


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
    (tmp_path / "nets").mkdir()
    (tmp_path / "nets" / "c.yaml").write_text(SPEC, encoding="utf-8")
    found = load_config(Written(str(tmp_path / "flopcalc.yaml"), config))

    assert [e.name for e in found.entries] == [
        "nets/c.yaml",
        "mobilenet_v1@alpha=0.5",
        "nets/a.yaml@alpha=0.75,res=192",
        "detector",
    ]
    assert len(found.limits) == 8
