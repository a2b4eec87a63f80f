"""Formatting a spec: long keys to short ones, in place; every other byte stays."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flopcalc.spec.calls import LONG_SPELLINGS
from flopcalc.spec.grammar import read_spec
from flopcalc.yaml_tree import Entries, Items, Scalar, parse

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flopcalc.yaml_tree import Node


def format_text(text: str, name: str = "<text>") -> str:
    """The spec with `kernel`, `stride`, `dilation` and `groups` written `k`, `s`, `d` and `g`.

    Only keys and table columns that mean a built-in argument change: not comments, text, names,
    or a block's own parameter of that name. Formatting twice changes nothing more. Raises
    `InputError` for a text that is no spec; `name` is what messages call it.
    """
    spec = read_spec(text, name)  # also proves that nothing is given in both spellings
    _ = spec.published  # likewise, that those tables can be read
    root, source = parse(text, name)
    own = {block: {p.name for p in found.params} for block, found in spec.blocks.items()}
    mark = "\ufeff" if text.startswith("\ufeff") else ""
    lines = source.text.split("\n")
    edits = sorted(_long_keys(root, own), key=lambda at: (at[0].line, -at[0].column))
    for key, short in edits:
        line = lines[key.line - 1]
        start = key.column - 1 if key.plain else key.column  # after the quote
        if line.startswith(key.value, start):  # not where a key is written with escapes
            long = key.value.rpartition(".")[2]
            start += len(key.value) - len(long)
            lines[key.line - 1] = line[:start] + short + line[start + len(long) :]
    return mark + "\n".join(lines)


def _long_keys(root: Node, own: dict[str, set[str]]) -> Iterator[tuple[Scalar, str]]:
    """Keys to shorten with their short form; `own` are the parameters of the file's blocks."""
    assert isinstance(root, Entries)
    for key, (_, value) in root.entries.items():
        if key in {"body", "blocks"}:
            yield from _in_steps(value, own)
        elif key == "defaults":
            yield from _in_defaults(value)
        elif key == "variants" and isinstance(value, Entries):
            for _, variant in value.entries.values():
                if isinstance(variant, Entries) and "defaults" in variant.entries:
                    yield from _in_defaults(variant.entries["defaults"][1])


def _in_defaults(node: Node) -> Iterator[tuple[Scalar, str]]:
    """`defaults: {conv: {kernel: 3}}`."""
    if isinstance(node, Entries):
        for _, arguments in node.entries.values():
            if isinstance(arguments, Entries):
                yield from _shorten([at for at, _ in arguments.entries.values()], set())


def _in_steps(node: Node, own: dict[str, set[str]]) -> Iterator[tuple[Scalar, str]]:
    """Steps within `node`, a list of them or blocks; without recursion."""
    todo = [node]
    while todo:
        found = todo.pop()
        if isinstance(found, Items):
            todo += found.items
        elif isinstance(found, Entries):
            entries = found.entries
            cols = entries["cols"][1] if "cols" in entries and "table" in entries else None
            table = entries["table"][1] if "table" in entries else None
            if isinstance(cols, Items) and isinstance(table, Scalar):
                mine = own.get(table.value, set())
                yield from _shorten([c for c in cols.items if isinstance(c, Scalar)], mine)
                continue
            calls = set(entries) & set(own)
            mine = set().union(*(own[block] for block in calls)) if calls else set()
            if not {"params", "body"} & set(entries) or calls:  # a step, not a block
                yield from _shorten([at for at, _ in entries.values()], mine)
            for key, (_, value) in entries.items():
                if key == "first" and isinstance(value, Entries):
                    yield from _shorten([at for at, _ in value.entries.values()], mine)
                elif key != "params":
                    todo.append(value)


def _shorten(keys: list[Scalar], own: set[str]) -> Iterator[tuple[Scalar, str]]:
    for key in keys:
        head, _, rest = key.value.rpartition(".")
        if rest in LONG_SPELLINGS and head in {"", "first"} and rest not in own:
            yield key, LONG_SPELLINGS[rest]
