"""What the formats for reviewers share: the findings of a check, worst first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flopcalc.record import Record

if TYPE_CHECKING:
    from flopcalc.doc import Doc

BUDGETS = "flopcalc.yaml"  # where a format wants a file, and there is none
_LEVELS = {"violation": "error", "incomplete": "error", "near": "warning", "pass": "note"}


class Finding(Record):
    """Something a reviewer should see: an error, a warning or a notice, and where.

    `path` is seen from the root of the repository: the budget file where nothing else is meant,
    empty where there is none. `rule` names what was broken, `identity` stays the same as long as
    the finding does; `node` is that of an exported graph.
    """

    level: str
    rule: str
    model: str
    message: str
    path: str = ""
    line: int = 1
    column: int = 1
    identity: str = ""
    node: str = ""


def findings(doc: Doc) -> list[Finding]:
    """Everything in a check's data that is no pass; errors first, then warnings."""
    data = doc.data
    found = [_problem(error) for error in data["errors"]]
    found += [_problem(model["error"]) for model in data["models"] if "error" in model]
    found += [_finding(result) for result in data["results"] if result["outcome"] != "pass"]
    for model in data["models"]:
        for text in model.get("warnings", ()):
            identity = f"note {model['name']} {text}"
            found.append(Finding("warning", "baseline", model["name"], text, identity=identity))
    found += [Finding("warning", "baseline", "", text, identity=text) for text in data["warnings"]]
    file = data["config"] or ""
    found = [f if f.path else f._replace(path=file) for f in found]
    return sorted(found, key=lambda f: ("error", "warning", "note").index(f.level))


def identity_of(result: dict[str, Any]) -> str:
    """What names a limit of a model, whatever the numbers."""
    parts = (result["model"], result.get("variant"), result["metric"], result["of"])
    return " ".join(str(p) for p in (*parts, result["scope"], result["limit_text"]) if p)


def _finding(result: dict[str, Any]) -> Finding:
    level = _LEVELS[result["outcome"]]
    if level == "error" and result["severity"] != "error":
        level = "warning"
    return Finding(
        level,
        result["metric"],
        result["model"],
        f"{result['model']}: {result['message']}",
        *_place(result),
        identity=identity_of(result),
        node=result.get("node", ""),
    )


def _problem(error: dict[str, Any]) -> Finding:
    message = error["message"] + (f" ({error['hint']})" if error["hint"] else "")
    model = error["model"] or ""
    text = f"{model}: {message}" if model and model not in message else message
    return Finding("error", "input", model, text, *_place(error), identity=f"input {text}")


def _place(data: dict[str, Any]) -> tuple[str, int, int]:
    return data.get("path", ""), data.get("line", 1), data.get("column", 1)
