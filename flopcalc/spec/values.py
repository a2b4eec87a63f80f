"""What written values mean in a scope, and how each kind of argument takes them."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from flopcalc.errors import LimitError, ScaleError, SpecError, did_you_mean
from flopcalc.spec.value import NOMINAL, SCALED, ExpressionError, Value, integral
from flopcalc.spec.written import Constant, Formula, Listing, Word, Written, located, offset_of
from flopcalc.tensor import Tensor

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import Protocol

    from flopcalc.step import Arg
    from flopcalc.yaml_tree import Source

    class Names(Protocol):
        """The names in scope, each with what it means."""

        def get(self, name: str, /) -> Meaning:
            """What `name` means here, or None."""
            ...

        def __iter__(self) -> Iterator[str]: ...

    class Scope(Names, Protocol):
        """The names that a step sees."""

        def origin(self, written: Written, /) -> Written:
            """Where the user wrote what a word stands for."""
            ...


Meaning: TypeAlias = "Value | str | tuple[Meaning, ...] | Tensor | None"

PADDINGS = ("same", "half", "valid", "causal")
MAX_CHANNELS = 10**9
MAX_SIZE = 10**6


class Numbers:
    """A scope as an expression sees it: numbers only."""

    __slots__ = ("names", "text")

    def __init__(self, names: Names, text: str) -> None:
        self.names = names
        self.text = text

    def get(self, name: str, /) -> Value | None:
        meaning = self.names.get(name)
        if meaning is None or isinstance(meaning, Value):
            return meaning
        hint = f"'{name}: ref' passes a step, a bare '{name}' a number or word"
        raise ExpressionError(
            f"'{name}' is {_what(meaning)}, not a number",
            offset_of(name, self.text),
            hint if isinstance(meaning, Tensor) else "pass a number",
        )

    def __iter__(self) -> Iterator[str]:
        return iter(self.names)


class Reader:
    """Evaluates written values for one file: its source, its α rule, its warnings."""

    __slots__ = ("mixes", "scale", "source")

    def __init__(
        self,
        source: Source,
        scale: Callable[[int], int],
        mixes: dict[tuple[Written, str], None] | None = None,
    ) -> None:
        self.source = source
        self.scale = scale  # the channel rule at the multiplier in force
        self.mixes = mixes  # collects, once each, where nominal and scaled numbers meet

    def error(self, written: Written, message: str, hint: str | None = None) -> SpecError:
        """A `SpecError` at a value."""
        return SpecError(message, where=self.source.where(written.node), hint=hint)

    def meaning(self, written: Written, names: Names) -> Meaning:
        """What a value means: a number, a word nobody defined, a list, a tensor, or nothing."""
        if isinstance(written, Constant):
            return None if written.value is None else Value(written.value, NOMINAL)
        if isinstance(written, Word):
            found = names.get(written.text)
            return written.text if found is None else found
        if isinstance(written, Listing):
            return tuple(self.meaning(item, names) for item in written.items)
        assert isinstance(written, Formula)
        notes: list[str] | None = None if self.mixes is None else []
        numbers = Numbers(names, written.expr.text)
        try:
            value = written.expr.evaluate(numbers, scale=self._scale, warnings=notes)
        except ExpressionError as error:
            raise located(self.source, written.node, error) from None
        if self.mixes is not None and notes:
            self.mixes.update(dict.fromkeys((written, note) for note in notes))
        return value

    def _scale(self, number: float) -> int:
        whole = integral(Value(number))
        if whole is None:
            raise ExpressionError(f"scale({number}): not an integer")
        return self.scale(whole)

    def number(self, written: Written, names: Scope) -> Value:
        """A number or a truth value."""
        meaning = self.meaning(written, names)
        if isinstance(meaning, Value):
            return meaning
        if isinstance(written, Word) and isinstance(meaning, str):
            raise self.unknown(names.origin(written), meaning, names)
        raise self.error(written, f"a number belongs here, not {_what(meaning)}", "for example 3")

    def unknown(self, written: Written, name: str, known: Iterable[str]) -> SpecError:
        """The error for a word where only a number, or a name of one, can stand."""
        return self.error(written, f"unknown name '{name}'", did_you_mean(name, known))

    def truth(self, written: Written, names: Scope) -> bool:
        """A condition."""
        value = self.number(written, names).number
        if isinstance(value, bool):
            return value
        raise self.error(written, f"{value} is neither true nor false", "compare it: s == 1")

    def integer(self, written: Written, names: Scope, least: int, most: int) -> Value:
        """An integer within bounds; the state stays."""
        return self.as_integer(written, self.number(written, names), least, most)

    def as_integer(
        self, written: Written, value: Value, least: int, most: int, *, channels: bool = False
    ) -> Value:
        """A number as an integer within bounds."""
        whole = integral(value)
        if whole is None:
            if isinstance(value.number, bool):
                hint = "choose one: 1 if x else 0"
                raise self.error(written, "a number belongs here, not true or false", hint)
            from flopcalc.spec.slips import of_fraction  # here, since only a failing run pays

            text = written.expr.text if isinstance(written, Formula) else ""
            hint = of_fraction(text, value.number, channels=channels)
            raise self.error(written, f"{value.number:g} is not an integer", hint)
        if whole < least:
            raise self.error(written, f"{whole} is less than {least}", f"at least {least}")
        if whole > most:
            where = self.source.where(written.node)
            hint = "look for a slip in it"
            raise LimitError(f"{whole:,} is more than {most:,}", where=where, hint=hint)
        return Value(whole, value.state)

    def channels(self, written: Written, names: Scope, least: int = 1) -> Value:
        """A channel count: a nominal number is multiplied by α and rounded, once."""
        number = self.number(written, names)
        value = self.as_integer(written, number, least, MAX_CHANNELS, channels=True)
        if value.state != NOMINAL:
            return value
        assert isinstance(value.number, int)
        try:
            return Value(self.scale(value.number), SCALED)
        except ScaleError as error:
            error.where = self.source.where(written.node)
            raise

    def sizes(
        self, written: Written, meaning: Meaning, least: int, most: int = MAX_SIZE
    ) -> int | tuple[int, ...]:
        """An integer, or a list with one an axis."""
        if isinstance(meaning, Value):
            return _int(self.as_integer(written, meaning, least, most))
        if parts := _parts(meaning):
            items = written.items if isinstance(written, Listing) else (written,) * len(parts)
            sizes = []
            for item, part in zip(items, parts, strict=True):
                if not isinstance(part, Value):
                    raise self._no_size(item)
                sizes.append(_int(self.as_integer(item, part, least, most)))
            return tuple(sizes)
        if isinstance(meaning, str):
            hint = "an integer, or a list with one an axis: [1, 7]"
            raise self.error(written, f"'{meaning}' is not a size", hint)
        raise self._no_size(written)

    def _no_size(self, written: Written) -> SpecError:
        return self.error(written, "a size belongs here", "3, or one an axis: [1, 7]")

    def padding(self, written: Written, meaning: Meaning) -> str | int | tuple[object, ...]:
        """A word, an integer, or a list of integers or (before, after) pairs, one an axis."""
        if isinstance(meaning, str):
            return self.choice(written, meaning, PADDINGS, "'padding'")
        if isinstance(meaning, Value):
            return _int(self.as_integer(written, meaning, 0, MAX_SIZE))
        if parts := _parts(meaning):
            sides = []
            items = written.items if isinstance(written, Listing) else (written,) * len(parts)
            for item, part in zip(items, parts, strict=True):
                side = self.sizes(item, part, 0)
                if isinstance(side, tuple) and len(side) != 2:
                    hint = "for example [0, 1]"
                    raise self.error(item, "a padding is one number, or [before, after]", hint)
                sides.append(side)
            return tuple(sides)
        raise self.error(written, "a padding belongs here", "same, half, valid, or numbers")

    def choice(self, written: Written, word: str, words: tuple[str, ...], what: str) -> str:
        """A word, if it is one of these."""
        if word in words:
            return word
        from flopcalc.ops.synonyms import called_here  # likewise

        raise self.error(written, f"unknown {what} '{word}'", called_here(word, words))

    def word(self, written: Written, meaning: Meaning, arg: Arg) -> str:
        """One of the words that an argument takes."""
        if isinstance(meaning, str):
            return self.choice(written, meaning, arg.choices, f"'{arg.name}'")
        hint = did_you_mean("", arg.choices)
        raise self.error(written, f"'{arg.name}' takes a word, not {_what(meaning)}", hint)


def _int(value: Value) -> int:
    assert isinstance(value.number, int)
    return value.number


def _parts(meaning: Meaning) -> tuple[Meaning, ...]:
    """The values of a list; a value and a tensor are tuples too."""
    if isinstance(meaning, tuple) and not isinstance(meaning, Value | Tensor):
        return meaning
    return ()


def _what(meaning: Meaning) -> str:
    if isinstance(meaning, Value):
        if isinstance(meaning.number, bool):
            return "true" if meaning.number else "false"
        return f"{meaning.number:g}"
    if isinstance(meaning, Tensor):
        return "a step"
    if isinstance(meaning, str):
        return f"'{meaning}'"
    return "nothing" if meaning is None else "a list"
