"""What is said of an expression that has no value, at which character; and its limits."""

from __future__ import annotations

import time

import pytest

from flopcalc.spec.expression import SCALED, ExpressionError, Value, parse

SCOPE = {
    "in": Value(32, SCALED),
    "ch": Value(96, SCALED),
    "out": Value(24, SCALED),
    "expand": Value(6),
    "s": Value(1),
    "se": Value(True),
    "dense": Value(False),
    "zero": Value(0),
    "big": Value(999_999_999_999),
}


def error(text: str) -> ExpressionError:
    with pytest.raises(ExpressionError) as raised:
        parse(text).evaluate(SCOPE)
    return raised.value


ERRORS = [
    # text, offset, message, part of the hint
    ("", 0, "an empty expression", "a number or a name"),
    ("  ", 0, "an empty expression", "a number or a name"),
    ("4 * expnad", 4, "unknown name 'expnad'", "did you mean 'expand'?"),
    ("s == 1 and in == outt", 17, "unknown name 'outt'", "did you mean 'out'?"),
    ("True", 0, "unknown name 'True'", "did you mean 'true'?"),
    ("flor(2)", 0, "unknown function 'flor'", "did you mean 'floor'?"),
    ("floor", 0, "'floor' is a function", "floor(x)"),
    ("min(1)", 0, "min takes at least 2 values, not 1", "min(a, b)"),
    ("max()", 0, "max takes at least 2 values, not 0", "max(a, b)"),
    ("1 + floor(1, 2)", 4, "floor takes 1 value, not 2", "floor(x)"),
    ("round_to(1)", 0, "round_to takes 2 values, not 1", "round_to(x, n)"),
    ("round_to(1, 0)", 0, "cannot round to multiples of 0", "round_to(x, n)"),
    ("__import__('os').system('id')", 11, 'unexpected "\'"', "numbers, names"),
    ("a.b", 1, "unexpected '.'", "numbers, names"),
    ("in[0]", 2, "unexpected '['", "numbers, names"),
    ("in = 3", 3, "unexpected '='", "'=='"),
    ("se && dense", 3, "unexpected '&'", "'and'"),
    ("se || dense", 3, "unexpected '|'", "'or'"),
    ("!se", 0, "unexpected '!'", "'not'"),
    ("2 ^ 3", 2, "unexpected '^'", "'**'"),
    ("3 × 3", 2, "unexpected '×'", "'*'"),
    ("se ? 1 : 2", 3, "unexpected '?'", "if condition else"),
    ("${in}", 0, "unexpected '$'", "without marks"),
    ("3x3", 1, "unexpected 'x3'", "'*'"),
    ("2 ch", 2, "unexpected 'ch'", "'*'"),
    ("569M", 3, "unexpected 'M'", "'*'"),
    ("in (3)", 0, "unknown function 'in'", ""),
    ("2 (3)", 2, "unexpected '('", "'*'"),
    ("max(8", 5, "')' is missing", "quote the expression"),
    ("(1 2)", 3, "')' is missing", "'*'"),
    ("ch // 4)", 7, "unexpected ')'", ""),
    ("1 +", 3, "the expression ends too early", ""),
    ("+ 1", 0, "unexpected '+'", ""),
    ("* in", 0, "unexpected '*'", ""),
    ("min(1, )", 7, "unexpected ')'", ""),
    ("1, 2", 1, "unexpected ','", ""),
    ("1 if se", 7, "'else' is missing", "if condition else"),
    ("else 1", 0, "unexpected 'else'", ""),
    ("1 < 2 < 3", 6, "comparisons do not chain", "a < b and b < c"),
    ("1 == not 2", 5, "unexpected 'not'", ""),
    ("012 + 1", 0, "number '012' has a leading zero", "write 12"),
    ("4 / zero", 2, "division by zero", "guard it"),
    ("4 // zero", 2, "division by zero", "guard it"),
    ("4 % 0.0", 2, "division by zero", "guard it"),
    ("zero ** -1", 5, "division by zero", "negative power"),
    ("(-8) ** 0.5", 5, "a root of a negative number", "abs"),
    ("true + 1", 0, "true is not a number", "1 if x else 0"),
    ("1 * dense", 4, "false is not a number", "1 if x else 0"),
    ("-se", 1, "true is not a number", "1 if x else 0"),
    ("floor(se)", 6, "true is not a number", "1 if x else 0"),
    ("se < 2", 0, "true is not a number", "1 if x else 0"),
    ("1 == se", 5, "true is not a number", "1 if x else 0"),
    ("se == 1", 6, "1 is neither true nor false", "x != 0"),
    ("1 if s else 2", 5, "1 is neither true nor false", "x != 0"),
    ("not s", 4, "1 is neither true nor false", "x != 0"),
    ("se and in", 7, "32 is neither true nor false", "x != 0"),
]


@pytest.mark.parametrize(("text", "offset", "message", "hint"), ERRORS)
def test_errors(text: str, offset: int, message: str, hint: str) -> None:
    found = error(text)
    assert (found.message, found.offset) == (message, offset)
    assert hint in (found.hint or "")
    assert not found.limit


@pytest.mark.parametrize(
    ("text", "offset", "message"),
    [
        ("1+" * 100 + "1", 0, "an expression of 201 characters; the limit is 200"),
        ("1" * 10**6, 0, "an expression of 1000000 characters; the limit is 200"),
        ("(" * 25 + "1" + ")" * 25, 25, "an expression nested deeper than 24"),
        ("(" * 200, 25, "an expression nested deeper than 24"),
        ("-" * 100 + "1", 25, "an expression nested deeper than 24"),
        ("not " * 40 + "se", 100, "an expression nested deeper than 24"),
        ("2**" * 60 + "1", 75, "an expression nested deeper than 24"),
        ("abs(" * 30 + "1" + ")" * 30, 100, "an expression nested deeper than 24"),
        ("99999999999999999999999999", 0, "a number above 10^12"),
        ("1000000000001", 0, "a number above 10^12"),
        ("1e400", 0, "a number above 10^12"),
        ("big * big * big", 4, "a number above 10^12"),
        ("big + 2", 4, "a number above 10^12"),
        ("0 - big - 2", 8, "a number above 10^12"),
        ("1e12 / 1e-300", 5, "a number above 10^12"),
        ("1e12 // 1e-300", 5, "a number above 10^12"),
        ("round_to(1e12, 1e-300)", 0, "a number above 10^12"),
        ("10 ** 13", 3, "a number above 10^12"),
        ("(-10) ** 13", 6, "a number above 10^12"),
        ("big ** 64", 4, "a number above 10^12"),
        ("1e12 ** 64", 5, "a number above 10^12"),
        ("1e-12 ** -64", 6, "a number above 10^12"),
        ("9 ** 9 ** 9 ** 9", 7, "exponent 387420489 is above 64"),
        ("2 ** 65", 2, "exponent 65 is above 64"),
        ("2 ** -65", 2, "exponent -65 is above 64"),
        ("1 ** 1e9", 2, "exponent 1000000000.0 is above 64"),
    ],
)
def test_limits(text: str, offset: int, message: str) -> None:
    start = time.process_time()
    found = error(text)
    assert time.process_time() - start < 1
    assert (found.message, found.offset, found.limit) == (message, offset, True)
