"""Documents become text: the formats there are, each loaded when it is asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, TypeAlias

from flopcalc.record import Record

if TYPE_CHECKING:
    from flopcalc.doc import Doc
    from flopcalc.quantity import Units


class View(Record):
    """How to show: the units of counts, a terminal's width in cells (None: ask it), colour."""

    units: Units = "auto"
    width: int | None = None
    color: bool = False


Renderer: TypeAlias = Callable[["Doc", View], str]

FORMATS: dict[str, str] = {  # the name users type: the module whose `render` it is
    "table": "table",
    "plain": "plain",
    "markdown": "markdown",
    "latex": "latex",
    "csv": "csv_",
    "json": "json_",
    "html": "html_",
}

REPORTS: dict[str, str] = {  # what a check writes to files: the name users type, and the module
    "markdown": "summary",
    "junit": "junit",
    "sarif": "sarif",
    "github": "annotations",
    "codequality": "codequality",
    "json": "json_",
    "csv": "csv_",
    "plain": "plain",
}


def renderer(format: str, formats: Mapping[str, str] = FORMATS) -> Renderer:
    """The function that renders `format`, a key of `formats`."""
    from importlib import import_module

    found: Renderer = import_module(f"{__name__}.{formats[format]}").render
    return found


def render_report(doc: Doc, kind: str) -> str:
    """The document of a check as a report of `REPORTS`, for a file."""
    return renderer(kind, REPORTS)(doc, View())


def render(
    doc: Doc,
    format: str,
    *,
    units: Units = "auto",
    width: int | None = None,
    color: bool = False,
) -> str:
    """The document in a format of `FORMATS`, ending in a newline.

    `units` matters to table, plain, markdown and latex; `width` and `color` to table alone.
    csv and json are always exact.
    """
    return renderer(format)(doc, View(units, width, color))
