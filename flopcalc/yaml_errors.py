"""What is said about text that is not YAML, or uses more of it than a spec may."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from flopcalc.errors import Where, YamlError

if TYPE_CHECKING:
    import yaml

    from flopcalc.yaml_tree import Source

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
    if text.replace("\r\n", "").replace("\n", "").replace("\t", "").isprintable():
        return None  # nearly always, and it saves the 1.5 ms that compiling the pattern takes
    return re.search(_UNWANTED, text)


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
