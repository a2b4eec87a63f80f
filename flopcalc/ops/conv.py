"""Convolutions: standard, depthwise, pointwise and grouped, and their transposed forms.

One shape rule and one binding serve all kinds; which formula applies follows from the numbers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from flopcalc.errors import ShapeError
from flopcalc.formula import Sym, area
from flopcalc.op import Attrs, Inputs, Op, ParamSpec
from flopcalc.ops.symbols import BIAS, D_F, D_I, D_K, MULT, B, G, M, N
from flopcalc.ops.window import Window, slide, times
from flopcalc.tensor import Shaped, feature_map

if TYPE_CHECKING:
    from flopcalc.formula import Env


def conv_attrs(w: Window, out: int, groups: int, *, bias: bool) -> Attrs:
    """The complete attributes of a convolution with window `w`."""
    kernel, stride, dilation, pads = w
    return {
        "kernel": kernel,
        "stride": stride,
        "dilation": dilation,
        "pads": pads,
        "out": out,
        "groups": groups,
        "bias": bias,
    }


def _window(attrs: Attrs) -> Window:
    a = attrs
    return Window(a["kernel"], a["stride"], a["dilation"], a["pads"])  # type: ignore[arg-type]  # conv_attrs made it


def _int(attrs: Attrs, name: str) -> int:
    value = attrs[name]
    assert isinstance(value, int), name
    return value


def _check_groups(channels: int, out: int, groups: int) -> None:
    for count, what in ((channels, "input"), (out, "output")):
        if count % groups:
            message = f"{groups} groups do not divide {count} {what} channels"
            raise ShapeError(message, hint="both channel counts must be multiples of the groups")


def conv_shape(inputs: Inputs, attrs: Attrs) -> tuple[Shaped, ...]:
    """Batch, `out` channels, and the map that the window leaves."""
    (x,) = inputs
    out = _int(attrs, "out")
    _check_groups(x.channels, out, _int(attrs, "groups"))
    return (feature_map(x.batch, out, slide(x.spatial, _window(attrs))),)


def transposed_shape(inputs: Inputs, attrs: Attrs) -> tuple[Shaped, ...]:
    """(in - 1)·s - pads + d·(k - 1) + 1 + out_pad, as ONNX ConvTranspose."""
    (x,) = inputs
    out = _int(attrs, "out")
    _check_groups(x.channels, out, _int(attrs, "groups"))
    extra = attrs["out_pad"]
    assert isinstance(extra, tuple)
    sizes = tuple(
        (n - 1) * s - before - after + d * (k - 1) + 1 + more
        for n, k, s, d, (before, after), more in zip(x.spatial, *_window(attrs), extra, strict=True)
    )
    if min(sizes) < 1:
        raise ShapeError(f"the map vanishes: {times(sizes)}", hint="less padding")
    return (feature_map(x.batch, out, sizes),)


def _bind(inputs: Inputs, outputs: Inputs, attrs: Attrs) -> Env:
    (x,), (y,) = inputs, outputs
    groups = _int(attrs, "groups")
    return {
        "B": x.batch,
        "D_K": attrs["kernel"],  # type: ignore[dict-item]  # conv_attrs made it
        "D_F": y.spatial,
        "D_I": x.spatial,
        "M": x.channels,
        "N": y.channels,
        "G": groups,
        "μ": y.channels // groups,
        "bias": int(bool(attrs["bias"])),
    }


def _params(inputs: Inputs, outputs: Inputs, attrs: Attrs) -> tuple[ParamSpec, ...]:
    (x,), (y,) = inputs, outputs
    per_group = x.channels // _int(attrs, "groups")
    weight = ParamSpec("weight", "weight", (y.channels, per_group, *attrs["kernel"]))  # type: ignore[misc]  # likewise
    bias = ParamSpec("bias", "bias", (y.channels,))
    return (weight, bias) if attrs["bias"] else (weight,)


CONV = Op(
    "conv",
    kind="standard",
    title="standard convolution",
    cite="Howard et al. 2017, arXiv:1704.04861, eq. 2",
    role="compute",
    shape=conv_shape,
    bind=_bind,
    params=_params,
    counts={
        "mac": B * area(D_K) * M * N * area(D_F),
        "add": B * BIAS * N * area(D_F),
        "weight": area(D_K) * M * N,
        "bias": BIAS * N,
    },
)
DEPTHWISE = Op(
    "conv",
    kind="depthwise",
    title="depthwise convolution",
    cite="Howard et al. 2017, arXiv:1704.04861, eq. 4",
    role="compute",
    shape=conv_shape,
    bind=_bind,
    params=_params,
    counts={
        "mac": B * area(D_K) * M * MULT * area(D_F),
        "add": B * BIAS * M * MULT * area(D_F),
        "weight": area(D_K) * M * MULT,
        "bias": BIAS * M * MULT,
    },
)
POINTWISE = Op(
    "conv",
    kind="pointwise",
    title="pointwise (1×1) convolution",
    cite="Howard et al. 2017, arXiv:1704.04861, eq. 5, second term",
    role="compute",
    shape=conv_shape,
    bind=_bind,
    params=_params,
    counts={
        "mac": B * M * N * area(D_F),
        "add": B * BIAS * N * area(D_F),
        "weight": M * N,
        "bias": BIAS * N,
    },
)
GROUPED = Op(
    "conv",
    kind="grouped",
    title="grouped convolution",
    cite="Krizhevsky et al. 2012, section 3.2; ONNX operator Conv, attribute group",
    role="compute",
    shape=conv_shape,
    bind=_bind,
    params=_params,
    counts={
        "mac": B * area(D_K) * (M / G) * N * area(D_F),
        "add": B * BIAS * N * area(D_F),
        "weight": area(D_K) * (M / G) * N,
        "bias": BIAS * N,
    },
)


def _transposed_params(inputs: Inputs, outputs: Inputs, attrs: Attrs) -> tuple[ParamSpec, ...]:
    (x,), (y,) = inputs, outputs
    per_group = y.channels // _int(attrs, "groups")
    weight = ParamSpec("weight", "weight", (x.channels, per_group, *_window(attrs).kernel))
    bias = ParamSpec("bias", "bias", (y.channels,))
    return (weight, bias) if attrs["bias"] else (weight,)


TRANSPOSED = Op(
    "conv_transpose",
    kind="transposed",
    title="transposed convolution",
    cite="ONNX operator ConvTranspose; each input pixel meets each kernel weight once",
    role="compute",
    shape=transposed_shape,
    bind=_bind,
    params=_transposed_params,
    counts={
        "mac": B * area(D_K) * M * N * area(D_I),
        "add": B * BIAS * N * area(D_F),
        "weight": area(D_K) * M * N,
        "bias": BIAS * N,
    },
)
TRANSPOSED_GROUPED = Op(
    "conv_transpose",
    kind="grouped transposed",
    title="grouped transposed convolution",
    cite="ONNX operator ConvTranspose, attribute group",
    role="compute",
    shape=transposed_shape,
    bind=_bind,
    params=_transposed_params,
    counts={
        "mac": B * area(D_K) * M * (N / G) * area(D_I),
        "add": B * BIAS * N * area(D_F),
        "weight": area(D_K) * M * (N / G),
        "bias": BIAS * N,
    },
)

_MASK = Sym("mask", "1 if each sample has a factor of its own", flag=True)


def _deformable_bind(inputs: Inputs, outputs: Inputs, attrs: Attrs) -> Env:
    return {**_bind(inputs[:1], outputs, attrs), "mask": int(bool(attrs["mask"]))}


DEFORMABLE = Op(
    "deform_conv",
    kind="deformable",
    title="deformable convolution: each kernel weight meets a sample between four pixels",
    cite="Dai et al. 2017, arXiv:1703.06211; ONNX operator DeformConv",
    role="compute",
    shape=lambda inputs, attrs: conv_shape(inputs[:1], attrs),
    bind=_deformable_bind,
    params=lambda inputs, outputs, attrs: _params(inputs[:1], outputs, attrs),
    counts={
        "mac": B * area(D_K) * (M / G) * N * area(D_F),
        "mul": B * area(D_K) * (4 + _MASK) * M * area(D_F),
        "add": B * area(D_K) * 3 * M * area(D_F) + B * BIAS * N * area(D_F),
        "weight": area(D_K) * (M / G) * N,
        "bias": BIAS * N,
    },
    note="the weights of the four neighbours are not counted",
)

SAVING = 1 / N + 1 / area(D_K)
"""What a depthwise separable convolution costs of the standard one (Howard et al. 2017, 3.1)."""


def conv_op(channels: int, out: int, groups: int, kernel: tuple[int, ...]) -> Op:
    """The kind of a convolution, found from its numbers alone."""
    if groups == 1:
        return POINTWISE if set(kernel) == {1} else CONV
    return DEPTHWISE if groups == channels and out % channels == 0 else GROUPED


def transposed_op(groups: int) -> Op:
    """The kind of a transposed convolution."""
    return TRANSPOSED if groups == 1 else TRANSPOSED_GROUPED
