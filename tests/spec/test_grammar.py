"""What the keys of a file and of a step mean, and how else they may be written."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from flopcalc.graph import Scale
from flopcalc.spec.model import SpecModel, load_spec

Load = Callable[[str], SpecModel]
Shapes = Callable[..., list[str]]


def one(step: str, input_: str = "32x32x8") -> list[str]:
    graph = load_spec(f"flopcalc: 1\ninput: {input_}\nbody:\n  - {step}\n", "net.yaml").graph()
    return [f"{layer.op.kind} {layer.outputs[0].text()}" for layer in graph.layers]


@pytest.mark.parametrize(
    ("written", "text", "axes"),
    [
        ("224x192x3", "224×192×3", "nchw"),
        ("16x112x112x3", "16×112×112×3", "ncdhw"),
        ("16000x1", "16000×1", "ncl"),
        ("{c: 12}", "12", "nc"),
        ("{tokens: 128}", "128", "nl"),
    ],
)
def test_inputs(written: str, text: str, axes: str) -> None:
    graph = load_spec(f"flopcalc: 1\ninput: {written}\nbody: []\n", "net.yaml").graph()
    (x,) = graph.inputs
    assert (x.text(), x.axes) == (text, axes)
    assert graph.outputs == (x,)  # no step: the network is the identity


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("{conv: 16, k: 3}", "{k: 3, conv: 16}"),
        ("{conv: 16, k: 3}", "{conv, out: 16, k: 3}"),
        (
            "{conv: 16, k: 3, s: 2, d: 2, g: 4}",
            "{conv: 16, kernel: 3, stride: 2, dilation: 2, groups: 4}",
        ),
        ("relu", "{relu}"),
        ("relu", "{relu: ~}"),
        ("{dw: 3, s: 2}", "{dw, s: 2}"),
        ("{dw: 3, s: ~}", "{dw: 3}"),
        ("{conv: 16, k: 3, when: true}", "{conv: 16, k: 3}"),
        ("{conv: 16, k: 3, note: as in the paper}", "{conv: 16, k: 3}"),
        ("{conv: 16, k: [3, 3]}", "{conv: 16, k: 3}"),
        ("{conv: 16, k: 3, padding: [[1, 1], [1, 1]]}", "{conv: 16, k: 3, padding: 1}"),
        ("{conv: 16, k: 3, padding: [1, 1]}", "{conv: 16, k: 3, padding: half}"),
        ("{conv: 16, k: 3, bias: auto}", "{conv: 16, k: 3}"),
        ("{relu, repeat: 3}", "{seq: [relu, relu, relu]}"),
        ("{add: [[{pw: 8}], {pw: 8}]}", "{add: [[{pw: 8}], [{pw: 8}]]}"),
        ("{table: pw, cols: [out, g], rows: [[16, 2]]}", "{pw: 16, g: 2}"),
        ("{table: pw, cols: [out, groups], rows: [[16, 2]]}", "{pw: 16, g: 2}"),
        ("{table: pw, cols: [out, g], rows: [[16, ~]]}", "{pw: 16}"),
        ("{table: relu, cols: [], rows: [[], []]}", "{relu, repeat: 2}"),
        ("{pw: 2 * 8}", "{pw: 16}"),
        ("{activation: gelu}", "gelu"),
    ],
)
def test_two_ways_to_write_it(a: str, b: str) -> None:
    assert one(a) == one(b) != []


def test_what_a_file_declares_wins(shapes: Shapes) -> None:
    """A block over an op, a parameter over a step's key and over an implicit name."""
    found = shapes("""
        flopcalc: 1
        input: 8x8x4
        blocks:
          sep:
            params: {out: channels, name: 1, kernel: 1, ch: 5}
            body: [{conv: ch * name, k: kernel}]
        body: [{sep: 16, name: 3, kernel: 5}]
    """)
    assert found == ["sep1.conv1 8×8×15"]


def test_when_false_is_the_identity(shapes: Shapes) -> None:
    text = """
        flopcalc: 1
        input: 8x8x4
        body: [{pw: 8, when: ch == 3, name: a}, {pw: 4}, {add: a}]
    """
    assert shapes(text) == ["pw1 8×8×4", "add1 8×8×4"]


def test_repeat_counts_its_copies(shapes: Shapes) -> None:
    text = """
        flopcalc: 1
        input: 8x8x1
        body:
          - {seq: [{pw: 2 ** i, repeat: 2}, {pw: 10 + i}], repeat: 2}
          - {pw: 8, repeat: 0}
    """
    assert [row.rpartition("×")[2] for row in shapes(text)] == ["1", "2", "10", "1", "2", "11"]


def test_first_copy(shapes: Shapes) -> None:
    text = """
        flopcalc: 1
        input: 32x32x4
        body:
          - {conv: 8, k: 3, repeat: 3, first: {stride: 2, k: 5}}
          - {table: dw, cols: [k, repeat, first.s], rows: [[3, 2, 2], [3, 1, ~]]}
    """
    sides = [row.split()[1].partition("×")[0] for row in shapes(text)]
    assert sides == ["16", "16", "16", "8", "8", "8"]


def test_default_of_a_parameter_sees_those_before_it(shapes: Shapes) -> None:
    text = """
        flopcalc: 1
        input: 8x8x4
        vars: {t: 2}
        blocks: {b: {params: {out: channels, mid: t * out, deep: mid + in}, body: [{pw: deep}]}}
        body: [{b: 16}, {b: 16, mid: 1}]
    """
    assert shapes(text) == ["b1.pw1 8×8×36", "b2.pw1 8×8×37"]


def test_several_inputs_and_outputs(load: Load) -> None:
    graph = load("""
        flopcalc: 1
        inputs: {left: 8x8x4, right: 8x8x4, meta: {c: 3}}
        blocks: {b: {body: [{pw: 2, name: mid}, {pw: 3}]}}
        body:
          - {add: right, name: sum}
          - {b, name: tail}
          - {fc: 5, from: meta, name: side}
        outputs: [tail.mid, side, left]
    """).graph()
    assert [y.text() for y in graph.outputs] == ["8×8×2", "5", "8×8×4"]
    assert [x.text() for x in graph.inputs] == ["8×8×4", "8×8×4", "3"]


def test_shape_is_asserted_for_the_file_as_it_stands(load: Load) -> None:
    model = load("flopcalc: 1\ninput: 8x8x4\nbody: [{pw: 8, s: 2, shape: 4x4x8}]")
    assert model.graph().outputs[0].text() == "4×4×8"
    assert model.graph(Scale(res=(16, 16))).outputs[0].text() == "8×8×8"


def test_cite_note_name() -> None:
    model = load_spec("flopcalc: 1\ncite: here\nnote: x\ninput: 8x8x4\nbody: []\n", "dir/net.yaml")
    assert (model.name, model.cite, model.path, model.spec.note) == (
        "net",
        "here",
        "dir/net.yaml",
        "x",
    )


def test_tied_weights_are_stored_once(load: Load) -> None:
    graph = load("""
        flopcalc: 1
        input: {tokens: 8}
        body:
          - {embed: 16, vocab: 100, name: emb}
          - {fc: 16, act: relu, name: hidden}
          - {fc: 100, tied: emb}
          - {fc: 16}
          - {fc: 16, bias: false, tied: hidden}
    """).graph()
    ids = {p.id: p.elements for layer in graph.layers for p in layer.params}
    assert ids == {
        "emb.weight": 1600,
        "hidden.weight": 256,
        "hidden.bias": 16,
        "fc1.bias": 100,
        "fc2.weight": 1600,
        "fc2.bias": 16,
    }
