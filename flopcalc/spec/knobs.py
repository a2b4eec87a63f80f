"""The knobs of a network: what a file, its variants and the command line can set."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flopcalc.errors import SpecError, did_you_mean
from flopcalc.ops.registry import all_steps, find_step
from flopcalc.spec.calls import LONG_SPELLINGS
from flopcalc.spec.scaling import MODES, RES_RULES, RULES, Rounding, named_rounding
from flopcalc.spec.written import Constant, Word, Written, read_value
from flopcalc.yaml_tree import Entries, Scalar

if TYPE_CHECKING:
    from flopcalc.quantity import Quantity
    from flopcalc.yaml_tree import Node, Source

SHORT_DEFAULTS = ("norm", "act", "bias", "padding")
UNSHARED = frozenset({"steps", "operands", "ref", "name", "text", "formula"})
SCALING_KEYS = ("alpha", "rho", "depth", "round", "min", "res_round")


class Knobs:
    """What one layer of settings says; None or nothing where it says nothing.

    `defaults` maps `norm` … and `<op>.<arg>` to written values; `swap` one op to another.
    """

    __slots__ = (
        "alpha",
        "budget",
        "classes",
        "defaults",
        "depth",
        "expect",
        "extends",
        "name",
        "places",
        "res",
        "res_round",
        "rho",
        "rounding",
        "swap",
        "vars",
    )

    def __init__(self) -> None:
        self.name: str | None = None
        self.extends: Scalar | None = None
        self.alpha: Written | None = None
        self.rho: Written | None = None
        self.depth: Written | None = None
        self.res: tuple[int, int] | None = None
        self.classes: int | None = None
        self.rounding: Rounding | None = None
        self.res_round: str = "nearest"
        self.vars: dict[str, Written] = {}
        self.defaults: dict[str, Written] = {}
        self.swap: dict[str, tuple[str, Node]] = {}
        self.expect: dict[str, Quantity] = {}
        self.budget: dict[str, Quantity] = {}
        self.places: dict[str, Node] = {}  # of `expect.params` and its like

    @property
    def changes(self) -> bool:
        """Whether it turns any knob, or only names what is there."""
        knobs = (self.alpha, self.rho, self.depth, self.res, self.classes, self.extends)
        return any(k is not None for k in knobs) or bool(self.vars or self.defaults or self.swap)


def read_defaults(source: Source, node: Entries, knobs: Knobs) -> None:
    """`norm: bn, act: relu, bias: auto, padding: half` and `<op>: {arg: value}`."""
    for key, (at, value) in node.entries.items():
        if key in SHORT_DEFAULTS:
            knobs.defaults[key] = read_value(source, value)
            continue
        step = find_step(key)
        if step is None or not isinstance(value, Entries):
            raise _no_default(source, key, at, value)
        names = {arg.name: arg for arg in step.args}
        for name, (place, argument) in value.entries.items():
            short = LONG_SPELLINGS.get(name, name)
            if short in names and names[short].kind in UNSHARED:
                hint = "write it in the step"
                message = f"'{name}' of '{key}' belongs to one step: it has no default"
                raise SpecError(message, where=source.where(place), hint=hint)
            if short not in names:
                message, nearest = (
                    f"unknown argument '{name}' of '{key}'",
                    did_you_mean(name, names),
                )
                raise SpecError(message, where=source.where(place), hint=nearest)
            knobs.defaults[f"{key}.{short}"] = read_value(source, argument)


def _no_default(source: Source, key: str, at: Node, value: Node) -> SpecError:
    from flopcalc.ops.synonyms import called_here  # here, since only a failing run pays for it
    from flopcalc.spec.slips import of_default

    hint = of_default(key, value, SHORT_DEFAULTS)
    if find_step(key):
        hint = hint or f"{key}: {{bias: false}}"
        message = f"the defaults of '{key}' are arguments"
        return SpecError(message, where=source.where(value), hint=hint)
    hint = hint or called_here(key, [*SHORT_DEFAULTS, *all_steps()])
    return SpecError(f"unknown default '{key}'", where=source.where(at), hint=hint)


def read_swap(source: Source, node: Entries, knobs: Knobs) -> None:
    """`{sep: conv}`: every call of one op or block becomes a call of another."""
    for key, (_, value) in node.entries.items():
        if not isinstance(value, Scalar) or not value.value:
            message = f"'{key}' is exchanged for an op or block"
            raise SpecError(message, where=source.where(value), hint="swap: {sep: conv}")
        knobs.swap[key] = (value.value, value)


def read_scaling(source: Source, node: Entries, knobs: Knobs) -> None:
    """The multipliers a file starts from, and its rounding rules."""
    least = None
    for key, (at, value) in node.entries.items():
        if key not in SCALING_KEYS:
            hint = did_you_mean(key, SCALING_KEYS)
            raise SpecError(f"unknown key '{key}' in 'scaling'", where=source.where(at), hint=hint)
        if key in {"alpha", "rho", "depth"}:
            setattr(knobs, key, read_value(source, value))
        elif key == "min":
            least = _positive(source, value)
        elif key == "res_round":
            knobs.res_round = _word(source, value, RES_RULES)
    if "round" in node.entries:
        knobs.rounding = _rounding(source, node.entries["round"][1], least)
    elif least is not None:
        message, hint = "'min' without 'round'", "scaling: {round: floor, min: 8}"
        raise SpecError(message, where=source.where(node.entries["min"][0]), hint=hint)


def _rounding(source: Source, node: Node, least: int | None) -> Rounding:
    """A word of `RULES`, or the general form {to: 16, mode: nearest, keep: 0.9}."""
    if not isinstance(node, Entries):
        return named_rounding(_word(source, node, RULES), least)
    to, mode, keep = 1, "nearest", 0.0
    for key, (at, value) in node.entries.items():
        if key == "to":
            to = _positive(source, value)
        elif key == "mode":
            mode = _word(source, value, MODES)
        elif key == "keep":
            written = read_value(source, value)
            share = written.value if isinstance(written, Constant) else None
            if not isinstance(share, int | float) or not 0 <= share <= 1:
                message = "'keep' is a share from 0 to 1"
                raise SpecError(message, where=source.where(value), hint="keep: 0.9")
            keep = float(share)
        else:
            hint = did_you_mean(key, ("to", "mode", "keep"))
            raise SpecError(f"unknown key '{key}' in 'round'", where=source.where(at), hint=hint)
    written_as = f"{{to: {to}, mode: {mode}, keep: {keep:g}}}"
    return Rounding(mode, to, to if least is None else least, keep, written_as)


def _word(source: Source, node: Node, words: tuple[str, ...]) -> str:
    written = read_value(source, node)
    text = written.text if isinstance(written, Word) else ""
    if text not in words:
        hint = did_you_mean(text, words)
        shown = node.value if isinstance(node, Scalar) else "that"
        message = f"'{shown}' is none of {', '.join(words)}"
        raise SpecError(message, where=source.where(node), hint=hint)
    return text


def _positive(source: Source, node: Node) -> int:
    written = read_value(source, node)
    value = written.value if isinstance(written, Constant) else None
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        where = source.where(node)
        raise SpecError("a positive integer belongs here", where=where, hint="for example 8")
    return value
