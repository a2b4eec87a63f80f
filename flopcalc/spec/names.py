"""Names that a spec uses are names it declares: checked before any step runs.

Blocks that no step calls and variants that nobody asks for are checked like the rest.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from flopcalc.errors import LimitError, SpecError, did_you_mean, near, some
from flopcalc.ops.registry import find_step
from flopcalc.spec.calls import ALPHA_WORDS
from flopcalc.spec.checks import check_swaps, every_call
from flopcalc.spec.knobs import SHORT_DEFAULTS
from flopcalc.spec.scope import IMPLICIT
from flopcalc.spec.value import ExpressionError
from flopcalc.spec.values import PADDINGS
from flopcalc.spec.written import Branch, Formula, Listing, Word, located, offset_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from collections.abc import Set as AbstractSet

    from flopcalc.spec.calls import Call
    from flopcalc.spec.grammar import Block, Spec
    from flopcalc.spec.knobs import Knobs
    from flopcalc.spec.written import Written
    from flopcalc.step import Arg

MAX_EXTENDS = 12
_NUMERIC = frozenset({"channels", "int", "num", "bool", "sizes", "formula"})
_INPUT = frozenset(IMPLICIT) - {"i"}
_HINTS = {
    "in": "'ch' is the channels of the step's own input; 'in' those that enter a block",
    "i": "'i' counts the copies of a step with 'repeat'",
    "classes": "declare 'classes: 1000'",
}


def check_names(spec: Spec) -> None:
    """Raise `SpecError` at the first name, word, step or variant that nothing declares."""
    _Checker(spec).run()


class _Checker:
    def __init__(self, spec: Spec) -> None:
        self.spec = spec
        self.source = spec.source
        # of the body being checked: the names of its steps, and of values, without and with `i`
        self.calls_here: tuple[Call, ...] = ()
        self.named: AbstractSet[str] = frozenset()
        self.steps: AbstractSet[str] = frozenset()
        self.once: AbstractSet[str] = frozenset()
        self.copied: AbstractSet[str] = frozenset()
        every_knobs = (spec.knobs, *spec.variants.values())
        self.globals = {"alpha", "rho", "depth"}
        if any(knobs.classes is not None for knobs in every_knobs):
            self.globals.add("classes")

    def run(self) -> None:
        spec = self.spec
        known = set(self.globals)
        overrides = [knobs.vars for knobs in spec.variants.values()]
        for name, written in spec.knobs.vars.items():
            self.value(written, known)
            for variant in overrides:
                if name in variant:
                    self.value(variant[name], known)
            known.add(name)
        for knobs in (spec.knobs, *spec.variants.values()):
            self.knobs(knobs, known)
        self.body(spec.body, known, spec.inputs)
        for block in spec.blocks.values():
            inside = self.parameters(block, known)
            refs = [p.name for p in block.params if p.type in {"ref", "any"}]
            self.body(block.body, inside, ["input", *refs])

    def knobs(self, knobs: Knobs, known: set[str]) -> None:
        for name, written in knobs.vars.items():
            if name not in self.spec.knobs.vars:
                hint = did_you_mean(name, self.spec.knobs.vars, otherwise="declare it under 'vars'")
                raise self.error(written, f"unknown var '{name}'", hint)
        for name, written in knobs.defaults.items():
            head, _, rest = name.partition(".")
            step = find_step("conv" if head in SHORT_DEFAULTS else head)
            assert step is not None, head
            arg = next(arg for arg in step.args if arg.name == (rest or head))
            self.argument(written, arg, known | _INPUT)
        check_swaps(self.spec, knobs.swap)
        self.extends(knobs)

    def extends(self, knobs: Knobs) -> None:
        """The variants that a variant extends, without end and by name."""
        count = 0
        while knobs.extends is not None:
            node, count = knobs.extends, count + 1
            if node.value not in self.spec.variants:
                hint = did_you_mean(node.value, self.spec.variants)
                where = self.source.where(node)
                raise SpecError(f"unknown variant '{node.value}'", where=where, hint=hint)
            if count > MAX_EXTENDS:
                message = f"variants that extend each other more than {MAX_EXTENDS} deep"
                where = self.source.where(node)
                raise SpecError(message, where=where, hint="is there a ring of 'extends'?")
            knobs = self.spec.variants[node.value]

    def parameters(self, block: Block, known: AbstractSet[str]) -> set[str]:
        """Defaults see the parameters before them; returns what the body sees."""
        inside = {*known, "in"}
        for param in block.params:
            if param.default is not None:
                self.value(param.default, inside | _INPUT)
            inside.add(param.name)
        return inside

    def body(self, calls: tuple[Call, ...], known: set[str], steps: Iterable[str]) -> None:
        self.calls_here = calls
        self.named = {*steps, *(call.name for call in every_call(calls) if call.name)}
        self.steps = self.named | known
        self.once = known | _INPUT
        self.copied = self.once | {"i"}
        self.calls(calls, repeated=False)

    def calls(self, calls: tuple[Call, ...], *, repeated: bool) -> None:
        for call in calls:
            copies = repeated or call.repeat is not None
            inner = self.copied if copies else self.once
            self.common(call, self.copied if repeated else self.once, inner)
            types = self.types(call)
            for args in (call.args, call.first):
                for name, written in args.items():
                    kind = types[name]
                    if isinstance(written, Branch):
                        self.calls(written.calls, repeated=copies)
                    elif isinstance(kind, str):
                        self.parameter(written, kind, inner)
                    elif kind.kind == "operands":
                        self.operands(written, repeated=copies)
                    else:
                        self.argument(written, kind, inner)

    def common(self, call: Call, outer: AbstractSet[str], inner: AbstractSet[str]) -> None:
        """The keys that every step has; `i` counts copies from `repeat` inwards."""
        if call.from_ is not None:
            self.reference(call.from_)
        for written, known in ((call.when, outer), (call.repeat, outer), (call.times, inner)):
            if written is not None:
                self.number(written, known)
        if call.alpha is not None:
            self.words(call.alpha, outer, ALPHA_WORDS, "multiplier")

    def types(self, call: Call) -> Mapping[str, Arg | str]:
        if call.step is not None:
            return {arg.name: arg for arg in call.step.args}
        return {param.name: param.type for param in self.spec.blocks[call.op].params}

    def parameter(self, written: Written, type_: str, known: AbstractSet[str]) -> None:
        """An argument of a block: words are free unless the type says number."""
        if type_ == "ref":
            assert isinstance(written, Word)
            self.reference(written)
        elif type_ in _NUMERIC:
            self.number(written, known)
        else:
            self.value(written, known)

    def argument(self, written: Written, arg: Arg, known: AbstractSet[str]) -> None:
        kind = arg.kind
        if kind in _NUMERIC:
            self.number(written, known)
        elif kind in {"ref", "name"}:
            assert isinstance(written, Word)
            self.reference(written)
        elif kind == "word":
            self.words(written, known, arg.choices, f"'{arg.name}'")
        elif kind == "padding":
            self.words(written, known, PADDINGS, "'padding'")
        elif kind == "auto_bool":
            self.words(written, known, ("auto", "true", "false"), f"'{arg.name}'")
        else:
            assert kind == "text", kind

    def operands(self, written: Written, *, repeated: bool) -> None:
        for item in written.items if isinstance(written, Listing) else (written,):
            if isinstance(item, Branch):
                self.calls(item.calls, repeated=repeated)
            else:
                assert isinstance(item, Word)
                self.reference(item)

    def reference(self, written: Word) -> None:
        head = written.text.partition(".")[0]
        if head not in self.steps:
            message = f"no step named '{written.text}' before this one"
            raise self.error(written, message, self.hint(head))

    def hint(self, name: str) -> str:
        """What to try for a name that no step has: the automatic ones do not count."""
        labels = {call.label for call in every_call(self.calls_here) if not call.name}
        if name in labels:
            hint = f"automatic names do not count: give that step 'name: {name}'"
        else:
            found = near(name, self.named)
            if found:
                return f"did you mean '{found}'?"
            hint = "name a step with 'name:' before it"
        return f"{hint}; names here: {some(sorted(self.named))}" if self.named else hint

    def words(
        self, written: Written, known: AbstractSet[str], choices: tuple[str, ...], what: str
    ) -> None:
        if isinstance(written, Word) and written.text not in known and written.text not in choices:
            from flopcalc.ops.synonyms import called_here  # here, since only a failing run pays

            hint = called_here(written.text, choices)
            raise self.error(written, f"unknown {what} '{written.text}'", hint)
        self.value(written, known)

    def number(self, written: Written, known: AbstractSet[str]) -> None:
        if isinstance(written, Word) and written.text not in known:
            raise self.unknown(written, written.text, 0, known)
        if isinstance(written, Listing):
            for item in written.items:
                self.number(item, known)
        self.value(written, known)

    def value(self, written: Written, known: AbstractSet[str]) -> None:
        """The names in expressions; a word alone may be a keyword that is passed on."""
        if isinstance(written, Formula):
            for name in sorted(written.expr.names - known):
                raise self.unknown(written, name, offset_of(name, written.expr.text), known)
        elif isinstance(written, Listing):
            for item in written.items:
                self.value(item, known)

    def unknown(
        self, written: Written, name: str, offset: int, known: AbstractSet[str]
    ) -> SpecError | LimitError:
        from flopcalc.spec.expression import FUNCTIONS  # here, since many files have no expression

        if name in FUNCTIONS:
            error = ExpressionError(f"'{name}' is a function", offset, f"call it: {name}(x)")
        else:
            hint = _HINTS.get(name) or did_you_mean(name, [*sorted(known), "true", "false"])
            error = ExpressionError(f"unknown name '{name}'", offset, hint)
        return located(self.source, written.node, error)

    def error(self, written: Written, message: str, hint: str | None) -> SpecError:
        return SpecError(message, where=self.source.where(written.node), hint=hint)
