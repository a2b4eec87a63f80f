"""Expressions of a spec as formulas: read as a number, as algebra, with values, in LaTeX."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from flopcalc.errors import LimitError, SpecError
from flopcalc.formula import Formula, Latex, Num, Ratio, Sym
from flopcalc.spec.scope import IMPLICIT, SPATIAL_NAMES
from flopcalc.spec.terms import Chain, Choice, Literal, Name, Negative, Run
from flopcalc.spec.value import SCALED, ExpressionError, integral
from flopcalc.spec.values import Numbers
from flopcalc.spec.written import Constant, Word, Written, located
from flopcalc.spec.written import Formula as Expression

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flopcalc.formula import Axis, Env, Operand, Reading
    from flopcalc.spec.scope import StepScope
    from flopcalc.spec.terms import Node
    from flopcalc.yaml_tree import Source

MAX_COUNT = 10**18
MAX_EXPONENT = 8
MAX_LEAVES = 256
FROM_THE_SPEC = "from the spec"
_MEANINGS = {
    "ch": "input channels",
    "h": "input height",
    "w": "input width",
    "len": "input length",
    "i": "number of the copy, from 0",
}


class Floor(Formula):
    """A quotient rounded down, as `//` has it."""

    __slots__ = ("bottom", "top")

    def __init__(self, top: Formula, bottom: Formula) -> None:
        self.top = top
        self.bottom = bottom

    def value(self, env: Env) -> int:
        return self.top.value(env) // self.bottom.value(env)

    def parts(self) -> tuple[Formula, ...]:
        return (self.top, self.bottom)

    def replace(self, new: Mapping[Sym, Operand]) -> Formula:
        return Floor(self.top.replace(new), self.bottom.replace(new))

    def write(self, reading: Reading, outer: int) -> str:  # noqa: ARG002 - its own brackets
        ratio = reading.ratio(self.top, self.bottom, 0)
        if isinstance(reading, Latex):
            return rf"\left\lfloor {ratio} \right\rfloor"
        return f"⌊{ratio}⌋"


def derive(source: Source, written: Written, scope: StepScope, what: str) -> tuple[Formula, Env]:
    """The formula of a written value, and the integers its names stand for; `what` names it.

    Takes integers, names, `+ - * / // **`, and `a if condition else b` (the branch taken). What
    is divided by `/` must divide. Raises `SpecError` for anything else and for a value that is
    not an integer from 0, `LimitError` above 10^18.
    """
    reader = _Deriver(written, scope)
    try:
        formula = reader.formula()
    except ExpressionError as error:
        raise located(source, written.node, error) from None
    where = source.where(written.node)
    try:
        value = formula.value(reader.env)
    except ZeroDivisionError:
        hint = "guard it: a // b if b != 0 else 0"
        raise SpecError(f"'{what}' divides by zero", where=where, hint=hint) from None
    if not isinstance(value, int):  # a share, where a quotient left a rest
        hint = "divide last, (a + b) / 2, or round down with '//'"
        raise SpecError(f"'{what}' divides with a rest", where=where, hint=hint)
    if value < 0:
        raise SpecError(f"'{what}' is less than 0", where=where, hint="a count starts from 0")
    if value > MAX_COUNT:
        raise LimitError(f"'{what}' is more than 10^18", where=where, hint="look for a slip in it")
    return formula, reader.env


class _Deriver:
    """Turns the tree of one expression into a formula, and gathers the values of its names."""

    def __init__(self, written: Written, scope: StepScope) -> None:
        self.written = written
        self.scope = scope
        self.env: dict[str, int] = {}
        text = written.expr.text if isinstance(written, Expression) else ""
        self.run = Run(text, Numbers(scope, text), None, None)

    def formula(self) -> Formula:
        written = self.written
        if isinstance(written, Expression):
            return self.node(written.expr.root)
        if isinstance(written, Word):
            return self.node(Name(0, written.text))
        if isinstance(written, Constant) and written.value is not None:
            return self.node(Literal(0, written.value))
        raise ExpressionError("a formula belongs here", 0, "for example h * w * ch * 9")

    def node(self, node: Node) -> Formula:
        if isinstance(node, Literal):
            return Num(self.integer(node, "a number"))
        if isinstance(node, Name):
            return self.symbol(node)
        if isinstance(node, Negative):
            return _times(Num(-1), self.node(node.operand))
        if isinstance(node, Chain):
            return self.chain(node)
        if isinstance(node, Choice):
            return self.node(node.yes if node.condition.truth(self.run).number else node.no)
        message = "a formula has names, integers, + - * / // ** and 'if'"
        hint = "give the rest a name: a var, or a parameter of a block"
        raise ExpressionError(message, node.offset, hint)

    def integer(self, node: Node, what: str) -> int:
        value = node.number(self.run)
        whole = integral(value)
        if whole is None:
            message = f"{what} of a formula is an integer, not {value.number:g}"
            raise ExpressionError(message, node.offset, "divide: 3 * x / 2")
        return whole

    def symbol(self, node: Name) -> Sym:
        name, value = node.name, node.number(self.run)
        self.env[name] = self.integer(node, f"'{name}'")
        axis: Axis = "channel" if value.state == SCALED else "other"
        if name not in IMPLICIT or self.scope.declares(name):
            return _symbol(name, FROM_THE_SPEC, axis)
        return _symbol(name, _MEANINGS[name], "spatial" if name in SPATIAL_NAMES else axis)

    def chain(self, chain: Chain) -> Formula:
        total = self.node(chain.first)
        for sign, offset, operand in chain.rest:
            if sign == "**":
                return self.power(total, operand)
            right = self.node(operand)
            if sign == "+":
                total = total + right
            elif sign == "-":
                total = total + _times(Num(-1), right)
            elif sign == "*":
                total = _times(total, right)
            elif sign == "/":
                total = _over(total, right)
            elif sign == "//":
                total = Floor(total, right)
            else:
                hint = "a rest is a - a // b * b"
                raise ExpressionError(f"no '{sign}' in a formula", offset, hint)
        return total

    def power(self, base: Formula, exponent: Node) -> Formula:
        """Factors side by side, as the papers print D_K·D_K."""
        number = exponent.number(self.run).number if isinstance(exponent, Literal) else 0
        if not isinstance(number, int) or not 1 <= number <= MAX_EXPONENT:
            message = f"an exponent of a formula is an integer from 1 to {MAX_EXPONENT}"
            raise ExpressionError(message, exponent.offset, "write the product out")
        if _leaves(base) * number > MAX_LEAVES:
            message = f"a formula of more than {MAX_LEAVES} factors"
            raise ExpressionError(message, exponent.offset, "a smaller power", limit=True)
        power = base
        for _ in range(number - 1):
            power = _times(power, base)
        return power


@lru_cache(maxsize=1024)
def _symbol(name: str, meaning: str, axis: Axis) -> Sym:
    """One object for all counts of a step, so that a legend lists it once."""
    return Sym(name, meaning, axis=axis)


def _fraction(formula: Formula) -> tuple[Formula, Formula | None]:
    return (formula.top, formula.bottom) if isinstance(formula, Ratio) else (formula, None)


def _times(a: Formula, b: Formula) -> Formula:
    """The product, with whatever divides it below one bar: h / 2 * w is h·w over 2."""
    (top, below), (other, under) = _fraction(a), _fraction(b)
    if below is None and under is None:
        return top * other
    if below is None or under is None:
        bottom = under if below is None else below
        assert bottom is not None
        return Ratio(top * other, bottom)
    return Ratio(top * other, below * under)


def _over(a: Formula, b: Formula) -> Formula:
    (top, below), (other, under) = _fraction(a), _fraction(b)
    return Ratio(top if under is None else top * under, other if below is None else below * other)


def _leaves(formula: Formula) -> int:
    return sum(map(_leaves, formula.parts())) or 1
