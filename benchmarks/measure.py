"""Timing: CPU time of whole processes, interleaved, and of calls in this process."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence


def process_seconds(command: Sequence[str]) -> float:
    """User and system time of one run of `command`, its output thrown away."""
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    process = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=environment
    )
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    errors = process.stderr.read().decode() if process.stderr else ""
    if process.returncode:
        sys.exit(f"{' '.join(command)} failed:\n{errors}")
    return usage.ru_utime + usage.ru_stime


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
