"""The most bytes of activations that are alive at once, layer after layer in the graph's order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flopcalc.dtypes import bits_of
from flopcalc.record import Record

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flopcalc.errors import Where
    from flopcalc.graph import Graph, Layer
    from flopcalc.tensor import Tensor

# the same memory under another shape; a transposition or a concatenation is a copy
VIEWS = frozenset(
    {"flatten", "identity", "dropout", "Flatten", "Reshape", "Squeeze", "Unsqueeze", "Identity"}
)
_IN_PLACE = ("norm", "activation")


class Peak(Record):
    """The peak in bytes, the layer that first reaches it, and its line in a spec."""

    bytes: int
    layer: str = ""
    where: Where | None = None


def peak_activations(graph: Graph, dtype: str | None = None) -> Peak | None:
    """The peak of live activations while `graph` runs in its order; None where a size is unknown.

    While a layer runs, its inputs and outputs are alive, and whatever a later layer or the caller
    still needs. The network's inputs are alive until their last use, its outputs to the end. A
    norm or activation overwrites its first input where nothing else needs that; `VIEWS` take
    nothing; everything else writes new tensors, an addition too. Parameters, and what a kernel
    needs for itself, are apart: the node of an exported graph is one kernel, whatever layers it
    is counted as. With a `dtype`, as if all floats were of that one.

    The lower bound that no arrangement of a runtime's arena in this order can beat; the definition
    of Lin et al. 2020 (MCUNet), arXiv:2007.10319, section 3, and of TensorFlow Lite's planner.
    """
    return _Run(graph, dtype).peak()


class _Run:
    def __init__(self, graph: Graph, dtype: str | None) -> None:
        self.graph = graph
        self.dtype = dtype
        self.kernels = _kernels(graph)
        self.root: dict[int, int] = {}  # the buffer that a tensor lies in
        self.last: dict[int, int] = {}  # the last kernel that needs a buffer
        self.size: dict[int, int] = {}  # of the live buffers, in bytes
        self.inner: set[int] = set()  # tensors that never leave their kernel
        self.known: dict[tuple[object, str], int | None] = {}

    def peak(self) -> Peak | None:
        graph = self.graph
        self._uses()
        live = self._more([tensor for tensor in graph.inputs if self._of(tensor.id) in self.last])
        if live is None:
            return None
        most, at = live, 0
        for index, layers in enumerate(self.kernels):
            grown = self._start(index, layers)
            if grown is None:
                return None
            live += grown
            if live > most:
                most, at = live, index
            live -= self._end(index, layers)
        if not self.kernels:
            return Peak(most)
        return Peak(most, self.kernels[at][-1].name, self.kernels[at][-1].where)

    def _uses(self) -> None:
        """Who lies in whose buffer, and until when each is needed."""
        root, last = self.root, self.last
        for index, layers in enumerate(self.kernels):
            made: set[int] = set()
            for layer in layers:
                for tensor in layer.inputs:
                    own = root.get(tensor.id, tensor.id)
                    last[own] = index
                    if own in made:
                        self.inner.add(own)
                if layer.op.name in VIEWS and layer.inputs:
                    source = self._of(layer.inputs[0].id)
                    for tensor in layer.outputs:
                        if tensor.dtype == layer.inputs[0].dtype:
                            root[tensor.id] = source
                if len(layers) > 1:
                    made |= {tensor.id for tensor in layer.outputs}
            self.inner -= {self._of(t.id) for layer in layers for t in layer.inputs} - made
        for tensor in self.graph.outputs:
            last[self._of(tensor.id)] = len(self.kernels)
        self.inner -= {self._of(tensor.id) for tensor in self.graph.outputs}

    def _of(self, tensor: int) -> int:
        return self.root.get(tensor, tensor)

    def _start(self, index: int, layers: Sequence[Layer]) -> int | None:
        """Take what a kernel needs; by how many bytes that is more, None where unknown."""
        more = 0
        for layer in layers:
            if layer.op.opaque and not layer.outputs:
                return None
            # an input that no layer made is a carried value of a loop
            found = self._more(layer.inputs)
            grown = self._more(layer.outputs)
            if found is None or grown is None:
                return None
            more += found + grown
            alone = len(layers) == 1 and layer.inputs
            if grown and alone and layer.op.role in _IN_PLACE:
                given = self._of(layer.inputs[0].id)
                if self.last[given] == index and self.size[given] == grown:
                    self.size[given] = 0
                    more -= grown
        return more

    def _more(self, tensors: Sequence[Tensor]) -> int | None:
        """The bytes of those tensors that have no buffer yet; None where one is unknown."""
        more = 0
        for tensor in tensors:
            own = self._of(tensor.id)
            if own not in self.size:
                found = 0 if own in self.inner else self._bytes(tensor)
                if found is None:
                    return None
                self.size[own] = found
                more += found
        return more

    def _end(self, index: int, layers: Sequence[Layer]) -> int:
        """Give back what nothing needs any more; how many bytes that is."""
        less = 0
        for layer in layers:
            for tensor in (*layer.inputs, *layer.outputs):
                own = self._of(tensor.id)
                if self.last.get(own, -1) <= index:
                    less += self.size.pop(own, 0)
        return less

    def _bytes(self, tensor: Tensor) -> int | None:
        key = (tensor.shape, tensor.dtype)
        if key not in self.known:
            bits, elements = bits_of(tensor.dtype, self.dtype), tensor.elements
            whole = bits is not None and type(elements) is int  # else a size is only a name
            self.known[key] = (elements * (bits or 0) + 7) // 8 if whole else None
        return self.known[key]


def _kernels(graph: Graph) -> list[list[Layer]]:
    """The layers of each node of an exported graph together; each layer of a spec alone."""
    found: list[list[Layer]] = []
    before: Where | None = None
    for layer in graph.layers:
        place = layer.where
        node = place is not None and not place.line  # a spec has lines
        if found and node and place == before:
            found[-1].append(layer)
        else:
            found.append([layer])
        before = place
    return found
