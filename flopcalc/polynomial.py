"""Sparse polynomials with integer coefficients: what a symbolic size is made of."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from flopcalc.errors import LimitError

if TYPE_CHECKING:
    from flopcalc.dim import Dim

Monomial: TypeAlias = "tuple[tuple[Atom, int], ...]"  # (atom, power), by serial number
Terms: TypeAlias = "dict[Monomial, int]"  # no coefficient is 0

MAX_SIZE = 2_000  # names and operations in one expression
MAX_DEGREE = 64

ONE: Monomial = ()


class Atom:
    """A name, a floor-division, a minimum or a maximum; there is only one object of each."""

    __slots__ = ("__weakref__", "_text", "args", "kind", "names", "nonnegative", "serial", "size")

    def __init__(self, kind: str, args: tuple[Dim, ...], *, nonnegative: bool, name: str) -> None:
        self.kind = kind
        self.args = args
        self._text = ""
        self.nonnegative = nonnegative
        inner = [arg for arg in args if not isinstance(arg, int)]
        self.size = 1 + len(args) + sum(size(arg.terms) for arg in inner)
        own = () if args else (name,)
        self.names: frozenset[str] = frozenset(own).union(*(names(arg.terms) for arg in inner))
        self.serial = 0

    @property
    def text(self) -> str:
        """As `flopcalc.dim` writes it."""
        if not self._text:  # on demand: few are ever printed
            if self.kind == "name":
                self._text = _quoted(*self.names)
            elif self.kind == "floor":
                self._text = f"floor({_side(self.args[0])}/{_side(self.args[1])})"
            else:
                self._text = f"{self.kind}({', '.join(map(str, self.args))})"
        return self._text


def _quoted(name: str) -> str:
    plain = name and not name[0].isdigit() and all(c.isalnum() or c in "_.?" for c in name)
    return name if plain and name.isascii() else f"`{name.replace('`', ' ')[:200]}`"


def _side(size: Dim) -> str:
    text = str(size)
    return text if isinstance(size, int) or text.isidentifier() else f"({text})"


def too_long() -> LimitError:
    """The error of an expression beyond the limits."""
    message = f"a symbolic size of more than {MAX_SIZE:,} parts"
    return LimitError(message, hint="give its names values: --dim N=1")


def size(terms: Terms) -> int:
    """How many names, numbers and operations there are."""
    return sum(1 + sum(atom.size for atom, _ in m) for m in terms)


def names(terms: Terms) -> frozenset[str]:
    """The names there are."""
    return frozenset().union(*(atom.names for m in terms for atom, _ in m))


def added(a: Terms, b: Terms, sign: int) -> Terms:
    """A + b, or a - b where `sign` is -1."""
    result = dict(a)
    for monomial, n in b.items():
        value = result.get(monomial, 0) + sign * n
        if value:
            result[monomial] = value
        else:
            del result[monomial]
    return result


def multiplied(a: Terms, b: Terms) -> Terms:
    """A·b; raises `LimitError` where it would be too long."""
    if len(a) * len(b) > 4 * MAX_SIZE:
        raise too_long()
    result: Terms = {}
    for left, n in a.items():
        for right, m in b.items():
            monomial = _times(left, right)
            result[monomial] = result.get(monomial, 0) + n * m
    return {monomial: n for monomial, n in result.items() if n}


def _times(a: Monomial, b: Monomial) -> Monomial:
    if not a or not b:
        return a or b
    powers = dict(a)
    for atom, power in b:
        powers[atom] = powers.get(atom, 0) + power
    if sum(powers.values()) > MAX_DEGREE:
        raise too_long()
    return tuple(sorted(powers.items(), key=_serial))


def _serial(factor: tuple[Atom, int]) -> int:
    return factor[0].serial


def _over(a: Monomial, b: Monomial) -> Monomial | None:
    """a/b, or None where it is no monomial."""
    powers = dict(a)
    for atom, power in b:
        left = powers.get(atom, 0) - power
        if left < 0:
            return None
        powers[atom] = left
    return tuple((atom, power) for atom, power in powers.items() if power)


def _order(monomial: Monomial) -> tuple[int, list[tuple[int, int]]]:
    """By degree, then lexicographic: an order that multiplication keeps, as division needs."""
    degree = sum(power for _, power in monomial)
    return degree, [(-atom.serial, power) for atom, power in monomial]


def divided(a: Terms, b: Terms) -> tuple[Terms, Terms]:
    """Quotient and rest of two polynomials; the rest is what could not be divided."""
    lead = max(b, key=_order)
    quotient: Terms = {}
    rest: Terms = {}
    left = dict(a)
    while left:
        top = max(left, key=_order) if len(left) > 1 else next(iter(left))
        monomial = _over(top, lead)
        if monomial is None or left[top] % b[lead]:
            rest[top] = left.pop(top)
            continue
        factor = left[top] // b[lead]
        quotient[monomial] = factor
        left = added(left, multiplied(b, {monomial: factor}), -1)
    return quotient, rest


def print_order(monomial: Monomial) -> tuple[int, list[tuple[str, int]]]:
    """Higher degrees first, then by the alphabet."""
    degree = sum(power for _, power in monomial)
    return -degree, sorted((atom.text, power) for atom, power in monomial)


def text(terms: Terms) -> str:
    """The polynomial as `flopcalc.dim` documents it, higher degrees first."""
    shown = ""
    for monomial in sorted(terms, key=print_order):
        n = terms[monomial]
        factors = [
            atom.text if power == 1 else f"{atom.text}^{power}"
            for atom, power in sorted(monomial, key=lambda factor: factor[0].text)
        ]
        if abs(n) != 1 or not factors:
            factors.insert(0, str(abs(n)))
        sign = ("-" if n < 0 else "") if not shown else (" - " if n < 0 else " + ")
        shown += sign + "*".join(factors)
    return shown
