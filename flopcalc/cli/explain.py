"""`flopcalc explain`: how a number came about."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from flopcalc.cli.light import Light
from flopcalc.cli.options import convention_option, lazily, reporting, scaling

if TYPE_CHECKING:
    from flopcalc.doc import Doc
    from flopcalc.graph import Scale


@click.command("explain", cls=Light)
@click.argument("model", shell_complete=lazily("models"))
@click.argument("layer", required=False, shell_complete=lazily("layers"))
@scaling
@convention_option
@reporting
def command(model: str, scale: Scale, convention: str, layer: str | None) -> Doc:
    """Derive the counts of LAYER: the formula, the same with values, the result, the legend.

    MODEL:14 derives the layers born on line 14 of a spec. In LaTeX: --format latex.
    """
    from flopcalc import api

    return api.report_explanation(model, scale, convention, layer)
