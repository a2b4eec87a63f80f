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

from flopcalc.errors import LimitError, Where, YamlError

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_BYTES = 256 * 1024
MAX_NODES = 50_000
MAX_DEPTH = 32
_USUAL = 16 * 1024
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
_NO_KEY = Scalar("", False, 1, 1)


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
            data = file.read(_USUAL)  # asking for all that is allowed takes twice as long
            if len(data) == _USUAL:
                data += file.read(MAX_BYTES + 1 - _USUAL)
        if len(data) > MAX_BYTES or b"\0" in data or data[:2] in {b"\xff\xfe", b"\xfe\xff"}:
            from flopcalc.yaml_errors import no_text  # here, as all of it: only a slip pays for it

            raise no_text(path, data, too_large=len(data) > MAX_BYTES)
        return (data if keep_mark else data.removeprefix(b"\xef\xbb\xbf")).decode()
    except (OSError, ValueError) as error:
        from flopcalc.yaml_errors import unreadable

        raise unreadable(path, error) from None


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
    from flopcalc.yaml_errors import pure_parser

    parser = pure_parser(text)
    try:
        return _build(parser, source, "\0"), source  # NUL: never
    except yaml.MarkedYAMLError as error:
        from flopcalc.yaml_errors import explain

        raise explain(error, source) from None
    except (yaml.YAMLError, ValueError, OverflowError):  # chr() of an escape beyond Unicode
        where = source.at(parser.line + 1, parser.column + 1)
        raise YamlError("not a Unicode character", where=where) from None


def parse_but(text: str, name: str, key: str) -> tuple[Node, Source, Callable[[], Node] | None]:
    """`parse`, but the value of `key` at the top is read when the function is called.

    None where the file has no such key. Its text is set apart where `key` is the last one, and
    begins a line; errors in it are then raised by the function, at the same place.
    """
    text = text.removeprefix("\ufeff")
    start = _start_of_last(text, key) if len(text) <= MAX_BYTES and not _unwanted(text) else 0
    if start:
        try:
            root, _ = parse(text[:start], name)
        except (YamlError, LimitError):  # of the whole text the message may be another
            root = _NO_KEY
        source = Source(name, text)
        if isinstance(root, Entries) and key not in root.entries and not _braced(root, source):
            lines = text.count("\n", 0, start)
            return root, source, lambda: _alone("\n" * lines + text[start:], source, key)
    root, source = parse(text, name)
    if not isinstance(root, Entries) or key not in root.entries:
        return root, source, None
    node = root.entries[key][1]
    return root, source, lambda: node


def _start_of_last(text: str, key: str) -> int:
    """Where the line of the last key begins, if nothing but its value follows; else 0."""
    start = text.find(f"\n{key}:") + 1
    if start and all(not line or line[0] in " -#\r" for line in text[start:].split("\n")[1:]):
        return 0 if "\n---" in text else start
    return 0


def _braced(root: Entries, source: Source) -> bool:
    return source.line(root.line).startswith("{", root.column - 1)


def _alone(text: str, source: Source, key: str) -> Node:
    """The value of `key`, the only one in `text`."""
    root, _ = parse(text, source.name)
    assert isinstance(root, Entries)
    return root.entries[key][1]


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
                raise _forbidden(source, mark)
            if not style:
                if unsure in event.value:
                    raise _UnsureError
            elif style == '"':
                if _unwanted(event.value):
                    from flopcalc.yaml_errors import unwanted_in

                    raise unwanted_in(event.value, source.at(mark.line + 1, mark.column + 1))
            elif style != "'" and "#" in source.line(mark.line + 1) and unsure == "?":
                raise _UnsureError  # a comment against the | or > of a block
            append(Scalar(event.value, not style, mark.line + 1, mark.column + 1))
        elif kind is MappingStartEvent or kind is SequenceStartEvent:
            mark = event.start_mark
            if event.anchor or event.tag:
                raise _forbidden(source, mark)
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
            if roots or event.version or event.tags:
                from flopcalc.yaml_errors import bad_document

                raise bad_document(event, source, second=bool(roots))
        elif kind is AliasEvent:
            mark = event.start_mark
            raise _forbidden(source, mark)
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
        word = key if isinstance(key, Scalar) else _NO_KEY
        text = word.value
        if not text or text in entries or (text == "<<" and word.plain):
            from flopcalc.yaml_errors import bad_key

            raise bad_key(key, entries, source)
        if isinstance(value, Scalar) and value.plain and not value.value:
            value.line, value.column = key.line, key.column  # the parsers differ on that
        entries[text] = (word, value)


def _check_text(source: Source) -> None:
    text = source.text
    if len(text) > MAX_BYTES:
        raise LimitError("larger than 256 KiB", where=Where(source.name))
    if _unwanted(text):
        from flopcalc.yaml_errors import unwanted_at

        raise unwanted_at(source)


def _unwanted(text: str) -> bool:
    """Whether there is a character that a YAML file of ours may not hold."""
    if text.replace("\r\n", "").replace("\n", "").replace("\t", "").isprintable():
        return False  # nearly always, and it saves the 1.5 ms that compiling the pattern takes
    from flopcalc.yaml_errors import find_unwanted

    return find_unwanted(text) is not None


def _forbidden(source: Source, mark: Any) -> YamlError:  # noqa: ANN401 - a mark of either parser
    from flopcalc.yaml_errors import forbidden

    return forbidden(source, mark.line + 1, mark.column + 1)


def _number(scalar: Scalar, source: Source) -> int | float:
    text = scalar.value
    digits = text.lstrip("+-")
    if digits[0] == "0" and digits[1:2].isdigit():
        from flopcalc.yaml_errors import leading_zero

        raise leading_zero(text, source.where(scalar))
    number: int | float
    if digits.isdigit():
        number = int(text) if len(digits) <= len(str(MAX_NUMBER)) else MAX_NUMBER + 1
    else:
        number = float(text)
    if abs(number) > MAX_NUMBER:
        raise LimitError(f"number '{short(text)}' is above 10^12", where=source.where(scalar))
    return number


def short(text: str) -> str:
    """A text for a message, its end left out where it is long."""
    return text if len(text) <= 40 else text[:37] + "..."
