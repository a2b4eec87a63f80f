"""The command line: a light group whose commands load when called, and the one error boundary."""

from __future__ import annotations

import contextlib
import os
import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any

import click

from flopcalc.cli.light import Light, show_version

if TYPE_CHECKING:
    from flopcalc.errors import FlopcalcError

ISSUES = "https://github.com/flopcalc/flopcalc/issues"
COMMANDS = {
    "analyze": "Count Mult-Adds and parameters, layer by layer.",
    "compare": "Put models side by side; one alone against its standard convolutions.",
    "sweep": "Count models over widths, resolutions and other knobs.",
    "fit": "Find the largest multipliers within limits.",
    "explain": "Derive a layer's counts: formula, values, result.",
    "ops": "List what is counted, with every formula.",
    "conventions": "List the conventions that make operations of counts.",
    "models": "List the networks that ship.",
    "convert": "Write an exported graph as a flat spec.",
    "schema": "Print a JSON Schema.",
    "init": "Write a commented starter spec, or budgets.",
    "fmt": "Write long keys of specs short, in place.",
    "check": "Judge models by their budgets, for CI.",
    "lock": "Write the baseline that no model may outgrow.",
    "accept": "Raise the baseline of a model, with a reason.",
    "tighten": "Lower the baseline to what the models are.",
}


class Stub(click.Command):
    """A command that is imported when it is called; --help needs its name and a line only."""

    def make_context(self, info_name: str | None, args: list[str], **extra: Any) -> click.Context:  # type: ignore[override]  # noqa: ANN401 - click's own
        """The context of the real command."""
        return self.real().make_context(info_name, args, **extra)

    def real(self) -> click.Command:
        """The command, imported."""
        command: click.Command = import_module(f"flopcalc.cli.{self.name}").command
        return command


class Group(Light, click.Group):
    """Commands as stubs, and a hint for a name that is none."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command named first; raises a usage error with the nearest name."""
        name = args[0]
        if name not in self.commands and not name.startswith("-"):
            from flopcalc.errors import did_you_mean

            hint = did_you_mean(name, self.commands)
            if name.endswith((".yaml", ".yml", ".onnx")):
                hint = f"try 'flopcalc analyze {name}'"
            ctx.fail(f"no command '{name}'; {hint}")
        return super().resolve_command(ctx, args)


@click.group(
    cls=Group,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Models: specs (.yaml), exported graphs (.onnx), networks that ship (mobilenet_v1), "
    "or - for a spec on stdin.",
)
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=show_version,
    help="Show the version and exit.",
)
@click.option("--debug", is_flag=True, help="Show tracebacks.")
def cli(debug: bool) -> None:  # noqa: FBT001 - click passes it so
    """Exact Mult-Adds, FLOPs and parameters of neural networks, with every formula."""
    del debug  # read by `main`, before click parses


for _name, _help in COMMANDS.items():
    cli.add_command(Stub(_name, short_help=_help, help=_help))


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and exit: 0 fine, 1 violated, 2 input, 3 incomplete, 70 our bug."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    debug = "--debug" in given
    given = [argument for argument in given if argument != "--debug"]
    code = 0
    try:
        report = cli.main(given, prog_name="flopcalc", standalone_mode=False)
        code = report if isinstance(report, int) else report.show() if report else 0
        sys.stdout.flush()
    except BaseException as error:
        if debug and not isinstance(error, click.exceptions.Exit):
            raise
        code = _ended(error)
    sys.exit(code)


def _ended(error: BaseException) -> int:
    """Say what happened on stderr; returns the exit code."""
    from flopcalc.errors import FlopcalcError

    if isinstance(error, SystemExit):  # click, where the reader of its help has left
        _silence_stdout()
        return error.code if isinstance(error.code, int) else 1
    if isinstance(error, click.exceptions.Exit):
        return error.exit_code
    if isinstance(error, BrokenPipeError):
        _silence_stdout()
        return 0
    if isinstance(error, OSError):
        _silence_stdout()
    code, text = _verdict(error, FlopcalcError)
    with contextlib.suppress(OSError):  # stderr is gone as well: the code is all that is left
        click.echo(text, err=True)
    return code


def _verdict(error: BaseException, expected: type[FlopcalcError]) -> tuple[int, str]:
    """The exit code of an error, and what to say of it."""
    if isinstance(error, expected):
        return error.exit_code, str(error)
    if isinstance(error, click.ClickException):
        return 2, _usage(error)
    if isinstance(error, KeyboardInterrupt | click.Abort):
        return 130, "interrupted"
    if isinstance(error, OSError):
        reason = (error.strerror or str(error)).lower()
        return 2, f"error: cannot write the report: {reason}"
    if isinstance(error, MemoryError):
        return 2, "error: out of memory"
    bug = f"a bug in flopcalc ({type(error).__name__}: {error}); please report it at {ISSUES}"
    return 70, f"error: {bug}\n hint: --debug shows where it happened"


def _usage(error: click.ClickException) -> str:
    """A usage error in the words of all others; without a command, the help."""
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        return error.format_message()
    text = error.format_message().rstrip(".")
    where = error.ctx.command_path if isinstance(error, click.UsageError) and error.ctx else ""
    hint = f"\n hint: '{where} --help' lists what it takes" if where else ""
    return f"error: {text[:1].lower()}{text[1:]}{hint}"


def _silence_stdout() -> None:
    """Let the interpreter's last flush go nowhere: whoever read our output has left."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, sys.stdout.fileno())
    os.close(null)
