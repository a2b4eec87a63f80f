"""Arithmetic, comparisons and logic between tensors."""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING

from flopcalc.onnx_graph.operators import folding
from flopcalc.onnx_graph.operators.elementwise import binary, variadic
from flopcalc.onnx_graph.operators.folding import both
from flopcalc.ops.elementwise import ADD, DIV, MUL, SUB
from flopcalc.ops.pointwise import CUBE, MEAN, SQUARE, between, each

if TYPE_CHECKING:
    from flopcalc.onnx_graph.node import Node
    from flopcalc.onnx_graph.values import Scalar
    from flopcalc.op import Op


def Add(n: Node) -> None:
    """ai.onnx Add, versions 1 to 14."""
    binary(n, ADD, both(operator.add))


def Sub(n: Node) -> None:
    """ai.onnx Sub, versions 1 to 14."""
    binary(n, SUB, both(operator.sub))


def Mul(n: Node) -> None:
    """ai.onnx Mul, versions 1 to 14."""
    binary(n, MUL, both(operator.mul))


def Div(n: Node) -> None:
    """ai.onnx Div, versions 1 to 14; integers are cut off towards 0."""
    binary(n, DIV, folding.divided(n.input(0).dtype))


def Mod(n: Node) -> None:
    """ai.onnx Mod, versions 10 to 28: one division an element."""
    n.op = between("Mod", "div")
    cut = n.integer("fmod", 0) != 0
    binary(n, n.op, folding.truncated_remainder if cut else folding.remainder)


def Pow(n: Node) -> None:
    """ai.onnx Pow, versions 1 to 15: a square is 1 product, a cube 2, a root and all else 1 exp."""
    n.op = between("Pow", "exp")
    base, exponent = n.input(0), n.input(1)
    op: Op | None = {2: SQUARE, 3: CUBE, -1: each("Pow", "div")}.get(_power(exponent.scalar()))
    if op is None or base.constant or exponent.rank > base.rank:
        binary(n, n.op, folding.power, dtype=base.dtype)
        return
    n.op = op
    n.add(op, base)


def _power(number: Scalar | None) -> int:
    return int(number) if isinstance(number, (int, float)) and number in (2, 3, -1) else 0


def Sum(n: Node) -> None:
    """ai.onnx Sum, versions 1 to 13: of any number of tensors."""
    variadic(n, ADD, lambda *numbers: _over(both(operator.add), numbers))


def Mean(n: Node) -> None:
    """ai.onnx Mean, versions 1 to 13: a sum and one division an element."""
    variadic(n, MEAN)


def Max(n: Node) -> None:
    """ai.onnx Max, versions 1 to 13: of any number of tensors."""
    variadic(n, between("Max", "cmp"), lambda *numbers: _over(folding.larger, numbers))


def Min(n: Node) -> None:
    """ai.onnx Min, versions 1 to 13: of any number of tensors."""
    variadic(n, between("Min", "cmp"), lambda *numbers: _over(folding.smaller, numbers))


def _over(f: folding.Pair, numbers: tuple[Scalar, ...]) -> Scalar:
    result = numbers[0]
    for number in numbers[1:]:
        result = f(result, number)
    return result


def Equal(n: Node) -> None:
    """ai.onnx Equal, versions 1 to 19: one comparison an element."""
    binary(n, between("Equal", "cmp"), folding.equal, dtype="bool")


def Greater(n: Node) -> None:
    """ai.onnx Greater, versions 1 to 13: one comparison an element."""
    binary(n, between("Greater", "cmp"), folding.greater, dtype="bool")


def GreaterOrEqual(n: Node) -> None:
    """ai.onnx GreaterOrEqual, versions 12 to 16: one comparison an element."""
    binary(n, between("GreaterOrEqual", "cmp"), folding.greater_or_equal, dtype="bool")


def Less(n: Node) -> None:
    """ai.onnx Less, versions 1 to 13: one comparison an element."""
    binary(n, between("Less", "cmp"), folding.less, dtype="bool")


def LessOrEqual(n: Node) -> None:
    """ai.onnx LessOrEqual, versions 12 to 16: one comparison an element."""
    binary(n, between("LessOrEqual", "cmp"), folding.less_or_equal, dtype="bool")


def And(n: Node) -> None:
    """ai.onnx And, versions 1 to 7: one logical operation an element, counted as a comparison."""
    binary(n, between("And", "cmp"), folding.logical(operator.and_), dtype="bool")


def Or(n: Node) -> None:
    """ai.onnx Or, versions 1 to 7: one logical operation an element, counted as a comparison."""
    binary(n, between("Or", "cmp"), folding.logical(operator.or_), dtype="bool")


def Xor(n: Node) -> None:
    """ai.onnx Xor, versions 1 to 7: one logical operation an element, counted as a comparison."""
    binary(n, between("Xor", "cmp"), folding.logical(operator.xor), dtype="bool")


def BitwiseAnd(n: Node) -> None:
    """ai.onnx BitwiseAnd, version 18: counted as a comparison an element."""
    binary(n, between("BitwiseAnd", "cmp"), folding.bits(operator.and_))


def BitwiseOr(n: Node) -> None:
    """ai.onnx BitwiseOr, version 18: counted as a comparison an element."""
    binary(n, between("BitwiseOr", "cmp"), folding.bits(operator.or_))


def BitwiseXor(n: Node) -> None:
    """ai.onnx BitwiseXor, version 18: counted as a comparison an element."""
    binary(n, between("BitwiseXor", "cmp"), folding.bits(operator.xor))


def BitShift(n: Node) -> None:
    """ai.onnx BitShift, versions 11 to 28: a product with a power of two, 1 mul an element."""
    binary(n, between("BitShift", "mul"))
