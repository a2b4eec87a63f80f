"""What an analysis says below its table: exact totals, savings, what is left out or unknown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flopcalc.doc import Note
from flopcalc.engine.convention import project
from flopcalc.engine.count import count
from flopcalc.engine.pairs import standard_layers
from flopcalc.engine.symbolic import digits, free_names, weight
from flopcalc.quantity import human_bytes, join
from flopcalc.reports.common import PARAM_WORDS, count_text, factor_text, share_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flopcalc.doc import Block
    from flopcalc.engine.convention import Convention, Projection
    from flopcalc.engine.count import Analysis
    from flopcalc.engine.peak import Peak
    from flopcalc.reports.analyze import Line, View


def totals(analysis: Analysis, projection: Projection) -> list[Block]:
    """The totals to the last digit, what the graph's reader says, and what pairs saved."""
    notes = [Note(_exact(analysis, projection)), *map(Note, analysis.graph.notes)]
    return [*notes, *_saved(analysis, projection.convention)]


def _exact(analysis: Analysis, projection: Projection) -> str:
    """The totals to the last digit, parameters by kind."""
    kinds = analysis.totals.params_by_kind
    params = projection.convention.params
    parts = [f"{kinds[k]:,} {PARAM_WORDS[k]}" for k in params if kinds[k]]
    rest = [f"{n:,} {PARAM_WORDS[k]}" for k, n in kinds.items() if n and k not in params]
    apart = f"; not counted: {' and '.join(rest)}" if rest else ""
    sure = "≥" if projection.status == "partial" else "exactly"
    return (
        f"{sure} {digits(projection.operations)} {projection.convention.unit} and "
        f"{projection.params:,} parameters ({', '.join(parts) or 'none'}{apart})"
    )


def _saved(analysis: Analysis, convention: Convention) -> list[Block]:
    """What the network's separable pairs save against standard convolutions."""
    pairs, layers = standard_layers(analysis.graph)
    own = project(analysis, convention)
    if not pairs or own.operations == 0 or not own.params:
        return []
    standard = project(count(analysis.graph._replace(layers=layers)), convention)
    more = share_of(standard.operations, own.operations)
    times = f", {factor_text(more)} as many" if more is not None else ""
    text = (
        f"standard convolutions instead of the {pairs} depthwise separable "
        f"{'pair' if pairs == 1 else 'pairs'} would take {count_text(standard.operations)} "
        f"{convention.unit}{times}, and "
        f"{factor_text(standard.params / own.params)} the parameters"
    )
    return [Note(text)]


def live(peak: Peak | None) -> Note:
    """The most that is alive at once, and where."""
    if peak is None:
        return Note("peak of live activations: unknown, since some size is not known")
    size = f"{peak.bytes:,} B"
    if peak.bytes >= 1024:
        size += f" ({join(human_bytes(peak.bytes))})"
    return Note(f"peak of live activations: {size}, at {peak.layer}")


def left_out(view: View, noun: str, hidden: int, costly: int, shown: int) -> list[Block]:
    """What the table does not show, and which option would."""
    notes: list[Block] = []
    if noun == "block" and view.by is None and view.level is None:
        notes.append(Note("folded to blocks: --by layer shows each layer", "hint"))
    if shown < costly:
        notes.append(Note(f"{shown} of {costly} {noun}s that cost something", "hint"))
    elif hidden and not view.layer:
        rest = f"1 more {noun}" if hidden == 1 else f"{hidden} more {noun}s"
        notes.append(Note(f"{rest} without cost: --all lists them", "hint"))
    return notes


def hint(asked: str, shown: Sequence[Line]) -> list[Block]:
    """How to derive the heaviest layer that is shown."""
    layers = [cost for line in shown for cost in line.row.layers if cost.carries]
    costs = [cost for cost in layers if weight(cost.mult_adds)]
    if not costs or asked.startswith("-"):  # standard input is read already
        return []
    name = max(costs, key=lambda cost: weight(cost.mult_adds)).name
    command = f"flopcalc explain {_quoted(asked)} {_quoted(name)}"
    return [Note(f"derive the heaviest layer: {command}", "hint")]


def symbolic(projection: Projection) -> list[Block]:
    """What would give the named dimensions of the totals a value."""
    free = free_names(projection.operations)
    if not free:
        return []
    values = ",".join(f"{_quoted(name)}=1" for name in free)
    return [Note(f"named dimensions stay symbolic: --dim {values} gives values", "hint")]


def lacks(projection: Projection) -> list[Block]:
    """What could not be counted."""
    notes: list[Block] = []
    for lack in projection.missing[:10]:
        text = f"not counted: {lack.name} ({lack.op}): {lack.reason}"
        notes.append(Note(text, "warning"))
    if len(projection.missing) > 10:
        notes.append(Note(f"and {len(projection.missing) - 10} more are not counted", "warning"))
    return notes


def _quoted(word: str) -> str:
    plain = word.translate(str.maketrans("", "", "/._-@=,:")).isalnum() and word.isascii()
    return word if plain else "'" + word.replace("'", "'\\''") + "'"
