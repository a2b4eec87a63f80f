"""Small files as exporters and optimisers write them: edge cases, int8 in three styles, fusions."""

from __future__ import annotations

from pathlib import Path

import pytest
from micro import reasons

from flopcalc.engine.count import count
from flopcalc.onnx_graph.model import load_onnx

GRAPHS = Path(__file__).parent / "micro_graphs"
BERT, RESNET = (58_736_640, 4_385_920), (1_814_073_344, 11_684_712)
FOLDED = (58_736_640, 4_352_896)  # rows of tables that were looked up are stored, the rest gone

# Mult-Adds by hand (micro_*) or by the framework, and parameters (None: none are stored)
TRUE: dict[str, tuple[int, int | None]] = {
    "bert_tiny.ort_bert": BERT,  # LayerNorm and residuals fused
    "bert_tiny.ort_ext": FOLDED,  # FusedMatMul, FusedGemm, SkipLayerNormalization
    "bert_tiny.qdynamic": BERT,  # MatMulInteger: int8 weights as their float twins
    "lstm_bi2": (29_619_200, 596_490),
    "micro_attention23": (38_400, None),  # 8 heads of queries, 2 of keys
    "micro_conv1d_same_lower": (340, 20),
    "micro_conv3d": (45_360, None),
    "micro_convT_samepad": (360, None),
    "micro_conv_dequant_weight": (13_824, 216),
    "micro_deformconv": (13_824, 216),
    "micro_einsum2": (60, None),
    "micro_einsum3": (120, None),
    "micro_einsum4": (840, None),
    "micro_fp64_and_zero_dim": (0, None),
    "micro_gemm_nobias": (384, None),
    "micro_gru_lbr": (10_296, None),
    "micro_lstm_bidirectional": (27_456, None),
    "micro_lstm_forward": (13_728, None),
    "micro_matmul_1d_1d": (16, None),
    "micro_matmul_1d_2d": (128, None),
    "micro_matmul_2d_1d": (112, None),
    "micro_matmul_bcast": (720, None),
    "micro_matmul_weight_transposed": (1_152, None),
    "micro_qlinearconv": (6_912, 108),
    "micro_reshape_chain": (840, None),
    "micro_shared_weight": (2_048, 256),
    "moe_dense": (528_384, 65_796),  # an Einsum of three operands, pair by pair
    "resnet18.ort_all": RESNET,  # channels in blocks; batch norms are folded
    "resnet18.qdq": RESNET,
    "resnet18.qoperator": RESNET,
    "rnn_tanh": (1_228_800, 24_832),
    # modules exported by PyTorch 2.13, and counted in a run of each
    "torch_convT_groups_dil.ts": (4_050, 171),
    "torch_convT_outpad.dyn": (54_432, 440),
    "torch_conv3d_grp.dyn": (18_144, 104),
    "torch_conv1d_same_even.ts": (7_680, 136),
    "torch_gru_h0.ts": (23_760, 1_728),
    "torch_lstm_h0.dyn": (31_680, 2_304),
    "torch_lstm_last.ts": (33_228, 2_439),
    "torch_mha_biaskv.ts": (12_480, 1_120),
    "torch_mha_cross.dyn": (12_288, None),  # a bias of zeros is left out
    "torch_sdpa_gqa.dyn23": (4_608, 0),
    "torch_dec_layer.dyn23": (39_296, None),  # likewise
    "torch_einsum6.ts": (120, 0),
    "torch_unfold.ts": (5_400, 108),
    "torch_fold.dyn": (10_584, 112),
    "torch_grid.ts": (3_240, 112),
    "torch_affine.dyn": (4_536, None),  # its grid is stored
    "torch_stft.dyn": (0, 0),
    "torch_interp_3d.ts": (4_608, 100),
    "torch_baddbmm.dyn": (144, 0),
    "torch_embag.dyn": (96, None),  # the tables of its loop are stored
}


def test_all_are_here() -> None:
    assert sorted(path.stem for path in GRAPHS.glob("*.onnx")) == sorted(TRUE)


@pytest.mark.parametrize("name", TRUE)
def test_a_file_is_exact(name: str) -> None:
    model = load_onnx(str(GRAPHS / f"{name}.onnx"))
    totals = count(model.graph()).totals
    mult_adds, params = TRUE[name]
    assert reasons(model) == {}
    assert totals.status == "complete"
    assert totals.mult_adds == mult_adds
    if params is not None:
        assert totals.params == params
