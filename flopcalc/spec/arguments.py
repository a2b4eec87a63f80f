"""Arguments of a call: written values, defaults of the file and of the op, by their kinds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from flopcalc.errors import ShapeError, SpecError
from flopcalc.spec.scope import SPATIAL_NAMES, Frame, StepScope, Widened
from flopcalc.spec.value import MAX_NUMBER, NOMINAL, SCALED, Value
from flopcalc.spec.values import MAX_CHANNELS, PADDINGS, Meaning
from flopcalc.spec.written import Branch, Word, names_in
from flopcalc.step import REQUIRED
from flopcalc.tensor import Tensor
from flopcalc.yaml_tree import Entries

if TYPE_CHECKING:
    from flopcalc.formula import Env, Formula
    from flopcalc.spec.calls import Call
    from flopcalc.spec.elaborate import Elaborator
    from flopcalc.spec.grammar import Block, BlockParam
    from flopcalc.spec.written import Written
    from flopcalc.step import Arg, Step

SHORT_DEFAULTS = frozenset({"norm", "act", "bias", "padding"})


_Plan: TypeAlias = "list[tuple[str, Arg, Written | None, Any]]"
_PLAIN: dict[str, _Plan] = {}  # of files without 'defaults'


class Binder:
    """Binds the arguments of calls for an elaborator."""

    __slots__ = ("_plans", "run")

    def __init__(self, run: Elaborator) -> None:
        self.run = run
        # of each step that was bound before the arguments: the name, what the file's 'defaults'
        # write, and the value where that, or nothing, is written
        self._plans = {} if run.settings.defaults else _PLAIN

    def step(
        self,
        call: Call,
        step: Step,
        written: dict[str, Written],
        scope: StepScope,
    ) -> dict[str, Any]:
        """The value of every argument of a step, ready for its `expand`."""
        bound: dict[str, Any] = {}
        plan = self._plans.get(step.name)
        if plan is None:
            plan = self._plans[step.name] = [self._planned(step, arg) for arg in step.args]
        for name, arg, default, ready in plan:
            value = written.get(name)
            if value is not None:
                bound[name] = self.value(arg, value, scope)
            elif default is not None:
                bound[name] = self._file_default(arg, default, scope)
            elif ready is REQUIRED:
                raise self._missing(call, name)
            else:
                bound[name] = ready
        if scope.spatial and not self._maps_alone(step, written):
            self.run.mixed = True
        return bound

    def _maps_alone(self, step: Step, written: dict[str, Written]) -> bool:
        """Whether the sizes that arguments ask for decide nothing but sizes: `k: [h, w]`."""
        for arg in step.args:
            names = names_in(written.get(arg.name) or self.default(step, arg))
            if names & SPATIAL_NAMES and (arg.kind == "channels" or not names <= SPATIAL_NAMES):
                return False
        return True

    def _planned(self, step: Step, arg: Arg) -> tuple[str, Arg, Written | None, Any]:
        """What is known of an argument before any call: `norm: bn` is the same in all of them."""
        default = self.default(step, arg)
        if isinstance(default, Word) and default.text not in self.run.settings.globals:
            words = {"word": arg.choices, "padding": PADDINGS}.get(arg.kind, ())
            if default.text in words:
                return arg.name, arg, None, default.text
        return arg.name, arg, default, arg.default

    def _file_default(self, arg: Arg, value: Written, scope: StepScope) -> Any:  # noqa: ANN401 - as of `value`
        """A default of the file sees the file's names, not those of the block it lands in."""
        if scope.frame.block is None:
            return self.value(arg, value, scope)
        own = StepScope(self.run.file_frame, scope.x, None)
        bound = self.value(arg, value, own)
        scope.spatial = scope.spatial or own.spatial
        return bound

    def default(self, step: Step, arg: Arg) -> Written | None:
        """What the file's `defaults` say of an argument."""
        defaults = self.run.settings.defaults
        own = defaults.get(f"{step.name}.{arg.name}")
        if own is None and step.tail and arg.name in SHORT_DEFAULTS:
            return defaults.get(arg.name)
        return own

    def _missing(self, call: Call, name: str) -> SpecError:
        node = call.node
        if isinstance(node, Entries) and call.op in node.entries:
            node = node.entries[call.op][0]
        where = self.run.spec.source.where(node)
        return SpecError(f"step '{call.op}' needs '{name}'", where=where, hint=f"add '{name}: ...'")

    def value(self, arg: Arg, written: Written, scope: StepScope) -> Any:  # noqa: ANN401, C901, PLR0911 - one return a kind
        """What a written argument comes to, as its kind asks."""
        run, reader, kind = self.run, self.run.reader, arg.kind
        if kind == "channels":
            return self._channels(written, scope, arg.least).number
        if kind == "steps":
            assert isinstance(written, Branch)
            calls, frame, i = written.calls, scope.frame, scope.i
            part = "" if arg.name == "steps" else arg.name
            return lambda x: run.branch(calls, x, frame, part, i)
        if kind == "operands":
            return run.operands(written, scope.x, scope.frame, scope.i)
        if kind in {"ref", "name"}:
            return self._step_name(arg, written, scope)
        if kind in {"bool", "int", "num"}:
            return self._plain(arg, written, scope)
        if kind == "text":
            assert isinstance(written, Word)
            return written.text
        if kind == "formula":
            return self._formula(arg, written, scope)
        meaning = reader.meaning(written, scope)
        if kind == "word":
            if isinstance(written, Word) and written.text in arg.choices:
                meaning = scope.frame.declared(written.text) or written.text  # `axis: ch`
            return reader.word(scope.origin(written), meaning, arg)
        if kind == "padding":
            padding = reader.padding(scope.origin(written), meaning)
            return self._fitting(written, padding, scope.x)
        if kind == "sizes":
            self._watch(meaning)
            sizes = reader.sizes(scope.origin(written), meaning, arg.least)
            return self._fitting(written, sizes, scope.x)
        if kind == "auto_bool" and meaning == "auto":
            return None
        assert kind == "auto_bool", kind
        return reader.truth(written, scope)

    def _plain(self, arg: Arg, written: Written, scope: StepScope) -> float:
        """A number or a truth value."""
        reader = self.run.reader
        if arg.kind == "bool":
            return reader.truth(written, scope)
        if arg.kind == "int":
            return reader.integer(written, scope, arg.least, MAX_CHANNELS).number
        number = reader.number(written, scope).number
        if isinstance(number, bool) or number < arg.least:
            message = f"'{arg.name}' is a number from {arg.least}"
            raise reader.error(written, message, f"{arg.name}: {arg.default}")
        return number

    def _fitting(self, written: Written, sizes: Any, x: Tensor) -> Any:  # noqa: ANN401 - as of `value`
        """A list has one value an axis of the map it is for."""
        if isinstance(sizes, tuple) and x.is_map and len(sizes) != len(x.spatial):
            axes = len(x.spatial)
            values = f"{len(sizes)} value{'s' * (len(sizes) != 1)}"
            message = f"{values} for the {axes} spatial {'axes' if axes > 1 else 'axis'} of a map"
            hint = "one value an axis, or a single one for all"
            raise ShapeError(message, where=self.run.spec.source.where(written.node), hint=hint)
        return sizes

    def _formula(self, arg: Arg, written: Written, scope: StepScope) -> tuple[Formula, Env]:
        from flopcalc.spec.formulas import derive  # here, since few files have formulas

        self.run.charge(self.run.call)
        # a scope of its own: a count that follows the map does not tie the width to it
        own = StepScope(scope.frame, scope.x, scope.i)
        return derive(self.run.spec.source, written, own, arg.name)

    def _channels(self, written: Written, scope: StepScope, least: int) -> Value:
        """A channel count, remembering where α changed a number that the file wrote."""
        value = self.run.reader.channels(written, scope, least)
        if self.run.alpha != 1:
            nominal = self.run.reader.number(written, scope)
            if nominal.state == NOMINAL and nominal.number != value.number:
                self.run.widened = Widened(written, int(nominal.number), int(value.number))
            elif isinstance(written, Word) and written.text in scope.frame.widened:
                self.run.widened = scope.frame.widened[written.text]
        return value

    def _step_name(self, arg: Arg, written: Written, scope: StepScope) -> Any:  # noqa: ANN401 - a Tensor, or a layer's name
        assert isinstance(written, Word)
        tensor = self.run.tensor(written, scope.frame)
        if arg.kind == "ref":
            return tensor
        layer = self.run.makers.get(tensor.id)
        while layer and layer.inputs and not layer.params:
            layer = self.run.makers.get(layer.inputs[0].id)  # behind its activation
        if layer and any(param.kind == "weight" for param in layer.params):
            return layer.name
        message = f"the step '{written.text}' stores no weight to share"
        raise self.run.reader.error(written, message, "name an 'embed' or 'fc' step")

    def _watch(self, meaning: Meaning) -> None:
        """A kernel or stride that follows the width ties channels and maps together."""
        parts = meaning if isinstance(meaning, tuple) else (meaning,)
        if any(isinstance(part, Value) and part.state == SCALED for part in parts):
            self.run.mixed = True

    def block(
        self,
        call: Call,
        block: Block,
        written: dict[str, Written],
        scope: StepScope,
    ) -> dict[str, Meaning]:
        """The value of every parameter of a block; defaults see the parameters before them."""
        values = self.entering(scope.x)
        self.run.passed = {}
        self.run.words = {}
        self.run.charge(call, len(block.params))
        for param in block.params:
            value = written.get(param.name)
            if value is not None:
                self.run.widened = None
                values[param.name] = self._param(param, value, scope)
                if self.run.widened:
                    self.run.passed[param.name] = self.run.widened
                origin = scope.origin(value)
                if isinstance(origin, Word) and isinstance(values[param.name], str):
                    self.run.words[param.name] = origin
            elif param.default is not None:
                values[param.name] = self.default_of(param, values, scope.x)
            else:
                raise self._missing(call, param.name)
        if scope.spatial:
            self.run.mixed = True
        return values

    def default_of(self, param: BlockParam, values: dict[str, Meaning], x: Tensor) -> Meaning:
        """The default of a block's parameter, which may use the parameters before it."""
        assert param.default is not None
        frame = Frame(self.run.settings.globals, values)
        return self.run.reader.meaning(param.default, StepScope(frame, x, None))

    def entering(self, x: Tensor) -> dict[str, Meaning]:
        """What a block sees besides its parameters: `in`, the channels that enter it."""
        return {"in": Value(x.channels, SCALED)} if "c" in x.axes else {}

    def _param(self, param: BlockParam, written: Written, scope: StepScope) -> Meaning:
        reader = self.run.reader
        if param.type == "channels":
            return self._channels(written, scope, 1)
        if param.type == "ref":
            assert isinstance(written, Word), written
            return self.run.tensor(written, scope.frame)
        if param.type == "int":
            return reader.integer(written, scope, -MAX_NUMBER, MAX_NUMBER)
        if param.type == "num":
            return reader.number(written, scope)
        if param.type == "bool":
            return Value(reader.truth(written, scope), NOMINAL)
        meaning = reader.meaning(written, scope)
        if param.type == "word" and not isinstance(meaning, str):
            raise reader.error(written, f"'{param.name}' takes a word", "for example relu")
        return meaning
