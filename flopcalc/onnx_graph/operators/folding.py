"""Functions of numbers that may be sizes with names: what constants and shapes are folded with."""

from __future__ import annotations

import math
import operator
from typing import TYPE_CHECKING

from flopcalc.dim import Expr, floor_div, max_, min_, not_negative
from flopcalc.dim_values import definitely_different
from flopcalc.onnx_graph.proto import FLOATS
from flopcalc.onnx_graph.values import UnknownShapeError

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeAlias

    from flopcalc.onnx_graph.values import Scalar

    Pair: TypeAlias = Callable[[Scalar, Scalar], Scalar]

_MOST = 64  # of an exponent


def exact(number: Scalar, other: Scalar) -> Scalar:
    """`number` as it can be combined with `other`: a float meets a named size as an integer.

    Raises `UnknownShapeError` where it is none.
    """
    if isinstance(other, Expr) and isinstance(number, float):
        if not number.is_integer():
            raise UnknownShapeError(f"{number} times a named size")
        return int(number)
    return number


def both(f: Callable[..., Scalar]) -> Callable[[Scalar, Scalar], Scalar]:
    """`f` of two numbers that may be a float and a named size."""
    return lambda a, b: f(exact(a, b), exact(b, a))


def plain(number: Scalar) -> int | float:
    """A number without names; raises `UnknownShapeError` for any other."""
    if isinstance(number, Expr):
        raise UnknownShapeError(f"a function of '{number}'")
    return number


def of_number(f: Callable[[float], float]) -> Callable[[Scalar], Scalar]:
    """`f` of a plain number."""
    return lambda x: f(plain(x))


def rounded(f: Callable[[float], int]) -> Callable[[Scalar], Scalar]:
    """A rounding: a size is whole already, and a float stays one."""
    return lambda x: x if isinstance(x, (Expr, int)) else float(f(x))


def divided(dtype: str) -> Callable[[Scalar, Scalar], Scalar]:
    """Div of a dtype: integers are cut off towards 0, as C does."""

    def whole(a: Scalar, b: Scalar) -> Scalar:
        a, b = exact(a, b), exact(b, a)
        if isinstance(a, Expr) or isinstance(b, Expr):
            if not (not_negative(a) and not_negative(b)):  # type: ignore[arg-type]  # no floats here
                raise UnknownShapeError("a quotient whose sign is not known")
            return floor_div(a, b)  # type: ignore[arg-type]  # likewise
        return -(-a // b) if (a < 0) != (b < 0) else a // b

    def real(a: Scalar, b: Scalar) -> Scalar:
        a, b = exact(a, b), exact(b, a)
        if isinstance(a, Expr) or isinstance(b, Expr):
            quotient = floor_div(a, b)  # type: ignore[arg-type]  # exact made them sizes
            if times(quotient, b) != a:
                raise UnknownShapeError("a fraction of a named size")
            return quotient
        return a / b

    return real if dtype in FLOATS else whole


def remainder(a: Scalar, b: Scalar) -> Scalar:
    """Mod with the sign of the divisor, as Python has it."""
    return _modulo(a, b)


def truncated_remainder(a: Scalar, b: Scalar) -> Scalar:
    """Mod with the sign of the dividend, as C has it."""
    if isinstance(a, Expr) or isinstance(b, Expr):
        return remainder(a, b)
    whole = isinstance(a, int) and isinstance(b, int)
    return abs(a) % abs(b) * (1 if a >= 0 else -1) if whole else math.fmod(a, b)


def power(a: Scalar, b: Scalar) -> Scalar:
    """Pow, of exponents up to 64."""
    b = exact(plain(b), a)
    if isinstance(a, Expr):
        if not isinstance(b, int) or not 0 <= b <= 4:
            raise UnknownShapeError("a power of a named size")
        result: Scalar = 1
        for _ in range(b):
            result = times(result, a)
        return result
    if isinstance(b, Expr) or abs(b) > _MOST or (a < 0 and not float(b).is_integer()):
        raise UnknownShapeError("a power that is not known")
    found: Scalar = a**b
    return found


def smaller(a: Scalar, b: Scalar) -> Scalar:
    """Min."""
    a, b = exact(a, b), exact(b, a)
    if isinstance(a, Expr) or isinstance(b, Expr):
        return min_(a, b)  # type: ignore[arg-type]  # exact made them sizes
    return min(a, b)


def larger(a: Scalar, b: Scalar) -> Scalar:
    """Max."""
    a, b = exact(a, b), exact(b, a)
    if isinstance(a, Expr) or isinstance(b, Expr):
        return max_(a, b)  # type: ignore[arg-type]  # exact made them sizes
    return max(a, b)


def equal(a: Scalar, b: Scalar) -> Scalar:
    """Equal: 0 or 1; raises `UnknownShapeError` where names decide."""
    if isinstance(a, float) and isinstance(b, Expr) and not a.is_integer():
        return 0
    if isinstance(b, float) and isinstance(a, Expr) and not b.is_integer():
        return 0
    a, b = exact(a, b), exact(b, a)
    if a == b:
        return 1
    named = isinstance(a, Expr) or isinstance(b, Expr)
    if named and not definitely_different(a, b):  # type: ignore[arg-type]  # exact made them sizes
        raise UnknownShapeError(f"whether '{a}' is '{b}' is not known")
    return 0


def compared(f: Callable[[Scalar, Scalar], bool]) -> Callable[[Scalar, Scalar], Scalar]:
    """Less and its like: 0 or 1."""
    return lambda a, b: int(f(exact(a, b), exact(b, a)))


def logical(f: Callable[[bool, bool], bool]) -> Callable[[Scalar, Scalar], Scalar]:
    """And and its like, on 0 and 1."""
    return lambda a, b: int(f(bool(a), bool(b)))


def bits(f: Callable[[int, int], int]) -> Callable[[Scalar, Scalar], Scalar]:
    """BitwiseAnd and its like."""

    def fold(a: Scalar, b: Scalar) -> Scalar:
        if isinstance(a, int) and isinstance(b, int):
            return f(a, b)
        raise UnknownShapeError("the bits of a size are not known")

    return fold


def either(c: Scalar, a: Scalar, b: Scalar) -> Scalar:
    """Where."""
    return a if a == b or c else b


plus, times, _modulo = both(operator.add), both(operator.mul), both(operator.mod)
less, greater = compared(operator.lt), compared(operator.gt)
less_or_equal, greater_or_equal = compared(operator.le), compared(operator.ge)
