"""Any document, in every format; and what the light formats import."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from io import StringIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from flopcalc.doc import Block, Column, ColumnKind, Derivation, Doc, Line, Note, Table
from flopcalc.quantity import Units
from flopcalc.renderers import FORMATS, render
from flopcalc.renderers.grid import strips


@pytest.mark.parametrize("format", ["plain", "json", "csv"])
def test_light_formats_import_nothing_heavy(format: str) -> None:
    code = (
        "import sys\n"
        "from flopcalc.doc import *\n"
        "from flopcalc.renderers import render\n"
        "t = Table((Column('a', 'A'), Column('b', 'B', 'count')), (('24×96', 10**7),))\n"
        f"render(Doc('x α', (t, Note('y')), {{'a': 1}}), {format!r})\n"
        "heavy = {'rich', 'tabulate', 'numpy', 'onnx', 'fractions', 'dataclasses', 'inspect',\n"
        "         'pathlib', 'importlib.metadata', 'unicodedata', 'click', 'yaml'}\n"
        f"heavy |= {{'csv', 'json'}} - {{{format!r}}}\n"
        "print(*sorted(heavy & set(sys.modules)))\n"
    )
    # -S: packages with .pth files import modules of their own at start-up.
    paths = [p for p in sys.path if p]
    done = subprocess.run(
        [sys.executable, "-S", "-c", f"import sys; sys.path[:0] = {paths!r}\n{code}"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == []


texts = st.text(max_size=30)
ints = st.integers(-(10**30), 10**30)
numbers = st.one_of(ints, st.fractions(), st.floats(allow_nan=False, allow_infinity=False))
kinds: st.SearchStrategy[ColumnKind] = st.sampled_from(
    ["text", "count", "share", "ratio", "factor", "bytes"]
)


@st.composite
def tables(draw: st.DrawFn) -> Table:
    columns = tuple(
        Column(f"{i}{draw(texts)}", draw(texts), draw(kinds))
        for i in range(draw(st.integers(0, 5)))
    )
    by_kind = {"text": st.none() | texts, "count": st.none() | texts | ints}
    row = st.tuples(*(by_kind.get(c.kind, st.none() | numbers) for c in columns))
    shares = [c.key for c in columns if c.kind == "share"]
    return Table(
        columns,
        tuple(draw(st.lists(row, max_size=4))),
        tuple(draw(st.lists(row, max_size=2))),
        draw(texts),
        draw(st.sampled_from(shares)) if shares else None,
        frozenset(c.key for c in columns if c.kind == "count" and draw(st.booleans())),
    )


blocks: st.SearchStrategy[Block] = st.one_of(
    tables(),
    st.builds(Note, texts, st.sampled_from(["plain", "hint", "warning"])),
    st.builds(
        Derivation,
        texts,
        st.lists(st.builds(Line, texts, texts, texts), max_size=3).map(tuple),
        st.lists(st.tuples(texts, texts, texts), max_size=3).map(tuple),
        texts,
    ),
)
docs = st.builds(
    Doc,
    texts,
    st.lists(blocks, max_size=3).map(tuple),
    st.dictionaries(texts, st.lists(ints | texts, max_size=3), max_size=3),
    texts,
    st.just(0),
    st.none(),
)


@settings(max_examples=60, deadline=None)
@given(doc=docs, units=st.sampled_from(["auto", "exact", "M", "G"]), width=st.integers(20, 130))
def test_any_document_renders(doc: Doc, units: Units, width: int) -> None:
    found = {f: render(doc, f, units=units, width=width) for f in FORMATS}
    assert all(text.endswith("\n") or not text for text in found.values())
    assert json.loads(found["json"]) == doc.data
    assert not any(c in found["plain"] + found["table"] for c in "\x1b\r\t\x00")
    first = next((b for b in doc.blocks if isinstance(b, Table)), None)
    if first and first.columns:
        read = list(csv.reader(StringIO(found["csv"], newline="")))
        assert len(read) == 1 + len(first.rows)
        for row, written in zip(first.rows, read[1:], strict=True):
            for cell, column, field in zip(row, first.columns, written, strict=True):
                if isinstance(cell, int) and column.kind in ("text", "count", "bytes"):
                    assert int(field) == cell


@settings(max_examples=100, deadline=None)
@given(found=tables(), width=st.integers(20, 130))
def test_tables_fit_unless_one_number_is_too_wide(found: Table, width: int) -> None:
    text = render(Doc("", (found,), {}), "table", width=width)
    widest = max((cell_len(line) for line in text.splitlines()), default=0)
    if widest > width:
        first = strips(found, "auto", cell_len)[0]
        assert first.number
        assert max(map(cell_len, [*first.body, *first.totals])) > width
