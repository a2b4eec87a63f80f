"""Exact Mult-Adds, FLOPs, parameters and memory of neural-network architectures."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flopcalc.api import analyze, compare, load, published
    from flopcalc.conversion import convert
    from flopcalc.engine.compare import Comparison
    from flopcalc.engine.convention import CONVENTIONS, Convention, project
    from flopcalc.engine.count import Analysis, LayerCost, Totals
    from flopcalc.engine.fit import Fitted
    from flopcalc.engine.sweep import Sweep
    from flopcalc.errors import FlopcalcError, IncompleteError, InputError
    from flopcalc.gate import check
    from flopcalc.graph import Graph, Model, Scale
    from flopcalc.tradeoff import fit, sweep
    from flopcalc.version import __version__
    from flopcalc.zoo import models

__all__ = [
    "CONVENTIONS",
    "Analysis",
    "Comparison",
    "Convention",
    "Fitted",
    "FlopcalcError",
    "Graph",
    "IncompleteError",
    "InputError",
    "LayerCost",
    "Model",
    "Scale",
    "Sweep",
    "Totals",
    "__version__",
    "analyze",
    "check",
    "compare",
    "convert",
    "fit",
    "load",
    "models",
    "project",
    "published",
    "sweep",
]

_HOMES = {  # imported when first asked for: `flopcalc --help` needs none of it
    "analyze": "api",
    "check": "gate",
    "compare": "api",
    "load": "api",
    "models": "zoo",
    "published": "api",
    "convert": "conversion",
    "Comparison": "engine.compare",
    "CONVENTIONS": "engine.convention",
    "Convention": "engine.convention",
    "project": "engine.convention",
    "Fitted": "engine.fit",
    "Sweep": "engine.sweep",
    "fit": "tradeoff",
    "sweep": "tradeoff",
    "Analysis": "engine.count",
    "LayerCost": "engine.count",
    "Totals": "engine.count",
    "FlopcalcError": "errors",
    "IncompleteError": "errors",
    "InputError": "errors",
    "Graph": "graph",
    "Model": "graph",
    "Scale": "graph",
    "__version__": "version",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'flopcalc' has no attribute '{name}'")
    from importlib import import_module

    return getattr(import_module(f"flopcalc.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
