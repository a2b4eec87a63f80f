"""`flopcalc schema`: the JSON Schemas of what flopcalc reads and prints."""

from __future__ import annotations

import click

from flopcalc.cli.light import Light
from flopcalc.cli.options import Report


@click.command("schema", cls=Light)
@click.argument("name")
@click.option("-o", "--output", metavar="FILE", help="Write a file, whole or not at all.")
def command(name: str, output: str | None) -> Report:
    """Print the JSON Schema of NAME.

    analysis, comparison, explanation, models, check, spec or config.
    """
    from flopcalc.reports.schemas import schema

    return Report(schema(name), {"format": "json", "output": output})
