"""Budgets: what a file may ask for is bounded, and asking for more ends early."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from flopcalc.errors import InputError, LimitError
from flopcalc.spec import elaborate, model
from flopcalc.spec.elaborate import Elaborator
from flopcalc.spec.model import SpecModel

Load = Callable[[str], SpecModel]
HEAD = "flopcalc: 1\ninput: 8x8x4\n"


@pytest.fixture
def run(load: Load, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Elaborator]:
    """Elaborate a text; the elaborator shows what was spent, whether or not it failed."""
    runs: list[Elaborator] = []

    class Watched(Elaborator):
        def __init__(self, *args: object) -> None:
            super().__init__(*args)  # type: ignore[arg-type]  # as it is called
            runs.append(self)

    monkeypatch.setattr(model, "Elaborator", Watched)

    def go(text: str) -> Elaborator:
        network = load(text)
        try:
            network.graph()
        except InputError as error:
            runs[-1].failed = error  # type: ignore[attr-defined]  # for the test to read
        return runs[-1]

    return go


def test_a_step_costs_one_and_each_copy_one(run: Callable[[str], Elaborator]) -> None:
    def spent(body: str, blocks: str = "") -> int:
        return elaborate.MAX_STEPS - run(f"{HEAD}{blocks}body: {body}").budget

    assert spent("[relu]") == 1
    assert spent("[{relu, repeat: 5}]") == 1 + 5
    assert spent("[{seq: [], repeat: 5}]") == 1 + 5
    assert spent("[{seq: [relu, relu], repeat: 5}]") == 1 + 5 + 10
    assert spent("[{relu, when: false}]") == 1
    assert spent("[{relu, name: a}, {add: [a, a, []]}]") == 2 + 3
    assert (
        spent("[{b: 8, s: 2}]", "blocks: {b: {params: {o, s: 1, t: 1}, body: [relu]}}\n") == 2 + 3
    )


def test_largest_shipped_network_is_far_from_the_limits(run: Callable[[str], Elaborator]) -> None:
    from spec_files import GOOD, SHIPPED

    for path in (*GOOD, *SHIPPED):
        watched = run(path.read_text())
        assert not hasattr(watched, "failed")
        assert watched.budget > 0.8 * elaborate.MAX_STEPS
        assert len(watched.builder.layers) < 0.2 * elaborate.MAX_LAYERS


@pytest.mark.parametrize(
    ("body", "fits"),
    [
        ("[{relu, repeat: 1000}]", True),
        ("[{relu, repeat: 1001}]", False),
        ("[{seq: [{relu, repeat: 1000}], repeat: 5}]", True),
        ("[{seq: [{relu, repeat: 1000}], repeat: 5}, relu]", False),  # 5001 layers
        (
            "[{seq: [{seq: [], repeat: 997}], repeat: 20}]",
            True,
        ),  # 1 + 20 + 20 · (1 + 997) is 19,981
        ("[{seq: [{seq: [], repeat: 998}], repeat: 20}]", False),
        ("[{pw: 10 ** 9}]", True),
        ("[{pw: 10 ** 9 + 1}]", False),
        ("[{pw: 1000}, {upsample: 125000}]", True),  # 10^6 · 10^6 · 1000 elements
        ("[{pw: 1001}, {upsample: 125000}]", False),
        ("[{upsample: [1, 125000]}]", True),
        ("[{upsample: [1, 125001]}]", False),
        ("[{pw: 8, name: " + "a" * 100 + "}]", True),
    ],
)
def test_limits(run: Callable[[str], Elaborator], body: str, fits: bool) -> None:
    watched = run(f"{HEAD}body: {body}\n")
    failed = getattr(watched, "failed", None)
    assert (failed is None) == fits, failed
    assert fits or isinstance(failed, LimitError)
    assert watched.budget >= -1
    assert len(watched.builder.layers) <= elaborate.MAX_LAYERS


def test_block_depth(run: Callable[[str], Elaborator]) -> None:
    def nested(depth: int) -> str:
        blocks = "".join(f"  b{i}: {{body: [b{i + 1}]}}\n" for i in range(1, depth))
        return f"{HEAD}blocks:\n{blocks}  b{depth}: {{body: [relu]}}\nbody: [b1]\n"

    assert not hasattr(run(nested(elaborate.MAX_BLOCK_DEPTH)), "failed")
    assert hasattr(run(nested(elaborate.MAX_BLOCK_DEPTH + 1)), "failed")
