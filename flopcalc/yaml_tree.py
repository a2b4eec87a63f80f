"""YAML text to a tree that remembers where each part of it was written.

A subset of YAML 1.2: one document of mappings, sequences and scalars; no anchors, aliases, merge
keys or tags; no key twice. PyYAML's events are read in a loop, so depth costs no recursion.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, TypeAlias

import yaml
from yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
)

from flopcalc.errors import FileError, LimitError, Where, YamlError, near
from flopcalc.yaml_errors import explain, find_unwanted, forbidden, unwanted_character

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_BYTES = 256 * 1024
MAX_NODES = 50_000
MAX_DEPTH = 32
MAX_NUMBER = 10**12

try:
    from yaml._yaml import CParser

    _FAST_PARSER: Callable[[str], Any] | None = CParser
except ImportError:  # PyYAML without libyaml
    _FAST_PARSER = None

_NUMBER = r"[-+]?(?:(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]+)?)"
_LITERALS: dict[str, bool | None] = {
    "true": True,
    "false": False,
    "null": None,
    "~": None,
    "": None,
}
_SWITCHES = {
    "yes": "true",
    "on": "true",
    "y": "true",
    "no": "false",
    "off": "false",
    "n": "false",
    "true": "true",
    "false": "false",
}


class Scalar:
    """A word or number as written; `plain` if it is not quoted. Line and column count from 1."""

    __slots__ = ("column", "line", "plain", "value")

    def __init__(self, value: str, plain: bool, line: int, column: int) -> None:  # noqa: FBT001 - built in the hot loop
        self.value = value
        self.plain = plain
        self.line = line
        self.column = column

    def __repr__(self) -> str:
        return repr(self.value)


class Items:
    """A YAML sequence: `items` in order. Line and column are those of its first character."""

    __slots__ = ("column", "items", "line")

    def __init__(self, items: list[Node], line: int, column: int) -> None:
        self.items = items
        self.line = line
        self.column = column

    def __repr__(self) -> str:
        return repr(self.items)


class Entries:
    """A YAML mapping: `entries`, key text → (the key as written, its value), in order."""

    __slots__ = ("column", "entries", "line")

    def __init__(self, entries: dict[str, tuple[Scalar, Node]], line: int, column: int) -> None:
        self.entries = entries
        self.line = line
        self.column = column

    def __repr__(self) -> str:
        return repr({key: value for key, (_, value) in self.entries.items()})


Node: TypeAlias = "Scalar | Items | Entries"


class Source:
    """A named text, to find the place of a node for a message."""

    __slots__ = ("_lines", "name", "text")

    def __init__(self, name: str, text: str) -> None:
        self.name = name
        self.text = text
        self._lines: list[str] | None = None

    def where(self, node: Node, offset: int = 0) -> Where:
        """The place of `node`, or of the character `offset` in the value of a scalar.

        Where a scalar is folded over lines or written with escapes, it is the scalar's own place.
        """
        if offset and isinstance(node, Scalar):
            start = node.column if node.plain else node.column + 1
            if self.line(node.line).startswith(node.value, start - 1):
                return self.at(node.line, start + offset)
        return self.at(node.line, node.column)

    def place(self, node: Node) -> Where:
        """The place of `node` without its line's text, which only a message needs."""
        return Where(self.name, node.line, node.column)

    def at(self, line: int, column: int = 0) -> Where:
        """A place by line and column, from 1."""
        return Where(self.name, line, column, self.line(line))

    def line(self, number: int) -> str:
        """The text of a line, from 1; empty beyond the end."""
        if self._lines is None:
            self._lines = self.text.split("\n")
        return self._lines[number - 1].rstrip("\r") if 0 < number <= len(self._lines) else ""


def read_file(path: str, *, keep_mark: bool = False) -> str:
    """The text of a file: UTF-8, at most 256 KiB; a byte order mark is dropped unless kept.

    Raises `FileError` where it cannot be read or is not text, `LimitError` where it is too large.
    """
    try:
        with open(path, "rb") as file:  # noqa: PTH123 - pathlib costs start-up time
            data = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise FileError(f"no such file: '{path}'", hint=_neighbour(path)) from None
    except IsADirectoryError:
        raise FileError(f"'{path}' is a directory", hint="name a file in it") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise FileError(f"cannot read '{path}': {reason.lower()}") from None
    if len(data) > MAX_BYTES and b"\0" not in data:
        raise LimitError(
            f"'{path}' is larger than 256 KiB", hint="a spec is a few KB of text: is this the file?"
        )
    if data[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        raise FileError(f"'{path}' is UTF-16 text", hint="save it as UTF-8")
    if b"\0" in data:
        raise FileError(f"'{path}' is a binary file, not YAML", hint="name a YAML text file")
    try:
        return (data if keep_mark else data.removeprefix(b"\xef\xbb\xbf")).decode()
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        where = Where(path, line)
        raise FileError("not UTF-8 text", where=where, hint="save the file as UTF-8") from None


def parse(text: str, name: str) -> tuple[Node, Source]:
    """The tree of a YAML text; `name` is what messages call it.

    Raises `YamlError` outside the subset, `LimitError` above 256 KiB, 50 000 nodes or a nesting
    of 32. libyaml reads where it is there; what it refuses, pure Python reads again, so that
    every message is the same with either.
    """
    text = text.removeprefix("\ufeff")
    source = Source(name, text)
    _check_text(source)
    if _FAST_PARSER is not None and "\t" not in text:  # the two parsers differ on tabs
        try:
            return _build(_FAST_PARSER(text), source, "?"), source
        except (yaml.YAMLError, YamlError, LimitError, _UnsureError):
            pass
    parser = _pure_parser(text)
    try:
        return _build(parser, source, "\0"), source  # NUL: never
    except yaml.MarkedYAMLError as error:
        raise explain(error, source) from None
    except (yaml.YAMLError, ValueError, OverflowError):  # chr() of an escape beyond Unicode
        where = source.at(parser.line + 1, parser.column + 1)
        raise YamlError("not a Unicode character", where=where) from None


def as_literal(scalar: Scalar, source: Source) -> int | float | bool | str | None:
    """What a scalar means where a value is wanted, by YAML 1.2: a number, `true`, `false`, `null`.

    Everything else, and whatever is quoted, is its text. Raises `YamlError` for `yes`, `on`, `n`,
    `True` and their like and for leading zeros, `LimitError` for numbers above 10^12.
    """
    text = scalar.value
    if not scalar.plain:
        return text
    if text in _LITERALS:
        return _LITERALS[text]
    if text[0] in "-+.0123456789" and re.fullmatch(_NUMBER, text):
        return _number(scalar, source)
    switch = _SWITCHES.get(text.lower())
    if switch:
        hint = f"write {switch}, or quote a name"
        raise YamlError(f"'{text}' is no value here", where=source.where(scalar), hint=hint)
    return text


def looks_like_expression(key: str) -> bool:
    """Whether a key is no plain word: most likely the rest of an expression cut at a comma.

    `{se: max(8, ch // 4)}` has the keys `se` and `ch // 4)`.
    """
    word = key.replace("-", "_").replace(".", "_")
    return not (word.isidentifier() and key.isascii() and key[0] not in "-.")


def _pure_parser(text: str) -> Any:  # noqa: ANN401 - a class made of PyYAML's untyped ones
    from yaml.parser import Parser
    from yaml.reader import Reader
    from yaml.scanner import Scanner

    class PureParser(Reader, Scanner, Parser):
        def __init__(self, text: str) -> None:
            Reader.__init__(self, text)
            Scanner.__init__(self)
            Parser.__init__(self)

    return PureParser(text)


class _UnsureError(Exception):
    """What libyaml read may not be what pure Python reads."""


def _build(parser: Any, source: Source, unsure: str) -> Node:  # noqa: ANN401, C901, PLR0912, PLR0915 - the hot loop
    """The tree, from the events of either parser.

    `unsure` is the character in a plain scalar on which the parsers differ.
    """
    next_event = parser.get_event
    roots: list[Node] = []
    append = roots.append
    open_nodes: list[tuple[Items | Entries, list[Node]]] = []
    children = roots
    count = 0
    while True:
        event = next_event()
        kind = type(event)
        if kind is ScalarEvent:
            mark = event.start_mark
            style = event.style
            if event.anchor or event.tag:
                raise forbidden(source, mark.line + 1, mark.column + 1)
            if not style:
                if unsure in event.value:
                    raise _UnsureError
            elif style == '"':
                if found := find_unwanted(event.value):
                    raise unwanted_character(found[0], source.at(mark.line + 1, mark.column + 1))
            elif style != "'" and "#" in source.line(mark.line + 1) and unsure == "?":
                raise _UnsureError  # a comment against the | or > of a block
            append(Scalar(event.value, not style, mark.line + 1, mark.column + 1))
        elif kind is MappingStartEvent or kind is SequenceStartEvent:
            mark = event.start_mark
            if event.anchor or event.tag:
                raise forbidden(source, mark.line + 1, mark.column + 1)
            node: Items | Entries
            if kind is MappingStartEvent:
                node = Entries({}, mark.line + 1, mark.column + 1)
            else:
                node = Items([], mark.line + 1, mark.column + 1)
            append(node)
            open_nodes.append((node, children))
            if len(open_nodes) > MAX_DEPTH:
                raise LimitError(
                    f"nested deeper than {MAX_DEPTH}",
                    where=source.where(node),
                    hint="make blocks of the inner parts",
                )
            children = node.items if isinstance(node, Items) else []
            append = children.append
        elif kind is MappingEndEvent or kind is SequenceEndEvent:
            count += len(children)
            if count > MAX_NODES:
                raise LimitError(
                    f"more than {MAX_NODES} values",
                    where=Where(source.name),
                    hint="use 'repeat' and blocks",
                )
            node, outer = open_nodes.pop()
            if isinstance(node, Entries):
                _fill(node.entries, children, source)
            children = outer
            append = children.append
        elif kind is DocumentStartEvent:
            _check_document(event, roots, source)
        elif kind is AliasEvent:
            mark = event.start_mark
            raise forbidden(source, mark.line + 1, mark.column + 1)
        elif kind is StreamEndEvent:
            break
    root = roots[0] if roots else None
    if root is None or (isinstance(root, Scalar) and root.plain and not root.value):
        hint = "write at least one line of 'key: value'"
        raise YamlError("the file is empty", where=Where(source.name), hint=hint)
    return root


def _fill(entries: dict[str, tuple[Scalar, Node]], children: list[Node], source: Source) -> None:
    """Pair keys with values."""
    pairs = iter(children)
    for key, value in zip(pairs, pairs, strict=True):
        if not isinstance(key, Scalar):
            hint = "quote the key, or look for a missing ':'"
            raise YamlError("a key must be a word", where=source.where(key), hint=hint)
        text = key.value
        if text in entries:
            first = entries[text][0]
            hint = f"remove one; the first is at {first.line}:{first.column}"
            raise YamlError(
                f"key '{_short(text)}' is given twice", where=source.where(key), hint=hint
            )
        if text == "<<" and key.plain:
            hint = "make a block with parameters"
            raise YamlError("merge keys '<<' are not allowed", where=source.where(key), hint=hint)
        if not text:
            raise YamlError("a key is missing before ':'", where=source.where(key))
        if isinstance(value, Scalar) and value.plain and not value.value:
            value.line, value.column = (
                key.line,
                key.column,
            )  # the parsers differ on where nothing is
        entries[text] = (key, value)


def _check_text(source: Source) -> None:
    text = source.text
    if len(text) > MAX_BYTES:
        raise LimitError("larger than 256 KiB", where=Where(source.name))
    found = find_unwanted(text)
    if found:
        start = found.start()
        where = source.at(text.count("\n", 0, start) + 1, start - text.rfind("\n", 0, start))
        raise unwanted_character(found[0], where)


def _check_document(event: Any, roots: list[Node], source: Source) -> None:  # noqa: ANN401 - an event
    where = source.at(event.start_mark.line + 1, event.start_mark.column + 1)
    if roots:
        raise YamlError("a second document starts here", where=where, hint="one file, one document")
    if event.version or event.tags:
        raise YamlError("YAML directives are not allowed", where=where, hint="remove the '%' line")


def _number(scalar: Scalar, source: Source) -> int | float:
    text = scalar.value
    digits = text.lstrip("+-")
    if digits[0] == "0" and digits[1:2].isdigit():
        plain = digits.lstrip("0")
        sign = "-" if text[0] == "-" else ""
        hint = f"write {sign}{_short(plain) if plain[:1].isdigit() else '0' + _short(plain)}"
        message = f"number '{_short(text)}' has a leading zero"
        raise YamlError(message, where=source.where(scalar), hint=hint)
    number: int | float
    if digits.isdigit():
        number = int(text) if len(digits) <= len(str(MAX_NUMBER)) else MAX_NUMBER + 1
    else:
        number = float(text)
    if abs(number) > MAX_NUMBER:
        raise LimitError(f"number '{_short(text)}' is above 10^12", where=source.where(scalar))
    return number


def _short(text: str) -> str:
    return text if len(text) <= 40 else text[:37] + "..."


def _neighbour(path: str) -> str | None:
    """A hint: the file in the same folder whose name is nearest."""
    import os

    folder, name = os.path.split(path)
    try:
        found = near(name, os.listdir(folder or "."))  # noqa: PTH208 - likewise
    except (OSError, ValueError):
        return None
    return f"did you mean '{os.path.join(folder, found)}'?" if found else None  # noqa: PTH118 - likewise
