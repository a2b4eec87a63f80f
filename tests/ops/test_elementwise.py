"""Activations, softmax and arithmetic: operations an output element."""

from __future__ import annotations

import pytest
from one_layer import Row, check, fmap, ids, layer, one, seq, vec

from flopcalc.errors import ShapeError
from flopcalc.ops.elementwise import (
    ACTIVATIONS,
    ADD,
    DIV,
    DROPOUT,
    ELU,
    GELU,
    HARD_SIGMOID,
    HARD_SWISH,
    IDENTITY,
    LEAKY,
    MISH,
    MUL,
    PRELU,
    QUICK_GELU,
    RELU,
    RELU6,
    SIGMOID,
    SILU,
    SOFTMAX,
    SUB,
    TANH,
)
from flopcalc.tensor import Shaped

X = fmap(10, 5, 2)  # 100 elements
EACH = "operations of the definition the op cites, on 100 elements"

ROWS = [
    Row(RELU, {}, (X,), "5×2×10", {"cmp": 100}, "E", "100", EACH),
    Row(RELU6, {}, (X,), "5×2×10", {"cmp": 200}, "2·E", "2·100", EACH),
    Row(LEAKY, {}, (X,), "5×2×10", {"cmp": 100, "mul": 100}, "E", "100", EACH),
    Row(SIGMOID, {}, (X,), "5×2×10", {"exp": 100, "add": 100, "div": 100}, "E", "100", EACH),
    Row(
        SILU,
        {},
        (X,),
        "5×2×10",
        {"exp": 100, "add": 100, "div": 100, "mul": 100},
        "E",
        "100",
        EACH,
    ),
    Row(TANH, {}, (X,), "5×2×10", {"exp": 100}, "E", "100", EACH),
    Row(
        HARD_SIGMOID,
        {},
        (X,),
        "5×2×10",
        {"cmp": 200, "mul": 100, "add": 100},
        "2·E",
        "2·100",
        EACH,
    ),
    Row(
        HARD_SWISH,
        {},
        (X,),
        "5×2×10",
        {"mul": 200, "cmp": 200, "add": 100},
        "2·E",
        "2·100",
        EACH,
    ),
    Row(GELU, {}, (X,), "5×2×10", {"mul": 300, "add": 100, "exp": 100}, "3·E", "3·100", EACH),
    Row(
        QUICK_GELU,
        {},
        (X,),
        "5×2×10",
        {"exp": 100, "add": 100, "div": 100, "mul": 200},
        "E",
        "100",
        EACH,
    ),
    Row(MISH, {}, (X,), "5×2×10", {"exp": 300, "mul": 100, "add": 100}, "3·E", "3·100", EACH),
    Row(
        ELU,
        {},
        (X,),
        "5×2×10",
        {"cmp": 100, "mul": 100, "add": 100, "exp": 100},
        "E",
        "100",
        EACH,
    ),
    Row(
        PRELU,
        {},
        (X,),
        "5×2×10",
        {"weight": 10, "cmp": 100, "mul": 100},
        "M",
        "10",
        "torch PReLU(num_parameters=10)",
    ),
    Row(
        SOFTMAX,
        {},
        (vec(1000),),
        "1000",
        {"add": 2000, "cmp": 1000, "exp": 1000, "div": 1000},
        "2·E",
        "2·1000",
        "over n: n comparisons, n differences, n powers, n sums, n quotients",
    ),
    Row(DROPOUT, {"p": 0.5}, (X,), "5×2×10", {}, "", "", "nothing at inference"),
    Row(IDENTITY, {}, (X,), "5×2×10", {}, "", "", "nothing"),
    Row(ADD, {}, (X, X), "5×2×10", {"add": 100}, "E", "100", "one sum an element"),
    Row(ADD, {}, (X, X, X), "5×2×10", {"add": 200}, "A·E", "2·100", "ONNX operator Sum of three"),
    Row(SUB, {}, (X, X), "5×2×10", {"add": 100}, "E", "100", "one difference an element"),
    Row(
        MUL,
        {},
        (X, fmap(10, 1, 1)),
        "5×2×10",
        {"mul": 100},
        "E",
        "100",
        "a gate for each channel: Hu et al. 2017, arXiv:1709.01507, eq. 4",
    ),
    Row(DIV, {}, (fmap(10, 1, 1), X), "5×2×10", {"div": 100}, "E", "100", "one an element"),
]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.op.kind)
def test_rows(row: Row) -> None:
    check(row)


@pytest.mark.parametrize("word", ACTIVATIONS)
def test_each_activation_is_a_step_and_a_word(word: str) -> None:
    own, _ = one(word, X)
    named, _ = one("activation", X, word)
    after, _ = one("fc", vec(4), 3, act=word)
    op = ACTIVATIONS[word]
    assert own.layers[0].op is named.layers[0].op is after.layers[1].op is op
    assert op.role == "activation"


def test_steps_that_compute_nothing() -> None:
    assert one("activation", X, "none")[0].layers == []
    assert one("dropout", X, 0.2)[0].layers[0].attrs == {"p": 0.2}
    assert one("identity", X)[0].layers[0].op.free


@pytest.mark.parametrize(
    ("first", "second", "message"),
    [
        (fmap(4, 8, 8), fmap(8, 8, 8), "shapes do not match: 8×8×4 and 8×8×8"),
        (fmap(4, 8, 8), vec(4), "shapes do not match: 8×8×4 and 4"),
        (seq(8, 4), fmap(8, 4), "shapes do not match: 8×4 and 4×8"),
        (vec(4, batch=2), vec(4, batch=3), "shapes do not match: 2×4 and 3×4"),
    ],
)
def test_what_does_not_match(first: Shaped, second: Shaped, message: str) -> None:
    with pytest.raises(ShapeError) as caught:
        layer(ADD, {}, first, second)
    assert caught.value.message == message
    assert caught.value.hint == "each axis must be equal, or 1 in one of them"


def test_prelu_needs_channels() -> None:
    with pytest.raises(ShapeError, match="PReLU on token ids"):
        layer(PRELU, {}, ids(5))
