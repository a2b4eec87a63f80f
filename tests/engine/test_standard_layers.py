"""The short way to the totals of the standard-convolution form, against the twin itself."""

from __future__ import annotations

import pytest
from engine_nets import Piece, assemble
from hypothesis import given
from test_count import pieces

from flopcalc import api, catalog
from flopcalc.engine.count import count
from flopcalc.engine.pairs import standard_layers
from flopcalc.engine.transform import standard_twin
from flopcalc.graph import Graph


def check(graph: Graph) -> None:
    pairs, layers = standard_layers(graph)
    twin = standard_twin(graph)
    totals = count(graph._replace(layers=layers)).totals
    expected = count(twin.graph if twin else graph).totals

    assert pairs == (len(twin.savings) if twin else 0)
    assert totals.counts == expected.counts
    assert totals.params_by_kind == expected.params_by_kind
    assert totals.status == expected.status


@pytest.mark.parametrize("name", catalog.shipped())
def test_shipped_networks(name: str) -> None:
    check(api.build(name))


@given(pieces)
def test_any_network(parts: list[Piece]) -> None:
    check(assemble(parts))
    check(assemble([p._replace(sort="sep", k=max(p.k, 2)) for p in parts]))


def test_a_module_that_runs_twice_stores_its_weights_once() -> None:
    pairs, layers = standard_layers(api.build("faster_rcnn_mobilenet"))

    assert pairs > 0
    assert len({layer.name for layer in layers}) == len(layers)
