"""Operators whose work depends on the data: no Mult-Adds, and elementwise work nobody can know."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flopcalc.formula import Num
from flopcalc.op import Op, bind_nothing, same_shape

if TYPE_CHECKING:
    from flopcalc.onnx_graph.node import Node
    from flopcalc.onnx_graph.values import Shape

_known: dict[tuple[str, str], Op] = {}


def unknown_work(n: Node, reason: str, *shapes: Shape | None) -> None:
    """The node multiplies no matrices; what else it computes is unknown, because of `reason`."""
    n.op = work(n)
    n.opaque(reason, *shapes)


def work(n: Node) -> Op:
    """The op of a node that multiplies no matrices, for when it fails."""
    domain = n.definition.domain
    key = (domain, n.definition.op_type)
    op = _known.get(key)
    if op is None:
        title = f"ONNX operator {f'{domain}.' if domain else ''}{key[1]}"
        # what it has is listed, so that it becomes unknown and Mult-Adds do not
        counts = {kind: Num(0) for kind in ("add", "mul", "div", "cmp", "exp")}
        name = "".join(f"_{c.lower()}" if c.isupper() else c for c in key[1]).lstrip("_")
        op = Op(
            name, title="work that depends on the data", cite=title, shape=same_shape,
            bind=bind_nothing, counts=counts,
        )  # fmt: skip
        if len(_known) < 1000:
            _known[key] = op
    return op
