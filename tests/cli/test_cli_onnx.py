"""`.onnx` files at the command line: sizes by name, lower bounds, twins, what does not apply."""

from __future__ import annotations

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

import flopcalc
from flopcalc.dim_values import parse, substitute

Run = Callable[..., Any]
GRAPHS = Path(__file__).parents[1] / "onnx_graph" / "graphs"
HEAD = '<ir_version: 10, opset_import: ["": 17, "acme": 1]>\n'
UNKNOWN = """
net (float[1, 8, 6, 6] x, float[4, 8, 1, 1] w) => (y) {
    [first] a = Conv (x, w)
    [odd] b = acme.Fancy (a)
    y = Relu (b)
}"""


def graph(name: str) -> str:
    return str(GRAPHS / f"{name}.onnx")


def micro(folder: Path, text: str, name: str = "net.onnx") -> str:
    onnx.save(onnx.parser.parse_model(HEAD + text), folder / name)
    return str(folder / name)


def data(run: Run, *arguments: str) -> Any:
    result = run(*arguments, "--json")
    assert result.code == 0, result.err
    return json.loads(result.out)


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


def test_alpha_is_that_of_the_wider_export(run: Run) -> None:
    """timm's MobileNetV1 of α = 1 made 1.25 times as wide is its MobileNetV1 of α = 1.25."""
    wide = data(run, "analyze", graph("mobilenetv1_100"), "--alpha", "1.25")
    exported = data(run, "analyze", graph("mobilenetv1_125"))

    assert wide["totals"]["mult_adds"] == exported["totals"]["mult_adds"] == 879_516_800
    assert wide["totals"]["params"] == exported["totals"]["params"]
    assert "hypothetical" in run("analyze", graph("mobilenetv1_100"), "--alpha", "1.25").out


@pytest.mark.parametrize(("alpha", "spec"), [("0.75", "0.75"), ("0.5", "0.5"), ("0.25", "0.25")])
def test_alpha_is_that_of_the_spec(run: Run, alpha: str, spec: str) -> None:
    graphs = data(run, "analyze", graph("mobilenetv1_100"), "--alpha", alpha)["totals"]

    assert (
        graphs["mult_adds"]
        == data(run, "analyze", f"mobilenet_v1@alpha={spec}")["totals"]["mult_adds"]
    )


@pytest.mark.parametrize("name", ["resnet50.ts", "googlenet.ts", "efficientnet_b0.ts", "vgg16.ts"])
def test_half_the_width_is_about_a_quarter_of_the_work(name: str) -> None:
    half = flopcalc.analyze(graph(name), alpha=0.5).totals
    whole = flopcalc.analyze(graph(name)).totals

    assert 0.2 < half.mult_adds / whole.mult_adds < 0.32
    assert flopcalc.analyze(graph(name), alpha=1.0).totals.mult_adds == whole.mult_adds


def test_alpha_names_the_node_where_widths_do_not_agree(run: Run) -> None:
    result = run("analyze", graph("shufflenet_v2_x1_0.ts"), "--alpha", "0.5")

    assert result.code == 2
    assert "--alpha does not propagate through 'stage2.0.Reshape'" in result.err
    assert "node '/stage2/stage2.0/Reshape' (Reshape)" in result.err


def test_one_dense_graph_against_its_separable_form(run: Run) -> None:
    found = data(run, "compare", graph("resnet50.ts"))
    shown = run("compare", graph("resnet50.ts")).out

    assert [m["totals"]["mult_adds"] for m in found["models"]] == [4_089_184_256, 2_457_435_648]
    jsonschema.validate(found, json.loads(run("schema", "comparison").out))
    assert "hypothetical, nobody trained it" in shown


def test_one_separable_graph_against_its_standard_form(run: Run) -> None:
    found = data(run, "compare", graph("mobilenetv1_100"))

    # 4,867,293,184 of the spec's rule
    assert [m["totals"]["mult_adds"] for m in found["models"]] == [4_867_293_184, 568_740_352]


def test_swaps_on_a_graph(run: Run) -> None:
    there = data(run, "analyze", graph("mobilenetv1_100"), "--swap", "sep=conv")
    back = data(run, "analyze", graph("vgg16.ts"), "--swap", "conv=sep")

    assert there["totals"]["mult_adds"] == 4_867_293_184
    assert there["scale"]["swap"] == {"sep": "conv"}
    assert back["totals"]["mult_adds"] == 1_986_267_136
    assert any("hypothetical" in note for note in back["notes"])


# comparing with a design


def test_an_export_that_departs_from_its_design(run: Run) -> None:
    result = run("compare", "resnet34", graph("resnet18.ts"), "--exit-code", "--by", "layer")

    assert result.code == 1
    assert "only in A" in result.out


def test_dims_bind_the_graph_of_a_comparison_alone(run: Run) -> None:
    arguments = ("mobilenet_v2", graph("mobilenet_v2.ts.dynbatch"))

    assert run("compare", *arguments, "--dim", "N=1", "--exit-code").code == 0
    assert run("compare", *arguments, "--exit-code").code == 1


# convert


@pytest.mark.parametrize(
    "name",
    [
        *("lenet5", "resnet18.ts", "resnet18.ts.bn", "squeezenet1_0.ts", "googlenet.ts"),
        *("mobilenetv1_100", "efficientnet_b0.ts", "shufflenet_v2_x1_0.ts", "unet_ct.ts"),
        *("vit_b_16.dyn", "bert_base.ts", "r3d_18.ts", "convnext_tiny.ts"),
    ],
)
def test_convert_keeps_the_numbers(run: Run, tmp_path: Path, name: str) -> None:
    spec = tmp_path / "net.yaml"
    made = run("convert", graph(name), "-o", str(spec))
    ours = data(run, "analyze", graph(name))
    theirs = data(run, "analyze", str(spec))

    assert made.code == 0, made.err
    assert theirs["totals"] == ours["totals"]
    again = run("convert", graph(name))
    assert again.out == spec.read_text(encoding="utf-8")


def test_convert_of_names_wants_values(run: Run) -> None:
    path = graph("mobilenet_v2.ts.dynbatch")
    refused, bound = run("convert", path), run("convert", path, "--dim", "N=1")

    assert refused.code == 2
    assert "--dim N=1" in refused.err
    assert bound.code == 0
    assert "g: 960" in bound.out


def test_convert_names_what_a_spec_cannot_say(run: Run, tmp_path: Path) -> None:
    alone = "net (float[1, 8, 6, 6] x) => (y) { [odd] y = acme.Fancy (x) }"
    result = run("convert", micro(tmp_path, alone))

    assert result.code == 2
    assert "node 'odd' (Fancy)" in result.err
    assert "a spec cannot say 'odd' (acme.Fancy)" in result.err
