"""The JSON Schemas of sweeps, fits and published figures."""

from __future__ import annotations

from typing import Any

from flopcalc.reports.schemas import scale_schema, titled

_INT: dict[str, Any] = {"type": "integer", "minimum": 0}
_NUMBER: dict[str, Any] = {"type": "number"}
_TEXT: dict[str, Any] = {"type": "string"}
_SHARE: dict[str, Any] = {"type": "number", "minimum": 0, "maximum": 1}
_RES: dict[str, Any] = {"type": "array", "items": _INT}


def _object(properties: dict[str, Any], optional: tuple[str, ...] = ()) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": [key for key in properties if key not in optional],
        "additionalProperties": False,
    }


def _list(items: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": items}


_POINT = _object(
    {
        "name": _TEXT,
        "alpha": _NUMBER,
        "res": _RES,
        "operations": _INT,
        "params": _INT,
        "top1": _SHARE,
        "top5": _SHARE,
    },
    ("top1", "top5"),
)
_GRID = {**_list(_list(_INT)), "description": "a list for each alpha, a number for each res"}
_PLANE = _object(
    {
        "name": _TEXT,
        "path": _TEXT,
        "variant": {"type": ["string", "null"]},
        "depth": _NUMBER,
        "set": {"type": "object", "additionalProperties": _TEXT},
        "swap": {"type": "object", "additionalProperties": _TEXT},
        "alpha": _list(_NUMBER),
        "alpha_ranges": _list(_list(_NUMBER)),
        "res": _list(_RES),
        "full": _object({"operations": _INT, "params": _INT}),
        "operations": _GRID,
        "params": _GRID,
        "standard": _GRID,
    },
    ("alpha_ranges", "operations", "params", "standard"),
)
_SIZE = {
    "alpha": _NUMBER,
    "alpha_range": _list(_NUMBER),
    "res": _RES,
    "operations": _INT,
    "params": _INT,
    "bytes": _INT,
    "weight_bytes": _INT,
    "exceeds": _list(_TEXT),
}
_FIGURE = _object(
    {
        "printed": _TEXT,
        "exact": {**_NUMBER, "description": "a count, or a share of one"},
        "part": _INT,
        "whole": _INT,
        "agrees": {"type": "boolean", "description": "reproduced, rounded half up"},
        "verdict": {"enum": ["reproduced", "explained", "rounded otherwise", "differs"]},
        "reason": _TEXT,
    },
    ("part", "whole", "reason"),
)
_FIGURES = ("mult_adds", "params", "mult_adds_share", "params_share")


def sweep_schema() -> dict[str, Any]:
    """Of `flopcalc sweep --json`."""
    body = {
        "schema": {"const": "flopcalc.sweep/1"},
        "convention": _TEXT,
        "unit": _TEXT,
        "continuous": {"type": "boolean"},
        "points": _INT,
        "planes": _list(_PLANE),
        "goals": _list(_TEXT),
        "front": _list(_POINT),
        "published": _list(_POINT),
    }
    return titled("flopcalc.sweep/1", _object(body))


def fit_schema() -> dict[str, Any]:
    """Of `flopcalc fit --json`."""
    found = {
        "name": _TEXT,
        "path": _TEXT,
        "scale": scale_schema(),
        "fits": _object(_SIZE),
        "next": {"anyOf": [_object(_SIZE), {"type": "null"}]},
    }
    quoted = {
        "name": _TEXT,
        "path": _TEXT,
        "source": _TEXT,
        "alpha": _NUMBER,
        "res": _RES,
        "operations": _INT,
        "params": _INT,
        "top1": _SHARE,
    }
    body = {
        "schema": {"const": "flopcalc.fit/1"},
        "convention": _TEXT,
        "unit": _TEXT,
        "limits": {"type": "object", "additionalProperties": _TEXT},
        "dtype": _TEXT,
        "everything_fits": {"type": "boolean"},
        "found": _list(_object(found)),
        "smallest": _list(_object({"name": _TEXT, "path": _TEXT, **_SIZE})),
        "published": _list(_object(quoted, ("top1",))),
    }
    return titled("flopcalc.fit/1", _object(body))


def quote_schema() -> dict[str, Any]:
    """Of a published row beside what is exact."""
    row = {
        "name": _TEXT,
        "path": _TEXT,
        "source": _TEXT,
        "convention": _TEXT,
        "params": _list(_TEXT),
        "note": _TEXT,
        "scale": {"type": "object"},
        "layer": _TEXT,
        "kind": _TEXT,
        "meant": _TEXT,
        "remark": _TEXT,
        "measure": _TEXT,
        "exact": _object({"mult_adds": _INT, "params": _INT}),
        "figures": _object(dict.fromkeys(_FIGURES, _FIGURE), _FIGURES),
        "top1": _SHARE,
        "top5": _SHARE,
        "score": _SHARE,
    }
    texts = ("layer", "kind", "meant", "remark", "measure")
    return _object(row, (*texts, "top1", "top5", "score"))


def published_schema() -> dict[str, Any]:
    """Of `flopcalc sweep --published --json`."""
    body = {"schema": {"const": "flopcalc.published/1"}, "rows": _list(quote_schema())}
    return titled("flopcalc.published/1", _object(body))
