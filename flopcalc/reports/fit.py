"""What fits a budget: the largest networks, the next ones as proof, and published ones."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any

from flopcalc.doc import Block, Column, Doc, Note, Table
from flopcalc.reports.common import convention_text, scale_data

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flopcalc.doc import Cell
    from flopcalc.engine.fit import Fitted, Found, Limits, Quoted, Search, Size

SCHEMA = "flopcalc.fit/1"
MOST_PUBLISHED = 5


def fit(fitted: Fitted, dtype: str) -> Doc:
    """The report; its exit code is 1 where nothing fits."""
    limits = fitted.limits
    unit = fitted.convention.unit
    budget = " and ".join(_limit_text(name, limit, unit) for name, limit in limits.most)
    by_bytes = any(name.endswith("bytes") for name, _ in limits.most)
    blocks: list[Block] = []
    if fitted.found:
        blocks.append(_table(fitted, by_bytes=by_bytes))
    blocks += _notes(fitted, unit)
    if fitted.published:
        blocks.append(_published(fitted, by_bytes=by_bytes))
    parts = [convention_text(fitted.convention)]
    if by_bytes:
        parts.append(
            f"{dtype}: {limits.width} {'byte' if limits.width == 1 else 'bytes'} a parameter"
        )
    title = f"What fits in {budget}"
    data = _data(fitted, dtype)
    return Doc(title, tuple(blocks), data, " · ".join(parts), 0 if fitted.found else 1)


def _limit_text(name: str, limit: object, unit: str) -> str:
    words = {
        "mult_adds": f" {unit}",
        "params": " parameters",
        "bytes": " of parameters",
        "weight_bytes": " of weights and buffers",
    }
    return f"{limit}{words[name]}"


def _table(fitted: Fitted, *, by_bytes: bool) -> Table:
    columns = [
        Column("model", "largest that fit"),
        Column("alpha", "α"),
        Column("res", "input"),
        Column("mult_adds", fitted.convention.unit, "count"),
        Column("params", "params", "count"),
        *([Column("bytes", "size", "bytes")] if by_bytes else []),
        Column("next", "the next"),
        Column("takes", "takes"),
    ]
    rows = []
    for found in fitted.found:
        size = found.fits
        row: list[Cell] = [
            _name(found.search, fitted),
            f"{size.alpha:g}",
            _side(size),
            size.operations,
            size.params,
        ]
        if by_bytes:
            row.append(fitted.limits.size_of(size.params, size.stored))
        rows.append((*row, *_next(found, fitted)))
    return Table(tuple(columns), tuple(rows))


def _name(search: Search, fitted: Fitted) -> str:
    """The model, and the other knobs that the search turned."""
    others = [f.search for f in fitted.found if f.search.path == search.path]
    parts = [search.name]
    parts += [f"{name} = {value}" for name, value in search.scale.settings.items()]
    if len({other.scale.depth for other in others}) > 1 or search.scale.depth != 1:
        parts.append(f"depth × {search.scale.depth:g}")
    return ", ".join(parts)


def _next(found: Found, fitted: Fitted) -> tuple[str, str]:
    after = found.next
    if after is None or found.next_search is None:
        return "", ""
    if found.next_search is not found.search:
        scale, own = found.next_search.scale, found.search.scale
        what = [f"{k} = {v}" for k, v in scale.settings.items() if own.settings.get(k) != v]
        what += [f"depth × {scale.depth:g}"] if scale.depth != own.depth else []
        shown = ", ".join(what)
    elif after.size != found.fits.size:
        shown = f"input {_side(after)}"
    else:
        shown = f"α {after.alpha:g}"
    takes = {
        "mult_adds": f"{after.operations:,} {fitted.convention.unit}",
        "params": f"{after.params:,} parameters",
        "bytes": f"{after.params * fitted.limits.width:,} bytes",
        "weight_bytes": f"{after.stored * fitted.limits.width:,} bytes",
    }
    return shown, takes[after.over[0]] if after.over else ""


def _notes(fitted: Fitted, unit: str) -> list[Block]:
    notes: list[Block] = []
    if fitted.all_fit:
        notes.append(Note("everything tried fits: the largest of each is shown", "warning"))
    here = {found.search.path for found in fitted.found}
    for search, size in fitted.smallest:
        if search.path not in here:
            where = f"α {size.alpha:g}" + (f" at {_side(size)}" if size.size else "")
            text = (
                f"no {search.name} fits: the smallest tried, {where}, takes "
                f"{size.operations:,} {unit} and {size.params:,} parameters"
            )
            notes.append(Note(text, "warning"))
    ranges = [f.fits for f in fitted.found if f.fits.low != f.fits.high]
    if ranges:
        size = ranges[0]
        text = (
            f"α {size.alpha:g} stands for every α from {size.low:.6g} to {size.high:.6g}: "
            "they round to the same channels"
        )
        notes.append(Note(text))
    return notes


def _published(fitted: Fitted, *, by_bytes: bool) -> Table:
    """The trained networks that fit, the most accurate first."""
    columns = (
        Column("model", "published and within the limits"),
        Column("alpha", "α"),
        Column("res", "input"),
        Column("top1", "top-1", "share"),
        Column("mult_adds", fitted.convention.unit, "count"),
        Column("params", "params", "count"),
        *([Column("bytes", "size", "bytes")] if by_bytes else []),
        Column("source", "source"),
    )
    rows = tuple(
        (
            quoted.name,
            f"{quoted.scale.alpha:g}",
            "×".join(map(str, quoted.scale.res)),
            _top1(quoted) or None,
            quoted.operations,
            quoted.params,
            *((fitted.limits.size_of(quoted.params, quoted.stored),) if by_bytes else ()),
            quoted.row.source,
        )
        for quoted in _best(fitted.published)[:MOST_PUBLISHED]
    )
    return Table(columns, rows)


def _best(published: Sequence[Quoted]) -> list[Quoted]:
    return sorted(published, key=lambda q: (-_top1(q), q.operations))


def _top1(quoted: Quoted) -> Fraction:
    printed = quoted.row.printed.get("top1")
    return Fraction(*printed.as_integer_ratio()) if printed else Fraction(0)


def _side(size: Size) -> str:
    return "×".join(map(str, size.size))


def _data(fitted: Fitted, dtype: str) -> dict[str, Any]:
    return {
        "schema": SCHEMA,
        "convention": fitted.convention.name,
        "unit": fitted.convention.unit,
        "limits": {name: str(limit) for name, limit in fitted.limits.most},
        "dtype": dtype,
        "everything_fits": fitted.all_fit,
        "found": [
            {
                "name": found.search.name,
                "path": found.search.path,
                "scale": scale_data(found.search.scale),
                "fits": _size_data(found.fits, fitted.limits),
                "next": None if found.next is None else _size_data(found.next, fitted.limits),
            }
            for found in fitted.found
        ],
        "smallest": [
            {"name": search.name, "path": search.path, **_size_data(size, fitted.limits)}
            for search, size in fitted.smallest
        ],
        "published": [
            {
                "name": quoted.name,
                "path": quoted.path,
                "source": quoted.row.source,
                "alpha": quoted.scale.alpha,
                "res": list(quoted.scale.res),
                "operations": quoted.operations,
                "params": quoted.params,
                **({"top1": float(_top1(quoted))} if "top1" in quoted.row.printed else {}),
            }
            for quoted in _best(fitted.published)
        ],
    }


def _size_data(size: Size, limits: Limits) -> dict[str, Any]:
    return {
        "alpha": size.alpha,
        "alpha_range": [size.low, size.high],
        "res": list(size.size),
        "operations": size.operations,
        "params": size.params,
        "bytes": size.params * limits.width,
        "weight_bytes": size.stored * limits.width,
        "exceeds": list(size.over),
    }
