"""What papers and libraries print of a network, beside what it exactly is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flopcalc.doc import Column, Doc, Later, Note, Table
from flopcalc.engine.convention import find_convention
from flopcalc.engine.quoted import COUNTS, FIGURES, VERDICTS, quotes
from flopcalc.errors import InputError
from flopcalc.reports.common import convention_text, scale_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from flopcalc.doc import Block, Cell
    from flopcalc.engine.quoted import Figure, Quote
    from flopcalc.graph import Model, Published
    from flopcalc.quantity import Quantity

SCHEMA = "flopcalc.published/1"
ACCURACIES = ("top1", "top5", "score")
_TITLES = {"mult_adds": "Mult-Adds", "params": "params"}


def published(models: Sequence[Model], convention: str) -> Doc:
    """Every figure that the specs of `models` quote, beside the exact one and judged.

    Rows that name no convention are counted under `convention`. Raises `InputError` where none of
    the models quotes any.
    """
    fallback = find_convention(convention)
    found = [
        quote
        for model in models
        for quote in quotes(model, getattr(model, "published", ()), fallback)
    ]
    if not found:
        names = ", ".join(model.path for model in models)
        hint = "'published:' in a spec quotes figures; mobilenet_v1 has some"
        raise InputError(f"nothing published is quoted in {names}", hint=hint)
    title = "Printed figures of " + ", ".join(dict.fromkeys(model.name for model in models))
    return Doc(
        title,
        tuple(_blocks(found)),
        Later(lambda: {"schema": SCHEMA, "rows": quotes_data(found)}),
        rows=_flat(found),
    )


def beside(
    doc: Doc, model: Model, found: Sequence[Published], convention: str, *, only: bool
) -> Doc:
    """An analysis with what is printed of its network; `only` for its tables to make way for it."""
    judged = quotes(model, found, find_convention(convention))
    kept = list(doc.blocks)
    if only:  # what is exact of the whole network, and what is wrong with it
        notes = [block for block in kept if isinstance(block, Note)]
        exactly = [note for note in notes if note.level == "plain"][:1]
        kept = [*exactly, *(note for note in notes if note.level == "warning")]
    every = len(getattr(model, "published", ()))
    if not judged:
        rest = f"; its file quotes {every} rows at other scales" if every else ""
        kept.append(Note(f"nothing published is quoted of this network at this scale{rest}"))
    data = doc.data
    return doc._replace(
        blocks=(*kept, *_blocks(judged)),
        data=Later(lambda: {**data, "published": quotes_data(judged)}),
        rows=_flat(judged),
    )


def _blocks(found: Sequence[Quote]) -> list[Block]:
    """A table for each source of each model, its footnotes, and how many figures come out."""
    tables: dict[tuple[object, ...], list[Quote]] = {}
    for quote in found:
        row, convention = quote.row, quote.convention
        key = id(quote.model), row.source, row.note, row.measure, convention.name, convention.params
        tables.setdefault(key, []).append(quote)
    blocks: list[Block] = []
    for members in tables.values():
        blocks.append(_table(members))
        blocks += [Note(text) for text in footnotes(members)]
    figures = [figure for quote in found for figure in quote.figures]
    if figures:
        blocks.append(Note(tally(figures)))
    if any(
        f.verdict == "differs" and not (f.reason or q.row.note) for q in found for f in q.figures
    ):
        text = "a 'note' beside a figure says why it differs, 'meant' what it is: without fc, say"
        blocks.append(Note(text, "hint"))
    return blocks


def tally(figures: Iterable[Figure]) -> str:
    """`34 of 50 printed figures are reproduced, 2 rounded otherwise, 14 explained`."""
    found = [figure.verdict for figure in figures]
    words = {v: v for v in VERDICTS} | ({"differs": "differ"} if found.count("differs") > 1 else {})
    rest = [f"{found.count(v)} {words[v]}" for v in VERDICTS[1:] if v in found]
    parts = [f"{found.count('reproduced')} of {len(found)} printed figures are reproduced", *rest]
    return ", ".join(parts)


def footnotes(members: Sequence[Quote]) -> list[str]:
    """The table's note, and what is to be said of single figures: `4866M: without fc it is …`."""
    found: dict[str, list[str]] = {}
    for quote in members:
        reasons = [(str(f.printed), f.reason) for f in quote.figures if f.reason]
        if not reasons and quote.row.remark:
            first = next(iter(quote.row.printed.values()))
            reasons = [(str(first), quote.row.remark)]
        for printed, reason in reasons:
            found.setdefault(reason, []).append(printed)
    lines = [f"{', '.join(dict.fromkeys(printed))}: {why}" for why, printed in found.items()]
    note = members[0].row.note
    return [*([note] if note else []), *lines]


def verdict_text(figure: Figure) -> str:
    """`reproduced`, or how it was judged and by how much it is off: `explained, -2.6 %`."""
    if figure.verdict in {"reproduced", "rounded otherwise"}:
        return figure.verdict
    off = figure.off
    return (
        f"{figure.verdict}, {off:+.0f} %" if abs(off) >= 99.5 else f"{figure.verdict}, {off:+.2g} %"
    )


def about(quote: Quote) -> str:
    """What a row is about within its network: a layer, a kind, or nothing."""
    return quote.row.layer or quote.row.kind


def _table(members: Sequence[Quote]) -> Table:
    first = members[0]
    part = any(about(quote) for quote in members)
    prints = {name for quote in members for name in quote.row.printed}
    shown = [name for name in FIGURES if name in prints or (name in COUNTS and not part)]
    columns = [Column("scale", "input")]
    columns += [Column("of", "of")] if part else []
    for name in shown:
        share = name.endswith("_share")
        title = (
            "share" if share else _TITLES[name] if name != "mult_adds" else first.convention.unit
        )
        columns += [Column(f"{name}_printed", "printed")] if name in prints else []
        columns.append(Column(name, title, "share" if share else "count"))
        columns += [Column(f"{name}_verdict", "")] if name in prints else []
    accuracies = [name for name in ACCURACIES if name in prints]
    titles = {"top1": "top-1", "top5": "top-5", "score": first.row.measure}
    columns += [Column(name, titles[name], "share") for name in accuracies]
    lines = []
    for quote in members:
        judged = {figure.metric: figure for figure in quote.figures}
        line: list[Cell] = [scale_text(quote.graph).removeprefix("input ")]
        line += [about(quote)] if part else []
        for name in shown:
            figure = judged.get(name)
            line += [str(figure.printed) if figure else ""] if name in prints else []
            line.append(_cell(quote, name))
            line += [verdict_text(figure) if figure else ""] if name in prints else []
        line += [_share(quote.row.printed.get(name)) for name in accuracies]
        lines.append(tuple(line))
    names = {quote.graph.name for quote in members}
    name = names.pop() if len(names) == 1 else first.model.name
    title = f"{name} by {first.row.source} ({convention_text(first.convention)})"
    return Table(tuple(columns), tuple(lines), title=title)


def _cell(quote: Quote, name: str) -> Cell:
    exact = quote.exact.get(name)
    if exact is None:
        return None
    if exact.whole is None:
        return exact.part
    from fractions import Fraction

    return Fraction(exact.part, exact.whole)


def _share(printed: Quantity | None) -> Cell:
    from fractions import Fraction

    return None if printed is None else Fraction(*printed.as_integer_ratio())


_FLAT = (
    *(Column("name", "network"), Column("source", "source"), Column("convention", "convention")),
    *(Column("scale", "scale"), Column("of", "of"), Column("metric", "metric")),
    *(Column("printed", "printed"), Column("exact", "exact"), Column("verdict", "verdict")),
    Column("reason", "reason"),
)


def _flat(found: Sequence[Quote]) -> Table:
    """A line for each printed figure: what CSV has."""
    lines: list[tuple[Cell, ...]] = []
    for quote in found:
        row = quote.row
        scale = scale_text(quote.graph).removeprefix("input ")
        head = (quote.graph.name, row.source, quote.convention.name, scale, about(quote))
        for f in quote.figures:
            top, bottom = f.exact.as_integer_ratio()
            exact: Cell = top if f.exact.whole is None else f"{top / bottom:.6f}"
            reason = f.reason or (row.note if f.verdict == "explained" else "")
            lines.append((*head, f.metric, str(f.printed), exact, f.verdict, reason))
        lines += [
            (*head, name, str(row.printed[name]), None, "", row.measure)
            for name in ACCURACIES
            if name in row.printed
        ]
    return Table(_FLAT, tuple(lines))


def quotes_data(found: Iterable[Quote]) -> list[dict[str, Any]]:
    """The rows as JSON has them."""
    return [_row(quote) for quote in found]


def _row(quote: Quote) -> dict[str, Any]:
    row = quote.row
    data: dict[str, Any] = {
        "name": quote.graph.name,
        "path": quote.model.path,
        "source": row.source,
        "convention": quote.convention.name,
        "params": list(quote.convention.params),
        "note": row.note,
        "scale": {
            key: value
            for key, value in row.scale._asdict().items()
            if value is not None and value != () and key != "batch"
        },
        **{key: text for key, text in _texts(row).items() if text},
        "exact": {name: quote.exact[name].part for name in COUNTS},
        "figures": {figure.metric: _figure(figure) for figure in quote.figures},
    }
    for key in ACCURACIES:
        if key in row.printed:
            top, bottom = row.printed[key].as_integer_ratio()
            data[key] = top / bottom
    return data


def _texts(row: Published) -> Mapping[str, str]:
    return {
        "layer": row.layer,
        "kind": row.kind,
        "meant": row.meant,
        "remark": row.remark,
        "measure": row.measure,
    }


def _figure(figure: Figure) -> dict[str, Any]:
    part, whole = figure.exact.part, figure.exact.whole
    return {
        "printed": str(figure.printed),
        "exact": part if whole is None else part / whole,
        **({} if whole is None else {"part": part, "whole": whole}),
        "agrees": figure.verdict == "reproduced",
        "verdict": figure.verdict,
        **({"reason": figure.reason} if figure.reason else {}),
    }
