"""Names of layers: exporters' scopes become dotted names, the tree of the reports."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flopcalc.onnx_graph.weight_names import scopes_of

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
    `stored` are the names of the stored tensors: `layer1.0.conv1.weight` says its layer's scope,
    and where no node has a scope, theirs all.
    """
    known: dict[str, str] = {}
    pairs = [_scope(node, i, stored, known) for i, node in enumerate(nodes)]
    found = scopes_of(nodes, stored)
    if found is not None:
        pairs = [
            (scope, node.op_type or leaf) if scope else (scope, leaf)
            for node, scope, (_, leaf) in zip(nodes, found, pairs, strict=True)
        ]
    uses: dict[str, int] = {}
    for node, (scope, _) in zip(nodes, pairs, strict=True):
        if scope and node.operation.op_type not in _PLUMBING:
            uses[scope] = uses.get(scope, 0) + 1
    parents: set[str] = set()
    for scope in uses:
        if "." in scope:
            head = scope.rpartition(".")[0]
            while head and head not in parents:
                parents.add(head)
                head = head.rpartition(".")[0]
    for scope in parents:
        uses[scope] = 0  # its name is that of a block
    return _different(nodes, pairs, uses)


def _different(
    nodes: Sequence[NodeDef], pairs: list[tuple[str, str]], uses: dict[str, int]
) -> list[str]:
    """The names; a node that alone uses its scope has the scope's."""
    used: dict[str, int] = {}
    names = []
    for node, (scope, leaf) in zip(nodes, pairs, strict=True):
        if not scope:
            name = leaf
        elif uses.get(scope) == 1 and node.operation.op_type not in _PLUMBING:
            name = scope
        else:
            name = f"{scope}.{leaf}"
        if name in used:
            name = _numbered(name, used)
        else:
            used[name] = 1
        names.append(name)
    return names


def _numbered(name: str, used: dict[str, int]) -> str:
    """A name that is not `used`, as TorchScript numbers them: MatMul, MatMul_1."""
    count = used[name]
    used[name] = count + 1
    while f"{name}_{count}" in used:
        count += 1
    name = f"{name}_{count}"
    used[name] = 1
    return name


def _scope(
    node: NodeDef, index: int, stored: Container[str], known: dict[str, str]
) -> tuple[str, str]:
    """The dotted scope of a node, and its name in there; `known` are the scopes of paths."""
    name = node.name
    if node.metadata is not None:
        scope = _weight_scope(node, stored) or _torch_scope(node.metadata)
        if scope is not None:
            return scope, node.op_type
    path, slash, leaf = name.rpartition("/")
    if slash:
        if not leaf:
            path, _, leaf = name.rstrip("/").rpartition("/")
        if path.rfind("/") == 0:  # of one scope, each has its own
            return path[1:], leaf
        scope = known.get(path)
        if scope is None:
            scope = known[path] = _joined(path.split("/"))
        return scope, leaf or f"{node.op_type}_{index}"
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
