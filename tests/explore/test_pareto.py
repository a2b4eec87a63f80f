"""Fronts: nothing on one is beaten, everything else is, and fronts of parts merge."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

import flopcalc
from flopcalc.engine.pareto import front

points = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9), st.integers(0, 9)), max_size=30)


def beats(one: tuple[int, ...], other: tuple[int, ...]) -> bool:
    return one != other and all(a <= b for a, b in zip(one, other, strict=True))


@given(points, st.integers(1, 3))
def test_by_definition(found: list[tuple[int, int, int]], goals: int) -> None:
    cut = [point[:goals] for point in found]
    kept = front(cut, lambda point: point)

    assert sorted(kept) == sorted(p for p in cut if not any(beats(q, p) for q in cut))
    assert kept == sorted(kept)


@given(points, points)
def test_the_front_of_fronts_is_the_front(
    one: list[tuple[int, int, int]], other: list[tuple[int, int, int]]
) -> None:
    parts = [*front(one, lambda p: p[:2]), *front(other, lambda p: p[:2])]

    assert sorted(front(parts, lambda p: p[:2])) == sorted(front([*one, *other], lambda p: p[:2]))


def test_the_papers_trade_off() -> None:
    """Of the sixteen, 1.0-128 has less accuracy than 0.75-160 for more; 0.5-192 than 0.75-128."""
    sweep = flopcalc.sweep("mobilenet_v1", alpha="0.25:1:0.25", res="128:224:32")
    found = {(spot.alpha, spot.size[0]) for spot in sweep.front()}
    every = {(spot.alpha, spot.size[0]) for spot in sweep}

    assert every - found == {(1.0, 128), (0.5, 192)}
    assert len(sweep.front(("alpha", "res"))) == 1
