"""Values as a spec writes them: constants, names, expressions, lists and branches, each located."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flopcalc.errors import LimitError, SpecError
from flopcalc.spec.value import MAX_NUMBER, ExpressionError
from flopcalc.yaml_tree import Items, Scalar, as_literal

if TYPE_CHECKING:
    from flopcalc.spec.calls import Call
    from flopcalc.spec.expression import Expr
    from flopcalc.yaml_tree import Node, Source

MAX_ITEMS = 8


class Written:
    """A value of a spec, not yet evaluated; `node` says where it stands."""

    __slots__ = ("node",)

    def __init__(self, node: Node) -> None:
        self.node = node


class Constant(Written):
    """A number, true, false, or nothing at all (`~`)."""

    __slots__ = ("value",)

    def __init__(self, node: Node, value: float | bool | None) -> None:  # noqa: FBT001 - it holds one
        self.node = node
        self.value = value


class Word(Written):
    """A single name: in scope it is what it names, else a keyword."""

    __slots__ = ("text",)

    def __init__(self, node: Node, text: str) -> None:
        self.node = node
        self.text = text


class Formula(Written):
    """An expression of more than a name or a number."""

    __slots__ = ("expr",)

    def __init__(self, node: Node, expr: Expr) -> None:
        self.node = node
        self.expr = expr


class Listing(Written):
    """A list of values: one size an axis, paddings, operands."""

    __slots__ = ("items",)

    def __init__(self, node: Node, items: tuple[Written, ...]) -> None:
        self.node = node
        self.items = items


class Branch(Written):
    """A list of steps."""

    __slots__ = ("calls",)

    def __init__(self, node: Node, calls: tuple[Call, ...]) -> None:
        self.node = node
        self.calls = calls


def read_value(source: Source, node: Node, lists: int = 2) -> Written:
    """A number, name, expression or list of them; raises `SpecError` at the place of a slip.

    `lists` is how deep lists may nest: one for the axes, one for both sides of an axis.
    """
    if isinstance(node, Scalar):
        return read_scalar(source, node)
    if isinstance(node, Items):
        if not lists or len(node.items) > MAX_ITEMS:
            message = f"a list of {len(node.items)} values" if lists else "a list in lists"
            hint = "a list has one value an axis, or [before, after]"
            raise SpecError(message, where=source.where(node), hint=hint)
        return Listing(node, tuple(read_value(source, item, lists - 1) for item in node.items))
    message = "a mapping where a value belongs"
    raise SpecError(message, where=source.where(node), hint="a number, a name or an expression")


def read_scalar(source: Source, node: Scalar) -> Written:
    """A number, `true`, `false`, `~`, a name or an expression."""
    text = node.value
    if node.plain:
        if text.isdecimal() and len(text) < 13 and (text[0] != "0" or text == "0"):
            return Constant(node, int(text))
        literal = as_literal(node, source)
        if not isinstance(literal, str):
            return Constant(node, _bounded(source, node, literal))
    if text.isidentifier() and text.isascii():
        return Word(node, text)
    return Formula(node, read_expression(source, node))


def read_expression(source: Source, node: Scalar) -> Expr:
    """The scalar's text as an expression."""
    from flopcalc.spec.expression import parse  # here, since many files have no expression

    try:
        return parse(node.value)
    except ExpressionError as error:
        if node.value.replace("x", "").isdecimal():  # 3x3, as inputs are written
            error.hint = f"a size an axis is a list: [{node.value.replace('x', ', ')}]"
        raise located(source, node, error) from None


def names_in(written: Written | None) -> frozenset[str]:
    """The names that a value mentions; those of steps and of branches left out."""
    if isinstance(written, Word):
        return frozenset({written.text})
    if isinstance(written, Formula):
        return written.expr.names
    if isinstance(written, Listing):
        return frozenset().union(*map(names_in, written.items))
    return frozenset()


def offset_of(name: str, text: str) -> int:
    """Where `name` first stands in an expression."""
    import re  # here, since only a failing run pays for it

    found = re.search(rf"(?<![A-Za-z0-9_.]){re.escape(name)}(?![A-Za-z0-9_])", text)
    return found.start() if found else 0


def located(source: Source, node: Node, error: ExpressionError) -> SpecError | LimitError:
    """The error of an expression as one of the file, at its column."""
    where = source.where(node, offset=error.offset)
    kind = LimitError if error.limit else SpecError
    return kind(error.message, where=where, hint=error.hint)


def _bounded(source: Source, node: Scalar, value: float | bool | None) -> float | bool | None:  # noqa: FBT001 - as read
    if value is not None and abs(value) > MAX_NUMBER:
        message = f"a number beyond {MAX_NUMBER:,}"
        raise LimitError(message, where=source.where(node), hint="a smaller number")
    return value
