"""The JSON Schemas of what flopcalc prints, draft 2020-12; each is tested against real output."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flopcalc.doc import Doc
from flopcalc.errors import InputError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Callable

_INT: dict[str, Any] = {"type": "integer", "minimum": 0}
_TEXT: dict[str, Any] = {"type": "string"}
_COUNT: dict[str, Any] = {"type": ["integer", "null"], "minimum": 0}  # null: see symbolic
_SIZE: dict[str, Any] = {"anyOf": [_INT, {"type": "string"}]}  # a named size is an expression
_STATUS: dict[str, Any] = {"enum": ["complete", "partial"]}
_SHAPES: dict[str, Any] = {"type": "array", "items": {"type": "array", "items": _SIZE}}


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


_SYMBOLIC = _map(_TEXT)
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
        "mult_adds": _COUNT,
        "params": _INT,
        "params_by_kind": _object(dict.fromkeys(("weight", "bias", "norm", "buffer"), _INT)),
        "counts": _object(dict.fromkeys(("mac", "add", "mul", "div", "cmp", "exp"), _COUNT)),
        "symbolic": _SYMBOLIC,
    },
    ("symbolic",),
)
_MEMORY = _object(
    {
        "weight_bytes": _INT,
        "activation_bytes": _SIZE,
        "peak_activation_bytes": _INT,
        "peak_layer": {"type": "string"},
    },
    ("weight_bytes", "activation_bytes", "peak_activation_bytes", "peak_layer"),
)
_PROJECTED = _object(
    {
        "convention": _TEXT,
        "unit": _TEXT,
        "operations": _COUNT,
        "params": _INT,
        "status": _STATUS,
        "symbolic": _SYMBOLIC,
    },
    ("symbolic",),
)
_LAYER = _object(
    {
        "name": _TEXT,
        "op": _TEXT,
        "kind": _TEXT,
        "axes": _TEXT,
        "in": _SHAPES,
        "out": _SHAPES,
        "mult_adds": _COUNT,
        "params": _INT,
        "symbolic": _SYMBOLIC,
        "status": _STATUS,
        "formula": _TEXT,
        "where": _TEXT,
        "projected": _object(
            {"operations": _COUNT, "params": _INT, "symbolic": _SYMBOLIC}, ("symbolic",)
        ),
    },
    ("mult_adds", "symbolic", "status", "formula", "where", "projected"),
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
        "mult_adds": _COUNT,
        "symbolic": _SYMBOLIC,
        "status": _STATUS,
        "ratio": {"type": "number"},
        "reduction": {"type": "number"},
    },
    ("mult_adds", "symbolic", "status", "ratio", "reduction"),
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
    from flopcalc.reports.explore_schemas import quote_schema  # here: it imports this

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
        "notes": _list(_TEXT),
        "memory": _MEMORY,
        "published": _list(quote_schema()),
    }
    return _titled("flopcalc.analysis/1", _object(body, ("notes", "published", "memory")))


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


_READINGS = _object(
    {"formula": _TEXT, "numbers": _TEXT, "latex": _TEXT, "value": _COUNT, "symbolic": _TEXT},
    ("symbolic",),
)
_SYMBOL = _object({"meaning": _TEXT, "value": {"anyOf": [_SIZE, _list(_SIZE)]}})
_DERIVED = _object(
    {
        "name": _TEXT,
        "op": _TEXT,
        "kind": _TEXT,
        "title": _TEXT,
        "cite": _TEXT,
        "times": _SIZE,
        "counts": _map(_READINGS),
        "symbols": _map(_SYMBOL),
    }
)
_KIND = _object(
    {
        "kind": _TEXT,
        "layers": _INT,
        "formula": _TEXT,
        "mult_adds": {"type": ["integer", "string", "null"]},  # a string has names in it
        "params": _INT,
    }
)
_ENTRY = _object(
    {
        "name": _TEXT,
        "title": _TEXT,
        "family": _TEXT,
        "path": _TEXT,
        "input": _TEXT,
        "mult_adds": _INT,
        "params": _INT,
        "top1": {"type": "number", "minimum": 0, "maximum": 1},
        "source": {"type": "string", "description": "who prints the accuracy"},
    },
    ("top1", "source"),
)


def _explanation() -> dict[str, Any]:
    body = {
        "schema": {"const": "flopcalc.explanation/1"},
        "name": _TEXT,
        "path": _TEXT,
        "convention": _TEXT,
        "layers": _list({"anyOf": [_DERIVED, _KIND]}),
    }
    return _titled("flopcalc.explanation/1", _object(body))


def _models() -> dict[str, Any]:
    body = {"schema": {"const": "flopcalc.models/1"}, "models": _list(_ENTRY)}
    return _titled("flopcalc.models/1", _object(body))


def _config() -> dict[str, Any]:
    from flopcalc.config.schema import config_schema

    return config_schema()


def _check() -> dict[str, Any]:
    from flopcalc.reports.check_schema import check_schema

    return check_schema()


def scale_schema() -> dict[str, Any]:
    """The schema of a scale, for reports of other modules."""
    return _SCALE


titled = _titled


def _explored(name: str) -> Callable[[], dict[str, Any]]:
    """A schema of `explore_schemas`, imported when asked for."""

    def made() -> dict[str, Any]:
        from flopcalc.reports import explore_schemas

        found: dict[str, Any] = getattr(explore_schemas, f"{name}_schema")()
        return found

    return made


SCHEMAS = {
    "analysis": _analysis,
    "check": _check,
    "config": _config,
    "comparison": _comparison,
    "explanation": _explanation,
    "fit": _explored("fit"),
    "models": _models,
    "published": _explored("published"),
    "sweep": _explored("sweep"),
    "spec": _spec,
}


def schema(name: str) -> Doc:
    """The JSON Schema called `name`; raises `InputError` where there is none."""
    if name not in SCHEMAS:
        raise InputError(f"no schema '{name}'", hint=did_you_mean(name, SCHEMAS))
    found = SCHEMAS[name]()
    return Doc(f"JSON Schema of {found['title']}", (), found)
