"""Attention: scores, softmax and weighted sums, and what opsets add around them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flopcalc.dim_values import definitely_different, product
from flopcalc.errors import ShapeError
from flopcalc.onnx_graph.operators.windows import fixed
from flopcalc.onnx_graph.shapes import shape_text
from flopcalc.onnx_graph.values import Value, default_axes
from flopcalc.ops.attention import CONTEXT, ROPE, SCORES, attention_attrs
from flopcalc.ops.contraction import LINEAR_ATTENTION
from flopcalc.ops.elementwise import ADD, DIV, MUL, SOFTMAX, TANH
from flopcalc.ops.exported import move
from flopcalc.tensor import Shaped, Tensor

if TYPE_CHECKING:
    from flopcalc.dim import Dim
    from flopcalc.onnx_graph.node import Node
    from flopcalc.op import Op


class Heads:
    """Queries, keys and values as tokens: batch × length × features of all heads."""

    __slots__ = ("batch", "d", "d_v", "heads", "k", "keys", "kv_heads", "q", "queries", "v")

    def __init__(
        self,
        q: Tensor,
        k: Tensor,
        v: Tensor,
        heads: int,
        kv_heads: int,
    ) -> None:
        if heads < 1 or kv_heads < 1 or heads % kv_heads:
            message = f"{heads} heads of queries, {kv_heads} of keys"
            raise ShapeError(message, hint="as many, or a multiple")
        for x, count, what in (
            (q, heads, "queries"),
            (k, kv_heads, "keys"),
            (v, kv_heads, "values"),
        ):
            if definitely_different(x.channels % count, 0):
                message = f"{count} heads for {what} of {x.channels} features"
                raise ShapeError(message, hint="the heads must divide the features")
        if definitely_different(q.channels * kv_heads, k.channels * heads):
            message = f"queries of {q.channels // heads} features a head, keys of "
            raise ShapeError(f"{message}{k.channels // kv_heads}", hint="they must agree")
        # sizes of different names are the same one in a valid graph
        self.batch: Dim = q.batch
        known = isinstance(q.channels, int) or not isinstance(k.channels, int)
        self.d: int = q.channels // heads if known else k.channels // kv_heads
        self.d_v = v.channels // kv_heads
        self.q = _with(q, q.batch, self.d * heads)
        self.k = _with(k, q.batch, self.d * kv_heads)
        self.v = _with(v, q.batch, v.channels)
        self.heads, self.kv_heads = heads, kv_heads
        self.queries, self.keys = q.size("l"), k.size("l")


def _with(x: Tensor, batch: int, channels: int) -> Tensor:
    if x.batch == batch and x.channels == channels:
        return x
    return x._replace(shape=(batch, x.size("l"), channels))


def scaled_dot_product(
    n: Node,
    h: Heads,
    *,
    causal: bool = False,
    mask: Value | None = None,
    softcap: bool = False,
) -> tuple[Tensor, Tensor]:
    """The layers between the projections.

    Returns the weighted sums (batch × queries × features) and what the softmax makes of the
    scores (batch × heads × queries × keys).
    """
    attrs = attention_attrs(h.heads, h.kv_heads, causal=causal)
    (scores,) = n.layer("scores", SCORES, h.q, h.k, attrs=attrs)
    if softcap:  # softcap·tanh(scores/softcap)
        for part, op in (("softcap.div", DIV), ("softcap.tanh", TANH), ("softcap.mul", MUL)):
            (scores,) = n.layer(part, op, scores, *([] if op is TANH else [scalar(n, scores)]))
    if mask is not None and mask.dtype != "bool":
        shapes = [Shaped(scores.shape, scores.axes)]
        (scores,) = n.layer("mask", ADD, scores, mask, shapes=shapes)
    (weights,) = n.layer("softmax", SOFTMAX, scores)
    (y,) = n.layer("context", CONTEXT, weights, h.v, attrs=attrs)
    return y, weights


def scalar(n: Node, like: Tensor) -> Tensor:
    """A constant number that is broadcast over `like`."""
    shaped = Shaped((1,) * len(like.shape), like.axes)
    return n.walker.builder.tensor(shaped, dtype=like.dtype)


def longer(n: Node, part: str, past: Value | None, x: Tensor) -> Tensor:
    """Keys or values behind those of earlier steps (batch × heads × length × features)."""
    if past is None or past.shape is None:
        return x
    if past.rank != 4:
        raise ShapeError(
            f"a cache of {shape_text(past.dims)}", hint="batch, heads, length, features"
        )
    length = x.size("l") + past.dims[2]
    shapes = [Shaped((x.batch, length, x.channels), "nlc")]  # type: ignore[arg-type]  # see tensor.py
    return n.layer(part, move("Concat"), past, x, shapes=shapes)[0]


def tokens(n: Node, x: Value, heads: int) -> tuple[Tensor, int]:
    """`x` as batch × length × features, and its heads, which it has itself where of four axes."""
    if x.rank == 4:
        batch, count, length, features = x.dims
        (own,) = fixed((count,), f"the heads of '{x.name}'")
        return n.view(x, "nlc", (batch, length, own * features)), own
    if x.rank != 3:
        message = f"attention of {shape_text(x.dims)}"
        raise ShapeError(message, hint="batch, length, features; or batch, heads, length, features")
    return n.view(x, "nlc"), heads


def Attention(n: Node) -> None:
    """ai.onnx Attention, versions 23 to 25: between the projections, of 3 or 4 axes."""
    n.op = SCORES
    x = n.input(0)
    q, heads = tokens(n, x, n.integer("q_num_heads", 0))
    k, kv_heads = tokens(n, n.input(1), n.integer("kv_num_heads", 0))
    v, _ = tokens(n, n.input(2), kv_heads)
    k = longer(n, "past_key", n.optional(4), k)
    v = longer(n, "past_value", n.optional(5), v)
    h = Heads(q, k, v, heads, kv_heads)
    causal = n.integer("is_causal", 0) != 0
    softcap = bool(n.number("softcap"))
    y, weights = scaled_dot_product(n, h, causal=causal, mask=n.optional(3), softcap=softcap)
    give_like(n, x, y, h)
    for i, (kept, features) in enumerate(((k, h.d), (v, h.d_v)), 1):
        shape = (h.batch, kv_heads, h.keys, features)
        n.give(i, kept._replace(shape=shape, axes="nalc"))  # type: ignore[arg-type]  # see tensor.py
    n.give(3, weights)


def give_like(n: Node, x: Value, y: Tensor, h: Heads) -> None:
    """Output 0 is `y`, of four axes where the queries are."""
    if x.rank == 4:
        shape = (h.batch, h.heads, h.queries, h.d_v)
        y = y._replace(shape=shape, axes="nalc")  # type: ignore[arg-type]  # see tensor.py
    n.give(0, y, made_by=CONTEXT)


def LinearAttention(n: Node) -> None:
    """ai.onnx LinearAttention, version 27: all its update rules, as the recurrence."""
    n.op = LINEAR_ATTENTION
    heads, kv_heads = n.integer("q_num_heads", 1), n.integer("kv_num_heads", 1)
    q, k, v = (n.view(n.input(i), "nlc") for i in range(3))
    rule = n.word("update_rule", "gated_delta")
    decay = n.optional(4)
    attrs = {
        "heads": heads,
        "kv_heads": kv_heads,
        "gated": "gated" in rule,
        "delta": "delta" in rule,
        "decays": n.view(decay, "nlc").channels if decay is not None else 1,
    }
    Heads(q, k, v, heads, kv_heads)  # they must fit
    (y,) = n.layer("", LINEAR_ATTENTION, q, k, v, attrs=attrs)
    n.give(0, y, made_by=LINEAR_ATTENTION)
    state = (q.batch, kv_heads, q.channels // heads, v.channels // kv_heads)
    n.give(1, y._replace(shape=state, axes="nalc"))


def RotaryEmbedding(n: Node) -> None:
    """ai.onnx RotaryEmbedding, version 23: perhaps of the first features of each head alone."""
    x = n.input(0)
    heads = n.integer("num_heads", 0)
    n.op = ROPE
    if x.rank == 4:
        features: Dim = x.dims[3]
    elif x.rank == 3 and heads > 0:
        features = x.dims[2] // heads
    else:
        message = f"a rotary embedding of {shape_text(x.dims)} without heads"
        raise ShapeError(message, hint="attribute num_heads, or an axis of heads")
    n.give(0, rotated(n, "", n.tensor(x), features, n.integer("rotary_embedding_dim", 0)))


def rotated(n: Node, part: str, x: Tensor, features: Dim, turned: int) -> Tensor:
    """The layer of a rotary embedding of heads of `features`, of which `turned` (0: all) turn."""
    if features == 0:
        raise ShapeError("heads of no features", hint="attribute num_heads")
    if turned in (0, features):
        return n.layer(part, ROPE, x)[0]
    rows = product(x.shape) // features
    shapes = [Shaped((rows, turned), "nc")]  # type: ignore[arg-type]  # see tensor.py
    (y,) = n.layer(part, ROPE, x, shapes=shapes)
    return y._replace(shape=x.shape, axes=x.axes)


def elementwise(n: Node, part: str, op: Op, x: Tensor) -> Tensor:
    """A layer of `op` on each element of `x`."""
    return n.layer(part, op, x, shapes=[Shaped(x.shape, x.axes)])[0]


def reshaped_to(x: Tensor, shape: tuple[Dim, ...]) -> Tensor:
    """`x` seen in another shape."""
    return x._replace(shape=shape, axes=default_axes(len(shape)))  # type: ignore[arg-type]  # see tensor.py
