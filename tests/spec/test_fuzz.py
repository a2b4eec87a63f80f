"""A short fuzzing run; `python -m tests.spec.fuzz` is the long one."""

from __future__ import annotations

import signal
from collections import Counter

from fuzz import SECONDS, attempt, on_alarm, texts

RUNS = 400


def test_nothing_but_our_errors() -> None:
    starts = texts()
    endings: Counter[str] = Counter()
    before = signal.signal(signal.SIGVTALRM, on_alarm)
    try:
        for seed in range(RUNS):
            signal.setitimer(signal.ITIMER_VIRTUAL, SECONDS)
            endings[attempt(seed, starts)] += 1
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)
    assert endings["graph"] > RUNS // 40  # it reaches what lies behind the reader
    assert endings["ShapeError"] > 0
