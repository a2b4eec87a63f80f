"""Pooling: windows, adaptive and global, of averages and of maxima."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from flopcalc.errors import ShapeError
from flopcalc.formula import Sym, area
from flopcalc.op import Attrs, Inputs, Op
from flopcalc.ops.require import (
    int_attr,
    need_map,
    need_positions,
    need_sequence,
    sizes_attr,
)
from flopcalc.ops.symbols import D_F, D_I, D_K, D_W, B, M
from flopcalc.ops.window import Window, map_rank, per_axis, slide, times, window
from flopcalc.step import Arg, Step
from flopcalc.tensor import Shaped, Tensor, feature_map, sequence, vector

if TYPE_CHECKING:
    from flopcalc.formula import Env
    from flopcalc.step import Emit


def pool_attrs(w: Window, *, ceil: bool) -> Attrs:
    """The complete attributes of a pool with window `w`; `ceil` keeps a last, partial window."""
    return {**w._asdict(), "ceil": ceil}


def _shape(inputs: Inputs, attrs: Attrs) -> tuple[Shaped, ...]:
    (x,) = inputs
    map_rank(x)
    w = Window(*(attrs[f] for f in Window._fields))  # type: ignore[arg-type]  # pool_attrs made it
    return (feature_map(x.batch, x.channels, slide(x.spatial, w, ceil=bool(attrs["ceil"]))),)


def _bind(inputs: Inputs, outputs: Inputs, attrs: Attrs) -> Env:
    (x,), (y,) = inputs, outputs
    sizes = {"D_K": sizes_attr(attrs, "kernel"), "D_F": y.spatial}
    return {"B": x.batch, "M": x.channels, **sizes}


_RIM = "windows over the rim of the map are counted like the others"
MAX_POOL = Op(
    "max_pool",
    title="max pool",
    cite="ONNX operator MaxPool; k - 1 comparisons of the k elements of a window",
    shape=_shape,
    bind=_bind,
    counts={"cmp": B * (area(D_K) - 1) * M * area(D_F)},
    note=_RIM,
)
AVG_POOL = Op(
    "avg_pool",
    title="average pool",
    cite="ONNX operator AveragePool; k - 1 additions and a division of the k elements of a window",
    shape=_shape,
    bind=_bind,
    counts={"add": B * (area(D_K) - 1) * M * area(D_F), "div": B * M * area(D_F)},
    note=_RIM,
)

_P = Sym("p", "power of the norm")


def _power_bind(inputs: Inputs, outputs: Inputs, attrs: Attrs) -> Env:
    return {**_bind(inputs, outputs, attrs), "p": int_attr(attrs, "p")}


LP_POOL = Op(
    "lp_pool",
    title="Lp pool: the p-norm of each window",
    cite="ONNX operator LpPool; p - 1 products for a power, k - 1 additions and a root a window",
    shape=_shape,
    bind=_power_bind,
    counts={
        "mul": B * (_P - 1) * area(D_K) * M * area(D_F),
        "add": B * (area(D_K) - 1) * M * area(D_F),
        "exp": B * M * area(D_F),
    },
    note=_RIM,
)


def _adaptive_shape(inputs: Inputs, attrs: Attrs) -> tuple[Shaped, ...]:
    (x,) = inputs
    need_map(x, "adaptive pooling")
    return (feature_map(x.batch, x.channels, sizes_attr(attrs, "size")),)


def _adaptive_bind(inputs: Inputs, outputs: Inputs, attrs: Attrs) -> Env:  # noqa: ARG001 - an Op.bind
    (x,), (y,) = inputs, outputs
    read = tuple(_read(n, out) for n, out in zip(x.spatial, y.spatial, strict=True))
    return {"B": x.batch, "M": x.channels, "D_W": read, "D_F": y.spatial}


def _read(size: int, out: int) -> int:
    """What the windows of one axis read in all: ⌊i·size/out⌋ up to ⌈(i + 1)·size/out⌉ each."""
    return sum(-(-(i + 1) * size // out) - i * size // out for i in range(out))


ADAPTIVE_POOL = Op(
    "adaptive_pool",
    title="adaptive average pool",
    cite="torch.nn.AdaptiveAvgPool2d: window i of an axis spans ⌊i·in/out⌋ up to ⌈(i+1)·in/out⌉",
    shape=_adaptive_shape,
    bind=_adaptive_bind,
    counts={"add": B * M * (area(D_W) - area(D_F)), "div": B * M * area(D_F)},
    note="exact for windows of different sizes; D_W = D_I where the output size divides the input",
)


def _global_shape(inputs: Inputs, attrs: Attrs) -> tuple[Shaped, ...]:
    (x,) = inputs
    need_positions(x, "global pooling")
    if not attrs["keep"]:
        return (vector(x.batch, x.channels),)
    if x.is_map:
        return (feature_map(x.batch, x.channels, (1,) * len(x.spatial)),)
    return (sequence(x.batch, 1, x.channels),)


def _global_bind(inputs: Inputs, outputs: Inputs, attrs: Attrs) -> Env:  # noqa: ARG001 - an Op.bind
    (x,) = inputs
    return {"B": x.batch, "M": x.channels, "D_I": x.spatial}


GLOBAL_AVG_POOL = Op(
    "global_avg_pool",
    title="global average pool: the mean of all positions",
    cite="Lin et al. 2013, arXiv:1312.4400, section 3.2; ONNX operator GlobalAveragePool",
    shape=_global_shape,
    bind=_global_bind,
    counts={"add": B * (area(D_I) - 1) * M, "div": B * M},
)
GLOBAL_MAX_POOL = Op(
    "global_max_pool",
    title="global max pool: the largest of all positions",
    cite="ONNX operator GlobalMaxPool",
    shape=_global_shape,
    bind=_global_bind,
    counts={"cmp": B * (area(D_I) - 1) * M},
)


def _global_power_bind(inputs: Inputs, outputs: Inputs, attrs: Attrs) -> Env:
    return {**_global_bind(inputs, outputs, attrs), "p": int_attr(attrs, "p")}


GLOBAL_LP_POOL = Op(
    "global_lp_pool",
    title="global Lp pool: the p-norm of all positions",
    cite="ONNX operator GlobalLpPool",
    shape=_global_shape,
    bind=_global_power_bind,
    counts={
        "mul": B * (_P - 1) * area(D_I) * M,
        "add": B * (area(D_I) - 1) * M,
        "exp": B * M,
    },
)


def _pool(op: Op, emit: Emit, x: Tensor, a: Mapping[str, Any]) -> Tensor:
    stride = a["k"] if a["s"] is None else a["s"]
    w = window(x, a["k"], stride, 1, a["padding"])
    return emit(op, x, attrs=pool_attrs(w, ceil=a["ceil"]))


def _adaptive(emit: Emit, x: Tensor, a: Mapping[str, Any]) -> Tensor:
    size = per_axis("output", a["size"], map_rank(x))
    return emit(ADAPTIVE_POOL, x, attrs={"size": size})


def _mean_tokens(emit: Emit, x: Tensor, _: Mapping[str, Any]) -> Tensor:
    if x.is_map:
        message = f"mean_tokens needs tokens, not a map of {times(x.spatial)}"
        raise ShapeError(message, hint="global_avg_pool is the mean over a map")
    need_sequence(x, "mean_tokens")
    return emit(GLOBAL_AVG_POOL, x, attrs={"keep": False})


_WINDOW = (
    Arg("k", "sizes", help="window size"),
    Arg("s", "sizes", None, "stride; the window size where it is not given"),
    Arg("padding", "padding", "valid", "same, half, valid, or numbers"),
    Arg("ceil", "bool", default=False, help="keep a last, partial window (as in PyTorch)"),
)
_KEEP = Arg("keep", "bool", default=False, help="keep a map of 1×1 instead of a vector")

MAX_POOL_STEP = Step(
    "max_pool",
    *_WINDOW,
    expand=lambda emit, x, a: _pool(MAX_POOL, emit, x, a),
    help="the largest value of each window",
)
AVG_POOL_STEP = Step(
    "avg_pool",
    *_WINDOW,
    expand=lambda emit, x, a: _pool(AVG_POOL, emit, x, a),
    help="the mean of each window",
)
ADAPTIVE_POOL_STEP = Step(
    "adaptive_pool",
    Arg("size", "sizes", help="output size"),
    expand=_adaptive,
    help="means over windows that leave a map of this size",
)
GLOBAL_AVG_POOL_STEP = Step(
    "global_avg_pool",
    _KEEP,
    expand=lambda emit, x, a: emit(GLOBAL_AVG_POOL, x, attrs={"keep": a["keep"]}),
    help="the mean over the whole map, or over all tokens",
)
GLOBAL_MAX_POOL_STEP = Step(
    "global_max_pool",
    _KEEP,
    expand=lambda emit, x, a: emit(GLOBAL_MAX_POOL, x, attrs={"keep": a["keep"]}),
    help="the largest value of the whole map, or of all tokens",
)
MEAN_TOKENS_STEP = Step("mean_tokens", expand=_mean_tokens, help="the mean of all tokens")
