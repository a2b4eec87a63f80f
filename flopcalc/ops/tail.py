"""The norm and the activation that follow a layer, as `norm: bn, act: relu` asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flopcalc.ops.elementwise import ACTIVATIONS
from flopcalc.ops.norm import NORMS
from flopcalc.step import Arg

if TYPE_CHECKING:
    from flopcalc.step import Emit
    from flopcalc.tensor import Tensor

ACT = Arg("act", "word", "none", "activation", ("none", *ACTIVATIONS))
TAIL = (
    Arg("padding", "padding", "same", "same, half, valid, causal, or numbers"),
    Arg("bias", "auto_bool", None, "auto: a bias where there is no norm"),
    Arg("norm", "word", "none", "normalisation", ("none", *NORMS)),
    ACT,
)


def add_tail(emit: Emit, x: Tensor, norm: str, act: str, part: str = "") -> Tensor:
    """Add the norm and activation named by these words, as `<part>.norm` and `<part>.act`."""
    prefix = f"{part}." if part else ""
    if norm != "none":
        op, attrs = NORMS[norm]
        x = emit(op, x, part=f"{prefix}norm", attrs=attrs)
    if act != "none":
        x = emit(ACTIVATIONS[act], x, part=f"{prefix}act")
    return x
