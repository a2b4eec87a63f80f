"""What a terminal has room for."""

from __future__ import annotations

import re
from fractions import Fraction

import pytest

from flopcalc.doc import Cell, Column, ColumnKind, Derivation, Doc, Line, Table
from flopcalc.renderers import fit, render

HUGE = 10**30


def table(*rows: tuple[Cell, ...], kinds: tuple[ColumnKind, ...]) -> Doc:
    columns = tuple(Column(f"k{i}", f"K{i}", kind) for i, kind in enumerate(kinds))
    return Doc("", (Table(columns, rows),), {})


def test_bar_is_scaled_to_the_largest_share() -> None:
    assert fit.bar(Fraction(1, 2), Fraction(1, 2), 10) == "█" * 10
    assert fit.bar(Fraction(1, 4), Fraction(1, 2), 10) == "█" * 5
    assert fit.bar(0.25, 1.0, 5) == "█▎"
    assert fit.bar(Fraction(1, 10**9), 1, 10) == "▏"
    assert fit.bar(0, 1, 10) == ""
    assert fit.bar(-1, 1, 10) == ""


def test_columns_without_room_are_named() -> None:
    doc = table(("name", *[123_456_789_012] * 3), kinds=("text", "count", "count", "count"))
    text = render(doc, "table", width=40, units="exact")
    assert text.count("123,456,789,012") == 2
    assert "not shown, the terminal is too narrow: K3" in text.replace("\n", " ")


def test_a_number_wider_than_the_terminal_stays_whole() -> None:
    text = render(table((HUGE,), kinds=("count",)), "table", width=30, units="exact")
    assert f"{HUGE:,}" in text


@pytest.mark.parametrize("width", [20, 40, 80])
def test_formulas_break_between_factors(width: int) -> None:
    doc = Doc("", (Derivation("", (Line("MACs", "·".join(["112"] * 30)),)),), {})
    lines = render(doc, "table", width=width).splitlines()
    assert max(map(len, lines)) <= width
    assert all(set(re.findall(r"\d+", line)) == {"112"} for line in lines if "MACs" not in line)
    assert sum(line.count("112") for line in lines) == 30
