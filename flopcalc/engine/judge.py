"""Judging counts by what a model's own file expects of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from flopcalc.engine.count import Totals
    from flopcalc.errors import Where
    from flopcalc.quantity import Quantity


def judge(
    expect: Mapping[str, Quantity],
    totals: Totals,
    at: Callable[[str], Where | None] = lambda _: None,
) -> tuple[str, ...]:
    """A sentence for each expectation that does not hold, at the precision it was written.

    `at` says where the file has what it expects of a metric.
    """
    actual = {"mult_adds": totals.mult_adds, "params": totals.params}
    return tuple(
        f"{_place(at(metric))}the file expects {quantity} {metric}, "
        f"but there are {actual[metric]:,}"
        for metric, quantity in expect.items()
        if not quantity.matches(actual[metric])
    )


def _place(where: Where | None) -> str:
    return f"{where}: " if where else ""
