"""Counts with names in them: order, proportions, and how they are written."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flopcalc.dim import Dim
from flopcalc.dim_values import parse, substitute
from flopcalc.engine.symbolic import (
    digits,
    expressions,
    fraction,
    free_names,
    integer,
    weight,
    written,
)


@pytest.mark.parametrize(
    ("part", "whole", "expected"),
    [
        ("3", "4", Fraction(3, 4)),
        ("3*N", "4*N", Fraction(3, 4)),
        ("6*N*H + 2*N", "3*N*H + N", Fraction(2)),
        ("3*N", "4", None),
        ("3", "4*N", None),
        ("0", "4*N", Fraction(0)),
        ("3*N", "4*N + 1", None),
        ("3*N*H", "4*N", None),
        ("5", "0", None),
    ],
)
def test_proportions(part: str, whole: str, expected: Fraction | None) -> None:
    assert fraction(parse(part), parse(whole)) == expected


def test_of_the_unknown_there_is_no_proportion() -> None:
    assert fraction(None, 3) is None
    assert fraction(3, None) is None


@given(st.integers(0, 10**6), st.integers(1, 10**6), st.integers(1, 50), st.integers(1, 50))
def test_a_proportion_is_that_of_any_values(a: int, b: int, n: int, h: int) -> None:
    size = parse("N*H + 3*N")
    part, whole = size * a, size * b
    values: dict[str, Dim] = {"N": n, "H": h}

    found = fraction(part, whole)

    assert found == Fraction(a, b)
    one, all_ = substitute(part, values), substitute(whole, values)
    assert isinstance(one, int)
    assert isinstance(all_, int)
    assert found == Fraction(one, all_)


def test_order_is_that_of_typical_sizes() -> None:
    sizes = [parse(text) for text in ("7", "N", "1000", "2*N", "N*H", "3*floor(N/2)")]

    assert [str(s) for s in sorted(sizes, key=weight)] == [
        *("7", "N", "3*floor(N/2)", "2*N", "1000", "H*N"),
    ]
    assert weight(None) == 0


def test_how_they_are_written() -> None:
    n = parse("1234567*N")

    assert (written(12), written(n), written(None)) == (12, "1234567*N", None)
    assert (integer(12), integer(n)) == (12, None)
    assert (digits(1234567), digits(n)) == ("1,234,567", "1234567*N")
    assert expressions({"mac": n, "add": 3, "cmp": None}) == {"mac": "1234567*N"}
    assert free_names(parse("N*H")) == ["H", "N"]
    assert free_names(3) == []
