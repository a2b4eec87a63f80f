"""JSON: a document's data, complete and exact, one line for each item of a list."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from flopcalc.doc import Doc
    from flopcalc.renderers import View

_LINE = 100
_MANY = 500  # items of a list from which json's C encoder, 1.5 ms to import, pays for itself
_ESCAPES = {code: f"\\u{code:04x}" for code in range(32)} | {
    ord(plain): f"\\{short}" for plain, short in zip('"\\\b\t\n\f\r', '"\\btnfr', strict=True)
}
_WORDS = {True: "true", False: "false", None: "null"}


def render(doc: Doc, view: View) -> str:  # noqa: ARG001 - every renderer takes a view; JSON is exact
    """`doc.data` as JSON.

    A layer is one line: `json.dumps(…, indent=2)` would leave json's C encoder aside and take
    five times as long.
    """
    return _write(doc.data, "") + "\n"


def encode(value: object) -> str:
    """What `json.dumps(value, ensure_ascii=False, allow_nan=False)` says, keys being strings."""
    if isinstance(value, str):
        plain = value.isprintable() and '"' not in value and "\\" not in value
        return f'"{value if plain else value.translate(_ESCAPES)}"'
    if value is None or value is True or value is False:
        return _WORDS[value]
    if isinstance(value, int):
        return int.__repr__(value)
    if isinstance(value, (list, tuple)):
        return f"[{', '.join([encode(item) for item in value])}]"
    if isinstance(value, (dict, Mapping)):  # a dict is seen at once
        return f"{{{', '.join([f'{encode(k)}: {encode(v)}' for k, v in value.items()])}}}"
    assert isinstance(value, float), value
    if value - value != 0:
        raise ValueError(f"{value} is not JSON compliant")
    return float.__repr__(value)


def _encoder(items: int) -> Callable[[object], str]:
    if items < _MANY:
        return encode
    import json  # here, since most reports are short

    # `default=dict` turns read-only mappings into dicts; NaN would not be JSON
    return json.JSONEncoder(ensure_ascii=False, allow_nan=False, default=dict).encode


def _write(value: object, indent: str) -> str:
    deeper = indent + "  "
    if isinstance(value, Mapping):
        return _mapping(value, indent)
    if isinstance(value, (list, tuple)):
        items = list(map(_encoder(len(value)), value))
        if sum(map(len, items)) + 2 * len(items) > _LINE:
            return f"[\n{deeper}" + f",\n{deeper}".join(items) + f"\n{indent}]"
    return encode(value)


def _mapping(value: Mapping[Any, Any], indent: str) -> str:
    if indent:
        line = encode(value)
        if len(line) <= _LINE:
            return line
    elif not value:
        return "{}"
    deeper = indent + "  "
    entries = (f"{encode(str(key))}: {_write(v, deeper)}" for key, v in value.items())
    return f"{{\n{deeper}" + f",\n{deeper}".join(entries) + f"\n{indent}}}"
