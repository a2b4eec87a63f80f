"""Judging a snapshot by the limits of a budget: every limit, and every part that exceeds one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flopcalc.budget import PEAK, SHARES, Outcome, Verdict
from flopcalc.engine.changes import changes, partners

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from flopcalc.budget import Limit, Part, Snapshot
    from flopcalc.errors import Where
    from flopcalc.quantity import Quantity


def judge_limits(
    snapshot: Snapshot, limits: Sequence[Limit], baseline: Snapshot | None = None
) -> tuple[Verdict, ...]:
    """A verdict for each limit, and one more for each further part that exceeds it.

    A lower bound above a maximum proves that it is exceeded; below it, it proves nothing. A
    growth without a `baseline` has no verdict. Limits of parts that the model lacks have none.
    """
    found: list[Verdict] = []
    for limit in limits:
        if limit.severity == "off" or (limit.how == "growth" and baseline is None):
            continue
        if limit.scope == "model":
            found.append(_whole(snapshot, limit, baseline))
        else:
            found += _parts(snapshot, limit, baseline)
    return tuple(found)


def matches(limit: Limit, snapshot: Snapshot) -> bool:
    """Whether a limit is about anything that the model has."""
    return limit.scope == "model" or bool(_groups(snapshot, limit))


def heaviest_place(snapshot: Snapshot, baseline: Snapshot | None, metric: str) -> Where | None:
    """The line to look at: of the layer that grew most, or else of the heaviest."""
    if metric == PEAK:
        return snapshot.peak_where
    key = SHARES.get(metric, metric) if metric != "weight_bytes" else "params"
    if baseline is not None:
        grown = [c for c in changes(baseline, snapshot) if c.after and c.after.where]
        worst = max(grown, key=lambda c: getattr(c, key), default=None)
        if worst is not None and worst.after is not None and getattr(worst, key) > 0:
            return worst.after.where
    placed = [part for part in snapshot.parts if part.where]
    heaviest = max(placed, key=lambda part: getattr(part, key) or 0, default=None)
    return heaviest.where if heaviest else None


def _whole(snapshot: Snapshot, limit: Limit, baseline: Snapshot | None) -> Verdict:
    actual = snapshot.value(limit.metric)
    partial = snapshot.at_least(limit.metric)
    before = baseline.value(limit.metric) if baseline and limit.how == "growth" else None
    reason = snapshot.reasons[0] if (partial or actual is None) and snapshot.reasons else ""
    if limit.metric == PEAK and actual is not None:
        reason = snapshot.peak_layer
    verdict = _verdict(limit, actual, partial, before, reason)
    if verdict.outcome in {"pass", "near"}:
        return verdict
    return verdict._replace(where=heaviest_place(snapshot, baseline, limit.metric))


def _parts(snapshot: Snapshot, limit: Limit, baseline: Snapshot | None) -> list[Verdict]:
    """Every verdict that is no pass, or else the one with least room."""
    groups = _groups(snapshot, limit)
    if baseline is not None and limit.how == "growth" and groups and not baseline.parts:
        why = "the baseline has no layers: 'lock_layers: off', or none had a cost"
        return [Verdict(limit, "incomplete", limit.pattern, reason=why)]
    before = partners(baseline, snapshot) if baseline and limit.how == "growth" else {}
    verdicts = []
    for name, parts in groups.items():
        old = sum(_value(p, limit.metric) or 0 for part in parts for p in before.get(part.name, ()))
        verdict = _of_group(snapshot, limit, parts, old if limit.how == "growth" else None)
        heaviest = max(parts, key=lambda part: _value(part, limit.metric) or 0)
        verdicts.append(verdict._replace(scope=name, where=heaviest.where))
    bad = [v for v in verdicts if v.outcome != "pass"]
    return bad or sorted(verdicts, key=lambda v: -(v.actual or 0))[:1]


def _groups(snapshot: Snapshot, limit: Limit) -> dict[str, list[Part]]:
    """The parts that each verdict of a limit is about, by layer, kind or block."""
    found: dict[str, list[Part]] = {}
    for part in snapshot.parts:
        for name in _names(part, limit):
            if name == limit.pattern or _like(name, limit.pattern):
                found.setdefault(name, []).append(part)
    return found


def _names(part: Part, limit: Limit) -> Iterator[str]:
    if limit.scope == "layer":
        yield part.name
    elif limit.scope == "kind":
        yield part.kind
    else:
        scope = part.name
        depth = limit.pattern.count(".")
        if scope.count(".") >= depth:
            yield ".".join(scope.split(".")[: depth + 1])


def _like(name: str, pattern: str) -> bool:
    if not any(letter in pattern for letter in "*?["):
        return False
    from fnmatch import fnmatchcase  # here, since few limits are patterns

    return fnmatchcase(name, pattern)


def _of_group(snapshot: Snapshot, limit: Limit, parts: list[Part], before: int | None) -> Verdict:
    values = [_value(part, limit.metric) for part in parts]
    known = sum(value for value in values if value is not None)
    partial = None in values
    if limit.metric not in SHARES:
        return _verdict(limit, known, partial, before)
    whole = snapshot.value(SHARES[limit.metric]) or 0
    top, bottom = limit.bound.as_integer_ratio()
    loose = snapshot.status == "partial" and limit.metric == "share"
    over = known * bottom > top * whole
    share = known / whole if whole else 0.0
    outcome: Outcome = "violation" if over else "pass"
    if partial or (loose and over):  # with more in the whole, the share is less
        outcome = "incomplete"
    allowed = top / bottom
    reason = snapshot.reasons[0] if outcome == "incomplete" and snapshot.reasons else ""
    return Verdict(limit, outcome, "", share, allowed, partial, reason=reason)


def _value(part: Part, metric: str) -> int | None:
    found: int | None = getattr(part, SHARES.get(metric, metric))
    return found


def _verdict(
    limit: Limit,
    actual: int | None,
    partial: bool,  # noqa: FBT001 - private
    before: int | None,
    reason: str = "",
) -> Verdict:
    if actual is None:
        what = "activations" if limit.metric == PEAK else "parameters"
        why = reason or f"no type's size is known for some {what}"
        return Verdict(limit, "incomplete", reason=why)
    if limit.how == "growth" and before is None:
        why = f"the baseline has no '{limit.metric}': 'flopcalc tighten' adds it to the lock file"
        return Verdict(limit, "incomplete", actual=actual, reason=why)
    if limit.how == "expect":
        holds = limit.bound.matches(actual)
        top, bottom = limit.bound.as_integer_ratio()
        outcome: Outcome = "incomplete" if partial else "pass" if holds else "violation"
        return Verdict(limit, outcome, "", actual, top // bottom, partial, reason=reason)
    allowed = allowed_of(limit, before)
    if actual > allowed:
        outcome = "violation"
    elif partial:
        outcome = "incomplete"
    elif limit.how == "max" and limit.near and _is_near(actual, allowed, limit.near):
        outcome = "near"
    else:
        outcome = "pass"
    return Verdict(limit, outcome, "", actual, allowed, partial, before, reason=reason)


def allowed_of(limit: Limit, before: int | None = None) -> int:
    """The largest integer that a limit lets pass."""
    top, bottom = limit.bound.as_integer_ratio()
    if limit.how != "growth":
        return top // bottom
    assert before is not None
    if limit.bound.kind == "share":
        return before + before * top // bottom
    return before + top // bottom


def _is_near(actual: int, allowed: int, near: Quantity) -> bool:
    top, bottom = near.as_integer_ratio()
    return actual * bottom > allowed * (bottom - top)
