"""Formulas: what is printed is what is computed, and it is printed as the paper prints it."""

from __future__ import annotations

import re
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flopcalc.formula import Env, Formula, Num, Sym, Value, area
from flopcalc.ops.conv import CONV, DEPTHWISE, GROUPED, POINTWISE, SAVING
from flopcalc.ops.symbols import ALPHA, BIAS, D_F, D_K, MULT, RHO, B, G, L, M, N

PLAIN, IMPLICIT, FLAGS, SPATIAL = (
    (M, N, G),
    (B, MULT),
    (BIAS, Sym("s", "on", flag=True)),
    (D_K, D_F),
)
ENV: Env = {"B": 1, "D_K": (3, 3), "M": 32, "N": 64, "D_F": (112, 112), "μ": 1, "bias": 1, "G": 4}
SWITCHABLE = CONV.counts["weight"] + CONV.counts["bias"]


@st.composite
def environments(draw: st.DrawFn) -> Env:
    sides = st.tuples(*[st.integers(1, 9)] * draw(st.integers(1, 3)))
    env: dict[str, Value] = {s.name: draw(st.integers(1, 99)) for s in PLAIN}
    env |= {s.name: draw(st.integers(1, 3)) for s in IMPLICIT}
    env |= {s.name: draw(st.integers(0, 1)) for s in FLAGS}
    env |= {s.name: draw(sides) for s in SPATIAL}
    return env


ATOMS = st.one_of(
    st.integers(1, 20).map(Num),
    st.sampled_from((*PLAIN, *IMPLICIT, *FLAGS, *map(area, SPATIAL))),
)
BOTTOMS = st.lists(
    st.sampled_from((*PLAIN, *IMPLICIT, *map(area, SPATIAL))), min_size=1, max_size=3
)


def combine(inner: st.SearchStrategy[Formula]) -> st.SearchStrategy[Formula]:
    def ratio(top: Formula, bottom: list[Formula]) -> Formula:
        product = bottom[0]
        for factor in bottom[1:]:
            product = product * factor
        return top / product

    return st.one_of(
        st.builds(lambda a, b: a + b, inner, inner),
        st.builds(lambda a, b: a - b, inner, inner),
        st.builds(lambda a, b: a * b, inner, inner),
        st.builds(ratio, inner, BOTTOMS),
        st.builds(lambda n, a: n + a, st.integers(0, 9), inner),
        st.builds(lambda n, a: n * a, st.integers(0, 9), inner),
    )


FORMULAS = st.recursive(ATOMS, combine, max_leaves=12)


def evaluate(text: str) -> Fraction:
    """What a reader of `text` computes."""
    numbers = re.sub(r"\d+", r"Fraction(\g<0>)", text.replace("·", "*"))
    value = eval(numbers, {"Fraction": Fraction})  # noqa: S307 - digits and operators alone
    assert isinstance(value, Fraction)
    return value


@given(formula=FORMULAS, env=environments())
def test_what_is_printed_is_what_is_computed(formula: Formula, env: Env) -> None:
    assert evaluate(formula.numbers(env)) == formula.value(env)


@given(formula=FORMULAS, env=environments())
def test_the_algebra_means_the_same(formula: Formula, env: Env) -> None:
    """Each letter replaced by its value, the algebra with its switches is the number."""
    names: dict[str, Value] = {f"[{s.name}]": env[s.name] for s in FLAGS}
    names |= {s.name: env[s.name] for s in (*PLAIN, *IMPLICIT)}
    for symbol in SPATIAL:
        sides = env[symbol.name]
        assert isinstance(sides, tuple)
        axes = "dhw"[3 - len(sides) :]
        names |= {symbol.name + axis: n for axis, n in zip(axes, sides, strict=True)}
        names[symbol.name] = sides[0]
    text = formula.algebra(env)
    for name in sorted(names, key=len, reverse=True):
        text = text.replace(name, str(names[name]))
    assert evaluate(text) == formula.value(env)


@given(formula=FORMULAS, env=environments())
def test_replacing_a_symbol_by_a_number_is_binding_it(formula: Formula, env: Env) -> None:
    fixed = {symbol: env[symbol.name] for symbol in (*PLAIN, *IMPLICIT)}
    numbers = {symbol: n for symbol, n in fixed.items() if isinstance(n, int)}
    rest = {name: n for name, n in env.items() if name not in {s.name for s in numbers}}
    assert formula.replace(numbers).value(rest) == formula.value(env)
    assert formula.replace({}).numbers(env) == formula.numbers(env)


@given(formula=FORMULAS, env=environments())
def test_the_legend_explains_what_is_shown(formula: Formula, env: Env) -> None:
    text = formula.algebra(env)
    symbols = formula.symbols(env)
    assert len(set(symbols)) == len(symbols)
    for symbol in symbols:
        assert symbol.name in text
        assert symbol.meaning


@pytest.mark.parametrize(
    ("formula", "algebra"),
    [
        (CONV.counts["mac"], "D_K·D_K·M·N·D_F·D_F"),
        (DEPTHWISE.counts["mac"], "D_K·D_K·M·D_F·D_F"),
        (POINTWISE.counts["mac"], "M·N·D_F·D_F"),
        (GROUPED.counts["mac"], "D_K·D_K·(M/G)·N·D_F·D_F"),
        (
            DEPTHWISE.counts["mac"] + POINTWISE.counts["mac"],
            "D_K·D_K·M·D_F·D_F + M·N·D_F·D_F",
        ),
        (SAVING, "1/N + 1/(D_K·D_K)"),
        (SWITCHABLE, "D_K·D_K·M·N + [bias]·N"),
        (M * (N - 1), "M·(N - 1)"),
        (M - (N + 1), "M - (N + 1)"),
        (M - N * 2, "M - N·2"),
        (M / (N / G), "M/(N/G)"),
        (2 / M, "2/M"),
        ((M + N) / 2, "(M + N)/2"),
        (B * L, "1"),
        (3 + M, "3 + M"),
    ],
)
def test_algebra(formula: Formula, algebra: str) -> None:
    assert formula.algebra() == algebra
    assert repr(formula) == f"<{algebra}>"


def test_width_and_resolution_multipliers() -> None:
    """Howard et al. 2017, arXiv:1704.04861, eqs. 6 and 7."""
    separable = DEPTHWISE.counts["mac"] + POINTWISE.counts["mac"]
    thin = separable.replace({M: ALPHA * M, N: ALPHA * N})
    assert thin.algebra() == "D_K·D_K·α·M·D_F·D_F + α·M·α·N·D_F·D_F"
    small = POINTWISE.counts["mac"].replace({D_F: RHO * D_F})
    assert small.algebra() == "M·N·ρ·ρ·D_F·D_F"
    renamed = POINTWISE.counts["mac"].replace({D_F: D_K, N: 7})
    assert renamed.algebra() == "M·7·D_K·D_K"


@pytest.mark.parametrize(
    ("formula", "env", "algebra", "numbers", "value"),
    [
        (
            CONV.counts["mac"],
            {"M": 3, "N": 32},
            "D_K·D_K·M·N·D_F·D_F",
            "3·3·3·32·112·112",
            10_838_016,
        ),
        (
            CONV.counts["mac"],
            {"B": 8},
            "B·D_K·D_K·M·N·D_F·D_F",
            "8·3·3·32·64·112·112",
            1_849_688_064,
        ),
        (
            CONV.counts["mac"],
            {"D_K": (3, 5), "M": 2, "N": 4, "D_F": (8, 8)},
            "D_Kh·D_Kw·M·N·D_F·D_F",
            "3·5·2·4·8·8",
            7_680,
        ),
        (
            CONV.counts["mac"],
            {"D_K": (3,), "M": 2, "N": 4, "D_F": (8,)},
            "D_K·M·N·D_F",
            "3·2·4·8",
            192,
        ),
        (CONV.counts["weight"], {"D_K": (3, 7, 7)}, "D_Kd·D_Kh·D_Kw·M·N", "3·7·7·32·64", 301_056),
        (DEPTHWISE.counts["weight"], {"μ": 2}, "D_K·D_K·M·μ", "3·3·32·2", 576),
        (SWITCHABLE, {"M": 2, "N": 4}, "D_K·D_K·M·N + [bias]·N", "3·3·2·4 + 4", 76),
        (SWITCHABLE, {"M": 2, "N": 4, "bias": 0}, "D_K·D_K·M·N + [bias]·N", "3·3·2·4", 72),
        (CONV.counts["bias"], {"bias": 0}, "[bias]·N", "0", 0),
        (BIAS + BIAS * M, {"bias": 0}, "[bias] + [bias]·M", "0", 0),
        (N * (BIAS + BIAS * M), {"bias": 0}, "N·([bias] + [bias]·M)", "64·0", 0),
        (N * (BIAS + M), {"bias": 1}, "N·([bias] + M)", "64·(1 + 32)", 2_112),
        (GROUPED.counts["weight"], {}, "D_K·D_K·(M/G)·N", "3·3·(32/4)·64", 4_608),
    ],
)
def test_readings_with_values(
    formula: Formula, env: Env, algebra: str, numbers: str, value: int
) -> None:
    env = {**ENV, **env}
    assert formula.algebra(env) == algebra
    assert formula.numbers(env) == numbers
    assert formula.value(env) == value


@pytest.mark.parametrize(
    ("formula", "env", "latex"),
    [
        (CONV.counts["mac"], None, r"D_K \cdot D_K \cdot M \cdot N \cdot D_F \cdot D_F"),
        (CONV.counts["weight"], {**ENV, "D_K": (3, 5)}, r"D_{Kh} \cdot D_{Kw} \cdot M \cdot N"),
        (CONV.counts["bias"], None, r"[\mathrm{bias}] \cdot N"),
        (SAVING, None, r"\frac{1}{N} + \frac{1}{D_K \cdot D_K}"),
        (ALPHA * M, None, r"\alpha \cdot M"),
        (Sym("rows", "a word") * M, None, r"\mathrm{rows} \cdot M"),
        (B / M, None, r"\frac{1}{M}"),
        (M / B, None, r"\frac{M}{1}"),
        (B * 1, None, "1"),
    ],
)
def test_latex(formula: Formula, env: Env | None, latex: str) -> None:
    assert formula.latex(env) == latex


def test_legend() -> None:
    legend = {s.name: s.meaning for s in SWITCHABLE.symbols()}
    assert legend == {
        "D_K": "kernel size",
        "M": "input channels",
        "N": "output channels",
        "bias": "1 if the layer adds a bias",
    }
    assert B not in CONV.counts["mac"].symbols()
    assert CONV.counts["mac"].symbols({**ENV, "B": 2})[0] is B


def test_a_ratio_is_exact_or_a_fraction() -> None:
    assert type((M / G).value({"M": 32, "G": 4})) is int
    assert (M / G).value({"M": 3, "G": 4}) == Fraction(3, 4)


def test_a_spatial_symbol_is_used_through_area() -> None:
    with pytest.raises(AssertionError, match=r"D_K is spatial: use area\(D_K\)"):
        D_K.value(ENV)
    assert area(D_K).value({"D_K": 3}) == 3  # one axis


def test_formula_is_abstract() -> None:
    with pytest.raises(NotImplementedError):
        Formula().value({})
    with pytest.raises(NotImplementedError):
        Formula().replace({})
    with pytest.raises(NotImplementedError):
        Formula().algebra()
    assert Num(3).parts() == ()
