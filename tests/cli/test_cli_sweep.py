"""`flopcalc sweep` and `flopcalc fit` as a user runs them: Tables 6 and 7 among others."""

from __future__ import annotations

import csv
import io
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest

Run = Callable[..., Any]


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_table_6_with_its_accuracies(run: Run, golden: Callable[[str, str], None]) -> None:
    arguments = ("sweep", "mobilenet_v1", "--alpha", "1,0.75,0.5,0.25", "--convention", "paper")
    golden("table_6.txt", run(*arguments).out)
    found = rows(run(*arguments, "-f", "csv").out)

    assert [(r["alpha"], r["mult_adds"], r["params"], r["top1"]) for r in found] == [
        ("1", "568740352", "4209088", "0.706000"),
        ("0.75", "325400448", "2568144", "0.684000"),
        ("0.5", "149497088", "1319648", "0.637000"),
        ("0.25", "41030272", "463600", "0.506000"),
    ]
    assert found[1]["ratio"] == "0.572142"  # where α² is 0.5625
    assert found[1]["square"] == "0.562500"


def test_table_7_with_its_accuracies(run: Run, golden: Callable[[str, str], None]) -> None:
    arguments = ("sweep", "mobilenet_v1", "--res", "224,192,160,128", "--convention", "paper")
    golden("table_7.txt", run(*arguments).out)
    found = rows(run(*arguments, "-f", "csv").out)

    assert [(r["res"], r["mult_adds"], r["top1"]) for r in found] == [
        ("224×224", "568740352", "0.706000"),
        ("192×192", "418121728", "0.691000"),
        ("160×160", "290675200", "0.672000"),
        ("128×128", "186400768", "0.644000"),
    ]


def test_the_grid_as_a_pivot(run: Run, golden: Callable[[str, str], None]) -> None:
    grid = ("sweep", "mobilenet_v1", "--alpha", "0.25:1:0.25", "--res", "128:224:32")
    golden("pivot.txt", run(*grid, "--pivot", "alpha,res").out)
    found = rows(run(*grid, "--pivot", "res,alpha", "--value", "top1", "-f", "csv").out)

    assert found[0] == {
        "res": "128",
        "alpha_0.25": "0.415000",
        "alpha_0.5": "0.563000",
        "alpha_0.75": "0.621000",
        "alpha_1": "0.652000",
    }


def test_published_figures_are_judged(run: Run, golden: Callable[[str, str], None]) -> None:
    """What does not come out is known, and said; the same verdicts as beside an analysis."""
    data = json.loads(run("sweep", "mobilenet_v1", "alexnet", "--published", "--json").out)
    golden("published.txt", run("sweep", "mobilenet_v1", "alexnet", "--published").out)
    beside = json.loads(run("analyze", "mobilenet_v1", "--published", "--json").out)["published"]

    assert [row for row in data["rows"] if "mobilenet_v1" in row["path"]] == beside
    for row in data["rows"]:
        for figure in row["figures"].values():
            assert figure["agrees"] == (figure["verdict"] == "reproduced")


def test_which_mobilenet(run: Run, golden: Callable[[str, str], None]) -> None:
    models = ("mobilenet_v1", "mobilenet_v2", "mobilenet_v3_large", "mobilenet_v3_small")
    limits = ("--max", "mult_adds=100M", "--max", "bytes=2MB", "--dtype", "int8")
    result = run("fit", *models, *limits)
    golden("fit.txt", result.out)
    data = json.loads(run("fit", *models, *limits, "--json").out)

    assert result.code == 0
    assert [f["fits"]["operations"] for f in data["found"]] == [
        *(98_520_840, 97_821_760, 37_491_584, 37_548_896),
    ]
    best = data["published"][0]
    assert (best["name"], best["alpha"], best["res"], best["top1"]) == (
        *("MobileNetV2", 0.5, [224, 224], 0.654),
    )


def test_nothing_fits(run: Run) -> None:
    result = run("fit", "mobilenet_v1", "--max", "mult_adds=1k")

    assert result.code == 1
    assert "no MobileNetV1 fits: the smallest tried, α 0.001 at 224×224, takes" in result.out


def test_everything_fits(run: Run) -> None:
    result = run("fit", "mobilenet_v1", "--max", "mult_adds=1T", "--alpha", "0.5,1")

    assert result.code == 0
    assert "everything tried fits" in result.out


@pytest.mark.parametrize("name", ["sweep", "fit", "published"])
def test_json_is_what_its_schema_says(run: Run, name: str) -> None:
    commands = {
        "sweep": ("sweep", "mobilenet_v1", "--alpha", "1,0.5"),
        "fit": ("fit", "mobilenet_v1", "--max", "mult_adds=100M"),
        "published": ("sweep", "mobilenet_v1", "--published"),
    }
    schema = json.loads(run("schema", name).out)

    jsonschema.validate(json.loads(run(*commands[name], "--json").out), schema)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--alpha", "0.25:1"), "alpha '0.25:1' has no step"),
        (("--alpha", "0.2:1:0.3"), "does not reach its end: the last value is 0.8"),
        (("--alpha", "x"), "alpha 'x' is no list and no range of numbers"),
        (("--alpha", "1:0:0.5"), "alpha '1:0:0.5' has no values"),
        (("--alpha", "0:1:0.0000001"), "more than 1,000,000 values"),
        (("--alpha", "0"), "alpha 0 is not a positive number"),
        (("--res", "128:129:0.5"), "is not made of integers"),
        (("--res", "192,224", "--rho", "0.5"), "'rho' and 'res' both set the resolution"),
        (("--set", "u=1:3"), "no var 'u' to set"),
        (("--variant", "nope"), "unknown variant 'nope'"),
        (("--pivot", "alpha"), "'alpha' does not name two axes"),
        (("--pivot", "alpha,rse"), "unknown axis 'rse'"),
        (("--pivot", "alpha,res", "--value", "top2"), "unknown value 'top2'"),
        (("--pareto", "mult_adds,speed"), "no goal 'speed'"),
        (("--data", "x.xls"), "'x.xls' has no known ending"),
        (("--jobs", "0"), "--jobs 0: at least 1"),
        (("--continuous", "--alpha", "2:1"), "alpha '2:1' ends before it starts"),
        (("--continuous", "--alpha", "0.5"), "is not a range of two numbers"),
        (("--convention", "papre"), "unknown convention 'papre'"),
    ],
)
def test_slips(run: Run, arguments: tuple[str, ...], said: str) -> None:
    result = run("sweep", "mobilenet_v1", *arguments)

    assert result.code == 2
    assert said in result.err
    assert "hint" in result.err or "--jobs" in result.err
    assert "Traceback" not in result.err


BULK = ("sweep", "mobilenet_v1", "--continuous", "--alpha", "0.9:1.1", "--res", "100:140")


def test_bulk_output_is_complete_in_every_format(run: Run, tmp_path: Path) -> None:
    files = {ending: str(tmp_path / f"x.{ending}") for ending in ("csv", "json")}
    for file in files.values():
        assert run(*BULK, "--data", file).code == 0
    table = rows(Path(files["csv"]).read_text(encoding="utf-8"))
    data = json.loads(Path(files["json"]).read_text(encoding="utf-8"))
    (plane,) = data["planes"]
    flat = [n for row in plane["operations"] for n in row]

    assert [int(row["operations"]) for row in table] == flat
    assert len(flat) == data["points"] == len(plane["alpha"]) * len(plane["res"])
    assert [int(row["params"]) for row in table] == [n for row in plane["params"] for n in row]
    for row in table[:: len(table) // 5]:
        arguments = ("--alpha", row["alpha_high"], "--res", f"{row['height']}x{row['width']}")
        counted = json.loads(run("analyze", "mobilenet_v1", *arguments, "--json").out)
        assert counted["totals"]["mult_adds"] == int(row["operations"])
    np = pytest.importorskip("numpy")
    npz = str(tmp_path / "x.npz")
    run(*BULK, "--data", npz)
    with np.load(npz) as arrays:
        assert arrays["operations"].tolist() == plane["operations"]
        assert arrays["params"].tolist() == plane["params"]
        assert arrays["alpha"].tolist() == plane["alpha"]
        assert arrays["res"].tolist() == plane["res"]


def test_processes_change_nothing(run: Run, tmp_path: Path) -> None:
    arguments = ("sweep", "mobilenet_v1", "--alpha", "0.25:1:0.01", "--res", "64", "--all")
    alone, spread = run(*arguments), run(*arguments, "--jobs", "2")

    assert spread.code == 0, spread.err
    assert spread.out == alone.out


def test_csv_is_not_folded(run: Run) -> None:
    arguments = ("sweep", "mobilenet_v1", "--alpha", "0.1:1:0.01")

    assert len(rows(run(*arguments, "-f", "csv").out)) == 91
    assert "the front of 91 points" in run(*arguments, "--pareto", "mult_adds,top1").out


@pytest.mark.skipif(os.name == "nt", reason="signals are another thing there")
def test_an_interrupted_sweep_leaves_no_file(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "flopcalc", *("sweep", "mobilenet_v1", "--continuous")]
    file = tmp_path / "x.csv"
    process = subprocess.Popen([*command, "--data", str(file)], stderr=subprocess.PIPE)
    time.sleep(1.5)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=30)

    assert process.returncode == 130, err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(os.name == "nt", reason="signals are another thing there")
@pytest.mark.parametrize("ending", ["csv", "json"])
def test_a_file_that_is_interrupted_is_none(tmp_path: Path, ending: str) -> None:
    """^C while half of it is written: what was there before stays as it was."""
    file = tmp_path / f"x.{ending}"
    file.write_text("before", encoding="utf-8")
    code = """
import os, signal, sys
import flopcalc
from flopcalc.cli.main import main
from flopcalc.engine.cells import Cells

row, left = Cells.row, [150]
def slow(cells, i):
    left[0] -= 1
    if left[0] == 0:
        os.kill(os.getpid(), signal.SIGINT)
    return row(cells, i)
Cells.row = slow
main(sys.argv[1:])
"""
    sweep = ("sweep", "mobilenet_v1", "--alpha", "0.5:0.7:0.001", "--res", "32,64")
    command = [sys.executable, "-c", code, *sweep, "--data", str(file)]
    done = subprocess.run(command, capture_output=True, timeout=60, check=False)

    assert done.returncode == 130, done.stderr
    assert done.stderr.decode().strip() == "interrupted"
    assert [path.name for path in tmp_path.iterdir()] == [file.name]
    assert file.read_text(encoding="utf-8") == "before"


@pytest.mark.skipif(os.name == "nt", reason="terminals are another thing there")
def test_progress_is_for_terminals_only() -> None:
    """A bar on stderr where that is a terminal, wiped at the end; nothing of it elsewhere."""
    import pty

    command = [sys.executable, "-m", "flopcalc", "sweep", "mobilenet_v1", "--alpha", "0.2:1:0.002"]
    command += ["--res", "64", "--pareto", "mult_adds,params"]
    screen, terminal = pty.openpty()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=terminal)
    os.close(terminal)
    shown = b""
    while True:
        try:
            part = os.read(screen, 4096)
        except OSError:  # the other side has closed it
            break
        if not part:
            break
        shown += part
    out, _ = process.communicate(timeout=60)
    os.close(screen)
    piped = subprocess.run(command, capture_output=True, timeout=60, check=False)

    assert process.returncode == piped.returncode == 0
    assert "█" in shown.decode()
    assert shown.endswith(b"\r\x1b[K")
    assert piped.stderr == b""
    assert piped.stdout == out


def test_one_point_is_one(run: Run) -> None:
    assert " · 1 point · " in run("sweep", "mobilenet_v1").out
