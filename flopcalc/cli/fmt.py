"""`flopcalc fmt`: long keys of specs to short ones, in place, nothing else touched."""

from __future__ import annotations

import click


@click.command("fmt")
@click.argument("files", nargs=-1, required=True, metavar="FILE …")
@click.option("--check", is_flag=True, help="Change nothing; exit 1 where a file would change.")
def command(files: tuple[str, ...], check: bool) -> int:  # noqa: FBT001 - click passes flags so
    """Write kernel, stride, dilation and groups as k, s, d and g; comments and spacing stay."""
    from flopcalc import api

    changed = api.format_specs(files, check=check)
    for file in changed:
        click.echo(f"{'would change' if check else 'changed'} {file}", err=True)
    return int(check and bool(changed))
