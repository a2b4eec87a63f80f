"""GitHub's workflow commands: at most ten annotations of a kind, the rest rolled up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flopcalc.renderers.findings import Finding, findings

if TYPE_CHECKING:
    from flopcalc.doc import Doc
    from flopcalc.renderers import View

MOST = 10  # GitHub drops what is more, of each kind and step
_KINDS = {"error": "error", "warning": "warning", "note": "notice"}


def render(doc: Doc, view: View) -> str:  # noqa: ARG001 - every renderer takes a view
    """A line for each annotation; nothing where there is nothing to say."""
    kinds: dict[str, list[Finding]] = {}
    for finding in findings(doc):
        kinds.setdefault(_KINDS[finding.level], []).append(finding)
    lines = []
    for kind, found in kinds.items():
        kept = found if len(found) <= MOST else found[: MOST - 1]
        lines += [_line(kind, finding) for finding in kept]
        if len(kept) < len(found):
            rest = found[len(kept) :]
            models = sorted({f.model for f in rest if f.model})
            text = f"{len(rest)} more: {', '.join(models)}"[:1000]
            lines.append(f"::{kind} title=flopcalc::{_data(text)}")
    return "".join(f"{line}\n" for line in lines)


def _line(kind: str, finding: Finding) -> str:
    place = ""
    if finding.path:
        place = f"file={_property(finding.path)},line={finding.line},col={finding.column},"
    return f"::{kind} {place}title=flopcalc {finding.rule}::{_data(finding.message)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
