"""Exact Mult-Adds, FLOPs, parameters and memory of neural-network architectures."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flopcalc.api import analyze, compare, load
    from flopcalc.engine.compare import Comparison
    from flopcalc.engine.convention import CONVENTIONS, Convention, project
    from flopcalc.engine.count import Analysis, LayerCost, Totals
    from flopcalc.errors import FlopcalcError, IncompleteError, InputError
    from flopcalc.graph import Graph, Model, Scale
    from flopcalc.version import __version__

__all__ = [
    "CONVENTIONS",
    "Analysis",
    "Comparison",
    "Convention",
    "FlopcalcError",
    "Graph",
    "IncompleteError",
    "InputError",
    "LayerCost",
    "Model",
    "Scale",
    "Totals",
    "__version__",
    "analyze",
    "compare",
    "load",
    "project",
]

_HOMES = {  # imported when first asked for: `flopcalc --help` needs none of it
    "analyze": "api",
    "compare": "api",
    "load": "api",
    "Comparison": "engine.compare",
    "CONVENTIONS": "engine.convention",
    "Convention": "engine.convention",
    "project": "engine.convention",
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
