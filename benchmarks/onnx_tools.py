"""`python -m benchmarks.onnx_tools FOLDER`: flopcalc and other tools on the same exported graphs.

FOLDER holds `graphs/*.onnx` and `truth.json`. The others are onnx-tool, onnx-opcounter and onnxsim
(which counts nothing, but simplifies, as counting with others often begins): install them into an
environment of their own and name its interpreter with `--python`. They need the weights that such
folders lack, so each graph is first written with weights of zeros; `--bare` leaves that out.

Each run is a process of its own: CPU seconds (the least of `--runs`), peak memory, and what it
prints of the truth; then, for each tool, medians and how often it was exact, near, or failed. `all`
means every graph of fixed sizes. Exits 1 unless flopcalc is exact, quickest and smallest on every
file.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
from multiprocessing import get_context
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

HERE = Path(sys.executable)
FEW = (
    *("squeezenet1_0.ts", "mobilenet_v2.ts", "resnet50.ts", "resnet18.ort_ext", "resnet18.qdq"),
    *("vit_b_16.ts", "bert_base.ts", "swin_t.ts", "lstm_bi2", "unet_ct.ts", "efficientnet_b0.dyn"),
)
ONNX_TOOL = """
import sys, onnx_tool
model = onnx_tool.Model(sys.argv[1], {'verbose': False})
model.graph.shape_infer(None)
model.graph.profile()
macs = model.graph.macs
print('MACs:', int(macs[0] if hasattr(macs, '__len__') else macs))
"""
ONNXSIM = """
import sys, onnxsim
model, ok = onnxsim.simplify(sys.argv[1])
"""


class Run(NamedTuple):
    """One process: CPU seconds, peak MB, the Mult-Adds it printed (None: none, or it failed)."""

    seconds: float
    megabytes: float
    mult_adds: int | None
    failed: bool


def commands(python: str, path: Path) -> dict[str, list[str]]:
    """How each tool counts a file."""
    script = HERE.with_name("flopcalc")
    ours = [str(script)] if script.exists() else [str(HERE), "-m", "flopcalc"]
    return {
        "flopcalc": [*ours, "analyze", str(path), "--json"],
        "onnx-tool": [python, "-c", ONNX_TOOL, str(path)],
        "onnx-opcounter": [
            str(Path(python).with_name("onnx_opcounter")),
            "--calculate-macs",
            str(path),
        ],
        "onnxsim": [python, "-c", ONNXSIM, str(path)],
    }


def measure(command: list[str], seconds: float) -> Run:
    """Run a command once, for at most `seconds`."""
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    with TemporaryDirectory() as folder:
        log = Path(folder) / "out"
        with log.open("wb") as out:
            process = subprocess.Popen(  # in a folder of its own: some leave files behind
                ["timeout", str(seconds), *command],
                stdout=out,
                stderr=out,
                env=environment,
                cwd=folder,
            )
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        text = log.read_text(encoding="utf-8", errors="replace")
    failed = process.returncode != 0
    cpu = usage.ru_utime + usage.ru_stime
    return Run(cpu, usage.ru_maxrss / 1024, None if failed else _counted(text), failed)


def _counted(text: str) -> int | None:
    if text.startswith("{"):
        found: int | None = json.loads(text)["totals"]["mult_adds"]
        return found
    match = re.search(r"MACs?\D*?:\s*([\d,]+)", text)
    return int(match[1].replace(",", "")) if match else None


def fill(path: Path, target: Path) -> None:
    """Copy a graph with its weights there: zeros."""
    import onnx

    model = onnx.load(path, load_external_data=False)
    waiting: list[Any] = [model.graph, *model.functions]
    while waiting:
        graph = waiting.pop()
        tensors = list(getattr(graph, "initializer", ()))
        for node in graph.node:
            for attribute in node.attribute:
                tensors += [attribute.t, *attribute.tensors]
                waiting += [*([attribute.g] if attribute.HasField("g") else ()), *attribute.graphs]
        for tensor in tensors:
            if tensor.data_location == onnx.TensorProto.EXTERNAL:
                size = onnx.helper.tensor_dtype_to_np_dtype(tensor.data_type).itemsize
                for n in tensor.dims:
                    size *= n
                tensor.ClearField("external_data")
                tensor.data_location = onnx.TensorProto.DEFAULT
                tensor.raw_data = bytes(size)
    onnx.save(model, target)


def main() -> int:
    """Print a line for each file and tool; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.onnx_tools")
    parser.add_argument("folder", type=Path)
    parser.add_argument("names", nargs="*", help="graphs; a dozen unless given")
    parser.add_argument("--python", default=sys.executable, help="where the other tools are")
    parser.add_argument("--runs", type=int, default=2)
    parser.add_argument("--timeout", type=float, default=60.0)
    parser.add_argument("--bare", action="store_true", help="the files as they are, no weights")
    asked = parser.parse_args()
    asked.folder, asked.python = asked.folder.resolve(), str(Path(asked.python).absolute())
    truth = json.loads((asked.folder / "truth.json").read_text(encoding="utf-8"))["files"]
    print(f"{'graph':24} {'tool':16} {'CPU s':>8} {'MB':>7}  of the true Mult-Adds")
    behind = 0
    tallies: dict[str, list[tuple[Run, float | None]]] = {}
    names = asked.names or FEW
    if "all" in names:
        names = [name for name, file in truth.items() if "bindings" not in file]
    for name in names:
        path = asked.folder / "graphs" / f"{name}.onnx"
        if not path.exists():
            print(f"{name:24} is not there")
            continue
        with TemporaryDirectory() as folder:
            file = path
            if not asked.bare:  # elsewhere, since a child begins with its parent's peak memory
                file = Path(folder) / path.name
                child = get_context("spawn").Process(target=fill, args=(path, file))
                child.start()
                child.join()
            # where an export computes in another order than its network, its own count is true
            exported = sum(truth[name].get("by_op", {}).values())
            found = _one(name, file, {truth[name]["mult_adds"], exported}, asked)
            behind += _is_behind(found)
            for tool, result in found.items():
                tallies.setdefault(tool, []).append(result)
    for tool, results in tallies.items():
        print(_summary(tool, results))
    return int(behind > 0)


def _one(
    name: str, file: Path, expected: set[int], asked: argparse.Namespace
) -> dict[str, tuple[Run, float | None]]:
    """Measure every tool on a file: its best run, and its share of the truth, 1.0 where exact."""
    best: dict[str, Run] = {}
    for _ in range(asked.runs):
        for tool, command in commands(asked.python, file).items():
            run = measure(command, asked.timeout)
            if tool not in best or run.seconds < best[tool].seconds:
                best[tool] = run
    found: dict[str, tuple[Run, float | None]] = {}
    for tool, run in best.items():
        share = None
        verdict = "failed" if run.failed else "counts nothing"
        if run.mult_adds is not None:
            exact = run.mult_adds in expected
            share = 1.0 if exact else run.mult_adds / (max(expected) or 1)
            verdict = "exact" if exact else f"{share:.4f}"
        found[tool] = run, share
        print(f"{name:24} {tool:16} {run.seconds:8.3f} {run.megabytes:7.0f}  {verdict}", flush=True)
    return found


def _is_behind(found: dict[str, tuple[Run, float | None]]) -> bool:
    """Whether flopcalc is not exact, or not quickest and smallest of those that did not fail."""
    (ours, share), *others = found.values()
    return share != 1.0 or any(
        not other.failed and (other.seconds <= ours.seconds or other.megabytes <= ours.megabytes)
        for other, _ in others
    )


def _summary(tool: str, results: list[tuple[Run, float | None]]) -> str:
    """Medians of a tool over all files, and how true it was."""
    exact = sum(share == 1.0 for _, share in results)
    near = sum(share is not None and abs(share - 1) <= 0.01 for _, share in results)
    failed = sum(run.failed for run, _ in results)
    seconds, megabytes = (
        median(values)
        for values in zip(*((run.seconds, run.megabytes) for run, _ in results), strict=True)
    )
    return (
        f"{tool}: {seconds:.3f} s and {megabytes:.0f} MB in the median of {len(results)} graphs, "
        f"{exact} exact, {near} within 1 %, {failed} failed"
    )


if __name__ == "__main__":
    sys.exit(main())
