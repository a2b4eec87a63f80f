"""The places where a separable pair and a standard convolution stand for each other."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from flopcalc.engine.symbolic import fraction
from flopcalc.errors import ShapeError
from flopcalc.graph import Graph, Layer
from flopcalc.ops.conv import CONV, DEPTHWISE, POINTWISE, SAVING, conv_attrs
from flopcalc.ops.window import Window
from flopcalc.record import Record
from flopcalc.tensor import Param, Shaped

if TYPE_CHECKING:
    from collections.abc import Iterable
    from fractions import Fraction

    from flopcalc.formula import Env
    from flopcalc.op import Attrs, ParamSpec

_TAIL = ("norm", "activation", "precision")  # an int8 convolution is one too

_new = tuple.__new__  # a Record of all its fields, at a third of the time


class Saving(Record):
    """A separable pair beside the standard convolution that it stands for."""

    standard: Layer
    depthwise: Layer
    pointwise: Layer

    @property
    def ratio(self) -> Fraction | None:
        """Mult-Adds of the pair / Mult-Adds of the convolution, exact; None where names decide."""
        pair = _mac(self.depthwise) + _mac(self.pointwise)
        return fraction(pair, _mac(self.standard))

    @property
    def env(self) -> Env:
        """The values of N and D_K in `SAVING`."""
        return {"N": self.pointwise.env["N"], "D_K": self.depthwise.env["D_K"]}

    @property
    def formula(self) -> Fraction | None:
        """1/N + 1/D_K² (Howard et al. 2017, 3.1), or None where the ratio is another.

        It holds where both sides compute the same map from the same channels: not with a channel
        multiplier above one, nor with a stride in the pointwise layer.
        """
        from fractions import Fraction

        value = Fraction(SAVING.value(self.env))
        return value if value == self.ratio else None


class Site(Record):
    """What is exchanged: the convolutions, what stands between them, what follows them."""

    members: tuple[Layer, ...]
    between: tuple[Layer, ...]
    tail: tuple[Layer, ...]

    @property
    def key(self) -> tuple[str, ...]:
        """What makes two sites copies of one module: the parameters of their convolutions."""
        return param_ids(self.members)


class Edges:
    """Who reads what."""

    def __init__(self, graph: Graph) -> None:
        self.layers = graph.layers
        self.inputs = {tensor.id for tensor in graph.inputs}
        self.readers: dict[int, list[int]] = {}
        self._pads: dict[int, bool] = {}  # layers that are alike share their attributes
        self._points: dict[int, bool] = {}
        for i, layer in enumerate(graph.layers):
            for tensor in layer.inputs:
                self.readers.setdefault(tensor.id, []).append(i)
        for tensor in graph.outputs:
            self.readers.setdefault(tensor.id, []).append(-1)

    def _is_padded(self, layer: Layer) -> bool:
        known = id(layer.attrs)
        if known not in self._pads:
            self._pads[known] = any(map(any, window_of(layer).pads))
        return self._pads[known]

    def _is_point(self, layer: Layer) -> bool:
        known = id(layer.attrs)
        if known not in self._points:
            self._points[known] = _is_point(layer)
        return self._points[known]

    def follow(self, layer: Layer) -> tuple[tuple[Layer, ...], Layer | None]:
        """The norms and activations after `layer`, and what alone reads the last of them."""
        tail: list[Layer] = []
        while True:
            outputs = layer.outputs
            readers = self.readers.get(outputs[0][0], ()) if len(outputs) == 1 else ()
            if len(readers) != 1 or readers[0] < 0:
                return tuple(tail), None
            layer = self.layers[readers[0]]
            op = layer.op
            if op.role not in _TAIL or op.opaque or len(layer.inputs) != 1:
                return tuple(tail), layer
            tail.append(layer)

    def pair(self, i: int, *, tail: bool = True) -> Site | None:
        """The separable pair that begins with layer `i`, with or without what follows it."""
        first = self.layers[i]
        if first.op is not DEPTHWISE or self._is_point(first) or not first.params:
            return None
        between, last = self.follow(first)
        if last is None or last.op is not POINTWISE or not last.params:
            return None
        if last.times != first.times or self._is_padded(last):
            return None
        return _new(Site, ((first, last), between, self.follow(last)[0] if tail else ()))

    def dense(self, i: int) -> Site | None:
        """The standard convolution that is layer `i`, where it can be made separable."""
        layer = self.layers[i]
        if layer.op is not CONV or _is_point(layer) or not layer.params:
            return None
        x = layer.inputs[0]
        if x.id in self.inputs or x.channels == 1:
            return None
        tail = self.follow(layer)[0]
        middle = Shaped((x.batch, x.channels, *layer.outputs[0].spatial), x.axes)
        if not all(_fits(after, middle) for after in tail):
            return None
        return Site((layer,), (), tail)


def unshared(graph: Graph, sites: list[Site]) -> list[Site]:
    """The sites whose parameters serve nothing but sites of the same parameters."""
    if not sites:
        return []
    ids = [param[0] for layer in graph.layers for param in layer.params]
    if len(set(ids)) == len(ids):  # nothing is stored once and used twice, as nearly always
        return sites
    uses = Counter(ids)
    keys = [site.key for site in sites]
    copies = Counter(keys)
    pairs = zip(sites, keys, strict=True)
    return [site for site, key in pairs if {uses[param] for param in key} == {copies[key]}]


def joined_attrs(pair: Site) -> Attrs:
    """The attributes of the standard convolution for a separable pair."""
    first, last = pair.members
    own, step = window_of(first), window_of(last).stride
    stride = tuple(s * t for s, t in zip(own.stride, step, strict=True))
    bias = bool(last.attrs["bias"])
    conv = conv_attrs(own._replace(stride=stride), last.outputs[0].channels, 1, bias=bias)
    return {**first.attrs, **conv}


def standard_layers(graph: Graph) -> tuple[int, tuple[Layer, ...]]:
    """How many separable pairs there are, and the layers with a convolution for each.

    What a total needs of `transform.standard_twin`: no layer is renamed, no edge drawn anew.
    """
    starts = [i for i, layer in enumerate(graph.layers) if layer.op is DEPTHWISE]
    if not starts:
        return 0, graph.layers
    edges = Edges(graph)
    pairs = unshared(graph, [p for i in starts if (p := edges.pair(i, tail=False))])
    joined: dict[str, Layer | None] = {}
    stored: dict[tuple[str, ...], tuple[Param, ...]] = {}
    alike: dict[object, tuple[Attrs, Env, tuple[ParamSpec, ...]]] = {}
    for pair in pairs:
        first, last = pair.members
        inputs, outputs = first.inputs, last.outputs
        # layers that are alike in all but names share these
        kind = id(first.env), id(last.env), id(first.attrs), id(last.attrs)
        if kind not in alike:
            attrs = joined_attrs(pair)
            specs = CONV.params(inputs, outputs, attrs) if CONV.params else ()
            alike[kind] = attrs, CONV.bind(inputs, outputs, attrs), specs
        attrs, env, specs = alike[kind]
        name, key = last.name, pair.key
        if key not in stored:  # copies of one module store theirs once
            own = [_new(Param, (f"{name}.{s[0]}", s[1], s[2], "float32")) for s in specs]
            stored[key] = tuple(own)
        joined[name] = _new(
            Layer,
            (name, CONV, inputs, outputs, stored[key], attrs, env, last.times, last.where),
        )
        for dropped in (first, *pair.between):
            joined[dropped.name] = None
    layers = [y for x in graph.layers if (y := joined.get(x.name, x)) is not None]
    return len(pairs), tuple(layers)


def window_of(layer: Layer) -> Window:
    """How the kernel of a convolution moves."""
    a = layer.attrs
    return Window(a["kernel"], a["stride"], a["dilation"], a["pads"])  # type: ignore[arg-type]  # a convolution's


def _is_point(layer: Layer) -> bool:
    """Whether the kernel has one element: there is no map to separate from the channels."""
    return set(layer.attrs["kernel"]) == {1}  # type: ignore[arg-type]  # a convolution's


def _fits(layer: Layer, x: Shaped) -> bool:
    """Whether a norm or activation takes `x` (a group norm's groups may not divide it)."""
    tensor = layer.inputs[0]._replace(shape=x.shape, axes=x.axes)
    try:
        layer.op.shape((tensor,), layer.attrs)
    except ShapeError:
        return False
    return True


def param_ids(layers: Iterable[Layer]) -> tuple[str, ...]:
    """The ids of all that these layers store."""
    return tuple([param[0] for layer in layers for param in layer.params])


def _mac(layer: Layer) -> int:
    return layer.op.counts["mac"].value(layer.env) * layer.times
