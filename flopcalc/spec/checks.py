"""Checks over a whole spec: rings of blocks, swaps, classifiers that α would change."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flopcalc.errors import ScaleError, SpecError
from flopcalc.ops.registry import all_steps, find_step
from flopcalc.spec.written import Branch, Listing

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flopcalc.graph import Layer
    from flopcalc.spec.calls import Call
    from flopcalc.spec.elaborate import Elaborator
    from flopcalc.spec.grammar import Spec
    from flopcalc.spec.scope import Widened
    from flopcalc.spec.written import Written
    from flopcalc.tensor import Tensor
    from flopcalc.yaml_tree import Node


def check_blocks(spec: Spec, swap: Mapping[str, str]) -> None:
    """Raise `SpecError` where a block calls itself, directly or through others, swaps included."""
    blocks = set(spec.blocks)
    calls = {
        name: {swap.get(call.op, call.op) for call in every_call(block.body)} & blocks
        for name, block in spec.blocks.items()
    }
    done: set[str] = set()
    for name in spec.blocks:
        ring = _ring(name, calls, done)
        if ring:
            where = spec.source.where(spec.blocks[ring[0]].node)
            shown = ring if len(ring) <= 8 else [*ring[:6], "…", ring[-1]]
            message = f"blocks call each other in a ring: {' → '.join(shown)}"
            hint = "a block cannot contain itself"
            if set(ring) & set(swap.values()):
                hint += ", and a swap exchanges the steps inside blocks too"
            raise SpecError(message, where=where, hint=hint)


def check_swaps(spec: Spec, swap: Mapping[str, tuple[str, Node | None]]) -> None:
    """Raise `ScaleError` where either side of a swap is no op and no block."""
    for name, (target, node) in swap.items():
        for word in (name, target):
            if word not in spec.blocks and find_step(word) is None:
                where = spec.source.where(node) if node else None
                from flopcalc.ops.synonyms import called_here  # here, since only a failing run pays

                known = [*spec.blocks, *all_steps()]
                hint = called_here(word, known, otherwise="'flopcalc ops' lists the steps")
                message = f"cannot swap '{name}' for '{target}': no step or block '{word}'"
                raise ScaleError(message, where=where, hint=hint)


def _ring(start: str, calls: Mapping[str, set[str]], done: set[str]) -> list[str]:
    """The names of a cycle reachable from `start`, or nothing; without recursion."""
    path: dict[str, None] = {}  # in order
    todo = [(start, False)]
    while todo:
        name, leaving = todo.pop()
        if leaving:
            path.popitem()
            done.add(name)
        elif name in path:
            names = list(path)
            return [*names[names.index(name) :], name]
        elif name not in done:
            path[name] = None
            todo.append((name, True))
            todo += [(other, False) for other in sorted(calls[name])]
    return []


def every_call(calls: tuple[Call, ...]) -> list[Call]:
    """The steps of a list and of all branches in it, in the order of the file."""
    found: list[Call] = []
    for call in calls:
        found.append(call)
        for written in call.args.values():
            _within(written, found)
        for written in call.first.values():
            _within(written, found)
    return found


def _within(written: Written, found: list[Call]) -> None:
    if isinstance(written, Branch):
        found += every_call(written.calls)
    elif isinstance(written, Listing):
        for item in written.items:
            _within(item, found)


def check_outputs(run: Elaborator, outputs: tuple[Tensor, ...]) -> list[str]:
    """Raise `ScaleError` where α would change a classifier; warn of other outputs."""
    if not run.changed:
        return []
    producers = {y.id: layer for layer in run.builder.layers for y in layer.outputs}
    warnings = []
    for output in outputs:
        layer = _maker(output, producers)
        widened = run.changed.get(layer.outputs[0].id) if layer else None
        if layer is None or widened is None:
            continue
        where = run.spec.source.where(widened.written.node)
        if layer.op.name == "fc":
            message = (
                f"alpha {run.settings.alpha:g} would turn the {widened.nominal} outputs of the "
                f"network into {widened.scaled}"
            )
            hint = "write 'alpha: fixed' in this step, or declare 'classes' and use it"
            raise ScaleError(message, where=where, hint=hint)
        if run.settings.classes is None:
            warnings.append(_output_warning(str(where), widened))
    return warnings


def _output_warning(where: str, widened: Widened) -> str:
    return (
        f"{where}: alpha turns the {widened.nominal} output channels of the network into "
        f"{widened.scaled}; 'alpha: fixed' would keep them"
    )


def _maker(output: Tensor, producers: Mapping[int, Layer]) -> Layer | None:
    """The layer that computed an output, behind all that keeps the channels as they are."""
    layer = producers.get(output.id)
    while layer is not None and layer.op.role != "compute":
        (x, *others), y = layer.inputs, layer.outputs[0]
        if others or "c" not in x.axes or x.channels != y.channels:
            return None
        layer = producers.get(x.id)
    return layer
