"""Normalisations."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flopcalc.dim_values import product
from flopcalc.errors import ShapeError
from flopcalc.onnx_graph.shapes import axis_of
from flopcalc.ops.norm import (
    BATCH_NORM,
    BATCH_NORM_TRAINING,
    GROUP_NORM,
    INSTANCE_NORM,
    L1_UNSCALED,
    L2_UNSCALED,
    LAYER_NORM,
    LOCAL_RESPONSE_NORM,
    MEAN_VARIANCE_NORM,
    RMS_NORM,
)
from flopcalc.tensor import Shaped, Tensor

if TYPE_CHECKING:
    from flopcalc.onnx_graph.node import Node
    from flopcalc.onnx_graph.values import Shape, Value
    from flopcalc.op import Op
    from flopcalc.tensor import Param, ParamKind


def BatchNormalization(n: Node) -> None:
    """ai.onnx BatchNormalization, versions 1 to 15: as inference, but where training_mode is 1."""
    training = n.integer("training_mode", 0) != 0
    n.op = BATCH_NORM_TRAINING if training else BATCH_NORM
    x = _channels_second(n, n.input(0))
    kinds: tuple[ParamKind, ...] = ("norm", "norm", "buffer", "buffer")
    used = [n.input(0), *(n.input(i) for i in range(1, 3 if training else 5))]
    if all(value.constant for value in used):  # a standardised kernel is stored, not computed
        for value, kind in zip(used[1:], kinds, strict=False):
            n.params(
                value, kind
            )  # what they are is said here, where they count is where it is used
        sources = tuple(dict.fromkeys(source for value in used for source in value.sources))
        n.constant(n.input(0).dims, x.dtype, sources=sources)
    else:
        params = tuple(p for i, kind in enumerate(kinds, 1) for p in n.params(n.input(i), kind))
        n.add(n.op, x, params=params)
    for i in range(1, n.outputs):
        n.give(i, (x.shape[1],), x.dtype)


def _channels_second(n: Node, x: Value) -> Tensor:
    """`x` with its channels named; raises `ShapeError` where it has none."""
    if x.rank < 2:
        raise ShapeError(f"a norm of {x.rank} axes", hint="batch and channels at least")
    return n.view(x, x.axes if x.axes[:2] == "nc" else "nc" + "l" * (x.rank - 2))


def affine(n: Node, *positions: int) -> tuple[Param, ...]:
    """The stored scales and shifts of a norm: its inputs at these positions."""
    return tuple(p for i in positions for p in n.params(n.optional(i), "norm"))


def LayerNormalization(n: Node) -> None:
    """ai.onnx LayerNormalization, version 17; the mean and the root may be outputs too."""
    over_last(n, LAYER_NORM, n.input(0), affine(n, 1, 2))


def RMSNormalization(n: Node) -> None:
    """ai.onnx RMSNormalization, version 23."""
    over_last(n, RMS_NORM, n.input(0), affine(n, 1))


def over_last(n: Node, op: Op, x: Value, params: tuple[Param, ...]) -> None:
    """The node is a norm over the axes from `axis` on."""
    n.op = op
    axis = axis_of(n.integer("axis", -1), x.rank)
    y = normalised(n, "", op, x, axis=axis, params=params)
    n.give(0, y, made_by=op)
    once = (*x.dims[:axis], *(1 for _ in x.dims[axis:]))
    for i in range(1, n.outputs):
        n.give(i, once)


def normalised(
    n: Node,
    part: str,
    op: Op,
    x: Value | Tensor,
    *,
    axis: int,
    params: tuple[Param, ...],
) -> Tensor:
    """A layer of `op` over the axes of `x` from `axis` on."""
    shape: Shape = x.shape if isinstance(x, Tensor) else x.dims
    view = (product(shape[:axis]), product(shape[axis:]) or 1)  # or 1: of no elements
    tensor = x if isinstance(x, Tensor) else n.tensor(x)
    rows = tensor._replace(shape=view, axes="nc")  # type: ignore[arg-type]  # see tensor.py
    shapes = [Shaped(shape, x.axes)]  # type: ignore[arg-type]  # see tensor.py
    return n.layer(part, op, rows, params=params, shapes=shapes)[0]


def GroupNormalization(n: Node) -> None:
    """ai.onnx GroupNormalization, versions 18 to 21."""
    n.op = GROUP_NORM
    x = _channels_second(n, n.input(0))
    groups = n.integer("num_groups", 0)
    if groups < 1:
        raise ShapeError(f"{groups} groups", hint="attribute num_groups")
    n.add(GROUP_NORM, x, attrs={"groups": groups}, params=affine(n, 1, 2))


def InstanceNormalization(n: Node) -> None:
    """ai.onnx InstanceNormalization, versions 1 to 22."""
    n.op = INSTANCE_NORM
    x = _channels_second(n, n.input(0))
    params = tuple(
        param
        for i, nothing in ((1, 1), (2, 0))
        for param in n.params(n.input(i), "norm", slot=not _all(n.input(i), nothing))
    )
    n.add(INSTANCE_NORM, x, params=params, shapes=[Shaped(x.shape, x.axes)])


def _all(value: Value, number: int) -> bool:
    """Whether it is known to hold one number only: scales of 1 stand in for none."""
    return bool(value.content) and set(value.content or ()) == {number}


def LpNormalization(n: Node) -> None:
    """ai.onnx LpNormalization, versions 1 to 22."""
    x = n.input(0)
    n.op = L1_UNSCALED if n.integer("p", 2) == 1 else L2_UNSCALED
    axis = axis_of(n.integer("axis", -1), x.rank)
    n.add(n.op, x, attrs={"group": x.dims[axis] or 1}, shapes=[Shaped(x.dims, x.axes)])  # type: ignore[dict-item, arg-type]  # see tensor.py


def MeanVarianceNormalization(n: Node) -> None:
    """ai.onnx MeanVarianceNormalization, versions 9 to 13."""
    n.op = MEAN_VARIANCE_NORM
    x = n.input(0)
    axes = {axis_of(axis, x.rank) for axis in n.integers("axes") or (0, 2, 3)}
    group = product(x.dims[i] for i in sorted(axes)) or 1
    n.add(n.op, x, attrs={"group": group}, shapes=[Shaped(x.dims, x.axes)])  # type: ignore[dict-item, arg-type]  # see tensor.py


def LRN(n: Node) -> None:
    """ai.onnx LRN, versions 1 to 13."""
    n.op = LOCAL_RESPONSE_NORM
    size = n.integer("size", 1)
    x = _channels_second(n, n.input(0))
    n.add(LOCAL_RESPONSE_NORM, x, attrs={"size": size}, shapes=[Shaped(x.shape, x.axes)])
