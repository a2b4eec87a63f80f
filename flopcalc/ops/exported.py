"""Ops of exported graphs that no step of the spec language stands for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flopcalc.errors import ShapeError
from flopcalc.op import Attrs, Inputs, Op, bind_elements, bind_nothing, same_shape
from flopcalc.ops.pointwise import snake
from flopcalc.ops.reshape import free_op
from flopcalc.ops.symbols import B, E, L, M, N
from flopcalc.ops.window import times
from flopcalc.tensor import Shaped, product

if TYPE_CHECKING:
    from flopcalc.formula import Env


def matmul_sizes(a: tuple[int, ...], b: tuple[int, ...]) -> tuple[int, int, int]:
    """Rows, inner extent and columns of numpy's matmul: a vector has one row, or one column."""
    return a[-2] if len(a) > 1 else 1, a[-1], b[-1] if len(b) > 1 else 1


def _matmul_shape(inputs: Inputs, attrs: Attrs) -> tuple[Shaped, ...]:  # noqa: ARG001 - an Op.shape
    a, b = (x.shape for x in inputs)
    inner = b[-2] if len(b) > 1 else b[-1]
    if a[-1] != inner or a[:-2] != b[:-2]:
        message = f"a product of {times(a)} and {times(b)}"
        raise ShapeError(message, hint="columns of the first and rows of the second must agree")
    shape = (*a[:-1], *(b[-1:] if len(b) > 1 else ()))
    return (Shaped(shape, "n" + "l" * (len(shape) - 2) + "c" if len(shape) > 1 else "c"),)


def _matmul_bind(inputs: Inputs, outputs: Inputs, attrs: Attrs) -> Env:  # noqa: ARG001 - an Op.bind
    a, b = (x.shape for x in inputs)
    rows, inner, columns = matmul_sizes(a, b)
    last = (len(a) > 1) + (len(b) > 1)  # axes of the output that are not leading ones
    lead = outputs[0].shape[: len(outputs[0].shape) - last]
    return {"B": product(lead), "L": rows, "M": inner, "N": columns}


MATMUL = Op(
    "matmul",
    title="matrix product of two activations",
    cite="ONNX operator MatMul: numpy.matmul, leading dimensions broadcast, vectors allowed",
    role="compute",
    shape=_matmul_shape,
    bind=_matmul_bind,
    counts={"mac": B * L * M * N},
)
CLIP = Op(
    "clip",
    title="clip to a smallest and a largest value",
    cite="ONNX operator Clip",
    role="activation",
    shape=same_shape,
    bind=bind_elements,
    counts={"cmp": 2 * E},
)
CLIP_BELOW = Op(
    "clip",
    kind="clip at one end",
    title="clip to a smallest or a largest value",
    cite="ONNX operator Clip with one bound",
    role="activation",
    shape=same_shape,
    bind=bind_elements,
    counts={"cmp": E},
)


_moves: dict[str, Op] = {}


def move(operator: str) -> Op:
    """The op of an operator that moves, renames or reads data, and computes nothing."""
    found = _moves.get(operator)
    if found is None:
        title, cite = "data moved or renamed", f"ONNX operator {operator}"
        found = _moves[operator] = free_op(snake(operator), same_shape, title=title, cite=cite)
    return found


def branch(note: str, opaque: str | None) -> Op:
    """The op of a branch whose condition only a run can tell; `note` says how it is counted."""
    return Op(
        "if",
        title="one of two branches",
        cite="ONNX operator If",
        shape=same_shape,
        bind=bind_nothing,
        counts={},
        opaque=opaque,
        note=note,
    )
