"""`flopcalc init`: a commented file to start from."""

from __future__ import annotations

import os

import click

from flopcalc.cli.options import Report

KINDS = ("spec",)


@click.command("init")
@click.argument("kind", type=click.Choice(KINDS), metavar="spec")
@click.argument("file", required=False)
@click.option("--force", is_flag=True, help="Replace a file that is there.")
def command(kind: str, file: str | None, force: bool) -> Report | int:  # noqa: FBT001 - click passes flags so
    """Write a commented starter spec to FILE, or to standard output."""
    del kind  # the only one
    from flopcalc.errors import FileError
    from flopcalc.output import write_file
    from flopcalc.spec.starter import STARTER

    if file is None:
        click.echo(STARTER, nl=False)
        return 0
    if os.path.exists(file) and not force:  # noqa: PTH110 - pathlib costs start-up time
        raise FileError(f"'{file}' exists", hint="--force replaces it")
    write_file(file, STARTER)
    click.echo(f"wrote {file}: try 'flopcalc analyze {file}'", err=True)
    return 0
