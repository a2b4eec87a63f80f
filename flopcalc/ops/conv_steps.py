"""The steps of the spec language that stand for convolutions: conv, pw, dw, sep, deconv."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from flopcalc.errors import ShapeError
from flopcalc.ops.conv import conv_attrs, conv_op, transposed_op
from flopcalc.ops.tail import TAIL, add_tail
from flopcalc.ops.window import Window, map_rank, per_axis, window
from flopcalc.step import Arg, Step
from flopcalc.tensor import Tensor

if TYPE_CHECKING:
    from flopcalc.step import Emit

Args = Mapping[str, Any]

OUT = Arg("out", "channels", help="output channels")
KERNEL = Arg("k", "sizes", help="kernel size")
STRIDE = Arg("s", "sizes", 1, help="stride")
DILATION = Arg("d", "sizes", 1, help="dilation")
GROUPS = Arg("g", "int", 1, help="groups")
LARGEST_DEPTHWISE_KERNEL = 31


def _conv(emit: Emit, x: Tensor, a: Args, *, out: int, k: Any, g: int, part: str = "") -> Tensor:  # noqa: ANN401 - sizes
    w = window(x, k, a.get("s", 1), a.get("d", 1), a["padding"])
    return _emit_conv(emit, x, a, w, out=out, g=g, part=part)


def _emit_conv(emit: Emit, x: Tensor, a: Args, w: Window, *, out: int, g: int, part: str) -> Tensor:
    bias = a["norm"] == "none" if a["bias"] is None else a["bias"]
    y = emit(
        conv_op(x.channels, out, g, w.kernel),
        x,
        part=part,
        attrs=conv_attrs(w, out, g, bias=bias),
    )
    return add_tail(emit, y, a["norm"], a["act"], part)


def _depthwise(emit: Emit, x: Tensor, a: Args, *, mult: int, part: str = "") -> Tensor:
    k = a["k"]
    if max(k if isinstance(k, tuple) else (k,)) > LARGEST_DEPTHWISE_KERNEL:
        hint = "a depthwise layer keeps the channels: its value is the kernel size, {dw: 3}"
        raise ShapeError(f"a depthwise kernel of {k}: did you mean channels?", hint=hint)
    return _conv(emit, x, a, out=x.channels * mult, k=k, g=x.channels, part=part)


def _separable(emit: Emit, x: Tensor, a: Args) -> Tensor:
    y = _depthwise(emit, x, a, mult=1, part="dw")
    return _emit_conv(emit, y, a, window(y, 1), out=a["out"], g=1, part="pw")


def _transposed(emit: Emit, x: Tensor, a: Args) -> Tensor:
    rank = map_rank(x)
    k, s = per_axis("kernel", a["k"], rank), per_axis("stride", a["s"], rank)
    d = per_axis("dilation", a["d"], rank)
    extra = per_axis("out_pad", a["out_pad"], rank)
    if a["padding"] == "same":  # in·s, as TensorFlow: cut what the kernel overlaps, or fill up
        spare = [e * (n - 1) + 1 - m for n, m, e in zip(k, s, d, strict=True)]
        pads = tuple((max(p, 0) // 2, max(p, 0) - max(p, 0) // 2) for p in spare)
        extra = tuple(e + max(-p, 0) for p, e in zip(spare, extra, strict=True))
        w = Window(k, s, d, pads)
    else:
        w = window(x, k, s, d, a["padding"])
    bias = a["norm"] == "none" if a["bias"] is None else a["bias"]
    attrs = {**conv_attrs(w, a["out"], a["g"], bias=bias), "out_pad": extra}
    y = emit(transposed_op(a["g"]), x, attrs=attrs)
    return add_tail(emit, y, a["norm"], a["act"])


CONV = Step(
    "conv",
    *(OUT, KERNEL, STRIDE, DILATION, GROUPS, *TAIL),
    expand=lambda emit, x, a: _conv(emit, x, a, out=a["out"], k=a["k"], g=a["g"]),
    help="a convolution over 1 to 3 spatial axes",
    tail=True,
)
POINTWISE = Step(
    "pw",
    *(OUT, STRIDE, GROUPS, *TAIL),
    expand=lambda emit, x, a: _conv(emit, x, a, out=a["out"], k=1, g=a["g"]),
    help="a 1×1 convolution",
    tail=True,
)
DEPTHWISE = Step(
    "dw",
    Arg("k", "sizes", 3, help="kernel size"),
    STRIDE,
    DILATION,
    Arg("mult", "int", 1, help="outputs of each input channel"),
    *TAIL,
    expand=lambda emit, x, a: _depthwise(emit, x, a, mult=a["mult"]),
    help="a depthwise convolution: one filter a channel",
    tail=True,
)
SEPARABLE = Step(
    "sep",
    OUT,
    Arg("k", "sizes", 3, help="kernel size of the depthwise part"),
    *(STRIDE, DILATION, *TAIL),
    expand=_separable,
    help="a depthwise separable convolution: depthwise, then pointwise",
    tail=True,
)
TRANSPOSED = Step(
    "deconv",
    *(OUT, KERNEL, STRIDE, DILATION),
    Arg("out_pad", "sizes", 0, help="rows and columns added at the end", least=0),
    *(GROUPS, *TAIL),
    expand=_transposed,
    help="a transposed convolution",
    tail=True,
)
