"""`Record`: a `typing.NamedTuple` that is quick to declare, since start-up time is ours to keep.

To a type checker the two are one. At run time a NamedTuple compiles each annotation and a
constructor, about 90 µs a class; this one takes a tenth of it.
"""

# ruff: noqa: ANN401 - a type checker reads NamedTuple instead of this

from __future__ import annotations

from _collections import _tuplegetter  # type: ignore[import-not-found]  # what namedtuple uses
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from typing import NamedTuple as Record
else:

    class _Meta(type):
        """Makes a tuple with named fields of a class body with annotations."""

        def __new__(mcs, name: str, bases: tuple[type, ...], body: dict[str, Any]) -> type:
            if not bases:
                return super().__new__(mcs, name, (tuple,), body)
            fields = tuple(body.get("__annotations__", ()))
            defaults = {field: body[field] for field in fields if field in body}
            for i, field in enumerate(fields):
                body[field] = _tuplegetter(i, "")
            body.update(_fields=fields, __match_args__=fields, _field_defaults=defaults)
            body.setdefault("__slots__", ())
            body.setdefault("__new__", _constructor(fields, tuple(defaults.values())))
            return super().__new__(mcs, name, bases, body)

    _new = tuple.__new__
    _MAKERS = (  # by the number of fields, which take the places of the letters
        lambda _: _new(_, ()),
        lambda _, a: _new(_, (a,)),
        lambda _, a, b: _new(_, (a, b)),
        lambda _, a, b, c: _new(_, (a, b, c)),
        lambda _, a, b, c, d: _new(_, (a, b, c, d)),
        lambda _, a, b, c, d, e: _new(_, (a, b, c, d, e)),
        lambda _, a, b, c, d, e, f: _new(_, (a, b, c, d, e, f)),
        lambda _, a, b, c, d, e, f, g: _new(_, (a, b, c, d, e, f, g)),
        lambda _, a, b, c, d, e, f, g, h: _new(_, (a, b, c, d, e, f, g, h)),
        lambda _, a, b, c, d, e, f, g, h, i: _new(_, (a, b, c, d, e, f, g, h, i)),
        lambda _, a, b, c, d, e, f, g, h, i, j: _new(_, (a, b, c, d, e, f, g, h, i, j)),
        lambda _, a, b, c, d, e, f, g, h, i, j, k: _new(_, (a, b, c, d, e, f, g, h, i, j, k)),
        lambda _, a, b, c, d, e, f, g, h, i, j, k, m: _new(_, (a, b, c, d, e, f, g, h, i, j, k, m)),
        lambda _, a, b, c, d, e, f, g, h, i, j, k, m, n: _new(
            _, (a, b, c, d, e, f, g, h, i, j, k, m, n)
        ),
        lambda _, a, b, c, d, e, f, g, h, i, j, k, m, n, o: _new(
            _, (a, b, c, d, e, f, g, h, i, j, k, m, n, o)
        ),
        lambda _, a, b, c, d, e, f, g, h, i, j, k, m, n, o, p: _new(
            _, (a, b, c, d, e, f, g, h, i, j, k, m, n, o, p)
        ),
        lambda _, a, b, c, d, e, f, g, h, i, j, k, m, n, o, p, q: _new(
            _, (a, b, c, d, e, f, g, h, i, j, k, m, n, o, p, q)
        ),
    )

    def _constructor(fields: tuple[str, ...], defaults: tuple[Any, ...]) -> Any:
        """A `__new__` whose parameters are the fields, at a hundredth of the time of `exec`."""
        maker = _MAKERS[len(fields)]
        code = maker.__code__.replace(co_varnames=("_", *fields), co_name="__new__")
        return type(maker)(code, globals(), "__new__", defaults)

    class Record(metaclass=_Meta):
        """A tuple whose fields have names; see `typing.NamedTuple`."""

        __slots__ = ()
        _fields = ()
        _field_defaults: ClassVar[dict[str, Any]] = {}

        @classmethod
        def _make(cls, values: Any) -> Any:
            return cls(*values)

        def _replace(self, **changes: Any) -> Any:
            return type(self)(**{**self._asdict(), **changes})

        def _asdict(self) -> dict[str, Any]:
            return dict(zip(self._fields, self, strict=True))

        def __repr__(self) -> str:
            parts = (f"{name}={value!r}" for name, value in self._asdict().items())
            return f"{type(self).__name__}({', '.join(parts)})"

        def __getnewargs__(self) -> tuple[Any, ...]:
            return tuple(self)


__all__ = ["Record"]
