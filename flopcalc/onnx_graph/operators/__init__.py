"""What each ONNX operator is: one small function named after it, in the file of its family."""

from __future__ import annotations

from importlib import import_module
from types import FunctionType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from flopcalc.onnx_graph.node import Node

FAMILIES: dict[str, tuple[str, ...]] = {
    "": (
        "conv",
        "linear",
        "arithmetic",
        "functions",
        "activation",
        "pool",
        "norm",
        "layout",
        "indexing",
        "constant",
        "generate",
        "reduce",
        "sequence",
        "control",
        "text",
        "recurrent",
        "attention",
        "einsum",
        "quantize",
        "image",
        "signal",
        "loss",
        "simplified",
    ),
    "ai.onnx.ml": ("ml",),
    "ai.onnx.preview": ("preview",),
    "ai.onnx.preview.training": ("training",),
    "com.microsoft": (
        "quantize",
        "fused",
        "ms_attention",
        "ms_norm",
        "ms_quantized",
        "simplified",
    ),
    "com.microsoft.nchwc": ("nchwc",),
}
"""The files that hold the operators of each domain; `ai.onnx` is the empty one."""

_found: dict[tuple[str, str], Callable[[Node], None] | None] = {}


def find(domain: str, name: str) -> Callable[[Node], None] | None:
    """The function of an operator, or None where flopcalc knows none; whatever its version."""
    key = (domain, name)
    if key not in _found:
        if len(_found) > 10_000:  # names that hostile files make up
            _found.clear()
        _found[key] = _look_up("" if domain == "ai.onnx" else domain, name)
    return _found[key]


def _look_up(domain: str, name: str) -> Callable[[Node], None] | None:
    for family in FAMILIES.get(domain, ()):
        module = import_module(f"{__name__}.{family}")
        found = vars(module).get(name)
        if isinstance(found, FunctionType) and name[:1].isupper() and found.__name__ == name:
            return found
    return None


def known(domain: str) -> dict[str, Callable[[Node], None]]:
    """Every operator of a domain by name, for the documentation and its test."""
    return {
        name: value
        for family in FAMILIES.get(domain, ())
        for name, value in vars(import_module(f"{__name__}.{family}")).items()
        if isinstance(value, FunctionType) and name[:1].isupper()
    }
