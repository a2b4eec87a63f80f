"""The graphs here against the truth about them, as `python -m tests.onnx_truth` judges a folder.

The numbers are those of PyTorch runs of the models: truth.json has them in total, by operator, and
for several sizes where dimensions have names.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))  # where the command lives

import onnx_truth  # noqa: E402 - after its folder is known

TRUTH = json.loads((HERE / "truth.json").read_text(encoding="utf-8"))["files"]


@pytest.mark.parametrize("name", TRUTH)
def test_exact(name: str) -> None:
    verdict = onnx_truth.judge(HERE / "graphs" / f"{name}.onnx", TRUTH[name])

    assert (verdict.outcome, verdict.why) == ("exact", "")


def test_each_graph_has_its_truth() -> None:
    assert {path.name for path in (HERE / "graphs").glob("*.onnx")} == {f"{n}.onnx" for n in TRUTH}


def test_a_wrong_count_is_found(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "graphs").symlink_to(HERE / "graphs")
    lies = {name: dict(truth) for name, truth in TRUTH.items()}
    lies["lenet5"] = {"mult_adds": TRUTH["lenet5"]["mult_adds"] + 1}
    (tmp_path / "truth.json").write_text(json.dumps({"files": lies}), encoding="utf-8")

    assert onnx_truth.main([str(tmp_path), "lenet5", "resnet18.ts.onnx"]) == 1
    out = capsys.readouterr().out
    assert "416,520, not 416,521 (-1)" in out
    assert "2 graphs" in out
    assert "1 exact, 0 partial, 0 refused, 1 wrong" in out


def test_the_table_of_the_documentation() -> None:
    found = [
        onnx_truth.Verdict("a", "exact", 12_000),
        onnx_truth.Verdict("b", "partial", 5, "no formula"),
    ]

    assert onnx_truth.markdown(found).splitlines()[2:] == [
        "| a | 12,000 | exact |",
        "| b | ≥ 5 | partial: no formula |",
    ]
