"""Products and sums of integers of a few bits, and mixtures of experts, of com.microsoft."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flopcalc.dim_values import product as elements
from flopcalc.errors import ShapeError
from flopcalc.onnx_graph.operators.conv import convolution, requantized
from flopcalc.onnx_graph.operators.fused import activated, channels_last, turned
from flopcalc.onnx_graph.operators.linear import added, gemm, multiplied
from flopcalc.onnx_graph.operators.pool import pool, whole
from flopcalc.onnx_graph.operators.windows import as_map, fixed, table_sizes
from flopcalc.onnx_graph.shapes import axis_of, broadcast, shape_text
from flopcalc.onnx_graph.values import default_axes
from flopcalc.ops.conv import CONV
from flopcalc.ops.dense import EMBED, FC, fc_attrs
from flopcalc.ops.elementwise import ADD, LEAKY, MUL, SIGMOID, SOFTMAX
from flopcalc.ops.exported import MATMUL, move
from flopcalc.ops.pointwise import SWISH
from flopcalc.ops.pool import AVG_POOL, GLOBAL_AVG_POOL, MAX_POOL
from flopcalc.ops.quantized import DEQUANTIZE, QUANTIZE, QUANTIZE_DYNAMIC
from flopcalc.tensor import Param, Shaped, Tensor

if TYPE_CHECKING:
    from flopcalc.dim import Dim
    from flopcalc.onnx_graph.node import Node
    from flopcalc.onnx_graph.values import Value
    from flopcalc.op import Op

MOST_EXPERTS = 1000  # that a token goes through


def QGemm(n: Node) -> None:
    """com.microsoft QGemm: Gemm of 8-bit integers; A, B and C are inputs 0, 3 and 6."""
    n.op = FC
    y = gemm(n, n.input(0), n.input(3), n.optional(6))
    op = n.op
    n.give(0, requantized(n, y) if n.has(7) else y._replace(dtype="float32"), made_by=op)


def MatMulIntegerToFloat(n: Node) -> None:
    """com.microsoft MatMulIntegerToFloat: MatMulInteger, scaled, perhaps with a bias."""
    n.op = MATMUL
    y = multiplied(n, n.input(0), n.input(1))
    op = n.op
    (y,) = n.layer("scale", DEQUANTIZE, y, attrs={"zero": False}, dtype="float32")
    n.give(0, added(n, "bias", y, n.input(6)) if n.has(6) else y, made_by=op)


def DynamicQuantizeMatMul(n: Node) -> None:
    """com.microsoft DynamicQuantizeMatMul: A quantised as it comes, a product, scaled."""
    n.op = MATMUL
    n.layer("quantize", QUANTIZE_DYNAMIC, n.input(0), dtype="uint8")
    y = multiplied(n, n.input(0), n.input(1))
    op = n.op
    (y,) = n.layer("scale", DEQUANTIZE, y, attrs={"zero": False}, dtype="float32")
    n.give(0, added(n, "bias", y, n.input(4)) if n.has(4) else y, made_by=op)


def MatMulNBits(n: Node) -> None:
    """com.microsoft MatMulNBits: A by a stored K × N matrix of a few bits, here as its twin."""
    n.op = FC
    a, b = n.input(0), n.input(1)
    inner, out = n.integer("K", 0), n.integer("N", 0)
    if inner < 1 or out < 1:
        raise ShapeError(f"a matrix of {inner}×{out}", hint="attributes K and N")
    if isinstance(a.dims[-1], int) and a.dims[-1] != inner:
        message = f"a product of {shape_text(a.dims)} and {inner}×{out}"
        raise ShapeError(message, hint="columns of the first and rows of the second must agree")
    bias = n.optional(5)
    params = twins(b, (out, inner), n.integer("bits", 4)) + n.params(bias, "bias")
    shape = (*a.dims[:-1], out)
    n.add(
        FC,
        n.view(a, "c" if a.rank == 1 else "n" + "l" * (a.rank - 2) + "c"),
        attrs=fc_attrs(out, bias=bias is not None),
        params=params,
        shapes=[Shaped(shape, default_axes(len(shape)))],  # type: ignore[arg-type]  # see tensor.py
    )


def twins(b: Value, shape: tuple[int, ...], bits: int) -> tuple[Param, ...]:
    """The parameters of packed weights, each counted once, whatever bytes hold them."""
    return tuple(Param(source.name, "weight", shape, f"uint{bits}") for source in b.sources)


def GatherBlockQuantized(n: Node) -> None:
    """com.microsoft GatherBlockQuantized: rows of a table of a few bits, scaled."""
    n.op = EMBED
    data, index = n.input(0), n.input(1)
    axis = axis_of(n.integer("gather_axis", 0), data.rank)
    bits = n.integer("bits", 4)
    packed = 8 // bits if data.dtype == "uint8" and bits < 8 else 1
    rows = fixed(data.dims, f"shape of '{data.name}'")
    whole_rows = (*rows[:-1], rows[-1] * packed)
    shape = (*whole_rows[:axis], *index.dims, *whole_rows[axis + 1 :])
    shapes = [Shaped(shape, default_axes(len(shape)))]  # type: ignore[arg-type]  # see tensor.py
    attrs = {"vocab": whole_rows[axis], "dim": whole_rows[-1]}
    params = twins(data, whole_rows, bits) if data.constant else ()
    (y,) = n.layer("", EMBED, index, attrs=attrs, params=params, shapes=shapes, dtype="float32")
    (y,) = n.layer("scale", DEQUANTIZE, y, attrs={"zero": n.has(3)})
    n.give(0, y, made_by=DEQUANTIZE)


def QLinearConv(n: Node) -> None:
    """com.microsoft QLinearConv: as of ai.onnx, channels last where channels_last is 1."""
    n.op = CONV
    x, w, b = n.input(0), n.input(3), n.optional(8)
    last = n.integer("channels_last", 0) != 0
    y = convolution(n, x, w, b, turned(n, x) if last else None)
    op = n.op
    y = requantized(n, y)
    n.give(0, channels_last(y) if last else y, made_by=op)


def QLinearAdd(n: Node) -> None:
    """com.microsoft QLinearAdd: both operands scaled, added, quantised again."""
    _between(n, ADD)


def QLinearMul(n: Node) -> None:
    """com.microsoft QLinearMul: both operands scaled, multiplied, quantised again."""
    _between(n, MUL)


def _between(n: Node, op: Op) -> None:
    n.op = op
    a, b = n.input(0), n.input(3)
    shape = broadcast(a.dims, b.dims)
    operands: list[Tensor] = []
    for part, value in (("a", a), ("b", b)):
        params = n.params(value, "weight", slot=False) if value.constant else ()
        operands += n.layer(
            part, DEQUANTIZE, value, attrs={"zero": True}, params=params, dtype="float32"
        )
    axes = a.axes if len(shape) == a.rank else default_axes(len(shape))
    (y,) = n.layer("", op, *operands, shapes=[Shaped(shape, axes)])  # type: ignore[arg-type]  # see tensor.py
    (y,) = n.layer("quantize", QUANTIZE, y, attrs={"zero": True}, dtype=a.dtype)
    n.give(0, y, made_by=op)


def _one(n: Node, op: Op) -> None:
    """An operation on scaled elements, quantised again."""
    n.op = op
    x = n.input(0)
    (y,) = n.layer("dequantize", DEQUANTIZE, x, attrs={"zero": True}, dtype="float32")
    (y,) = n.layer("", op, y)
    (y,) = n.layer("quantize", QUANTIZE, y, attrs={"zero": True}, dtype=x.dtype)
    n.give(0, y, made_by=op)


def QLinearSigmoid(n: Node) -> None:
    """com.microsoft QLinearSigmoid."""
    _one(n, SIGMOID)


def QLinearLeakyRelu(n: Node) -> None:
    """com.microsoft QLinearLeakyRelu."""
    _one(n, LEAKY)


def QLinearSoftmax(n: Node) -> None:
    """com.microsoft QLinearSoftmax."""
    _one(n, SOFTMAX)


def QLinearGlobalAveragePool(n: Node) -> None:
    """com.microsoft QLinearGlobalAveragePool: channels last where channels_last is 1."""
    n.op = GLOBAL_AVG_POOL
    if not n.integer("channels_last", 0):
        whole(n, GLOBAL_AVG_POOL)
        return
    image = turned(n, n.input(0))
    (y,) = n.layer("", GLOBAL_AVG_POOL, image, attrs={"keep": True})
    n.give(0, channels_last(y), made_by=GLOBAL_AVG_POOL)


def QLinearAveragePool(n: Node) -> None:
    """com.microsoft QLinearAveragePool: channels last where channels_last is 1."""
    last = n.integer("channels_last", 0) != 0
    pool(n, AVG_POOL, image=turned(n, n.input(0)) if last else as_map(n, n.input(0)))
    made = n.given[0].tensor
    if last and made is not None:
        n.give(0, channels_last(made), made_by=AVG_POOL)


def NhwcMaxPool(n: Node) -> None:
    """com.microsoft NhwcMaxPool: of 8-bit integers, channels last."""
    pool(n, MAX_POOL, image=turned(n, n.input(0)))
    made = n.given[0].tensor
    if made is not None:
        n.give(0, channels_last(made), made_by=MAX_POOL)


def QLinearReduceMean(n: Node) -> None:
    """com.microsoft QLinearReduceMean: as ReduceMean, its axes an attribute."""
    from flopcalc.ops.reductions import REDUCE_MEAN

    n.op = REDUCE_MEAN
    x = n.input(0)
    gone = {axis_of(axis, x.rank) for axis in n.integers("axes") or range(x.rank)}
    keep = n.integer("keepdims", 1)
    shape = tuple(1 if i in gone else s for i, s in enumerate(x.dims) if keep or i not in gone)
    shapes = [Shaped(shape, default_axes(len(shape)))]  # type: ignore[arg-type]  # see tensor.py
    n.add(REDUCE_MEAN, x, attrs={"axes": tuple(sorted(gone))}, shapes=shapes)


def QLinearConcat(n: Node) -> None:
    """com.microsoft QLinearConcat: inputs of different scales are brought to one."""
    n.op = move("QLinearConcat")
    values = [n.input(i) for i in range(2, len(n.inputs), 3)]
    axis = axis_of(n.integer("axis", 0), values[0].rank)
    shape = list(values[0].dims)
    for value in values[1:]:
        shape[axis] = shape[axis] + value.dims[axis]
    n.free(tuple(shape), data=range(2, len(n.inputs), 3), axes=values[0].axes)


def QLinearWhere(n: Node) -> None:
    """com.microsoft QLinearWhere: one of two operands, brought to one scale."""
    n.op = move("QLinearWhere")
    chosen = broadcast(n.input(0).dims, n.input(1).dims, n.input(4).dims)
    n.free(chosen, data=(1, 4))


def MoE(n: Node) -> None:
    """com.microsoft MoE: each token goes through the k experts that its router scores highest."""
    _experts(n, (2, 4, 6), (3, 5, 7), 0)


def QMoE(n: Node) -> None:
    """com.microsoft QMoE: MoE with weights of a few bits."""
    _experts(n, (2, 5, 8), (4, 7, 10), n.integer("expert_weight_bits", 4))


def _experts(n: Node, weights: tuple[int, ...], biases: tuple[int, ...], bits: int) -> None:
    n.op = FC
    x, router = n.input(0), n.input(1)
    rows, experts = elements(x.dims[:-1]), router.dims[-1]
    k, features = n.integer("k", 1), x.dims[-1]
    if not 1 <= k <= MOST_EXPERTS:
        raise ShapeError(f"{k} experts for each token", hint="attribute k")
    n.layer("router", SOFTMAX, router)
    packed = 8 // bits if bits else 1
    tokens = n.tensor(x)._replace(shape=(rows * k, features), axes="nc")  # type: ignore[arg-type]  # see tensor.py
    first, second, third = (n.optional(i) for i in weights)
    if first is None or second is None:
        raise ShapeError("experts without weights", hint="see the operator's definition")

    def layer(part: str, x: Tensor, w: Value, b: Value | None) -> Tensor:
        count, out, inner = table_sizes(w, 3)
        inner *= packed
        if inner != x.channels and out == x.channels and not bits:
            out, inner = inner, out  # older files have them the other way round
        if inner != x.channels or count != experts:
            message = f"{count} experts of {out}×{inner} for {x.channels} features"
            raise ShapeError(message, hint="experts × outputs × inputs")
        params = twins(w, (count, out, inner), bits) if bits else n.params(w, "weight")
        params += n.params(b, "bias")
        return n.layer(part, FC, x, attrs=fc_attrs(out, bias=b is not None), params=params)[0]

    y = layer("fc1", tokens, first, n.optional(biases[0]))
    wide = y.channels
    word = n.word("activation_type", "relu")
    if word == "swiglu":
        if third is None:  # gate and value side by side
            wide //= 2
        half = y._replace(shape=(y.shape[0], wide))
        (gate,) = n.layer("act", SWISH, half)
        up = half if third is None else layer("fc3", tokens, third, n.optional(biases[2]))
        (y,) = n.layer("mul", MUL, gate, up)
    else:
        y = activated(n, y, "activation_type", "relu")
        if third is not None:
            (y,) = n.layer("mul", MUL, y, layer("fc3", tokens, third, n.optional(biases[2])))
    y = layer("fc2", y, second, n.optional(biases[1]))
    (y,) = n.layer("weigh", MUL, y, y)
    outputs: tuple[Dim, ...] = x.dims
    shapes = [Shaped(outputs, x.axes)]  # type: ignore[arg-type]  # see tensor.py
    (y,) = n.layer("sum", ADD, *([y] * k), shapes=shapes)
    n.give(0, y, made_by=FC)
