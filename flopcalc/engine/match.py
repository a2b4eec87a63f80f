"""Which rows of two reports are each other's counterparts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

from flopcalc.record import Record

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
    from typing import Protocol

    class Named(Protocol):
        """A row of a report, or a layer of a lock file."""

        @property
        def name(self) -> str:
            """Its dotted name."""
            ...

        @property
        def kind(self) -> str:
            """Standard, depthwise, pointwise and so on."""
            ...

        @property
        def signature(self) -> Hashable:
            """Its kind, shapes and kernel."""
            ...

        @property
        def work(self) -> Hashable:
            """Its Mult-Adds and weights; None where it computes nothing, or that is unknown."""
            ...


Way: TypeAlias = Literal["name", "shape", "order"]


class Match(Record):
    """Ascending positions in the baseline and in the other report, and how they were found."""

    base: tuple[int, ...]
    other: tuple[int, ...]
    how: Way


def match_rows(
    base: Sequence[Named], other: Sequence[Named], links: Mapping[str, tuple[str, ...]]
) -> list[Match]:
    """Match rows, each at most once, in five passes; in the baseline's order.

    By `links` (baseline name → names it stands for) and equal names; by a row's name and the
    scope of that name on the other side (`conv8`: `conv8.dw`, `conv8.pw`); by kind, shapes and
    kernel, first with first; by Mult-Adds and weights, first with first (a 1×1 convolution in one
    model is a linear layer in another); by kind between matched neighbours, first with first. The
    first two are `name`, then `shape`, then `order`. Linear in the rows, but for a sort.
    """
    matcher = _Matcher(base, other)
    matcher.by_links(links)
    matcher.by_name()
    matcher.by_scope()
    matcher.by_shape()
    matcher.by_work()
    matcher.by_order()
    return sorted(matcher.found)


class _Matcher:
    def __init__(self, base: Sequence[Named], other: Sequence[Named]) -> None:
        self.base = base
        self.other = other
        self.base_left = dict.fromkeys(range(len(base)))  # as ordered sets
        self.other_left = dict.fromkeys(range(len(other)))
        self.found: list[Match] = []

    def take(self, base: Iterable[int], other: Iterable[int], how: Way) -> None:
        match = Match(tuple(sorted(base)), tuple(sorted(other)), how)
        for i in match.base:
            del self.base_left[i]
        for i in match.other:
            del self.other_left[i]
        self.found.append(match)

    def by_links(self, links: Mapping[str, tuple[str, ...]]) -> None:
        ours, theirs = _positions(self.base), _positions(self.other)
        together: dict[tuple[str, ...], list[int]] = {}
        for name, names in links.items():
            if name in ours and all(n in theirs for n in names):
                together.setdefault(names, []).append(ours[name])
        for names, mine in together.items():
            others = [theirs[name] for name in names]
            if all(i in self.other_left for i in others):
                self.take(mine, others, "name")

    def by_name(self) -> None:
        theirs = {self.other[i].name: i for i in self.other_left}
        for i in list(self.base_left):
            j = theirs.pop(self.base[i].name, None)
            if j is not None:
                self.take([i], [j], "name")

    def by_scope(self) -> None:
        below = _below(self.other, self.other_left)
        for i in list(self.base_left):
            parts = [j for j in below.get(self.base[i].name, ()) if j in self.other_left]
            if parts:
                self.take([i], parts, "name")
        below = _below(self.base, self.base_left)
        for j in list(self.other_left):
            parts = [i for i in below.get(self.other[j].name, ()) if i in self.base_left]
            if parts:
                self.take(parts, [j], "name")

    def by_shape(self) -> None:
        self._pair_up(
            list(self.base_left), list(self.other_left), lambda row: row.signature, "shape"
        )

    def by_work(self) -> None:
        left = list(self.base_left), list(self.other_left)
        self._pair_up(*left, lambda row: row.work, "order")

    def by_order(self) -> None:
        bounds = {i: match.other for match in self.found for i in match.base}
        runs: list[tuple[list[int], int, int]] = []
        run: list[int] = []
        low = -1
        for i in range(len(self.base)):
            if i not in bounds:
                run.append(i)
                continue
            if run:
                runs.append((run, low, bounds[i][0]))
                run = []
            low = bounds[i][-1]
        runs.append((run, low, len(self.other)))
        from bisect import bisect_left, bisect_right  # here, since only a comparison needs it

        left = list(self.other_left)
        for mine, after, before in runs:
            others = left[bisect_right(left, after) : bisect_left(left, before)]
            free = [j for j in others if j in self.other_left]
            self._pair_up(mine, free, lambda row: row.kind, "order")

    def _pair_up(
        self,
        ours: Iterable[int],
        theirs: Iterable[int],
        key: Callable[[Named], Hashable],
        how: Way,
    ) -> None:
        """Match rows of equal keys, the first with the first."""
        queues: dict[Hashable, list[int]] = {}
        for j in theirs:
            queues.setdefault(key(self.other[j]), []).append(j)
        waiting = {k: iter(queue) for k, queue in queues.items()}
        for i in ours:
            wanted = key(self.base[i])
            found = None if wanted is None else next(waiting.get(wanted, iter(())), None)
            if found is not None:
                self.take([i], [found], how)


def _positions(report: Sequence[Named]) -> dict[str, int]:
    return {row.name: i for i, row in enumerate(report)}


def _below(report: Sequence[Named], left: Iterable[int]) -> dict[str, list[int]]:
    """The rows under each dotted scope."""
    below: dict[str, list[int]] = {}
    for i in left:
        for scope in _scopes(report[i].name):
            below.setdefault(scope, []).append(i)
    return below


def _scopes(name: str) -> Iterator[str]:
    scope = name.rpartition(".")[0]
    while scope:
        yield scope
        scope = scope.rpartition(".")[0]
