"""Pictures as data: bars or points, their axes and names; renderers draw them."""

from __future__ import annotations

from typing import Literal

from flopcalc.record import Record


class Mark(Record):
    """A bar's length `x` at the row `label`, or a point at (x, y); `front` points are joined."""

    label: str
    x: float
    y: float = 0.0
    front: bool = False
    group: str = ""  # what colours a bar
    note: str = ""  # stands after a bar's number


class Series(Record):
    """Marks of one model, under its name."""

    name: str
    marks: tuple[Mark, ...]


class Chart(Record):
    """`bars` lie, one group a row; `points` have both axes. `x` and `y` name axes with units.

    `log` spaces x by its logarithm; `percent` says that y, or the length of a bar, is a share of
    one; `rule` is where a line across all bars stands. `groups` are those that marks may be of, in
    the order of their colours ("" skips one); `rows` are labels of bars in the order to show them.
    """

    kind: Literal["bars", "points"]
    title: str
    x: str
    y: str
    series: tuple[Series, ...]
    subtitle: str = ""
    log: bool = False
    percent: bool = False
    rule: float = 0.0
    groups: tuple[str, ...] = ()
    rows: tuple[str, ...] = ()

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels of all marks, each once: first those of `rows`, in their order."""
        used = dict.fromkeys(mark.label for series in self.series for mark in series.marks)
        return tuple(dict.fromkeys([*(row for row in self.rows if row in used), *used]))
