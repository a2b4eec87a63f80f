"""`flopcalc lock`: the committed baseline."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from flopcalc.cli.light import Light
from flopcalc.cli.options import reporting
from flopcalc.cli.reports import progress

if TYPE_CHECKING:
    from flopcalc.doc import Doc


@click.command("lock", cls=Light)
@click.option("--config", metavar="FILE", help="The budget file.  [default: the nearest upwards]")
@click.option("--jobs", type=int, default=1, metavar="N", help="Processes that count.")
@reporting
def command(config: str | None, jobs: int) -> Doc:
    """Write flopcalc.lock: what each model costs, for 'check' to compare with. Commit it.

    Run again, it adds new models and removes gone ones; all others stay as they are: 'accept'
    raises one, 'tighten' lowers them.
    """
    from flopcalc import baseline
    from flopcalc.reports.lock import relocked

    return relocked(baseline.lock(config, jobs=jobs, progress=progress()))
