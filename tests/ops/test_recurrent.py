"""Recurrent layers: operations a step, PyTorch's parameters, directions and layers."""

from __future__ import annotations

import pytest
from one_layer import Row, check, fmap, one, seq, vec

from flopcalc.errors import ShapeError
from flopcalc.ops.recurrent import GRU, LSTM, RNN, cell_attrs

ROWS = [
    Row(
        LSTM,
        cell_attrs(256, bias=True),
        (seq(50, 128),),
        "50×256",
        {
            "mac": 19_660_800,
            "add": 153_600,
            "mul": 38_400,
            "div": 38_400,
            "exp": 64_000,
            "weight": 393_216,
            "bias": 2_048,
        },
        "T·4·H·(M + H)",
        "50·4·256·(128 + 256)",
        "torch LSTM(128, 256): weights 1024×128 and 1024×256, biases 1024 and 1024",
    ),
    Row(
        LSTM,
        cell_attrs(256, bias=False),
        (seq(50, 128, batch=3),),
        "3×50×256",
        {
            "mac": 58_982_400,
            "add": 153_600,
            "mul": 115_200,
            "div": 115_200,
            "exp": 192_000,
            "weight": 393_216,
        },
        "B·T·4·H·(M + H)",
        "3·50·4·256·(128 + 256)",
        "the same for three sequences, without biases: the Mult-Adds of one are as before",
    ),
    Row(
        GRU,
        cell_attrs(20, bias=True),
        (seq(7, 10),),
        "7×20",
        {
            "mac": 12_600,
            "add": 1_540,
            "mul": 420,
            "div": 280,
            "exp": 420,
            "weight": 1_800,
            "bias": 120,
        },
        "T·3·H·(M + H)",
        "7·3·20·(10 + 20)",
        "torch GRU(10, 20): weights 60×10 and 60×20, biases 60 and 60",
    ),
    Row(
        RNN,
        cell_attrs(20, bias=True),
        (seq(7, 10),),
        "7×20",
        {"mac": 4_200, "add": 280, "exp": 140, "weight": 600, "bias": 40},
        "T·H·(M + H)",
        "7·20·(10 + 20)",
        "torch RNN(10, 20): weights 20×10 and 20×20, biases 20 and 20",
    ),
]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.op.kind} {row.output}")
def test_rows(row: Row) -> None:
    check(row)


def test_layers_and_directions() -> None:
    net, y = one("lstm", seq(50, 128), 256, layers=2, bi=True)
    assert net.parts() == ["l0", "l0_rev", "l0_both", "l1", "l1_rev", "l1_both"]
    assert [made.attrs.get("reverse") for made in net.layers[:2]] == [False, True]
    assert y.text() == "50×512"
    assert net.total("mac") == 117_964_800
    assert net.params == 2_367_488  # torch LSTM(128, 256, num_layers=2, bidirectional=True)


def test_last_state_and_maps() -> None:
    net, y = one("gru", fmap(10, 7), 20, layers=2, last=True)
    assert net.parts() == ["tokens", "l0", "l1", "last"]
    assert y.text() == "20"
    assert net.params == 1_920 + 2_520  # torch GRU(10, 20, num_layers=2)
    assert one("rnn", seq(7, 10), 20, bias=False)[0].params == 600


def test_a_recurrent_layer_needs_a_sequence() -> None:
    with pytest.raises(ShapeError, match="a recurrent layer needs a sequence of tokens, not 8"):
        one("lstm", vec(8), 4)
    with pytest.raises(ShapeError, match="a recurrent layer needs a sequence of tokens, not 4×4×8"):
        one("lstm", fmap(8, 4, 4), 4)
