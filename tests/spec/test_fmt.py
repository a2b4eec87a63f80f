"""Formatting: the keys that change, and everything else that does not."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from spec_files import GOOD, SHIPPED

from flopcalc.errors import InputError
from flopcalc.spec.fmt import format_text
from flopcalc.spec.model import load_spec

LONG = """\
flopcalc: 1   # kernel: stride
name: 'the kernel, stride: and groups'
input: 32x32x8
vars: {stride: 2, groups: 2}
defaults: {conv: {dilation: 1, kernel: 3}, act: relu}
blocks:
  b: {params: {kernel: 3, s: 1}, body: [{dw: kernel, stride: s}]}
  kernels: {body: [relu]}
body:
  - {conv: 16, kernel : 3,stride:   stride, "groups": groups}   # kernel: 3
  - {b, kernel: 5, stride: 2, note: 'stride: 2'}
  - {dw, kernel: 3, repeat: 2, first: {stride: 2}, name: stride}
  - {b, kernel: 3, repeat: 2, first: {stride: 2, kernel: 5}}
  - kernels
  - residual: [{conv: ch, kernel: 1, dilation: 1}]
  - table: conv
    cols: [out, kernel, first.stride, groups]
    rows: [[8, 3, 2, 1]]
  - table: b
    cols: [kernel, stride]
    rows: [[3, 1]]
variants:
  v: {defaults: {conv: {dilation: 2}}}
"""
SHORT = """\
flopcalc: 1   # kernel: stride
name: 'the kernel, stride: and groups'
input: 32x32x8
vars: {stride: 2, groups: 2}
defaults: {conv: {d: 1, k: 3}, act: relu}
blocks:
  b: {params: {kernel: 3, s: 1}, body: [{dw: kernel, s: s}]}
  kernels: {body: [relu]}
body:
  - {conv: 16, k : 3,s:   stride, "g": groups}   # kernel: 3
  - {b, kernel: 5, s: 2, note: 'stride: 2'}
  - {dw, k: 3, repeat: 2, first: {s: 2}, name: stride}
  - {b, kernel: 3, repeat: 2, first: {s: 2, kernel: 5}}
  - kernels
  - residual: [{conv: ch, k: 1, d: 1}]
  - table: conv
    cols: [out, k, first.s, g]
    rows: [[8, 3, 2, 1]]
  - table: b
    cols: [kernel, s]
    rows: [[3, 1]]
variants:
  v: {defaults: {conv: {d: 2}}}
"""
PAIRS = [("kernel", "k"), ("stride", "s"), ("dilation", "d"), ("groups", "g")]


def test_long_keys_become_short() -> None:
    assert format_text(LONG) == SHORT


def test_meaning_stays() -> None:
    long, short = (load_spec(text, "net").graph() for text in (LONG, SHORT))
    assert [layer._replace(where=None) for layer in long.layers] == [
        layer._replace(where=None) for layer in short.layers
    ]


@pytest.mark.parametrize("path", [*GOOD, *SHIPPED], ids=lambda p: f"{p.parent.name}/{p.stem}")
def test_short_files_stay_byte_for_byte(path: Path) -> None:
    text = path.read_bytes().decode()
    assert format_text(text) == text
    assert format_text(text.replace("\n", "\r\n")) == text.replace("\n", "\r\n")
    assert format_text("\ufeff" + text) == "\ufeff" + text


def test_both_spellings_are_an_error() -> None:
    with pytest.raises(InputError, match="'k' is given twice"):
        format_text("flopcalc: 1\ninput: 8x8x3\nbody: [{conv: 3, k: 3, kernel: 3}]\n")


@st.composite
def two_spellings(draw: st.DrawFn) -> tuple[str, str]:
    """A spec with some keys long, and the same with all of them short."""
    lines = []
    for _ in range(draw(st.integers(1, 5))):
        keys = draw(st.lists(st.sampled_from(PAIRS[1:3]), unique=True))
        gap = draw(st.sampled_from(["", " ", "  "]))
        comment = draw(st.sampled_from(["", "  # stride: 2, kernel", " #groups: é"]))
        newline = draw(st.sampled_from(["\n", "\r\n"]))
        name = draw(st.sampled_from(["", ", note: 'stride: 1'", ', note: "kernel: é"']))
        parts = [("kernel", "k"), *keys]
        long = draw(st.lists(st.booleans(), min_size=len(parts), max_size=len(parts)))
        rows = []
        for spelt in (long, [False] * len(parts)):
            written = "".join(
                f",{gap}{pair[0] if use else pair[1]}:{gap} 1"
                for pair, use in zip(parts, spelt, strict=True)
            )
            rows.append(f"  - {{conv: 8{written}{name}}}{comment}{newline}")
        lines.append(rows)
    head = "flopcalc: 1\ninput: 32x32x8\nbody:\n"
    return head + "".join(row[0] for row in lines), head + "".join(row[1] for row in lines)


@given(two_spellings())
def test_only_the_keys_change(texts: tuple[str, str]) -> None:
    long, short = texts
    assert format_text(long) == short
    assert format_text(short) == short
