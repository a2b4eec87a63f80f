"""Strings: compared, joined and split, which is no arithmetic."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flopcalc.onnx_graph.shapes import broadcast
from flopcalc.ops.exported import move
from flopcalc.ops.pointwise import each
from flopcalc.tensor import Shaped

if TYPE_CHECKING:
    from flopcalc.onnx_graph.node import Node


def StringConcat(n: Node) -> None:
    """ai.onnx StringConcat, version 20."""
    n.op = move("StringConcat")
    n.free(broadcast(n.input(0).dims, n.input(1).dims), dtype="string")


def StringNormalizer(n: Node) -> None:
    """ai.onnx StringNormalizer, version 10: how many words are left, only a run can tell."""
    n.op = move("StringNormalizer")
    x = n.input(0)
    shape = x.dims
    if n.attribute("stopwords"):
        why = f"how many words of '{x.name}' are left depends on the data"
        shape = (*shape[:-1], n.unknown_size(why))
    n.free(shape, dtype="string")


def StringSplit(n: Node) -> None:
    """ai.onnx StringSplit, version 20: into how many, only a run can tell."""
    n.op = move("StringSplit")
    x = n.input(0)
    size = n.unknown_size(f"how many parts '{x.name}' has depends on the data")
    n.free((*x.dims, size), dtype="string")
    n.give(1, x.dims, "int64")


def RegexFullMatch(n: Node) -> None:
    """ai.onnx RegexFullMatch, version 20."""
    n.op = move("RegexFullMatch")
    n.free(n.input(0).shape, dtype="bool")


def TfIdfVectorizer(n: Node) -> None:
    """ai.onnx TfIdfVectorizer, version 9: n-grams counted; 1 product an output if weighted."""
    weighted = n.word("mode", "TF") != "TF"
    n.op = each("TfIdfVectorizer", "mul") if weighted else move("TfIdfVectorizer")
    x = n.input(0)
    shape = (*x.dims[:-1], max(n.integers("ngram_indexes") or (0,)) + 1)
    if not weighted:
        n.free(shape, dtype="float32")
        return
    shapes = [Shaped(shape, "nc"[2 - len(shape) :])]  # type: ignore[arg-type]  # see tensor.py
    n.add(n.op, x, shapes=shapes, dtype="float32")
