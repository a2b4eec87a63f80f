"""The JSON Schema of what `flopcalc check` prints, tested against real output."""

from __future__ import annotations

from typing import Any

from flopcalc.budget import METRICS, PEAK, SHARES
from flopcalc.reports.check import SCHEMA

_INT: dict[str, Any] = {"type": "integer"}
_TEXT: dict[str, Any] = {"type": "string"}
_NUMBER: dict[str, Any] = {"type": ["number", "null"]}
_PLACE: dict[str, Any] = {
    "path": _TEXT,
    "line": {"type": "integer", "minimum": 1},
    "column": {"type": "integer", "minimum": 1},
    "node": _TEXT,
}


def check_schema() -> dict[str, Any]:
    """The schema of `flopcalc.check/1`, draft 2020-12."""
    body = {
        "schema": {"const": SCHEMA},
        "outcome": {"enum": ["pass", "violation", "incomplete", "error"]},
        "against": {"type": ["string", "null"]},
        "config": {"type": ["string", "null"]},
        "results": _list(_result()),
        "models": _list(_model()),
        "errors": _list(_error()),
        "warnings": _list(_TEXT),
    }
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": SCHEMA}
    return {**head, **_object(body)}


def _result() -> dict[str, Any]:
    properties = {
        "model": _TEXT,
        "metric": {"enum": [*METRICS, *SHARES]},
        "scope": {"type": ["string", "null"]},
        "of": {"enum": ["model", "layer", "kind", "block"]},
        "limit": _NUMBER,
        "limit_text": _TEXT,
        "origin": _TEXT,
        "actual": _NUMBER,
        "margin": _NUMBER,
        "severity": {"enum": ["error", "warn"]},
        "outcome": {"enum": ["pass", "near", "violation", "incomplete"]},
        "message": _TEXT,
        "variant": _TEXT,
        "lower_bound": {"const": True},
        "baseline": _INT,
        **_PLACE,
    }
    return _object(properties, ("variant", "lower_bound", "baseline", *_PLACE))


def _model() -> dict[str, Any]:
    totals = _object(dict.fromkeys(METRICS, _INT), ("weight_bytes", PEAK))
    change = _object({"layer": _TEXT, "mult_adds": _INT, "params": _INT})
    properties = {
        "name": _TEXT,
        "path": _TEXT,
        "state": {"enum": ["none", "locked", "unlocked", "stale"]},
        "error": _error(),
        "warnings": _list(_TEXT),
        "status": {"enum": ["complete", "partial"]},
        "totals": totals,
        "since": _TEXT,
        "baseline": totals,
        "changes": _list(change),
    }
    optional = ("error", "warnings", "status", "totals", "since", "baseline", "changes")
    return _object(properties, optional)


def _error() -> dict[str, Any]:
    nullable = {"type": ["string", "null"]}
    properties = {"model": nullable, "message": _TEXT, "hint": nullable, **_PLACE}
    return _object(properties, tuple(_PLACE))


def _object(properties: dict[str, Any], optional: tuple[str, ...] = ()) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": [key for key in properties if key not in optional],
        "additionalProperties": False,
    }


def _list(items: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": items}
