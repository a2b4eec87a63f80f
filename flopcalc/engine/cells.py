"""Exact counts over a grid of widths and resolutions, as products of parts, or one by one.

A count that comes apart is a sum over terms of channel part × spatial part. Terms with the same
spatial parts are added up first: MobileNetV1 is left with six. numpy multiplies large grids where a
bound on every sum says that none can wrap, as doubles where none can be rounded either; beyond,
Python's integers do. Where the layers themselves change, each piece of the grid has its own sum.
"""

from __future__ import annotations

import importlib.util
from math import gcd
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Sequence

    Pieces: TypeAlias = Sequence[tuple[dict[int, int], dict[int, int], "Cells"]]

EXACT = 2**63  # below it, an int64 array holds every sum
FLOATS = 2**53  # below it, so do doubles, which are multiplied faster
MANY = 5000  # points from which numpy's import pays
ROWS = 50  # multiplied at a time: what a cache holds


class Cells:
    """Counts in rows (one a width) and columns (one a resolution)."""

    __slots__ = ("_dense", "_pieces", "_tall", "_wide", "shape")

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
        self._pieces: Pieces | None = None

    @classmethod
    def dense(cls, rows: Sequence[Sequence[int]]) -> Cells:
        """The counts as they are."""
        cells = cls((len(rows), len(rows[0]) if rows else 0), (), ())
        cells._dense = rows
        return cells

    @classmethod
    def product(
        cls,
        wide: Sequence[tuple[int, ...]],
        tall: Sequence[tuple[int, ...]],
        middle: tuple[int, ...] | None = None,
    ) -> Cells:
        """The sums of the products of each row of `wide` with each of `tall`, term by term.

        `middle` divides each term; it does so exactly, being the term where both come from.
        """
        rows, columns = list(zip(*wide, strict=True)), list(zip(*tall, strict=True))
        sums: dict[tuple[int, ...], list[int]] = {}
        for n, (channel, spatial) in enumerate(zip(rows, columns, strict=True)):
            factor = gcd(*spatial)  # 9·D_F² and D_F² are of one kind
            if factor == 0 or not any(channel):
                continue
            bottom = middle[n] if middle else 1
            kind = tuple([size // factor for size in spatial])
            known = sums.get(kind)
            if known is None:
                sums[kind] = [factor * size // bottom for size in channel]
            else:
                sums[kind] = [
                    a + factor * size // bottom for a, size in zip(known, channel, strict=True)
                ]
        shape = len(wide), len(tall)
        empty = [()] * len(wide), [()] * len(tall)
        return cls(
            shape,
            list(zip(*sums.values(), strict=True)) or empty[0],
            list(zip(*sums, strict=True)) or empty[1],
        )

    @classmethod
    def pieced(cls, shape: tuple[int, int], pieces: Pieces) -> Cells:
        """Cells put together: where each row and column of the whole is in a piece, and that."""
        if len(pieces) == 1:
            return pieces[0][2]
        cells = cls(shape, (), ())
        cells._pieces = pieces
        return cells

    @property
    def rank(self) -> int:
        """How many products a count is the sum of; 0 where it is not one."""
        return len(self._wide[0]) if self._wide else 0

    def at(self, i: int, j: int) -> int:
        """The count of one point, exact."""
        if self._dense is not None:
            return self._dense[i][j]
        if self._pieces is not None:
            return next(
                cells.at(rows[i], columns[j])
                for rows, columns, cells in self._pieces
                if i in rows and j in columns
            )
        return sum([c * s for c, s in zip(self._wide[i], self._tall[j], strict=True)])

    def row(self, i: int) -> list[int]:
        """The counts of a width at every resolution."""
        if self._dense is not None:
            return list(self._dense[i])
        if self._pieces is not None:
            found = [0] * self.shape[1]
            for rows, columns, cells in self._pieces:
                if i in rows:
                    for j, n in zip(columns, cells.row(rows[i]), strict=True):
                        found[j] = n
            return found
        wide = self._wide[i]
        return [sum([c * s for c, s in zip(wide, t, strict=True)]) for t in self._tall]

    def column_key(self, j: int) -> tuple[int, ...]:
        """What a resolution makes of every count: equal for two that differ in none."""
        if self._wide:
            return self._tall[j]
        if self._dense is not None:
            return tuple([row[j] for row in self._dense])
        return tuple([self.at(i, j) for i in range(self.shape[0])])

    def columns(self, kept: Sequence[int]) -> Cells:
        """The same with some of the resolutions only."""
        if self._wide:
            return Cells((self.shape[0], len(kept)), self._wide, [self._tall[j] for j in kept])
        return Cells.dense([[row[j] for j in kept] for row in self.rows()])

    def rows(self) -> list[list[int]]:
        """All counts as Python integers; numpy multiplies where it is there and pays."""
        if self.shape[0] * self.shape[1] > MANY and (array := self.array()) is not None:
            found: list[list[int]] = array.tolist()
            return found
        return [self.row(i) for i in range(self.shape[0])]

    def array(self) -> Any:  # noqa: ANN401 - an int64 array: numpy is no dependency of the types
        """All counts as an int64 array; None without numpy, or where one may not fit."""
        if importlib.util.find_spec("numpy") is None or (largest := self.largest()) >= EXACT:
            return None
        import numpy as np

        if self._dense is not None:
            return np.array(self._dense, dtype=np.int64)
        found = np.empty(self.shape, dtype=np.int64)
        if self._pieces is not None:
            for rows, columns, cells in self._pieces:
                found[np.ix_(list(rows), list(columns))] = cells.array()
            return found
        kind = np.float64 if largest < FLOATS else np.int64
        wide = np.array(self._wide, dtype=np.int64).reshape(self.shape[0], -1).astype(kind)
        tall = np.array(self._tall, dtype=np.int64).reshape(self.shape[1], -1).astype(kind)
        tall = np.ascontiguousarray(tall.T)
        for n in range(0, self.shape[0], ROWS):
            found[n : n + ROWS] = wide[n : n + ROWS] @ tall
        return found

    def largest(self) -> int:
        """A bound on every count and every partial sum, whatever their signs."""
        if self._dense is not None:
            return max((abs(n) for row in self._dense for n in row), default=0)
        if self._pieces is not None:
            return max(cells.largest() for _, _, cells in self._pieces)
        wide = [max(map(abs, column)) for column in zip(*self._wide, strict=True)]
        tall = [max(map(abs, column)) for column in zip(*self._tall, strict=True)]
        return sum(c * s for c, s in zip(wide, tall, strict=True))
