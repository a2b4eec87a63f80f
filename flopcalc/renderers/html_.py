"""HTML: one file with all it needs, which asks no network for anything and runs no name.

What the reader can do (sort, filter, fold, look at a layer's formula, the share of each layer as
an icicle) is in `page.js`; it reads the numbers from the page and writes text, never markup.
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Mapping
from html import escape
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from flopcalc.doc import Derivation, Note, Table
from flopcalc.renderers.cells import clean
from flopcalc.renderers.grid import texts

if TYPE_CHECKING:
    from flopcalc.doc import Block, Cell, Doc
    from flopcalc.renderers import View

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:"


def render(doc: Doc, view: View) -> str:
    """The document as a page: landmarks, tables to sort and filter, and its picture."""
    title = _text(doc.title)
    parts = [
        "<!DOCTYPE html>",
        '<html lang="en">',
        '<head><meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{title}</title>",
        f"<style>{_asset('page.css')}</style></head>",
        "<body>",
        f"<header><h1>{title}</h1>" + (f"<p>{_text(doc.subtitle)}</p>" if doc.subtitle else ""),
        "</header><main>",
    ]
    layers = _layers(doc)
    parts += [*_totals(doc, view), _ICICLE] if layers else []
    for number, block in enumerate(doc.blocks):
        parts += _block(block, number, view)
    if doc.chart is not None and not layers:
        from flopcalc.renderers.svg import svg

        chart = doc.chart()
        if any(series.marks for series in chart.series):
            picture = b64encode(svg(chart).encode()).decode()
            alt = f"{_text(chart.title)}, {_text(chart.x)}"
            parts.append('<figure tabindex="0">')
            parts.append(f'<img src="data:image/svg+xml;base64,{picture}" alt="{alt}">')
            parts.append("</figure>")
    data = json.dumps(layers, ensure_ascii=False).replace("<", "\\u003c")
    parts += [
        "</main>",
        "<footer><p>flopcalc: exact counts, with the formula behind every number</p></footer>",
        f'<script type="application/json" id="layers">{data}</script>',
        f"<script>{_asset('page.js')}</script>",
        "</body></html>",
        "",
    ]
    return "\n".join(parts)


_ICICLE = """<section aria-labelledby="share"><h2 id="share">Share of the layers</h2>
<fieldset><legend>By</legend><label><input type="radio" name="by" value="mult_adds" checked>
Mult-Adds</label> <label><input type="radio" name="by" value="params"> parameters</label></fieldset>
<div id="icicle" role="group" aria-label="layers, as wide as their share"></div>
<ul id="kinds" aria-label="colours"></ul>
<div id="detail" role="status" aria-live="polite">Choose a layer to see its formula.</div>
</section>"""


def _totals(doc: Doc, view: View) -> list[str]:
    """What it comes to, before the layers: the reader need not scroll to the foot of the table."""
    for block in doc.blocks:
        if isinstance(block, Table) and block.totals:
            _, totals = texts(block, view.units)
            pairs = zip(block.columns, totals[-1], strict=True)
            counts = [(c, text) for c, text in pairs if c.kind in {"count", "bytes"} and text]
            words = " · ".join(f"{text.strip()} {column.title}" for column, text in counts)
            return [f'<p class="totals">{_text(words)}</p>'] if words else []
    return []


def _layers(doc: Doc) -> list[dict[str, Any]]:
    """Name, kind, counts and formula of the layers, where the document is about layers."""
    found = []
    for layer in doc.data.get("layers", ()):
        if not isinstance(layer, Mapping) or "name" not in layer:
            continue
        counts = {key: layer.get(key) for key in ("mult_adds", "params")}
        if all(value is None or isinstance(value, int) for value in counts.values()):
            words = {key: clean(str(layer.get(key, ""))) for key in ("name", "kind", "formula")}
            found.append({**words, **{key: value or 0 for key, value in counts.items()}})
    return found if any(layer["mult_adds"] or layer["params"] for layer in found) else []


def _block(block: Block, number: int, view: View) -> list[str]:
    if isinstance(block, Note):
        kind = f' class="{block.level}"' if block.level != "plain" else ""
        return [f"<p{kind}>{_text(block.text)}</p>"]
    if isinstance(block, Derivation):
        return _derivation(block)
    return _table(block, number, view)


def _table(table: Table, number: int, view: View) -> list[str]:
    rows, totals = texts(table, view.units)
    name = _text(table.title) or "the table"
    parts = [f'<section aria-label="{name}">']
    if table.title:
        parts.append(f"<h2>{_text(table.title)}</h2>")
    if len(rows) > 8:
        parts.append(f'<p class="tools"><label>Filter <input type="search" data-for="t{number}">')
        parts.append("</label>")
        if table.columns[0].key in {"name", "layer"}:
            parts.append(
                f'<label><input type="checkbox" data-fold="t{number}"> fold by block</label>'
            )
        parts.append("</p>")
    parts.append(f'<div class="scroll" tabindex="0" role="region" aria-label="{name}, scrolls">')
    parts.append(f'<table id="t{number}"><thead><tr>')
    for column in table.columns:
        side = "" if column.kind == "text" else ' class="n"'
        parts.append(
            f'<th scope="col" aria-sort="none"{side}><button>{_text(column.title)}</button></th>'
        )
    parts.append("</tr></thead><tbody>")
    parts += [_row(r, t, table) for r, t in zip(table.rows, rows, strict=True)]
    parts.append("</tbody>")
    if totals:
        parts.append("<tfoot>")
        parts += [_row(r, t, table) for r, t in zip(table.totals, totals, strict=True)]
        parts.append("</tfoot>")
    return [*parts, "</table></div></section>"]


def _row(raw: tuple[Cell, ...], shown: list[str], table: Table) -> str:
    cells = []
    for cell, text, column in zip(raw, shown, table.columns, strict=True):
        if column.kind == "text":
            cells.append(f"<td>{_text(text)}</td>")
        else:
            value = "" if cell is None or isinstance(cell, str) else f' data-v="{float(cell)!r}"'
            exact = f' title="{cell:,}"' if isinstance(cell, int) else ""
            cells.append(f'<td class="n"{value}{exact}>{_text(text)}</td>')
    return f"<tr>{''.join(cells)}</tr>"


def _derivation(block: Derivation) -> list[str]:
    parts = [f"<section><h2>{_text(block.title)}</h2><dl>"] if block.title else ["<section><dl>"]
    parts += [
        f"<dt>{_text(x.label)}</dt><dd><code>{_text(x.text)}</code></dd>" for x in block.lines
    ]
    parts.append("</dl>")
    if block.legend:
        parts.append("<dl>")
        for symbol, meaning, value in block.legend:
            known = f" = {value}" if value else ""
            parts.append(f"<dt>{_text(symbol + known)}</dt><dd>{_text(meaning)}</dd>")
        parts.append("</dl>")
    if block.note:
        parts.append(f"<p>{_text(block.note)}</p>")
    return [*parts, "</section>"]


def _asset(name: str) -> str:
    return files("flopcalc.renderers").joinpath(name).read_text(encoding="utf-8")


def _text(text: str) -> str:
    return escape(clean(text))
