"""Counts with named sizes in them: how large, in what proportion, and how to write them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from fractions import Fraction

    from flopcalc.dim import Dim

TYPICAL = 256  # what a name is taken for where counts are put in order


def weight(size: Dim | None) -> int:
    """What orders counts: the count itself, with every name a typical size; 0 for none."""
    if type(size) is int:
        return size
    if size is None:
        return 0
    from flopcalc.dim_values import names, substitute  # here, as all below: specs have no names

    found = substitute(size, dict.fromkeys(names(size), TYPICAL))
    assert isinstance(found, int)
    return found


def fraction(part: Dim | None, whole: Dim | None) -> Fraction | None:
    """Part / whole, exact; None where it depends on a name, or the whole is nothing."""
    if part is None or whole is None or whole == 0:
        return None
    from fractions import Fraction

    if isinstance(part, int) and isinstance(whole, int):
        return Fraction(part, whole)
    if isinstance(whole, int):
        return None
    if isinstance(part, int):
        return Fraction(0) if part == 0 else None
    monomial = next(iter(whole.terms))
    top, bottom = part.terms.get(monomial, 0), whole.terms[monomial]
    return Fraction(top, bottom) if part * bottom == whole * top else None


def written(size: Dim | None) -> int | str | None:
    """A count as a cell: an integer, or the expression (`300774272*N`)."""
    return size if size is None or type(size) is int else str(size)


def digits(size: Dim) -> str:
    """All digits of a count in groups of three, or the expression."""
    return f"{size:,}" if type(size) is int else str(size)


def free_names(size: Dim | None) -> list[str]:
    """The names that a value can be given for; those that only a run can tell are left out."""
    if size is None or type(size) is int:
        return []
    from flopcalc.dim_values import names

    return sorted(name for name in names(size) if not name.startswith("?"))


def integer(size: Dim | None) -> int | None:
    """A count where JSON wants an integer: None where it has names."""
    return size if type(size) is int else None


def expressions(counts: Mapping[str, Dim | None]) -> dict[str, str]:
    """Those of some counts that have names, as JSON has them beside the integers."""
    return {k: str(n) for k, n in counts.items() if n is not None and type(n) is not int}
