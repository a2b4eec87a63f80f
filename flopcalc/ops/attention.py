"""What attention computes between its projections: scores, weighted sums, positions, windows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flopcalc.errors import ShapeError
from flopcalc.formula import Sym, area
from flopcalc.op import Attrs, Inputs, Op, ParamSpec, bind_elements, same_shape
from flopcalc.ops.require import int_attr, need_map, need_sequence, sizes_attr
from flopcalc.ops.reshape import free_op
from flopcalc.ops.symbols import D_H, D_R, HEADS, L_K, L_Q, B, E
from flopcalc.ops.window import times
from flopcalc.tensor import Shaped, Tensor, feature_map, product, sequence

if TYPE_CHECKING:
    from flopcalc.formula import Env


def attention_attrs(heads: int, kv_heads: int, *, windows: int = 1, causal: bool = False) -> Attrs:
    """The complete attributes of scores and weighted sums.

    Queries and keys are cut into `windows` equal parts, each attending to itself alone. `causal`
    is kept for the record: a mask saves nothing unless a convention says so.
    """
    return {"heads": heads, "kv_heads": kv_heads, "windows": windows, "causal": causal}


def _scores_shape(inputs: Inputs, attrs: Attrs) -> tuple[Shaped, ...]:
    q, k = inputs
    heads, windows = int_attr(attrs, "heads"), int_attr(attrs, "windows")
    if q.batch != k.batch:
        message = f"{q.batch} samples of queries, {k.batch} of keys"
        raise ShapeError(message, hint="both come from the same samples")
    assert q.channels * int_attr(attrs, "kv_heads") == k.channels * heads
    assert k.size("l") % windows == 0
    shape = (q.batch, heads, q.size("l"), k.size("l") // windows)
    return (Shaped(shape, "nalc"),)  # the last axis, that of the keys, is what softmax runs over


def _scores_bind(inputs: Inputs, outputs: Inputs, attrs: Attrs) -> Env:
    heads, (q, _), (y,) = int_attr(attrs, "heads"), inputs, outputs
    return {
        "B": q.batch,
        "h": heads,
        "d": q.channels // heads,
        "L_q": q.size("l"),
        "L_k": y.channels,
    }


def _context_shape(inputs: Inputs, attrs: Attrs) -> tuple[Shaped, ...]:
    p, v = inputs
    d = v.channels // int_attr(attrs, "kv_heads")
    return (sequence(p.batch, p.size("l"), int_attr(attrs, "heads") * d),)


def _context_bind(inputs: Inputs, outputs: Inputs, attrs: Attrs) -> Env:
    heads, (p, _), (y,) = int_attr(attrs, "heads"), inputs, outputs
    return {
        "B": p.batch,
        "h": heads,
        "d": y.channels // heads,
        "L_q": p.size("l"),
        "L_k": p.channels,
    }


_BUCKETS = Sym("N", "rows of the table, a bucket of distances each")

SCORES = Op(
    "matmul",
    title="attention scores: each query with the keys it sees, scaled",
    cite="Vaswani et al. 2017, arXiv:1706.03762, eq. 1; ONNX operator MatMul",
    role="compute",
    shape=_scores_shape,
    bind=_scores_bind,
    counts={"mac": B * HEADS * D_H * L_Q * L_K, "mul": B * HEADS * L_Q * L_K},
    note="a causal mask does not halve it",
)
CONTEXT = Op(
    "matmul",
    title="attention's weighted sum of the values",
    cite="Vaswani et al. 2017, arXiv:1706.03762, eq. 1; ONNX operator MatMul",
    role="compute",
    shape=_context_shape,
    bind=_context_bind,
    counts={"mac": B * HEADS * D_H * L_Q * L_K},
    note="a causal mask does not halve it",
)
ROPE = Op(
    "rope",
    title="rotary position embedding",
    cite="Su et al. 2021, arXiv:2104.09864 (RoFormer), eq. 34: x·cos + rotated x·sin",
    shape=same_shape,
    bind=bind_elements,
    counts={"mul": 2 * E, "add": E},
    note="the sines and cosines are constants",
)


def _relative_bind(inputs: Inputs, outputs: Inputs, attrs: Attrs) -> Env:
    offsets = tuple(2 * n - 1 for n in sizes_attr(attrs, "window"))
    heads = inputs[0].size("a")
    return {**bind_elements(inputs, outputs, attrs), "D_R": offsets, "h": heads}


def _relative_params(inputs: Inputs, outputs: Inputs, attrs: Attrs) -> tuple[ParamSpec, ...]:  # noqa: ARG001 - an Op.params
    offsets = tuple(2 * n - 1 for n in sizes_attr(attrs, "window"))
    return (ParamSpec("weight", "weight", (product(offsets), inputs[0].size("a"))),)


RELATIVE_POSITION = Op(
    "rel_pos",
    title="relative position bias, a table row for each offset in a window",
    cite="Liu et al. 2021, arXiv:2103.14030 (Swin), eq. 4",
    shape=same_shape,
    bind=_relative_bind,
    params=_relative_params,
    counts={"add": E, "weight": area(D_R) * HEADS},
)


def _bucketed_bind(inputs: Inputs, outputs: Inputs, attrs: Attrs) -> Env:
    heads, rows = inputs[0].size("a"), int_attr(attrs, "buckets")
    return {**bind_elements(inputs, outputs, attrs), "N": rows, "h": heads}


def _bucketed_params(inputs: Inputs, outputs: Inputs, attrs: Attrs) -> tuple[ParamSpec, ...]:  # noqa: ARG001 - an Op.params
    rows = int_attr(attrs, "buckets")
    return (ParamSpec("weight", "weight", (rows, inputs[0].size("a"))),) if rows else ()


BUCKETED_POSITION = Op(
    "rel_pos",
    title="relative position bias, a table row for each bucket of distances",
    cite="Raffel et al. 2019, arXiv:1910.10683 (T5), section 2.1",
    shape=same_shape,
    bind=_bucketed_bind,
    params=_bucketed_params,
    counts={"add": E, "weight": _BUCKETS * HEADS},
    note="0 rows: the biases of an earlier layer's table are added again",
)


def _grid(x: Tensor, attrs: Attrs) -> tuple[int, ...]:
    """The sizes of the map, padded up to whole windows."""
    sides = sizes_attr(attrs, "window")
    return tuple(-(-n // w) * w for n, w in zip(x.spatial, sides, strict=True))


def _partition_shape(inputs: Inputs, attrs: Attrs) -> tuple[Shaped, ...]:
    (x,) = inputs
    need_map(x, "a partition into windows")
    return (sequence(x.batch, product(_grid(x, attrs)), x.channels),)


def _merge_shape(inputs: Inputs, attrs: Attrs) -> tuple[Shaped, ...]:
    (x,) = inputs
    need_sequence(x, "merging windows")
    size = sizes_attr(attrs, "size")
    if product(size) > x.size("l"):
        message = f"{x.size('l')} tokens do not fill a map of {times(size)}"
        raise ShapeError(message, hint="the size is that of the map that was cut into windows")
    return (feature_map(x.batch, x.channels, size),)


PARTITION = free_op(
    "window_partition",
    _partition_shape,
    title="a map as tokens, window after window, padded up to whole windows",
    cite="Liu et al. 2021, arXiv:2103.14030 (Swin), section 3.2; ONNX Pad, Reshape, Transpose",
)
MERGE = free_op(
    "window_merge",
    _merge_shape,
    title="tokens back to the map, its padding cut off",
    cite="Liu et al. 2021, arXiv:2103.14030 (Swin), section 3.2; ONNX Transpose, Reshape, Slice",
)
