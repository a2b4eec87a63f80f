"""Ops of exported graphs: contractions, quantisation, signals, losses; and norms, pools, cells."""

from __future__ import annotations

import pytest
from one_layer import Row, check, fmap, layer, seq, vec

from flopcalc.errors import ShapeError
from flopcalc.ops.contraction import EINSUM, LINEAR_ATTENTION
from flopcalc.ops.conv import DEFORMABLE, GROUPED, conv_attrs
from flopcalc.ops.learned import (
    ADAGRAD,
    ADAM,
    CROSS_ENTROPY,
    MAX_NORM,
    MOMENTUM,
    MOMENTUM_NESTEROV,
    NEGATIVE_LIKELIHOOD,
    SCALER,
    SVM_KERNEL,
    THRESHOLD,
)
from flopcalc.ops.norm import (
    BATCH_NORM_TRAINING,
    L1_UNSCALED,
    L2_UNSCALED,
    MEAN_VARIANCE_NORM,
)
from flopcalc.ops.pool import GLOBAL_LP_POOL, LP_POOL, pool_attrs
from flopcalc.ops.quantized import DEQUANTIZE, QUANTIZE, QUANTIZE_DYNAMIC, REQUANTIZE
from flopcalc.ops.recurrent import PEEPHOLES, RNN_RELU, cell_attrs
from flopcalc.ops.resize import INTERPOLATED
from flopcalc.ops.signal import COL2IM, FOURIER, ROI_ALIGN, ROI_ALIGN_MAX, WINDOW
from flopcalc.ops.window import Window

THREE = Window((3, 3), (1, 1), (1, 1), ((1, 1), (1, 1)))
STATE = {"heads": 4, "kv_heads": 2, "decays": 2}

ROWS = [
    Row(
        EINSUM,
        {"terms": 32},  # bhid,bhjd->bhij with 64 positions: seen here from its output
        (seq(64, 64, batch=8), seq(64, 64, batch=8)),
        "8×64×64",
        {"mac": 1_048_576},
        "E·S",
        "32768·32",
        "counting.md, section 5",
    ),
    Row(
        LINEAR_ATTENTION,
        {**STATE, "gated": False, "delta": False},
        (seq(10, 32), seq(10, 16), seq(10, 24)),
        "10×48",
        {"mac": 10 * 8 * 12 * (4 + 2), "mul": 10 * 4 * 12},
        "L·d·d_v·(h + h_kv + [delta]·h_kv)",
        "10·8·12·(4 + 2)",
        "arXiv:2006.16236, eq. 16 to 18",
    ),
    Row(
        LINEAR_ATTENTION,
        {**STATE, "gated": True, "delta": True},
        (seq(10, 32), seq(10, 16), seq(10, 24)),
        "10×48",
        {
            "mac": 10 * 8 * 12 * (4 + 2 + 2),
            "mul": 10 * 4 * 12 + 10 * 8 * 12 * 2 + 10 * 2 * 12,
            "add": 10 * 2 * 12,
            "exp": 10 * 2,
        },
        "L·d·d_v·(h + h_kv + [delta]·h_kv)",
        "10·8·12·(4 + 2 + 2)",
        "arXiv:2412.06464, eq. 10; ONNX operator LinearAttention",
    ),
    Row(
        DEFORMABLE,
        {**conv_attrs(THREE, 8, 2, bias=True), "mask": True},
        (fmap(4, 5, 5),),
        "5×5×8",
        {
            "mac": 9 * 2 * 8 * 25,
            "mul": 9 * 5 * 4 * 25,
            "add": 9 * 3 * 4 * 25 + 8 * 25,
            "weight": 9 * 2 * 8,
            "bias": 8,
        },
        "D_K·D_K·(M/G)·N·D_F·D_F",
        "3·3·(4/2)·8·5·5",
        "arXiv:1703.06211 and 1811.11168; torchvision.ops.deform_conv2d",
    ),
    Row(
        QUANTIZE,
        {"zero": True},
        (fmap(2, 3, 3),),
        "3×3×2",
        {"div": 18, "add": 18, "cmp": 36},
        "E",
        "18",
        "ONNX operator QuantizeLinear",
    ),
    Row(
        DEQUANTIZE,
        {"zero": True},
        (vec(5, batch=2),),
        "2×5",
        {"mul": 10, "add": 10},
        "E",
        "10",
        "ONNX operator DequantizeLinear",
    ),
    Row(
        DEQUANTIZE,
        {"zero": False},
        (vec(5, batch=2),),
        "2×5",
        {"mul": 10},
        "E",
        "10",
        "ONNX operator DequantizeLinear without a zero point",
    ),
    Row(
        QUANTIZE_DYNAMIC,
        {},
        (seq(3, 4),),
        "3×4",
        {"div": 12, "add": 12, "cmp": 48},
        "E",
        "12",
        "ONNX operator DynamicQuantizeLinear, its function body",
    ),
    Row(
        REQUANTIZE,
        {"zero": True},
        (vec(4),),
        "4",
        {"mul": 4, "add": 4, "cmp": 8},
        "E",
        "4",
        "arXiv:1712.05877, eq. 5",
    ),
    Row(
        FOURIER,
        {},
        (vec(8, batch=3),),
        "3×8",
        {"mul": 2 * 24 * 3, "add": 3 * 24 * 3},
        "2·F·t",
        "2·24·3",
        "Cooley & Tukey 1965: 12 butterflies in each of 3 stages, 4 products and 6 sums each",
    ),
    Row(
        WINDOW,
        {"cosines": 2},
        (vec(10),),
        "10",
        {"exp": 20, "mul": 40, "add": 20},
        "C·E",
        "2·10",
        "ONNX operator BlackmanWindow, its function body",
    ),
    Row(
        ROI_ALIGN,
        {"samples": 4},
        (fmap(3, 7, 7),),
        "7×7×3",
        {"mul": 16 * 147, "add": 15 * 147, "div": 147},
        "4·S·E",
        "4·4·147",
        "arXiv:1703.06870, section 3",
    ),
    Row(
        ROI_ALIGN_MAX,
        {"samples": 4},
        (fmap(3, 7, 7),),
        "7×7×3",
        {"mul": 16 * 147, "cmp": 15 * 147},
        "4·S·E",
        "4·4·147",
        "ONNX operator RoiAlign, mode max",
    ),
    Row(
        COL2IM,
        {"kernel": (2, 2), "size": (5, 5)},
        (fmap(12, 16),),
        "5×5×3",
        {"add": 192},
        "I",
        "192",
        "torch.nn.Fold: overlapping values are summed",
    ),
    Row(
        INTERPOLATED,
        {"size": (8, 8), "taps": 16},
        (fmap(3, 4, 4),),
        "8×8×3",
        {"mul": 16 * 192, "add": 15 * 192},
        "K·E",
        "16·192",
        "ONNX operator Resize, mode cubic: 4·4 neighbours",
    ),
    Row(
        LP_POOL,
        {**pool_attrs(Window((2, 2), (2, 2), (1, 1), ((0, 0), (0, 0))), ceil=False), "p": 2},
        (fmap(3, 4, 4),),
        "2×2×3",
        {"mul": 48, "add": 36, "exp": 12},
        "(p - 1)·D_K·D_K·M·D_F·D_F",
        "(2 - 1)·2·2·3·2·2",
        "ONNX operator LpPool",
    ),
    Row(
        GLOBAL_LP_POOL,
        {"keep": True, "p": 3},
        (fmap(2, 3, 3),),
        "1×1×2",
        {"mul": 36, "add": 16, "exp": 2},
        "(p - 1)·D_I·D_I·M",
        "(3 - 1)·3·3·2",
        "ONNX operator GlobalLpPool",
    ),
    Row(
        BATCH_NORM_TRAINING,
        {},
        (fmap(3, 2, 2),),
        "2×2×3",
        {"mul": 36, "add": 48, "norm": 6, "buffer": 6},
        "3·E",
        "3·12",
        "arXiv:1502.03167, algorithm 1",
    ),
    Row(
        MEAN_VARIANCE_NORM,
        {"group": 4},
        (fmap(3, 2, 2),),
        "2×2×3",
        {"mul": 24, "add": 36, "exp": 3},
        "2·E",
        "2·12",
        "ONNX operator MeanVarianceNormalization, its function body",
    ),
    Row(
        L1_UNSCALED,
        {},
        (vec(5, batch=2),),
        "2×5",
        {"cmp": 10, "add": 10, "div": 10},
        "E",
        "10",
        "ONNX operator LpNormalization",
    ),
    Row(
        L2_UNSCALED,
        {"group": 5},
        (vec(5, batch=2),),
        "2×5",
        {"mul": 10, "add": 10, "div": 10, "exp": 2},
        "E",
        "10",
        "ONNX operator LpNormalization",
    ),
    Row(
        RNN_RELU,
        cell_attrs(8, bias=True),
        (seq(5, 3),),
        "5×8",
        {"mac": 5 * 8 * 11, "add": 5 * 16, "cmp": 40, "weight": 88, "bias": 16},
        "T·H·(M + H)",
        "5·8·(3 + 8)",
        "torch.nn.RNN(3, 8, nonlinearity='relu')",
    ),
    Row(
        PEEPHOLES,
        cell_attrs(8, bias=True),
        (seq(5, 3),),
        "5×8",
        {"mul": 120, "add": 120, "weight": 24},
        "T·3·H",
        "5·3·8",
        "ONNX operator LSTM: P is 3·hidden_size",
    ),
    Row(
        CROSS_ENTROPY,
        {},
        (vec(10, batch=4),),
        "4",
        {"cmp": 40, "add": 124, "exp": 44, "mul": 4},
        "I",
        "40",
        "ONNX operator SoftmaxCrossEntropyLoss, its function body",
    ),
    Row(
        NEGATIVE_LIKELIHOOD,
        {},
        (vec(10, batch=4),),
        "4",
        {"mul": 4, "add": 4},
        "P",
        "4",
        "ONNX operator NegativeLogLikelihoodLoss",
    ),
    Row(
        ADAGRAD,
        {},
        (vec(5),),
        "5",
        {"mul": 15, "add": 20, "exp": 5, "div": 5},
        "3·E",
        "3·5",
        "onnx",
    ),
    Row(ADAM, {}, (vec(5),), "5", {"mul": 40, "add": 25, "exp": 5, "div": 5}, "8·E", "8·5", "onnx"),
    Row(MOMENTUM, {}, (vec(5),), "5", {"mul": 20, "add": 15}, "4·E", "4·5", "onnx"),
    Row(MOMENTUM_NESTEROV, {}, (vec(5),), "5", {"mul": 25, "add": 20}, "5·E", "5·5", "onnx"),
    Row(SCALER, {}, (vec(5),), "5", {"add": 5, "mul": 5}, "E", "5", "onnx"),
    Row(THRESHOLD, {}, (vec(5),), "5", {"cmp": 5}, "E", "5", "onnx"),
    Row(MAX_NORM, {}, (vec(5),), "5", {"cmp": 10, "div": 5}, "2·E", "2·5", "onnx"),
    Row(
        SVM_KERNEL,
        {"terms": 7},
        (vec(5),),
        "5",
        {"mul": 5, "add": 35, "exp": 5},
        "E",
        "5",
        "ONNX operator SVMClassifier: exp(-gamma·|x - v|²) of 7 features",
    ),
]  # "onnx": the pseudo-code of the operator's definition, line by line


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.op.kind} {row.output}")
def test_one_layer(row: Row) -> None:
    check(row)


def test_a_deformable_convolution_multiplies_as_a_grouped_one() -> None:
    attrs = conv_attrs(THREE, 6, 3, bias=False)
    plain = layer(GROUPED, attrs, fmap(9, 7, 6))
    bent = layer(DEFORMABLE, {**attrs, "mask": False}, fmap(9, 7, 6))
    assert DEFORMABLE.counts["mac"].value(bent.env) == GROUPED.counts["mac"].value(plain.env)


def test_columns_are_a_map() -> None:
    with pytest.raises(ShapeError, match="columns to an image needs a map"):
        layer(COL2IM, {"kernel": (2, 2), "size": (5, 5)}, vec(12))
