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
    found = scopes_of(nodes, stored)
    pairs: list[tuple[str, str]] = []
    for i, node in enumerate(nodes):
        path, _, leaf = node.name.rpartition("/")
        if leaf and node.metadata is None and path.rfind("/") == 0:  # `/conv1/Conv`, as most are
            scope = path[1:]
        else:
            scope, leaf = _scope(node, i, stored, known)
        if found is not None:
            scope = found[i]
            leaf = (scope and node.op_type) or leaf
        if scope and node.operation.op_type in _PLUMBING:  # never has the scope's name
            scope, leaf = "", f"{scope}.{leaf}"
        pairs.append((scope, leaf))
    shared = _shared([scope for scope, _ in pairs])
    names = [
        scope if scope and scope not in shared else f"{scope}.{leaf}" if scope else leaf
        for scope, leaf in pairs
    ]
    return names if len(set(names)) == len(names) else _different(names)


def _shared(scopes: list[str]) -> set[str]:
    """The scopes of several nodes, and those that enclose others: their names are of blocks."""
    used = set(scopes)
    shared: set[str] = set()
    for scope in {scope[: max(scope.rfind("."), 0)] for scope in used}:
        head = scope
        while head and head not in shared:
            shared.add(head)
            head = head.rpartition(".")[0]
    if len(used) < len(scopes):
        once: set[str] = set()
        for scope in scopes:
            (shared if scope in once else once).add(scope)
    return shared


def _different(names: list[str]) -> list[str]:
    """`names`, those that are there already with a number."""
    used: dict[str, int] = {}
    found = []
    for name in names:
        if name in used:
            found.append(_numbered(name, used))
        else:
            used[name] = 1
            found.append(name)
    return found


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
