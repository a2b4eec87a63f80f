"""A file's last key set apart: what is read of it later is what reading all at once finds."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from flopcalc import catalog
from flopcalc.errors import InputError
from flopcalc.spec.fmt import format_text
from flopcalc.spec.model import load_spec
from flopcalc.yaml_tree import Entries, Items, Node, Scalar, parse, parse_but

if TYPE_CHECKING:
    from collections.abc import Callable

NET = "flopcalc: 1\ninput: 8x8x3\nbody: [{conv: 8, k: 3}]\n"
GOOD = "  - {source: A, cols: [mult_adds], rows: [[1M]]}\n"
LINES = (
    *("a: 1", "b: [1,", "  2]", "]", "{c: 1,", "}", 'd: "x', "  y", 'z"', "e: 'x", "'", "f: |"),
    *("  - {source: A, cols: [top1]}", "- 1", "  - 1", " - 2", "last: 3", "last:", "last: {a: 1}"),
    *("# words", "", "---", "...", "%YAML 1.2", "\tg: 1", "h: >-", "&i", "*i", "<<: 1", "\x07"),
    *("j: \\x", 'k: "\\x07"', "? l", ": 1", "a: 2\r", "last: [1\r", "\ufeff"),
)


def located(node: Node) -> object:
    place = (node.line, node.column)
    if isinstance(node, Scalar):
        return (node.value, node.plain, place)
    if isinstance(node, Items):
        return ([located(item) for item in node.items], place)
    return ([(located(key), located(value)) for key, value in node.entries.values()], place)


def at_once(text: str) -> object:
    """The tree without `last`, and the value of `last`."""
    root, _ = parse(text, "f")
    if not isinstance(root, Entries):
        return located(root), None
    _, last = root.entries.pop("last", (None, None))
    return located(root), last and located(last)


def apart(text: str) -> object:
    root, source, later = parse_but(text, "f", "last")
    assert source.text == text.removeprefix("\ufeff")
    last = later and located(later())
    if isinstance(root, Entries):
        root.entries.pop("last", None)
    return located(root), last


@settings(max_examples=400, deadline=None)
@given(st.lists(st.sampled_from(LINES), max_size=9))
@example(["a: 1", "last:", "  - 1"])
@example(["{c: 1,", "last: 3"])
@example(['d: "x', "last: 3", 'z"'])
@example(["last: 3", "a: 1", "last:"])
@example(["a: 1", "last: 3", "---", "a: 1"])
@example(["f: |", "last: {a: 1}"])
@example(["{c: 1}", "last: 3"])
def test_apart_is_at_once(lines: list[str]) -> None:
    text = "\n".join(lines)
    try:
        expected = at_once(text)
    except InputError:
        with pytest.raises(InputError):
            apart(text)
        return

    assert apart(text) == expected


@pytest.mark.parametrize("file", catalog.shipped().values())
def test_of_what_ships_apart_is_at_once(file: str) -> None:
    text = (Path(catalog.specs_folder()) / file).read_text(encoding="utf-8")
    root, _ = parse(text, file)
    assert isinstance(root, Entries)
    _, value = root.entries.pop("published", (None, None))

    alone, _, later = parse_but(text, file, "published")

    assert located(alone) == located(root)
    assert (later and located(later())) == (value and located(value))


def test_a_slip_apart_waits_until_it_is_asked_for() -> None:
    text = NET + "published:\n  - {source: A\n"

    model = load_spec(text, "x.yaml")

    assert model.graph().layers
    with pytest.raises(InputError, match=r"x\.yaml:5:5: error: '\{' is never closed"):
        _ = model.published
    with pytest.raises(InputError, match=r"x\.yaml:5:5: error: '\{' is never closed"):
        format_text(text, "x.yaml")


@pytest.mark.parametrize("rest", ["", "name: net\n", "published: []\n"])
def test_where_it_stands_does_not_matter(rest: str) -> None:
    text = f"{NET}published:\n{GOOD}{rest}"
    if "published" in rest:
        with pytest.raises(InputError, match="key 'published' is given twice"):
            load_spec(text, "x.yaml")
        return

    (row,) = load_spec(text, "x.yaml").published

    assert row.source == "A"


def test_check_reads_all_of_a_file(run: Callable[..., Any], tmp_path: Path) -> None:
    path = tmp_path / "net.yaml"
    path.write_text(f"{NET}published:\n{GOOD.replace('source', 'sauce')}", encoding="utf-8")

    assert run("analyze", str(path)).code == 0
    judged = run("check", str(path))

    assert judged.code == 2
    assert "net.yaml:5:6: error: unknown key 'sauce' in 'published'" in judged.out + judged.err
