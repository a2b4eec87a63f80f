"""Hints for slips: what other libraries call our steps, inputs that are no map, places, lengths."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flopcalc.errors import InputError, Where, did_you_mean
from flopcalc.graph import Scale
from flopcalc.ops import synonyms
from flopcalc.ops.registry import all_steps
from flopcalc.spec.lint import input_slip
from flopcalc.spec.model import SpecModel, load_spec

Load = Callable[[str], SpecModel]
Run = Callable[..., Any]

CALLED = [
    # a name in PyTorch, Keras or a paper, and ours
    ("Linear", "fc"),
    ("dense", "fc"),
    ("BatchNorm2d", "bn"),
    ("batch_norm", "bn"),
    ("LayerNorm", "ln"),
    ("groupnorm", "gn"),
    ("MaxPool2d", "max_pool"),
    ("AveragePooling2D", "avg_pool"),
    ("AdaptiveAvgPool2d", "adaptive_pool"),
    ("GlobalAveragePooling2D", "global_avg_pool"),
    ("Hardswish", "hswish"),
    ("swish", "silu"),
    ("LeakyReLU", "leaky"),
    ("Conv2d", "conv"),
    ("Conv2DTranspose", "deconv"),
    ("DepthwiseConv2D", "dw"),
    ("pointwise", "pw"),
    ("SeparableConv2D", "sep"),
    ("UpSampling2D", "upsample"),
    ("Embedding", "embed"),
    ("PositionalEncoding", "pos_embed"),
    ("MultiheadAttention", "attention"),
    ("squeeze_excitation", "se"),
    ("concatenate", "concat"),
]


@pytest.mark.parametrize(("word", "ours"), CALLED)
def test_what_others_call_a_step(load: Load, word: str, ours: str) -> None:
    with pytest.raises(InputError) as raised:
        load(f"flopcalc: 1\ninput: 8x8x8\nbody: [{word}]\n")
    assert raised.value.hint == f"'{word}' is called '{ours}' here"


OPS = [("groupnorm", "gn"), ("Linear", "fc"), ("mha", "attention")]


@pytest.mark.parametrize(("word", "ours"), OPS)
def test_what_others_call_an_op(run: Run, word: str, ours: str) -> None:
    result = run("ops", word)
    assert result.code == 2
    assert f"hint: '{word}' is called '{ours}' here" in result.err


def test_every_synonym_is_of_a_step_and_of_one_only() -> None:
    assert set(synonyms._ELSEWHERE) <= set(all_steps())
    words = " ".join(synonyms._ELSEWHERE.values()).split()
    assert len(words) == len(set(words))
    assert not set(words) & set(all_steps())


INPUTS = [
    # sizes and channels as written, and what was meant
    ((3, 224, 224), "224x224x3"),
    ((1, 28, 28), "28x28x1"),
    ((4, 64, 64), "64x64x4"),
    ((3, 16, 112, 112), "16x112x112x3"),
    ((1, 32, 32, 3), "32x32x3"),
    ((1, 3, 32, 32), "32x32x3"),
    ((28, 28), "28x28x3"),
    ((224, 224, 3), None),
    ((16, 112, 112, 3), None),
    ((4, 4, 4), None),
    ((8, 224, 224), None),
    ((3, 480, 640), "480x640x3"),
    ((3, 224, 64), None),
    ((3, 3, 512), None),
    ((16000, 1), None),
    ((7, 7, 512), None),
    ((1, 1, 64), None),
]


@pytest.mark.parametrize(("sizes", "meant"), INPUTS)
def test_inputs_that_look_like_a_slip(sizes: tuple[int, ...], meant: str | None) -> None:
    slip = input_slip(sizes)
    assert (slip and slip.rpartition("write ")[2]) == (meant and f"{meant}?")
    graph = load_spec(f"flopcalc: 1\ninput: {'x'.join(map(str, sizes))}\nbody: []\n", "n").graph()
    assert bool(graph.warnings) == (meant is not None)


@given(st.integers(5, 400), st.integers(5, 400), st.integers(1, 64))
def test_an_image_with_channels_last_is_never_warned_of(h: int, w: int, c: int) -> None:
    assert input_slip((h, w, c)) is None


def test_where_a_file_expects(load: Load) -> None:
    model = load("""
        flopcalc: 1
        input: 8x8x3
        body: [{pw: 4}]
        expect: {mult_adds: 768, params: 16}
        budget: {params: 20}
        variants:
          wide: {alpha: 2, expect: {params: 31}}
          free: {alpha: 2}
    """)
    line = "expect: {mult_adds: 768, params: 16}"
    assert model.expected_at("params", Scale()) == Where("net.yaml", 4, 34, line)
    assert model.budget_at("params", Scale()) == Where("net.yaml", 5, 18, "budget: {params: 20}")
    wide, free = Scale(variant="wide"), Scale(variant="free")
    assert str(model.expected_at("params", wide)) == "net.yaml:7:37"
    assert str(model.budget_at("params", wide)) == "net.yaml:5:18"
    assert model.expected_at("mult_adds", wide) is None
    assert model.expected_at("params", free) is None
    assert model.budget_at("mult_adds", Scale()) is None


def test_what_a_variant_expects_is_said_at_its_line(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "tiny.yaml"
    text = "flopcalc: 1\ninput: 8x8x3\nbody: [{pw: 4}]\nexpect: {params: 16}\n"
    path.write_text(text + "variants:\n  wide: {alpha: 2, expect: {params: 31}}\n", "utf-8")
    out = run("analyze", f"{path}@wide").out
    assert "tiny.yaml:6:37: the file expects 31 params, but there are 32" in out
    assert "the file expects" not in run("analyze", str(path)).out


PLACES = [
    *("{key}: 3", "body: [{{pw: 4, {key}: 3}}]", "body: [{{{key}: 3}}]", "body: [{{pw: {key}}}]"),
    *("vars: {{{key}: 1}}", "variants: {{{key}: 3}}", "body: [{{add: {key}}}]", "body: [{key}]"),
    *("body: [{{conv: 3, k: 3, act: {key}}}]", "defaults: {{{key}: 3}}", "outputs: {key}"),
    *("expect: {{params: {key}}}", "blocks: {{{key}: {{body: [pw]}}}}"),
]


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("letters", ["x", "x.", "x'", "x y "])
def test_very_long_words_are_cut(place: str, letters: str) -> None:
    key = letters * (100_000 // len(letters))
    body = "" if place.startswith("body") else "body: [relu]\n"
    text = f"flopcalc: 1\ninput: 8x8x3\n{body}{place.format(key=key)}\n"
    with pytest.raises(InputError) as raised:
        load_spec(text, "net.yaml").graph()
    assert len(str(raised.value)) < 4000


def test_very_many_names_are_not_all_listed() -> None:
    hint = did_you_mean("?", [f"name{n}" for n in range(1000)])
    assert hint is not None
    assert hint.endswith(" and 940 more")
    assert len(hint) < 1000
