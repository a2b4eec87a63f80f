"""`flopcalc fit`: the largest multipliers within limits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from flopcalc.cli.light import Light
from flopcalc.cli.options import convention_option, lazily, pairs, reporting
from flopcalc.cli.varying import varying

if TYPE_CHECKING:
    from flopcalc.doc import Doc


@click.command("fit", cls=Light)
@click.argument(
    "models", nargs=-1, required=True, metavar="MODEL…", shell_complete=lazily("models")
)
@click.option(
    "--max",
    "limits",
    multiple=True,
    required=True,
    callback=pairs,
    metavar="METRIC=N",
    help="mult_adds=150M, params=2M, bytes=2MB, weight_bytes=2MB.",
)
@click.option(
    "--vary", default="alpha", metavar="LIST", help="alpha, res, depth, vars.  [default: alpha]"
)
@click.option("--dtype", default="float32", metavar="TYPE", help="For bytes.  [default: float32]")
@varying
@convention_option
@reporting
def command(models: tuple[str, ...], limits: tuple[tuple[str, str], ...], **knobs: Any) -> Doc:  # noqa: ANN401 - of tradeoff.fit
    """Find the largest MODELs within limits, exactly, and the next ones that are too large.

    Without a list of its own, α is every real number up to 2, and the resolution the multiples of
    32 up to the model's. Networks with published accuracies that fit are listed, the best first.
    """
    from flopcalc import tradeoff

    return tradeoff.report_fit(models, {"max": dict(limits), **knobs})
