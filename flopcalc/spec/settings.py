"""Which knobs apply: the file's, then its variant's and those it extends, then the user's."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from flopcalc.errors import ScaleError, SpecError, did_you_mean
from flopcalc.spec.knobs import Knobs
from flopcalc.spec.scaling import Rounding, check_multiplier
from flopcalc.spec.value import FIXED, Value
from flopcalc.spec.values import Meaning, Reader
from flopcalc.spec.written import Constant, Written, read_value
from flopcalc.yaml_tree import Scalar, Source

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flopcalc.errors import Where
    from flopcalc.graph import Scale
    from flopcalc.quantity import Quantity
    from flopcalc.spec.grammar import Spec
    from flopcalc.yaml_tree import Node

_Sourced: TypeAlias = tuple[Source, Written]  # a value and the text it was written in


class Settings:
    """Everything that a scale and a variant decide before the first step runs."""

    __slots__ = (
        "alpha",
        "budget",
        "classes",
        "defaults",
        "depth",
        "expect",
        "globals",
        "length",
        "name",
        "places",
        "res",
        "res_round",
        "rho",
        "rounding",
        "scaled",
        "swap",
        "unmodified",
        "variant",
    )

    def __init__(self) -> None:
        self.alpha = 1.0
        self.rho = 1.0
        self.depth = 1.0
        self.res: tuple[int, int] | None = None
        self.length: int | None = None
        self.res_round = "nearest"
        self.rounding = Rounding()
        self.classes: int | None = None
        self.globals: dict[str, Meaning] = {}
        self.defaults: dict[str, Written] = {}
        self.swap: dict[str, tuple[str, Node | None]] = {}
        self.expect: dict[str, Quantity] = {}
        self.budget: dict[str, Quantity] = {}
        self.places: dict[str, Node] = {}  # of `expect.params` and its like
        self.name = ""
        self.variant: str | None = None
        self.unmodified = True  # as the file stands: its `shape:` assertions hold
        self.scaled = False  # beyond what the variant says: its `expect` does not apply


def settle(spec: Spec, scale: Scale) -> Settings:
    """The settings of `spec` at `scale`; raises `ScaleError` or `SpecError` where they clash."""
    layers = [spec.knobs, *_chain(spec, scale.variant)]
    settings = Settings()
    settings.variant = scale.variant
    settings.name = name_of(spec, scale.variant)
    settings.unmodified = len(layers) == 1
    vars_: dict[str, _Sourced] = {}
    for knobs in layers:
        _apply(spec.source, knobs, settings)
        vars_.update({name: (spec.source, written) for name, written in knobs.vars.items()})
    vars_.update(_user_vars(spec, scale, settings))
    _apply_scale(scale, settings)
    _set_globals(spec, vars_, settings)
    return settings


def name_of(spec: Spec, variant: str | None = None) -> str:
    """The network's name, or the file's; a variant's own, or `<name> @<variant>`."""
    base = spec.name or spec.source.name.rpartition("/")[2].rpartition(".")[0] or spec.source.name
    if variant is None:
        return base
    knobs = spec.variants[variant]
    return knobs.name or (f"{base} @{variant}" if knobs.changes else base)


def _chain(spec: Spec, variant: str | None) -> list[Knobs]:
    """The variant and all it extends, the most basic first."""
    if variant is None:
        return []
    if variant not in spec.variants:
        hint = did_you_mean(variant, spec.variants, otherwise=_variants_hint(spec))
        raise ScaleError(f"unknown variant '{variant}'", hint=hint)
    chain = [spec.variants[variant]]
    while (extends := chain[0].extends) is not None:  # they exist and end: checked at reading
        chain.insert(0, spec.variants[extends.value])
    return chain


def _variants_hint(spec: Spec) -> str:
    if not spec.variants:
        return "this network has no variants"
    return f"one of: {', '.join(spec.variants)}"


def _apply(source: Source, knobs: Knobs, settings: Settings) -> None:
    for name in ("alpha", "rho", "depth"):
        written = getattr(knobs, name)
        if written is None:
            continue
        value = written.value if isinstance(written, Constant) else None
        where = source.where(written.node)
        if not isinstance(value, int | float) or isinstance(value, bool):
            raise SpecError(f"'{name}' is a number", where=where, hint=f"{name}: 0.75")
        try:
            setattr(settings, name, check_multiplier(name, float(value)))
        except ScaleError as error:
            error.where = where
            raise
    if knobs.res is not None:
        settings.res = knobs.res
    if knobs.rounding is not None:
        settings.rounding = knobs.rounding
    if knobs.res_round != "nearest":
        settings.res_round = knobs.res_round
    if knobs.classes is not None:
        settings.classes = knobs.classes
    settings.defaults.update(knobs.defaults)
    settings.swap.update(knobs.swap)
    settings.expect = knobs.expect
    settings.places.update(knobs.places)
    settings.budget = knobs.budget or settings.budget


def _user_vars(spec: Spec, scale: Scale, settings: Settings) -> dict[str, _Sourced]:
    """`--set name=value`: declared vars and `classes`, each with a value of its own type."""
    found: dict[str, _Sourced] = {}
    for name, text in scale.settings:
        source = Source(f"--set {name}={text}", text)
        written = read_value(source, Scalar(text, plain=True, line=1, column=1))
        if name == "classes" and settings.classes is not None:
            value = written.value if isinstance(written, Constant) else None
            if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= 10**9:
                raise ScaleError(
                    f"classes '{text}' is no positive integer", hint="--set classes=10"
                )
            settings.classes = value
            continue
        if name not in spec.knobs.vars:
            known = [*spec.knobs.vars, *(["classes"] if settings.classes is not None else [])]
            words = f"one of: {', '.join(known)}" if known else "this network declares no vars"
            knobs = ("alpha", "rho", "res", "depth", "len", "batch")  # what an '@' takes as well
            hint = did_you_mean(name, [*known, *knobs], otherwise=words)
            raise ScaleError(f"no var '{name}' to set", hint=hint)
        found[name] = (source, written)
    return found


def _apply_scale(scale: Scale, settings: Settings) -> None:
    if scale.rho is not None and scale.res is not None:
        raise ScaleError("'rho' and 'res' both set the resolution", hint="give one of them")
    for name in ("alpha", "rho", "depth"):
        value = getattr(scale, name)
        if value is not None:
            setattr(settings, name, check_multiplier(name, value))
    if scale.rho is not None:
        settings.res = None
    if scale.res is not None:
        settings.res, settings.rho = scale.res, 1.0
    settings.length = scale.length
    settings.swap.update({name: (target, None) for name, target in scale.swap})
    changed = (scale.alpha, scale.rho, scale.depth, scale.res, scale.length)
    settings.scaled = (
        any(value is not None for value in changed)
        or bool(scale.settings or scale.swap)
        or scale.batch != 1
    )
    settings.unmodified = settings.unmodified and not settings.scaled


def _set_globals(spec: Spec, vars_: Mapping[str, _Sourced], settings: Settings) -> None:
    """The names that every step sees; each var may use those before it."""
    names = settings.globals
    names["alpha"] = Value(settings.alpha, FIXED)
    names["rho"] = Value(settings.rho, FIXED)
    names["depth"] = Value(settings.depth, FIXED)
    if settings.classes is not None:
        names["classes"] = Value(settings.classes, FIXED)
    for name, (source, written) in vars_.items():
        reader = Reader(source, lambda n: settings.rounding.channels(n, settings.alpha))
        meaning = reader.meaning(written, names)
        declared = spec.knobs.vars[name]
        if written is not declared:
            own = Reader(spec.source, reader.scale).meaning(declared, names)
            _check_type(name, _kind(own), _kind(meaning), source.where(written.node))
        names[name] = meaning


def _check_type(name: str, declared: str, given: str, where: Where) -> None:
    """A value that replaces a var's is of the same kind."""
    if declared != given:
        raise ScaleError(
            f"var '{name}' is {declared}, not {given}", where=where, hint=_SHOWN[declared]
        )


def _kind(meaning: Meaning) -> str:
    if isinstance(meaning, Value):
        return "true or false" if isinstance(meaning.number, bool) else "a number"
    if isinstance(meaning, str):
        return "a word"
    return "nothing" if meaning is None else "a list"


_SHOWN = {
    "true or false": "write true or false",
    "a number": "write a number, for example 4",
    "a word": "write a word, for example relu",
    "a list": "write a list, for example [3, 5]",
    "nothing": "give the var a value in the file",
}
