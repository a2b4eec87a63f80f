"""Layers that are alike are elaborated once: what comes of it is what elaborating each gives."""

from __future__ import annotations

from typing import Any

import pytest

from flopcalc import catalog
from flopcalc.api import load
from flopcalc.graph import Graph, Layer
from flopcalc.spec import elaborate
from flopcalc.spec.model import load_spec


class Forgetful(dict[object, Layer]):
    """Remembers nothing."""

    def __setitem__(self, key: object, layer: Layer) -> None:
        pass


class Anew(elaborate.Elaborator):
    """Elaborates every layer."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.alike = Forgetful()


def plain(graph: Graph) -> list[tuple[object, ...]]:
    """The layers with all that is in them; an op made for one layer is its name and counts."""
    return [
        (x.name, x.op.kind, *x[2:5], list(x.attrs.items()), x.env, x.times, x.where)
        for x in graph.layers
    ]


@pytest.mark.parametrize("name", catalog.shipped())
def test_of_what_ships(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    model = load(name)
    once = model.graph()
    monkeypatch.setattr("flopcalc.spec.model.Elaborator", Anew)
    anew = model.graph()

    assert plain(once) == plain(anew)
    assert once.outputs == anew.outputs


@pytest.mark.parametrize(
    ("body", "alike"),
    [
        ("{relu, repeat: 3}", True),
        ("{conv: 3, k: 3, repeat: 3}", True),
        ("{pw: 3, repeat: 3, times: 'i + 1'}", False),
        ("{pw: 3, repeat: 3, padding: 'i'}", False),
        ("{max_pool: 3, s: 2, repeat: 3}", False),
    ],
)
def test_what_differs_is_not_alike(body: str, alike: bool) -> None:
    graph = load_spec(f"flopcalc: 1\ninput: 64x64x3\nbody: [{body}]\n", "x.yaml").graph()
    first, _, third = (layer for layer in graph.layers if layer.op.role != "norm")

    assert (first.attrs is third.attrs and first.env is third.env) == alike
    assert first.name != third.name
    assert not {param.id for param in first.params} & {param.id for param in third.params}
