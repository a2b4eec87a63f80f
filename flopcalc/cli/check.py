"""`flopcalc check`: budgets, for CI."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from flopcalc.cli.light import Light
from flopcalc.cli.options import lazily, reporting, scaling
from flopcalc.cli.reports import also, progress

if TYPE_CHECKING:
    from flopcalc.doc import Doc
    from flopcalc.graph import Scale


@click.command("check", cls=Light)
@click.argument("models", nargs=-1, metavar="[MODEL …]", shell_complete=lazily("models"))
@click.option("--config", metavar="FILE", help="The budget file.  [default: the nearest upwards]")
@click.option(
    "--max", "limits", multiple=True, metavar="METRIC=N", help="mult_adds=300M, params=4M, …"
)
@click.option("--against", metavar="REV", help="Show what changed since a git revision.")
@click.option("--jobs", type=int, default=1, metavar="N", help="Processes that count.")
@click.option("--dtype", metavar="NAME", help="Bytes as if floats were fp16, bf16, int8, …")
@click.option("--all", "everything", is_flag=True, help="Also the limits that hold, all of them.")
@scaling
@also
@reporting
def command(
    models: tuple[str, ...],
    scale: Scale,
    everything: bool,  # noqa: FBT001 - click passes flags so
    **asked: object,
) -> Doc:
    """Judge models by their budgets.

    Without MODEL, those of flopcalc.yaml (or [tool.flopcalc] in pyproject.toml), found upwards
    from here. What a spec expects and allows itself (expect, budget) is judged too. Exit code:
    0 all hold, 1 a limit is exceeded, 2 an input is to be mended, 3 a count is incomplete.
    """
    from flopcalc import gate

    return gate.report_check(models, all=everything, scale=scale, progress=progress(), **asked)
