"""The twins of a network: depthwise separable pairs exchanged for convolutions, and back.

One rule on the graph: a depthwise layer followed, norm and activation aside, by a pointwise one
stands for a k×k convolution of the same stride from the first's input to the second's output.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from flopcalc.build import Builder
from flopcalc.engine.pairs import Edges, Saving, Site, joined_attrs, param_ids, unshared, window_of
from flopcalc.graph import Graph, Layer
from flopcalc.ops.conv import CONV, POINTWISE, conv_attrs, conv_op
from flopcalc.ops.window import Window
from flopcalc.record import Record

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flopcalc.op import Attrs, Op
    from flopcalc.tensor import Param, Tensor


class Twin(Record):
    """A rewritten network.

    `links` maps the name of each layer that is new or renamed to the names of the layers of the
    original it stands for; `savings` has an entry for each exchanged pair, in graph order.
    """

    graph: Graph
    links: Mapping[str, tuple[str, ...]]
    savings: tuple[Saving, ...]


def standard_twin(graph: Graph) -> Twin | None:
    """The network with a standard convolution for each separable pair; None where there is none.

    Norm and activation between the two go, those after the pair stay. A convolution takes the
    pair's common scope as name (`conv2.dw`, `conv2.pw` → `conv2`) if that is free, else the
    pointwise layer's. A pair stays where its weights are shared with layers that stay.
    """
    edges = Edges(graph)
    pairs = unshared(graph, [p for i in range(len(graph.layers)) if (p := edges.pair(i))])
    if not pairs:
        return None
    rewrite = _Rewrite(graph, "standard convolutions")
    first = {pair.members[0].name: pair for pair in pairs}
    last = {pair.members[-1].name: pair for pair in pairs}
    dropped = {layer.name for pair in pairs for layer in (*pair.members[:-1], *pair.between)}
    for layer in graph.layers:
        if layer.name in last:
            rewrite.join(last[layer.name])
        elif layer.name in first:
            rewrite.open(layer)
        elif layer.name not in dropped:
            rewrite.keep(layer)
    return rewrite.twin()


def separable_twin(graph: Graph) -> Twin | None:
    """The network with a separable pair for each standard k×k convolution; None without any.

    Norm and activation of the convolution follow both layers. Left alone are layers that read
    the network's input or a single channel, and those whose weights are shared with layers
    that stay.
    """
    edges = Edges(graph)
    found = unshared(graph, [c for i in range(len(graph.layers)) if (c := edges.dense(i))])
    if not found:
        return None
    rewrite = _Rewrite(graph, "separable convolutions")
    dense = {conv.members[0].name: conv for conv in found}
    for layer in graph.layers:
        if layer.name in dense:
            rewrite.split(dense[layer.name])
        else:
            rewrite.keep(layer)
    return rewrite.twin()


def inverted(links: Mapping[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    """The same links read from the original to its twin."""
    back: dict[str, list[str]] = {}
    for new, olds in links.items():
        for old in olds:
            back.setdefault(old, []).append(new)
    return {old: tuple(news) for old, news in back.items()}


class _Rewrite:
    """Builds the twin, layer by layer, in the order of the original."""

    def __init__(self, graph: Graph, what: str) -> None:
        self.graph = graph
        self.what = what
        self.builder = Builder(4 * len(graph.layers), like=graph)
        self.tensors: dict[int, Tensor] = {}  # those of the original that others stand for
        self.taken = {layer.name for layer in graph.layers}
        self.owners = {i.rpartition(".")[0] for i in param_ids(graph.layers)}
        self.scopes = _scope_sizes(graph)
        self.renamed: dict[str, str] = {}
        self.links: dict[str, tuple[str, ...]] = {}
        self.savings: list[Saving] = []
        self.entries: dict[str, Tensor] = {}
        self.stored: dict[tuple[str, ...], tuple[Param, ...]] = {}

    def keep(self, layer: Layer) -> None:
        """The layer as it is, but for a name that follows that of its convolution."""
        name = self.renamed.get(layer.name, layer.name)
        if name != layer.name:
            self.links[name] = (layer.name,)
        inputs = tuple([self._now(tensor) for tensor in layer.inputs])
        if name != layer.name or inputs != layer.inputs:
            layer = layer._replace(name=name, inputs=inputs)
        self.builder.layers.append(layer)

    def open(self, first: Layer) -> None:
        """Remember what enters a pair: the twin is added where the pair ends."""
        self.entries[first.name] = self._now(first.inputs[0])

    def join(self, site: Site) -> None:
        """A standard convolution for a pair."""
        first, last = site.members
        name = self._joined_name(site)
        x = self.entries[first.name]
        y = self._add(CONV, x, joined_attrs(site), name, last, key=site.key)
        self.links[name] = (first.name, last.name)
        self.tensors[last.outputs[0].id] = y
        self.savings.append(Saving(self.builder.layers[-1], first, last))
        self._rename(site.tail, last.name, name)

    def split(self, site: Site) -> None:
        """A depthwise and a pointwise convolution for a standard one."""
        (layer,) = site.members
        x = self._now(layer.inputs[0])
        window, channels, out = window_of(layer), x.channels, layer.outputs[0].channels
        dw, pw = self._free(f"{layer.name}.dw"), self._free(f"{layer.name}.pw")
        attrs = {**layer.attrs, **_conv(window, channels, channels, like=layer)}
        op = conv_op(channels, channels, channels, window.kernel)
        y = self._add(op, x, attrs, dw, layer, key=("dw", *site.key))
        self.links[dw] = (layer.name,)
        depthwise = self.builder.layers[-1]
        for after in site.tail:
            part = after.name.removeprefix(f"{layer.name}.").rpartition(".")[2]
            name = self._free(f"{dw}.{part}")
            key = ("dw", *param_ids((after,))) if after.params else ()
            y = self._add(after.op, y, after.attrs, name, after, key=key)
            self.links[name] = (after.name,)
        ones = (1,) * len(window.kernel)
        point = Window(ones, ones, ones, ((0, 0),) * len(ones))
        attrs = {**layer.attrs, **_conv(point, out, 1, like=layer)}
        y = self._add(POINTWISE, y, attrs, pw, layer, key=("pw", *site.key))
        self.links[pw] = (layer.name,)
        self.tensors[layer.outputs[0].id] = y
        self.savings.append(Saving(layer, depthwise, self.builder.layers[-1]))
        self._rename(site.tail, layer.name, pw)

    def twin(self) -> Twin:
        """The finished twin, at the scale of the original."""
        graph = self.graph
        built = self.builder.finish(
            f"{graph.name}, {self.what}",
            tuple(self._now(tensor) for tensor in graph.outputs),
            scale=graph.scale,
            mixed=graph.mixed,
            warnings=graph.warnings,
        )
        return Twin(built, self.links, tuple(self.savings))

    def _now(self, tensor: Tensor) -> Tensor:
        """What stands for a tensor of the original."""
        return self.tensors.get(tensor.id, tensor)

    def _add(
        self, op: Op, x: Tensor, attrs: Attrs, name: str, like: Layer, *, key: tuple[str, ...]
    ) -> Tensor:
        """Add a new layer; those of one `key` store their parameters once, as the original did."""
        (y,) = self.builder.add(
            op,
            (x,),
            attrs,
            name=name,
            where=like.where,
            params=self.stored.get(key) if key else None,
            times=like.times,
        )
        if key:
            self.stored.setdefault(key, self.builder.layers[-1].params)
        return y

    def _joined_name(self, site: Site) -> str:
        first, last = site.members
        scope = _common_scope(first.name, last.name)
        inside = (*site.members, *site.between, *site.tail)
        members = sum(layer.name.startswith(f"{scope}.") for layer in inside)
        if scope and self._is_free(scope) and self.scopes[scope] == members:
            self.taken.add(scope)
            return scope
        return last.name

    def _rename(self, tail: tuple[Layer, ...], old: str, new: str) -> None:
        """Let what was named after a convolution be named after what replaces it."""
        for layer in tail:
            if old != new and layer.name.startswith(f"{old}."):
                name = new + layer.name.removeprefix(old)
                if name not in self.taken:
                    self.taken.add(name)
                    self.renamed[layer.name] = name

    def _is_free(self, name: str) -> bool:
        """Whether neither a layer nor the parameters of one that stays have this name."""
        return name not in self.taken and name not in self.owners

    def _free(self, name: str) -> str:
        free, n = name, 2
        while not self._is_free(free):
            free, n = f"{name}_{n}", n + 1
        self.taken.add(free)
        return free


def _scope_sizes(graph: Graph) -> dict[str, int]:
    """How many layers each dotted scope holds."""
    sizes: dict[str, int] = {}
    for layer in graph.layers:
        scope = layer.name.rpartition(".")[0]
        while scope:
            sizes[scope] = sizes.get(scope, 0) + 1
            scope = scope.rpartition(".")[0]
    return sizes


def _common_scope(one: str, other: str) -> str:
    common = []
    for a, b in zip(one.split(".")[:-1], other.split(".")[:-1], strict=False):
        if a != b:
            break
        common.append(a)
    return ".".join(common)


def _conv(w: Window, out: int, groups: int, *, like: Layer) -> Attrs:
    return conv_attrs(w, out, groups, bias=bool(like.attrs["bias"]))
