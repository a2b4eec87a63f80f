"""`flopcalc.testing`, as a user's test suite calls it."""

from __future__ import annotations

import doctest
from pathlib import Path

import pytest

from flopcalc import InputError, load, testing
from flopcalc.testing import assert_budget


def test_budgets_that_hold() -> None:
    assert_budget("mobilenet_v1", mult_adds="<=568740352", params="<=4231976")
    assert_budget("mobilenet_v1", mult_adds=568_740_352)
    assert_budget("mobilenet_v1", mult_adds="568.8M", params="==4.2M")
    assert_budget("mobilenet_v1", mult_adds="< 568740353")
    assert_budget("mobilenet_v1", weight_bytes="<=16.3MiB")
    assert_budget(load("mobilenet_v1"), alpha=0.75, res=192, mult_adds="<=240M")
    assert_budget(Path("specs/mobilenet_v1.yaml").resolve(), mult_adds="569M")


@pytest.mark.parametrize(
    ("limits", "says"),
    [
        ({"mult_adds": "<=568740351"}, "568,740,352 Mult-Adds, where <=568740351 was asked for, 1"),
        ({"mult_adds": "<568740352"}, "where <568740352 was asked for"),
        ({"params": "==4.3M"}, "4,231,976 params, where ==4.3M was asked for"),
        (
            {"weight_bytes": "16MiB"},
            "17,015,456 weight bytes, where <=16MiB was asked for, 238,240",
        ),
        ({"mult_adds": 1, "params": 1}, "4,231,975 too many"),
    ],
)
def test_a_failure_shows_the_heaviest_layers(limits: dict[str, str | int], says: str) -> None:
    with pytest.raises(AssertionError) as caught:
        assert_budget("mobilenet_v1", **limits)  # type: ignore[arg-type]  # limits and no knobs
    text = str(caught.value)

    assert says in text
    assert "the heaviest of 28 layers:" in text
    heaviest = "conv4.pw" if "mult_adds" in limits else "conv10.pw"
    assert text.partition("layers:\n")[2].lstrip().startswith(heaviest)


@pytest.mark.parametrize("limit", ["250X", "+1%", "5%", ""])
def test_wrong_limits(limit: str) -> None:
    with pytest.raises(InputError):
        assert_budget("mobilenet_v1", mult_adds=limit)
    with pytest.raises(InputError, match="no limit to assert"):
        assert_budget("mobilenet_v1")


def test_an_incomplete_count_fails_below_its_limit(tmp_path: Path) -> None:
    """384 Mult-Adds are known of an ONNX file with a node that nobody can count."""
    from onnx import TensorProto, helper

    image = helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 3, 4, 4])
    out = helper.make_tensor_value_info("z", TensorProto.FLOAT, [1, 8, 4, 4])
    weight = helper.make_tensor("w", TensorProto.FLOAT, [8, 3, 1, 1], [0.0] * 24)
    nodes = [
        helper.make_node("Conv", ["x", "w"], ["y"], name="first"),
        helper.make_node("Fancy", ["y"], ["z"], name="thing", domain="acme"),
    ]
    graph = helper.make_graph(nodes, "main", [image], [out], [weight])
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid("acme", 1)]
    path = tmp_path / "net.onnx"
    path.write_bytes(helper.make_model(graph, opset_imports=opsets).SerializeToString())

    with pytest.raises(AssertionError, match="the Mult-Adds are incomplete: thing"):
        assert_budget(path, mult_adds="1G")
    with pytest.raises(AssertionError, match="at least 384 Mult-Adds"):
        assert_budget(path, mult_adds="383")
    assert_budget(path, params="24")


def test_the_example_holds() -> None:
    assert doctest.testmod(testing).failed == 0
    assert doctest.testmod(testing).attempted == 2


def test_a_count_with_names_has_no_heaviest_layers() -> None:
    """What is not known is not 0 and 0.00 %."""
    with pytest.raises(AssertionError) as caught:
        assert_budget("tests/onnx_graph/graphs/mobilenet_v2.ts.dynbatch.onnx", mult_adds="1G")
    assert str(caught.value).endswith("Mult-Adds are 300774272*N: its names want values")


def test_a_graph_has_nodes_and_no_lines() -> None:
    with pytest.raises(AssertionError) as caught:
        assert_budget("tests/onnx_graph/graphs/lenet5.onnx", mult_adds="1k")
    lines = str(caught.value).splitlines()
    assert lines[2] == "the heaviest of 5 layers:"
    assert lines[3].split()[0] == "3"
    assert lines[3].endswith(
        "240,000  57.62 %  tests/onnx_graph/graphs/lenet5.onnx: node '/3/Conv' (Conv)"
    )
    assert len({line.index(" → ") for line in lines[3:5]}) == 1
