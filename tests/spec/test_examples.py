"""Good specs of many kinds: exact Mult-Adds and parameters, with where the numbers come from."""

from __future__ import annotations

from pathlib import Path

import pytest
from spec_files import GOOD, SHIPPED

from flopcalc.engine.count import count
from flopcalc.graph import Scale
from flopcalc.spec.model import load_spec

HERE = Path(__file__).parent

EXACT = [
    # file, variant, Mult-Adds (None: nobody has published them), parameters, source
    ("bert_base", None, 11_174_215_680, 109_482_240, "Hugging Face bert-base-uncased, 128 tokens"),
    ("bert_base", "large", None, 335_141_888, "Hugging Face bert-large-uncased"),
    (
        "conv_mobilenet",
        None,
        4_867_293_184,
        29_294_088,
        "MobileNet table 4: 4866 M (no fc), 29.3 M",
    ),
    ("convnext_t", None, None, 28_589_128, "torchvision convnext_tiny"),
    ("densenet121", None, 2_834_161_664, 7_978_856, "torchvision densenet121"),
    ("efficientnet_b0", None, 385_814_752, 5_288_548, "torchvision efficientnet_b0"),
    ("efficientnet_b0", "b1", None, 7_794_184, "torchvision efficientnet_b1"),
    ("efficientnet_b0", "b2", None, 9_109_994, "torchvision efficientnet_b2"),
    ("efficientnet_b0", "b3", None, 12_233_232, "torchvision efficientnet_b3"),
    ("efficientnet_b0", "b4", None, 19_341_616, "torchvision efficientnet_b4"),
    ("efficientnet_b0", "b7", None, 66_347_960, "torchvision efficientnet_b7"),
    ("googlenet", None, 1_498_376_192, 6_624_904, "torchvision googlenet"),
    ("llama3_8b", None, None, 8_030_261_248, "Hugging Face Meta-Llama-3-8B"),
    ("llama3_8b", "llama2-7b", None, 6_738_415_616, "Hugging Face Llama-2-7b"),
    ("mobilenet_v1", None, 568_740_352, 4_231_976, "MobileNet table 4: 569 M, 4.2 M"),
    ("mobilenet_v1", "conv", 4_867_293_184, 29_294_088, "as conv_mobilenet"),
    ("mobilenet_v1", "a75-192", 239_273_472, 2_585_560, "Keras MobileNet, alpha 0.75"),
    ("mobilenet_v2", None, 300_774_272, 3_504_872, "torchvision mobilenet_v2"),
    ("mobilenet_v3_small", None, 56_510_400, 2_542_856, "torchvision mobilenet_v3_small"),
    ("r3d18", None, 40_696_553_472, 33_371_472, "torchvision r3d_18"),
    ("resnet50", None, 4_089_184_256, 25_557_032, "torchvision resnet50"),
    ("resnet50", "wide_resnet50_2", 11_398_021_120, 68_883_240, "torchvision wide_resnet50_2"),
    ("shufflenet_v2", None, 144_907_992, 2_278_604, "torchvision shufflenet_v2_x1_0"),
    ("squeezenet", None, 818_924_576, 1_248_424, "torchvision squeezenet1_0"),
    ("ssd_mobilenet_v1", None, 1_237_129_408, 6_819_839, "MobileNet table 13: 1.2 B, 6.8 M"),
    ("unet", None, None, 31_030_658, "U-Net, figure 1, by hand"),
    ("vit_b16", None, 17_563_828_224, 86_567_656, "torchvision vit_b_16"),
    ("vit_b16", "l16", None, 304_326_632, "torchvision vit_l_16"),
    ("vit_b16", "b32", None, 88_224_232, "torchvision vit_b_32"),
]


@pytest.mark.parametrize(("name", "variant", "mult_adds", "params", "source"), EXACT)
def test_published(
    name: str, variant: str | None, mult_adds: int | None, params: int, source: str
) -> None:
    text = (HERE / "good" / f"{name}.yaml").read_text()
    totals = count(load_spec(text, name).graph(Scale(variant=variant))).totals
    assert totals.params == params, source
    assert mult_adds is None or totals.mult_adds == mult_adds, source


@pytest.mark.parametrize("path", [*GOOD, *SHIPPED], ids=lambda p: f"{p.parent.name}/{p.stem}")
def test_every_variant_keeps_its_expect_and_does_not_warn(path: Path) -> None:
    model = load_spec(path.read_text(), path.name)
    for variant in (None, *model.variants):
        scale = Scale(variant=variant)
        graph = model.graph(scale)
        totals = count(graph).totals
        assert graph.warnings == ()
        expected = model.expectation(scale)
        for metric, quantity in expected.items():
            exact = {"mult_adds": totals.mult_adds, "params": totals.params}[metric]
            assert quantity.matches(exact), (variant, metric, exact)


def test_wavenet_lstm_by_hand() -> None:
    model = load_spec((HERE / "good" / "wavenet_lstm.yaml").read_text(), "wavenet_lstm")
    graph = model.graph()
    steps, hidden = 1600, 128  # 16000 samples at stride 10
    front = steps * 64 * 25
    residual = steps * 64 * 64 * (2 + 1)
    first, second = (2 * steps * 4 * hidden * (n + hidden) for n in (64, 2 * hidden))
    heads = 12 * 32 + (2 * hidden + 32) * (10 + 1)
    assert count(graph).totals.mult_adds == front + 8 * residual + first + second + heads
    assert [y.text() for y in graph.outputs] == ["10", "1"]


def test_unet_by_hand() -> None:
    """Valid 3×3 convolutions from 572: 570, 568 | 282, 280 | 138, 136 | 66, 64 | 30, 28, and up."""
    graph = load_spec((HERE / "good" / "unet.yaml").read_text(), "unet").graph()
    pairs = [(570, 1, 64), (568, 64, 64), (282, 64, 128), (280, 128, 128), (138, 128, 256)]
    pairs += [(136, 256, 256), (66, 256, 512), (64, 512, 512), (30, 512, 1024), (28, 1024, 1024)]
    pairs += [(54, 1024, 512), (52, 512, 512), (102, 512, 256), (100, 256, 256)]
    pairs += [(198, 256, 128), (196, 128, 128), (390, 128, 64), (388, 64, 64)]
    convolutions = sum(9 * side * side * m * n for side, m, n in pairs)
    ups = [(28, 1024), (52, 512), (100, 256), (196, 128)]  # 2×2, to half the channels
    transposed = sum(4 * side * side * m * m // 2 for side, m in ups)
    assert count(graph).totals.mult_adds == convolutions + transposed + 388 * 388 * 64 * 2
    assert [y.text() for y in graph.outputs] == ["388×388×2"]
