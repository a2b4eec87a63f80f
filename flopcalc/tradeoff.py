"""Exploring the trade-off as functions: sweeps over α, ρ and more, and what fits a budget."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

from flopcalc.api import open_model
from flopcalc.errors import InputError
from flopcalc.explore import Axes, multiples_of_32
from flopcalc.explore import fit as fit_models
from flopcalc.explore import sweep as sweep_models
from flopcalc.graph import Scale
from flopcalc.knobs import parse_resolution
from flopcalc.quantity import parse_quantity
from flopcalc.ranges import bounds, decimals, integers

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from flopcalc.doc import Doc
    from flopcalc.engine.fit import Fitted
    from flopcalc.engine.sweep import Sweep
    from flopcalc.graph import Model
    from flopcalc.parts import Progress
    from flopcalc.quantity import Quantity

    Source: TypeAlias = "str | os.PathLike[str] | Model"

Many: TypeAlias = "float | str | Iterable[float | str]"  # a value, some, or text: 0.25:1:0.25
Sides: TypeAlias = "int | str | Iterable[int | str | tuple[int, int]]"
VARY = ("alpha", "res", "depth")


def sweep(
    *models: Source,
    alpha: Many = (),
    rho: Many = (),
    res: Sides = (),
    depth: Many = (),
    length: Many = (),
    settings: Mapping[str, Many] | None = None,
    variant: str | Iterable[str] = (),
    swap: Mapping[str, str] | None = None,
    batch: int = 1,
    convention: str = "mult-adds",
    continuous: bool = False,
    executor: Executor | None = None,
    progress: Progress | None = None,
) -> Sweep:
    """Count models at every combination of some multipliers and resolutions, exactly.

    Each knob takes a value, several, or text: `0.25:1:0.25` (both ends included) or `1,0.5`.
    `variant="*"` stands for the model itself and all its variants. A knob that is not given stays
    as the model, or its name's `@`, has it. `continuous` takes every real α of a range such as
    `alpha="0:2"` instead: rounding leaves finitely many networks, each counted once, at every
    resolution of `res`. An `executor` (a process pool, a cluster's) does the work of models that
    were read from specs; `progress` is called with how many parts of how many are done.

    >>> import flopcalc
    >>> sweep = flopcalc.sweep("mobilenet_v1", alpha=[1, 0.75], res=[224, 192])
    >>> [spot.operations for spot in sweep]
    [568740352, 418121728, 325400448, 239273472]

    Raises an `InputError` that says where and why where a model cannot be read or scaled.
    """
    axes = _axes(alpha, rho, res, depth, length, settings, variant, continuous=continuous)
    if continuous and not (axes.sizes or axes.rhos):
        axes = axes._replace(sizes=_sides("32:512"))
    base = Scale(batch=batch, swap=tuple((swap or {}).items()))
    opened = [_opened(model, base) for model in models]
    return sweep_models(opened, axes, convention, executor=executor, progress=progress)


def fit(
    *models: Source,
    max: Mapping[str, str | int],
    vary: str | Iterable[str] = "alpha",
    dtype: str = "float32",
    alpha: Many = (),
    res: Sides = (),
    depth: Many = (),
    settings: Mapping[str, Many] | None = None,
    variant: str | Iterable[str] = (),
    swap: Mapping[str, str] | None = None,
    batch: int = 1,
    convention: str = "mult-adds",
) -> Fitted:
    """The largest networks within limits: of α, of the resolution, of whatever `vary` names.

    `max` bounds `mult_adds`, `params`, `bytes` (of the parameters, each a `dtype`) and
    `weight_bytes` (buffers included), as numbers or as text (`150M`, `2MB`). `vary` names `alpha`,
    `res`, `depth` and vars of the spec; where several vary, the answer is every network that no
    other one exceeds in all of them. What varies takes the values given for it. Without any, α is
    every real number up to 2, and the resolution the multiples of 32 up to the model's own.

    >>> import flopcalc
    >>> (found,) = flopcalc.fit("mobilenet_v1", max={"mult_adds": "150M"}).found
    >>> found.fits.alpha, found.fits.operations, found.next.operations
    (0.5, 149497088, 150303848)

    Raises an `InputError` that says where and why where something cannot be read or scaled.
    """
    from flopcalc.engine.fit import read_limits

    names = [vary] if isinstance(vary, str) else list(vary)
    names = [name.strip() for text in names for name in text.split(",")]
    limits = read_limits([(name, _limit(value)) for name, value in max.items()], dtype)
    axes = _axes(
        alpha,
        (),
        res,
        depth,
        (),
        settings,
        variant,
        continuous="alpha" in names and not _is_list(alpha),
    )
    if "alpha" not in names and axes.alphas is not None and len(axes.alphas) > 1:
        names.append("alpha")
    known = [*VARY, *(name for name, _ in axes.settings)]
    for name in names:
        if name not in known:
            hint = f"one of: {', '.join(VARY)}, or a var with --set {name}=2:6"
            raise InputError(f"nothing called '{name}' to vary", hint=hint)
    if "depth" in names and not axes.depths:
        raise InputError("no depths to try", hint="for example --depth-scale 1:3:0.1")
    base = Scale(batch=batch, swap=tuple((swap or {}).items()))
    opened = [_opened(model, base) for model in models]
    if not opened:
        raise InputError("nothing to fit", hint="name a model")
    if "res" in names and not axes.sizes:
        sides = dict.fromkeys(s for model, at in opened for s in multiples_of_32(model, at))
        axes = axes._replace(sizes=tuple(sides))
    return fit_models(opened, axes, limits, convention)


def report_sweep(models: tuple[str, ...], knobs: Mapping[str, Any], **view: Any) -> Doc:  # noqa: ANN401 - fields of reports.sweep.View
    """The document of `flopcalc sweep`; `knobs` are those of `sweep`."""
    from flopcalc.reports.sweep import View
    from flopcalc.reports.sweep import sweep as document

    return document(sweep(*models, **knobs), View(**view))


def report_published(models: tuple[str, ...], convention: str) -> Doc:
    """The document of `flopcalc sweep --published`: every printed figure beside the exact one."""
    from flopcalc.reports.published import published as document

    return document([_opened(model, Scale())[0] for model in models], convention)


def report_fit(models: tuple[str, ...], knobs: Mapping[str, Any]) -> Doc:
    """The document of `flopcalc fit`; `knobs` are those of `fit`."""
    from flopcalc.reports.fit import fit as document

    return document(fit(*models, **knobs), str(knobs.get("dtype", "float32")))


def _opened(model: Source, base: Scale) -> tuple[Model, Scale]:
    """A model, and the scale that its name and the sweep ask for."""
    if not isinstance(model, str | os.PathLike):
        return model, base
    loaded = open_model(os.fspath(model))
    scale = loaded.scale
    batch = base.batch if base.batch != 1 else scale.batch
    return loaded.model, scale._replace(batch=batch, swap=(*scale.swap, *base.swap))


def _axes(  # noqa: PLR0917 - private
    alpha: Many,
    rho: Many,
    res: Sides,
    depth: Many,
    length: Many,
    settings: Mapping[str, Many] | None,
    variant: str | Iterable[str],
    *,
    continuous: bool,
) -> Axes:
    variants = [variant] if isinstance(variant, str) else list(variant)
    axes = Axes(
        alphas=None if continuous else _floats(alpha, "alpha"),
        rhos=_floats(rho, "rho"),
        sizes=_sides(res),
        depths=_floats(depth, "depth"),
        lengths=tuple(n for text in _texts(length) for n in integers(text, "len")),
        settings=tuple((name, _words(name, value)) for name, value in (settings or {}).items()),
        variants=tuple(name for text in variants for name in text.split(",")),
    )
    if continuous:
        low, high = _ends(alpha)
        axes = axes._replace(low=low, high=high)
    return axes


def _ends(alpha: Many) -> tuple[float, float]:
    if alpha == ():
        return 0.0, 2.0
    if isinstance(alpha, str):
        return bounds(alpha, "alpha")
    ends = [alpha] if isinstance(alpha, int | float) else list(alpha)
    if len(ends) != 2:
        raise InputError(
            "a continuous sweep takes the two ends of α", hint="for example --alpha 0:2"
        )
    return float(ends[0]), float(ends[1])


def _is_list(alpha: Many) -> bool:
    """Whether α is written as values rather than as the two ends of a range."""
    if isinstance(alpha, str):
        return alpha.count(":") != 1 or "," in alpha
    return alpha != ()


def _floats(values: Many, name: str) -> tuple[float, ...]:
    return tuple(dict.fromkeys(float(n) for text in _texts(values) for n in decimals(text, name)))


def _sides(values: Sides) -> tuple[tuple[int, int], ...]:
    found: list[tuple[int, int]] = []
    many = [values] if isinstance(values, int | str) else list(values)
    for value in many:
        if isinstance(value, tuple):
            found.append(value)
            continue
        for part in str(value).split(","):
            if "x" in part.lower():
                found.append(parse_resolution(part.strip()))
            else:
                found += [(side, side) for side in integers(part, "res")]
    return tuple(dict.fromkeys(found))


def _words(name: str, values: Many) -> tuple[str, ...]:
    """The values of a var: a range of numbers, or a list of whatever it takes."""
    found: list[str] = []
    for text in _texts(values):
        for part in text.split(","):
            found += decimals(part, name) if ":" in part else [part.strip()]
    return tuple(found)


def _texts(values: Many) -> list[str]:
    if isinstance(values, str):
        return [values]
    if isinstance(values, int | float):
        return [_text(values)]
    return [value if isinstance(value, str) else _text(value) for value in values]


def _text(value: float) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    text = repr(value)
    return text if "e" not in text else f"{value:.20f}".rstrip("0")


def _limit(value: str | int) -> Quantity:
    return parse_quantity(str(value))
