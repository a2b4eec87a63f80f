"""`python -m benchmarks.onnx_speed`: the speed goals of exported graphs, from interleaved runs.

Its files are made in a temporary folder (`--keep FOLDER` leaves them in one): a small network, the
same with 17 MB and with 1.9 GB of weights (sparse: they take no space on disk), and graphs of
1,000 to 100,000 nodes, chains of convolutions and transformer blocks. CPU time is the least of
`--runs` whole processes, memory the most that any of them held; that of rendering many rows is
the least of as many calls.
"""

from __future__ import annotations

import argparse
import csv
import gc
import sys
from collections.abc import Iterator, Sequence
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.measure import Used, calls, used

PYTHON = sys.executable
SCRIPT = Path(PYTHON).with_name("flopcalc")
TOOL = [str(SCRIPT)] if SCRIPT.exists() else [PYTHON, "-m", "flopcalc"]
LOAD = "import sys, onnx; onnx.load(sys.argv[1])"
INFER = (
    "import sys, onnx; onnx.shape_inference.infer_shapes("
    "onnx.load(sys.argv[1], load_external_data=False))"
)
FLOAT, INT64 = 1, 7

Row = tuple[str, float, float]


# a protobuf writer in miniature: what a benchmark writes must not depend on what it measures


def varint(n: int) -> bytes:
    """A number, seven bits to a byte."""
    out = bytearray()
    while n > 0x7F:
        out.append(n & 0x7F | 0x80)
        n >>= 7
    return bytes((*out, n))


def part(number: int, content: bytes | str | int) -> bytes:
    """A field of a message."""
    if isinstance(content, int):
        return varint(number << 3) + varint(content)
    raw = content.encode() if isinstance(content, str) else content
    return varint(number << 3 | 2) + varint(len(raw)) + raw


def attribute(name: str, value: int | Sequence[int]) -> bytes:
    """An AttributeProto: an integer, or a list of them."""
    if isinstance(value, int):
        return part(5, part(1, name) + part(3, value) + part(20, 2))
    return part(5, part(1, name) + b"".join(part(8, n) for n in value) + part(20, 7))


def node(op: str, inputs: Sequence[str], output: str, **attributes: int | Sequence[int]) -> bytes:
    """A NodeProto, as a field of a graph."""
    body = [part(1, name) for name in inputs]
    body += [part(2, output), part(3, f"/{output}/{op}"), part(4, op)]
    body += [attribute(name, value) for name, value in attributes.items()]
    return part(1, b"".join(body))


def tensor(name: str, dims: Sequence[int], dtype: int = FLOAT, raw: bytes | None = None) -> bytes:
    """A TensorProto, as a field of a graph; without `raw` its data lie in another file."""
    body = b"".join(part(1, n) for n in dims) + part(2, dtype) + part(8, name)
    if raw is None:
        return part(5, body + part(13, part(1, "location") + part(2, "w.bin")) + part(14, 1))
    return part(5, body + part(9, raw))


def value(number: int, name: str, dims: Sequence[int]) -> bytes:
    """A ValueInfoProto: 11 for an input of a graph, 12 for an output."""
    shape = b"".join(part(1, part(1, n)) for n in dims)
    return part(number, part(1, name) + part(2, part(1, part(1, FLOAT) + part(2, shape))))


def write(path: Path, graph: bytes, holes: Sequence[tuple[bytes, int]] = ()) -> Path:
    """A ModelProto of opset 17; each of `holes` is a tensor's head and its bytes of zeros."""
    heads = [head + varint(9 << 3 | 2) + varint(size) for head, size in holes]
    framed = [
        varint(5 << 3 | 2) + varint(len(head) + size) + head
        for head, (_, size) in zip(heads, holes, strict=True)
    ]
    length = len(graph) + sum(map(len, framed)) + sum(size for _, size in holes)
    with path.open("wb") as file:
        file.write(part(1, 8) + part(8, part(1, "") + part(2, 17)))
        file.write(varint(7 << 3 | 2) + varint(length) + graph)
        for head, (_, size) in zip(framed, holes, strict=True):
            file.write(head)
            file.seek(size, 1)
        file.truncate()
    return path


# the graphs


def convolutions(nodes: int, *, biased: bool = True) -> bytes:
    """A chain of depthwise and pointwise convolutions and their activations."""
    parts = [value(11, "x0", (1, 32, 28, 28)), value(12, f"x{nodes}", (1, 32, 28, 28))]
    for i in range(nodes):
        x, y = f"x{i}", f"x{i + 1}"
        if i % 2:
            parts.append(node("Relu", [x], y))
            continue
        weights = [f"l{i}.weight", *([f"l{i}.bias"] if biased else [])]
        groups, k = (32, 3) if i % 4 else (1, 1)
        parts.append(tensor(weights[0], (32, 32 // groups, k, k)))
        parts += [tensor(name, (32,)) for name in weights[1:]]
        window = {"kernel_shape": (k, k), "pads": (k // 2,) * 4, "strides": (1, 1)}
        parts.append(node("Conv", [x, *weights], y, group=groups, dilations=(1, 1), **window))
    return b"".join(parts)


def only_convolutions(nodes: int) -> bytes:
    """A chain of nothing but convolutions, each with a kernel of its own."""
    parts = [value(11, "x0", (1, 16, 14, 14)), value(12, f"x{nodes}", (1, 16, 14, 14))]
    for i in range(nodes):
        parts.append(tensor(f"w{i}", (16, 16, 3, 3)))
        window = {"kernel_shape": (3, 3), "pads": (1, 1, 1, 1)}
        parts.append(node("Conv", [f"x{i}", f"w{i}"], f"x{i + 1}", **window))
    return b"".join(parts)


def transformer(nodes: int) -> bytes:
    """Blocks of attention and MLP, of 21 nodes each, as exporters write them."""
    width, heads, tokens = 64, 4, 16
    shape = (1, tokens, width)
    blocks = max(nodes // 21, 1)
    parts = [value(11, "b0", shape), value(12, f"b{blocks}", shape)]
    split = b"".join(n.to_bytes(8, "little") for n in (1, tokens, heads, width // heads))
    join = b"".join(n.to_bytes(8, "little") for n in shape)
    parts += [tensor("split", (4,), INT64, split), tensor("join", (3,), INT64, join)]
    parts.append(tensor("half", (), FLOAT, b"\0\0\0\x3f"))
    for i in range(blocks):
        parts += _block(f"b{i}", f"b{i + 1}", width)
    return b"".join(parts)


def _block(x: str, last: str, width: int) -> Iterator[bytes]:
    def stored(name: str, *dims: int) -> bytes:
        return tensor(f"{x}.{name}", dims)

    def step(op: str, inputs: str, output: str, **attributes: int | Sequence[int]) -> bytes:
        known = {"x": x, "split": "split", "join": "join", "half": "half"}
        names = [known.get(name, f"{x}.{name}") for name in inputs.split()]
        return node(op, names, output if output == last else f"{x}.{output}", **attributes)

    yield stored("g", width) + stored("h", width)
    yield step("LayerNormalization", "x g h", "n", axis=2)
    for name in "qkv":
        yield stored(f"w{name}", width, width)
        yield step("MatMul", f"n w{name}", f"{name}0")
        yield step("Reshape", f"{name}0 split", f"{name}1")
        order = (0, 2, 3, 1) if name == "k" else (0, 2, 1, 3)
        yield step("Transpose", f"{name}1", name, perm=order)
    yield step("MatMul", "q k", "s")
    yield step("Mul", "s half", "t")
    yield step("Softmax", "t", "p", axis=3)
    yield step("MatMul", "p v", "a")
    yield step("Transpose", "a", "a1", perm=(0, 2, 1, 3))
    yield step("Reshape", "a1 join", "a2")
    yield stored("wo", width, width) + step("MatMul", "a2 wo", "o")
    yield step("Add", "x o", "r")
    yield stored("wm", width, 4 * width) + step("MatMul", "r wm", "m")
    yield step("Relu", "m", "u")
    yield stored("wd", 4 * width, width) + step("MatMul", "u wd", last)


def heavy(path: Path, size: int, layers: int = 60) -> Path:
    """A chain of fully connected layers with `size` bytes of weights, none of them on disk."""
    side = int((size / 4 / layers) ** 0.5)
    parts = [value(11, "x0", (1, side)), value(12, f"x{layers}", (1, side))]
    parts += [node("MatMul", [f"x{i}", f"w{i}"], f"x{i + 1}") for i in range(layers)]
    head = part(1, side) + part(1, side) + part(2, FLOAT)
    holes = [(head + part(8, f"w{i}"), 4 * side * side) for i in range(layers)]
    return write(path, b"".join(parts), holes)


# the measurements


def tool(path: Path, *how: str) -> list[str]:
    """Count a file, row by row, as a script would, or as `how` says."""
    return [*TOOL, "analyze", str(path), *(how or ("-f", "csv", "-o", "/dev/null"))]


def small(folder: Path, runs: int) -> Iterator[Row]:
    """G4: a small graph against the import of onnx alone."""
    path = write(folder / "small.onnx", convolutions(60))
    best = used({"ours": tool(path), "onnx": [PYTHON, "-c", "import onnx"]}, runs)
    yield "G4 a graph of 60 nodes / import onnx", _time(best), 1.0


def weights(folder: Path, runs: int) -> Iterator[Row]:
    """G5: 1.9 GB of weights, which nobody reads."""
    big, little = heavy(folder / "big.onnx", 1_900_000_000), heavy(folder / "17.onnx", 17_000_000)
    commands = {"ours": tool(big), "little": tool(little), "import": [PYTHON, "-c", "import onnx"]}
    best = used(commands, runs)
    free = _free()
    yield "G5 1.9 GB / 17 MB, time", best["ours"].seconds / best["little"].seconds, 1.15
    memory = best["ours"].megabytes
    yield "G5 1.9 GB / 17 MB, peak memory", memory / best["little"].megabytes, 1.15
    yield "G5 1.9 GB / import onnx, peak memory", memory / best["import"].megabytes, 1.3
    for what, script, limit, needs in (
        ("onnx.load", LOAD, 0.1, 5e9),
        ("load + infer_shapes", INFER, 0.02, 11e9),
    ):
        if free < needs:
            print(f"G5 against {what}: left out, it takes {needs / 1e9:.0f} GB of memory")
            continue
        theirs = used({"onnx": [PYTHON, "-c", script, str(big)]}, 1, warm=False)["onnx"]
        yield f"G5 1.9 GB / {what}, time", best["ours"].seconds / theirs.seconds, limit


GRAPHS = {
    "Conv": only_convolutions,
    "Conv + Relu": convolutions,
    "transformer": transformer,
}


def nodes(folder: Path, runs: int) -> Iterator[Row]:
    """G6: many nodes, and a row for each."""
    for name, make in GRAPHS.items():
        stem = name.replace(" ", "")
        paths = {n: write(folder / f"{stem}{n}.onnx", make(n)) for n in (1_000, 10_000, 100_000)}
        commands = {str(n): tool(path) for n, path in paths.items()}
        commands["plain"] = tool(paths[100_000], "-f", "plain")
        commands["infer"] = [PYTHON, "-c", INFER, str(paths[100_000])]
        best = used(commands, runs)
        times = {n: best[str(n)].seconds for n in paths}
        theirs = best["infer"].seconds
        yield f"G6 100k {name} / load + infer_shapes", best["plain"].seconds / theirs, 1.15
        yield f"G6 100k {name} to csv / the same", times[100_000] / theirs, 1.15
        yield f"G6 100k / 10k {name}", times[100_000] / times[10_000], 12.0
        start = best[str(1_000)].seconds  # nearly all of it is the start
        growth = (times[100_000] - start) / (times[10_000] - start)
        yield f"G6 100k / 10k {name}, the start apart", growth, 13.0
        memory = best["100000"].megabytes / best["infer"].megabytes
        yield f"G6 100k {name} / load + infer_shapes, peak memory", memory, 1.5


def rows(folder: Path, runs: int) -> Iterator[Row]:
    """G9: a row for each of 100,000 layers, as text, against csv.writer of what the rows hold."""
    from flopcalc import api  # here, since processes begin with the memory of this one
    from flopcalc.doc import Table
    from flopcalc.graph import Scale
    from flopcalc.renderers import render

    path = write(folder / "rows.onnx", only_convolutions(100_000))
    doc = api.report(str(path), Scale(), "mult-adds", unfolded=True)
    table = next(block for block in doc.blocks if isinstance(block, Table))
    layers = doc.data["layers"]
    assert len(table.rows) == len(layers) == 100_000
    gc.freeze()  # as in the command, which looks for no garbage among so few objects
    best = calls(
        {
            "cells": lambda: csv.writer(StringIO()).writerows(table.rows),
            "values": lambda: csv.writer(StringIO()).writerows(map(dict.values, layers)),
            "csv": lambda: render(doc, "csv"),
            "json": lambda: render(doc, "json"),
        },
        runs,
    )
    yield "G9 100k rows to csv / csv.writer of their cells", best["csv"] / best["cells"], 1.5
    yield "G9 100k layers to json / csv.writer of the same", best["json"] / best["values"], 1.5


def _time(best: dict[str, Used]) -> float:
    return best["ours"].seconds / best["onnx"].seconds


def _free() -> float:
    """Bytes of memory that are free, or as good as."""
    for line in Path("/proc/meminfo").read_text(encoding="ascii").splitlines():
        if line.startswith("MemAvailable:"):
            return 1024.0 * int(line.split()[1])
    return 0.0


PARTS = {"small": small, "weights": weights, "nodes": nodes, "rows": rows}


def main() -> None:
    """Print a line for each goal; exit 1 if one is missed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.onnx_speed")
    parser.add_argument("parts", nargs="*", help=f"of {', '.join(PARTS)}; all unless given")
    parser.add_argument("--runs", type=int, default=5, help="interleaved runs of each command")
    parser.add_argument("--keep", type=Path, help="a folder for the files")
    asked = parser.parse_args()
    if wrong := set(asked.parts) - PARTS.keys():
        parser.error(f"no part '{min(wrong)}': {', '.join(PARTS)}")
    print(f"{'goal':52} {'ratio':>8}  limit")
    missed = 0
    with TemporaryDirectory() as made:
        folder = asked.keep or Path(made)
        folder.mkdir(parents=True, exist_ok=True)
        for name in asked.parts or PARTS:
            for goal, ratio, limit in PARTS[name](folder, asked.runs):
                verdict = "" if ratio <= limit else "   MISSED"
                print(f"{goal:52} {ratio:8.3f}  {limit:g}{verdict}", flush=True)
                missed += ratio > limit
    sys.exit(missed > 0)


if __name__ == "__main__":
    main()
