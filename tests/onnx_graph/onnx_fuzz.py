"""Mutated ONNX files: whatever the bytes, reading them ends in counts or in an error of ours.

The long run: `python -m tests.onnx_graph.onnx_fuzz --runs 20000 --seed 1`, over the graphs here or
those of `--folder`. A finding prints its seed; `--seed S --runs 1` repeats it.
"""

from __future__ import annotations

import argparse
import random
import resource
import signal
import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import onnx

from flopcalc.engine.count import count
from flopcalc.errors import FlopcalcError
from flopcalc.graph import Scale
from flopcalc.onnx_graph.model import OnnxModel
from flopcalc.onnx_graph.read import read_bytes
from flopcalc.onnx_graph.walker import BUG
from flopcalc.reports.common import totals_data

if TYPE_CHECKING:
    from types import FrameType

HERE = Path(__file__).parent
SECONDS = 5.0  # of processor time for one file; the slowest take well below one
SMALL = 60_000  # bytes: of larger files few mutants hit what matters
NUMBERS = (0, 1, -1, 2, 3, 7, 127, 128, 2**31 - 1, 2**31, -(2**31), 2**63 - 1, -(2**63), 10**9)
INTERESTING = (b"\x00", b"\x01", b"\x7f", b"\x80", b"\xff", b"\xff" * 9 + b"\x01", b"\x0a", b"\x12")


def starts(folder: Path) -> list[bytes]:
    """The files that are mutated."""
    return [p.read_bytes() for p in sorted(folder.glob("*.onnx")) if p.stat().st_size < SMALL]


def bytewise(rng: random.Random, data: bytes) -> bytes:
    """Bytes flipped, cut, doubled, moved or replaced, a few times."""
    text = bytearray(data)
    for _ in range(rng.choice((1, 1, 2, 4, 16))):
        at = rng.randrange(len(text) + 1)
        length = rng.choice((1, 1, 2, 8, 64))
        kind = rng.randrange(6)
        if kind == 0 and at < len(text):
            text[at] ^= 1 << rng.randrange(8)
        elif kind == 1:
            del text[at : at + length]
        elif kind == 2:
            text[at:at] = text[at : at + length]
        elif kind == 3:
            text[at : at + 1] = rng.choice(INTERESTING)
        elif kind == 4:
            other = rng.randrange(len(text) + 1)
            text[at : at + length] = text[other : other + length]
        elif rng.random() < 0.2:
            del text[at:]
        if not text:
            break
    return bytes(text)


def structural(rng: random.Random, data: bytes) -> bytes:
    """A valid file of other nodes: names, operators, attributes, sizes and edges exchanged."""
    model = onnx.ModelProto()
    model.ParseFromString(data)
    graph = model.graph
    for _ in range(rng.choice((1, 1, 2, 4, 12))):
        if not graph.node:
            break
        rng.choice(MUTATIONS)(rng, graph)
    packed: bytes = model.SerializeToString()
    return packed


def _operator(rng: random.Random, graph: Any) -> None:
    rng.choice(graph.node).op_type = rng.choice(OPERATORS)


def _edge(rng: random.Random, graph: Any) -> None:
    node = rng.choice(graph.node)
    other = rng.choice(graph.node)
    names = [*other.input, *other.output, ""]
    if node.input:
        node.input[rng.randrange(len(node.input))] = rng.choice(names)


def _arity(rng: random.Random, graph: Any) -> None:
    node = rng.choice(graph.node)
    if rng.random() < 0.5 and node.input:
        del node.input[rng.randrange(len(node.input))]
    else:
        node.input.append(rng.choice(rng.choice(graph.node).output))


def _attribute(rng: random.Random, graph: Any) -> None:
    node = rng.choice(graph.node)
    if not node.attribute:
        return
    attribute = rng.choice(node.attribute)
    number = rng.choice(NUMBERS)
    if attribute.ints:
        attribute.ints[rng.randrange(len(attribute.ints))] = number
    elif rng.random() < 0.3:
        node.attribute.remove(attribute)
    elif attribute.type == onnx.AttributeProto.INT:
        attribute.i = number


def _size(rng: random.Random, graph: Any) -> None:
    values = [*graph.input, *graph.output, *graph.value_info]
    dims = rng.choice(values).type.tensor_type.shape.dim
    if not dims:
        return
    dim = rng.choice(dims)
    if rng.random() < 0.5:
        dim.dim_param = rng.choice(("N", "H", "W", "N*H", "floor(H/2)", "min(N, 3)", "x" * 300))
    else:
        dim.dim_value = rng.choice(NUMBERS)


def _weight(rng: random.Random, graph: Any) -> None:
    if not graph.initializer:
        return
    tensor = rng.choice(graph.initializer)
    if tensor.dims and rng.random() < 0.7:
        tensor.dims[rng.randrange(len(tensor.dims))] = rng.choice(NUMBERS)
    else:
        tensor.dims.append(rng.choice(NUMBERS))


def _order(rng: random.Random, graph: Any) -> None:
    nodes = list(graph.node)
    rng.shuffle(nodes)
    del graph.node[:]
    graph.node.extend(nodes)


MUTATIONS: tuple[Callable[[random.Random, Any], None], ...] = (
    *(_operator, _operator, _edge, _edge, _arity, _attribute, _attribute, _size, _weight, _order),
)
OPERATORS = sorted({schema.name for schema in onnx.defs.get_all_schemas()})
SCALES = (
    *(Scale(), Scale(), Scale()),
    *(Scale(res=(97, 33)), Scale(dims=(("N", 3),)), Scale(inputs=(("input", (1, 3, 9, 9)),))),
)


class TooSlowError(Exception):
    """One file took more than its time."""


def on_alarm(signum: int, frame: FrameType | None) -> None:
    """End a run that hangs."""
    raise TooSlowError(signum, frame)


def attempt(seed: int, files: list[bytes]) -> str:
    """How the mutant of a seed ends: `complete`, `partial`, `bug`, or an error's name."""
    rng = random.Random(seed)  # noqa: S311 - not for secrets
    data = rng.choice(files)
    mutant = (structural if rng.random() < 0.6 else bytewise)(rng, data)
    try:
        model = OnnxModel(read_bytes(mutant, "m.onnx"), "m.onnx")
        analysis = count(model.graph(rng.choice(SCALES)))
    except FlopcalcError as error:
        return type(error).__name__ if error.args[0] else "an error that says nothing"
    totals_data(analysis)
    if any(u.reason.startswith(BUG) for u in analysis.uncounted):
        return "bug"
    return analysis.totals.status


def bugs(seed: int, files: list[bytes]) -> list[str]:
    """The reasons of a mutant's nodes that no rule of ours foresaw."""
    rng = random.Random(seed)  # noqa: S311 - not for secrets
    data = rng.choice(files)
    mutant = (structural if rng.random() < 0.6 else bytewise)(rng, data)
    graph = OnnxModel(read_bytes(mutant, "m.onnx"), "m.onnx").graph(rng.choice(SCALES))
    return [f"{u.op}: {u.reason}" for u in count(graph).uncounted if u.reason.startswith(BUG)]


def main() -> int:
    """The long run; returns how many findings there were, at most 1."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--folder", type=Path, default=HERE / "graphs")
    asked = parser.parse_args()
    files = starts(asked.folder)
    endings: Counter[str] = Counter()
    slowest = (0.0, 0)
    found = 0
    signal.signal(signal.SIGVTALRM, on_alarm)
    for seed in range(asked.seed, asked.seed + asked.runs):
        began = time.process_time()
        signal.setitimer(signal.ITIMER_VIRTUAL, SECONDS)
        try:
            ending = attempt(seed, files)
            if ending == "bug":
                print(f"seed {seed}: {bugs(seed, files)[0]}")  # noqa: T201 - a command
        except Exception:  # noqa: BLE001 - that is what it looks for
            found += 1
            ending = "finding"
            print(f"seed {seed}:\n{traceback.format_exc()}")  # noqa: T201 - a command
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        endings[ending] += 1
        slowest = max(slowest, (time.process_time() - began, seed))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    line = f"{dict(endings)}; slowest {slowest[0]:.2f} s (seed {slowest[1]}); peak {peak} MB"
    print(line)  # noqa: T201 - a command
    return int(found > 0)


if __name__ == "__main__":
    sys.exit(main())
