"""Every command in every format; what a terminal gets and what a pipe gets; light imports."""

from __future__ import annotations

import csv
import io
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., Any]
HEAVY = (
    *("rich", "tabulate", "numpy", "onnx", "importlib.metadata", "fractions", "decimal"),
    *("dataclasses", "jsonschema", "difflib", "tempfile", "pathlib", "asyncio", "concurrent"),
)


@pytest.mark.parametrize("format", ["table", "plain", "markdown", "latex", "csv", "json"])
@pytest.mark.parametrize(
    "command",
    [
        ("analyze", "mobilenet_v1"),
        ("analyze", "mobilenet_v1", "--by", "kind"),
        ("explain", "mobilenet_v1", "conv2"),
        ("ops",),
        ("ops", "sep"),
        ("conventions",),
    ],
)
def test_every_command_in_every_format(run: Run, command: tuple[str, ...], format: str) -> None:
    result = run(*command, "-f", format)

    assert result.code == 0
    assert result.err == ""
    assert result.out.endswith("\n")
    assert "Fraction" not in result.out
    assert "None" not in result.out.replace("'none'", "")


def test_csv_is_exact(run: Run) -> None:
    rows = list(csv.DictReader(io.StringIO(run("analyze", "mobilenet_v1", "-f", "csv").out)))

    assert rows[-1]["name"] == "fc"
    assert sum(int(row["mult_adds"]) for row in rows) == 568_740_352
    assert sum(int(row["params"]) for row in rows) == 4_231_976


def test_units(run: Run) -> None:
    exact = run("analyze", "mobilenet_v1", "--units", "exact").out
    millions = run("analyze", "mobilenet_v1", "--units", "M").out

    assert "568,740,352" in exact
    assert "568.74 " in millions


def test_quiet_leaves_hints_out(run: Run) -> None:
    assert "--all lists them" in run("analyze", "mobilenet_v1").out
    assert "--all lists them" not in run("analyze", "mobilenet_v1", "-q").out


def test_a_table_has_colour_when_asked(run: Run) -> None:
    plain = run("analyze", "mobilenet_v1", "-f", "table", "--no-color").out
    coloured = run("analyze", "mobilenet_v1", "-f", "table", "--color").out

    assert "\x1b[" not in plain
    assert "\x1b[" in coloured


def test_help_names_every_command(run: Run) -> None:
    from flopcalc.cli.main import COMMANDS

    out = run("--help").out

    assert all(name in out for name in COMMANDS)
    for name in COMMANDS:
        assert "--help" in run(name, "--help").out


def test_version(run: Run) -> None:
    from flopcalc import __version__

    assert run("--version").out == f"flopcalc, version {__version__}\n"


def _loaded(*arguments: str) -> set[str]:
    """The modules that a command has imported when it ends."""
    code = (
        "import sys, os\n"
        "from flopcalc.__main__ import main\n"
        f"sys.argv = ['flopcalc', *{arguments!r}]\n"
        "real = sys.stdout\n"
        "sys.stdout = open(os.devnull, 'w')\n"
        "try:\n    main()\n"
        "except SystemExit as end:\n    assert not end.code, end.code\n"
        "print(*sys.modules, file=real)\n"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True
    )
    return set(result.stdout.split())


@pytest.mark.parametrize(
    ("arguments", "also"),
    [
        (("--help",), ("yaml", "json", "flopcalc.api", "flopcalc.formula")),
        (("--version",), ("yaml", "json", "flopcalc.api", "flopcalc.formula")),
        (("analyze", "mobilenet_v1", "--format", "json"), ("flopcalc.ops.recurrent",)),
        (("analyze", "mobilenet_v1", "--format", "plain"), ("json", "flopcalc.ops.recurrent")),
        (("analyze", "mobilenet_v1", "--format", "csv"), ("json", "flopcalc.ops.recurrent")),
    ],
)
def test_light_commands_import_nothing_heavy(
    arguments: tuple[str, ...], also: tuple[str, ...]
) -> None:
    loaded = _loaded(*arguments)
    # what Python and its site packages import on their own is not ours to avoid
    bare = subprocess.run(
        [sys.executable, "-c", "import click, yaml, sys; print(*sys.modules)"],
        check=True,
        capture_output=True,
        text=True,
    )
    heavy = {name for name in (*HEAVY, *also) if name in loaded}

    assert heavy - (set(bare.stdout.split()) - set(also)) == set()


def test_a_dumb_width_does_not_break_the_table(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    out = run("analyze", "mobilenet_v1", "-f", "table").out

    assert max(map(len, out.splitlines())) <= 80
    assert Path("specs").name in out
