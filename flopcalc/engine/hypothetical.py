"""An exported graph as it might have been: of other widths, or with its convolutions exchanged."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flopcalc.engine.transform import separable_twin, standard_twin
from flopcalc.engine.widths import widened
from flopcalc.errors import ScaleError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flopcalc.engine.transform import Twin
    from flopcalc.graph import Graph

SEPARABLE = "each k×k convolution as its depthwise separable form"
_SWAPS = {
    "sep=conv": (standard_twin, "depthwise separable pair", "each separable pair as a convolution"),
    "conv=sep": (separable_twin, "k×k convolution that can be separated", SEPARABLE),
}


def hypothetical(graph: Graph, alpha: float | None, swap: Sequence[tuple[str, str]]) -> Graph:
    """The graph of width α, then with swaps applied (`sep=conv`, `conv=sep`), and a note of it.

    Raises `ScaleError` for any other swap, one that finds nothing to exchange, or a width that
    does not propagate.
    """
    if alpha is not None and alpha != 1:
        scale = graph.scale._replace(alpha=alpha)
        graph = widened(graph, alpha)._replace(scale=scale)
        graph = marked(graph, f"widths times {alpha:g}, to multiples of 8")
    for old, new in swap:
        graph = _swapped(graph, old, new).graph
    return graph


def separable(graph: Graph) -> Twin | None:
    """The separable form of a graph, marked as hypothetical; None where there is none."""
    twin = separable_twin(graph)
    return None if twin is None else twin._replace(graph=marked(twin.graph, SEPARABLE))


def marked(graph: Graph, how: str) -> Graph:
    """The graph with a note that it is hypothetical."""
    text = f"hypothetical, nobody trained it: {how}"
    return graph._replace(notes=(*graph.notes, text))


def _swapped(graph: Graph, old: str, new: str) -> Twin:
    found = _SWAPS.get(f"{old}={new}")
    if found is None:
        message = f"--swap {old}={new} does not apply to an exported graph"
        raise ScaleError(message, hint=did_you_mean(f"{old}={new}", _SWAPS))
    rule, what, how = found
    twin = rule(graph)
    if twin is None:
        hint = "analyze --by kind shows what it has"
        raise ScaleError(f"'{graph.name}' has no {what}", hint=hint)
    scale = graph.scale._replace(swap={**graph.scale.swap, old: new})
    named = twin.graph._replace(scale=scale, notes=graph.notes)
    return twin._replace(graph=marked(named, how))
