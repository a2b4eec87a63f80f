"""Operators that ONNX tries out, of ai.onnx.preview."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flopcalc.onnx_graph.operators.attention import Heads, give_like, scaled_dot_product, tokens
from flopcalc.ops.attention import SCORES
from flopcalc.ops.elementwise import TANH

if TYPE_CHECKING:
    from flopcalc.onnx_graph.node import Node


def FlexAttention(n: Node) -> None:
    """ai.onnx.preview FlexAttention, version 1: what its subgraphs do to scores is not counted."""
    n.op = SCORES
    x = n.input(0)
    (q, heads), (k, kv_heads), (v, _) = (tokens(n, n.input(i), 0) for i in range(3))
    h = Heads(q, k, v, heads, kv_heads)
    y, _ = scaled_dot_product(n, h)
    if n.attribute("score_mod") is not None or n.attribute("prob_mod") is not None:
        n.layer("mod", n.walker.partial(TANH, "no formula for its subgraphs"), y)
    give_like(n, x, y, h)
