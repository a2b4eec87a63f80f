"""Fixtures: `golden` files, `run` for the command line, `project`, `load` and `count_of`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from textwrap import dedent
from typing import TYPE_CHECKING, NamedTuple

import pytest

from flopcalc.cli.main import main
from flopcalc.engine.count import Analysis, count
from flopcalc.graph import Scale
from flopcalc.reports.models import Entry
from flopcalc.spec.model import SpecModel, load_spec

if TYPE_CHECKING:
    from gate_project import Project

pytest.register_assert_rewrite("one_layer")


class Result(NamedTuple):
    """How a command ended, and what it printed."""

    code: int
    out: str
    err: str


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-golden", action="store_true", help="write golden files instead of comparing"
    )


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[str, str], None]:
    """`golden(name, text)`: `text` is what `golden/name` beside the test file holds."""

    def check(name: str, text: str) -> None:
        path = request.path.parent / "golden" / name
        if request.config.getoption("--update-golden"):
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(text.encode())
        assert path.exists(), f"{path} is missing: run pytest --update-golden, and read it"
        assert text == path.read_bytes().decode(), f"{name}: if right, run pytest --update-golden"

    return check


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A scratch project of the gate, and the working directory in it."""
    from gate_project import Project  # here, since it lies beside the tests of the command line

    monkeypatch.chdir(tmp_path)
    return Project(tmp_path)


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Callable[..., Result]:
    """`run("analyze", "mobilenet_v1")`: the command line, in this process."""

    def call(*arguments: str) -> Result:
        capsys.readouterr()
        with pytest.raises(SystemExit) as end:
            main(list(arguments))
        out, err = capsys.readouterr()
        code = end.value.code
        assert isinstance(code, int)
        return Result(code, out, err)

    return call


def _load(text: str) -> SpecModel:
    return load_spec(dedent(text).strip() + "\n", "net.yaml")


@pytest.fixture(scope="session")
def entries() -> list[Entry]:
    """Every network that ships, at all published scales, counted once for all tests."""
    from flopcalc.zoo import models

    return models(scales=True)


@pytest.fixture
def load() -> Callable[[str], SpecModel]:
    """The model of an indented text."""
    return _load


@pytest.fixture
def count_of() -> Callable[..., Analysis]:
    """The counts of an indented text at a scale."""

    def run(text: str, **knobs: object) -> Analysis:
        return count(_load(text).graph(Scale(**knobs)))  # type: ignore[arg-type]  # as given

    return run


@pytest.fixture
def shapes() -> Callable[..., list[str]]:
    """Each layer of an indented text at a scale as `name output`."""

    def run(text: str, **knobs: object) -> list[str]:
        graph = _load(text).graph(Scale(**knobs))  # type: ignore[arg-type]  # as given
        return [f"{layer.name} {layer.outputs[0].text()}" for layer in graph.layers]

    return run
