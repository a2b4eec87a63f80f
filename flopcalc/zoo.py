"""The networks that ship, as functions: found by name, family, cost and published accuracy."""

from __future__ import annotations

import gc
from itertools import islice
from typing import TYPE_CHECKING

from flopcalc import catalog
from flopcalc.api import open_model
from flopcalc.engine.count import count
from flopcalc.errors import InputError, did_you_mean
from flopcalc.graph import Scale
from flopcalc.quantity import parse_quantity
from flopcalc.record import Record
from flopcalc.reports.models import Entry
from flopcalc.spec.model import SpecModel

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator, Mapping, Sequence
    from typing import Any

    from flopcalc.doc import Doc
    from flopcalc.graph import Published
    from flopcalc.quantity import Quantity

METRICS = ("mult_adds", "params", "top1")
ORDERS = ("name", "family", *METRICS)
Bound = tuple[str, "Quantity"]


class Candidate(Record):
    """A network that ships, not yet counted: what is known without building it."""

    name: str
    family: str
    model: SpecModel
    scale: Scale
    network: Hashable
    quoted: Published | None  # the row with its best top-1 accuracy


def models(
    pattern: str | None = None,
    *,
    family: str | None = None,
    max: Mapping[str, str | int] | None = None,
    min: Mapping[str, str | int] | None = None,
    sort: str = "name",
    top: int | None = None,
    scales: bool = False,
) -> list[Entry]:
    """The networks that ship and their variants, each counted at its own scale.

    `pattern` is part of a name, ours or timm's, or has `*`; `family` a folder of the networks.
    `max` and `min` bound `mult_adds`, `params` and `top1` (`"300M"`, `"75%"`). `sort` is one of
    `ORDERS`, the published accuracy highest first; `top` ends the list. With `scales`, also the
    widths and resolutions for which something is published.

    >>> import flopcalc
    >>> small = flopcalc.models("mobilenet_v1*", max={"mult_adds": "300M"}, scales=True)
    >>> small[0].name, small[0].mult_adds
    ('mobilenet_v1@alpha=0.25,res=128', 13570048)

    Raises an `InputError` for a pattern or family without networks, or an unknown order or metric.
    """
    upper = [_bound(name, value, "max") for name, value in (max or {}).items()]
    lower = [_bound(name, value, "min") for name, value in (min or {}).items()]
    if sort not in ORDERS:
        raise InputError(f"unknown order '{sort}'", hint=did_you_mean(sort, ORDERS))
    if top is not None and top < 1:
        raise InputError(f"the top {top} networks are none", hint="for example --top 3")
    found = [c for c in candidates(scales=scales) if family is None or c.family == family]
    if not found:
        known = {c.family for c in candidates()}
        raise InputError(f"no family '{family}'", hint=did_you_mean(str(family), sorted(known)))
    named = found if pattern is None else _like(found, pattern)
    if not named and pattern is not None:
        hint = did_you_mean(
            pattern, [c.name for c in found], otherwise="without it, all are listed"
        )
        raise InputError(f"no network like '{pattern}'", hint=hint)
    counted = _counted(_ordered(named, sort), upper, lower)
    collects = gc.isenabled()
    gc.disable()  # hundreds of thousands of small objects, none of them garbage for long
    try:
        if sort in {"mult_adds", "params"}:
            return sorted(counted, key=lambda entry: (getattr(entry, sort), entry.name))[:top]
        return list(islice(counted, top))
    finally:
        if collects:
            gc.enable()


def report_models(
    pattern: str | None,
    limits: Sequence[str] = (),
    lower: Sequence[str] = (),
    **asked: Any,  # noqa: ANN401 - keywords of models
) -> Doc:
    """The document of `flopcalc models`; limits are written `mult_adds=300M`."""
    from flopcalc.reports.models import models as document

    most, least = _split(limits, "max"), _split(lower, "min")
    found = models(pattern, max=most, min=least, **asked)
    return document(found, _words(pattern, most, least, asked), sort=str(asked.get("sort", "name")))


def _words(
    pattern: str | None, most: Mapping[str, str], least: Mapping[str, str], asked: Mapping[str, Any]
) -> str:
    """What a list was asked for."""
    text = f" like '{pattern}'" if pattern else ""
    text += f" of the family {asked['family']}" if asked.get("family") else ""
    bounds = [f"{name} up to {value}" for name, value in most.items()]
    bounds += [f"{name} of at least {value}" for name, value in least.items()]
    text += f" with {', '.join(bounds)}" if bounds else ""
    return f"{text}, the most accurate first" if asked.get("sort") == "top1" else text


def candidates(*, scales: bool = False) -> Iterator[Candidate]:
    """Every network that ships and every variant of one, by file; `scales` as in `models`."""
    for stem, file in catalog.shipped().items():
        model = open_model(stem).model
        assert isinstance(model, SpecModel)
        alone = catalog.networks(file)
        family = catalog.family(file)
        seen: dict[Hashable, str] = {}
        for variant in (*reversed(model.variants), None):  # the file last: a variant may be it
            scale = Scale(variant=variant)
            network = model.network(scale)
            name = variant if variant in alone else f"{stem}@{variant}"
            if variant is None:
                if stem in alone or (network in seen and "@" not in seen[network]):
                    continue
                name = stem
            seen[network] = str(name)
            quoted = _best(model, scale, network)
            yield Candidate(str(name), family, model, scale, network, quoted)
        for row in model.published if scales else ():
            network = model.network(row.scale)
            if network not in seen and not (row.layer or row.kind):
                seen[network] = name = _scaled_name(stem, alone, row.scale)
                quoted = _best(model, row.scale, network)
                yield Candidate(name, family, model, row.scale, network, quoted)


def _best(model: SpecModel, scale: Scale, network: Hashable) -> Published | None:
    """The row with the highest top-1 accuracy that is published of a network."""
    best = None
    for row in model.published:
        if "top1" not in row.printed or row.layer or row.kind:
            continue
        if not model.is_about(row, scale, network):
            continue
        if best is None or _less(best.printed["top1"], row.printed["top1"]):
            best = row
    return best


def _scaled_name(stem: str, alone: Sequence[str], scale: Scale) -> str:
    """`mobilenet_v1@alpha=0.5,res=160`: a name that finds a network at its scale."""
    base, knobs = stem, []
    if scale.variant in alone:
        base = str(scale.variant)
    elif scale.variant:
        knobs.append(scale.variant)
    for name in ("alpha", "rho", "depth"):
        value = getattr(scale, name)
        if value is not None and value != 1:
            knobs.append(f"{name}={value:g}")
    if scale.res is not None:
        knobs.append(f"res={'x'.join(map(str, dict.fromkeys(scale.res)))}")
    if scale.length is not None:
        knobs.append(f"len={scale.length}")
    return f"{base}@{','.join(knobs)}" if knobs else base


def _ordered(found: list[Candidate], sort: str) -> list[Candidate]:
    """In the order of a list, as far as it is known before counting."""
    if sort == "top1":
        return sorted(found, key=lambda c: (-_accuracy(c.quoted), c.name))
    if sort == "family":
        return sorted(found, key=lambda c: (c.family, c.name))
    return sorted(found, key=lambda c: c.name)


def _counted(
    found: Sequence[Candidate], upper: Sequence[Bound], lower: Sequence[Bound]
) -> Iterator[Entry]:
    """Each candidate within the bounds, counted when it is asked for."""
    known: dict[tuple[str, Hashable], tuple[str, int, int]] = {}
    for c in found:
        top1 = c.quoted.printed["top1"] if c.quoted else None
        if any(name == "top1" and top1 is None for name, _ in (*upper, *lower)):
            continue
        key = c.model.path, c.network
        if key not in known:
            graph = c.model.graph(c.scale)
            totals = count(graph).totals
            size = ", ".join(tensor.text() for tensor in graph.inputs)
            known[key] = size, totals.mult_adds, totals.params
        entry = Entry(
            c.name,
            c.model.title(c.scale.variant),
            c.family,
            c.model.path,
            *known[key],
            top1,
            c.quoted.source if c.quoted else "",
        )
        above = any(_less(bound, _measure(entry, name)) for name, bound in upper)
        below = any(_less(_measure(entry, name), bound) for name, bound in lower)
        if not above and not below:
            yield entry


def _measure(entry: Entry, name: str) -> Any:  # noqa: ANN401 - a Quantity or an int, both rational
    return getattr(entry, name)


def _less(a: Quantity | int, b: Quantity | int) -> bool:
    (top, bottom), (other, under) = a.as_integer_ratio(), b.as_integer_ratio()
    return top * under < other * bottom


def _accuracy(row: Published | None) -> float:
    if row is None:
        return -1.0
    top, bottom = row.printed["top1"].as_integer_ratio()
    return top / bottom


def _like(found: list[Candidate], pattern: str) -> list[Candidate]:
    """Those of which a name is like the pattern; names of other libraries count as well."""
    from fnmatch import fnmatchcase

    from flopcalc.other_names import OTHER_NAMES, plain  # here, as few runs need it

    base, at, knobs = pattern.partition("@")
    wanted = f"{plain(base)}{at}{knobs}"
    wanted = wanted if "*" in wanted else f"*{wanted}*"
    also = {ours for theirs, ours in OTHER_NAMES.items() if fnmatchcase(theirs, wanted)}
    return [c for c in found if fnmatchcase(c.name, wanted) or c.name in also]


def _split(limits: Sequence[str], what: str) -> dict[str, str]:
    found = {}
    for text in limits:
        name, equals, value = text.partition("=")
        if not equals:
            raise InputError(f"--{what} '{text}' is no limit", hint=f"--{what} mult_adds=300M")
        found[name.strip()] = value.strip()
    return found


def _bound(name: str, value: str | int, what: str) -> Bound:
    if name not in METRICS:
        raise InputError(f"unknown metric '{name}'", hint=did_you_mean(name, METRICS))
    try:
        quantity = parse_quantity(str(value))
    except InputError:
        if name != "top1":
            raise
        quantity = None  # 0.75: a share is written 75%
    if quantity is None or quantity.kind != ("share" if name == "top1" else "count"):
        example = "top1=75%" if name == "top1" else f"{name}=300M"
        raise InputError(f"'{value}' is no limit of {name}", hint=f"for example --{what} {example}")
    return name, quantity
