"""Budget files: what they may say, and where a slip is shown."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from textwrap import dedent
from typing import Any

import jsonschema
import pytest
import yaml

from flopcalc.config.budgets import Config, load_config
from flopcalc.config.find import Written
from flopcalc.config.starter import STARTER
from flopcalc.errors import InputError

Run = Callable[..., Any]
SPEC = "flopcalc: 1\ninput: 4x4x3\nbody: [{pw: 8}]\n"
GOOD = """
    version: 1
    models:
      - nets/*.yaml
      - mobilenet_v1@alpha=0.5
      - {model: nets/b.yaml, limits: {params: off}}
      - {model: nets/a.yaml, alpha: 0.75, res: 8x4, set: {deep: 2}, variant: x, batch: 2}
      - {name: last, model: nets/c.onnx, dim: {N: 1}, input: {x: 1x3x4x4}, trip: {loop: 3}}
    severity: warn
    near: off
    limits:
      mult_adds: [300M, +1%]
      params: {max: 3.5M, growth: 0, severity: error, near: 10%}
      weight_bytes: 16MiB
      layers: {"*.dw": {share: 10%, params: 1k}}
    on_incomplete: warn
    lock: budgets.lock
    accept_up_to: 5%
    dtype: int8
"""


@pytest.fixture
def read(tmp_path: Path) -> Callable[..., Config]:
    (tmp_path / "nets").mkdir()
    for name in ("a", "b"):
        (tmp_path / "nets" / f"{name}.yaml").write_text(SPEC, encoding="utf-8")

    def load(text: str, name: str = "flopcalc.yaml") -> Config:
        return load_config(Written(str(tmp_path / name), dedent(text).strip() + "\n"))

    return load


def test_everything_that_it_may_say(read: Callable[..., Config]) -> None:
    config = read(GOOD)
    names = [entry.name for entry in config.entries]
    scaled = config.entries[3].scale

    assert names == [
        "nets/a.yaml",
        "nets/b.yaml",
        "mobilenet_v1@alpha=0.5",
        "nets/a.yaml@x,alpha=0.75,res=8x4,batch=2,deep=2",
        "last",
    ]
    assert (scaled.alpha, scaled.res, scaled.settings) == (0.75, (8, 4), (("deep", "2"),))
    assert config.entries[4].scale.inputs == (("x", (1, 3, 4, 4)),)
    assert [(x.metric, x.text, x.severity, x.pattern) for x in config.limits] == [
        ("mult_adds", "300M", "warn", ""),
        ("mult_adds", "+1%", "warn", ""),
        ("params", "3.5M", "error", ""),
        ("params", "+0", "error", ""),
        ("weight_bytes", "16MiB", "warn", ""),
        ("share", "10%", "warn", "*.dw"),
        ("params", "1k", "warn", "*.dw"),
    ]
    assert {entry.dtype for entry in config.entries} == {"int8"}
    own = [x for x in config.limits_of(config.entries[1]) if x.metric == "params" and not x.pattern]
    assert [x.severity for x in own] == ["off"], "its own limit replaces those for all"
    assert (config.fails_incomplete, str(config.accept_up_to)) == (False, "5%")


@pytest.mark.parametrize("text", [GOOD, STARTER], ids=["good", "starter"])
def test_the_schema_takes_what_is_right(run: Run, text: str) -> None:
    schema = json.loads(run("schema", "config").out)
    data = yaml.safe_load(dedent(text).replace(": off", ": 'off'"))

    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(data, schema)


@pytest.mark.parametrize(
    "text",
    [
        "modles: [a]",
        "models: []",
        "models: [a]\nlimits: {parms: 1}",
        "models: [a]\nlimits: {params: 16MiB}",
        "models: [a]\nlimits: {weight_bytes: 16M}",
        "models: [a]\nlimits: {layers: {x: {share: 3}}}",
        "models: [{alpha: 1}]",
    ],
)
def test_the_schema_refuses_what_is_wrong(run: Run, read: Callable[..., Config], text: str) -> None:
    schema = json.loads(run("schema", "config").out)

    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(yaml.safe_load(text), schema)
    with pytest.raises(InputError):
        read(text)


@pytest.mark.parametrize(
    ("text", "line", "column", "says", "hint"),
    [
        ("modles: [a]", 1, 1, "unknown key 'modles'", "did you mean 'models'?"),
        ("limits: {params: 1}", 1, 1, "needs 'models'", "models: [nets/*.yaml]"),
        ("models: nets", 1, 9, "'models' is a list", "- nets/*.yaml"),
        ("models:\n  - nest/*.yaml", 2, 5, "no model like 'nest/*.yaml'", "did you mean 'nets'?"),
        ("models: [nets/*.yml]", 1, 10, "no model like", "models end in"),
        ("models: [{model: nets/a.yaml, aplha: 1}]", 1, 31, "unknown key 'aplha'", "'alpha'?"),
        ("models: [{model: nets/a.yaml, alpha: wide}]", 1, 38, "'wide' is not a number", None),
        ("models: [{model: nets/a.yaml, res: 8x}]", 1, 36, "sizes are positive", None),
        ("models: [nets/a.yaml, nets/a.yaml]", 1, 23, "is listed twice", "a 'name'"),
        ("models: [{model: nets/*.yaml, name: x}]", 1, 31, "one 'name' for all", None),
        ("models: [a]\nversion: 2", 2, 10, "version '2'", "this release reads 'version: 1'"),
        ("models: [a]\nseverity: fatal", 2, 11, "'fatal' is no severity", "error, off, warn"),
        ("models: [a]\nnear: 5", 2, 7, "'5' is no share", "for example 5%"),
        ("models: [a]\non_incomplete: no", 2, 16, "'no' is none of: fail, warn", None),
        ("models: [a]\nlimits: {parms: 1}", 2, 10, "unknown metric 'parms'", "'params'?"),
        ("models: [a]\nlimits: {macs: 1}", 2, 10, "unknown metric 'macs'", "'mult_adds'?"),
        ("models: [a]\nlimits: {flops: 1}", 2, 10, "unknown metric", "half of what most call"),
        (
            "models: [a]\nlimits: {peak: 1}",
            2,
            10,
            "unknown metric 'peak'",
            "'peak_activation_bytes'?",
        ),
        ("models: [a]\nlimits: {size: 1}", 2, 10, "unknown metric 'size'", "one of: "),
        ("models: [a]\ndtype: in8", 2, 8, "unknown dtype 'in8'", "did you mean 'int8'?"),
        ("models: [{model: a, dtype: []}]", 1, 28, "a word belongs here", None),
        ("models: [{model: nets/a.yaml, variants: al}]", 1, 41, "'al' is not 'all'", "all, or [a]"),
        ("models: [{model: nets/a.yaml, variants: [x]}]", 1, 41, "no variant 'x'", None),
        (
            "models: [{model: nets/a.yaml, variants: all, alpha: 1}]",
            1,
            31,
            "'variants' and 'alpha' do not go together",
            "list that model apart",
        ),
        ("models: [a]\nlimits: {params: 16MB}", 2, 18, "'params' is a count, not '16MB'", "300M"),
        ("models: [a]\nlimits: {params: 16mb}", 2, 18, "has no known unit", "did you mean 'MB'?"),
        ("models: [a]\nlimits: {weight_bytes: 1M}", 2, 24, "is a size in bytes", "16MiB"),
        ("models: [a]\nlimits: {params: 5%}", 2, 18, "is a count, not '5%'", "relative to the"),
        ("models: [a]\nlimits: {layers: {x: {share: +1%}}}", 2, 30, "cannot be relative", "10%"),
        (
            "models: [a]\nlimits: {layers: {x: {weight_bytes: 1B}}}",
            2,
            23,
            "unknown metric",
            "one of",
        ),
        ("models: [a]\nlimits: {params: {mx: 1}}", 2, 19, "unknown key 'mx'", "'max'?"),
        ("models: [a]\nlimits: {params: {near: 1%}}", 2, 18, "without a bound", "max: 300M"),
        ("models: [a]\nlimits: {params: {max: +1}}", 2, 24, "is a growth", "growth: 1"),
        ("models: [a]\naccept_up_to: 5", 2, 15, "no share of the baseline", "10%"),
        ("flopcalc: 1\nbody: []", 1, 1, "is the spec of a network", "init budgets"),
        ("- a", 1, 1, "a budget file is a mapping", "init budgets"),
    ],
)
def test_slips_are_shown_where_they_are(
    read: Callable[..., Config],
    text: str,
    line: int,
    column: int,
    says: str,
    hint: str | None,
) -> None:
    with pytest.raises(InputError) as caught:
        read(text)
    error = caught.value

    assert says in error.message
    assert hint is None or hint in (error.hint or "")
    assert error.where is not None
    assert (error.where.line, error.where.column) == (line, column)


def test_a_glob_never_finds_the_budget_file_itself(
    read: Callable[..., Config], tmp_path: Path
) -> None:
    (tmp_path / "flopcalc.yaml").write_text("models: ['*.yaml']\n", encoding="utf-8")
    (tmp_path / "net.yaml").write_text(SPEC, encoding="utf-8")

    assert [e.name for e in read("models: ['*.yaml', '**/*.yaml']").entries] == [
        "net.yaml",
        "nets/a.yaml",
        "nets/b.yaml",
    ]


def test_all_variants_are_models_of_their_own(read: Callable[..., Config], tmp_path: Path) -> None:
    """With the glob's limits, or their own; a file that cannot be read stays one model."""
    more = "variants:\n    small: {alpha: 0.5}\n    large: {alpha: 2}\n"
    (tmp_path / "nets" / "a.yaml").write_text(SPEC + more, encoding="utf-8")
    (tmp_path / "nets" / "broken.yaml").write_text("variants: [", encoding="utf-8")
    config = read(
        """
        dtype: fp16
        models:
          - {model: nets/*.yaml, variants: all}
          - {model: nets/a.yaml, limits: {params: 5}}
          - {model: nets/a.yaml, variants: [large], dtype: int8, limits: {params: 9}}
        """
    )

    assert [(e.name, e.scale.variant, e.dtype, e.alone) for e in config.entries] == [
        ("nets/a.yaml", None, "float16", True),
        ("nets/a.yaml@small", "small", "float16", True),
        ("nets/a.yaml@large", "large", "float16", True),
        ("nets/b.yaml", None, "float16", True),
        ("nets/broken.yaml", None, "float16", True),
        ("nets/a.yaml@dtype=int8", None, "int8", True),
        ("nets/a.yaml@large,dtype=int8", "large", "int8", True),
    ]
    assert [len(e.limits) for e in config.entries] == [1, 0, 0, 0, 0, 1, 1]


def test_toml_says_the_same(read: Callable[..., Config]) -> None:
    config = read(
        """
        [project]
        name = "x"
        [tool.flopcalc]
        models = ["nets/*.yaml", {model = "nets/a.yaml", alpha = 0.75, name = "slim"}]
        [tool.flopcalc.limits]
        params = ["3.5M", "+1%"]
        mult_adds = 300_000_000
        layers."*.dw".share = "10%"
        """,
        "pyproject.toml",
    )

    assert [e.name for e in config.entries] == ["nets/a.yaml", "nets/b.yaml", "slim"]
    assert [(x.metric, x.text) for x in config.limits] == [
        ("params", "3.5M"),
        ("params", "+1%"),
        ("mult_adds", "300000000"),
        ("share", "10%"),
    ]
    with pytest.raises(InputError, match="not TOML") as caught:
        read("[tool.flopcalc]\nmodels = [}\n", "pyproject.toml")
    assert caught.value.where is not None
    assert caught.value.where.line == 2
