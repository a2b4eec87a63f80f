"""The GitHub Action: every step of `action.yml` as a runner runs it, and what it leaves behind."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from gate_project import opaque
from github_action import Runner

ROOT = Path(__file__).parents[2]
INSTALL = "Install flopcalc"
SPEC = "flopcalc: 1\ninput: 4x4x3\nbody: [{pw: 8}]\n"  # 384 Mult-Adds, 24 + 8 parameters
REPORTS = "sarif=out.sarif\nmarkdown=my report.md\njunit=out.xml\n"


@pytest.fixture
def runner(tmp_path: Path) -> Runner:
    """A repository in a folder with a space; flopcalc stands where the first step installs it."""
    workspace, temp = tmp_path / "my work", tmp_path / "runner temp"
    tools = temp / "flopcalc" / "bin"
    tools.mkdir(parents=True)
    script = tools / "flopcalc"
    script.write_text(
        f'#!/bin/sh\nPYTHONPATH="{ROOT}" exec "{sys.executable}" -m flopcalc "$@"\n',
        encoding="utf-8",
    )
    script.chmod(0o755)
    (workspace / "nets").mkdir(parents=True)
    (workspace / "nets" / "my nét.yaml").write_text(SPEC, encoding="utf-8")
    budgets = "models: [nets/*.yaml]\nlimits: {params: 1}\n"
    (workspace / "strict budgets.yaml").write_text(budgets, encoding="utf-8")
    (workspace / "flopcalc.yaml").write_text(budgets.replace("1", "1k"), encoding="utf-8")
    return Runner(ROOT, workspace, temp)


@pytest.mark.parametrize(
    ("inputs", "code"),
    [
        ({}, 0),
        ({"models": "nets/my nét.yaml", "max": "params=32\nmult_adds=384"}, 0),
        ({"models": "nets/my nét.yaml\n\n", "max": "params=31\n"}, 1),
        ({"models": "nets/my nét.yaml\nno.yaml", "max": "params=1k"}, 2),
        ({"models": "named.onnx", "max": "mult_adds=1G"}, 3),
        ({"config": "strict budgets.yaml"}, 1),
        ({"models": "$(touch stolen)"}, 2),
        ({"models": "--version"}, 2),
        ({"max": "mult_adds=1G; touch stolen"}, 2),
        ({"against": "nowhere"}, 2),
    ],
)
def test_each_outcome(runner: Runner, inputs: dict[str, str], code: int) -> None:
    (runner.workspace / "named.onnx").write_bytes(opaque("N"))
    done = runner.run(skip=(INSTALL,), reports=REPORTS, **inputs)

    assert done.code == code, done.log
    assert done.outputs == {"exit-code": str(code)}
    assert not (runner.workspace / "stolen").exists()
    sarif = json.loads((runner.workspace / "out.sarif").read_text(encoding="utf-8"))
    results = sarif["runs"][0]["results"]
    assert any(result["level"] == "error" for result in results) == (code > 0)
    assert all(result["locations"] for result in results), "code scanning refuses the others"
    assert (runner.workspace / "my report.md").read_text(encoding="utf-8").startswith("## ")
    assert runner.summary.read_text(encoding="utf-8").startswith("## ")
    assert ("::error " in done.log) == (code > 0)


def test_a_folder_below_and_a_base_branch(runner: Runner) -> None:
    """`working-directory`, `against` a branch, and paths that GitHub finds in the repository."""
    who = {"GIT_AUTHOR_NAME": "A", "GIT_AUTHOR_EMAIL": "a@example.com"}
    who |= {"GIT_COMMITTER_NAME": "A", "GIT_COMMITTER_EMAIL": "a@example.com"}

    def git(*words: str) -> None:
        env = {**os.environ, **who, "GIT_CONFIG_GLOBAL": os.devnull}
        subprocess.run(["git", "-C", str(runner.workspace), *words], env=env, check=True)

    git("init", "-q", "-b", "main")
    git("add", "-A")
    git("commit", "-q", "-m", "x")
    spec = runner.workspace / "nets" / "my nét.yaml"
    spec.write_text(SPEC.replace("8", "9"), encoding="utf-8")
    done = runner.run(
        skip=(INSTALL,),
        working_directory="nets",
        models="my nét.yaml",
        max="params=+0",
        against="main",
        reports="sarif=out.sarif",
    )

    assert done.code == 1, done.log
    assert "::error file=nets/my nét.yaml,line=3,col=8" in done.log
    assert "Changed since main" in runner.summary.read_text(encoding="utf-8")
    results = json.loads((spec.parent / "out.sarif").read_text(encoding="utf-8"))
    place = results["runs"][0]["results"][0]["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "nets/my%20n%C3%A9t.yaml"


def test_a_runner_with_an_old_python(
    runner: Runner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The step says what is needed, and nothing else runs."""
    old = tmp_path / "old" / "python3"
    old.parent.mkdir()
    old.write_text("#!/bin/sh\nexit 1\n", encoding="utf-8")
    old.chmod(0o755)
    monkeypatch.setenv("PATH", f"{old.parent}{os.pathsep}{os.environ['PATH']}")
    done = runner.run()

    assert (done.code, done.outputs) == (2, {"exit-code": ""})
    assert done.log.startswith("::error title=flopcalc::Python 3.11 or newer is needed")
    assert not runner.summary.exists()


@pytest.mark.skipif("FLOPCALC_INSTALL" not in os.environ, reason="installs from a package index")
def test_every_step_with_the_installation(runner: Runner) -> None:
    """As a user's workflow: nothing is there but the action and the repository."""
    for path in sorted((runner.temp / "flopcalc").rglob("*"), reverse=True):
        path.unlink() if path.is_file() else path.rmdir()
    green = runner.run(reports=REPORTS)
    assert green.code == 0, green.log
    assert "1 limit holds" in green.log
    red = runner.run(config="strict budgets.yaml", reports=REPORTS)
    assert (red.code, red.outputs) == (1, {"exit-code": "1"})
