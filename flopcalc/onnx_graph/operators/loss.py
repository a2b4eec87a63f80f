"""Losses of training graphs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flopcalc.errors import ShapeError
from flopcalc.onnx_graph.values import default_axes
from flopcalc.ops.learned import CROSS_ENTROPY, NEGATIVE_LIKELIHOOD
from flopcalc.tensor import Shaped

if TYPE_CHECKING:
    from flopcalc.onnx_graph.node import Node
    from flopcalc.op import Op


def SoftmaxCrossEntropyLoss(n: Node) -> None:
    """ai.onnx SoftmaxCrossEntropyLoss, versions 12 to 13; the logarithms may be an output too."""
    _loss(n, CROSS_ENTROPY)
    n.give(1, n.input(0).dims, n.input(0).dtype)


def NegativeLogLikelihoodLoss(n: Node) -> None:
    """ai.onnx NegativeLogLikelihoodLoss, versions 12 to 22."""
    _loss(n, NEGATIVE_LIKELIHOOD)


def _loss(n: Node, op: Op) -> None:
    n.op = op
    x, labels = n.input(0), n.input(1)
    if x.rank < 2:
        raise ShapeError(f"scores of {x.rank} axes", hint="batch, classes, and perhaps positions")
    if x.dims[1] == 0:
        raise ShapeError("no classes", hint="scores are batch × classes")
    shape = labels.dims if n.word("reduction", "mean") == "none" else ()
    scores = n.view(x, "nc" + "l" * (x.rank - 2))
    n.add(op, scores, labels, shapes=[Shaped(shape, default_axes(len(shape)))])  # type: ignore[arg-type]  # see tensor.py
