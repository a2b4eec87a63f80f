"""Our output shapes are those of ONNX's own shape inference, for random attributes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from one_layer import Net, fmap, layer, seq, vec
from onnx import TensorProto, helper, shape_inference
from random_layers import CHANNELS, FEW, SIZE, a_map, a_window, arithmetic, cases, rank_of

from flopcalc.errors import ShapeError
from flopcalc.op import Op
from flopcalc.ops import conv, elementwise, pool, recurrent, reshape
from flopcalc.ops.require import int_attr, sizes_attr
from flopcalc.ops.resize import NEAREST
from flopcalc.ops.window import Window
from flopcalc.tensor import Shaped

OPSET = 22


def inferred(
    op_type: str,
    shapes: Sequence[tuple[int, ...]],
    constants: Sequence[tuple[int, Sequence[int]]] = (),
    **attrs: Any,
) -> tuple[int, ...]:
    """The shape of a node's first output; `constants` are (position, integers) of its inputs."""
    names = [f"x{i}" for i in range(len(shapes))]
    inputs = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
        for name, shape in zip(names, shapes, strict=True)
    ]
    tensors = []
    for position, values in constants:
        names += [""] * (position + 1 - len(names))
        names[position] = f"c{position}"
        tensors.append(helper.make_tensor(f"c{position}", TensorProto.INT64, [len(values)], values))
    node = helper.make_node(op_type, names, ["y"], **attrs)
    output = helper.make_tensor_value_info("y", TensorProto.FLOAT, None)
    graph = helper.make_graph([node], "one", inputs, [output], initializer=tensors)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)])
    model = shape_inference.infer_shapes(model, check_type=True, strict_mode=True, data_prop=True)
    return tuple(d.dim_value for d in model.graph.output[0].type.tensor_type.shape.dim)


def ours(op: Op, attrs: Any, *inputs: Shaped) -> tuple[int, ...]:
    return layer(op, attrs, *inputs).outputs[0].shape


def onnx_window(w: Window) -> dict[str, Any]:
    """A window as attributes of ONNX, which has all pads before, then all after."""
    before, after = zip(*w.pads, strict=True)
    return {
        "kernel_shape": w.kernel,
        "strides": w.stride,
        "dilations": w.dilation,
        "pads": [*before, *after],
    }


@pytest.mark.parametrize("op", [conv.CONV, conv.GROUPED, conv.DEPTHWISE, conv.POINTWISE])
@given(data=st.data())
def test_conv(op: Op, data: st.DataObject) -> None:
    attrs, (x,) = data.draw(cases(op))
    made = layer(op, attrs, x)
    w = Window(*(attrs[f] for f in Window._fields))  # type: ignore[arg-type]  # conv_attrs made it
    shapes = [x.shape, made.params[0].shape]
    assert ours(op, attrs, x) == inferred("Conv", shapes, group=attrs["groups"], **onnx_window(w))


@given(x=st.composite(a_map)(), data=st.data())
def test_same_padding(x: Shaped, data: st.DataObject) -> None:
    w = a_window(data.draw, rank_of(x))
    net = Net()
    y = net.step("conv", net.input(x), 5, w.kernel, s=w.stride, d=w.dilation, padding="same")
    attrs = {k: v for k, v in onnx_window(w).items() if k != "pads"}
    shapes = [x.shape, (5, x.shape[1], *w.kernel)]
    assert y.shape == inferred("Conv", shapes, auto_pad="SAME_UPPER", **attrs)


@pytest.mark.parametrize("op", [conv.TRANSPOSED, conv.TRANSPOSED_GROUPED])
@given(data=st.data())
def test_conv_transpose(op: Op, data: st.DataObject) -> None:
    attrs, (x,) = data.draw(cases(op))
    made = layer(op, attrs, x)
    w = Window(*(attrs[f] for f in Window._fields))  # type: ignore[arg-type]  # conv_attrs made it
    theirs = inferred(
        "ConvTranspose",
        [x.shape, made.params[0].shape],
        group=attrs["groups"],
        output_padding=attrs["out_pad"],
        **onnx_window(w),
    )
    assert made.outputs[0].shape == theirs


@given(x=st.composite(a_map)(), data=st.data())
def test_transposed_same_padding(x: Shaped, data: st.DataObject) -> None:
    w = a_window(data.draw, rank_of(x), kernel=4)
    net = Net()
    y = net.step("deconv", net.input(x), 5, w.kernel, s=w.stride, d=w.dilation)
    attrs = {k: v for k, v in onnx_window(w).items() if k != "pads"}
    shapes = [x.shape, (x.shape[1], 5, *w.kernel)]
    assert y.spatial == tuple(n * s for n, s in zip(x.shape[2:], w.stride, strict=True))
    # ONNX's text says the same, but its inference cannot fill up what the kernel leaves out
    if all(d * (k - 1) + 1 >= s for k, s, d in zip(*w[:3], strict=True)):
        assert y.shape == inferred("ConvTranspose", shapes, auto_pad="SAME_UPPER", **attrs)


@pytest.mark.parametrize(
    ("op", "op_type"), [(pool.MAX_POOL, "MaxPool"), (pool.AVG_POOL, "AveragePool")]
)
@pytest.mark.parametrize("ceil", [False, True])
@given(data=st.data())
def test_pool(op: Op, op_type: str, *, ceil: bool, data: st.DataObject) -> None:
    x = a_map(data.draw)
    w = a_window(data.draw, rank_of(x))
    attrs = onnx_window(w)
    # early versions of onnx kept a last window that starts in the padding; PyTorch never did
    mine = ours(op, pool.pool_attrs(w, ceil=ceil), x)
    assert mine == inferred(op_type, [x.shape], ceil_mode=int(ceil), **attrs)


@given(x=st.composite(a_map)())
def test_global_pool(x: Shaped) -> None:
    assert ours(pool.GLOBAL_AVG_POOL, {"keep": True}, x) == inferred("GlobalAveragePool", [x.shape])
    assert ours(pool.GLOBAL_MAX_POOL, {"keep": True}, x) == inferred("GlobalMaxPool", [x.shape])


@given(batch=FEW, features=CHANNELS, out=CHANNELS, length=SIZE)
def test_fully_connected(batch: int, features: int, out: int, length: int) -> None:
    net = Net()
    y = net.step("fc", net.input(vec(features, batch)), out)
    assert y.shape == inferred("Gemm", [(batch, features), (out, features), (out,)], transB=1)
    z = net.step("fc", net.input(seq(length, features, batch)), out)
    assert z.shape == inferred("MatMul", [(batch, length, features), (features, out)])


@given(heads=FEW, kv=FEW, d=FEW, lengths=st.tuples(SIZE, SIZE), batch=FEW)
def test_attention(heads: int, kv: int, d: int, lengths: tuple[int, int], batch: int) -> None:
    net, (length, keys) = Net(), lengths
    query_heads = heads * kv
    x, source = net.input(seq(length, query_heads * d, batch)), net.input(seq(keys, 5, batch))
    y = net.step("attention", x, query_heads, kv_heads=kv, kv=source)
    scores, context = net.layers[3].outputs[0], net.layers[5].outputs[0]
    q, k = (batch, query_heads, length, d), (batch, query_heads, d, keys)
    assert scores.shape == inferred("MatMul", [q, k])
    mixed = inferred("MatMul", [scores.shape, (batch, query_heads, keys, d)])
    assert context.elements == batch * query_heads * length * d
    assert mixed == (batch, query_heads, length, d)
    assert y.shape == x.shape


@pytest.mark.parametrize(
    ("op", "op_type", "gates"),
    [(recurrent.LSTM, "LSTM", 4), (recurrent.GRU, "GRU", 3), (recurrent.RNN, "RNN", 1)],
)
@given(data=st.data())
def test_recurrent(op: Op, op_type: str, gates: int, data: st.DataObject) -> None:
    attrs, (x,) = data.draw(cases(op))
    hidden, (batch, length, features) = attrs["hidden"], x.shape
    assert isinstance(hidden, int)
    weights = [(1, gates * hidden, features), (1, gates * hidden, hidden)]
    theirs = inferred(op_type, [(length, batch, features), *weights], hidden_size=hidden)
    made = layer(op, attrs, x)
    assert theirs == (length, 1, batch, hidden)  # time first, one direction
    assert made.outputs[0].shape == (batch, length, hidden)
    assert [p.shape for p in made.params[:2]] == [shape[1:] for shape in weights]


@given(data=st.data())
def test_arithmetic_broadcasts(data: st.DataObject) -> None:
    _, inputs = arithmetic(data.draw)
    shapes = [x.shape for x in inputs]
    assert ours(elementwise.ADD, {}, *inputs) == inferred("Sum", shapes)
    assert ours(elementwise.MUL, {}, *inputs[-2:]) == inferred("Mul", shapes[-2:])


@given(pairs=st.lists(st.tuples(FEW, FEW), min_size=2, max_size=4))
def test_what_does_not_broadcast(pairs: list[tuple[int, int]]) -> None:
    first, second = zip(*pairs, strict=True)
    make = {2: lambda s: vec(s[1], s[0]), 3: lambda s: seq(s[1], s[2], s[0])}
    make[4] = lambda s: fmap(s[1], s[2], s[3], batch=s[0])
    a, b = make[len(first)](first), make[len(second)](second)
    try:
        mine: tuple[int, ...] | None = ours(elementwise.ADD, {}, a, b)
    except ShapeError:
        mine = None
    if all(n == m or 1 in {n, m} for n, m in pairs):
        assert mine == inferred("Add", [a.shape, b.shape])
    else:
        assert mine is None


@given(data=st.data())
def test_concat(data: st.DataObject) -> None:
    attrs, inputs = data.draw(cases(reshape.CONCAT))
    axis = inputs[0].axes.index("c" if attrs["axis"] == "ch" else "l")
    theirs = inferred("Concat", [x.shape for x in inputs], axis=axis)
    assert ours(reshape.CONCAT, attrs, *inputs) == theirs


@given(r=FEW, channels=FEW, h=FEW, w=FEW)
def test_pixel_shuffles(r: int, channels: int, h: int, w: int) -> None:
    x = fmap(channels * r * r, h, w)
    theirs = inferred("DepthToSpace", [x.shape], blocksize=r, mode="CRD")
    assert ours(reshape.PIXEL_SHUFFLE, {"r": r}, x) == theirs
    x = fmap(channels, h * r, w * r)
    assert ours(reshape.PIXEL_UNSHUFFLE, {"r": r}, x) == inferred(
        "SpaceToDepth", [x.shape], blocksize=r
    )


@given(data=st.data())
def test_pad_slice_and_flatten(data: st.DataObject) -> None:
    attrs, (x,) = data.draw(cases(reshape.PAD))
    before, after = zip(*attrs["pads"], strict=True)  # type: ignore[misc]  # pairs
    pads = [0, 0, *before, 0, 0, *after]
    assert ours(reshape.PAD, attrs, x) == inferred("Pad", [x.shape], [(1, pads)])
    attrs, (x,) = data.draw(cases(reshape.SLICE))
    start, stop = int_attr(attrs, "start"), int_attr(attrs, "stop")
    cut = [(1, [start]), (2, [stop]), (3, [x.axes.index("c")])]
    assert ours(reshape.SLICE, attrs, x) == inferred("Slice", [x.shape], cut)
    attrs, (x,) = data.draw(cases(reshape.FLATTEN))
    assert ours(reshape.FLATTEN, attrs, x) == inferred("Flatten", [x.shape], axis=1)


@given(data=st.data())
def test_resize(data: st.DataObject) -> None:
    attrs, (x,) = data.draw(cases(NEAREST))
    sizes = [*x.shape[:2], *sizes_attr(attrs, "size")]
    theirs = inferred("Resize", [x.shape], [(3, sizes)], mode="nearest")
    assert ours(NEAREST, attrs, x) == theirs
