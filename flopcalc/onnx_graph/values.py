"""The values that flow between nodes: shapes, known contents, and where stored data came from."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from flopcalc.dim import Dim, Expr
from flopcalc.dim_values import names
from flopcalc.errors import InputError, LimitError, ShapeError
from flopcalc.onnx_graph.proto import StoredTensor
from flopcalc.tensor import Tensor, product

if TYPE_CHECKING:
    from collections.abc import Container, Sequence

    from flopcalc.op import Op

Shape: TypeAlias = "tuple[Dim, ...]"
Scalar: TypeAlias = "int | float | Expr"
Content: TypeAlias = "tuple[Scalar, ...]"  # in row-major order

MAX_CONTENT = 1024  # elements of a content that is followed
MAX_NUMBER = 2**63  # of a content, and of the elements of a tensor
MAX_RANK = 256

_AXES = ("", "c", "nc", "nlc", "nalc")
_MAPS = {2: "nc", 3: "ncl", 4: "nchw", 5: "ncdhw"}


class UnknownShapeError(InputError):
    """A shape is needed that is not known."""


class Stored(NamedTuple):
    """A stored tensor: its name in the file, and whether it is an initializer (or a Constant)."""

    name: str
    shape: tuple[int, ...]
    dtype: str
    initializer: bool


class Value:
    """What a name stands for.

    `shape` is None where even the rank is unknown; a size that is unknown has a name of its own
    that starts with `?`. `content` are the elements, where they are few and known: integers,
    sizes with names in them, or floats. `constant` says that it is the same whatever the inputs
    are; `sources` are the stored tensors it was made from by moving data alone. `made_by` is the
    op of its layer. `axes` names its dimensions, and `tensor` is its place in the graph. `why` says
    what went wrong where the shape is unknown because of a node that no report lists. `mark`,
    `read` and `told` belong to `alike`: a number for values like this one, whether its content was
    asked for, and what equals that of others with the same content alone.
    """

    __slots__ = (
        "_content",
        "axes",
        "constant",
        "dtype",
        "made_by",
        "mark",
        "name",
        "read",
        "shape",
        "sources",
        "tensor",
        "told",
        "why",
    )

    def __init__(
        self,
        name: str,
        shape: Shape | None,
        dtype: str,
        *,
        axes: str | None = None,
        content: Content | StoredTensor | None = None,
        constant: bool = False,
        sources: tuple[Stored, ...] = (),
        tensor: Tensor | None = None,
        made_by: Op | None = None,
        why: str = "",
    ) -> None:
        self.name = name
        self.shape = shape
        self.dtype = dtype
        self.axes = default_axes(len(shape or ())) if axes is None else axes
        self._content = content
        self.constant = constant
        self.sources = sources
        self.tensor = tensor
        self.made_by = made_by
        self.why = why
        self.mark = 0
        self.read = False
        self.told: object = None

    def renamed(self, name: str) -> Value:
        """The same under another name, with neither sources nor a place in the graph."""
        other: Value = object.__new__(Value)  # at half the time of Value(…)
        other.name = name
        other.shape = self.shape
        other.dtype = self.dtype
        other.axes = self.axes
        other._content = self._content
        other.constant = self.constant
        other.sources = ()
        other.tensor = None
        other.made_by = self.made_by
        other.why = ""
        other.mark = self.mark
        other.read = False
        other.told = self.told
        return other

    @property
    def content(self) -> Content | None:
        """The elements in row-major order, or None where they are many or not known."""
        self.read = True
        if isinstance(self._content, StoredTensor):  # on demand: few are ever asked for
            self._content = self._content.numbers()
        return self._content

    @property
    def dims(self) -> Shape:
        """The shape; raises `UnknownShapeError` where the rank is unknown."""
        if self.shape is None:
            raise unknown_shape(self)
        return self.shape

    @property
    def rank(self) -> int:
        """How many dimensions there are; raises `UnknownShapeError` where that is unknown."""
        return len(self.dims)

    @property
    def elements(self) -> Dim:
        """How many elements there are; raises `UnknownShapeError` where that is unknown."""
        return product(self.dims)  # type: ignore[arg-type]  # see tensor.py

    def integers(self) -> tuple[Dim, ...]:
        """The content as sizes; raises `UnknownShapeError` where it is not known or fractional."""
        if self.content is None:
            raise UnknownShapeError(f"the content of '{self.name}' is not known")
        found: list[Dim] = []
        for number in self.content:
            if isinstance(number, float):
                if not number.is_integer():
                    raise UnknownShapeError(f"'{self.name}' holds {number}, not integers")
                found.append(int(number))
            else:
                found.append(number)
        return tuple(found)

    def scalar(self) -> Scalar | None:
        """The one element there is, if it is known."""
        return self.content[0] if self.content is not None and len(self.content) == 1 else None

    def __repr__(self) -> str:
        shape = "?" if self.shape is None else "×".join(map(str, self.shape))
        return f"<Value {self.name}: {self.dtype} {shape}>"


def check_shape(shape: Sequence[Dim]) -> None:
    """Raise `ShapeError` for a negative size, `LimitError` for what no tensor can be."""
    elements = 1
    for size in shape:
        if isinstance(size, int):
            if size < 0:
                message = f"a size of {size} in {'×'.join(map(str, shape))}"
                raise ShapeError(message, hint="is the map smaller than the kernel?")
            elements *= size
            if elements >= MAX_NUMBER:
                raise LimitError("a tensor of more than 2^63 elements", hint="look at its sizes")
    if len(shape) > MAX_RANK:
        raise LimitError(f"a tensor of more than {MAX_RANK} axes", hint="look at its shape")


def completed(value: Value, declared: Shape, unknown: Container[str]) -> None:
    """Put declared numbers in the place of sizes that are `unknown`."""
    if value.shape is None or len(value.shape) != len(declared) or value.constant:
        return
    shape = tuple(
        other
        if isinstance(size, Expr)
        and isinstance(other, int)
        and any(n in unknown for n in names(size))
        else size
        for size, other in zip(value.shape, declared, strict=True)
    )
    if shape != value.shape:
        value.shape = shape
        value.mark = 0
        if value.tensor is not None:
            value.tensor = value.tensor._replace(shape=shape)  # type: ignore[arg-type]  # see tensor.py


def unknown_shape(value: Value) -> UnknownShapeError:
    """The error of a layer that cannot be counted because of this value."""
    return UnknownShapeError(f"shape of '{value.name}' unknown{value.why and ': '}{value.why}")


def default_axes(rank: int) -> str:
    """Names of dimensions of which only the number is known: batch first, features last."""
    return _AXES[rank] if rank < len(_AXES) else "n" + "a" * (rank - 3) + "lc"


def map_axes(rank: int) -> str | None:
    """Channels behind the batch, then 0 to 3 spatial axes; None for any other rank."""
    return _MAPS.get(rank)
