"""RMS norm by its older name, which onnxruntime writes into two domains, ONNX's own included."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flopcalc.onnx_graph.operators.norm import affine, over_last
from flopcalc.ops.norm import RMS_NORM

if TYPE_CHECKING:
    from flopcalc.onnx_graph.node import Node


def SimplifiedLayerNormalization(n: Node) -> None:
    """com.microsoft SimplifiedLayerNormalization: RMS norm."""
    over_last(n, RMS_NORM, n.input(0), affine(n, 1))
