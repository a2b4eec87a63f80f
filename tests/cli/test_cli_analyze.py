"""`flopcalc analyze` as a user runs it, on the network it was made for."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., Any]
SPEC = str(Path(__file__).parents[2] / "specs" / "mobilenet_v1.yaml")

# Howard et al. 2017, Tables 6 and 7, to the integer: Mult-Adds at 224, 192, 160 and 128 px, then
# weights, + biases, + norms (trainable), + running statistics (Keras' total)
GRID = {
    1.0: (
        (568_740_352, 418_121_728, 290_675_200, 186_400_768),
        (4_209_088, 4_210_088, 4_231_976, 4_253_864),
    ),
    0.75: (
        (325_400_448, 239_273_472, 166_396_800, 106_770_432),
        (2_568_144, 2_569_144, 2_585_560, 2_601_976),
    ),
    0.5: (
        (149_497_088, 109_970_432, 76_524_800, 49_160_192),
        (1_319_648, 1_320_648, 1_331_592, 1_342_536),
    ),
    0.25: (
        (41_030_272, 30_212_608, 21_059_200, 13_570_048),
        (463_600, 464_600, 470_072, 475_544),
    ),
}


@pytest.mark.parametrize("alpha", GRID)
@pytest.mark.parametrize(("column", "res"), [(0, 224), (1, 192), (2, 160), (3, 128)])
def test_the_papers_grid(run: Run, alpha: float, column: int, res: int) -> None:
    counts, (weights, _, trainable, stored) = GRID[alpha]
    result = run("analyze", "mobilenet_v1", "--alpha", str(alpha), "--res", str(res), "--json")
    data = json.loads(result.out)

    assert result.code == 0
    assert data["status"] == "complete"
    assert data["totals"]["mult_adds"] == counts[column]
    assert data["totals"]["params"] == trainable
    kinds = data["totals"]["params_by_kind"]
    assert kinds == {
        "weight": weights,
        "bias": 1000,
        "norm": trainable - weights - 1000,
        "buffer": stored - trainable,
    }


def test_the_first_screen(run: Run, golden: Callable[[str, str], None]) -> None:
    result = run("analyze", "mobilenet_v1", "--alpha", "0.75", "--res", "192")

    assert result.code == 0
    assert "239,273,472 Mult-Adds and 2,585,560 parameters" in result.out
    assert "2,568,144 weights" in result.out
    golden("mobilenet_v1.txt", result.out)


def test_a_path_and_a_name_mean_the_same(run: Run) -> None:
    by_name = json.loads(run("analyze", "mobilenet_v1", "--json").out)
    by_path = json.loads(run("analyze", SPEC, "--json").out)

    assert by_path["path"] == SPEC
    assert by_name["path"] == "specs/mobilenet_v1.yaml"
    assert by_name["totals"] == by_path["totals"]
    assert [layer["name"] for layer in by_name["layers"]][:2] == ["conv1", "conv2.dw"]


def test_a_spec_on_standard_input(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(Path(SPEC).read_text(encoding="utf-8")))
    data = json.loads(run("analyze", "-", "--json").out)

    assert data["path"] == "<stdin>"
    assert data["totals"]["mult_adds"] == 568_740_352


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"\x08\x0a\x12\x00\xff", "'<stdin>' is a binary file, not YAML"),
        (b"flopcalc: 1\nname: \xff", "<stdin>:2: error: not UTF-8 text"),
        (b"a" * 300_000, "larger than 256 KiB"),
    ],
)
def test_what_is_no_spec_on_standard_input(
    run: Run, monkeypatch: pytest.MonkeyPatch, data: bytes, says: str
) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(data), encoding="utf-8"))
    result = run("analyze", "-")

    assert result.code == 2
    assert says in result.err


@pytest.mark.parametrize(
    "arguments",
    [
        ("mobilenet_v1@conv",),
        ("mobilenet_v1", "--variant", "conv"),
        ("mobilenet_v1", "--swap", "sep=conv"),
    ],
)
def test_conv_mobilenet(run: Run, arguments: tuple[str, ...]) -> None:
    """The paper's Table 4, in three spellings; 4866 there leaves the classifier out."""
    data = json.loads(run("analyze", *arguments, "--convention", "paper", "--json").out)

    assert data["projected"]["operations"] == 4_867_293_184
    assert data["projected"]["params"] == 29_281_120
    assert data["totals"]["mult_adds"] - 1_024_000 == 4_866_269_184


def test_by_kind_is_table_2(run: Run, golden: Callable[[str, str], None]) -> None:
    """The paper prints 1.19 % for the 3×3 convolution: its column then sums to 99.29."""
    options = ("--by", "kind", "--convention", "paper", "--sort", "mult_adds")
    result = run("analyze", "mobilenet_v1", *options)
    golden("table_2.txt", result.out)
    rows = list(
        csv.DictReader(io.StringIO(run("analyze", "mobilenet_v1", *options, "-f", "csv").out))
    )
    shares = {row["kind"]: (float(row["share"]), float(row["params_share"])) for row in rows}

    assert {kind: (round(100 * a, 2), round(100 * b, 2)) for kind, (a, b) in shares.items()} == {
        "pointwise": (94.86, 74.59),
        "depthwise": (3.06, 1.06),
        "standard": (1.91, 0.02),
        "fc": (0.18, 24.33),
    }


@pytest.mark.parametrize(
    ("convention", "operations", "params"),
    [  # flops: counting.md's elementwise table summed over the primitive layers
        ("mult-adds", 568_740_352, 4_231_976),
        ("paper", 568_740_352, 4_209_088),
        ("flops-mac", 1_137_480_704, 4_231_976),
        ("keras", 568_740_352, 4_253_864),
    ],
)
def test_conventions(run: Run, convention: str, operations: int, params: int) -> None:
    data = json.loads(run("analyze", "mobilenet_v1", "--convention", convention, "--json").out)

    assert data["projected"]["convention"] == convention
    assert (data["projected"]["operations"], data["projected"]["params"]) == (operations, params)


def test_flops_are_two_per_mac_and_the_elementwise_counts(run: Run) -> None:
    """BN: a mul and an add, ReLU: a cmp for each of 5,042,240 elements of the 27 conv outputs."""
    data = json.loads(run("analyze", "mobilenet_v1", "--convention", "flops", "--json").out)
    elements = sum(
        layer["out"][0][1] * layer["out"][0][2] * layer["out"][0][3]
        for layer in data["layers"]
        if layer["op"] == "conv"
    )
    pool_and_fc = 1024 * 48 + 1024 + 1000  # 48 adds and a division a channel; the fc's biases

    assert data["totals"]["counts"]["cmp"] == elements
    assert data["projected"]["operations"] == 2 * 568_740_352 + 3 * elements + pool_and_fc


def test_every_primitive_layer(run: Run) -> None:
    data = json.loads(run("analyze", "mobilenet_v1", "--by", "op", "--all", "--json").out)
    names = [layer["name"] for layer in data["layers"]]

    assert names[:4] == ["conv1", "conv1.norm", "conv1.act", "conv2.dw"]
    assert len(names) == 27 * 3 + 2


def test_blocks_and_levels(run: Run) -> None:
    steps = json.loads(run("analyze", "mobilenet_v1", "--by", "block", "--json").out)
    copies = json.loads(run("analyze", "mobilenet_v1", "--level", "2", "--json").out)

    assert [x["name"] for x in steps["layers"]][-4:] == ["conv9", "conv10", "pool", "fc"]
    assert "conv8.0" in [x["name"] for x in copies["layers"]]
    assert sum(x["mult_adds"] for x in steps["layers"]) == 568_740_352


def test_one_layer(run: Run) -> None:
    result = run("analyze", "mobilenet_v1", "--layer", "conv8.0", "-f", "csv")
    rows = list(csv.DictReader(io.StringIO(result.out)))

    assert [row["name"] for row in rows] == ["conv8.0.dw", "conv8.0.pw"]
    assert sum(int(row["mult_adds"]) for row in rows) == 52_283_392


def test_top_sorts_by_weight(run: Run) -> None:
    out = run("analyze", "mobilenet_v1", "--top", "2", "--sort", "params", "-f", "csv").out
    rows = list(csv.DictReader(io.StringIO(out)))

    assert [row["name"] for row in rows] == ["conv10.pw", "fc"]


def test_columns_and_formulas(run: Run) -> None:
    out = run("analyze", "mobilenet_v1", "--columns", "name,mult_adds,formula", "-f", "csv").out
    rows = list(csv.reader(io.StringIO(out)))

    assert rows[0] == ["name", "mult_adds", "formula"]
    assert rows[1] == ["conv1", "10838016", "D_K·D_K·M·N·D_F·D_F"]


def test_a_batch_multiplies_operations_and_not_parameters(run: Run) -> None:
    data = json.loads(run("analyze", "mobilenet_v1", "--batch", "8", "--json").out)

    assert data["totals"]["mult_adds"] == 8 * 568_740_352
    assert data["totals"]["params"] == 4_231_976
    assert data["layers"][0]["formula"] == "B·D_K·D_K·M·N·D_F·D_F"


def test_rho_of_the_paper(run: Run) -> None:
    """0.714 · 224 is 159.9: 160 pixels, and a 10×10 map where 224 has 14×14."""
    data = json.loads(run("analyze", "mobilenet_v1", "--rho", "0.714", "--json").out)
    shape = next(x["out"] for x in data["layers"] if x["name"] == "conv8.0.pw")

    assert data["scale"]["res"] == [160, 160]
    assert shape == [[1, 512, 10, 10]]
    assert data["totals"]["mult_adds"] == 290_675_200
