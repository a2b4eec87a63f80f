"""Conventions: one network, the number that each of them prints."""

from __future__ import annotations

import pytest
from engine_nets import MYSTERY, Net, mobilenet_v1

from flopcalc.engine.convention import (
    CONVENTIONS,
    DEFAULT,
    find_convention,
    is_partial,
    operations,
    parameters,
    project,
    require_same,
)
from flopcalc.engine.count import count
from flopcalc.engine.rows import rows
from flopcalc.errors import InputError
from flopcalc.op import OPERATIONS, PARAMETERS, Op, bind_elements, same_shape
from flopcalc.ops.symbols import E

MACS = 568_740_352
NORMED = 5_042_688  # batch-norm elements of MobileNetV1, (fvcore's total - mac - 49·1024) / 2


@pytest.mark.parametrize(
    ("name", "unit", "operation_count", "params"),
    [
        ("mult-adds", "Mult-Adds", MACS, 4_231_976),
        ("paper", "Mult-Adds", MACS, 4_209_088),
        # batch norm 2, ReLU 1 an element; the mean of 49 and the classifier's bias
        ("flops", "FLOPs", 2 * MACS + 3 * NORMED + 49 * 1024 + 1000, 4_231_976),
        ("flops-mac", "FLOPs", 2 * MACS, 4_231_976),
        ("keras", "Mult-Adds", MACS, 4_253_864),
    ],
)
def test_mobilenet_v1(name: str, unit: str, operation_count: int, params: int) -> None:
    convention = find_convention(name)
    projection = project(count(mobilenet_v1()), convention)
    assert projection.convention is convention
    assert convention.unit == unit
    assert (projection.operations, projection.params) == (operation_count, params)
    assert (projection.status, projection.missing) == ("complete", ())
    assert repr(projection) == f"<Projection {operation_count} {unit}, {params} params>"


@pytest.mark.parametrize("convention", CONVENTIONS, ids=lambda c: c.name)
def test_rows_and_layers_add_up(convention: object) -> None:
    chosen = next(c for c in CONVENTIONS if c is convention)
    analysis = count(mobilenet_v1(0.25, 128))
    whole = project(analysis, chosen)
    for parts in (analysis.layers, rows(analysis)):
        assert sum(operations(part, chosen) or 0 for part in parts) == whole.operations
        assert sum(parameters(part, chosen) for part in parts) == whole.params


def test_the_table_is_sound() -> None:
    assert DEFAULT.name == "mult-adds"
    assert len({convention.name for convention in CONVENTIONS}) == len(CONVENTIONS)
    for convention in CONVENTIONS:
        assert set(convention.weights) <= set(OPERATIONS)
        assert set(convention.params) <= set(PARAMETERS)
        assert convention.sentence.endswith(".")
        assert convention.source


def test_unknown_convention() -> None:
    with pytest.raises(InputError) as caught:
        find_convention("flop")
    assert str(caught.value) == ("error: unknown convention 'flop'\n hint: did you mean 'flops'?")


def test_conventions_do_not_mix() -> None:
    require_same("flops", "flops")
    with pytest.raises(InputError, match="counts under 'flops' cannot be compared"):
        require_same("paper", "flops")


def test_partial_for_every_convention_that_weighs_it() -> None:
    net = Net(8, 5, 5)
    net.conv("a", 8, tail=False)
    net.add(MYSTERY, "x")
    analysis = count(net.finish())
    for convention in CONVENTIONS:
        projection = project(analysis, convention)
        assert projection.status == "partial"
        assert [lack.name for lack in projection.missing] == ["x"]
        assert operations(analysis.layers[1], convention) is None
        assert is_partial(analysis.totals, convention)


def test_known_multiply_accumulates_with_an_unknown_rest() -> None:
    half = Op(
        "acme.Half",
        title="an operator with a known mac",
        cite="none",
        shape=same_shape,
        bind=bind_elements,
        counts={"mac": 3 * E},
        opaque="its activation is not known",
    )
    net = Net(2, 5, 5)
    net.add(half, "h")
    analysis = count(net.finish())
    macs, flops = project(analysis), project(analysis, find_convention("flops"))
    assert (macs.operations, macs.status) == (150, "complete")
    assert (flops.operations, flops.status) == (300, "partial")
    assert operations(analysis.layers[0], find_convention("flops")) == 300
    assert flops.missing[0].counts == ("add", "mul", "div", "cmp", "exp")
