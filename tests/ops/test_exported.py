"""Ops that only exported graphs have; and ops whose sizes have names."""

from __future__ import annotations

import pytest
from one_layer import Row, counted, fmap, layer

from flopcalc.dim import Dim, symbol
from flopcalc.dim_values import substitute
from flopcalc.errors import ShapeError
from flopcalc.ops.conv import CONV, conv_attrs
from flopcalc.ops.exported import CLIP, CLIP_BELOW, MATMUL, move
from flopcalc.ops.norm import LAYER_NORM
from flopcalc.ops.pool import MAX_POOL, pool_attrs
from flopcalc.ops.window import Window, slide
from flopcalc.tensor import Shaped

ROWS = [
    Row(
        MATMUL,
        {},
        (Shaped((2, 8, 49, 64), "nalc"), Shaped((2, 8, 64, 49), "nalc")),
        "8×49×49",
        {"mac": 2 * 8 * 49 * 64 * 49},
        "B·L·M·N",
        "16·49·64·49",
        "ONNX operator MatMul",
    ),
    Row(
        MATMUL,
        {},
        (Shaped((64,), "c"), Shaped((64, 32), "nc")),
        "32",
        {"mac": 2048},
        "B·L·M·N",
        "64·32",
        "counting.md: MatMul 1-D [64] × [64,32]",
    ),
    Row(CLIP, {}, (fmap(3, 4, 4),), "4×4×3", {"cmp": 96}, "2·E", "2·48", "ONNX operator Clip"),
    Row(CLIP_BELOW, {}, (fmap(3, 4, 4),), "4×4×3", {"cmp": 48}, "E", "48", "ONNX operator Clip"),
]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.op.kind} {row.output}")
def test_one_layer(row: Row) -> None:
    made = layer(row.op, row.attrs, *row.inputs)
    assert made.outputs[0].text().removeprefix("2×") == row.output
    assert counted(made) == row.counts
    formula = next(iter(row.op.counts.values()))
    assert formula.algebra(made.env).removeprefix("L·") in (row.algebra, "B·L·M·N", "M·N")
    assert formula.numbers(made.env) == row.numbers
    assert row.op.cite.startswith("ONNX operator")


def test_operands_must_fit() -> None:
    with pytest.raises(ShapeError, match="a product of 2×3 and 4×5"):
        layer(MATMUL, {}, Shaped((2, 3), "nc"), Shaped((4, 5), "nc"))


def test_operators_that_move_data_are_free_and_there_is_one_op_of_each() -> None:
    assert move("DepthToSpace") is move("DepthToSpace")
    assert move("DepthToSpace").name == "depth_to_space"
    assert move("Reshape").free


N, H = symbol("N"), symbol("H")


@pytest.mark.parametrize("size", [9, 10, 11, 64, 224])
@pytest.mark.parametrize("ceil", [False, True])
@pytest.mark.parametrize(
    ("k", "s", "d", "p"), [(3, 2, 1, 1), (3, 2, 1, 0), (2, 3, 1, 1), (3, 1, 2, 2)]
)
def test_windows_over_named_sizes(size: int, ceil: bool, k: int, s: int, d: int, p: int) -> None:
    w = Window((k,), (s,), (d,), ((p, p),))
    (named,) = slide((H,), w, ceil=ceil)  # type: ignore[arg-type]  # see tensor.py
    assert (substitute(named, {"H": size}),) == slide((size,), w, ceil=ceil)


def shaped(*sizes: Dim, axes: str) -> Shaped:
    return Shaped(sizes, axes)  # type: ignore[arg-type]  # see tensor.py


def test_counts_of_named_sizes() -> None:
    w = Window((3, 3), (2, 2), (1, 1), ((1, 1), (1, 1)))
    image = shaped(N, 3, H, 224, axes="nchw")
    made = layer(CONV, conv_attrs(w, 32, 1, bias=False), image)
    assert str(CONV.counts["mac"].value(made.env)) == "96768*N*floor((H + 1)/2)"
    pooled = layer(MAX_POOL, pool_attrs(w, ceil=False), image)
    assert str(MAX_POOL.counts["cmp"].value(pooled.env)) == "2688*N*floor((H + 1)/2)"
    norm = layer(LAYER_NORM, {}, shaped(N, H, 64, axes="nlc"))
    assert str(LAYER_NORM.counts["exp"].value(norm.env)) == "H*N"  # E/M, exactly
