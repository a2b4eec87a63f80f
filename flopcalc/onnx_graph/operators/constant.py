"""Constants, shapes as values, and changes of type."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flopcalc.dim import Expr
from flopcalc.errors import ShapeError
from flopcalc.onnx_graph.proto import DTYPES, FLOATS
from flopcalc.onnx_graph.scope import stored_value

if TYPE_CHECKING:
    from flopcalc.onnx_graph.node import Node
    from flopcalc.onnx_graph.values import Scalar


def Constant(n: Node) -> None:
    """ai.onnx Constant, versions 1 to 25."""
    for name in ("value", "sparse_value"):
        tensor = n.stored(name)
        if tensor is not None:
            output = n.definition.outputs[0] if n.outputs else ""
            n.alias(stored_value(tensor, output, n.scope.prefix, initializer=False))
            return
    for name, dtype in (("value_int", "int64"), ("value_float", "float32")):
        number = n.attribute(name)
        if number is not None:
            n.constant((), dtype, (number,))
            return
    whole = n.integers("value_ints")
    if whole is not None:
        n.constant((len(whole),), "int64", whole)
        return
    numbers = n.numbers("value_floats")
    if numbers is not None:
        n.constant((len(numbers),), "float32", numbers)
        return
    words = n.attribute("value_strings")
    if isinstance(words, tuple):
        n.constant((len(words),), "string")
    elif n.attribute("value_string") is not None:
        n.constant((), "string")
    else:
        raise ShapeError("a Constant without a value", hint="see the operator's definition")


def Shape(n: Node) -> None:
    """ai.onnx Shape, versions 1 to 25: the sizes become a content that is followed."""
    x = n.input(0)
    if x.shape is None:
        size = n.unknown_size(f"shape of '{x.name}' unknown")
        n.give(0, (size,), "int64")
        return
    rank = len(x.shape)
    start, end = n.integer("start", 0), n.integer("end", rank)
    sizes = x.shape[slice(*(min(max(i + rank if i < 0 else i, 0), rank) for i in (start, end)))]
    n.constant((len(sizes),), "int64", sizes)


def Identity(n: Node) -> None:
    """ai.onnx Identity, versions 1 to 25."""
    n.alias(n.input(0))


def Cast(n: Node) -> None:
    """ai.onnx Cast, versions 1 to 28: the type is a word before version 6."""
    to = n.attribute("to")
    if isinstance(to, str):
        word = to.lower()
        cast(n, {"float": "float32", "double": "float64"}.get(word, word))
    else:
        cast(n, DTYPES.get(n.integer("to", 0), "unknown"))


def CastLike(n: Node) -> None:
    """ai.onnx CastLike, versions 15 to 25."""
    cast(n, n.input(1).dtype)


def BitCast(n: Node) -> None:
    """ai.onnx BitCast, version 26: the same bits under another type."""
    dtype = DTYPES.get(n.integer("to", 0), "unknown")
    n.free(n.input(0).shape, axes=n.input(0).axes, dtype=dtype)


def cast(n: Node, dtype: str) -> None:
    """The first input as another type."""
    x = n.input(0)
    if x.constant or x.content is not None:
        content = x.content
        if content is not None:
            content = tuple(_cast(number, dtype) for number in content)
        n.constant(x.shape, dtype, content, sources=x.sources)
        return
    n.free(x.shape, data=(0,), axes=x.axes, dtype=dtype)


def _cast(number: Scalar, dtype: str) -> Scalar:
    if isinstance(number, Expr):
        return number
    if dtype in FLOATS:
        return float(number)
    if dtype == "bool":
        return int(number != 0)
    return int(number) if abs(number) < 2**63 else 0


def Size(n: Node) -> None:
    """ai.onnx Size, versions 1 to 25: the number of elements becomes a content."""
    x = n.input(0)
    if x.shape is None:
        n.give(0, (), "int64")
    else:
        n.constant((), "int64", (x.elements,))
