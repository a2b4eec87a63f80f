"""Recurrent layers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flopcalc.errors import ShapeError
from flopcalc.onnx_graph.operators.windows import fixed
from flopcalc.op import Op
from flopcalc.ops.exported import move
from flopcalc.ops.recurrent import GRU as GRU_LAYER
from flopcalc.ops.recurrent import LSTM as LSTM_LAYER
from flopcalc.ops.recurrent import PEEPHOLES, RNN_RELU, cell_attrs
from flopcalc.ops.recurrent import RNN as RNN_LAYER
from flopcalc.tensor import Shaped

if TYPE_CHECKING:
    from flopcalc.onnx_graph.node import Node
    from flopcalc.onnx_graph.values import Shape
    from flopcalc.tensor import Tensor

_USUAL = {LSTM_LAYER: ("Sigmoid", "Tanh", "Tanh"), GRU_LAYER: ("Sigmoid", "Tanh")}
_DIRECTIONS = {"forward": ("",), "reverse": ("",), "bidirectional": ("forward", "reverse")}


def LSTM(n: Node) -> None:
    """ai.onnx LSTM, versions 1 to 22."""
    _recurrent(n, LSTM_LAYER, _known_activations(n, LSTM_LAYER))


def GRU(n: Node) -> None:
    """ai.onnx GRU, versions 1 to 22; linear_before_reset changes no count."""
    _recurrent(n, GRU_LAYER, _known_activations(n, GRU_LAYER))


def RNN(n: Node) -> None:
    """ai.onnx RNN, versions 1 to 22."""
    named = {word.lower() for word in _activations(n)} or {"tanh"}
    op = RNN_RELU if named == {"relu"} else RNN_LAYER
    _recurrent(n, op, named <= {"tanh"} or named == {"relu"})


def _activations(n: Node) -> tuple[str, ...]:
    words = n.attribute("activations")
    return tuple(str(word) for word in words) if isinstance(words, tuple) else ()


def _known_activations(n: Node, op: Op) -> bool:
    """Whether the activations are those whose operations the formula counts."""
    words, usual = _activations(n), _USUAL[op]
    each = [words[i : i + len(usual)] for i in range(0, len(words), len(usual))]
    return all([w.lower() for w in some] == [u.lower() for u in usual] for some in each)


def _recurrent(n: Node, op: Op, known: bool) -> None:  # noqa: FBT001 - of two functions here
    """The layers of each direction, as long as the sequence is without sequence_lens."""
    if not known:
        op = _of_products(op)
    n.op = op
    x, w, r, b = n.input(0), n.input(1), n.input(2), n.optional(3)
    if x.rank != 3 or r.rank != 3:
        message = f"a sequence of {x.rank} axes, weights of {r.rank}"
        raise ShapeError(message, hint="time, batch and features; directions, gates, units")
    late = n.integer("layout", 0) == 0
    steps, batch = x.dims[:2] if late else x.dims[1::-1]
    hidden = n.integer("hidden_size", 0) or fixed(r.dims[2:], f"shape of '{r.name}'")[0]
    parts = _DIRECTIONS.get(n.word("direction", "forward"))
    if parts is None:
        raise ShapeError("an unknown direction", hint="forward, reverse or bidirectional")
    sequence = n.view(x, "nlc", (batch, steps, x.dims[2]))
    params = n.params(w, "weight") + n.params(r, "weight") + n.params(b, "bias")
    each = [Shaped((batch, steps, hidden), "nlc")]  # type: ignore[arg-type]  # see tensor.py
    made: list[Tensor] = []
    for part in parts:
        reverse = "reverse" in (part, n.word("direction", "forward"))
        attrs = cell_attrs(hidden, bias=b is not None, reverse=reverse)
        made += n.layer(part, op, sequence, attrs=attrs, params=params, shapes=each)
        if op.name == "lstm" and n.has(7):
            peepholes = n.params(n.input(7), "weight")
            name = f"{part}.peepholes" if part else "peepholes"
            n.layer(name, PEEPHOLES, sequence, attrs=attrs, params=peepholes, shapes=each)
    ways = len(parts)
    y = made[0]
    whole: Shape = (steps, ways, batch, hidden) if late else (batch, steps, ways, hidden)
    state: Shape = (ways, batch, hidden) if late else (batch, ways, hidden)
    if ways > 1:
        shapes = [Shaped(whole, "nalc")]  # type: ignore[arg-type]  # likewise
        (y,) = n.layer("both", move("Concat"), *made, shapes=shapes)
    n.give(0, y._replace(shape=whole, axes="nalc"), made_by=op)  # type: ignore[arg-type]  # likewise
    for i in range(1, 3):
        n.give(i, y._replace(shape=state, axes="nlc"), made_by=op)  # type: ignore[arg-type]  # likewise


_made: dict[Op, Op] = {}


def _of_products(op: Op) -> Op:
    """`op` with activations that its formula does not know: Mult-Adds are known all the same."""
    found = _made.get(op)
    if found is None:
        found = _made[op] = Op(
            op.name,
            title=f"{op.title}, other activations",
            cite=op.cite,
            role=op.role,
            shape=op.shape,
            bind=op.bind,
            counts={"mac": op.counts["mac"]},
            opaque="no formula for its activations",
        )
    return found
