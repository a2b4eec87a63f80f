"""Pareto fronts: what nothing else beats in every respect at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from flopcalc.quantity import Rational

T = TypeVar("T")


def front(items: Iterable[T], cost: Callable[[T], Sequence[Rational]]) -> list[T]:
    """The items that no other dominates, in order of their first cost; every cost is to be small.

    One item dominates another if it is nowhere worse and somewhere better: equals both stay. The
    front of a union is the front of the fronts, so that parts can be computed apart.
    """
    ordered = sorted(((tuple(cost(item)), item) for item in items), key=_costs)
    kept: list[tuple[tuple[Rational, ...], T]] = []
    if ordered and len(ordered[0][0]) == 2:
        return _of_two(ordered)
    for costs, item in ordered:  # what dominates an item stands before it
        if not any(_dominates(other, costs) for other, _ in kept):
            kept.append((costs, item))
    return [item for _, item in kept]


def _of_two(ordered: list[tuple[tuple[Rational, ...], T]]) -> list[T]:
    """Of two costs one pass is enough: the second must fall."""
    kept: list[T] = []
    best: tuple[Rational, ...] | None = None
    for costs, item in ordered:
        if best is None or costs[1] < best[1] or costs == best:  # type: ignore[operator]  # numbers
            best = costs
            kept.append(item)
    return kept


def _costs(entry: tuple[tuple[Rational, ...], T]) -> tuple[Rational, ...]:
    return entry[0]


def _dominates(one: tuple[Rational, ...], other: tuple[Rational, ...]) -> bool:
    return one != other and all(a <= b for a, b in zip(one, other, strict=True))  # type: ignore[operator]  # numbers
