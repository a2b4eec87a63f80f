"""Random attributes and inputs that fit, for each op there is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from hypothesis import strategies as st
from one_layer import fmap, ids, seq, vec

from flopcalc.op import Attrs, Op, bind_elements, same_shape
from flopcalc.ops import (
    attention,
    contraction,
    conv,
    dense,
    elementwise,
    exported,
    learned,
    norm,
    pointwise,
    pool,
    quantized,
    recurrent,
    reductions,
    reshape,
    resize,
    signal,
    tokens,
)
from flopcalc.ops.window import Window
from flopcalc.tensor import Shaped

Case: TypeAlias = tuple[Attrs, tuple[Shaped, ...]]
Draw: TypeAlias = Callable[[st.SearchStrategy[Any]], Any]

FEW = st.integers(1, 4)
SIZE = st.integers(8, 14)  # larger than any window below
CHANNELS = st.integers(1, 12)


def a_map(draw: Draw, channels: int | None = None, rank: int | None = None) -> Shaped:
    axes = rank or draw(st.integers(1, 3))
    size = [draw(SIZE) for _ in range(axes)]
    return fmap(channels or draw(CHANNELS), *size, batch=draw(st.integers(1, 3)))


def a_sequence(draw: Draw, channels: int | None = None) -> Shaped:
    return seq(draw(SIZE), channels or draw(CHANNELS), batch=draw(st.integers(1, 3)))


def a_vector(draw: Draw, channels: int | None = None) -> Shaped:
    return vec(channels or draw(CHANNELS), batch=draw(st.integers(1, 3)))


def anything(draw: Draw, channels: int | None = None) -> Shaped:
    makes: list[Callable[[Draw, int | None], Shaped]] = [a_map, a_sequence, a_vector]
    return makes[draw(st.integers(0, 2))](draw, channels)


def positions(draw: Draw, channels: int | None = None) -> Shaped:
    return a_map(draw, channels) if draw(st.booleans()) else a_sequence(draw, channels)


def rank_of(x: Shaped) -> int:
    return len(x.shape) - 2


def a_window(draw: Draw, rank: int, kernel: int = 3) -> Window:
    def sizes(most: int) -> tuple[int, ...]:
        return tuple(draw(st.integers(1, most)) for _ in range(rank))

    pads = tuple((draw(st.integers(0, 1)), draw(st.integers(0, 1))) for _ in range(rank))
    return Window(sizes(kernel), sizes(3), sizes(2), pads)


def convolution(draw: Draw, *, kernel: int = 3, groups: bool = False) -> Case:
    g = draw(FEW) if groups else 1
    x = a_map(draw, g * draw(FEW))
    w = a_window(draw, rank_of(x), kernel)
    return conv.conv_attrs(w, g * draw(FEW), g, bias=draw(st.booleans())), (x,)


def depthwise(draw: Draw) -> Case:
    x = a_map(draw)
    channels = x.shape[1]
    w = a_window(draw, rank_of(x))
    out = channels * draw(FEW)
    return conv.conv_attrs(w, out, channels, bias=draw(st.booleans())), (x,)


def transposed(draw: Draw, *, groups: bool = False) -> Case:
    attrs, (x,) = convolution(draw, groups=groups)
    return {**attrs, "out_pad": tuple(draw(st.integers(0, 1)) for _ in range(rank_of(x)))}, (x,)


def pooled(draw: Draw) -> Case:
    x = a_map(draw)
    return pool.pool_attrs(a_window(draw, rank_of(x)), ceil=draw(st.booleans())), (x,)


def sized(draw: Draw) -> Case:
    x = a_map(draw)
    return {"size": tuple(draw(st.integers(1, 20)) for _ in range(rank_of(x)))}, (x,)


def bilinear(draw: Draw) -> Case:
    return {"size": (draw(SIZE), draw(SIZE))}, (a_map(draw, rank=2),)


def crop(draw: Draw) -> Case:
    x = a_map(draw)
    return {"size": tuple(draw(st.integers(1, 8)) for _ in range(rank_of(x)))}, (x,)


def fc(draw: Draw) -> Case:
    x = a_sequence(draw) if draw(st.booleans()) else a_vector(draw)
    return dense.fc_attrs(draw(CHANNELS), bias=draw(st.booleans())), (x,)


def embed(draw: Draw) -> Case:
    x = ids(draw(SIZE), batch=draw(FEW))
    return {"dim": draw(CHANNELS), "vocab": draw(st.integers(1, 1000))}, (x,)


def grouped(draw: Draw) -> Case:
    g = draw(FEW)
    return {"groups": g}, (anything(draw, g * draw(FEW)),)


def arithmetic(draw: Draw) -> Case:
    x = anything(draw)
    shape = (n if draw(st.booleans()) else 1 for n in x.shape)
    return {}, (x, *([x] if draw(st.booleans()) else []), Shaped(tuple(shape), x.axes))


def joined(draw: Draw) -> Case:
    axis = draw(st.sampled_from(["ch", "seq"]))
    x = a_sequence(draw) if axis == "seq" else anything(draw)
    return {"axis": axis}, (x,) * draw(st.integers(1, 3))


def sliced(draw: Draw) -> Case:
    x = anything(draw)
    channels = x.shape[x.axes.index("c")]
    start = draw(st.integers(0, channels - 1))
    return {"start": start, "stop": draw(st.integers(start + 1, channels))}, (x,)


def cells(draw: Draw) -> Case:
    r, rank = draw(st.integers(1, 3)), draw(st.integers(1, 3))
    return {"r": r}, (a_map(draw, r**rank * draw(FEW), rank),)


def uncells(draw: Draw) -> Case:
    r, rank = draw(st.integers(1, 3)), draw(st.integers(1, 3))
    return {"r": r}, (fmap(draw(CHANNELS), *(r * draw(FEW) for _ in range(rank))),)


def padded(draw: Draw) -> Case:
    x = a_map(draw)
    return {"pads": a_window(draw, rank_of(x)).pads}, (x,)


def square(draw: Draw) -> Case:
    side, other = draw(FEW), draw(FEW)
    return {"size": (side, other)}, (seq(side * other, draw(CHANNELS)),)


def heads(draw: Draw) -> tuple[int, int, int, Attrs]:
    """Key heads, query heads, features of each, and the attributes."""
    kv_heads, shared, d = draw(FEW), draw(FEW), draw(FEW)
    attrs = attention.attention_attrs(kv_heads * shared, kv_heads, causal=draw(st.booleans()))
    return kv_heads, kv_heads * shared, d, attrs


def scores(draw: Draw) -> Case:
    kv_heads, query_heads, d, attrs = heads(draw)
    batch = draw(FEW)
    q, k = seq(draw(SIZE), query_heads * d, batch), seq(draw(SIZE), kv_heads * d, batch)
    return attrs, (q, k)


def context(draw: Draw) -> Case:
    kv_heads, query_heads, d, attrs = heads(draw)
    batch, length, keys = draw(FEW), draw(SIZE), draw(SIZE)
    p = Shaped((batch, query_heads, length, keys), "nalc")
    return attrs, (p, seq(keys, kv_heads * d, batch))


def relative(draw: Draw) -> Case:
    window = tuple(draw(FEW) for _ in range(draw(st.integers(1, 3))))
    return {"window": window}, (Shaped((draw(FEW), draw(FEW), 8, 4), "nalc"),)


def bucketed(draw: Draw) -> Case:
    return {"buckets": draw(st.integers(0, 40))}, (Shaped((draw(FEW), draw(FEW), 8, 8), "nalc"),)


def partition(draw: Draw) -> Case:
    x = a_map(draw)
    return {"window": tuple(draw(FEW) for _ in range(rank_of(x)))}, (x,)


def merge(draw: Draw) -> Case:
    attrs, (x,) = square(draw)
    return {**attrs, "window": (1, 1)}, (x,)


def cell(draw: Draw) -> Case:
    return recurrent.cell_attrs(draw(CHANNELS), bias=draw(st.booleans())), (a_sequence(draw),)


def of(make: Callable[[Draw], Shaped], **attrs: st.SearchStrategy[Any]) -> Callable[[Draw], Case]:
    """A case of one input and attributes drawn one by one."""
    return lambda draw: ({name: draw(value) for name, value in attrs.items()}, (make(draw),))


def product_of_two(draw: Draw) -> Case:
    batch, rows, inner, columns = (draw(FEW) for _ in range(4))
    return {}, (Shaped((batch, rows, inner), "nlc"), Shaped((batch, inner, columns), "nlc"))


def reduced(draw: Draw) -> Case:
    x = anything(draw)
    return {"axes": (draw(st.integers(1, len(x.shape) - 1)),)}, (x,)


def ended(draw: Draw) -> Case:
    x = anything(draw)
    return {"axes": (len(x.shape) - 1,)}, (x,)


def selected(draw: Draw) -> Case:
    x = a_sequence(draw)
    return {"axes": (1,), "k": draw(st.integers(1, x.shape[1]))}, (x,)


def matrices(draw: Draw) -> Case:
    size = draw(FEW)
    return {}, (Shaped((draw(FEW), size, size), "nlc"),)


def updated(draw: Draw) -> Case:
    return {}, (x := anything(draw), x, x)


def deformable(draw: Draw) -> Case:
    attrs, inputs = convolution(draw, groups=True)
    return {**attrs, "mask": draw(st.booleans())}, inputs


def power(draw: Draw) -> Case:
    attrs, inputs = pooled(draw)
    return {**attrs, "p": draw(FEW)}, inputs


def shared(draw: Draw) -> Case:
    x = anything(draw)
    return {"group": x.shape[x.axes.index("c")]}, (x,)


def stateful(draw: Draw) -> Case:
    kv_heads, query_heads, d, _ = heads(draw)
    batch, length = draw(FEW), draw(SIZE)
    attrs: Attrs = {
        "heads": query_heads,
        "kv_heads": kv_heads,
        "decays": draw(FEW),
        "gated": draw(st.booleans()),
        "delta": draw(st.booleans()),
    }
    sizes = (query_heads * d, kv_heads * d, kv_heads * draw(FEW))
    return attrs, tuple(seq(length, size, batch) for size in sizes)


def columns(draw: Draw) -> Case:
    kernel = (draw(FEW), draw(FEW))
    x = fmap(kernel[0] * kernel[1] * draw(FEW), draw(SIZE), batch=draw(FEW))
    return {"kernel": kernel, "size": (draw(SIZE), draw(SIZE))}, (x,)


def interpolated(draw: Draw) -> Case:
    attrs, inputs = sized(draw)
    return {**attrs, "taps": draw(CHANNELS)}, inputs


CASES: dict[Op, Callable[[Draw], Case]] = {
    conv.CONV: convolution,
    conv.DEPTHWISE: depthwise,
    conv.POINTWISE: lambda draw: convolution(draw, kernel=1),
    conv.GROUPED: lambda draw: convolution(draw, groups=True),
    conv.TRANSPOSED: transposed,
    conv.TRANSPOSED_GROUPED: lambda draw: transposed(draw, groups=True),
    dense.FC: fc,
    dense.EMBED: embed,
    norm.BATCH_NORM: of(anything),
    norm.LAYER_NORM: of(anything),
    norm.RMS_NORM: of(anything),
    norm.GROUP_NORM: grouped,
    norm.INSTANCE_NORM: of(a_map),
    norm.LOCAL_RESPONSE_NORM: of(a_map, size=FEW),
    norm.L2_NORM: of(anything),
    norm.LAYER_SCALE: of(anything),
    **dict.fromkeys(elementwise.ACTIVATIONS.values(), of(anything)),
    elementwise.SOFTMAX: of(anything),
    elementwise.DROPOUT: of(anything, p=st.just(0.5)),
    elementwise.IDENTITY: of(anything),
    elementwise.ADD: arithmetic,
    elementwise.SUB: arithmetic,
    elementwise.MUL: arithmetic,
    elementwise.DIV: arithmetic,
    pool.MAX_POOL: pooled,
    pool.AVG_POOL: pooled,
    pool.ADAPTIVE_POOL: sized,
    pool.GLOBAL_AVG_POOL: of(positions, keep=st.booleans()),
    pool.GLOBAL_MAX_POOL: of(positions, keep=st.booleans()),
    reshape.FLATTEN: of(anything),
    reshape.SLICE: sliced,
    reshape.SHUFFLE: grouped,
    reshape.PIXEL_SHUFFLE: cells,
    reshape.PIXEL_UNSHUFFLE: uncells,
    reshape.PAD: padded,
    reshape.CROP: crop,
    reshape.CONCAT: joined,
    resize.NEAREST: sized,
    resize.BILINEAR: bilinear,
    exported.MATMUL: product_of_two,
    exported.CLIP: of(anything),
    exported.CLIP_BELOW: of(anything),
    **{
        op: of(anything)
        for op in vars(pointwise).values()
        if isinstance(op, Op) and op.shape is same_shape
    },
    pointwise.LOG_SOFTMAX: ended,
    pointwise.MEAN: arithmetic,
    pointwise.DET: matrices,
    pointwise.SAMPLE: of(a_vector),
    pointwise.SCATTER_ADD: updated,
    pointwise.SCATTER_MUL: updated,
    pointwise.SCATTER_MAX: updated,
    pointwise.SCATTER_MIN: updated,
    **{op: reduced for op in vars(reductions).values() if isinstance(op, Op)},
    reductions.TOP_K: selected,
    reductions.SORT: of(anything),
    contraction.EINSUM: of(anything, terms=CHANNELS),
    contraction.LINEAR_ATTENTION: stateful,
    conv.DEFORMABLE: deformable,
    **dict.fromkeys(
        (quantized.QUANTIZE, quantized.DEQUANTIZE, quantized.REQUANTIZE),
        of(anything, zero=st.booleans()),
    ),
    quantized.QUANTIZE_DYNAMIC: of(anything),
    signal.FOURIER: of(a_vector),
    signal.WINDOW: of(a_vector, cosines=FEW),
    signal.ROI_ALIGN: of(a_map, samples=FEW),
    signal.ROI_ALIGN_MAX: of(a_map, samples=FEW),
    signal.COL2IM: columns,
    resize.INTERPOLATED: interpolated,
    pool.LP_POOL: power,
    pool.GLOBAL_LP_POOL: of(positions, keep=st.booleans(), p=FEW),
    norm.BATCH_NORM_TRAINING: of(anything),
    norm.MEAN_VARIANCE_NORM: shared,
    norm.L1_UNSCALED: of(anything),
    norm.L2_UNSCALED: shared,
    recurrent.RNN_RELU: cell,
    recurrent.PEEPHOLES: cell,
    learned.CROSS_ENTROPY: of(a_vector),
    learned.NEGATIVE_LIKELIHOOD: of(a_vector),
    learned.SVM_KERNEL: of(anything, terms=FEW),
    **{
        op: of(anything)
        for op in vars(learned).values()
        if isinstance(op, Op) and op.bind is bind_elements
    },
    tokens.TOKENS: of(a_map),
    tokens.UNTOKENS: square,
    tokens.TRANSPOSE: of(a_sequence),
    tokens.TAKE: of(a_sequence, index=st.integers(-8, 7)),
    tokens.CLASS_TOKEN: of(a_sequence, count=FEW),
    tokens.POSITION: of(positions, positions=CHANNELS),
    attention.SCORES: scores,
    attention.CONTEXT: context,
    attention.ROPE: of(a_sequence),
    attention.RELATIVE_POSITION: relative,
    attention.BUCKETED_POSITION: bucketed,
    attention.PARTITION: partition,
    attention.MERGE: merge,
    recurrent.LSTM: cell,
    recurrent.GRU: cell,
    recurrent.RNN: cell,
}


def cases(op: Op) -> st.SearchStrategy[Case]:
    """Random attributes and inputs of `op`."""
    return st.composite(CASES[op])()
