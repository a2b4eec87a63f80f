"""Steps of optimisers, of ai.onnx.preview.training."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flopcalc.errors import ShapeError
from flopcalc.ops.learned import ADAGRAD, ADAM, MOMENTUM, MOMENTUM_NESTEROV

if TYPE_CHECKING:
    from flopcalc.onnx_graph.node import Node
    from flopcalc.op import Op


def Adagrad(n: Node) -> None:
    """ai.onnx.preview.training Adagrad, version 1."""
    _steps(n, ADAGRAD, 3)


def Adam(n: Node) -> None:
    """ai.onnx.preview.training Adam, version 1."""
    _steps(n, ADAM, 4)


def Momentum(n: Node) -> None:
    """ai.onnx.preview.training Momentum, version 1."""
    nesterov = n.word("mode", "standard") == "nesterov"
    _steps(n, MOMENTUM_NESTEROV if nesterov else MOMENTUM, 3)


def Gradient(n: Node) -> None:
    """ai.onnx.preview.training Gradient, version 1: it stands for a graph that is not there."""
    n.opaque("the gradient of a graph is not counted")


def _steps(n: Node, op: Op, kinds: int) -> None:
    """One layer for each tensor that is updated; the outputs are it and its states."""
    n.op = op
    count, rest = divmod(len(n.inputs) - 2, kinds)
    if rest or count < 1:
        message = f"{len(n.inputs)} inputs of {n.definition.op_type}"
        raise ShapeError(message, hint=f"a rate, a step, and {kinds} lists of the same length")
    for i in range(count):
        x = n.input(2 + i)
        (y,) = n.layer(f"tensor{i + 1}" if count > 1 else "", op, x)
        for kind in range(kinds - 1):
            n.give(i + kind * count, y, made_by=op)
