"""Contractions of exported graphs: Einstein sums, and attention with a state instead of scores."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flopcalc.formula import Sym
from flopcalc.op import Attrs, Inputs, Op, bind_elements, same_shape
from flopcalc.ops.require import int_attr
from flopcalc.ops.symbols import D_H, HEADS, B, E, L
from flopcalc.tensor import Shaped, sequence

if TYPE_CHECKING:
    from flopcalc.formula import Env

S = Sym("S", "terms of each sum: the product of the extents of the summed indices")


def _bind_sums(inputs: Inputs, outputs: Inputs, attrs: Attrs) -> Env:
    return {**bind_elements(inputs, outputs, attrs), "S": attrs["terms"]}  # type: ignore[dict-item]  # a size


EINSUM = Op(
    "einsum",
    title="Einstein sum of two tensors: the product of the extents of all indices",
    cite="ONNX operator Einsum: numpy.einsum",
    role="compute",
    shape=same_shape,
    bind=_bind_sums,
    counts={"mac": E * S},
    note="more than two tensors are contracted pair by pair, in the cheapest order",
)

_KEYS = Sym("h_kv", "heads of keys and values")
_VALUE = Sym("d_v", "features of each head's values")
_DECAY = Sym("g", "decays of a position", implicit=True)
_GATED = Sym("gated", "1 if the state decays", flag=True)
_DELTA = Sym("delta", "1 if what the state already says of a key is taken off", flag=True)


def _state_shape(inputs: Inputs, attrs: Attrs) -> tuple[Shaped, ...]:
    q, _, v = inputs
    d = v.channels // int_attr(attrs, "kv_heads")
    return (sequence(q.batch, q.size("l"), int_attr(attrs, "heads") * d),)


def _state_bind(inputs: Inputs, outputs: Inputs, attrs: Attrs) -> Env:  # noqa: ARG001 - an Op.bind
    q, _, v = inputs
    heads, kv_heads = int_attr(attrs, "heads"), int_attr(attrs, "kv_heads")
    return {
        "B": q.batch,
        "L": q.size("l"),
        "d": q.channels // heads,
        "h": heads,
        "h_kv": kv_heads,
        "d_v": v.channels // kv_heads,
        "g": attrs["decays"],  # type: ignore[dict-item]  # a size
        "gated": int(bool(attrs["gated"])),
        "delta": int(bool(attrs["delta"])),
    }


_PER_STATE = D_H * _VALUE
LINEAR_ATTENTION = Op(
    "linear_attention",
    title="linear attention: a state of keys by values, updated and asked at each position",
    cite="Katharopoulos et al. 2020, arXiv:2006.16236; Yang et al. 2024, arXiv:2412.06464; "
    "ONNX operator LinearAttention",
    role="compute",
    shape=_state_shape,
    bind=_state_bind,
    counts={
        # each query asks the state; each key enters it, and where delta, asks it first
        "mac": B * L * _PER_STATE * (HEADS + _KEYS + _DELTA * _KEYS),
        "mul": B * L * HEADS * _VALUE
        + B * L * _GATED * _PER_STATE * _KEYS
        + B * L * _DELTA * _KEYS * _VALUE,
        "add": B * L * _DELTA * _KEYS * _VALUE,
        "exp": B * L * _GATED * _DECAY,
    },
    note="as the recurrence; chunks that run at once take more",
)
