"""How a kernel slides over a map: sizes, strides, dilations and padding, an entry an axis."""

from __future__ import annotations

from typing import TypeAlias

from flopcalc.errors import ShapeError
from flopcalc.ops.require import EMBED_FIRST, TO_MAP
from flopcalc.record import Record
from flopcalc.tensor import Tensor

Sizes: TypeAlias = "int | tuple[int, ...]"
Padding: TypeAlias = "str | int | tuple[int | tuple[int, int], ...]"


class Window(Record):
    """How a kernel moves over a map, one entry an axis; `pads` are (before, after)."""

    kernel: tuple[int, ...]
    stride: tuple[int, ...]
    dilation: tuple[int, ...]
    pads: tuple[tuple[int, int], ...]


def window(
    x: Tensor,
    kernel: Sizes,
    stride: Sizes = 1,
    dilation: Sizes = 1,
    padding: Padding = "same",
) -> Window:
    """Resolve sizes and padding for the map `x`.

    `same` pads to ⌈in/s⌉ (TensorFlow), `half` by d(k-1)/2 on both sides (PyTorch's habit),
    `valid` not at all, `causal` by d(k-1) in front; an integer, one a side or axis, is explicit.
    Raises `ShapeError` where `x` is no map or a list does not match its axes.
    """
    rank = map_rank(x)
    k = per_axis("kernel", kernel, rank)
    s = per_axis("stride", stride, rank)
    d = per_axis("dilation", dilation, rank)
    return Window(k, s, d, _pads(padding, x.spatial, k, s, d))


def map_rank(x: Tensor) -> int:
    """How many spatial axes `x` has; raises `ShapeError` where it is not a map."""
    if x.is_map:
        return len(x.spatial)
    slides = "a kernel slides over a map"
    if "c" not in x.axes:
        raise ShapeError(f"{slides}, not over token ids", hint=EMBED_FIRST)
    if x.axes == "nlc":
        raise ShapeError(f"{slides}, not over a sequence of {x.size('l')} tokens", hint=TO_MAP)
    message = f"{slides}, not over a vector of {x.text()}"
    raise ShapeError(message, hint="put it before the pooling or flattening")


def per_axis(what: str, sizes: Sizes, rank: int) -> tuple[int, ...]:
    """One size an axis: an integer serves all of them."""
    if isinstance(sizes, int):
        return (sizes,) * rank
    if len(sizes) != rank:
        message = f"{len(sizes)} {what} sizes for {rank} spatial axes"
        raise ShapeError(message, hint="one size an axis, or a single one for all")
    return sizes


def _pads(
    padding: Padding,
    sizes: tuple[int, ...],
    kernel: tuple[int, ...],
    stride: tuple[int, ...],
    dilation: tuple[int, ...],
) -> tuple[tuple[int, int], ...]:
    spans = [d * (k - 1) for k, d in zip(kernel, dilation, strict=True)]
    if padding == "valid":
        return ((0, 0),) * len(sizes)
    if padding == "half":
        return tuple((span // 2, span // 2) for span in spans)
    if padding == "causal":
        if len(sizes) != 1:
            raise ShapeError("causal padding is for 1-D maps", hint="use 'same' or 'half'")
        return tuple((span, 0) for span in spans)
    if padding == "same":
        needed = [
            max((-(-n // s) - 1) * s + span + 1 - n, 0)
            for n, s, span in zip(sizes, stride, spans, strict=True)
        ]
        return tuple((total // 2, total - total // 2) for total in needed)
    assert not isinstance(padding, str), padding
    if isinstance(padding, int):
        return ((padding, padding),) * len(sizes)
    if len(padding) != len(sizes):
        message = f"{len(padding)} paddings for {len(sizes)} spatial axes"
        raise ShapeError(message, hint="one padding an axis, or a single one for all")
    return tuple(p if isinstance(p, tuple) else (p, p) for p in padding)


def slide(sizes: tuple[int, ...], w: Window, *, ceil: bool = False) -> tuple[int, ...]:
    """The output sizes of a window that slides over `sizes`; `ceil` as pools in PyTorch.

    Raises `ShapeError` where the map vanishes; a named size is taken not to.
    """
    out = []
    for n, k, s, d, (before, after) in zip(sizes, *w, strict=True):
        room = n + before + after - d * (k - 1) - 1
        if not isinstance(room, int):
            out.append(_named_steps(room, s, n + before, ceil=ceil) + 1)
            continue
        steps = -(-room // s) if ceil else room // s
        if ceil and steps * s >= n + before:
            steps -= 1  # PyTorch: the last window must start inside the input or left padding
        if room < 0 or steps < 0:
            message = f"the map vanishes: a kernel of {times(w.kernel)} on {times(sizes)}"
            raise ShapeError(message, hint="a larger input resolution, or padding")
        out.append(steps + 1)
    return tuple(out)


def _named_steps(room: int, s: int, reach: int, *, ceil: bool) -> int:
    """The steps of a window over a size that is a `dim.Expr`; both rules of `slide` at once."""
    if not ceil:
        return room // s
    from flopcalc.dim import min_  # here, since only exported graphs have named sizes

    # the last window starts inside `reach`: at most at step ⌈reach/s⌉ - 1
    return min_((room + s - 1) // s, (reach + s - 1) // s - 1)  # type: ignore[return-value]  # see tensor.py


def times(sizes: tuple[int, ...]) -> str:
    """`3×3`."""
    return "×".join(map(str, sizes))
