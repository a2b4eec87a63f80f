"""Fully connected layers and embeddings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from flopcalc.errors import ShapeError
from flopcalc.op import Attrs, Inputs, Op, ParamSpec
from flopcalc.ops.require import int_attr, need_features
from flopcalc.ops.symbols import BIAS, B, L, M, N, V
from flopcalc.ops.tail import ACT, add_tail
from flopcalc.step import Arg, Step
from flopcalc.tensor import Shaped, Tensor, product, sequence

if TYPE_CHECKING:
    from flopcalc.formula import Env
    from flopcalc.step import Emit


def fc_attrs(out: int, *, bias: bool) -> Attrs:
    """The complete attributes of a fully connected layer."""
    return {"out": out, "bias": bias}


def _fc_shape(inputs: Inputs, attrs: Attrs) -> tuple[Shaped, ...]:
    (x,) = inputs
    if x.is_map:
        message = f"a fully connected layer on a map of {x.text()}"
        raise ShapeError(message, hint="flatten or pool first")
    need_features(x, "a fully connected layer")
    return (Shaped((x.batch, *x.spatial, int_attr(attrs, "out")), x.axes),)


def _fc_bind(inputs: Inputs, outputs: Inputs, attrs: Attrs) -> Env:
    (x,), (y,) = inputs, outputs
    return {
        "B": x.batch,
        "L": product(x.spatial),
        "M": x.channels,
        "N": y.channels,
        "bias": int(bool(attrs["bias"])),
    }


def _fc_params(inputs: Inputs, outputs: Inputs, attrs: Attrs) -> tuple[ParamSpec, ...]:
    (x,), (y,) = inputs, outputs
    weight = ParamSpec("weight", "weight", (y.channels, x.channels))
    bias = ParamSpec("bias", "bias", (y.channels,))
    return (weight, bias) if attrs["bias"] else (weight,)


FC = Op(
    "fc",
    title="fully connected layer",
    cite="ONNX operator Gemm; on a sequence, MatMul and Add at each position",
    role="compute",
    shape=_fc_shape,
    bind=_fc_bind,
    params=_fc_params,
    counts={
        "mac": B * L * M * N,
        "add": B * L * BIAS * N,
        "weight": M * N,
        "bias": BIAS * N,
    },
)


def _embed_shape(inputs: Inputs, attrs: Attrs) -> tuple[Shaped, ...]:
    (x,) = inputs
    if x.axes != "nl":
        message = f"an embedding looks up token ids, not {x.text()}"
        raise ShapeError(message, hint="the input of an embedding is {tokens: 128}")
    return (sequence(x.batch, x.size("l"), int_attr(attrs, "dim")),)


def _embed_bind(inputs: Inputs, outputs: Inputs, attrs: Attrs) -> Env:  # noqa: ARG001 - an Op.bind
    return {"V": int_attr(attrs, "vocab"), "N": outputs[0].channels}


def _embed_params(inputs: Inputs, outputs: Inputs, attrs: Attrs) -> tuple[ParamSpec, ...]:  # noqa: ARG001 - an Op.params
    return (ParamSpec("weight", "weight", (int_attr(attrs, "vocab"), outputs[0].channels)),)


EMBED = Op(
    "embed",
    title="embedding: a table row for each token id",
    cite="ONNX operator Gather on a stored table: rows are looked up, nothing is computed",
    shape=_embed_shape,
    bind=_embed_bind,
    params=_embed_params,
    counts={"weight": V * N},
)


def _fc(emit: Emit, x: Tensor, a: Mapping[str, Any]) -> Tensor:
    y = emit(FC, x, attrs=fc_attrs(a["out"], bias=a["bias"]), tied=a["tied"])
    return add_tail(emit, y, "none", a["act"])


def _embed(emit: Emit, x: Tensor, a: Mapping[str, Any]) -> Tensor:
    return emit(EMBED, x, attrs={"dim": a["dim"], "vocab": a["vocab"]}, tied=a["tied"])


FC_STEP = Step(
    "fc",
    Arg("out", "channels", help="output features"),
    Arg("bias", "bool", default=True, help="whether a bias is added"),
    ACT,
    Arg("tied", "name", None, "the step whose weight it shares"),
    expand=_fc,
    help="a fully connected layer on a vector, or on each token",
)
EMBED_STEP = Step(
    "embed",
    Arg("dim", "channels", help="features of each token"),
    Arg("vocab", "int", help="rows of the table"),
    Arg("tied", "name", None, "the step whose table it shares"),
    expand=_embed,
    help="token ids to features",
)
