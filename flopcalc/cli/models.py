"""`flopcalc models`: the networks that ship."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from flopcalc.cli.light import Light
from flopcalc.cli.options import reporting

if TYPE_CHECKING:
    from flopcalc.doc import Doc


@click.command("models", cls=Light)
@click.argument("pattern", required=False)
@click.option(
    "--max", "limits", multiple=True, metavar="METRIC=N", help="mult_adds=300M, params=4M."
)
@click.option("--sort", default="name", metavar="KEY", help="Order by name, mult_adds or params.")
@reporting
def command(pattern: str | None, limits: tuple[str, ...], sort: str) -> Doc:
    """List the networks that ship, with their variants; PATTERN filters by name (mobilenet*)."""
    from flopcalc import api

    return api.report_models(pattern, limits, sort)
