"""`flopcalc init`, `fmt`, `schema spec`: what helps to write a spec."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import yaml

from flopcalc import catalog

Run = Callable[..., Any]
LONG = """flopcalc: 1
input: 32x32x3            # kernel
classes: 10
body:
  - {conv: 16, kernel: 3, stride: 2}   # the kernel stays in comments
  - global_avg_pool
  - {fc: classes}
"""


def test_the_starter_analyzes_without_a_word(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    assert run("init", "spec", str(path)).code == 0
    result = run("analyze", str(path))

    assert result.code == 0
    assert "warning" not in result.out
    assert run("init", "spec").out == path.read_text(encoding="utf-8")


def test_init_does_not_replace_a_file(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text("mine", encoding="utf-8")
    result = run("init", "spec", str(path))

    assert result.code == 2
    assert "--force replaces it" in result.err
    assert path.read_text(encoding="utf-8") == "mine"
    assert run("init", "spec", str(path), "--force").code == 0


def test_fmt_shortens_keys_and_touches_nothing_else(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "long.yaml"
    path.write_bytes(b"\xef\xbb\xbf" + LONG.replace("\n", "\r\n").encode())
    assert run("fmt", "--check", str(path)).code == 1
    assert run("fmt", str(path)).code == 0
    short = LONG.replace("kernel: 3, stride: 2", "k: 3, s: 2").replace("\n", "\r\n")

    assert path.read_bytes() == b"\xef\xbb\xbf" + short.encode()
    assert run("fmt", "--check", str(path)).code == 0


def test_fmt_writes_nothing_where_one_file_is_broken(run: Run, tmp_path: Path) -> None:
    good, bad = tmp_path / "good.yaml", tmp_path / "bad.yaml"
    good.write_text(LONG, encoding="utf-8")
    bad.write_text("flopcalc: 1\nbody: [", encoding="utf-8")

    assert run("fmt", str(good), str(bad)).code == 2
    assert good.read_text(encoding="utf-8") == LONG


def test_the_schema_for_editors(run: Run) -> None:
    schema = json.loads(run("schema", "spec").out)
    jsonschema.Draft7Validator.check_schema(schema)
    validator = jsonschema.Draft7Validator(schema)
    folder = Path(catalog.specs_folder())

    for file in catalog.shipped().values():
        assert list(validator.iter_errors(yaml.safe_load((folder / file).read_text("utf-8")))) == []
    slip = yaml.safe_load(LONG.replace("kernel", "kernal"))
    assert any("kernal" in error.message for error in validator.iter_errors(slip))
