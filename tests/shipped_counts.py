"""What flopcalc counts of a network that ships, for the tests that count it by hand."""

from __future__ import annotations

from flopcalc.api import open_model
from flopcalc.engine.count import count
from flopcalc.graph import Scale


def counted(name: str, scale: Scale = Scale()) -> tuple[int, int]:  # noqa: B008 - immutable
    """Mult-Adds and parameters of a network that ships, found by its own name."""
    loaded = open_model(name)
    variant = loaded.scale.variant if scale.variant is None else scale.variant
    totals = count(loaded.model.graph(scale._replace(variant=variant))).totals
    assert totals.status == "complete"
    return totals.mult_adds, totals.params
