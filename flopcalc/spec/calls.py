"""Steps as written become calls: an op or block, its arguments and common keys, checked unrun."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flopcalc.errors import SpecError, did_you_mean
from flopcalc.ops.registry import find_step
from flopcalc.spec.written import Branch, Listing, Word, Written, read_value
from flopcalc.yaml_tree import Entries, Items, Scalar

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flopcalc.step import Arg, Step
    from flopcalc.yaml_tree import Node, Source

    Takes = Mapping[str, Arg] | Mapping[str, str]

LONG_SPELLINGS = {"kernel": "k", "stride": "s", "dilation": "d", "groups": "g"}
COMMON = ("name", "from", "when", "repeat", "times", "first", "alpha", "shape", "note")
ALPHA_WORDS = ("fixed", "no_shrink")
MAX_NAME = 100
_NEVER_OPS = frozenset({*COMMON, *LONG_SPELLINGS})
_ARGS: dict[Step, Mapping[str, Arg]] = {}  # of each step by name


class Call:
    """One step: `op` as written and the `step` it names (None: a block of the file).

    `args` and `first` hold the written arguments by name; `label` is its name in reports.
    `repeat: n` stands for n copies in a row, each with its own parameters. `times: n` runs the
    whole step n times on inputs of the same shape with the same parameters (a head that n
    proposals share): its operations count n times, its parameters once, its output is that of
    one run. Steps within it multiply.
    """

    __slots__ = (
        "alpha",
        "args",
        "first",
        "from_",
        "label",
        "name",
        "node",
        "op",
        "repeat",
        "shape",
        "step",
        "times",
        "when",
    )

    def __init__(self, node: Node, op: str, step: Step | None) -> None:
        self.node = node
        self.op = op
        self.step = step
        self.args: dict[str, Written] = {}
        self.first: dict[str, Written] = {}
        self.name: str | None = None
        self.from_: Word | None = None
        self.when: Written | None = None
        self.repeat: Written | None = None
        self.times: Written | None = None
        self.alpha: Written | None = None
        self.shape: Scalar | None = None
        self.label = op

    def written(self) -> list[Written]:
        """Every value that the step writes."""
        keys = (self.when, self.repeat, self.times, self.alpha)
        values = [*self.args.values(), *self.first.values()]
        return values + [value for value in keys if value is not None]


class StepReader:
    """Reads lists of steps; `blocks` has the parameters of each block, with their types."""

    def __init__(self, source: Source, blocks: Mapping[str, Mapping[str, str]]) -> None:
        self.source = source
        self.blocks = blocks
        self.names: dict[str, str] = {}  # of the body being read, each with who has it

    def body(self, node: Node, names: Mapping[str, str]) -> tuple[Call, ...]:
        """The steps of a body: its names, and those in its branches, are unique."""
        self.names = dict(names)
        return self.steps(node)

    def steps(self, node: Node) -> tuple[Call, ...]:
        """A list of steps, tables unrolled, each with its label."""
        if not isinstance(node, Items):
            raise self.error(node, "steps are a list", "start each step with '- '")
        calls: list[Call] = []
        for item in node.items:
            if isinstance(item, Entries) and "table" in item.entries and "table" not in self.blocks:
                calls += self._table(item)
            else:
                calls.append(self.step(item))
        _label(calls)
        return tuple(calls)

    def step(self, node: Node) -> Call:
        """One step: a word, or a mapping with one key that names an op."""
        if isinstance(node, Scalar):
            return self._bare(node)
        if not isinstance(node, Entries):
            hint = "group steps with '- seq: [...]'"
            raise self.error(node, "a list where a step belongs", hint)
        op, step = self._op_of(node)
        call = Call(node, op, step)
        names = self._arguments(op, step)
        for key, (at, value) in node.entries.items():
            if key == op:
                self._primary(call, names, value)
            elif (name := short(key, names)) in names:
                self._argument(call.args, names, name, value, at)
            elif key in COMMON:
                self._common(call, key, value, names)
            else:
                raise self._unknown_key(node, op, key, names)
        return call

    def error(self, node: Node, message: str, hint: str | None = None) -> SpecError:
        """A `SpecError` at `node`."""
        return SpecError(message, where=self.source.where(node), hint=hint)

    def _bare(self, node: Scalar) -> Call:
        if not node.value:
            raise self.error(node, "an empty step", "remove the '-', or write an op")
        step = self._find(node.value)
        if step is None and node.value not in self.blocks:
            raise self._unknown_op(node.value, node)
        return Call(node, node.value, step)

    def _find(self, op: str) -> Step | None:
        return None if op in self.blocks else find_step(op)

    def _op_of(self, node: Entries) -> tuple[str, Step | None]:
        if not node.entries:
            raise self.error(node, "an empty step", "write an op, for example {conv: 32, k: 3}")
        ours = [key for key in node.entries if key in self.blocks]
        if len(ours) == 1:
            return ours[0], None
        if ours:
            raise self._two(node, ours)
        if "custom" in node.entries:  # its counts are named like ops
            return "custom", find_step("custom")
        ops: list[str] = []
        step: Step | None = None
        for key in node.entries:  # the op first: looking up what is no op loads every family
            if key in _NEVER_OPS or (step and key in _args(step)):
                continue
            found = find_step(key)
            if found:
                ops.append(key)
                step = step or found
        if len(ops) == 1:
            return ops[0], step
        if ops:
            raise self._two(node, ops)
        key = next((k for k in node.entries if k not in COMMON), next(iter(node.entries)))
        raise self._unknown_op(key, node.entries[key][0])

    def _two(self, node: Entries, ops: list[str]) -> SpecError:
        from flopcalc.spec.slips import of_two  # here, since only a failing run pays for it

        message = f"a step has one op, this one has '{ops[0]}' and '{ops[1]}'"
        return self.error(node.entries[ops[1]][0], message, of_two(ops[0], ops[1]))

    def _unknown_op(self, op: str, node: Node) -> SpecError:
        from flopcalc.spec.slips import of_step  # likewise

        return self.error(node, f"unknown step '{op}'", of_step(op, self.blocks))

    def _arguments(self, op: str, step: Step | None) -> Takes:
        """What a step takes: its arguments, or a block's parameters with their types."""
        return self.blocks[op] if step is None else _args(step)

    def _primary(self, call: Call, names: Takes, node: Node) -> None:
        if _is_empty(node):
            return
        if not names and not isinstance(node, Entries):
            raise self.error(node, f"'{call.op}' takes no value", f"write '- {call.op}'")
        name = next(iter(names), "")
        kind = getattr(names.get(name), "kind", "")
        if isinstance(node, Entries) and kind not in {"steps", "operands"}:
            from flopcalc.spec.slips import beside  # likewise

            message = f"the arguments of '{call.op}' stand beside it, not inside"
            raise self.error(node, message, beside(call.op, node, names))
        self._argument(call.args, names, name, node, node)

    def _argument(
        self, into: dict[str, Written], names: Takes, name: str, node: Node, key: Node
    ) -> None:
        if name in into:
            raise self.error(key, f"'{name}' is given twice in one step", "keep one")
        if _is_empty(node):
            return  # ~ leaves the default
        into[name] = self.value(node, names[name])

    def value(self, node: Node, arg: Arg | str) -> Written:
        """The value of an argument as its kind, or of a parameter as its type, reads it."""
        if isinstance(arg, str):
            return self.word(node) if arg in {"ref", "word"} else read_value(self.source, node)
        kind = arg.kind
        if kind == "steps":
            return Branch(node, self.steps(node))
        if kind == "operands":
            return self._operands(node)
        if kind == "text":
            return self._text(node, arg)
        if kind in {"word", "ref", "name"}:
            return self.word(node, arg)
        return read_value(self.source, node)

    def word(self, node: Node, arg: Arg | None = None) -> Word:
        """A word: a name in scope or a keyword."""
        if not isinstance(node, Scalar) or not node.value:
            what = f"'{arg.name}' takes a word" if arg else "a word belongs here"
            hint = did_you_mean("", arg.choices) if arg else None
            raise self.error(node, what, hint or "the 'name:' of a step, or a word of the language")
        return Word(node, node.value)

    def _text(self, node: Node, arg: Arg) -> Word:
        """Words of the user's own: nothing is looked up."""
        if not isinstance(node, Scalar) or not node.value:
            raise self.error(node, f"'{arg.name}' takes text", "a few words")
        return Word(node, node.value)

    def _operands(self, node: Node) -> Written:
        if isinstance(node, Scalar):
            return self.word(node)
        if isinstance(node, Entries):
            message = "operands are a name, or a list of names and branches"
            raise self.error(node, message, "put the branch into a list: [[...]]")
        return Listing(node, tuple(self._operand(item) for item in node.items))

    def _operand(self, node: Node) -> Written:
        if isinstance(node, Scalar):
            return self.word(node)
        if isinstance(node, Entries):
            return Branch(node, self.steps(Items([node], node.line, node.column)))
        return Branch(node, self.steps(node))

    def _common(self, call: Call, key: str, node: Node, names: Takes) -> None:
        if key == "note" or _is_empty(node):
            return  # ~ in a table: as if the key were not there
        if key == "first":
            self._first(call, node, names)
        elif key == "name":
            call.name = self._name(node)
        elif key == "from":
            call.from_ = self.word(node)
        elif key == "shape":
            text = node.value.replace(" ", "") if isinstance(node, Scalar) else ""
            if not (text.isascii() and text.replace("x", "1").isdecimal()):
                raise self.error(node, "a shape is written 56x56x64", "channels last")
            assert isinstance(node, Scalar)
            call.shape = node
        else:
            setattr(call, key, read_value(self.source, node))  # alpha, when, repeat, times

    def _name(self, node: Node) -> str:
        text = node.value if isinstance(node, Scalar) else ""
        if not text.replace("_", "a").isalnum() or len(text) > MAX_NAME:
            hint = "for example stem or conv2_1"
            message = f"a name is letters, digits and '_', at most {MAX_NAME} of them"
            raise self.error(node, message, hint)
        if text in self.names:
            message = f"the name '{text}' is taken: {self.names[text]}"
            raise self.error(node, message, "names are unique within a body")
        line = f"by the step on line {node.line}"
        self.names[text] = line
        return text

    def _first(self, call: Call, node: Node, names: Takes) -> None:
        if not isinstance(node, Entries):
            raise self.error(node, "'first' takes arguments", "for example first: {s: 2}")
        for key, (at, value) in node.entries.items():
            name = short(key, names)
            if name not in names:
                raise self._unknown_key(node, call.op, key, names)
            self._argument(call.first, names, name, value, at)

    def _unknown_key(self, node: Entries, op: str, key: str, names: Takes) -> SpecError:
        from flopcalc.spec.slips import of_argument  # likewise

        hint = of_argument(node, op, key, names, (*COMMON, *LONG_SPELLINGS))
        return self.error(node.entries[key][0], f"unknown key '{key}' in step '{op}'", hint)

    def _table(self, node: Entries) -> list[Call]:
        """One step a row: the columns name arguments, `~` leaves one out."""
        for key, (at, _) in node.entries.items():
            if key not in {"table", "cols", "rows", "note"}:
                hint = did_you_mean(key, ["cols", "rows"], otherwise="a table has cols and rows")
                raise self.error(at, f"unknown key '{key}' in a table", hint)
        for key in ("cols", "rows"):
            if key not in node.entries:
                raise self.error(node, f"a table without '{key}'", "give cols and rows")
        op = node.entries["table"][1]
        if not isinstance(op, Scalar):
            hint = "table: sep, and under it cols and rows"
            raise self.error(op, "'table' takes the name of an op or block", hint)
        call = self._bare(op)
        cols, rows = node.entries["cols"][1], node.entries["rows"][1]
        if not isinstance(cols, Items) or not isinstance(rows, Items):
            where = rows if isinstance(cols, Items) else cols
            hint = "cols: [out, s], rows: [[64, 1], [128, 2]]"
            raise self.error(where, "the columns and rows of a table are lists", hint)
        names = self._arguments(call.op, call.step)
        keys = [self._column(col, call.op, names) for col in cols.items]
        seen: set[str] = set()
        for key, col in zip(keys, cols.items, strict=True):
            if key in seen:
                raise self.error(col, f"column '{key}' twice", "keep one")
            seen.add(key)
        return [self._row(op, row, keys, names) for row in rows.items]

    def _column(self, col: Node, op: str, names: Takes) -> str:
        if not isinstance(col, Scalar):
            raise self.error(col, "a column is a word", "the name of an argument: cols: [out, s]")
        head, _, rest = col.value.partition(".")
        rest = rest if head == "first" else ""
        name = short(rest or col.value, names)
        if name not in names and (rest or name not in COMMON):
            raise self._unknown_key(Entries({col.value: (col, col)}, 0, 0), op, col.value, names)
        return f"first.{name}" if rest else name

    def _row(self, op: Scalar, row: Node, keys: list[str], names: Takes) -> Call:
        if not isinstance(row, Items):
            raise self.error(row, "a row is a list", "[64, 1]")
        if len(row.items) != len(keys):
            values = f"{len(row.items)} value{'s' * (len(row.items) != 1)}"
            columns = f"{len(keys)} column{'s' * (len(keys) != 1)}"
            message = f"a row of {values} under {columns}"
            raise self.error(row, message, "write ~ for a default")
        call = self._bare(op)
        call.node = row
        for key, node in zip(keys, row.items, strict=True):
            if key.startswith("first."):
                self._argument(call.first, names, key[6:], node, node)
            elif key in names:
                self._argument(call.args, names, key, node, node)
            else:
                self._common(call, key, node, names)
        return call


def short(key: str, names: Takes) -> str:
    """The argument that a key means: itself, or the short form of `kernel` and its like."""
    return key if key in names else LONG_SPELLINGS.get(key, key)


def _args(step: Step) -> Mapping[str, Arg]:
    found = _ARGS.get(step)
    if found is None:
        found = _ARGS[step] = {arg.name: arg for arg in step.args}
    return found


def _is_empty(node: Node) -> bool:
    return isinstance(node, Scalar) and node.plain and node.value in {"", "~", "null"}


def _label(calls: list[Call]) -> None:
    """Name each step: its `name:`, else its op and ordinal among the list's steps of that op."""
    taken = {call.name for call in calls if call.name}
    counts: dict[str, int] = {}
    for call in calls:
        if call.name:
            call.label = call.name
            continue
        counts[call.op] = counts.get(call.op, 0) + 1
        while f"{call.op}{counts[call.op]}" in taken:
            counts[call.op] += 1
        call.label = f"{call.op}{counts[call.op]}"
