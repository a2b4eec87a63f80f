"""What changed between two snapshots of a model, layer by layer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flopcalc.engine.match import match_rows
from flopcalc.record import Record

if TYPE_CHECKING:
    from flopcalc.budget import Part, Snapshot


class Change(Record):
    """A layer before and after; None on the side that lacks it."""

    name: str
    before: Part | None
    after: Part | None

    @property
    def mult_adds(self) -> int:
        """By how much the Mult-Adds grew, as far as they are known."""
        return _number(self.after, "mult_adds") - _number(self.before, "mult_adds")

    @property
    def params(self) -> int:
        """By how much the parameters grew."""
        return _number(self.after, "params") - _number(self.before, "params")


def partners(before: Snapshot, after: Snapshot) -> dict[str, tuple[Part, ...]]:
    """The baseline's layers of each layer now: by name, then by shape and order."""
    found: dict[str, tuple[Part, ...]] = {}
    if before.parts == after.parts:
        return {part.name: (part,) for part in before.parts}
    for match in match_rows(before.parts, after.parts, {}):
        first, *others = match.other
        found[after.parts[first].name] = tuple(before.parts[i] for i in match.base)
        found |= {
            after.parts[i].name: () for i in others
        }  # a block's parts stand against its first
    return found


def changes(before: Snapshot, after: Snapshot) -> tuple[Change, ...]:
    """Every layer that changed, came or went; the heaviest change first.

    None where `before` has no layers: a lock file may keep totals alone.
    """
    if not before.parts or _numbers(before) == _numbers(after):
        return ()
    found: list[Change] = []
    matched: set[int] = set()
    gone = dict(enumerate(before.parts))
    new = dict(enumerate(after.parts))
    for match in match_rows(before.parts, after.parts, {}):
        ours = [gone.pop(i) for i in match.base]
        theirs = [new.pop(i) for i in match.other]
        matched |= set(match.other)
        name = theirs[0].name if len(theirs) == 1 else ours[0].name
        found.append(Change(name, _together(ours), _together(theirs)))
    found += [Change(part.name, part, None) for part in gone.values()]
    found += [Change(part.name, None, part) for part in new.values()]
    different = [c for c in found if c.mult_adds or c.params or not (c.before and c.after)]
    return tuple(sorted(different, key=lambda c: (-abs(c.mult_adds), -abs(c.params))))


def _numbers(snapshot: Snapshot) -> list[tuple[object, ...]]:
    return [(part.name, part.mult_adds, part.params) for part in snapshot.parts]


def _number(part: Part | None, metric: str) -> int:
    return (getattr(part, metric) or 0) if part else 0


def _together(parts: list[Part]) -> Part:
    """Several layers as one, as where a block stands against its parts."""
    first = parts[0]
    if len(parts) == 1:
        return first
    known = [part.mult_adds for part in parts if part.mult_adds is not None]
    return first._replace(
        mult_adds=sum(known) if len(known) == len(parts) else None,
        params=sum(part.params for part in parts),
    )
