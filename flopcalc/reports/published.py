"""What papers and libraries print of a network, beside what it exactly is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flopcalc.doc import Column, Doc, Note, Table
from flopcalc.engine.convention import DEFAULT, find_convention, project
from flopcalc.engine.count import count
from flopcalc.errors import InputError
from flopcalc.reports.common import convention_text, scale_text

if TYPE_CHECKING:
    from collections.abc import Sequence
    from fractions import Fraction

    from flopcalc.doc import Block, Cell
    from flopcalc.graph import Model, Published
    from flopcalc.quantity import Quantity

SCHEMA = "flopcalc.published/1"


def published(models: Sequence[Model], convention: str) -> Doc:
    """Every figure that the specs of `models` quote, and by how much it differs.

    Rows that name no convention are counted under `convention`. Raises `InputError` where none of
    the models quotes any.
    """
    fallback = find_convention(convention)
    blocks: list[Block] = []
    data: list[dict[str, Any]] = []
    for model in models:
        sources: dict[str, list[Published]] = {}
        for row in getattr(model, "published", ()):
            sources.setdefault(row.source, []).append(row)
        for source, rows in sources.items():
            chosen = find_convention(rows[0].convention) if rows[0].convention else fallback
            lines: list[tuple[Cell, ...]] = []
            for row in rows:
                graph = model.graph(row.scale)
                total = project(count(graph), chosen)
                exact = {"mult_adds": total.operations, "params": total.params}
                printed = row.printed
                lines.append(
                    (
                        _scale(scale_text(graph)),
                        *_pair(printed.get("mult_adds"), exact["mult_adds"]),
                        *_pair(printed.get("params"), exact["params"]),
                        _share(printed.get("top1")),
                    )
                )
                data.append(_row(model, row, exact, chosen.name))
            title = f"{model.name} by {source} ({convention_text(chosen)})"
            blocks.append(Table(_COLUMNS, tuple(lines), title=title))
            blocks += [Note(note) for note in dict.fromkeys(row.note for row in rows) if note]
    if not data:
        names = ", ".join(model.path for model in models)
        hint = "'published:' in a spec quotes figures; mobilenet_v1 has some"
        raise InputError(f"nothing published is quoted in {names}", hint=hint)
    wrong = sum(not cell["agrees"] for row in data for cell in row["figures"].values())
    figures = sum(len(row["figures"]) for row in data)
    blocks.append(
        Note(f"{figures - wrong} of {figures} printed figures are what is counted, rounded")
    )
    title = "Printed figures of " + ", ".join(dict.fromkeys(model.name for model in models))
    return Doc(title, tuple(blocks), {"schema": SCHEMA, "rows": data})


_COLUMNS = (
    Column("scale", "input"),
    Column("mult_adds_printed", "printed"),
    Column("mult_adds", "Mult-Adds", "count"),
    Column("mult_adds_verdict", ""),
    Column("params_printed", "printed"),
    Column("params", "params", "count"),
    Column("params_verdict", ""),
    Column("top1", "top-1", "share"),
)


def verdict(printed: Quantity, exact: int) -> str:
    """Nothing where the figure is the exact count rounded; `cut` where its digits were cut off."""
    if printed.matches(exact):
        return ""
    excess = exact * printed.denominator - printed.numerator
    if 0 <= excess < printed.step:
        return "cut"
    off = 100 * (printed.numerator / printed.denominator - exact) / exact
    return f"{off:+.2g} %"


def _pair(printed: Quantity | None, exact: int) -> tuple[Cell, ...]:
    if printed is None:
        return "", exact, ""
    return str(printed), exact, verdict(printed, exact)


def _share(printed: Quantity | None) -> Fraction | None:
    from fractions import Fraction

    return None if printed is None else Fraction(*printed.as_integer_ratio())


def _scale(text: str) -> str:
    return text.removeprefix("input ")


def _row(
    model: Model, row: Published, exact: dict[str, int], convention: str = DEFAULT.name
) -> dict[str, Any]:
    figures = {
        key: {
            "printed": str(row.printed[key]),
            "exact": exact[key],
            "agrees": row.printed[key].matches(exact[key]),
        }
        for key in ("mult_adds", "params")
        if key in row.printed
    }
    data: dict[str, Any] = {
        "name": model.name,
        "path": model.path,
        "source": row.source,
        "convention": convention,
        "note": row.note,
        "scale": {
            key: value
            for key, value in row.scale._asdict().items()
            if value is not None and value != () and key != "batch"
        },
        "figures": figures,
    }
    for key in ("top1", "top5"):
        if key in row.printed:
            top, bottom = row.printed[key].as_integer_ratio()
            data[key] = top / bottom
    return data
