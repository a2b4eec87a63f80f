"""JUnit XML, as CI servers read it: a suite for each model, a case for each limit."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from flopcalc.doc import Doc
    from flopcalc.renderers import View

# what XML 1.0 cannot have at all
_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def render(doc: Doc, view: View) -> str:  # noqa: ARG001 - every renderer takes a view
    """The data of a check as JUnit XML."""
    data = doc.data
    results: dict[str, list[dict[str, Any]]] = {model["name"]: [] for model in data["models"]}
    for result in data["results"]:
        results[result["model"]].append(result)
    suites = [_suite(m["name"], results[m["name"]], m.get("error")) for m in data["models"]]
    if data["errors"]:
        suites.append(_problems(data["errors"]))
    totals = [sum(numbers) for numbers in zip(*(s[1] for s in suites), strict=True)] or [0, 0, 0, 0]
    head = f'<testsuites name="flopcalc"{_counts(totals[:3])} time="0">'
    body = [line for lines, _ in suites for line in lines]
    return "\n".join(['<?xml version="1.0" encoding="UTF-8"?>', head, *body, "</testsuites>", ""])


def _suite(
    name: str, results: list[dict[str, Any]], error: dict[str, Any] | None
) -> tuple[list[str], list[int]]:
    counts = [len(results), 0, 0, 0]
    lines = []
    for result in results:
        lines += _case(name, result, counts)
    if error is not None:
        lines += _error(name, "readable", error)
        counts[0] += 1
        counts[2] += 1
    head = f'  <testsuite name="{_text(name)}"{_counts(counts[:3])} skipped="{counts[3]}" time="0">'
    return [head, *lines, "  </testsuite>"], counts


def _case(name: str, result: dict[str, Any], counts: list[int]) -> list[str]:
    of = result.get("variant") or result["scope"]
    title = f"{result['metric']} {of + ' ' if of else ''}{result['limit_text']}"
    head = f'    <testcase name="{_text(title)}" classname="{_text(name)}" time="0"'
    shown = _text(result["message"])
    outcome, severe = result["outcome"], result["severity"] == "error"
    place = f"{result['path']}:{result['line']}: " if "path" in result else ""
    body = f"{_text(place)}{shown}"
    if outcome == "violation" and severe:
        counts[1] += 1
        inner = f'<failure message="{shown}" type="limit">{body}</failure>'
    elif outcome == "incomplete" and severe:
        counts[2] += 1
        inner = f'<error message="{shown}" type="incomplete">{body}</error>'
    elif outcome == "pass":
        return [f"{head}/>"]
    else:
        inner = f"<system-out>{shown}</system-out>"
    return [f"{head}>", f"      {inner}", "    </testcase>"]


def _problems(errors: list[dict[str, Any]]) -> tuple[list[str], list[int]]:
    lines = [line for i, e in enumerate(errors, 1) for line in _error("budget", f"input {i}", e)]
    counts = [len(errors), 0, len(errors), 0]
    head = f'  <testsuite name="budget"{_counts(counts[:3])} skipped="0" time="0">'
    return [head, *lines, "  </testsuite>"], counts


def _error(classname: str, name: str, error: dict[str, Any]) -> list[str]:
    shown = _text(error["message"])
    hint = f" (hint: {_text(error['hint'])})" if error["hint"] else ""
    return [
        f'    <testcase name="{_text(name)}" classname="{_text(classname)}" time="0">',
        f'      <error message="{shown}" type="input">{shown}{hint}</error>',
        "    </testcase>",
    ]


def _counts(counts: list[int]) -> str:
    names = ("tests", "failures", "errors")
    return "".join(f' {name}="{n}"' for name, n in zip(names, counts, strict=True))


def _text(text: str) -> str:
    for letter, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ('"', "&quot;")):
        text = text.replace(letter, entity)
    return _FORBIDDEN.sub("�", text).replace("\n", "&#10;")
