"""Numbers in a spec, with their scaling state; apart, since many files have no expression."""

from __future__ import annotations

from typing import TypeAlias

from flopcalc.record import Record

Number: TypeAlias = "int | float"  # a bool where it answers a question

NOMINAL, FIXED, SCALED = 0, 1, 2
MAX_NUMBER = 10**12


class Value(Record):
    """A number or a bool, and its state: NOMINAL (written), FIXED (never scaled) or SCALED."""

    number: Number
    state: int = NOMINAL


class ExpressionError(Exception):
    """What is wrong, at which character of the text (from 0), one thing to try.

    `limit` marks a limit of the language, where the caller raises `LimitError`.
    """

    def __init__(
        self, message: str, offset: int = 0, hint: str | None = None, *, limit: bool = False
    ) -> None:
        super().__init__(message)
        self.message = message
        self.offset = offset
        self.hint = hint
        self.limit = limit


def integral(value: Value) -> int | None:
    """The integer within 1e-9 of a value, if there is one; a bool is none."""
    number = value.number
    if isinstance(number, bool):
        return None
    if isinstance(number, int):
        return number
    nearest = round(number)
    return nearest if abs(number - nearest) <= 1e-9 else None


def round_half_up(x: Number) -> int:
    """The nearest integer, halves upwards: 2.5 → 3, -2.5 → -2."""
    below = int(x // 1)
    return below + (x - below >= 0.5)


def div8(x: Number) -> int:
    """The nearest multiple of 8, at least 8 and never below 90 % of `x`.

    Source: `_make_divisible(v, 8)` of the MobileNetV2 reference code.
    """
    nearest = max(8, int(x + 4) // 8 * 8)
    return nearest + 8 if nearest < 0.9 * x else nearest
