"""An ONNX file as a model: its graph at its own size, or at one that its inputs are given."""

from __future__ import annotations

import gc
import os
from typing import TYPE_CHECKING

from flopcalc import dim
from flopcalc.errors import ScaleError, did_you_mean
from flopcalc.graph import Effective, Scale
from flopcalc.onnx_graph.order import OutOfOrderError, sort
from flopcalc.onnx_graph.read import read_file
from flopcalc.onnx_graph.remarks import remarks
from flopcalc.onnx_graph.scope import Scope
from flopcalc.onnx_graph.values import Value, default_axes, map_axes
from flopcalc.onnx_graph.walker import BUG, Walker
from flopcalc.tensor import Shaped

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flopcalc.dim import Dim
    from flopcalc.graph import Graph
    from flopcalc.onnx_graph.proto import Declared, GraphDef, ModelDef
    from flopcalc.quantity import Quantity

_INSTEAD = {  # knobs of specs that an exported graph does not have, and what it has
    "alpha": "'flopcalc analyze MODEL --alpha 0.5' scales a graph's widths, hypothetically",
    "rho": "--res sets the resolution: --res 192",
    "depth": "its layers are those it was exported with",
    "length": "--dim gives a named length a value, --input any input a shape: --input ids=1x128",
    "variant": "an export is one network: each variant is a file of its own",
    "swap": "'flopcalc analyze MODEL --swap sep=conv' exchanges its convolutions, hypothetically",
    "settings": "--dim gives a named dimension a value: --dim N=1",
}
_WORDS = {
    "depth": "--depth-scale",
    "length": "--len",
    "settings": "--set",
}


class OnnxModel:
    """A network read from an ONNX file; the `Model` of the ONNX reader."""

    def __init__(self, definition: ModelDef, path: str) -> None:
        assert definition.graph is not None
        self.definition = definition
        self.source: GraphDef = definition.graph
        self._path = path
        self._sorted = False  # whether its nodes are in order as far as they can be

    @property
    def name(self) -> str:
        """The file's name without its ending: exporters call most graphs `main_graph`."""
        return os.path.splitext(os.path.basename(self._path))[0]  # noqa: PTH119, PTH122 - pathlib is slow

    @property
    def path(self) -> str:
        """The file, as the user wrote it."""
        return self._path

    @property
    def cite(self) -> str:
        """Nothing: a file does not say where its network is published."""
        return ""

    def expectation(self, scale: Scale) -> Mapping[str, Quantity]:  # noqa: ARG002 - a Model's
        """Nothing: a file does not say what to expect of it."""
        return {}

    def graph(self, scale: Scale = Scale()) -> Graph:  # noqa: B008 - immutable
        """The network at the sizes of the file, or those that `scale` gives its inputs.

        Raises `ScaleError` for a knob that an exported graph does not have, or a size that a
        node of it forbids.
        """
        _refuse_knobs(scale)
        walker, scope = self._walk(scale)
        if walker.misfits and scale.dims:
            self._refuse_sizes(scale, walker)
        for name in walker.trips:
            if name not in walker.loops:
                hint = did_you_mean(name, walker.loops) or "there is no loop in this graph"
                raise ScaleError(f"no loop named '{name}'", hint=hint)
        outputs = [scope.find(declared.name) for declared in self.source.outputs]
        tensors = [value.tensor or walker.tensor(value) for value in outputs if value is not None]
        graph = walker.builder.finish(
            self.name,
            tuple(tensors),
            scale=_effective(scale),
            warnings=self._warnings(walker),
        )
        return graph._replace(notes=(*remarks(self.source.nodes), *dict.fromkeys(walker.notes)))

    def _refuse_sizes(self, scale: Scale, walker: Walker) -> None:
        """Raise `ScaleError` if a node is wrong at the sizes of dimensions, and not without."""
        free, _ = self._walk(scale._replace(dims=()))
        for name, (node, error) in walker.misfits.items():
            if name not in free.misfits:
                sizes = ", ".join(f"{size} = {n}" for size, n in scale.dims)
                raise walker.forbids(sizes, node, error)

    def _walk(self, scale: Scale) -> tuple[Walker, Scope]:
        """The layers at a scale, and what the names of the graph stand for."""
        dim.renew_budget()
        bound = dict(scale.dims)
        walker = Walker(
            self._path,
            self.definition.functions,
            bound=bound,
            scaled=_scaled(scale),
            trips=dict(scale.trips),
        )
        scope = Scope(self.definition.opsets)
        scope.nodes = () if self._sorted else self.source.nodes
        scope.stored = {tensor.name: tensor for tensor in self.source.initializers}
        if not bound:
            scope.hints = {d.name: d for d in (*self.source.values, *self.source.outputs)}
        with _Uncollected():
            self._inputs(walker, scope, scale)
            try:
                walker.run(self.source.nodes, scope, as_listed=True)
            except OutOfOrderError:  # few files are, and to look first would cost the others
                self.source.nodes = sort(self.source.nodes)
                self._sorted = True
                return self._walk(scale)
        return walker, scope

    def _warnings(self, walker: Walker) -> tuple[str, ...]:
        return tuple(
            f"{layer.name}: {layer.op.opaque}"
            for layer in walker.builder.layers
            if layer.op.opaque and layer.op.opaque.startswith(BUG)
        )

    def _inputs(self, walker: Walker, scope: Scope, scale: Scale) -> None:
        declared = [d for d in self.source.inputs if d.name not in scope.stored]
        given = dict(scale.inputs)
        for name in given:
            if name not in {d.name for d in declared}:
                hint = did_you_mean(name, [d.name for d in declared])
                raise ScaleError(f"no input named '{name}'", hint=hint)
        resized = False
        for item in declared:
            value = walker.declared(item)
            if item.name in given:
                value = _given(value, given[item.name])
            if scale.res is not None and value.shape is not None and len(value.shape) >= 4:
                value.shape = _resized(value.shape, scale.res)
                resized = True
            value.axes = _input_axes(value)
            scope.values[item.name] = value
            if value.shape is None:
                value.tensor = walker.tensor(value)
                walker.builder.inputs.append(value.tensor)
            else:
                shaped = Shaped(value.shape, value.axes)  # type: ignore[arg-type]  # see tensor.py
                value.tensor = walker.builder.input(shaped, dtype=value.dtype)
        if scale.res is not None and not resized:
            raise ScaleError("no input has a resolution", hint="--input sets any shape")
        names = {name for d in declared for name in _names(d)}
        for name in dict(scale.dims):
            if name not in names:
                hint = did_you_mean(name, names) or "its dimensions are all numbers"
                raise ScaleError(f"no dimension named '{name}'", hint=hint)


def load_onnx(path: str) -> OnnxModel:
    """The model of the ONNX file at `path`; its weights are not read.

    Raises `FileError` for a file that cannot be read, or is none.
    """
    with _Uncollected():
        return OnnxModel(read_file(path), path)


class _Uncollected:
    """No garbage collection: a large graph is all live objects, and to look at them costs half."""

    __slots__ = ("_enabled",)

    def __enter__(self) -> None:
        self._enabled = gc.isenabled()
        gc.disable()

    def __exit__(self, *exception: object) -> None:
        if self._enabled:
            gc.enable()


def _refuse_knobs(scale: Scale) -> None:
    """Raise `ScaleError` for a knob that only specs have."""
    for knob, hint in _INSTEAD.items():
        if getattr(scale, knob):
            message = f"{_WORDS.get(knob, f'--{knob}')} does not apply to an exported graph"
            raise ScaleError(message, hint=hint)
    if scale.batch != 1:
        message = "--batch does not apply to an exported graph"
        raise ScaleError(message, hint="the batch is one of its dimensions: --dim N=8, or --input")


def _effective(scale: Scale) -> Effective:
    """The scale as reports echo it: a resolution, dimensions and rounds by name."""
    named = {name: str(n) for name, n in (*scale.dims, *scale.trips)}
    return Effective(res=scale.res or (), settings=named)


def _scaled(scale: Scale) -> str:
    """What is asked of the graph that it was not exported at, in words; nothing if nothing is."""
    if scale.res is not None:
        return f"resolution {'x'.join(map(str, scale.res))}"
    if scale.inputs:
        name, shape = scale.inputs[0]
        return f"input '{name}' of {'x'.join(map(str, shape))}"
    return ""


def _given(value: Value, shape: tuple[int, ...]) -> Value:
    if value.shape is not None and len(value.shape) != len(shape):
        message = f"{len(shape)} sizes for input '{value.name}' of {len(value.shape)} dimensions"
        raise ScaleError(message, hint=f"it is {'x'.join(map(str, value.shape))} in the file")
    if shape and min(shape) < 0:
        raise ScaleError(f"a negative size for input '{value.name}'", hint="--input x=1x3x192x192")
    return Value(value.name, shape, value.dtype)


def _resized(shape: tuple[Dim, ...], res: tuple[int, int]) -> tuple[Dim, ...]:
    """The two spatial sizes replaced; channels stand last where only there they can be."""
    last, first = shape[-1], shape[1]
    flat = isinstance(last, int) and last <= 4 and not (isinstance(first, int) and first <= 4)
    return (*shape[:-3], *res, last) if flat else (*shape[:-2], *res)


def _input_axes(value: Value) -> str:
    rank = len(value.shape or ())
    if rank == 2 and value.dtype.startswith(("int", "uint")):
        return "nl"  # token ids
    return (map_axes(rank) if rank >= 4 else None) or default_axes(rank)


def _names(declared: Declared) -> list[str]:
    """The names of an input's dimensions; those without one are called after it."""
    sizes = declared.shape or ()
    found = []
    for i, size in enumerate(sizes):
        if isinstance(size, str):
            found.append(size)
        elif size is None:
            found.append(f"{declared.name}_{i}")
    return [*found, f"{declared.name}_length"] if declared.kind == "sequence" else found
