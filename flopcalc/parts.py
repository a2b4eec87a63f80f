"""The cells of a sweep: elaborated here or by other processes, and put together from products."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from flopcalc.engine.cells import Cells
from flopcalc.engine.convention import find_convention
from flopcalc.engine.grid import Grid
from flopcalc.engine.pairs import standard_layers
from flopcalc.record import Record
from flopcalc.spec.model import SpecModel, load_spec

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from concurrent.futures import Executor

    from flopcalc.engine.convention import Convention
    from flopcalc.engine.grid import Part
    from flopcalc.graph import Graph, Model, Scale

    Progress: TypeAlias = Callable[[int, int], None]

Size: TypeAlias = "tuple[int, int] | None"
Kind: TypeAlias = Literal["wide", "tall", "both"]
CHUNK = 64  # scales elaborated in one task: about a tenth of a second
MOST_BASES = 16  # of an axis: with more, what is multiplied is hardly worth it


class Job(Record):
    """A part of a sweep that another process can do: it builds the model from its text."""

    text: str
    path: str
    base: Scale
    convention: str
    twin: bool
    kind: Kind
    alphas: tuple[float | None, ...] = ()
    sizes: tuple[Size, ...] = ()


class Bases(Record):
    """Widths or resolutions that one base serves: their places on the axis, and their parts."""

    base: Scale
    places: tuple[int, ...]
    parts: tuple[Part, ...]


class Sheet:
    """One model at every pair of some widths and resolutions, all else fixed by `base`.

    With `twin` it is the model with standard convolutions in place of its separable pairs.
    """

    def __init__(
        self, model: Model, base: Scale, convention: Convention, work: Work, *, twin: bool
    ) -> None:
        self.model = model
        self.base = base
        self.convention = convention
        self.work = work
        self.twin = twin
        self._build = builder(model, twin=twin)
        self._grids: dict[Scale, Grid] = {}

    def cells(
        self, alphas: tuple[float | None, ...], sizes: tuple[Size, ...]
    ) -> tuple[Cells, Cells]:
        """Operations and parameters: as products, piece by piece, or else one by one."""
        grid = self.grid(self.base)
        if isinstance(self.model, SpecModel) and grid.separable:
            most = len(alphas) * len(sizes)
            wide = self._bases("wide", alphas, most)
            tall = self._bases("tall", sizes, most) if wide else []
            tasks = sum(len(a.places) + len(b.places) for a in wide for b in tall)
            if tall and (len(wide) == len(tall) == 1 or tasks < len(alphas) * len(sizes)):
                pieces = [self._piece(a, b, alphas, sizes) for a in wide for b in tall]
                shape = len(alphas), len(sizes)
                return (
                    Cells.pieced(shape, [(rows, columns, one) for rows, columns, one, _ in pieces]),
                    Cells.pieced(shape, [(rows, columns, two) for rows, columns, _, two in pieces]),
                )
        return self._directly(alphas, sizes)

    def grid(self, base: Scale) -> Grid:
        """The grid around a base."""
        if base not in self._grids:
            self._grids[base] = Grid(self._build, base, self.convention)
        return self._grids[base]

    def _bases(
        self,
        kind: Literal["wide", "tall"],
        values: Sequence[float | None] | Sequence[Size],
        most: int,
    ) -> list[Bases]:
        """The values of an axis by the base that each is a product with; none where too many.

        `most` elaborations are worth looking for them.

        Layers come and go: with the width, where channels that agree need no projection; with
        the resolution, where a spec asks for it. Each such change takes a base of its own.
        """
        found: list[Bases] = []
        left = list(range(len(values)))
        base = self.base
        while left:
            most -= len(left)
            if len(found) == MOST_BASES or (found and most < 0):
                return []
            asked = tuple(values[n] for n in left)
            axes = {"alphas": asked} if kind == "wide" else {"sizes": asked}
            parts = self._map(base, kind, **axes)  # type: ignore[arg-type]  # of its own kind
            held = [(n, part) for n, part in zip(left, parts, strict=True) if part is not None]
            if held:
                places, kept = zip(*held, strict=True)
                found.append(Bases(base, places, kept))
            left = [n for n, part in zip(left, parts, strict=True) if part is None]
            if left:
                moved = _moved(self.base, kind, values[left[0]])
                if moved == base:
                    return []  # it is no product even with itself
                base = moved
        return found

    def _piece(
        self,
        wide: Bases,
        tall: Bases,
        alphas: tuple[float | None, ...],
        sizes: tuple[Size, ...],
    ) -> tuple[dict[int, int], dict[int, int], Cells, Cells]:
        """Where a piece of the grid stands, its operations and its parameters."""
        rows = {place: n for n, place in enumerate(wide.places)}
        columns = {place: n for n, place in enumerate(tall.places)}
        some, others = tuple(alphas[n] for n in rows), tuple(sizes[n] for n in columns)
        base = self.base
        if wide.base is not base:
            base = base._replace(alpha=wide.base.alpha)
        if tall.base is not self.base:
            base = base._replace(res=tall.base.res, rho=None)
        along = wide.parts if tall.base is self.base else self._map(base, "wide", alphas=some)
        across = tall.parts if wide.base is self.base else self._map(base, "tall", sizes=others)
        if None in along or None in across:
            return rows, columns, *self._directly(some, others)
        grid = self.grid(base)
        middle = grid.middle
        operations = Cells.product(
            [part.factors for part in along], [part.factors for part in across], middle.factors
        )
        params = Cells.product(
            [grid.counted(part.stored) for part in along],
            [grid.counted(part.stored) for part in across],
            grid.counted(middle.stored),
        )
        return rows, columns, operations, params

    def _directly(
        self, alphas: tuple[float | None, ...], sizes: tuple[Size, ...]
    ) -> tuple[Cells, Cells]:
        rows = self._map(self.base, "both", alphas=alphas, sizes=sizes)
        return (
            Cells.dense([[operations for operations, _ in row] for row in rows]),
            Cells.dense([[params for _, params in row] for row in rows]),
        )

    def _map(
        self,
        base: Scale,
        kind: Kind,
        *,
        alphas: tuple[float | None, ...] = (),
        sizes: tuple[Size, ...] = (),
    ) -> list[Any]:
        """The parts of an axis in order, or the points of both, a row a width."""
        model = self.model
        if self.work.executor is not None and isinstance(model, SpecModel):
            name = self.convention.name
            job = Job(model.text, model.path, base, name, self.twin, kind, alphas, sizes)
            tasks = split(job)
            if len(tasks) > 1:
                return self.work.spread(tasks)
        return self.work.here(self.grid(base), kind, alphas, sizes)


def _moved(base: Scale, kind: Literal["wide", "tall"], to: Any) -> Scale:  # noqa: ANN401 - a value of the axis
    if kind == "wide":
        return base if to is None else base._replace(alpha=to)
    return base if to is None else base._replace(res=to, rho=None)


def builder(model: Model, *, twin: bool) -> Callable[[Scale], Graph]:
    """What builds a model, or its twin with standard convolutions."""
    if not twin:
        return model.graph

    def standard(scale: Scale) -> Graph:
        graph = model.graph(scale)
        return graph._replace(layers=standard_layers(graph)[1])

    return standard


class Work:
    """Has parts elaborated, here or by an executor, and says how far it is."""

    def __init__(self, executor: Executor | None, progress: Progress | None) -> None:
        self.executor = executor
        self.progress = progress
        self.total = 0  # scales to elaborate, as far as is known
        self.done = 0

    def here(
        self, grid: Grid, kind: Kind, alphas: Sequence[float | None], sizes: Sequence[Size]
    ) -> list[Any]:
        """Elaborate in this process."""
        found: list[Any] = []
        for one in sizes if kind == "tall" else alphas:
            here = ((), (one,)) if kind == "tall" else ((one,), sizes)
            found += elaborate(grid, kind, *here)
            self._count(1)
        return found

    def spread(self, tasks: Sequence[Job]) -> list[Any]:
        """Hand the parts of a job to the executor; its answers in order."""
        assert self.executor is not None
        futures = [self.executor.submit(perform, task) for task in tasks]
        found: list[Any] = []
        try:
            for future in futures:
                part = future.result()
                found += part
                self._count(len(part))
        finally:  # after a slip or ^C, what has not begun need not begin
            for future in futures:
                future.cancel()
        return found

    def _count(self, n: int) -> None:
        self.done += n
        self.total = max(self.total, self.done)
        if self.progress is not None:
            self.progress(self.done, self.total)


def split(job: Job) -> list[Job]:
    """The tasks of a job, each of about `CHUNK` elaborations.

    Those are the work: what they are multiplied to, 10^7 points in a blink, comes after.
    """
    if job.kind == "tall":
        cuts = range(0, len(job.sizes), CHUNK)
        return [job._replace(sizes=job.sizes[n : n + CHUNK]) for n in cuts]
    rows = CHUNK if job.kind == "wide" else max(1, CHUNK // max(1, len(job.sizes)))
    cuts = range(0, len(job.alphas), rows)
    return [job._replace(alphas=job.alphas[n : n + rows]) for n in cuts]


def perform(job: Job) -> list[Any]:
    """Do a part of a sweep, in whatever process this is; the model is kept for the next part."""
    model = _model(job.text, job.path)
    grid = _grid(model, job.base, job.convention, job.twin)
    return elaborate(grid, job.kind, job.alphas, job.sizes)


@functools.lru_cache(maxsize=8)
def _model(text: str, path: str) -> SpecModel:
    return load_spec(text, path)


@functools.lru_cache(maxsize=16)
def _grid(model: SpecModel, base: Scale, convention: str, twin: bool) -> Grid:  # noqa: FBT001 - hashed
    return Grid(builder(model, twin=twin), base, find_convention(convention))


def elaborate(
    grid: Grid, kind: Kind, alphas: Sequence[float | None], sizes: Sequence[Size]
) -> list[Any]:
    """The parts of some widths, or of some resolutions, or the totals of all pairs in rows."""
    if kind == "wide":
        return [grid.wide(alpha) for alpha in alphas]
    if kind == "tall":
        return [grid.tall(size) for size in sizes]
    points = [[grid.at(alpha, size) for size in sizes] for alpha in alphas]
    return [[(point.operations, point.params) for point in row] for row in points]
