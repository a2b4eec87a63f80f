"""Sequences of tokens: from maps and back, class tokens, positions, picking one."""

from __future__ import annotations

from collections.abc import Mapping
from math import isqrt
from typing import TYPE_CHECKING, Any

from flopcalc.errors import ShapeError
from flopcalc.op import Attrs, Inputs, Op, ParamSpec, bind_elements
from flopcalc.ops.require import int_attr, need_map, need_positions, need_sequence, sizes_attr
from flopcalc.ops.reshape import free_op
from flopcalc.ops.symbols import C, E, M, P
from flopcalc.ops.window import times
from flopcalc.step import Arg, Step, plain_step
from flopcalc.tensor import Shaped, Tensor, feature_map, product, sequence, vector

if TYPE_CHECKING:
    from flopcalc.formula import Env
    from flopcalc.step import Emit


_BEFORE_CLASSES = "a class token has no place in a map: add it after"


def _tokens(inputs: Inputs, attrs: Attrs) -> tuple[Shaped, ...]:  # noqa: ARG001 - an Op.shape
    (x,) = inputs
    need_map(x, "tokens")
    return (sequence(x.batch, product(x.spatial), x.channels),)


def _untokens(inputs: Inputs, attrs: Attrs) -> tuple[Shaped, ...]:
    (x,) = inputs
    need_sequence(x, "untokens")
    size = sizes_attr(attrs, "size")
    if product(size) != x.size("l"):
        message = f"{x.size('l')} tokens are not a map of {times(size)}"
        hint = "{untokens: [len]} makes a 1-D map of them"
        if 0 < x.size("l") - product(size) < 3:
            hint = _BEFORE_CLASSES
        raise ShapeError(message, hint=hint)
    return (feature_map(x.batch, x.channels, size),)


def _transpose(inputs: Inputs, attrs: Attrs) -> tuple[Shaped, ...]:  # noqa: ARG001 - an Op.shape
    (x,) = inputs
    need_sequence(x, "transpose")
    return (sequence(x.batch, x.channels, x.size("l")),)


def _take(inputs: Inputs, attrs: Attrs) -> tuple[Shaped, ...]:
    (x,) = inputs
    need_sequence(x, "take")
    index, length = int_attr(attrs, "index"), x.size("l")
    if not -length <= index < length:
        message = f"no token {index} among {length}"
        raise ShapeError(message, hint="tokens count from 0; -1 is the last")
    return (vector(x.batch, x.channels),)


def _class_token_shape(inputs: Inputs, attrs: Attrs) -> tuple[Shaped, ...]:
    (x,) = inputs
    need_sequence(x, "a class token")
    return (sequence(x.batch, x.size("l") + int_attr(attrs, "count"), x.channels),)


def _class_token_bind(inputs: Inputs, outputs: Inputs, attrs: Attrs) -> Env:  # noqa: ARG001 - an Op.bind
    return {"C": int_attr(attrs, "count"), "M": inputs[0].channels}


def _class_token_params(inputs: Inputs, outputs: Inputs, attrs: Attrs) -> tuple[ParamSpec, ...]:  # noqa: ARG001 - an Op.params
    shape = (int_attr(attrs, "count"), inputs[0].channels)
    return (ParamSpec("weight", "weight", shape),)


def _position_shape(inputs: Inputs, attrs: Attrs) -> tuple[Shaped, ...]:  # noqa: ARG001 - an Op.shape
    (x,) = inputs
    need_positions(x, "a position embedding")
    return (Shaped(x.shape, x.axes),)


def _position_bind(inputs: Inputs, outputs: Inputs, attrs: Attrs) -> Env:
    positions, channels = int_attr(attrs, "positions"), inputs[0].channels
    return {**bind_elements(inputs, outputs, attrs), "P": positions, "M": channels}


def _position_params(inputs: Inputs, outputs: Inputs, attrs: Attrs) -> tuple[ParamSpec, ...]:  # noqa: ARG001 - an Op.params
    shape = (int_attr(attrs, "positions"), inputs[0].channels)
    return (ParamSpec("weight", "weight", shape),)


TOKENS = free_op(
    "tokens",
    _tokens,
    title="a map as a sequence of its pixels",
    cite="Dosovitskiy et al. 2020, arXiv:2010.11929, section 3.1; ONNX Reshape and Transpose",
)
UNTOKENS = free_op(
    "untokens",
    _untokens,
    title="a sequence as a map",
    cite="ONNX operators Transpose and Reshape",
)
TRANSPOSE = free_op(
    "transpose",
    _transpose,
    title="tokens and features in each other's place",
    cite="Tolstikhin et al. 2021, arXiv:2105.01601 (MLP-Mixer), figure 1; ONNX operator Transpose",
)
TAKE = free_op("take", _take, title="one token", cite="ONNX operator Gather with one index")
CLASS_TOKEN = Op(
    "cls_token",
    title="class tokens put before the others",
    cite="Dosovitskiy et al. 2020, arXiv:2010.11929, eq. 1; ONNX operator Concat",
    shape=_class_token_shape,
    bind=_class_token_bind,
    params=_class_token_params,
    counts={"weight": C * M},
)
POSITION = Op(
    "pos_embed",
    title="position embedding: a stored vector added to each position",
    cite="Dosovitskiy et al. 2020, arXiv:2010.11929, eq. 1; ONNX operator Add",
    shape=_position_shape,
    bind=_position_bind,
    params=_position_params,
    counts={"add": E, "weight": P * M},
)


def square(x: Tensor) -> tuple[int, int]:
    """The sides of the square map that the tokens of `x` make; `ShapeError` where there is none."""
    need_sequence(x, "untokens")
    side = isqrt(x.size("l"))
    if side * side != x.size("l"):
        message = f"{x.size('l')} tokens are not a square map"
        hint = "give the sizes: {untokens: [14, 28]}, or {untokens: [len]} for a 1-D map"
        if isqrt(x.size("l") - 1) ** 2 == x.size("l") - 1:
            hint = _BEFORE_CLASSES
        raise ShapeError(message, hint=hint)
    return side, side


def _untokens_step(emit: Emit, x: Tensor, a: Mapping[str, Any]) -> Tensor:
    size = a["size"]
    if size is None:
        size = square(x)
    elif isinstance(size, int):
        size = (size, size)
    return emit(UNTOKENS, x, attrs={"size": size})


def _position_step(emit: Emit, x: Tensor, a: Mapping[str, Any]) -> Tensor:
    positions = product(x.spatial) if a["positions"] is None else a["positions"]
    return emit(POSITION, x, attrs={"positions": positions})


TOKENS_STEP = Step(
    "tokens", expand=lambda emit, x, _: emit(TOKENS, x), help="a map as a sequence of tokens"
)
UNTOKENS_STEP = Step(
    "untokens",
    Arg("size", "sizes", None, "size of the map; square where it is not given"),
    expand=_untokens_step,
    help="a sequence of tokens as a map",
)
TRANSPOSE_STEP = plain_step(
    "transpose", TRANSPOSE, "tokens and features change places, to mix tokens by `fc` (MLP-Mixer)"
)
CLASS_TOKEN_STEP = Step(
    "cls_token",
    Arg("count", "int", 1, "how many"),
    expand=lambda emit, x, a: emit(CLASS_TOKEN, x, attrs={"count": a["count"]}),
    help="learned tokens put before the others",
)
POSITION_STEP = Step(
    "pos_embed",
    Arg("positions", "int", None, "rows of the table; those there are where it is not given"),
    expand=_position_step,
    help="a learned vector added to each position",
)
TAKE_STEP = Step(
    "take",
    Arg("index", "int", help="which token, from 0; -1 is the last", least=-(10**6)),
    expand=lambda emit, x, a: emit(TAKE, x, attrs={"index": a["index"]}),
    help="one token of a sequence, as a vector",
)
