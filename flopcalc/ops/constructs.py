"""The steps that combine others: seq, residual, add, mul and concat.

Their branches arrive as functions from tensor to tensor, their operands as tensors.
"""

from __future__ import annotations

from flopcalc.ops.elementwise import ADD, MUL
from flopcalc.ops.reshape import CONCAT
from flopcalc.step import Arg, Step

OPERANDS = Arg("operands", "operands", help="a name, or a list of names and branches")

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
    expand=lambda emit, x, a: emit(
        ADD, a["steps"](x), a["shortcut"](x) if a["shortcut"] else x, part="add"
    ),
    help="the sum of a body and a shortcut",
)
ADD_STEP = Step(
    "add",
    OPERANDS,
    expand=lambda emit, _, a: emit(ADD, *a["operands"]),
    help="the elementwise sum",
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
