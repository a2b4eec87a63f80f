"""Tensors and parameters: shapes with named axes, never a bare position.

Sizes are typed as integers. In an exported graph with named dimensions a size may also be a
`dim.Expr`, which computes as an integer does and refuses to guess where its value decides.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from flopcalc.record import Record

if TYPE_CHECKING:
    from typing import Literal

ParamKind: TypeAlias = 'Literal["weight", "bias", "norm", "buffer"]'

SPATIAL = "ldhw"
_VECTOR, _SEQUENCE = "nc", "nlc"
_MAPS = {1: "ncl", 2: "nchw", 3: "ncdhw"}
_FIRST_CHANNELS = frozenset({_VECTOR, *_MAPS.values()})


class Tensor(Record):
    """A value that flows between layers.

    `axes` names each dimension: n batch, c channels (features), l length, d h w depth, height
    and width. Frameworks' order is kept (`nchw`; `nlc` for tokens with features, `nl` for ids).
    """

    id: int
    shape: tuple[int, ...]
    axes: str
    dtype: str = "float32"

    def size(self, axis: str) -> int:
        """The extent of the axis named `axis`; 1 where the tensor has none."""
        return self.shape[self.axes.index(axis)] if axis in self.axes else 1

    @property
    def batch(self) -> int:
        """The number of samples."""
        return self.shape[0] if self.axes[:1] == "n" else self.size("n")  # nearly always

    @property
    def channels(self) -> int:
        """The number of channels (features of a vector or token)."""
        return self.shape[1] if self.axes[1:2] == "c" else self.size("c")  # nearly always

    @property
    def spatial(self) -> tuple[int, ...]:
        """The extents of the length, depth, height and width axes, in that order."""
        if self.axes in _FIRST_CHANNELS:  # nearly always
            return self.shape[2:]
        return tuple(n for n, axis in zip(self.shape, self.axes, strict=True) if axis in SPATIAL)

    @property
    def elements(self) -> int:
        """The number of elements, batch included."""
        return product(self.shape)

    @property
    def is_map(self) -> bool:
        """Whether convolutions and pools apply: channels before 1 to 3 spatial axes."""
        return self.axes in _MAPS.values()

    def text(self) -> str:
        """As papers print it, channels last: `112×112×32`, the batch in front unless it is 1."""
        if self.axes in _FIRST_CHANNELS and self.shape[0] == 1:  # nearly always
            return "×".join(map(str, (*self.shape[2:], self.shape[1])))
        order = "na" + SPATIAL + "c"
        pairs = sorted(zip(self.axes, self.shape, strict=True), key=lambda p: order.find(p[0]))
        sides = [str(n) for axis, n in pairs if axis != "n"]
        batch = [f"{self.batch}×"] if self.batch != 1 else []
        return "".join([*batch, "×".join(sides)]) if sides else str(self.batch)


class Shaped(Record):
    """What an op says of an output before the builder gives it an identity."""

    shape: tuple[int, ...]
    axes: str


class Param(Record):
    """A stored tensor; one `id` is stored once however often it is used."""

    id: str
    kind: ParamKind
    shape: tuple[int, ...]
    dtype: str = "float32"

    @property
    def elements(self) -> int:
        """The number of stored values."""
        return product(self.shape)


def feature_map(batch: int, channels: int, spatial: tuple[int, ...]) -> Shaped:
    """Channels over 0 to 3 spatial axes; none gives a vector."""
    if not spatial:
        return vector(batch, channels)
    return Shaped((batch, channels, *spatial), _MAPS[len(spatial)])


def vector(batch: int, channels: int) -> Shaped:
    """One vector of features a sample."""
    return Shaped((batch, channels), _VECTOR)


def sequence(batch: int, length: int, channels: int) -> Shaped:
    """A sequence of feature vectors a sample (transformers, recurrent layers)."""
    return Shaped((batch, length, channels), _SEQUENCE)


def token_ids(batch: int, length: int) -> Shaped:
    """A sequence of integer ids a sample, for an embedding."""
    return Shaped((batch, length), "nl")


def product(numbers: tuple[int, ...]) -> int:
    """The exact product; 1 for none."""
    result = 1
    for number in numbers:
        result *= number
    return result
