"""Shell completion as a shell asks for it, through the environment."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest


def completions(line: str) -> list[str]:
    words = line.split(" ")
    environment = {
        **os.environ,
        "_FLOPCALC_COMPLETE": "bash_complete",
        "COMP_WORDS": line,
        "COMP_CWORD": str(len(words) - 1),
    }
    result = subprocess.run(
        [sys.executable, "-m", "flopcalc"],
        check=False,
        capture_output=True,
        text=True,
        env=environment,
    )
    assert result.stderr == ""
    return [item.partition(",")[2] for item in result.stdout.split()]


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("flopcalc an", "analyze"),
        ("flopcalc analyze mobilenet_v", "mobilenet_v1"),
        ("flopcalc analyze resnet5", "resnet50"),
        ("flopcalc compare mobilenet_v1@sh", "mobilenet_v1@shallow"),
        ("flopcalc explain mobilenet_v1 conv8.0.", "conv8.0.dw"),
        ("flopcalc analyze mobilenet_v1 --convention flops-", "flops-mac"),
    ],
)
def test_words_are_completed(line: str, found: str) -> None:
    assert found in completions(line)


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_for_each_shell(shell: str) -> None:
    result = subprocess.run(
        [sys.executable, "-m", "flopcalc"],
        check=True,
        capture_output=True,
        text=True,
        env={**os.environ, "_FLOPCALC_COMPLETE": f"{shell}_source"},
    )

    assert "_FLOPCALC_COMPLETE" in result.stdout
