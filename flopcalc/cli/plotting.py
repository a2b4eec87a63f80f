"""`--plot FILE`: the picture of a report."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flopcalc.errors import InputError

if TYPE_CHECKING:
    from flopcalc.doc import Doc


def write_picture(doc: Doc, path: str) -> None:
    """Draw a report into a file, in the format that its ending names.

    Raises `InputError` for an ending there is not, a report without a picture, and a format whose
    extra is not installed; `FileError` where it cannot be written.
    """
    from flopcalc.output import write_file
    from flopcalc.renderers.plot import ENDINGS, ending_of, picture

    ending = ending_of(path)
    if ending is None:
        raise InputError(f"'{path}' has no known ending", hint=f"one of: {', '.join(ENDINGS)}")
    if doc.chart is None:
        hint = "--plot draws what analyze, compare, sweep and check say"
        raise InputError("this report has no picture", hint=hint)
    chart = doc.chart()
    if not any(series.marks for series in chart.series):
        hint = "look at the table: names in it want values first, such as --dim N=1"
        raise InputError("there is nothing to draw", hint=hint)
    try:
        data = picture(chart, ending)
    except ImportError:
        hint = "pip install 'flopcalc[plots]', or draw a .svg or .vl.json"
        raise InputError(f"{ending} pictures need vl-convert-python", hint=hint) from None
    write_file(path, data)
