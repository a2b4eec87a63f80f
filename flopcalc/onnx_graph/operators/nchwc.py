"""Convolutions and pools on maps whose channels are cut into blocks, of com.microsoft.nchwc."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flopcalc.onnx_graph.operators.fused import activated, convolution_with_sum
from flopcalc.onnx_graph.operators.image import upsampled
from flopcalc.onnx_graph.operators.pool import pool, whole
from flopcalc.onnx_graph.operators.windows import as_map
from flopcalc.ops.exported import move
from flopcalc.ops.pool import AVG_POOL, GLOBAL_AVG_POOL, GLOBAL_MAX_POOL, MAX_POOL

if TYPE_CHECKING:
    from flopcalc.onnx_graph.node import Node


def Conv(n: Node) -> None:
    """com.microsoft.nchwc Conv: its shapes are those of the plain layout, blocks filled up."""
    y = activated(n, convolution_with_sum(n, n.input(0), n.input(1), n.optional(2), n.optional(3)))
    n.give(0, y, made_by=n.op)


def MaxPool(n: Node) -> None:
    """com.microsoft.nchwc MaxPool."""
    pool(n, MAX_POOL)


def AveragePool(n: Node) -> None:
    """com.microsoft.nchwc AveragePool."""
    pool(n, AVG_POOL)


def GlobalMaxPool(n: Node) -> None:
    """com.microsoft.nchwc GlobalMaxPool."""
    whole(n, GLOBAL_MAX_POOL)


def GlobalAveragePool(n: Node) -> None:
    """com.microsoft.nchwc GlobalAveragePool."""
    whole(n, GLOBAL_AVG_POOL)


def ReorderInput(n: Node) -> None:
    """com.microsoft.nchwc ReorderInput: into blocks."""
    n.op = move("ReorderInput")
    x = as_map(n, n.input(0))
    shape = x.shape
    if n.integer("channels_last", 0):
        shape = (shape[0], shape[-1], *shape[1:-1])
    n.free(shape, axes=x.axes)


def ReorderOutput(n: Node) -> None:
    """com.microsoft.nchwc ReorderOutput: out of blocks, what they were filled up with cut off."""
    n.op = move("ReorderOutput")
    x = as_map(n, n.input(0))
    channels = n.integer("channels", 0) or x.channels
    if n.integer("channels_last", 0):
        n.free((x.shape[0], *x.shape[2:], channels))
    else:
        n.free((x.shape[0], channels, *x.shape[2:]), axes=x.axes)


def Upsample(n: Node) -> None:
    """com.microsoft.nchwc Upsample: by whole factors."""
    upsampled(n, n.integers("scales") or ())
