"""`published:` in a spec: read strictly, and every scale it names exists."""

from __future__ import annotations

import pytest

from flopcalc import catalog
from flopcalc.api import load
from flopcalc.engine.convention import find_convention
from flopcalc.errors import InputError
from flopcalc.spec.model import SpecModel, load_spec

NET = "flopcalc: 1\ninput: 8x8x3\nvariants: {wide: {alpha: 2}}\nbody: [{conv: 8, k: 3}]\n"
HEAD = NET + "published:"
TABLE = "\n  - {source: A, cols: [alpha, mult_adds], rows: "


def test_what_is_read() -> None:
    text = """
  - source: A 2017, table 6
    convention: paper
    note: rounded
    cols: [alpha, res, variant, mult_adds, top1]
    rows:
      - [0.5, 192x160, null, 1.5M, 70.6%]
      - [1, 8, wide, null, 71%]
"""
    first, second = load_spec(HEAD + text, "x.yaml").published

    assert (first.source, first.convention, first.note) == ("A 2017, table 6", "paper", "rounded")
    assert (first.scale.alpha, first.scale.res, first.scale.variant) == (0.5, (192, 160), None)
    assert {k: str(v) for k, v in first.printed.items()} == {"mult_adds": "1.5M", "top1": "70.6%"}
    assert second.scale.variant == "wide"
    assert list(second.printed) == ["top1"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (" {a: 1}", "x.yaml:5:12: error: 'published' is a list of tables"),
        (" [1]", "x.yaml:5:13: error: a published table is a mapping"),
        ("\n  - {sorce: A}", "x.yaml:6:6: error: unknown key 'sorce' in 'published'"),
        ("\n  - {cols: [top1], rows: [[1%]]}", "a published table has no 'source'"),
        (TABLE + "1}", "x.yaml:6:49: error: 'rows' is a list of rows"),
        (TABLE + "[[1]]}", "a row of 1 values under 2 columns"),
        (TABLE + "[[1, 5%]]}", "'mult_adds' is a count, not 5%"),
        (TABLE + "[[1, five]]}", "'five' is not a quantity"),
        (TABLE + "[[x, 5M]]}", "'alpha' is a number"),
        (TABLE + "[[-1, 5M]]}", "alpha -1 is not a positive number"),
        (TABLE + "[[[1], 5M]]}", "'alpha' is one value"),
        ("\n  - {source: A, cols: [accuracy], rows: [[1]]}", "no column 'accuracy'"),
        ("\n  - {source: A, cols: [alpha], rows: [[1]]}", "a published table that prints nothing"),
        (
            "\n  - {source: A, params: all, cols: [top1], rows: [[1%]]}",
            "'params' is not 'all'",
        ),
        ("\n  - {source: A, cols: [score], rows: [[1%]]}", "'score' needs a 'measure'"),
        ("\n  - {source: A, cols: [variant, top1], rows: [[wid, 1%]]}", "unknown variant 'wid' in"),
        ("\n  - {source: A, cols: [len, top1], rows: [[x, 1%]]}", "'len' is a positive integer"),
        (
            "\n  - {source: A, cols: [layer, kind, top1], rows: [[a, b, 1%]]}",
            "about a layer or about",
        ),
        (
            "\n  - {source: A, cols: [meant, top1], rows: [[fc, 1%]]}",
            "'fc' does not say what is meant",
        ),
        (
            "\n  - {source: A, cols: [meant, top1], rows: [[at alpha=x, 1%]]}",
            "alpha 'x' is not a number",
        ),
        (
            "\n  - {source: A, cols: [meant, top1], rows: [[at slim, 1%]]}",
            "unknown variant 'slim' in",
        ),
        ("\n  - {source: A, meant: with, cols: [top1], rows: [[1%]]}", "'with' does not say"),
        ("\n  - {source: A, cols: [note, top1], rows: [[[a], 1%]]}", "'note' is one value"),
        ("\n  - {source: A, cols: [top1, top1], rows: [[1%, 1%]]}", "'top1' is named twice"),
        ("\n  - {source: A, cols: [top1], rows: [[70.6M]]}", "'top1' is a share in percent"),
        ("\n  - {source: A, cols: [rho, res, top1], rows: [[1, 8, 1%]]}", "'rho' and 'res' both"),
    ],
)
def test_slips_are_located(text: str, message: str) -> None:
    model = load_spec(HEAD + text + "\n", "x.yaml")  # which asks for no table
    with pytest.raises(InputError) as caught:
        _ = model.published
    assert message in str(caught.value)
    assert caught.value.where is not None
    assert caught.value.hint


@pytest.mark.parametrize("name", catalog.shipped())
def test_what_ships_can_be_counted(name: str) -> None:
    """Every scale builds, every convention exists, and the rows say whose they are."""
    model = load(name)
    assert isinstance(model, SpecModel)
    for row in model.published:
        assert row.source
        find_convention(row.convention or "mult-adds")
        assert model.graph(row.scale).layers
