"""The JSON Schema of a budget file, for editors."""

from __future__ import annotations

from typing import Any

from flopcalc.budget import METRICS, SHARES
from flopcalc.config.limits import PART_METRICS

_COUNT = r"^(\+\s?[0-9]+(\.[0-9]+)? ?[kMGTP%]?|[0-9]+(\.[0-9]+)? ?[kMGTP]?|off)$"
_SIZE = r"[0-9]+(\.[0-9]+)? ?([kMGT]?B|[KMGT]iB)"
_BYTES = rf"^(\+\s?({_SIZE}|0|[0-9]+(\.[0-9]+)? ?%)|{_SIZE}|off)$"
_SHARE = r"^([0-9]+(\.[0-9]+)? ?%|off)$"
_NEAR = {"type": "string", "pattern": _SHARE}
_SEVERITY = {"enum": ["error", "warn", "off"]}
_INTEGER = {"type": "integer", "minimum": 1}
_NUMBER = {"type": "number", "exclusiveMinimum": 0}
_VALUE = {"type": ["string", "number", "boolean"]}


def config_schema() -> dict[str, Any]:
    """The schema of `flopcalc.yaml`, draft 2020-12."""
    properties: dict[str, Any] = {
        "version": {"const": 1},
        "models": {"type": "array", "minItems": 1, "items": {"anyOf": [_text(), _entry()]}},
        "limits": {"$ref": "#/$defs/limits"},
        "severity": _SEVERITY,
        "near": _NEAR,
        "on_incomplete": {"enum": ["fail", "warn"]},
        "lock": _text(),
        "lock_layers": {"enum": ["on", "off"]},
        "accept_up_to": {"type": "string", "pattern": r"^[0-9]+(\.[0-9]+)? ?%$"},
        "dtype": _text(),
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "flopcalc.config/1",
        **_object(properties, ["models"]),
        "$defs": {
            "limits": _limits(),
            "part": _object({m: _limit(m) for m in PART_METRICS}),
        },
    }


def _text() -> dict[str, Any]:
    return {"type": "string", "minLength": 1}


def _object(properties: dict[str, Any], required: list[str] | None = None) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": required or [],
        "additionalProperties": False,
    }


def _entry() -> dict[str, Any]:
    sizes = {"type": ["integer", "string"], "pattern": "^[0-9]+(x[0-9]+)*$"}
    properties: dict[str, Any] = {
        "model": _text(),
        "name": _text(),
        "limits": {"$ref": "#/$defs/limits"},
        "dtype": _text(),
        "variant": _text(),
        "variants": {"anyOf": [{"const": "all"}, {"type": "array", "items": _text()}]},
        "alpha": _NUMBER,
        "rho": _NUMBER,
        "depth": _NUMBER,
        "res": sizes,
        "len": _INTEGER,
        "batch": _INTEGER,
        "set": {"type": "object", "additionalProperties": _VALUE},
        "swap": {"type": "object", "additionalProperties": _text()},
        "dim": {"type": "object", "additionalProperties": _INTEGER},
        "input": {"type": "object", "additionalProperties": sizes},
        "trip": {"type": "object", "additionalProperties": _INTEGER},
    }
    return _object(properties, ["model"])


def _limits() -> dict[str, Any]:
    parts = {"type": "object", "additionalProperties": {"$ref": "#/$defs/part"}}
    whole = {metric: _limit(metric) for metric in METRICS}
    return _object({**whole, "layers": parts, "kinds": parts, "blocks": parts})


def _limit(metric: str) -> dict[str, Any]:
    share = metric in SHARES
    kind = "share" if share else METRICS[metric]
    pattern = {"count": _COUNT, "bytes": _BYTES, "share": _SHARE}[kind]
    bound: dict[str, Any] = {"type": "string", "pattern": pattern}
    if kind == "bytes":  # +0 is a number for whoever reads YAML by its own rules
        bound = {"anyOf": [bound, {"const": 0}]}
    if kind == "count":
        bound = {"anyOf": [bound, {"type": "integer", "minimum": 0}]}
    spelled: dict[str, Any] = {"max": bound, "severity": _SEVERITY, "near": _NEAR}
    if not share:
        spelled["growth"] = {"type": ["string", "integer"]}
    one = {"anyOf": [bound, _object(spelled)]}
    return {"anyOf": [one, {"type": "array", "items": one, "minItems": 1}]}
