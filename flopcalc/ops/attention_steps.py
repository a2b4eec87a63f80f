"""The step `attention`: projections, scores, softmax and weighted sum, whole or in windows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from flopcalc.errors import ShapeError, SpecError
from flopcalc.ops.attention import (
    BUCKETED_POSITION,
    CONTEXT,
    MERGE,
    PARTITION,
    RELATIVE_POSITION,
    ROPE,
    SCORES,
    attention_attrs,
)
from flopcalc.ops.dense import FC, fc_attrs
from flopcalc.ops.elementwise import SOFTMAX
from flopcalc.ops.require import need_features, need_sequence
from flopcalc.ops.reshape import SLICE
from flopcalc.ops.tokens import TOKENS, UNTOKENS, square
from flopcalc.ops.window import map_rank, per_axis
from flopcalc.step import Arg, Step
from flopcalc.tensor import Tensor, product

if TYPE_CHECKING:
    from flopcalc.op import Attrs
    from flopcalc.step import Emit

Args = Mapping[str, Any]


def _attention(emit: Emit, x: Tensor, a: Args) -> Tensor:
    need_features(x, "attention")
    _check(a)
    if a["window"] is not None:
        return _windowed(emit, x, a)
    need_sequence(x, "attention")
    source = x if a["kv"] is None else a["kv"]
    need_sequence(source, "attention")
    return _attend(emit, x, source, a, ())


def _check(a: Args) -> None:
    """Reject arguments that exclude each other."""
    if a["rel_pos"] and a["window"] is None:
        raise SpecError("'rel_pos' needs a window", hint="give its size: {window: 7}")
    if a["kv"] is not None and a["window"] is not None:
        raise SpecError("'kv' and 'window' exclude each other", hint="leave one of them out")
    if a["kv"] is not None and a["fused"]:
        hint = "queries and keys of different steps need projections of their own"
        raise SpecError("'kv' and 'fused' exclude each other", hint=hint)
    if a["k_bias"] is not None and a["fused"]:
        hint = "leave one out: in one projection all three have a bias, or none"
        raise SpecError("'k_bias' and 'fused' exclude each other", hint=hint)
    if a["buckets"] is not None and a["window"] is not None:
        hint = "{window: 7, rel_pos: true} has a table row for each offset"
        raise SpecError("'buckets' and 'window' exclude each other", hint=hint)


def _windowed(emit: Emit, x: Tensor, a: Args) -> Tensor:
    grid = x if x.is_map else emit(UNTOKENS, x, part="map", attrs={"size": square(x)})
    sides = per_axis("window", a["window"], map_rank(grid))
    tokens = emit(PARTITION, grid, part="windows", attrs={"window": sides})
    tokens = _attend(emit, tokens, tokens, a, sides)
    y = emit(MERGE, tokens, part="merge", attrs={"window": sides, "size": grid.spatial})
    return y if x.is_map else emit(TOKENS, y, part="tokens")


def _attend(emit: Emit, x: Tensor, source: Tensor, a: Args, window: tuple[int, ...]) -> Tensor:
    heads = a["heads"]
    kv_heads = heads if a["kv_heads"] is None else a["kv_heads"]
    d = _head_dim(x.channels, heads, kv_heads, a["head_dim"])
    q, k, v = _project(emit, x, source, a, (heads * d, kv_heads * d, kv_heads * d))
    if a["rope"]:
        q, k = emit(ROPE, q, part="q_rope"), emit(ROPE, k, part="k_rope")
    windows = source.size("l") // product(window) if window else 1
    attrs = attention_attrs(heads, kv_heads, windows=windows, causal=a["causal"])
    scores = emit(SCORES, q, k, part="scores", attrs=attrs)
    if a["rel_pos"]:
        scores = emit(RELATIVE_POSITION, scores, part="rel_pos", attrs={"window": window})
    if a["buckets"] is not None:
        rows: Attrs = {"buckets": a["buckets"]}
        scores = emit(BUCKETED_POSITION, scores, part="rel_pos", attrs=rows)
    weights = emit(SOFTMAX, scores, part="softmax")
    y = emit(CONTEXT, weights, v, part="context", attrs=attrs)
    bias = a["bias"] if a["out_bias"] is None else a["out_bias"]
    return emit(FC, y, part="out", attrs=fc_attrs(x.channels, bias=bias))


def _head_dim(channels: int, heads: int, kv_heads: int, given: int | None) -> int:
    if heads % kv_heads:
        message = f"{kv_heads} key and value heads do not divide {heads} heads"
        raise ShapeError(message, hint="'heads' must be a multiple of 'kv_heads'")
    if given is None and channels % heads:
        message = f"{heads} heads do not divide {channels} features"
        raise ShapeError(message, hint="give the features of each head: 'head_dim'")
    return channels // heads if given is None else given


def _project(
    emit: Emit, x: Tensor, source: Tensor, a: Args, sizes: tuple[int, int, int]
) -> list[Tensor]:
    """Queries, keys and values, of these many features."""
    if not a["fused"]:
        k_bias = a["bias"] if a["k_bias"] is None else a["k_bias"]
        biases = (a["bias"], k_bias, a["bias"])
        parts = zip("qkv", (x, source, source), sizes, biases, strict=True)
        return [
            emit(FC, tensor, part=part, attrs=fc_attrs(size, bias=bias))
            for part, tensor, size, bias in parts
        ]
    qkv = emit(FC, x, part="qkv", attrs=fc_attrs(sum(sizes), bias=a["bias"]))
    cuts = [0, sizes[0], sizes[0] + sizes[1], sum(sizes)]
    return [
        emit(SLICE, qkv, part=part, attrs={"start": start, "stop": stop})
        for part, start, stop in zip("qkv", cuts, cuts[1:], strict=False)
    ]


_BUCKETS = "rows of a table of biases by distance (T5); 0 adds an earlier layer's again"

ATTENTION_STEP = Step(
    "attention",
    Arg("heads", "int", help="attention heads"),
    Arg("kv_heads", "int", None, "heads of keys and values; as many where not given"),
    Arg("head_dim", "int", None, "features of each head; features/heads where not given"),
    Arg("bias", "bool", default=True, help="whether queries, keys and values have a bias"),
    Arg("k_bias", "auto_bool", None, "auto: a bias on the keys as on the others"),
    Arg("out_bias", "auto_bool", None, "auto: a bias on the output as on the others"),
    Arg("causal", "bool", default=False, help="a causal mask; it saves nothing"),
    Arg("rope", "bool", default=False, help="rotary position embedding"),
    Arg("kv", "ref", None, "the step that keys and values come from"),
    Arg("fused", "bool", default=False, help="one projection for all three"),
    Arg("window", "sizes", None, "size of the windows that attend within themselves"),
    Arg("rel_pos", "bool", default=False, help="a relative position bias in each window"),
    Arg("buckets", "int", None, _BUCKETS, least=0),
    expand=_attention,
    help="multi-head attention with its projections",
)
