"""A graph as a spec: the same numbers for every network that ships, and text a reader can use."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from flopcalc import api, catalog, convert
from flopcalc.conversion import spec_of
from flopcalc.engine.count import count
from flopcalc.errors import InputError
from flopcalc.graph import Scale
from flopcalc.spec.fmt import format_text
from flopcalc.spec.model import SpecModel, load_spec

Load = Callable[[str], SpecModel]


@pytest.mark.parametrize("stem", catalog.shipped())
def test_every_network_that_ships_keeps_its_numbers(stem: str) -> None:
    ours = api.analyze(stem).totals
    text = spec_of(stem)
    theirs = count(load_spec(text, stem).graph()).totals

    assert theirs.counts == ours.counts
    assert theirs.params_by_kind == ours.params_by_kind
    assert format_text(text, stem) == text  # short keys already


def test_it_reads_like_a_spec_that_somebody_wrote(load: Load) -> None:
    model = load("""
        flopcalc: 1
        name: Small net
        input: 32x32x3
        body:
          - {conv: 16, k: 3, s: 2, padding: half, act: relu}
          - {pw: 32, name: a}
          - {dw: 3, padding: half}
          - {add: a}
          - {max_pool: 2}
          - global_avg_pool
          - {fc: 10}
    """)
    text = convert(model)

    assert text.splitlines() == [
        "flopcalc: 1",
        "name: Small net",
        'note: "converted from net.yaml: sizes and norms are those of the export"',
        "inputs:",
        "  x: 32x32x3",
        "body:",
        "  - {conv: 16, k: 3, s: 2, padding: 1, name: conv1}",
        "  - relu",
        "  - {conv: 32, k: 1, name: a}",
        "  - {conv: 32, k: 3, padding: 1, g: 32, name: dw1}",
        "  - {add: a}",
        "  - {max_pool: 2}",
        "  - global_avg_pool",
        "  - {fc: 10, name: fc1}",
    ]


def test_what_the_language_lacks_keeps_its_counts(load: Load) -> None:
    model = load("""
        flopcalc: 1
        input: {tokens: 16}
        body:
          - {embed: 32, vocab: 100}
          - {attention: 4}
          - mean_tokens
          - {fc: 2}
    """)
    text = convert(model)

    assert "custom:" in text
    found = count(load_spec(text, "net.yaml").graph()).totals
    assert found.counts == count(model.graph()).totals.counts


def test_a_batch_is_not_a_network() -> None:
    with pytest.raises(InputError, match="has a batch of 8"):
        spec_of("mobilenet_v1", Scale(batch=8))
