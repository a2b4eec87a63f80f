"""Branches and loops: what is counted, how often, and what is said about it."""

from __future__ import annotations

from typing import Any

import onnx
import pytest
from micro import analyzed, counts, model, mult_adds, of, reasons, with_weights

from flopcalc.errors import ScaleError
from flopcalc.graph import Scale
from flopcalc.onnx_graph.model import OnnxModel
from flopcalc.onnx_graph.walker import BUG

IF = (
    "n (bool c, float[1,64] x) => (float y) {{ "
    "y = If(c) <then_branch = a () => (float[1,{t}] p) {{ p = MatMul(x, w) }},"
    " else_branch = b () => (float[1,{e}] q) {{ {other} }}> }}"
)


def branches(other: str, then: int = 32, els: int = 32) -> OnnxModel:
    return with_weights(IF.format(t=then, e=els, other=other), w=(64, 32), v=(64, 32), s=(64, 8))


def test_the_costlier_branch_is_counted_and_said_so() -> None:
    loaded = branches("h = MatMul(x, s)  i = Transpose<perm=[1,0]>(s)  q = MatMul(h, i)", els=64)
    analysis = analyzed(loaded)
    assert (analysis.totals.mult_adds, analysis.totals.status) == (64 * 32, "complete")
    (note,) = loaded.graph().notes
    assert note == "If_0: which branch runs is not known: counted as then_branch, the costlier one"
    assert [layer.name for layer in loaded.graph().layers] == ["If_0", "If_0.MatMul_0"]
    assert loaded.graph().outputs[0].shape == (1, 32)
    assert analysis.totals.params == 64 * 32 + 64 * 8  # what the other branch stores, too


def test_branches_that_cost_the_same_need_no_warning() -> None:
    loaded = branches("q = MatMul(x, v)")
    assert mult_adds(loaded) == 64 * 32
    assert loaded.graph().notes == ()
    assert loaded.graph().outputs[0].shape == (1, 32)


def test_branches_of_different_ranks_leave_the_shape_open() -> None:
    loaded = model(
        "n (float[N,1,8] x) => (float z) <int64 one = {1}, int64 i = {0}, int64[1] a = {0}> {"
        " s = Shape(x)  k = Gather(s, i)  c = Equal(k, one)  y = If(c) <"
        " then_branch = t () => (float p) { p = Squeeze(x, a) },"
        " else_branch = e () => (float q) { q = Identity(x) }>  z = Relu(y) }"
    )
    reason = "shape of 'y' unknown: the branches of 'If_3' give different shapes"
    assert reasons(loaded) == {"Relu_4": reason}
    made = loaded.graph(Scale(dims=(("N", 1),)))
    assert made.outputs[0].shape == (1, 8)


def test_a_note_is_said_once() -> None:
    branch = "y1 = If(g) <then_branch = a () => (float p) { p = MatMul(h, w) },"
    branch += " else_branch = b () => (float q) { q = Identity(h) }>"
    loaded = with_weights(
        "n (bool g, float[1,8] x) => (float y) <int64 m = {4}, bool t = {1}> {"
        " y = Loop(m, t, x) <body = b (int64 i, bool c, float[1,8] h) => (bool d, float y1)"
        f" {{ d = Identity(c)  {branch} }}> }}",
        w=(8, 8),
    )
    assert mult_adds(loaded) == 4 * 64
    (note,) = loaded.graph().notes
    assert note.startswith("Loop_0.If_1: which branch runs is not known")


def test_a_branch_that_cannot_be_counted_makes_the_sum_a_lower_bound() -> None:
    loaded = branches("q = MatMul(x, nowhere)")
    analysis = analyzed(loaded)
    assert analysis.totals.status == "partial"
    reason = "the other branch could not be counted: 'nowhere' is not defined"
    assert reasons(loaded) == {"If_0": reason}
    loaded = branches("q = nobody.Knows(x)")
    assert analyzed(loaded).totals.status == "partial"


def test_a_condition_that_shapes_decide_chooses_the_branch() -> None:
    text = (
        "n (float[{n},1,8] x) => (float y) <int64 one = {{1}}, int64 i = {{0}}, int64[1] a = {{0}}>"
        "{{ s = Shape(x)  k = Gather(s, i)  c = Equal(k, one)  y = If(c) <"
        "then_branch = a () => (float p) {{ p = Squeeze(x, a) }},"
        "else_branch = b () => (float q) {{ q = Identity(x) }}> }}"
    )
    for size, shape in ((1, (1, 8)), (3, (3, 1, 8))):
        made = model(text.format(n=size)).graph()
        assert made.outputs[0].shape == shape
        assert not made.notes
        assert not [layer for layer in made.layers if layer.op.name == "if"]


LOOP = (
    "n (float[1,64] x) => (float[1,64] y, float s) <int64 m = {{10}}, bool t = {{1}}> {{ {before} "
    "y, s = Loop({limit}, {cond}, x) <body = b (int64 i, bool c, float[1,64] h)"
    " => (bool d, float[1,64] k, float o) {{ d = Identity(c)  {body} }}> }}"
)
TEN = "k = MatMul(h, w)  o = Relu(k)"


def loop(body: str = TEN, limit: str = "m", cond: str = "t", before: str = "") -> OnnxModel:
    text = LOOP.format(body=body, limit=limit, cond=cond, before=before)
    return with_weights(text, w=(64, 64))


@pytest.mark.parametrize(("limit", "cond"), [("m", "t"), ("m", '""')])
def test_a_loop_of_10_matrix_products(limit: str, cond: str) -> None:
    loaded = loop(limit=limit, cond=cond)  # counting.md: 40,960
    made = loaded.graph()
    analysis = analyzed(loaded)
    assert (analysis.totals.mult_adds, analysis.totals.params) == (40_960, 4096)
    assert counts(made) == {"mac": 40_960, "cmp": 640}
    assert [layer.name for layer in made.layers] == ["Loop_0.MatMul_1", "Loop_0.Relu_2"]
    assert [layer.times for layer in made.layers] == [10, 10]
    assert [t.shape for t in made.outputs] == [(1, 64), (10, 1, 64)]


def test_rounds_that_a_size_gives() -> None:
    text = LOOP.format(
        body=TEN, limit="n", cond="t", before="q = Shape(z)  n = Gather(q, zero)"
    ).replace("(float[1,64] x)", "(float[1,64] x, float[T] z)")
    loaded = with_weights(text.replace("int64 m = {10}", "int64 zero = {0}"), w=(64, 64))
    assert str(mult_adds(loaded)) == "4096*T"
    assert mult_adds(loaded, dims=(("T", 10),)) == 40_960


ENDLESS = "most = Constant<value_int=9223372036854775807>()"


def test_rounds_that_only_a_run_can_tell() -> None:
    body = f"e = ReduceSum<keepdims=0>(h)  zero = Constant<value_float=0.0>() {TEN}"
    text = LOOP.format(body=body, limit="most", cond="t", before=ENDLESS)
    text = text.replace("d = Identity(c)", "").replace(
        "k = MatMul", "d = Greater(e, zero) k = MatMul"
    )
    loaded = with_weights(text, w=(64, 64))
    analysis = analyzed(loaded)
    assert (analysis.totals.mult_adds, analysis.totals.status) == (0, "partial")
    assert analysis.totals.params == 4096
    assert set(reasons(loaded).values()) == {
        "how often 'Loop_1' runs is not known: --trip Loop_1=10"
    }
    assert mult_adds(loaded, trips=(("Loop_1", 10),)) == 40_960
    assert analyzed(loaded, trips=(("Loop_1", 10),)).totals.status == "complete"
    with pytest.raises(ScaleError, match="no loop named 'Loop_2'") as raised:
        analyzed(loaded, trips=(("Loop_2", 10),))
    assert raised.value.hint == "did you mean 'Loop_1'?"


def test_a_loop_that_its_own_counter_ends() -> None:
    body = f"five = Constant<value_int=5>()  {TEN}"
    text = LOOP.format(body=body, limit="most", cond="t", before=ENDLESS)
    text = text.replace("d = Identity(c)", "").replace("k = MatMul", "d = Less(i, five) k = MatMul")
    loaded = with_weights(text, w=(64, 64))
    assert mult_adds(loaded) == 6 * 4096  # 0 to 5: the sixth round ends it
    assert loaded.graph().outputs[1].shape == (6, 1, 64)


def test_what_grows_from_round_to_round_is_counted_round_by_round() -> None:
    loaded = with_weights(
        "n (float[1,8] x) => (float y) <int64 m = {4}, bool t = {1}> {"
        " y = Loop(m, t, x) <body = b (int64 i, bool c, float[r,8] h)"
        " => (bool d, float[q,8] k) { d = Identity(c)  p = MatMul(h, w)"
        " k = Concat<axis=0>(h, p) }> }",
        w=(8, 8),
    )
    analysis = analyzed(loaded)
    assert analysis.totals.mult_adds == 64 * (1 + 2 + 4 + 8)
    assert analysis.totals.params == 64
    assert loaded.graph().outputs[0].shape == (16, 8)
    assert analysis.layers[0].name == "Loop_0.0.MatMul_1"


def test_no_rounds() -> None:
    made = loop(limit="none", before="none = Constant<value_int=0>()").graph()
    assert counts(made) == {}
    assert made.outputs[0].shape == (1, 64)
    assert made.outputs[1].shape == (0, 1, 64)


def test_loops_in_loops() -> None:
    inner = (
        "k, u = Loop(m, t, h) <body = f (int64 j, bool e, float[1,64] g)"
        " => (bool z, float[1,64] v, float u1) { z = Identity(e)  v = MatMul(g, w)"
        " u1 = Relu(v) }>  o = Relu(k)"
    )
    loaded = loop(body=inner)
    assert mult_adds(loaded) == 100 * 4096
    assert loaded.graph().outputs[1].shape == (10, 1, 64)


SCAN = (
    "n (float[1,64] h, float[7,1,32] x) => (float last, float all) {"
    " last, all = Scan<num_scan_inputs=1{more}, body = b (float[1,64] s, float[1,32] e)"
    " => (float[1,64] t, float[1,64] o) {"
    " p = MatMul(s, w)  q = MatMul(e, v)  t = Add(p, q)  o = Relu(t) }>(h, x) }"
)


def test_scan() -> None:
    loaded = with_weights(SCAN.replace("{more}", ""), w=(64, 64), v=(32, 64))
    assert mult_adds(loaded) == 7 * (64 * 64 + 32 * 64)
    assert [t.shape for t in loaded.graph().outputs] == [(1, 64), (7, 1, 64)]
    turned = SCAN.replace("{more}", ", scan_input_axes=[1], scan_output_axes=[2]")
    loaded = with_weights(turned.replace("[7,1,32]", "[1,7,32]"), w=(64, 64), v=(32, 64))
    assert mult_adds(loaded) == 7 * (64 * 64 + 32 * 64)
    assert loaded.graph().outputs[1].shape == (1, 64, 7)


def test_scan_of_version_8_has_a_batch() -> None:
    text = SCAN.replace("{more}", "").replace("(h, x) }", '("", h, x) }')
    text = text.replace("float[1,64] h, float[7,1,32] x", "float[2,1,64] h, float[2,7,1,32] x")
    message = onnx.parser.parse_model('<ir_version: 4, opset_import: ["": 8]>' + text)
    for name, shape in (("w", (64, 64)), ("v", (32, 64))):
        tensor = message.graph.initializer.add()
        tensor.name, tensor.data_type = name, 1
        tensor.dims.extend(shape)
    loaded = of(message)
    assert mult_adds(loaded) == 2 * 7 * (64 * 64 + 32 * 64)
    assert [t.shape for t in loaded.graph().outputs] == [(2, 1, 64), (2, 7, 1, 64)]


def test_sequence_map_runs_for_each_element() -> None:
    loaded = with_weights(
        "n (float[1,8] a, float[3,8] b) => (float y) { s = SequenceConstruct(a, b)"
        " m = SequenceMap(s) <body = g (float[r,8] e) => (float[r,4] f) { f = MatMul(e, w) }>"
        " y = ConcatFromSequence<axis=0>(m) }",
        w=(8, 4),
    )
    assert mult_adds(loaded) == 4 * 32
    assert analyzed(loaded).totals.params == 32


def test_hostile_nesting_ends() -> None:
    text = "k = MatMul(h, w)"
    for depth in range(12):
        text = (
            f"k = Loop(m, t, h) <body = b{depth} (int64 i, bool c, float[1,64] h)"
            f" => (bool d, float k) {{ d = Identity(c)  {text} }}>"
        )
    loaded = with_weights(
        "n (float[1,64] h) => (float k) <int64 m = {3}, bool t = {1}> { " + text + " }",
        w=(64, 64),
    )
    assert mult_adds(loaded) == 3**12 * 4096


def test_messages_of_malformed_bodies() -> None:
    found: dict[str, Any] = reasons(model("n (bool c) => (float y) { y = If(c) }"))
    assert found == {"If_0": "attribute 'then_branch' is not a graph"}
    found = reasons(model("n (float[2] x) => (float y) { y = Scan<num_scan_inputs=3>(x) }"))
    assert found == {"Scan_0": "attribute 'body' is not a graph"}


def test_loops_that_never_settle_end() -> None:
    text = "k = Concat<axis=0>(h, h)  z = nobody.Knows(h)"
    for depth in range(8):
        text = (
            f"k = Loop(m, t, h) <body = b{depth} (int64 i, bool c, float h)"
            f" => (bool d, float k) {{ d = Identity(c)  {text} }}>"
        )
    loaded = model(
        "n (float[1,2] h) => (float k) <int64 m = {1000}, bool t = {1}> { " + text + " }"
    )
    analysis = analyzed(loaded)
    assert analysis.totals.status == "partial"
    assert not [reason for reason in reasons(loaded).values() if reason.startswith(BUG)]
