"""Networks whose counts no other tool prints: counted here by hand, at more scales than one."""

from __future__ import annotations

from pathlib import Path

import pytest

from flopcalc import catalog
from flopcalc.engine.count import Analysis, count
from flopcalc.graph import Scale
from flopcalc.spec.model import SpecModel, load_spec


def model(name: str) -> SpecModel:
    path = Path(catalog.specs_folder()) / catalog.shipped()[name]
    return load_spec(path.read_text(encoding="utf-8"), path.name)


def settings(**values: int) -> tuple[tuple[str, str], ...]:
    return tuple((name, str(value)) for name, value in values.items())


def analyze(name: str, scale: Scale = Scale()) -> Analysis:  # noqa: B008 - immutable
    return count(model(name).graph(scale))


def numbers(analysis: Analysis) -> tuple[int, int]:
    assert analysis.totals.status == "complete"
    return analysis.totals.mult_adds, analysis.totals.params


@pytest.mark.parametrize(
    ("hidden", "k", "levels", "length"),
    [(25, 7, 8, 784), (30, 7, 8, 600), (10, 8, 8, 1020), (1, 2, 1, 5)],
)
def test_tcn(hidden: int, k: int, levels: int, length: int) -> None:
    """Bai et al. 2018: two k-wide convolutions a level; a 1×1 shortcut where channels change."""
    first = k * 1 * hidden
    rest = (2 * levels - 1) * k * hidden * hidden
    shortcut = hidden if hidden != 1 else 0
    biases = 2 * levels * hidden + (hidden if hidden != 1 else 0)
    scale = Scale(length=length, settings=settings(hidden=hidden, k=k, levels=levels))
    assert numbers(analyze("tcn", scale)) == (
        length * (first + rest + shortcut) + hidden * 10,
        first + rest + shortcut + biases + hidden * 10 + 10,
    )


def test_tcn_sees_the_whole_sequence() -> None:
    """Dilations 1 to 128, twice each: 1 + 2(k - 1)(2⁸ - 1) = 3,061 of the 784 steps."""
    graph = model("tcn").graph()
    convs = [layer for layer in graph.layers if layer.attrs.get("kernel") == (7,)]
    assert [layer.attrs["dilation"] for layer in convs] == [(2**i,) for i in range(8) for _ in "ab"]
    assert {x.size("l") for layer in graph.layers for x in layer.outputs if "l" in x.axes} == {784}
    assert [x.text() for x in graph.outputs] == ["10"]


@pytest.mark.parametrize(("hidden", "dim", "length"), [(100, 128, 64), (256, 100, 30), (1, 1, 1)])
def test_bilstm_tagger(hidden: int, dim: int, length: int) -> None:
    """Four gates over the input and the state, both directions; PyTorch's two biases a gate."""
    gates = 4 * hidden
    cells = gates * (dim + hidden) + gates * (2 * hidden + hidden)
    scale = Scale(length=length, settings=settings(hidden=hidden, dim=dim))
    assert numbers(analyze("bilstm_tagger", scale)) == (
        length * (2 * cells + 2 * hidden * 17),
        20_000 * dim + 2 * (cells + 2 * 2 * gates) + 2 * hidden * 17 + 17,
    )


@pytest.mark.parametrize("length", [1, 64, 2048])
@pytest.mark.parametrize(
    ("variant", "dim", "layers", "heads", "kv", "ffn", "vocab"),
    [
        ("llama3_8b", 4096, 32, 32, 8, 14336, 128_256),
        ("llama3_70b", 8192, 80, 64, 8, 28672, 128_256),
        ("llama2_7b", 4096, 32, 32, 32, 11008, 32_000),
        ("llama2_13b", 5120, 40, 40, 40, 13824, 32_000),
        ("llama2_70b", 8192, 80, 64, 8, 28672, 32_000),
    ],
)
def test_llama(
    length: int, variant: str, dim: int, layers: int, heads: int, kv: int, ffn: int, vocab: int
) -> None:
    """Queries and output D², keys and values D·D·kv/h; gate, up and down D·F; untied ends D·V."""
    weights = 2 * dim * dim + 2 * dim * dim * kv // heads + 3 * dim * ffn
    attention = 2 * length * length * dim
    assert numbers(analyze("llama", Scale(variant=variant, length=length))) == (
        layers * (length * weights + attention) + length * dim * vocab,
        layers * (weights + 2 * dim) + dim + 2 * dim * vocab,
    )


def test_llama_of_another_size() -> None:
    """A small model of transformers (LlamaForCausalLM), measured by running it: 64 tokens."""
    small = settings(dim=512, layers=4, heads=8, kv=2, ffn=1376, vocab=8000)
    assert numbers(analyze("llama", Scale(length=64, settings=small))) == (987_758_592, 19_272_192)


@pytest.mark.parametrize("length", [1, 128, 512])
@pytest.mark.parametrize(
    ("variant", "dim", "layers", "vocab"),
    [
        (None, 768, 12, 30_522),
        ("bert_large", 1024, 24, 30_522),
        ("bert_base_cased", 768, 12, 28_996),
    ],
)
def test_bert(length: int, variant: str | None, dim: int, layers: int, vocab: int) -> None:
    """L(4TD² + 2T²D + 2T·D·4D) and D² for the pooler, which reads one token."""
    block = 12 * dim * dim
    assert numbers(analyze("bert", Scale(variant=variant, length=length))) == (
        layers * (length * block + 2 * length**2 * dim) + dim * dim,
        layers * (block + 9 * dim + 4 * dim) + (vocab + 512 + 2) * dim + 2 * dim + dim * dim + dim,
    )


@pytest.mark.parametrize("length", [1, 128, 1024])
@pytest.mark.parametrize(
    ("variant", "dim", "layers"),
    [(None, 768, 12), ("gpt2_medium", 1024, 24), ("gpt2_large", 1280, 36), ("gpt2_xl", 1600, 48)],
)
def test_gpt2(length: int, variant: str | None, dim: int, layers: int) -> None:
    """L(12TD² + 2T²D) and T·D·V for the head, whose weights are the embedding's."""
    block = 12 * dim * dim
    assert numbers(analyze("gpt2", Scale(variant=variant, length=length))) == (
        layers * (length * block + 2 * length**2 * dim) + length * dim * 50_257,
        layers * (block + 9 * dim + 4 * dim) + (50_257 + 1024) * dim + 2 * dim,
    )


@pytest.mark.parametrize(("variant", "side"), [(None, 19), ("faster_rcnn_mobilenet_600", 38)])
def test_faster_rcnn(variant: str | None, side: int) -> None:
    """Howard et al. 2017, table 13: the RPN on a stride-16 map, the head for each of 300."""
    analysis = analyze("faster_rcnn_mobilenet", Scale(variant=variant))
    found = {name: group.mult_adds for name, group in analysis.by_scope().items()}
    positions = side * side
    assert found["rpn"] == positions * (512 * 512 * 9 + 512 * 12 * 6)
    one = 49 * (9 * 512 + 512 * 1024) + 49 * (9 * 1024 + 1024 * 1024) + 1024 * (91 + 360)
    assert found["head"] == 300 * one
    assert [x.text() for x in analysis.graph.outputs] == [f"{side}×{side}×72", "451"]
    crop = next(cost for cost in analysis.layers if cost.name == "head.crop")
    pixels = 300 * 14 * 14 * 512
    assert (crop.mult_adds, crop.counts) == (0, {"mul": 4 * pixels, "add": 3 * pixels})


def test_what_swin_pays_for_its_windows() -> None:
    """Stage 1: 64 windows of 49 tokens, 3 heads of 32; a table of 13² offsets for each head."""
    analysis = analyze("swin")
    costs = {cost.name: cost for cost in analysis.layers}
    attn = "stage1.0.attn"
    assert costs[f"{attn}.qkv"].mult_adds == 3136 * 96 * 288
    assert costs[f"{attn}.scores"].mult_adds == 64 * 3 * 49 * 49 * 32
    assert costs[f"{attn}.context"].mult_adds == 64 * 3 * 49 * 49 * 32
    assert costs[f"{attn}.rel_pos"].params == 13 * 13 * 3
    assert costs[f"{attn}.out"].mult_adds == 3136 * 96 * 96
    assert costs["merge1.reduction"].mult_adds == 28 * 28 * 384 * 192
    tables = 13 * 13 * (2 * 3 + 2 * 6 + 6 * 12 + 2 * 24)
    assert sum(c.params for n, c in costs.items() if n.endswith("rel_pos")) == tables


def test_swin_pads_what_its_windows_do_not_fill() -> None:
    """At 240 the map of stage 1 is 60×60 and its windows cover 63×63."""
    costs = {c.name: c for c in analyze("swin", Scale(res=(240, 240))).layers}
    attn = "stage1.0.attn"
    assert costs[f"{attn}.qkv"].mult_adds == 63 * 63 * 96 * 288
    assert costs[f"{attn}.scores"].mult_adds == 81 * 3 * 49 * 49 * 32
    assert costs["stage1.0.mlp.fc1"].mult_adds == 60 * 60 * 96 * 384
    assert costs["merge3.reduction"].mult_adds == 8 * 8 * 1536 * 768  # of 15×15, padded
