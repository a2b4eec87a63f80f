"""What is said about text that is not YAML, or uses more of it than a spec may."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from flopcalc.errors import FileError, InputError, LimitError, Where, YamlError, near
from flopcalc.yaml_tree import Scalar, short

if TYPE_CHECKING:
    from collections.abc import Mapping

    import yaml

    from flopcalc.yaml_tree import Node, Source

_UNWANTED = (
    "[^\t\n\r\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]"
    "|\r(?!\n)"
)
_STARTERS = {
    "*": "a YAML alias",
    "&": "a YAML anchor",
    "!": "a YAML tag",
    ">": "a block of folded text in YAML",
    "|": "a block of text in YAML",
    "%": "a YAML directive",
    "@": "reserved in YAML",
    "`": "reserved in YAML",
}  # fmt: skip


def find_unwanted(text: str) -> re.Match[str] | None:
    """The first character that a YAML file of ours may not hold."""
    return re.search(_UNWANTED, text)


def unwanted_at(source: Source) -> YamlError:
    """The error for the first such character of a text."""
    text = source.text
    found = find_unwanted(text)
    assert found is not None
    start = found.start()
    where = source.at(text.count("\n", 0, start) + 1, start - text.rfind("\n", 0, start))
    return unwanted_character(found[0], where)


def unwanted_in(value: str, where: Where) -> YamlError:
    """The error for one that an escape stands for."""
    found = find_unwanted(value)
    assert found is not None
    return unwanted_character(found[0], where)


def bad_document(event: Any, source: Source, *, second: bool) -> YamlError:  # noqa: ANN401 - an event of either parser
    """The error for a second document, or a directive."""
    where = source.at(event.start_mark.line + 1, event.start_mark.column + 1)
    if second:
        hint = "one file, one document"
        return YamlError("a second document starts here", where=where, hint=hint)
    hint = "remove the '%' line"
    return YamlError("YAML directives are not allowed", where=where, hint=hint)


def bad_key(key: Node, entries: Mapping[str, tuple[Scalar, Node]], source: Source) -> YamlError:
    """The error for a key that is no word, nothing, a merge key, or there already."""
    where = source.where(key)
    if not isinstance(key, Scalar):
        hint = "quote the key, or look for a missing ':'"
        return YamlError("a key must be a word", where=where, hint=hint)
    if key.value in entries:
        first = entries[key.value][0]
        hint = f"remove one; the first is at {first.line}:{first.column}"
        return YamlError(f"key '{short(key.value)}' is given twice", where=where, hint=hint)
    if not key.value:
        return YamlError("a key is missing before ':'", where=where)
    hint = "make a block with parameters"
    return YamlError("merge keys '<<' are not allowed", where=where, hint=hint)


def leading_zero(text: str, where: Where) -> YamlError:
    """The error for a number like 007."""
    plain = text.lstrip("+-").lstrip("0")
    sign = "-" if text[0] == "-" else ""
    hint = f"write {sign}{short(plain) if plain[:1].isdigit() else '0' + short(plain)}"
    return YamlError(f"number '{short(text)}' has a leading zero", where=where, hint=hint)


def unreadable(path: str, error: OSError | ValueError) -> FileError:
    """The error for a file that cannot be read, or is not UTF-8."""
    if isinstance(error, FileNotFoundError):
        return FileError(f"no such file: '{path}'", hint=_neighbour(path))
    if isinstance(error, IsADirectoryError):
        return FileError(f"'{path}' is a directory", hint="name a file in it")
    if isinstance(error, UnicodeDecodeError):
        where = Where(path, error.object.count(b"\n", 0, error.start) + 1)
        return FileError("not UTF-8 text", where=where, hint="save the file as UTF-8")
    reason = getattr(error, "strerror", None) or str(error)
    return FileError(f"cannot read '{path}': {reason.lower()}")


def no_text(path: str, data: bytes, *, too_large: bool) -> InputError:
    """The error for a file that is no text of a spec's size."""
    if too_large and b"\0" not in data:
        hint = "a spec is a few KB of text: is this the file?"
        return LimitError(f"'{path}' is larger than 256 KiB", hint=hint)
    if data[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        return FileError(f"'{path}' is UTF-16 text", hint="save it as UTF-8")
    hint = "name a YAML text file; an exported graph ends in .onnx"
    return FileError(f"'{path}' is a binary file, not YAML", hint=hint)


def pure_parser(text: str) -> Any:  # noqa: ANN401 - a class made of PyYAML's untyped ones
    """PyYAML's parser in Python, for what libyaml refuses: its errors say more."""
    from yaml.parser import Parser
    from yaml.reader import Reader
    from yaml.scanner import Scanner

    class PureParser(Reader, Scanner, Parser):
        def __init__(self, text: str) -> None:
            Reader.__init__(self, text)
            Scanner.__init__(self)
            Parser.__init__(self)

    return PureParser(text)


def _neighbour(path: str) -> str | None:
    """A hint: the file in the same folder whose name is nearest."""
    import os

    folder, name = os.path.split(path)
    try:
        found = near(name, os.listdir(folder or "."))  # noqa: PTH208 - pathlib costs start-up time
    except (OSError, ValueError):
        return None
    return f"did you mean '{os.path.join(folder, found)}'?" if found else None  # noqa: PTH118 - likewise


def unwanted_character(character: str, where: Where) -> YamlError:
    """The error for what `find_unwanted` found."""
    if character == "\r":
        hint = "save the file with the line endings of this system"
        return YamlError("a carriage return without a line feed", where=where, hint=hint)
    where = where._replace(text=re.sub(_UNWANTED, "\ufffd", where.text))  # it may upset a terminal
    return YamlError(
        f"character U+{ord(character):04X} is not allowed", where=where, hint="remove it"
    )


def forbidden(source: Source, line: int, column: int) -> YamlError:
    """The error for an anchor, alias or tag, or another value that starts as YAML's own."""
    character = source.line(line)[column - 1 : column]
    where = source.at(line, column)
    if character not in _STARTERS:
        return YamlError("not valid YAML", where=where, hint="quote the value")
    message = f"a value cannot start with '{character}': that is {_STARTERS[character]}"
    hints = {"&": "make a block with parameters", "!": "remove the tag, or quote the text"}
    return YamlError(message, where=where, hint=hints.get(character, "quote the expression"))


def explain(error: yaml.MarkedYAMLError, source: Source) -> YamlError:  # noqa: C901, PLR0911, PLR0912 - one return per message
    """A syntax error of PyYAML's scanner or parser, in our words."""
    context, problem = error.context or "", error.problem or ""
    at, since = _place(error.problem_mark, source), _place(error.context_mark, source)
    at, since = at or since or source.at(1, 1), since or at or source.at(1, 1)
    character = at.text[at.column - 1 : at.column]
    if character == "\t":
        return YamlError("a tab cannot indent or separate", where=at, hint="use spaces")
    for word in ("alias", "anchor", "tag", "block scalar", "directive"):
        if word in context or word in problem:
            return forbidden(source, since.line, since.column)
    if "cannot start any token" in problem:
        return forbidden(source, at.line, at.column)
    if "scalar" in context:  # a quoted one
        if "escape" in problem or "hexdecimal" in problem:
            hint = "write text in single quotes"
            return YamlError("unknown escape after '\\'", where=at, hint=hint)
        return YamlError("the quote is never closed", where=since, hint="close it on the same line")
    if "node content" in problem:
        if "<stream end>" in problem:
            return YamlError("the text ends inside a '[' or '{'", where=at, hint="close it")
        return YamlError(f"unexpected '{character}'", where=at, hint="write or quote a value")
    if "flow" in context:
        bracket = since.text[since.column - 1 : since.column]
        if "<stream end>" in problem:
            hint = f"close it with '{']' if bracket == '[' else '}'}'"
            return YamlError(f"'{bracket}' is never closed", where=since, hint=hint)
        message = f"',' or '{']' if bracket == '[' else '}'}' is missing before this"
        hint = f"the '{bracket}' at {since.line}:{since.column} is still open"
        return YamlError(message, where=at, hint=hint)
    if "simple key" in context:
        return YamlError("':' is missing on this line", where=since, hint="write 'key: value'")
    if "not allowed here" in problem:
        hint = "look at the indentation, or quote the text that holds it"
        if character == ":" and "," in at.text[: at.column]:
            hint = "several keys on a line stand in braces: {conv: 32, k: 3}"
        return YamlError(f"'{character}' is not allowed here", where=at, hint=hint)
    if "document start" in problem:
        hint = "a file is one mapping"
        return YamlError("text after the end of the document", where=at, hint=hint)
    hint = "indent it as the lines it belongs to"
    return YamlError("this does not fit the lines above it", where=at, hint=hint)


def _place(mark: Any, source: Source) -> Where | None:  # noqa: ANN401 - a mark of either parser
    return source.at(mark.line + 1, mark.column + 1) if mark else None


def looks_like_expression(key: str) -> bool:
    """Whether a key is no plain word: most likely the rest of an expression cut at a comma.

    `{se: max(8, ch // 4)}` has the keys `se` and `ch // 4)`.
    """
    word = key.replace("-", "_").replace(".", "_")
    return not (word.isidentifier() and key.isascii() and key[0] not in "-.")
