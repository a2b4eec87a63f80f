"""Blocks that papers treat as one layer, made of primitives."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from flopcalc.ops.conv import POINTWISE, conv_attrs
from flopcalc.ops.elementwise import ACTIVATIONS, MUL
from flopcalc.ops.pool import GLOBAL_AVG_POOL
from flopcalc.ops.require import need_map
from flopcalc.ops.tail import add_tail
from flopcalc.ops.window import window
from flopcalc.step import Arg, Step
from flopcalc.tensor import Tensor


def _squeeze_excite(emit: Emit, x: Tensor, a: Mapping[str, Any]) -> Tensor:
    """Hu et al. 2017, arXiv:1709.01507, eqs. 2-4: pool, two 1×1 convolutions, gate, scale."""
    need_map(x, "squeeze and excite")
    y = emit(GLOBAL_AVG_POOL, x, part="pool", attrs={"keep": True})
    w = window(y, 1)
    y = emit(POINTWISE, y, part="fc1", attrs=conv_attrs(w, a["squeeze"], 1, bias=a["bias"]))
    y = add_tail(emit, y, "none", a["act"])
    y = emit(POINTWISE, y, part="fc2", attrs=conv_attrs(w, x.channels, 1, bias=a["bias"]))
    y = emit(ACTIVATIONS[a["gate"]], y, part="gate")
    return emit(MUL, x, y, part="mul")


SQUEEZE_EXCITE = Step(
    "se",
    Arg("squeeze", "channels", help="channels between the two layers"),
    Arg("act", "word", "relu", "activation between the two layers", ("none", *ACTIVATIONS)),
    Arg("gate", "word", "sigmoid", "activation of the gate", tuple(ACTIVATIONS)),
    Arg("bias", "bool", default=True, help="whether both layers have a bias"),
    expand=_squeeze_excite,
    help="squeeze and excite: channels weighted by a gate",
)

if TYPE_CHECKING:
    from flopcalc.step import Emit
