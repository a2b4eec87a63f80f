"""Networks built by hand for the engine's tests."""

from __future__ import annotations

from typing import NamedTuple

from flopcalc.build import Builder
from flopcalc.graph import Graph
from flopcalc.op import Attrs, Op, bind_nothing, same_shape
from flopcalc.ops.conv import conv_attrs, conv_op
from flopcalc.ops.dense import FC, fc_attrs
from flopcalc.ops.elementwise import RELU
from flopcalc.ops.norm import BATCH_NORM
from flopcalc.ops.pool import GLOBAL_AVG_POOL
from flopcalc.ops.window import window
from flopcalc.tensor import Param, Tensor, feature_map

MYSTERY = Op(
    "acme.Fancy",
    title="an operator nobody knows",
    cite="none",
    shape=same_shape,
    bind=bind_nothing,
    counts={},
    opaque="no formula",
)


class Net:
    """Layers in a row; `x` is the latest output."""

    def __init__(self, channels: int = 3, *sides: int, batch: int = 1) -> None:
        self.builder = Builder(10_000)
        self.x = self.builder.input(feature_map(batch, channels, sides or (224, 224)))

    def add(
        self,
        op: Op,
        name: str,
        attrs: Attrs | None = None,
        *more: Tensor,
        params: tuple[Param, ...] | None = None,
        times: int = 1,
    ) -> Tensor:
        (self.x,) = self.builder.add(
            op, (self.x, *more), attrs or {}, name=name, params=params, times=times
        )
        return self.x

    def conv(
        self,
        name: str,
        out: int,
        k: int | tuple[int, ...] = 3,
        s: int = 1,
        g: int = 1,
        *,
        d: int = 1,
        bias: bool = False,
        tail: bool = True,
        params: tuple[Param, ...] | None = None,
    ) -> Tensor:
        w = window(self.x, k, s, d)
        op = conv_op(self.x.channels, out, g, w.kernel)
        self.add(op, name, conv_attrs(w, out, g, bias=bias), params=params)
        return self.tail(name) if tail else self.x

    def tail(self, name: str) -> Tensor:
        self.add(BATCH_NORM, f"{name}.norm")
        return self.add(RELU, f"{name}.act")

    def sep(self, name: str, out: int, s: int = 1, k: int | tuple[int, ...] = 3) -> Tensor:
        c = self.x.channels
        self.conv(f"{name}.dw", c, k, s, c)
        return self.conv(f"{name}.pw", out, 1)

    def head(self, classes: int) -> None:
        self.add(GLOBAL_AVG_POOL, "pool", {"keep": False})
        self.add(FC, "fc", fc_attrs(classes, bias=True))

    def finish(self, name: str = "net") -> Graph:
        return self.builder.finish(name, (self.x,))


def mobilenet_v1(
    alpha: float = 1.0, res: int = 224, *, standard: bool = False, shallow: bool = False
) -> Graph:
    """Howard et al. 2017, Table 1, with stride 1 in the last depthwise layer."""
    net = Net(3, res, res)

    def width(channels: int) -> int:
        return max(int(channels * alpha), 8)

    net.conv("conv1", width(32), 3, 2)
    middle = [] if shallow else [(512, 1)] * 5
    plan = [(64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2), *middle, (1024, 2)]
    for i, (out, s) in enumerate([*plan, (1024, 1)], start=2):
        if standard:
            net.conv(f"sep{i}", width(out), 3, s)
        else:
            net.sep(f"sep{i}", width(out), s)
    net.head(1000)
    return net.finish("MobileNetV1")


def mobilenet_v2() -> Graph:
    """Sandler et al. 2018, Table 2: expand, depthwise, project; no sums, which cost no MACs."""
    net = Net()
    net.conv("conv1", 32, 3, 2)
    plan = [(1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2)]
    number = 0
    for t, out, n, stride in [*plan, (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1)]:
        for i in range(n):
            name = f"block{(number := number + 1)}"
            wide = net.x.channels * t
            if t > 1:
                net.conv(f"{name}.expand", wide, 1)
            net.conv(f"{name}.dw", wide, 3, stride if i == 0 else 1, wide)
            net.conv(f"{name}.project", out, 1, tail=False)
            net.add(BATCH_NORM, f"{name}.project.norm")
    net.conv("conv2", 1280, 1)
    net.head(1000)
    return net.finish("MobileNetV2")


class Piece(NamedTuple):
    """One drawn part of a random network."""

    sort: str
    out: int
    k: int
    s: int
    tail: bool


def assemble(pieces: list[Piece], channels: int = 4, prefix: str = "p") -> Graph:
    """The network of some pieces, behind a first convolution."""
    net = Net(3, 17, 23, batch=2)
    net.conv("stem", channels, 3, 2)
    for i, piece in enumerate(pieces):
        name = f"{prefix}{i}"
        if piece.sort == "sep":
            net.sep(name, piece.out, piece.s, piece.k)
        elif piece.sort == "dw":
            net.conv(name, net.x.channels, piece.k, piece.s, net.x.channels, tail=piece.tail)
        else:
            net.conv(name, piece.out, piece.k, piece.s, bias=not piece.tail, tail=piece.tail)
    net.head(10)
    return net.finish("random")


def renamed(graph: Graph, prefix: str) -> Graph:
    """The same network with names that say nothing."""
    layers = [layer._replace(name=f"{prefix}{-i}") for i, layer in enumerate(graph.layers)]
    return graph._replace(layers=tuple(layers))
