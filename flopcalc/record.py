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
            body.setdefault("__new__", _constructor(len(fields), tuple(defaults.values())))
            return super().__new__(mcs, name, bases, body)

    def _constructor(most: int, defaults: tuple[Any, ...]) -> Any:
        """A `__new__` that is quick where no field is named."""
        make = tuple.__new__

        def __new__(cls: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: N807 - it becomes a class's
            if kwargs:
                return make(cls, cls._filled(args, kwargs))
            missing = most - len(args)
            if missing:
                if not 0 < missing <= len(defaults):
                    return make(cls, cls._filled(args, kwargs))  # which says what is wrong
                args += defaults[-missing:]
            return make(cls, args)

        return __new__

    class Record(metaclass=_Meta):
        """A tuple whose fields have names; see `typing.NamedTuple`."""

        __slots__ = ()
        _fields = ()
        _field_defaults: ClassVar[dict[str, Any]] = {}

        @classmethod
        def _filled(cls, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, ...]:
            fields, defaults = cls._fields, cls._field_defaults
            values = dict(zip(fields, args, strict=False))
            if len(args) > len(fields) or kwargs.keys() & values.keys():
                raise TypeError(f"{cls.__name__}: too many values, or one given twice")
            values.update(kwargs)
            try:
                full = [values.pop(f) if f in values else defaults[f] for f in fields]
            except KeyError as missing:
                raise TypeError(f"{cls.__name__} needs {missing}") from None
            if values:
                raise TypeError(f"{cls.__name__} has no field {', '.join(values)}")
            return tuple(full)

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
