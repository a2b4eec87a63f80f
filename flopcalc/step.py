"""What a step of the spec language is: a key, its arguments, and the layers it stands for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeAlias

from flopcalc.record import Record

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Literal, Protocol

    from flopcalc.op import Attrs, Op
    from flopcalc.tensor import Tensor

    class Emit(Protocol):
        """How a step adds the layers it stands for, inside its own scope."""

        def __call__(
            self,
            op: Op,
            *inputs: Tensor,
            part: str = "",
            attrs: Attrs = ...,
            tied: str | None = None,
        ) -> Tensor:
            """Add a layer named after the step, `part` after a dot, and return its first output.

            `tied` names a step whose weight this layer uses instead of storing its own.
            """
            ...

    ArgKind: TypeAlias = Literal[
        "channels",  # a channel count: a number as the paper prints it is multiplied by α
        "int",  # an integral expression
        "num",  # any number
        "bool",
        "auto_bool",  # true, false or auto (None)
        "word",  # one of `choices`
        "sizes",  # an integer, or a list with one an axis
        "padding",  # a word, an integer, or a list of integers or pairs
        "ref",  # the name of a step, given as its Tensor
        "name",  # the name of a step, given as that name
        "steps",  # a list of steps (a branch)
        "operands",  # a name, a list of names and branches
        "text",  # any words, taken as they stand
        "formula",  # an expression, given as its Formula and the Env of its names
    ]


class _Required:
    """Marks an argument without a default."""

    def __repr__(self) -> str:
        return "required"


REQUIRED: Final = _Required()


class Arg(Record):
    """An argument of a step: its key, what it holds, its default, and a line of help."""

    name: str
    kind: ArgKind
    default: Any = REQUIRED
    help: str = ""
    choices: tuple[str, ...] = ()
    least: int = 1  # the smallest value of an int, of each of sizes, of channels


Expand: TypeAlias = "Callable[[Emit, Tensor, Mapping[str, Any]], Tensor]"


class Step:
    """A key of the spec language: `args` in order, the first one the key's own value.

    `expand` turns the input and the bound arguments into layers. `tail` says that the file's
    `defaults` for norm, act, bias and padding apply to it.
    """

    __slots__ = ("args", "expand", "help", "name", "tail")

    def __init__(
        self, name: str, *args: Arg, expand: Expand, help: str, tail: bool = False
    ) -> None:
        self.name = name
        self.args = args
        self.expand = expand
        self.help = help
        self.tail = tail

    def __repr__(self) -> str:
        return f"<Step {self.name}>"


def plain_step(name: str, op: Op, help: str) -> Step:
    """A step without arguments that stands for one layer of `op`."""
    return Step(name, expand=lambda emit, x, _: emit(op, x), help=help)
