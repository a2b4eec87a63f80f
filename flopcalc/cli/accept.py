"""`flopcalc accept`: an increase that is meant."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from flopcalc.cli.light import Light
from flopcalc.cli.options import reporting

if TYPE_CHECKING:
    from flopcalc.doc import Doc


@click.command("accept", cls=Light)
@click.argument("models", nargs=-1, required=True, metavar="MODEL …")
@click.option("--reason", default="", metavar="TEXT", help="Why; the lock file keeps it.")
@click.option("--force", is_flag=True, help="Even over a maximum, and any jump.")
@click.option("--config", metavar="FILE", help="The budget file.  [default: the nearest upwards]")
@reporting
def command(
    models: tuple[str, ...],
    reason: str,
    force: bool,  # noqa: FBT001 - click passes flags so
    config: str | None,
) -> Doc:
    """Raise what MODEL exceeds in flopcalc.lock to what it is now, and keep the reason.

    Numbers that are not exceeded stay. Above a maximum, or by more than accept_up_to (10%) at
    once, only with --force.
    """
    from flopcalc import baseline
    from flopcalc.reports.lock import relocked

    return relocked(baseline.accept(*models, reason=reason, config=config, force=force))
