"""The names that a step sees: those of the file or block, and those of the step's own input."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flopcalc.record import Record
from flopcalc.spec.value import NOMINAL, SCALED, Value
from flopcalc.spec.written import Word

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flopcalc.spec.values import Meaning
    from flopcalc.spec.written import Written
    from flopcalc.tensor import Tensor

IMPLICIT = ("ch", "h", "w", "len", "i")
SPATIAL_NAMES = frozenset({"h", "w", "len", "rho"})


class Widened(Record):
    """A channel count that α changed: where the file wrote it, and both numbers."""

    written: Written
    nominal: int
    scaled: int


class Frame:
    """One run of a body: the values in scope, the named steps, and what entered it.

    `values` are the block's own, `globals` those of the file. `words` says where a caller wrote
    the word that a parameter stands for; `widened` are the parameters that α has changed.
    """

    __slots__ = ("block", "globals", "input", "steps", "values", "widened", "words")

    def __init__(
        self,
        globals: dict[str, Meaning],
        values: dict[str, Meaning] | None = None,
        block: str | None = None,
    ) -> None:
        self.globals = globals
        self.values = {} if values is None else values
        self.block = block
        self.input: Tensor | None = None
        self.steps: dict[str, Tensor] = {}
        self.words: dict[str, Word] = {}
        self.widened: dict[str, Widened] = {}

    def declared(self, name: str) -> Meaning:
        """What the file, not the language, means by a name; None where it does not."""
        return self.values.get(name, self.globals.get(name))


class StepScope:
    """The names of one step: the frame's, then its input's `ch h w len`, and the copy `i`.

    `spatial` remembers whether an expression asked for a size or ρ, or a size for the width.
    """

    __slots__ = ("frame", "i", "spatial", "x")

    def __init__(self, frame: Frame, x: Tensor, i: int | None) -> None:
        self.frame = frame
        self.x = x
        self.i = i
        self.spatial = False

    def get(self, name: str, /) -> Meaning:
        """What `name` means here, or None."""
        frame = self.frame
        if name in frame.values:
            return frame.values[name]
        if name in frame.globals:
            if name == "rho":
                self.spatial = True
            return frame.globals[name]
        if name == "ch":
            return Value(self.x.channels, SCALED) if "c" in self.x.axes else None
        if name == "i":
            return None if self.i is None else Value(self.i, NOMINAL)
        if name in SPATIAL_NAMES and (size := self._size(name)) is not None:
            self.spatial = True
            return Value(size, NOMINAL)
        return None

    def declares(self, name: str) -> bool:
        """Whether `name` is the file's or the block's own: a var, or a parameter."""
        return name in self.frame.values or name in self.frame.globals

    def origin(self, written: Written) -> Written:
        """Where the user wrote what a word stands for: at the block's call, if it was passed."""
        if isinstance(written, Word):
            return self.frame.words.get(written.text, written)
        return written

    def _size(self, name: str) -> int | None:
        axis = {"h": "h", "w": "w", "len": "l"}.get(name, "")
        return self.x.size(axis) if axis in self.x.axes else None

    def __iter__(self) -> Iterator[str]:
        yield from self.frame.values
        yield from self.frame.globals
        yield from (name for name in IMPLICIT if self.get(name) is not None)
