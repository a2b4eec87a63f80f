"""Names that people type: timm's, Hugging Face's, in capitals, with hyphens, or with an owner."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

import flopcalc
from flopcalc import catalog
from flopcalc.other_names import OTHER_NAMES

Run = Callable[..., Any]

# timm, results/benchmark-infer-amp-nchw-pt112-cu113-rtx3090.csv: image size, parameters in millions
TIMM = {
    "vit_base_patch16_224": (224, "86.57"),
    "vit_base_patch16_384": (384, "86.86"),
    "vit_base_patch32_224": (224, "88.22"),
    "vit_large_patch16_224": (224, "304.33"),
    "vit_large_patch32_224": (224, "306.54"),
    "vit_huge_patch14_224": (224, "632.05"),
    "swin_tiny_patch4_window7_224": (224, "28.29"),
    "swin_small_patch4_window7_224": (224, "49.61"),
    "swin_base_patch4_window7_224": (224, "87.77"),
    "mobilenetv2_035": (224, "1.68"),
    "mobilenetv2_050": (224, "1.97"),
    "mobilenetv2_075": (224, "2.64"),
    "mobilenetv2_100": (224, "3.5"),
    "mobilenetv2_140": (224, "6.11"),
    "mobilenetv3_large_075": (224, "3.99"),
    "mobilenetv3_large_100": (224, "5.48"),
    "mobilenetv3_small_050": (224, "1.59"),
    "mobilenetv3_small_075": (224, "2.04"),
    "mobilenetv3_small_100": (224, "2.54"),
    "tf_mobilenetv3_large_075": (224, "3.99"),
    "tf_mobilenetv3_large_100": (224, "5.48"),
    "tf_mobilenetv3_large_minimal_100": (224, "3.92"),
    "tf_mobilenetv3_small_075": (224, "2.04"),
    "tf_mobilenetv3_small_100": (224, "2.54"),
    "tf_mobilenetv3_small_minimal_100": (224, "2.04"),
    "mnasnet_050": (224, "2.22"),
    "mnasnet_075": (224, "3.17"),
    "mnasnet_100": (224, "4.38"),
    "mnasnet_a1": (224, "3.89"),
    "mnasnet_b1": (224, "4.38"),
    "efficientnet_lite0": (224, "4.65"),
    "efficientnet_lite1": (240, "5.42"),
    "efficientnet_lite2": (260, "6.09"),
    "efficientnet_lite3": (300, "8.2"),
    "efficientnet_lite4": (380, "13.01"),
    "tf_efficientnet_b0": (224, "5.29"),
    "tf_efficientnet_b1": (240, "7.79"),
    "tf_efficientnet_b3": (300, "12.23"),
    "tf_efficientnet_b4": (380, "19.34"),
    "tf_efficientnet_b5": (456, "30.39"),
    "tf_efficientnet_b6": (528, "43.04"),
    "tf_efficientnet_b7": (600, "66.35"),
    "efficientnetv2_s": (384, "21.46"),
    "efficientnetv2_l": (480, "118.52"),
    "tf_efficientnetv2_s": (384, "21.46"),
    "tf_efficientnetv2_m": (480, "54.14"),
    "tf_efficientnetv2_l": (480, "118.52"),
}
# as the specs cite them, of transformers' models; mobilenetv1_100: its export, see the README
ELSEWHERE = {
    "mobilenetv1_100": 4_231_976,
    "bert_base_uncased": 109_482_240,
    "bert_large_uncased": 335_141_888,
    "distilbert_base_uncased": 66_362_880,
    "llama_2_7b": 6_738_415_616,
    "llama_2_13b": 13_015_864_320,
    "llama_2_70b": 68_976_648_192,
    "llama_2_7b_hf": 6_738_415_616,
    "llama_2_13b_hf": 13_015_864_320,
    "llama_2_70b_hf": 68_976_648_192,
    "meta_llama_3_8b": 8_030_261_248,
    "meta_llama_3_70b": 70_553_706_496,
    "mistral_7b_v0_1": 7_241_732_096,
}


def test_every_other_name_has_a_figure_to_be_compared_with() -> None:
    assert {*TIMM, *ELSEWHERE} == set(OTHER_NAMES)
    assert not TIMM.keys() & ELSEWHERE.keys()


def test_an_other_name_is_no_name_of_ours() -> None:
    ours = {name for file in catalog.shipped().values() for name in catalog.networks(file)}
    ours |= set(catalog.shipped())

    assert not ours & set(OTHER_NAMES)
    assert set(OTHER_NAMES.values()) <= ours


@pytest.mark.parametrize("name", TIMM)
def test_a_name_of_timm_is_its_network(name: str) -> None:
    size, millions = TIMM[name]
    analysis = flopcalc.analyze(name)

    assert f"{analysis.totals.params / 1e6:.2f}".rstrip("0").rstrip(".") == millions
    assert analysis.graph.inputs[0].text() == f"{size}×{size}×3"


@pytest.mark.parametrize("name", ELSEWHERE)
def test_another_name_is_its_network(name: str) -> None:
    assert flopcalc.analyze(name).totals.params == ELSEWHERE[name]


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("bert-base-uncased", "bert_base"),
        ("EfficientNet-B0", "efficientnet_b0"),
        ("gpt2-medium", "gpt2_medium"),
        ("Qwen2-0.5B", "qwen2_0_5b"),
        ("vit-base-patch16-224@res=384", "vit_b_16@res=384"),
    ],
)
def test_capitals_and_hyphens(run: Run, typed: str, meant: str) -> None:
    found, expected = (
        json.loads(run("analyze", name, "--json").out)["totals"] for name in (typed, meant)
    )

    assert found == expected


@pytest.mark.parametrize(
    ("typed", "hint"),
    [
        ("google/vit-base-patch16-224", "did you mean the network 'vit_base_patch16_224'?"),
        ("openai/whisper-tiny", "did you mean the network 'whisper_tiny'?"),
        ("microsoft/resnet-50", "did you mean the network 'resnet50'?"),
        ("ViT-B/16", "did you mean the network 'vit_b_16'?"),
        ("ResNet-50", "did you mean the network 'resnet50'?"),
        ("MobileNetV2", "did you mean the network 'mobilenet_v2'?"),
        ("tf_efficientnet_b2", "did you mean the network 'efficientnet_b2'?"),
        ("mobilenet", "did you mean 'mobilenet_v"),
        ("nets/resnet50.yaml", "the network 'resnet50' ships with flopcalc"),
        ("facebook/nothing-alike", "'flopcalc models' lists the networks that ship"),
    ],
)
def test_what_is_not_found_is_suggested(run: Run, typed: str, hint: str) -> None:
    result = run("analyze", typed)

    assert result.code == 2
    assert hint in result.err


def test_a_list_knows_other_names_and_shows_ours(run: Run) -> None:
    found = json.loads(run("models", "swin_*_patch4*", "--json").out)["models"]

    assert [entry["name"] for entry in found] == ["swin_b", "swin_s", "swin_t"]
    every = [entry["name"] for entry in json.loads(run("models", "Swin", "--json").out)["models"]]
    assert every == ["swin_b", "swin_s", "swin_t"]
