"""Comparing analyses: rows matched by name, by shape and by order, and the exact ratios."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

from flopcalc.engine.count import Analysis, Group, scope_of
from flopcalc.engine.match import Match, match_rows
from flopcalc.engine.pairs import Saving
from flopcalc.engine.rows import Row, rows
from flopcalc.engine.symbolic import fraction
from flopcalc.errors import InputError
from flopcalc.ops.conv import CONV, DEPTHWISE, POINTWISE
from flopcalc.record import Record

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from fractions import Fraction

How: TypeAlias = Literal["name", "shape", "order", "none"]

_CERTAINTY: tuple[How, ...] = ("name", "shape", "order", "none")


class Side(Record):
    """One model's part of a row: the names of its rows, and all their layers as a group.

    Ratios are candidate / baseline; None on the baseline itself, where the baseline has nothing
    or no counterpart, and where a side is not completely known.
    """

    rows: tuple[Row, ...]
    group: Group
    ratio: Fraction | None = None
    params_ratio: Fraction | None = None

    @property
    def layers(self) -> tuple[str, ...]:
        """The names of the layers that carry the row."""
        return tuple(row.name for row in self.rows)

    @property
    def mult_adds(self) -> int | None:
        """Mult-Adds of this side, a lower bound where partial, None where unknown."""
        return self.group.mult_adds

    @property
    def params(self) -> int:
        """Trainable parameters of this side."""
        return self.group.params

    @property
    def reduction(self) -> Fraction | None:
        """Mult-Adds of the baseline / of the candidate."""
        return inverse(self.ratio)

    @property
    def params_reduction(self) -> Fraction | None:
        """Parameters of the baseline / of the candidate."""
        return inverse(self.params_ratio)


class ComparedRow(Record):
    """A line of a comparison: a side for each model, None where it has no counterpart.

    `match` is the least certain way in which a candidate was matched, `none` where none was.
    `saving` is 1/N + 1/D_K² where a separable pair stands against the standard convolution of
    the same map and channels.
    """

    scope: str
    match: How
    sides: tuple[Side | None, ...]
    saving: Fraction | None = None


class Compared(Record):
    """One model of a comparison; ratios of its totals, candidate / baseline, as in `Side`."""

    analysis: Analysis
    ratio: Fraction | None = None
    params_ratio: Fraction | None = None

    @property
    def reduction(self) -> Fraction | None:
        """Mult-Adds of the baseline / of the candidate."""
        return inverse(self.ratio)

    @property
    def params_reduction(self) -> Fraction | None:
        """Parameters of the baseline / of the candidate."""
        return inverse(self.params_ratio)


class Comparison(Record):
    """Models side by side, the first the baseline; rows in its order, others where they stand.

    `different`: whether some row has no counterpart, or its Mult-Adds or parameters differ. Batch
    norms folded into convolutions are no difference; nor are rows without Mult-Adds (position
    tables, say) that have no counterpart, where they store as much on every side.
    """

    models: tuple[Compared, ...]
    rows: tuple[ComparedRow, ...]
    different: bool


def compare(
    analyses: Sequence[Analysis],
    links: Sequence[Mapping[str, tuple[str, ...]]] = (),
) -> Comparison:
    """Compare each analysis with the first one.

    `links` may hold, for each candidate in order, layer names of the baseline with the names of
    the candidate's layers that they stand for, as `Twin.links` of a baseline that is a twin has.
    Raises `InputError` with fewer than two analyses.
    """
    if len(analyses) < 2:
        raise InputError("nothing to compare with", hint="name a second model")
    shown = [tuple(row for row in rows(analysis) if not row.free) for analysis in analyses]
    base, candidates = shown[0], shown[1:]
    matches = [
        match_rows(base, other, links[i] if i < len(links) else {})
        for i, other in enumerate(candidates)
    ]
    compared = _rows(base, candidates, matches)
    models = (Compared(analyses[0]), *(_compared(analyses[0], a) for a in analyses[1:]))
    alone = [row for row in compared if row.match == "none" and _computes_nothing(row)]
    stored = [_stored(alone, i) for i in range(len(analyses))]
    different = len(set(stored)) > 1 or any(_differs(row) for row in compared if row not in alone)
    return Comparison(models, compared, different)


def fold_rows(found: Sequence[ComparedRow], level: int) -> tuple[ComparedRow, ...]:
    """Rows of one scope of `level` dotted parts as one, in order of appearance.

    Raises `InputError` where `level` is less than one.
    """
    groups: dict[str, list[ComparedRow]] = {}
    for row in found:
        groups.setdefault(scope_of(row.scope, level), []).append(row)
    return tuple(_together(scope, members) for scope, members in groups.items())


def _together(scope: str, members: list[ComparedRow]) -> ComparedRow:
    if len(members) == 1:
        return members[0]
    columns = zip(*(row.sides for row in members), strict=True)
    ours, *theirs = (tuple(r for side in column if side for r in side.rows) for column in columns)
    baseline = Side(ours, _group(scope, ours)) if ours else None
    sides = tuple(_side(scope, baseline, rows) for rows in theirs)
    how = max((row.match for row in members), key=_CERTAINTY.index)
    return ComparedRow(scope, how, (baseline, *sides))


def ratio(part: int | None, whole: int | None) -> Fraction | None:
    """Part / whole, exact; None where either is unknown, the whole is nothing, or names decide."""
    return fraction(part, whole)


def inverse(value: Fraction | None) -> Fraction | None:
    """1 / value; None for none and for zero."""
    return 1 / value if value else None


def _rows(
    base: Sequence[Row], candidates: Sequence[Sequence[Row]], matches: Sequence[Sequence[Match]]
) -> tuple[ComparedRow, ...]:
    lines = _lines(len(base), matches)
    line_of = {i: n for n, line in enumerate(lines) for i in line}
    partners: list[dict[int, list[Match]]] = []
    for found in matches:
        by_line: dict[int, list[Match]] = {}
        for match in found:
            by_line.setdefault(line_of[match.base[0]], []).append(match)
        partners.append(by_line)
    extra = _extra(candidates, matches, line_of)
    result = extra.get(-1, [])
    for n, line in enumerate(lines):
        ours = tuple(base[i] for i in line)
        here = [partner.get(n, []) for partner in partners]
        theirs = [
            tuple(other[i] for i in sorted(i for match in mine for i in match.other))
            for other, mine in zip(candidates, here, strict=True)
        ]
        ways: list[How] = [match.how for mine in here for match in mine]
        result.append(_line(ours, theirs, max(ways, key=_CERTAINTY.index, default="none")))
        result += extra.get(n, [])
    return tuple(result)


def _lines(size: int, matches: Iterable[Iterable[Match]]) -> list[list[int]]:
    """The baseline's rows, those together that any candidate matches as one."""
    head = list(range(size))

    def find(i: int) -> int:
        while head[i] != i:
            head[i] = head[head[i]]
            i = head[i]
        return i

    for found in matches:
        for match in found:
            heads = {find(i) for i in match.base}
            for other in heads:
                head[other] = min(heads)
    lines: dict[int, list[int]] = {}
    for i in range(size):
        lines.setdefault(find(i), []).append(i)
    return list(lines.values())


def _extra(
    candidates: Sequence[Sequence[Row]],
    matches: Sequence[Sequence[Match]],
    line_of: Mapping[int, int],
) -> dict[int, list[ComparedRow]]:
    """Rows that the baseline lacks, by the line they come after; equal names share a line."""
    by_name: dict[str, list[Row | None]] = {}
    after: dict[str, int] = {}
    for c, (other, found) in enumerate(zip(candidates, matches, strict=True)):
        lines = {i: line_of[match.base[0]] for match in found for i in match.other}
        line = -1
        for i, row in enumerate(other):
            line = lines.get(i, line)
            if i not in lines:
                slots = by_name.setdefault(row.name, [None] * len(candidates))
                slots[c] = row
                after.setdefault(row.name, line)
    extra: dict[int, list[ComparedRow]] = {}
    for name, slots in by_name.items():
        theirs = [(row,) if row else () for row in slots]
        extra.setdefault(after[name], []).append(_line((), theirs, "none"))
    return extra


def _line(ours: tuple[Row, ...], theirs: Sequence[tuple[Row, ...]], how: How) -> ComparedRow:
    scope = _scope((ours, *theirs))
    baseline = Side(ours, _group(scope, ours)) if ours else None
    sides = tuple(_side(scope, baseline, found) for found in theirs)
    savings = [s for found in theirs if (s := _saving(ours, found) or _saving(found, ours))]
    return ComparedRow(scope, how, (baseline, *sides), savings[0] if savings else None)


def _side(scope: str, baseline: Side | None, found: tuple[Row, ...]) -> Side | None:
    if not found:
        return None
    group = _group(scope, found)
    if baseline is None:
        return Side(found, group)
    complete = group.status == baseline.group.status == "complete"
    return Side(
        found,
        group,
        ratio(group.mult_adds, baseline.mult_adds) if complete else None,
        ratio(group.params, baseline.params),
    )


def _compared(baseline: Analysis, candidate: Analysis) -> Compared:
    ours, theirs = baseline.totals, candidate.totals
    complete = ours.status == theirs.status == "complete"
    return Compared(
        candidate,
        ratio(theirs.mult_adds, ours.mult_adds) if complete else None,
        ratio(theirs.params, ours.params),
    )


def _group(scope: str, members: tuple[Row, ...]) -> Group:
    return Group(scope, tuple(cost for row in members for cost in row.layers))


def _scope(sides: Sequence[tuple[Row, ...]]) -> str:
    """The name of the first side that is one row, else of the first row there is."""
    single = [side for side in sides if len(side) == 1]
    return next(side[0].name for side in (*single, *sides) if side)


def _saving(whole: tuple[Row, ...], pair: tuple[Row, ...]) -> Fraction | None:
    """1/N + 1/D_K², if `pair` is the separable form of the standard convolution `whole`."""
    if [row.carrier.layer.op for row in whole] != [CONV]:
        return None
    if [row.carrier.layer.op for row in pair] != [DEPTHWISE, POINTWISE]:
        return None
    standard, dw, pw = (row.carrier.layer for row in (*whole, *pair))
    same_ends = all(
        standard.env[symbol] == layer.env[symbol]
        for layer, symbol in ((dw, "B"), (dw, "M"), (dw, "D_K"), (pw, "N"), (pw, "D_F"))
    )
    return Saving(standard, dw, pw).formula if same_ends else None


def _computes_nothing(row: ComparedRow) -> bool:
    return all(side is None or side.mult_adds == 0 for side in row.sides)


def _stored(rows: Sequence[ComparedRow], i: int) -> int:
    return sum(side.params for row in rows if (side := row.sides[i]))


def _differs(row: ComparedRow) -> bool:
    first, *others = row.sides
    return any(
        _numbers(first) != _numbers(other) and not folded_norm(first, other) for other in others
    )


def folded_norm(one: Side | None, other: Side | None) -> bool:
    """Whether two sides differ by batch norms folded into convolutions alone.

    Then one has 2·C parameters of norms and 2·C buffers, where the other has C biases.
    """
    if one is None or other is None:
        return False
    a, b = one.group, other.group
    if a.mult_adds != b.mult_adds or a.status != b.status:
        return False
    ours, theirs = a.params_by_kind, b.params_by_kind
    if not ours["norm"]:
        ours, theirs = theirs, ours
    channels = theirs["bias"]
    return (
        ours["weight"] == theirs["weight"]
        and ours["norm"] == ours["buffer"] == 2 * channels > 0
        and ours["bias"] in {0, channels}
        and theirs["norm"] == theirs["buffer"] == 0
    )


def _numbers(side: Side | None) -> tuple[object, ...] | None:
    if side is None:
        return None
    group = side.group
    return group.mult_adds, group.status, *group.params_by_kind.values()
