"""Transformers, mixers and speech, counted from their papers' tables in plain arithmetic."""

from __future__ import annotations

import pytest
from shipped_counts import counted

from flopcalc.graph import Scale

# --- transformers of images ----------------------------------------------------------------------


def encoder(tokens: int, dim: int, layers: int, hidden: int) -> tuple[int, int]:
    """Attention of 4D², an MLP of 2DF, biases and two norms; scores and weighted sums 2T²D."""
    weights = 4 * dim * dim + 2 * dim * hidden
    return (
        layers * (tokens * weights + 2 * tokens * tokens * dim),
        layers * (weights + 4 * dim + hidden + dim + 4 * dim),
    )


@pytest.mark.parametrize(
    ("name", "dim", "side", "ends"),
    [
        ("deit_tiny_patch16_224", 192, 14, 1),
        ("deit_small_patch16_224", 384, 14, 1),
        ("deit_base_patch16_224", 768, 14, 1),
        ("deit_base_patch16_384", 768, 24, 1),
        ("deit_tiny_distilled_patch16_224", 192, 14, 2),
        ("deit_small_distilled_patch16_224", 384, 14, 2),
        ("deit_base_distilled_patch16_224", 768, 14, 2),
        ("deit_base_distilled_patch16_384", 768, 24, 2),
        ("vit_small_patch16_224", 384, 14, 1),
    ],
)
def test_deit(name: str, dim: int, side: int, ends: int) -> None:
    """12 layers; of the distilled networks a second token, and a head for each of the two."""
    tokens = side * side + ends
    macs, params = encoder(tokens, dim, 12, 4 * dim)
    assert counted(name) == (
        side * side * 768 * dim + macs + ends * dim * 1000,
        769 * dim + (tokens + ends) * dim + params + 2 * dim + ends * (dim + 1) * 1000,
    )


@pytest.mark.parametrize(
    ("name", "patch", "dim", "layers", "shared"),
    [
        ("clip_vit_b32", 32, 768, 12, 512),
        ("clip_vit_b16", 16, 768, 12, 512),
        ("clip_vit_l14", 14, 1024, 24, 768),
        ("clip_vision_b32", 32, 768, 12, 0),
    ],
)
def test_clip(name: str, patch: int, dim: int, layers: int, shared: int) -> None:
    """Radford et al. 2021, table 20: no bias in the first layer, a norm before the others."""
    patches = (224 // patch) ** 2
    macs, params = encoder(patches + 1, dim, layers, 4 * dim)
    stem = 3 * patch * patch * dim
    assert counted(name) == (
        patches * stem + macs + dim * shared,
        stem + dim + (patches + 1) * dim + 2 * dim + params + 2 * dim + dim * shared,
    )


@pytest.mark.parametrize(
    ("name", "patch", "dim", "layers"),
    [
        ("mixer_s32_224", 32, 512, 8),
        ("mixer_s16_224", 16, 512, 8),
        ("mixer_b32_224", 32, 768, 12),
        ("mixer_b16_224", 16, 768, 12),
        ("mixer_l32_224", 32, 1024, 24),
        ("mixer_l16_224", 16, 1024, 24),
        ("mixer_h14_224", 14, 1280, 32),
    ],
)
def test_mixer(name: str, patch: int, dim: int, layers: int) -> None:
    """Tolstikhin et al. 2021, table 1: D_S = C/2 between the tokens, D_C = 4C of each token."""
    tokens = (224 // patch) ** 2
    stem = 3 * patch * patch * dim
    macs = 2 * dim * tokens * (dim // 2) + 2 * tokens * dim * 4 * dim
    mixing = 2 * tokens * (dim // 2) + dim // 2 + tokens
    params = mixing + 8 * dim * dim + 5 * dim + 4 * dim
    assert counted(name) == (
        tokens * stem + layers * macs + dim * 1000,
        stem + dim + layers * params + 2 * dim + dim * 1000 + 1000,
    )


@pytest.mark.parametrize(
    ("name", "dim"), [("gmlp_ti16_224", 128), ("gmlp_s16_224", 256), ("gmlp_b16_224", 512)]
)
def test_gmlp(name: str, dim: int) -> None:
    """Liu et al. 2021, table 1: 30 layers, 6D wide; 196 tokens are mixed over half of that."""
    tokens, half = 196, 3 * dim
    block = 2 * half * dim + half * dim
    params = block + 2 * half + dim + 2 * dim + 2 * half + tokens * tokens + tokens
    assert counted(name) == (
        tokens * 768 * dim + 30 * (tokens * block + half * tokens * tokens) + dim * 1000,
        769 * dim + 30 * params + 2 * dim + dim * 1000 + 1000,
    )


@pytest.mark.parametrize(
    ("name", "depths", "dims"),
    [
        ("poolformer_s12", (2, 2, 6, 2), (64, 128, 320, 512)),
        ("poolformer_s24", (4, 4, 12, 4), (64, 128, 320, 512)),
        ("poolformer_s36", (6, 6, 18, 6), (64, 128, 320, 512)),
        ("poolformer_m36", (6, 6, 18, 6), (96, 192, 384, 768)),
        ("poolformer_m48", (8, 8, 24, 8), (96, 192, 384, 768)),
    ],
)
def test_poolformer(name: str, depths: tuple[int, ...], dims: tuple[int, ...]) -> None:
    """Yu et al. 2021, table 1: an MLP of 4D; pooling has no Mult-Adds, two layer scales D each."""
    macs, params = 56 * 56 * 147 * dims[0], 148 * dims[0]
    for stage, (depth, dim) in enumerate(zip(depths, dims, strict=True)):
        pixels = (56 >> stage) ** 2
        if stage:
            macs += pixels * 9 * dims[stage - 1] * dim
            params += 9 * dims[stage - 1] * dim + dim
        macs += depth * pixels * 8 * dim * dim
        params += depth * (8 * dim * dim + 5 * dim + 4 * dim + 2 * dim)
    head = dims[-1] * 1000
    assert counted(name) == (macs + head, params + 2 * dims[-1] + head + 1000)


@pytest.mark.parametrize(
    ("name", "dim", "depth", "kernel", "patch"),
    [
        ("convmixer_1536_20", 1536, 20, 9, 7),
        ("convmixer_768_32", 768, 32, 7, 7),
        ("convmixer_1024_20_ks9_p14", 1024, 20, 9, 14),
    ],
)
def test_convmixer(name: str, dim: int, depth: int, kernel: int, patch: int) -> None:
    """Trockman & Kolter 2022, table 1: maps of one size; each convolution has a bias and a norm."""
    pixels, stem, layer = (224 // patch) ** 2, 3 * patch**2 * dim, kernel**2 * dim + dim * dim
    assert counted(name) == (
        pixels * (stem + depth * layer) + dim * 1000,
        stem + 3 * dim + depth * (layer + 6 * dim) + dim * 1000 + 1000,
    )


# --- language models -----------------------------------------------------------------------------


@pytest.mark.parametrize("length", [1, 128, 512])
@pytest.mark.parametrize(
    ("name", "dim", "layers", "tables", "pooled"),
    [
        ("distilbert_base", 768, 6, 30_522 + 512, False),
        ("roberta_base", 768, 12, 50_265 + 514 + 1, True),
        ("roberta_large", 1024, 24, 50_265 + 514 + 1, True),
        ("electra_base", 768, 12, 30_522 + 512 + 2, False),
        ("electra_large", 1024, 24, 30_522 + 512 + 2, False),
    ],
)
def test_bert_and_its_kin(
    length: int, name: str, dim: int, layers: int, tables: int, *, pooled: bool
) -> None:
    """Tables of words, positions and sentences; a pooler reads the first token."""
    macs, params = encoder(length, dim, layers, 4 * dim)
    assert counted(name, Scale(length=length)) == (
        macs + pooled * dim * dim,
        tables * dim + 2 * dim + params + pooled * (dim * dim + dim),
    )


@pytest.mark.parametrize("length", [1, 128, 512])
def test_electra_small(length: int) -> None:
    """Clark et al. 2020, table 6: words of 128 features, projected to 256."""
    macs, params = encoder(length, 256, 12, 1024)
    assert counted("electra_small", Scale(length=length)) == (
        length * 128 * 256 + macs,
        (30_522 + 512 + 2) * 128 + 2 * 128 + 128 * 256 + 256 + params,
    )


@pytest.mark.parametrize("length", [1, 2048])
@pytest.mark.parametrize(
    ("name", "dim", "layers", "heads", "kv", "ffn", "vocab", "ends", "biased"),
    [
        ("mistral_7b", 4096, 32, 32, 8, 14_336, 32_000, 2, False),
        ("tinyllama_1_1b", 2048, 22, 32, 4, 5_632, 32_000, 2, False),
        ("qwen2_0_5b", 896, 24, 14, 2, 4_864, 151_936, 1, True),
        ("qwen2_1_5b", 1536, 28, 12, 2, 8_960, 151_936, 1, True),
    ],
)
def test_decoders(
    length: int,
    name: str,
    dim: int,
    layers: int,
    heads: int,
    kv: int,
    ffn: int,
    vocab: int,
    ends: int,
    *,
    biased: bool,
) -> None:
    """Queries and output D², keys and values D·D·kv/h, gate, up and down D·F; V·D once if tied."""
    keys = dim * kv // heads
    weights = 2 * dim * dim + 2 * dim * keys + 3 * dim * ffn
    biases = dim + 2 * keys if biased else 0
    assert counted(name, Scale(length=length)) == (
        layers * (length * weights + 2 * length * length * dim) + length * dim * vocab,
        layers * (weights + biases + 2 * dim) + dim + ends * dim * vocab,
    )


@pytest.mark.parametrize("length", [1, 512])
@pytest.mark.parametrize(
    ("name", "dim", "layers", "heads", "ffn"),
    [
        ("t5_small_encoder", 512, 6, 8, 2048),
        ("t5_base_encoder", 768, 12, 12, 3072),
        ("t5_large_encoder", 1024, 24, 16, 4096),
    ],
)
def test_t5(length: int, name: str, dim: int, layers: int, heads: int, ffn: int) -> None:
    """No biases; norms with a scale alone; 32 buckets of distances, a bias a head, stored once."""
    weights = 4 * dim * dim + 2 * dim * ffn
    assert counted(name, Scale(length=length)) == (
        layers * (length * weights + 2 * length * length * dim),
        32_128 * dim + layers * (weights + 2 * dim) + dim + 32 * heads,
    )


@pytest.mark.parametrize(
    ("name", "dim", "layers", "heads", "ffn"),
    [
        ("t5_small", 512, 6, 8, 2048),
        ("t5_base", 768, 12, 12, 3072),
        ("t5_large", 1024, 24, 16, 4096),
    ],
)
def test_t5_whole(name: str, dim: int, layers: int, heads: int, ffn: int) -> None:
    """A decoder layer attends to its 114 tokens, then to the 512; one table of words for all."""
    text, answer = 512, 114
    attention, mlp = 4 * dim * dim, 2 * dim * ffn
    crossing = 2 * dim * dim * (answer + text) + 2 * answer * text * dim
    assert counted(name) == (
        layers * (text * (attention + mlp) + 2 * text * text * dim)
        + layers * (answer * (attention + mlp) + 2 * answer * answer * dim + crossing)
        + answer * dim * 32_128,
        32_128 * dim
        + layers * (attention + mlp + 2 * dim)
        + layers * (2 * attention + mlp + 3 * dim)
        + 2 * (32 * heads + dim),
    )


# --- speech --------------------------------------------------------------------------------------


@pytest.mark.parametrize("frames", [3000, 1000])
@pytest.mark.parametrize(
    ("name", "dim", "layers"),
    [
        ("whisper_tiny_encoder", 384, 4),
        ("whisper_base_encoder", 512, 6),
        ("whisper_small_encoder", 768, 12),
        ("whisper_medium_encoder", 1024, 24),
    ],
)
def test_whisper(frames: int, name: str, dim: int, layers: int) -> None:
    """Two convolutions of 3, the second by 2; keys have no bias; 1500 stored positions."""
    positions = frames // 2
    macs, params = encoder(positions, dim, layers, 4 * dim)
    assert counted(name, Scale(length=frames)) == (
        frames * 240 * dim + positions * 3 * dim * dim + macs,
        241 * dim + (3 * dim + 1) * dim + 1500 * dim + params - layers * dim + 2 * dim,
    )


@pytest.mark.parametrize(
    ("name", "dim", "layers"),
    [
        ("whisper_tiny", 384, 4),
        ("whisper_base", 512, 6),
        ("whisper_small", 768, 12),
        ("whisper_medium", 1024, 24),
        ("whisper_large", 1280, 32),
    ],
)
def test_whisper_whole(name: str, dim: int, layers: int) -> None:
    """The decoder reads 448 tokens; its words, as those it writes, come from one table."""
    macs, params = encoder(448, dim, layers, 4 * dim)
    crossing = 2 * dim * dim * (448 + 1500) + 2 * 448 * 1500 * dim
    sound, stored = encoder(1500, dim, layers, 4 * dim)
    assert counted(name) == (
        3000 * 240 * dim
        + 1500 * 3 * dim * dim
        + sound
        + macs
        + layers * crossing
        + 448 * dim * 51_865,
        241 * dim
        + (3 * dim + 1) * dim
        + 1500 * dim
        + stored
        - layers * dim
        + 2 * dim
        + (51_865 + 448) * dim
        + params
        - layers * dim
        + 2 * dim
        + layers * (4 * dim * dim + 3 * dim + 2 * dim),
    )


@pytest.mark.parametrize("samples", [16_000, 400, 246_000])
@pytest.mark.parametrize(
    ("name", "dim", "layers"), [("wav2vec2_base", 768, 12), ("wav2vec2_large", 1024, 24)]
)
def test_wav2vec2(samples: int, name: str, dim: int, layers: int) -> None:
    """Baevski et al. 2020, section 4.2: strides (5,2,2,2,2,2,2), kernels (10,3,3,3,3,2,2)."""
    steps, before, macs, params = samples, 1, 0, 2 * 512
    for kernel, stride in zip((10, 3, 3, 3, 3, 2, 2), (5, 2, 2, 2, 2, 2, 2), strict=True):
        steps = (steps - kernel) // stride + 1
        macs += steps * kernel * before * 512
        params += kernel * before * 512
        before = 512
    positions = 128 * dim * dim // 16  # a convolution of 128 in 16 groups, a step longer
    more_macs, more_params = encoder(steps, dim, layers, 4 * dim)
    assert counted(name, Scale(length=samples)) == (
        macs + steps * 512 * dim + (steps + 1) * positions + more_macs,
        params + 2 * 512 + 513 * dim + positions + dim + 2 * dim + more_params,
    )
