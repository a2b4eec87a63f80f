"""Graphs of a folder against their truth: `python -m tests.onnx_truth FOLDER [-v] [-c] [NAME …]`.

The folder holds `graphs/*.onnx` and `truth.json`, which has for each file the exact Mult-Adds in
total and by operator, or, where sizes have names, the total for several values of them. Prints a
line for each graph that is not exact and a summary; exits 1 if any count is wrong. `--markdown`
prints the table of docs/onnx.md; `-c` also writes each graph of fixed sizes as a spec, which
is proved to count the same.
"""

from __future__ import annotations

import json
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple

from flopcalc.conversion import convert
from flopcalc.dim import Dim, Expr
from flopcalc.dim_values import substitute
from flopcalc.engine.count import Analysis, count
from flopcalc.errors import InputError
from flopcalc.graph import Scale
from flopcalc.onnx_graph.model import OnnxModel, load_onnx


class Verdict(NamedTuple):
    """How one graph fared: `exact`, `partial`, `refused` or `wrong`, and why."""

    name: str
    outcome: str
    mult_adds: object = None
    why: str = ""
    seconds: float = 0.0


def judge(path: Path, truth: dict[str, Any]) -> Verdict:
    """The verdict on the graph at `path`."""
    name = path.name.removesuffix(".onnx")
    began = time.perf_counter()
    try:
        model = load_onnx(str(path))
        outcome, mult_adds, why = (
            _symbolic(model, truth) if "bindings" in truth else _static(model, truth)
        )
    except InputError as error:
        outcome, mult_adds, why = "refused", None, error.message
    return Verdict(name, outcome, mult_adds, why, time.perf_counter() - began)


def _static(model: OnnxModel, truth: dict[str, Any]) -> tuple[str, object, str]:
    analysis = count(model.graph())
    found, expected = analysis.totals.mult_adds, truth["mult_adds"]
    outcome, why = _compared(analysis, expected)
    exported = sum(truth.get("by_op", {}).values())
    if outcome == "wrong" and found == exported:
        return "exact", found, f"as exported; PyTorch's own order of operations takes {expected:,}"
    if outcome == "exact" and "by_op" in truth and exported == expected:
        ours, theirs = by_op(analysis), {k: n for k, n in truth["by_op"].items() if n}
        # where an exporter's function or fused operator stands for others, kinds have other names
        if ours != theirs and ours.keys() == theirs.keys():
            return "wrong", found, f"by operator: {ours}, not {theirs}"
    return outcome, found, why


def _symbolic(model: OnnxModel, truth: dict[str, Any]) -> tuple[str, object, str]:
    """Bound by `--dim`, and unbound with values put in place of the names: both must be right."""
    free = count(model.graph())
    total = free.totals.mult_adds
    names = dimension_names(model, truth)
    for binding in truth["bindings"]:
        values = {names.get(k, k): n for k, n in binding["bind"].items()}
        expected = binding["mult_adds"]
        outcome, why = _compared(count(model.graph(Scale(dims=tuple(values.items())))), expected)
        if outcome != "exact":
            return outcome, total, f"at {_listed(values)}: {why}"
        later = substitute(total, values)
        if free.totals.status == "complete" and later != expected:
            return "wrong", total, f"{total} at {_listed(values)} is {later}, not {expected}"
    if free.totals.status == "partial":
        return "partial", total, f"unbound only: {_lacks(free)}"
    return "exact", total, ""


def dimension_names(model: OnnxModel, truth: dict[str, Any]) -> dict[str, str]:
    """The names of the truth's dimensions, as the file calls them."""
    inputs = [i for i in model.source.inputs if i.name not in _stored(model)]
    found: dict[str, str] = {}
    for i, axes in truth.get("axes", {}).items():
        if int(i) >= len(inputs) or inputs[int(i)].shape is None:
            continue
        declared = inputs[int(i)]
        for axis, name in axes.items():
            size = (declared.shape or ())[int(axis)]
            if not isinstance(size, int):
                found[name] = f"{declared.name}_{axis}" if size is None else str(size)
    return found


def _stored(model: OnnxModel) -> set[str]:
    return {tensor.name for tensor in model.source.initializers}


def _compared(analysis: Analysis, expected: int) -> tuple[str, str]:
    found: Dim = analysis.totals.mult_adds
    if analysis.totals.status == "partial":
        if isinstance(found, Expr) or found <= expected:
            return "partial", _lacks(analysis)
        return "wrong", f"at least {found:,} where {expected:,} is all"
    if found == expected:
        return "exact", ""
    if isinstance(found, Expr):
        return "wrong", f"{found}, not {expected:,}"
    return "wrong", f"{found:,}, not {expected:,} ({found - expected:+,})"


def _lacks(analysis: Analysis) -> str:
    lacking = [u for u in analysis.uncounted if "mac" in u.counts]
    kinds = Counter(f"{u.op}: {u.reason}" for u in lacking)
    return "; ".join(f"{n} × {text}" for text, n in kinds.most_common(3))


def by_op(analysis: Analysis) -> dict[str, int]:
    """Mult-Adds for each operator of the file, those without any left out."""
    found: Counter[str] = Counter()
    for cost in analysis.layers:
        if cost.mult_adds and cost.layer.where:
            kind = cost.layer.where.file.rpartition("(")[2].rstrip(")")
            found[kind.rpartition(".")[2]] += cost.mult_adds
    return dict(found)


def _listed(values: dict[str, int]) -> str:
    return ", ".join(f"{name} = {n}" for name, n in values.items())


def verdicts(folder: Path, names: list[str]) -> list[Verdict]:
    """Every graph of the folder that the truth knows, or those whose names contain one given."""
    truth = json.loads((folder / "truth.json").read_text(encoding="utf-8"))["files"]
    paths = sorted((folder / "graphs").glob("*.onnx"))
    chosen = [p for p in paths if not names or any(n in p.name for n in names)]
    return [judge(p, truth[p.name.removesuffix(".onnx")]) for p in chosen]


def conversions(folder: Path, found: list[Verdict]) -> tuple[int, dict[str, str]]:
    """How many of the judged graphs of fixed sizes convert, and why the others do not."""
    converted, refused = 0, {}
    for v in found:
        if isinstance(v.mult_adds, int):
            try:
                convert(folder / "graphs" / f"{v.name}.onnx")
                converted += 1
            except InputError as error:
                refused[v.name] = f"{error.where or v.name}: {error.message}"
    return converted, refused


def markdown(found: list[Verdict]) -> str:
    """The table of the documentation: every graph with its Mult-Adds, or the reason."""
    lines = ["| graph | Mult-Adds | |", "|:--|--:|:--|"]
    for v in found:
        number = f"{v.mult_adds:,}" if isinstance(v.mult_adds, int) else f"`{v.mult_adds}`"
        sign = "≥ " if v.outcome == "partial" else ""
        why = f"{v.outcome}: {v.why}" if v.why else v.outcome
        lines.append(f"| {v.name} | {sign}{number} | {why} |")
    return "\n".join(lines)


def main(arguments: list[str]) -> int:
    """Judge, print, and return the exit code."""
    options = {a for a in arguments if a.startswith("-")}
    folder, *names = [a for a in arguments if a not in options]
    found = verdicts(Path(folder), names)
    if "--markdown" in options:
        print(markdown(found))  # noqa: T201 - a command
    else:
        for v in found:
            if v.outcome != "exact" or "-v" in options:
                line = f"{v.outcome:8} {v.name:44} {v.seconds:6.2f} s  {v.why[:240]}"
                print(line)  # noqa: T201 - a command
        tally = Counter(v.outcome for v in found)
        parts = ", ".join(f"{tally[k]} {k}" for k in ("exact", "partial", "refused", "wrong"))
        seconds = sum(v.seconds for v in found)
        print(f"{len(found)} graphs in {seconds:.1f} s: {parts}")  # noqa: T201 - a command
    if "-c" in options:
        converted, refused = conversions(Path(folder), found)
        print(f"{converted} of {converted + len(refused)} convert", *refused.values(), sep="\n")  # noqa: T201 - likewise
    return int(any(v.outcome == "wrong" for v in found))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
