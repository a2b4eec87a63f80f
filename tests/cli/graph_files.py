"""Graphs for the tests of the command line: real exports by name, and small ones from text."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import onnx
import onnx.parser

Run = Callable[..., Any]
GRAPHS = Path(__file__).parents[1] / "onnx_graph" / "graphs"
HEAD = '<ir_version: 10, opset_import: ["": 17, "acme": 1]>\n'


def graph(name: str) -> str:
    return str(GRAPHS / f"{name}.onnx")


def micro(folder: Path, text: str, name: str = "net.onnx") -> str:
    onnx.save(onnx.parser.parse_model(HEAD + text), folder / name)
    return str(folder / name)


def data(run: Run, *arguments: str) -> Any:
    result = run(*arguments, "--json")
    assert result.code == 0, result.err
    return json.loads(result.out)
