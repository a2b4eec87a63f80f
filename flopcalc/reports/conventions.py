"""The conventions: what each makes of the primitive counts, and where it comes from."""

from __future__ import annotations

from flopcalc.doc import Column, Doc, Note, Table
from flopcalc.engine.convention import CONVENTIONS, DEFAULT

SCHEMA = "flopcalc.conventions/1"


def conventions() -> Doc:
    """A line for each convention."""
    columns = (
        Column("name", "name"),
        Column("unit", "unit"),
        Column("operations", "operations"),
        Column("params", "params"),
        Column("source", "source"),
    )
    rows = tuple(
        (c.name, c.unit, _weights(dict(c.weights)), " + ".join(c.params), c.source)
        for c in CONVENTIONS
    )
    notes = (
        Note("mac: one multiply-accumulate; add, mul, div, cmp, exp: elementwise operations"),
        Note(f"the default is {DEFAULT.name}; --convention NAME chooses another", "hint"),
    )
    data = {
        "schema": SCHEMA,
        "conventions": [
            {
                "name": c.name,
                "version": c.version,
                "title": c.title,
                "unit": c.unit,
                "weights": dict(c.weights),
                "params": list(c.params),
                "sentence": c.sentence,
                "source": c.source,
            }
            for c in CONVENTIONS
        ],
    }
    return Doc("Conventions", (Table(columns, rows), *notes), data)


def _weights(weights: dict[str, int]) -> str:
    terms = [kind if weight == 1 else f"{weight}·{kind}" for kind, weight in weights.items()]
    return " + ".join(terms)
