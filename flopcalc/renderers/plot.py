"""Charts as files: SVG and Vega-Lite by ourselves, PNG, PDF and HTML with the extra `plots`."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from flopcalc.chart import Chart

ENDINGS = (".svg", ".vl.json", ".png", ".pdf", ".html")


def ending_of(path: str) -> str | None:
    """The format that a file's name asks for; None where it asks for none that there is."""
    return next((ending for ending in ENDINGS if path.lower().endswith(ending)), None)


def picture(chart: Chart, ending: str) -> bytes:
    """The chart in a format of `ENDINGS`; raises `ImportError` where the extra is missing."""
    from flopcalc.renderers.svg import svg

    if ending == ".svg":
        return svg(chart).encode()
    from flopcalc.renderers.vega import specification, vega

    if ending == ".vl.json":
        return vega(chart).encode()
    converter: Any = import_module("vl_convert")
    if ending == ".png":
        png: bytes = converter.svg_to_png(svg(chart), scale=2)
        return png
    if ending == ".pdf":
        pdf: bytes = converter.svg_to_pdf(svg(chart))
        return pdf
    html: str = converter.vegalite_to_html(specification(chart), bundle=True)
    return html.encode()
