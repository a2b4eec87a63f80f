"""What is public: the names of `flopcalc`, typed, documented, and doing what they say."""

from __future__ import annotations

import doctest
import importlib
import os
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

import flopcalc
from flopcalc import api


def test_all_is_what_is_public() -> None:
    assert sorted(flopcalc.__all__) == dir(flopcalc)
    assert len(set(flopcalc.__all__)) == len(flopcalc.__all__)
    for name in flopcalc.__all__:
        assert getattr(flopcalc, name) is not None


def test_what_is_public_is_documented() -> None:
    for name in flopcalc.__all__:
        value = getattr(flopcalc, name)
        if callable(value):
            assert value.__doc__, name


def test_unknown_names_are_attribute_errors() -> None:
    with pytest.raises(AttributeError, match="no attribute 'analyse'"):
        flopcalc.analyse  # noqa: B018 - the access is what fails


def test_the_examples_of_the_docstrings_hold() -> None:
    assert doctest.testmod(api, verbose=False).failed == 0
    assert doctest.testmod(api, verbose=False).attempted >= 3


def test_analyze() -> None:
    analysis = flopcalc.analyze("mobilenet_v1", alpha=0.75, res=192)

    assert analysis.totals.mult_adds == 239_273_472
    assert analysis.totals.params == 2_585_560
    assert analysis.totals.params_by_kind["weight"] == 2_568_144
    assert analysis.totals.status == "complete"
    assert analysis.heaviest(1)[0].name == "conv4.pw"


def test_analyze_takes_paths_and_loaded_models() -> None:
    path = Path(flopcalc.__file__).parents[1] / "specs" / "mobilenet_v1.yaml"
    model = flopcalc.load(path)

    assert flopcalc.analyze(path).totals.mult_adds == 568_740_352
    assert flopcalc.analyze(os.fspath(path)).totals.mult_adds == 568_740_352
    assert flopcalc.analyze(model, alpha=0.5, batch=2).totals.mult_adds == 2 * 149_497_088
    assert flopcalc.analyze(model, settings={"deep": 0}).totals.mult_adds == 307_323_392
    assert flopcalc.analyze(model, swap={"sep": "conv"}).totals.mult_adds == 4_867_293_184


def test_errors_are_flopcalcs() -> None:
    with pytest.raises(flopcalc.InputError) as caught:
        flopcalc.analyze("mobilenet_v1", alpha=-1)
    assert caught.value.hint == "for example alpha 0.75"
    assert caught.value.exit_code == 2
    with pytest.raises(flopcalc.FlopcalcError, match="no file and no network"):
        flopcalc.load("resnet5000")


@pytest.mark.parametrize(
    ("knobs", "message", "hint"),
    [
        ({"alfa": 0.5}, "unknown knob 'alfa'", "did you mean 'alpha'?"),
        ({"alpha": "0.5"}, "alpha '0.5' is not a number", "for example alpha=0.75"),
        ({"res": "192"}, "res '192' is not an integer", "for example res=192"),
        ({"res": (192, 192.5)}, "res (192, 192.5) is not an integer", "for example res=192"),
        ({"batch": 1.5}, "batch 1.5 is not an integer", "for example batch=8"),
    ],
)
def test_a_knob_that_is_none_is_not_overlooked(
    knobs: dict[str, Any], message: str, hint: str
) -> None:
    for call in (flopcalc.analyze, flopcalc.compare, flopcalc.published):
        with pytest.raises(flopcalc.InputError) as caught:
            call("mobilenet_v1", **knobs)
        assert message in str(caught.value)
        assert caught.value.hint == hint


def test_knobs_that_are_not_given_may_be_none() -> None:
    analysis = flopcalc.analyze("mobilenet_v1", alpha=None, res=None)  # type: ignore[arg-type]  # as programs do

    assert analysis.totals.mult_adds == 568_740_352


def test_compare() -> None:
    comparison = flopcalc.compare("mobilenet_v1")
    standard, separable = comparison.models

    assert standard.analysis.totals.mult_adds == 4_867_293_184
    assert separable.analysis.totals.mult_adds == 568_740_352
    assert separable.reduction is not None
    assert separable.reduction == Fraction(4_867_293_184, 568_740_352)
    assert flopcalc.compare("mobilenet_v1", "mobilenet_v1", res=128).different is False


def test_project() -> None:
    paper = next(c for c in flopcalc.CONVENTIONS if c.name == "paper")
    projection = flopcalc.project(flopcalc.analyze("mobilenet_v1"), paper)

    assert (projection.operations, projection.params) == (568_740_352, 4_209_088)


@pytest.mark.parametrize("name", flopcalc.__all__)
def test_every_public_name_has_one_home(name: str) -> None:
    if name.startswith("__"):
        return
    home = flopcalc._HOMES[name]
    assert getattr(importlib.import_module(f"flopcalc.{home}"), name) is getattr(flopcalc, name)
