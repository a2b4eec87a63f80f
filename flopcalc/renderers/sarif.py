"""SARIF 2.1.0, as code scanning reads it: a result for each finding, at its line."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from flopcalc.renderers.findings import BUDGETS, Finding, findings

if TYPE_CHECKING:
    from flopcalc.doc import Doc
    from flopcalc.renderers import View

SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)
RULES = {
    "mult_adds": ("MultAdds", "A model takes more multiply-accumulates than its budget."),
    "params": ("Parameters", "A model has more parameters than its budget."),
    "weight_bytes": ("WeightBytes", "A model's parameters take more bytes than its budget."),
    "peak_activation_bytes": (
        "PeakActivationBytes",
        "A model's live activations take more bytes than its budget.",
    ),
    "share": (
        "MultAddsShare",
        "A part takes more of its model's multiply-accumulates than allowed.",
    ),
    "params_share": ("ParametersShare", "A part has more of its model's parameters than allowed."),
    "input": ("Input", "A model, a limit or the lock file cannot be read."),
    "baseline": ("Baseline", "The lock file and the models differ."),
}


def render(doc: Doc, view: View) -> str:  # noqa: ARG001 - every renderer takes a view
    """The findings of a check as one SARIF run."""
    found = findings(doc)
    used = [rule for rule in RULES if any(f.rule == rule for f in found)]
    run = {
        "tool": {
            "driver": {
                "name": "flopcalc",
                "informationUri": "https://github.com/flopcalc/flopcalc",
                "rules": [_rule(rule) for rule in used],
            }
        },
        "columnKind": "unicodeCodePoints",
        "results": [_result(finding, used) for finding in found],
    }
    log = {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}
    return json.dumps(log, ensure_ascii=False, indent=2) + "\n"


def _rule(rule: str) -> dict[str, Any]:
    name, text = RULES[rule]
    return {"id": f"flopcalc/{rule}", "name": name, "shortDescription": {"text": text}}


def _result(finding: Finding, used: list[str]) -> dict[str, Any]:
    digest = hashlib.sha256(finding.identity.encode()).hexdigest()
    data: dict[str, Any] = {
        "ruleId": f"flopcalc/{finding.rule}",
        "ruleIndex": used.index(finding.rule),
        "level": finding.level,
        "message": {"text": finding.message},
        "partialFingerprints": {"flopcalcLimit/v1": digest},
    }
    path = finding.path or BUDGETS  # code scanning refuses a result without a place
    place: dict[str, Any] = {"artifactLocation": _artifact(path)}
    if not path.endswith(".onnx"):
        place["region"] = {"startLine": finding.line, "startColumn": finding.column}
    data["locations"] = [{"physicalLocation": place}]
    if finding.node:
        data["locations"][0]["logicalLocations"] = [{"fullyQualifiedName": finding.node}]
    return data


def _artifact(path: str) -> dict[str, Any]:
    if path.startswith(("/", "..")):
        return {"uri": quote(path)}
    return {"uri": quote(path), "uriBaseId": "%SRCROOT%"}
