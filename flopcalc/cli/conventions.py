"""`flopcalc conventions`: what counts as an operation, and what as a parameter."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from flopcalc.cli.light import Light
from flopcalc.cli.options import reporting

if TYPE_CHECKING:
    from flopcalc.doc import Doc


@click.command("conventions", cls=Light)
@reporting
def command() -> Doc:
    """List the conventions that make operations and parameters of counts."""
    from flopcalc.reports.conventions import conventions

    return conventions()
