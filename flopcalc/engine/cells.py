"""Exact counts over a grid of widths and resolutions, as products of parts, or one by one.

A count that comes apart is a sum over terms of channel part × spatial part. Terms with the same
spatial parts are added up first: MobileNetV1 is left with six. numpy multiplies large grids where a
bound on every sum says that none can wrap; beyond, Python's integers do.
"""

from __future__ import annotations

import importlib.util
from math import gcd
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flopcalc.engine.grid import Part

EXACT = 2**63  # below it, an int64 array holds every sum
MANY = 5000  # points from which numpy's import pays


class Cells:
    """Counts in rows (one a width) and columns (one a resolution)."""

    __slots__ = ("_dense", "_tall", "_wide", "shape")

    def __init__(
        self,
        shape: tuple[int, int],
        wide: Sequence[tuple[int, ...]],
        tall: Sequence[tuple[int, ...]],
    ) -> None:
        self.shape = shape
        self._wide = wide
        self._tall = tall
        self._dense: Sequence[Sequence[int]] | None = None

    @classmethod
    def dense(cls, rows: Sequence[Sequence[int]]) -> Cells:
        """The counts as they are."""
        cells = cls((len(rows), len(rows[0]) if rows else 0), (), ())
        cells._dense = rows
        return cells

    @classmethod
    def product(cls, wide: Sequence[Part], tall: Sequence[Part], weight: int = 1) -> Cells:
        """What the parts multiply to, `weight` times."""
        columns = list(zip(*(part.factors for part in tall), strict=True))
        rows = list(zip(*(part.factors for part in wide), strict=True))
        sums: dict[tuple[int, ...], list[int]] = {}
        for tall_term, wide_term in zip(columns, rows, strict=True):
            common = gcd(*tall_term) or 1  # 9·D_F² and D_F² are of one kind
            spatial = tuple([n // common for n in tall_term])
            channel = [n * common for n in wide_term]
            known = sums.get(spatial)
            if known is None:
                sums[spatial] = [weight * n for n in channel]
            else:
                sums[spatial] = [a + weight * n for a, n in zip(known, channel, strict=True)]
        shape = len(wide), len(tall)
        empty = [()] * len(wide), [()] * len(tall)
        return cls(
            shape,
            list(zip(*sums.values(), strict=True)) or empty[0],
            list(zip(*sums, strict=True)) or empty[1],
        )

    @property
    def rank(self) -> int:
        """How many products a count is the sum of; 0 where it is not one."""
        return len(self._wide[0]) if self._dense is None and self._wide else 0

    def at(self, i: int, j: int) -> int:
        """The count of one point, exact."""
        if self._dense is not None:
            return self._dense[i][j]
        return sum([c * s for c, s in zip(self._wide[i], self._tall[j], strict=True)])

    def row(self, i: int) -> list[int]:
        """The counts of a width at every resolution."""
        if self._dense is not None:
            return list(self._dense[i])
        wide = self._wide[i]
        return [sum([c * s for c, s in zip(wide, t, strict=True)]) for t in self._tall]

    def column_key(self, j: int) -> tuple[int, ...]:
        """What a resolution makes of every count: equal for two that differ in none."""
        return self._tall[j] if self._dense is None else tuple([row[j] for row in self._dense])

    def columns(self, kept: Sequence[int]) -> Cells:
        """The same with some of the resolutions only."""
        if self._dense is not None:
            return Cells.dense([[row[j] for j in kept] for row in self._dense])
        return Cells((self.shape[0], len(kept)), self._wide, [self._tall[j] for j in kept])

    def rows(self) -> list[list[int]]:
        """All counts as Python integers; numpy multiplies where it is there and pays."""
        if self.shape[0] * self.shape[1] > MANY and (array := self.array()) is not None:
            found: list[list[int]] = array.tolist()
            return found
        return [self.row(i) for i in range(self.shape[0])]

    def array(self) -> Any:  # noqa: ANN401 - an int64 array: numpy is no dependency of the types
        """All counts as an int64 array; None without numpy, or where one may not fit."""
        if importlib.util.find_spec("numpy") is None:
            return None
        import numpy as np

        if self._dense is not None:
            return np.array(self._dense, dtype=np.int64) if self.largest() < EXACT else None
        if self.largest() >= EXACT:
            return None
        wide = np.array(self._wide, dtype=np.int64).reshape(self.shape[0], -1)
        tall = np.array(self._tall, dtype=np.int64).reshape(self.shape[1], -1)
        return wide @ np.ascontiguousarray(tall.T)

    def largest(self) -> int:
        """A bound on every count and every partial sum."""
        if self._dense is not None:
            return max((n for row in self._dense for n in row), default=0)
        wide = [max(column) for column in zip(*self._wide, strict=True)]
        tall = [max(column) for column in zip(*self._tall, strict=True)]
        return sum(c * s for c, s in zip(wide, tall, strict=True))
