"""Functions of each element: roots, exponentials, angles, roundings, tests."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from flopcalc.dim import Expr, max_
from flopcalc.onnx_graph.operators.elementwise import unary
from flopcalc.onnx_graph.operators.folding import of_number, plain, rounded
from flopcalc.ops.pointwise import SIGN, each

if TYPE_CHECKING:
    from collections.abc import Callable

    from flopcalc.onnx_graph.node import Node
    from flopcalc.onnx_graph.values import Scalar


def _function(n: Node, operator: str, f: Callable[[float], float] | None = None) -> None:
    unary(n, each(operator, "exp"), of_number(f) if f else None)


def Exp(n: Node) -> None:
    """ai.onnx Exp, versions 1 to 13: 1 exp an element."""
    _function(n, "Exp", math.exp)


def Log(n: Node) -> None:
    """ai.onnx Log, versions 1 to 13: 1 exp an element."""
    _function(n, "Log", math.log)


def Sqrt(n: Node) -> None:
    """ai.onnx Sqrt, versions 1 to 13: 1 exp an element."""
    _function(n, "Sqrt", math.sqrt)


def Erf(n: Node) -> None:
    """ai.onnx Erf, versions 9 to 13: 1 exp an element."""
    _function(n, "Erf", math.erf)


def Sin(n: Node) -> None:
    """ai.onnx Sin, versions 7 to 22: 1 exp an element."""
    _function(n, "Sin", math.sin)


def Cos(n: Node) -> None:
    """ai.onnx Cos, versions 7 to 22: 1 exp an element."""
    _function(n, "Cos", math.cos)


def Tan(n: Node) -> None:
    """ai.onnx Tan, versions 7 to 22: 1 exp an element."""
    _function(n, "Tan")


def Asin(n: Node) -> None:
    """ai.onnx Asin, versions 7 to 22: 1 exp an element."""
    _function(n, "Asin")


def Acos(n: Node) -> None:
    """ai.onnx Acos, versions 7 to 22: 1 exp an element."""
    _function(n, "Acos")


def Atan(n: Node) -> None:
    """ai.onnx Atan, versions 7 to 22: 1 exp an element."""
    _function(n, "Atan")


def Sinh(n: Node) -> None:
    """ai.onnx Sinh, versions 9 to 22: 1 exp an element."""
    _function(n, "Sinh")


def Cosh(n: Node) -> None:
    """ai.onnx Cosh, versions 9 to 22: 1 exp an element."""
    _function(n, "Cosh")


def Asinh(n: Node) -> None:
    """ai.onnx Asinh, versions 9 to 22: 1 exp an element."""
    _function(n, "Asinh")


def Acosh(n: Node) -> None:
    """ai.onnx Acosh, versions 9 to 22: 1 exp an element."""
    _function(n, "Acosh")


def Atanh(n: Node) -> None:
    """ai.onnx Atanh, versions 9 to 22: 1 exp an element."""
    _function(n, "Atanh")


def Reciprocal(n: Node) -> None:
    """ai.onnx Reciprocal, versions 1 to 13: 1 division an element."""
    unary(n, each("Reciprocal", "div"), of_number(lambda x: 1 / x))


def Neg(n: Node) -> None:
    """ai.onnx Neg, versions 1 to 13: 0 - x, 1 subtraction an element."""
    unary(n, each("Neg", "add"), lambda x: -x)


def Abs(n: Node) -> None:
    """ai.onnx Abs, versions 1 to 13: 1 comparison an element."""
    unary(n, each("Abs", "cmp"), lambda x: max_(x, -x) if isinstance(x, Expr) else abs(x))


def Sign(n: Node) -> None:
    """ai.onnx Sign, versions 9 to 13: 2 comparisons an element."""
    unary(n, SIGN, of_number(lambda x: (x > 0) - (x < 0)))


def Floor(n: Node) -> None:
    """ai.onnx Floor, versions 1 to 13: a rounding counts as 1 comparison."""
    unary(n, each("Floor", "cmp"), rounded(math.floor))


def Ceil(n: Node) -> None:
    """ai.onnx Ceil, versions 1 to 13: a rounding counts as 1 comparison."""
    unary(n, each("Ceil", "cmp"), rounded(math.ceil))


def Round(n: Node) -> None:
    """ai.onnx Round, versions 11 to 22: a rounding counts as 1 comparison."""
    unary(n, each("Round", "cmp"), rounded(round))


def IsNaN(n: Node) -> None:
    """ai.onnx IsNaN, versions 9 to 20: 1 comparison an element."""
    unary(n, each("IsNaN", "cmp"), lambda x: int(x != x), dtype="bool")  # noqa: PLR0124 - so NaN is found


def IsInf(n: Node) -> None:
    """ai.onnx IsInf, versions 10 to 20: 1 comparison an element."""
    unary(n, each("IsInf", "cmp"), of_number(math.isinf), dtype="bool")


def Not(n: Node) -> None:
    """ai.onnx Not, version 1: a logical operation counts as 1 comparison."""
    unary(n, each("Not", "cmp"), lambda x: int(not x))


def BitwiseNot(n: Node) -> None:
    """ai.onnx BitwiseNot, version 18: counts as 1 comparison an element."""
    unary(n, each("BitwiseNot", "cmp"), _inverted if n.input(0).dtype.startswith("int") else None)


def _inverted(x: Scalar) -> Scalar:
    return ~int(plain(x))
