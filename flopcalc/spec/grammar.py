"""The keys of a spec file, read strictly into a `Spec`: nothing is ignored, all is located."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flopcalc.errors import InputError, LimitError, SpecError
from flopcalc.quantity import parse_quantity
from flopcalc.spec.calls import MAX_NAME, Call, StepReader
from flopcalc.spec.knobs import Knobs, read_defaults, read_scaling, read_swap
from flopcalc.spec.written import Constant, Word, Written, read_value
from flopcalc.yaml_tree import Entries, Items, Scalar, parse_but

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from flopcalc.graph import Published
    from flopcalc.quantity import Quantity
    from flopcalc.yaml_tree import Node, Source

VERSION = 1
FILE_KEYS = (
    *("flopcalc", "name", "cite", "note", "input", "inputs", "classes", "vars", "scaling"),
    *("defaults", "blocks", "body", "outputs", "variants", "expect", "budget"),
    "published",
)
BLOCK_KEYS = ("params", "body", "note")
VARIANT_KEYS = (
    *("extends", "alpha", "rho", "depth", "res", "vars", "defaults", "swap", "classes"),
    *("scaling", "expect", "budget", "note", "name", "cite"),
)
PARAM_TYPES = ("channels", "int", "num", "bool", "word", "ref")
METRICS = ("mult_adds", "params")
WORDS = frozenset({"if", "else", "or", "and", "not", "true", "false"})
MAX_OUTPUTS = 1000
MAX_NAMES = 1000


class InputSpec:
    """A network input: spatial sizes (none for a vector), channels, or a number of token ids."""

    __slots__ = ("channels", "node", "sizes", "tokens")

    def __init__(self, node: Node, sizes: tuple[int, ...], channels: int, tokens: int = 0) -> None:
        self.node = node
        self.sizes = sizes
        self.channels = channels
        self.tokens = tokens


class BlockParam:
    """A parameter of a block: its type (`any` where undeclared) and default, if it has one."""

    __slots__ = ("default", "name", "node", "type")

    def __init__(self, node: Node, name: str, type: str, default: Written | None) -> None:
        self.node = node
        self.name = name
        self.type = type
        self.default = default


class Block:
    """A block of the file: its parameters in order and its body.

    Each call has parameters of its own, unless it runs the block several `times`.
    """

    __slots__ = ("body", "name", "node", "params")

    def __init__(self, node: Node, name: str, params: tuple[BlockParam, ...]) -> None:
        self.node = node
        self.name = name
        self.params = params
        self.body: tuple[Call, ...] = ()


class Spec:
    """A spec file as read: what it says, not yet what it means at a scale."""

    __slots__ = (
        "_published",
        "blocks",
        "body",
        "cite",
        "inputs",
        "knobs",
        "name",
        "note",
        "outputs",
        "quoted",
        "source",
        "variants",
    )

    def __init__(self, source: Source, quoted: Callable[[], Node] | None) -> None:
        self.source = source
        self.name = ""
        self.cite = ""
        self.note = ""
        self.inputs: dict[str, InputSpec] = {}
        self.knobs = Knobs()
        self.blocks: dict[str, Block] = {}
        self.body: tuple[Call, ...] = ()
        self.outputs: tuple[Scalar, ...] = ()
        self.variants: dict[str, Knobs] = {}
        self.quoted = quoted  # makes the value of 'published', where there is one
        self._published: tuple[Published, ...] | None = None

    @property
    def published(self) -> tuple[Published, ...]:
        """The rows of 'published', read when first asked for: few reports need these tables.

        Raises `YamlError` or `SpecError` where they are at fault.
        """
        if self.quoted is None:
            return ()
        if self._published is None:
            from flopcalc.spec.published import read_published

            self._published = read_published(self.source, self.quoted(), self.variants)
        return self._published


def read_spec(text: str, name: str) -> Spec:
    """Read a spec; `name` is the file's, for messages.

    Raises `YamlError`, `SpecError` or `LimitError`, each at its line and column; those of the
    tables of 'published' are raised when `Spec.published` is asked for.
    """
    root, source, quoted = parse_but(text, name, "published")
    return _Reader(Spec(source, quoted)).read(root)


class _Reader:
    def __init__(self, spec: Spec) -> None:
        self.source = spec.source
        self.spec = spec

    def error(self, node: Node, message: str, hint: str | None = None) -> SpecError:
        return SpecError(message, where=self.source.where(node), hint=hint)

    def read(self, root: Node) -> Spec:
        if not isinstance(root, Entries):
            raise self.error(root, "a spec is a mapping", "'flopcalc init spec' writes a starter")
        self._version(root)
        self.keys(root, FILE_KEYS, "a spec")
        spec, entries = self.spec, root.entries
        spec.name = self.text(entries["name"][1]) if "name" in entries else ""
        spec.cite = self.text(entries["cite"][1]) if "cite" in entries else ""
        spec.note = self.text(entries["note"][1]) if "note" in entries else ""
        spec.inputs = self._inputs(root)
        spec.knobs = self._knobs(root)
        if "scaling" in entries:
            read_scaling(self.source, self.mapping(entries["scaling"][1]), spec.knobs)
        steps = self._blocks(entries["blocks"][1] if "blocks" in entries else None)
        if "body" not in entries:
            raise self.error(root, "a spec needs 'body'", "the list of its steps")
        spec.body = steps.body(entries["body"][1], dict.fromkeys(spec.inputs, "an input has it"))
        if "outputs" in entries:
            spec.outputs = self._outputs(entries["outputs"][1])
        if "variants" in entries:
            for key, (_, value) in self.mapping(entries["variants"][1]).entries.items():
                variant = self.mapping(value)
                self.keys(variant, VARIANT_KEYS, f"variant '{key}'")
                spec.variants[key] = self._knobs(variant)
                if "scaling" in variant.entries:
                    rules = self.mapping(variant.entries["scaling"][1])
                    read_scaling(self.source, rules, spec.variants[key])
        return spec

    def _version(self, root: Entries) -> None:
        if "flopcalc" not in root.entries:
            hint = f"start the file with 'flopcalc: {VERSION}', the version of the language"
            raise self.error(root, "not a flopcalc spec: no 'flopcalc' key", hint)
        node = root.entries["flopcalc"][1]
        version = read_value(self.source, node)
        known = isinstance(version, Constant) and type(version.value) is int
        if not known or version.value != VERSION:  # type: ignore[attr-defined]  # a Constant
            written = node.value if isinstance(node, Scalar) else "that"
            message = f"language version '{written}' is not known"
            raise self.error(node, message, f"this release reads 'flopcalc: {VERSION}'")

    def keys(self, node: Entries, known: tuple[str, ...], what: str) -> None:
        """Every key of `node` is a known one."""
        for key, (at, _) in node.entries.items():
            if key not in known:
                from flopcalc.spec.slips import of_key  # here, since only a failing run pays for it

                raise self.error(at, f"unknown key '{key}' in {what}", of_key(node, key, known))

    def few(self, entries: Mapping[str, object], node: Node | None, what: str) -> None:
        """No more than `MAX_NAMES`: each is in sight of many steps."""
        if len(entries) > MAX_NAMES and node is not None:
            message = f"{len(entries):,} {what}: the limit is {MAX_NAMES:,}"
            hint = "lists and tables hold many numbers"
            raise LimitError(message, where=self.source.where(node), hint=hint)

    def name(self, node: Scalar, what: str) -> None:
        """A key that expressions can use as a name."""
        text = node.value
        if not (text.isidentifier() and text.isascii()) or len(text) > MAX_NAME or text in WORDS:
            hint = f"letters, digits and '_', a letter first, at most {MAX_NAME}"
            if text in WORDS:
                hint = "it is a word of expressions"
            raise self.error(node, f"'{text}' is no name for {what}", hint)

    def mapping(self, node: Node) -> Entries:
        if isinstance(node, Entries):
            return node
        raise self.error(node, "a mapping belongs here", "key: value, or {key: value}")

    def text(self, node: Node) -> str:
        if isinstance(node, Scalar):
            return node.value
        raise self.error(node, "text belongs here", "quote it if it holds ':' or ','")

    def _inputs(self, root: Entries) -> dict[str, InputSpec]:
        entries = root.entries
        if ("input" in entries) == ("inputs" in entries):
            hint = "for example 'input: 224x224x3', height x width x channels"
            raise self.error(root, "a spec has either 'input' or 'inputs'", hint)
        if "input" in entries:
            return {"input": self._input(entries["input"][1])}
        named = self.mapping(entries["inputs"][1])
        if not named.entries:
            raise self.error(named, "no inputs", "name at least one")
        return {key: self._input(value) for key, (_, value) in named.entries.items()}

    def _input(self, node: Node) -> InputSpec:
        if isinstance(node, Entries):
            self.keys(node, ("c", "tokens"), "an input")
            if len(node.entries) != 1:
                raise self.error(node, "an input is {c: 12} or {tokens: 128}", "give one of them")
            (key,) = node.entries
            size = self.integer(node.entries[key][1], 10**9 if key == "c" else 10**6)
            return InputSpec(node, (), size) if key == "c" else InputSpec(node, (), 0, size)
        sizes = read_sizes(self.source, node)
        if len(sizes) not in {2, 3, 4}:
            message = "an input of 1 to 3 spatial sizes and channels"
            shapes = "224x224x3 (height x width x channels), 16000x1 (length x channels)"
            raise self.error(node, message, f"{shapes}, {{tokens: 128}}")
        return InputSpec(node, sizes[:-1], sizes[-1])

    def integer(self, node: Node, most: int) -> int:
        value = read_value(self.source, node)
        number = value.value if isinstance(value, Constant) else None
        if not isinstance(number, int) or isinstance(number, bool) or number < 1:
            raise self.error(node, "a positive integer belongs here", "for example 1000")
        if number > most:
            where = self.source.where(node)
            raise LimitError(
                f"{number:,} is more than {most:,}", where=where, hint="look for a slip in it"
            )
        return number

    def _knobs(self, node: Entries) -> Knobs:
        """What a file and a variant can both set."""
        knobs = Knobs()
        for key, (_, value) in node.entries.items():
            if key in {"alpha", "rho", "depth"}:
                setattr(knobs, key, read_value(self.source, value))
            elif key in {"expect", "budget"}:
                self._quantities(self.mapping(value), knobs, key)
            elif key in _KNOB_READERS:
                _KNOB_READERS[key](self, value, knobs)
        return knobs

    def _knob_name(self, node: Node, knobs: Knobs) -> None:
        knobs.name = self.text(node)

    def _knob_extends(self, node: Node, knobs: Knobs) -> None:
        if not isinstance(node, Scalar):
            raise self.error(node, "'extends' names a variant", "extends: small")
        knobs.extends = node

    def _knob_res(self, node: Node, knobs: Knobs) -> None:
        sizes = read_sizes(self.source, node)
        if len(sizes) > 2:
            raise self.error(node, "a resolution is 192 or 192x256", "height x width")
        knobs.res = (sizes[0], sizes[-1])

    def _knob_classes(self, node: Node, knobs: Knobs) -> None:
        knobs.classes = self.integer(node, 10**9)

    def _knob_vars(self, node: Node, knobs: Knobs) -> None:
        self.few(self.mapping(node).entries, node, "vars")
        for key, (at, value) in self.mapping(node).entries.items():
            self.name(at, "a var")
            knobs.vars[key] = read_value(self.source, value)

    def _knob_defaults(self, node: Node, knobs: Knobs) -> None:
        read_defaults(self.source, self.mapping(node), knobs)

    def _knob_swap(self, node: Node, knobs: Knobs) -> None:
        read_swap(self.source, self.mapping(node), knobs)

    def _quantities(self, node: Entries, knobs: Knobs, what: str) -> None:
        self.keys(node, METRICS, f"'{what}'")
        into: dict[str, Quantity] = getattr(knobs, what)
        for key, (_, value) in node.entries.items():
            try:
                into[key] = quantity = parse_quantity(self.text(value))
            except InputError as error:
                error.where = error.where or self.source.where(value)
                raise
            if quantity.kind != "count":
                message = f"'{key}' is a count, not {quantity}"
                raise self.error(value, message, "for example 569M")
            knobs.places[f"{what}.{key}"] = value

    def _blocks(self, node: Node | None) -> StepReader:
        spec = self.spec
        entries = self.mapping(node).entries if node else {}
        self.few(entries, node, "blocks")
        for name, (at, value) in entries.items():
            self.name(at, "a block")
            written = self.mapping(value)
            self.keys(written, BLOCK_KEYS, f"block '{name}'")
            if "body" not in written.entries:
                raise self.error(written, f"block '{name}' has no 'body'", "the list of its steps")
            params = written.entries["params"][1] if "params" in written.entries else None
            spec.blocks[name] = Block(at, name, self._params(params))
        reader = StepReader(
            self.source,
            {name: {p.name: p.type for p in block.params} for name, block in spec.blocks.items()},
        )
        for name, block in spec.blocks.items():
            names = {"input": "the block's input has it"}
            names |= {p.name: "a parameter has it" for p in block.params if p.type == "ref"}
            block.body = reader.body(self.mapping(entries[name][1]).entries["body"][1], names)
        return reader

    def _params(self, node: Node | None) -> tuple[BlockParam, ...]:
        if node is None:
            return ()
        params = []
        self.few(self.mapping(node).entries, node, "parameters")
        for name, (at, value) in self.mapping(node).entries.items():
            self.name(at, "a parameter")
            written = read_value(self.source, value)
            if isinstance(written, Constant) and written.value is None:
                params.append(BlockParam(at, name, "any", None))
            elif isinstance(written, Word) and written.text in PARAM_TYPES:
                params.append(BlockParam(at, name, written.text, None))
            else:
                params.append(BlockParam(at, name, "any", written))
        return tuple(params)

    def _outputs(self, node: Node) -> tuple[Scalar, ...]:
        nodes = node.items if isinstance(node, Items) else [node]
        if not nodes:
            raise self.error(node, "no outputs", "name at least one step, or leave 'outputs' out")
        if len(nodes) > MAX_OUTPUTS:
            where, hint = self.source.where(node), "name the outputs of the network only"
            raise LimitError(f"more than {MAX_OUTPUTS:,} outputs", where=where, hint=hint)
        outputs: dict[str, Scalar] = {}
        for item in nodes:
            if not isinstance(item, Scalar) or not item.value:
                raise self.error(item, "an output is the name of a step", "outputs: [label, score]")
            if item.value in outputs:
                raise self.error(item, f"output '{item.value}' is named twice", "keep one")
            outputs[item.value] = item
        return tuple(outputs.values())


_KNOB_READERS = {
    "name": _Reader._knob_name,
    "extends": _Reader._knob_extends,
    "res": _Reader._knob_res,
    "classes": _Reader._knob_classes,
    "vars": _Reader._knob_vars,
    "defaults": _Reader._knob_defaults,
    "swap": _Reader._knob_swap,
}


def read_sizes(source: Source, node: Node) -> tuple[int, ...]:
    """`224x224x3` as integers, each from 1 to 10^9."""
    text = node.value if isinstance(node, Scalar) else ""
    parts = text.split("x")
    if not all(p.isascii() and p.isdecimal() and len(p) <= 10 and int(p) > 0 for p in parts):
        from flopcalc.spec.slips import of_sizes  # likewise

        message = "sizes are positive integers joined by 'x'"
        raise SpecError(message, where=source.where(node), hint=of_sizes(node))
    return tuple(map(int, parts))
