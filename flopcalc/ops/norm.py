"""Normalisations, as inference computes them.

Besides the root, what is done once for a whole group (dividing its sums, adding ε) is left out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from flopcalc.formula import Sym
from flopcalc.op import Attrs, Inputs, Op, ParamSpec, bind_elements, same_shape
from flopcalc.ops.require import int_attr, need_divisor, need_features, need_map
from flopcalc.ops.symbols import B, E, G, M, R
from flopcalc.step import Arg, Step, plain_step

if TYPE_CHECKING:
    from flopcalc.formula import Env
    from flopcalc.tensor import Shaped


def _shape(inputs: Inputs, attrs: Attrs) -> tuple[Shaped, ...]:
    need_features(inputs[0], "a normalisation")
    return same_shape(inputs, attrs)


def _group_shape(inputs: Inputs, attrs: Attrs) -> tuple[Shaped, ...]:
    groups = int_attr(attrs, "groups")
    need_divisor(inputs[0].channels, groups, f"{groups} groups")
    return _shape(inputs, attrs)


def _instance_shape(inputs: Inputs, attrs: Attrs) -> tuple[Shaped, ...]:
    need_map(inputs[0], "instance norm")
    return same_shape(inputs, attrs)


def _bind(inputs: Inputs, outputs: Inputs, attrs: Attrs) -> Env:
    (x,) = inputs
    return {**bind_elements(inputs, outputs, attrs), "B": x.batch, "M": x.channels}


def _group_bind(inputs: Inputs, outputs: Inputs, attrs: Attrs) -> Env:
    return {**_bind(inputs, outputs, attrs), "G": int_attr(attrs, "groups")}


def _lrn_bind(inputs: Inputs, outputs: Inputs, attrs: Attrs) -> Env:
    return {**bind_elements(inputs, outputs, attrs), "R": int_attr(attrs, "size")}


def _scale(inputs: Inputs, outputs: Inputs, attrs: Attrs) -> tuple[ParamSpec, ...]:  # noqa: ARG001 - an Op.params
    return (ParamSpec("weight", "norm", (inputs[0].channels,)),)


def _scale_shift(inputs: Inputs, outputs: Inputs, attrs: Attrs) -> tuple[ParamSpec, ...]:
    shift = ParamSpec("bias", "norm", (inputs[0].channels,))
    return (*_scale(inputs, outputs, attrs), shift)


def _batch_params(inputs: Inputs, outputs: Inputs, attrs: Attrs) -> tuple[ParamSpec, ...]:
    mean = ParamSpec("running_mean", "buffer", (inputs[0].channels,))
    variance = ParamSpec("running_var", "buffer", (inputs[0].channels,))
    return (*_scale_shift(inputs, outputs, attrs), mean, variance)


def _layer_scale_params(inputs: Inputs, outputs: Inputs, attrs: Attrs) -> tuple[ParamSpec, ...]:  # noqa: ARG001 - an Op.params
    return (ParamSpec("weight", "weight", (inputs[0].channels,)),)


_GROUP = Sym("S", "elements that share a mean or a length")


def _groups_bind(inputs: Inputs, outputs: Inputs, attrs: Attrs) -> Env:
    return {**bind_elements(inputs, outputs, attrs), "S": attrs["group"]}  # type: ignore[dict-item]  # a size


BATCH_NORM = Op(
    "bn",
    title="batch norm (inference: one scale and one shift)",
    cite="Ioffe & Szegedy 2015, arXiv:1502.03167, algorithm 2; ONNX operator BatchNormalization",
    role="norm",
    shape=_shape,
    bind=_bind,
    params=_batch_params,
    counts={"mul": E, "add": E, "norm": 2 * M, "buffer": 2 * M},
)
LAYER_NORM = Op(
    "ln",
    title="layer norm over the channels of each position",
    cite="Ba et al. 2016, arXiv:1607.06450; ONNX operator LayerNormalization",
    role="norm",
    shape=_shape,
    bind=_bind,
    params=_scale_shift,
    counts={"mul": 3 * E, "add": 4 * E, "exp": E / M, "norm": 2 * M},
)
RMS_NORM = Op(
    "rms",
    title="RMS norm over the channels of each position",
    cite="Zhang & Sennrich 2019, arXiv:1910.07467; ONNX operator RMSNormalization",
    role="norm",
    shape=_shape,
    bind=_bind,
    params=_scale,
    counts={"mul": 3 * E, "add": E, "exp": E / M, "norm": M},
)
GROUP_NORM = Op(
    "gn",
    title="group norm",
    cite="Wu & He 2018, arXiv:1803.08494; ONNX operator GroupNormalization",
    role="norm",
    shape=_group_shape,
    bind=_group_bind,
    params=_scale_shift,
    counts={"mul": 3 * E, "add": 4 * E, "exp": B * G, "norm": 2 * M},
)
INSTANCE_NORM = Op(
    "in_norm",
    title="instance norm with scale and shift",
    cite="Ulyanov et al. 2016, arXiv:1607.08022; ONNX operator InstanceNormalization",
    role="norm",
    shape=_instance_shape,
    bind=_bind,
    params=_scale_shift,
    counts={"mul": 3 * E, "add": 4 * E, "exp": B * M, "norm": 2 * M},
)
LOCAL_RESPONSE_NORM = Op(
    "lrn",
    title="local response norm over neighbouring channels",
    cite="Krizhevsky et al. 2012, section 3.3; ONNX operator LRN",
    role="norm",
    shape=_shape,
    bind=_lrn_bind,
    # a square and the factor α; the sum over R channels and the offset k; the power; the quotient
    counts={"mul": 2 * E, "add": R * E, "exp": E, "div": E},
    note="channels at the rim have fewer neighbours; they are counted like the others",
)
L2_NORM = Op(
    "l2norm",
    title="L2 norm over the channels of each position, scaled",
    cite="Liu et al. 2015, arXiv:1506.04579 (ParseNet); ONNX operator LpNormalization",
    role="norm",
    shape=_shape,
    bind=_bind,
    params=_scale,
    counts={"mul": 3 * E, "add": E, "exp": E / M, "norm": M},
)
BATCH_NORM_TRAINING = Op(
    "bn",
    kind="bn in training",
    title="batch norm with the mean and variance of the batch itself",
    cite="Ioffe & Szegedy 2015, arXiv:1502.03167, algorithm 1; ONNX operator BatchNormalization",
    role="norm",
    shape=_shape,
    bind=_bind,
    params=_batch_params,
    counts={"mul": 3 * E, "add": 4 * E, "norm": 2 * M, "buffer": 2 * M},
    note="the root of each channel, one whatever the batch, is left out",
)
MEAN_VARIANCE_NORM = Op(
    "mvn",
    title="mean and variance normalisation, without scale and shift",
    cite="ONNX operator MeanVarianceNormalization",
    role="norm",
    shape=_shape,
    bind=_groups_bind,
    counts={"mul": 2 * E, "add": 3 * E, "exp": E / _GROUP},
)
L1_UNSCALED = Op(
    "lp_norm",
    kind="l1 norm",
    title="each group divided by the sum of its magnitudes",
    cite="ONNX operator LpNormalization, p 1",
    role="norm",
    shape=_shape,
    bind=bind_elements,
    counts={"cmp": E, "add": E, "div": E},
)
L2_UNSCALED = Op(
    "lp_norm",
    kind="l2 norm",
    title="each group divided by its length",
    cite="ONNX operator LpNormalization, p 2",
    role="norm",
    shape=_shape,
    bind=_groups_bind,
    counts={"mul": E, "add": E, "div": E, "exp": E / _GROUP},
)
LAYER_SCALE = Op(
    "layer_scale",
    title="layer scale: a factor for each channel",
    cite="Touvron et al. 2021, arXiv:2103.17239 (CaiT), LayerScale",
    shape=_shape,
    bind=_bind,
    params=_layer_scale_params,
    counts={"mul": E, "weight": M},
)

NORMS: dict[str, tuple[Op, Attrs]] = {
    "bn": (BATCH_NORM, {}),
    "ln": (LAYER_NORM, {}),
    "rms": (RMS_NORM, {}),
    "gn": (GROUP_NORM, {"groups": 32}),
    "in_norm": (INSTANCE_NORM, {}),
    "lrn": (LOCAL_RESPONSE_NORM, {"size": 5}),
}
"""The words of `norm:`, each with its op and the attributes it then has."""

BATCH_NORM_STEP = plain_step("bn", BATCH_NORM, "batch norm")
LAYER_NORM_STEP = plain_step("ln", LAYER_NORM, "layer norm over the channels")
RMS_NORM_STEP = plain_step("rms", RMS_NORM, "RMS norm over the channels")
GROUP_NORM_STEP = Step(
    "gn",
    Arg("g", "int", 32, "groups"),
    expand=lambda emit, x, a: emit(GROUP_NORM, x, attrs={"groups": a["g"]}),
    help="group norm",
)
INSTANCE_NORM_STEP = plain_step("in_norm", INSTANCE_NORM, "instance norm")
LOCAL_RESPONSE_NORM_STEP = Step(
    "lrn",
    Arg("size", "int", 5, "neighbouring channels"),
    expand=lambda emit, x, a: emit(LOCAL_RESPONSE_NORM, x, attrs={"size": a["size"]}),
    help="local response norm (AlexNet)",
)
L2_NORM_STEP = plain_step("l2norm", L2_NORM, "L2 norm over the channels, with a scale (SSD)")
LAYER_SCALE_STEP = plain_step("layer_scale", LAYER_SCALE, "a learned factor for each channel")
