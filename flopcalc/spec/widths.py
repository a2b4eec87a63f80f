"""Where the network changes as α grows: rounding leaves finitely many widths in any range.

A channel count as a function of α is a staircase. The first float of every step is found by
bisection on the rounding rule itself, in the doubles that `Rounding.channels` computes with.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from functools import partial
from itertools import pairwise
from math import ceil, nextafter
from typing import TYPE_CHECKING, TypeAlias

from flopcalc.errors import ScaleError
from flopcalc.record import Record
from flopcalc.spec.scaling import LARGEST, Rounding

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from flopcalc.graph import Scale
    from flopcalc.spec.model import SpecModel

_Pattern: TypeAlias = "tuple[tuple[str, ...], tuple[tuple[int, float | str], ...]]"
LEAST = 1e-6  # stands for "just above 0"
_ALPHA = re.compile(r"\balpha\b(?!\s*:)")
_COLUMNS = re.compile(r"cols:\s*\[[^\]]*\]")
_OVERRIDE = re.compile(r"\balpha\s*:[^,}\n]*")
_SAMPLES = 16


class Width(Record):
    """The multipliers from `low` to `high`, both inclusive, which all make one network.

    `alpha` is the one among them with the fewest digits.
    """

    low: float
    high: float
    alpha: float


class _Recorder:
    """A rounding rule that remembers what it was asked."""

    def __init__(self, rule: Rounding) -> None:
        self.rule = rule
        self.asked: dict[tuple[int, float], None] = {}

    def channels(self, nominal: int, alpha: float) -> int:
        self.asked[nominal, alpha] = None
        return self.rule.channels(nominal, alpha)


def widths(model: SpecModel, scale: Scale, low: float, high: float) -> tuple[Width, ...]:
    """Every distinct set of channel counts for α in [low, high], as ranges of α in ascending order.

    A `low` of 0 stands for all α above it. Raises `ScaleError` where the rounding rule is exact,
    so that hardly any real α can be applied, and where the range is empty or out of bounds.
    """
    _check(low, high)
    low = max(low, LEAST)
    rule = model.spec.knobs.rounding or Rounding()
    if rule.mode == "exact":
        message = (
            f"'{model.title(scale.variant)}' takes no real α: its channel counts are not rounded"
        )
        hint = "list some, --alpha 0.5,0.75,1; or declare 'scaling: {round: div8}' in the spec"
        raise ScaleError(message, hint=hint)
    trace = _Trace(model, scale, rule)
    marks = {low, *(x for x in (1.0, nextafter(1.0, 2)) if low <= x <= high)}
    if trace.overrides:  # a step that scales by its own rule, which may change with α
        points = [low + (high - low) * i / _SAMPLES for i in range(_SAMPLES)] + [high]
        for one, other in pairwise(points):
            marks.update(_steps(trace.pattern, one, other))
    trace.patterns = [(mark, trace.pattern(mark)) for mark in sorted(marks)]
    starts = set(marks)
    for nominal in {n for _, (_, rules) in trace.patterns for n, _ in rules}:
        starts.update(_steps(partial(rule.channels, nominal), low, high))
    if trace.reads:  # α in other expressions: look at the networks themselves
        starts.update(_more_steps(trace, sorted(starts), high))
    return _merged(trace, sorted(starts), high)


def simplest(low: float, high: float) -> float:
    """The number from `low` to `high` with the fewest decimals."""
    for decimals in range(17):
        number = float(f"{ceil(low * 10**decimals)}e-{decimals}")
        if low <= number <= high:
            return number
    return low


class _Trace:
    """The channel counts of a network as a function of α."""

    def __init__(self, model: SpecModel, scale: Scale, rule: Rounding) -> None:
        text = "\n".join(line.partition("#")[0] for line in model.text.split("\n"))
        text = _COLUMNS.sub("", text)
        self.model = model
        self.scale = scale
        self.rule = rule
        self.overrides = any(_ALPHA.search(found) for found in _OVERRIDE.findall(text))
        self.reads = bool(_ALPHA.search(_OVERRIDE.sub("", text)))
        self.asked: tuple[tuple[int, float], ...] = ()
        self.patterns: list[tuple[float, _Pattern]] = []  # from each α on

    def run(self, alpha: float) -> tuple[object, ...]:
        """The shapes of every layer at α, remembering what was scaled on the way."""
        recorder = _Recorder(self.rule)
        knobs = self.model.spec.knobs
        own = knobs.rounding
        knobs.rounding = recorder  # type: ignore[assignment]  # asked for `channels` alone
        try:
            graph = self.model.graph(self.scale._replace(alpha=alpha))
        finally:
            knobs.rounding = own
        self.asked = tuple(recorder.asked)
        return tuple((x.name, *(y.shape for y in x.outputs)) for x in graph.layers)

    def pattern(self, alpha: float) -> _Pattern:
        """The layers at α, and what multiplies each nominal count: α, at least 1, or a number."""
        shapes = self.run(alpha)
        words = {max(1.0, alpha): "no_shrink"} | {alpha: "alpha"}
        rules = tuple((n, words.get(a, a)) for n, a in self.asked)
        return tuple(str(shape[0]) for shape in shapes), rules  # type: ignore[index]  # name first

    def signature(self, alpha: float) -> tuple[object, ...]:
        """The layers, and what all nominal counts come to, at α."""
        names, rules = self.patterns[bisect_right(self.patterns, alpha, key=_first) - 1][1]
        factors = {"alpha": alpha, "no_shrink": max(1.0, alpha)}
        counts = [
            self.rule.channels(n, factors[by] if isinstance(by, str) else by) for n, by in rules
        ]
        return (names, *counts)


def _first(mark: tuple[float, _Pattern]) -> float:
    return mark[0]


def _check(low: float, high: float) -> None:
    if not 0 <= low < high:
        raise ScaleError(f"no multipliers from {low:g} to {high:g}", hint="for example 0:2")
    if high > LARGEST:
        raise ScaleError(f"alpha {high:g} is more than {LARGEST:g}", hint="for example 0:2")


def _steps(count: Callable[[float], object], low: float, high: float) -> Iterable[float]:
    """The first float of each step of a staircase that never falls."""
    if low < 1 < high:  # at exactly 1 nothing is rounded: a step of its own
        yield from _steps(count, low, nextafter(1.0, 0))
        yield from _steps(count, nextafter(1.0, 2), high)
        return
    spans = [(low, count(low), high, count(high))]
    while spans:
        a, at_a, b, at_b = spans.pop()
        if at_a == at_b:
            continue
        middle = (a + b) / 2
        if not a < middle < b:
            yield b
            continue
        at_middle = count(middle)
        spans += [(a, at_a, middle, at_middle), (middle, at_middle, b, at_b)]


def _more_steps(trace: _Trace, starts: list[float], high: float) -> Iterable[float]:
    """Steps that rounding does not explain, between the two ends of each range."""
    for low, after in pairwise([*starts, nextafter(high, LARGEST)]):
        last = nextafter(after, 0)
        if low < last:
            yield from _steps(trace.run, low, last)


def _merged(trace: _Trace, starts: list[float], high: float) -> tuple[Width, ...]:
    """Neighbouring ranges with one and the same network become one."""
    marks = {mark for mark, _ in trace.patterns}
    found: list[Width] = []
    before = starts[0]
    for low, after in pairwise([*starts, nextafter(high, LARGEST)]):
        last = nextafter(after, 0)
        look = trace.run if low in marks or trace.reads else trace.signature
        if found and look(low) == look(before):
            found[-1] = found[-1]._replace(high=last)
        else:
            found.append(Width(low, last, low))
        before = low
    return tuple(Width(w.low, w.high, simplest(w.low, w.high)) for w in found)
