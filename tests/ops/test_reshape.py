"""Moving data costs nothing, and gives these shapes; so do resizing and cropping."""

from __future__ import annotations

import pytest
from one_layer import Net, Row, check, fmap, ids, layer, one, seq, vec

from flopcalc.errors import InputError, ShapeError, SpecError
from flopcalc.op import Attrs, Op
from flopcalc.ops.reshape import (
    CONCAT,
    CROP,
    FLATTEN,
    PAD,
    PIXEL_SHUFFLE,
    PIXEL_UNSHUFFLE,
    SHUFFLE,
    SLICE,
)
from flopcalc.ops.resize import BILINEAR, NEAREST
from flopcalc.tensor import Shaped


def free(op: Op, attrs: Attrs, inputs: tuple[Shaped, ...], output: str) -> Row:
    return Row(op, attrs, inputs, output, {}, "", "", "data is moved, nothing is computed")


ROWS = [
    free(FLATTEN, {}, (fmap(256, 6, 6),), "9216"),
    free(FLATTEN, {}, (seq(10, 8, batch=2),), "2×80"),
    free(FLATTEN, {}, (vec(8),), "8"),
    free(SLICE, {"start": 58, "stop": 116}, (fmap(116, 28, 28),), "28×28×58"),
    free(SLICE, {"start": 0, "stop": 1}, (seq(10, 8),), "10×1"),
    free(SHUFFLE, {"groups": 2}, (fmap(116, 28, 28),), "28×28×116"),
    free(PIXEL_SHUFFLE, {"r": 3}, (fmap(27, 10, 10),), "30×30×3"),
    free(PIXEL_UNSHUFFLE, {"r": 2}, (fmap(3, 640, 640),), "320×320×12"),
    free(PAD, {"pads": ((0, 1), (2, 3))}, (fmap(3, 8, 8),), "9×13×3"),
    free(CROP, {"size": (56, 56)}, (fmap(512, 64, 64),), "56×56×512"),
    free(CONCAT, {"axis": "ch"}, (fmap(64, 28, 28), fmap(128, 28, 28)), "28×28×192"),
    free(CONCAT, {"axis": "seq"}, (seq(77, 8), seq(3, 8), seq(1, 8)), "81×8"),
    free(CONCAT, {"axis": "ch"}, (vec(3), vec(4)), "7"),
    free(NEAREST, {"size": (26, 26)}, (fmap(256, 13, 13),), "26×26×256"),
    Row(
        BILINEAR,
        {"size": (10, 10)},
        (fmap(4, 5, 5),),
        "10×10×4",
        {"mul": 1600, "add": 1200},
        "4·E",
        "4·400",
        "four neighbours weighted and summed, for 400 outputs",
    ),
]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.op.kind} {row.output}")
def test_rows(row: Row) -> None:
    check(row)


def test_steps() -> None:
    assert one("flatten", fmap(2, 3, 4))[1].text() == "24"
    assert one("chunk", fmap(6, 4, 4), 1, 3)[0].layers[0].attrs == {"start": 2, "stop": 4}
    assert one("shuffle", fmap(6, 4, 4), 3)[1].text() == "4×4×6"
    assert one("pixel_shuffle", fmap(8, 4, 4), 2)[1].text() == "8×8×2"
    assert one("pixel_unshuffle", fmap(8, 4, 4), 2)[1].text() == "2×2×32"
    assert one("pad", fmap(8, 4, 4), 1)[1].text() == "6×6×8"
    assert one("pad", fmap(8, 4, 4), ((0, 1), 2))[1].text() == "5×8×8"
    assert one("upsample", fmap(8, 4, 4), 2)[1].text() == "8×8×8"
    assert one("upsample", fmap(8, 4, 4, 4), (1, 2, 2))[1].text() == "4×8×8×8"
    assert one("upsample", fmap(8, 4, 4), 2, mode="bilinear")[0].total("mul") == 4 * 512


def test_the_size_of_another_step() -> None:
    net = Net()
    large, small = net.input(fmap(8, 14, 14)), net.input(fmap(4, 7, 7))
    assert net.step("resize", small, large).text() == "14×14×4"
    assert net.step("resize", small, large, mode="bilinear").text() == "14×14×4"
    assert net.step("crop", large, small).text() == "7×7×8"
    assert [len(made.inputs) for made in net.layers] == [1, 1, 1]  # the other lends its size only


@pytest.mark.parametrize(
    ("op", "attrs", "inputs", "message"),
    [
        (FLATTEN, {}, [ids(9)], "flatten on token ids"),
        (SLICE, {"start": 4, "stop": 9}, [vec(8)], "channels 4 up to 9 of 8 channels"),
        (SLICE, {"start": 4, "stop": 4}, [vec(8)], "channels 4 up to 4 of 8 channels"),
        (SHUFFLE, {"groups": 3}, [fmap(8, 4, 4)], "3 groups do not divide 8 channels"),
        (PIXEL_SHUFFLE, {"r": 2}, [fmap(6, 4, 4)], "4 pixels a cell do not divide 6 channels"),
        (PIXEL_UNSHUFFLE, {"r": 2}, [fmap(6, 5, 4)], "cells of 2 do not divide a map of 5×4"),
        (PAD, {"pads": ((1, 1),)}, [vec(6)], "padding needs a map, not 6"),
        (CROP, {"size": (5, 5)}, [fmap(6, 4, 8)], "no map of 5×5 can be cut out of 4×8"),
        (CROP, {"size": (4,)}, [fmap(6, 4, 8)], "no map of 4 can be cut out of 4×8"),
        (CONCAT, {"axis": "seq"}, [fmap(6, 4, 8)] * 2, "4×8×6 has no length to join along"),
        (CONCAT, {"axis": "ch"}, [ids(6)] * 2, "6 has no channels to join along"),
        (CONCAT, {"axis": "ch"}, [fmap(6, 4, 8), fmap(6, 2, 4)], "cannot join 4×8×6 and 2×4×6"),
        (CONCAT, {"axis": "ch"}, [fmap(6, 4, 8), vec(6)], "cannot join 4×8×6 and 6"),
        (NEAREST, {"size": (5,)}, [fmap(6, 4, 8)], "a map of 4×8 cannot take the size 5"),
        (NEAREST, {"size": (5,)}, [seq(4, 6)], "resizing needs a map, not 4×6"),
        (BILINEAR, {"size": (5,)}, [fmap(6, 4)], "bilinear interpolation of 4×6"),
    ],
)
def test_what_does_not_fit(op: Op, attrs: Attrs, inputs: list[Shaped], message: str) -> None:
    with pytest.raises(ShapeError) as caught:
        layer(op, attrs, *inputs)
    assert caught.value.message == message
    assert caught.value.hint


@pytest.mark.parametrize(
    ("key", "args", "error", "message"),
    [
        ("chunk", (2, 2), ShapeError, "chunk 2 of 2"),
        ("chunk", (0, 5), ShapeError, "5 chunks do not divide 6 channels"),
        ("pad", ("same",), SpecError, "'pad' takes numbers, not 'same'"),
    ],
)
def test_arguments_that_do_not_fit(
    key: str, args: tuple[object, ...], error: type[InputError], message: str
) -> None:
    with pytest.raises(error) as caught:
        one(key, fmap(6, 4, 4), *args)
    assert caught.value.message == message
    assert caught.value.hint
