"""Reading symbolic sizes: known values, names, values put in place of names, sums, text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flopcalc import polynomial
from flopcalc.dim import Dim, Expr, floor_div, max_, min_, not_negative, symbol, wrap
from flopcalc.errors import SpecError
from flopcalc.polynomial import ONE, Atom, too_long

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from flopcalc.polynomial import Terms

MAX_TOTAL = 100_000  # terms of a sum over a whole network
MAX_TEXT = 2_000
MAX_DEPTH = 50


def known(size: Dim) -> int | None:
    """The integer that `size` is, or None where it depends on a name."""
    return size if isinstance(size, int) else None


def is_one(size: Dim) -> bool:
    """Whether `size` is known to be 1."""
    return isinstance(size, int) and size == 1


def definitely_equal(a: Dim, b: Dim) -> bool:
    """Whether `a` and `b` are known to be equal, whatever the values of their names."""
    return a == b


def definitely_different(a: Dim, b: Dim) -> bool:
    """Whether `a` and `b` are known to differ, whatever the values of their names."""
    if isinstance(a, int) and isinstance(b, int):
        return a != b
    return not_negative(a - b - 1) or not_negative(b - a - 1)


def names(size: Dim) -> frozenset[str]:
    """The names that `size` depends on; none for an integer."""
    if isinstance(size, int):
        return frozenset()
    return polynomial.names(size.terms)


def substitute(size: Dim, values: Mapping[str, Dim]) -> Dim:
    """`size` with values in place of some of its names."""
    return size if isinstance(size, int) else _substituted(size, values, {})


def total(sizes: Iterable[Dim]) -> Dim:
    """The sum, in time linear in the terms; raises `LimitError` beyond `MAX_TOTAL` of them."""
    constant = 0
    result: Terms = {}
    for size in sizes:
        if isinstance(size, int):
            constant += size
            continue
        for monomial, n in size.terms.items():
            result[monomial] = result.get(monomial, 0) + n
        if len(result) > MAX_TOTAL:
            raise too_long()
    if constant:
        result[ONE] = result.get(ONE, 0) + constant
    return wrap({monomial: n for monomial, n in result.items() if n})


def product(sizes: Iterable[Dim]) -> Dim:
    """The product; 1 for none."""
    result: Dim = 1
    for size in sizes:
        result = result * size
    return result


def _substituted(size: Expr, values: Mapping[str, Dim], done: dict[Atom, Dim]) -> Dim:
    parts: list[Dim] = []
    for monomial, n in size.terms.items():
        part: Dim = n
        for atom, power in monomial:
            value = _value(atom, values, done)
            for _ in range(power):
                part = part * value
        parts.append(part)
    result: Dim = 0
    for part in parts:
        result = result + part
    return result


def _value(atom: Atom, values: Mapping[str, Dim], done: dict[Atom, Dim]) -> Dim:
    found = done.get(atom)
    if found is not None:
        return found
    if atom.names.isdisjoint(values):
        found = Expr({((atom, 1),): 1})
    elif atom.kind == "name":
        (name,) = atom.names
        found = values[name]
    else:
        args = [
            arg if isinstance(arg, int) else _substituted(arg, values, done) for arg in atom.args
        ]
        found = args[0]
        for arg in args[1:]:
            if atom.kind == "floor":
                found = floor_div(found, arg)
            else:
                found = min_(found, arg) if atom.kind == "min" else max_(found, arg)
    done[atom] = found
    return found


def parse(text: str) -> Dim:
    """The size that a text of the grammar of `flopcalc.dim` stands for.

    Raises `SpecError` for any other text.
    """
    reader = _Reader(text[:MAX_TEXT])
    try:
        result = reader.sum(0)
    except (IndexError, RecursionError, ValueError):
        raise _not_a_size(text) from None
    if reader.tokens[reader.at] or len(text) > MAX_TEXT:
        raise _not_a_size(text)
    return result


def _not_a_size(text: str) -> SpecError:
    return SpecError(f"'{text[:80]}' is not a size", hint="for example 3, N or floor((H + 1)/2)")


class _Reader:
    """Recursive descent over tokens; the last one is empty. Raises `ValueError`."""

    def __init__(self, text: str) -> None:
        import re  # here, since few files write sizes as expressions

        pattern = r"\s*(`[^`]+`|[A-Za-z_?][\w.?]*|\d+|//|[-+*^/%(),]|$)"
        self.tokens: list[str] = []
        self.at = end = 0
        while end < len(text) or not self.tokens or self.tokens[-1]:
            match = re.compile(pattern).match(text, end)
            if match is None:
                raise _not_a_size(text)
            self.tokens.append(match[1])
            end = match.end()

    def take(self, *words: str) -> str:
        """The next token if it is one of these, else nothing."""
        found = self.tokens[self.at]
        if found not in words or not found:
            return ""
        self.at += 1
        return found

    def need(self, word: str) -> None:
        if not self.take(word):
            raise ValueError(word)

    def sum(self, depth: int) -> Dim:
        if depth > MAX_DEPTH:
            raise ValueError(depth)
        minus = self.take("-")
        result = self.product(depth)
        result = -result if minus else result
        while sign := self.take("+", "-"):
            term = self.product(depth)
            result = result + term if sign == "+" else result - term
        return result

    def product(self, depth: int) -> Dim:
        result = self.power(depth)
        while sign := self.take("*", "//", "%"):
            factor = self.power(depth)
            if sign == "*":
                result = result * factor
            else:
                quotient = floor_div(result, factor)
                result = quotient if sign == "//" else result - quotient * factor
        return result

    def power(self, depth: int) -> Dim:
        base = self.atom(depth)
        if not self.take("^"):
            return base
        exponent = int(self.tokens[self.at])
        self.at += 1
        if exponent > polynomial.MAX_DEGREE:
            raise ValueError(exponent)
        return product([base] * exponent)

    def atom(self, depth: int) -> Dim:
        if self.take("("):
            result = self.sum(depth + 1)
            self.need(")")
            return result
        word = self.tokens[self.at]
        self.at += 1
        if word.isdecimal():
            return int(word)
        if not word or word in "-+*^/%(),":
            raise ValueError(word)
        if word in ("floor", "min", "max") and self.take("("):
            return self.function(word, depth + 1)
        return symbol(word.strip("`"))

    def function(self, name: str, depth: int) -> Dim:
        result = self.sum(depth)
        if name == "floor" and self.take("/"):
            result = floor_div(result, self.sum(depth))
        while self.take(","):
            other = self.sum(depth)
            result = min_(result, other) if name == "min" else max_(result, other)
        self.need(")")
        return result
