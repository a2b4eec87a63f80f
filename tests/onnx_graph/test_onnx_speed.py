"""What keeps large graphs quick: nothing heavy is imported, and layers that are alike share."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import flopcalc
from benchmarks.onnx_speed import convolutions, node, only_convolutions, tensor, value, write

LOOK = """
import sys
from flopcalc.cli.main import main
try:
    main()
except SystemExit as end:
    assert not end.code, end.code
print(",".join(sorted({"onnx", "numpy", "rich", "tabulate", "tempfile"} & set(sys.modules))))
"""


@pytest.mark.parametrize("format", ["plain", "csv", "json"])
def test_a_small_graph_imports_nothing_heavy(tmp_path: Path, format: str) -> None:
    path = write(tmp_path / "small.onnx", convolutions(60))
    asked = ["analyze", str(path), "-f", format]

    done = subprocess.run([sys.executable, "-c", LOOK, *asked], capture_output=True, check=False)

    assert done.returncode == 0, done.stderr
    assert done.stdout.decode().splitlines()[-1] == ""


def test_copies_are_counted_one_by_one(tmp_path: Path) -> None:
    # 3·3·16·16·14·14 Mult-Adds and 3·3·16·16 weights each
    analysis = flopcalc.analyze(write(tmp_path / "chain.onnx", only_convolutions(50)))

    assert [cost.mult_adds for cost in analysis.layers] == [451_584] * 50
    assert analysis.totals.params == 50 * 2304
    assert len({id(cost.layer.env) for cost in analysis.layers}) == 2  # the first reads the input
    assert len({cost.layer.outputs[0].id for cost in analysis.layers}) == 50


def test_a_list_of_floats_is_wrong_beside_an_equal_one_of_integers(tmp_path: Path) -> None:
    parts = [value(11, "x", (1, 4, 8, 8)), value(12, "z", (1, 4, 8, 8)), tensor("w", (4, 4, 1, 1))]
    wrong = node("Conv", ["y", "w"], "z", group=1)
    # `group` as a float: field 2 and type 1 in place of field 3 and type 2
    integer, number = b"\x18\x01\xa0\x01\x02", b"\x15\0\0\x80\x3f\xa0\x01\x01"
    assert wrong.count(integer) == 1
    inner = wrong[2:].replace(b"\x2a\x0c", b"\x2a\x0f").replace(integer, number)
    parts += [node("Conv", ["x", "w"], "y", group=1), wrong[:1] + bytes((len(inner),)) + inner]

    first, second = flopcalc.analyze(write(tmp_path / "x.onnx", b"".join(parts))).layers

    assert first.mult_adds == 8 * 8 * 4 * 4
    assert second.mult_adds is None
    assert "'group' is not an integer" in second.unknown["mac"]


def test_thousands_of_layers_without_scopes_show_the_heaviest(tmp_path: Path) -> None:
    path = str(write(tmp_path / "flat.onnx", only_convolutions(1001)))
    command = [sys.executable, "-m", "flopcalc", "analyze", path]

    default = subprocess.run(command, capture_output=True, check=True).stdout.decode()
    asked = subprocess.run([*command, "--by", "layer"], capture_output=True, check=True).stdout

    assert "60 of 1001 blocks that cost something" in default
    assert "exactly 452,035,584 Mult-Adds" in default  # 1001 of 451,584
    assert len(default.splitlines()) < 80
    assert len(asked.splitlines()) > 1001
