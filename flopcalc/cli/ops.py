"""`flopcalc ops`: what is counted, with every formula."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from flopcalc.cli.light import Light
from flopcalc.cli.options import reporting

if TYPE_CHECKING:
    from flopcalc.doc import Doc


@click.command("ops", cls=Light)
@click.argument("name", required=False)
@reporting
def command(name: str | None) -> Doc:
    """List what is counted, or show op, kind or step NAME in full."""
    from flopcalc.reports.ops import ops

    return ops(name)
