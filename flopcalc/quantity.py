"""Quantities as people write them, "569M", "16MiB", "5%", and numbers as people read them.

All arithmetic is on integers, and rounding is half up (away from zero), exactly.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from flopcalc.errors import InputError, LimitError

if TYPE_CHECKING:
    from typing import Literal, Protocol

    from flopcalc.errors import Where

    class Rational(Protocol):
        """An exact number: an `int`, a `float` or a `Fraction`."""

        def as_integer_ratio(self) -> tuple[int, int]:
            """Numerator and positive denominator."""
            ...


Kind: TypeAlias = 'Literal["count", "bytes", "share"]'
Units: TypeAlias = 'Literal["auto", "exact", "M", "G"]'
Parts: TypeAlias = "tuple[str, str, str]"  # whole part, "." and decimals, unit

MAX_QUANTITY = 10**18

_DECIMAL = ("", "k", "M", "G", "T", "P", "E")
_BINARY = ("B", "KiB", "MiB", "GiB", "TiB", "PiB")
_UNITS: dict[str, tuple[Kind, int]] = {
    "": ("count", 1),
    "k": ("count", 10**3),
    "M": ("count", 10**6),
    "G": ("count", 10**9),
    "T": ("count", 10**12),
    "P": ("count", 10**15),
    "B": ("bytes", 1),
    "kB": ("bytes", 10**3),
    "MB": ("bytes", 10**6),
    "GB": ("bytes", 10**9),
    "TB": ("bytes", 10**12),
    "KiB": ("bytes", 2**10),
    "MiB": ("bytes", 2**20),
    "GiB": ("bytes", 2**30),
    "TiB": ("bytes", 2**40),
    "%": ("share", 1),
}
_UNIT_LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ%"


class Quantity:
    """A written number and its unit, exact: `numerator / denominator` counts, bytes, or of one.

    `kind` is "count" (Mult-Adds, parameters), "bytes" or "share" (5% is 5/100). `str` is the
    canonical writing, with the digits that were written.
    """

    __slots__ = ("denominator", "kind", "numerator", "step", "text")

    def __init__(self, digits: int, decimals: int, unit: str) -> None:
        kind, factor = _UNITS[unit]
        self.kind: Kind = kind
        self.numerator: int = digits * factor
        self.denominator: int = 10**decimals * (100 if kind == "share" else 1)
        self.step = factor  # one unit of the last digit written, over the same denominator
        whole, rest = divmod(digits, 10**decimals)
        self.text = f"{whole}.{rest:0{decimals}}{unit}" if decimals else f"{whole}{unit}"

    def matches(self, exact: int) -> bool:
        """Whether `exact` is this at the precision written: 568.7M is 568.65…568.75 M inclusive."""
        return 2 * abs(exact * self.denominator - self.numerator) <= self.step

    def allows(self, exact: int) -> bool:
        """Whether `exact` is no more than this, as an upper bound."""
        return exact * self.denominator <= self.numerator

    def as_integer_ratio(self) -> tuple[int, int]:
        """Numerator and denominator of the exact value (not in lowest terms)."""
        return self.numerator, self.denominator

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Quantity) and self.text == other.text

    def __hash__(self) -> int:
        return hash(self.text)

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return f"Quantity({self.text})"


def parse_quantity(text: str, where: Where | None = None) -> Quantity:
    """The quantity written as `text`: digits, perhaps decimals, perhaps a unit.

    Units: k M G T P (powers of 1000); B kB MB GB TB, KiB MiB GiB TiB; %. One space may stand
    before the unit. Raises `InputError` for anything else, `LimitError` above 10^18; `where` is
    put into them.
    """
    found = _split(text)
    shown = text if len(text) <= 40 else text[:37] + "..."
    if not found:
        raise InputError(f"'{shown}' is not a quantity", where=where, hint=_advice(text))
    whole, decimals, unit = found
    if unit not in _UNITS:
        hint = _unit_advice(unit)
        raise InputError(f"'{shown}' has no known unit", where=where, hint=hint)
    if len(whole) > 1 and whole[0] == "0":
        hint = "write it without the leading zero"
        raise InputError(f"'{shown}' has a leading zero", where=where, hint=hint)
    if len(whole) > 19 or len(decimals) > 18:  # before int() meets a very long text
        raise LimitError(f"'{shown}' is above 10^18 or finer than 18 decimals", where=where)
    if decimals and unit in {"", "B"}:
        hint = "write all digits, or a unit such as M"
        raise InputError(f"'{shown}' is not a whole number", where=where, hint=hint)
    quantity = Quantity(int(whole + decimals), len(decimals), unit)
    if quantity.numerator > MAX_QUANTITY * quantity.denominator:
        raise LimitError(f"'{shown}' is above 10^18", where=where)
    return quantity


def _split(text: str) -> tuple[str, str, str] | None:
    """Digits, decimals and letters (compiling a pattern for it would take 0.1 ms)."""
    number = text.rstrip(_UNIT_LETTERS)
    unit = text[len(number) :]
    whole, point, decimals = number.removesuffix(" ").partition(".")
    digits = whole + decimals
    if not whole or (point and not decimals) or not (digits.isascii() and digits.isdigit()):
        return None
    return whole, decimals, unit


def human(number: Rational, units: Units = "auto") -> Parts:
    """A count to read, in parts that align on the decimal point: whole part, ".…" and unit.

    auto: four significant digits and a unit (`10.84 M`), integers below 1000 as they are.
    exact: all digits in groups of three. M, G: in that unit, two decimals, three below one, and
    as many as the first digit that is not zero needs.
    """
    top, bottom = number.as_integer_ratio()
    if units == "auto":
        return _scaled(top, bottom, _DECIMAL, 1000)
    if units == "exact":
        decimals = 0 if bottom == 1 else 3
        whole, decimal = _fixed(top, bottom, decimals)
        return _grouped(whole), decimal, ""
    if not top:
        return "0", "", units
    bottom *= _UNITS[units][1]
    decimals = 2 if abs(top) >= bottom else 3
    while 2 * abs(top) * 10**decimals < bottom:
        decimals += 1
    whole, decimal = _fixed(top, bottom, decimals)
    return _grouped(whole), decimal, units


def human_bytes(number: Rational, units: Units = "auto") -> Parts:
    """A size to read: four significant digits and B, KiB, MiB, …; all digits where `exact`.

    M and G say MiB and GiB.
    """
    if units == "exact":
        whole, decimal, _ = human(number, "exact")
        return whole, decimal, "B"
    top, bottom = number.as_integer_ratio()
    if units == "auto":
        return _scaled(top, bottom, _BINARY, 1024)
    power = _BINARY.index(units + "iB")
    whole, decimal, _ = human(_Ratio(top * _UNITS[units][1], bottom * 1024**power), units)
    return whole, decimal, units + "iB"


def percent(share: Rational, decimals: int = 2) -> Parts:
    """A fraction of one as percent: 0.9486 → `94.86 %`."""
    top, bottom = share.as_integer_ratio()
    return (*_fixed(100 * top, bottom, decimals), "%")


def ratio(number: Rational) -> Parts:
    """A plain ratio with five significant digits: `0.11306`."""
    return (*_significant(*number.as_integer_ratio(), 5), "")


def factor(number: Rational) -> Parts:
    """How many times, with four significant digits: `8.558×`."""
    return (*_significant(*number.as_integer_ratio(), 4), "×")


def join(parts: Parts) -> str:
    """Parts as running text: `10.84 M`, `94.86 %`, `8.558×`."""
    whole, decimal, unit = parts
    space = " " if unit not in {"", "×"} else ""
    return f"{whole}{decimal}{space}{unit}"


class _Ratio:
    """A numerator over a denominator, without the cost of importing `fractions`."""

    __slots__ = ("bottom", "top")

    def __init__(self, top: int, bottom: int) -> None:
        self.top = top
        self.bottom = bottom

    def as_integer_ratio(self) -> tuple[int, int]:
        return self.top, self.bottom


def _scaled(top: int, bottom: int, names: tuple[str, ...], base: int) -> Parts:
    """Four significant digits in the unit that leaves at most `base` before the point."""
    if top % bottom == 0 and abs(top) < base * bottom:
        return str(top // bottom), "", names[0]
    power = 0
    while power < len(names) - 1 and abs(top) >= bottom * base:
        bottom *= base
        power += 1
    whole, decimal = _significant(top, bottom, 4)
    if abs(int(whole)) >= base and power < len(names) - 1:  # 999 950 rounds to 1000.0 k: 1.000 M
        whole, decimal = _significant(1 if top > 0 else -1, 1, 4)
        power += 1
    return whole, decimal, names[power]


def _significant(top: int, bottom: int, digits: int) -> tuple[str, str]:
    """Rounded to `digits` significant digits; those before the point are never cut."""
    if not top:
        return "0", ""
    decimals = digits - 1
    while decimals > 0 and abs(top) * 10**decimals >= bottom * 10**digits:
        decimals -= 1
    while abs(top) * 10**decimals < bottom * 10 ** (digits - 1):
        decimals += 1
    if decimals and _half_up(top, bottom, decimals) == 10**digits:
        decimals -= 1
    return _fixed(top, bottom, decimals)


def _fixed(top: int, bottom: int, decimals: int) -> tuple[str, str]:
    """Whole part and decimals, rounded half away from zero."""
    digits = _half_up(top, bottom, decimals)
    whole, rest = divmod(digits, 10**decimals)
    sign = "-" if top < 0 and digits else ""
    return f"{sign}{whole}", f".{rest:0{decimals}}" if decimals else ""


def _half_up(top: int, bottom: int, decimals: int) -> int:
    """The magnitude in units of the last decimal."""
    scale: int = 10**decimals
    return (2 * abs(top) * scale + bottom) // (2 * bottom)


def _grouped(whole: str) -> str:
    return f"{'-' if whole[0] == '-' else ''}{int(whole.lstrip('-')):,}"


def _advice(text: str) -> str:
    plain = text.replace(",", "").replace("_", "").strip()
    if len(plain) <= 40 and _split(plain):
        return f"write '{plain}'"
    return "write a number and a unit, such as 569M, 4.2M, 16MiB or 3504872"


def _unit_advice(unit: str) -> str:
    for known in _UNITS:
        if known and known.lower() == unit.lower():
            return f"did you mean '{known}'?"
    for word in ("mac", "madd", "mult", "flop", "param", "op"):  # 1.2GMAC
        prefix, found, _ = unit.lower().partition(word)
        if found and len(prefix.strip()) < 2:
            return "a count has no name, only k M G T P; mult_adds are MACs, half of most FLOPs"
    return "units are k M G T P, kB MB GB TB, KiB MiB GiB TiB, and %"
