"""GitLab's code quality report: a list of findings with stable fingerprints."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

from flopcalc.renderers.findings import BUDGETS, findings

if TYPE_CHECKING:
    from flopcalc.doc import Doc
    from flopcalc.renderers import View

_SEVERITIES = {"error": "major", "warning": "minor", "note": "info"}


def render(doc: Doc, view: View) -> str:  # noqa: ARG001 - every renderer takes a view
    """The findings of a check; one without a file stands at the budget file's name."""
    items = [
        {
            "type": "issue",
            "check_name": f"flopcalc/{finding.rule}",
            "description": finding.message,
            "categories": ["Performance"],
            "severity": _SEVERITIES[finding.level],
            "fingerprint": hashlib.sha256(finding.identity.encode()).hexdigest(),
            "location": {
                "path": finding.path or BUDGETS,
                "lines": {"begin": finding.line},
            },
        }
        for finding in findings(doc)
    ]
    return json.dumps(items, ensure_ascii=False, indent=2) + "\n"
