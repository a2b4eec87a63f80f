"""A short fuzzing run; `python -m tests.onnx_graph.onnx_fuzz` is the long one."""

from __future__ import annotations

import signal
from collections import Counter

from onnx_fuzz import HERE, SECONDS, attempt, on_alarm, starts

RUNS = 600


def test_mutants_end_in_counts_or_in_our_errors() -> None:
    files = starts(HERE / "graphs") + starts(HERE / "micro_graphs")
    endings: Counter[str] = Counter()
    before = signal.signal(signal.SIGVTALRM, on_alarm)
    try:
        for seed in range(RUNS):
            signal.setitimer(signal.ITIMER_VIRTUAL, SECONDS)
            endings[attempt(seed, files)] += 1
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)

    assert endings["bug"] == 0  # nodes that no rule foresaw
    assert endings["complete"] > RUNS // 20
    assert endings["partial"] > RUNS // 20
    assert endings["FileError"] > RUNS // 20
