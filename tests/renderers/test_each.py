"""One document with every block and kind of column, in every format."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from fractions import Fraction
from types import MappingProxyType
from xml.etree import ElementTree as ET

import pytest
from rich.cells import cell_len

from flopcalc.doc import Column, Derivation, Doc, Line, Note, Table
from flopcalc.quantity import Units
from flopcalc.renderers import render
from flopcalc.renderers.table import terminal_svg

HUGE = 10**30
ANSI = re.compile(r"\x1b\[[0-9;]*m")

# MobileNetV1 at width 0.75 and 192 px: the Mult-Adds and parameters of five of its layers.
LAYERS = Table(
    columns=(
        Column("name", "Layer"),
        Column("kind", "Kind"),
        Column("out", "Output"),
        Column("mult_adds", "Mult-Adds", "count"),
        Column("share", "Share", "share"),
        Column("params", "Params", "count"),
    ),
    rows=(
        ("conv1", "standard", "24×96×96", 5971968, Fraction(5971968, 239273472), 696),
        ("sep1.dw", "depthwise", "24×96×96", 1990656, Fraction(1990656, 239273472), 264),
        ("sep1.pw", "pointwise", "48×96×96", 10616832, Fraction(10616832, 239273472), 1248),
        ("pool", "average", "768×1×1", 0, 0, None),
        ("fc", "linear", "1000", 768000, Fraction(768000, 239273472), 769000),
    ),
    totals=(("total", "", "", 239273472, 1, 2585560),),
    bar="share",
    lower_bounds=frozenset({"params"}),
)
KINDS = Table(
    columns=(
        Column("scope", "a|b"),
        Column("n", "N", "count"),
        Column("ratio", "Ratio", "ratio"),
        Column("factor", "Reduction", "factor"),
        Column("size", "Memory", "bytes"),
    ),
    rows=(
        ("1e5", HUGE, Fraction(52283392, 462422016), Fraction(462422016, 52283392), 16 * 2**20),
        ("x[bias]", "300774272*N", 1, 1.0, 512),
        ("a_b % & # $ { } ~ ^ < > \\ |", None, None, None, None),
        ("_名_", 7, 0.25, 12.5, 1536),
    ),
    title="Every kind",
)
CONV = Derivation(
    title="conv1: standard convolution",
    lines=(
        Line(
            "Mult-Adds", "D_K·D_K·M·N·D_F·D_F", r"D_K \cdot D_K \cdot M \cdot N \cdot D_F \cdot D_F"
        ),
        Line("", "3·3·3·24·96·96"),
        Line("", "5,971,968"),
        Line("parameters", "D_K·D_K·M·N + [bias]·N"),
    ),
    legend=(
        ("D_K", "kernel size", "3"),
        ("[bias]", "1 if the layer adds a bias | else 0", ""),
        ("D_F", "output map size", "96"),
    ),
    note="D_F is the *output* map.",
)
EVERY = Doc(
    title="MobileNetV1 [α = 0.75]",
    subtitle="1.0 × Mult-Adds, batch 1",
    blocks=(
        LAYERS,
        Note("8.558× fewer Mult-Adds than with standard convolutions"),
        Note("flopcalc explain mobilenet_v1 conv1 shows a formula", "hint"),
        Note("1 layer could not be counted", "warning"),
        KINDS,
        CONV,
    ),
    data={
        "schema": "flopcalc.test/1",
        "totals": {"mult_adds": HUGE, "counts": MappingProxyType({"mac": 2**53 + 1})},
        "layers": [
            {"name": name, "out": [[1, 24, 96, 96]], "formula": "D_K·D_K·M·N·D_F·D_F", "n": 696}
            for name in ("a", "b")
        ],
        "uncounted": [],
    },
)


@pytest.mark.parametrize(
    ("name", "format", "units", "width"),
    [
        ("plain.txt", "plain", "auto", None),
        ("plain-exact.txt", "plain", "exact", None),
        ("plain-M.txt", "plain", "M", None),
        ("markdown.md", "markdown", "auto", None),
        ("latex.tex", "latex", "auto", None),
        ("csv.csv", "csv", "auto", None),
        ("json.json", "json", "auto", None),
        ("table-40.txt", "table", "auto", 40),
        ("table-80.txt", "table", "auto", 80),
        ("table-120.txt", "table", "auto", 120),
    ],
)
def test_golden(
    golden: Callable[[str, str], None], name: str, format: str, units: Units, width: int | None
) -> None:
    golden(name, render(EVERY, format, units=units, width=width))


def test_golden_color(golden: Callable[[str, str], None]) -> None:
    text = render(EVERY, "table", width=100, color=True)
    golden("table-color.ansi", text)
    assert ANSI.sub("", text).split() == render(EVERY, "table", width=100).split()


@pytest.mark.parametrize("width", [40, 60, 80, 120, 200])
def test_table_fits_and_numbers_are_whole(width: int) -> None:
    long = LAYERS._replace(
        rows=(*LAYERS.rows, ("a.very.long.name." * 9, "kind", "1×1", 123456, Fraction(1, 3), 9)),
        lower_bounds=frozenset(),
    )
    doc = EVERY._replace(blocks=(long, *EVERY.blocks[1:]))
    text = render(doc, "table", width=width)
    assert max(map(cell_len, text.splitlines())) <= width
    for number in ("5.972 M", "123.5   k", "33.33 %", "10.62  M"):
        assert number in text
    assert "…" in text
    assert "█" not in text


def test_bar_goes_before_text_is_cut() -> None:
    doc = EVERY._replace(blocks=(LAYERS,))
    wide, middle, narrow = (render(doc, "table", width=w) for w in (120, 80, 60))
    assert "█" * 32 in wide
    assert "█" in middle
    assert "█" not in narrow
    assert "…" not in middle


def test_no_line_of_a_table_ends_in_a_blank() -> None:
    for width in (40, 60, 100):
        lines = render(EVERY, "table", width=width).splitlines()
        assert lines == [line.rstrip() for line in lines]


def test_color_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("FORCE_COLOR", "NO_COLOR", "COLUMNS"):
        monkeypatch.setenv(name, "1")
    assert "\x1b" not in render(EVERY, "table", width=80)
    assert "\x1b[1m" in render(EVERY, "table", width=80, color=True)


def test_svg_is_xml_that_shows_the_report() -> None:
    root = ET.fromstring(terminal_svg(EVERY))  # noqa: S314 - our own text, just made
    text = "".join(root.itertext()).replace("\xa0", " ")
    assert "flopcalc" in text
    assert "sep1.pw" in text
    assert "[bias]" in text
    assert terminal_svg(EVERY) == terminal_svg(EVERY)


def test_latex_rows_have_as_many_cells_as_columns() -> None:
    text = render(EVERY, "latex")
    for body in re.findall(r"\\begin\{tabular\}(.*?)\\end\{tabular\}", text, re.DOTALL):
        spec = body[1 : body.index("}")]
        rows = [line for line in body.splitlines() if line.endswith(r"\\")]
        assert rows
        for row in rows:
            assert len(re.findall(r"(?<!\\)&", row)) == len(spec) - 1
    assert text.count(r"\[") == len(CONV.lines)
    assert text.count("{") - text.count(r"\{") == text.count("}") - text.count(r"\}")


def test_json_is_the_data() -> None:
    read = json.loads(render(EVERY, "json"))
    assert read["totals"] == {"mult_adds": HUGE, "counts": {"mac": 2**53 + 1}}
    assert read["layers"] == EVERY.data["layers"]
    assert list(read) == list(EVERY.data)


def test_csv_without_a_table() -> None:
    assert render(Doc("t", (CONV,), {}), "csv").splitlines()[:3] == [
        "title,label,text",
        "conv1: standard convolution,Mult-Adds,D_K·D_K·M·N·D_F·D_F",
        "conv1: standard convolution,,3·3·3·24·96·96",
    ]
    assert render(Doc("t", (Note("n, m", "hint"),), {}), "csv") == 'level,text\nhint,"n, m"\n'
