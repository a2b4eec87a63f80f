"""Warnings: what a spec may say, but looks like a slip; each with its place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flopcalc.ops.registry import find_step, is_step
from flopcalc.spec.checks import every_call
from flopcalc.spec.scope import IMPLICIT
from flopcalc.spec.values import PADDINGS
from flopcalc.spec.written import Branch, Constant, Formula, Listing, Word
from flopcalc.yaml_tree import Scalar

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from flopcalc.spec.calls import Call
    from flopcalc.spec.elaborate import Elaborator
    from flopcalc.spec.grammar import Block, Spec
    from flopcalc.spec.written import Written
    from flopcalc.tensor import Tensor
    from flopcalc.yaml_tree import Node

RESERVED = frozenset({*IMPLICIT, "in", "input", "alpha", "rho", "depth", "classes"})
MOST = 100


def lint(spec: Spec) -> list[str]:
    """What can be seen without running a step."""
    body = every_call(spec.body)
    inside = {block.name: every_call(block.body) for block in spec.blocks.values()}
    calls = [*body, *(call for others in inside.values() for call in others)]
    unused = _unused(spec, calls, body, inside)
    return [*_inputs(spec), *_shadowing(spec), *_strides(spec, calls), *unused][:MOST]


def input_slip(sizes: tuple[int, ...]) -> str | None:
    """What to write for an input that looks channels-first or batched; None where it does not."""
    rest = sizes[1:] if len(sizes) == 4 and sizes[0] == 1 else sizes
    batch = "a batch is --batch, not part of the input" if rest != sizes else ""
    if len(sizes) == 2 and sizes[0] == sizes[1] > 8:
        return f"a map has channels too: write {sizes[0]}x{sizes[1]}x3?"
    first, *others = rest
    *_, height, width = rest
    image = first == 3 and min(height, width) >= 100  # of any shape
    if len(rest) > 2 and first <= 4 and (first < height == width or image):
        rest = (*others, first)
        batch = f"{batch}, and channels stand last" if batch else "channels stand last"
    if not batch:
        return None
    return f"{batch}: write {'x'.join(map(str, rest))}?"


def _inputs(spec: Spec) -> Iterator[str]:
    for item in spec.inputs.values():
        sizes = (*item.sizes, item.channels)
        if item.sizes and (slip := input_slip(sizes)):
            shown = "×".join(map(str, item.sizes))
            what = "a map" if len(item.sizes) > 1 else "a length"
            message = f"{what} of {shown} with {item.channels} channels; {slip}"
            yield _at(spec, item.node, message)


def lint_run(run: Elaborator, outputs: tuple[Tensor, ...]) -> list[str]:
    """What one run has shown."""
    return [*_idle_swaps(run), *_dead_ends(run, outputs), *_mixes(run)][:MOST]


def _shadowing(spec: Spec) -> Iterator[str]:
    """Names that the language has too: what the file declares wins."""
    for block in spec.blocks.values():
        if is_step(block.name) or block.name == "table":
            yield _at(spec, block.node, f"block '{block.name}' replaces the built-in step")
        for param in block.params:
            if _is_word(param.name):
                message = f"parameter '{param.name}' shadows a word of the language"
                yield _at(spec, param.node, message)
    for name, written in spec.knobs.vars.items():
        if _is_word(name):
            yield _at(spec, written.node, f"var '{name}' shadows a word of the language")


def _is_word(name: str) -> bool:
    """Whether a name means something as a value: an input's size, a padding, a norm, `relu`."""
    if name in RESERVED or name in PADDINGS or name in {"none", "auto", "fixed", "no_shrink"}:
        return True
    step = find_step(name)
    return step is not None and not step.args


def _strides(spec: Spec, calls: Iterable[Call]) -> Iterator[str]:
    """A stride in a repeated step strides in every copy."""
    for call in calls:
        if call.repeat is None or call.first:
            continue
        stride = call.args.get("s")
        if isinstance(call.repeat, Constant) and call.repeat.value in {0, 1}:
            continue
        if isinstance(stride, Constant) and isinstance(stride.value, int) and stride.value > 1:
            message = f"every copy has stride {stride.value}"
            hint = f"'first: {{s: {stride.value}}}' is for one of them"
            yield _at(spec, stride.node, f"{message}; {hint}")


def _unused(
    spec: Spec, calls: Iterable[Call], body: Iterable[Call], bodies: Mapping[str, Iterable[Call]]
) -> Iterator[str]:
    """Blocks, parameters, vars and inputs that nothing mentions."""
    every_knobs = (spec.knobs, *spec.variants.values())
    used = {call.op for call in calls}
    for knobs in every_knobs:
        used |= {target for target, _ in knobs.swap.values()} | set(knobs.swap)
    mentioned = _mentioned(body)
    for block in spec.blocks.values():
        if block.name not in used:
            yield _at(spec, block.node, f"block '{block.name}' is never used")
        inside = _mentioned(bodies[block.name]) | _defaults(block)
        mentioned |= inside
        yield from _unused_parameters(spec, block, inside)
    for knobs in every_knobs:
        mentioned |= _names([*knobs.vars.values(), *knobs.defaults.values()])
    for name, written in spec.knobs.vars.items():
        if name not in mentioned:
            yield _at(spec, written.node, f"var '{name}' is never used")
    inputs = list(spec.inputs.items())[1:]  # the first is where the body starts
    outputs = {node.value for node in spec.outputs}
    for name, item in inputs:
        if name not in mentioned and name not in outputs:
            yield _at(spec, item.node, f"input '{name}' is never used")


def _unused_parameters(spec: Spec, block: Block, inside: set[str]) -> Iterator[str]:
    for param in block.params:
        if param.name not in inside:
            message = f"parameter '{param.name}' of block '{block.name}' is never used"
            yield _at(spec, param.node, message)


def _mentioned(calls: Iterable[Call]) -> set[str]:
    """The names in what steps write."""
    written: list[Written] = []
    for call in calls:
        written += call.written()
        if call.from_ is not None:
            written.append(call.from_)
    return _names(written)


def _defaults(block: Block) -> set[str]:
    return _names(param.default for param in block.params if param.default)


def _names(written: Iterable[Written]) -> set[str]:
    names: set[str] = set()
    todo = list(written)
    while todo:
        value = todo.pop()
        if isinstance(value, Word):
            names.add(value.text)
        elif isinstance(value, Formula):
            names |= value.expr.names
        elif isinstance(value, Listing):
            todo += value.items
        else:
            assert isinstance(value, Branch | Constant)  # the steps of a branch are calls too
    return names


def _idle_swaps(run: Elaborator) -> Iterator[str]:
    for name, count in run.swaps.items():
        if not count:
            yield f"the swap of '{name}' changes nothing: no step calls it"


def _dead_ends(run: Elaborator, outputs: tuple[Tensor, ...]) -> Iterator[str]:
    """Layers whose output nobody uses; one warning a step, however often it is copied."""
    used = {x.id for layer in run.builder.layers for x in layer.inputs}
    used |= {output.id for output in outputs}
    seen = set()
    for layer in run.builder.layers:
        if layer.outputs[0].id not in used and layer.where not in seen:
            seen.add(layer.where)
            yield f"{layer.where}: the output of '{layer.name}' is never used, yet it is counted"


def _mixes(run: Elaborator) -> Iterator[str]:
    for written, note in run.reader.mixes or ():
        yield f"{run.spec.source.where(written.node)}: {note}"


def _at(spec: Spec, node: Node | Scalar, message: str) -> str:
    return f"{spec.source.where(node)}: {message}"
