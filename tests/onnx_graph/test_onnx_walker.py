"""Graphs as a whole: what is not known is said, one bad node fails alone, sizes are bound."""

from __future__ import annotations

from pathlib import Path

import onnx
import pytest
from micro import analyzed, graph, model, mult_adds, of, proto, reasons, with_weights

from flopcalc.dim_values import substitute
from flopcalc.errors import LimitError, ScaleError
from flopcalc.onnx_graph.model import load_onnx
from flopcalc.onnx_graph.walker import BUG

GRAPHS = Path(__file__).parent / "graphs"

# Mult-Adds of torchvision's models, published with their weights; resnet18.ts.bn keeps its norms
TRUTH = {
    "resnet18.ts": 1_814_073_344,
    "resnet18.dyn": 1_814_073_344,
    "resnet18.ts.bn": 1_814_073_344,
    "squeezenet1_0.ts": 818_924_576,
    "vgg16.ts": 15_470_264_320,
}


@pytest.mark.parametrize("name", TRUTH)
def test_real_graphs_are_exact(name: str) -> None:
    analysis = analyzed(load_onnx(str(GRAPHS / f"{name}.onnx")))
    assert (analysis.totals.mult_adds, analysis.totals.status) == (TRUTH[name], "complete")
    assert not analysis.uncounted
    assert not analysis.graph.warnings


def test_parameters_of_a_graph_with_its_norms_are_the_frameworks() -> None:
    analysis = analyzed(load_onnx(str(GRAPHS / "resnet18.ts.bn.onnx")))
    # torchvision publishes 11,689,512; 9,600 more are running means and variances
    assert analysis.totals.params == 11_689_512
    assert analysis.totals.params_by_kind["buffer"] == 9_600
    assert analysis.totals.params_by_kind["norm"] == 9_600


@pytest.mark.parametrize(
    ("name", "values", "wanted"),
    [
        ("mobilenet_v2.ts.dynbatch", {"N": 1}, 300_774_272),
        ("mobilenet_v2.ts.dynbatch", {"N": 8}, 2_406_194_176),
        ("mobilenet_v2.ts.dynhw", {"N": 1, "H": 224, "W": 224}, 300_774_272),
        ("mobilenet_v2.ts.dynhw", {"N": 2, "H": 160, "W": 192}, 369_287_680),
    ],
)
def test_named_sizes_stay_until_they_are_bound(
    name: str, values: dict[str, int], wanted: int
) -> None:
    loaded = load_onnx(str(GRAPHS / f"{name}.onnx"))
    total = mult_adds(loaded)
    assert substitute(total, values) == wanted
    assert mult_adds(loaded, dims=tuple(values.items())) == wanted
    if name.endswith("dynbatch"):
        assert str(total) == "300774272*N"


def test_names_of_layers_are_those_of_the_modules() -> None:
    for name in ("resnet18.ts", "resnet18.dyn"):
        made = load_onnx(str(GRAPHS / f"{name}.onnx")).graph()
        names = [layer.name for layer in made.layers if layer.op.name in ("conv", "fc")]
        assert names[0] == "conv1"
        assert names[-1] == "fc"
        assert "layer2.0.downsample.0" in names
        assert "layer4.1.conv2" in names


def test_an_operator_nobody_knows_is_named_and_not_a_number() -> None:
    text = "n (float[2,3] x) => (float y) { a = acme.Fancy(x)  y = Relu(a) }"
    message = proto(text)
    message.opset_import.append(onnx.helper.make_opsetid("acme", 1))
    analysis = analyzed(of(message))
    fancy, relu = analysis.uncounted
    assert (fancy.op, fancy.reason) == ("acme.Fancy", "no formula")
    assert (relu.op, relu.reason) == ("relu", "shape of 'a' unknown")
    assert relu.counts == ("cmp",)  # a ReLU has no Mult-Adds, whatever its size
    assert analysis.totals.status == "partial"


def test_an_unknown_shape_makes_a_layer_partial_never_0() -> None:
    loaded = with_weights(
        "n (float x) => (float y) { a = MatMul(x, w)  b = Transpose(x)  y = Conv(x, k) }",
        w=(4, 4),
        k=(8, 3, 3, 3),
    )
    analysis = analyzed(loaded)
    assert reasons(loaded) == {
        "MatMul_0": "shape of 'x' unknown",
        "Conv_2": "shape of 'x' unknown",
    }
    assert [cost.mult_adds for cost in analysis.layers] == [None, 0, None]
    assert analysis.totals.params == 16 + 216  # what is stored is known all the same


def test_what_the_file_says_of_a_shape_is_believed_where_nothing_else_is_known() -> None:
    message = proto("n (float[2,3] x) => (float[2,8] y) { a = acme.Fancy(x)  y = Relu(a) }")
    message.graph.value_info.append(onnx.helper.make_tensor_value_info("a", 1, [2, 8]))
    analysis = analyzed(of(message))
    assert [item.op for item in analysis.uncounted] == ["acme.Fancy"]
    assert analysis.totals.counts["cmp"] == 16


def test_one_bad_node_fails_alone() -> None:
    loaded = with_weights(
        "n (float[1,3,8,8] x) => (float y) { a = Conv(x, bad)  b = Conv(x, w)  y = Relu(b) }",
        bad=(8, 5, 3, 3),
        w=(8, 3, 3, 3),
    )
    assert list(reasons(loaded)) == ["Conv_0"]
    assert mult_adds(loaded) == 8 * 3 * 9 * 36
    layer = loaded.graph().layers[0]
    assert str(layer.where) == "micro.onnx: node 'Conv_0' (Conv)"


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("y = Col2Im(m, two, two)", "'m' has 2 axes, not 3"),
        ("y = DFT(x, two, one)", "'two' holds 2 numbers"),
        ("y = STFT(x, two, , one)", "'two' holds 2 numbers"),
    ],
)
def test_a_malformed_node_says_what_is_wrong(body: str, reason: str) -> None:
    stored = "int64[2] two = {4, 4}, int64 one = {1}"
    text = f"n (float[1,8,1] x, float[4,9] m) => (float y) <{stored}> {{ {body} }}"
    assert list(reasons(model(text, 20)).values()) == [reason]


def test_names_that_nothing_makes() -> None:
    loaded = model("n (float[2] x) => (float y) { y = Add(x, nowhere) }")
    assert reasons(loaded) == {"Add_0": "'nowhere' is not defined"}


def test_nodes_out_of_order_are_sorted_and_cycles_end() -> None:
    message = proto("n (float[2,4] x) => (float y) { a = MatMul(x, w)  y = Relu(a) }")
    message.graph.node.reverse()
    tensor = message.graph.initializer.add()
    tensor.name, tensor.data_type = "w", 1
    tensor.dims.extend((4, 4))
    loaded = of(message)
    assert not reasons(loaded)
    assert mult_adds(loaded) == 32
    loop = model("n (float[2] x) => (float y) { a = Add(x, y)  y = Relu(a) }")
    assert set(reasons(loop)) == {"Add_0", "Relu_1"}


def test_a_weight_used_twice_is_stored_once() -> None:
    made = graph(
        "n (float[2,4] x) => (float y) { a = MatMul(x, w)  b = MatMul(a, w)  y = MatMul(b, w) }",
        w=(4, 4),
    )
    assert [[param.id for param in layer.params] for layer in made.layers] == [["w"]] * 3
    loaded = with_weights(
        "n (float[2,4] x) => (float y) { a = MatMul(x, w)  y = MatMul(a, w) }", w=(4, 4)
    )
    analysis = analyzed(loaded)
    assert (analysis.totals.mult_adds, analysis.totals.params) == (64, 16)


@pytest.mark.parametrize(
    ("name", "shape", "params"),
    [
        ("gamma", (1,), 1),  # a learned scalar keeps its name
        ("val_12", (1,), 0),  # torch's names for numbers in the code
        ("val_12", (8,), 8),
        ("/attn/Constant_7_output_0", (1, 1), 0),
        ("onnx::Mul_12", (1,), 0),
    ],
)
def test_a_number_in_the_code_is_no_parameter(
    name: str, shape: tuple[int, ...], params: int
) -> None:
    node = onnx.helper.make_node("Mul", ["x", name], ["y"])
    x, y = (onnx.helper.make_tensor_value_info(n, 1, [2, 8]) for n in "xy")
    number = onnx.TensorProto(
        name=name, dims=shape, data_type=1, data_location=onnx.TensorProto.EXTERNAL
    )
    loaded = of(onnx.helper.make_model(onnx.helper.make_graph([node], "n", [x], [y], [number])))

    assert analyzed(loaded).totals.params == params


def test_a_scalar_spread_out_to_a_bias_is_no_parameter() -> None:
    loaded = with_weights(
        "n (float[1,3,8,8] x) => (float y) <float zero = {0}, int64[1] k = {4}> {"
        " b = Expand(zero, k)  y = Conv(x, w, b) }",
        w=(4, 3, 3, 3),
    )
    assert analyzed(loaded).totals.params == 4 * 3 * 9


def test_initializers_that_are_inputs_too_are_no_inputs() -> None:
    message = proto("n (float[2,4] x, float[4,4] w) => (float y) { y = MatMul(x, w) }")
    tensor = message.graph.initializer.add()
    tensor.name, tensor.data_type = "w", 1
    tensor.dims.extend((4, 4))
    made = of(message).graph()
    assert [t.shape for t in made.inputs] == [(2, 4)]
    assert made.layers[0].op.kind == "fc"


def test_local_functions_are_counted_under_their_call() -> None:
    message = onnx.parser.parse_model(
        '<ir_version: 10, opset_import: ["": 17, "local": 1]>'
        "n (float[2,4] x, float[4,4] w) => (float y) { a = local.twice<axis=1>(x, w) y = Relu(a) }"
        '<domain: "local", opset_import: ["": 17]>'
        "twice<axis> (p, q) => (r) { s = MatMul(p, q)  t = MatMul(s, q)  "
        "u = Flatten<axis: int = @axis>(t)  r = Relu(u) }"
    )
    loaded = of(message)
    assert mult_adds(loaded) == 64
    names = [layer.name for layer in loaded.graph().layers]
    assert names == [
        f"twice_0.{part}" for part in ("MatMul_0", "MatMul_1", "Flatten_2", "Relu_3")
    ] + ["Relu_1"]


def test_functions_that_call_themselves_end() -> None:
    message = onnx.parser.parse_model(
        '<ir_version: 10, opset_import: ["": 17, "local": 1]>'
        "n (float[2,4] x) => (float y) { y = local.f(x) }"
        '<domain: "local", opset_import: ["": 17, "local": 1]>'
        "f (p) => (r) { r = local.f(p) }"
    )
    (reason,) = reasons(of(message)).values()
    assert reason == "functions call one another more than 30 deep"


RESHAPED = (
    "n (float[1,3,8,8] x) => (float y) <int64[2] s = {1, 192}>"
    "{ a = Relu(x)  b = Reshape(a, s)  y = Relu(b) }"
)


def test_another_resolution_or_shape() -> None:
    loaded = load_onnx(str(GRAPHS / "resnet18.ts.onnx"))
    # 64·3·49·80² + …: as the same network is counted at 160 px with names for its sizes
    small = mult_adds(loaded, res=(160, 160))
    free = load_onnx(str(GRAPHS / "mobilenet_v2.ts.dynhw.onnx"))
    assert small == mult_adds(loaded, inputs=(("input", (1, 3, 160, 160)),))
    assert small < TRUTH["resnet18.ts"]
    wanted = substitute(mult_adds(free), {"N": 1, "H": 160, "W": 192})
    assert mult_adds(free, res=(160, 192), dims=(("N", 1),)) == wanted


@pytest.mark.parametrize(
    ("scale", "message"),
    [
        ({"res": (16, 16)}, "resolution 16x16 does not fit this graph: 1×3×16×16 cannot be"),
        ({"inputs": (("z", (1,)),)}, "no input named 'z'"),
        ({"inputs": (("x", (1,)),)}, "1 sizes for input 'x' of 4 dimensions"),
        ({"inputs": (("x", (1, 3, -8, 8)),)}, "a negative size for input 'x'"),
        ({"dims": (("N", 1),)}, "no dimension named 'N'"),
        ({"alpha": 0.5}, "--alpha does not apply to an exported graph"),
    ],
)
def test_what_a_graph_forbids(scale: dict[str, object], message: str) -> None:
    with pytest.raises(ScaleError, match=message):
        mult_adds(model(RESHAPED), **scale)


def test_the_node_that_forbids_a_size_is_named() -> None:
    with pytest.raises(ScaleError) as raised:
        mult_adds(model(RESHAPED), res=(16, 16))
    assert str(raised.value.where) == "micro.onnx: node 'Reshape_1' (Reshape)"


def test_sizes_without_a_name_are_called_after_their_input() -> None:
    loaded = model("n (float[?,4] x) => (float y) { y = Relu(x) }")
    assert str(loaded.graph().inputs[0].shape[0]) == "x_0"
    made = analyzed(loaded, dims=(("x_0", 3),))
    assert made.totals.counts["cmp"] == 12


def test_the_model_says_what_it_is() -> None:
    loaded = model("n (float[2] x) => (float y) { y = Relu(x) }")
    assert (loaded.name, loaded.path, loaded.cite) == ("micro", "micro.onnx", "")
    assert [tensor.shape for tensor in loaded.graph().outputs] == [(2,)]


def test_graphs_that_grow_without_end_are_cut_off() -> None:
    squares = "".join(f"a{i + 1} = Mul(a{i}, a{i})  " for i in range(60))
    outer = "".join(
        f"r{i} = Flatten<axis=0>(x{i})  c{i} = Transpose(r{i})  x{i + 1} = Add(r{i}, c{i})  "
        for i in range(40)
    )
    ranks = "".join(f"u{i + 1} = Unsqueeze(u{i}, many)  " for i in range(9))
    listed = ", ".join(map(str, range(100)))
    loaded = model(
        f"n (float[2,2] x0, float[2] u0) => (float y) <int64[1] a0 = {{7}}, "
        f"int64[100] many = {{{listed}}}> {{ {squares}{outer}{ranks} "
        "z = Reshape(x0, a60)  y = Relu(z) }"
    )
    found = set(reasons(loaded).values())
    assert "a tensor of more than 2^63 elements" in found
    assert "the content of 'a60' is not known" in found
    assert not any(reason.startswith(BUG) for reason in found)


def test_functions_that_double_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("flopcalc.onnx_graph.walker.MAX_NODES", 10_000)
    bodies = "".join(
        f'<domain: "l", opset_import: ["": 17, "l": 1]> f{i} (p) => (r) '
        f"{{ q = l.f{i + 1}(p)  r = l.f{i + 1}(q) }}"
        for i in range(28)
    )
    message = onnx.parser.parse_model(
        '<ir_version: 10, opset_import: ["": 17, "l": 1]> n (float[2] x) => (float y)'
        f'{{ y = l.f0(x) }} {bodies} <domain: "l", opset_import: ["": 17]>'
        "f28 (p) => (r) { r = Identity(p) }"
    )
    with pytest.raises(LimitError, match="more than 10,000 nodes"):
        of(message).graph()
