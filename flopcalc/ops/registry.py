"""Every op and step there is, by family; a family loads when one of its steps is first needed."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from flopcalc.op import Op
from flopcalc.step import Step

if TYPE_CHECKING:
    from collections.abc import Iterator

# the modules of this folder that declare ops or steps, in the order of the documentation, each
# with the keys of its steps, so that looking one up imports no other; a test keeps it true
FAMILIES = {
    "conv": "",
    "conv_steps": "conv pw dw sep deconv",
    "dense": "fc embed",
    "norm": "bn ln rms gn in_norm lrn l2norm layer_scale",
    "elementwise": "relu relu6 hswish hsigmoid sigmoid silu gelu quick_gelu tanh leaky mish elu "
    "prelu softmax dropout identity activation",
    "pool": "max_pool avg_pool adaptive_pool global_avg_pool global_max_pool mean_tokens",
    "reshape": "flatten chunk shuffle pixel_shuffle pixel_unshuffle pad crop",
    "constructs": "seq residual add sub mul concat",
    "resize": "upsample resize",
    "blocks": "se",
    "tokens": "tokens untokens transpose cls_token pos_embed take",
    "attention": "",
    "attention_steps": "attention",
    "recurrent": "lstm gru rnn",
    "custom": "custom",
    "exported": "",
    "pointwise": "",
    "reductions": "",
    "contraction": "",
    "quantized": "",
    "signal": "",
    "learned": "",
}
_FAMILY_OF = {name: family for family, names in FAMILIES.items() for name in names.split()}


def is_step(name: str) -> bool:
    """Whether a step has this key; imports nothing."""
    return name in _FAMILY_OF


def find_step(name: str) -> Step | None:
    """The step with this key, or None."""
    family = _FAMILY_OF.get(name)
    return _steps(family)[name] if family else None


def all_steps() -> dict[str, Step]:
    """Every step by its key, in the order of the documentation."""
    return {name: _steps(family)[name] for name, family in _FAMILY_OF.items()}


def all_ops() -> Iterator[tuple[str, Op]]:
    """Every op with the family it is declared in, in the order of the documentation."""
    seen: set[Op] = set()  # a family may import another's op
    for family in FAMILIES:
        for value in vars(import_module(f"flopcalc.ops.{family}")).values():
            if isinstance(value, Op) and value not in seen:
                seen.add(value)
                yield family, value


_found: dict[str, dict[str, Step]] = {}


def _steps(family: str) -> dict[str, Step]:
    if family not in _found:
        values = vars(import_module(f"flopcalc.ops.{family}")).values()
        _found[family] = {step.name: step for step in values if isinstance(step, Step)}
    return _found[family]
