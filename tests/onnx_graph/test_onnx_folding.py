"""What is known before a run: contents, against onnx's own evaluator, and sizes with names."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from micro import model, proto
from onnx.reference import ReferenceEvaluator

from flopcalc.dim_values import substitute
from flopcalc.onnx_graph.read import read_bytes
from flopcalc.onnx_graph.scope import Scope
from flopcalc.onnx_graph.values import Value
from flopcalc.onnx_graph.walker import Walker

# bodies that make `y` of constants; those of other opsets than 18 say so
BODIES = [
    "a = Constant<value_ints=[3, -4, 5]>()  b = Constant<value_ints=[2, 3, -2]>()  y = {}(a, b)",
    "a = Constant<value_floats=[3.0, -4.5, 0.5]>()  b = Constant<value_float=2.0>()  y = {}(a, b)",
]
BINARY: tuple[str, ...] = ("Add", "Sub", "Mul", "Div", "Max", "Min", "Equal", "Less", "Greater")
BINARY += ("LessOrEqual", "GreaterOrEqual", "Sum")
UNARY = (
    "Neg",
    "Abs",
    "Sign",
    "Floor",
    "Ceil",
    "Round",
    "Exp",
    "Erf",
    "Relu",
    "IsNaN",
    "Reciprocal",
)
TABLE = "t = Constant<value = int64[2,3] {1, 2, 3, 4, 5, 6}>()  "
INDEX = "i = Constant<value_ints={}>()  "
OTHERS = [
    "a = Constant<value_ints=[2, 3]>()  b = Constant<value_int=3>()  y = Pow(a, b)",
    "a = Constant<value_floats=[4.0, 2.0]>()  b = Constant<value_float=0.5>()  y = Pow(a, b)",
    "a = Constant<value_ints=[7, -7]>()  b = Constant<value_int=3>()  y = Mod(a, b)",
    "a = Constant<value_ints=[7, -7]>()  b = Constant<value_int=3>()  y = Mod<fmod=1>(a, b)",
    "a = Constant<value_ints=[1, 0, 1]>()  c = Cast<to=9>(a)  y = Not(c)",
    "a = Constant<value_ints=[1, 0, 1]>()  c = Cast<to=9>(a)  d = Not(c)  y = And(c, d)",
    "a = Constant<value_ints=[1, 0, 1]>()  c = Cast<to=9>(a)  d = Not(c)  y = Or(c, d)",
    "a = Constant<value_ints=[1, 0, 1]>()  c = Cast<to=9>(a)  d = Not(c)  y = Xor(c, d)",
    "a = Constant<value_ints=[6, 3]>()  b = Constant<value_int=5>()  y = BitwiseAnd(a, b)",
    "a = Constant<value_ints=[6, 3]>()  b = Constant<value_int=5>()  y = BitwiseOr(a, b)",
    "a = Constant<value_ints=[6, 3]>()  b = Constant<value_int=5>()  y = BitwiseXor(a, b)",
    "a = Constant<value_ints=[6, -3]>()  y = BitwiseNot(a)",
    "a = Constant<value_floats=[1.6, -3.2]>()  y = Cast<to=7>(a)",
    (
        "a = Constant<value_floats=[1.5, -3.0, 9.0]>()  l = Constant<value_float=0.0>()"
        "  h = Constant<value_float=6.0>()  y = Clip(a, l, h)"
    ),
    (
        "a = Constant<value_ints=[9, 8]>()  b = Constant<value_ints=[1, 2]>()"
        "  c = Constant<value_ints=[1, 0]>()  d = Cast<to=9>(c)  y = Where(d, a, b)"
    ),
    (
        "a = Constant<value_int=2>()  b = Constant<value_int=11>()  c = Constant<value_int=3>()"
        "  y = Range(a, b, c)"
    ),
    (
        "a = Constant<value_int=9>()  b = Constant<value_int=0>()  c = Constant<value_int=-2>()"
        "  y = Range(a, b, c)"
    ),
    (
        "a = Constant<value_float=0.0>()  b = Constant<value_float=1.1>()"
        "  c = Constant<value_float=0.5>()  y = Range(a, b, c)"
    ),
    "a = Constant<value_ints=[2, 3]>()  y = ConstantOfShape<value = int64[1] {7}>(a)",
    TABLE + INDEX.format("[1, -1]") + "y = Gather<axis=1>(t, i)",
    TABLE + INDEX.format("[-1]") + "y = Gather(t, i)",
    TABLE + "i = Constant<value = int64[2,2] {0, 2, 1, 1}>()  y = GatherElements<axis=1>(t, i)",
    TABLE + "i = Constant<value = int64[2,2] {0, 2, 1, 1}>()  y = GatherND(t, i)",
    TABLE + "i = Constant<value = int64[1,1] {1}>()  y = GatherND(t, i)",
    TABLE + "i = Constant<value = int64[2,2] {0, 2, 1, 1}>()  u = Constant<value_ints=[8, 9]>()"
    "  y = ScatterND(t, i, u)",
    TABLE + "i = Constant<value = int64[1,1] {1}>()  u = Constant<value = int64[1,3] {7, 8, 9}>()"
    "  y = ScatterND(t, i, u)",
    TABLE + "i = Constant<value = int64[2,1] {0, 2}>()  u = Constant<value = int64[2,1] {8, 9}>()"
    "  y = ScatterElements<axis=1>(t, i, u)",
    TABLE + "s = Constant<value_ints=[-1]>()  e = Constant<value_ints=[-9]>()"
    "  a = Constant<value_ints=[0]>()  y = Slice(t, s, e, a, s)",
    TABLE
    + "s = Constant<value_ints=[0, 1]>()  e = Constant<value_ints=[9, 3]>()  y = Slice(t, s, e)",
    TABLE + "y = Concat<axis=1>(t, t)",
    TABLE + "y = Concat<axis=0>(t, t)",
    TABLE + "y = Transpose(t)",
    TABLE + "y, z = Split<axis=1, num_outputs=2>(t)",
    TABLE + "z, y = Split<axis=1, num_outputs=2>(t)",
    TABLE + "s = Constant<value_ints=[1, 2]>()  z, y = Split<axis=1>(t, s)",
    TABLE + INDEX.format("[2, 2]") + "y = Tile(t, i)",
    TABLE + "s = Constant<value_ints=[2, 1, 3]>()  y = Expand(t, s)",
    TABLE + "y = ReduceProd<keepdims=0>(t)",
    TABLE + INDEX.format("[1]") + "y = ReduceSum(t, i)",
    TABLE + INDEX.format("[0]") + "y = ReduceMax<keepdims=0>(t, i)",
    TABLE + INDEX.format("[0]") + "y = ReduceMin<keepdims=0>(t, i)",
    TABLE + "y = Size(t)",
    TABLE + "y = Shape<start=-1>(t)",
    TABLE + "z = Constant<value_int=4>()  c = Less(t, z)  y = NonZero(c)",
    TABLE + INDEX.format("[-1]") + "y = Unsqueeze(t, i)",
    TABLE + INDEX.format("[-1]") + "y = Reshape(t, i)",
    TABLE + "y = Identity(t)",
    TABLE + "y = Flatten(t)",
    TABLE + "c = SequenceConstruct(t, t)  y = ConcatFromSequence<axis=1>(c)",
    TABLE + "o = Constant<value_int=1>()  c = SplitToSequence<axis=1>(t)  y = SequenceAt(c, o)",
]
ALL = [body.format(op) for body in BODIES for op in BINARY]
ALL += [f"a = Constant<value_floats=[1.5, -2.5, 0.1]>()  y = {op}(a)" for op in UNARY]
ALL += OTHERS


def folded(text: str, opset: int = 18) -> Value:
    """What is known of `y`."""
    loaded = read_bytes(proto(text, opset).SerializeToString(), "micro.onnx")
    assert loaded.graph is not None
    walker = Walker("micro.onnx")
    scope = Scope(loaded.opsets)
    scope.values = {d.name: walker.declared(d) for d in loaded.graph.inputs}
    walker.run(loaded.graph.nodes, scope)
    assert not [layer.op for layer in walker.builder.layers if not layer.op.free]
    value = scope.find("y")
    assert value is not None
    return value


@pytest.mark.parametrize("body", ALL)
def test_constants_are_what_onnx_computes(body: str) -> None:
    message = onnx.parser.parse_model(
        f'<ir_version: 10, opset_import: ["": 18]> n () => (float y) {{ {body} }}'
    )
    message.graph.output[0].type.Clear()
    (wanted,) = ReferenceEvaluator(message).run(None, {})
    value = folded(f"n () => (float y) {{ {body} }}")
    assert value.constant
    assert value.dims == np.shape(wanted)
    assert value.content is not None
    assert value.dtype == np.asarray(wanted).dtype.name
    np.testing.assert_allclose(np.array(value.content), np.ravel(wanted), rtol=1e-6)


SIZES = "s = Shape(x)  i0 = Constant<value_int=0>()  i1 = Constant<value_int=1>()"
SIZES += "  n = Gather(s, i0)  h = Gather(s, i1)  two = Constant<value_int=2>()  "
NAMED = [
    ("y = Add(n, h)", "H + N"),
    ("y = Sub(h, two)", "H - 2"),
    ("y = Mul(n, h)", "H*N"),
    ("y = Div(h, two)", "floor(H/2)"),
    ("y = Mod(h, two)", "H - 2*floor(H/2)"),
    ("y = Pow(h, two)", "H^2"),
    ("y = Max(h, two)", "max(2, H)"),
    ("y = Min(h, two)", "min(2, H)"),
    ("y = ReduceProd<keepdims=0>(s)", "12*H*N"),
    ("y = Size(x)", "12*H*N"),
    ("f = Cast<to=1>(h)  g = Constant<value_float=2.0>()  m = Mul(f, g)  y = Cast<to=7>(m)", "2*H"),
    ("f = Cast<to=1>(h)  c = Ceil(f)  y = Cast<to=7>(c)", "H"),
    ("r = Range(i0, h, i1)  t = Shape(r)  y = Gather(t, i0)", "H"),
    ("r = Range(i1, h, two)  t = Shape(r)  y = Gather(t, i0)", "floor(H/2)"),
    ("m = Constant<value_int=-1>()  e = Equal(n, m)  y = Where(e, two, n)", "N"),
    ("c = ConstantOfShape(s)  t = Shape(c)  y = Gather(t, i0)", "N"),
    ("c = Tile(x, s)  t = Shape(c)  y = Gather(t, i0)", "N^2"),
    ("a, y, c = Split(s)  z = Squeeze(a)", "H"),
]


@pytest.mark.parametrize(("body", "wanted"), NAMED)
def test_sizes_keep_their_names(body: str, wanted: str) -> None:
    value = folded(f"n (float[N,H,12] x) => (float y) {{ {SIZES}{body} }}", 17)
    assert value.content is not None
    assert [str(number) for number in value.content] == [wanted]


@settings(deadline=None, max_examples=40)
@given(st.data())
def test_names_stand_for_any_of_their_values(data: st.DataObject) -> None:
    body, _ = data.draw(st.sampled_from(NAMED))
    n, h = data.draw(st.integers(1, 40)), data.draw(st.integers(1, 40))
    text = f"n (float[N,H,12] x) => (float y) {{ {SIZES}{body} }}"
    named = folded(text, 17)
    bound = folded(text.replace("[N,H", f"[{n},{h}"), 17)
    assert named.content is not None
    assert bound.content is not None
    values: Any = {"N": n, "H": h}
    for a, b in zip(named.content, bound.content, strict=True):
        assert substitute(a, values) == b  # type: ignore[arg-type]  # sizes, here


@pytest.mark.parametrize(
    "body",
    [
        "one = Constant<value_int=1>()  e = Equal(n, one)  y = Where(e, two, h)",  # N may be 1
        "f = Cast<to=1>(h)  g = Constant<value_float=0.3>()  y = Mul(f, g)",
        "d = Sub(n, h)  y = Div(d, two)",  # its sign decides how it is rounded
        "y = Pow(two, h)",
    ],
)
def test_what_names_decide_is_not_guessed(body: str) -> None:
    assert folded(f"n (float[N,H,12] x) => (float y) {{ {SIZES}{body} }}", 17).content is None


SHAPES: dict[str, tuple[str, int, str]] = {
    "Pad 2": ("y = Pad<pads=[0, 1, 2, 0, 3, 4]>(x)", 10, "2×7×10"),
    "Pad 11": ("p = Constant<value_ints=[0,1,2,0,3,4]>()  y = Pad(x, p)", 13, "2×7×10"),
    "Pad 18": (
        'p = Constant<value_ints=[1,-1]>()  a = Constant<value_ints=[-1]>()  y = Pad(x, p, "", a)',
        18,
        "2×3×4",
    ),
    "Split 2": ("y, z = Split<axis=1, split=[1, 2]>(x)", 11, "2×1×4"),
    "Split 13": ("s = Constant<value_ints=[1, 2]>()  z, y = Split<axis=1>(x, s)", 13, "2×2×4"),
    "Split 18": ("y, z, v = Split<axis=2, num_outputs=3>(x)", 18, "2×3×2"),
    "Squeeze 1": ("v = Unsqueeze<axes=[0]>(x)  y = Squeeze<axes=[0]>(v)", 11, "2×3×4"),
    "Slice 1": ("y = Slice<starts=[0, 1], ends=[1, 9], axes=[0, 2]>(x)", 9, "1×3×3"),
    "Scatter 9": ("y = Scatter(x, i, u)", 10, "2×3×4"),
    "ScatterElements": ("y = ScatterElements(x, i, u)", 18, "2×3×4"),
    "Trilu": ("y = Trilu(x)", 17, "2×3×4"),
    "OneHot": (
        (
            "d = Constant<value_int=5>()  v = Constant<value_floats=[0.0, 1.0]>()"
            "  y = OneHot<axis=1>(i, d, v)"
        ),
        17,
        "1×5×1×1",
    ),
    "EyeLike": ("m = Flatten(x)  y = EyeLike(m)", 17, "2×12"),
    "Tile": ("r = Constant<value_ints=[1, 2, 3]>()  y = Tile(x, r)", 17, "2×6×12"),
    "GatherElements": ("y = GatherElements(x, i)", 17, "1×1×1"),
    "GatherND": ("y = GatherND(x, i)", 17, "1×1×3×4"),
    "GatherND, batch": ("k = Squeeze(i, z)  y = GatherND<batch_dims=0>(x, k)", 13, "1×3×4"),
    "ReverseSequence": (
        "l = Constant<value_ints=[1, 2, 2]>()  y = ReverseSequence(x, l)",
        17,
        "2×3×4",
    ),
    "RandomNormalLike": ("y = RandomNormalLike(x)", 17, "2×3×4"),
    "RandomUniform": ("y = RandomUniform<shape=[3, 5]>()", 17, "3×5"),
    "CastLike": ("y = CastLike(x, i)", 17, "2×3×4"),
    "Where": ("c = Cast<to=9>(i)  y = Where(c, x, u)", 17, "2×3×4"),
    "Reshape 1": ("y = Reshape<shape=[4, -1]>(x)", 4, "4×6"),
}


@pytest.mark.parametrize("case", SHAPES)
def test_data_that_moves_costs_nothing(case: str) -> None:
    body, opset, wanted = SHAPES[case]
    z = "z = Constant<value = int64[1] {0}>()  " if "z)" in body else ""
    text = f"n (float[2,3,4] x, int64[1,1,1] i, float[1,1,1] u) => (y) {{ {z}{body} }}"
    made = model(text, opset).graph()
    assert all(layer.op.free for layer in made.layers)
    assert "×".join(map(str, made.outputs[0].shape)) == wanted
    if opset > 4:  # onnx itself knows no older ones
        message = onnx.shape_inference.infer_shapes(
            proto(text, opset), strict_mode=True, data_prop=True
        )
        sizes = message.graph.output[0].type.tensor_type.shape.dim
        assert "×".join(str(size.dim_value) for size in sizes) == wanted


def test_combined_updates_are_operations() -> None:
    text = (
        "n (float[2,3] x, int64[1,1] i, float[1,3] u) => (float y)"
        '{{ y = ScatterND<reduction="{}">(x, i, u) }}'
    )
    from micro import counts

    for word, kind in (("add", "add"), ("mul", "mul"), ("max", "cmp"), ("min", "cmp")):
        assert counts(model(text.format(word), 18).graph()) == {kind: 3}


@pytest.mark.parametrize("operator", ["NonZero(x)", "Compress(x, c)", "Unique(x)"])
def test_how_much_is_left_only_a_run_can_tell(operator: str) -> None:
    text = f"n (float[2,3] x, bool[6] c) => (float z) {{ y = {operator}  z = Relu(y) }}"
    made = model(text).graph()
    assert str(made.outputs[0].shape[-1]).startswith("?")
    assert "depends on the data" in (made.layers[-1].op.opaque or "")


def test_what_a_condition_keeps_may_be_known() -> None:
    text = (
        "n (float[2,3] x) => (float y) { c = Constant<value_ints=[1, 0, 1]>()  b = Cast<to=9>(c)"
        "  y = Compress<axis=1>(x, b) }"
    )
    assert model(text).graph().outputs[0].shape == (2, 2)
