"""JSON: a document's data, complete and exact, one line for each item of a list."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from flopcalc.doc import Doc
    from flopcalc.renderers import View

_LINE = 100


def render(doc: Doc, view: View) -> str:  # noqa: ARG001 - every renderer takes a view; JSON is exact
    """`doc.data` as JSON.

    A layer is one line: `json.dumps(…, indent=2)` would leave json's C encoder aside and take
    five times as long.
    """
    return _write(doc.data, "") + "\n"


# `default=dict` turns read-only mappings into dicts; NaN would not be JSON.
_encode = json.JSONEncoder(ensure_ascii=False, allow_nan=False, default=dict).encode


def _write(value: object, indent: str) -> str:
    deeper = indent + "  "
    if isinstance(value, Mapping):
        return _mapping(value, indent)
    if isinstance(value, (list, tuple)):
        items = list(map(_encode, value))
        if sum(map(len, items)) + 2 * len(items) > _LINE:
            return f"[\n{deeper}" + f",\n{deeper}".join(items) + f"\n{indent}]"
    return _encode(value)


def _mapping(value: Mapping[Any, Any], indent: str) -> str:
    if indent:
        line = _encode(value)
        if len(line) <= _LINE:
            return line
    elif not value:
        return "{}"
    deeper = indent + "  "
    entries = (f"{_encode(str(key))}: {_write(v, deeper)}" for key, v in value.items())
    return f"{{\n{deeper}" + f",\n{deeper}".join(entries) + f"\n{indent}}}"
