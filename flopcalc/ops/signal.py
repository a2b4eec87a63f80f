"""Signals and pictures: Fourier transforms, windows, regions, overlapping columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flopcalc.formula import Sym
from flopcalc.op import Attrs, Inputs, Op, bind_elements, same_shape
from flopcalc.ops.require import int_attr, need_map, sizes_attr
from flopcalc.ops.symbols import E
from flopcalc.tensor import Shaped, feature_map, product

if TYPE_CHECKING:
    from flopcalc.formula import Env

_POINTS = Sym("F", "complex points, zero padding included")
_STAGES = Sym("t", "stages: the binary logarithm of the length, rounded up")


def _fourier_bind(inputs: Inputs, outputs: Inputs, attrs: Attrs) -> Env:  # noqa: ARG001 - an Op.bind
    (x,) = inputs
    return {"F": x.elements, "t": (x.channels - 1).bit_length()}


FOURIER = Op(
    "dft",
    title="discrete Fourier transform over the last axis",
    cite="Cooley & Tukey 1965, radix 2: F/2 butterflies a stage; ONNX operators DFT and STFT",
    shape=same_shape,
    bind=_fourier_bind,
    counts={"mul": 2 * _POINTS * _STAGES, "add": 3 * _POINTS * _STAGES},
    note="no Mult-Adds: a fast transform is not a matrix product; counted as complex",
)

_COSINES = Sym("C", "cosines of the window", implicit=True)


def _window_bind(inputs: Inputs, outputs: Inputs, attrs: Attrs) -> Env:
    return {**bind_elements(inputs, outputs, attrs), "C": int_attr(attrs, "cosines")}


WINDOW = Op(
    "window_function",
    title="a window of cosines, made anew",
    cite="ONNX operators HannWindow, HammingWindow and BlackmanWindow",
    shape=same_shape,
    bind=_window_bind,
    counts={"exp": _COSINES * E, "mul": 2 * _COSINES * E, "add": _COSINES * E},
)

_SAMPLES = Sym("S", "samples of each cell")


def _region_bind(inputs: Inputs, outputs: Inputs, attrs: Attrs) -> Env:
    return {**bind_elements(inputs, outputs, attrs), "S": int_attr(attrs, "samples")}


ROI_ALIGN = Op(
    "roi_align",
    title="means over cells of regions, each sample between four pixels",
    cite="He et al. 2017, arXiv:1703.06870, section 3; ONNX operator RoiAlign, mode avg",
    shape=same_shape,
    bind=_region_bind,
    counts={"mul": 4 * _SAMPLES * E, "add": (4 * _SAMPLES - 1) * E, "div": E},
    note="the weights of the four neighbours are not counted",
)
ROI_ALIGN_MAX = Op(
    "roi_align",
    kind="roi_align of maxima",
    title="maxima over cells of regions, each sample of four weighted pixels",
    cite="ONNX operator RoiAlign, mode max",
    shape=same_shape,
    bind=_region_bind,
    counts={"mul": 4 * _SAMPLES * E, "cmp": (4 * _SAMPLES - 1) * E},
    note="the weights of the four neighbours are not counted",
)

_COLUMNS = Sym("I", "input elements")


def _columns_shape(inputs: Inputs, attrs: Attrs) -> tuple[Shaped, ...]:
    (x,) = inputs
    need_map(x, "columns to an image")
    channels = x.channels // product(sizes_attr(attrs, "kernel"))
    return (feature_map(x.batch, channels, sizes_attr(attrs, "size")),)


def _columns_bind(inputs: Inputs, outputs: Inputs, attrs: Attrs) -> Env:  # noqa: ARG001 - an Op.bind
    return {"I": inputs[0].elements}


COL2IM = Op(
    "col2im",
    title="columns added up where their windows overlap",
    cite="ONNX operator Col2Im; torch.nn.Fold: each element of a column is added once",
    shape=_columns_shape,
    bind=_columns_bind,
    counts={"add": _COLUMNS},
)
