"""Pictures: resizing, sampling, depth and space, padding to the centre."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from flopcalc.dim import Dim, floor_div
from flopcalc.dim_values import definitely_different
from flopcalc.errors import ShapeError
from flopcalc.onnx_graph.operators.data import unknown_work
from flopcalc.onnx_graph.operators.windows import as_map, fixed
from flopcalc.onnx_graph.shapes import axis_of, shape_text
from flopcalc.onnx_graph.values import UnknownShapeError
from flopcalc.ops.exported import MATMUL, move
from flopcalc.ops.resize import BILINEAR, INTERPOLATED, NEAREST
from flopcalc.tensor import Shaped

if TYPE_CHECKING:
    from flopcalc.onnx_graph.node import Node
    from flopcalc.onnx_graph.values import Scalar, Value

_NEIGHBOURS = {"linear": 2, "bilinear": 2, "cubic": 4, "bicubic": 4}


def Resize(n: Node) -> None:
    """ai.onnx Resize, versions 10 to 19: by scales or to sizes, of some axes or all."""
    n.op = NEAREST if n.word("mode", "nearest") == "nearest" else INTERPOLATED
    x = n.input(0)
    if n.version < 11:
        scales, sizes = n.optional(1), None
    else:
        scales, sizes = n.optional(2), n.optional(3)
    axes = n.integers("axes") or tuple(range(x.rank))
    _resized(n, x, scales, sizes, tuple(axis_of(axis, x.rank) for axis in axes))


def Upsample(n: Node) -> None:
    """ai.onnx Upsample, versions 1 to 10: the scales are attributes before version 9."""
    n.op = NEAREST if n.word("mode", "nearest") == "nearest" else INTERPOLATED
    x = n.input(0)
    listed = n.numbers("scales")
    if n.version < 7 and listed is None:
        listed = (1.0, 1.0, n.number("height_scale") or 1.0, n.number("width_scale") or 1.0)
    axes = tuple(range(x.rank))
    if listed is None:
        _resized(n, x, n.input(1), None, axes)
    else:
        _interpolated(n, x, tuple(map(_scaled, x.dims, listed)), axes)


def upsampled(n: Node, factors: tuple[int, ...]) -> None:
    """The node enlarges its input by whole factors, one for each axis or each spatial one."""
    n.op = NEAREST if n.word("mode", "nearest") == "nearest" else INTERPOLATED
    x = n.input(0)
    scales = (1,) * (x.rank - len(factors)) + factors
    _check_count(len(scales), tuple(range(x.rank)), "scales")
    shape = tuple(size * scale for size, scale in zip(x.dims, scales, strict=True))
    _interpolated(n, x, shape, tuple(range(x.rank)))


def _resized(
    n: Node, x: Value, scales: Value | None, sizes: Value | None, axes: tuple[int, ...]
) -> None:
    shape = list(x.dims)
    if sizes is not None and sizes.shape != (0,):
        wanted = sizes.integers()
        _check_count(len(wanted), axes, "sizes")
        policy = n.word("keep_aspect_ratio_policy", "stretch")
        if policy != "stretch":
            wanted = _kept_ratio(x, axes, wanted, policy)
        for i, size in zip(axes, wanted, strict=True):
            shape[i] = size
    elif scales is not None and scales.shape != (0,):
        if scales.content is None:
            raise UnknownShapeError(f"the content of '{scales.name}' is not known")
        _check_count(len(scales.content), axes, "scales")
        for i, scale in zip(axes, scales.content, strict=True):
            shape[i] = _scaled(x.dims[i], scale)
    else:
        raise ShapeError("neither scales nor sizes", hint="one of them says the output")
    _interpolated(n, x, tuple(shape), axes)


def _check_count(count: int, axes: tuple[int, ...], what: str) -> None:
    if count != len(axes):
        raise ShapeError(f"{count} {what} for {len(axes)} axes", hint="one an axis")


def _kept_ratio(
    x: Value, axes: tuple[int, ...], wanted: tuple[Dim, ...], policy: str
) -> tuple[Dim, ...]:
    """Sizes of one scale for all axes: the smallest or the largest of those asked for."""
    old = fixed([x.dims[i] for i in axes], f"shape of '{x.name}'")
    new = fixed(wanted, "a size")
    pick = min if policy == "not_larger" else max
    scale = pick(b / a for a, b in zip(old, new, strict=True))
    return tuple(math.floor(scale * a + 0.5) for a in old)


def _scaled(size: Dim, scale: Scalar) -> Dim:
    """⌊size·scale⌋, with the scale as 32-bit floats have it."""
    if not isinstance(scale, (int, float)):
        return size * scale
    if isinstance(size, int):
        return math.floor(size * scale)
    top, bottom = _ratio(float(scale))
    return floor_div(size * top, bottom)


def _ratio(scale: float) -> tuple[int, int]:
    """The simple fraction that a scale is meant to be: 0.33333334 is 1/3."""
    for bottom in range(1, 65):
        top = round(scale * bottom)
        if abs(scale * bottom - top) < 1e-6 * max(top, 1):
            return top, bottom
    return scale.as_integer_ratio()


def _interpolated(n: Node, x: Value, shape: tuple[Dim, ...], axes: tuple[int, ...]) -> None:
    """The layer: free where pixels are copied, else a weighted sum of neighbours."""
    if x.constant:
        n.constant(shape, x.dtype, sources=x.sources)
        return
    word = n.word("mode", "nearest")
    changed = [i for i in axes if shape[i] != x.dims[i]]
    shapes = [Shaped(shape, x.axes)]  # type: ignore[arg-type]  # see tensor.py
    if word == "nearest" or not changed:
        n.op = NEAREST
        n.add(NEAREST, x, attrs={"size": shape}, shapes=shapes)  # type: ignore[dict-item]  # likewise
        return
    if word not in _NEIGHBOURS:
        raise ShapeError(f"mode '{word}'", hint="nearest, linear or cubic")
    taps = 1
    for i in changed:
        taps *= _taps(n, word, x.dims[i], shape[i])
    n.op = BILINEAR if taps == 4 and len(changed) == 2 else INTERPOLATED
    n.add(n.op, x, attrs={"size": shape, "taps": taps}, shapes=shapes)  # type: ignore[dict-item]  # likewise


def _taps(n: Node, word: str, old: Dim, new: Dim) -> int:
    """Neighbours along one axis: more where antialias widens the filter by what it shrinks."""
    taps = _NEIGHBOURS[word]
    if not n.integer("antialias", 0):
        return taps
    if not isinstance(old, int) or not isinstance(new, int) or new == 0:
        raise UnknownShapeError("how much it shrinks is not known")
    return 2 * -(-taps * max(old, new) // (2 * new))


def GridSample(n: Node) -> None:
    """ai.onnx GridSample, versions 16 to 22: the grid says where each pixel is read."""
    n.op = INTERPOLATED
    x, grid = n.input(0), n.input(1)
    image = as_map(n, x)
    if grid.rank != x.rank:
        message = f"a grid of {shape_text(grid.dims)} for a map of {shape_text(x.dims)}"
        raise ShapeError(message, hint="batch, output sizes, and a position an axis")
    shape = (*x.dims[:2], *grid.dims[1:-1])
    shapes = [Shaped(shape, image.axes)]  # type: ignore[arg-type]  # see tensor.py
    word = n.word("mode", "linear")
    spatial = x.rank - 2
    if word == "nearest":
        n.op = NEAREST
    elif word in _NEIGHBOURS:
        n.op = BILINEAR if spatial == 2 and _NEIGHBOURS[word] == 2 else INTERPOLATED
    else:
        raise ShapeError(f"mode '{word}'", hint="nearest, linear or cubic")
    taps = _NEIGHBOURS.get(word, 1) ** spatial
    n.add(n.op, image, grid, attrs={"size": shape[2:], "taps": taps}, shapes=shapes)  # type: ignore[dict-item]  # likewise


def AffineGrid(n: Node) -> None:
    """ai.onnx AffineGrid, version 20: each position of the grid times a matrix."""
    n.op = MATMUL
    theta, size = n.input(0), n.input(1).integers()
    batch, spatial = size[0], size[2:]
    rank = len(spatial)
    points: Dim = 1
    for extent in spatial:
        points *= extent
    builder = n.walker.builder
    grid = builder.tensor(Shaped((1, points, rank + 1), "nlc"), dtype=theta.dtype)  # type: ignore[arg-type]  # see tensor.py
    matrix = n.view(theta, "nlc", (batch, rank + 1, rank))
    shapes = [Shaped((batch, points, rank), "nlc")]  # type: ignore[arg-type]  # likewise
    (y,) = n.layer("", MATMUL, grid, matrix, shapes=shapes)
    n.give(0, y._replace(shape=(batch, *spatial, rank), axes="n" + "l" * rank + "c"))  # type: ignore[arg-type]  # likewise


def DepthToSpace(n: Node) -> None:
    """ai.onnx DepthToSpace, versions 1 to 28."""
    n.op = move("DepthToSpace")
    x, r = n.input(0), n.integer("blocksize", 1)
    batch, channels, *sizes = as_map(n, x).shape
    cell = r ** len(sizes)
    if r < 1 or definitely_different(channels % cell, 0):
        raise ShapeError(f"blocks of {r} for {channels} channels", hint="a multiple of blocksize²")
    n.free((batch, channels // cell, *(s * r for s in sizes)), axes=as_map(n, x).axes)


def SpaceToDepth(n: Node) -> None:
    """ai.onnx SpaceToDepth, versions 1 to 28."""
    n.op = move("SpaceToDepth")
    x, r = n.input(0), n.integer("blocksize", 1)
    batch, channels, *sizes = as_map(n, x).shape
    if r < 1 or any(definitely_different(s % r, 0) for s in sizes):
        raise ShapeError(f"blocks of {r} in {shape_text(x.dims)}", hint="sizes are multiples of it")
    shape = (batch, channels * r ** len(sizes), *(s // r for s in sizes))
    n.free(shape, axes=as_map(n, x).axes)


def CenterCropPad(n: Node) -> None:
    """ai.onnx CenterCropPad, version 18: cut or filled up to sizes."""
    n.op = move("CenterCropPad")
    x, sizes = n.input(0), n.input(1).integers()
    axes = n.integers("axes") or tuple(range(x.rank))
    shape = list(x.dims)
    for axis, size in zip(axes, sizes, strict=True):
        shape[axis_of(axis, x.rank)] = size
    n.free(tuple(shape), data=(0,), axes=x.axes)


def NonMaxSuppression(n: Node) -> None:
    """ai.onnx NonMaxSuppression, versions 10 to 11: which boxes meet depends on their scores."""
    why = "how many boxes are compared depends on the data"
    unknown_work(n, why)
    n.give(0, (n.unknown_size(why), 3), "int64")


def ImageDecoder(n: Node) -> None:
    """ai.onnx ImageDecoder, version 20: the picture's size is in the file."""
    why = "the picture's size is in its data"
    unknown_work(n, why)
    channels = 1 if n.word("pixel_format", "RGB") == "Grayscale" else 3
    n.give(0, (n.unknown_size(why), n.unknown_size(why), channels), "uint8")
