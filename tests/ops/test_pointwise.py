"""Functions of each element that only exported graphs have."""

from __future__ import annotations

import pytest
from one_layer import Row, check, fmap, layer, seq, vec

from flopcalc.op import Op
from flopcalc.ops.pointwise import (
    CELU,
    CUBE,
    DET,
    GELU_TANH,
    HARDMAX,
    LOG_SOFTMAX,
    MEAN,
    PRELU_GIVEN,
    SAMPLE,
    SCATTER_ADD,
    SCATTER_MAX,
    SCATTER_MIN,
    SCATTER_MUL,
    SELU,
    SHRINK,
    SIGN,
    SOFTPLUS,
    SOFTSIGN,
    SQUARE,
    SWIGLU,
    SWISH,
    THRESHOLDED_RELU,
    between,
    each,
    snake,
)
from flopcalc.tensor import Shaped


def row(op: Op, algebra: str, numbers: str, source: str, **counts: int) -> Row:
    """A row on a map of 3×4×4: 48 elements."""
    return Row(op, {}, (fmap(3, 4, 4),), "4×4×3", counts, algebra, numbers, source)


ROWS = [
    row(SIGN, "2·E", "2·48", "numpy.sign: above 0, below 0", cmp=96),
    row(SQUARE, "E", "48", "x·x", mul=48),
    row(CUBE, "2·E", "2·48", "x·x·x", mul=96),
    row(SOFTPLUS, "2·E", "2·48", "ln(exp(x) + 1)", exp=96, add=48),
    row(SOFTSIGN, "E", "48", "x/(1 + |x|)", cmp=48, add=48, div=48),
    row(SELU, "E", "48", "γ(α·exp(x) - α) below 0", cmp=48, mul=96, add=48, exp=48),
    row(CELU, "E", "48", "α(exp(x/α) - 1) below 0", cmp=48, mul=48, add=48, div=48, exp=48),
    row(SHRINK, "2·E", "2·48", "x ± bias beyond ±λ", cmp=96, add=48),
    row(THRESHOLDED_RELU, "E", "48", "x above α, else 0", cmp=48),
    row(GELU_TANH, "6·E", "6·48", "Hendrycks & Gimpel 2016", mul=288, add=96, exp=48),
    row(SWISH, "2·E", "2·48", "x·sigmoid(α·x)", mul=96, exp=48, add=48, div=48),
    row(SWIGLU, "2·E", "2·48", "swish(a)·b", mul=96, exp=48, add=48, div=48),
    row(PRELU_GIVEN, "E", "48", "slope·x below 0", cmp=48, mul=48),
    row(HARDMAX, "E", "48", "1 at the largest", cmp=48),
    Row(
        LOG_SOFTMAX,
        {"axes": (2,)},
        (seq(6, 8),),
        "6×8",
        {"cmp": 48, "add": 144, "exp": 48 + 6},
        "E",
        "48",
        "x - max - log(sum(exp(x - max))), 6 rows",
    ),
    Row(
        MEAN,
        {},
        (vec(10), vec(10), vec(10)),
        "10",
        {"add": 20, "div": 10},
        "A·E",
        "2·10",
        "ONNX operator Mean",
    ),
    # by hand for 3×3: two rows below the first (2 quotients, 4 products and differences), one
    # below the second (1 and 1), and the product of the diagonal (2)
    Row(
        DET,
        {},
        (Shaped((1, 3, 3), "nlc"),),
        "1",
        {"mul": 5 + 2, "add": 5, "div": 3},
        "E·((M·(M - 1)·(2·M - 1))/6 + M - 1)",
        "1·((3·(3 - 1)·(2·3 - 1))/6 + 3 - 1)",
        "Gaussian elimination",
    ),
    Row(
        SAMPLE,
        {},
        (vec(5),),
        "5",
        {"exp": 5, "add": 5, "cmp": 25},
        "U",
        "5",
        "ONNX operator Multinomial",
    ),
    *(
        Row(op, {}, (vec(10), vec(2), vec(2)), "10", {kind: 2}, "U", "2", "2 updates")
        for op, kind in (
            (SCATTER_ADD, "add"),
            (SCATTER_MUL, "mul"),
            (SCATTER_MAX, "cmp"),
            (SCATTER_MIN, "cmp"),
        )
    ),
]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.op.kind} {row.output}")
def test_one_layer(row: Row) -> None:
    check(row)


def test_simple_functions_share_an_op_of_each_operator() -> None:
    assert each("Exp", "exp") is each("Exp", "exp")
    assert each("Exp", "exp") is not each("Log", "exp")
    op = between("Max", "cmp")
    made = layer(op, {}, vec(10), vec(10), vec(10))
    assert op.counts["cmp"].value(made.env) == 20
    assert op.cite == "ONNX operator Max"


@pytest.mark.parametrize(
    ("operator", "name"),
    [
        ("Exp", "exp"),
        ("BitwiseAnd", "bitwise_and"),
        ("IsNaN", "is_nan"),
        ("ScatterND", "scatter_nd"),
        ("ReduceL2", "reduce_l2"),
        ("DFT", "dft"),
    ],
)
def test_names(operator: str, name: str) -> None:
    assert snake(operator) == name
