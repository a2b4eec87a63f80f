"""The order of nodes: as the file has it, which ONNX wants sorted, or sorted where it is not."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flopcalc.onnx_graph.proto import NodeDef
    from flopcalc.onnx_graph.scope import Scope


class OutOfOrderError(Exception):
    """A node uses what only a later one makes, or itself."""


def in_order(nodes: Sequence[NodeDef], scope: Scope) -> Sequence[NodeDef]:
    """`nodes`, each after those whose outputs it uses; those in a cycle stand last."""
    made = {"", *scope.values, *scope.stored}
    producers: dict[str, int] | None = None
    known, add = made.issuperset, made.update
    for node in nodes:
        if not known(node.inputs):
            producers = producers or _producers(nodes)
            if any(name in producers and name not in made for name in node.inputs):
                return sort(nodes)
        add(node.outputs)
    return nodes


def _producers(nodes: Sequence[NodeDef]) -> dict[str, int]:
    return {name: i for i, node in enumerate(nodes) for name in node.outputs if name}


def sort(nodes: Sequence[NodeDef]) -> list[NodeDef]:
    """`nodes` so that each stands after those whose outputs it uses; those in a cycle are last."""
    producers = _producers(nodes)
    users: dict[int, list[int]] = {}
    waits = [0] * len(nodes)
    for i, node in enumerate(nodes):
        for producer in {producers[name] for name in node.inputs if name in producers}:
            users.setdefault(producer, []).append(i)
            waits[i] += 1
    ready = [i for i, count in enumerate(waits) if count == 0]
    for i in ready:  # grows while it is walked
        for user in users.get(i, ()):
            waits[user] -= 1
            if waits[user] == 0:
                ready.append(user)
    done = set(ready)
    return [nodes[i] for i in (*ready, *(i for i in range(len(nodes)) if i not in done))]
