"""An exported graph as a spec: what `flopcalc convert` writes, proved before it is handed out."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from flopcalc.api import NO_SCALE, build, scale_of
from flopcalc.engine.count import count
from flopcalc.engine.spec_text import spec_text
from flopcalc.errors import InputError
from flopcalc.spec.model import load_spec

if TYPE_CHECKING:
    from typing import Unpack

    from flopcalc.api import Knobs
    from flopcalc.graph import Model, Scale


def convert(model: str | os.PathLike[str] | Model, **knobs: Unpack[Knobs]) -> str:
    """A flat spec that analyzes to the same Mult-Adds and parameters as an exported graph.

    Raises an `InputError` that names the node for a graph that the language cannot say.
    """
    return spec_of(model, scale_of(knobs))


def spec_of(model: str | os.PathLike[str] | Model, scale: Scale = NO_SCALE) -> str:
    """`convert` at a scale."""
    analysis = count(build(model, scale))
    source = os.path.basename(model) if isinstance(model, str | os.PathLike) else model.path  # noqa: PTH119 - pathlib costs start-up time
    text, layers = spec_text(analysis, os.fspath(source))
    name = analysis.graph.name
    try:
        found = count(load_spec(text, name).graph()).totals
    except InputError as error:
        layer = layers.get(error.where.line) if error.where else None
        said = f"'{layer.name}' ({layer.op.name})" if layer else f"'{name}'"
        raise InputError(
            f"a spec cannot say {said}: {error.message}",
            where=layer.where if layer else None,
            hint="analyze and compare read the graph itself",
        ) from None
    asked = analysis.totals
    if (found.counts, found.params_by_kind) != (asked.counts, asked.params_by_kind):
        message = f"a spec of '{name}' would count {found.mult_adds:,} Mult-Adds"
        raise InputError(message, hint="please report it: a graph of its kind should convert")
    return text
