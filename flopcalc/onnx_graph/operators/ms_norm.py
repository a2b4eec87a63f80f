"""Norms, activations and embeddings with what is fused into them, of com.microsoft."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flopcalc.errors import ShapeError
from flopcalc.onnx_graph.operators.elementwise import unary
from flopcalc.onnx_graph.operators.fused import channels_last, turned
from flopcalc.onnx_graph.operators.linear import added
from flopcalc.onnx_graph.operators.norm import affine, normalised
from flopcalc.onnx_graph.operators.windows import as_map, table_sizes
from flopcalc.ops.dense import EMBED
from flopcalc.ops.elementwise import ADD, GELU, MUL, SILU, SOFTMAX
from flopcalc.ops.exported import move
from flopcalc.ops.norm import GROUP_NORM, LAYER_NORM, RMS_NORM
from flopcalc.ops.pointwise import GELU_TANH, SWISH
from flopcalc.tensor import Shaped

if TYPE_CHECKING:
    from flopcalc.onnx_graph.node import Node
    from flopcalc.onnx_graph.values import Value
    from flopcalc.op import Op
    from flopcalc.tensor import Param, Tensor


def SkipLayerNormalization(n: Node) -> None:
    """com.microsoft SkipLayerNormalization: a residual sum, perhaps a bias, layer norm."""
    _skip(n, LAYER_NORM, affine(n, 2, 3), n.optional(4))


def SkipSimplifiedLayerNormalization(n: Node) -> None:
    """com.microsoft SkipSimplifiedLayerNormalization: a residual sum, perhaps a bias, RMS norm."""
    _skip(n, RMS_NORM, affine(n, 2), n.optional(3))


def _skip(n: Node, op: Op, params: tuple[Param, ...], bias: Value | None) -> None:
    n.op = op
    x, skip = n.input(0), n.input(1)
    total = added(n, "sum", n.tensor(x), skip)
    if bias is not None:
        total = added(n, "bias", total, bias)
    y = normalised(n, "norm", op, total, axis=x.rank - 1, params=params)
    n.give(0, y, made_by=op)
    for i in (1, 2):
        n.give(i, (*x.dims[:-1], 1))
    n.give(3, total, made_by=ADD)


def EmbedLayerNormalization(n: Node) -> None:
    """com.microsoft EmbedLayerNormalization: table rows of words, places, segments; layer norm."""
    n.op = LAYER_NORM
    ids, segments = n.input(0), n.optional(1)
    batch, length = ids.dims
    tables = [("word", n.input(2), ids), ("position", n.input(3), ids)]
    if n.has(4):
        tables.append(("segment", n.input(4), segments or ids))
    rows: list[Tensor] = []
    for part, table, index in tables:
        vocab, features = table_sizes(table, 2)
        shapes = [Shaped((batch, length, features), "nlc")]  # type: ignore[arg-type]  # see tensor.py
        attrs = {"vocab": vocab, "dim": features}
        params = n.params(table, "weight")
        rows += n.layer(
            part, EMBED, index, attrs=attrs, params=params, shapes=shapes, dtype="float32"
        )
    (total,) = n.layer("sum", ADD, *rows)
    y = normalised(n, "norm", LAYER_NORM, total, axis=2, params=affine(n, 5, 6))
    n.give(0, y, made_by=LAYER_NORM)
    n.give(1, (batch,), "int32")
    n.give(2, total, made_by=ADD)


def GroupNorm(n: Node) -> None:
    """com.microsoft GroupNorm: channels last unless channels_last is 0; perhaps SiLU."""
    _group_norm(n, n.input(0), None)


def SkipGroupNorm(n: Node) -> None:
    """com.microsoft SkipGroupNorm: a residual sum, perhaps a bias, group norm, perhaps SiLU."""
    n.op = GROUP_NORM
    x = n.input(0)
    total = added(n, "sum", n.tensor(x), n.input(3))
    bias = n.optional(4)
    if bias is not None:
        total = added(n, "bias", total, bias)
    _group_norm(n, x, total)
    n.give(1, total, made_by=ADD)


def _group_norm(n: Node, x: Value, total: Tensor | None) -> None:
    n.op = GROUP_NORM
    last = n.integer("channels_last", 1) != 0
    groups = n.integer("groups", 0)
    if groups < 1:
        raise ShapeError(f"{groups} groups", hint="attribute groups")
    image = turned(n, x) if last else as_map(n, x)
    if total is not None:
        image = image._replace(id=total.id)
    (y,) = n.layer("", GROUP_NORM, image, attrs={"groups": groups}, params=affine(n, 1, 2))
    if n.integer("activation", 0):
        (y,) = n.layer("act", SILU, y)
    n.give(0, channels_last(y) if last else y, made_by=GROUP_NORM)


def BiasGelu(n: Node) -> None:
    """com.microsoft BiasGelu: a bias, then GELU by erf."""
    _biased(n, GELU)


def FastGelu(n: Node) -> None:
    """com.microsoft FastGelu: perhaps a bias, then GELU by tanh."""
    _biased(n, GELU_TANH)


def BiasSoftmax(n: Node) -> None:
    """com.microsoft BiasSoftmax: a mask is added, then softmax."""
    _biased(n, SOFTMAX)


def BiasDropout(n: Node) -> None:
    """com.microsoft BiasDropout: a bias, perhaps a residual; dropout is nothing at inference."""
    n.op = ADD
    y = added(n, "", n.tensor(n.input(0)), n.input(1))
    if n.has(2):
        y = added(n, "sum", y, n.input(2))
    n.give(0, y, made_by=ADD)
    n.give(1, y._replace(dtype="bool"))


def BiasAdd(n: Node) -> None:
    """com.microsoft BiasAdd: a bias and a residual."""
    n.op = ADD
    y = added(n, "bias", n.tensor(n.input(0)), n.input(1))
    n.give(0, added(n, "sum", y, n.input(2)), made_by=ADD)


def BiasSplitGelu(n: Node) -> None:
    """com.microsoft BiasSplitGelu: a bias, then one half times GELU of the other."""
    n.op = GELU
    y = added(n, "bias", n.tensor(n.input(0)), n.input(1))
    half = Shaped((*y.shape[:-1], y.shape[-1] // 2), y.axes)
    (gate,) = n.layer("gelu", GELU, y, shapes=[half])
    (y,) = n.layer("mul", MUL, gate, gate, shapes=[half])
    n.give(0, y, made_by=MUL)


def _biased(n: Node, op: Op) -> None:
    n.op = op
    y = n.tensor(n.input(0))
    if n.has(1):
        y = added(n, "bias", y, n.input(1))
    (y,) = n.layer("act" if n.has(1) else "", op, y)
    n.give(0, y, made_by=op)


def Gelu(n: Node) -> None:
    """com.microsoft Gelu: by erf."""
    unary(n, GELU)


def QuickGelu(n: Node) -> None:
    """com.microsoft QuickGelu: x·sigmoid(alpha·x)."""
    unary(n, SWISH)


def RemovePadding(n: Node) -> None:
    """com.microsoft RemovePadding: tokens packed; how many there are is in the data."""
    n.op = move("RemovePadding")
    x = n.input(0)
    rows = n.unknown_size("how many tokens are padding depends on the data")
    batch, length = x.dims[:2]
    n.free((rows, x.dims[2]), (batch, length), (batch + 1,), (1,), data=(0,))


def RestorePadding(n: Node) -> None:
    """com.microsoft RestorePadding: packed tokens back in their places."""
    n.op = move("RestorePadding")
    n.free((*n.input(1).dims, n.input(0).dims[-1]), data=(0,))
