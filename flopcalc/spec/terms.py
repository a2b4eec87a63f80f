"""What the parts of an expression are worth: values with their scaling state, and bounds."""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING

from flopcalc.errors import did_you_mean
from flopcalc.spec.value import (
    FIXED,
    MAX_NUMBER,
    NOMINAL,
    SCALED,
    ExpressionError,
    Value,
    div8,
    round_half_up,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Protocol

    from flopcalc.spec.value import Number

    class Scope(Protocol):
        """The names an expression may use: any mapping of names to values will do."""

        def get(self, name: str, /) -> Value | None:
            """The value of a name, or None where there is none."""
            ...

        def __iter__(self) -> Iterator[str]: ...


MAX_EXPONENT = 64


COMPARISONS: dict[str, Callable[[Number, Number], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
ARITIES: dict[str, tuple[int, int | None]] = {  # name: (fewest, most) values
    "min": (2, None),
    "max": (2, None),
    "floor": (1, 1),
    "ceil": (1, 1),
    "round": (1, 1),
    "abs": (1, 1),
    "div8": (1, 1),
    "round_to": (2, 2),
    "scale": (1, 1),
    "fixed": (1, 1),
}


_ROUNDINGS: dict[str, Callable[[Number], Number]] = {
    "floor": lambda x: int(x // 1),
    "ceil": lambda x: -int(-x // 1),
    "round": round_half_up,
    "abs": abs,
    "div8": div8,
}
_PLAIN: dict[str, Callable[[Number, Number], Number]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
}
_QUOTIENTS: dict[str, Callable[[Number, Number], Number]] = {
    "/": operator.truediv,
    "//": operator.floordiv,
    "%": operator.mod,
}


class Run:
    """What one evaluation needs."""

    __slots__ = ("scale", "scope", "text", "warnings")

    def __init__(
        self,
        text: str,
        scope: Scope,
        scale: Callable[[Number], Number] | None,
        warnings: list[str] | None,
    ) -> None:
        self.text = text
        self.scope = scope
        self.scale = scale
        self.warnings = warnings

    def check_mix(self, sign: str, left: Value, right: Value) -> None:
        """Warn where a written number meets a scaled one; 0 is 0 at every width."""
        if self.warnings is None:
            return
        nominal = left if left.state == NOMINAL else right
        if nominal.state == NOMINAL and SCALED in {left.state, right.state} and nominal.number:
            self.warnings.append(
                f"'{sign}' in '{self.text}' mixes a scaled number with the nominal "
                f"{nominal.number}: write scale({nominal.number}) or fixed({nominal.number})"
            )


class Node:
    """A part of an expression, at `offset` in its text."""

    __slots__ = ("offset",)

    def __init__(self, offset: int) -> None:
        self.offset = offset

    def value(self, run: Run) -> Value:
        raise NotImplementedError

    def number(self, run: Run) -> Value:
        """The value where a number is wanted."""
        return self.as_number(self.value(run))

    def truth(self, run: Run) -> Value:
        """The value where a condition is wanted."""
        value = self.value(run)
        if not isinstance(value.number, bool):
            message = f"{value.number} is neither true nor false"
            raise ExpressionError(message, self.offset, "compare it, as in x != 0")
        return value

    def as_number(self, value: Value) -> Value:
        if isinstance(value.number, bool):
            message = f"{'true' if value.number else 'false'} is not a number"
            raise ExpressionError(message, self.offset, "choose one: 1 if x else 0")
        return value


class Literal(Node):
    """A number, or true or false."""

    __slots__ = ("_value",)

    def __init__(self, offset: int, number: Number) -> None:
        super().__init__(offset)
        self._value = Value(number)

    def value(self, run: Run) -> Value:  # noqa: ARG002 - the same in every scope
        return self._value


class Name(Node):
    """A name of the scope."""

    __slots__ = ("name",)

    def __init__(self, offset: int, name: str) -> None:
        super().__init__(offset)
        self.name = name

    def value(self, run: Run) -> Value:
        value = run.scope.get(self.name)
        if value is not None:
            return value
        if self.name in ARITIES:
            hint = f"call it: {self.name}(x)"
            raise ExpressionError(f"'{self.name}' is a function", self.offset, hint)
        nearest = did_you_mean(self.name, [*run.scope, "true", "false"])
        raise ExpressionError(f"unknown name '{self.name}'", self.offset, nearest)


class Negative(Node):
    """A minus sign before one operand."""

    __slots__ = ("operand",)

    def __init__(self, offset: int, operand: Node) -> None:
        super().__init__(offset)
        self.operand = operand

    def value(self, run: Run) -> Value:
        value = self.operand.number(run)
        return Value(-value.number, value.state)


class Chain(Node):
    """Operands of one precedence, from left to right: `first`, then (sign, offset, operand)."""

    __slots__ = ("first", "rest")

    def __init__(self, first: Node, rest: list[tuple[str, int, Node]]) -> None:
        super().__init__(first.offset)
        self.first = first
        self.rest = rest

    def value(self, run: Run) -> Value:
        total = self.first.number(run)
        for sign, offset, operand in self.rest:
            right = operand.number(run)
            if sign in "+-":
                run.check_mix(sign, total, right)
            number = _calculate(sign, total.number, right.number, offset)
            total = Value(bounded(number, offset), max(total.state, right.state))
        return total


class Comparison(Node):
    """Two operands that are compared; conditions only for equality."""

    __slots__ = ("left", "right", "sign")

    def __init__(self, offset: int, sign: str, left: Node, right: Node) -> None:
        super().__init__(offset)
        self.sign = sign
        self.left = left
        self.right = right

    def value(self, run: Run) -> Value:
        left = self.left.value(run)
        if isinstance(left.number, bool) and self.sign in {"==", "!="}:
            right = self.right.truth(run)
        else:
            self.left.as_number(left)
            right = self.right.number(run)
            run.check_mix(self.sign, left, right)
        answer = COMPARISONS[self.sign](left.number, right.number)
        return Value(answer, max(left.state, right.state))


class Not(Node):
    """The opposite of a condition."""

    __slots__ = ("operand",)

    def __init__(self, offset: int, operand: Node) -> None:
        super().__init__(offset)
        self.operand = operand

    def value(self, run: Run) -> Value:
        value = self.operand.truth(run)
        return Value(not value.number, value.state)


class Junction(Node):
    """`and` (until false) or `or` (until true); what is not reached is not evaluated."""

    __slots__ = ("operands", "until")

    def __init__(self, operands: list[Node], *, until: bool) -> None:
        super().__init__(operands[0].offset)
        self.operands = operands
        self.until = until

    def value(self, run: Run) -> Value:
        state = NOMINAL
        for operand in self.operands:
            value = operand.truth(run)
            state = max(state, value.state)
            if value.number is self.until:
                return Value(self.until, state)
        return Value(not self.until, state)


class Choice(Node):
    """`yes if condition else no`; only the branch taken is evaluated, and its state stands."""

    __slots__ = ("condition", "no", "yes")

    def __init__(self, yes: Node, condition: Node, no: Node) -> None:
        super().__init__(yes.offset)
        self.yes = yes
        self.condition = condition
        self.no = no

    def value(self, run: Run) -> Value:
        chosen = self.yes if self.condition.truth(run).number else self.no
        return chosen.value(run)


class Call(Node):
    """One of the functions in `ARITIES`."""

    __slots__ = ("arguments", "name")

    def __init__(self, offset: int, name: str, arguments: list[Node]) -> None:
        super().__init__(offset)
        self.name = name
        self.arguments = arguments

    def value(self, run: Run) -> Value:
        values = [argument.number(run) for argument in self.arguments]
        first = values[0]
        if self.name == "fixed":
            return Value(first.number, max(FIXED, first.state))
        if self.name == "scale":
            if first.state != NOMINAL:
                return first
            number = run.scale(first.number) if run.scale else first.number
            return Value(bounded(number, self.offset), SCALED)
        number = self._apply([value.number for value in values])
        return Value(bounded(number, self.offset), max(value.state for value in values))

    def _apply(self, numbers: list[Number]) -> Number:
        x = numbers[0]
        if self.name == "min":
            return min(numbers)
        if self.name == "max":
            return max(numbers)
        if len(numbers) == 1:
            return _ROUNDINGS[self.name](x)
        step = numbers[1]
        if step <= 0:
            hint = "round_to(x, n) rounds x to a multiple of n"
            raise ExpressionError(f"cannot round to multiples of {step}", self.offset, hint)
        if isinstance(x, int) and isinstance(step, int):
            return (2 * x + step) // (2 * step) * step
        return round_half_up(bounded(x / step, self.offset)) * step


def _calculate(sign: str, a: Number, b: Number, offset: int) -> Number:
    if sign in _PLAIN:
        return _PLAIN[sign](a, b)
    if sign == "**":
        return _power(a, b, offset)
    if b == 0:
        raise ExpressionError("division by zero", offset, "guard it: a / b if b != 0 else 0")
    if sign == "/" and isinstance(a, int) and isinstance(b, int) and a % b == 0:
        return a // b
    return _QUOTIENTS[sign](a, b)


def _power(a: Number, b: Number, offset: int) -> Number:
    if abs(b) > MAX_EXPONENT:
        raise ExpressionError(
            f"exponent {b} is above {MAX_EXPONENT}", offset, "use a smaller power", limit=True
        )
    if a == 0 and b < 0:
        raise ExpressionError("division by zero", offset, "0 has no negative power")
    if a < 0 and b != b // 1:
        raise ExpressionError("a root of a negative number", offset, "use abs(x)")
    if isinstance(a, int) and b > 0 and (abs(a).bit_length() - 1) * b > MAX_NUMBER.bit_length():
        raise above(offset)  # before an integer of thousands of digits is made
    try:
        power: Number = a**b
    except OverflowError:
        raise above(offset) from None
    return power


def bounded(number: Number, offset: int) -> Number:
    """The number itself, or an error where it is above 10^12 in absolute value."""
    if -MAX_NUMBER <= number <= MAX_NUMBER:
        return number
    raise above(offset)


def above(offset: int) -> ExpressionError:
    """The error for a number above 10^12."""
    return ExpressionError("a number above 10^12", offset, "look for a slip in it", limit=True)
