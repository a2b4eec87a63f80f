"""Ranges as people write them: `0.25:1:0.25` (both ends included, exact decimals) and `1,0.5`."""

from __future__ import annotations

from flopcalc.errors import InputError, LimitError

MOST = 1_000_000


def decimals(text: str, name: str = "value") -> tuple[str, ...]:
    """The numbers of `0.25:1:0.25` or `1,0.75,0.5`, each as its shortest decimal.

    Raises `InputError` for anything else, and for a range whose step does not lead to its end.
    """
    found: list[str] = []
    for part in text.split(","):
        ends = [word.strip() for word in part.split(":")]
        if len(ends) > 3 or not all(_is_decimal(word) for word in ends):
            hint = f"for example {name} 0.25:1:0.25 (start:end:step), or 1,0.75,0.5"
            raise InputError(f"{name} '{text}' is no list and no range of numbers", hint=hint)
        found += _range(ends, part, name) if len(ends) > 1 else [_shortest(*_scaled(ends[0]))]
        if len(found) > MOST:
            raise LimitError(f"{name} '{text}' has more than {MOST:,} values", hint="a larger step")
    return tuple(dict.fromkeys(found))


def integers(text: str, name: str = "value") -> tuple[int, ...]:
    """The integers of `128:224:32`, `2:6` or `2,4,6`; raises `InputError` as `decimals`."""
    found = decimals(text, name)
    if not all(word.isdecimal() for word in found):
        raise InputError(f"{name} '{text}' is not made of integers", hint=f"for example {name} 2:6")
    return tuple(map(int, found))


def bounds(text: str, name: str = "value") -> tuple[float, float]:
    """The two ends of `0:2`; raises `InputError` for anything else."""
    ends = [word.strip() for word in text.split(":")]
    if len(ends) != 2 or not all(_is_decimal(word) for word in ends):
        raise InputError(f"{name} '{text}' is not a range of two numbers", hint=f"{name} 0:1")
    low, high = map(float, ends)
    if low > high:
        raise InputError(
            f"{name} '{text}' ends before it starts", hint=f"{name} {ends[1]}:{ends[0]}"
        )
    return low, high


def _range(ends: list[str], text: str, name: str) -> list[str]:
    if len(ends) == 2:
        if any("." in end for end in ends):
            raise InputError(f"{name} '{text}' has no step", hint=f"for example {text}:0.25")
        ends = [*ends, "1"]
    places = max(_scaled(end)[1] for end in ends)
    start, stop, step = (n * 10 ** (places - p) for n, p in map(_scaled, ends))
    if step == 0 or start > stop:
        raise InputError(f"{name} '{text}' has no values", hint="start:end:step, the step above 0")
    if (stop - start) % step:
        last = _shortest(stop - (stop - start) % step, places)
        message = f"{name} '{text}' does not reach its end: the last value is {last}"
        raise InputError(message, hint=f"write {ends[0]}:{last}:{ends[2]}")
    if (stop - start) // step >= MOST:
        raise LimitError(f"{name} '{text}' has more than {MOST:,} values", hint="a larger step")
    return [_shortest(n, places) for n in range(start, stop + 1, step)]


def _is_decimal(word: str) -> bool:
    whole, _, rest = word.partition(".")
    return (whole + rest).isascii() and (whole + rest).isdecimal() and len(word) < 20


def _scaled(word: str) -> tuple[int, int]:
    """Digits as an integer, and how many of them are decimals."""
    whole, _, rest = word.partition(".")
    return int(whole + rest), len(rest)


def _shortest(number: int, places: int) -> str:
    while places and number % 10 == 0:
        number, places = number // 10, places - 1
    digits = str(number).rjust(places + 1, "0")
    return f"{digits[:-places]}.{digits[-places:]}" if places else digits
