"""`published:` in a spec: read strictly, and every scale it names exists."""

from __future__ import annotations

import pytest

from flopcalc import catalog
from flopcalc.api import load
from flopcalc.engine.convention import find_convention
from flopcalc.errors import InputError
from flopcalc.spec.model import SpecModel, load_spec

HEAD = "flopcalc: 1\ninput: 8x8x3\nbody: [{conv: 8, k: 3}]\npublished:"
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
        (" {a: 1}", "x.yaml:4:12: error: 'published' is a list of tables"),
        (" [1]", "x.yaml:4:13: error: a published table is a mapping"),
        ("\n  - {sorce: A}", "x.yaml:5:6: error: unknown key 'sorce' in 'published'"),
        ("\n  - {cols: [top1], rows: [[1%]]}", "a published table has no 'source'"),
        (TABLE + "1}", "x.yaml:5:49: error: 'rows' is a list of rows"),
        (TABLE + "[[1]]}", "a row of 1 values under 2 columns"),
        (TABLE + "[[1, 5%]]}", "'mult_adds' is a count, not 5%"),
        (TABLE + "[[1, five]]}", "'five' is not a quantity"),
        (TABLE + "[[x, 5M]]}", "'alpha' is a number"),
        (TABLE + "[[-1, 5M]]}", "alpha -1 is not a positive number"),
        (TABLE + "[[[1], 5M]]}", "'alpha' is one value"),
        ("\n  - {source: A, cols: [accuracy], rows: [[1]]}", "no column 'accuracy'"),
        ("\n  - {source: A, cols: [alpha], rows: [[1]]}", "a published table that prints nothing"),
        ("\n  - {source: A, cols: [top1, top1], rows: [[1%, 1%]]}", "'top1' is named twice"),
        ("\n  - {source: A, cols: [top1], rows: [[70.6M]]}", "'top1' is a share in percent"),
        ("\n  - {source: A, cols: [rho, res, top1], rows: [[1, 8, 1%]]}", "'rho' and 'res' both"),
    ],
)
def test_slips_are_located(text: str, message: str) -> None:
    with pytest.raises(InputError) as caught:
        load_spec(HEAD + text + "\n", "x.yaml")
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
