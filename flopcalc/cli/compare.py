"""`flopcalc compare`: models side by side, layers matched."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from flopcalc.cli.light import Light
from flopcalc.cli.options import convention_option, lazily, reporting, scaling

if TYPE_CHECKING:
    from flopcalc.doc import Doc
    from flopcalc.graph import Scale


@click.command("compare", cls=Light)
@click.argument(
    "models",
    nargs=-1,
    required=True,
    metavar="A [B …]",
    shell_complete=lazily("models"),
)
@scaling
@convention_option
@click.option("--layer", metavar="NAME", help="Only this layer or scope.")
@click.option("--by", metavar="HOW", help="Rows: layer, or block (scopes).")
@click.option("--level", type=int, metavar="N", help="How deep blocks unfold.")
@click.option("--all", "everything", is_flag=True, help="All layers of large networks.")
@click.option("--exit-code", is_flag=True, help="Exit 1 where the models differ.")
@reporting
def command(
    models: tuple[str, ...],
    scale: Scale,
    convention: str,
    everything: bool,  # noqa: FBT001 - click passes flags so
    **view: object,
) -> Doc:
    """Put models side by side; the first is the baseline.

    One model alone is compared with its standard-convolution form. Layers are matched by name,
    then by shape and order. Knobs of one model stand after its @: mobilenet_v1@alpha=0.75,res=160.
    """
    from flopcalc import api

    return api.report_comparison(models, scale, convention, all=everything, **view)
