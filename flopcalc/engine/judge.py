"""Judging counts by what a model's own file expects of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flopcalc.engine.count import Totals
    from flopcalc.quantity import Quantity


def judge(expect: Mapping[str, Quantity], totals: Totals) -> tuple[str, ...]:
    """A sentence for each expectation that does not hold, at the precision it was written."""
    actual = {"mult_adds": totals.mult_adds, "params": totals.params}
    return tuple(
        f"the file expects {quantity} {metric}, but there are {actual[metric]:,}"
        for metric, quantity in expect.items()
        if not quantity.matches(actual[metric])
    )
