"""The baseline in git: `lock`, `accept`, `tighten`, `check --against`, and every state between."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest
from gate_project import MAC, PARAMS, SPEC, Project

Run = Callable[..., Any]
POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 12\n"


def locked(project: Project) -> Any:
    return json.loads(project.read("flopcalc.lock"))["models"]


def test_the_lock_file(run: Run, project: Project, golden: Callable[[str, str], None]) -> None:
    result = run("lock")

    assert result.code == 0
    golden("small.lock", project.read("flopcalc.lock"))
    assert run("check").code == 0
    assert "nothing to change" in run("lock").out
    golden("small.lock", project.read("flopcalc.lock"))


def test_lock_adds_what_is_new_and_removes_what_is_gone(run: Run, project: Project) -> None:
    run("lock")
    project.widen(16)  # grown since: the lock does not follow
    project.write("nets/new.yaml", SPEC.format(first=9))
    result = run("check")
    assert result.code == 2
    assert "'nets/new.yaml' has no limit, and is not in the lock file" in result.out
    assert "added nets/new.yaml" in run("lock").out
    assert locked(project)["nets/small.yaml"]["params"] == PARAMS[8]
    assert locked(project)["nets/new.yaml"]["params"] == PARAMS[9]

    (project.folder / "nets/new.yaml").unlink()
    assert "which is gone: 'flopcalc lock' removes it" in run("check").out
    assert "removed nets/new.yaml" in run("lock").out
    assert list(locked(project)) == ["nets/small.yaml"]


def test_a_locked_model_may_not_grow(run: Run, project: Project) -> None:
    run("lock")
    project.widen(9)
    data = json.loads(run("check", "--json").out)

    assert data["outcome"] == "violation"
    assert [
        (r["metric"], r["limit_text"], r["baseline"], r["margin"]) for r in data["results"]
    ] == [
        ("mult_adds", "+0", MAC[8], MAC[8] - MAC[9]),
        ("params", "+0", PARAMS[8], PARAMS[8] - PARAMS[9]),
    ]
    (model,) = data["models"]
    assert model["changes"] == [
        {"layer": "last", "mult_adds": 160, "params": 10},
        {"layer": "first", "mult_adds": 48, "params": 4},
    ]
    assert "if it is meant: flopcalc accept nets/small.yaml --reason" in run("check").out


def test_a_limit_of_its_own_replaces_the_lock(run: Run, project: Project) -> None:
    run("lock")
    project.widen(9)  # 1,872 Mult-Adds are 12.5 % more, 136 parameters 11.5 %
    config = "models: [nets/*.yaml]\nlimits: {{mult_adds: {}, params: {}}}\n"
    project.write("flopcalc.yaml", config.format("+12.5%", "off"))
    assert run("check").code == 0
    project.write("flopcalc.yaml", config.format("+12.4%", "off"))
    assert run("check").code == 1
    project.write("flopcalc.yaml", config.format("+208", "+14"))
    assert run("check").code == 0
    project.write("flopcalc.yaml", config.format("+207", "+14"))
    assert run("check").code == 1


def test_a_path_means_all_entries_of_its_file(run: Run, project: Project) -> None:
    """And limits of the command line come on top of the lock file."""
    text = SPEC.format(first=8) + "variants:\n  large: {res: 8}\n"
    project.write("nets/small.yaml", text)
    listed = "nets/small.yaml@large, {model: nets/small.yaml, alpha: 1}, mobilenet_v1"
    project.write("flopcalc.yaml", f"models: [{listed}]\n")
    run("lock")
    project.write("nets/small.yaml", text.replace("pw: 8", "pw: 9"))
    data = json.loads(run("check", "nets/small.yaml", "--max", "params=1k", "--json").out)

    assert [(r["model"], r["limit_text"], r["outcome"]) for r in data["results"]] == [
        (name, limit, outcome)
        for name in ("nets/small.yaml@large", "nets/small.yaml@alpha=1")
        for limit, outcome in (("1k", "pass"), ("+0", "violation"), ("+0", "violation"))
    ]


def test_layers_are_found_by_name_then_shape(run: Run, project: Project) -> None:
    """Renamed layers are the same ones; one that grows is seen, though the total does not."""
    limits = "limits: {layers: {'*': {mult_adds: +0}}}\n"
    project.write("flopcalc.yaml", f"models: [nets/*.yaml]\n{limits}")
    run("lock")
    text = SPEC.format(first=8)
    project.write("nets/small.yaml", text.replace("name: first", "name: a").replace("last", "b"))
    assert run("check").code == 0
    project.write("nets/small.yaml", text.replace("{pw: 8", "{pw: 9").replace("pw: 10", "pw: 8"))
    result = run("check")
    assert result.code == 1
    assert "Mult-Adds, layer first" in result.out


def break_lock(text: str) -> dict[str, tuple[str, str]]:
    line = '      "params": 122,'
    conflict = f'<<<<<<< HEAD\n{line}\n=======\n      "params": 1,\n>>>>>>> other'
    return {
        "conflict": (
            text.replace(line, conflict),
            "flopcalc.lock:10:1: error: the lock file has a",
        ),
        "cut": (text[:200], "the lock file is corrupted: it is no JSON"),
        "empty": ("", "the lock file is corrupted: it is no JSON"),
        "twice": (text.replace(line, f"{line}\n{line}"), "key 'params' is there twice"),
        "wrong": (text.replace("122", '"122"'), "an entry is not as it was written"),
        "negative": (text.replace("122", "-122"), "an entry is not as it was written"),
        "list": ("[]", "it has no 'schema'"),
        "schema": (text.replace("lock/1", "lock/2"), "stale: its schema is 'flopcalc.lock/2'"),
        "convention": (
            text.replace("mult-adds/1", "flops/1"),
            "stale: its convention is 'flops/1'",
        ),
    }


@pytest.mark.parametrize(
    "state",
    ["conflict", "cut", "empty", "twice", "wrong", "negative", "list", "schema", "convention"],
)
def test_states_of_a_broken_lock(run: Run, project: Project, state: str) -> None:
    """Named, exit 2, nothing overwritten; other limits are still judged."""
    run("lock")
    text, says = break_lock(project.read("flopcalc.lock"))[state]
    project.write("flopcalc.lock", text)
    project.write("flopcalc.yaml", "models: [nets/*.yaml]\nlimits: {mult_adds: 1k}\n")
    result = run("check")

    assert result.code == 2
    assert says in result.out
    assert "EXCEEDED" in result.out
    for command in (("lock",), ("accept", "nets/small.yaml", "--reason", "x"), ("tighten",)):
        assert run(*command).code == 2
    assert project.read("flopcalc.lock") == text


def test_a_missing_lock_is_said(run: Run, project: Project) -> None:
    project.write("flopcalc.yaml", "models: [nets/*.yaml]\nlimits: {params: +1%}\n")
    result = run("check")

    assert result.code == 2
    assert "has no baseline for '+1%': there is no lock file" in result.out
    assert "'flopcalc lock' writes it; commit it" in result.out
    assert run("tighten").code == run("accept", "nets/small.yaml", "--reason", "x").code == 2


def test_another_scale_is_stale(run: Run, project: Project) -> None:
    config = "models: [{{name: net, model: nets/small.yaml, res: {}}}]\n"
    project.write("flopcalc.yaml", config.format(4))
    run("lock")
    project.write("flopcalc.yaml", config.format(8))
    result = run("check")
    assert result.code == 2
    assert "stale for 'net': rho 1.0, now 2.0, res 4×4, now 8×8" in result.out
    assert run("accept", "net", "--reason", "larger images").code == 0
    assert locked(project)["net"]["mult_adds"] == 4 * MAC[8]
    assert run("check").code == 0


def test_a_broken_model_leaves_the_others_locked(run: Run, project: Project) -> None:
    run("lock")
    project.write("nets/small.yaml", "flopcalc: 1\n")
    project.write("nets/broken.yaml", "flopcalc: 1\n")
    project.write("nets/new.yaml", SPEC.format(first=9))
    result = run("lock")

    assert result.code == 2
    assert sorted(locked(project)) == ["nets/new.yaml", "nets/small.yaml"]


@pytest.mark.parametrize("system", ["posix", "windows"])
def test_two_locks_at_once_lose_nothing(project: Project, system: str) -> None:
    """Eight processes, each of which adds another model; Windows has no `fcntl`."""
    names = [f"nets/n{i}.yaml" for i in range(8)]
    for i, name in enumerate(names):
        project.write(name, SPEC.format(first=i + 1))
    program = (
        "import sys, os\n"
        f"if {system == 'windows'}: sys.modules['fcntl'] = None\n"
        "from flopcalc.config.lock import alone, read_lock, write_lock\n"
        "from flopcalc.budget import Locked\n"
        "from flopcalc.measure import Task, measure\n"
        "found = measure(Task(sys.argv[1])).snapshot\n"
        "with alone('flopcalc.lock'):\n"
        "    now = read_lock('flopcalc.lock') or {}\n"
        "    write_lock('flopcalc.lock', {**now, sys.argv[1]: Locked(found)})\n"
    )
    running = [subprocess.Popen([sys.executable, "-c", program, name]) for name in names]

    assert [process.wait(60) for process in running] == [0] * 8
    assert sorted(locked(project)) == sorted(names)


def test_a_run_that_left_its_mark(
    run: Run, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "fcntl", None)
    monkeypatch.setattr("flopcalc.config.lock._PATIENCE", 0.1)
    project.write("flopcalc.lock.busy", "")
    result = run("lock")

    assert result.code == 2
    assert "if no other flopcalc runs, remove 'flopcalc.lock.busy'" in result.err


def test_two_runs_of_the_command_at_once(run: Run, project: Project) -> None:
    for i in range(6):
        project.write(f"nets/n{i}.yaml", SPEC.format(first=i + 1))
    command = [sys.executable, "-m", "flopcalc", "lock"]
    running = [subprocess.Popen(command, stdout=subprocess.DEVNULL) for _ in range(3)]

    assert [process.wait(60) for process in running] == [0] * 3
    assert len(locked(project)) == 7
    assert run("check").code == 0


def test_a_folder_that_cannot_be_written(
    run: Run, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As where the folder is read-only, which it never is for root."""

    def refuse(**_: object) -> None:
        raise PermissionError(13, "Permission denied")

    run("lock")
    before = project.read("flopcalc.lock")
    project.write("nets/new.yaml", SPEC.format(first=9))
    monkeypatch.setattr("tempfile.mkstemp", refuse)
    result = run("lock")

    assert result.code == 2
    assert "flopcalc.lock': permission denied" in result.err
    assert project.read("flopcalc.lock") == before


def test_a_report_into_a_folder_that_is_not_there(run: Run, project: Project) -> None:
    result = run("check", "nets/small.yaml", "--max", "params=1", "--report", "junit=no/x.xml")

    assert result.code == 2
    assert "EXCEEDED" in result.out, "the report is printed all the same"
    assert "cannot write 'no/x.xml'" in result.err
