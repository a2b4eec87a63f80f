"""The inverse question: what fits, exactly, with the next one that does not."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import flopcalc
from flopcalc.explore import Axes, all_widths
from flopcalc.graph import Scale

V1 = flopcalc.load("mobilenet_v1")


@given(limit=st.integers(6_000_000, 2_200_000_000))
@settings(deadline=None, max_examples=15)
def test_the_largest_fits_and_the_next_does_not(limit: int) -> None:
    (found,) = flopcalc.fit(V1, max={"mult_adds": limit}).found

    assert found.next is not None
    assert found.fits.operations <= limit < found.next.operations
    assert found.next.over == ("mult_adds",)
    for size in (found.fits, found.next):
        for alpha in (size.low, size.alpha, size.high):
            counted = flopcalc.analyze(V1, alpha=alpha).totals
            assert (counted.mult_adds, counted.params) == (size.operations, size.params)


def test_halving_finds_what_trying_all_finds() -> None:
    """Nothing above fits, over all 461 widths up to a quarter."""
    axes = Axes(alphas=None, low=0, high=0.25)
    every = [width[2] for width in all_widths(V1, Scale(), axes)]
    counts = [spot.operations for spot in flopcalc.sweep(V1, alpha=every)]
    for limit in (7_000_000, 20_000_000, 41_030_272):
        (found,) = flopcalc.fit(V1, max={"mult_adds": limit}).found
        assert found.fits.operations == max(n for n in counts if n <= limit)


def test_several_limits_hold_at_once() -> None:
    """2 MB are 500,000 numbers of float32, and 2,000,000 of int8."""
    float32 = flopcalc.fit(V1, max={"mult_adds": "100M", "bytes": "2MB"}).found[0]
    int8 = flopcalc.fit(V1, max={"mult_adds": "100M", "bytes": "2MB"}, dtype="int8").found[0]

    assert float32.fits.params <= 500_000
    assert float32.next is not None
    assert float32.next.over == ("bytes",)
    assert int8.next is not None
    assert (int8.fits.operations, int8.next.operations) == (98_520_840, 100_919_312)


def test_weight_bytes_are_those_that_check_judges() -> None:
    """Mean and variance of each norm are stored as well: 21,888 of MobileNetV1's numbers."""
    limits = {"mult_adds": "100M", "weight_bytes": "950kB"}
    (found,) = flopcalc.fit(V1, max=limits, dtype="int8").found
    for size in (found.fits, found.next):
        assert size is not None
        totals = flopcalc.analyze(V1, alpha=size.alpha).totals
        assert size.stored == totals.params + totals.params_by_kind["buffer"]
    assert found.next is not None
    assert found.fits.stored <= 950_000 < found.next.stored
    assert found.next.over == ("weight_bytes",)


def test_several_variables_give_every_network_that_none_exceeds() -> None:
    alphas, sides = [0.25, 0.5, 0.75, 1.0], [128, 160, 192, 224]
    limit = 150_000_000
    found = flopcalc.fit(V1, max={"mult_adds": limit}, vary="alpha,res", alpha=alphas, res=sides)
    fits = {
        (spot.alpha, spot.size[0])
        for spot in flopcalc.sweep(V1, alpha=alphas, res=sides)
        if spot.operations <= limit
    }
    best = {
        (a, s) for a, s in fits if not any((b, t) != (a, s) and b >= a and t >= s for b, t in fits)
    }

    assert (
        {(f.fits.alpha, f.fits.size[0]) for f in found.found} == best == {(0.5, 224), (0.75, 128)}
    )
    assert all(f.next is not None and f.next.over for f in found.found)


def test_vars_and_depth() -> None:
    (found,) = flopcalc.fit(
        "mobilenet_v2", max={"mult_adds": "200M"}, vary="t", settings={"t": "2:6"}
    ).found
    assert found.search.base.settings == (("t", "3"),)
    assert found.next is not None
    assert found.next.operations == 214_590_720  # t = 4

    (deep,) = flopcalc.fit(
        "mobilenet_v2", max={"mult_adds": "600M"}, vary="depth", depth="1:3:0.5"
    ).found
    counts = {
        n: flopcalc.analyze("mobilenet_v2", depth=n).totals.mult_adds for n in (1, 1.5, 2, 2.5, 3)
    }
    assert deep.search.scale.depth == max(n for n, c in counts.items() if c <= 600_000_000)


def test_nothing_fits_and_everything_does() -> None:
    nothing = flopcalc.fit(V1, max={"mult_adds": 1000})
    everything = flopcalc.fit(V1, max={"mult_adds": "1T"})

    assert nothing.found == ()
    assert nothing.smallest[0][1].operations == 5_662_992  # 8 channels everywhere
    assert everything.all_fit
    assert not nothing.all_fit
    assert everything.found[0].fits.alpha == 2
    assert everything.found[0].next is None


def test_published_networks_that_fit_come_with_their_exact_cost() -> None:
    fitted = flopcalc.fit(V1, "mobilenet_v2", max={"mult_adds": "100M", "params": "2M"})
    rows = {(q.name, q.scale.alpha, q.scale.res[0]): q for q in fitted.published}

    assert rows["MobileNetV2", 0.5, 224].operations == 97_131_840
    assert all(q.operations <= 10**8 and q.params <= 2 * 10**6 for q in fitted.published)
    assert ("MobileNetV2", 1.0, 96) not in rows  # 56 M, but 3.5 M parameters


@pytest.mark.parametrize(
    ("arguments", "message", "hint"),
    [
        ({"max": {}}, "no limit to fit", "for example --max mult_adds=150M"),
        ({"max": {"mult_ads": "1M"}}, "unknown metric 'mult_ads'", "did you mean 'mult_adds'?"),
        ({"max": {"bytes": "2M"}}, "'2M' is no limit of bytes", "for example bytes=2MB"),
        ({"max": {"params": "2MB"}}, "'2MB' is no limit of params", "for example params=100M"),
        (
            {"max": {"params": "2M"}, "dtype": "int9"},
            "unknown dtype 'int9'",
            "did you mean 'int8'?",
        ),
        (
            {"max": {"params": "2M"}, "vary": "t"},
            "nothing called 't' to vary",
            "one of: alpha, res, depth, or a var with --set t=2:6",
        ),
    ],
)
def test_slips(arguments: dict[str, object], message: str, hint: str) -> None:
    with pytest.raises(flopcalc.InputError) as caught:
        flopcalc.fit(V1, **arguments)  # type: ignore[arg-type]  # each row has its own
    assert (caught.value.message, caught.value.hint) == (message, hint)


def test_a_network_that_cannot_be_fitted_goes_by_its_own_name() -> None:
    with pytest.raises(flopcalc.InputError, match="'ResNet-18' takes no real α"):
        flopcalc.fit("resnet18", max={"mult_adds": "1G"})
