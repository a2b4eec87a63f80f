"""Expressions: values, states, messages at their character, limits, and Python as the oracle."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from flopcalc.spec.expression import (
    FIXED,
    FUNCTIONS,
    NOMINAL,
    SCALED,
    ExpressionError,
    Value,
    div8,
    integral,
    parse,
    round_half_up,
)

SCOPE = {
    "in": Value(32, SCALED),
    "ch": Value(96, SCALED),
    "out": Value(24, SCALED),
    "expand": Value(6),
    "compression": Value(0.5),
    "s": Value(1),
    "classes": Value(1000, FIXED),
    "alpha": Value(0.75, FIXED),
    "se": Value(True),
    "dense": Value(False),
    "zero": Value(0),
    "big": Value(999_999_999_999),
}


def value(text: str) -> Value:
    return parse(text).evaluate(SCOPE)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1", 1),
        ("1.5", 1.5),
        (".5", 0.5),
        ("2.", 2.0),
        ("1e3", 1000.0),
        ("1 + 2 * 3", 7),
        ("(1 + 2) * 3", 9),
        ("10 - 3 - 2", 5),
        ("64 / 8 / 2", 4),
        ("7 / 2", 3.5),
        ("6 / 2", 3),
        ("7 // 2", 3),
        ("-7 // 2", -4),
        ("-7 % 3", 2),
        ("7 % -3", -2),
        ("2 ** 10", 1024),
        ("2 ** 3 ** 2", 512),
        ("-2 ** 2", -4),
        ("2 ** -1", 0.5),
        ("10 ** 12", 10**12),
        ("--3", 3),
        ("min(3, 1, 2)", 1),
        ("max(8, in // 4)", 8),
        ("floor(-0.5)", -1),
        ("ceil(-0.5)", 0),
        ("ceil(2)", 2),
        ("round(2.5)", 3),
        ("round(-2.5)", -2),
        ("round(0.49999999999999994)", 0),
        ("abs(-3)", 3),
        ("round_to(45, 16)", 48),
        ("round_to(40, 16)", 48),
        ("round_to(39.9, 16)", 32),
        ("floor(in * compression)", 16),
        ("div8(ch / 4)", 24),
        ("6 * ch", 576),
        ("1 if s == 1 else nowhere", 1),
        ("nowhere if s != 1 else 2", 2),
        ("1 if dense else 2 if se else 3", 2),
        ("9 * 9\n + 1", 82),
    ],
)
def test_numbers(text: str, number: float) -> None:
    found = value(text).number
    assert (found, type(found)) == (number, type(number))


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("true", True),
        ("s == 1 and in == out", False),
        ("s != 1 or in != out", True),
        ("expand != 1", True),
        ("not se", False),
        ("not s == 2", True),
        ("not not se", True),
        ("se == true", True),
        ("se != dense", True),
        ("1 < 2", True),
        ("2 <= 1.5", False),
        ("2 > 2", False),
        ("2 >= 2", True),
        ("dense and nowhere", False),
        ("se or nowhere", True),
        ("true or false and false", True),
        ("(true or false) and false", False),
        ("not dense or nowhere", True),
    ],
)
def test_conditions(text: str, answer: bool) -> None:
    assert value(text).number is answer


@pytest.mark.parametrize(
    ("text", "state"),
    [
        ("4", NOMINAL),
        ("4 * expand", NOMINAL),
        ("classes", FIXED),
        ("classes + 1", FIXED),
        ("in * expand", SCALED),
        ("classes * in", SCALED),
        ("-in", SCALED),
        ("max(8, in // 4)", SCALED),
        ("div8(ch / 4)", SCALED),
        ("round_to(4, ch)", SCALED),
        ("fixed(4)", FIXED),
        ("fixed(in)", SCALED),
        ("scale(4)", SCALED),
        ("scale(classes)", FIXED),
        ("scale(in)", SCALED),
        ("in == out", SCALED),
        ("not in == out", SCALED),
        ("s == 1 and in == out", SCALED),
        ("s == 2 and in == out", NOMINAL),
        ("4 if in == 32 else in", NOMINAL),
        ("4 if s == 2 else in", SCALED),
    ],
)
def test_states(text: str, state: int) -> None:
    assert value(text).state == state


def test_scale_applies_the_rule_to_nominal_numbers_only() -> None:
    def half(x: float) -> float:
        return int(x * 0.5)

    for text, number in [
        ("scale(33)", 16),
        ("scale(in)", 32),
        ("scale(classes)", 1000),
        ("33", 33),
    ]:
        assert parse(text).evaluate(SCOPE, scale=half).number == number


@pytest.mark.parametrize(
    ("text", "nominal"),
    [
        ("in + 4", "4"),
        ("4 - in", "4"),
        ("in == 16", "16"),
        ("expand < ch", "6"),
        ("in >= expand * 2", "12"),
        ("in != s", "1"),
    ],
)
def test_mixed_states_are_reported(text: str, nominal: str) -> None:
    warnings: list[str] = []
    parse(text).evaluate(SCOPE, warnings=warnings)
    assert len(warnings) == 1
    assert f"'{text}'" in warnings[0]
    assert f"nominal {nominal}:" in warnings[0]


@pytest.mark.parametrize(
    "text",
    [
        "expand != 1",
        "in * 4",
        "in == out",
        "fixed(4) + in",
        "scale(4) + in",
        "in > 0",
        "in + classes",
        "in // 4",
    ],
)
def test_alike_states_are_not_reported(text: str) -> None:
    warnings: list[str] = []
    parse(text).evaluate(SCOPE, warnings=warnings)
    assert warnings == []


def test_a_part_is_reported_once() -> None:
    warnings: list[str] = []
    parse("(in + 4) * 2 == out * 2").evaluate(SCOPE, warnings=warnings)
    assert len(warnings) == 1


def test_scaled_results_are_bounded_too() -> None:
    with pytest.raises(ExpressionError, match="above 10"):
        parse("scale(2)").evaluate(SCOPE, scale=lambda x: x * 10**12)


def test_the_limits_themselves_are_allowed() -> None:
    assert value("1+" * 99 + "10").number == 109  # 200 characters
    assert value("(" * 24 + "1" + ")" * 24).number == 1
    assert value("2 ** 39").number == 2**39
    assert value("1 ** 64").number == 1


def test_names_are_known_without_evaluating() -> None:
    assert parse("max(in, 4 * t) if true else fixed(classes)").names == {"in", "t", "classes"}
    assert parse("3 + 4").names == frozenset()


def test_the_same_text_is_parsed_once() -> None:
    assert parse("in * 123") is parse("in * 123")


def test_a_scope_is_any_mapping_of_names() -> None:
    class Lazy:
        def get(self, name: str, /) -> Value | None:
            return Value(len(name)) if name.startswith("x") else None

        def __iter__(self) -> object:
            return iter(["xylophone"])

    assert parse("xx + xxx").evaluate(Lazy()).number == 5  # type: ignore[arg-type]  # __iter__ is loosely typed on purpose
    with pytest.raises(ExpressionError) as raised:
        parse("zylophone").evaluate(Lazy())  # type: ignore[arg-type]  # likewise
    assert raised.value.hint == "did you mean 'xylophone'?"


@pytest.mark.parametrize(
    ("number", "wanted"),
    [
        (3, 3),
        (3.0, 3),
        (3.0000000001, 3),
        (2.9999999999, 3),
        (3.5, None),
        (3.00000001, None),
        (True, None),
        (-0.0, 0),
    ],
)
def test_integral(number: float, wanted: int | None) -> None:
    assert integral(Value(number)) == wanted


def make_divisible(v: float, divisor: int = 8) -> int:
    """The MobileNetV2 reference code, as TensorFlow and torchvision publish it."""
    new_v = max(divisor, int(v + divisor / 2) // divisor * divisor)
    if new_v < 0.9 * v:
        new_v += divisor
    return new_v


@given(st.one_of(st.integers(1, 10**6), st.floats(0.01, 10**6)))
def test_div8_is_the_reference_code(x: float) -> None:
    assert div8(x) == make_divisible(x)


@given(st.floats(-1e12, 1e12))
def test_round_half_up(x: float) -> None:
    nearest = round_half_up(x)
    assert abs(nearest - x) <= 0.5
    assert nearest - x != -0.5
    assert math.floor(x) <= nearest <= math.ceil(x)


# Random trees, written out; Python's own evaluation is the oracle on what both have.

NAMES = {"a": 3, "b": 7, "c": 0.5, "zero": 0, "_x1": -12}
PYTHON: dict[str, Any] = {
    "min": min,
    "max": max,
    "abs": abs,
    "floor": math.floor,
    "ceil": math.ceil,
    **NAMES,
}
ATOMS = st.one_of(
    st.integers(0, 40).map(str),
    st.sampled_from(["0.5", "2.25", "1e-3", "3.", ".75"]),
    st.sampled_from(sorted(NAMES)),
)


def _bigger(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    conditions = st.builds(
        "{} {} {}".format, inner, st.sampled_from(["==", "!=", "<", "<=", ">", ">="]), inner
    )
    conditions = st.one_of(
        conditions,
        st.builds("not {}".format, conditions),
        st.builds("({} {} {})".format, conditions, st.sampled_from(["and", "or"]), conditions),
    )
    return st.one_of(
        st.builds(
            "{} {} {}".format, inner, st.sampled_from(["+", "-", "*", "/", "//", "%", "**"]), inner
        ),
        st.builds("({})".format, inner),
        st.builds("-{}".format, inner),
        st.builds("({} if {} else {})".format, inner, conditions, inner),
        st.builds("{}({}, {})".format, st.sampled_from(["min", "max"]), inner, inner),
        st.builds("{}({})".format, st.sampled_from(["abs", "floor", "ceil"]), inner),
    )


@settings(max_examples=500, deadline=None)
@given(st.recursive(ATOMS, _bigger, max_leaves=8))
def test_python_is_the_oracle(text: str) -> None:
    scope = {name: Value(number) for name, number in NAMES.items()}
    try:
        found = parse(text).evaluate(scope)
    except ExpressionError as error_:
        refused = error_
    else:
        wanted = eval(text, {"__builtins__": {}}, PYTHON)  # noqa: S307 - the oracle, on text made here
        assert found == Value(wanted), text
        return
    assert refused.limit or refused.message in {
        "division by zero",
        "a root of a negative number",
        "comparisons do not chain",
    }


TOKENS = [
    *["1", "2.5", "in", "se", "nope", "1e12", "true", "(", ")", ",", "if", "else", "and", "or"],
    *["not", "+", "-", "*", "/", "//", "%", "**", "==", "<"],
    *(f"{name}(" for name in sorted(FUNCTIONS)),
]


@settings(max_examples=300, deadline=None)
@given(
    st.one_of(
        st.text(max_size=40),
        st.lists(
            st.sampled_from(TOKENS),
            max_size=25,
        ).map(" ".join),
    )
)
@example("1 \u2003")
@example("\x1c")
def test_any_text_has_a_bounded_value_or_an_error(text: str) -> None:
    try:
        found = value(text)
    except ExpressionError as error_:
        refused = error_
    else:
        assert -(10**12) <= found.number <= 10**12
        assert found.state in {NOMINAL, FIXED, SCALED}
        return
    assert 0 <= refused.offset <= len(text)
    assert refused.message
