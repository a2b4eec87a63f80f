"""Shape rules on integers against numpy, on names against their values."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flopcalc.dim import Dim, symbol
from flopcalc.dim_values import substitute
from flopcalc.errors import ShapeError
from flopcalc.onnx_graph.shapes import broadcast, combined, reshaped, sliced

N, H = symbol("N"), symbol("H")
shapes = st.lists(st.integers(1, 4), max_size=4).map(tuple)


@given(st.lists(shapes, min_size=1, max_size=3))
@settings(deadline=None)
def test_broadcast_is_numpys(many: list[tuple[int, ...]]) -> None:
    try:
        wanted = np.broadcast_shapes(*many)
    except ValueError:
        with pytest.raises(ShapeError, match="shapes do not match"):
            broadcast(*many)
    else:
        assert broadcast(*many) == wanted


def test_broadcast_of_names() -> None:
    assert broadcast((N, 1, 8), (H, 1)) == (N, H, 8)
    assert broadcast((N, 4), (1, 4)) == (N, 4)
    assert broadcast((N, 4), (N, H)) == (N, 4)  # valid only where H is 1 or 4
    (size,) = broadcast((N,), (H,))
    assert str(size) == "max(H, N)"
    assert substitute(size, {"N": 1, "H": 7}) == 7


@given(
    st.integers(0, 9), st.integers(-12, 12), st.integers(-12, 12), st.integers(-4, 4).filter(bool)
)
@settings(deadline=None)
def test_a_slice_is_numpys(size: int, start: int, end: int, step: int) -> None:
    if step < 0:
        start = max(start, -size)  # before the first position ONNX starts there, numpy nowhere
    wanted = np.arange(size)[start:end:step]
    first, count = sliced(size, start, end, step)
    assert count == len(wanted)
    if len(wanted):
        assert first == wanted[0]


@pytest.mark.parametrize(
    ("start", "end", "step", "count"),
    [
        (0, 2**63 - 1, 1, "N"),
        (0, N, 1, "N"),
        (0, -1, 1, "max(0, N - 1)"),
        (0, N - 1, 1, "max(0, N - 1)"),
        (0, 2**63 - 1, 2, "floor((N + 1)/2)"),
        (-1, -(2**63), -1, "N"),
        (0, 1, 1, "min(1, N)"),
    ],
)
def test_a_slice_of_a_named_size(start: Dim, end: Dim, step: int, count: str) -> None:
    assert str(sliced(N, start, end, step)[1]) == count


def test_a_slice_of_step_0_is_an_error() -> None:
    with pytest.raises(ShapeError, match="a slice of step 0"):
        sliced(4, 0, 4, 0)


@pytest.mark.parametrize(
    ("shape", "target", "wanted"),
    [
        ((2, 3, 4), (-1,), (24,)),
        ((2, 3, 4), (0, -1), (2, 12)),
        ((2, 3, 4), (4, 6), (4, 6)),
        ((N, 8, 4), (-1, 32), (N, 32)),
        ((N, 8, 4), (N, -1), (N, 32)),
        ((N, H, 64), (N, H, 8, -1), (N, H, 8, 8)),
        ((N, 4, H), (0, 0, -1, 1), (N, 4, H, 1)),
        ((2 * N, 6), (N, -1), (N, 12)),
        ((0, 4), (0, 2, 2), (0, 2, 2)),
    ],
)
def test_reshape(shape: Any, target: Any, wanted: Any) -> None:
    assert reshaped(shape, target) == wanted


@pytest.mark.parametrize(
    ("shape", "target"), [((2, 3), (4, -1)), ((2, 3), (7,)), ((2, 3), (-1, -1)), ((2,), (0, 0))]
)
def test_what_cannot_be_reshaped(shape: Any, target: Any) -> None:
    with pytest.raises(ShapeError):
        reshaped(shape, target)


def test_a_zero_is_a_size_where_the_node_says_so() -> None:
    assert reshaped((0, 4), (0, 7), allow_zero=True) == (0, 7)


@given(shapes, shapes)
@settings(deadline=None)
def test_contents_are_combined_as_numpy_does(a: tuple[int, ...], b: tuple[int, ...]) -> None:
    try:
        out = np.broadcast_shapes(a, b)
    except ValueError:
        return
    x, y = np.arange(int(np.prod(a))).reshape(a), 10 * np.arange(int(np.prod(b))).reshape(b)
    wanted = tuple((x - y).reshape(-1).tolist())
    contents = [tuple(x.reshape(-1).tolist()), tuple(y.reshape(-1).tolist())]
    assert combined(contents, [a, b], out, lambda p, q: p - q) == wanted
