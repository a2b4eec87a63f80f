"""Verdicts: bounds to the last digit, lower bounds, and what holds for every network."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flopcalc.budget import LOCKED, Limit, Locked, Part, Snapshot
from flopcalc.config.limits import parse_bound
from flopcalc.config.lock import lock_text, parse_lock
from flopcalc.engine.changes import changes
from flopcalc.engine.verdicts import judge_limits

NET = Snapshot("Net", {}, "complete", 1000, 100, 400, (Part("a", "standard", "s", 1000, 100),))


def limit(metric: str, text: str, **more: Any) -> Limit:
    bound, growth = parse_bound(text, metric)
    return Limit(metric, bound, "growth" if growth else "max", **more)


@pytest.mark.parametrize(
    ("text", "base", "outcome"),
    [
        ("1000", None, "pass"),
        ("999", None, "violation"),
        ("0.9999k", None, "violation"),  # 999.9: no integer above 999 is allowed
        ("1.0001k", None, "pass"),
        ("+0", 1000, "pass"),
        ("+0", 999, "violation"),
        ("+1", 999, "pass"),
        ("+0.1%", 1000, "pass"),
        ("+0.1%", 999, "violation"),  # 999.999
        ("+0.2%", 999, "pass"),  # 1000.998
        ("+11.1%", 900, "violation"),  # 999.9
        ("+11.2%", 900, "pass"),
    ],
)
def test_bounds(text: str, base: int | None, outcome: str) -> None:
    baseline = NET._replace(mult_adds=base) if base else None
    (verdict,) = judge_limits(NET, [limit("mult_adds", text)], baseline)

    assert verdict.outcome == outcome


@pytest.mark.parametrize(
    ("text", "outcome"), [("999", "violation"), ("1000", "incomplete"), ("1G", "incomplete")]
)
def test_a_lower_bound_proves_a_violation_only(text: str, outcome: str) -> None:
    partial = NET._replace(status="partial", reasons=("x: no formula",))
    (verdict,) = judge_limits(partial, [limit("mult_adds", text)])

    assert (verdict.outcome, verdict.at_least) == (outcome, True)
    assert judge_limits(partial, [limit("params", "100")])[0].outcome == "pass"
    named = partial._replace(reasons=("params are 100*N: its names want values",))
    assert judge_limits(named, [limit("params", "100")])[0].outcome == "incomplete"


def test_a_share_of_a_lower_bound() -> None:
    """Of a whole that is at least 1000, 400 are at most 40 %."""
    parts = (
        Part("a", "conv", "s", 400, 0),
        Part("b", "conv", "s", 600, 0),
        Part("c", "x", "s", None, 0),
    )
    partial = NET._replace(status="partial", parts=parts)
    of_a = {"scope": "layer", "pattern": "a"}

    assert judge_limits(partial, [limit("share", "40%", **of_a)])[0].outcome == "pass"
    assert judge_limits(partial, [limit("share", "39%", **of_a)])[0].outcome == "incomplete"
    of_c = {"scope": "layer", "pattern": "c"}
    assert judge_limits(partial, [limit("share", "99%", **of_c)])[0].outcome == "incomplete"


def test_an_unknown_size_is_no_zero() -> None:
    (verdict,) = judge_limits(NET._replace(weight_bytes=None), [limit("weight_bytes", "1GiB")])

    assert (verdict.outcome, verdict.actual) == ("incomplete", None)


names = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), min_size=1, max_size=12)
part = st.builds(
    Part,
    names,
    st.sampled_from(["standard", "depthwise", "pointwise", "fc"]),
    names,
    st.integers(0, 10**15),
    st.integers(0, 10**12),
)


@st.composite
def snapshots(draw: st.DrawFn) -> Snapshot:
    parts = tuple(draw(st.lists(part, min_size=1, max_size=8, unique_by=lambda p: p.name)))
    macs = sum(p.mult_adds or 0 for p in parts)
    params = sum(p.params for p in parts)
    scale = {"alpha": draw(st.floats(0.1, 4)), "res": [draw(st.integers(1, 999))], "set": {}}
    return Snapshot(draw(names), scale, "complete", macs, params, 4 * params, parts)


DEFAULTS = [limit(metric, "+0") for metric in LOCKED]


@given(st.dictionaries(names, snapshots(), max_size=3))
def test_the_lock_file_keeps_everything(models: dict[str, Snapshot]) -> None:
    entries = {name: Locked(snapshot) for name, snapshot in models.items()}
    text = lock_text(entries)

    assert parse_lock(text.encode(), "flopcalc.lock") == entries
    assert lock_text(dict(reversed(entries.items()))) == text


@given(snapshots(), st.data())
def test_lock_then_check_is_green_and_any_heavier_layer_is_red(
    net: Snapshot, data: st.DataObject
) -> None:
    locked = parse_lock(lock_text({"x": Locked(net)}).encode(), "x")["x"].snapshot
    assert all(v.outcome == "pass" for v in judge_limits(net, DEFAULTS, locked))
    assert changes(locked, net) == ()

    at = data.draw(st.integers(0, len(net.parts) - 1))
    more = data.draw(st.integers(1, 10**9))
    metric = data.draw(st.sampled_from(LOCKED))
    old = net.parts[at]
    heavier = old._replace(**{metric: getattr(old, metric) + more})
    parts = (*net.parts[:at], heavier, *net.parts[at + 1 :])
    grown = net._replace(parts=parts, **{metric: getattr(net, metric) + more})
    bad = [v for v in judge_limits(grown, DEFAULTS, locked) if v.outcome == "violation"]

    assert [v.limit.metric for v in bad] == [metric]
    assert [(c.name, getattr(c, metric)) for c in changes(locked, grown)] == [(old.name, more)]
