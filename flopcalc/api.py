"""What flopcalc can do, as functions; the command line is built on these alone."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from flopcalc import catalog
from flopcalc.engine.count import Analysis, count
from flopcalc.engine.judge import judge
from flopcalc.errors import InputError, did_you_mean
from flopcalc.graph import Scale
from flopcalc.quantity import parse_quantity
from flopcalc.record import Record
from flopcalc.spec.model import SpecModel, load_spec
from flopcalc.yaml_tree import read_file

if TYPE_CHECKING:
    from typing import TypedDict, Unpack

    from flopcalc.doc import Doc
    from flopcalc.engine.compare import Comparison
    from flopcalc.graph import Graph, Model
    from flopcalc.quantity import Quantity
    from flopcalc.reports.models import Entry

    class Knobs(TypedDict, total=False):
        """What scales a model; a knob that is not given stays as the file or variant has it."""

        alpha: float  # the width multiplier α
        rho: float  # the resolution multiplier ρ
        res: int | tuple[int, int]  # the input resolution: one side, or height and width
        depth: float  # multiplies repeats, rounded up
        length: int  # token or 1-D input length
        batch: int  # samples in a batch
        variant: str  # a variant of the spec
        settings: Mapping[str, object]  # declared vars, and classes
        swap: Mapping[str, str]  # one op or block in place of another


_KNOB_WORDS = ("alpha", "rho", "res", "depth", "len", "batch")
NO_SCALE = Scale()


class Loaded(Record):
    """A model, and the scale that its name asked for (`mobilenet_v1@alpha=0.75`)."""

    model: Model
    scale: Scale


def load(model: str | os.PathLike[str]) -> Model:
    """Read a model: a `.yaml` path, the name of a network that ships, or `-` (standard input).

    Raises an `InputError` that says where and why where it cannot be read.
    """
    return open_model(os.fspath(model)).model


def analyze(model: str | os.PathLike[str] | Model, **knobs: Unpack[Knobs]) -> Analysis:
    """Count a model's Mult-Adds, elementwise operations and parameters, layer by layer.

    `model` is a path, the name of a network that ships, either with `@variant`, or what `load`
    returned; `knobs` are those of `Knobs`.

    >>> import flopcalc
    >>> flopcalc.analyze("mobilenet_v1", alpha=0.75, res=192).totals.mult_adds
    239273472

    Raises an `InputError` that says where and why where the model cannot be read or scaled.
    """
    return count(build(model, _scale(knobs)))


def compare(*models: str | os.PathLike[str] | Model, **knobs: Unpack[Knobs]) -> Comparison:
    """Models side by side, layers matched by name, then shape and order; the first is the baseline.

    One model alone is compared with its standard-convolution form, which is then the baseline.
    Raises an `InputError` where that has nothing to exchange, having no depthwise separable pair.

    >>> import flopcalc
    >>> float(flopcalc.compare("mobilenet_v1").models[1].reduction)  # doctest: +ELLIPSIS
    8.55802...
    """
    return compare_graphs([build(model, _scale(knobs)) for model in models])


def compare_graphs(graphs: Sequence[Graph]) -> Comparison:
    """`compare` for graphs that are built already."""
    from flopcalc.engine.compare import compare as compare_analyses
    from flopcalc.engine.transform import standard_twin

    if not graphs:
        raise InputError("nothing to compare", hint="name a model")
    if len(graphs) > 1:
        return compare_analyses([count(graph) for graph in graphs])
    twin = standard_twin(graphs[0])
    if twin is None:
        message = f"'{graphs[0].name}' has no depthwise separable pair to write as a convolution"
        raise InputError(message, hint="name a second model to compare it with")
    return compare_analyses([count(twin.graph), count(graphs[0])], [twin.links])


def build(model: str | os.PathLike[str] | Model, scale: Scale = NO_SCALE) -> Graph:
    """The graph of a model at `scale`, which wins over what the model's name asks for."""
    if isinstance(model, str | os.PathLike):
        loaded = open_model(os.fspath(model))
        return loaded.model.graph(merged(loaded.scale, scale))
    return model.graph(scale)


def report(model: str, scale: Scale, convention: str, **view: Any) -> Doc:  # noqa: ANN401 - fields of reports.analyze.View
    """The document of `flopcalc analyze`."""
    from flopcalc.engine.convention import find_convention
    from flopcalc.reports.analyze import View
    from flopcalc.reports.analyze import analyze as document

    chosen = find_convention(convention)
    loaded = open_model(model)
    at = merged(loaded.scale, scale)
    analysis = count(loaded.model.graph(at))
    unmet = judge(loaded.model.expectation(at), analysis.totals)
    return document(loaded.model, analysis, chosen, View(asked=model, **view), unmet)


def report_comparison(
    models: tuple[str, ...],
    scale: Scale,
    convention: str,
    **view: Any,  # noqa: ANN401 - of reports.compare
) -> Doc:
    """The document of `flopcalc compare`."""
    from flopcalc.engine.convention import find_convention
    from flopcalc.reports.compare import compare as document

    chosen = find_convention(convention)
    return document(compare_graphs([build(model, scale) for model in models]), chosen, **view)


def report_explanation(model: str, scale: Scale, convention: str, layer: str | None) -> Doc:
    """The document of `flopcalc explain`; `model:14` asks for the layers of a spec's line."""
    from flopcalc.engine.convention import find_convention
    from flopcalc.reports.explain import explain as document

    chosen = find_convention(convention)
    name, colon, digits = model.rpartition(":")
    line = int(digits) if colon and digits.isdecimal() and len(digits) < 8 else None
    name = model if line is None else name
    loaded = open_model(name)
    analysis = count(loaded.model.graph(merged(loaded.scale, scale)))
    return document(loaded.model, analysis, chosen, asked=name, layer=layer, line=line)


def format_specs(files: Sequence[str], *, check: bool = False) -> list[str]:
    """Long keys of spec files to short ones, in place; returns the files that (would) change.

    Nothing is written with `check`, nor before every file has been read.
    """
    from flopcalc.output import write_file
    from flopcalc.spec.fmt import format_text

    changed: dict[str, str] = {}
    for file in files:
        text = read_file(file, keep_mark=True)
        formatted = format_text(text, file)
        if formatted != text:
            changed[file] = formatted
    if not check:
        for file, formatted in changed.items():
            write_file(file, formatted)
    return list(changed)


def report_models(pattern: str | None, limits: tuple[str, ...], sort: str) -> Doc:
    """The document of `flopcalc models`: names like `pattern`, within limits, sorted."""
    from flopcalc.reports.common import choose
    from flopcalc.reports.models import models as document

    (key,) = choose(sort, _MODEL_ORDERS, "order")
    bounds = [_limit(text) for text in limits]
    entries = [
        entry
        for entry in shipped_models(pattern)
        if all(bound.allows(getattr(entry, metric)) for metric, bound in bounds)
    ]
    asked = f" like '{pattern}'" if pattern else ""
    if limits:
        asked += " with " + ", ".join(f"{metric} up to {bound}" for metric, bound in bounds)
    return document(sorted(entries, key=key), asked)


def shipped_models(pattern: str | None = None) -> list[Entry]:
    """Every network that ships, and every variant of one, counted at its own scale."""
    import fnmatch

    from flopcalc.reports.models import Entry

    found = []
    for stem, file in catalog.shipped().items():
        alone = catalog.networks(file)
        loaded = open_model(stem)
        assert isinstance(loaded.model, SpecModel)
        names = {stem: None, **{name: name for name in loaded.model.variants}}
        for name, variant in names.items():
            shown = name if name == stem or name in alone else f"{stem}@{name}"
            if pattern and not fnmatch.fnmatch(
                shown, pattern if "*" in pattern else f"*{pattern}*"
            ):
                continue
            graph = loaded.model.graph(Scale(variant=variant))
            totals = count(graph).totals
            size = ", ".join(tensor.text() for tensor in graph.inputs)
            path = loaded.model.path
            found.append(Entry(shown, graph.name, path, size, totals.mult_adds, totals.params))
    return found


_MODEL_ORDERS: dict[str, Callable[[Entry], Any]] = {
    "name": lambda entry: entry.name,
    "mult_adds": lambda entry: (entry.mult_adds, entry.name),
    "params": lambda entry: (entry.params, entry.name),
}


def _limit(text: str) -> tuple[str, Quantity]:
    metric, _, value = text.partition("=")
    if metric not in {"mult_adds", "params"}:
        hint = did_you_mean(metric, ("mult_adds", "params"))
        raise InputError(f"unknown metric '{metric}'", hint=hint)
    return metric, parse_quantity(value)


def open_model(text: str) -> Loaded:
    """Read what a MODEL argument means, with the variant or knobs after its `@`."""
    if text == "-":
        return Loaded(load_spec(sys.stdin.read(), "<stdin>"), NO_SCALE)
    name, at, knobs = text.rpartition("@") if not os.path.exists(text) else (text, "", "")  # noqa: PTH110 - pathlib costs start-up time
    if not at:
        name = text
    if name == "-":
        return Loaded(load_spec(sys.stdin.read(), "<stdin>"), parse_knobs(knobs))
    found = catalog.find(name)
    scale = parse_knobs(knobs) if at else NO_SCALE
    if found.variant and not scale.variant:
        scale = scale._replace(variant=found.variant)
    return Loaded(load_spec(read_file(found.path), found.shown), scale)


def parse_knobs(text: str) -> Scale:
    """What stands after the `@` of a model: a variant, or `alpha=0.75,res=160`, or both."""
    values: dict[str, object] = {}
    settings: list[tuple[str, str]] = []
    for part in text.split(","):
        key, equals, value = (word.strip() for word in part.partition("="))
        if not equals:
            if "variant" in values or not key:
                message = f"'@{text}' is no variant and no list of knobs"
                raise InputError(message, hint="for example @conv, or @alpha=0.75,res=160")
            values["variant"] = key
        elif key in {"alpha", "rho", "depth"}:
            values[key] = _float(key, value)
        elif key == "res":
            values["res"] = parse_resolution(value)
        elif key in {"len", "batch"}:
            values["length" if key == "len" else key] = _int(key, value)
        else:
            settings.append((key, value))
    return Scale(**values, settings=tuple(settings))  # type: ignore[arg-type]  # each of its field's type


def parse_resolution(text: str) -> tuple[int, int]:
    """`192` or `192x256` (height, width)."""
    sides = text.lower().split("x")
    if len(sides) > 2 or not all(s.isascii() and s.isdecimal() and len(s) < 8 for s in sides):
        raise InputError(f"'{text}' is no resolution", hint="for example 192, or 192x256")
    return int(sides[0]), int(sides[-1])


def merged(first: Scale, then: Scale) -> Scale:
    """Two scales as one; where both turn a knob, the second does."""
    base = first._asdict()
    for name, value in then._asdict().items():
        if name in {"settings", "swap"}:
            base[name] = (*base[name], *value)
        elif value is not None and not (name == "batch" and value == 1):
            base[name] = value
            if name in {"res", "rho"}:
                base["rho" if name == "res" else "res"] = getattr(
                    then, "rho" if name == "res" else "res"
                )
    return Scale(**base)


def _scale(knobs: Knobs) -> Scale:
    res = knobs.get("res")
    return Scale(
        alpha=knobs.get("alpha"),
        rho=knobs.get("rho"),
        res=(res, res) if isinstance(res, int) else res,
        depth=knobs.get("depth"),
        length=knobs.get("length"),
        batch=knobs.get("batch", 1),
        variant=knobs.get("variant"),
        settings=tuple((name, _written(v)) for name, v in knobs.get("settings", {}).items()),
        swap=tuple(knobs.get("swap", {}).items()),
    )


def _written(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _float(name: str, text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise InputError(
            f"{name} '{text}' is not a number", hint=f"for example {name}=0.75"
        ) from None


def _int(name: str, text: str) -> int:
    if text.isascii() and text.isdecimal() and len(text) < 10:
        return int(text)
    raise InputError(
        f"{name} '{text}' is not a positive integer", hint=did_you_mean(name, _KNOB_WORDS)
    )
