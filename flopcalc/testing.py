"""Budgets in a test suite: `assert_budget("mobilenet_v1", alpha=0.75, mult_adds="<=250M")`."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from flopcalc import api
from flopcalc.budget import METRICS, PEAK, TITLES
from flopcalc.config.limits import parse_bound
from flopcalc.dtypes import find_dtype
from flopcalc.errors import InputError
from flopcalc.measure import snapshot_of
from flopcalc.quantity import join, percent

if TYPE_CHECKING:
    from typing import Unpack

    from flopcalc.api import Knobs
    from flopcalc.budget import Snapshot
    from flopcalc.graph import Model

HEAVIEST = 5
_SIGNS = ("<=", "==", "<")  # the longest first


def assert_budget(
    model: str | os.PathLike[str] | Model,
    *,
    mult_adds: str | int | None = None,
    params: str | int | None = None,
    weight_bytes: str | int | None = None,
    peak_activation_bytes: str | int | None = None,
    dtype: str | None = None,
    **knobs: Unpack[Knobs],
) -> None:
    """Fail a test where `model` is above a limit; the message shows its heaviest layers.

    A limit is a maximum (`250M`, `"<=250M"`, `250_000_000`), a bound that is not reached
    (`"<250M"`), or a number at the precision written (`"==239M"`). Bytes are those of the file's
    own types, or as if all floats were of `dtype`. `knobs` are those of `flopcalc.analyze`.

    >>> from flopcalc.testing import assert_budget
    >>> assert_budget("mobilenet_v1", alpha=0.75, mult_adds="<=326M", params="<2.6M")

    Raises `AssertionError` for a limit that is exceeded or a count that is incomplete below it,
    `InputError` where the model or a limit cannot be read.
    """
    given = {"mult_adds": mult_adds, "params": params, "weight_bytes": weight_bytes}
    given[PEAK] = peak_activation_bytes
    limits = {metric: limit for metric, limit in given.items() if limit is not None}
    if not limits:
        raise InputError("no limit to assert", hint=f"one of: {', '.join(METRICS)}")
    graph = api.build(model, api.scale_of(knobs))
    dtype = None if dtype is None else find_dtype(dtype)
    counted = snapshot_of(graph, dtype, peak=PEAK in limits)
    failed = [text for m, limit in limits.items() if (text := _judge(counted, m, limit))]
    if failed:
        key = next(iter(limits))
        raise AssertionError("\n".join([*failed, *_layers(counted, key)]))


def _judge(counted: Snapshot, metric: str, written: str | int) -> str:
    """What is wrong, or nothing."""
    sign, number = "<=", str(written).strip()
    for known in _SIGNS:
        if number.startswith(known):
            sign, number = known, number.removeprefix(known).strip()
            break
    if isinstance(written, int) and METRICS[metric] == "bytes":
        number += "B"
    bound, growth = parse_bound(number, metric)
    if growth:
        raise InputError(f"'{number}' is relative to a baseline", hint="'flopcalc check' has one")
    actual = counted.value(metric)
    partial = actual is None or counted.at_least(metric)
    if actual is not None:
        top, bottom = bound.as_integer_ratio()
        holds = {
            "<=": actual * bottom <= top,
            "<": actual * bottom < top,
            "==": bound.matches(actual),
        }[sign]
        if not holds and not (partial and sign == "=="):
            least = "at least " if partial else ""
            shown = f"{counted.name}: {least}{actual:,} {TITLES[metric]}"
            excess = actual - top // bottom
            more = f", {excess:,} too many" if excess > 0 else ""
            return f"{shown}, where {sign}{bound} was asked for{more}"
    if partial:
        why = f": {counted.reasons[0]}" if counted.reasons else ""
        return f"{counted.name}: the {TITLES[metric]} are incomplete{why}"
    return ""


def _layers(counted: Snapshot, metric: str) -> list[str]:
    """The layers that weigh most, and their share; nothing where no layer is known."""
    key = "mult_adds" if metric == "mult_adds" else "params"
    whole = counted.value(key) or 1
    known = [part for part in counted.parts if getattr(part, key)]  # what is unknown is not zero
    parts = sorted(known, key=lambda part: -getattr(part, key))[:HEAVIEST]
    if not parts:
        return []
    names, shapes = max(len(p.name) for p in parts), max(len(p.shape) for p in parts)
    lines = ["", f"the heaviest of {len(counted.parts)} layers:"]
    for part in parts:
        number = getattr(part, key)
        share = join(percent(number / whole))
        place = f"  {part.where._replace(column=0)}" if part.where else ""
        row = f"  {part.name:{names}}  {part.shape:{shapes}}  {number:>16,} {share:>8}{place}"
        lines.append(row)
    return lines
