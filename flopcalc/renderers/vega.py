"""Charts as Vega-Lite specifications, with their data inside."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from flopcalc.renderers.cells import clean

if TYPE_CHECKING:
    from flopcalc.chart import Chart

SCHEMA = "https://vega.github.io/schema/vega-lite/v5.json"
COLORS = ["#1f5a96", "#e8a33d", "#5f9e54", "#b3478f", "#8c8c8c", "#74c3d6"]


def vega(chart: Chart) -> str:
    """The specification as JSON text, ending in a newline."""
    return json.dumps(specification(chart), ensure_ascii=False, indent=1) + "\n"


def specification(chart: Chart) -> dict[str, Any]:
    """The specification of a chart, version 5 of Vega-Lite."""
    rows = [
        {
            "label": clean(mark.label),
            "series": clean(series.name),
            "x": mark.x,
            "y": mark.y,
            "front": mark.front,
            "group": clean(mark.group),
        }
        for series in chart.series
        for mark in series.marks
    ]
    title = {"text": clean(chart.title), "subtitle": clean(chart.subtitle), "anchor": "start"}
    spec: dict[str, Any] = {
        "$schema": SCHEMA,
        "title": title,
        "data": {"values": rows},
        "config": {
            "background": "white",
            "range": {"category": COLORS},
            "legend": {"labelLimit": 0},
        },
    }
    return {**spec, **(_bars(chart) if chart.kind == "bars" else _points(chart))}


def _bars(chart: Chart) -> dict[str, Any]:
    several = len(chart.series) > 1
    grouped = any(mark.group for series in chart.series for mark in series.marks)
    encoding: dict[str, Any] = {
        "y": {"field": "label", "type": "nominal", "title": None,
              "sort": [clean(label) for label in chart.labels] if chart.rows else None,
              "axis": {"labelLimit": 0}},
        "x": {"field": "x", "type": "quantitative", "title": clean(chart.x),
              "axis": {"format": "%" if chart.percent else "s"}},
        "tooltip": [{"field": "label"}, {"field": "x", "format": ".1%" if chart.percent else ","}],
    }  # fmt: skip
    if several:
        encoding["yOffset"] = {"field": "series", "sort": None}
    if several or grouped:
        field = "series" if several else "group"
        encoding["color"] = {"field": field, "type": "nominal", "sort": None, "title": None}
    if chart.groups:
        used = {mark.group for series in chart.series for mark in series.marks}
        pairs = [(g, c) for g, c in zip(chart.groups, COLORS, strict=False) if g in used]
        scale = {"domain": [g for g, _ in pairs], "range": [c for _, c in pairs]}
        encoding["color"]["scale"] = scale
    step = 18 if not several else {"for": "position", "step": 9 * len(chart.series) + 7}
    height = {"step": step} if not several else step
    if not chart.rule:
        return {"mark": "bar", "width": 520, "height": height, "encoding": encoding}
    line = {"mark": {"type": "rule", "color": "#444"}, "encoding": {"x": {"datum": chart.rule}}}
    bars = {"mark": "bar", "encoding": encoding}
    return {"width": 520, "height": height, "layer": [bars, line]}


def _points(chart: Chart) -> dict[str, Any]:
    x = {
        "field": "x",
        "type": "quantitative",
        "title": clean(chart.x),
        "axis": {"format": "s"},
        "scale": {"type": "log"} if chart.log else {"zero": False},
    }
    y = {
        "field": "y",
        "type": "quantitative",
        "title": clean(chart.y),
        "axis": {"format": "%" if chart.percent else "s"},
        "scale": {"zero": False},
    }
    color = {"field": "series", "type": "nominal", "title": None, "sort": None}
    tooltip = [{"field": key} for key in ("series", "label", "x", "y")]
    only_front = [{"filter": "datum.front"}]
    return {
        "width": 620,
        "height": 400,
        "encoding": {"x": x, "y": y},
        "layer": [
            {"transform": only_front, "mark": {"type": "line", "color": "#666"}},
            {
                "mark": {"type": "point", "filled": True, "size": 70},
                "encoding": {
                    "color": color,
                    **({"shape": color} if len(chart.series) > 1 else {}),
                    "tooltip": tooltip,
                    "opacity": {"condition": {"test": "datum.front", "value": 1}, "value": 0.45},
                },
            },
            _names("right", -7, -5, 0),
            _names("left", 7, 9, 1),
        ],
    }


def _names(align: str, dx: int, dy: int, parity: int) -> dict[str, Any]:
    """The names of every second point of the front, on one side of it, out of the others' way."""
    order = {"window": [{"op": "row_number", "as": "n"}], "sort": [{"field": "x"}]}
    return {
        "transform": [{"filter": "datum.front"}, order, {"filter": f"datum.n % 2 == {parity}"}],
        "mark": {"type": "text", "align": align, "dx": dx, "dy": dy, "fontSize": 10},
        "encoding": {"text": {"field": "label"}},
    }
