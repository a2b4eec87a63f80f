"""The verdict on printed figures: reproduced, explained, rounded otherwise, or not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

import flopcalc
from flopcalc import catalog
from flopcalc.api import load
from flopcalc.engine.quoted import UNKNOWN, Exact, Quote, rounding
from flopcalc.errors import InputError
from flopcalc.quantity import Quantity
from flopcalc.spec.model import SpecModel, load_spec

NET = """\
flopcalc: 1
name: Net
input: 8x8x3
vars: {head: true}
body:
  - {conv: 8, k: 3, name: stem}
  - {dw: 3, name: dw}
  - {global_avg_pool, name: pool}
  - {fc: 10, name: fc, when: head}
variants:
  bare: {vars: {head: false}}
published:
"""
STEM, DW, FC = 8 * 8 * 3 * 8 * 9, 8 * 8 * 8 * 9, 80  # Mult-Adds by hand
TOTAL = STEM + DW + FC  # 18,512


def judged(rows: str) -> list[Quote]:
    return flopcalc.published(load_spec(NET + rows, "net.yaml"))


def verdicts(quotes: list[Quote]) -> list[tuple[str, str, str]]:
    return [(str(f.printed), f.verdict, f.reason) for quote in quotes for f in quote.figures]


def test_the_network_is_what_was_counted_by_hand() -> None:
    assert (
        flopcalc.analyze(load_spec(NET.removesuffix("published:\n"), "n")).totals.mult_adds == TOTAL
    )


@pytest.mark.parametrize(
    ("printed", "verdict"),
    [
        *(("18512", "reproduced"), ("18.5k", "reproduced"), ("19k", "reproduced")),
        *(
            ("18k", "rounded otherwise"),
            ("18.6k", "rounded otherwise"),
            ("20k", "rounded otherwise"),
        ),
        *(("18.4k", "rounded otherwise"), ("18.3k", "differs"), ("21k", "differs")),
    ],
)
def test_how_a_figure_was_rounded(printed: str, verdict: str) -> None:
    (quote,) = judged(f"  - {{source: A, cols: [mult_adds], rows: [[{printed}]]}}\n")

    assert verdicts([quote]) == [(printed, verdict, "")]
    assert quote.exact["mult_adds"].part == TOTAL


def test_a_half_is_rounded_up_and_not_down() -> None:
    assert rounding(Quantity(3, 0, "k"), Exact(2500)) == "reproduced"
    assert rounding(Quantity(2, 0, "k"), Exact(2500)) == "rounded otherwise"


@given(st.integers(1, 10**13), st.integers(0, 3), st.sampled_from(["", "k", "M", "G"]))
def test_what_is_rounded_half_up_is_reproduced(exact: int, decimals: int, unit: str) -> None:
    step = {"": 1, "k": 10**3, "M": 10**6, "G": 10**9}[unit]
    digits = (2 * exact * 10**decimals + step) // (2 * step)

    assert rounding(Quantity(digits, decimals, unit), Exact(exact)) == "reproduced"
    cut = rounding(Quantity(exact * 10**decimals // step, decimals, unit), Exact(exact))
    assert cut in {"reproduced", "rounded otherwise"}
    for away, verdict in ((1, "rounded otherwise"), (2, "differs")):
        assert rounding(Quantity(digits + away, decimals, unit), Exact(exact)) == verdict


@given(st.integers(1, 10**9), st.integers(1, 10**9), st.integers(0, 4))
def test_shares_are_exact(part: int, more: int, decimals: int) -> None:
    """As `percent` rounds them, and nothing else."""
    whole = part + more
    digits = (2 * 100 * part * 10**decimals + whole) // (2 * whole)

    assert rounding(Quantity(digits, decimals, "%"), Exact(part, whole)) == "reproduced"
    assert rounding(Quantity(digits + 2, decimals, "%"), Exact(part, whole)) == "differs"


@pytest.mark.parametrize(
    ("cells", "verdict", "reason"),
    [
        ("[18432, without fc, null]", "explained", "without fc it is 18,432"),
        ("[18432, without fc, a slip]", "explained", "without fc it is 18,432; a slip"),
        ("[18432, at bare, null]", "explained", "at bare it is 18,432"),
        ("[37024, under flops-mac, null]", "explained", "under flops-mac it is 37,024 FLOPs"),
        ("[74k, at res=16, null]", "explained", "at res=16 it is 73,808"),
        ("[73k, at res=16, null]", "explained", "at res=16 it is 73,808, rounded otherwise"),
        (
            "[37024, without fc; under flops-mac, x]",
            "explained",
            "under flops-mac it is 37,024 FLOPs; x",
        ),
        ("[5k, without fc, null]", "differs", ""),
        ("[5k, without fc, nobody knows]", "explained", "nobody knows"),
        ("[5k, unknown, nobody knows]", "differs", "nobody knows"),
        ("[5k, without fc; unknown, no]", "differs", "no"),
        ("[18k, without fc, null]", "explained", "without fc it is 18,432"),
        ("[18.4k, without fc, null]", "explained", "without fc it is 18,432"),
        ("[19k, without fc, not needed]", "reproduced", ""),
    ],
)
def test_what_was_meant_is_checked(cells: str, verdict: str, reason: str) -> None:
    rows = f"  - {{source: A, cols: [mult_adds, meant, note], rows: [{cells}]}}\n"

    assert [found[1:] for found in verdicts(judged(rows))] == [(verdict, reason)]


def test_the_note_of_a_table_explains_what_differs() -> None:
    rows = "  - {source: A, note: counted by others, cols: [mult_adds], rows: [[5k], [18k]]}\n"

    assert [found[1] for found in verdicts(judged(rows))] == ["explained", "rounded otherwise"]


def test_layers_kinds_and_shares() -> None:
    rows = """\
  - source: A
    cols: [layer, kind, mult_adds, mult_adds_share, params, params_share]
    rows:
      - [stem, null, 13824, 74.68%, 224, 56.85%]
      - [null, depthwise, 4608, 24.89%, 80, 20.30%]
      - [null, fc, 80, 0.5%, 90, 22.84%]
"""
    found = verdicts(judged(rows.replace("13824", str(STEM)).replace("4608", str(DW))))

    # 224 + 80 + 90 parameters are 394; 18,512 Mult-Adds
    assert [f[:2] for f in found if f[0].endswith("%")] == [
        *(("74.68%", "reproduced"), ("56.85%", "reproduced")),
        *(("24.89%", "reproduced"), ("20.30%", "reproduced")),
        *(("0.5%", "rounded otherwise"), ("22.84%", "reproduced")),
    ]
    assert {f[1] for f in found if not f[0].endswith("%")} == {"reproduced"}


@pytest.mark.parametrize(("word", "params"), [("weights", 216 + 72 + 80), ("trainable", 394)])
def test_a_table_says_what_it_counts_as_parameters(word: str, params: int) -> None:
    (quote,) = judged(f"  - {{source: A, params: {word}, cols: [params], rows: [[{params}]]}}\n")

    assert quote.figures[0].verdict == "reproduced"


def test_a_layer_that_there_is_not() -> None:
    for cells in ("[stme, null, 1k]", "[null, convolution, 1k]"):
        with pytest.raises(InputError, match="in this network, which") as caught:
            judged(f"  - {{source: A, cols: [layer, kind, mult_adds], rows: [{cells}]}}\n")
        assert caught.value.hint
        assert str(caught.value.where).startswith("net.yaml:13:")


@pytest.fixture(scope="module")
def shipped() -> list[Quote]:
    """Every published row of every network, judged once."""
    found = []
    for name in catalog.shipped():
        model = load(name)
        assert isinstance(model, SpecModel)
        found += flopcalc.published(model)
    return found


def test_no_figure_that_ships_differs_without_a_word(shipped: list[Quote]) -> None:
    """Every printed figure comes out, or somebody says why not, or that nobody knows."""
    figures = [(q, f) for q in shipped for f in q.figures]

    assert len(figures) > 300
    silent = [
        (q.model.path, q.row.source, str(f.printed), f.exact.part)
        for q, f in figures
        if f.verdict == "differs" and not (f.reason or (UNKNOWN in q.row.meant and q.row.note))
    ]
    assert silent == []


def test_what_is_said_to_be_meant_comes_out(shipped: list[Quote]) -> None:
    """A `meant` that explains no figure of its table is a claim that nobody checked."""
    claims: dict[tuple[str, str, str], bool] = {}
    for quote in shipped:
        for way in (word.strip() for word in quote.row.meant.split(";")):
            if way not in {"", UNKNOWN}:
                key = quote.model.path, quote.row.source, way
                good = any(f.reason.startswith(way) for f in quote.figures)
                claims[key] = claims.get(key, False) or good

    assert [key for key, good in claims.items() if not good] == []


def test_the_paper_s_own_errata() -> None:
    """The figures of the MobileNets paper that are not what it counts elsewhere, all of them."""
    found = [
        (quote.row.source.rpartition(", ")[2], str(figure.printed), figure.verdict)
        for quote in flopcalc.published("mobilenet_v1")
        for figure in quote.figures
        if quote.row.source.startswith("Howard") and figure.verdict != "reproduced"
    ]

    assert found == [
        ("table 2", "1.19%", "explained"),
        ("table 4", "4866M", "explained"),
        ("table 7", "290M", "explained"),
        ("table 9", "76M", "explained"),
        *(("table 10", "569M", "explained"), ("table 10", "418M", "explained")),
        *(("table 12", "45M", "explained"), ("table 12", "48M", "rounded otherwise")),
        ("table 12", "15M", "explained"),
        *(("table 14", "286M", "differs"), ("table 14", "4.9M", "differs")),
        ("table 14", "5.5M", "differs"),
        *(("table 14", "166M", "explained"), ("table 14", "3.4M", "differs")),
        *(("table 14", "108M", "explained"), ("table 14", "3.8M", "differs")),
    ]
