"""What a paper or library prints of a network: the `published` tables of a spec, read strictly."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flopcalc.errors import InputError, SpecError, did_you_mean
from flopcalc.graph import Published, Scale
from flopcalc.quantity import parse_quantity
from flopcalc.spec.scaling import check_multiplier
from flopcalc.spec.written import Constant, read_value
from flopcalc.yaml_tree import Entries, Items, Scalar

if TYPE_CHECKING:
    from flopcalc.quantity import Quantity
    from flopcalc.yaml_tree import Node, Source

KEYS = ("source", "convention", "note", "cols", "rows")
KNOBS = ("alpha", "rho", "res", "depth", "variant")
PRINTED = {"mult_adds": "count", "params": "count", "top1": "share", "top5": "share"}
COLUMNS = (*KNOBS, *PRINTED)
_EXAMPLES = {"mult_adds": "569M", "params": "4.2M", "top1": "70.6%", "top5": "89.9%"}


def read_published(source: Source, node: Node) -> tuple[Published, ...]:
    """A row for each scale that the tables of `published` print; raises `SpecError`."""
    if not isinstance(node, Items):
        raise _error(source, node, "'published' is a list of tables", "- {source: …, cols: …}")
    return tuple(row for table in node.items for row in _table(source, table))


def _table(source: Source, node: Node) -> list[Published]:
    if not isinstance(node, Entries):
        hint = "- {source: …, cols: [alpha, mult_adds], rows: [[1, 569M]]}"
        raise _error(source, node, "a published table is a mapping", hint)
    for key, (at, _) in node.entries.items():
        if key not in KEYS:
            message = f"unknown key '{key}' in 'published'"
            raise _error(source, at, message, did_you_mean(key, KEYS))
    for key in ("source", "cols", "rows"):
        if key not in node.entries:
            hint = "source: Howard et al. 2017, table 6" if key == "source" else f"add '{key}'"
            raise _error(source, node, f"a published table has no '{key}'", hint)
    texts = {k: _text(source, node, k) for k in ("source", "convention", "note")}
    columns = _columns(source, node.entries["cols"][1])
    rows = node.entries["rows"][1]
    if not isinstance(rows, Items) or not rows.items:
        raise _error(source, rows, "'rows' is a list of rows", "rows: [[1, 569M]]")
    return [_row(source, row, columns, texts) for row in rows.items]


def _columns(source: Source, node: Node) -> list[str]:
    if not isinstance(node, Items) or not node.items:
        raise _error(source, node, "'cols' is a list of names", "cols: [alpha, res, mult_adds]")
    names: list[str] = []
    for item in node.items:
        name = item.value if isinstance(item, Scalar) else ""
        if name not in COLUMNS:
            hint = did_you_mean(name, COLUMNS)
            raise _error(source, item, f"no column '{name}' in 'published'", hint)
        if name in names:
            raise _error(source, item, f"column '{name}' is named twice", "keep one")
        names.append(name)
    if not any(name in PRINTED for name in names):
        hint = f"one of: {', '.join(PRINTED)}"
        raise _error(source, node, "a published table that prints nothing", hint)
    return names


def _row(source: Source, node: Node, columns: list[str], texts: dict[str, str]) -> Published:
    items = node.items if isinstance(node, Items) else []
    if len(items) != len(columns):
        message = f"a row of {len(items)} values under {len(columns)} columns"
        raise _error(source, node, message, f"[{', '.join(columns)}]")
    knobs: dict[str, object] = {}
    printed: dict[str, Quantity] = {}
    for name, item in zip(columns, items, strict=True):
        if not isinstance(item, Scalar):
            raise _error(source, item, f"'{name}' is one value", _EXAMPLES.get(name, "a number"))
        if item.plain and item.value in {"null", "~", ""}:
            continue  # the source does not print it
        if name in PRINTED:
            printed[name] = _quantity(source, item, name)
        else:
            knobs[name] = _knob(source, item, name)
    if "rho" in knobs and "res" in knobs:
        raise _error(source, node, "'rho' and 'res' both set the resolution", "give one of them")
    scale = Scale(**knobs)  # type: ignore[arg-type]  # each of its field's type
    return Published(texts["source"], texts["convention"], texts["note"], scale, printed)


def _knob(source: Source, item: Scalar, name: str) -> object:
    if name == "variant":
        return item.value
    if name == "res":
        from flopcalc.spec.grammar import read_sizes  # here, since grammar imports this

        sizes = read_sizes(source, item)
        if len(sizes) > 2:
            raise _error(source, item, "a resolution is 192 or 192x256", "height x width")
        return sizes[0], sizes[-1]
    written = read_value(source, item)
    value = written.value if isinstance(written, Constant) else None
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise _error(source, item, f"'{name}' is a number", f"{name}: 0.75")
    try:
        return check_multiplier(name, float(value))
    except InputError as error:
        error.where = source.where(item)
        raise


def _quantity(source: Source, item: Scalar, name: str) -> Quantity:
    try:
        quantity = parse_quantity(item.value)
    except InputError as error:
        error.where = source.where(item)
        raise
    if quantity.kind != PRINTED[name]:
        what = "a count" if PRINTED[name] == "count" else "a share in percent"
        message = f"'{name}' is {what}, not {quantity}"
        raise _error(source, item, message, f"for example {_EXAMPLES[name]}")
    return quantity


def _text(source: Source, node: Entries, key: str) -> str:
    if key not in node.entries:
        return ""
    value = node.entries[key][1]
    if not isinstance(value, Scalar):
        raise _error(source, value, f"'{key}' is text", "quote it if it holds ':' or ','")
    return value.value


def _error(source: Source, node: Node, message: str, hint: str | None) -> SpecError:
    return SpecError(message, where=source.where(node), hint=hint)
