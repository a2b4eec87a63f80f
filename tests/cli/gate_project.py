"""A scratch project for the gate's tests: a spec whose numbers a person can compute."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

# 1×1 convolutions on a 4×4 map: 3·C·16 + C·10·16 Mult-Adds, (3·C + C) + (C·10 + 10) parameters
SPEC = """flopcalc: 1
name: Small
input: 4x4x3
body:
  - {{pw: {first}, name: first}}
  - {{pw: 10, name: last}}
"""
MAC = {8: 8 * 3 * 16 + 80 * 16, 9: 9 * 3 * 16 + 90 * 16, 16: 16 * 3 * 16 + 160 * 16}
PARAMS = {8: 8 * 4 + 90, 9: 9 * 4 + 100, 16: 16 * 4 + 170}


class Project:
    """A folder with `nets/small.yaml` and `flopcalc.yaml`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.write("nets/small.yaml", SPEC.format(first=8))
        self.write("flopcalc.yaml", "models: [nets/*.yaml]\n")

    def write(self, name: str, text: str | bytes) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    def read(self, name: str) -> str:
        return (self.folder / name).read_bytes().decode()

    def widen(self, first: int, name: str = "nets/small.yaml") -> None:
        self.write(name, SPEC.format(first=first))

    def git(self, *arguments: str) -> str:
        who = {"GIT_AUTHOR_NAME": "A", "GIT_AUTHOR_EMAIL": "a@example.com"}
        who |= {"GIT_COMMITTER_NAME": "A", "GIT_COMMITTER_EMAIL": "a@example.com"}
        who |= {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
        done = subprocess.run(
            ["git", "-C", str(self.folder), *arguments],
            env={**os.environ, **who},
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout

    def commit(self, message: str = "as it is") -> None:
        if not (self.folder / ".git").exists():
            self.git("init", "-q", "-b", "main")
        self.git("add", "-A")
        self.git("commit", "-q", "-m", message)


def opaque(batch: int | str = 1) -> bytes:
    """An ONNX file: a 1×1 convolution of 384 Mult-Adds, and a node that nobody can count."""
    from onnx import TensorProto, helper

    image = helper.make_tensor_value_info("x", TensorProto.FLOAT, [batch, 3, 4, 4])
    out = helper.make_tensor_value_info("z", TensorProto.FLOAT, [batch, 8, 4, 4])
    weight = helper.make_tensor("w", TensorProto.FLOAT, [8, 3, 1, 1], [0.0] * 24)
    conv = helper.make_node("Conv", ["x", "w"], ["y"], name="first")
    fancy = helper.make_node("Fancy", ["y"], ["z"], name="thing", domain="acme")
    nodes = [conv, fancy] if batch == 1 else [helper.make_node("Conv", ["x", "w"], ["z"], name="c")]
    graph = helper.make_graph(nodes, "main", [image], [out], [weight])
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid("acme", 1)]
    data: bytes = helper.make_model(graph, opset_imports=opsets, ir_version=10).SerializeToString()
    return data
