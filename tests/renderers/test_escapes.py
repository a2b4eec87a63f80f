"""Names that mean something to Markdown, LaTeX or a spreadsheet; and exact numbers in CSV."""

from __future__ import annotations

import csv
import re
from fractions import Fraction
from io import StringIO

import pytest

from flopcalc.doc import Cell, Column, ColumnKind, Doc, Note, Table
from flopcalc.renderers import render

HUGE = 10**30


def table(*rows: tuple[Cell, ...], kinds: tuple[ColumnKind, ...]) -> Doc:
    columns = tuple(Column(f"k{i}", f"K{i}", kind) for i, kind in enumerate(kinds))
    return Doc("", (Table(columns, rows),), {})


@pytest.mark.parametrize("name", ["a|b", "|", "a\\|b", "\\", "`x|y`", "a\nb", "<b>", "*x*", "_x_"])
def test_markdown_cells_stay_one_cell(name: str) -> None:
    row = render(table((name, 1), kinds=("text", "count")), "markdown").splitlines()[2]
    inside = row[2:-2]
    bars = [m.start() for m in re.finditer(r"\|", inside) if _unescaped(inside, m.start())]
    assert len(bars) == 1
    assert _unescape_markdown(inside[: bars[0]].strip()) == name


def _unescaped(text: str, at: int) -> bool:
    before = text[:at]
    return (len(before) - len(before.rstrip("\\"))) % 2 == 0


def _unescape_markdown(text: str) -> str:
    """As CommonMark reads it: entities, backslash before punctuation, <br>."""
    import html

    text = text.replace("<br>", "\n")
    assert not re.search(r"(?<!\\)(?:\\\\)*[<>*`]", text)
    return html.unescape(re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", text))


def test_markdown_inside_words_underscores_stay() -> None:
    text = render(table(("conv_1_dw", 1), kinds=("text", "count")), "markdown")
    assert "| conv_1_dw |" in text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("# not a heading", r"\# not a heading"),
        ("1. not a list", r"1\. not a list"),
        ("8.558× fewer", "8.558× fewer"),
        ("- not a list", r"\- not a list"),
        ("costs $5", "costs &#36;5"),
    ],
)
def test_markdown_starts_of_lines(text: str, shown: str) -> None:
    assert render(Doc("", (Note(text),), {}), "markdown") == shown + "\n"


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("a_b", r"a\_b"),
        ("50%", r"50\%"),
        ("a&b#c$d", r"a\&b\#c\$d"),
        ("{x}", r"\{x\}"),
        ("~^", r"\textasciitilde{}\textasciicircum{}"),
        ("a\\b", r"a\textbackslash{}b"),
        ("<|>", r"\textless{}\textbar{}\textgreater{}"),
        ("[bias]", "{[}bias{]}"),
        ("*", "{*}"),
        ("a\nb", "a b"),
        ("a--b", "a-{}-b"),
        ("3×3", r"3$\times$3"),
    ],
)
def test_latex_escapes(name: str, shown: str) -> None:
    text = render(table((name, 1), kinds=("text", "count")), "latex")
    row = text.split("\\midrule\n")[1].splitlines()[0]
    assert row.split("&    1")[0].strip() == shown


def test_csv_is_exact() -> None:
    cells_ = (HUGE, Fraction(1, 3), Fraction(2, 3), 0.25, 2**53 + 1, -1)
    kinds: tuple[ColumnKind, ...] = ("count", "share", "ratio", "factor", "bytes", "count")
    text = render(table(cells_, kinds=kinds), "csv", units="M")
    assert text.splitlines()[1] == f"{HUGE},0.333333,0.666667,0.250000,9007199254740993,-1"


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        (Fraction(52283392, 462422016), "0.113064"),
        (Fraction(462422016, 52283392), "8.84453"),
        (1, "1.00000"),
        (0, "0"),
        (Fraction(99999996, 10**8), "1.00000"),
        (Fraction(9999996, 10**6), "10.0000"),
        (1234567, "1234567"),
        (999999.5, "1000000"),
        (-0.5, "-0.500000"),
    ],
)
def test_csv_ratios_have_six_digits(number: Cell, shown: str) -> None:
    assert render(table((number,), kinds=("ratio",)), "csv").splitlines()[1] == shown


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        (Fraction(9486, 10000), "0.948600"),
        (Fraction(1, 2 * 10**6), "0.000001"),
        (Fraction(-1, 10**9), "0.000000"),
        (Fraction(-1, 8), "-0.125000"),
        (1, "1.000000"),
    ],
)
def test_csv_shares_have_six_decimals(number: Cell, shown: str) -> None:
    assert render(table((number,), kinds=("share",)), "csv").splitlines()[1] == shown


def test_csv_texts_are_not_formulas_of_a_spreadsheet() -> None:
    names = ["=1+1", "+a", "-a", "@a", "\ta", "a=b", "", "'a", "a\rb", "a\nb"]
    doc = table(*[(name, -1) for name in names], kinds=("text", "count"))
    read = list(csv.reader(StringIO(render(doc, "csv"))))[1:]
    assert [row[0] for row in read] == [
        "'=1+1",
        "'+a",
        "'-a",
        "'@a",
        "'\ta",
        "a=b",
        "",
        "'a",
        r"a\rb",
        "a\nb",
    ]
    assert {row[1] for row in read} == {"-1"}


def test_json_has_no_nan() -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        render(Doc("", (), {"ratio": float("nan")}), "json")
