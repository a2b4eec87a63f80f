"""A composite action's shell steps, run here as a GitHub runner runs them."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path
from typing import Any, NamedTuple

import yaml

EXPRESSION = re.compile(r"\$\{\{\s*(.*?)\s*\}\}")


class Ended(NamedTuple):
    """The exit code of the last step that ran, the log, and the action's outputs."""

    code: int
    log: str
    outputs: dict[str, str]


class Runner:
    """A runner with a workspace and a temporary folder, and the action checked out elsewhere."""

    def __init__(self, action: Path, workspace: Path, temp: Path) -> None:
        self.action = action
        self.workspace = workspace
        self.temp = temp
        self.summary = temp / "summary.md"
        self.written: dict[str, Any] = yaml.safe_load(
            (action / "action.yml").read_text(encoding="utf-8")
        )

    def run(self, *, skip: tuple[str, ...] = (), **given: str) -> Ended:
        """All steps but those called one of `skip`, with inputs; each `-` of a name is a `_`."""
        inputs = {name: str(of.get("default", "")) for name, of in self.written["inputs"].items()}
        for name, value in given.items():
            assert name.replace("_", "-") in inputs, f"the action has no input '{name}'"
            inputs[name.replace("_", "-")] = value
        context = {f"inputs.{name}": value for name, value in inputs.items()}
        code, log = 0, ""
        for index, step in enumerate(self.written["runs"]["steps"]):
            if step["name"] in skip:
                continue
            assert "${{" not in step["run"], "what users give reaches a script as variables only"
            done, outputs = self._step(index, step, context)
            code, log = done.returncode, log + done.stdout
            for name, value in outputs.items():
                context[f"steps.{step.get('id')}.outputs.{name}"] = value
            if code:
                break
        results = {
            name: self._filled(of["value"], context)
            for name, of in self.written.get("outputs", {}).items()
        }
        return Ended(code, log, results)

    def _step(
        self, index: int, step: dict[str, Any], context: dict[str, str]
    ) -> tuple[subprocess.CompletedProcess[str], dict[str, str]]:
        assert step["shell"] == "bash"
        script = self.temp / f"step {index}.sh"
        script.write_text(step["run"], encoding="utf-8")
        output = self.temp / f"output {index}"
        output.write_text("", encoding="utf-8")
        env = {**os.environ, "GITHUB_ACTIONS": "true", "GITHUB_OUTPUT": str(output)}
        env |= {"GITHUB_STEP_SUMMARY": str(self.summary), "RUNNER_TEMP": str(self.temp)}
        env |= {"GITHUB_ACTION_PATH": str(self.action), "GITHUB_WORKSPACE": str(self.workspace)}
        env |= {key: self._filled(value, context) for key, value in step.get("env", {}).items()}
        folder = self.workspace / self._filled(step.get("working-directory", "."), context)
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", str(script)],
            cwd=folder,
            env=env,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=600,
        )
        lines = output.read_text(encoding="utf-8").splitlines()
        return done, dict(line.split("=", 1) for line in lines)

    def _filled(self, text: str, context: dict[str, str]) -> str:
        def value(match: re.Match[str]) -> str:
            assert match[1] in context or match[1].startswith("steps."), match[1]
            return context.get(match[1], "")

        return EXPRESSION.sub(value, str(text))
