"""`[tool.flopcalc]` of a TOML file as the tree that YAML gives, its places found in the text."""

from __future__ import annotations

import re
from typing import Any

from flopcalc.errors import InputError, Where
from flopcalc.yaml_tree import Entries, Items, Node, Scalar, Source


def parse_toml(text: str, name: str) -> tuple[Node, Source]:
    """The tree of `[tool.flopcalc]`; raises `InputError` where the file is no TOML or lacks it."""
    import tomllib  # here, since most projects have a flopcalc.yaml

    source = Source(name, text)
    try:
        whole = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"at line (\d+), column (\d+)", str(error))
        where = source.at(int(found[1]), int(found[2])) if found else Where(name)
        message = str(error).partition(" (at ")[0]
        raise InputError(f"not TOML: {message[:1].lower()}{message[1:]}", where=where) from None
    table = whole.get("tool", {}).get("flopcalc")
    if not isinstance(table, dict):
        raise InputError(f"'{name}' has no [tool.flopcalc]", hint="'flopcalc init budgets'")
    start = text.find("[tool.flopcalc")
    return _Tree(source).node(table, max(start, 0)), source


class _Tree:
    def __init__(self, source: Source) -> None:
        self.source = source

    def node(self, value: Any, offset: int) -> Node:  # noqa: ANN401 - whatever TOML has
        line, column = self._at(offset)
        if isinstance(value, dict):
            entries: dict[str, tuple[Scalar, Node]] = {}
            at = offset
            for key, item in value.items():
                start, after = self._find(key, at)
                found = self._at(start)
                entries[key] = (Scalar(key, True, *found), self.node(item, after))
                at = start
            return Entries(entries, line, column)
        if isinstance(value, list):
            return Items(
                [self.node(item, self._value(item, offset)) for item in value], line, column
            )
        if isinstance(value, bool):
            return Scalar("true" if value else "false", True, line, column)
        return Scalar(str(value), not isinstance(value, str), line, column)

    def _find(self, key: str, offset: int) -> tuple[int, int]:
        """Where `key` stands from `offset` on, and its value; the offset itself if not found."""
        pattern = re.compile(rf"(?<![\w-])[\"']?({re.escape(key)})[\"']?\s*(=\s*|\]|\.)")
        found = pattern.search(self.source.text, offset)
        return (found.start(1), found.end()) if found else (offset, offset)

    def _value(self, item: object, offset: int) -> int:
        found = self.source.text.find(str(item), offset) if isinstance(item, str) else -1
        return found if found >= 0 else offset

    def _at(self, offset: int) -> tuple[int, int]:
        text = self.source.text
        return text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset)
