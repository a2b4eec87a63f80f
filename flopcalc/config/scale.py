"""The scale of a model in the configuration: the options of the command line, as keys."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flopcalc.errors import SpecError
from flopcalc.graph import Scale
from flopcalc.yaml_tree import Entries, Scalar

if TYPE_CHECKING:
    from flopcalc.yaml_tree import Node, Source

_NUMBERS = {"alpha": "alpha", "rho": "rho", "depth": "depth"}
_INTEGERS = {"len": "length", "batch": "batch"}
_PAIRS = {"set": "settings", "swap": "swap"}
_SIZES = {"dim": "dims", "input": "inputs", "trip": "trips"}  # of exported graphs
SCALE_KEYS = ("variant", *_NUMBERS, "res", *_INTEGERS, *_PAIRS, *_SIZES)


def read_scale(source: Source, node: Entries) -> Scale:
    """The scale that a model's keys ask for; raises `SpecError` for what is no number."""
    values: dict[str, Any] = {}
    for key, (_, value) in node.entries.items():
        if key == "variant":
            values["variant"] = _word(source, value)
        elif key == "res":
            sizes = _sizes(source, value)
            if len(sizes) > 2:
                raise _error(source, value, "a resolution is 192 or 192x256")
            values["res"] = (sizes[0], sizes[-1])
        elif key in _NUMBERS:
            values[_NUMBERS[key]] = _number(source, value)
        elif key in _INTEGERS:
            values[_INTEGERS[key]] = _integer(source, value)
        elif key in _PAIRS:
            values[_PAIRS[key]] = _map(source, value, _word)
        elif key in _SIZES:
            reader = _sizes if key == "input" else _integer
            values[_SIZES[key]] = _map(source, value, reader)
    return Scale(**values)


def scale_name(node: Entries) -> str:
    """What tells a scaled model from others of its file: `@alpha=0.75,res=192`."""
    parts = []
    for key in (*SCALE_KEYS, "dtype"):
        if key not in node.entries:
            continue
        value = node.entries[key][1]
        if isinstance(value, Entries):
            parts += [f"{name}={_text(item)}" for name, (_, item) in value.entries.items()]
        else:
            parts.append(_text(value) if key == "variant" else f"{key}={_text(value)}")
    return f"@{','.join(parts)}" if parts else ""


def _text(node: Node) -> str:
    return node.value if isinstance(node, Scalar) else "?"


def _error(source: Source, node: Node, message: str) -> SpecError:
    return SpecError(message, where=source.where(node))


def _word(source: Source, node: Node) -> str:
    if isinstance(node, Scalar) and node.value:
        return node.value
    raise _error(source, node, "a word belongs here")


def _number(source: Source, node: Node) -> float:
    try:
        return float(_word(source, node))
    except ValueError:
        raise _error(source, node, f"'{_text(node)}' is not a number") from None


def _integer(source: Source, node: Node) -> int:
    text = _word(source, node)
    if text.isascii() and text.isdecimal() and len(text) < 10:
        return int(text)
    raise _error(source, node, f"'{text}' is not a positive integer")


def _sizes(source: Source, node: Node) -> tuple[int, ...]:
    parts = _word(source, node).split("x")
    if all(p.isascii() and p.isdecimal() and len(p) < 10 and int(p) > 0 for p in parts):
        return tuple(map(int, parts))
    raise _error(source, node, "sizes are positive integers joined by 'x'")


def _map(source: Source, node: Node, reader: Any) -> tuple[tuple[str, Any], ...]:  # noqa: ANN401 - a reader of values
    if not isinstance(node, Entries):
        raise _error(source, node, "a mapping belongs here")
    return tuple((key, reader(source, value)) for key, (_, value) in node.entries.items())
