"""Moving and renaming data: nothing here computes anything."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from flopcalc.errors import ShapeError, SpecError
from flopcalc.op import Attrs, Inputs, Op, bind_nothing
from flopcalc.ops.require import int_attr, need_divisor, need_features, need_map, sizes_attr
from flopcalc.ops.window import times, window
from flopcalc.step import Arg, Step
from flopcalc.tensor import Shaped, Tensor, feature_map, product, vector

if TYPE_CHECKING:
    from collections.abc import Callable

    from flopcalc.step import Emit


def free_op(
    name: str, shape: Callable[[Inputs, Attrs], tuple[Shaped, ...]], *, title: str, cite: str
) -> Op:
    """An op that moves or renames data."""
    return Op(name, title=title, cite=cite, shape=shape, bind=bind_nothing, counts={})


def _flatten(inputs: Inputs, attrs: Attrs) -> tuple[Shaped, ...]:  # noqa: ARG001 - an Op.shape
    (x,) = inputs
    need_features(x, "flatten")
    return (vector(x.batch, x.channels * product(x.spatial)),)


def _with_channels(x: Tensor, channels: int) -> tuple[Shaped, ...]:
    shape = (channels if axis == "c" else n for n, axis in zip(x.shape, x.axes, strict=True))
    return (Shaped(tuple(shape), x.axes),)


def _slice(inputs: Inputs, attrs: Attrs) -> tuple[Shaped, ...]:
    (x,) = inputs
    start, stop = int_attr(attrs, "start"), int_attr(attrs, "stop")
    need_features(x, "a slice of channels")
    if not 0 <= start < stop <= x.channels:
        message = f"channels {start} up to {stop} of {x.channels} channels"
        raise ShapeError(message, hint=f"positions from 0 to {x.channels}")
    return _with_channels(x, stop - start)


def _shuffle(inputs: Inputs, attrs: Attrs) -> tuple[Shaped, ...]:
    (x,) = inputs
    groups = int_attr(attrs, "groups")
    need_features(x, "a channel shuffle")
    need_divisor(x.channels, groups, f"{groups} groups")
    return _with_channels(x, x.channels)


def _pixel_shuffle(inputs: Inputs, attrs: Attrs) -> tuple[Shaped, ...]:
    (x,) = inputs
    r = int_attr(attrs, "r")
    need_map(x, "a pixel shuffle")
    cell = r ** len(x.spatial)
    need_divisor(x.channels, cell, f"{cell} pixels a cell")
    return (feature_map(x.batch, x.channels // cell, tuple(n * r for n in x.spatial)),)


def _pixel_unshuffle(inputs: Inputs, attrs: Attrs) -> tuple[Shaped, ...]:
    (x,) = inputs
    r = int_attr(attrs, "r")
    need_map(x, "a pixel unshuffle")
    if any(n % r for n in x.spatial):
        message = f"cells of {r} do not divide a map of {times(x.spatial)}"
        raise ShapeError(message, hint="'pad' before it, or another input resolution")
    cell = r ** len(x.spatial)
    return (feature_map(x.batch, x.channels * cell, tuple(n // r for n in x.spatial)),)


def _pad(inputs: Inputs, attrs: Attrs) -> tuple[Shaped, ...]:
    (x,) = inputs
    need_map(x, "padding")
    pads = attrs["pads"]
    assert isinstance(pads, tuple)
    sizes = tuple(n + sum(p) for n, p in zip(x.spatial, pads, strict=True))  # type: ignore[arg-type]  # pairs, as a Window has them
    return (feature_map(x.batch, x.channels, sizes),)


def _crop(inputs: Inputs, attrs: Attrs) -> tuple[Shaped, ...]:
    (x,) = inputs
    need_map(x, "a crop")
    size = sizes_attr(attrs, "size")
    if len(size) != len(x.spatial) or any(n < m for n, m in zip(x.spatial, size, strict=True)):
        message = f"no map of {times(size)} can be cut out of {times(x.spatial)}"
        raise ShapeError(message, hint="'resize' where it has to grow")
    return (feature_map(x.batch, x.channels, size),)


def _concat(inputs: Inputs, attrs: Attrs) -> tuple[Shaped, ...]:
    first = inputs[0]
    along = "c" if attrs["axis"] == "ch" else "l"
    if along not in first.axes:
        what = "channels" if along == "c" else "length"
        message = f"{first.text()} has no {what} to join along"
        raise ShapeError(message, hint="axis: ch joins channels, axis: seq joins sequences")
    for other in inputs[1:]:
        if other.axes != first.axes or any(
            n != m and axis != along
            for n, m, axis in zip(first.shape, other.shape, first.axes, strict=True)
        ):
            message = f"cannot join {first.text()} and {other.text()}"
            hint = "all but the joined axis must agree: check the strides and padding of the parts"
            raise ShapeError(message, hint=hint)
    total = sum(x.size(along) for x in inputs)
    shape = (total if axis == along else n for n, axis in zip(first.shape, first.axes, strict=True))
    return (Shaped(tuple(shape), first.axes),)


FLATTEN = free_op(
    "flatten",
    _flatten,
    title="all positions and channels as one vector",
    cite="ONNX operator Flatten",
)
SLICE = free_op("slice", _slice, title="some of the channels", cite="ONNX operators Slice, Split")
SHUFFLE = free_op(
    "shuffle",
    _shuffle,
    title="channel shuffle between groups",
    cite="Zhang et al. 2017, arXiv:1707.01083, section 3.1; ONNX Reshape, Transpose, Reshape",
)
PIXEL_SHUFFLE = free_op(
    "pixel_shuffle",
    _pixel_shuffle,
    title="channels to pixels",
    cite="Shi et al. 2016, arXiv:1609.05158, eq. 4; ONNX operator DepthToSpace",
)
PIXEL_UNSHUFFLE = free_op(
    "pixel_unshuffle",
    _pixel_unshuffle,
    title="pixels to channels",
    cite="ONNX operator SpaceToDepth",
)
PAD = free_op("pad", _pad, title="padding", cite="ONNX operator Pad")
CROP = free_op(
    "crop",
    _crop,
    title="a map cut to the size of another",
    cite="Ronneberger et al. 2015, arXiv:1505.04597, section 2; ONNX operator Slice",
)
CONCAT = free_op("concat", _concat, title="concatenation", cite="ONNX operator Concat")


def _chunk(emit: Emit, x: Tensor, a: Mapping[str, Any]) -> Tensor:
    index, of = a["index"], a["of"]
    if index >= of:
        message = f"chunk {index} of {of}"
        raise ShapeError(message, hint=f"chunks count from 0 to {of - 1}")
    need_features(x, "chunk")
    need_divisor(x.channels, of, f"{of} chunks")
    size = x.channels // of
    return emit(SLICE, x, attrs={"start": index * size, "stop": (index + 1) * size})


def _pad_step(emit: Emit, x: Tensor, a: Mapping[str, Any]) -> Tensor:
    if isinstance(a["padding"], str):
        message = f"'pad' takes numbers, not '{a['padding']}'"
        raise SpecError(message, hint="{pad: 1}, or {pad: [[0, 1], [0, 1]]}")
    return emit(PAD, x, attrs={"pads": window(x, 1, padding=a["padding"]).pads})


FLATTEN_STEP = Step(
    "flatten",
    expand=lambda emit, x, _: emit(FLATTEN, x),
    help="a map or a sequence as one vector",
)
CHUNK_STEP = Step(
    "chunk",
    Arg("index", "int", help="which part, from 0", least=0),
    Arg("of", "int", help="how many parts"),
    expand=_chunk,
    help="one of equal parts of the channels",
)
SHUFFLE_STEP = Step(
    "shuffle",
    Arg("g", "int", help="groups"),
    expand=lambda emit, x, a: emit(SHUFFLE, x, attrs={"groups": a["g"]}),
    help="a channel shuffle (ShuffleNet)",
)
PIXEL_SHUFFLE_STEP = Step(
    "pixel_shuffle",
    Arg("r", "int", help="how many times larger each side becomes"),
    expand=lambda emit, x, a: emit(PIXEL_SHUFFLE, x, attrs={"r": a["r"]}),
    help="channels to pixels (super-resolution)",
)
PIXEL_UNSHUFFLE_STEP = Step(
    "pixel_unshuffle",
    Arg("r", "int", help="how many times smaller each side becomes"),
    expand=lambda emit, x, a: emit(PIXEL_UNSHUFFLE, x, attrs={"r": a["r"]}),
    help="pixels to channels (focus layers, patch merging)",
)
PAD_STEP = Step(
    "pad",
    Arg("padding", "padding", help="an integer, one an axis, or a pair an axis"),
    expand=_pad_step,
    help="rows and columns added around a map",
)
CROP_STEP = Step(
    "crop",
    Arg("like", "ref", help="the step whose size it takes"),
    expand=lambda emit, x, a: emit(CROP, x, attrs={"size": a["like"].spatial}),
    help="a map cut to the size of another",
)
