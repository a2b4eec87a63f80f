"""Text to a located tree: the subset, its messages to the character, and hostile input."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from flopcalc import yaml_tree
from flopcalc.errors import InputError, LimitError, YamlError
from flopcalc.yaml_errors import looks_like_expression
from flopcalc.yaml_tree import (
    Entries,
    Items,
    Node,
    Scalar,
    Source,
    as_literal,
    parse,
    read_file,
)

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


def plain(node: Node) -> object:
    if isinstance(node, Scalar):
        return node.value
    if isinstance(node, Items):
        return [plain(item) for item in node.items]
    return {key: plain(value) for key, (_, value) in node.entries.items()}


def located(node: Node) -> object:
    place = (node.line, node.column)
    if isinstance(node, Scalar):
        return (node.value, node.plain, place)
    if isinstance(node, Items):
        return ([located(item) for item in node.items], place)
    return ([(located(key), located(value)) for key, value in node.entries.values()], place)


def outcome(text: str) -> object:
    try:
        return located(parse(text, "f")[0])
    except InputError as error:
        return f"{type(error).__name__} {error}"


def outcome_of(text: str, parser: Callable[[str], Any] | None) -> object:
    before = yaml_tree._FAST_PARSER
    yaml_tree._FAST_PARSER = parser
    try:
        return outcome(text)
    finally:
        yaml_tree._FAST_PARSER = before


def literal(text: str) -> object:
    root, source = parse(text, "f")
    assert isinstance(root, Items)
    (scalar,) = root.items
    assert isinstance(scalar, Scalar)
    return as_literal(scalar, source)


SPEC = """\
# a comment
flopcalc: 1
body:
  - {conv: 32, k: 3}  # stem
  - global_avg_pool
  - {dense, s: "max(1, in)"}
"""


@pytest.mark.usefixtures("either")
class TestTree:
    def test_a_spec(self) -> None:
        root, source = parse(SPEC, "a.yaml")
        assert plain(root) == {
            "flopcalc": "1",
            "body": [
                {"conv": "32", "k": "3"},
                "global_avg_pool",
                {"dense": "", "s": "max(1, in)"},
            ],
        }
        assert source.name == "a.yaml"

    def test_places_count_from_one(self) -> None:
        root, _ = parse(SPEC, "a.yaml")
        assert isinstance(root, Entries)
        key, body = root.entries["body"]
        assert (key.line, key.column) == (3, 1)
        assert isinstance(body, Items)
        assert (body.line, body.column) == (4, 3)
        step = body.items[0]
        assert isinstance(step, Entries)
        assert (step.line, step.column) == (4, 5)
        assert located(step.entries["k"][0]) == ("k", True, (4, 16))
        assert located(step.entries["k"][1]) == ("3", True, (4, 19))

    def test_a_missing_value_stands_at_its_key(self) -> None:
        root, _ = parse("{a, b: , c: 1}", "f")
        assert isinstance(root, Entries)
        assert located(root.entries["b"][1]) == ("", True, (1, 5))

    def test_order_is_kept(self) -> None:
        root, _ = parse("{z: 1, a: 2, m: 3}", "f")
        assert isinstance(root, Entries)
        assert list(root.entries) == ["z", "a", "m"]

    @pytest.mark.parametrize("text", ["a: 1\r\nb: 2\r\n", "\ufeffa: 1\nb: 2", "---\na: 1\nb: 2\n"])
    def test_line_endings_marks_and_document_starts(self, text: str) -> None:
        assert plain(parse(text, "f")[0]) == {"a": "1", "b": "2"}

    def test_quotes_and_blocks_are_not_plain(self) -> None:
        root, _ = parse("- no\n- 'no'\n- \"no\"\n- |\n  no\n- >\n  a\n  b\n", "f")
        assert isinstance(root, Items)
        assert [s.plain for s in root.items if isinstance(s, Scalar)] == [True, *[False] * 4]
        assert plain(root) == ["no", "no", "no", "no\n", "a b\n"]

    def test_an_expression_cut_at_its_comma_is_a_key(self) -> None:
        root, _ = parse("{se: max(8, ch // 4), act: relu}", "f")
        assert plain(root) == {"se": "max(8", "ch // 4)": "", "act": "relu"}

    def test_a_question_mark_is_text(self) -> None:
        assert plain(parse("note: why?\nb: {note: 'so?'}", "f")[0]) == {
            "note": "why?",
            "b": {"note": "so?"},
        }

    @pytest.mark.parametrize(
        ("text", "offset", "column"),
        [
            ("- 4 * expnad", 4, 7),
            ("- '4 * expnad'", 4, 8),
            ('- "4 * expnad"', 4, 8),
            ('- "4\\u0020* expnad"', 4, 3),  # escaped: the scalar itself
            ("- 4 *\n  expnad", 4, 3),  # folded: likewise
            ("- 4", 0, 3),
        ],
    )
    def test_where_a_character_of_a_scalar_is(self, text: str, offset: int, column: int) -> None:
        root, source = parse(text, "f")
        assert isinstance(root, Items)
        where = source.where(root.items[0], offset)
        assert (where.line, where.column) == (1, column)
        assert where.text == text.split("\n", maxsplit=1)[0]


@pytest.mark.usefixtures("either")
class TestLimits:
    @pytest.mark.parametrize("opening", ["[", "{", "- ", "{a: ", "? "])
    def test_nesting(self, opening: str) -> None:
        for times in (33, 10**5 // len(opening)):
            with pytest.raises(LimitError, match="nested deeper than 32") as raised:
                parse(opening * times, "f")
            assert raised.value.where is not None
            assert raised.value.where.column == 32 * len(opening) + 1

    def test_nesting_of_32_is_fine(self) -> None:
        parse("[" * 32 + "]" * 32, "f")

    def test_size(self) -> None:
        with pytest.raises(LimitError, match="larger than 256 KiB"):
            parse("#" * (256 * 1024 + 1), "f")
        parse("a: b #" + "#" * (256 * 1024 - 6), "f")

    def test_values(self) -> None:
        rows = "- [" + "1," * 999 + "1]\n"
        with pytest.raises(LimitError, match="more than 50000 values"):
            parse(rows * 50, "f")

    @pytest.mark.parametrize(
        "text",
        [
            "a" * 250_000,
            '"' + "a" * 250_000,
            "*" * 250_000,
            "&" * 250_000,
            "[a" + " a" * 120_000,
            "{" + "a," * 120_000,
            "a: " * 80_000,
            "- {a: 1}\n" * 9_000 + "- {",
            "\n".join(f"k{i}: 1" for i in range(15_000)) + "\nk0: 1",
        ],
    )
    def test_long_input_ends_soon(self, text: str) -> None:
        start = time.process_time()
        outcome(text)
        assert time.process_time() - start < 10  # seconds; a quadratic loop takes minutes


ALPHABET = st.sampled_from(
    [
        *"{}[],:-#?&*!|>'\"%@`\\ \n\tab01~.=<()/_\x85\u2028\x00é😀\ufeff",
        "\r\n",
        "\r",
        "\n  - ",
        ": ",
        "{a: b}",
        "- ",
        "---\n",
        "...\n",
        '"\\xff"',
        '"\\U00110000"',
        '"\\ud800"',
        "<<: ",
        "&a ",
        "!!s ",
    ]
)


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(ALPHABET, max_size=16).map("".join))
@example("{a? b: c}")
@example("---\n#")
@example(">#")
@example("? a")
@example("a: b\n\t\nc: d")
def test_both_parsers_agree(text: str) -> None:
    assert outcome_of(text, _FAST) == outcome_of(text, None)


@settings(max_examples=200, deadline=None)
@given(st.one_of(st.text(), st.binary().map(lambda b: b.decode("latin-1"))))
def test_any_text_is_read_or_refused(text: str) -> None:
    outcome(text)  # only errors of ours are caught there


@settings(max_examples=60, deadline=None)
@given(data=st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(
    data: bytes, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.getbasetemp() / "any.yaml"
    path.write_bytes(data)
    try:
        text = read_file(str(path))
    except InputError:
        return
    assert text == data.decode("utf-8-sig")


TREES = st.recursive(
    st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=8),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(st.from_regex(r"[a-z][a-z_0-9]{0,6}", fullmatch=True), inner, max_size=4),
    ),
    max_leaves=12,
)


@settings(max_examples=150, deadline=None)
@given(tree=TREES.filter(lambda tree: not isinstance(tree, str)), block=st.booleans())
def test_what_is_written_is_read(tree: Any, block: bool) -> None:
    text = yaml.safe_dump(tree, default_flow_style=False) if block else json.dumps(tree)
    for parser in (_FAST, None):
        before, yaml_tree._FAST_PARSER = yaml_tree._FAST_PARSER, parser
        try:
            assert plain(parse(text, "f")[0]) == tree
        finally:
            yaml_tree._FAST_PARSER = before


class TestLiterals:
    @pytest.mark.parametrize(
        ("text", "value"),
        [
            ("0", 0),
            ("64", 64),
            ("-3", -3),
            ("+3", 3),
            ("1e-3", 1e-3),
            ("1e3", 1000.0),
            (".5", 0.5),
            ("2.", 2.0),
            ("0.75", 0.75),
            ("1000000000000", 10**12),
            ("true", True),
            ("false", False),
            ("~", None),
            ("null", None),
            ("", None),
        ],
    )
    def test_values(self, text: str, value: object) -> None:
        found = literal(f"- {text}")
        assert (found, type(found)) == (value, type(value))

    @pytest.mark.parametrize(
        "text",
        ["in * 2", "relu", "12:30", "1_000", "3x3", "0x10", "1e", "-", ".inf", "nope", "224x224x3"],
    )
    def test_the_rest_is_text(self, text: str) -> None:
        assert literal(f"- {text}" if text != "-" else "- '-'") == text

    @pytest.mark.parametrize("text", ["no", "012", "true", "3", "~", "9" * 50])
    def test_quoted_is_text(self, text: str) -> None:
        assert literal(f"- '{text}'") == text

    @pytest.mark.parametrize(
        ("text", "hint"),
        [(w, "true") for w in ("yes", "YES", "on", "On", "y", "Y", "True", "TRUE")]
        + [(w, "false") for w in ("no", "No", "off", "OFF", "n", "N", "False")],
    )
    def test_other_switches(self, text: str, hint: str) -> None:
        with pytest.raises(YamlError) as raised:
            literal(f"- {text}")
        assert raised.value.message == f"'{text}' is no value here"
        assert raised.value.hint == f"write {hint}, or quote a name"
        assert str(raised.value.where) == "f:1:3"

    @pytest.mark.parametrize(
        ("text", "hint"),
        [
            ("012", "write 12"),
            ("-07", "write -7"),
            ("00", "write 0"),
            ("01.5", "write 1.5"),
            ("00.5", "write 0.5"),
        ],
    )
    def test_leading_zeros(self, text: str, hint: str) -> None:
        with pytest.raises(YamlError, match="leading zero") as raised:
            literal(f"- {text}")
        assert raised.value.hint == hint

    @pytest.mark.parametrize("text", ["1000000000001", "9" * 5000, "-9e12", "1e400", "1e99999"])
    def test_numbers_are_bounded(self, text: str) -> None:
        with pytest.raises(LimitError, match=r"above 10\^12") as raised:
            literal(f"- {text}")
        assert len(raised.value.message) < 80


@pytest.mark.parametrize(
    ("key", "answer"),
    [
        ("ch // 4)", True),
        ("4)", True),
        ("k)", True),
        ("first.s", False),
        ("a75-192", False),
        ("é", True),
    ],
)
def test_keys_that_were_expressions(key: str, answer: bool) -> None:
    assert looks_like_expression(key) is answer


def test_a_place_beyond_the_end_has_no_text() -> None:
    source = Source("f", "a: 1")
    assert source.at(9, 1).text == ""
    assert source.at(1, 1).text == "a: 1"
