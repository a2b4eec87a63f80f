"""Every file in bad/ ends in its message, in a warning, within the limits; nothing else escapes."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from spec_files import BAD, SCALES

from flopcalc.errors import InputError
from flopcalc.graph import Scale
from flopcalc.spec import elaborate, model
from flopcalc.spec.elaborate import Elaborator
from flopcalc.spec.model import load_spec

IDS = [path.stem for path in BAD]
WIDEST_STEP = 3000  # operands of one step in wide_add.yaml
NO_HINT = {"bigint"}  # the number itself says it


def ending(path: Path) -> str:
    """The error of a bad file, or its warnings."""
    scale = SCALES.get(path.stem, Scale())
    try:
        graph = load_spec(path.read_text(), path.name).graph(scale)
    except InputError as error:
        return f"{type(error).__name__}\n{error}\n"
    return "warnings\n" + "".join(f"{warning}\n" for warning in graph.warnings)


@pytest.mark.parametrize("path", BAD, ids=IDS)
def test_message(path: Path, request: pytest.FixtureRequest) -> None:
    golden = path.with_suffix(".err")
    text = ending(path)
    if request.config.getoption("--update-golden"):
        golden.write_text(text)
    assert text == golden.read_text()


@pytest.mark.parametrize("path", BAD, ids=IDS)
def test_message_says_what_where_and_what_to_try(path: Path) -> None:
    text = ending(path)
    lines = text.splitlines()
    if lines[0] == "warnings":
        assert path.stem == "shadow" or path.stem.startswith("warn_")
        assert len(lines) > 1
        return
    head = lines[1].partition("error: ")[2]
    assert head[0].islower() or not head[0].isalpha()
    assert not head.endswith(".")
    assert path.stem in NO_HINT or lines[-1].startswith(" hint: ")
    if path.stem not in SCALES:  # a knob of the command line stands in no file
        assert lines[1].startswith(f"{path.name}:") or path.stem == "empty"


def test_there_are_goldens_for_bad_files_only() -> None:
    goldens = {path.stem for path in BAD[0].parent.glob("*.err")}
    assert goldens == set(IDS)


@pytest.mark.parametrize("path", BAD, ids=IDS)
def test_budgets_hold(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Steps and layers stay within their budgets, however the file multiplies them."""
    runs: list[Elaborator] = []

    class Watched(Elaborator):
        def __init__(self, *args: object) -> None:
            super().__init__(*args)  # type: ignore[arg-type]  # as it is called
            runs.append(self)

    monkeypatch.setattr(model, "Elaborator", Watched)
    ending(path)
    for run in runs:
        assert run.budget >= -WIDEST_STEP  # at most one step beyond
        assert len(run.builder.layers) <= elaborate.MAX_LAYERS


def test_all_within_400_megabytes() -> None:
    """One process reads them all with its address space limited."""
    program = (
        "import resource, sys\n"
        "resource.setrlimit(resource.RLIMIT_AS, (400 << 20, 400 << 20))\n"
        "sys.path.insert(0, sys.argv[1])\n"
        "from test_bad_files import BAD, ending\n"
        "print(len([ending(path) for path in BAD]))\n"
    )
    command = [sys.executable, "-c", program, str(Path(__file__).parent)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert done.stdout.strip() == str(len(BAD)), done.stderr[-2000:]


def test_error_in_a_block_names_its_callers(load: Callable[[str], model.SpecModel]) -> None:
    network = load("""
        flopcalc: 1
        input: 8x8x3
        blocks:
          inner: {body: [{conv: 8, k: 9, padding: valid}]}
          outer: {body: [relu, inner]}
        body:
          - relu
          - {outer, repeat: 2}
    """)
    with pytest.raises(InputError) as raised:
        network.graph()
    assert raised.value.chain == (
        "in block 'inner', called from line 5",
        "in block 'outer', called from line 8",
    )
    assert raised.value.where is not None
    assert (raised.value.where.line, raised.value.where.column) == (4, 18)
