"""Pooling."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flopcalc.errors import ShapeError
from flopcalc.onnx_graph.operators.windows import as_map, fixed, window_of
from flopcalc.ops.exported import move
from flopcalc.ops.pool import (
    AVG_POOL,
    GLOBAL_AVG_POOL,
    GLOBAL_LP_POOL,
    GLOBAL_MAX_POOL,
    LP_POOL,
    MAX_POOL,
    pool_attrs,
)
from flopcalc.ops.signal import COL2IM, ROI_ALIGN, ROI_ALIGN_MAX
from flopcalc.tensor import Shaped, Tensor

if TYPE_CHECKING:
    from flopcalc.onnx_graph.node import Node
    from flopcalc.op import Attrs, Op


def MaxPool(n: Node) -> None:
    """ai.onnx MaxPool, versions 1 to 22."""
    pool(n, MAX_POOL)
    y = n.given[0].tensor
    if isinstance(y, Tensor):
        n.give(1, y._replace(dtype="int64"), made_by=MAX_POOL)


def AveragePool(n: Node) -> None:
    """ai.onnx AveragePool, versions 1 to 22."""
    pool(n, AVG_POOL)


def LpPool(n: Node) -> None:
    """ai.onnx LpPool, versions 1 to 22."""
    n.op = LP_POOL
    pool(n, LP_POOL, {"p": power(n)})


def power(n: Node) -> int:
    """The p of a norm: a float in version 1 of Lp pools; raises `ShapeError` for an odd one."""
    p = n.number("p")
    if p is None:
        return 2
    if not p.is_integer() or p < 1:
        raise ShapeError(f"a power of {p}", hint="p is 1, 2, …")
    return int(p)


def pool(n: Node, op: Op, more: Attrs | None = None, image: Tensor | None = None) -> None:
    """A layer of `op` over the window that the node's attributes say."""
    n.op = op
    x = n.input(0)
    kernel = n.integers("kernel_shape")
    if not kernel:
        raise ShapeError(
            "attribute 'kernel_shape' is missing", hint="see the operator's definition"
        )
    image = image or as_map(n, x)
    window = window_of(n, image.spatial, kernel)
    attrs = pool_attrs(window, ceil=n.integer("ceil_mode", 0) != 0)
    n.add(op, image, attrs={**attrs, **more} if more else attrs)


def GlobalAveragePool(n: Node) -> None:
    """ai.onnx GlobalAveragePool, versions 1 to 22."""
    whole(n, GLOBAL_AVG_POOL)


def GlobalMaxPool(n: Node) -> None:
    """ai.onnx GlobalMaxPool, versions 1 to 22."""
    whole(n, GLOBAL_MAX_POOL)


def GlobalLpPool(n: Node) -> None:
    """ai.onnx GlobalLpPool, versions 1 to 22."""
    n.op = GLOBAL_LP_POOL
    whole(n, GLOBAL_LP_POOL, {"p": power(n)})


def whole(n: Node, op: Op, more: Attrs | None = None) -> None:
    """A layer of `op` over all positions of the first input."""
    n.op = op
    n.add(op, as_map(n, n.input(0)), attrs={"keep": True, **(more or {})})


def MaxUnpool(n: Node) -> None:
    """ai.onnx MaxUnpool, versions 9 to 22: values go back to where they came from."""
    n.op = move("MaxUnpool")
    x, listed = n.input(0), n.optional(2)
    if listed is not None:
        n.free(listed.integers(), data=(0,), axes=as_map(n, x).axes)
        return
    kernel = n.integers("kernel_shape") or ()
    stride = n.integers("strides") or (1,) * len(kernel)
    pads = n.integers("pads") or (0,) * (2 * len(kernel))
    image = as_map(n, x)
    sizes = tuple(
        (size - 1) * s + k - before - after
        for size, k, s, before, after in zip(
            image.spatial, kernel, stride, pads[: len(kernel)], pads[len(kernel) :], strict=True
        )
    )
    n.free((*x.dims[:2], *sizes), data=(0, 1), axes=image.axes)


def MaxRoiPool(n: Node) -> None:
    """ai.onnx MaxRoiPool, versions 1 to 22: how much it compares depends on the regions."""
    n.op = MAX_POOL
    x, regions = n.view(n.input(0), "nchw"), n.view(n.input(1), "nc")
    size = n.integers("pooled_shape") or ()
    n.opaque("the sizes of the regions depend on the data", (regions.batch, x.channels, *size))


def RoiAlign(n: Node) -> None:
    """ai.onnx RoiAlign, versions 10 to 22; sampling_ratio 0 leaves the samples to the data."""
    n.op = ROI_ALIGN if n.word("mode", "avg") == "avg" else ROI_ALIGN_MAX
    x, regions = as_map(n, n.input(0)), n.input(1)
    if regions.rank != 2:
        raise ShapeError(f"regions of {regions.rank} axes", hint="a row of corners for each")
    height, width = n.integer("output_height", 1), n.integer("output_width", 1)
    shape = (regions.dims[0], x.channels, height, width)
    ratio = n.integer("sampling_ratio", 0)
    if ratio == 0:
        n.opaque("the sizes of the regions depend on the data", shape)
        return
    shapes = [Shaped(shape, "nchw")]  # type: ignore[arg-type]  # see tensor.py
    n.add(n.op, x, regions, attrs={"samples": ratio * ratio}, shapes=shapes)


def Col2Im(n: Node) -> None:
    """ai.onnx Col2Im, version 18: columns added up where their blocks overlap."""
    n.op = COL2IM
    x = n.input(0)
    columns = n.view(x, "ncl")
    size = n.input(1).integers()
    block = fixed(n.input(2).integers(), "the block's size")
    count = 1
    for k in block:
        count *= k
    shape = (x.dims[0], x.dims[1] // count, *size)
    axes = "nc" + "dhw"[3 - len(size) :] if len(size) in (2, 3) else "nc" + "l" * len(size)
    n.add(COL2IM, columns, shapes=[Shaped(shape, axes)])  # type: ignore[arg-type]  # see tensor.py
