"""One layer of an op, or the layers of one step, built without a spec; and the tables' rows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from flopcalc.build import Builder
from flopcalc.graph import Layer
from flopcalc.op import OPERATIONS, PARAMETERS, Attrs, Op
from flopcalc.ops.registry import find_step
from flopcalc.step import REQUIRED
from flopcalc.tensor import (
    Param,
    Shaped,
    Tensor,
    feature_map,
    product,
    sequence,
    token_ids,
    vector,
)


class Row(NamedTuple):
    """A layer and all that must be said of it; the formula shown is that of the first count."""

    op: Op
    attrs: Attrs
    inputs: tuple[Shaped, ...]
    output: str
    counts: Mapping[str, int]
    algebra: str
    numbers: str
    source: str


def fmap(channels: int, *spatial: int, batch: int = 1) -> Shaped:
    return feature_map(batch, channels, spatial)


def seq(length: int, channels: int, batch: int = 1) -> Shaped:
    return sequence(batch, length, channels)


def vec(channels: int, batch: int = 1) -> Shaped:
    return vector(batch, channels)


def ids(length: int, batch: int = 1) -> Shaped:
    return token_ids(batch, length)


def layer(op: Op, attrs: Attrs, *inputs: Shaped) -> Layer:
    """The layer of `op` on inputs of these shapes."""
    builder = Builder(1)
    tensors = tuple(builder.input(shaped) for shaped in inputs)
    builder.add(op, tensors, attrs, name="layer")
    return builder.layers[0]


def counted(made: Layer) -> dict[str, int]:
    """The counts of a layer that are not zero."""
    values = {kind: formula.value(made.env) for kind, formula in made.op.counts.items()}
    return {kind: value for kind, value in values.items() if value}


def stored(made: Layer) -> dict[str, int]:
    """The parameters of a layer by kind, from the shapes it stores."""
    sizes: dict[str, int] = {}
    for param in made.params:
        sizes[param.kind] = sizes.get(param.kind, 0) + param.elements
    return sizes


def check(row: Row) -> None:
    """Assert all that a row says."""
    made = layer(row.op, row.attrs, *row.inputs)
    assert [y.text() for y in made.outputs] == [row.output]
    assert counted(made) == dict(row.counts)
    assert stored(made) == {k: n for k, n in row.counts.items() if k in PARAMETERS}
    if not row.counts:
        assert row.op.free
        assert (row.algebra, row.numbers) == ("", "")
        return
    formula = row.op.counts[next(iter(row.counts))]
    assert formula.algebra(made.env) == row.algebra
    assert formula.numbers(made.env) == row.numbers


class Net:
    """A network made of steps, each named after its key and a number."""

    def __init__(self) -> None:
        self.builder = Builder(5000)
        self.tied: list[str] = []

    def input(self, shaped: Shaped) -> Tensor:
        return self.builder.input(shaped)

    def step(self, key: str, x: Tensor, *primary: Any, **given: Any) -> Tensor:
        """The output of the step `key`, its arguments bound as the language binds them."""
        step = find_step(key)
        assert step is not None, key
        args = {arg.name: arg.default for arg in step.args}
        for arg, value in zip(step.args, primary, strict=False):
            args[arg.name] = value
        assert set(given) <= set(args), given
        args |= given
        assert REQUIRED not in args.values(), args
        count = len(self.builder.layers)

        def emit(
            op: Op,
            *inputs: Tensor,
            part: str = "",
            attrs: Attrs = {},  # noqa: B006 - never written to
            tied: str | None = None,
        ) -> Tensor:
            params: tuple[Param, ...] | None = None
            if tied is not None:
                self.tied.append(tied)
                params = next(made.params for made in self.layers if made.name == tied)
            name = f"{key}{count}.{part}" if part else f"{key}{count}"
            return self.builder.add(op, inputs, attrs, name=name, params=params)[0]

        return step.expand(emit, x, args)

    @property
    def layers(self) -> list[Layer]:
        return self.builder.layers

    def parts(self) -> list[str]:
        """The names of the layers without those of their steps."""
        return [made.name.partition(".")[2] for made in self.layers]

    def total(self, kind: str) -> int:
        """A count over all layers; parameters once each."""
        if kind in OPERATIONS:
            return sum(counted(made).get(kind, 0) for made in self.layers)
        shapes = {p.id: p.shape for m in self.layers for p in m.params if p.kind == kind}
        return sum(map(product, shapes.values()))

    @property
    def params(self) -> int:
        """What `sum(p.numel() for p in model.parameters())` prints in PyTorch."""
        return sum(self.total(kind) for kind in ("weight", "bias", "norm"))


def one(key: str, shaped: Shaped, *primary: Any, **given: Any) -> tuple[Net, Tensor]:
    """A network of one step and its output."""
    net = Net()
    return net, net.step(key, net.input(shaped), *primary, **given)
