"""An exported graph at another width: every convolution's channels scaled, what joins must agree.

Hypothetical, since nobody trained it: the file says neither how its design rounds widths nor
which of them it would scale. Here all do but those of the network's inputs and final outputs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from flopcalc.errors import ScaleError, ShapeError
from flopcalc.ops.conv import CONV, DEPTHWISE, GROUPED, POINTWISE, TRANSPOSED
from flopcalc.ops.dense import FC

if TYPE_CHECKING:
    from flopcalc.graph import Graph, Layer
    from flopcalc.op import Attr
    from flopcalc.tensor import Param, Tensor

_WIDE = (CONV, POINTWISE, GROUPED, TRANSPOSED, FC)
_DIVISOR = 8


def round_width(channels: int, alpha: float) -> int:
    """The nearest multiple of 8, at least 8, and never more than 10 % below α·channels.

    The rule of MobileNetV2's and V3's authors (`_make_divisible`).
    """
    wanted = channels * alpha
    found = max(_DIVISOR, int(wanted + _DIVISOR / 2) // _DIVISOR * _DIVISOR)
    return found + _DIVISOR if found < 0.9 * wanted else found


def widened(graph: Graph, alpha: float) -> Graph:
    """The graph with each width times α, rounded by `round_width`.

    Raises `ScaleError` for an α that is not positive, and where widths do not agree or do not
    propagate, naming the layer.
    """
    if not 0 < alpha < 1000:
        raise ScaleError(f"α {alpha:g} is no width multiplier", hint="for example --alpha 0.75")
    run = _Widening(graph, alpha)
    layers = tuple(run.layer(layer) for layer in graph.layers)
    outputs = tuple(run.now(tensor) for tensor in graph.outputs)
    return graph._replace(layers=layers, outputs=outputs)


class _Widening:
    def __init__(self, graph: Graph, alpha: float) -> None:
        self.alpha = alpha
        self.tensors: dict[int, Tensor] = {}
        self.made = {tensor.id for tensor in graph.inputs}
        self.final = _final(graph)

    def now(self, tensor: Tensor) -> Tensor:
        """A tensor of the original at its new width, perhaps seen with other axes."""
        found = self.tensors.get(tensor.id)
        if found is None or found.shape == tensor.shape:
            return tensor
        if tensor.axes == found.axes:
            return found
        return _with_channels(tensor, found.channels)

    def layer(self, layer: Layer) -> Layer:
        """The layer with its new inputs and outputs."""
        if layer.op.opaque:
            message = f"widths do not pass '{layer.name}' ({layer.op.name}), which is not counted"
            raise ScaleError(message, where=layer.where, hint="scale a spec of the network")
        inputs = tuple([self.now(tensor) for tensor in layer.inputs])
        self.made.update(tensor.id for tensor in layer.outputs)
        attrs = dict(layer.attrs)
        if layer.op in _WIDE or layer.op is DEPTHWISE:
            outputs: tuple[Tensor, ...] = (self.wide(layer, inputs[0], attrs),)
        elif inputs == layer.inputs:
            return layer
        else:
            outputs = tuple([self.followed(layer, inputs, y) for y in layer.outputs])
        for tensor in outputs:
            self.tensors[tensor.id] = tensor
        try:
            env = layer.op.bind(inputs, outputs, attrs)
        except ShapeError as error:
            raise self._stuck(layer, error.message) from None
        params = _params(layer, inputs, outputs, attrs)
        return layer._replace(inputs=inputs, outputs=outputs, attrs=attrs, env=env, params=params)

    def wide(self, layer: Layer, x: Tensor, attrs: dict[str, Attr]) -> Tensor:
        """The output of a layer that has a width of its own, or its input's (depthwise)."""
        (y,) = layer.outputs
        before = layer.inputs[0].channels
        if layer.op is DEPTHWISE:
            out = y.channels // before * x.channels
            attrs["groups"] = x.channels
        elif layer.name in self.final:
            out = y.channels
        else:
            out = round_width(y.channels, self.alpha)
        groups = attrs.get("groups", 1)
        assert isinstance(groups, int)
        if x.channels % groups or out % groups:
            raise self._stuck(layer, f"{groups} groups of {x.channels} and {out} channels")
        attrs["out"] = out
        return _with_channels(y, out)

    def followed(self, layer: Layer, inputs: tuple[Tensor, ...], y: Tensor) -> Tensor:
        """An output whose channels are those of an input, of several, or of a flattened map."""
        pairs = [(old, new) for old, new in zip(layer.inputs, inputs, strict=True)]
        if "c" not in y.axes:
            raise self._stuck(layer, "its channels cannot be followed")
        if layer.op.name == "concat":
            return _with_channels(y, sum(new.channels for _, new in pairs))
        same = {
            new.channels for old, new in pairs if old.channels == y.channels and self._moves(old)
        }
        if len(same) == 1:
            return _with_channels(y, same.pop())
        if same:
            listed = " and ".join(map(str, sorted(same)))
            raise self._stuck(layer, f"it joins {listed} channels")
        (old, new), *others = pairs
        if not others and old.channels and y.channels % old.channels == 0 and layer.op.free:
            return _with_channels(y, y.channels // old.channels * new.channels)
        raise self._stuck(layer, f"{old.channels} channels become {y.channels}")

    def _moves(self, tensor: Tensor) -> bool:
        """Whether a tensor is computed: a stored operand follows what it is combined with."""
        return tensor.id in self.made

    def _stuck(self, layer: Layer, why: str) -> ScaleError:
        message = f"--alpha does not propagate through '{layer.name}' ({layer.op.name}): {why}"
        return ScaleError(message, where=layer.where, hint="scale a spec of the network")


def _with_channels(tensor: Tensor, channels: int) -> Tensor:
    pairs = zip(tensor.shape, tensor.axes, strict=True)
    return tensor._replace(shape=tuple(channels if axis == "c" else n for n, axis in pairs))


def _params(
    layer: Layer,
    inputs: tuple[Tensor, ...],
    outputs: tuple[Tensor, ...],
    attrs: dict[str, Attr],
) -> tuple[Param, ...]:
    """The parameters at the new widths; a stored operand follows the channels it goes with."""
    if layer.op.params is not None:
        own = {spec.name: spec for spec in layer.op.params(inputs, outputs, attrs)}
        kinds = {spec.kind: spec.shape for spec in reversed(own.values())}
        return tuple(p._replace(shape=kinds.get(p.kind, p.shape)) for p in layer.params)
    old, new = layer.outputs[0].channels, outputs[0].channels
    return tuple(
        p._replace(shape=tuple(new if n == old else n for n in p.shape)) for p in layer.params
    )


def _final(graph: Graph) -> set[str]:
    """The layers whose width is that of an output of the network."""
    producers = {tensor.id: layer for layer in graph.layers for tensor in layer.outputs}
    found: set[str] = set()
    seen: set[int] = set()
    waiting = [tensor.id for tensor in graph.outputs]
    while waiting:
        layer = producers.get(waiting.pop())
        if layer is None or layer.outputs[0].id in seen:
            continue
        seen.add(layer.outputs[0].id)
        if layer.op in _WIDE:
            found.add(layer.name)
        else:
            waiting += [tensor.id for tensor in layer.inputs]
    return found
