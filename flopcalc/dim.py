"""Symbolic sizes: polynomials with integer coefficients over names, floors, minima and maxima.

`Dim` is an integer or an `Expr`. Arithmetic gives an integer wherever the result is one, and a
canonical form otherwise: equal forms are equal sizes. In text (`str`, read back by
`dim_values.parse`):

    expr  := ["-"] term {(" + " | " - ") term}
    term  := integer | [integer "*"] power {"*" power}
    power := atom ["^" integer]
    atom  := name | "floor(" side "/" side ")" | ("min" | "max") "(" expr {", " expr} ")"
    side  := term | "(" expr ")"
    name  := letters, digits, "_", "." and "?" | anything else between backquotes

A name stands for an integer that is not negative; `a mod k` is written `a - k*floor(a/k)`.
"""

from __future__ import annotations

from math import gcd
from typing import TYPE_CHECKING, TypeAlias
from weakref import WeakValueDictionary

from flopcalc import polynomial
from flopcalc.errors import InputError, ShapeError
from flopcalc.polynomial import (
    MAX_SIZE,
    ONE,
    Atom,
    Terms,
    added,
    divided,
    multiplied,
    print_order,
    text,
    too_long,
)

if TYPE_CHECKING:
    pass

Dim: TypeAlias = "int | Expr"

MAX_WORK = 20_000_000  # sizes of all that is built in one go
MAX_SIDES = 16  # of a minimum or maximum
MAX_DIVIDED = 200  # terms of a polynomial that is divided by another
MAX_COEFFICIENT = 1 << 256


class SymbolicError(InputError):
    """A decision that needs the value of a size that only has a name."""


_atoms: WeakValueDictionary[tuple[object, ...], Atom] = WeakValueDictionary()
_serials = [0]


def _atom(kind: str, args: tuple[Dim, ...], *, nonnegative: bool, name: str = "") -> Atom:
    key = (kind, *args) if args else (kind, name, nonnegative)
    found = _atoms.get(key)
    if found is None:
        found = Atom(kind, args, nonnegative=nonnegative, name=name)
        _spend(found.size)
        _serials[0] += 1
        found.serial = _serials[0]
        _atoms[key] = found
    return found


class Expr:
    """A size with names in it; never a constant. Combine with `+`, `-`, `*`, `//`, `%`.

    `==` compares canonical forms: `False` does not say that two sizes differ. `<` and its like,
    `bool` and `range` answer where all values of the names agree, and raise `SymbolicError`
    where they do not. Beyond `MAX_SIZE`, arithmetic raises `LimitError`.
    """

    __slots__ = ("_hash", "terms")

    def __init__(self, terms: Terms) -> None:
        self.terms = terms
        self._hash = 0

    def __hash__(self) -> int:
        if not self._hash:
            self._hash = hash(frozenset(self.terms.items())) or 1
        return self._hash

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        if not isinstance(other, Expr):
            return False
        return hash(self) == hash(other) and self.terms == other.terms

    def __add__(self, other: Dim) -> Dim:
        return _make(added(self.terms, _terms(other), 1))

    __radd__ = __add__

    def __sub__(self, other: Dim) -> Dim:
        return _make(added(self.terms, _terms(other), -1))

    def __rsub__(self, other: Dim) -> Dim:
        return _make(added(_terms(other), self.terms, -1))

    def __neg__(self) -> Dim:
        return _make({monomial: -n for monomial, n in self.terms.items()})

    def __mul__(self, other: Dim) -> Dim:
        if isinstance(other, int):
            if other == 0:
                return 0
            return _make({monomial: n * other for monomial, n in self.terms.items()})
        if not isinstance(other, Expr):
            return NotImplemented
        return _make(multiplied(self.terms, other.terms))

    __rmul__ = __mul__

    def __floordiv__(self, other: Dim) -> Dim:
        return floor_div(self, other)

    def __rfloordiv__(self, other: int) -> Dim:
        return floor_div(other, self)

    def __mod__(self, other: Dim) -> Dim:
        return self - floor_div(self, other) * other

    def __rmod__(self, other: int) -> Dim:
        return other - floor_div(other, self) * self

    def __lt__(self, other: Dim) -> bool:
        return not _decide(self, other, self, other)

    def __ge__(self, other: Dim) -> bool:
        return _decide(self, other, self, other)

    def __gt__(self, other: Dim) -> bool:
        return not _decide(other, self, self, other)

    def __le__(self, other: Dim) -> bool:
        return _decide(other, self, self, other)

    def __bool__(self) -> bool:
        if not_negative(self - 1) or not_negative(-self - 1):
            return True
        raise _undecided(self)

    def __index__(self) -> int:
        raise _undecided(self)

    def __str__(self) -> str:
        return text(self.terms)

    def __repr__(self) -> str:
        return f"<{self}>"


def symbol(name: str, *, nonnegative: bool = True) -> Expr:
    """The size called `name`; `nonnegative=False` for a number that may be anything."""
    return Expr({((_atom("name", (), name=name, nonnegative=nonnegative), 1),): 1})


def min_(a: Dim, b: Dim) -> Dim:
    """The smaller of two sizes: one of them where that is certain."""
    if isinstance(a, int) and isinstance(b, int):
        return min(a, b)
    if not_negative(b - a):
        return a
    return b if not_negative(a - b) else _extreme("min", a, b)


def max_(a: Dim, b: Dim) -> Dim:
    """The larger of two sizes: one of them where that is certain."""
    if isinstance(a, int) and isinstance(b, int):
        return max(a, b)
    if not_negative(a - b):
        return a
    return b if not_negative(b - a) else _extreme("max", a, b)


def ceil_div(a: Dim, b: int) -> Dim:
    """⌈a/b⌉ for a positive integer `b`."""
    return floor_div(a + (b - 1), b)


def floor_div(a: Dim, b: Dim) -> Dim:
    """⌊a/b⌋; raises `ShapeError` where `b` is 0."""
    if isinstance(b, int):
        if b == 0:
            raise ShapeError("a division by 0", hint="a size that a shape is divided by is 0")
        if isinstance(a, int):
            return a // b
        return _floor(a, b) if b > 0 else _floor(-a, -b)
    if not isinstance(a, int) and len(a.terms) > MAX_DIVIDED:
        return _floor_atom(a, b)
    quotient, rest = divided(_terms(a), b.terms)
    whole = wrap(quotient)
    if not rest:
        return whole
    common = gcd(*rest.values(), *b.terms.values())
    top = wrap({monomial: n // common for monomial, n in rest.items()})
    bottom = wrap({monomial: n // common for monomial, n in b.terms.items()})
    return whole + (floor_div(top, bottom) if isinstance(bottom, int) else _floor_atom(top, bottom))


def not_negative(size: Dim) -> bool:
    """Whether `size` is certainly not negative; False says nothing."""
    if isinstance(size, int):
        return size >= 0
    for _ in range(16):
        if all(
            n >= 0 and all(atom.nonnegative or power % 2 == 0 for atom, power in m)
            for m, n in size.terms.items()
        ):
            return True
        bound = _lower_bound(size)
        if bound is None or isinstance(bound, int):
            return bound is not None and bound >= 0
        size = bound
    return False


def _lower_bound(size: Expr) -> Dim | None:
    """A positive multiple of something not above `size`, with one floor-division less.

    ⌊a/k⌋ is at most a/k and at least (a - k + 1)/k; which one serves depends on the sign.
    """
    for monomial in sorted(size.terms, key=print_order):  # so that equal forms decide alike
        n = size.terms[monomial]
        for i, (atom, power) in enumerate(monomial):
            bottom = atom.args[1] if atom.kind == "floor" else 0
            if power != 1 or not isinstance(bottom, int) or bottom == 0:
                continue
            others = monomial[:i] + monomial[i + 1 :]
            if not all(other.nonnegative for other, _ in others):
                continue
            top = atom.args[0] if n < 0 else atom.args[0] - (bottom - 1)
            rest = wrap({m: c for m, c in size.terms.items() if m is not monomial})
            return rest * bottom + top * wrap({others: n})
    return None


def _undecided(size: Dim) -> SymbolicError:
    free = [] if isinstance(size, int) else sorted(polynomial.names(size.terms))
    hint = f"give it a value: --dim {free[0]}=1" if free and free[0][0] != "?" else None
    return SymbolicError(f"the value of '{size}' is not known here", hint=hint)


def _decide(a: Dim, b: Dim, left: Dim, right: Dim) -> bool:
    """Whether a ≥ b; raises `SymbolicError` where that depends on values."""
    if not_negative(a - b):
        return True
    if not_negative(b - a - 1):
        return False
    raise _undecided(left if isinstance(left, Expr) else right)


def _terms(size: Dim) -> Terms:
    if isinstance(size, int):
        return {ONE: int(size)} if size else {}
    return size.terms


def wrap(terms: Terms) -> Dim:
    """The size with these terms, none of them 0: an integer where there are no names."""
    if not terms:
        return 0
    if len(terms) == 1 and ONE in terms:
        return terms[ONE]
    return Expr(terms)


def _make(terms: Terms) -> Dim:
    """`wrap`, within the limits."""
    if len(terms) > 8:  # shorter ones cannot be too long, since no atom is
        _spend(polynomial.size(terms))
    for n in terms.values():
        if not -MAX_COEFFICIENT < n < MAX_COEFFICIENT:
            raise too_long()
    return wrap(terms)


_spent = [0]


def _spend(size: int) -> None:
    if size > MAX_SIZE:
        raise too_long()
    _spent[0] += size
    if _spent[0] > MAX_WORK:
        raise too_long()


def renew_budget() -> None:
    """Allow `MAX_WORK` again: what building one graph may take."""
    _spent[0] = 0


def _floor(a: Dim, k: int) -> Dim:
    """⌊a/k⌋ for k > 0, in canonical form.

    What k divides comes out; what is left has coefficients of at most k/2, the leading one
    positive (⌊-a/k⌋ = -⌊(a + k - 1)/k⌋), a constant in [0, k), and no divisor in common with k;
    a floor inside a floor becomes one (⌊(⌊a/b⌋ + c)/k⌋ = ⌊(a + b·c)/(b·k)⌋).
    """
    if isinstance(a, int):
        return a // k
    if k == 1:
        return a
    whole, part, constant = _split(a.terms, k)
    if not part:
        return wrap(whole) + constant // k
    lead = min(part, key=print_order) if len(part) > 1 else next(iter(part))
    if part[lead] < 0:
        negated = wrap({**{m: -n for m, n in part.items()}, ONE: k - 1 - constant})
        return wrap(whole) - _floor(negated, k)
    common = gcd(k, *part.values())
    if common > 1:
        k //= common
        constant //= common
        part = {monomial: n // common for monomial, n in part.items()}
    outside, constant = divmod(constant, k)
    return wrap(whole) + outside + _floor_inside(part, constant, k)


def _split(terms: Terms, k: int) -> tuple[Terms, Terms, int]:
    """What k divides, divided; what is left, with small coefficients; and the constant."""
    whole: Terms = {}
    part: Terms = {}
    for monomial, n in terms.items():
        if monomial == ONE:
            continue
        rest = n % k
        if 2 * rest > k or (2 * rest == k and n < 0):
            rest -= k
        if rest:
            part[monomial] = rest
        if n != rest:
            whole[monomial] = (n - rest) // k
    return whole, part, terms.get(ONE, 0)


def _floor_inside(part: Terms, constant: int, k: int) -> Dim:
    for monomial, n in part.items():
        atom, power = monomial[0]
        if n == 1 and len(monomial) == 1 and power == 1 and atom.kind == "floor":
            top, bottom = atom.args
            if isinstance(bottom, int):
                others = wrap({m: c for m, c in part.items() if m is not monomial})
                return _floor(top + (others + constant) * bottom, bottom * k)
    return _floor_atom(wrap(part) + constant, k)


def _floor_atom(top: Dim, bottom: Dim) -> Dim:
    positive = not_negative(top) and not_negative(bottom)
    return Expr({((_atom("floor", (top, bottom), nonnegative=positive), 1),): 1})


def _extreme(kind: str, a: Dim, b: Dim) -> Dim:
    args: dict[Dim, None] = {}
    for size in (a, b):
        atom = _only_atom(size)
        inner = atom.args if atom is not None and atom.kind == kind else (size,)
        args.update(dict.fromkeys(inner))
    for size in tuple(args):  # what another one always beats is left out
        rest = [other for other in args if other != size]
        if any(not_negative(size - r if kind == "min" else r - size) for r in rest):
            del args[size]
    ordered = tuple(sorted(args, key=str))
    if len(ordered) == 1:
        return ordered[0]
    if len(ordered) > MAX_SIDES:
        raise too_long()
    signs = [not_negative(arg) for arg in ordered]
    positive = any(signs) if kind == "max" else all(signs)
    return Expr({((_atom(kind, ordered, nonnegative=positive), 1),): 1})


def _only_atom(size: Dim) -> Atom | None:
    """The atom that `size` is, if it is nothing more."""
    if isinstance(size, int) or len(size.terms) != 1:
        return None
    ((monomial, n),) = size.terms.items()
    return monomial[0][0] if n == 1 and len(monomial) == 1 and monomial[0][1] == 1 else None
