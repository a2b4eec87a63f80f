"""Formulas as trees: one declaration read as a number, as algebra, with values, in LaTeX.

A formula keeps the order it was written in, as the paper prints it; nothing is simplified.
`value` and `numbers` agree by construction: what is printed is what is computed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from fractions import Fraction
    from typing import Literal

Value: TypeAlias = "int | tuple[int, ...]"
Env: TypeAlias = "Mapping[str, Value]"
Axis: TypeAlias = 'Literal["channel", "spatial", "other"]'
Operand: TypeAlias = "Formula | int"

_LOOSE, _FACTOR, _ATOM = 0, 1, 2
_GREEK = {"α": r"\alpha", "ρ": r"\rho", "μ": r"\mu", "β": r"\beta"}


class Formula:
    """A tree of sums, products and ratios over symbols; combine with `+`, `-`, `*`, `/`."""

    __slots__ = ()

    def value(self, env: Env) -> int:
        """The exact integer for `env` (symbol name → integer, or one integer per spatial axis).

        Where `env` has a `dim.Expr` for an integer, the result may be one too.
        """
        raise NotImplementedError

    def parts(self) -> tuple[Formula, ...]:
        """The formulas this one is made of, in reading order."""
        return ()

    def replace(self, new: Mapping[Sym, Operand]) -> Formula:
        """The same formula with symbols exchanged for other formulas."""
        raise NotImplementedError

    def write(self, reading: Reading, outer: int) -> str:
        """This node in a reading; `outer` says how tightly its surroundings bind."""
        raise NotImplementedError

    def algebra(self, env: Env | None = None) -> str:
        """In the paper's letters: `D_K·D_K·M·N·D_F·D_F`; `env` shows oblong kernels and batches."""
        return self.write(Reading(env), _LOOSE) or "1"

    def numbers(self, env: Env) -> str:
        """The same with values: `3·3·3·32·112·112`."""
        return self.write(Numbers(env), _LOOSE) or "1"

    def latex(self, env: Env | None = None) -> str:
        """The algebra in LaTeX, for math mode."""
        return self.write(Latex(env), _LOOSE) or "1"

    def symbols(self, env: Env | None = None) -> tuple[Sym, ...]:
        """The symbols that `algebra(env)` shows, each once, in reading order."""
        reading = Reading(env)
        return tuple(dict.fromkeys(s for s in _symbols(self) if not reading.hides(s)))

    def __add__(self, other: Operand) -> Formula:
        return Sum((*_terms(self), *_terms(_lift(other))))

    def __radd__(self, other: Operand) -> Formula:
        return Sum((*_terms(_lift(other)), *_terms(self)))

    def __sub__(self, other: Operand) -> Formula:
        return Sum((*_terms(self), Prod((Num(-1), *_factors(_lift(other))))))

    def __mul__(self, other: Operand) -> Formula:
        return Prod((*_factors(self), *_factors(_lift(other))))

    def __rmul__(self, other: Operand) -> Formula:
        return Prod((*_factors(_lift(other)), *_factors(self)))

    def __truediv__(self, other: Operand) -> Formula:
        return Ratio(self, _lift(other))

    def __rtruediv__(self, other: Operand) -> Formula:
        return Ratio(_lift(other), self)

    def __repr__(self) -> str:
        return f"<{self.algebra()}>"


class Num(Formula):
    """An integer."""

    __slots__ = ("number",)

    def __init__(self, number: int) -> None:
        self.number = number

    def value(self, env: Env) -> int:  # noqa: ARG002 - the same for every environment
        return self.number

    def replace(self, new: Mapping[Sym, Operand]) -> Formula:  # noqa: ARG002 - has no symbols
        return self

    def write(self, reading: Reading, outer: int) -> str:  # noqa: ARG002 - an atom
        return str(self.number)


class Sym(Formula):
    """A named quantity.

    `flag`: 0 or 1, an Iverson bracket such as `[bias]`; `implicit`: left out while it is 1 (a
    batch of one); `axis`: whether it follows channels (α), maps (ρ) or neither.
    """

    __slots__ = ("axis", "flag", "implicit", "meaning", "name")

    def __init__(
        self,
        name: str,
        meaning: str,
        *,
        axis: Axis = "other",
        flag: bool = False,
        implicit: bool = False,
    ) -> None:
        self.name = name
        self.meaning = meaning
        self.axis = axis
        self.flag = flag
        self.implicit = implicit

    def value(self, env: Env) -> int:
        value = env[self.name]
        assert not isinstance(value, tuple), f"{self.name} is spatial: use area({self.name})"
        return value

    def replace(self, new: Mapping[Sym, Operand]) -> Formula:
        return _lift(new.get(self, self))

    def write(self, reading: Reading, outer: int) -> str:  # noqa: ARG002 - an atom
        return "" if reading.hides(self) else reading.symbol(self)


class Area(Formula):
    """The product of a spatial symbol over its axes: `D_K·D_K` when square, `D_Kh·D_Kw` else."""

    __slots__ = ("symbol",)

    def __init__(self, symbol: Sym) -> None:
        self.symbol = symbol

    def value(self, env: Env) -> int:
        product = 1
        for side in _sides(self.symbol, env):
            product *= side
        return product

    def parts(self) -> tuple[Formula, ...]:
        return (self.symbol,)

    def replace(self, new: Mapping[Sym, Operand]) -> Formula:
        other = new.get(self.symbol, self.symbol)
        if isinstance(other, Sym):
            return Area(other)
        # α·D_K in place of D_K: the factor counts once per axis of a square map
        return Prod(tuple(f for f in _factors(_lift(other)) for _ in "hw"))

    def write(self, reading: Reading, outer: int) -> str:
        return reading.join(reading.area(self.symbol), outer)


class Sum(Formula):
    """A sum of terms; a negative first factor prints as a minus sign."""

    __slots__ = ("terms",)

    def __init__(self, terms: tuple[Formula, ...]) -> None:
        self.terms = terms

    def value(self, env: Env) -> int:
        total = 0
        for term in self.terms:
            total += term.value(env)
        return total

    def parts(self) -> tuple[Formula, ...]:
        return self.terms

    def replace(self, new: Mapping[Sym, Operand]) -> Formula:
        return Sum(tuple(term.replace(new) for term in self.terms))

    def write(self, reading: Reading, outer: int) -> str:
        shown = [term for term in self.terms if not reading.drops(term)]
        if len(shown) == 1:
            return shown[0].write(reading, outer)
        text = "".join(
            _signed(term.write(reading, _LOOSE) or "1", first=i == 0)
            for i, term in enumerate(shown)
        )
        return f"({text})" if outer > _LOOSE and shown else text or "0"


class Prod(Formula):
    """A product of factors."""

    __slots__ = ("factors",)

    def __init__(self, factors: tuple[Formula, ...]) -> None:
        self.factors = factors

    def value(self, env: Env) -> int:
        product = 1
        for factor in self.factors:
            product *= factor.value(env)
        return product

    def parts(self) -> tuple[Formula, ...]:
        return self.factors

    def replace(self, new: Mapping[Sym, Operand]) -> Formula:
        return Prod(tuple(f for factor in self.factors for f in _factors(factor.replace(new))))

    def write(self, reading: Reading, outer: int) -> str:
        if reading.drops(self):
            return "0"
        minus = isinstance(self.factors[0], Num) and self.factors[0].number == -1
        factors = self.factors[1:] if minus else self.factors
        texts = [factor.write(reading, _FACTOR) for factor in factors]
        parts = [text for text in texts if text]
        if len(parts) == 1 and not minus:  # alone, it faces what surrounds the product
            (shown,) = (factor for factor, text in zip(factors, texts, strict=True) if text)
            parts = [shown.write(reading, outer)]
        text = reading.join(parts, outer) or "1"
        return f"-{text}" if minus else text


class Ratio(Formula):
    """A quotient: exact where it divides, a `Fraction` where a share is the point."""

    __slots__ = ("bottom", "top")

    def __init__(self, top: Formula, bottom: Formula) -> None:
        self.top = top
        self.bottom = bottom

    def value(self, env: Env) -> int:
        top, bottom = self.top.value(env), self.bottom.value(env)
        if type(top) is not int or type(bottom) is not int:
            found: int = _unusual_ratio(top, bottom)
            return found
        quotient, rest = divmod(top, bottom)
        if rest == 0:
            return quotient
        from fractions import Fraction  # here, since counts never need it

        share: Fraction = Fraction(top, bottom)
        return share  # type: ignore[return-value]  # a saving, never a count

    def parts(self) -> tuple[Formula, ...]:
        return (self.top, self.bottom)

    def replace(self, new: Mapping[Sym, Operand]) -> Formula:
        return Ratio(self.top.replace(new), self.bottom.replace(new))

    def write(self, reading: Reading, outer: int) -> str:
        return reading.ratio(self.top, self.bottom, outer)


class Reading:
    """How a formula is put into characters; this one is the algebra."""

    dot: ClassVar[str] = "·"

    def __init__(self, env: Env | None) -> None:
        self.env = env

    def hides(self, symbol: Sym) -> bool:
        """Whether `symbol` is left out: an implicit one that is 1."""
        return symbol.implicit and (self.env is None or self.env.get(symbol.name, 1) == 1)

    def drops(self, node: Formula) -> bool:  # noqa: ARG002 - the algebra shows every term
        """Whether a term is left out: a switch that is off."""
        return False

    def symbol(self, symbol: Sym) -> str:
        return f"[{symbol.name}]" if symbol.flag else symbol.name

    def area(self, symbol: Sym) -> list[str]:
        sides = (0, 0) if self.env is None else _sides(symbol, self.env)
        if len(set(sides)) <= 1:
            return [self.symbol(symbol)] * len(sides)
        return [self.subscript(symbol, axis) for axis in "dhw"[3 - len(sides) :]]

    def subscript(self, symbol: Sym, axis: str) -> str:
        return symbol.name + axis

    def join(self, parts: list[str], outer: int) -> str:
        text = self.dot.join(parts)
        return f"({text})" if outer >= _ATOM and len(parts) > 1 else text

    def ratio(self, top: Formula, bottom: Formula, outer: int) -> str:
        text = f"{top.write(self, _ATOM) or 1}/{bottom.write(self, _ATOM) or 1}"
        return f"({text})" if outer > _LOOSE else text


class Numbers(Reading):
    """The values in place of the symbols; factors of one that are switches are left out."""

    env: Env

    def __init__(self, env: Env) -> None:
        super().__init__(env)

    def hides(self, symbol: Sym) -> bool:
        return (symbol.implicit or symbol.flag) and self.env.get(symbol.name, 1) == 1

    def drops(self, node: Formula) -> bool:
        factors = node.factors if isinstance(node, Prod) else (node,)
        return any(isinstance(f, Sym) and f.flag and self.env[f.name] == 0 for f in factors)

    def symbol(self, symbol: Sym) -> str:
        return str(symbol.value(self.env))

    def area(self, symbol: Sym) -> list[str]:
        return [str(side) for side in _sides(symbol, self.env)]


class Latex(Reading):
    """The algebra for LaTeX's math mode."""

    dot = r" \cdot "

    def symbol(self, symbol: Sym) -> str:
        name = _latex_name(symbol.name)
        return rf"[\mathrm{{{symbol.name}}}]" if symbol.flag else name

    def subscript(self, symbol: Sym, axis: str) -> str:
        return _latex_name(symbol.name + axis)

    def ratio(self, top: Formula, bottom: Formula, outer: int) -> str:  # noqa: ARG002 - \frac groups
        return rf"\frac{{{top.write(self, _LOOSE) or 1}}}{{{bottom.write(self, _LOOSE) or 1}}}"


def _unusual_ratio(top: Any, bottom: Any) -> Any:  # noqa: ANN401 - shares and named sizes
    """A quotient of shares, or of named dimensions: exact where it divides, else rounded down."""
    from flopcalc.dim import Expr  # here, since only exported graphs have named dimensions

    if isinstance(top, Expr) or isinstance(bottom, Expr):
        return top // bottom
    return top / bottom  # one of them is a Fraction: a saving


def area(symbol: Sym) -> Formula:
    """The product of `symbol` over its spatial axes."""
    return Area(symbol)


def _lift(operand: Operand) -> Formula:
    return Num(operand) if isinstance(operand, int) else operand


def _terms(formula: Formula) -> tuple[Formula, ...]:
    return formula.terms if isinstance(formula, Sum) else (formula,)


def _factors(formula: Formula) -> tuple[Formula, ...]:
    return formula.factors if isinstance(formula, Prod) else (formula,)


def _sides(symbol: Sym, env: Env) -> tuple[int, ...]:
    value = env[symbol.name]
    return value if isinstance(value, tuple) else (value,)


def _symbols(formula: Formula) -> Iterator[Sym]:
    if isinstance(formula, Sym):
        yield formula
    for part in formula.parts():
        yield from _symbols(part)


def _signed(text: str, *, first: bool) -> str:
    if first:
        return text
    return f" - {text[1:]}" if text.startswith("-") else f" + {text}"


def _latex_name(name: str) -> str:
    base, _, sub = name.partition("_")
    base = _GREEK.get(base, base if len(base) == 1 else rf"\mathrm{{{base}}}")
    if not sub:
        return base
    return f"{base}_{sub}" if len(sub) == 1 else f"{base}_{{{sub}}}"
