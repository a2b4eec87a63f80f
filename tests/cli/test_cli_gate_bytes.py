"""Budgets of bytes: weights and the peak of live activations, at a dtype; lock files of totals."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import jsonschema
import pytest
from gate_project import SPEC, Project, opaque

Run = Callable[..., Any]
# 4×4×3 → 4×4×8 → 4×4×10: the second layer holds 128 + 160 values, 16 more where 9 are in between
PEAK = {8: 4 * (128 + 160), 9: 4 * (144 + 160)}


def results(run: Run, *arguments: str) -> tuple[int, list[tuple[Any, ...]]]:
    result = run("check", *arguments, "--json")
    data = json.loads(result.out)
    jsonschema.validate(data, json.loads(run("schema", "check").out))
    return result.code, [(r["metric"], r["actual"], r["outcome"]) for r in data["results"]]


@pytest.mark.parametrize(
    ("limit", "code", "outcome"),
    [("1152B", 0, "near"), ("1151B", 1, "violation"), ("1.2kB", 0, "near"), ("2KiB", 0, "pass")],
)
def test_the_peak_is_limited(
    run: Run, project: Project, limit: str, code: int, outcome: str
) -> None:
    project.write(
        "flopcalc.yaml", f"models: [nets/*.yaml]\nlimits: {{peak_activation_bytes: {limit}}}\n"
    )

    assert results(run) == (code, [("peak_activation_bytes", PEAK[8], outcome)])
    maximum = f"peak_activation_bytes={limit}"
    assert run("check", "mobilenet_v1", "--max", maximum).code == 1, "4.6 MiB"


def test_where_the_peak_is(run: Run, project: Project) -> None:
    arguments = ("nets/small.yaml", "--max", "peak_activation_bytes=1KiB")
    result = run("check", *arguments, "--report", "github=g.txt")

    assert result.code == 1
    assert "peak activation bytes, layer last" in result.out
    assert "1,152 B (1.125 KiB)" in result.out
    assert "1,024 B (1KiB)" in result.out
    (line,) = project.read("g.txt").splitlines()
    assert line.startswith("::error file=nets/small.yaml,line=6,")
    assert "at layer 'last'" in line


def test_as_if_of_another_dtype(run: Run, project: Project) -> None:
    limits = "--max", "weight_bytes=122B", "--max", "peak_activation_bytes=288B"
    assert run("check", "nets/small.yaml", "--dtype", "int8", *limits).code == 0
    assert run("check", "nets/small.yaml", "--dtype", "fp16", *limits).code == 1
    wrong = run("check", "nets/small.yaml", "--dtype", "in8", *limits)
    assert wrong.code == 2
    assert "did you mean 'int8'?" in wrong.err
    assert "a dtype for every model" in run("check", "--dtype", "int8").err

    budgets = "limits: {weight_bytes: 122B, peak_activation_bytes: 288B}\n"
    project.write("flopcalc.yaml", f"models: [nets/*.yaml]\n{budgets}dtype: int8\n")
    assert run("check").code == 0
    assert run("lock").code == 0
    entry = json.loads(project.read("flopcalc.lock"))["models"]["nets/small.yaml"]
    assert (entry["weight_bytes"], entry["peak_activation_bytes"]) == (122, 288)
    assert entry["scale"]["dtype"] == "int8"
    project.write("flopcalc.yaml", f"models: [nets/*.yaml]\n{budgets}dtype: fp16\n")
    stale = run("check")
    assert stale.code == 2
    assert "stale for 'nets/small.yaml': dtype int8, now float16" in stale.out


def test_the_peak_against_the_lock_file(run: Run, project: Project) -> None:
    """Locked with every model; judged where a limit says so; accepted, and tightened."""
    config = "models: [nets/*.yaml]\nlimits: {params: off, mult_adds: off"
    project.write("flopcalc.yaml", f"{config}, peak_activation_bytes: +0}}\n")
    run("lock")
    assert results(run) == (0, [("peak_activation_bytes", PEAK[8], "pass")])
    project.widen(9)
    assert results(run) == (1, [("peak_activation_bytes", PEAK[9], "violation")])
    assert run("accept", "nets/small.yaml", "--reason", "wider").code == 0
    assert results(run) == (0, [("peak_activation_bytes", PEAK[9], "pass")])
    project.widen(8)
    assert run("tighten").code == 0
    entry = json.loads(project.read("flopcalc.lock"))["models"]["nets/small.yaml"]
    assert entry["peak_activation_bytes"] == PEAK[8]


def test_a_lock_file_from_before_the_metric(run: Run, project: Project) -> None:
    project.write("flopcalc.yaml", "models: [nets/*.yaml]\nlimits: {peak_activation_bytes: +0}\n")
    run("lock")
    old = project.read("flopcalc.lock").replace('      "peak_activation_bytes": 1152,\n', "")
    project.write("flopcalc.lock", old)
    result = run("check")
    assert result.code == 3
    assert "'flopcalc tighten' adds it to the lock file" in result.out
    assert run("tighten").code == 0
    assert run("check").code == 0


def test_against_a_revision(run: Run, project: Project) -> None:
    (project.folder / "flopcalc.yaml").unlink()
    project.commit()
    project.widen(9)
    arguments = ("nets/small.yaml", "--against", "HEAD", "--max")

    assert run("check", *arguments, "peak_activation_bytes=+0").code == 1
    assert run("check", *arguments, "peak_activation_bytes=+64B").code == 0


def test_an_unknown_peak_never_passes(run: Run, project: Project) -> None:
    project.write("nets/named.onnx", opaque("N"))
    limit = ("--max", "peak_activation_bytes=1GiB")
    assert run("check", "nets/named.onnx", *limit).code == 3
    assert run("check", "nets/named.onnx", "--dim", "N=1", *limit).code == 0


def test_every_variant_is_a_model(run: Run, project: Project) -> None:
    """Locked, judged and accepted on its own, and its own expectations judged once."""
    variants = "variants:\n  half: {alpha: 0.5, expect: {params: 66}}\n  same: {alpha: 1}\n"
    project.write("nets/small.yaml", SPEC.format(first=8) + variants)
    project.write("flopcalc.yaml", "models: [{model: nets/*.yaml, variants: all}]\n")
    assert "3 added" in run("lock").out
    result = run("check", "--json")
    found = json.loads(result.out)["results"]
    assert [(r["model"], r["limit_text"]) for r in found] == [
        ("nets/small.yaml", "+0"),
        ("nets/small.yaml", "+0"),
        ("nets/small.yaml@half", "= 66"),  # 3·4 + 4 and 4·10 + 10
        ("nets/small.yaml@half", "+0"),
        ("nets/small.yaml@half", "+0"),
        ("nets/small.yaml@same", "+0"),
        ("nets/small.yaml@same", "+0"),
    ]
    project.write("nets/small.yaml", SPEC.format(first=16) + variants)
    assert run("check").code == 1
    assert run("accept", "nets/small.yaml@same", "--reason", "x", "--force").code == 0
    found = json.loads(run("check", "--json").out)["results"]
    bad = {r["model"] for r in found if r["outcome"] == "violation"}
    assert "nets/small.yaml" in bad
    assert "nets/small.yaml@same" not in bad


def test_a_lock_file_of_totals(run: Run, project: Project) -> None:
    config = "models: [nets/*.yaml]\nlock_layers: off\n"
    project.write("flopcalc.yaml", config)
    run("lock")
    assert '"layers"' not in project.read("flopcalc.lock")
    assert run("check").code == 0
    project.widen(9)
    result = run("check")
    assert result.code == 1
    assert "Changed since the lock file" in result.out
    assert "(new)" not in result.out, "the layers of then are not known"
    project.write("flopcalc.yaml", f"{config}limits: {{layers: {{first: {{params: +1}}}}}}\n")
    assert "unknown" in run("check").out
    assert "the baseline has no layers" in run("check").out
    assert run("accept", "nets/small.yaml", "--reason", "x", "--force").code == 0
    assert '"layers"' not in project.read("flopcalc.lock")
