"""Counting many models for the gate: in this process or several, one broken model apart."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flopcalc import api
from flopcalc.budget import Limit
from flopcalc.engine.count import count
from flopcalc.engine.snapshot import snapshot
from flopcalc.errors import InputError
from flopcalc.graph import Scale
from flopcalc.quantity import parse_quantity
from flopcalc.record import Record
from flopcalc.reports.common import scale_data
from flopcalc.spec.model import SpecModel

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from flopcalc.budget import Snapshot
    from flopcalc.graph import Graph, Model

OWN = "the file itself"  # the origin of what a spec expects and allows itself
_NEAR = parse_quantity("5%")


class Task(Record):
    """A model to count: what `open_model` takes, and the scale beside it.

    `dtype` is what bytes are counted as, `peak` asks for those of live activations too, and
    `alone` leaves the variants of the file out.
    """

    model: str
    scale: Scale = Scale()
    dtype: str | None = None
    peak: bool = False
    alone: bool = False


class Measured(Record):
    """A counted model, with what its own file expects; or the error that kept it from that.

    `variants` are those of its variants that expect something themselves, `name` each one's.
    """

    path: str
    snapshot: Snapshot | None = None
    limits: tuple[Limit, ...] = ()
    variants: tuple[Measured, ...] = ()
    error: InputError | None = None
    name: str = ""


def measure_all(
    tasks: Sequence[Task], jobs: int = 1, progress: Callable[[int, int], None] | None = None
) -> list[Measured]:
    """Count every model, in order; `progress` hears how many are done, of how many."""
    if jobs < 1:
        raise InputError(f"{jobs} jobs are none", hint="for example --jobs 4")
    found: list[Measured] = []
    if jobs > 1 and len(tasks) > 1:
        from concurrent.futures import ProcessPoolExecutor

        with ProcessPoolExecutor(min(jobs, len(tasks))) as pool:
            for one in pool.map(measure, tasks, chunksize=max(1, len(tasks) // (8 * jobs))):
                found.append(one)
                if progress:
                    progress(len(found), len(tasks))
        return found
    for task in tasks:
        found.append(measure(task))
        if progress:
            progress(len(found), len(tasks))
    return found


def measure(task: Task) -> Measured:
    """Count one model; what is wrong with it is in `error`."""
    try:
        loaded = api.open_model(task.model)
        scale = loaded.scale
        if task.scale != api.NO_SCALE:
            scale = api.merged(scale, task.scale)
        return _measured(loaded.model, scale, task)
    except InputError as error:
        return Measured(task.model, error=error)


def _measured(model: Model, scale: Scale, task: Task) -> Measured:
    """Count a model that is open; a spec at its own scale is counted with its variants."""
    snap = snapshot_of(api.graph_at(model, scale), task.dtype, peak=task.peak)
    if not isinstance(model, SpecModel):
        return Measured(model.path, snap)
    _ = model.published  # a gate finds slips in all of a file
    variants = []
    if scale == api.NO_SCALE and not task.alone:
        for name in model.variants:
            at = Scale(variant=name)
            limits = _own(model, at)
            if limits:
                counted = snapshot_of(model.graph(at))
                variants.append(Measured(model.path, counted, limits, name=name))
    return Measured(model.path, snap, _own(model, scale), tuple(variants))


def snapshot_of(graph: Graph, dtype: str | None = None, *, peak: bool = False) -> Snapshot:
    """The counts of a graph as the lock file keeps them."""
    return snapshot(count(graph), scale_data(graph.scale), dtype, peak=peak)


def _own(model: SpecModel, scale: Scale) -> tuple[Limit, ...]:
    """What a spec says of itself: `expect`, and `budget`."""
    knobs = model.spec.knobs
    if scale.variant is None and not knobs.expect and not knobs.budget:
        return ()
    expect = [Limit(m, q, "expect", origin=OWN) for m, q in model.expectation(scale).items()]
    budget = [Limit(m, q, near=_NEAR, origin=OWN) for m, q in model.budget(scale).items()]
    return (*expect, *budget)
