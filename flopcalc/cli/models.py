"""`flopcalc models`: the networks that ship, by name, family, cost and accuracy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from flopcalc.cli.light import Light
from flopcalc.cli.options import reporting

if TYPE_CHECKING:
    from flopcalc.doc import Doc


@click.command("models", cls=Light)
@click.argument("pattern", required=False)
@click.option("--family", metavar="NAME", help="Only a family: mobilenet, resnet, detection, …")
@click.option(
    "--max", "limits", multiple=True, metavar="METRIC=N", help="mult_adds=300M, params=4M."
)
@click.option("--min", "lower", multiple=True, metavar="METRIC=N", help="top1=75%, params=1M.")
@click.option(
    "--sort",
    default="name",
    metavar="KEY",
    help="Order by name, family, mult_adds, params or top1, the published accuracy.",
)
@click.option("--top", type=int, metavar="N", help="Only the first N.")
@click.option("--scales", is_flag=True, help="Also the published widths and resolutions.")
@reporting
def command(pattern: str | None, **asked: Any) -> Doc:  # noqa: ANN401 - of zoo.report_models
    """List the networks that ship, with their variants; PATTERN filters by name (mobilenet*).

    The most accurate networks under 300 M Mult-Adds: --max mult_adds=300M --sort top1 --top 3.
    """
    from flopcalc import zoo

    return zoo.report_models(pattern, **asked)
