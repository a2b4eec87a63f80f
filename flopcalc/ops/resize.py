"""Maps made larger or smaller by interpolation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from flopcalc.errors import ShapeError
from flopcalc.formula import Sym
from flopcalc.op import Attrs, Inputs, Op, bind_elements, bind_nothing
from flopcalc.ops.require import int_attr, need_map, sizes_attr
from flopcalc.ops.symbols import E
from flopcalc.ops.window import map_rank, per_axis, times
from flopcalc.step import Arg, Step
from flopcalc.tensor import Shaped, Tensor, feature_map


def _shape(inputs: Inputs, attrs: Attrs) -> tuple[Shaped, ...]:
    (x,) = inputs
    need_map(x, "resizing")
    size = sizes_attr(attrs, "size")
    if len(size) != len(x.spatial):
        message = f"a map of {times(x.spatial)} cannot take the size {times(size)}"
        raise ShapeError(message, hint="both need the same number of spatial axes")
    return (feature_map(x.batch, x.channels, size),)


def _bilinear_shape(inputs: Inputs, attrs: Attrs) -> tuple[Shaped, ...]:
    (x,) = inputs
    if x.axes != "nchw":
        message = f"bilinear interpolation of {x.text()}"
        raise ShapeError(message, hint="it needs two spatial axes; mode: nearest serves any")
    return _shape(inputs, attrs)


NEAREST = Op(
    "resize",
    kind="nearest resize",
    title="resize to the nearest pixel",
    cite="ONNX operator Resize, mode nearest: pixels are copied, nothing is computed",
    shape=_shape,
    bind=bind_nothing,
    counts={},
)

if TYPE_CHECKING:
    from flopcalc.formula import Env
    from flopcalc.step import Emit
BILINEAR = Op(
    "resize",
    kind="bilinear resize",
    title="bilinear resize",
    cite="ONNX operator Resize, mode linear on two axes: 4 weighted neighbours a pixel",
    shape=_bilinear_shape,
    bind=bind_elements,
    counts={"mul": 4 * E, "add": 3 * E},
)
_TAPS = Sym("K", "neighbours that a pixel is made of")


def _taps_bind(inputs: Inputs, outputs: Inputs, attrs: Attrs) -> Env:
    return {**bind_elements(inputs, outputs, attrs), "K": int_attr(attrs, "taps")}


INTERPOLATED = Op(
    "resize",
    kind="interpolation",
    title="interpolation: each pixel a weighted sum of its neighbours",
    cite="ONNX operators Resize and GridSample: 2 neighbours an axis where linear, 4 where cubic",
    shape=_shape,
    bind=_taps_bind,
    counts={"mul": _TAPS * E, "add": (_TAPS - 1) * E},
    note="the weights of the neighbours are not counted",
)
MODES = {"nearest": NEAREST, "bilinear": BILINEAR}
"""The words of `mode:`."""

_MODE = Arg("mode", "word", "nearest", "interpolation", tuple(MODES))


def _upsample(emit: Emit, x: Tensor, a: Mapping[str, Any]) -> Tensor:
    by = per_axis("scale", a["by"], map_rank(x))
    size = tuple(n * k for n, k in zip(x.spatial, by, strict=True))
    return emit(MODES[a["mode"]], x, attrs={"size": size})


UPSAMPLE_STEP = Step(
    "upsample",
    Arg("by", "sizes", help="how many times larger each side becomes"),
    _MODE,
    expand=_upsample,
    help="a map made larger",
)
RESIZE_STEP = Step(
    "resize",
    Arg("like", "ref", help="the step whose size it takes"),
    _MODE,
    expand=lambda emit, x, a: emit(MODES[a["mode"]], x, attrs={"size": a["like"].spatial}),
    help="a map brought to the size of another",
)
