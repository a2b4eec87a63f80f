"""The gate in real repositories: merges, shallow clones, odd names, line ends, terminals."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from gate_project import MAC, SPEC, Project, opaque

Run = Callable[..., Any]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A scratch project in a folder that needs quoting, and the working directory in it."""
    folder = tmp_path / "my größe"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return Project(folder)


def accepted(run: Run, project: Project, first: int, why: str) -> None:
    project.widen(first)
    assert run("accept", "nets/small.yaml", "--reason", why, "--force").code == 0
    project.commit(why)


def test_two_branches_that_both_grew(run: Run, project: Project) -> None:
    """A conflict in the lock file is named, mended as the hint says, and accepted anew."""
    run("lock")
    project.commit()
    project.git("checkout", "-q", "-b", "other")
    accepted(run, project, 9, "nine for the other task")
    project.git("checkout", "-q", "main")
    accepted(run, project, 16, "sixteen for this one")
    with pytest.raises(subprocess.CalledProcessError):
        project.git("merge", "-q", "other")
    project.git("checkout", "--ours", "nets/small.yaml")

    result = run("check")
    assert result.code == 2
    assert "error: the lock file has a merge conflict" in result.out
    assert "<<<<<<< HEAD" in result.out
    assert "git checkout --ours" in result.out
    assert "<<<<<<<" in project.read("flopcalc.lock"), "nothing overwrites it"
    assert run("check", "--against", "HEAD").code == 2
    project.git("checkout", "--theirs", "flopcalc.lock")
    assert run("check").code == 1
    assert run("accept", "nets/small.yaml", "--reason", "both", "--force").code == 0
    assert run("check").code == 0
    entry = json.loads(project.read("flopcalc.lock"))["models"]["nets/small.yaml"]
    assert [a["reason"] for a in entry["accepted"]] == [*["nine for the other task"] * 2] + [
        "both"
    ] * 2


def test_new_models_on_two_branches(run: Run, project: Project) -> None:
    """Entries are sorted and apart: git merges them by itself."""
    for name in ("a", "f", "k", "p", "u"):
        project.write(f"nets/{name}.yaml", SPEC.format(first=8))
    run("lock")
    project.commit()
    for branch, name in (("left", "b"), ("right", "q")):
        project.git("checkout", "-q", "-b", branch, "main")
        project.write(f"nets/{name}.yaml", SPEC.format(first=9))
        run("lock")
        project.commit(branch)
    project.git("merge", "-q", "--no-edit", "left")

    assert run("check").code == 0
    assert "8 as before" in run("lock").out or "nothing to change" in run("lock").out


@pytest.mark.parametrize("against", ["origin/main", "main", "v1", "HEAD~1"])
def test_what_to_fetch_into_a_shallow_clone(
    run: Run, project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, against: str
) -> None:
    """The command of the hint makes the check work."""
    project.commit()
    project.git("tag", "v1")
    project.git("checkout", "-q", "-b", "wide")
    project.widen(9)
    project.commit("wider")
    clone = tmp_path / "clone"
    source = f"file://{project.folder}"
    project.git("clone", "-q", "--depth=1", "--branch=wide", source, str(clone))
    monkeypatch.chdir(clone)
    arguments = ("check", "nets/small.yaml", "--max", "params=1k", "--against", against)
    result = run(*arguments)
    assert result.code == 2
    assert f"git knows no revision '{against}'" in result.err
    command = result.err.partition("the clone is shallow: '")[2].partition("'")[0]
    if against == "v1":
        command = command.replace("v1:v1", "tag v1")
    subprocess.run(command.split(), check=True, capture_output=True)
    again = run(*arguments, "--json")

    assert again.code == 0
    (model,) = json.loads(again.out)["models"]
    assert model["baseline"]["mult_adds"] == MAC[8]


@pytest.mark.parametrize("name", ["HEAD", "main", "feature/größe", "v1.0", "HEAD~0", "commit"])
def test_every_way_to_name_a_revision(run: Run, project: Project, name: str) -> None:
    project.write("nets/sub net/zwölf.yaml", SPEC.format(first=8))
    project.commit()
    project.git("branch", "feature/größe")
    project.git("tag", "-a", "v1.0", "-m", "annotated")
    revision = project.git("rev-parse", "HEAD").strip() if name == "commit" else name
    project.widen(9, "nets/sub net/zwölf.yaml")
    found = run("check", "nets/sub net/zwölf.yaml", "--max=params=+0", f"--against={revision}")

    assert found.code == 1
    assert f"Changed since {revision}" in found.out


def test_a_repository_without_commits(run: Run, project: Project) -> None:
    project.git("init", "-q")
    result = run("check", "nets/small.yaml", "--max", "params=1k", "--against", "HEAD")

    assert result.code == 2
    assert "git knows no revision 'HEAD'" in result.err


def test_a_repository_of_another_user(
    run: Run, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in a container of CI: git's own variable for its tests makes it so."""
    project.commit()
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    result = run("check", "nets/small.yaml", "--max", "params=1k", "--against", "HEAD")

    assert result.code == 2
    assert "git does not trust this repository" in result.err
    assert f"git config --global --add safe.directory {project.folder}" in result.err


def test_a_worktree_and_a_detached_head(
    run: Run, project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("lock")
    project.commit()
    project.git("worktree", "add", "-q", "--detach", str(tmp_path / "tree"))
    monkeypatch.chdir(tmp_path / "tree" / "nets")
    assert run("check", "--against", "HEAD").code == 0
    Path("small.yaml").write_text(SPEC.format(first=9), encoding="utf-8")
    data = json.loads(run("check", "--against", "HEAD", "--json").out)
    assert data["results"][0]["path"] == "nets/small.yaml"


def test_a_checkout_with_windows_line_ends(run: Run, project: Project) -> None:
    """Spec, budgets and lock file as git writes them there; nothing has changed."""
    project.write("flopcalc.yaml", "models: [nets/*.yaml]\nlimits: {params: +0}\n")
    run("lock")
    project.write(".gitattributes", "* text eol=crlf\n")
    project.commit()
    for name in ("flopcalc.yaml", "flopcalc.lock", "nets/small.yaml"):
        (project.folder / name).unlink()
    project.git("checkout", "-q", "--", ".")
    assert "\r\n" in project.read("flopcalc.lock")
    before = project.read("flopcalc.lock")

    assert run("check", "--against", "HEAD").code == 0
    assert "nothing to change" in run("lock").out
    assert project.read("flopcalc.lock") == before
    project.write("nets/small.yaml", SPEC.format(first=9).replace("\n", "\r\n"))
    assert run("check", "--against", "HEAD").code == 1
    assert run("accept", "nets/small.yaml", "--reason", "x", "--force").code == 0
    assert run("check").code == 0


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="no folder that nobody can write")
def test_a_folder_that_nobody_can_write(run: Run, project: Project) -> None:
    """Neither a lock file nor a report; root cannot write there either."""
    project.write("flopcalc.yaml", "models: [nets/*.yaml]\nlock: /proc/flopcalc.lock\n")
    for command in (("lock",), ("check", "--max=params=1k", "--report=junit=/proc/x.xml")):
        result = run(*command)
        assert result.code == 2
        assert "cannot write '/proc/" in result.err
        assert "Traceback" not in result.err


def test_a_lock_file_that_is_elsewhere(run: Run, project: Project) -> None:
    project.write("nets/small.yaml", SPEC.format(first=8))
    text = "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 12\n"
    project.write("flopcalc.lock", text)
    result = run("check")

    assert result.code == 2
    assert "the lock file is a Git LFS pointer" in result.out
    assert "git lfs pull" in result.out


def test_a_slip_in_the_budget_file_is_in_every_report(run: Run, project: Project) -> None:
    project.write("flopcalc.yaml", "models: [nets/*.yaml]\nlimits: {parms: 1}\n")
    kinds = ("markdown", "junit", "sarif", "codequality", "json", "github", "csv", "plain")
    result = run("check", *(f"--report={kind}={kind}.out" for kind in kinds), "--github")

    assert result.code == 2
    assert "did you mean 'params'?" in result.err
    assert "::error file=flopcalc.yaml,line=2,col=10" in result.out
    for kind in kinds:
        assert kind == "csv" or "unknown metric 'parms'" in project.read(f"{kind}.out"), kind


@pytest.mark.skipif(sys.platform == "win32", reason="no pseudo-terminals")
def test_progress_is_for_terminals(project: Project) -> None:
    """A bar on standard error where that is a terminal; standard output has the report alone."""
    for i in range(12):
        project.write(f"nets/n{i}.yaml", SPEC.format(first=i + 1))
    command = [sys.executable, "-m", "flopcalc", "check", "--max", "params=1k"]
    quiet = subprocess.run(command, capture_output=True, check=True)
    ours, theirs = os.openpty()
    seen = subprocess.run(command, stdout=subprocess.PIPE, stderr=theirs, check=True)
    os.close(theirs)
    shown = os.read(ours, 65536).decode()
    os.close(ours)

    assert quiet.stderr == b""
    assert seen.stdout == quiet.stdout
    assert "of 13 models" in shown
    assert shown.endswith("\r"), "the bar leaves nothing behind"


def test_one_broken_model_of_many(run: Run, project: Project) -> None:
    """It is an error (2), the violation of another one is reported beside it, with any jobs."""
    for i in range(9):
        project.write(f"nets/n{i}.yaml", SPEC.format(first=i + 1))
    project.write("nets/n4.yaml", "flopcalc: 1\nbody: [{pw: }]\n")
    for jobs in ("1", "3"):
        data = json.loads(
            run("check", "--max", "params=100", "--jobs", jobs, "--json", "--strict").out
        )
        assert data["outcome"] == "error"
        assert len(data["results"]) == 9
        assert sum(r["outcome"] == "violation" for r in data["results"]) == 4  # 7, 8, 9 and small
        assert [m["name"] for m in data["models"] if "error" in m] == ["nets/n4.yaml"]


def test_an_exported_graph_in_git(run: Run, project: Project) -> None:
    """Locked, then one that is heavier; reports point at the file, and name the node."""
    from onnx import TensorProto, helper, save

    def export(channels: int) -> None:
        x = helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 3, 4, 4])
        y = helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, channels, 4, 4])
        weight = helper.make_tensor(
            "w", TensorProto.FLOAT, [channels, 3, 1, 1], [0.0] * 3 * channels
        )
        node = helper.make_node("Conv", ["x", "w"], ["y"], name="/stem/conv")
        graph = helper.make_graph([node], "main", [x], [y], [weight])
        opsets = [helper.make_opsetid("", 17)]
        save(helper.make_model(graph, opset_imports=opsets, ir_version=10), "nets/my graph.onnx")

    export(8)
    project.write("flopcalc.yaml", "models: [nets/*.onnx]\n")
    assert run("lock").code == 0
    project.commit()
    export(9)
    kinds = ("sarif", "codequality", "github", "junit", "json")
    result = run("check", "--against=HEAD", *(f"--report={kind}={kind}.out" for kind in kinds))

    assert result.code == 1
    assert "Changed since HEAD" in result.out
    for found in json.loads(project.read("sarif.out"))["runs"][0]["results"]:
        (location,) = found["locations"]
        assert location["logicalLocations"] == [{"fullyQualifiedName": "/stem/conv"}]
        artifact = {"uri": "nets/my%20graph.onnx", "uriBaseId": "%SRCROOT%"}
        assert location["physicalLocation"] == {"artifactLocation": artifact}
    for issue in json.loads(project.read("codequality.out")):
        assert issue["location"]["path"] == "nets/my graph.onnx"
    assert project.read("github.out").startswith("::error file=nets/my graph.onnx,line=1,col=1,")
    data = json.loads(project.read("json.out"))
    assert data["results"][0]["node"] == "/stem/conv"
    assert run("accept", "nets/my graph.onnx", "--reason", "wider", "--force").code == 0
    assert run("check").code == 0


def test_the_same_of_many_is_said_once(run: Run, project: Project) -> None:
    for i in range(30):
        project.write(f"nets/n{i}.yaml", SPEC.format(first=8))
    project.write("flopcalc.yaml", "models: [nets/*.yaml]\nlimits: {params: [1k, +1%]}\n")
    result = run("check")
    assert result.code == 2
    assert result.out.count("has no baseline") == 1
    assert "the same of 30 more: nets/n1.yaml, " in result.out
    project.write("flopcalc.yaml", "models: [nets/*.yaml]\nlimits: {params: 1k}\nlock: l\n")
    project.write("l", '{"schema": "flopcalc.lock/1", "convention": "mult-adds/1", "models": {}}')
    result = run("check")
    assert result.code == 0
    assert result.out.count("is not in the lock file") == 1


def test_commands_go_on_where_one_model_is_broken(run: Run, project: Project) -> None:
    project.write("nets/zoo.yaml", SPEC.format(first=16))
    project.write("nets/open.onnx", opaque())
    project.write("flopcalc.yaml", "models: [nets/*]\nlimits: {mult_adds: 1G}\n")
    run("lock")
    project.write("nets/small.yaml", "flopcalc: 1\n")
    project.write("nets/zoo.yaml", SPEC.format(first=8))
    result = run("tighten")

    assert result.code == 2
    assert "1 problem to mend" in result.out
    entry = json.loads(project.read("flopcalc.lock"))["models"]
    assert entry["nets/zoo.yaml"]["mult_adds"] == MAC[8]
    assert entry["nets/small.yaml"]["mult_adds"] == MAC[8], "as it was"
