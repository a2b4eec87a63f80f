"""The JSON Schemas of what flopcalc prints, draft 2020-12; each is tested against real output."""

from __future__ import annotations

from typing import Any

from flopcalc.doc import Doc
from flopcalc.errors import InputError, did_you_mean

_INT: dict[str, Any] = {"type": "integer", "minimum": 0}
_TEXT: dict[str, Any] = {"type": "string"}
_STATUS: dict[str, Any] = {"enum": ["complete", "partial"]}
_SHAPES: dict[str, Any] = {"type": "array", "items": {"type": "array", "items": _INT}}


def _object(properties: dict[str, Any], optional: tuple[str, ...] = ()) -> dict[str, Any]:
    required = [key for key in properties if key not in optional]
    return {
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": False,
    }


def _list(items: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": items}


def _map(values: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "additionalProperties": values}


_SCALE = _object(
    {
        "alpha": {"type": "number", "exclusiveMinimum": 0},
        "rho": {"type": "number", "exclusiveMinimum": 0},
        "res": _list(_INT),
        "depth": {"type": "number", "exclusiveMinimum": 0},
        "batch": {"type": "integer", "minimum": 1},
        "variant": {"type": ["string", "null"]},
        "set": _map(_TEXT),
        "swap": _map(_TEXT),
    }
)
_TOTALS = _object(
    {
        "mult_adds": _INT,
        "params": _INT,
        "params_by_kind": _object(dict.fromkeys(("weight", "bias", "norm", "buffer"), _INT)),
        "counts": _object(dict.fromkeys(("mac", "add", "mul", "div", "cmp", "exp"), _INT)),
    }
)
_PROJECTED = _object(
    {
        "convention": _TEXT,
        "unit": _TEXT,
        "operations": _INT,
        "params": _INT,
        "status": _STATUS,
    }
)
_LAYER = _object(
    {
        "name": _TEXT,
        "op": _TEXT,
        "kind": _TEXT,
        "axes": _TEXT,
        "in": _SHAPES,
        "out": _SHAPES,
        "mult_adds": _INT,
        "params": _INT,
        "status": _STATUS,
        "formula": _TEXT,
        "where": _TEXT,
        "projected": _object({"operations": {"type": ["integer", "null"]}, "params": _INT}),
    },
    ("mult_adds", "status", "formula", "where", "projected"),
)
_UNCOUNTED = _object({"name": _TEXT, "op": _TEXT, "counts": _list(_TEXT), "reason": _TEXT})
_PAIR = _object(
    {"mult_adds": {"type": "number"}, "params": {"type": "number"}}, ("mult_adds", "params")
)
_COMPARED = _object(
    {
        "name": _TEXT,
        "status": _STATUS,
        "scale": _SCALE,
        "totals": _TOTALS,
        "ratio": _PAIR,
        "reduction": _PAIR,
    },
    ("ratio", "reduction"),
)
_SIDE = _object(
    {
        "layers": _list(_TEXT),
        "params": _INT,
        "mult_adds": _INT,
        "status": _STATUS,
        "ratio": {"type": "number"},
        "reduction": {"type": "number"},
    },
    ("mult_adds", "status", "ratio", "reduction"),
)
_ROW = _object(
    {
        "scope": _TEXT,
        "match": {"enum": ["name", "shape", "order", "none"]},
        "saving": {"type": "number"},
        "models": _list({"anyOf": [_SIDE, {"type": "null"}]}),
    },
    ("saving",),
)


def _titled(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": name,
        **schema,
    }


def _analysis() -> dict[str, Any]:
    body = {
        "schema": {"const": "flopcalc.analysis/1"},
        "name": _TEXT,
        "path": _TEXT,
        "status": _STATUS,
        "scale": _SCALE,
        "totals": _TOTALS,
        "projected": _PROJECTED,
        "layers": _list(_LAYER),
        "uncounted": _list(_UNCOUNTED),
        "warnings": _list(_TEXT),
    }
    return _titled("flopcalc.analysis/1", _object(body))


def _comparison() -> dict[str, Any]:
    body = {
        "schema": {"const": "flopcalc.comparison/1"},
        "different": {"type": "boolean"},
        "models": _list(_COMPARED),
        "rows": _list(_ROW),
    }
    return _titled("flopcalc.comparison/1", _object(body))


def _spec() -> dict[str, Any]:
    from flopcalc.spec.schema import spec_schema

    return spec_schema()


SCHEMAS = {"analysis": _analysis, "comparison": _comparison, "spec": _spec}


def schema(name: str) -> Doc:
    """The JSON Schema called `name`; raises `InputError` where there is none."""
    if name not in SCHEMAS:
        raise InputError(f"no schema '{name}'", hint=did_you_mean(name, SCHEMAS))
    found = SCHEMAS[name]()
    return Doc(f"JSON Schema of {found['title']}", (), found)
