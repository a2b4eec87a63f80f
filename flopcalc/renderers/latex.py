r"""LaTeX for a paper: booktabs tables, formulas in `\[ … \]`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tabulate import DataRow, TableFormat, tabulate
from tabulate import Line as Rule

from flopcalc.doc import Note, Table
from flopcalc.renderers.cells import clean
from flopcalc.renderers.grid import texts

if TYPE_CHECKING:
    from flopcalc.doc import Block, Derivation, Doc
    from flopcalc.quantity import Units
    from flopcalc.renderers import View

_ESCAPES = str.maketrans(
    {
        "\\": r"\textbackslash{}",
        "{": r"\{",
        "}": r"\}",
        "&": r"\&",
        "%": r"\%",
        "$": r"\$",
        "#": r"\#",
        "_": r"\_",
        "^": r"\textasciicircum{}",
        "~": r"\textasciitilde{}",
        "`": r"\textasciigrave{}",
        "<": r"\textless{}",
        ">": r"\textgreater{}",
        "|": r"\textbar{}",
        "[": "{[}",  # a row that starts with [ or * would be an argument of the \\ above it
        "]": "{]}",
        "*": "{*}",
        "\n": " ",
        "×": r"$\times$",
        "·": r"$\cdot$",
        "≥": r"$\geq$",
        "≤": r"$\leq$",
        "≠": r"$\neq$",
        "≈": r"$\approx$",
        "→": r"$\rightarrow$",
        "−": r"$-$",
        "²": r"$^2$",
        "³": r"$^3$",
        "…": r"\ldots{}",
        "α": r"$\alpha$",
        "β": r"$\beta$",
        "μ": r"$\mu$",
        "ρ": r"$\rho$",
    }
)
_ARITHMETIC = dict.fromkeys(map(ord, "0123456789 .,·+-/()=≥"))
_BOOKTABS = TableFormat(
    lineabove=Rule(r"\toprule", "", "", ""),
    linebelowheader=Rule(r"\midrule", "", "", ""),
    linebetweenrows=None,
    linebelow=Rule(r"\bottomrule", "", "", ""),
    headerrow=DataRow("", "&", r"\\"),
    datarow=DataRow("", "&", r"\\"),
    padding=1,
    with_header_hide=None,
)
_SEPARATOR = "\x01"  # tabulate's mark of a rule between rows


def render(doc: Doc, view: View) -> str:
    r"""Each table as a `table` with the title as its caption, each derivation as `\[ … \]`.

    Needs the package booktabs. Hints are comments: they speak of flopcalc, not of the model.
    """
    parts = [_comment(text) for text in (doc.title, doc.subtitle) if text]
    parts += [_block(block, doc, view.units) for block in doc.blocks]
    return "\n\n".join(parts) + "\n"


def escape(text: str) -> str:
    """`text` so that LaTeX prints it as it is; a newline becomes a blank."""
    shown = "\n".join(clean(line) for line in text.split("\n")).translate(_ESCAPES)
    return shown.replace("--", "-{}-")


def _comment(text: str) -> str:
    return "\n".join(f"% {clean(line)}" for line in text.split("\n"))


def _block(block: Block, doc: Doc, units: Units) -> str:
    if isinstance(block, Table):
        return _table(block, doc, units)
    if isinstance(block, Note):
        if block.level == "hint":
            return _comment(block.text)
        warning = r"\textbf{Warning:} " if block.level == "warning" else ""
        return warning + escape(block.text)
    return _derivation(block)


def _table(table: Table, doc: Doc, units: Units) -> str:
    rows, totals = texts(table, units)
    cells = [[escape(text) for text in row] for row in rows]
    if totals:
        cells += [[_SEPARATOR] * len(table.columns)] if rows else []
        cells += [[escape(text) for text in row] for row in totals]
    titles = [escape(column.title) for column in table.columns]
    numbers = "".join("l" if column.kind == "text" else "r" for column in table.columns)
    caption = ". ".join(escape(text.strip()) for text in (doc.title, table.title) if text.strip())
    lines = [r"\begin{table}", r"\centering"]
    lines += [rf"\caption{{{caption}}}"] if caption else []
    lines += [tabular(titles, cells, numbers)] if titles else []
    return "\n".join([*lines, r"\end{table}"])


def tabular(titles: list[str], cells: list[list[str]], spec: str) -> str:
    """A booktabs `tabular` of cells that are escaped already; `spec` is one of l, r a column."""
    if cells:
        body = tabulate(
            cells,
            headers=titles,
            tablefmt=_BOOKTABS,
            colalign=["left" if side == "l" else "right" for side in spec],
            disable_numparse=True,  # or it would make 100000 of a layer called 1e5
        )
    else:  # tabulate has no columns without rows
        body = "\n".join([r"\toprule", " & ".join(titles) + r" \\", r"\bottomrule"])
    return "\n".join([rf"\begin{{tabular}}{{{spec}}}", body, r"\end{tabular}"])


def _derivation(block: Derivation) -> str:
    lines = [rf"\paragraph{{{escape(block.title)}}}"] if block.title else []
    for line in block.lines:
        label = rf"\textit{{{escape(line.label.strip())}}}" if line.label.strip() else ""
        lines += [label] if label else []
        lines.append(rf"\[ {line.latex or _math(line.text)} \]")
    if block.legend:
        rows = [[_symbol(first), *map(escape, rest)] for first, *rest in block.legend]
        lines += ["", r"\noindent", tabular(["Symbol", "Meaning", "Value"], rows, "llr")]
    return "\n".join([*lines, *(["", escape(block.note)] if block.note else [])])


def _symbol(text: str) -> str:
    """A symbol of a formula as the formula shows it: `M` and `D_K` in italics, words upright."""
    letter, _, index = text.partition("_")
    one = len(letter) == 1 and letter.isascii() and letter.isalpha()
    bare = text == letter or (len(index) == 1 and index.isascii() and index.isalnum())
    return f"${text}$" if one and bare else escape(text)


def _math(text: str) -> str:
    """A line without LaTeX of its own: arithmetic as such, anything else as upright text."""
    if text.translate(_ARITHMETIC):
        return rf"\textrm{{{escape(text)}}}"
    return text.replace(",", "{,}").replace("·", r" \cdot ").replace("≥", r"\geq ")
