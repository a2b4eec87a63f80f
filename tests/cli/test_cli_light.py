"""What keeps a start quick changes nothing that a user sees."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

Run = Callable[..., Any]


@pytest.mark.parametrize(
    "short", [["-f", "csv", "-q"], ["-fcsv", "-q"], ["-qf", "csv"], ["-qfcsv"]], ids=" ".join
)
def test_short_options_are_long_ones(run: Run, short: list[str]) -> None:
    expected = run("analyze", "mobilenet_v1", "--format", "csv", "--quiet")

    assert run("analyze", "mobilenet_v1", *short).out == expected.out


@pytest.mark.parametrize("command", [[], ["analyze"], ["models"]], ids=" ".join)
def test_help_has_both_names(run: Run, command: list[str]) -> None:
    shown = run(*command, "--help").out

    assert "-h, --help" in shown
    assert "Show this message and exit." in shown
    assert run(*command, "-h").out == shown


def test_a_run_imports_nothing_for_messages() -> None:
    """`locale` and `difflib` serve translations and suggestions alone."""
    program = (
        "import sys, click, yaml\n"
        "before = set(sys.modules)\n"
        "from flopcalc.cli.main import main\n"
        "try:\n    main(['analyze', 'mobilenet_v1', '-f', 'csv', '-q'])\n"
        "except SystemExit as end:\n    assert not end.code\n"
        "print(*sorted({'locale', 'difflib', 'fractions'} & (set(sys.modules) - before)))\n"
    )
    done = _python(program)

    assert done.stdout.splitlines()[-1] == "", done.stderr


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["analyze", "mobilenet_v1", "-f", "json"], 0),
        (["analyze", "no_such_network"], 2),
        (["--version"], 0),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_the_end_of_a_process(arguments: list[str], code: int) -> None:
    """All is written, the code is right, and what others registered for the end runs."""
    program = (
        "import atexit, sys\n"
        f"sys.argv = ['flopcalc', *{arguments!r}]\n"
        "from flopcalc.__main__ import main\n"
        "import flopcalc.cli.main as cli\n"
        "run = cli.main\n"
        "cli.main = lambda: (atexit.register(print, 'bye'), run())\n"
        "main()\n"
    )
    done = _python(program)

    assert done.returncode == code, done.stderr
    assert done.stdout.splitlines()[-1] == "bye"
    if arguments[0] == "analyze" and not code:
        assert done.stdout.splitlines()[-2] == "}"
    elif code:
        assert done.stderr.startswith("error: no file and no network 'no_such_network'")


def _python(program: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", program]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
