"""Signals: Fourier transforms, windows, mel scales."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flopcalc.dim import Dim, floor_div
from flopcalc.dim_values import product
from flopcalc.errors import ShapeError
from flopcalc.onnx_graph.operators.contents import the_one
from flopcalc.onnx_graph.operators.data import unknown_work, work
from flopcalc.onnx_graph.operators.windows import fixed
from flopcalc.onnx_graph.proto import DTYPES
from flopcalc.onnx_graph.shapes import axis_of, shape_text
from flopcalc.onnx_graph.values import default_axes
from flopcalc.ops.elementwise import MUL
from flopcalc.ops.signal import FOURIER, WINDOW
from flopcalc.tensor import Shaped

if TYPE_CHECKING:
    from flopcalc.onnx_graph.node import Node


def DFT(n: Node) -> None:
    """ai.onnx DFT, versions 17 to 20: the axis is an attribute before version 20."""
    n.op = FOURIER
    x = n.input(0)
    axis = n.integer("axis", 1)
    if n.version >= 20:
        axis = fixed((the_one(n.input(2)),), "the axis")[0] if n.has(2) else -2
    axis = axis_of(axis, x.rank)
    length: Dim = the_one(n.input(1)) if n.has(1) else x.dims[axis]
    rows = product(s for i, s in enumerate(x.dims[:-1]) if i != axis)
    one_sided = n.integer("onesided", 0) != 0
    kept = length
    if one_sided and n.integer("inverse", 0):
        length = length if n.has(1) else 2 * (x.dims[axis] - 1)
        kept = length
    elif one_sided:
        kept = floor_div(length, 2) + 1
    parts = 1 if one_sided and n.integer("inverse", 0) else 2
    shape = (*x.dims[:axis], kept, *x.dims[axis + 1 : -1], parts)
    (whole,) = fixed((length,), "the length of the transform")
    view = n.tensor(x)._replace(shape=(rows, whole), axes="nc")  # type: ignore[arg-type]  # see tensor.py
    shapes = [Shaped(shape, default_axes(len(shape)))]  # type: ignore[arg-type]  # likewise
    n.add(FOURIER, view, shapes=shapes)


def STFT(n: Node) -> None:
    """ai.onnx STFT, version 17: frames, each perhaps times a window, then transformed."""
    n.op = FOURIER
    x = n.input(0)
    if x.rank not in (2, 3):
        raise ShapeError(f"a signal of {shape_text(x.dims)}", hint="batch, length, parts")
    step = the_one(n.input(1))
    window = n.optional(2)
    if n.has(3):
        frame = the_one(n.input(3))
    elif window is not None:
        frame = n.view(window, "c").channels
    else:
        raise ShapeError("neither a window nor a frame length", hint="inputs 2 and 3")
    frames = floor_div(x.dims[1] - frame, step) + 1
    one_sided = n.integer("onesided", 1) != 0
    bins = floor_div(frame, 2) + 1 if one_sided else frame
    (length,) = fixed((frame,), "the frame length")
    parts = x.dims[2] if x.rank == 3 else 1
    signal = n.tensor(x)
    if window is not None:
        cut = [Shaped((x.dims[0], frames, length, parts), "nalc")]  # type: ignore[arg-type]  # see tensor.py
        (signal,) = n.layer("window", MUL, signal, window, shapes=cut)
    rows = x.dims[0] * frames
    view = signal._replace(shape=(rows, length), axes="nc")  # type: ignore[arg-type]  # likewise
    shapes = [Shaped((x.dims[0], frames, bins, 2), "nalc")]  # type: ignore[arg-type]  # likewise
    (y,) = n.layer("dft" if window else "", FOURIER, view, shapes=shapes)
    n.give(0, y, made_by=FOURIER)


def HannWindow(n: Node) -> None:
    """ai.onnx HannWindow, version 17."""
    _window(n, 1)


def HammingWindow(n: Node) -> None:
    """ai.onnx HammingWindow, version 17."""
    _window(n, 1)


def BlackmanWindow(n: Node) -> None:
    """ai.onnx BlackmanWindow, version 17."""
    _window(n, 2)


def _window(n: Node, cosines: int) -> None:
    """A constant where its size is one; else made anew in each run."""
    n.op = WINDOW
    size = n.input(0)
    dtype = DTYPES.get(n.integer("output_datatype", 1), "float32")
    shape = (the_one(size),)
    if size.constant:
        n.constant(shape, dtype)
        return
    shapes = [Shaped(shape, "c")]  # type: ignore[arg-type]  # see tensor.py
    n.add(WINDOW, size, attrs={"cosines": cosines}, shapes=shapes, dtype=dtype)


def MelWeightMatrix(n: Node) -> None:
    """ai.onnx MelWeightMatrix, version 17: a constant where its inputs are."""
    n.op = work(n)
    values = [n.input(i) for i in range(5)]
    dtype = DTYPES.get(n.integer("output_datatype", 1), "float32")
    bins, length = the_one(values[0]), the_one(values[1])
    shape = (floor_div(length, 2) + 1, bins)
    if all(value.constant for value in values):
        n.constant(shape, dtype)
    else:
        unknown_work(n, "no formula for a mel scale made anew", shape)
