"""α, ρ and depth: every rounding rule, exemption and state, with the numbers of the papers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from flopcalc.engine.count import count
from flopcalc.errors import ScaleError
from flopcalc.graph import Scale
from flopcalc.quantity import parse_quantity
from flopcalc.spec.model import load_spec
from flopcalc.spec.scaling import (
    RULES,
    Rounding,
    check_multiplier,
    deepened,
    named_rounding,
    scaled_size,
)

GOOD = Path(__file__).parent / "good"

# width: Mult-Adds at 224, 192, 160, 128; weights; all trainable parameters; Keras' total.
# Howard et al. 2017 (arXiv:1704.04861), tables 6 and 7, and keras.applications.mobilenet.
MOBILENET_V1 = {
    1.0: ([568740352, 418121728, 290675200, 186400768], 4209088, 4231976, 4253864),
    0.75: ([325400448, 239273472, 166396800, 106770432], 2568144, 2585560, 2601976),
    0.5: ([149497088, 109970432, 76524800, 49160192], 1319648, 1331592, 1342536),
    0.25: ([41030272, 30212608, 21059200, 13570048], 463600, 470072, 475544),
}


@pytest.mark.parametrize("alpha", MOBILENET_V1)
def test_mobilenet_v1_grid(alpha: float) -> None:
    model = load_spec((GOOD / "mobilenet_v1.yaml").read_text(), "mobilenet_v1")
    mult_adds, weights, params, keras = MOBILENET_V1[alpha]
    for res, expected in zip((224, 192, 160, 128), mult_adds, strict=True):
        totals = count(model.graph(Scale(alpha=alpha, res=(res, res)))).totals
        kinds = totals.params_by_kind
        assert totals.mult_adds == expected
        assert (kinds["weight"], totals.params) == (weights, params)
        assert totals.params + kinds["buffer"] == keras


V2 = [
    # width, Mult-Adds (Sandler et al. 2018 and tf-slim's table), total of keras.applications
    (1.4, "582.2M", 6156712),
    (1.0, "300.8M", 3538984),
    (0.75, "209.1M", 2663064),
    (0.5, "97.1M", 1987224),
    (0.35, "59.3M", None),
]


@pytest.mark.parametrize(("alpha", "mult_adds", "keras"), V2)
def test_mobilenet_v2_widths(alpha: float, mult_adds: str, keras: int | None) -> None:
    model = load_spec((GOOD / "mobilenet_v2.yaml").read_text(), "mobilenet_v2")
    totals = count(model.graph(Scale(alpha=alpha))).totals
    assert parse_quantity(mult_adds).matches(totals.mult_adds)
    assert keras in {None, totals.params + totals.params_by_kind["buffer"]}


ROUNDED = [
    # rule, min, channels, alpha, result
    ("exact", None, 32, 0.75, 24),
    ("exact", None, 30, 1.1, 33),
    ("exact", 40, 32, 0.5, 40),
    ("floor", None, 30, 0.75, 22),
    ("floor", 8, 32, 0.2, 8),
    ("floor", None, 3, 0.25, 1),  # never none
    ("nearest", None, 30, 0.75, 23),  # 22.5: halves up
    ("nearest", None, 30, 0.35, 11),
    ("nearest", None, 29, 0.35, 10),
    ("ceil", None, 29, 0.35, 11),
    ("div8", None, 24, 0.75, 24),  # 18 → 16 is below 90 %
    ("div8", None, 32, 0.75, 24),
    ("div8", None, 96, 0.35, 32),  # 33.6
    ("div8", None, 16, 0.35, 8),  # 5.6, at least 8
    ("div8", None, 1280, 1.4, 1792),
    ("div8", 16, 16, 0.35, 16),
    ("ceil8", None, 32, 0.75, 24),
    ("ceil8", None, 33, 0.75, 32),
]


@pytest.mark.parametrize(("rule", "least", "channels", "alpha", "result"), ROUNDED)
def test_rounding(rule: str, least: int | None, channels: int, alpha: float, result: int) -> None:
    assert named_rounding(rule, least).channels(channels, alpha) == result


@pytest.mark.parametrize("rule", RULES)
def test_a_multiplier_of_one_leaves_the_number_as_written(rule: str) -> None:
    assert [named_rounding(rule, None).channels(n, 1.0) for n in (1, 7, 20, 1001)] == [
        *(1, 7, 20, 1001)
    ]


def test_general_rounding(shapes: Callable[..., list[str]]) -> None:
    text = """
        flopcalc: 1
        input: 8x8x3
        scaling: {{round: {{to: 16, mode: {mode}, keep: {keep}}}}}
        body: [{{pw: 100}}]
    """
    found = {
        (mode, keep): shapes(text.format(mode=mode, keep=keep), alpha=0.4)
        for mode in ("nearest", "floor", "ceil")
        for keep in (0, 0.9)
    }  # 40 = 2.5 · 16
    channels = {key: int(rows[0].rpartition("×")[2]) for key, rows in found.items()}
    assert channels == {
        ("nearest", 0): 48,
        ("nearest", 0.9): 48,
        ("floor", 0): 32,
        ("floor", 0.9): 48,
        ("ceil", 0): 48,
        ("ceil", 0.9): 48,
    }


def test_exact_names_the_fix() -> None:
    with pytest.raises(ScaleError, match=r"alpha 0\.35 turns 30 channels into 10\.5") as raised:
        Rounding().channels(30, 0.35)
    assert raised.value.hint == "declare 'scaling: {round: floor | nearest | div8 | ...}'"


@pytest.mark.parametrize("value", [0, -1, float("nan"), float("inf"), 1001])
def test_multipliers_are_positive_and_finite(value: float) -> None:
    with pytest.raises(ScaleError):
        check_multiplier("alpha", value)


STATES = [
    # a step after {pw: 32}; its output at alpha 0.5, floor, min 1; why
    ("pw: 64", 32, "a nominal number is scaled"),
    ("pw: 2 * 32", 32, "so is what nominal numbers make"),
    ("pw: wide", 32, "and a var"),
    ("pw: ch", 16, "ch is scaled already"),
    ("pw: ch * 2", 32, "and stays so"),
    ("pw: ch // 3", 5, "16 // 3"),
    ("pw: classes", 10, "classes is fixed"),
    ("pw: fixed(64)", 64, "fixed(x) is"),
    ("pw: fixed(64) + 1", 65, "fixed wins over nominal"),
    ("pw: scale(64) + ch", 48, "scale(x) applies the rule"),
    ("pw: ch if ch > 20 else 64", 32, "the state of a choice is that of its branch: nominal 64"),
    ('pw: "max(fixed(8), ch)"', 16, "the strongest state wins"),
    ("pw: 64, alpha: fixed", 64, "an exempt step"),
    ("pw: 64, alpha: no_shrink", 64, "max(1, alpha)"),
    ("pw: 64, alpha: 0.25", 16, "a multiplier of its own"),
    ("pw: 64, alpha: alpha / 2", 16, "computed"),
    ("dw: 3", 16, "input channels are what they are"),
    ("seq: [{pw: 64}, {pw: 8}], alpha: fixed", 8, "an exemption holds inside"),
]


@pytest.mark.parametrize(("step", "channels", "why"), STATES)
def test_states(
    step: str,
    channels: int,
    why: str,
    load: Callable[..., object],
    shapes: Callable[..., list[str]],
) -> None:
    text = f"""
        flopcalc: 1
        input: 8x8x3
        classes: 10
        vars: {{wide: 64}}
        scaling: {{round: floor}}
        body: [{{pw: 32}}, {{{step}}}, {{pw: wide, alpha: fixed}}]
    """
    assert shapes(text, alpha=0.5)[-2].endswith(f"×{channels}"), why


def test_no_shrink_grows(shapes: Callable[..., list[str]]) -> None:
    text = "flopcalc: 1\ninput: 8x8x3\nbody: [{pw: 64, alpha: no_shrink}]"
    assert shapes(text, alpha=2.0) == ["pw1 8×8×128"]
    assert shapes(text, alpha=0.5) == ["pw1 8×8×64"]


BLOCK = """
    flopcalc: 1
    input: 8x8x3
    scaling: {round: floor}
    blocks:
      b: {params: {typed: channels, bare}, body: [{pw: typed}, {pw: bare}, {pw: in}]}
    body: [{pw: 10}, {b: 64, bare: 64}]
"""


def test_parameters_scale_once(shapes: Callable[..., list[str]]) -> None:
    """A `channels` parameter is scaled at the call, a bare one where it becomes channels."""
    assert [row.rpartition("×")[2] for row in shapes(BLOCK, alpha=0.5)] == ["5", "32", "32", "5"]


def test_classifier_is_guarded(
    load: Callable[..., object], shapes: Callable[..., list[str]]
) -> None:
    text = """
        flopcalc: 1
        input: 8x8x3
        classes: 10
        body: [{{pw: 32}}, global_avg_pool, {{fc: {out}}}{after}]
    """
    for after in ("", ", softmax", ", relu, dropout"):
        with pytest.raises(ScaleError, match=r"alpha 0\.5 would turn the 10 outputs"):
            shapes(text.format(out=10, after=after), alpha=0.5)
    assert shapes(text.format(out="classes", after=""), alpha=0.5)[-1] == "fc1 10"
    assert shapes(text.format(out="10, alpha: fixed", after=""), alpha=0.5)[-1] == "fc1 10"
    assert shapes(text.format(out=10, after=", {fc: classes}"), alpha=0.5)[-1] == "fc2 10"


@pytest.mark.parametrize(
    ("size", "rho", "rule", "result"),
    [
        (224, 0.714, "nearest", 160),  # table 5 of the MobileNet paper
        (224, 0.714, "floor", 159),
        (224, 0.857142857, "floor", 192),
        (224, 4 / 7, "ceil", 128),
        (225, 0.5, "nearest", 113),
        (225, 0.5, "floor", 112),
        (225, 0.5, "ceil", 113),
        (224, 1, "floor", 224),
    ],
)
def test_resolution(size: int, rho: float, rule: str, result: int) -> None:
    assert scaled_size(size, rho, rule) == result


def test_rho_and_res_are_one_knob(load: Callable[..., object]) -> None:
    text = (GOOD / "mobilenet_v1.yaml").read_text()
    model = load_spec(text, "mobilenet_v1")
    by_rho, by_res = model.graph(Scale(rho=0.714)), model.graph(Scale(res=(160, 160)))
    assert by_rho.inputs[0].spatial == by_res.inputs[0].spatial == (160, 160)
    assert by_rho.scale.rho == by_res.scale.rho == 160 / 224
    oblong = model.graph(Scale(res=(192, 256)))
    assert oblong.inputs[0].spatial == (192, 256)
    assert oblong.scale.rho == pytest.approx((192 * 256) ** 0.5 / 224)
    video = load_spec("flopcalc: 1\ninput: 16x112x112x3\nbody: [relu]\n", "video")
    assert video.graph(Scale(res=(64, 64))).inputs[0].spatial == (16, 64, 64)
    assert video.graph(Scale(rho=0.5)).inputs[0].spatial == (8, 56, 56)


def test_length() -> None:
    tokens = load_spec("flopcalc: 1\ninput: {tokens: 128}\nbody: [{embed: 4, vocab: 9}]\n", "t")
    assert tokens.graph(Scale(length=64)).outputs[0].text() == "64×4"
    sound = load_spec("flopcalc: 1\ninput: 16000x1\nbody: [{conv: 4, k: 3, s: 10}]\n", "s")
    assert sound.graph(Scale(length=8000)).outputs[0].text() == "800×4"
    assert sound.graph(Scale(rho=0.5)).outputs[0].text() == "800×4"


@pytest.mark.parametrize(
    ("repeat", "depth", "copies"),
    [(1, 1.1, 2), (2, 1.1, 3), (4, 1.8, 8), (3, 0.5, 2), (5, 1, 5), (1, 0.1, 1)],
)
def test_depth_rounds_up(repeat: int, depth: float, copies: int) -> None:
    """Tan and Le 2019 (arXiv:1905.11946): ceil(depth_coefficient · repeats)."""
    assert deepened(repeat, depth) == copies


def test_depth_multiplies_nominal_repeats_only(shapes: Callable[..., list[str]]) -> None:
    text = """
        flopcalc: 1
        input: 8x8x3
        vars: {deep: 2}
        body:
          - {pw: 3, name: written, repeat: 2}
          - {pw: 3, name: by_var, repeat: deep}
          - {pw: 3, name: exempt, repeat: fixed(2)}
          - {pw: 3, name: single}
          - table: pw
            cols: [out, repeat, name]
            rows: [[3, 1, row], [3, ~, tilde]]
    """
    names = [row.split()[0].split(".")[0] for row in shapes(text, depth=1.5)]
    copies = {name: names.count(name) for name in names}
    assert copies == {"written": 3, "by_var": 3, "exempt": 2, "single": 1, "row": 2, "tilde": 1}
