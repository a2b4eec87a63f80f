"""`check --against REV`: what changed since a revision, and every revision that cannot be read."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from gate_project import MAC, SPEC, Project, opaque

Run = Callable[..., Any]
POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 12\n"


def test_against_a_revision(run: Run, project: Project) -> None:
    project.commit("small")
    project.git("checkout", "-q", "-b", "wide")
    project.widen(9)
    project.write("nets/new.yaml", SPEC.format(first=16))
    project.commit("wider")
    project.widen(16)  # a dirty tree: what is checked is what is there
    data = json.loads(run("check", "nets/small.yaml", "--against", "main", "--json").out)

    (model,) = data["models"]
    assert data["against"] == model["since"] == "main"
    assert model["baseline"]["mult_adds"] == MAC[8]
    assert model["totals"]["mult_adds"] == MAC[16]
    project.write("flopcalc.yaml", "models: [nets/*.yaml]\nlimits: {mult_adds: +0, params: 1k}\n")
    result = run("check", "nets/small.yaml", "--against", "main")
    assert result.code == 1, "without a lock file the revision is the baseline"
    assert "Changed since main" in result.out
    result = run("check", "--against", "HEAD~1")
    assert result.code == 2
    assert "'nets/new.yaml' is new: it was not there at 'HEAD~1'" in result.out


def test_the_lock_decides_against_a_revision_too(run: Run, project: Project) -> None:
    """Growth that was accepted passes, and is shown all the same."""
    run("lock")
    project.commit()
    project.widen(9)
    run("accept", "nets/small.yaml", "--reason", "meant", "--force")
    result = run("check", "--against", "HEAD")

    assert result.code == 0
    assert "Changed since HEAD" in result.out
    assert "+12.50 %" in result.out


def test_a_revision_that_is_not_there(run: Run, project: Project) -> None:
    project.commit("one")
    project.widen(9)
    project.commit("two")
    result = run("check", "nets/small.yaml", "--against", "mian")
    assert result.code == 2
    assert "git knows no revision 'mian'" in result.err
    assert "'--all' is no revision" in run("check", "--against=--all").err

    clone = project.folder / "clone"
    project.git("clone", "-q", "--depth=1", f"file://{project.folder}", str(clone))
    os.chdir(clone)
    result = run("check", "nets/small.yaml", "--against", "HEAD~1")
    assert result.code == 2
    assert "the clone is shallow: 'git fetch --unshallow'" in result.err


def test_git_that_is_not_installed(
    run: Run, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.commit()
    monkeypatch.setitem(os.environ, "PATH", str(project.folder))
    result = run("check", "nets/small.yaml", "--against", "main")

    assert result.code == 2
    assert "git is not installed" in result.err


def test_lfs_pointers_are_said(run: Run, project: Project) -> None:
    """The lock file of then stands in for an ONNX file that is not in the repository."""
    project.write("nets/exported.onnx", opaque("N"))
    config = "models: [{model: nets/exported.onnx, name: net, dim: {N: 1}}]\n"
    project.write("flopcalc.yaml", config)
    run("lock")
    content = (project.folder / "nets/exported.onnx").read_bytes()
    project.write("nets/exported.onnx", POINTER)
    project.commit()
    project.write("nets/exported.onnx", content)
    result = run("check", "--against", "HEAD")
    assert result.code == 0
    assert "'net' at 'HEAD' is a Git LFS pointer, which has no graph: the lock" in result.out

    project.commit("the file itself")
    data = json.loads(run("check", "--against", "HEAD", "--json").out)
    assert data["models"][0]["baseline"]["mult_adds"] == 384
    assert "warnings" not in data["models"][0]
    at = run("check", "nets/exported.onnx@N=2", "--max", "params=24", "--against=HEAD", "--json")
    assert json.loads(at.out)["models"][-1]["baseline"]["mult_adds"] == 768


def test_a_spec_that_was_broken_then(run: Run, project: Project) -> None:
    project.write("nets/small.yaml", "flopcalc: 1\n")
    project.commit()
    project.widen(8)
    result = run("check", "nets/small.yaml", "--max", "params=1k", "--against", "HEAD")

    assert result.code == 0
    assert "at 'HEAD' cannot be counted" in result.out


def test_paths_from_a_folder_below(
    run: Run, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("lock")
    project.commit()
    (project.folder / "deep" / "er").mkdir(parents=True)
    monkeypatch.chdir(project.folder / "deep" / "er")
    assert run("check", "--against", "HEAD").code == 0
    project.widen(9)
    data = json.loads(run("check", "--json").out)

    assert [r["model"] for r in data["results"]] == ["nets/small.yaml"] * 2
    assert data["results"][0]["path"] == "nets/small.yaml"
    assert Path("../../flopcalc.lock").exists()
