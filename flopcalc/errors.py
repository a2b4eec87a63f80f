"""Errors that say what is wrong, where, and one thing to try; and did-you-mean.

FlopcalcError
├── InputError          the user can fix it: exit 2
│   ├── FileError       a file cannot be read or written
│   ├── YamlError       outside the YAML subset of a spec
│   ├── SpecError       a key, name, type or expression of a spec
│   ├── ShapeError      tensors that do not fit
│   ├── ScaleError      a multiplier or resolution that cannot be applied
│   └── LimitError      a budget of time, memory or size
└── IncompleteError     a complete count was asked for: exit 3
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from flopcalc.record import Record

if TYPE_CHECKING:
    from collections.abc import Iterable


class Where(Record):
    """A place in a file: name, line and column from 1 (0: unknown), and that line's text."""

    file: str
    line: int = 0
    column: int = 0
    text: str = ""

    def __str__(self) -> str:
        return ":".join([self.file, *(str(n) for n in (self.line, self.column) if n)])


class FlopcalcError(Exception):
    """Everything flopcalc raises on purpose; `exit_code` is what the command line ends with."""

    exit_code = 2


class InputError(FlopcalcError):
    """Something the user can fix: `message`, `where`, a `hint`, and the `chain` of callers."""

    def __init__(
        self,
        message: str,
        *,
        where: Where | None = None,
        hint: str | None = None,
        chain: tuple[str, ...] = (),
    ) -> None:
        message = _cut(message)
        super().__init__(message)
        self.message = message
        self.where = where
        self.hint = hint and _cut(hint)
        self.chain = chain

    def __str__(self) -> str:
        head = f"{self.where}: error: " if self.where else "error: "
        lines = [head + self.message]
        if self.where and self.where.text:
            lines += _excerpt(self.where)
        lines += [f" {link}" for link in self.chain]
        if self.hint:
            lines.append(f" hint: {self.hint}")
        return "\n".join(lines)


class FileError(InputError):
    """A file that cannot be read or written."""


class YamlError(InputError):
    """A file that is not YAML, or uses more of YAML than the spec language does."""


class SpecError(InputError):
    """A key, name, type or expression that the spec language does not have."""


class ShapeError(InputError):
    """Tensors that do not fit an operation, or a map that vanishes."""


class ScaleError(InputError):
    """A multiplier, resolution or knob that cannot be applied to this model."""


class LimitError(InputError):
    """A file that asks for more than the limits of the spec language allow."""


class IncompleteError(FlopcalcError):
    """A count is partial where a complete one was asked for."""

    exit_code = 3


_WIDTH = 100
_MOST_NAMES = 60
_LONGEST = 200
_LONGEST_MESSAGE = 1500


def _cut(text: str) -> str:
    """A message without the whole of a very long word that it quotes."""
    if len(text) <= _LONGEST:
        return text
    parts = [p if len(p) <= _LONGEST else f"{p[:60]}…" for p in text.split("'")]
    text = "'".join(parts) if len(parts) > 1 else text
    return text if len(text) <= _LONGEST_MESSAGE else f"{text[:_LONGEST_MESSAGE]}…"


def _excerpt(where: Where) -> list[str]:
    """The source line and a caret below the column, both cut to a terminal's width."""
    start = max(0, where.column - 1 - _WIDTH // 2) if where.column > _WIDTH else 0
    text = where.text.replace("\t", " ")[start : start + _WIDTH]
    gutter = f" {where.line} | "
    lines = [gutter + text]
    if where.column:
        lines.append(" " * (len(gutter) + where.column - 1 - start) + "^")
    return lines


def near(word: str, known: Iterable[str]) -> str | None:
    """The name in `known` that `word` was most likely meant to be, if one is close."""
    import difflib  # here, since only a failing run pays for it

    names = {name.lower(): name for name in known}
    found = difflib.get_close_matches(word.lower()[:80], names, n=1, cutoff=0.6)
    return names[found[0]] if found else None


def did_you_mean(word: str, known: Iterable[str], *, otherwise: str | None = None) -> str | None:
    """A hint that names the nearest known word, or else the words there are."""
    known = list(known)
    found = near(word, known)
    if found:
        return f"did you mean '{found}'?"
    if otherwise is not None:
        return otherwise
    return f"one of: {some(sorted(known))}" if known else None


def some(names: list[str]) -> str:
    """Names in a row; of very many, the first."""
    shown = names[:_MOST_NAMES]
    more = f" and {len(names) - len(shown):,} more" if len(names) > len(shown) else ""
    return ", ".join(shown) + more
