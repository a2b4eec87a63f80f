"""The only way to make a graph: adds layers, infers their shapes, and keeps within limits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flopcalc.errors import InputError, LimitError, ShapeError
from flopcalc.graph import Effective, Graph, Layer
from flopcalc.tensor import Param, Shaped, Tensor

if TYPE_CHECKING:
    from collections.abc import Callable

    from flopcalc.errors import Where
    from flopcalc.op import Attrs, Op

MAX_CHANNELS = 10**9
MAX_SPATIAL = 10**6
MAX_ELEMENTS = 10**15

_new = tuple.__new__  # a Record of all its fields, at a third of the time


class Builder:
    """Collects layers; `where` is attached to whatever error a layer raises.

    `max_layers` limits the network; `check` is asked about each tensor, and raises an
    `InputError` about one that cannot be. `like` is a graph whose inputs and tensors, layers as
    they are included, may be part of this one.
    """

    def __init__(
        self,
        max_layers: int,
        check: Callable[[Shaped, Where | None], None] | None = None,
        like: Graph | None = None,
    ) -> None:
        self.max_layers = max_layers
        self.check = check or check_size
        self.layers: list[Layer] = []
        self.inputs: list[Tensor] = []
        self._ids = 0
        if like is not None:
            self.inputs += like.inputs
            made = (tensor.id for layer in like.layers for tensor in layer.outputs)
            self._ids = max((*(tensor.id for tensor in self.inputs), *made), default=0)

    def input(
        self, shaped: Shaped, where: Where | None = None, *, dtype: str = "float32"
    ) -> Tensor:
        """A network input."""
        tensor = self.tensor(shaped, where, dtype=dtype)
        self.inputs.append(tensor)
        return tensor

    def tensor(
        self, shaped: Shaped, where: Where | None = None, *, dtype: str = "float32"
    ) -> Tensor:
        """A tensor that no layer makes: a stored or a constant one."""
        self.check(shaped, where)
        self._ids += 1
        return _new(Tensor, (self._ids, *shaped, dtype))

    def add(
        self,
        op: Op,
        inputs: tuple[Tensor, ...],
        attrs: Attrs,
        *,
        name: str,
        where: Where | None = None,
        params: tuple[Param, ...] | None = None,
        times: int = 1,
        shapes: tuple[Shaped, ...] | None = None,
        dtype: str = "float32",
    ) -> tuple[Tensor, ...]:
        """Add a layer and return its outputs.

        `params` gives it parameters stored elsewhere (tied weights) instead of its own; `shapes`
        says what the outputs are where a reader knows that without the op.
        Raises `ShapeError` if the inputs do not fit the op, `LimitError` beyond the limits.
        """
        if len(self.layers) >= self.max_layers:
            raise self._too_many(where)
        try:
            found = op.shape(inputs, attrs) if shapes is None else shapes
            outputs = tuple([self.tensor(s, where, dtype=dtype) for s in found])
            env = op.bind(inputs, outputs, attrs)
        except InputError as error:
            error.where = error.where or where
            raise
        if params is None:
            specs = op.params(inputs, outputs, attrs) if op.params else ()
            params = tuple([_new(Param, (f"{name}.{s[0]}", s[1], s[2], "float32")) for s in specs])
        self.layers.append(
            _new(Layer, (name, op, inputs, outputs, params, attrs, env, times, where))
        )
        return outputs

    def again(
        self,
        like: Layer,
        name: str,
        inputs: tuple[Tensor, ...],
        params: tuple[Param, ...],
        where: Where | None,
    ) -> tuple[Tensor, ...]:
        """Add a layer that differs from an earlier one in names alone; return its outputs.

        Nothing is inferred or checked anew.
        """
        layers = self.layers
        if len(layers) >= self.max_layers:
            raise self._too_many(where)
        _, op, _, outputs, _, attrs, env, times, _ = like
        made: tuple[Tensor, ...] = ()
        for _, shape, axes, dtype in outputs:
            self._ids += 1
            made += (_new(Tensor, (self._ids, shape, axes, dtype)),)
        layers.append(_new(Layer, (name, op, inputs, made, params, attrs, env, times, where)))
        return made

    def repeat(
        self,
        like: Layer,
        name: str,
        inputs: tuple[Tensor, ...],
        params: tuple[Param, ...],
        where: Where | None,
    ) -> Tensor:
        """As `again`, of a layer with one output, which it returns: large graphs have the most."""
        layers = self.layers
        if len(layers) >= self.max_layers:
            raise self._too_many(where)
        _, op, _, ((_, shape, axes, dtype),), _, attrs, env, times, _ = like
        number = self._ids = self._ids + 1
        made = _new(Tensor, (number, shape, axes, dtype))
        layers.append(_new(Layer, (name, op, inputs, (made,), params, attrs, env, times, where)))
        return made

    def _too_many(self, where: Where | None) -> LimitError:
        message = f"the network has more than {self.max_layers} layers"
        return LimitError(message, where=where, hint="fewer or smaller repeats")

    def finish(
        self,
        name: str,
        outputs: tuple[Tensor, ...],
        *,
        scale: Effective = Effective(),  # noqa: B008 - immutable
        mixed: bool = False,
        warnings: tuple[str, ...] = (),
    ) -> Graph:
        """The graph of everything added."""
        inputs, layers = tuple(self.inputs), tuple(self.layers)
        return Graph(name, inputs, layers, outputs, scale, mixed, warnings)


def check_size(shaped: Shaped, where: Where | None) -> None:
    """Raise `ShapeError` for a tensor of no elements, `LimitError` for one beyond the limits."""
    elements = 1
    for size, axis in zip(shaped.shape, shaped.axes, strict=True):
        if type(size) is not int:
            continue  # a named size of an exported graph
        elements *= size
        if size < 1:
            message = f"a tensor of no elements: {'×'.join(map(str, shaped.shape))}"
            raise ShapeError(message, where=where, hint="a larger input, or more padding")
        limit = MAX_CHANNELS if axis == "c" else MAX_SPATIAL
        if axis != "n" and size > limit:
            what = "channels" if axis == "c" else "positions along one axis"
            message = f"more than {limit:,} {what}"
            raise LimitError(message, where=where, hint="is a repeat or a multiplier too large?")
    if elements > MAX_ELEMENTS:
        message = f"a tensor of more than {MAX_ELEMENTS:,} elements"
        raise LimitError(message, where=where, hint="is a repeat or a multiplier too large?")
