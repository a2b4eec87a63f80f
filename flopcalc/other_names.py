"""Names that timm and Hugging Face give to networks that ship under another name."""

from __future__ import annotations

# the same network at the same resolution; ours, then theirs: timm's sizes and parameters are
# compared in tests/cli/test_cli_names.py
_THEIRS = {
    "vit_b_16": "vit_base_patch16_224",
    "vit_b_16_384": "vit_base_patch16_384",
    "vit_b_32": "vit_base_patch32_224",
    "vit_l_16": "vit_large_patch16_224",
    "vit_l_32": "vit_large_patch32_224",
    "vit_h_14": "vit_huge_patch14_224",
    "swin_t": "swin_tiny_patch4_window7_224",
    "swin_s": "swin_small_patch4_window7_224",
    "swin_b": "swin_base_patch4_window7_224",
    "mobilenet_v1": "mobilenetv1_100",
    "mobilenet_v2": "mobilenetv2_100",
    "mobilenet_v2_a035": "mobilenetv2_035",
    "mobilenet_v2_a050": "mobilenetv2_050",
    "mobilenet_v2_a075": "mobilenetv2_075",
    "mobilenet_v2_a140": "mobilenetv2_140",
    "mobilenet_v3_large": "mobilenetv3_large_100 tf_mobilenetv3_large_100",
    "mobilenet_v3_large_a075": "mobilenetv3_large_075 tf_mobilenetv3_large_075",
    "mobilenet_v3_large_minimal": "tf_mobilenetv3_large_minimal_100",
    "mobilenet_v3_small": "mobilenetv3_small_100 tf_mobilenetv3_small_100",
    "mobilenet_v3_small_a075": "mobilenetv3_small_075 tf_mobilenetv3_small_075",
    "mobilenet_v3_small_a050": "mobilenetv3_small_050",
    "mobilenet_v3_small_minimal": "tf_mobilenetv3_small_minimal_100",
    "mnasnet0_5": "mnasnet_050",
    "mnasnet0_75": "mnasnet_075",
    "mnasnet1_0": "mnasnet_100 mnasnet_b1",
    "semnasnet_100": "mnasnet_a1",
    "efficientnet_b0": "tf_efficientnet_b0",
    "efficientnet_b1": "tf_efficientnet_b1",
    "efficientnet_b3": "tf_efficientnet_b3",
    "efficientnet_b4": "tf_efficientnet_b4",
    "efficientnet_b5": "tf_efficientnet_b5",
    "efficientnet_b6": "tf_efficientnet_b6",
    "efficientnet_b7": "tf_efficientnet_b7",
    "efficientnet_v2_s": "efficientnetv2_s tf_efficientnetv2_s",
    "efficientnet_v2_m": "tf_efficientnetv2_m",
    "efficientnet_v2_l": "efficientnetv2_l tf_efficientnetv2_l",
    "tf_efficientnet_lite0": "efficientnet_lite0",
    "tf_efficientnet_lite1": "efficientnet_lite1",
    "tf_efficientnet_lite2": "efficientnet_lite2",
    "tf_efficientnet_lite3": "efficientnet_lite3",
    "tf_efficientnet_lite4": "efficientnet_lite4",
    "bert_base": "bert_base_uncased",
    "bert_large": "bert_large_uncased",
    "distilbert_base": "distilbert_base_uncased",
    "llama2_7b": "llama_2_7b llama_2_7b_hf",
    "llama2_13b": "llama_2_13b llama_2_13b_hf",
    "llama2_70b": "llama_2_70b llama_2_70b_hf",
    "llama3_8b": "meta_llama_3_8b",
    "llama3_70b": "meta_llama_3_70b",
    "mistral_7b": "mistral_7b_v0_1",
}
OTHER_NAMES = {theirs: ours for ours, names in _THEIRS.items() for theirs in names.split()}


def plain(name: str) -> str:
    """A name as those of the networks are written: `BERT-base-uncased` as `bert_base_uncased`."""
    return name.lower().replace("-", "_").replace(".", "_")
