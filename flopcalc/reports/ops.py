"""The formula page: every op that is counted, with its formulas, and every step that writes it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flopcalc.doc import Block, Column, Derivation, Doc, Line, Note, Table
from flopcalc.errors import InputError
from flopcalc.op import OPERATIONS, PARAMETERS
from flopcalc.ops.registry import all_ops, all_steps
from flopcalc.ops.synonyms import called_here
from flopcalc.step import REQUIRED

if TYPE_CHECKING:
    from collections.abc import Iterable

    from flopcalc.op import Op
    from flopcalc.step import Arg, Step

SCHEMA = "flopcalc.ops/1"


def ops(name: str | None = None) -> Doc:
    """All ops in a table, or those called `name` (an op, a kind or a step) in full.

    Raises `InputError` with the nearest name where there is none.
    """
    found = list(all_ops())
    steps = all_steps()
    if name is None:
        return _overview(found, steps)
    chosen = [op for _, op in found if name in {op.name, op.kind}]
    step = steps.get(name)
    if not chosen and step is None:
        known = [*steps, *(op.kind for _, op in found), *(op.name for _, op in found)]
        hint = called_here(name, known, otherwise="'flopcalc ops' lists them")
        raise InputError(f"no op and no step '{name}'", hint=hint)
    blocks: list[Block] = [_derivation(op) for op in chosen]
    if step is not None:
        blocks += _step(step)
    return Doc(f"{name}", tuple(blocks), _data([(f, op) for f, op in found if op in chosen]))


def _overview(found: list[tuple[str, Op]], steps: dict[str, Step]) -> Doc:
    columns = (
        Column("kind", "kind"),
        Column("title", "what"),
        Column("mac", "Mult-Adds"),
        Column("params", "params"),
        Column("elementwise", "elementwise"),
    )
    rows = tuple((op.kind, op.title, _count(op, ["mac"]), *_rest(op)) for _, op in found)
    notes = (
        Note("formulas are per layer; a batch B > 1 and shared repeats multiply the operations"),
        Note(f"steps of the spec language: {', '.join(sorted(steps))}"),
        Note("'flopcalc ops NAME' shows one in full, with its legend and source", "hint"),
    )
    return Doc("What flopcalc counts", (Table(columns, rows), *notes), _data(found))


def _count(op: Op, kinds: Iterable[str]) -> str:
    if op.opaque:
        return "unknown"
    return " + ".join(op.counts[kind].algebra() for kind in kinds if kind in op.counts)


def _rest(op: Op) -> tuple[str, str]:
    params = _count(op, ["weight", "bias", "norm"])
    elementwise = [
        f"{kind}: {op.counts[kind].algebra()}" for kind in OPERATIONS[1:] if kind in op.counts
    ]
    return params, ", ".join(elementwise) or ("nothing" if op.free else "")


def _derivation(op: Op) -> Derivation:
    lines = [
        Line(kind, f"= {op.counts[kind].algebra()}", f"= {op.counts[kind].latex()}")
        for kind in (*OPERATIONS, *PARAMETERS)
        if kind in op.counts
    ]
    symbols = dict.fromkeys(s for formula in op.counts.values() for s in formula.symbols())
    legend = tuple((s.name, s.meaning, "") for s in symbols)
    note = "\n".join(text for text in (op.note, f"source: {op.cite}") if text)
    return Derivation(f"{op.kind}: {op.title}", tuple(lines), legend, note)


_TAKES = {
    "channels": "channels",
    "int": "an integer",
    "num": "a number",
    "bool": "true or false",
    "auto_bool": "true, false or auto",
    "word": "a word",
    "sizes": "an integer, or one an axis",
    "padding": "a word, an integer, or one an axis",
    "ref": "a step",
    "name": "a step",
    "steps": "steps",
    "operands": "steps",
    "text": "text",
    "formula": "a formula",
}


def _step(step: Step) -> list[Block]:
    """A step's arguments, or that it takes none."""
    if not step.args:
        return [Note(f"step {step.name}: {step.help}; it takes no arguments")]
    return [_arguments(step)]


def _arguments(step: Step) -> Table:
    columns = (
        Column("name", "argument"),
        Column("kind", "takes"),
        Column("default", "default"),
        Column("help", "meaning"),
    )
    rows = tuple((arg.name, _kind(arg), _default(arg), arg.help) for arg in step.args)
    return Table(columns, rows, title=f"step {step.name}: {step.help}")


def _kind(arg: Arg) -> str:
    return " | ".join(arg.choices) if arg.choices else _TAKES[arg.kind]


def _default(arg: Arg) -> str:
    if arg.default is REQUIRED:
        return "required"
    if arg.default is None:
        return "auto" if arg.kind == "auto_bool" else "–"
    if isinstance(arg.default, bool):
        return "true" if arg.default else "false"
    return str(arg.default)


def _data(found: list[tuple[str, Op]]) -> dict[str, Any]:
    return {
        "schema": SCHEMA,
        "ops": [
            {
                "name": op.name,
                "kind": op.kind,
                "family": family,
                "title": op.title,
                "cite": op.cite,
                "counts": {kind: formula.algebra() for kind, formula in op.counts.items()},
                "latex": {kind: formula.latex() for kind, formula in op.counts.items()},
            }
            for family, op in found
        ],
    }
