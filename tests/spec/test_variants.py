"""Variants, `--set` and swaps: what overrides what, and what is handed over."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from flopcalc.errors import InputError
from flopcalc.graph import Scale
from flopcalc.spec.model import SpecModel

Load = Callable[[str], SpecModel]

CHAIN = """
    flopcalc: 1
    name: Net
    input: 32x32x3
    classes: 10
    vars: {t: 2, u: t + 1, act: relu}
    scaling: {round: floor, alpha: 0.5}
    defaults: {norm: bn, act: act}
    body: [{conv: 100 * t, k: 3}, {pw: u}, {pw: classes, act: none}]
    variants:
      small: {alpha: 0.25, vars: {t: 3}, defaults: {norm: none}}
      smaller: {extends: small, rho: 0.5, classes: 4, name: Tiny}
      quiet: {extends: small, vars: {t: 4, act: gelu}, defaults: {norm: ln}}
"""


def layers(model: SpecModel, **knobs: object) -> list[str]:
    graph = model.graph(Scale(**knobs))  # type: ignore[arg-type]  # as the test gives them
    return [f"{layer.op.kind} {layer.outputs[0].text()}" for layer in graph.layers]


PRECEDENCE = [
    # knobs, the first convolution, the layer after it, the second's channels, outputs
    ({}, "32×32×100", "bn", 1, 10),
    ({"variant": "small"}, "32×32×75", "relu", 1, 10),
    ({"variant": "smaller"}, "16×16×75", "relu", 1, 4),
    ({"variant": "quiet"}, "32×32×100", "ln", 1, 10),
    ({"variant": "small", "alpha": 1.0}, "32×32×300", "relu", 4, 10),
    ({"variant": "smaller", "res": (8, 8)}, "8×8×75", "relu", 1, 4),
    ({"settings": (("t", "7"),)}, "32×32×350", "bn", 4, 10),
    ({"variant": "small", "settings": (("t", "5"),)}, "32×32×125", "relu", 1, 10),
    ({"settings": (("u", "t * 20"),)}, "32×32×100", "bn", 20, 10),
    ({"settings": (("classes", "7"),)}, "32×32×100", "bn", 1, 7),
]


@pytest.mark.parametrize(("knobs", "first", "after", "second", "outputs"), PRECEDENCE)
def test_precedence(
    load: Load, knobs: dict[str, object], first: str, after: str, second: int, outputs: int
) -> None:
    found = layers(load(CHAIN), **knobs)
    assert found[0].split()[-1] == first
    assert found[1].split()[0] == after
    pointwise = [row for row in found if row.startswith("pointwise")]
    assert [int(row.rpartition("×")[2]) for row in pointwise] == [second, outputs]


def test_names(load: Load) -> None:
    model = load(CHAIN)
    assert model.name == "Net"
    assert model.graph(Scale(variant="small")).name == "Net @small"
    assert model.graph(Scale(variant="smaller")).name == "Tiny"


def test_expectations_hold_unscaled(load: Load) -> None:
    model = load("""
        flopcalc: 1
        input: 8x8x3
        body: [{pw: 4, shape: 8x8x4}]
        expect: {params: 16}
        variants:
          wide: {alpha: 2, expect: {params: 32}}
          plain: {alpha: 2}
    """)
    assert {k: str(v) for k, v in model.expectation(Scale()).items()} == {"params": "16"}
    assert {k: str(v) for k, v in model.expectation(Scale(variant="wide")).items()} == {
        "params": "32"
    }
    assert model.expectation(Scale(variant="plain")) == {}
    assert model.expectation(Scale(alpha=0.5)) == {}
    assert model.graph(Scale(alpha=2.0)).outputs[0].channels == 8  # the shape is not asserted


SWAP = """
    flopcalc: 1
    input: 16x16x8
    defaults: {{norm: bn, act: relu}}
    vars: {{g: 1}}
    blocks:
      dense: {{params: {{out: channels, k: 5, s: 1}}, body: [{{conv: out, k: k, s: s}}]}}
      sparse:
        params: {{out: channels, k: 7, s: 1, t: 2}}
        body: [{{pw: t * out}}, {{sep: out, k: k, s: s}}]
      loose: {{params: {{out}}, body: [{{pw: out}}]}}
    body: [{body}]
"""


@pytest.mark.parametrize(
    ("body", "swap", "alpha", "expected"),
    [
        # an op for an op: the default kernel of sep carries over
        ("{sep: 16, s: 2}", ("sep", "conv"), 1, ["standard 8×8×16", "bn", "relu"]),
        # an op for a block: its kernel, not the block's 5
        ("{sep: 16}", ("sep", "dense"), 1, ["standard 16×16×16", "bn", "relu"]),
        # a block for an op, scaled once
        ("{dense: 16}", ("dense", "sep"), 0.5, ["depthwise 16×16×8", "bn", "relu"]),
        ("{loose: 16}", ("loose", "fc"), 1, None),  # a map: fc does not fit it
        ("{sep: 16}", ("sep", "loose"), 0.5, ["pointwise 16×16×8", "bn", "relu"]),
        ("{loose: 16}", ("loose", "pw"), 0.5, ["pointwise 16×16×8", "bn", "relu"]),
        # a block for a block, with a parameter of its own
        ("{dense: 16}", ("dense", "sparse"), 1, ["pointwise 16×16×32", "bn", "relu"]),
        # operands stay operands
        ("{relu, name: r}, {add: r}", ("add", "mul"), 1, ["relu 16×16×8", "mul 16×16×8"]),
    ],
)
def test_swap(
    load: Load, body: str, swap: tuple[str, str], alpha: float, expected: list[str] | None
) -> None:
    model = load(SWAP.format(body=body))
    if expected is None:
        with pytest.raises(InputError, match="fully connected layer on a map"):
            model.graph(Scale(swap=(swap,)))
        return
    found = layers(model, alpha=alpha, swap=(swap,))
    for row, start in zip(found, expected, strict=False):
        assert row.startswith(start)
    assert len(found) >= len(expected)


def test_swapped_kernel_is_the_originals(load: Load) -> None:
    graph = load(SWAP.format(body="{sep: 16}")).graph(Scale(swap=(("sep", "dense"),)))
    assert graph.layers[0].attrs["kernel"] == (3, 3)


def test_swap_reaches_into_blocks(load: Load) -> None:
    graph = load("""
        flopcalc: 1
        input: 16x16x8
        blocks: {b: {body: [residual: [{sep: 8}]]}}
        body: [b]
        variants: {dense: {swap: {sep: conv}}}
    """).graph(Scale(variant="dense"))
    assert [layer.op.kind for layer in graph.layers] == ["standard", "add"]


def test_defaults_merge_key_by_key(load: Load) -> None:
    graph = load(
        """
        flopcalc: 1
        input: 16x16x8
        defaults: {norm: bn, act: relu, conv: {padding: valid, d: 2}}
        body: [{conv: 8, k: 3}, {fc: 3, from: flat}]
        variants: {v: {defaults: {act: gelu, conv: {d: 1}, fc: {bias: false}}}}
    """.replace("{fc: 3, from: flat}", "flatten, {fc: 3}")
    ).graph(Scale(variant="v"))
    kinds = [layer.op.kind for layer in graph.layers]
    assert kinds[:3] == ["standard", "bn", "gelu"]
    assert graph.layers[0].outputs[0].spatial == (14, 14)  # still valid, no longer dilated
    assert [param.kind for param in graph.layers[-1].params] == ["weight"]


def test_defaults_see_the_file_not_the_block(load: Load) -> None:
    graph = load("""
        flopcalc: 1
        input: 8x8x4
        vars: {nl: relu}
        defaults: {act: nl}
        blocks: {b: {params: {nl: gelu}, body: [{pw: 4}, {activation: nl}]}}
        body: [b]
    """).graph()
    assert [layer.op.kind for layer in graph.layers] == ["pointwise", "relu", "gelu"]


def test_a_variant_rounds_in_its_own_way(shapes: Callable[..., list[str]]) -> None:
    """`scaling` in a variant stands for the whole rule, and for the multipliers it starts from."""
    text = """
    flopcalc: 1
    input: 8x8x3
    scaling: {round: floor, min: 4}
    body: [{conv: 10, k: 3, name: a}]
    variants:
      coarse: {scaling: {round: div8}}
      wide: {scaling: {round: floor, min: 6, alpha: 2}}
    """

    assert shapes(text, alpha=0.25) == ["a 8×8×4"]
    assert shapes(text, alpha=0.25, variant="coarse") == ["a 8×8×8"]
    assert shapes(text, alpha=0.25, variant="wide") == ["a 8×8×6"]
    assert shapes(text, variant="wide") == ["a 8×8×20"]
