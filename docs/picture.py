"""`python docs/picture.py`: the terminal's table as the SVG that the README shows."""

from __future__ import annotations

from pathlib import Path

from flopcalc.api import report
from flopcalc.graph import Scale
from flopcalc.renderers.table import terminal_svg

TARGET = Path(__file__).parent / "analyze.svg"


def main() -> None:
    """Draw the first screen of the README."""
    doc = report("specs/mobilenet_v1.yaml", Scale(alpha=0.75, res=(192, 192)), "mult-adds")
    TARGET.write_text(terminal_svg(doc, width=100), encoding="utf-8")


if __name__ == "__main__":
    main()
