"""`python -m benchmarks`: every speed goal as a ratio, from one interleaved run."""

from __future__ import annotations

import argparse
import compileall
import csv
import sys
import time
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory

import yaml

import flopcalc
from benchmarks.measure import calls, processes
from flopcalc import api, catalog
from flopcalc.doc import Table
from flopcalc.engine.cells import Cells
from flopcalc.engine.count import count
from flopcalc.engine.grid import Grid
from flopcalc.graph import Scale
from flopcalc.renderers import render
from flopcalc.spec.model import load_spec
from flopcalc.yaml_tree import parse

PYTHON = sys.executable
SCRIPT = Path(PYTHON).with_name("flopcalc")  # what users run
TOOL = [str(SCRIPT)] if SCRIPT.exists() else [PYTHON, "-m", "flopcalc"]
BASE = "import click, yaml"
FLATTENED = """flopcalc: 1
input: 64x64x3
classes: 10
scaling: {round: floor}
body: [{conv: 16, k: 3, s: 2}, {sep: 32, s: 2}, {sep: 64, s: 2}, flatten, {fc: 128}, {fc: classes}]
"""
LONG = """flopcalc: 1
input: 14x14x256
defaults: {norm: bn, act: relu}
blocks: {many: {body: [{sep: 256, repeat: 25}]}}
body: [{many, repeat: 25}]
"""
SMALL = """flopcalc: 1
input: 32x32x3
body: [{{conv: {}, k: 3, s: 2}}, {{sep: 16}}, global_avg_pool, {{fc: 10}}]
"""


def main() -> None:
    """Print a line for each goal; exit 1 if one is missed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=main.__doc__)
    parser.add_argument("--runs", type=int, default=25, help="interleaved runs of each command")
    runs = parser.parse_args().runs
    # an editable install would otherwise compile its modules on every start
    compileall.compile_dir(str(Path(flopcalc.__file__).parent), quiet=2)
    print(f"{'goal':52} {'ratio':>8}  limit")
    missed = 0
    for name, ratio, limit in (
        *_start(runs),
        *_shipped(max(5, runs // 3)),
        *_gate(runs),
        *_rows(max(5, runs // 5)),
        *_library(runs),
    ):
        print(f"{name:52} {ratio:8.3f}  {limit:g}{'' if ratio <= limit else '   MISSED'}")
        missed += ratio > limit
    sys.exit(missed > 0)


def _start(runs: int) -> list[tuple[str, float, float]]:
    """G1, G2, G3: whole processes against `python -c 'import click, yaml'`."""
    spec = [*TOOL, "analyze", "mobilenet_v1"]
    best = processes(
        {
            "base": [PYTHON, "-c", BASE],
            "G1 analyze, plain": [*spec, "-f", "plain"],
            "G1 analyze, json": [*spec, "-f", "json"],
            "G1 analyze, csv": [*spec, "-f", "csv"],
            "G2 analyze, rich table": [*spec, "-f", "table", "--color"],
            "G3 --help": [*TOOL, "--help"],
            "G3 --version": [*TOOL, "--version"],
        },
        runs,
    )
    limits = {"G1": 1.15, "G2": 2.0, "G3": 0.95}
    return [
        (f"{name} / import click, yaml", best[name] / best["base"], limits[name[:2]])
        for name in best
        if name != "base"
    ]


def _shipped(runs: int) -> list[tuple[str, float, float]]:
    """The slowest network that ships against mobilenet_v1, its output apart; one by its variant."""
    flat = ["--by", "kind", "-f", "csv", "-q"]
    names = {stem: [*TOOL, "analyze", stem, *flat] for stem in catalog.shipped()}
    best = processes({**names, "resnet50": [*TOOL, "analyze", "resnet50", *flat]}, runs)
    variant = best.pop("resnet50")
    slowest = max(best, key=lambda stem: best[stem])

    def every() -> None:
        for stem in catalog.shipped():
            count(api.open_model(stem).model.graph())

    def one() -> None:
        count(api.open_model("mobilenet_v1").model.graph())

    inside = calls({"all": every, "one": one}, runs)
    return [
        (
            f"{slowest} (the slowest to analyze) / mobilenet_v1",
            best[slowest] / best["mobilenet_v1"],
            1.3,
        ),
        (
            "resnet50, found as a variant / mobilenet_v1",
            variant / best["mobilenet_v1"],
            1.3,
        ),
        (f"all {len(best)} networks in one process / one process", _all_over_one(inside, best), 20),
    ]


def _all_over_one(inside: dict[str, float], best: dict[str, float]) -> float:
    """All networks after one start, over one network after one start."""
    start = best["mobilenet_v1"] - inside["one"]
    return (start + inside["all"]) / best["mobilenet_v1"]


def _gate(runs: int) -> list[tuple[str, float, float]]:
    """G11: `check` of a hundred small specs against `check` of one."""
    with TemporaryDirectory() as folder:
        commands = {}
        for name, count_ in (("one", 1), ("hundred", 100)):
            home = Path(folder, name)
            home.mkdir()
            for i in range(count_):
                Path(home, f"n{i}.yaml").write_text(SMALL.format(i + 1), encoding="utf-8")
            budgets = home / "flopcalc.yaml"
            budgets.write_text("models: ['n*.yaml']\nlimits: {mult_adds: 1G}\n", encoding="utf-8")
            commands[name] = [*TOOL, "check", "--config", str(budgets)]
        best = processes(commands, runs)
    return [("G11 check of 100 specs / of one", best["hundred"] / best["one"], 1.7)]


def _rows(runs: int) -> list[tuple[str, float, float]]:
    """G9: 100,000 rows: those of a spec of 3,750 layers (it may have 5,000), over and over."""
    with TemporaryDirectory() as folder:
        path = Path(folder, "long.yaml")
        path.write_text(LONG, encoding="utf-8")
        doc = api.report(str(path), Scale(), "mult-adds", unfolded=True)
    (table,) = (block for block in doc.blocks if isinstance(block, Table))
    layers = doc.data["layers"]
    copies = 100_000 // len(layers)
    body, many = table.rows * copies, layers * copies
    assert len(body) == len(many) == 100_000
    doc = doc._replace(blocks=(table._replace(rows=body),), data={**doc.data, "layers": many})
    best = calls(
        {
            "cells": lambda: csv.writer(StringIO()).writerows(body),
            "values": lambda: csv.writer(StringIO()).writerows(map(dict.values, many)),
            "csv": lambda: render(doc, "csv"),
            "json": lambda: render(doc, "json"),
        },
        runs,
    )
    return [
        ("G9 100,000 rows of a spec to csv / csv.writer", best["csv"] / best["cells"], 1.5),
        ("G9 the same to json / csv.writer of its values", best["json"] / best["values"], 1.5),
    ]


def _library(runs: int) -> list[tuple[str, float, float]]:
    """G8 and G10, in this process; G8 is in units of 50 µs."""
    text = (Path(catalog.specs_folder()) / "mobilenet_v1.yaml").read_text(encoding="utf-8")
    model = api.load("mobilenet_v1")
    widths = [0.25 + i / 64 for i in range(100)]
    sides = [(128 + 2 * i, 128 + 2 * i) for i in range(100)]
    warm = Grid(model.graph, Scale())
    points = [(a, s) for a in widths for s in sides]
    for alpha, side in points:
        warm.at(alpha, side)

    def again() -> None:
        for alpha, side in points:
            warm.at(alpha, side)

    def fresh() -> None:
        grid = Grid(model.graph, Scale())
        for alpha, side in points:
            grid.at(alpha, side)

    import numpy as np  # here, since only these two lines need it

    numbers = np.arange(10**6)
    alone, flat = _axes(warm), _axes(Grid(load_spec(FLATTENED, "flat.yaml").graph, Scale()))
    cells = Cells.product(*alone)
    sweeps = calls(
        {
            "add": lambda: np.add(numbers, numbers),
            "multiply": cells.array,
            "group": lambda: Cells.product(*alone).array(),
            "flattened": lambda: Cells.product(*flat).array(),
        },
        15,
    )
    grids = calls({"again": again, "fresh": fresh}, 3)
    parsing = calls(
        {
            "ours": lambda: [parse(text, "x") for _ in range(50)],
            "theirs": lambda: [yaml.load(text, Loader=yaml.CSafeLoader) for _ in range(50)],
        },
        runs,
    )
    started = time.process_time()
    whole = flopcalc.sweep(
        "mobilenet_v1", alpha=[n / 1000 for n in range(250, 1250)], res="32:1031"
    )
    whole.planes[0].operations.array()
    per_point = (time.process_time() - started) / len(whole)
    return [
        ("G7 10^6 points of a sweep / np.add of 10^6", sweeps["multiply"] / sweeps["add"], 5.0),
        ("G7 the same, terms grouped first / np.add", sweeps["group"] / sweeps["add"], 100.0),
        ("G7 a classifier on a flattened map / np.add", sweeps["flattened"] / sweeps["add"], 100.0),
        ("G8 one of 10^6 points, all included / 50 µs", per_point / 50e-6, 1.0),
        ("G8 one more configuration / 50 µs", grids["again"] / len(points) / 50e-6, 1.0),
        (
            "G8 one of a 100 × 100 grid, all included / 50 µs",
            grids["fresh"] / len(points) / 50e-6,
            1.0,
        ),
        ("G10 parse a spec / yaml.load(CSafeLoader)", parsing["ours"] / parsing["theirs"], 1.0),
    ]


def _axes(grid: Grid) -> tuple[list[tuple[int, ...]], list[tuple[int, ...]], tuple[int, ...]]:
    """A thousand widths and a thousand resolutions, elaborated, and where they meet."""
    wide = [part.factors for i in range(1000) if (part := grid.wide(0.25 + i / 1000))]
    tall = [part.factors for n in range(32, 1032) if (part := grid.tall((n, n)))]
    assert len(wide) == len(tall) == 1000
    return wide, tall, grid.middle.factors


if __name__ == "__main__":
    main()
