"""What a paper or library prints of a network: the `published` tables of a spec, read strictly."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flopcalc.errors import InputError, SpecError, did_you_mean
from flopcalc.graph import Published, Scale
from flopcalc.knobs import parse_knobs
from flopcalc.quantity import parse_quantity
from flopcalc.spec.scaling import check_multiplier
from flopcalc.spec.written import Constant, read_value
from flopcalc.yaml_tree import Entries, Items, Scalar

if TYPE_CHECKING:
    from collections.abc import Iterable

    from flopcalc.quantity import Quantity
    from flopcalc.yaml_tree import Node, Source

KEYS = ("source", "convention", "params", "measure", "meant", "note", "cols", "rows")
KNOBS = ("alpha", "rho", "res", "depth", "len", "variant")
PART = ("layer", "kind")
TEXTS = (*PART, "meant", "note")
COUNTS = ("mult_adds", "params")
SHARES = ("mult_adds_share", "params_share", "top1", "top5", "score")
PRINTED = {**dict.fromkeys(COUNTS, "count"), **dict.fromkeys(SHARES, "share")}
COLUMNS = (*KNOBS, *TEXTS, *PRINTED)
PARAMS = {  # what a table counts as parameters, where its convention does not say
    "weights": ("weight",),
    "trainable": ("weight", "bias", "norm"),
    "stored": ("weight", "bias", "norm", "buffer"),
}
UNKNOWN = "unknown"
MEANT = "without LAYER, under CONVENTION, at alpha=0.75,res=160, or unknown"
_EXAMPLES = {"mult_adds": "569M", "params": "4.2M", **dict.fromkeys(SHARES, "70.6%")}


def read_published(
    source: Source, node: Node, variants: Iterable[str] = ()
) -> tuple[Published, ...]:
    """A row for each scale that the tables of `published` print; raises `SpecError`.

    `variants` are those of the file, the only ones that a row may name.
    """
    if not isinstance(node, Items):
        raise _error(source, node, "'published' is a list of tables", "- {source: …, cols: …}")
    known = tuple(variants)
    return tuple(row for table in node.items for row in _table(source, table, known))


def _table(source: Source, node: Node, known: tuple[str, ...]) -> list[Published]:
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
    texts = {k: _text(source, node, k) for k in KEYS if k not in {"cols", "rows"}}
    if texts["params"] and texts["params"] not in PARAMS:
        message = f"'params' is not '{texts['params']}'"
        near = did_you_mean(texts["params"], PARAMS)
        raise _error(source, node.entries["params"][1], message, near)
    if texts["meant"]:
        _meant(source, node.entries["meant"][1], known)
    columns = _columns(source, node.entries["cols"][1])
    if "score" in columns and not texts["measure"]:
        raise _error(source, node, "'score' needs a 'measure'", "measure: COCO mAP")
    rows = node.entries["rows"][1]
    if not isinstance(rows, Items) or not rows.items:
        raise _error(source, rows, "'rows' is a list of rows", "rows: [[1, 569M]]")
    return [_row(source, row, columns, texts, known) for row in rows.items]


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


def _row(
    source: Source,
    node: Node,
    columns: list[str],
    texts: dict[str, str],
    known: tuple[str, ...],
) -> Published:
    items = node.items if isinstance(node, Items) else []
    if len(items) != len(columns):
        message = f"a row of {len(items)} values under {len(columns)} columns"
        raise _error(source, node, message, f"[{', '.join(columns)}]")
    knobs: dict[str, object] = {}
    printed: dict[str, Quantity] = {}
    words: dict[str, str] = {}
    for name, item in zip(columns, items, strict=True):
        if not isinstance(item, Scalar):
            hint = "quote a text with ':' or ','" if name in TEXTS else None
            hint = hint or _EXAMPLES.get(name, "a number")
            raise _error(source, item, f"'{name}' is one value", hint)
        if item.plain and item.value in {"null", "~", ""}:
            continue  # the source does not print it
        if name in PRINTED:
            printed[name] = _quantity(source, item, name)
        elif name in TEXTS:
            words[name] = _meant(source, item, known) if name == "meant" else item.value
        elif name == "variant":
            knobs[name] = _variant(source, item, item.value, known)
        else:
            knobs["length" if name == "len" else name] = _knob(source, item, name)
    if "rho" in knobs and "res" in knobs:
        raise _error(source, node, "'rho' and 'res' both set the resolution", "give one of them")
    if "layer" in words and "kind" in words:
        raise _error(source, node, "a row is about a layer or about a kind", "give one of them")
    scale = Scale(**knobs)  # type: ignore[arg-type]  # each of its field's type
    return Published(
        texts["source"],
        texts["convention"],
        texts["note"],
        scale,
        printed,
        remark=words.get("note", ""),
        layer=words.get("layer", ""),
        kind=words.get("kind", ""),
        meant=words.get("meant", texts["meant"]),
        counted=PARAMS.get(texts["params"], ()),
        measure=texts["measure"],
        where=source.where(node),
    )


def _variant(source: Source, item: Node, name: str, known: tuple[str, ...]) -> str:
    if name not in known:
        otherwise = "the file declares no variants"
        hint = did_you_mean(name, known, otherwise=None if known else otherwise)
        raise _error(source, item, f"unknown variant '{name}' in 'published'", hint)
    return name


def _meant(source: Source, item: Node, known: tuple[str, ...]) -> str:
    """What a printed figure turns out to be: `without fc; under flops`, `at alpha=0.75`."""
    assert isinstance(item, Scalar)
    for way in item.value.split(";"):
        if way.strip() == UNKNOWN:
            continue
        how, _, what = way.strip().partition(" ")
        if how not in {"without", "under", "at"} or not what.strip():
            raise _error(source, item, f"'{way.strip()}' does not say what is meant", MEANT)
        if how == "at":
            try:
                variant = parse_knobs(what).variant
            except InputError as error:
                error.where = source.where(item)
                raise
            if variant is not None:
                _variant(source, item, variant, known)
    return item.value


def _knob(source: Source, item: Scalar, name: str) -> object:
    if name == "len":
        if not item.value.isdecimal() or len(item.value) > 9 or not int(item.value):
            raise _error(source, item, "'len' is a positive integer", "for example 128")
        return int(item.value)
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
