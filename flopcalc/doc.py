"""What a report says, apart from how it looks: titles, tables, formulas, notes, and the data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

from flopcalc.record import Record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from fractions import Fraction
    from typing import Literal

    from flopcalc.chart import Chart

Cell: TypeAlias = "str | int | float | Fraction | None"
ColumnKind: TypeAlias = 'Literal["text", "count", "share", "ratio", "factor", "bytes"]'


class Column(Record):
    """A column whose cells stay raw; the renderer alone rounds and aligns.

    `count`: an exact integer. `share`: a fraction of one, shown in percent. `ratio`: a plain
    fraction (0.11306). `factor`: how many times (8.845×). `bytes`: a size. `text`: as it is.
    A `None` cell is empty: nothing was measured.
    """

    key: str
    title: str
    kind: ColumnKind = "text"


class Table(Record):
    """Rows under columns; `totals` are set apart below; `bar` names a share column to draw."""

    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    totals: tuple[tuple[Cell, ...], ...] = ()
    title: str = ""
    bar: str | None = None
    lower_bounds: frozenset[str] = frozenset()  # columns whose totals are shown with ≥


class Line(Record):
    """One step of a derivation: a label and its text, with the same in LaTeX where it differs."""

    label: str
    text: str
    latex: str = ""


class Derivation(Record):
    """A formula, its values, its result, and the legend (symbol, meaning, value)."""

    title: str
    lines: tuple[Line, ...]
    legend: tuple[tuple[str, str, str], ...] = ()
    note: str = ""


class Note(Record):
    """A sentence; `warning` for what the user should not miss."""

    text: str
    level: Literal["plain", "hint", "warning"] = "plain"


Block: TypeAlias = "Table | Derivation | Note"


class Later(Mapping[str, Any]):
    """Data that is made when first looked at, since few formats print it."""

    __slots__ = ("_made", "_make")

    def __init__(self, make: Callable[[], Mapping[str, Any]]) -> None:
        self._make = make
        self._made: Mapping[str, Any] | None = None

    def _data(self) -> Mapping[str, Any]:
        if self._made is None:
            self._made = self._make()
        return self._made

    def __getitem__(self, key: str) -> Any:  # noqa: ANN401 - whatever the data holds
        return self._data()[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._data())

    def __len__(self) -> int:
        return len(self._data())


class Doc(Record):
    """A report: what every format renders. `data` is what JSON prints, complete and exact."""

    title: str
    blocks: tuple[Block, ...]
    data: Mapping[str, Any]
    subtitle: str = ""
    exit_code: int = 0
    chart: Callable[[], Chart] | None = None  # its picture, made when asked for
    draws: bool = False  # whether a terminal shows the picture too
    rows: Table | None = None  # what CSV prints, where it is not the first table
