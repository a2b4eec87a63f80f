"""Sweeps: a model over a grid of widths and resolutions, beside its full size."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flopcalc.engine.pareto import front
from flopcalc.errors import InputError, did_you_mean
from flopcalc.record import Record

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from fractions import Fraction

    from flopcalc.engine.cells import Cells
    from flopcalc.engine.convention import Convention
    from flopcalc.graph import Effective, Published, Scale

SMALL = ("mult_adds", "bytes")  # costs: less is better; of all else more is
GOALS = ("mult_adds", "params", "alpha", "res", "depth", "top1", "top5")


class Plane:
    """One model, all but width and resolution fixed, at every pair of `widths` and `sizes`.

    `operations` and `params` hold the counts under the sweep's convention, `standard` those of the
    model with standard convolutions in place of its separable pairs (None without any). `whole`
    has the operations and parameters at α = ρ = 1. `widths` are ranges of α that make one and the
    same network (of one number each, unless the sweep is continuous), `sizes` heights and widths
    of the input. `scale` is the base with every knob resolved. `printed` maps a width and a size
    to what others print there.
    """

    __slots__ = (
        *("base", "name", "operations", "params", "path", "printed", "scale", "sizes"),
        *("standard", "whole", "widths"),
    )

    def __init__(  # noqa: PLR0917 - one caller, and each its own type
        self,
        name: str,
        path: str,
        base: Scale,
        scale: Effective,
        widths: tuple[tuple[float, float, float], ...],
        sizes: tuple[tuple[int, ...], ...],
        operations: Cells,
        params: Cells,
        standard: Cells | None,
        whole: tuple[int, int],
    ) -> None:
        self.name = name
        self.path = path
        self.base = base
        self.scale = scale
        self.widths = widths
        self.sizes = sizes
        self.operations = operations
        self.params = params
        self.standard = standard
        self.whole = whole
        self.printed: dict[tuple[int, int], list[Published]] = {}

    def __len__(self) -> int:
        return len(self.widths) * len(self.sizes)

    def spot(self, i: int, j: int) -> Spot:
        """The point at a width and a size."""
        return Spot(self, i, j)

    def spots(self) -> Iterator[Spot]:
        """Every point, in the order of the axes."""
        for i in range(len(self.widths)):
            for j in range(len(self.sizes)):
                yield Spot(self, i, j)

    @property
    def full(self) -> int:
        """The side of the input at ρ = 1, or 0."""
        side = self.scale.res[-1] if self.scale.res else 0
        return round(side / self.scale.rho) if side else 0


class Spot(Record):
    """A point of a plane: the model at one α and resolution."""

    plane: Plane
    i: int
    j: int

    @property
    def alpha(self) -> float:
        """The width multiplier."""
        return self.plane.widths[self.i][2]

    @property
    def size(self) -> tuple[int, ...]:
        """Height and width of the input; empty where it has none."""
        return self.plane.sizes[self.j]

    @property
    def rho(self) -> float:
        """The resolution multiplier."""
        return self.size[-1] / self.plane.full if self.size and self.plane.full else 1.0

    @property
    def operations(self) -> int:
        """What the convention counts, exact."""
        return self.plane.operations.at(self.i, self.j)

    @property
    def params(self) -> int:
        """The parameters that the convention counts."""
        return self.plane.params.at(self.i, self.j)

    @property
    def ratio(self) -> Fraction | None:
        """Operations / those at α = ρ = 1."""
        from fractions import Fraction

        whole = self.plane.whole[0]
        return Fraction(self.operations, whole) if whole else None

    @property
    def reduction(self) -> Fraction | None:
        """How many times fewer operations than at α = ρ = 1."""
        ratio = self.ratio
        return 1 / ratio if ratio else None

    @property
    def saved(self) -> Fraction | None:
        """How many times the operations standard convolutions would take at the same scale."""
        from fractions import Fraction

        if self.plane.standard is None or not self.operations:
            return None
        return Fraction(self.plane.standard.at(self.i, self.j), self.operations)

    @property
    def printed(self) -> list[Published]:
        """What papers and libraries print at this scale."""
        return self.plane.printed.get((self.i, self.j), [])


class Sweep:
    """The planes of a sweep, all under one convention.

    `continuous` says that the widths are all there are; `source` is whose accuracies are shown.
    """

    __slots__ = ("continuous", "convention", "planes", "source")

    def __init__(
        self, planes: tuple[Plane, ...], convention: Convention, *, continuous: bool
    ) -> None:
        self.planes = planes
        self.convention = convention
        self.continuous = continuous
        self.source = {plane.path: _source(planes, plane.path) for plane in planes}

    def __len__(self) -> int:
        return sum(len(plane) for plane in self.planes)

    def __iter__(self) -> Iterator[Spot]:
        for plane in self.planes:
            yield from plane.spots()

    def accuracy(self, spot: Spot, which: str = "top1") -> Fraction | None:
        """The published accuracy at a point, by the source that has most points of its model."""
        from fractions import Fraction

        for row in spot.printed:
            if row.source == self.source[spot.plane.path] and which in row.printed:
                return Fraction(*row.printed[which].as_integer_ratio())
        return None

    def goals(self) -> tuple[str, ...]:
        """What a front is about unless told: accuracy where it is known, else the parameters."""
        known = sum(
            any("top1" in row.printed for row in rows)
            for plane in self.planes
            for rows in plane.printed.values()
        )
        return ("mult_adds", "top1" if known > 1 else "params")

    def front(self, goals: tuple[str, ...] = ()) -> list[Spot]:
        """The points that no other beats: few Mult-Adds, and much of every other goal.

        Points without a published accuracy are left out where that is a goal. Raises `InputError`
        for a goal that there is not.
        """
        goals = goals or self.goals()
        for goal in goals:
            if goal not in GOALS:
                raise InputError(f"no goal '{goal}'", hint=did_you_mean(goal, GOALS))
        spots: list[Spot] = []
        for plane in self.planes:  # of parts first: what one plane beats, the whole beats
            spots += front(self._candidates(plane, goals), lambda s: self._costs(s, goals))
        return front(spots, lambda s: self._costs(s, goals))

    def _candidates(self, plane: Plane, goals: tuple[str, ...]) -> Iterator[Spot]:
        wanted = [goal for goal in goals if goal.startswith("top")]
        if wanted:
            return (
                Spot(plane, i, j)
                for i, j in sorted(plane.printed)
                if all(self.accuracy(Spot(plane, i, j), goal) is not None for goal in wanted)
            )
        if goals == ("mult_adds", "params"):  # of a width, the cheapest resolutions are enough
            return (
                Spot(plane, i, j)
                for i in range(len(plane.widths))
                for j in self._cheapest(plane, i)
            )
        return plane.spots()

    def _cheapest(self, plane: Plane, i: int) -> Iterator[int]:
        """The resolutions with the fewest operations of a width; all where parameters differ."""
        row, params = plane.operations.row(i), plane.params.row(i)
        least, constant = min(row), len(set(params)) == 1
        return (j for j, n in enumerate(row) if n == least or not constant)

    def _costs(self, spot: Spot, goals: tuple[str, ...]) -> list[Fraction | float]:
        values: Mapping[str, object] = {
            "mult_adds": spot.operations,
            "params": spot.params,
            "alpha": spot.alpha,
            "res": (spot.size or (0,))[0] * (spot.size or (0,))[-1],
            "depth": spot.plane.scale.depth,
        }
        found: list[Fraction | float] = []
        for goal in goals:
            value = self.accuracy(spot, goal) if goal.startswith("top") else values[goal]
            assert value is not None
            found.append(value if goal in SMALL else -value)  # type: ignore[operator, arg-type]  # numbers
        return found


def _source(planes: tuple[Plane, ...], path: str) -> str:
    """The source with accuracies at most points of a model; of equals the one named first."""
    found: dict[str, int] = {}
    for plane in planes:
        if plane.path != path:
            continue
        for rows in plane.printed.values():
            for source in {row.source: None for row in rows if "top1" in row.printed}:
                found[source] = found.get(source, 0) + 1
    return max(found, key=lambda source: found[source], default="")
