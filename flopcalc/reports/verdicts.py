"""A verdict in words: what is, what may be, and by how much it differs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flopcalc.budget import METRICS, PEAK, SHARES, TITLES
from flopcalc.quantity import human_bytes, join, percent

if TYPE_CHECKING:
    from flopcalc.budget import Verdict


def message(verdict: Verdict) -> str:
    """One sentence: `Mult-Adds: 568,740,352 exceed 500M by 68,740,352 (13.75 %)`."""
    limit = verdict.limit
    title = TITLES[limit.metric]
    scope = verdict.scope
    if scope:
        title += f" of {scope}" if scope.startswith("@") else f" of {limit.scope} '{scope}'"
    elif limit.metric == PEAK and verdict.outcome != "incomplete" and verdict.reason:
        title += f" at layer '{verdict.reason}'"
    actual = number(verdict.actual, limit.metric) or "unknown"
    bound = "at least " if verdict.at_least else ""
    if verdict.at_least and not verdict.actual:  # at least nothing is no number
        bound, actual = "", "unknown"
    if verdict.outcome == "incomplete":
        why = f": {verdict.reason}" if verdict.reason else ""
        return (
            f"{title}: {bound}{actual}, and the count is incomplete{why}; the limit is {limit.text}"
        )
    if limit.how == "expect":
        return f"{title}: {actual}, where the file expects {limit.bound}"
    if verdict.outcome == "violation":
        over = _over(verdict)
        if limit.how == "growth":
            before = number(verdict.baseline, limit.metric)
            allows = f"what {limit.text} on the baseline {before} allows"
            return f"{title}: {bound}{actual}, {over} above {allows}"
        return f"{title}: {bound}{actual} exceed {limit.text} by {over}"
    if verdict.outcome == "near":
        return f"{title}: {actual} are within {limit.near} of {limit.text}"
    return f"{title}: {actual} are within {limit.text}"


def number(value: float | None, metric: str) -> str:
    """An exact number with its digits in groups, or a share in percent."""
    if value is None:
        return ""
    if metric in SHARES:
        return share_text(value)
    if METRICS[metric] == "bytes":
        size = join(human_bytes(value))
        return size if value < 1024 else f"{value:,} B ({size})"
    return f"{value:,}"


def room(verdict: Verdict) -> str:
    """How much is left, or how much too much it is, as a share of the limit."""
    actual, allowed = verdict.actual, verdict.allowed
    if actual is None or allowed is None or verdict.outcome == "incomplete":
        return ""
    if verdict.limit.how == "expect":
        return "" if verdict.outcome == "pass" else "differs"
    if actual == allowed:
        return "none"
    if not allowed:
        return f"{number(actual, verdict.limit.metric)} over"
    part = share_text(abs(actual - allowed) / allowed)
    return f"{part} over" if actual > allowed else f"{part} left"


def used(verdict: Verdict) -> float | None:
    """The share of a limit that is used; None where it is no upper bound, or nothing is known."""
    if verdict.actual is None or not verdict.allowed or verdict.limit.how == "expect":
        return None
    return verdict.actual / verdict.allowed


def share_text(share: float) -> str:
    """`13.75 %`, and never nothing for something."""
    shown = join(percent(share))
    return "<0.01 %" if share > 0 and shown == "0.00 %" else shown


def _over(verdict: Verdict) -> str:
    assert verdict.actual is not None
    assert verdict.allowed is not None
    metric = verdict.limit.metric
    more = number(verdict.actual - verdict.allowed, metric)
    if metric in SHARES or not verdict.allowed:
        return more
    return f"{more} ({share_text((verdict.actual - verdict.allowed) / verdict.allowed)})"
