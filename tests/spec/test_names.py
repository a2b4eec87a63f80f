"""The names of layers: what reports, locks and comparisons hold on to."""

from __future__ import annotations

from collections.abc import Callable

from spec_files import GOOD, SHIPPED

from flopcalc.graph import Scale
from flopcalc.spec.model import load_spec


def test_ordinals_copies_and_parts(shapes: Callable[..., list[str]]) -> None:
    found = shapes("""
        flopcalc: 1
        input: 32x32x8
        defaults: {norm: bn, act: relu}
        blocks: {b: {body: [{dw: 3}, {dw: 3, name: last}]}}
        body:
          - {conv: 8, k: 3}
          - {sep: 8}
          - {conv: 8, k: 3, name: stem, norm: none}
          - {sep: 8, repeat: 2, act: none, norm: none}
          - {b, repeat: 1}
          - b
          - {se: 4}
          - {conv: 8, k: 3, norm: none, act: none}
          - table: pw
            cols: [out, name, norm, act]
            rows: [[8, ~, none, none], [8, x, none, none]]
          - global_avg_pool
          - {fc: 10}
    """)
    assert [row.split()[0] for row in found] == [
        *("conv1", "conv1.norm", "conv1.act"),
        *("sep1.dw", "sep1.dw.norm", "sep1.dw.act", "sep1.pw", "sep1.pw.norm", "sep1.pw.act"),
        *("stem", "stem.act"),
        *("sep2.0.dw", "sep2.0.pw", "sep2.1.dw", "sep2.1.pw"),
        *("b1.0.dw1", "b1.0.dw1.norm", "b1.0.dw1.act"),
        *("b1.0.last", "b1.0.last.norm", "b1.0.last.act"),
        *("b2.dw1", "b2.dw1.norm", "b2.dw1.act"),
        *("b2.last", "b2.last.norm", "b2.last.act"),
        *("se1.pool", "se1.fc1", "se1.act", "se1.fc2", "se1.gate", "se1.mul"),
        "conv2",
        *("pw1", "x"),
        "global_avg_pool1",
        "fc1",
    ]


def test_a_given_name_is_not_given_again(shapes: Callable[..., list[str]]) -> None:
    found = shapes("""
        flopcalc: 1
        input: 8x8x8
        body: [{pw: 8}, {dw: 3, name: pw2}, {pw: 8}]
    """)
    assert [row.split()[0] for row in found] == ["pw1", "pw2", "pw3"]


def test_names_are_unique_and_located() -> None:
    for path in (*GOOD, *SHIPPED):
        model = load_spec(path.read_text(), path.name)
        for variant in (None, *model.variants):
            layers = model.graph(Scale(variant=variant)).layers
            names = [layer.name for layer in layers]
            assert len(set(names)) == len(names) > 0
            lines = path.read_text().splitlines()
            for layer in layers:
                assert layer.where is not None
                assert layer.where.file == path.name
                assert lines[layer.where.line - 1][layer.where.column - 1] != " "
