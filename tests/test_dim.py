"""Symbolic sizes: exact under substitution, canonical, bounded, never guessed."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flopcalc.dim import (
    Dim,
    Expr,
    SymbolicError,
    ceil_div,
    floor_div,
    max_,
    min_,
    not_negative,
    symbol,
)
from flopcalc.dim_values import (
    definitely_different,
    definitely_equal,
    is_one,
    known,
    names,
    parse,
    product,
    substitute,
    total,
)
from flopcalc.errors import LimitError, ShapeError, SpecError
from flopcalc.polynomial import MAX_SIZE

N, H, W = symbol("N"), symbol("H"), symbol("W")


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (300774272 * N, "300774272*N"),
        ((2 * N) // 2, "N"),
        ((6 * N + 3) // 3, "2*N + 1"),
        ((6 * N + 4) // 3, "2*N + 1"),
        ((3 * N + 1) // 3, "N"),
        ((3 * N) // 2, "N + floor(N/2)"),
        (N % 1, "0"),
        (0 * N, "0"),
        (N - N, "0"),
        (N * 1, "N"),
        ((H // 2) * 2, "2*floor(H/2)"),
        (H % 8, "H - 8*floor(H/8)"),
        ((H - 1) // 2 + 1, "floor((H + 1)/2)"),
        (((H - 1) // 2 + 1 - 1) // 2 + 1, "floor((H + 3)/4)"),
        (ceil_div(H, 2), "floor((H + 1)/2)"),
        (-(-H // 2), "floor((H + 1)/2)"),
        (H + (8 - H % 8) % 8, "8*floor((H + 7)/8)"),
        ((2 * H + 1) // 4, "floor(H/2)"),
        ((64 * H * W * N) // (H * N), "64*W"),
        (((H + 1) * (W + 2) * 64) // (H + 1), "64*W + 128"),
        ((H * W + 3) // W, "H + floor(3/W)"),
        (min_(H - 7, H), "H - 7"),
        (max_(H, H - 7), "H"),
        (max_(H - 7, 0), "max(0, H - 7)"),
        (max_(max_(H, W), H), "max(H, W)"),
        (max_((8 - H % 8) % 8, 0), "-H + 8*floor((H + 7)/8)"),
        (N * N - 3, "N^2 - 3"),
        (symbol("a b") + 1, "`a b` + 1"),
    ],
)
def test_text(size: Dim, text: str) -> None:
    assert str(size) == text
    assert parse(text) == size


def test_integers_stay_integers() -> None:
    assert type((N + 1) - N) is int
    assert type(substitute(N * H, {"N": 2, "H": 3})) is int
    assert floor_div(7, 2) == 3
    assert (min_(3, 4), max_(3, 4), ceil_div(7, 2)) == (3, 4, 4)


Tree = tuple[Any, ...]

leaves = st.sampled_from(["N", "H", "W"]) | st.integers(-9, 9)
trees = st.recursive(
    leaves,
    lambda inner: (
        st.tuples(st.sampled_from(["+", "-", "*", "min", "max"]), inner, inner)
        | st.tuples(st.sampled_from(["//", "%"]), inner, st.integers(1, 12))
    ),
    max_leaves=8,
)
OPERATIONS: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "//": operator.floordiv,
    "%": operator.mod,
}


def evaluate(tree: Any, env: dict[str, Any], extremes: tuple[Any, Any]) -> Any:
    if isinstance(tree, tuple):
        a, b = evaluate(tree[1], env, extremes), evaluate(tree[2], env, extremes)
        if tree[0] in OPERATIONS:
            return OPERATIONS[tree[0]](a, b)
        return extremes[tree[0] == "max"](a, b)
    return env[tree] if isinstance(tree, str) else tree


@given(trees, st.fixed_dictionaries(dict.fromkeys("NHW", st.integers(0, 50))))
@settings(max_examples=400, deadline=None)
def test_symbols_compute_what_integers_compute(tree: Tree, values: dict[str, int]) -> None:
    size = evaluate(tree, {"N": N, "H": H, "W": W}, (min_, max_))
    number = evaluate(tree, dict(values), (min, max))
    assert substitute(size, values) == number
    assert substitute(parse(str(size)), values) == number
    assert names(size) <= {"N", "H", "W"}
    if not_negative(size):
        assert number >= 0
    step = substitute(substitute(size, {"N": values["N"]}), values)
    assert step == number


@given(trees, trees, st.fixed_dictionaries(dict.fromkeys("NHW", st.integers(1, 50))))
@settings(max_examples=200, deadline=None)
def test_divisions_by_sizes_and_comparisons(a: Tree, b: Tree, values: dict[str, int]) -> None:
    env = {"N": N, "H": H, "W": W}
    x, y = evaluate(a, env, (min_, max_)), evaluate(b, env, (min_, max_))
    m, n = substitute(x, values), substitute(y, values)
    assert isinstance(m, int)
    assert isinstance(n, int)
    if n != 0 and y != 0:
        assert substitute(floor_div(x, y), values) == m // n
    if definitely_equal(x, y):
        assert m == n
        assert hash(x) == hash(y)
    if definitely_different(x, y):
        assert m != n
    try:
        less = x < y
    except SymbolicError:
        return
    assert less == (m < n)


def test_what_is_not_known_is_not_guessed() -> None:
    for decide in (
        lambda: N < 1,
        lambda: N > H,
        lambda: bool(N),
        lambda: range(N),
        lambda: [1, 2][N],
    ):
        with pytest.raises(SymbolicError, match="the value of 'N' is not known here"):
            decide()
    assert N >= 0
    assert N + 1 > 0
    assert bool(N + 1)
    assert known(N) is None
    assert known(3) == 3
    assert is_one(1)
    assert not is_one(N)


def test_a_zero_divisor_is_an_error() -> None:
    for a in (3, N):
        with pytest.raises(ShapeError, match="a division by 0"):
            floor_div(a, 0)


def test_total_is_a_sum() -> None:
    assert total([N, 2, H * N, -N, 3]) == H * N + 5
    assert total([N, -N]) == 0
    assert product([N, 2, H]) == 2 * H * N


def nested() -> Dim:
    x: Dim = N
    for i in range(2, 100):
        x = ((x + symbol(f"s{i}")) * x) // i
    return x


def powers() -> Dim:
    x: Dim = N
    for _ in range(20):
        x = x * x
    return x


def terms() -> Dim:
    return sum((symbol(f"s{i}") for i in range(MAX_SIZE)), start=N + 0)


def large() -> Dim:
    x: Dim = N
    for _ in range(100):
        x = x * 10**9
    return x


@pytest.mark.parametrize("build", [nested, powers, terms, large])
def test_hostile_expressions_stay_small(build: Callable[[], Dim]) -> None:
    with pytest.raises(LimitError, match="a symbolic size of more than"):
        build()


NO_SIZES = ["", "3 +", "(", "N N", "floor(N", "N^", "N^99999", "é$", "(" * 500, "min()", "1" * 5000]


@pytest.mark.parametrize("text", NO_SIZES)
def test_text_that_is_no_size(text: str) -> None:
    with pytest.raises(SpecError):
        parse(text)


def test_representation() -> None:
    assert repr(N + 1) == "<N + 1>"
    assert isinstance(N, Expr)
    assert (N == 1) is False
