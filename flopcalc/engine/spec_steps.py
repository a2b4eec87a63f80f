"""The steps of the language that stand for layers, as text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flopcalc.ops.conv import CONV, DEPTHWISE, GROUPED, POINTWISE
from flopcalc.ops.dense import FC
from flopcalc.ops.elementwise import ACTIVATIONS
from flopcalc.ops.norm import BATCH_NORM, LAYER_NORM
from flopcalc.ops.pool import AVG_POOL, GLOBAL_AVG_POOL, MAX_POOL
from flopcalc.tensor import product

if TYPE_CHECKING:
    from flopcalc.graph import Layer

_ACTS = {op: name for name, op in ACTIVATIONS.items()}
_WORDS = {"true", "false", "null", "yes", "no", "on", "off", "y", "n"}


def with_params(layer: Layer) -> str | None:
    """The step of a layer that stores what its op does; None where the language has none."""
    op, a = layer.op, layer.attrs
    bias = "" if a.get("bias", True) else ", bias: false"
    if op in {CONV, POINTWISE, GROUPED, DEPTHWISE}:
        groups = f", g: {a['groups']}" if a["groups"] != 1 else ""
        return f"conv: {a['out']}{_window(layer)}{groups}{bias}"
    if op is FC and not layer.inputs[0].is_map:
        return f"fc: {a['out']}{bias}"
    return {BATCH_NORM: "bn", LAYER_NORM: "ln"}.get(op)


def without_params(layer: Layer) -> str | None:
    """The step of a layer that stores nothing; None where the language has none."""
    op, a = layer.op, layer.attrs
    if op in {MAX_POOL, AVG_POOL}:
        ceil = ", ceil: true" if a.get("ceil") else ""
        kind = "max_pool" if op is MAX_POOL else "avg_pool"
        return f"{kind}: {sizes_text(a['kernel'])}{_window(layer, pool=True)}{ceil}"
    if op is GLOBAL_AVG_POOL and layer.inputs[0].is_map:
        return "global_avg_pool" + (", keep: true" if layer.outputs[0].is_map else "")
    return _ACTS[op] if op in _ACTS and len(layer.inputs) == 1 and not a else None


def own_params(layer: Layer) -> dict[str, int]:
    """What the op itself would store, by kind."""
    if layer.op.params is None:
        return {}
    specs = layer.op.params(layer.inputs, layer.outputs, layer.attrs)
    found: dict[str, int] = {}
    for spec in specs:
        found[spec.kind] = found.get(spec.kind, 0) + product(spec.shape)
    return found


def _window(layer: Layer, *, pool: bool = False) -> str:
    """How a kernel moves, what the language takes for granted left out."""
    a = layer.attrs
    kernel = a["kernel"]
    assert isinstance(kernel, tuple)
    parts = [] if pool else [f"k: {sizes_text(kernel)}"]
    if a["stride"] != (kernel if pool else (1,) * len(kernel)):
        parts.append(f"s: {sizes_text(a['stride'])}")
    if a["dilation"] != (1,) * len(kernel):
        parts.append(f"d: {sizes_text(a['dilation'])}")
    padding = _padding(a["pads"])
    if padding != "0":
        parts.append(f"padding: {padding}")
    elif not pool and set(kernel) != {1}:
        parts.append("padding: valid")
    return "".join(f", {part}" for part in parts)


def _padding(pads: object) -> str:
    """`1` on all sides, `[1, 0]` along each axis, or `[[0, 1], [0, 1]]`; `0` for none."""
    assert isinstance(pads, tuple)
    if all(first == last for first, last in pads):
        return sizes_text(tuple(first for first, _ in pads))
    return f"[{', '.join(f'[{first}, {last}]' for first, last in pads)}]"


def sizes_text(sizes: object) -> str:
    """A size for each axis, as steps have them."""
    assert isinstance(sizes, tuple)
    if len(set(sizes)) == 1:
        return str(sizes[0])
    return f"[{', '.join(map(str, sizes))}]"


def quoted(text: str) -> str:
    """A text as YAML has it."""
    import json  # here, since few write specs

    plain = text.replace("_", "a").replace(" ", "a").isalnum() and text.isascii()
    return text if plain and text[0].isalpha() and text not in _WORDS else json.dumps(text)
