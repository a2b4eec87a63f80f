"""Steps become layers: calls are bound, blocks unfolded, repeats counted, names kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flopcalc.errors import InputError, LimitError, ScaleError, ShapeError, SpecError, did_you_mean
from flopcalc.spec.arguments import Binder
from flopcalc.spec.calls import ALPHA_WORDS
from flopcalc.spec.scaling import check_multiplier, deepened
from flopcalc.spec.scope import SPATIAL_NAMES, Frame, StepScope, Widened
from flopcalc.spec.value import NOMINAL, SCALED, Value, integral
from flopcalc.spec.values import MAX_CHANNELS, Reader
from flopcalc.spec.written import Branch, Listing, Word, names_in
from flopcalc.tensor import Param, Tensor, product

if TYPE_CHECKING:
    from flopcalc.build import Builder
    from flopcalc.graph import Layer
    from flopcalc.op import Attrs, Op
    from flopcalc.spec.calls import Call
    from flopcalc.spec.grammar import Block, Spec
    from flopcalc.spec.settings import Settings
    from flopcalc.spec.written import Written

MAX_STEPS = 20_000
MAX_LAYERS = 5_000
MAX_REPEAT = 1_000
MAX_TIMES = 10**9
MAX_BLOCK_DEPTH = 12
MAX_DEPTH = 64
NOTHING: Attrs = {}

_new = tuple.__new__  # a Record of all its fields, at a third of the time


class Elaborator:
    """Runs the steps of one spec at one scale into a builder."""

    def __init__(self, spec: Spec, settings: Settings, builder: Builder) -> None:
        self.spec = spec
        self.settings = settings
        self.builder = builder
        self.alpha = settings.alpha  # the multiplier in force: a step may override it
        mixes: dict[tuple[Written, str], None] | None = None if settings.alpha == 1 else {}
        self.reader = Reader(spec.source, self._channels, mixes)
        self.binder = Binder(self)
        self.budget = MAX_STEPS
        self.depth = 0
        self.times = 1  # how often the step being emitted runs with the same parameters
        self.blocks: list[str] = []
        self.mixed = False
        self.widened: Widened | None = None  # the last channel count that α changed
        self.passed: dict[str, Widened] = {}  # of the block being called
        self.words: dict[str, Word] = {}  # likewise
        self.changed: dict[int, Widened] = {}  # tensor id → how α changed its channels
        self.inner: dict[str, Tensor] = {}  # the named steps of the block that ran last
        self.makers: dict[int, Layer] = {}  # tensor id → the layer it comes from
        self.named: dict[str, Layer] = {}
        self.alike: dict[object, Layer] = {}  # by op, attributes, shapes: what a repeat repeats
        self.swaps = dict.fromkeys(settings.swap, 0)  # how often each applied
        self.file_frame = Frame(settings.globals)
        self._path = ""  # the scope of the step being emitted
        self._where: Any = None
        self.call: Any = None  # the step being emitted

    def run(self, inputs: dict[str, Tensor]) -> tuple[Tensor, Frame]:
        """Run the body; returns its last output and the frame with every named step."""
        frame = self.file_frame
        frame.steps.update(inputs)
        x = next(iter(inputs.values()))
        frame.input = x
        return self.steps(self.spec.body, x, frame, "", None), frame

    def done(self) -> None:
        """Let go of what points back here: it would stay in memory until a search for garbage."""
        del self.binder, self.reader

    def steps(
        self, calls: tuple[Call, ...], x: Tensor, frame: Frame, path: str, i: int | None
    ) -> Tensor:
        """Run steps in order, each on the output of the one before."""
        self.depth += 1
        if self.depth > MAX_DEPTH:
            where = self.spec.source.where(calls[0].node) if calls else None
            hint = "fewer blocks within blocks"
            raise LimitError(f"steps nested deeper than {MAX_DEPTH}", where=where, hint=hint)
        for call in calls:
            x = self._step(call, x, frame, path, i)
        self.depth -= 1
        return x

    def _step(self, call: Call, x: Tensor, frame: Frame, path: str, i: int | None) -> Tensor:
        source = x if call.from_ is None else self.tensor(call.from_, frame)
        scope = StepScope(frame, source, i)
        self.charge(call)
        if call.when is not None:
            if not self.reader.truth(call.when, scope):
                self.inner = {}
                self._remember(call, source, frame)
                return source
            if scope.spatial and names_in(call.when) <= SPATIAL_NAMES:
                scope.spatial = False  # maps alone decide, whatever the width
        alpha = self.alpha
        if call.alpha is not None:
            self.alpha = self._override(call.alpha, scope)
        if call.repeat is None:
            y = self._copy(call, source, frame, path + call.label, i, first=True)
        else:
            y = source
            for n in range(self._repeats(call, scope)):
                self.charge(call)
                y = self._copy(call, y, frame, f"{path}{call.label}.{n}", n, first=n == 0)
                if call.name:
                    self._name(f"{call.name}.{n}", call, y, frame)
        self.alpha = alpha
        if scope.spatial:
            self.mixed = True
        if call.shape is not None and self.settings.unmodified:
            self._check_shape(call, y)
        self._remember(call, y, frame)
        return y

    def charge(self, call: Call, steps: int = 1) -> None:
        """Take from the budget of steps; raises `LimitError` when it is spent."""
        self.budget -= steps
        if self.budget < 0:
            where = self.spec.source.where(call.node)
            hint = "fewer repeats of blocks within blocks"
            raise LimitError(f"more than {MAX_STEPS:,} steps", where=where, hint=hint)

    def _repeats(self, call: Call, scope: StepScope) -> int:
        assert call.repeat is not None
        value = self.reader.integer(call.repeat, scope, 0, MAX_REPEAT)
        count = int(value.number)
        if value.state == NOMINAL:
            count = deepened(count, self.settings.depth)
        if count > MAX_REPEAT:
            where = self.spec.source.where(call.repeat.node)
            message = f"depth {self.settings.depth:g} makes {count:,} repeats of {value.number}"
            hint = f"the limit is {MAX_REPEAT:,}: use a smaller depth"
            raise LimitError(message, where=where, hint=hint)
        return count

    def _runs(self, written: Written, scope: StepScope) -> int:
        """How often a step runs in all, the steps around it included."""
        value = self.reader.integer(written, scope, 1, MAX_TIMES)
        runs = self.times * int(value.number)
        if runs > MAX_TIMES:
            where = self.spec.source.where(written.node)
            raise LimitError(f"more than {MAX_TIMES:,} runs of one step", where=where)
        self.mixed = self.mixed or scope.spatial or value.state == SCALED
        return runs

    def _override(self, written: Written, scope: StepScope) -> float:
        if isinstance(written, Word) and written.text in ALPHA_WORDS:
            return 1.0 if written.text == "fixed" else max(1.0, self.alpha)
        if isinstance(written, Word) and scope.get(written.text) is None:
            hint = did_you_mean(written.text, ALPHA_WORDS, otherwise="fixed, no_shrink or a number")
            raise self.reader.error(written, f"unknown multiplier '{written.text}'", hint)
        number = self.reader.number(written, scope).number
        if isinstance(number, bool):
            raise self.reader.error(written, "'alpha' is a number", "fixed, no_shrink or 0.5")
        try:
            return check_multiplier("alpha", float(number))
        except ScaleError as error:
            error.where = self.spec.source.where(written.node)
            raise

    def _copy(
        self, call: Call, x: Tensor, frame: Frame, path: str, i: int | None, *, first: bool
    ) -> Tensor:
        written = {**call.args, **call.first} if first and call.first else call.args
        scope = StepScope(frame, x, i)
        saved = self._path, self._where, self.times, self.call
        self._path, self._where, self.call = path, self.spec.source.place(call.node), call
        self.widened = None
        try:
            if call.times is not None:
                self.times = self._runs(call.times, scope)
            return self._invoke(call, written, scope)
        except InputError as error:
            if error.where is None or error.where == self._where:  # with the line's text
                error.where = self.spec.source.where(call.node)
                error.hint = _own_input(call, written, frame) or error.hint
            raise
        finally:
            self._path, self._where, self.times, self.call = saved

    def _invoke(self, call: Call, written: dict[str, Written], scope: StepScope) -> Tensor:
        """Bind the arguments and run the op or block that the step names, or its swap."""
        kept = call.op not in self.settings.swap
        args: dict[str, Any]
        if call.step is None:
            self.inner = {}
            block = self.spec.blocks[call.op]
            args = self.binder.block(call, block, written, scope)
            if kept:
                return self.block(call, block, args, scope.x)
        else:
            args = self.binder.step(call, call.step, written, scope)
            if kept:
                return call.step.expand(self.emit, scope.x, args)
        from flopcalc.spec.swap import swapped  # here, since few runs swap

        self.swaps[call.op] += 1
        return swapped(self, call, args, set(written), scope.x)

    def block(self, call: Call, block: Block, values: dict[str, Any], x: Tensor) -> Tensor:
        """Run the body of a block on `x` with its parameters bound."""
        if len(self.blocks) >= MAX_BLOCK_DEPTH:
            hint = "put the steps of one block into another"
            raise LimitError(f"blocks nested deeper than {MAX_BLOCK_DEPTH}", hint=hint)
        frame = Frame(self.settings.globals, values, block.name)
        frame.widened, self.passed = self.passed, {}
        frame.words, self.words = self.words, {}
        frame.input = x
        frame.steps["input"] = x
        self.blocks.append(block.name)
        try:
            y = self.steps(block.body, x, frame, f"{self._path}.", None)
        except InputError as error:
            line = getattr(call.node, "line", 0)
            error.chain += (f"in block '{block.name}', called from line {line}",)
            raise
        self.blocks.pop()
        self.inner = frame.steps
        return y

    def branch(self, calls: tuple[Call, ...], x: Tensor, frame: Frame, part: str, i: Any) -> Tensor:  # noqa: ANN401 - int or None
        """Run a branch of the step being emitted, under its name and `part`."""
        path = f"{self._path}.{part}." if part else f"{self._path}."
        return self.steps(calls, x, frame, path, i)

    def operands(
        self, written: Written, x: Tensor, frame: Frame, i: int | None
    ) -> tuple[Tensor, ...]:
        """A name joins the step's own input; a list stands for itself."""
        if isinstance(written, Word):
            return (x, self.tensor(written, frame))
        assert isinstance(written, Listing)
        if not written.items:
            hint = "name steps, or write branches; [[]] is the step's own input"
            raise self.reader.error(written, "no operands", hint)
        self.charge(self.call, len(written.items))
        return tuple(
            self.tensor(item, frame)
            if isinstance(item, Word)
            else self.branch(item.calls, x, frame, str(n), i)
            if isinstance(item, Branch)
            else x
            for n, item in enumerate(written.items)
        )

    def tensor(self, written: Word, frame: Frame) -> Tensor:
        """The output of a named step, or of what a `ref` parameter stands for."""
        name = written.text
        passed = frame.values.get(name, frame.globals.get(name))
        if isinstance(passed, Tensor):
            return passed
        if name in frame.steps:
            return frame.steps[name]
        if isinstance(passed, str):  # a word that was passed on
            if passed in frame.steps:
                return frame.steps[passed]
            message = f"'{name}' is '{passed}', which is no step of this body"
            hint = f"declare the parameter as '{name}: ref' to pass a step"
            raise self.reader.error(written, message, hint)
        nearest = did_you_mean(name, frame.steps, otherwise="name a step with 'name:' before it")
        raise self.reader.error(written, f"no step named '{name}' before this one", nearest)

    def emit(
        self,
        op: Op,
        *inputs: Tensor,
        part: str = "",
        attrs: Attrs = NOTHING,
        tied: str | None = None,
    ) -> Tensor:
        """Add a layer in the scope of the step being expanded (the `Emit` of steps)."""
        name = f"{self._path}.{part}" if part else self._path
        key = (op, self.times, tuple(attrs.items()), *[x[1:] for x in inputs])
        like = None if tied else self.alike.get(key)
        if like is not None:
            start = len(like.name)
            params = tuple([_new(Param, (name + p.id[start:], *p[1:])) for p in like.params])
            (y, *_) = self.builder.again(like, name, inputs, params, self._where)
        else:
            own = self._tied(tied, op, inputs, attrs, name) if tied else None
            (y, *_) = self.builder.add(
                op, inputs, attrs, name=name, where=self._where, params=own, times=self.times
            )
        layer = self.builder.layers[-1]
        if like is None and not tied:
            self.alike[key] = layer
        self.makers[y.id] = layer
        if self.named.setdefault(name, layer) is not layer:  # their parameters would be one
            message = f"two layers would be called '{name}'"
            raise SpecError(message, hint="give one of the steps another 'name:'")
        if self.widened and op.role == "compute" and y.channels == self.widened.scaled:
            self.changed[y.id] = self.widened
        return y

    def _tied(
        self, tied: str, op: Op, inputs: tuple[Tensor, ...], attrs: Attrs, name: str
    ) -> tuple[Param, ...]:
        """The layer's own parameters, its weight exchanged for that of the layer `tied`."""
        layer = self.named[tied]
        weight = next(param for param in layer.params if param.kind == "weight")
        outputs = tuple(Tensor(0, y.shape, y.axes) for y in op.shape(inputs, attrs))
        params = []
        for own in op.params(inputs, outputs, attrs) if op.params else ():
            if own.kind != "weight":
                params.append(Param(f"{name}.{own.name}", own.kind, own.shape))
                continue
            if product(own.shape) != weight.elements:
                sizes = ["×".join(map(str, shape)) for shape in (weight.shape, own.shape)]
                message = f"the weight of '{tied}' is {sizes[0]}, this layer needs {sizes[1]}"
                raise ShapeError(message, hint="tie layers of the same sizes")
            params.append(weight)
        return tuple(params)

    def scaled(self, call: Call, value: Value) -> int:
        """A nominal channel count by the α rule in force."""
        where = self.spec.source.where(call.node)
        whole = integral(value)
        if whole is None or not 1 <= whole <= MAX_CHANNELS:
            raise SpecError(f"{value.number:g} is no channel count", where=where)
        return self._channels(whole)

    def _channels(self, nominal: int) -> int:
        return self.settings.rounding.channels(nominal, self.alpha)

    def _remember(self, call: Call, y: Tensor, frame: Frame) -> None:
        if call.name:
            self._name(call.name, call, y, frame)

    def _name(self, name: str, call: Call, y: Tensor, frame: Frame) -> None:
        """Name an output, and the named steps inside the block it comes from: `x.inner`."""
        frame.steps[name] = y
        if call.step is None:
            for key, tensor in self.inner.items():
                if key != "input":
                    frame.steps[f"{name}.{key}"] = tensor

    def _check_shape(self, call: Call, y: Tensor) -> None:
        assert call.shape is not None
        found = y.text().replace("×", "x")
        if found != call.shape.value.replace(" ", ""):
            where = self.spec.source.where(call.shape)
            message = f"the output is {found}, not {call.shape.value}"
            raise ShapeError(message, where=where, hint="channels stand last: 56x56x64")


def _own_input(call: Call, written: dict[str, Written], frame: Frame) -> str | None:
    """A hint for a step that joins `input`, meaning perhaps what enters itself."""
    operands = written.get("operands")
    items = operands.items if isinstance(operands, Listing) else (operands,)
    if call.step is None or not any(isinstance(w, Word) and w.text == "input" for w in items):
        return None
    enters = f"block '{frame.block}'" if frame.block else "the network"
    if isinstance(operands, Listing):
        return f"'input' is what enters {enters}; [] is this step's own input"
    return f"'input' is what enters {enters}: does it have this shape?"
