"""What is said of text outside the YAML subset, and where: the same on both parsers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from flopcalc import yaml_tree
from flopcalc.errors import YamlError
from flopcalc.yaml_tree import parse

if TYPE_CHECKING:
    from collections.abc import Callable

_FAST: Callable[[str], Any] | None = yaml_tree._FAST_PARSER


@pytest.fixture(params=["libyaml", "pure"])
def either(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test runs on libyaml and on pure Python."""
    if request.param == "pure":
        monkeypatch.setattr(yaml_tree, "_FAST_PARSER", None)
    elif _FAST is None:
        pytest.skip("PyYAML has no libyaml here")


ERRORS = [
    # text, line:column, message, part of the hint
    (
        "b:\n  - &a {conv: 32}\n",
        "2:5",
        "a value cannot start with '&': that is a YAML anchor",
        "block",
    ),
    (
        "b:\n  - {conv: *in, k: 3}",
        "2:12",
        "a value cannot start with '*': that is a YAML alias",
        "quote the",
    ),
    ("b: *in", "1:4", "a value cannot start with '*': that is a YAML alias", "quote the"),
    ("b: {k: *in * 2}", "1:8", "a value cannot start with '*': that is a YAML alias", "quote the"),
    ("b: * 2", "1:4", "a value cannot start with '*': that is a YAML alias", "quote the"),
    (
        "a: &a [x, x]\nb: &b [*a, *a]",
        "1:4",
        "a value cannot start with '&': that is a YAML anchor",
        "block",
    ),
    (
        'body: !!python/object/apply:os.system ["id"]',
        "1:7",
        "a value cannot start with '!': that is a YAML tag",
        "tag",
    ),
    ("a: !x b", "1:4", "a value cannot start with '!': that is a YAML tag", "tag"),
    ("a: {b: !x {c: d}}", "1:8", "a value cannot start with '!': that is a YAML tag", "tag"),
    ("a: {k: %b}", "1:8", "a value cannot start with '%': that is a YAML directive", "quote the"),
    ("a: @b", "1:4", "a value cannot start with '@': that is reserved in YAML", "quote the"),
    ("a: `b`", "1:4", "a value cannot start with '`': that is reserved in YAML", "quote the"),
    (
        "a: > 3",
        "1:4",
        "a value cannot start with '>': that is a block of folded text in YAML",
        "quote the",
    ),
    (
        "a: >#x",
        "1:4",
        "a value cannot start with '>': that is a block of folded text in YAML",
        "quote the",
    ),
    (
        "a: | 3",
        "1:4",
        "a value cannot start with '|': that is a block of text in YAML",
        "quote the",
    ),
    ("a:\n\t- {pw: 8}", "2:1", "a tab cannot indent or separate", "spaces"),
    ("a: \tb", "1:4", "a tab cannot indent or separate", "spaces"),
    ("a: {conv: 32, k: 3, k: 5}", "1:21", "key 'k' is given twice", "1:15"),
    ("'a': 1\na: 2", "2:1", "key 'a' is given twice", "1:1"),
    ("b: {<<: {a: 1}}", "1:5", "merge keys '<<' are not allowed", "block"),
    ("? [a, b]\n: c", "1:3", "a key must be a word", "quote the key"),
    ("{a: {b: 1}: 2}", "1:11", "',' or '}' is missing before this", "'{' at 1:1"),
    ("a: {: 3}", "1:5", "unexpected ':'", "or quote"),
    ("a: {'': 3}", "1:5", "a key is missing before ':'", ""),
    ("a: 1\n---\nb: 2", "2:1", "a second document starts here", "one document"),
    ("%YAML 1.1\n---\na: 1", "1:1", "YAML directives are not allowed", "'%'"),
    ("a: {b: 1\n", "1:4", "'{' is never closed", "'}'"),
    ("a: [1, [2]\nb: 3", "2:1", "',' or ']' is missing before this", "'[' at 1:4"),
    ("a: [1,", "1:7", "the text ends inside a '[' or '{'", "close"),
    ("a: {b: 1]", "1:9", "',' or '}' is missing before this", "'{' at 1:4"),
    ("a: ]", "1:4", "unexpected ']'", "quote"),
    ("a: 'b", "1:4", "the quote is never closed", "close it"),
    ('a: "b', "1:4", "the quote is never closed", "close it"),
    ('a: "\\q"', "1:6", "unknown escape after '\\'", "single quotes"),
    ("a: b: c", "1:5", "':' is not allowed here", "indentation"),
    ("a: - b", "1:4", "'-' is not allowed here", "indentation"),
    ("- a\nb: c", "2:1", "this does not fit the lines above it", "indent"),
    ("a:\n  - b\n - c", "3:2", "this does not fit the lines above it", "indent"),
    ("a: b\nc\nd: e", "2:1", "':' is missing on this line", "key: value"),
    ("{a: 1} b", "1:8", "text after the end of the document", "one mapping"),
    ("a: b\0", "1:5", "character U+0000 is not allowed", "remove"),
    ("a: b\n\x1b[31m: 1", "2:1", "character U+001B is not allowed", "remove"),
    ("a: \x85b", "1:4", "character U+0085 is not allowed", "remove"),
    ("a: x\u2028b", "1:5", "character U+2028 is not allowed", "remove"),
    ("a: x\u2029b", "1:5", "character U+2029 is not allowed", "remove"),
    ("a: \ufeff", "1:4", "character U+FEFF is not allowed", "remove"),
    ("a: \ud800", "1:4", "character U+D800 is not allowed", "remove"),
    ("a: 1\rb: 2", "1:5", "a carriage return without a line feed", "line endings"),
    ('a: "\\0"', "1:4", "character U+0000 is not allowed", "remove"),
    ('a: "\\ud800"', "1:4", "character U+D800 is not allowed", "remove"),
    ('a: "\\U00110000"', "1:7", "not a Unicode character", ""),
    ("", "", "the file is empty", "key: value"),
    ("# nothing\n", "", "the file is empty", "key: value"),
    ("---\n", "", "the file is empty", "key: value"),
]


@pytest.mark.usefixtures("either")
@pytest.mark.parametrize(("text", "place", "message", "hint"), ERRORS)
def test_outside_the_subset(text: str, place: str, message: str, hint: str) -> None:
    with pytest.raises(YamlError) as raised:
        parse(text, "f.yaml")
    error = raised.value
    assert (str(error.where), error.message) == (f"f.yaml:{place}".rstrip(":"), message)
    assert hint in (error.hint or "")


def test_the_whole_message() -> None:
    with pytest.raises(YamlError) as raised:
        parse("flopcalc: 1\nbody:\n  - {conv: 32, k: 3, k: 5}\n", "dup.yaml")
    assert str(raised.value) == (
        "dup.yaml:3:22: error: key 'k' is given twice\n"
        " 3 |   - {conv: 32, k: 3, k: 5}\n"
        "                          ^\n"
        " hint: remove one; the first is at 3:16"
    )


def test_an_unwanted_character_is_not_printed() -> None:
    with pytest.raises(YamlError) as raised:
        parse("a: \x1b[2J", "f")
    assert "\x1b" not in str(raised.value)
