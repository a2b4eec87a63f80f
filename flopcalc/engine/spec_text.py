"""A graph as a flat spec that analyzes to the same numbers: what `flopcalc convert` writes."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from flopcalc.engine.spec_steps import own_params, quoted, sizes_text, with_params, without_params
from flopcalc.errors import ScaleError
from flopcalc.op import OPERATIONS, PARAMETERS
from flopcalc.ops.elementwise import ADD, MUL
from flopcalc.ops.pool import GLOBAL_AVG_POOL
from flopcalc.record import Record
from flopcalc.tensor import product

if TYPE_CHECKING:
    from flopcalc.engine.count import Analysis, LayerCost
    from flopcalc.graph import Layer
    from flopcalc.tensor import Tensor

    Form: TypeAlias = tuple[str, tuple[int, ...], int | None]  # kind, spatial sizes, channels

_MAX_NAME = 100
_MAX_NUMBER = 10**12  # of the language
_MAX_SIZE = 10**6  # likewise
_RESERVED = (  # names that expressions of the language have
    *("in", "input", "inputs", "ch", "h", "w", "len", "i", "alpha", "rho", "depth", "classes"),
    *("true", "false", "and", "or", "not", "if", "else"),
)


class Said(Record):
    """How the language holds a tensor: the step that made it, what it is, sizes and channels.

    It is a `vector`, a `sequence`, a `map`, or the `ids` of tokens, which have no channels.
    """

    step: str
    kind: str
    sizes: tuple[int, ...]
    channels: int | None

    @property
    def form(self) -> Form:
        """What two tensors must share to be one shape of the language."""
        return self.kind, self.sizes, self.channels

    @property
    def rank(self) -> tuple[str, int]:
        """What a `custom` step cannot change."""
        return self.kind, len(self.sizes)


class Written(Record):
    """A step: its own keys, the step it reads where that is not the one before, its name."""

    keys: str
    source: str
    name: str

    def text(self, named: set[str]) -> str:
        """As the file has it; a name that nothing needs is left out."""
        source = f", from: {self.source}" if self.source else ""
        name = f", name: {self.name}" if self.name in named else ""
        plain = not (source or name) and self.keys.isidentifier()
        return self.keys if plain else f"{{{self.keys}{source}{name}}}"


def spec_text(analysis: Analysis, source: str) -> tuple[str, dict[int, Layer]]:
    """The spec of a graph of known sizes and one sample, each layer a step; `source` is its file.

    Returns the text, and the layer that each of its lines stands for. Layers that the language
    lacks become `custom` steps with the same counts. Raises `ScaleError`, naming the layer, for
    what it cannot say.
    """
    try:
        writer = _written(analysis, tokens=False)
    except _VectorError:
        writer = _written(analysis, tokens=True)
    name = analysis.graph.name
    head = [
        "flopcalc: 1",
        f"name: {quoted(name)}",
        f"note: {quoted(f'converted from {source}: sizes and norms are those of the export')}",
        *writer.inputs(),
    ]
    outputs = writer.outputs()
    body = [f"  - {step.text(writer.named)}" for step in writer.steps]
    lines = dict(enumerate(writer.layers, len(head) + 2))
    return "\n".join([*head, "body:", *body, *outputs]) + "\n", lines


def _written(analysis: Analysis, *, tokens: bool) -> _Writer:
    writer = _Writer(analysis, tokens=tokens)
    for cost in analysis.layers:
        writer.layer(cost)
        writer.layers += [cost.layer] * (len(writer.steps) - len(writer.layers))
    return writer


class _VectorError(Exception):
    """The language cannot make anything else of a vector."""


class _Writer:
    """Writes steps in the order of the layers.

    With `tokens` a vector is said as a sequence of one token, of which all can be made.
    """

    def __init__(self, analysis: Analysis, *, tokens: bool) -> None:
        self.graph = analysis.graph
        self.tokens = tokens
        self.steps: list[Written] = []
        self.layers: list[Layer] = []  # of each step
        self.named: set[str] = set()
        self.taken: set[str] = set(_RESERVED)
        self.said: dict[int, Said] = {}
        self.given: dict[str, str] = {}
        self.last = ""
        for i, tensor in enumerate(self.graph.inputs):
            self.said[tensor.id] = self._input(tensor, i)
        self.last = next((said.step for said in self.said.values()), "")

    def inputs(self) -> list[str]:
        """The `inputs` of the file."""
        return ["inputs:", *(f"  {name}: {size}" for name, size in self.given.items())]

    def outputs(self) -> list[str]:
        """The `outputs` of the file, where they are more than the last step."""
        names = [self.said[t.id].step for t in self.graph.outputs if t.id in self.said]
        names = [name for name in dict.fromkeys(names) if name not in self.given]
        if not names or names == [self.last]:
            return []
        self.named.update(names)
        return [f"outputs: [{', '.join(names)}]"]

    def layer(self, cost: LayerCost) -> None:
        """Add the steps of a layer."""
        layer = cost.layer
        if layer.op.opaque is not None:
            raise _unsayable(layer, f"it is not counted: {layer.op.opaque}")
        xs = [self.said[t.id] for t in layer.inputs if t.id in self.said]
        if not xs:  # made of stored tensors alone: counted beside what comes in
            xs = [self.said[t.id] for t in self.graph.inputs[:1]]
        if not xs:
            raise _unsayable(layer, "the network has no input")
        if layer.op.free and not cost.own and layer.outputs:
            self._moved(layer, xs)
            return
        name = self._name(layer.name)
        if cost.carries:
            self.named.add(name)
        y = self._form(layer, layer.outputs[0]) if layer.outputs else xs[0].form
        keys = self._native(cost, xs, y)
        if keys in {"bn", "ln"} and y[2] != layer.params[0].elements:
            keys = None  # its channels would be others
        if keys is not None:
            plain = keys.isidentifier() and keys != "global_avg_pool"  # keeps its input's shape
            x = self._as_read(layer, xs[0], y if plain else self._form(layer, layer.inputs[0]))
        else:
            x, y = self._fitting(layer, self._joined(layer, xs), y)
            keys = self._custom(cost, y, x)
        self._add(keys, name, x.step)
        for tensor in layer.outputs:
            form = self._form(layer, tensor)
            made = Said(name, *y)
            self.said[tensor.id] = (
                made if form == y else self._resized(layer, made, form, f"{name}_part")
            )

    def _fitting(self, layer: Layer, x: Said, y: Form) -> tuple[Said, Form]:
        """An input, and an output of the rank that a `custom` step makes of it."""
        if x.kind == "ids":
            return x, (y if y[0] in {"ids", "sequence"} else ("sequence", x.sizes, y[2]))
        if x.rank != (y[0], len(y[1])):
            x = self._reshaped(layer, x, y[0], len(y[1]))
        return x, y

    def _moved(self, layer: Layer, xs: list[Said]) -> None:
        """A layer that only moves data needs no step, or one that costs nothing."""
        for tensor in layer.outputs:
            form = self._form(layer, tensor)
            x = self._joined(layer, xs)
            if x.form != form and x.kind != "ids":  # ids stay what they are
                x = self._resized(layer, x, form, self._name(layer.name))
            self.said[tensor.id] = x

    def _as_read(self, layer: Layer, x: Said, form: Form) -> Said:
        """What a layer reads in the shape in which it reads it."""
        if x.form == form:
            return x
        return self._resized(layer, x, form, f"{self._name(layer.name)}_input")

    def _native(self, cost: LayerCost, xs: list[Said], y: Form) -> str | None:
        """The language's own step for a layer, None where it would count something else."""
        layer, op = cost.layer, cost.layer.op
        if len(layer.outputs) != 1 or layer.times != 1 or layer.inputs[0].id not in self.said:
            return None
        if y[1] and y[2] != layer.outputs[0].channels:
            return None  # more positions than the language has
        if layer.inputs[0].is_map and layer.inputs[0].batch != 1:
            return None  # windows of a map, say
        if layer.params:
            stored: dict[str, int] = {}
            for param in layer.params:
                stored[param.kind] = stored.get(param.kind, 0) + param.elements
            own = len(cost.own) == len(layer.params) and own_params(layer) == stored
            return with_params(layer) if own else None
        if op in {ADD, MUL} and len(xs) == len(layer.inputs) == 2:
            return self._operand(op.name, xs, y)
        tokens = self.tokens and not layer.outputs[0].is_map
        return None if op is GLOBAL_AVG_POOL and tokens else without_params(layer)

    def _operand(self, name: str, xs: list[Said], y: Form) -> str | None:
        """A sum or product of two steps, broadcast as the language does it."""
        one, other = xs
        if one.form != y and other.form == y:
            return None  # the order is that of the graph
        if one.form != y or one.rank != other.rank or one.step == other.step:
            return None
        sides = zip((*y[1], y[2]), (*other.sizes, other.channels), strict=True)
        if not all(b in {a, 1} for a, b in sides):
            return None
        self.named.add(other.step)
        return f"{name}: {other.step}"

    def _custom(self, cost: LayerCost, y: Form, x: Said) -> str:
        """A layer by its counts."""
        parts = [f"custom: {quoted(cost.layer.op.kind)}"]
        _, sizes, channels = y
        if channels is not None and channels != x.channels:
            parts.append(f"out: {channels}")
        if sizes and sizes != x.sizes:
            parts.append(f"size: {sizes_text(sizes)}")
        counts = {**{k: cost.counts.get(k, 0) for k in OPERATIONS}, **cost.params_by_kind}
        found = {k: n for k, n in counts.items() if n}
        for kind in (*OPERATIONS, *PARAMETERS):
            if kind in found:
                if found[kind] > _MAX_NUMBER:
                    raise _unsayable(cost.layer, f"{found[kind]:,} is more than 10^12")
                parts.append(f"{kind}: {found[kind]}")
        if not found:
            parts.append("mac: 0")
        return ", ".join(parts)

    def _joined(self, layer: Layer, xs: list[Said]) -> Said:
        """The inputs as one: concatenated, which costs nothing, so that each is used."""
        first, *others = dict.fromkeys(xs)
        others = [x for x in others if x.step != first.step and x.channels is not None]
        if first.channels is None or not others:
            return first
        parts = [first]
        for x in others:
            if (x.kind, x.sizes) == (first.kind, first.sizes):
                parts.append(x)
            elif x.sizes:  # a vector cannot be joined to a map
                form = first.kind, first.sizes, 1
                parts.append(self._resized(layer, x, form, f"{x.step}_beside"))
        if len(parts) == 1:
            return first
        name = self._free("joined")
        self.named.update(x.step for x in parts)
        self._add(f"concat: [{', '.join(x.step for x in parts)}]", name, self.last)
        return Said(name, first.kind, first.sizes, sum(x.channels or 0 for x in parts))

    def _resized(self, layer: Layer, x: Said, form: Form, name: str) -> Said:
        """`x` in another shape, by steps that cost nothing."""
        kind, sizes, channels = form
        if x.rank != (kind, len(sizes)):
            x = self._reshaped(layer, x, kind, len(sizes))
        if x.form == form:
            return x
        parts = ["custom: moved"]
        if channels != x.channels:
            parts.append(f"out: {channels}")
        if sizes != x.sizes:
            parts.append(f"size: {sizes_text(sizes)}")
        name = self._free(name)
        self._add(", ".join([*parts, "mac: 0"]), name, x.step)
        return Said(name, kind, sizes, channels)

    def _reshaped(self, layer: Layer, x: Said, kind: str, axes: int) -> Said:
        """`x` as a vector, a sequence, or a map of some axes; of whatever size is at hand."""
        if x.channels is None or kind == "ids":
            raise _unsayable(layer, "token ids become something else than features")
        if x.kind == "vector":
            raise _VectorError
        if kind == "map" and x.kind == "map":
            x = self._reshaped(layer, x, "sequence", 1)
        name = self._free(f"{self._name(layer.name)}_{kind}")
        made: tuple[int, ...] = ()
        channels = x.channels or 1  # token ids have been refused
        if kind == "vector" and x.kind == "sequence":
            step = "take: 0"
        elif kind == "vector":
            step, channels = "flatten", channels * product(x.sizes)
        elif kind == "sequence":
            step, made = "tokens", (product(x.sizes),)
        else:
            made = (x.sizes[0], *(1,) * (axes - 1))
            step = f"untokens: [{', '.join(map(str, made))}]"
        self._add(step, name, x.step)
        return Said(name, kind, made, channels)

    def _add(self, keys: str, name: str, source: str) -> None:
        if source == self.last:
            source = ""
        else:
            self.named.add(source)
        self.steps.append(Written(keys, source, name))
        self.last = name

    def _input(self, tensor: Tensor, i: int) -> Said:
        where = f"input {i + 1} ({tensor.text()})"
        shape = tensor.shape
        if not all(type(n) is int for n in shape):
            hint = "give the named dimensions values: --dim N=1"
            raise ScaleError(f"{where} has no fixed size", hint=hint)
        if 0 in shape:
            raise ScaleError(f"{where} is empty", hint="--dim or --input gives it sizes")
        if tensor.is_map and shape[0] != 1:
            hint = "--dim or --input gives it one sample"
            raise ScaleError(f"{where} has a batch of {shape[0]}", hint=hint)
        name = self._free("x" if len(self.graph.inputs) == 1 else f"x{i + 1}")
        kind, sizes, channels = self._shape(tensor)
        if channels is None:
            self.given[name] = f"{{tokens: {sizes[0]}}}"
        elif sizes:
            kind = "map"  # the language has no other input of several positions
            self.given[name] = "x".join(map(str, (*sizes, channels)))
        else:
            self.given[name] = f"{{c: {channels}}}"
        return Said(name, kind, sizes, channels)

    def _form(self, layer: Layer, tensor: Tensor) -> Form:
        if not all(type(n) is int for n in tensor.shape):
            raise _unsayable(layer, f"its output {tensor.text()} has no fixed size")
        return self._shape(tensor)

    def _shape(self, tensor: Tensor) -> Form:
        """Spatial sizes and channels; what is no map is a sequence of all but its last axis."""
        one = tensor.axes[:1] == "n" and tensor.shape[0] == 1
        shape = tensor.shape[1:] if one else tensor.shape
        if tensor.axes == "nl" and one:
            return "ids", shape, None
        if tensor.is_map and one:
            return "map", shape[1:], shape[0]
        if len(shape) > 1:
            rows = len(shape) - 1
            while rows > 1 and product(shape[:rows]) > _MAX_SIZE:
                rows -= 1
            return "sequence", (product(shape[:rows]),), product(shape[rows:])
        if self.tokens:
            return "sequence", (1,), product(shape)
        return "vector", (), product(shape)

    def _name(self, wanted: str) -> str:
        plain = "".join(c if c.isascii() and (c.isalnum() or c == "_") else "_" for c in wanted)
        plain = plain.strip("_")[: _MAX_NAME - 12] or "step"
        return self._free(plain if not plain[0].isdigit() else f"n{plain}")

    def _free(self, wanted: str) -> str:
        name, n = wanted, 2
        while name in self.taken:
            name, n = f"{wanted}_{n}", n + 1
        self.taken.add(name)
        return name


def _unsayable(layer: Layer, why: str) -> ScaleError:
    message = f"a spec cannot say '{layer.name}' ({layer.op.name}): {why}"
    return ScaleError(message, where=layer.where, hint="analyze and compare read the graph itself")
