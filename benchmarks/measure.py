"""Timing: CPU time of whole processes, interleaved, and of calls in this process."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple


class Used(NamedTuple):
    """What a process took: user and system time, and the most memory it held."""

    seconds: float
    megabytes: float


def process_seconds(command: Sequence[str]) -> float:
    """User and system time of one run of `command`, its output thrown away."""
    return process(command).seconds


def process(command: Sequence[str]) -> Used:
    """What one run of `command` takes, its output thrown away; a failure ends everything.

    A process begins with the peak memory of the one that starts it, so keep that small.
    """
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    started = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=environment
    )
    _, status, usage = os.wait4(started.pid, 0)
    started.returncode = os.waitstatus_to_exitcode(status)
    errors = started.stderr.read().decode() if started.stderr else ""
    if started.returncode:
        sys.exit(f"{' '.join(command)} failed:\n{errors}")
    return Used(usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def used(commands: Mapping[str, Sequence[str]], runs: int, *, warm: bool = True) -> dict[str, Used]:
    """The least time and the most memory of each command over `runs` interleaved runs."""
    if warm:
        for command in commands.values():
            process(command)
    best: dict[str, Used] = {}
    for _ in range(runs):
        for name, command in commands.items():
            now = process(command)
            old = best.get(name, now)
            seconds = min(now.seconds, old.seconds)
            best[name] = Used(seconds, max(now.megabytes, old.megabytes))
    return best


def processes(commands: Mapping[str, Sequence[str]], runs: int) -> dict[str, float]:
    """The least CPU time of each command over `runs` interleaved runs, after a warm-up."""
    for command in commands.values():
        process_seconds(command)
    best = dict.fromkeys(commands, float("inf"))
    for _ in range(runs):
        for name, command in commands.items():
            best[name] = min(best[name], process_seconds(command))
    return best


def calls(functions: Mapping[str, Callable[[], object]], runs: int) -> dict[str, float]:
    """The least CPU time of each call over `runs` interleaved rounds, after a warm-up."""
    for function in functions.values():
        function()
    best = dict.fromkeys(functions, float("inf"))
    for _ in range(runs):
        for name, function in functions.items():
            start = time.process_time()
            function()
            best[name] = min(best[name], time.process_time() - start)
    return best
