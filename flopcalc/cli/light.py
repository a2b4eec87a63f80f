"""A click command that starts quickly: nothing is imported for messages that nobody sees."""

from __future__ import annotations

import click


class Light(click.Command):
    """A command whose --help and short options cost nothing until they are used."""

    _help: click.Option | None = None

    def get_help_option(self, ctx: click.Context) -> click.Option:
        """The option --help, its text as it is.

        click has it translated before anybody asks for it, and looking for a catalogue imports
        `locale`: 1 ms of every run.
        """
        if self._help is None:
            self._help = click.Option(
                [*self.get_help_option_names(ctx)],
                is_flag=True,
                is_eager=True,
                expose_value=False,
                callback=_show_help,
                help="Show this message and exit.",
            )
        return self._help

    def make_parser(self, ctx: click.Context):  # type: ignore[no-untyped-def]  # noqa: ANN201 - a private class of click's
        """The parser, which finds `-f` at once.

        click looks for it among the long names first; where that fails it makes an error with
        suggestions to throw away, for which it imports `difflib` and `locale`: 2 ms.
        """
        parser = super().make_parser(ctx)
        for name, option in parser._short_opt.items():
            parser._long_opt.setdefault(name, option)
        return parser


def _show_help(ctx: click.Context, param: click.Parameter, value: bool) -> None:  # noqa: FBT001 - click passes it so
    del param
    if value and not ctx.resilient_parsing:
        click.echo(ctx.get_help(), color=ctx.color)
        ctx.exit()


def show_version(ctx: click.Context, param: click.Parameter, value: bool) -> None:  # noqa: FBT001 - click passes it so
    """Print the version and end, for --version: click's own option is translated, too."""
    del param
    if value and not ctx.resilient_parsing:
        from flopcalc.version import __version__

        click.echo(f"flopcalc, version {__version__}", color=ctx.color)
        ctx.exit()
