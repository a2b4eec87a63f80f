"""The order of nodes: as the file has it, which ONNX wants sorted, or sorted where it is not."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flopcalc.onnx_graph.proto import NodeDef
    from flopcalc.onnx_graph.walker import Scope


def in_order(nodes: Sequence[NodeDef], scope: Scope) -> Sequence[NodeDef]:
    """`nodes`, each after those whose outputs it uses; those in a cycle stand last."""
    made: set[str] = set()
    late = False
    producers: dict[str, int] | None = None
    for node in nodes:
        for name in node.inputs:
            if name and name not in made and name not in scope.values and name not in scope.stored:
                producers = producers or _producers(nodes)
                late = late or name in producers
        made.update(node.outputs)
    return _sorted(nodes, producers) if late and producers else nodes


def _producers(nodes: Sequence[NodeDef]) -> dict[str, int]:
    return {name: i for i, node in enumerate(nodes) for name in node.outputs if name}


def _sorted(nodes: Sequence[NodeDef], producers: dict[str, int]) -> Sequence[NodeDef]:
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
