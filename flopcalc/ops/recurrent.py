"""Recurrent layers: LSTM, GRU and the plain RNN, with the parameters PyTorch gives them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from flopcalc.op import Attrs, Inputs, Op, ParamSpec
from flopcalc.ops.require import int_attr, need_sequence
from flopcalc.ops.reshape import CONCAT
from flopcalc.ops.symbols import BIAS, B, H, M, T
from flopcalc.ops.tokens import TAKE, TOKENS
from flopcalc.step import Arg, Step
from flopcalc.tensor import Shaped, Tensor, sequence

if TYPE_CHECKING:
    from collections.abc import Callable

    from flopcalc.formula import Env
    from flopcalc.step import Emit


def cell_attrs(hidden: int, *, bias: bool, reverse: bool = False) -> Attrs:
    """The complete attributes of one layer in one direction."""
    return {"hidden": hidden, "bias": bias, "reverse": reverse}


def _shape(inputs: Inputs, attrs: Attrs) -> tuple[Shaped, ...]:
    (x,) = inputs
    need_sequence(x, "a recurrent layer")
    return (sequence(x.batch, x.size("l"), int_attr(attrs, "hidden")),)


def _bind(inputs: Inputs, outputs: Inputs, attrs: Attrs) -> Env:
    (x,), (y,) = inputs, outputs
    return {
        "B": x.batch,
        "T": x.size("l"),
        "M": x.channels,
        "H": y.channels,
        "bias": int(bool(attrs["bias"])),
    }


def _params(gates: int) -> Callable[[Inputs, Inputs, Attrs], tuple[ParamSpec, ...]]:
    def specs(inputs: Inputs, outputs: Inputs, attrs: Attrs) -> tuple[ParamSpec, ...]:
        rows, hidden = gates * outputs[0].channels, outputs[0].channels
        weights = (
            ParamSpec("weight_ih", "weight", (rows, inputs[0].channels)),
            ParamSpec("weight_hh", "weight", (rows, hidden)),
        )
        if not attrs["bias"]:
            return weights
        biases = (ParamSpec("bias_ih", "bias", (rows,)), ParamSpec("bias_hh", "bias", (rows,)))
        return (*weights, *biases)

    return specs


LSTM = Op(
    "lstm",
    title="LSTM layer, one direction",
    cite="torch.nn.LSTM; Hochreiter & Schmidhuber 1997 with forget gates; ONNX operator LSTM",
    role="compute",
    shape=_shape,
    bind=_bind,
    params=_params(4),
    counts={
        "mac": B * T * 4 * H * (M + H),
        # a unit and step: 3 sigmoids, 2 tanh, 3 products, 1 sum, and two biases a gate
        "add": B * T * 4 * H + B * T * BIAS * 8 * H,
        "mul": B * T * 3 * H,
        "div": B * T * 3 * H,
        "exp": B * T * 5 * H,
        "weight": 4 * H * (M + H),
        "bias": BIAS * 8 * H,
    },
)
GRU = Op(
    "gru",
    title="GRU layer, one direction",
    cite="torch.nn.GRU; Cho et al. 2014, arXiv:1406.1078; ONNX operator GRU, linear_before_reset 1",
    role="compute",
    shape=_shape,
    bind=_bind,
    params=_params(3),
    counts={
        "mac": B * T * 3 * H * (M + H),
        # a unit and step: 2 sigmoids, 1 tanh; r times its part of n, and the sum; (1 - z)·n + z·h
        "add": B * T * 5 * H + B * T * BIAS * 6 * H,
        "mul": B * T * 3 * H,
        "div": B * T * 2 * H,
        "exp": B * T * 3 * H,
        "weight": 3 * H * (M + H),
        "bias": BIAS * 6 * H,
    },
)
RNN = Op(
    "rnn",
    title="plain recurrent layer with tanh, one direction",
    cite="torch.nn.RNN; Elman 1990; ONNX operator RNN",
    role="compute",
    shape=_shape,
    bind=_bind,
    params=_params(1),
    counts={
        "mac": B * T * H * (M + H),
        "add": B * T * BIAS * 2 * H,
        "exp": B * T * H,
        "weight": H * (M + H),
        "bias": BIAS * 2 * H,
    },
)
RNN_RELU = Op(
    "rnn",
    kind="rnn with relu",
    title="plain recurrent layer with ReLU, one direction",
    cite="torch.nn.RNN, nonlinearity relu; Le et al. 2015, arXiv:1504.00941; ONNX operator RNN",
    role="compute",
    shape=_shape,
    bind=_bind,
    params=_params(1),
    counts={
        "mac": B * T * H * (M + H),
        "add": B * T * BIAS * 2 * H,
        "cmp": B * T * H,
        "weight": H * (M + H),
        "bias": BIAS * 2 * H,
    },
)


def _peepholes(inputs: Inputs, outputs: Inputs, attrs: Attrs) -> tuple[ParamSpec, ...]:  # noqa: ARG001 - an Op.params
    return (ParamSpec("peephole", "weight", (3, outputs[0].channels)),)


PEEPHOLES = Op(
    "peepholes",
    title="peepholes of an LSTM: its gates see the cell's state",
    cite="Gers & Schmidhuber 2000; ONNX operator LSTM, input P: one factor for each of 3 gates",
    shape=_shape,
    bind=_bind,
    params=_peepholes,
    counts={"mul": B * T * 3 * H, "add": B * T * 3 * H, "weight": 3 * H},
)


def _recurrent(op: Op, emit: Emit, x: Tensor, a: Mapping[str, Any]) -> Tensor:
    if x.axes == "ncl":
        x = emit(TOKENS, x, part="tokens")
    for i in range(a["layers"]):
        ways = [
            emit(op, x, part=part, attrs=cell_attrs(a["hidden"], bias=a["bias"], reverse=reverse))
            for part, reverse in ((f"l{i}", False), (f"l{i}_rev", True))
            if a["bi"] or not reverse
        ]
        x = emit(CONCAT, *ways, part=f"l{i}_both", attrs={"axis": "ch"}) if a["bi"] else ways[0]
    return emit(TAKE, x, part="last", attrs={"index": -1}) if a["last"] else x


_ARGS = (
    Arg("hidden", "channels", help="hidden units of one direction"),
    Arg("layers", "int", 1, "layers on top of each other"),
    Arg("bi", "bool", default=False, help="both directions"),
    Arg("last", "bool", default=False, help="the last state alone, as a vector"),
    Arg("bias", "bool", default=True, help="two bias vectors a layer, as PyTorch has"),
)
LSTM_STEP = Step(
    "lstm",
    *_ARGS,
    expand=lambda emit, x, a: _recurrent(LSTM, emit, x, a),
    help="long short-term memory",
)
GRU_STEP = Step(
    "gru",
    *_ARGS,
    expand=lambda emit, x, a: _recurrent(GRU, emit, x, a),
    help="gated recurrent units",
)
RNN_STEP = Step(
    "rnn",
    *_ARGS,
    expand=lambda emit, x, a: _recurrent(RNN, emit, x, a),
    help="a plain recurrent layer with tanh",
)
