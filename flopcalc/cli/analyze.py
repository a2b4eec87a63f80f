"""`flopcalc analyze`: the per-layer table and the totals."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from flopcalc.cli.light import Light
from flopcalc.cli.options import FOR_A_PROGRAM, convention_option, lazily, reporting, scaling

if TYPE_CHECKING:
    from flopcalc.doc import Doc
    from flopcalc.graph import Scale


@click.command("analyze", cls=Light)
@click.argument("model", shell_complete=lazily("models"))
@scaling
@convention_option
@click.option(
    "--by",
    metavar="HOW",
    help="Rows: layer (its norm and activation included), op (each alone), block, kind.",
)
@click.option("--level", type=int, metavar="N", help="How deep blocks unfold.")
@click.option(
    "--layer", metavar="NAME", shell_complete=lazily("layers"), help="Only this layer or scope."
)
@click.option("--top", type=int, metavar="N", help="Only the N heaviest.")
@click.option("--sort", metavar="KEY", help="Order by mult_adds, params, name or kind.")
@click.option("--columns", metavar="LIST", help="name,kind,op,in,out,mult_adds,share,params,…")
@click.option("--dtype", metavar="NAME", help="Bytes as if floats were fp16, bf16, int8, …")
@click.option("--all", "everything", is_flag=True, help="Also layers that cost nothing.")
@click.option("--published", is_flag=True, help="What papers and libraries print, judged.")
@click.option("--explain", "formula", is_flag=True, help="A column with each formula.")
@reporting
def command(
    model: str,
    scale: Scale,
    convention: str,
    everything: bool,  # noqa: FBT001 - click passes flags so
    **view: Any,  # noqa: ANN401 - of api.report
) -> Doc:
    """Count Mult-Adds and parameters of MODEL, layer by layer.

    MODEL is a spec (.yaml), a network that ships (mobilenet_v1), either with @variant or
    @alpha=0.75,res=160, or - for a spec on standard input.
    """
    from flopcalc import api

    context = click.get_current_context()
    unfolded = context.meta[FOR_A_PROGRAM] or context.params["format"] == "html"  # it folds itself
    return api.report(model, scale, convention, all=everything, unfolded=unfolded, **view)
