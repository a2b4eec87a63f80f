"""`flopcalc sweep`: models over widths, resolutions and other knobs."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import click

from flopcalc.cli.light import Light
from flopcalc.cli.options import FOR_A_PROGRAM, convention_option, lazily, reporting
from flopcalc.cli.varying import varying

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Executor

    from flopcalc.doc import Doc

MOST_ROWS = 100_000  # in csv unasked; --data streams any number


@click.command("sweep", cls=Light)
@click.argument(
    "models", nargs=-1, required=True, metavar="MODEL…", shell_complete=lazily("models")
)
@varying
@click.option("--rho", metavar="LIST", default="", help="Resolution multipliers ρ, as --alpha.")
@click.option("--len", "length", metavar="LIST", default="", help="Token or 1-D input lengths.")
@convention_option
@click.option("--continuous", is_flag=True, help="Every network of the real α in --alpha 0:2.")
@click.option("--pivot", metavar="A,B", help="A grid: alpha,res.")
@click.option("--value", default="mult_adds", metavar="WHAT", help="What --pivot shows.")
@click.option("--pareto", metavar="LIST", help="Goals of the front: mult_adds,top1 or params,…")
@click.option("--published", is_flag=True, help="Judge what the specs quote from papers.")
@click.option("--all", "everything", is_flag=True, help="Every point of large sweeps.")
@click.option("--data", metavar="FILE", help="Every point as .csv, .npz or .json.")
@click.option("--jobs", type=int, default=1, metavar="N", help="Processes.  [default: 1]")
@click.option("--dask", metavar="ADDRESS", help="A Dask cluster, such as tcp://host:8786.")
@reporting
def command(  # noqa: PLR0917 - click passes them by name
    models: tuple[str, ...],
    published: bool,  # noqa: FBT001 - click passes flags so
    jobs: int,
    dask: str | None,
    data: str | None,
    everything: bool,  # noqa: FBT001 - likewise
    convention: str,
    pivot: str | None,
    value: str,
    pareto: str | None,
    **knobs: Any,  # noqa: ANN401 - of tradeoff.sweep
) -> Doc:
    """Count MODELs at every combination of widths, resolutions and other knobs.

    Lists are 1,0.75,0.5 or ranges with both ends, 0.25:1:0.25. A knob that is not given stays as
    the model has it.
    """
    from flopcalc import tradeoff

    if published:
        return tradeoff.report_published(models, convention)
    from flopcalc.reports.sweep import View
    from flopcalc.reports.sweep import sweep as document
    from flopcalc.reports.sweep_data import check_ending, write_bulk

    if data is not None:
        check_ending(data)
    with ExitStack() as stack:
        executor = _executor(jobs, dask, stack)
        sweep = tradeoff.sweep(
            *models, convention=convention, executor=executor, progress=_progress(stack), **knobs
        )
    if data is not None:
        write_bulk(sweep, data)
    program = click.get_current_context().meta[FOR_A_PROGRAM]
    unfolded = everything or (program and len(sweep) <= MOST_ROWS)
    return document(sweep, View(pivot, value, pareto, unfolded, grids=program))


def _executor(jobs: int, dask: str | None, stack: ExitStack) -> Executor | None:
    """What does the work: this process, several, or a cluster."""
    if dask is not None:
        from flopcalc.cluster import connect

        return stack.enter_context(connect(dask))
    if jobs < 1:
        raise click.UsageError(f"--jobs {jobs}: at least 1")
    if jobs == 1:
        return None
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    executor = ProcessPoolExecutor(jobs, mp_context=get_context("spawn"))
    stack.callback(executor.shutdown, cancel_futures=True)
    return executor


def _progress(stack: ExitStack) -> Callable[[int, int], None] | None:
    """A bar on stderr, where that is a terminal and the work takes longer than a blink."""
    if not sys.stderr.isatty():
        return None
    from time import monotonic

    began = monotonic()
    shown = [began]

    def tell(done: int, total: int) -> None:
        now = monotonic()
        if now - began < 0.5 or now - shown[0] < 0.1:
            return
        if shown[0] == began:
            stack.callback(click.echo, "\r\x1b[K", err=True, nl=False)
        shown[0] = now
        full = 30 * done // max(total, 1)
        bar = "█" * full + "░" * (30 - full)
        click.echo(f"\r{bar} {100 * done // max(total, 1):3} %", err=True, nl=False)

    return tell
