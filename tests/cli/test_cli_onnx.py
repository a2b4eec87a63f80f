"""`.onnx` files at the command line: sizes by name, lower bounds, twins, what does not apply."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import onnx
import onnx.parser
import pytest
from graph_files import HEAD, data, graph, micro

from flopcalc.dim_values import parse, substitute

Run = Callable[..., Any]
UNKNOWN = """
net (float[1, 8, 6, 6] x, float[4, 8, 1, 1] w) => (y) {
    [first] a = Conv (x, w)
    [odd] b = acme.Fancy (a)
    y = Relu (b)
}"""


# counted in a run of each model by PyTorch; torchvision prints the same in billions
@pytest.mark.parametrize(
    ("name", "mult_adds", "weights"),
    [
        ("resnet18.ts", 1_814_073_344, 11_678_912),
        ("resnet50.ts", 4_089_184_256, 25_502_912),
        ("vgg16.ts", 15_470_264_320, 138_344_128),
        ("alexnet.ts", 714_188_480, 61_090_496),
        ("efficientnet_b0.ts", 385_814_752, None),
        ("mobilenet_v3_small", 56_510_400, None),
        ("googlenet.ts", 1_498_376_192, None),
    ],
)
def test_totals(run: Run, name: str, mult_adds: int, weights: int | None) -> None:
    totals = data(run, "analyze", graph(name))["totals"]

    assert totals["mult_adds"] == mult_adds
    if weights is not None:
        assert totals["params_by_kind"]["weight"] == weights


def test_the_first_screen(run: Run) -> None:
    result = run("analyze", graph("resnet18.ts"))

    assert "layer2.0.downsample.0  pointwise" in result.out
    assert "exactly 1,814,073,344 Mult-Adds and 11,684,712 parameters" in result.out
    assert "20 convolutions have a batch norm folded in by the exporter" in result.out
    assert "19 more layers without cost" in result.out
    assert result.err == ""


def test_a_norm_that_stands_is_not_said_to_be_folded(run: Run) -> None:
    kept = run("analyze", graph("resnet18.ts.bn"))

    assert "folded" not in kept.out
    assert "11,689,512 parameters" in kept.out  # torchvision's


def test_a_graph_without_weights_loads_without_onnx() -> None:
    program = (
        "import sys\nfrom flopcalc.cli.main import main\n"
        f"try:\n    main(['analyze', {graph('resnet18.ts')!r}, '-f', 'csv'])\n"
        "except SystemExit as end:\n    assert not end.code\n"
        "print([m for m in ('onnx', 'numpy', 'google.protobuf') if m in sys.modules])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60
    )

    assert done.stdout.splitlines()[-1] == "[]"


def test_a_spec_loads_without_the_reader() -> None:
    program = (
        "import sys\nfrom flopcalc.cli.main import main\n"
        "try:\n    main(['analyze', 'mobilenet_v1', '-f', 'csv'])\n"
        "except SystemExit as end:\n    assert not end.code\n"
        "print([m for m in sys.modules if 'onnx' in m or m == 'flopcalc.dim'])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60
    )

    assert done.stdout.splitlines()[-1] == "[]"


# named dimensions


def test_a_batch_without_a_value_stays_a_name(run: Run) -> None:
    result = run("analyze", graph("mobilenet_v2.ts.dynbatch"))

    assert "300774272*N" in result.out
    assert "--dim N=1 gives values" in result.out
    assert "N×112×112×32" in result.out


def test_symbolic_json_has_null_and_the_expression(run: Run) -> None:
    found = data(run, "analyze", graph("mobilenet_v2.ts.dynhw"))
    schema = json.loads(run("schema", "analysis").out)

    jsonschema.validate(found, schema)
    assert found["status"] == "complete"
    assert found["totals"]["mult_adds"] is None
    expression = parse(found["totals"]["symbolic"]["mult_adds"])
    assert substitute(expression, {"N": 1, "H": 224, "W": 224}) == 300_774_272
    parts = [
        parse(layer["symbolic"]["mult_adds"]) if "symbolic" in layer else layer["mult_adds"]
        for layer in found["layers"]
    ]
    assert sum(parts) == expression
    assert found["layers"][0]["in"] == [["N", 3, "H", "W"]]


@pytest.mark.parametrize(
    ("arguments", "mult_adds"),
    [
        (["--dim", "N=1"], 300_774_272),
        (["--dim", "N=4"], 4 * 300_774_272),
        (["--input", "input=2x3x224x224"], 2 * 300_774_272),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_sizes_are_given(run: Run, arguments: list[str], mult_adds: int) -> None:
    found = data(run, "analyze", graph("mobilenet_v2.ts.dynbatch"), *arguments)

    assert found["totals"]["mult_adds"] == mult_adds
    assert "symbolic" not in found["totals"]


def test_sizes_stand_in_the_title_and_after_the_at(run: Run) -> None:
    name = graph("mobilenet_v2.ts.dynhw")
    option = run("analyze", name, "--dim", "N=1,H=192", "--dim", "W=192", "--quiet")
    suffix = run("analyze", f"{name}@N=1,H=192,W=192", "--quiet")

    assert "input 192×192×3 · N = 1 · H = 192 · W = 192" in option.out
    assert option.out == suffix.out


def test_the_resolution_of_a_fixed_graph(run: Run) -> None:
    asked = data(run, "analyze", graph("resnet18.ts"), "--res", "192")["totals"]["mult_adds"]

    assert asked == data(run, "analyze", "resnet18", "--res", "192")["totals"]["mult_adds"]


@pytest.mark.parametrize(
    ("arguments", "says", "hint"),
    [
        (["--res", "192"], "node '/classifier/classifier.0/Gemm' (Gemm)", "export it at that size"),
        (["--rho", "0.5"], "--rho does not apply to an exported graph", "--res 192"),
        (["--depth-scale", "2"], "--depth-scale does not apply", "exported with"),
        (["--len", "9"], "--len does not apply", "--dim"),
        (["--batch", "2"], "--batch does not apply", "--dim N=8"),
        (["--variant", "x"], "--variant does not apply", "a file of its own"),
        (["--set", "x=1"], "--set does not apply", "--dim N=1"),
        (["--dim", "N=1"], "no dimension named 'N'", "all numbers"),
        (["--dim", "N"], "'N' is not name=value", ""),
        (["--dim", "N=x"], "'N=x' is not name=integer", ""),
        (["--input", "y=1x3x9x9"], "no input named 'y'", ""),
        (["--input", "input.1=axb"], "'axb' is no shape", "1x3x192x192"),
        (["--swap", "conv=x"], "--swap conv=x does not apply", "sep"),
        (["--swap", "sep=conv"], "has no depthwise separable pair", "--by kind"),
        (["--alpha", "-1"], "is no width multiplier", "0.75"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_does_not_apply(run: Run, arguments: list[str], says: str, hint: str) -> None:
    result = run("analyze", graph("vgg16.ts"), *arguments)

    assert result.code == 2
    assert says in result.err
    assert hint in result.err


def test_named_sizes_are_not_for_specs(run: Run) -> None:
    result = run("analyze", "mobilenet_v1", "--dim", "N=1")

    assert result.code == 2
    assert "--dim, --input and --trip are for exported graphs" in result.err


@pytest.mark.parametrize("name", ["net.onnxtxt", "net.textproto", "net.json"])
def test_graphs_in_text(run: Run, tmp_path: Path, name: str) -> None:
    text = "net (float[1, 8, 6, 6] x, float[4, 8, 1, 1] w) => (y) { y = Conv (x, w) }"
    path = tmp_path / name
    onnx.save(onnx.parser.parse_model(HEAD + text), path)

    assert data(run, "analyze", str(path))["totals"]["mult_adds"] == 8 * 4 * 36


def test_a_size_that_a_node_forbids(run: Run, tmp_path: Path) -> None:
    text = "net (float[N, 6] x) => (y) <int64[2] s = {3, 4}> { [cut] a = Reshape (x, s)"
    path = micro(tmp_path, text + " b = Transpose (a) c = Relu (b) y = MatMul (c, a) }")
    fitting, wrong = run("analyze", path, "--dim", "N=2"), run("analyze", path, "--dim", "N=5")

    assert fitting.code == 0
    assert wrong.code == 2
    assert "node 'cut' (Reshape)" in wrong.err
    assert "N = 5 does not fit this graph: 5×6 cannot be reshaped to 3×4" in wrong.err


def test_a_node_that_is_wrong_anyway_costs_only_its_own_counts(run: Run, tmp_path: Path) -> None:
    text = "net (float[N, 6] x, float[2, 6] z) => (y, q) <int64[2] s = {3, 5}> {"
    text += " [cut] a = Reshape (z, s)  b = Transpose (a)  q = MatMul (b, z)  y = Relu (x) }"
    result = run("analyze", micro(tmp_path, text), "--dim", "N=5")

    assert result.code == 0
    assert "2×6 cannot be reshaped to 3×5, in 'cut'" in result.out


def test_what_may_be_named(run: Run) -> None:
    dim = run("analyze", graph("mobilenet_v2.ts.dynbatch"), "--dim", "Q=1")
    loop = run("analyze", graph("mobilenet_v2.ts.dynbatch"), "--trip", "Q=1")

    assert "hint: one of: N" in dim.err
    assert "there is no loop in this graph" in loop.err


def test_a_compressed_graph_is_named_as_such(run: Run, tmp_path: Path) -> None:
    packed = tmp_path / "net.onnx.gz"
    packed.write_bytes(gzip.compress(Path(graph("lenet5")).read_bytes()))
    result = run("analyze", str(packed))

    assert result.code == 2
    assert "compressed by gzip" in result.err
    assert "gunzip" in result.err


# what is not counted


def test_a_lower_bound_says_what_it_lacks(run: Run, tmp_path: Path) -> None:
    path = micro(tmp_path, UNKNOWN)
    plain, strict = run("analyze", path), run("analyze", path, "--strict")

    assert plain.code == 0
    assert strict.code == 3
    assert "≥ 1,152 Mult-Adds" in plain.out
    assert "warning: not counted: odd (acme.Fancy): no formula" in plain.out
    found = data(run, "analyze", path)
    assert found["status"] == "partial"
    jsonschema.validate(found, json.loads(run("schema", "analysis").out))
    assert ("odd", "acme.Fancy") in [(u["name"], u["op"]) for u in found["uncounted"]]


def test_a_name_is_complete_for_strict(run: Run) -> None:
    assert run("analyze", graph("mobilenet_v2.ts.dynbatch"), "--strict").code == 0


def test_explain_what_is_not_counted(run: Run, tmp_path: Path) -> None:
    result = run("explain", micro(tmp_path, UNKNOWN), "odd")

    assert result.code == 0
    assert "not counted: no formula" in result.out


def test_explain_with_names(run: Run) -> None:
    result = run("explain", graph("mobilenet_v2.ts.dynbatch"), "features.1.conv.0.0")

    assert "= N·3·3·32·112·112" in result.out
    assert "= 3612672*N" in result.out
    found = data(run, "explain", graph("mobilenet_v2.ts.dynbatch"), "features.1.conv.0.0")
    jsonschema.validate(found, json.loads(run("schema", "explanation").out))
    assert found["layers"][0]["counts"]["mac"]["symbolic"] == "3612672*N"


# bytes


@pytest.mark.parametrize(
    ("name", "arguments", "weights"),
    [
        ("resnet18.ts", (), 4 * 11_684_712),
        ("resnet18.fp16", (), 2 * 11_684_712),
        ("resnet18.ts", ("--dtype", "fp16"), 2 * 11_684_712),
        ("resnet18.ts", ("--dtype", "int8"), 11_684_712),
    ],
)
def test_weight_bytes(run: Run, name: str, arguments: tuple[str, ...], weights: int) -> None:
    assert data(run, "analyze", graph(name), *arguments)["memory"]["weight_bytes"] == weights


def test_activation_bytes_are_what_rows_hand_on(run: Run) -> None:
    path = graph("lenet5")
    found = data(run, "analyze", path)["memory"]["activation_bytes"]
    # conv 6×28², pool 6×14², conv 16×10², pool 16×5², fc 120, 84, 10: four bytes each
    assert found == 4 * (6 * 784 + 6 * 196 + 1600 + 400 + 120 + 84 + 10)
    table = run("analyze", path, "--columns", "name,weight_bytes,activation_bytes").out
    assert "241.0" in table  # KiB of weights: 61,706 floats
    assert run("analyze", path, "--dtype", "fp17").code == 2


# other networks than the one in the file
