"""Documents become text: the formats there are, each loaded when it is asked for."""

from __future__ import annotations

from collections.abc import Callable
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
}


def renderer(format: str) -> Renderer:
    """The function that renders `format`, a key of `FORMATS`."""
    from importlib import import_module

    found: Renderer = import_module(f"{__name__}.{FORMATS[format]}").render
    return found


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
