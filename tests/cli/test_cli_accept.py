"""Moving the baseline: `accept` raises it with a reason, `tighten` lowers it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from gate_project import MAC, PARAMS, Project

Run = Callable[..., Any]


def locked(project: Project) -> Any:
    return json.loads(project.read("flopcalc.lock"))["models"]


def test_accept(run: Run, project: Project) -> None:
    project.write("flopcalc.yaml", "models: [nets/*.yaml]\naccept_up_to: 20%\n")
    run("lock")
    project.widen(9)
    result = run("accept", "nets/small.yaml", "--reason", "a wider stem")

    assert result.code == 0
    assert "+12.50 %" in result.out
    entry = locked(project)["nets/small.yaml"]
    assert (entry["mult_adds"], entry["params"]) == (MAC[9], PARAMS[9])
    assert entry["accepted"][0] == {
        "metric": "mult_adds",
        "before": MAC[8],
        "after": MAC[9],
        "reason": "a wider stem",
    }
    assert run("check").code == 0
    assert "exceeds nothing" in run("accept", "nets/small.yaml", "--reason", "x").out
    assert len(locked(project)["nets/small.yaml"]["accepted"]) == 2


def test_accept_updates_only_what_was_exceeded(run: Run, project: Project) -> None:
    """A larger input takes more Mult-Adds, and a narrower layer has fewer parameters."""
    project.write("flopcalc.yaml", "models: [nets/*.yaml]\nlimits: {params: +50%}\n")
    run("lock")
    project.widen(9)
    assert run("accept", "nets/small.yaml", "--reason", "x", "--force").code == 0
    entry = locked(project)["nets/small.yaml"]

    assert (entry["mult_adds"], entry["params"]) == (MAC[9], PARAMS[8])
    assert [a["metric"] for a in entry["accepted"]] == ["mult_adds"]


@pytest.mark.parametrize(
    ("config", "arguments", "says"),
    [
        ("", ("nets/small.yaml", "--reason", "x"), "jumps by more than 10%: from 1,664 to 3,328"),
        (
            "limits: {mult_adds: [3k, +0]}\n",
            ("nets/small.yaml", "--reason", "x"),
            "above a maximum: Mult-Adds: 3,328 exceed 3k by 328 (10.93 %)",
        ),
        ("", ("nets/small.yaml", "--reason", " "), "an increase wants a reason"),
        ("", ("nets/smal.yaml", "--reason", "x"), "did you mean 'nets/small.yaml'?"),
        ("", ("nets/small.yaml",), "an increase wants a reason"),
    ],
)
def test_accept_refuses(
    run: Run, project: Project, config: str, arguments: tuple[str, ...], says: str
) -> None:
    run("lock")
    before = project.read("flopcalc.lock")
    project.write("flopcalc.yaml", f"models: [nets/*.yaml]\n{config}")
    project.widen(16)
    result = run("accept", *arguments)

    assert result.code == 2
    assert says in result.err
    assert project.read("flopcalc.lock") == before
    if "jumps" in says or "above" in says:
        assert run("accept", *arguments, "--force").code == 0
        assert locked(project)["nets/small.yaml"]["mult_adds"] == MAC[16]


def test_tighten(run: Run, project: Project) -> None:
    config = "models: [nets/*.yaml]  # all\nlimits:\n  params: 1k     # loose\n"
    project.write("flopcalc.yaml", config)
    project.widen(16)
    run("lock")
    project.widen(8)
    assert "below the baseline: 'flopcalc tighten'" in run("check").out
    assert run("tighten").code == 0
    entry = locked(project)["nets/small.yaml"]
    assert (entry["mult_adds"], entry["params"]) == (MAC[8], PARAMS[8])
    assert project.read("flopcalc.yaml") == config
    assert "nothing is looser" in run("tighten").out

    assert run("tighten", "--limits").code == 0
    assert project.read("flopcalc.yaml") == config.replace("1k ", f"{PARAMS[8]} ")
    project.widen(9)
    assert run("check").code == 1
    assert run("tighten").code == 0
    assert locked(project)["nets/small.yaml"]["params"] == PARAMS[8], "nothing is raised"
