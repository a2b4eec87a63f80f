"""`flopcalc convert`: an exported graph as a flat spec."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from flopcalc.cli.light import Light
from flopcalc.cli.options import lazily, scaling

if TYPE_CHECKING:
    from flopcalc.graph import Scale


@click.command("convert", cls=Light)
@click.argument("model", shell_complete=lazily("models"))
@scaling
@click.option("-o", "--output", metavar="FILE", help="Write a file, whole or not at all.")
def command(model: str, scale: Scale, output: str | None) -> int:
    """Write the spec of MODEL, an exported graph, that analyzes to the same numbers.

    Each layer becomes a step, one that the language lacks a 'custom' step with its counts. Named
    dimensions want values: --dim N=1.
    """
    from flopcalc.conversion import spec_of

    text = spec_of(model, scale)
    if output is None:
        click.echo(text, nl=False)
        return 0
    from flopcalc.output import write_file

    write_file(output, text)
    click.echo(f"wrote {output}: try 'flopcalc analyze {output}'", err=True)
    return 0
