"""The JSON Schema accepts every good spec, and names the key that is wrong in a bad one."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from spec_files import GOOD, SHIPPED

from flopcalc.errors import InputError
from flopcalc.graph import Scale
from flopcalc.ops.registry import all_steps
from flopcalc.spec.calls import COMMON
from flopcalc.spec.model import load_spec
from flopcalc.spec.schema import spec_schema
from flopcalc.spec.starter import STARTER

SCHEMA = spec_schema()
VALIDATOR = jsonschema.Draft7Validator(SCHEMA)


class Loader(yaml.SafeLoader):
    """YAML 1.2 as editors read it: `no` and `on` are words, dates do not exist."""


Loader.yaml_implicit_resolvers = {
    first: [
        (tag, pattern)
        for tag, pattern in found
        if tag not in {"tag:yaml.org,2002:timestamp", "tag:yaml.org,2002:merge"}
    ]
    for first, found in copy.deepcopy(yaml.SafeLoader.yaml_implicit_resolvers).items()
}


def read(text: str) -> Any:
    return yaml.load(text, Loader)  # noqa: S506 - a SafeLoader


def errors(document: Any) -> list[str]:
    """Messages, those of the innermost schemas."""
    found: list[str] = []
    todo = list(VALIDATOR.iter_errors(document))
    while todo:
        error = todo.pop()
        todo += error.context or []
        found.append(f"{'/'.join(map(str, error.absolute_path))}: {error.message}")
    return found


def test_is_a_draft_7_schema() -> None:
    jsonschema.Draft7Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("path", [*GOOD, *SHIPPED], ids=lambda p: f"{p.parent.name}/{p.stem}")
def test_good_specs_validate(path: Path) -> None:
    assert errors(read(path.read_text())) == []


def test_starter_validates() -> None:
    assert errors(read(STARTER)) == []
    model = load_spec(STARTER, "starter.yaml")
    for variant in (None, *model.variants):
        assert model.graph(Scale(variant=variant)).warnings == ()


SLIPS = [
    # body, the key or value that the message must name
    ("{sep: 64, strid: 2}", "strid"),
    ("{conv: 32, k: 3, act: [relu]}", "[relu]"),
    ("{conv: 32, k: 3, act: 5}", "5"),
    ("{fc: 3, bias: {}}", "{}"),
    ("{pw: {out: 3}}", "'out': 3"),
    ("{pw: '3; 4'}", "3; 4"),
    ("{relu: 3}", "3"),
    ("{conv: 3, pw: 3}", "pw"),
    ("{dw: 3, first: {strid: 2}}", "strid"),
    ("{dw: 3, repeat: [2]}", "[2]"),
    ("{max_pool: 2, padding: smae}", "padding"),
    ("{table: sep, colls: [out], rows: []}", "colls"),
    ("{table: sep, cols: [out], rows: [64]}", "64"),
    ("{residual: relu}", "relu"),
    ("{add: {pw: 3}}", "'pw': 3"),
    ("{custom: x, macs: 3}", "macs"),
    ("[relu]", "relu"),
    ("3", "3"),
]


@pytest.mark.parametrize(("step", "named"), SLIPS)
def test_slips_in_steps(step: str, named: str) -> None:
    text = f"flopcalc: 1\ninput: 8x8x3\nbody:\n  - relu\n  - {step}\n"
    found = errors(read(text))
    if step == "{max_pool: 2, padding: smae}":  # a name could stand there: only the reader knows
        assert found == []
    else:
        named = named.replace("[relu]", "['relu']")
        assert any(named in message for message in found), found
        assert all(message.startswith("body/1") for message in found)
    with pytest.raises(InputError):
        load_spec(text, "slip.yaml").graph()


FILE_SLIPS = [
    ("flopcalc: 2\ninput: 8x8x3\nbody: []", "1 was expected"),
    ("flopcalc: 1\ninput: 8x8x3\nbodies: []\nbody: []", "bodies"),
    ("flopcalc: 1\ninput: 8x8x3", "'body' is a required property"),
    ("flopcalc: 1\nbody: []", "is not valid under any of the given schemas"),
    ("flopcalc: 1\ninput: large\nbody: []", "large"),
    ("flopcalc: 1\ninput: 8x8x3\nscaling: {rouund: floor}\nbody: []", "rouund"),
    ("flopcalc: 1\ninput: 8x8x3\nscaling: {round: flor}\nbody: []", "flor"),
    ("flopcalc: 1\ninput: 8x8x3\ndefaults: {nrom: bn}\nbody: []", "nrom"),
    ("flopcalc: 1\ninput: 8x8x3\nblocks: {b: {param: {}, body: []}}\nbody: []", "param"),
    ("flopcalc: 1\ninput: 8x8x3\nvariants: {v: {alfa: 1}}\nbody: []", "alfa"),
    ("flopcalc: 1\ninput: 8x8x3\nexpect: {params: lots}\nbody: []", "lots"),
]


@pytest.mark.parametrize(("text", "named"), FILE_SLIPS)
def test_slips_in_files(text: str, named: str) -> None:
    assert any(named in message for message in errors(read(text))), errors(read(text))
    with pytest.raises(InputError):
        load_spec(text + "\n", "slip.yaml").graph()


@pytest.mark.parametrize("name", all_steps())
def test_every_argument_and_common_key_is_known(name: str) -> None:
    keys = [arg.name for arg in all_steps()[name].args]
    step = {name: None, **dict.fromkeys(keys), **dict.fromkeys(COMMON)}
    step.pop("first")
    assert errors({"flopcalc": 1, "input": "8x8x3", "body": [step]}) == []
    found = errors({"flopcalc": 1, "input": "8x8x3", "body": [{**step, "misspelt": 1}]})
    assert any("'misspelt' was unexpected" in message for message in found)
