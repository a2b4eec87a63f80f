"""`flopcalc check` as CI runs it: every outcome and exit code, in scratch projects."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from gate_project import MAC, PARAMS, SPEC, Project, opaque

Run = Callable[..., Any]


def outcomes(run: Run, *arguments: str) -> tuple[int, list[str]]:
    result = run("check", *arguments, "--json")
    return result.code, [r["outcome"] for r in json.loads(result.out)["results"]]


def test_a_model_and_its_limits_without_a_file(run: Run, project: Project) -> None:
    (project.folder / "flopcalc.yaml").unlink()
    model = "nets/small.yaml"

    assert run("check", model, "--max", f"mult_adds={MAC[8]}").code == 0
    result = run("check", model, "--max", f"mult_adds={MAC[8] - 1}", "--max", "params=1k")
    assert result.code == 1
    assert "1 of 2 limits exceeded: 1 model" in result.out
    assert f"{MAC[8]:,}" in result.out
    assert run("check", "mobilenet_v1", "--alpha", "0.75", "--max", "mult_adds=326M").code == 0
    assert run("check", "mobilenet_v1@alpha=0.75", "--max", "mult_adds=325M").code == 1


def test_every_violation_is_reported(run: Run, project: Project) -> None:
    """Never the mean: three of four limits are exceeded, in two models."""
    project.write("nets/wide.yaml", SPEC.format(first=16))
    project.write(
        "flopcalc.yaml",
        f"models: [nets/*.yaml]\nlimits: {{mult_adds: {MAC[8] - 1}, params: 200}}\n",
    )
    result = run("check", "--json")
    data = json.loads(result.out)

    assert result.code == 1
    assert data["outcome"] == "violation"
    assert [(r["model"], r["metric"], r["margin"], r["outcome"]) for r in data["results"]] == [
        ("nets/small.yaml", "mult_adds", -1, "violation"),
        ("nets/small.yaml", "params", 200 - PARAMS[8], "pass"),
        ("nets/wide.yaml", "mult_adds", MAC[8] - 1 - MAC[16], "violation"),
        ("nets/wide.yaml", "params", 200 - PARAMS[16], "violation"),
    ]


@pytest.mark.parametrize(
    ("limit", "code", "outcome"),
    [
        (f"{{max: {MAC[8]}, near: off}}", 0, "pass"),
        (f"{MAC[8]}", 0, "near"),
        ("2k", 0, "pass"),
        ("1.66k", 1, "violation"),
        ("{max: 1k, severity: warn}", 0, "violation"),
        ("1.7k", 0, "near"),
    ],
)
def test_severities_and_nearness(
    run: Run, project: Project, limit: str, code: int, outcome: str
) -> None:
    """1,664 Mult-Adds: within 5 % of 1.7k, not of 2k."""
    project.write("flopcalc.yaml", f"models: [nets/*.yaml]\nlimits: {{mult_adds: {limit}}}\n")

    assert outcomes(run) == (code, [outcome])


@pytest.mark.parametrize(
    ("limits", "code", "said"),
    [
        # first: 384 Mult-Adds, last: 1,280 of 1,664, 23.08 % and 76.92 %
        ('layers: {"l*": {share: 76%}}', 1, "layer last"),
        ('layers: {"*": {share: 77%}}', 0, "layer last"),
        ("layers: {first: {mult_adds: 383}}", 1, "layer first"),
        ("kinds: {pointwise: {mult_adds: 1664}}", 0, "kind pointwise"),
        ("kinds: {pointwise: {mult_adds: 1663}}", 1, "kind pointwise"),
        ("blocks: {last: {params: 89}}", 1, "block last"),
        ("layers: {first: {params_share: 20%}}", 1, "share of params, layer first"),
    ],
)
def test_parts(run: Run, project: Project, limits: str, code: int, said: str) -> None:
    project.write("flopcalc.yaml", f"models: [nets/*.yaml]\nlimits:\n  {limits}\n")
    result = run("check", "--all")

    assert result.code == code
    assert said in result.out


def test_blocks_are_sums_of_their_layers(run: Run, project: Project) -> None:
    """conv8 of MobileNetV1: five separable layers of 52,283,392 Mult-Adds."""
    whole = 5 * 52_283_392
    config = "models: [mobilenet_v1]\nlimits: {{blocks: {{conv8: {{mult_adds: {}}}}}}}\n"
    project.write("flopcalc.yaml", config.format(whole))
    assert run("check").code == 0
    project.write("flopcalc.yaml", config.format(whole - 1))
    assert run("check").code == 1


def test_a_pattern_that_finds_nothing_is_an_error(run: Run, project: Project) -> None:
    project.write(
        "flopcalc.yaml", "models: [nets/*.yaml]\nlimits: {layers: {fisrt: {params: 9}}}\n"
    )
    result = run("check")

    assert result.code == 2
    assert "no layer like 'fisrt' in any model" in result.out
    assert "did you mean 'first'?" in result.out


def test_bytes_are_of_all_that_is_stored(run: Run, project: Project) -> None:
    """122 parameters of four bytes: 488, more than 0.4 KiB (409.6)."""
    project.write("flopcalc.yaml", "models: [nets/*.yaml]\nlimits: {weight_bytes: 488B}\n")
    assert run("check").code == 0
    project.write("flopcalc.yaml", "models: [nets/*.yaml]\nlimits: {weight_bytes: 0.4KiB}\n")
    assert run("check").code == 1


def test_what_a_spec_says_itself_is_judged(run: Run, project: Project) -> None:
    own = f"budget: {{params: {PARAMS[8] - 1}}}\nexpect: {{mult_adds: {MAC[8]}}}\n"
    project.write("nets/small.yaml", SPEC.format(first=8) + own)
    assert outcomes(run, "nets/small.yaml") == (1, ["pass", "violation"])
    project.write("nets/small.yaml", SPEC.format(first=8) + "expect: {mult_adds: 1.7k}\n")
    assert outcomes(run, "nets/small.yaml") == (0, ["pass"])
    project.write("nets/small.yaml", SPEC.format(first=9) + "expect: {mult_adds: 1.7k}\n")
    assert outcomes(run, "nets/small.yaml") == (1, ["violation"])


def test_variants_are_judged_by_what_they_expect(run: Run, project: Project) -> None:
    variants = "variants:\n  half: {alpha: 0.5, budget: {params: 10}}\n  same: {alpha: 1}\n"
    project.write("nets/small.yaml", SPEC.format(first=8) + variants)
    data = json.loads(run("check", "nets/small.yaml", "--json").out)

    assert [(r.get("variant"), r["outcome"]) for r in data["results"]] == [("half", "violation")]


def test_incomplete_counts_never_pass(run: Run, project: Project) -> None:
    """An exported graph with a node that nobody can count: at least 384 Mult-Adds."""
    project.write("nets/exported.onnx", opaque())
    config = "models: [nets/*.onnx]\non_incomplete: {}\nlimits: {{mult_adds: {}}}\n"
    project.write("flopcalc.yaml", config.format("fail", "1G"))
    assert outcomes(run) == (3, ["incomplete"])
    assert "nets/exported.onnx: thing (acme.Fancy)" in run("check").out
    assert "≥ 384" in run("check").out
    project.write("flopcalc.yaml", config.format("fail", 383))
    assert outcomes(run) == (1, ["violation"]), "a lower bound proves it"
    project.write("flopcalc.yaml", config.format("warn", "1G"))
    assert outcomes(run) == (0, ["incomplete"])


def test_a_symbolic_total_is_incomplete_until_it_is_bound(run: Run, project: Project) -> None:
    project.write("nets/batch.onnx", opaque("N"))
    config = "models: [{{model: nets/batch.onnx{}}}]\nlimits: {{mult_adds: 768}}\n"
    project.write("flopcalc.yaml", config.format(""))
    assert outcomes(run) == (3, ["incomplete"])
    project.write("flopcalc.yaml", config.format(", dim: {N: 2}"))
    assert outcomes(run) == (0, ["near"])


def test_precedence_of_exit_codes(run: Run, project: Project) -> None:
    """An unreadable model (2) before an exceeded limit (1) before an incomplete count (3)."""
    project.write("flopcalc.yaml", "models: [nets/*]\nlimits: {mult_adds: 1.7k}\n")
    project.write("nets/exported.onnx", opaque())
    assert run("check").code == 3
    project.write("nets/wide.yaml", SPEC.format(first=16))
    assert run("check").code == 1
    project.write("nets/broken.yaml", SPEC.format(first=8).replace("pw", "pv", 1))
    result = run("check", "--json")
    assert result.code == 2
    data = json.loads(result.out)
    assert sorted(r["outcome"] for r in data["results"]) == ["incomplete", "near", "violation"]
    (broken,) = [m["error"] for m in data["models"] if "error" in m]
    assert broken["path"] == "nets/broken.yaml"
    assert broken["line"] == 5


def test_real_output_fits_its_schema(run: Run, project: Project) -> None:
    schema = json.loads(run("schema", "check").out)
    jsonschema.Draft202012Validator.check_schema(schema)
    project.write("nets/broken.yaml", "flopcalc: 1\n")
    project.write("nets/exported.onnx", opaque())
    limits = "{mult_adds: 1G, params: [100, +1%], layers: {'*t': {share: 1%}}}"
    config = f"models: [nets/*, mobilenet_v1]\nlimits: {limits}\n"
    project.write("flopcalc.yaml", config)
    run("lock")
    project.widen(9)
    data = json.loads(run("check", "--json").out)

    jsonschema.validate(data, schema)
    assert {r["outcome"] for r in data["results"]} == {"pass", "violation", "incomplete"}
    assert any(m.get("changes") for m in data["models"])


def test_reports_are_written_even_when_it_fails(run: Run, project: Project) -> None:
    reports = [
        f"--report={k}={k}.out" for k in ("markdown", "junit", "sarif", "codequality", "csv")
    ]
    result = run("check", "nets/small.yaml", "--max", "params=1", *reports)

    assert result.code == 1
    for kind in ("markdown", "junit", "sarif", "codequality", "csv"):
        assert "122" in project.read(f"{kind}.out"), kind
    assert project.read("csv.out").splitlines()[1] == (
        "nets/small.yaml,params,model,,violation,error,122,1,-121"
    )


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--report", "junti=x"), "did you mean 'junit'?"),
        (("--report", "junit"), "goes to no file"),
        (("--max", "parms=1"), "did you mean 'params'?"),
        (("--max", "flops=1G"), "half of what most call FLOPs"),
        (("--max", "params=16MiB"), "'params' is a count, not '16MiB'"),
        (("--max", "params=300X"), "has no known unit"),
        (("--max", "params"), "has no limit"),
        (("--max", "params=5%"), "'+5%' is relative to the baseline"),
        (("--max", "params=+1%"), "has no baseline for '+1%'"),
        (("--config", "flop.yaml"), "did you mean"),
        (("--jobs", "0"), "0 jobs are none"),
        (("--against", "main"), "in no git repository"),
    ],
)
def test_wrong_options(run: Run, project: Project, arguments: tuple[str, ...], says: str) -> None:
    result = run("check", "nets/small.yaml", *arguments)

    assert result.code == 2
    assert says in result.out + result.err


def test_no_configuration(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for command in (("check",), ("lock",), ("accept", "x", "--reason", "y"), ("tighten",)):
        result = run(*command)
        assert result.code == 2
        assert "no flopcalc.yaml here or above" in result.err


def test_found_upwards_and_from_pyproject(
    run: Run, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    (project.folder / "flopcalc.yaml").unlink()
    table = '[tool.other]\nx = 1\n\n[tool.flopcalc]\nmodels = ["nets/*.yaml"]\n'
    project.write("pyproject.toml", f"{table}\n[tool.flopcalc.limits]\nparams = 100\n")
    monkeypatch.chdir(project.folder / "nets")
    result = run("check", "--json")
    assert result.code == 1
    assert json.loads(result.out)["results"][0]["model"] == "nets/small.yaml"

    project.write("pyproject.toml", f"{table}\n[tool.flopcalc.limits]\nparms = 100\n")
    result = run("check")
    assert result.code == 2
    assert ":8:1: error: unknown metric 'parms'" in result.err.replace("'../", "")
    assert "did you mean 'params'?" in result.err
    project.write("flopcalc.yaml", "models: [nets/*.yaml]\n")
    assert "both 'flopcalc.yaml' and 'pyproject.toml'" in run("check").err


def test_paths_with_spaces_letters_and_windows_line_ends(run: Run, project: Project) -> None:
    name = "nets/größe und farbe.yaml"
    project.write(name, SPEC.format(first=9).replace("\n", "\r\n"))
    config = "models:\r\n  - nets/*.yaml\r\nlimits:\r\n  params: [130, +0]\r\n"
    project.write("flopcalc.yaml", config)
    project.write("x", "")
    assert run("lock").code == 0
    lock = project.read("flopcalc.lock")
    project.write("flopcalc.lock", lock.replace("\n", "\r\n"))
    result = run("check", "--report", "sarif=s.json")

    assert result.code == 1
    assert name in result.out
    uri = json.loads(project.read("s.json"))["runs"][0]["results"][0]["locations"][0]
    assert uri["physicalLocation"]["artifactLocation"]["uri"] == (
        "nets/gr%C3%B6%C3%9Fe%20und%20farbe.yaml"
    )


def test_jobs_give_the_same_report(run: Run, project: Project) -> None:
    project.write("nets/wide.yaml", SPEC.format(first=16))
    project.write("nets/broken.yaml", "flopcalc: 1\n")
    alone = run("check", "--max", "params=200", "--json")

    assert run("check", "--max", "params=200", "--jobs", "2", "--json") == alone
    assert alone.code == 2


def test_many_models_show_how_far_they_are(
    run: Run, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    for i in range(10):
        project.write(f"nets/n{i}.yaml", SPEC.format(first=i + 1))
    quiet = run("check", "--max", "params=1k")
    assert quiet.err == ""
    monkeypatch.setattr("flopcalc.cli.reports._is_terminal", lambda: True)
    shown = run("check", "--max", "params=1k")

    assert shown.out == quiet.out
    assert "\r" + "█" * 16 + "·" * 14 + " 6 of 11 models" in shown.err
    assert shown.err.endswith("\r" + " " * 60 + "\r"), "the bar leaves nothing behind"


def test_github(run: Run, project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    summary = project.write("summary.md", "before\n")
    monkeypatch.setitem(os.environ, "GITHUB_STEP_SUMMARY", str(summary))
    result = run("check", "nets/small.yaml", "--max", "params=100", "--github")

    line = "::error file=nets/small.yaml,line=6,col=5,title=flopcalc params::"
    assert line in result.out
    assert project.read("summary.md").startswith("before\n## 1 of 1 limit exceeded: 1 model\n")


def test_places_are_seen_from_the_root_of_the_repository(
    run: Run, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.commit()
    monkeypatch.chdir(project.folder / "nets")
    data = json.loads(run("check", "small.yaml", "--max", "params=1", "--json").out)

    assert data["results"][0]["path"] == "nets/small.yaml"


def test_what_holds_and_what_only_warns_is_counted_apart(run: Run, project: Project) -> None:
    limits = f"{{mult_adds: [1M, 2M], params: {{max: {PARAMS[8] - 1}, severity: warn}}}}"
    lines = [f"  - {{model: nets/small.yaml, name: n{i}, limits: {limits}}}" for i in range(3)]
    project.write("flopcalc.yaml", "\n".join(["models:", *lines, ""]))
    assert run("check").out.startswith("6 limits hold, 3 exceeded as a warning: 3 models\n")

    lines[0] = lines[0].replace("1M", "1k")
    project.write("flopcalc.yaml", "\n".join(["models:", *lines, ""]))
    title = "1 of 9 limits exceeded, 3 more as a warning: 3 models\n"
    assert run("check").out.startswith(title)


def test_one_more_limit_holds(run: Run, project: Project) -> None:
    lines = [f"  - {{model: nets/small.yaml, name: n{i}}}" for i in range(16)]
    limits = "limits: {mult_adds: 1G, params: 1M}"
    project.write("flopcalc.yaml", "\n".join(["models:", *lines[:15], limits]))
    assert "more limit" not in run("check").out
    extra = "  - {model: nets/small.yaml, name: last, limits: {params: 1M, mult_adds: off}}"
    project.write("flopcalc.yaml", "\n".join(["models:", *lines[:15], extra, limits]))
    assert "\n1 more limit holds: --all lists them\n" in run("check").out


def test_the_command_that_accepts_names_all_that_grew(run: Run, project: Project) -> None:
    project.write("nets/other one.yaml", SPEC.format(first=8))
    run("lock")
    for name in ("nets/small.yaml", "nets/other one.yaml"):
        project.widen(9, name)
    text = "if it is meant: flopcalc accept 'nets/other one.yaml' nets/small.yaml --reason"
    assert text in run("check").out


def test_nothing_known_is_no_number(run: Run) -> None:
    """300774272*N Mult-Adds are not at least 0 of them."""
    graph = "tests/onnx_graph/graphs/mobilenet_v2.ts.dynbatch.onnx"
    result = run("check", str(Path(graph).resolve()), "--max", "mult_adds=300M")
    assert result.code == 3
    assert " unknown  300,000,000 (300M)" in result.out
    assert "300774272*N" in result.out
    assert "≥ 0" not in result.out
    assert run("check", str(Path(graph).resolve())).out.startswith("nothing to check: 1 model\n")
