"""What flopcalc can do, as functions; the command line is built on these alone."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from flopcalc import catalog
from flopcalc.engine.count import Analysis, count
from flopcalc.engine.judge import judge
from flopcalc.errors import InputError, did_you_mean
from flopcalc.graph import Scale
from flopcalc.record import Record
from flopcalc.spec.model import SpecModel, load_spec, places
from flopcalc.yaml_tree import read_file

if TYPE_CHECKING:
    from typing import TypedDict, Unpack

    from flopcalc.doc import Doc
    from flopcalc.engine.compare import Comparison
    from flopcalc.engine.quoted import Quote
    from flopcalc.graph import Graph, Model, Published

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
        dims: Mapping[str, int]  # of an exported graph: a size for each named dimension
        inputs: Mapping[str, tuple[int, ...]]  # of an exported graph: whole shapes of inputs
        trips: Mapping[str, int]  # of an exported graph: rounds of each loop


NO_SCALE = Scale()


_KNOBS = Scale._fields
_EXAMPLES = {"alpha": 0.75, "rho": 0.5, "depth": 1.2, "res": 192, "length": 64, "batch": 8}


class Loaded(Record):
    """A model, and the scale that its name asked for (`mobilenet_v1@alpha=0.75`)."""

    model: Model
    scale: Scale


def load(model: str | os.PathLike[str]) -> Model:
    """Read a model: a `.yaml` or `.onnx` path, a network that ships, or `-` (standard input).

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
    return count(build(model, scale_of(knobs)))


def compare(*models: str | os.PathLike[str] | Model, **knobs: Unpack[Knobs]) -> Comparison:
    """Models side by side, layers matched by name, then shape and order; the first is the baseline.

    One model alone is compared with its standard-convolution form, which is then the baseline,
    or, having no depthwise separable pair, with its hypothetical separable form. Raises an
    `InputError` where it has nothing to exchange either way.

    >>> import flopcalc
    >>> float(flopcalc.compare("mobilenet_v1").models[1].reduction)  # doctest: +ELLIPSIS
    8.55802...
    """
    return compare_graphs(_graphs(models, scale_of(knobs)))


def published(
    model: str | os.PathLike[str] | Model, convention: str = "mult-adds", **knobs: Unpack[Knobs]
) -> list[Quote]:
    """What papers and libraries print of a network, each figure judged by the exact count.

    Of a spec as it stands all that its file quotes, else what is about the network at that scale.
    Rows that name no convention are counted under `convention`.

    >>> import flopcalc
    >>> (quote,) = flopcalc.published("mobilenet_v1@shallow")
    >>> [(str(f.printed), f.exact.part, f.verdict) for f in quote.figures]
    [('307M', 307323392, 'reproduced'), ('2.9M', 2875328, 'reproduced')]

    Raises an `InputError` that says where and why where the model cannot be read or scaled.
    """
    from flopcalc.engine.convention import find_convention
    from flopcalc.engine.quoted import quotes

    at = scale_of(knobs)
    if isinstance(model, str | os.PathLike):
        loaded = open_model(os.fspath(model))
        model, at = loaded.model, merged(loaded.scale, at)
    return quotes(model, _rows_about(model, at), find_convention(convention))


def compare_graphs(graphs: Sequence[Graph]) -> Comparison:
    """`compare` for graphs that are built already."""
    from flopcalc.engine.compare import compare as compare_analyses
    from flopcalc.engine.transform import standard_twin

    if not graphs:
        raise InputError("nothing to compare", hint="name a model")
    if len(graphs) > 1:
        return compare_analyses([count(graph) for graph in graphs])
    twin = standard_twin(graphs[0])
    if twin is not None:
        return compare_analyses([count(twin.graph), count(graphs[0])], [twin.links])
    from flopcalc.engine.hypothetical import separable
    from flopcalc.engine.transform import inverted

    twin = separable(graphs[0])
    if twin is None:
        message = f"'{graphs[0].name}' has no depthwise separable pair to write as a convolution"
        raise InputError(message, hint="name a second model to compare it with")
    return compare_analyses([count(graphs[0]), count(twin.graph)], [inverted(twin.links)])


def _graphs(models: Sequence[str | os.PathLike[str] | Model], scale: Scale) -> list[Graph]:
    """The graphs of several models; named sizes are for the exported ones among them."""
    opened = [
        Loaded(m, NO_SCALE) if not isinstance(m, str | os.PathLike) else open_model(os.fspath(m))
        for m in models
    ]
    plain = scale
    if not all(isinstance(loaded.model, SpecModel) for loaded in opened):
        plain = scale._replace(dims=(), inputs=(), trips=())
    return [
        graph_at(m, merged(given, plain if isinstance(m, SpecModel) else scale))
        for m, given in opened
    ]


def build(model: str | os.PathLike[str] | Model, scale: Scale = NO_SCALE) -> Graph:
    """The graph of a model at `scale`, which wins over what the model's name asks for."""
    if isinstance(model, str | os.PathLike):
        loaded = open_model(os.fspath(model))
        return graph_at(loaded.model, merged(loaded.scale, scale))
    return graph_at(model, scale)


def graph_at(model: Model, scale: Scale) -> Graph:
    """The graph of an opened model; swaps and widths of an exported graph are hypothetical."""
    if isinstance(model, SpecModel) or not (scale.swap or scale.alpha is not None):
        return model.graph(scale)
    from flopcalc.engine.hypothetical import hypothetical  # here, since specs do without

    return hypothetical(model.graph(scale._replace(swap=(), alpha=None)), scale.alpha, scale.swap)


def report(
    model: str,
    scale: Scale,
    convention: str,
    *,
    published: bool = False,
    **view: Any,  # noqa: ANN401 - fields of reports.analyze.View
) -> Doc:
    """The document of `flopcalc analyze`; `published` adds what is printed of the network."""
    from flopcalc.engine.convention import find_convention
    from flopcalc.reports.analyze import View
    from flopcalc.reports.analyze import analyze as document

    chosen = find_convention(convention)
    loaded = open_model(model)
    at = merged(loaded.scale, scale)
    analysis = count(graph_at(loaded.model, at))
    unmet = judge(loaded.model.expectation(at), analysis.totals, places(loaded.model, at))
    doc = document(loaded.model, analysis, chosen, View(asked=model, **view), unmet)
    if not published:
        return doc
    from flopcalc.reports.published import beside

    rows = _rows_about(loaded.model, at)
    plain = not any(view.get(key) for key in _LAYERED)
    return beside(doc, loaded.model, rows, convention, only=plain)


_LAYERED = ("by", "level", "layer", "top", "sort", "columns", "all", "formula")


def _rows_about(model: Model, at: Scale) -> list[Published]:
    """The published rows of a network; of a file as it stands all that it quotes."""
    if not isinstance(model, SpecModel):
        return []
    if at == NO_SCALE:
        return list(model.published)
    network = model.network(at)
    return [row for row in model.published if model.is_about(row, at, network)]


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
    comparison = compare_graphs(_graphs(models, scale))
    asked = models if len(models) > 1 else _twin_names(models[0], comparison)
    return document(comparison, chosen, asked=asked, **view)


def _twin_names(model: str, comparison: Comparison) -> tuple[str, ...]:
    """How to call a model and its twin."""
    notes = comparison.models[1].analysis.graph.notes
    if any(note.startswith("hypothetical") for note in notes):
        return model, f"{model}, separable"
    return f"{model}, standard", model


def report_explanation(model: str, scale: Scale, convention: str, layer: str | None) -> Doc:
    """The document of `flopcalc explain`; `model:14` asks for the layers of a spec's line."""
    from flopcalc.engine.convention import find_convention
    from flopcalc.reports.explain import explain as document

    chosen = find_convention(convention)
    name, colon, digits = model.rpartition(":")
    line = int(digits) if colon and digits.isdecimal() and len(digits) < 8 else None
    name = model if line is None else name
    loaded = open_model(name)
    analysis = count(graph_at(loaded.model, merged(loaded.scale, scale)))
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


def open_model(text: str) -> Loaded:
    """Read what a MODEL argument means, with the variant or knobs after its `@`."""
    if text == "-":
        return Loaded(load_spec(_standard_input(), "<stdin>"), NO_SCALE)
    name, at, knobs = text.rpartition("@") if not os.path.exists(text) else (text, "", "")  # noqa: PTH110 - pathlib costs start-up time
    scale = NO_SCALE
    if at:
        from flopcalc.knobs import parse_knobs  # here, since most names are plain

        scale = parse_knobs(knobs)
    else:
        name = text
    if name == "-":
        return Loaded(load_spec(_standard_input(), "<stdin>"), scale)
    found = catalog.find(name)
    if found.variant and not scale.variant:
        scale = scale._replace(variant=found.variant)
    if found.path.lower().endswith(catalog.ONNX):
        from flopcalc.knobs import named_sizes  # here, as the reader: specs do without
        from flopcalc.onnx_graph.model import load_onnx

        return Loaded(load_onnx(found.path), named_sizes(scale))
    return Loaded(load_spec(read_file(found.path), found.shown), scale)


def _standard_input() -> str:
    """The spec on standard input; raises `FileError` where that is no text."""
    from flopcalc.yaml_tree import MAX_BYTES

    try:
        text = sys.stdin.read(MAX_BYTES + 1)  # the parser refuses what is more
    except UnicodeDecodeError as error:
        from flopcalc.yaml_errors import unreadable

        if b"\0" not in error.object:
            raise unreadable("<stdin>", error) from None
        text = "\0"
    if "\0" in text:
        from flopcalc.yaml_errors import no_text

        raise no_text("<stdin>", b"\0", too_large=False)
    return text


def merged(first: Scale, then: Scale) -> Scale:
    """Two scales as one; where both turn a knob, the second does."""
    base = first._asdict()
    for name, value in then._asdict().items():
        if name in {"settings", "swap", "dims", "inputs", "trips"}:
            base[name] = (*base[name], *value)
        elif value is not None and not (name == "batch" and value == 1):
            base[name] = value
            if name in {"res", "rho"}:
                base["rho" if name == "res" else "res"] = getattr(
                    then, "rho" if name == "res" else "res"
                )
    return Scale(**base)


def scale_of(knobs: Knobs) -> Scale:
    """The scale that keyword arguments ask for.

    Raises an `InputError` for a name that is no knob, and where a number is needed but not given.
    """
    for name, value in knobs.items():
        _check_knob(name, value)
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
        dims=tuple(knobs.get("dims", {}).items()),
        inputs=tuple((name, tuple(shape)) for name, shape in knobs.get("inputs", {}).items()),
        trips=tuple(knobs.get("trips", {}).items()),
    )


def _check_knob(name: str, value: object) -> None:
    if name not in _KNOBS:
        raise InputError(f"unknown knob '{name}'", hint=did_you_mean(name, _KNOBS))
    if name not in _EXAMPLES or value is None:
        return
    whole = isinstance(_EXAMPLES[name], int)
    sides = value if name == "res" and isinstance(value, tuple) else (value,)
    if not all(hasattr(side, "__index__" if whole else "__float__") for side in sides):
        kind = "an integer" if whole else "a number"
        message = f"{name} {value!r} is not {kind}"
        raise InputError(message, hint=f"for example {name}={_EXAMPLES[name]}")


def _written(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
