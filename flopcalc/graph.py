"""The internal representation: layers over tensors, and a model built at any scale."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Protocol

from flopcalc.op import Attr
from flopcalc.record import Record
from flopcalc.tensor import Param, Tensor

if TYPE_CHECKING:
    from flopcalc.errors import Where
    from flopcalc.formula import Env
    from flopcalc.op import Op
    from flopcalc.quantity import Quantity


class Layer(Record):
    """A primitive layer; composites are expanded before they get here.

    The dots of `name` are the tree of the reports (`stage3.1.conv2.norm`). `attrs` is complete,
    defaults filled in; `env` gives the formulas' symbols their values; `times` is the trip count
    of whatever repeats it with the same parameters; `where` is its line in a spec.
    """

    name: str
    op: Op
    inputs: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]
    params: tuple[Param, ...]
    attrs: Mapping[str, Attr]
    env: Env
    times: int = 1
    where: Where | None = None


class Scale(Record):
    """What the user asks of a model; `None` leaves a knob as the file or variant has it.

    `alpha` is the width multiplier, `rho` the resolution multiplier, `res` replaces the last
    two spatial sizes of the input (`length` the only one), `depth` multiplies repeats.
    `settings` sets declared vars, `swap` exchanges one block or op for another. Of an exported
    graph, `dims` gives named dimensions a value, `inputs` whole shapes to inputs, and `trips` the
    number of rounds to loops; its batch is one of its own dimensions.
    """

    alpha: float | None = None
    rho: float | None = None
    res: tuple[int, int] | None = None
    depth: float | None = None
    length: int | None = None
    batch: int = 1
    variant: str | None = None
    settings: tuple[tuple[str, str], ...] = ()
    swap: tuple[tuple[str, str], ...] = ()
    dims: tuple[tuple[str, int], ...] = ()
    inputs: tuple[tuple[str, tuple[int, ...]], ...] = ()
    trips: tuple[tuple[str, int], ...] = ()


class Published(Record):
    """What `source` prints of a network at `scale`: counts, shares of them, accuracies.

    `printed` has `mult_adds`, `params`, `mult_adds_share`, `params_share`, `top1`, `top5` (of
    ImageNet) and `score` (of what `measure` names), those that it prints; of the `layer` or
    scope, or of all layers of a `kind`, where one is named. `convention` is the one that the
    numbers follow where they follow one, and `counted` the kinds of parameters where that
    differs. `note` is the whole table's, `remark` the row's own; `meant` says what a figure that
    does not come out turns out to be: `without fc`, `under flops`, `at alpha=0.75,res=160`.
    """

    source: str
    convention: str
    note: str
    scale: Scale
    printed: Mapping[str, Quantity]
    remark: str = ""
    layer: str = ""
    kind: str = ""
    meant: str = ""
    counted: tuple[str, ...] = ()
    measure: str = ""
    where: Where | None = None


class Effective(Record):
    """The scale a graph was built at, every knob resolved."""

    alpha: float = 1.0
    rho: float = 1.0
    res: tuple[int, ...] = ()
    depth: float = 1.0
    batch: int = 1
    variant: str | None = None
    settings: Mapping[str, str] = {}
    swap: Mapping[str, str] = {}


class Graph(Record):
    """A network at one scale: valid by construction, since only the builder makes it.

    Layers stand in execution order. `notes` are what a reader of the counts should know. `mixed`
    says that some channel count depends on the resolution or some map on the width, so that
    neither can be scaled apart from the other.
    """

    name: str
    inputs: tuple[Tensor, ...]
    layers: tuple[Layer, ...]
    outputs: tuple[Tensor, ...]
    scale: Effective = Effective()
    mixed: bool = False
    warnings: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


class Model(Protocol):
    """A spec or an exported graph, ready to be built at any scale."""

    @property
    def name(self) -> str:
        """The network's name, for titles."""
        ...

    @property
    def path(self) -> str:
        """The file it was read from, as the user wrote it."""
        ...

    @property
    def cite(self) -> str:
        """Where the network is published, or nothing."""
        ...

    def expectation(self, scale: Scale) -> Mapping[str, Quantity]:
        """What the file expects of `mult_adds` and `params` at `scale`; nothing if it is silent."""
        ...

    def graph(self, scale: Scale = ...) -> Graph:
        """The network at `scale`; raises an `InputError` where it cannot be."""
        ...
