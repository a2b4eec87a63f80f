"""The steps that combine others: seq, residual, add, sub, mul and concat.

Their branches arrive as functions from tensor to tensor, their operands as tensors.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from flopcalc.errors import ShapeError
from flopcalc.ops.elementwise import ADD, MUL, SUB
from flopcalc.ops.reshape import CONCAT
from flopcalc.step import Arg, Step
from flopcalc.tensor import Tensor

if TYPE_CHECKING:
    from flopcalc.step import Emit

OPERANDS = Arg("operands", "operands", help="a name, or a list of names and branches")


def _residual(emit: Emit, x: Tensor, a: Mapping[str, Any]) -> Tensor:
    body = a["steps"](x)
    shortcut = a["shortcut"](x) if a["shortcut"] else x
    try:
        return emit(ADD, body, shortcut, part="add")
    except ShapeError:
        what = "shortcut gives" if a["shortcut"] else "input is"
        message = f"the body gives {body.text()}, the {what} {shortcut.text()}"
        raise ShapeError(message, hint=_to_match(body, x, own=bool(a["shortcut"]))) from None


def _to_match(body: Tensor, x: Tensor, *, own: bool) -> str:
    """How a shortcut from `x` could get the shape of the body."""
    if own:
        return "channels and strides of both must agree"
    if body.axes != x.axes:
        return "end the body with a shape like that of its input"
    strides = {-(-n // m) for n, m in zip(x.spatial, body.spatial, strict=True)}
    (stride,) = strides if len(strides) == 1 else (0,)
    if any(-(-n // max(stride, 1)) != m for n, m in zip(x.spatial, body.spatial, strict=True)):
        return "does a padding or a stride in the body change the size of the map?"
    if not x.is_map:
        return f"shortcut: [{{fc: {body.channels}}}]"
    step = f"{{pw: {body.channels}, s: {stride}, act: none}}"
    return f"shortcut: [{step.replace(', s: 1', '')}]"


SEQ = Step(
    "seq",
    Arg("steps", "steps", help="the steps, in order"),
    expand=lambda _, x, a: a["steps"](x),
    help="a group of steps, to repeat or to name",
)
RESIDUAL = Step(
    "residual",
    Arg("steps", "steps", help="the body"),
    Arg("shortcut", "steps", None, help="the other branch; the input itself if absent"),
    expand=_residual,
    help="the sum of a body and a shortcut",
)
ADD_STEP = Step(
    "add",
    OPERANDS,
    expand=lambda emit, _, a: emit(ADD, *a["operands"]),
    help="the elementwise sum",
)
SUB_STEP = Step(
    "sub",
    OPERANDS,
    expand=lambda emit, _, a: emit(SUB, *a["operands"]),
    help="the elementwise difference: the first less the others",
)
MUL_STEP = Step(
    "mul",
    OPERANDS,
    expand=lambda emit, _, a: emit(MUL, *a["operands"]),
    help="the elementwise product",
)
CONCAT_STEP = Step(
    "concat",
    OPERANDS,
    Arg("axis", "word", "ch", "the axis that grows", ("ch", "seq")),
    expand=lambda emit, _, a: emit(CONCAT, *a["operands"], attrs={"axis": a["axis"]}),
    help="the operands one after the other, along channels or tokens",
)
