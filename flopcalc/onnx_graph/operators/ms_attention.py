"""Attention in one operator, with its projections or without, of com.microsoft."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flopcalc.dim_values import definitely_different
from flopcalc.errors import ShapeError
from flopcalc.onnx_graph.operators.attention import Heads, longer, rotated, scaled_dot_product
from flopcalc.onnx_graph.operators.contents import the_one
from flopcalc.onnx_graph.operators.windows import fixed
from flopcalc.onnx_graph.shapes import shape_text
from flopcalc.ops.attention import CONTEXT, ROPE, SCORES
from flopcalc.ops.dense import FC, fc_attrs
from flopcalc.tensor import Shaped, Tensor

if TYPE_CHECKING:
    from flopcalc.dim import Dim
    from flopcalc.onnx_graph.node import Node
    from flopcalc.onnx_graph.values import Value


def _tokens(x: Tensor, batch: Dim, length: Dim, features: Dim) -> Tensor:
    return x._replace(shape=(batch, length, features), axes="nlc")  # type: ignore[arg-type]  # see tensor.py


def _projected(n: Node, x: Value, w: Value, b: Value | None) -> Tensor:
    """Queries, keys and values side by side: one product with a stored matrix."""
    if w.rank != 2 or definitely_different(x.dims[-1], w.dims[0]):
        message = f"a projection of {shape_text(x.dims)} by {shape_text(w.dims)}"
        raise ShapeError(message, hint="columns of the first and rows of the second must agree")
    (out,) = fixed(w.dims[1:], f"shape of '{w.name}'")
    axes = "nlc" if x.rank == 3 else "nc"
    params = n.params(w, "weight") + n.params(b, "bias")
    attrs = fc_attrs(out, bias=b is not None)
    return n.layer("qkv", FC, n.view(x, axes), attrs=attrs, params=params)[0]


def _split(n: Node, qkv: Tensor, heads: int, batch: Dim, length: Dim) -> list[Tensor]:
    """Queries, keys and values of `qkv`, as wide as qkv_hidden_sizes says."""
    sizes = n.integers("qkv_hidden_sizes") or (qkv.channels // 3,) * 3
    if len(sizes) != 3 or sum(sizes) != qkv.channels or any(size % heads for size in sizes):
        message = f"queries, keys and values of {sizes} features from {qkv.channels}"
        raise ShapeError(message, hint="three sizes that heads divide and that add up")
    return [_tokens(qkv, batch, length, size) for size in sizes]


def _heads(n: Node, name: str = "num_heads") -> int:
    count = n.integer(name, 0)
    if count < 1:
        raise ShapeError(f"{count} heads", hint=f"attribute {name}")
    return count


def Attention(n: Node) -> None:
    """com.microsoft Attention: projections of one input, scores, softmax, weighted sums."""
    _with_projection(n, past=4, bias=5)


def QAttention(n: Node) -> None:
    """com.microsoft QAttention: Attention of 8-bit inputs and weights."""
    _with_projection(n, past=8, bias=-1)


def _with_projection(n: Node, *, past: int, bias: int) -> None:
    n.op = FC
    x, w, b = n.input(0), n.input(1), n.optional(2)
    if x.rank != 3:
        raise ShapeError(f"attention of {shape_text(x.dims)}", hint="batch, length, features")
    heads = _heads(n)
    batch, length, _ = x.dims
    q, k, v = _split(n, _projected(n, x, w, b), heads, batch, length)
    if n.integer("do_rotary", 0):
        q, k = (rotated(n, p, t, t.channels // heads, 0) for p, t in (("rope_q", q), ("rope_k", k)))
    state = n.optional(past)
    if state is not None and state.shape is not None:  # keys and values: 2 × batch × heads × …
        more = state.dims[3]
        k, v = (_tokens(t, batch, length + more, t.channels) for t in (k, v))
    h = Heads(q, k, v, heads, heads)
    mask = n.optional(bias) if bias >= 0 else None
    y, _ = scaled_dot_product(n, h, causal=n.integer("unidirectional", 0) != 0, mask=mask)
    n.give(0, y, made_by=CONTEXT)
    n.give(1, (2, batch, heads, h.keys, h.d))


def PackedAttention(n: Node) -> None:
    """com.microsoft PackedAttention: sequences of different lengths without their padding."""
    n.op = FC
    x, w, b = n.input(0), n.input(1), n.optional(2)
    heads = _heads(n)
    qkv = _projected(n, x, w, b)
    parts = _split(n, qkv, heads, 1, x.dims[0])
    _packed(n, parts, heads, n.input(3), n.optional(5))


def PackedMultiHeadAttention(n: Node) -> None:
    """com.microsoft PackedMultiHeadAttention: the same without projections."""
    n.op = SCORES
    x, heads = n.input(0), _heads(n)
    if x.rank == 4:  # tokens × heads × 3 × features
        rows, features = x.dims[0], x.dims[1] * x.dims[3]
        parts = [_tokens(n.tensor(x), 1, rows, features)] * 3
    else:
        values = [n.input(i) for i in range(3)]
        parts = [_tokens(n.tensor(v), 1, v.dims[0], v.dims[1]) for v in values]
    _packed(n, parts, heads, n.input(4), n.optional(6))


def _packed(n: Node, qkv: list[Tensor], heads: int, offset: Value, mask: Value | None) -> None:
    """Attention of packed tokens: exact where nothing was padded, so that all lengths are known."""
    q, k, v = qkv
    batch, length = offset.dims
    tokens = q.size("l")
    y: Tensor
    if batch * length == tokens:
        q, k, v = (_tokens(x, batch, length, x.channels) for x in (q, k, v))
        y, _ = scaled_dot_product(n, Heads(q, k, v, heads, heads), mask=mask)
        n.op = SCORES
    else:
        op = n.walker.partial(SCORES, "how long each packed sequence is depends on the data")
        shape = Shaped((tokens, v.channels), "nc")
        (y,) = n.layer("attention", op, q, k, v, shapes=[shape])
    n.give(0, y._replace(shape=(tokens, v.channels), axes="nc"), made_by=CONTEXT)


def MultiHeadAttention(n: Node) -> None:
    """com.microsoft MultiHeadAttention: between the projections, packed in several ways."""
    n.op = SCORES
    heads = _heads(n)
    q, k, v = _unpacked(n)
    if n.has(3):
        q = _biased(n, q, k, v)
    k = longer(n, "past_key", n.optional(6), k)
    v = longer(n, "past_value", n.optional(7), v)
    _finish(n, (q, k, v), heads, heads, mask=n.optional(5))


def DecoderMaskedMultiHeadAttention(n: Node) -> None:
    """com.microsoft DecoderMaskedMultiHeadAttention: one query for each sample."""
    n.op = SCORES
    heads = _heads(n)
    q, k, v = _unpacked(n)
    k = longer(n, "past_key", n.optional(5), k)
    v = longer(n, "past_value", n.optional(6), v)
    _finish(n, (q, k, v), heads, heads, mask=n.optional(4))


def _biased(n: Node, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """One bias for queries, keys and values, side by side; the parameters stand at the first."""
    from flopcalc.ops.elementwise import ADD

    bias = n.input(3)
    params = n.params(bias, "bias") if bias.constant else ()
    for part, x in (("bias_q", q), ("bias_k", k), ("bias_v", v)):
        row = n.tensor(bias)._replace(shape=(x.channels,), axes="c")
        (y,) = n.layer(part, ADD, x, row, params=params, shapes=[Shaped(x.shape, x.axes)])
        params = ()
        q = y if part == "bias_q" else q
    return q


def _unpacked(n: Node) -> tuple[Tensor, Tensor, Tensor]:
    """Queries, keys and values of three inputs, of two, or of one."""
    x = n.input(0)
    if x.rank == 5:  # batch × length × heads × 3 × features
        batch, length, count, _, features = x.dims
        whole = _tokens(n.tensor(x), batch, length, count * features)
        return whole, whole, whole
    q = n.view(x, "nlc")
    if not n.has(1):
        raise ShapeError("attention without keys", hint="three inputs, or packed ones")
    key = n.input(1)
    if key.rank == 5:  # batch × length × heads × 2 × features
        batch, length, count, _, features = key.dims
        whole = _tokens(n.tensor(key), batch, length, count * features)
        return q, whole, whole
    return q, _keys(n, key), _keys(n, n.input(2))


def _keys(n: Node, x: Value) -> Tensor:
    if x.rank == 4:  # batch × heads × length × features
        batch, heads, length, features = x.dims
        return _tokens(n.tensor(x), batch, length, heads * features)
    return n.view(x, "nlc")


def _finish(
    n: Node,
    qkv: tuple[Tensor, Tensor, Tensor],
    heads: int,
    kv_heads: int,
    *,
    causal: bool = False,
    mask: Value | None = None,
    softcap: bool = False,
) -> None:
    h = Heads(*qkv, heads, kv_heads)
    _, k, v = qkv
    causal = causal or n.integer("unidirectional", 0) != 0
    y, _ = scaled_dot_product(n, h, causal=causal, mask=mask, softcap=softcap)
    n.give(0, y, made_by=CONTEXT)
    for i, (x, features) in enumerate(((k, h.d), (v, h.d_v)), 1):
        shape = (h.batch, kv_heads, h.keys, features)
        n.give(i, x._replace(shape=shape, axes="nalc"))  # type: ignore[arg-type]  # see tensor.py


def GroupQueryAttention(n: Node) -> None:
    """com.microsoft GroupQueryAttention: fewer heads of keys, perhaps rotary, with a cache."""
    n.op = SCORES
    heads, kv_heads = _heads(n), _heads(n, "kv_num_heads")
    x = n.input(0)
    q = n.view(x, "nlc")
    if n.has(1):
        k, v = n.view(n.input(1), "nlc"), n.view(n.input(2), "nlc")
    else:  # queries, keys and values side by side
        d = x.dims[2] // (heads + 2 * kv_heads)
        batch, length, _ = x.dims
        k = v = _tokens(q, batch, length, kv_heads * d)
        q = _tokens(q, batch, length, heads * d)
    if n.integer("do_rotary", 0):
        d = q.channels // heads
        q, k = (rotated(n, part, t, d, 0) for part, t in (("rope_q", q), ("rope_k", k)))
    k, v = (_cached(n, part, i, t) for part, i, t in (("past_key", 3, k), ("past_value", 4, v)))
    softcap = bool(n.number("softcap"))
    _finish(n, (q, k, v), heads, kv_heads, causal=True, mask=n.optional(10), softcap=softcap)


def _cached(n: Node, part: str, i: int, x: Tensor) -> Tensor:
    """Keys or values with those of before: as many as total_sequence_length where that is known."""
    total = n.optional(6)
    content = total.content if total is not None else None
    past = n.optional(i)
    if content is None or len(content) != 1 or past is None:
        return longer(n, part, past, x)
    return _tokens(x, x.batch, content[0], x.channels)  # type: ignore[arg-type]  # a size


def RotaryEmbedding(n: Node) -> None:
    """com.microsoft RotaryEmbedding: perhaps of the first features of each head alone."""
    n.op = ROPE
    x, heads = n.input(0), n.integer("num_heads", 0)
    turned = n.integer("rotary_embedding_dim", 0)
    if x.rank == 4:
        features: Dim = x.dims[3]
    elif turned == 0:
        features = x.dims[-1]
    elif heads > 0:
        features = x.dims[-1] // heads
    else:
        raise ShapeError("a partial rotary embedding without heads", hint="attribute num_heads")
    n.give(0, rotated(n, "", n.tensor(x), features, turned))


def RelativePositionBias(n: Node) -> None:
    """com.microsoft RelativePositionBias: a table row for each distance."""
    from flopcalc.ops.exported import move

    n.op = move("RelativePositionBias")
    table = n.input(0)
    queries, keys = the_one(n.input(1)), the_one(n.input(2))
    shapes = [Shaped((1, table.dims[1], queries, keys), "nalc")]  # type: ignore[arg-type]  # see tensor.py
    n.add(n.op, params=n.params(table, "weight"), shapes=shapes)
