"""Cells in every format: rounded, aligned, and as they were written."""

from __future__ import annotations

from fractions import Fraction

import pytest
from rich.cells import cell_len

from flopcalc.doc import Cell, Column, ColumnKind, Derivation, Doc, Note, Table
from flopcalc.quantity import Units
from flopcalc.renderers import FORMATS, cells, render


def table(*rows: tuple[Cell, ...], kinds: tuple[ColumnKind, ...]) -> Doc:
    columns = tuple(Column(f"k{i}", f"K{i}", kind) for i, kind in enumerate(kinds))
    return Doc("", (Table(columns, rows),), {})


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize(
    "doc",
    [
        Doc("", (), {}),
        Doc("title", (), {}),
        Doc("", (Table((), ()),), {}),
        Doc("", (Table((Column("a", "A"), Column("b", "B", "count")), ()),), {}),
        Doc("", (Table((Column("a", "A", "share"),), (), ((1,),), bar="a"),), {}),
        Doc("", (Table((Column("a", "A", "share"),), ((0,), (None,), ("x",)), bar="a"),), {}),
        Doc("", (Derivation("", ()),), {}),
        Doc("", (Note(""), Note("", "hint"), Note("", "warning")), {}),
    ],
)
def test_empty(doc: Doc, format: str) -> None:
    text = render(doc, format)
    assert text.strip() or text in ("", "\n")
    assert doc.title in text or format in ("csv", "json")


@pytest.mark.parametrize("format", [f for f in FORMATS if f != "json"])
def test_brackets_survive(format: str) -> None:
    doc = table(("x[bias]", 1), ("[red]y[/red]", 2), kinds=("text", "count"))
    text = render(doc, format).replace("\\", "").replace("{[}", "[").replace("{]}", "]")
    assert "x[bias]" in text
    assert "[red]y[/red]" in text


@pytest.mark.parametrize("format", [f for f in FORMATS if f != "json"])
@pytest.mark.parametrize("name", ["1e5", "0x10", "007", "1_000", "nan", "True", "12.50"])
def test_names_like_numbers_are_untouched(format: str, name: str) -> None:
    shown = name.replace("_", r"\_") if format == "latex" else name
    assert shown in render(table((name, 1), kinds=("text", "count")), format)


@pytest.mark.parametrize("format", ["plain", "table", "markdown", "latex"])
def test_no_escape_code_reaches_the_reader(format: str) -> None:
    doc = table(("a\x1b[31mb", 1), ("c\u202ed\x07", 2), kinds=("text", "count"))
    text = render(doc._replace(title="t\x1b]0;x", blocks=(*doc.blocks, Note("n\x9b"))), format)
    assert not any(c in text for c in "\x1b\x07\x9b\u202e")
    assert "x1b" in text


@pytest.mark.parametrize(
    ("units", "shown"),
    [("auto", "10.84 M"), ("exact", "10,838,016"), ("M", "10.84 M"), ("G", "0.011 G")],
)
@pytest.mark.parametrize("format", ["plain", "table", "markdown", "latex"])
def test_units(format: str, units: Units, shown: str) -> None:
    assert shown in render(table(("a", 10838016), kinds=("text", "count")), format, units=units)


@pytest.mark.parametrize(
    ("cell", "kind", "shown"),
    [
        (10838016, "count", "10.84 M"),  # 3·3·3·32·112·112
        (663552, "count", "663.6 k"),  # 3·3·512·12·12
        (696, "count", "696"),
        (0, "count", "0"),
        ("300774272*N", "count", "300774272*N"),
        (None, "count", ""),
        (Fraction(9486, 10000), "share", "94.86 %"),
        (0.9486, "share", "94.86 %"),
        (1, "share", "100.00 %"),
        (0, "share", "0.00 %"),
        (Fraction(1, 10**6), "share", "<0.01 %"),
        (Fraction(52283392, 462422016), "ratio", "0.11306"),  # Howard et al. 2017: 1/N + 1/D_K²
        (Fraction(462422016, 52283392), "factor", "8.845×"),
        (16 * 2**20, "bytes", "16.00 MiB"),
        (512, "bytes", "512 B"),
        ("as it is", "text", "as it is"),
        (12, "text", "12"),
        (Fraction(1, 2), "text", "1/2"),
    ],
)
def test_cells(cell: Cell, kind: ColumnKind, shown: str) -> None:
    assert cells.joined(cells.parts(cell, kind, "auto")) == shown


def test_lower_bound_is_marked_in_the_total_alone() -> None:
    doc = Doc(
        "",
        (
            Table(
                (Column("n", "N"), Column("m", "M", "count"), Column("p", "P", "count")),
                (("a", 1, 2),),
                (("total", 1, 2), ("other", None, "N")),
                lower_bounds=frozenset({"m", "p"}),
            ),
        ),
        {},
    )
    assert render(doc, "plain") == (
        "N        M    P\na        1    2\n\ntotal  ≥ 1  ≥ 2\nother       ≥ N\n"
    )
    assert render(doc, "csv") == "n,m,p\na,1,2\n"


def test_plain_aligns_on_the_decimal_point() -> None:
    doc = table((10838016,), (663552,), (696,), (1024000,), ("N",), kinds=("count",))
    assert render(doc, "plain").splitlines() == [
        "       K0",
        " 10.84  M",
        "663.6   k",
        "696",
        "  1.024 M",
        "        N",
    ]


@pytest.mark.parametrize(
    "text", ["abc", "24×96×96", "α·ρ ≥ 1", "名前", "a\u0301", "█▏", "ｗｉｄｅ"]
)
def test_width_is_the_terminals(text: str) -> None:
    assert cells.width(text) == cell_len(text)


def test_plain_never_cuts() -> None:
    name = "stage." * 100
    assert name in render(table((name, 1), kinds=("text", "count")), "plain", width=40)
