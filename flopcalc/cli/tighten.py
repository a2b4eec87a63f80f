"""`flopcalc tighten`: limits come down to what is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from flopcalc.cli.light import Light
from flopcalc.cli.options import reporting

if TYPE_CHECKING:
    from flopcalc.doc import Doc


@click.command("tighten", cls=Light)
@click.argument("models", nargs=-1, metavar="[MODEL …]")
@click.option("--limits", is_flag=True, help="Lower maxima in flopcalc.yaml too, in place.")
@click.option("--config", metavar="FILE", help="The budget file.  [default: the nearest upwards]")
@reporting
def command(models: tuple[str, ...], limits: bool, config: str | None) -> Doc:  # noqa: FBT001 - click passes flags so
    """Lower flopcalc.lock to what the models are now, where they shrank; nothing is raised."""
    from flopcalc import baseline
    from flopcalc.reports.lock import relocked

    return relocked(baseline.tighten(*models, config=config, limits=limits))
