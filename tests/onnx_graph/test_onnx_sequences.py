"""Sequences, optionals and strings: nothing is computed, shapes and lengths are followed."""

from __future__ import annotations

import onnx
import pytest
from micro import analyzed, counts, graph, model, mult_adds, of, reasons

from flopcalc.dim_values import substitute

CASES: dict[str, tuple[str, str]] = {
    "at": (
        (
            "n (float[1,8] a, float[3,8] b) => (float y) <int64 i = {1}>"
            "{ s = SequenceConstruct(a, b)  y = SequenceAt(s, i) }"
        ),
        "3×8",
    ),
    "insert, erase": (
        (
            "n (float[1,8] a, float[3,8] b) => (float y) <int64 i = {0}, int64 last = {-1}>"
            "{ e = SequenceEmpty<dtype=1>()  s = SequenceInsert(e, a)  t = SequenceInsert(s, b, i)"
            " u = SequenceErase(t)  y = SequenceAt(u, last) }"
        ),
        "3×8",
    ),
    "length": (
        (
            "n (float[1,8] a) => (float y) { s = SequenceConstruct(a, a, a)  l = SequenceLength(s)"
            " o = Constant<value_ints=[0]>()  k = Unsqueeze(l, o)  y = ConstantOfShape(k) }"
        ),
        "3",
    ),
    "joined": (
        (
            "n (float[1,8] a, float[3,8] b) => (float y)"
            "{ s = SequenceConstruct(a, b, a)  y = ConcatFromSequence<axis=0>(s) }"
        ),
        "5×8",
    ),
    "stacked": (
        (
            "n (float[3,8] a, float[3,8] b) => (float y)"
            "{ s = SequenceConstruct(a, b)  y = ConcatFromSequence<axis=-1, new_axis=1>(s) }"
        ),
        "3×8×2",
    ),
    "split into ones": (
        (
            "n (float[3,8] a) => (float y) <int64 i = {2}>"
            "{ s = SplitToSequence<axis=1, keepdims=0>(a)  y = SequenceAt(s, i) }"
        ),
        "3",
    ),
    "split by a size": (
        (
            "n (float[3,8] a) => (float y) <int64 p = {3}, int64 i = {-1}>"
            "{ s = SplitToSequence<axis=1>(a, p)  y = SequenceAt(s, i) }"
        ),
        "3×2",
    ),
    "split by sizes": (
        (
            "n (float[3,8] a) => (float y) <int64[2] p = {3, 5}, int64 i = {1}>"
            "{ s = SplitToSequence<axis=1>(a, p)  y = SequenceAt(s, i) }"
        ),
        "3×5",
    ),
    "optional": (
        "n (float[3,8] a) => (float y) { o = Optional(a)  y = OptionalGetElement(o) }",
        "3×8",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_shapes(case: str) -> None:
    text, shape = CASES[case]
    made = graph(text)
    assert counts(made) == {}
    assert not reasons(model(text))
    assert "×".join(map(str, made.outputs[0].shape)) == shape


def test_a_sequence_that_is_given_has_a_length_with_a_name() -> None:
    message = onnx.parser.parse_model(
        '<ir_version: 10, opset_import: ["": 17]>'
        "n (seq(float[2,3]) s) => (float[2,6] y) { y = ConcatFromSequence<axis=1>(s) }"
    )
    loaded = of(message)
    made = loaded.graph()
    assert [str(size) for size in made.outputs[0].shape] == ["2", "3*s_length"]
    bound = analyzed(loaded, dims=(("s_length", 4),)).graph
    assert bound.outputs[0].shape == (2, 12)
    assert substitute(made.outputs[0].shape[1], {"s_length": 4}) == 12


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ("s = SequenceConstruct(x, x)  y = SequenceAt(s, two)", "position 2 in a sequence of 2"),
        ("y = SequenceAt(x, two)", "the sequence 'x' is not known"),
        ("e = SequenceEmpty()  y = SequenceErase(e)", "position -1 in a sequence of 0"),
        ("o = Optional()  y = OptionalGetElement(o)", "the element of an empty optional"),
        ("s = SplitToSequence(x, x)  y = SequenceAt(s, two)", "the sequence 's' is not known"),
    ],
)
def test_what_cannot_be_taken_apart_has_an_unknown_shape(body: str, why: str) -> None:
    loaded = model(f"n (float[3,8] x) => (float z) <int64 two = {{2}}> {{ {body}  z = Relu(y) }}")
    (reason,) = reasons(loaded).values()
    assert reason.startswith(f"shape of 'y' unknown: {why}, in '")


def test_whether_an_optional_is_empty_decides_a_branch() -> None:
    text = (
        "n (float[2,4] x) => (float y) {{ o = Optional({given})  c = OptionalHasElement(o)"
        " y = If(c) <then_branch = a () => (float p) {{ p = MatMul(x, w) }},"
        " else_branch = b () => (float q) {{ q = Identity(x) }}> }}"
    )
    weights = {"w": (4, 4)}
    assert counts(graph(text.format(given="x"), **weights)) == {"mac": 32}
    assert counts(graph(text.format(given=""), **weights)) == {}


def test_a_list_that_a_loop_fills_is_known_item_by_item() -> None:
    loaded = model(
        "n (float[6,4] x) => (float y) <int64 m = {3}, bool t = {1}, int64[1] o = {0}> {"
        " e = SequenceEmpty<dtype=1>()"
        " s = Loop(m, t, e) <body = b (int64 i, bool c, seq(float) l) => (bool d, seq(float) k)"
        " { d = Identity(c)  f = Unsqueeze(i, o)  p = Slice(x, o, f, o)"
        "   k = SequenceInsert(l, p) }>"
        " y = ConcatFromSequence<axis=0>(s) }"
    )
    assert loaded.graph().outputs[0].shape == (0 + 1 + 2, 4)
    assert mult_adds(loaded) == 0


STRINGS = {
    "n (string[2,1] a, string[3] b) => (string y) { y = StringConcat(a, b) }": "2×3",
    'n (string[2,3] a) => (bool y) { y = RegexFullMatch<pattern="x">(a) }': "2×3",
    "n (string[3] a) => (string y) { y = StringNormalizer(a) }": "3",
}


@pytest.mark.parametrize("text", STRINGS)
def test_strings_cost_nothing(text: str) -> None:
    message = onnx.parser.parse_model(f'<ir_version: 10, opset_import: ["": 20]> {text}')
    made = of(message).graph()
    assert counts(made) == {}
    assert "×".join(map(str, made.outputs[0].shape)) == STRINGS[text]


def test_into_how_many_parts_a_string_falls_only_a_run_can_tell() -> None:
    made = of(
        onnx.parser.parse_model(
            '<ir_version: 10, opset_import: ["": 20]>'
            "n (string[2] a) => (string y, int64 z) { y, z = StringSplit(a) }"
        )
    ).graph()
    assert str(made.outputs[0].shape[1]).startswith("?")
    assert made.outputs[1].shape == (2,)


def test_weighted_n_grams_are_products() -> None:
    made = graph(
        'n (int64[2,9] x) => (float y) { y = TfIdfVectorizer<mode="TFIDF", max_gram_length=1,'
        " max_skip_count=0, min_gram_length=1, ngram_counts=[0], ngram_indexes=[0, 1, 4],"
        " pool_int64s=[2, 3, 5]>(x) }"
    )
    assert made.outputs[0].shape == (2, 5)
    assert counts(made) == {"mul": 10}
