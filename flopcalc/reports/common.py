"""What several reports share: titles, scale lines, scale data, selections of rows and columns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from flopcalc.engine.symbolic import expressions, fraction, integer
from flopcalc.errors import InputError, did_you_mean
from flopcalc.quantity import factor, human

if TYPE_CHECKING:
    from collections.abc import Iterable

    from flopcalc.engine.convention import Convention
    from flopcalc.engine.count import Analysis
    from flopcalc.graph import Effective, Graph
    from flopcalc.quantity import Rational

T = TypeVar("T")

MOST_INPUTS = 6  # in a title: a decoder's cache may be dozens
PARAM_WORDS = {"weight": "weights", "bias": "biases", "norm": "norms", "buffer": "buffers"}


def scale_text(graph: Graph) -> str:
    """`input 192×192×3 · α 0.75 · ρ 0.857143`: what the numbers were counted at."""
    scale = graph.scale
    shapes = [tensor.text() for tensor in graph.inputs]
    if len(shapes) > MOST_INPUTS:
        shapes[MOST_INPUTS:] = [f"{len(shapes) - MOST_INPUTS} more"]
    parts = ["input " + ", ".join(shapes)]
    if scale.variant:
        parts.append(f"variant {scale.variant}")
    if scale.alpha != 1:
        parts.append(f"α {scale.alpha:g}")
    if scale.rho != 1:
        parts.append(f"ρ {scale.rho:g}")
    if scale.depth != 1:
        parts.append(f"depth × {scale.depth:g}")
    if scale.batch != 1:
        parts.append(f"batch {scale.batch}")
    parts += [f"{name} = {value}" for name, value in scale.settings.items()]
    parts += [f"{old} → {new}" for old, new in scale.swap.items()]
    return " · ".join(parts)


def convention_text(convention: Convention) -> str:
    """`convention mult-adds: Mult-Adds; params = weights + biases + norms`."""
    params = " + ".join(PARAM_WORDS[kind] for kind in convention.params)
    return f"convention {convention.name}: {convention.unit}; params = {params}"


def scale_data(scale: Effective) -> dict[str, Any]:
    """The scale as JSON has it."""
    return {
        "alpha": scale.alpha,
        "rho": round(scale.rho, 6),
        "res": list(scale.res),
        "depth": scale.depth,
        "batch": scale.batch,
        "variant": scale.variant,
        "set": dict(scale.settings),
        "swap": dict(scale.swap),
    }


def totals_data(analysis: Analysis) -> dict[str, Any]:
    """The totals as JSON has them: integers, every kind of count and parameter."""
    totals = analysis.totals
    counts = totals.counts
    data: dict[str, Any] = {
        "mult_adds": integer(totals.mult_adds),
        "params": totals.params,
        "params_by_kind": dict(totals.params_by_kind),
        "counts": {kind: integer(n) for kind, n in counts.items()},
    }
    if symbolic := expressions({"mult_adds": totals.mult_adds, **counts}):
        data["symbolic"] = symbolic
    return data


def uncounted_data(analysis: Analysis) -> list[dict[str, Any]]:
    """What could not be counted, as JSON has it."""
    return [
        {"name": u.name, "op": u.op, "counts": list(u.counts), "reason": u.reason}
        for u in analysis.uncounted
    ]


def count_text(number: int) -> str:
    """A count as the terminal says it: `2.013 G`, or an expression."""
    if type(number) is not int:
        return str(number)
    whole, fraction, unit = human(number, "auto")
    return f"{whole}{fraction} {unit}".rstrip()


def factor_text(times: Rational) -> str:
    """How many times: `8.558×`."""
    return "".join(factor(times))


def share_of(part: int | None, whole: int) -> float | None:
    """A part of a whole; None where there is no whole, or both are not known alike."""
    if type(part) is int and type(whole) is int:
        return part / whole if whole else None
    found = fraction(part, whole)
    return None if found is None else float(found)


def in_scope(name: str, scope: str) -> bool:
    """Whether a layer's name is `scope`, or lies within it."""
    return name == scope or name.startswith(f"{scope}.")


def unknown_layer(scope: str, names: Iterable[str]) -> InputError:
    """The error for a layer that the network does not have."""
    known: dict[str, None] = {}
    for name in names:  # every scope is a name too
        parts = name.split(".")
        known.update(dict.fromkeys(".".join(parts[: i + 1]) for i in range(len(parts))))
    hint = did_you_mean(scope, known, otherwise="'flopcalc analyze MODEL --all' lists the layers")
    return InputError(f"no layer '{scope}' in this network", hint=hint)


def choose(keys: str, known: dict[str, T], what: str) -> list[T]:
    """The values of a comma-separated list of keys; raises `InputError` for one not known."""
    chosen = []
    for key in (word.strip() for word in keys.split(",")):
        if key not in known:
            hint = did_you_mean(key, known)
            raise InputError(f"unknown {what} '{key}'", hint=hint)
        chosen.append(known[key])
    return chosen
