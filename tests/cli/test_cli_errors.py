"""What goes wrong is said clearly: one message, the right exit code, never a traceback."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from flopcalc.cli.main import main

Run = Callable[..., Any]
TINY = """flopcalc: 1
input: 8x8x3
body:
  - {conv: 4, k: 3}
"""


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--alpha", "0"), "alpha 0 is not a positive number"),
        (("--alpha", "-1"), "alpha -1 is not a positive number"),
        (("--alpha", "nan"), "alpha nan is not a positive number"),
        (("--alpha", "inf"), "alpha inf is not a positive number"),
        (("--alpha", "1e9"), "alpha 1e+09 is more than 1000"),
        (("--alpha", "wide"), "'wide' is not a valid float"),
        (("--rho", "0"), "rho 0 is not a positive number"),
        (("--rho", "0.001"), "rho 0.001 leaves no pixels of 224"),
        (("--rho", "0.5", "--res", "112"), "'rho' and 'res' both set the resolution"),
        (("--res", "0"), "resolution 0x0 is not positive"),
        (("--res", "-1"), "'-1' is no resolution"),
        (("--res", "big"), "'big' is no resolution"),
        (("--res", "99999999"), "resolution 99999999 has more than 7 digits"),
        (("--res", "9999999"), "more than 1,000,000 positions"),
        (("--len", "5"), "no input is a sequence"),
        (("--batch", "0"), "batch 0 is not a positive integer"),
        (("--depth", "3"), "--level N folds blocks at a depth, --depth-scale X multiplies repeats"),
        (("--depth-scale", "0"), "depth 0 is not a positive number"),
        (("--set", "deep"), "'deep' is not name=value"),
        (("--set", "dep=2"), "no var 'dep' to set"),
        (("--set", "deep=true"), "var 'deep' is a number"),
        (("--set", "classes=0"), "classes '0' is no positive integer"),
        (("--variant", "shalow"), "did you mean 'shallow'?"),
        (("--swap", "sep=cnov"), "did you mean 'conv'?"),
        (("--by", "kinds"), "did you mean 'kind'?"),
        (("--sort", "mult_add"), "did you mean 'mult_adds'?"),
        (("--columns", "name,parms"), "did you mean 'params'?"),
        (("--layer", "conv2.pv"), "did you mean 'conv2.pw'?"),
        (("--top", "0"), "the top 0 layers are none"),
        (("--level", "0"), "level 0"),
        (("--format", "jsn"), "'jsn' is not one of"),
        (("--alfa", "1"), "--alpha"),
    ],
)
def test_options(run: Run, arguments: tuple[str, ...], says: str) -> None:
    result = run("analyze", "mobilenet_v1", *arguments)

    assert result.code == 2
    assert result.out == ""
    assert says in result.err.replace("\n", " ")
    assert "Traceback" not in result.err


def test_a_map_that_vanishes(run: Run) -> None:
    """VGG halves its map five times: 31 px leave nothing for the last pool."""
    result = run("analyze", "vgg16", "--res", "31")

    assert result.code == 2
    assert "the map vanishes: a kernel of 2×2 on 1×1" in result.err
    assert "specs/classic/vgg.yaml:19:5" in result.err
    assert "a larger input resolution" in result.err


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("empty.yaml", b"", "empty"),
        ("binary.yaml", b"\x89PNG\r\n\x1a\n\x00\x00", "binary"),
        ("latin.yaml", "name: Zürich".encode("latin-1"), "not UTF-8 text"),
        ("list.yaml", b"- 1\n- 2\n", "a spec is a mapping"),
        ("other.yaml", b"services: {}\n", "not a flopcalc spec: no 'flopcalc' key"),
        ("huge.yaml", b"# " + b"x" * 300_000, "larger than 256 KiB"),
    ],
)
def test_files_that_are_no_specs(
    run: Run, tmp_path: Path, name: str, content: bytes, says: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    result = run("analyze", str(path))

    assert result.code == 2
    assert name in result.err
    assert says in result.err


def test_a_directory_and_a_missing_file(run: Run, tmp_path: Path) -> None:
    assert "is a directory" in run("analyze", str(tmp_path)).err
    missing = run("analyze", str(tmp_path / "mobilenet_v1.yaml"))
    assert missing.code == 2
    assert "no such file" in missing.err
    assert "the network 'mobilenet_v1' ships with flopcalc" in missing.err


def test_unknown_networks_suggest_near_ones(run: Run) -> None:
    result = run("analyze", "mobilnet_v1")

    assert result.code == 2
    assert "did you mean 'mobilenet_v1'?" in result.err


def test_unknown_commands_suggest_near_ones(run: Run) -> None:
    assert "did you mean 'analyze'?" in run("analyse").err
    assert "try 'flopcalc analyze net.yaml'" in run("net.yaml").err


def test_expectations_that_do_not_hold_are_said(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "tiny.yaml"
    path.write_text(TINY + "expect: {params: 111}\n", encoding="utf-8")
    result = run("analyze", str(path))

    assert result.code == 0
    message = "tiny.yaml:5:18: the file expects 111 params, but there are 112"
    assert message in result.out


def test_an_output_file_is_written_whole(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    path.write_text("old", encoding="utf-8")
    result = run("analyze", "mobilenet_v1", "--json", "-o", str(path))

    assert result == (0, "", "")
    assert '"mult_adds": 568740352' in path.read_text(encoding="utf-8")
    assert [p.name for p in tmp_path.iterdir()] == ["report.json"]


@pytest.mark.parametrize(
    ("suffix", "format"),
    [
        (".md", "markdown"),
        (".tex", "latex"),
        (".csv", "csv"),
        (".json", "json"),
        (".html", "html"),
        (".TEX", "latex"),
        (".txt", "plain"),
        ("", "plain"),
    ],
)
def test_the_suffix_of_an_output_says_the_format(
    run: Run, tmp_path: Path, suffix: str, format: str
) -> None:
    """Also what a format for programs means: more than 60 layers are not folded."""
    path, asked = tmp_path / f"report{suffix}", ("analyze", "resnet152")
    assert run(*asked, "-o", str(path)) == (0, "", "")

    assert path.read_text(encoding="utf-8") == run(*asked, "-f", format).out


def test_a_format_goes_before_the_suffix(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    run("conventions", "-f", "csv", "-o", str(path))

    assert path.read_text(encoding="utf-8") == run("conventions", "-f", "csv").out


def test_an_output_that_cannot_be_written(run: Run, tmp_path: Path) -> None:
    nowhere = run("analyze", "mobilenet_v1", "-o", str(tmp_path / "no" / "report.txt"))
    assert nowhere.code == 2
    assert "cannot write" in nowhere.err
    folder = run("analyze", "mobilenet_v1", "-o", str(tmp_path))
    assert folder.code == 2
    assert "is a directory" in folder.err


def test_a_failing_command_leaves_the_old_file(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "report.txt"
    path.write_text("old", encoding="utf-8")
    run("analyze", "mobilenet_v1", "--alpha", "0", "-o", str(path))

    assert path.read_text(encoding="utf-8") == "old"


def _process(*arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "flopcalc", *arguments]
    return subprocess.run(command, check=False, text=True, encoding="utf-8", **options)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk() -> None:
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        result = _process("analyze", "mobilenet_v1", stdout=full, stderr=subprocess.PIPE)

    assert result.returncode == 2
    assert "no space left on device" in result.stderr
    assert "Traceback" not in result.stderr
    assert "Exception" not in result.stderr


def test_a_closed_pipe() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    result = _process("analyze", "mobilenet_v1", "--all", stdout=writer, stderr=subprocess.PIPE)
    os.close(writer)

    assert result.returncode == 0
    assert result.stderr == ""


def test_a_bug_is_one_line_and_an_address(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("integer modulo by zero")

    monkeypatch.setattr("flopcalc.api.open_model", broken)
    result = run("analyze", "mobilenet_v1")

    assert result.code == 70
    assert (
        "a bug in flopcalc (ZeroDivisionError: integer modulo by zero); please report" in result.err
    )
    with pytest.raises(ZeroDivisionError):
        main(["--debug", "analyze", "mobilenet_v1"])


def test_an_interrupt(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("flopcalc.api.open_model", interrupted)

    assert run("analyze", "mobilenet_v1").code == 130


def test_an_ascii_terminal_still_gets_its_report() -> None:
    environment = {**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    result = _process("analyze", "mobilenet_v1", capture_output=True, env=environment)

    assert result.returncode == 0
    assert "224?224?3" in result.stdout
