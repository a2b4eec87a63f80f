"""Changing limits in a budget file in place; comments and spacing stay."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flopcalc.budget import METRICS, Step
from flopcalc.errors import InputError
from flopcalc.output import write_file

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flopcalc.budget import Limit, Snapshot
    from flopcalc.config.budgets import Config


def tightened(config: Config, counts: Mapping[str, Snapshot]) -> list[Step]:
    """Write the maxima of whole models that are looser than any of their models lower.

    `counts` has the models by name; a limit whose models are not all counted stays. Returns what
    changed. Raises `InputError` where the file is TOML.
    """
    uses: dict[Limit, list[str]] = {}
    for entry in config.entries:
        for limit in config.limits_of(entry):
            if limit.how == "max" and limit.scope == "model" and limit.severity != "off":
                uses.setdefault(limit, []).append(entry.name)
    steps: list[Step] = []
    edits: list[tuple[Limit, str]] = []
    for limit, names in uses.items():
        found = [counts[name] for name in names if name in counts]
        if len(found) < len(names) or any(s.status == "partial" for s in found):
            continue
        most = max(value for s in found if (value := s.value(limit.metric)) is not None)
        top, bottom = limit.bound.as_integer_ratio()
        if most < top // bottom:
            text = f"{most}{'B' if METRICS[limit.metric] == 'bytes' else ''}"
            edits.append((limit, text))
            steps.append(Step(", ".join(names), limit.metric, top // bottom, most, "limit"))
    if edits:
        if config.path.endswith(".toml"):
            hint = "write the limits by hand, or keep them in a flopcalc.yaml"
            raise InputError(f"cannot change limits in '{config.path}'", hint=hint)
        _write(config, edits)
    return steps


def _write(config: Config, edits: list[tuple[Limit, str]]) -> None:
    lines = config.source.text.split("\n")
    for limit, text in sorted(edits, key=_place, reverse=True):  # from the end: columns stay
        assert limit.where is not None
        line, start = limit.where.line - 1, limit.where.column - 1
        written = lines[line]
        quote = written[start] if written[start] in "'\"" else ""
        end = written.index(quote, start + 1) + 1 if quote else _end(written, start)
        lines[line] = written[:start] + text + written[end:]
    write_file(config.path, "\n".join(lines))


def _place(edit: tuple[Limit, str]) -> tuple[int, int]:
    where = edit[0].where
    return (where.line, where.column) if where else (0, 0)


def _end(line: str, start: int) -> int:
    """The end of a plain scalar: a comma, a bracket, a comment or the end of the line."""
    end = start
    while end < len(line) and line[end] not in ",]}\r#":
        end += 1
    return start + len(line[start:end].rstrip())
