"""Names of layers: exporters' scopes become dotted names, the tree of the reports."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Container, Sequence

    from flopcalc.onnx_graph.proto import NodeDef

_SCOPES, _NAMESPACE = "pkg.torch.onnx.name_scopes", "namespace"
_PLUMBING = frozenset(("Constant", "Identity", "Shape", "Cast"))


def layer_names(nodes: Sequence[NodeDef], stored: Container[str]) -> list[str]:
    """A name for each node, all different.

    `/layer1/layer1.0/conv1/Conv` (TorchScript) and the scopes of torch's newer exporter give
    `layer1.0.conv1`; a node that shares its scope with others adds its operator's name. Any other
    name stays as it is, its slashes dots; a node without one is called `Conv_12` by its position.
    `stored` are the names of the stored tensors: `layer1.0.conv1.weight` says its layer's scope.
    """
    pairs = [_scope(node, i, stored) for i, node in enumerate(nodes)]
    alone: dict[str, int] = {}
    parents: set[str] = set()
    for node, (scope, _) in zip(nodes, pairs, strict=True):
        if not scope or node.op_type in _PLUMBING:
            continue
        if scope not in alone:
            alone[scope] = 0
            head = scope
            while "." in head and head not in parents:
                head = head.rpartition(".")[0]
                parents.add(head)
        alone[scope] += 1
    return _different(nodes, pairs, {s for s, n in alone.items() if n == 1} - parents)


def _different(
    nodes: Sequence[NodeDef], pairs: list[tuple[str, str]], alone: set[str]
) -> list[str]:
    used: dict[str, int] = {}
    names = []
    for node, (scope, leaf) in zip(nodes, pairs, strict=True):
        if scope in alone and node.op_type not in _PLUMBING:
            name = scope
        else:
            name = f"{scope}.{leaf}" if scope else leaf
        count = used.get(name, 0)
        used[name] = count + 1
        while count:  # as TorchScript numbers them: MatMul, MatMul_1
            other = f"{name}_{count}"
            if other not in used:
                used[other] = 1
                name = other
                break
            count += 1
        names.append(name)
    return names


def _scope(node: NodeDef, index: int, stored: Container[str]) -> tuple[str, str]:
    """The dotted scope of a node, and its name in there."""
    name = node.name
    if node.metadata is not None:
        scope = _weight_scope(node, stored) or _torch_scope(node.metadata)
        if scope is not None:
            return scope, node.op_type
    if "/" in name:
        path, _, leaf = name.rstrip("/").rpartition("/")
        return _joined(path.split("/")), leaf or f"{node.op_type}_{index}"
    return "", name or f"{node.op_type or 'node'}_{index}"


def _weight_scope(node: NodeDef, stored: Container[str]) -> str | None:
    """The module whose weight a node uses: where norms were folded, the scope is the norm's."""
    if len(node.inputs) > 1 and node.inputs[1].endswith(".weight") and node.inputs[1] in stored:
        return node.inputs[1].removesuffix(".weight")
    return None


def _torch_scope(metadata: dict[str, str]) -> str | None:
    """`['', 'features', 'features.0', 'conv2d_3']` → `features.0`."""
    scopes = metadata.get(_SCOPES)
    if scopes is not None:
        parts = scopes.strip("[]").replace('"', "'").split("', '")
        return _joined([part.strip("'") for part in parts[:-1]])
    namespace = metadata.get(_NAMESPACE)
    if namespace is None:
        return None
    return _joined([part.partition(":")[0] for part in namespace.split("/")[:-1]])


def _joined(parts: list[str]) -> str:
    """Scopes from the outside in, where an inner one may repeat the outer: `a`, `a.0`, `b`."""
    result = last = ""
    for part in parts:
        if last and part.startswith(f"{last}."):
            result += part[len(last) :]
        elif part:
            result = f"{result}.{part}" if result else part
        last = part or last
    return result
