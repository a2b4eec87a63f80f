"""Pictures: complete, labelled, well formed whatever the names, and the same in every format."""

from __future__ import annotations

import importlib.util
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flopcalc.chart import Chart, Mark, Series
from flopcalc.renderers.svg import log_ticks, svg, ticks
from flopcalc.renderers.vega import specification

Run = Callable[..., Any]
SPACE = "{http://www.w3.org/2000/svg}"
COMMANDS = {
    "analyze": ("analyze", "mobilenet_v1"),
    "kinds": ("analyze", "mobilenet_v1", "--by", "kind"),
    "compare": ("compare", "mobilenet_v1"),
    "sweep": ("sweep", "mobilenet_v1", "--alpha", "0.25:1:0.25", "--res", "128:224:32"),
    "check": (
        *("check", "mobilenet_v1", "mobilenet_v2", "--max", "mult_adds=500M"),
        *("--max", "params=4.4M", "--max", "weight_bytes=20MB"),
    ),
}


def texts(picture: str) -> list[str]:
    root = ET.fromstring(picture)  # noqa: S314 - our own
    return [element.text or "" for element in root.iter(f"{SPACE}text")]


@pytest.mark.parametrize("name", COMMANDS)
def test_pictures(run: Run, tmp_path: Path, name: str, golden: Callable[[str, str], None]) -> None:
    file = tmp_path / "x.svg"
    assert run(*COMMANDS[name], "--plot", str(file)).code == (name == "check")
    golden(f"{name}.svg", file.read_text(encoding="utf-8"))


def test_the_papers_curve_has_its_points_and_names(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "x.svg"
    run(*COMMANDS["sweep"], "--plot", str(file))
    picture = file.read_text(encoding="utf-8")

    assert len(re.findall("<circle", picture)) == 16
    assert {"Mult-Adds (logarithmic)", "ImageNet top-1 accuracy", "1 · 224"} <= set(texts(picture))
    assert "prefers-color-scheme:dark" in picture
    assert "http" not in picture.replace('xmlns="http://www.w3.org/2000/svg"', "")


def test_a_check_is_drawn_beside_its_limits(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "x.vl.json"
    run(*COMMANDS["check"], "--plot", str(file))
    picture = json.loads(file.read_text(encoding="utf-8"))
    rows = {(row["label"], row["group"]): row["x"] for row in picture["data"]["values"]}

    assert rows["mobilenet_v1: Mult-Adds", "EXCEEDED"] == 568_740_352 / 500_000_000
    assert rows["mobilenet_v1: params", "ok"] == 4_231_976 / 4_400_000
    assert rows["mobilenet_v2: weight bytes", "ok"] == 14_155_936 / 20_000_000
    assert list(rows.values()) == sorted(rows.values(), reverse=True)
    assert picture["layer"][1]["encoding"] == {"x": {"datum": 1.0}}  # the limit


def test_two_limits_of_one_number_are_two_bars(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "x.svg"
    limits = ("--max", "params=5M", "--max", "params=8M")
    assert run("check", "mobilenet_v1", *limits, "--plot", str(file)).code == 0
    labels = texts(file.read_text(encoding="utf-8"))

    assert {"mobilenet_v1: params, 5M", "mobilenet_v1: params, 8M"} <= set(labels)


def test_bars_of_a_comparison_stand_as_in_its_table(run: Run, tmp_path: Path) -> None:
    file, other = tmp_path / "x.svg", tmp_path / "x.vl.json"
    models = ("compare", "mobilenet_v1", "mobilenet_v2")
    out = run(*models, "--plot", str(file)).out
    run(*models, "--plot", str(other))
    table = [line.split()[0] for line in out.split("\n\n")[1].splitlines()[1:]]
    order = json.loads(other.read_text(encoding="utf-8"))["encoding"]["y"]["sort"]

    assert order == table
    assert [text for text in texts(file.read_text(encoding="utf-8")) if text in table] == table


def test_one_network_at_two_scales_has_two_colours(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "x.svg"
    run("compare", "mobilenet_v1", "mobilenet_v1@alpha=0.5", "--plot", str(file))
    shown = texts(file.read_text(encoding="utf-8"))
    assert {"A mobilenet_v1", "B mobilenet_v1@alpha=0.5"} <= set(shown)


def test_points_at_one_scale_are_named_by_their_networks(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "x.svg"
    networks = ("resnet18", "resnet34", "resnet50")
    run("sweep", *networks, "--plot", str(file))
    shown = texts(file.read_text(encoding="utf-8"))

    assert shown.count("ResNet-34") == 2  # in the legend, and beside its point
    assert "1 · 224" not in shown
    assert any(text.startswith("each at α 1 · 224; the line is") for text in shown)
    run("sweep", "mobilenet_v1", "mobilenet_v2", "--alpha", "0.5,1", "--plot", str(file))
    shown = texts(file.read_text(encoding="utf-8"))
    assert shown.count("MobileNetV2") == 1
    assert any(text.startswith("α · input side; the line is") for text in shown)


def test_no_name_of_a_point_crosses_the_axis() -> None:
    marks = tuple(Mark(f"point {n}", 1 + n, 50 + 0.1 * n, front=True) for n in range(5))
    root = ET.fromstring(svg(Chart("points", "t", "x", "y", (Series("a", marks),))))  # noqa: S314 - our own
    numbers = max(float(e.attrib["y"]) for e in root.iter(f"{SPACE}text") if e.text == "50")
    named = [e for e in root.iter(f"{SPACE}text") if (e.text or "").startswith("point")]
    assert named
    assert all(float(e.attrib["y"]) < numbers - 4 for e in named)


def test_a_little_of_a_limit_is_not_nothing(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "x.svg"
    run("check", "mobilenet_v1", "--max", "mult_adds=10T", "--plot", str(file))
    shown = texts(file.read_text(encoding="utf-8"))
    assert any(text.startswith("<0.1 % · 568.7 M of 10") for text in shown)


LONG = "features.denseblock4.denselayer16_with_a_name_of_its_own.conv2"


@given(st.integers(1, 3), st.lists(st.integers(1, 10**12), min_size=1, max_size=5), st.booleans())
def test_no_text_leaves_the_picture(series: int, sizes: list[int], percent: bool) -> None:
    """By a generous estimate of its width: long names, titles, legends and numbers."""
    words = " · ".join([LONG] * 4)
    marks = tuple(Mark(f"{LONG}{n}", x, group="a" * n, note=LONG) for n, x in enumerate(sizes))
    many = tuple(Series(f"{LONG} {n}", marks) for n in range(series))
    rule = max(sizes) / 2 if percent else 0
    for kind in ("bars", "points"):
        chart = Chart(kind, words, LONG, "y", many, words, percent=percent, rule=rule)
        root = ET.fromstring(svg(chart))  # noqa: S314 - our own
        for text in root.iter(f"{SPACE}text"):
            if "transform" in text.attrib or text.text in {LONG, "y"}:
                continue  # the names of the axes
            small = "font-size" in text.get("style", "")
            wide = len(text.text or "") * (5.3 if small else 6.2)
            anchor = text.get("class", "").split()
            x = float(text.attrib["x"]) - (wide if "r" in anchor else wide / 2 * ("m" in anchor))
            assert x >= 0
            assert x + wide <= float(root.attrib["width"])


def test_vega_has_the_same_numbers(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "x.vl.json"
    assert run(*COMMANDS["analyze"], "--plot", str(file)).code == 0
    rows = json.loads(file.read_text(encoding="utf-8"))["data"]["values"]

    assert sum(row["x"] for row in rows) == 568_740_352
    assert [row["label"] for row in rows][:2] == ["conv1", "conv2.dw"]


HOSTILE = st.text(min_size=1, max_size=30) | st.sampled_from(
    ["<script>alert(1)</script>", "]]>", '" onload="x', "\x00\x1b[31m", "层" * 20]
)
NUMBERS = st.integers(1, 10**15)


@given(
    st.lists(st.tuples(HOSTILE, NUMBERS, NUMBERS, st.booleans()), min_size=1, max_size=8),
    st.booleans(),
    HOSTILE,
)
def test_any_chart_is_well_formed_and_no_name_is_markup(
    found: list[tuple[str, int, int, bool]], log: bool, title: str
) -> None:
    marks = tuple(Mark(label, x, y, front) for label, x, y, front in found)
    series = (Series(title, marks), Series("B", marks[:1]))
    for chart in (
        Chart("points", title, "x", "y", series, title, log=log),
        Chart("bars", title, "x", "", series, title),
    ):
        root = ET.fromstring(svg(chart))  # noqa: S314 - our own
        assert not [e for e in root.iter() if e.tag == f"{SPACE}script"]
        wide, high = float(root.attrib["width"]), float(root.attrib["height"])
        for circle in root.iter(f"{SPACE}circle"):
            assert 0 <= float(circle.attrib["cx"]) <= wide
            assert 0 <= float(circle.attrib["cy"]) <= high
        json.dumps(specification(chart), allow_nan=False)


@given(st.integers(0, 10**12), st.integers(1, 10**12))
def test_ticks_enclose(low: int, span: int) -> None:
    found = ticks(low, low + span)
    assert found[0] <= low
    assert found[-1] >= low + span
    assert 2 <= len(found) <= 9
    if low:
        assert log_ticks(low, low + span)[0] <= low < low + span <= log_ticks(low, low + span)[-1]


@pytest.mark.parametrize(
    ("command", "file", "said"),
    [
        (("analyze", "mobilenet_v1"), "x.bmp", "'x.bmp' has no known ending"),
        (("conventions",), "x.svg", "this report has no picture"),
        (("analyze", "mobilenet_v1"), "no/such/x.svg", "cannot write"),
    ],
)
def test_slips(run: Run, command: tuple[str, ...], file: str, said: str) -> None:
    result = run(*command, "--plot", file)

    assert result.code == 2
    assert said in result.err


@pytest.mark.skipif(
    importlib.util.find_spec("vl_convert") is not None, reason="the extra is installed"
)
def test_without_the_extra(run: Run, tmp_path: Path) -> None:
    result = run("analyze", "mobilenet_v1", "--plot", str(tmp_path / "x.png"))

    assert result.code == 2
    assert "pip install 'flopcalc[plots]'" in result.err


@pytest.mark.skipif(importlib.util.find_spec("vl_convert") is None, reason="an extra")
@pytest.mark.parametrize(
    ("ending", "start"), [("png", b"\x89PNG"), ("pdf", b"%PDF"), ("html", b"<!DOCTYPE html>")]
)
def test_with_the_extra(run: Run, tmp_path: Path, ending: str, start: bytes) -> None:
    file = tmp_path / f"x.{ending}"
    result = run(*COMMANDS["sweep"], "--plot", str(file))

    assert result.code == 0, result.err
    assert file.read_bytes().lstrip().startswith(start)


def test_the_readmes_curve_is_what_is_drawn(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "x.svg"
    grid = ("--alpha", "1,0.75,0.5,0.25", "--res", "224,192,160,128")
    run("sweep", "mobilenet_v1", *grid, "--plot", str(file))
    shown = Path(__file__).parents[2] / "docs" / "curve.svg"

    assert shown.read_bytes() == file.read_bytes(), "flopcalc sweep … --plot docs/curve.svg"
