"""What an exporter did to a network that a reader of its counts should know."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from flopcalc.onnx_graph.proto import NodeDef

_RULES = "pkg.onnxscript.rewriter.rule_name"


def remarks(nodes: Iterable[NodeDef]) -> tuple[str, ...]:
    """A sentence for each remark; nothing where nothing is certain."""
    folded = sum(1 for node in nodes if "Conv" in node.operation.op_type and _has_folded_norm(node))
    if not folded:
        return ()
    verb, whose = "convolution has", "its bias stands"
    if folded > 1:
        verb, whose = "convolutions have", "their biases stand"
    who = "a batch norm folded in by the exporter"
    return (f"{folded} {verb} {who}: {whose} for its parameters",)


def _has_folded_norm(node: NodeDef) -> bool:
    """Whether an exporter says that it folded a batch norm into this convolution.

    Torch's newer exporter names the rule. The older one writes both a new kernel and a new bias,
    whose names it makes up (`onnx::Conv_193`), for that alone.
    """
    if node.metadata is not None and "BatchNormIntoConv" in node.metadata.get(_RULES, ""):
        return True
    stored = [name for name in node.inputs if name.startswith("onnx::Conv_")]
    whole = [name for name in stored if name.removesuffix("_quantized")[11:].isdecimal()]
    return len(whole) == 2
