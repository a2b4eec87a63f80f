"""`Record` behaves as the `typing.NamedTuple` that a type checker takes it for."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest

from flopcalc.record import Record


class Ours(Record):
    a: int
    b: str = "b"
    c: tuple[int, ...] = ()


class Theirs(NamedTuple):
    a: int
    b: str = "b"
    c: tuple[int, ...] = ()


GOOD: list[Callable[[Any], Any]] = [
    lambda kind: kind(1),
    lambda kind: kind(1, "x"),
    lambda kind: kind(1, "x", (2,)),
    lambda kind: kind(a=1),
    lambda kind: kind(1, c=(3,)),
    lambda kind: kind(c=(3,), a=1, b=""),
    lambda kind: kind(1)._replace(b="y"),
    lambda kind: kind._make([1, "x", ()]),
]
BAD: list[Callable[[Any], Any]] = [
    lambda kind: kind(),
    lambda kind: kind(b="x"),
    lambda kind: kind(1, "x", (), 4),
    lambda kind: kind(1, a=1),
    lambda kind: kind(1, d=1),
    lambda kind: kind(1, "x", (), c=()),
    lambda kind: kind(1)._replace(d=1),
]


@pytest.mark.parametrize("make", GOOD)
def test_what_a_named_tuple_makes(make: Callable[[Any], Any]) -> None:
    ours, theirs = make(Ours), make(Theirs)

    assert tuple(ours) == tuple(theirs)
    assert (ours.a, ours.b, ours.c) == tuple(theirs)
    assert ours._asdict() == theirs._asdict()
    assert repr(ours) == repr(theirs).replace("Theirs", "Ours")
    assert pickle.loads(pickle.dumps(ours)) == ours  # noqa: S301 - our own bytes
    assert type(copy.copy(ours)) is Ours
    assert hash(ours) == hash(theirs)


@pytest.mark.parametrize("make", BAD)
def test_what_a_named_tuple_refuses(make: Callable[[Any], Any]) -> None:
    with pytest.raises((TypeError, ValueError)):
        make(Theirs)
    with pytest.raises(TypeError):
        make(Ours)


def test_fields_cannot_be_set() -> None:
    with pytest.raises(AttributeError):
        Ours(1).a = 2  # type: ignore[misc]  # the point
    with pytest.raises(AttributeError):
        Ours(1).d = 2  # type: ignore[attr-defined]  # the point


def test_matching_by_position() -> None:
    match Ours(1, "x"):
        case Ours(a, b, _):
            assert (a, b) == (1, "x")
