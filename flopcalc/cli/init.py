"""`flopcalc init`: a commented file to start from."""

from __future__ import annotations

import os

import click

from flopcalc.cli.options import Report

KINDS = ("spec", "budgets")


@click.command("init")
@click.argument("kind", type=click.Choice(KINDS), metavar="spec|budgets")
@click.argument("file", required=False)
@click.option("--force", is_flag=True, help="Replace a file that is there.")
def command(kind: str, file: str | None, force: bool) -> Report | int:  # noqa: FBT001 - click passes flags so
    """Write a commented starter to FILE, or to standard output.

    A spec of a network, or budgets for 'flopcalc check' (FILE: flopcalc.yaml).
    """
    from flopcalc.errors import FileError
    from flopcalc.output import write_file

    text, then = _starter(kind)
    if file is None:
        click.echo(text, nl=False)
        return 0
    if os.path.exists(file) and not force:  # noqa: PTH110 - pathlib costs start-up time
        raise FileError(f"'{file}' exists", hint="--force replaces it")
    write_file(file, text)
    click.echo(f"wrote {file}: try '{then.format(file=file)}'", err=True)
    return 0


def _starter(kind: str) -> tuple[str, str]:
    """The text, and the command to try with it."""
    if kind == "spec":
        from flopcalc.spec import starter

        return starter.STARTER, "flopcalc analyze {file}"
    from flopcalc.config import starter as budgets

    return budgets.STARTER, "flopcalc lock"
