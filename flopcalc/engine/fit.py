"""The inverse question: the largest multipliers whose network keeps within limits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flopcalc.engine.pareto import front
from flopcalc.errors import InputError, did_you_mean
from flopcalc.record import Record

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from flopcalc.engine.convention import Convention
    from flopcalc.engine.grid import Grid
    from flopcalc.graph import Effective, Published, Scale
    from flopcalc.quantity import Quantity

METRICS = ("mult_adds", "params", "bytes", "weight_bytes")
DTYPES = {"float64": 8, "float32": 4, "bfloat16": 2, "float16": 2, "int8": 1}
_SPREAD = 16


class Limits(Record):
    """Upper bounds of mult_adds (in the convention's unit), params and bytes, and a number's size.

    `bytes` is what the parameters that the convention counts take at `width` bytes each,
    `weight_bytes` what all that is stored does, buffers included.
    """

    most: tuple[tuple[str, Quantity], ...]
    width: int = 4

    def exceeded(self, operations: int, params: int, stored: int) -> tuple[str, ...]:
        """The metrics that are above their limits."""
        values = self.values(operations, params, stored)
        return tuple(name for name, limit in self.most if not limit.allows(values[name]))

    def values(self, operations: int, params: int, stored: int) -> dict[str, int]:
        """What each metric comes to."""
        return {
            "mult_adds": operations,
            "params": params,
            "bytes": params * self.width,
            "weight_bytes": stored * self.width,
        }

    def size_of(self, params: int, stored: int) -> int:
        """The bytes that a report shows: those that are bounded."""
        whole = any(name == "weight_bytes" for name, _ in self.most)
        return (stored if whole else params) * self.width


class Size(Record):
    """A network of a search: its multipliers and exact cost; `over` are the limits it exceeds.

    `low` to `high`, both inclusive, are the α that make this network, `alpha` stands for them.
    """

    low: float
    high: float
    alpha: float
    size: tuple[int, ...]
    operations: int
    params: int
    stored: int
    over: tuple[str, ...]


class Search:
    """All candidates of one model, all but width and resolution fixed."""

    __slots__ = ("_known", "base", "grid", "limits", "name", "path", "scale", "sizes", "widths")

    def __init__(
        self,
        grid: Grid,
        path: str,
        limits: Limits,
        widths: Sequence[tuple[float, float, float]],
        sizes: Sequence[tuple[int, int] | None],
    ) -> None:
        self.grid = grid
        self.base: Scale = grid.base
        self.scale: Effective = grid.graph.scale
        self.name = grid.graph.name
        self.path = path
        self.limits = limits
        self.widths = widths
        self.sizes = sizes
        self._known: dict[tuple[int, int], Size] = {}

    def at(self, i: int, j: int) -> Size:
        """The candidate of a width and a resolution."""
        found = self._known.get((i, j))
        if found is None:
            low, high, alpha = self.widths[i] if self.widths else (self.scale.alpha,) * 3
            point = self.grid.at(alpha if self.widths else None, self.sizes[j])
            counts = point.operations, point.params, point.stored
            over = self.limits.exceeded(*counts)
            size = self.sizes[j] or self.scale.res
            found = Size(low, high, alpha, size, *counts, over)
            self._known[i, j] = found
        return found

    def widest(self, j: int) -> int | None:
        """The largest width that fits at a resolution, or None.

        Cost grows with α, so halving finds it. Widths above it are then tried here and there, and
        all of them where one fits after all, as an expression that reads α could make it.
        """
        low, high = -1, max(len(self.widths), 1)
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (low, middle) if self.at(middle, j).over else (middle, high)
        top = len(self.widths) - 1
        above = range(low + 1, top + 1, max(1, (top - low) // _SPREAD))
        if any(not self.at(i, j).over for i in above):
            low = next(i for i in range(top, -1, -1) if not self.at(i, j).over)
        return None if low < 0 else low


class Found(Record):
    """A network that fits and that no other one exceeds in every multiplier; `next` does not fit.

    `next` is one step wider, or else finer, or deeper; None where the search ends here.
    """

    search: Search
    fits: Size
    next: Size | None
    next_search: Search | None = None


class Quoted(Record):
    """A published row whose network fits, with its exact cost."""

    name: str
    path: str
    row: Published
    scale: Effective
    operations: int
    params: int
    stored: int


class Fitted(Record):
    """The answer: what fits, of each model the smallest candidate, and what is published of it."""

    found: tuple[Found, ...]
    smallest: tuple[tuple[Search, Size], ...]
    published: tuple[Quoted, ...]
    limits: Limits
    convention: Convention
    all_fit: bool


def search(
    groups: Sequence[Sequence[Search]], knobs: Callable[[Search], tuple[float, ...]]
) -> tuple[list[Found], list[tuple[Search, Size]], bool]:
    """Of each group of searches (one model) what fits, its smallest candidate; whether all fit.

    `knobs` are the other multipliers of a search, of which more is more.
    """
    found: list[Found] = []
    smallest = []
    all_fit = True
    for group in groups:
        spots = [
            (s, i, j) for s in group for j in range(len(s.sizes)) if (i := s.widest(j)) is not None
        ]

        def rank(spot: tuple[Search, int, int]) -> tuple[float, ...]:
            one, i, j = spot
            size = one.at(i, j)
            area = size.size[0] * size.size[-1] if size.size else 0
            return (-size.alpha, -area, *(-knob for knob in knobs(one)))

        best = front(spots, rank)
        for one, i, j in best:
            found.append(Found(one, one.at(i, j), *_next(one, i, j, group)))
        least = [(s, s.at(0, j)) for s in group for j in range(len(s.sizes))]
        smallest.append(min(least, key=lambda entry: (entry[1].operations, entry[1].params)))
        all_fit = all_fit and all(
            not s.at(max(len(s.widths), 1) - 1, j).over for s in group for j in range(len(s.sizes))
        )
    return found, smallest, all_fit


def _next(
    one: Search, i: int, j: int, group: Sequence[Search]
) -> tuple[Size | None, Search | None]:
    """The neighbour that no longer fits: wider, else finer, else the next of the other knobs."""
    if i + 1 < len(one.widths):
        return one.at(i + 1, j), one
    for finer in range(j + 1, len(one.sizes)):
        if one.at(i, finer).over:
            return one.at(i, finer), one
    for other in group[group.index(one) + 1 :]:
        if other.at(i, j).over:
            return other.at(i, j), other
    return None, None


def read_limits(texts: Sequence[tuple[str, Quantity]], dtype: str) -> Limits:
    """Limits by metric; raises `InputError` for a metric, unit or dtype that there is not."""
    if not texts:
        raise InputError("no limit to fit", hint="for example --max mult_adds=150M")
    for name, limit in texts:
        if name not in METRICS:
            raise InputError(f"unknown metric '{name}'", hint=did_you_mean(name, METRICS))
        by_bytes = name.endswith("bytes")
        if by_bytes != (limit.kind == "bytes") or limit.kind == "share":
            example = f"{name}=2MB" if by_bytes else f"{name}=100M"
            raise InputError(f"'{limit}' is no limit of {name}", hint=f"for example {example}")
    if dtype not in DTYPES:
        raise InputError(f"unknown dtype '{dtype}'", hint=did_you_mean(dtype, DTYPES))
    return Limits(tuple(texts), DTYPES[dtype])
