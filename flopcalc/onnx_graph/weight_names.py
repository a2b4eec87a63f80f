"""Scopes of nodes that have none of their own, from the names of the weights they use."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Container, Sequence

    from flopcalc.onnx_graph.proto import NodeDef


def scopes_of(nodes: Sequence[NodeDef], stored: Container[str]) -> list[str] | None:
    """The module of each node; None where some say it themselves, or no weight does.

    Torch's older exporters call nodes `Conv_0`, but their weights `layer1.0.conv1.weight`. What
    uses none belongs to the module that encloses those before and after it.
    """
    if any(node.metadata is not None or "/" in node.name for node in nodes):
        return None
    own = [_module(node, stored) for node in nodes]
    if not any(own):
        return None
    _give_to_products(nodes, own)
    after = own[:]
    for i in range(len(own) - 2, -1, -1):
        after[i] = after[i] or after[i + 1]
    before = ""
    found = []
    for scope, later in zip(own, after, strict=True):
        before = scope or before
        found.append(scope or _enclosing(before, later))
    return found


def _module(node: NodeDef, stored: Container[str]) -> str:
    """`layer1.0.conv1` for a node that uses `layer1.0.conv1.weight`."""
    for name in node.inputs:
        if name in stored:
            module, _, leaf = name.rpartition(".")
            if module and ("weight" in leaf or "bias" in leaf):
                return module
    return ""


def _give_to_products(nodes: Sequence[NodeDef], own: list[str]) -> None:
    """A product whose weight was turned, and lost its name so, is of its bias's module."""
    made = {name: i for i, node in enumerate(nodes) for name in node.outputs}
    for i, node in enumerate(nodes):
        if own[i] and node.op_type == "Add":
            for name in node.inputs:
                j = made.get(name)
                if j is not None and not own[j] and nodes[j].op_type == "MatMul":
                    own[j] = own[i]


def _enclosing(one: str, other: str) -> str:
    """The innermost module that holds both."""
    shared = []
    for a, b in zip(one.split("."), other.split("."), strict=False):
        if a != b:
            break
        shared.append(a)
    return ".".join(shared)
