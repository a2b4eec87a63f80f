"""Options that several commands share: what scales a model, and how a report is printed."""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

import click

if TYPE_CHECKING:
    from flopcalc.doc import Doc

Command: TypeAlias = Callable[..., Any]
FORMATS = ("table", "plain", "markdown", "latex", "csv", "json", "html")
_OF_SUFFIX = {"md": "markdown", "tex": "latex", "csv": "csv", "json": "json", "html": "html"}
FOR_A_PROGRAM = "flopcalc.for_a_program"  # whether json or csv is asked for: nothing is folded
UNITS = ("auto", "exact", "M", "G")


def _pair(ctx: click.Context, param: click.Parameter, values: tuple[str, ...]) -> Any:  # noqa: ANN401 - pairs
    del ctx
    pairs = []
    for text in values:
        name, equals, value = text.partition("=")
        if not (name and equals and value):
            raise click.BadParameter(f"'{text}' is not name=value", param=param)
        pairs.append((name.strip(), value.strip()))
    return tuple(pairs)


pairs = _pair  # for the options of single commands


def _resolution(ctx: click.Context, param: click.Parameter, value: str | None) -> Any:  # noqa: ANN401 - a pair
    del ctx, param
    if value is None:
        return None
    from flopcalc.knobs import parse_resolution

    return parse_resolution(value)


def _sizes(ctx: click.Context, param: click.Parameter, values: tuple[str, ...]) -> Any:  # noqa: ANN401 - pairs
    """`N=1`, or several with commas between: `N=1,H=192`."""
    if not values:
        return ()
    pairs = _pair(ctx, param, tuple(part for text in values for part in text.split(",")))
    for name, value in pairs:
        if not (value.isascii() and value.isdecimal() and len(value) < 16):
            raise click.BadParameter(f"'{name}={value}' is not name=integer", param=param)
    return tuple((name, int(value)) for name, value in pairs)


def _shapes(ctx: click.Context, param: click.Parameter, values: tuple[str, ...]) -> Any:  # noqa: ANN401 - pairs
    if not values:
        return ()
    from flopcalc.knobs import parse_shape

    return tuple((name, parse_shape(value)) for name, value in _pair(ctx, param, values))


def _no_depth(ctx: click.Context, param: click.Parameter, value: str | None) -> None:
    del param
    if value is not None:
        message = (
            "no such option: --depth; --level N folds blocks at a depth, "
            "--depth-scale X multiplies repeats"
        )
        raise click.UsageError(message, ctx)


_SCALING = (
    click.option("--alpha", type=float, metavar="X", help="Width multiplier α."),
    click.option("--rho", type=float, metavar="X", help="Resolution multiplier ρ."),
    click.option(
        "--res", callback=_resolution, metavar="N|HxW", help="Input resolution: 192, or 192x256."
    ),
    click.option("--depth-scale", type=float, metavar="X", help="Multiplies repeats, rounded up."),
    click.option("--len", "length", type=int, metavar="N", help="Token or 1-D input length."),
    click.option("--batch", type=int, default=1, metavar="N", help="Batch size.  [default: 1]"),
    click.option(
        "--set",
        "settings",
        multiple=True,
        callback=_pair,
        metavar="K=V",
        help="Set a var that the spec declares, or classes.",
    ),
    click.option("--variant", metavar="NAME", help="A variant of the spec."),
    click.option(
        "--swap",
        multiple=True,
        callback=_pair,
        metavar="A=B",
        help="Exchange an op or block for another.",
    ),
    click.option(
        "--dim",
        "dims",
        multiple=True,
        callback=_sizes,
        metavar="N=1",
        help="ONNX: a size for a named dimension.",
    ),
    click.option(
        "--input",
        "inputs",
        multiple=True,
        callback=_shapes,
        metavar="X=1x3x192x192",
        help="ONNX: the shape of an input.",
    ),
    click.option(
        "--trip",
        "trips",
        multiple=True,
        callback=_sizes,
        metavar="NAME=10",
        help="ONNX: how many rounds a loop takes.",
    ),
    click.option("--depth", hidden=True, callback=_no_depth, expose_value=False),
)

_REPORTING = (
    click.option(
        "-f",
        "--format",
        type=click.Choice(FORMATS),
        help="[default: table in a terminal, else plain]",
    ),
    click.option("--json", "as_json", is_flag=True, help="As --format json."),
    click.option(
        "-o",
        "--output",
        metavar="FILE",
        help="Write a file, whole or not at all; .md, .tex, .csv, .json and .html say the format.",
    ),
    click.option("--plot", metavar="FILE", help="A picture: .svg, .vl.json, .png, .pdf, .html."),
    click.option("--units", type=click.Choice(UNITS), default="auto", help="Units of counts."),
    click.option("--color/--no-color", default=None, help="Colour; NO_COLOR is honoured."),
    click.option("-q", "--quiet", is_flag=True, help="No warnings and hints."),
    click.option("--strict", is_flag=True, help="Exit 3 where a count is incomplete."),
)


def lazily(what: str) -> Callable[[click.Context, click.Parameter, str], list[Any]]:
    """A completer of `flopcalc.cli.complete`, imported when a shell asks for it."""

    def complete(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[Any]:
        from importlib import import_module

        found: list[Any] = getattr(import_module("flopcalc.cli.complete"), what)(
            ctx, param, incomplete
        )
        return found

    return complete


convention_option = click.option(
    "--convention",
    shell_complete=lazily("conventions"),
    default="mult-adds",
    metavar="NAME",
    help="What counts as an operation: 'flopcalc conventions' lists them.",
)


def scaling(command: Command) -> Command:
    """Add the scaling options; the command receives one `scale`."""

    @functools.wraps(command)
    def wrapper(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - whatever the command takes
        from flopcalc.graph import Scale

        kwargs["depth"] = kwargs.pop("depth_scale")
        scale = Scale(**{name: kwargs.pop(name) for name in Scale._fields})
        return command(*args, scale=scale, **kwargs)

    return _decorated(wrapper, _SCALING)


def reporting(command: Command) -> Command:
    """Add the output options; the command returns a `Doc`, and `main` prints it."""

    @functools.wraps(command)
    def wrapper(*args: Any, **kwargs: Any) -> Report:  # noqa: ANN401 - whatever the command takes
        names = ("format", "as_json", "output", "plot", "units", "color", "quiet", "strict")
        look = {name: kwargs.pop(name) for name in names}
        context = click.get_current_context()
        if look["output"] and not look["format"]:
            look["format"] = _OF_SUFFIX.get(look["output"].rpartition(".")[2].lower())
            context.params["format"] = look["format"]
        program = look["as_json"] or look["format"] in {"json", "csv"}
        context.meta[FOR_A_PROGRAM] = program
        return Report(command(*args, **kwargs), look)

    return _decorated(wrapper, _REPORTING)


def _decorated(command: Command, options: tuple[Callable[[Command], Command], ...]) -> Command:
    for option in reversed(options):
        command = option(command)
    return command


class Report:
    """A document, and how to show it: what a command hands to `main`."""

    __slots__ = ("doc", "look")

    def __init__(self, doc: Doc, look: Mapping[str, Any]) -> None:
        self.doc = doc
        self.look = look

    def show(self) -> int:
        """Print or write the document; returns its exit code."""
        return show(self.doc, **self.look)


def show(
    doc: Doc,
    *,
    format: str | None = None,
    as_json: bool = False,
    output: str | None = None,
    plot: str | None = None,
    units: Any = "auto",  # noqa: ANN401 - one of UNITS, checked by click
    color: bool | None = None,
    quiet: bool = False,
    strict: bool = False,
) -> int:
    """Print or write a document; returns its exit code."""
    from flopcalc.renderers import render

    terminal = output is None and sys.stdout.isatty()
    chosen = "json" if as_json else format or ("table" if terminal else "plain")
    if color is None:
        color = terminal and not os.environ.get("NO_COLOR")
    if plot is not None:
        from flopcalc.cli.plotting import write_picture

        write_picture(doc, plot)
    shown = _quiet(doc) if quiet else doc
    text = render(shown, chosen, units=units, color=color)
    if output is None:
        _write_stdout(text)
    else:
        from flopcalc.output import write_file

        write_file(output, text)
    code = doc.exit_code
    if strict and code == 0 and doc.data.get("status") == "partial":
        code = 3
    return code


def _quiet(doc: Doc) -> Doc:
    from flopcalc.doc import Note

    kept = tuple(b for b in doc.blocks if not (isinstance(b, Note) and b.level != "plain"))
    return doc._replace(blocks=kept)


def _write_stdout(text: str) -> None:
    try:
        sys.stdout.write(text)
    except UnicodeEncodeError:  # a terminal of another encoding: what it lacks becomes '?'
        encoding = sys.stdout.encoding or "ascii"
        sys.stdout.write(text.encode(encoding, "replace").decode(encoding))
    sys.stdout.flush()
