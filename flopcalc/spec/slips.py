"""What to try after the slips that people make: hints, which only a failing run needs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flopcalc.errors import did_you_mean, near
from flopcalc.ops.registry import all_steps, find_step
from flopcalc.ops.synonyms import called_here, synonym
from flopcalc.yaml_errors import looks_like_expression
from flopcalc.yaml_tree import Entries, Items, Scalar

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from flopcalc.yaml_tree import Node

_ARGUMENTS = {  # ours, then what PyTorch, Keras and others say
    "out": "filters out_channels output_channels channels out_features features units planes",
    "k": "kernel_size ksize size pool_size window filter_size",
    "s": "strides",
    "d": "dilation_rate dilations",
    "g": "group num_groups",
    "padding": "pad pads",
    "act": "activation nonlinearity",
    "norm": "normalization normalisation normalizer",
    "bias": "use_bias with_bias",
    "repeat": "repeats n count num_layers num_blocks",
    "from": "input inputs",
    "when": "if cond condition",
    "heads": "num_heads n_heads nhead",
    "hidden": "hidden_size units",
    "dim": "embedding_dim embed_dim",
    "vocab": "vocab_size num_embeddings",
    "by": "scale_factor factor scale",
    "ceil": "ceil_mode",
}
_KEYS = {
    "body": "layers network net model architecture backbone steps modules",
    "name": "title",
    "cite": "paper reference url",
    "note": "description comment",
    "classes": "num_classes nclasses n_classes",
    "vars": "variables constants params parameters args",
    "input": "input_shape input_size image_size shape",
    "blocks": "functions definitions defs",
    "expect": "expected assert",
    "params": "parameters args arguments param num_params",
    "mult_adds": "macs mac madds multadds mult-adds",
    "c": "channels features",
    "tokens": "len length",
}
_LONG = frozenset({"kernel", "stride", "dilation", "groups"})
_INPUTS = frozenset({"in", "in_channels", "input_channels", "in_features", "inp"})


def of_key(node: Entries, key: str, known: Collection[str]) -> str | None:
    """A hint for a key of a file, block, variant or `expect` that is none of `known`."""
    if found := _punctuation(node, key, known):
        return found
    if key == "flops" and "mult_adds" in known:
        return "did you mean 'mult_adds'? FLOPs are mostly twice as many"
    ours = _ours(key, _KEYS, known)
    if ours is None:
        return did_you_mean(key, known)
    return "the steps stand under 'body'" if ours == "body" else f"did you mean '{ours}'?"


def of_step(op: str, blocks: Collection[str]) -> str:
    """A hint for a word that is no step and no block."""
    head, sign, rest = _split(op)
    steps = all_steps()
    name = head.rpartition(".")[2]
    ours = name if name in blocks or name in steps else synonym(name, steps)
    if sign and ours:
        return _spelt(ours, sign, rest)
    if nearest := near(op, blocks):
        return f"did you mean '{nearest}'?"
    found = called_here(
        name, [*steps, "table"], otherwise="'flopcalc ops' lists the steps there are"
    )
    assert found is not None
    return found


def of_argument(
    node: Entries, op: str, key: str, names: Collection[str], common: Collection[str]
) -> str | None:
    """A hint for a key that step `op`, whose arguments are `names`, does not have."""
    if found := _punctuation(node, key, [*names, *common]):
        return found
    if looks_like_expression(key):
        return "a ',' inside { } ends the value: quote the expression"
    if key in _INPUTS:
        return "what enters a step follows from the step before: leave it out"
    if ours := _ours(key, _ARGUMENTS, [*names, *common]):
        first = next(iter(names), None)
        return (
            f"'{key}' is the value of '{op}' itself: {{{op}: 32}}" if ours == first else _did(ours)
        )
    takes = ", ".join([*list(names)[:20], *(word for word in common if word not in _LONG)])
    return did_you_mean(key, [*names, *common], otherwise=f"'{op}' takes: {takes}")


def of_two(one: str, other: str) -> str:
    """A hint for a step with two ops: one of them may have been meant as an argument."""
    for op, word in ((one, other), (other, one)):
        step = find_step(op)
        for arg in step.args if step else ():
            if arg.name in {"norm", "act"} and word in arg.choices:
                return f"as an argument of '{op}' it is '{arg.name}: {word}'"
        if step and (ours := _ours(word, _ARGUMENTS, [arg.name for arg in step.args])):
            return f"as an argument of '{op}' it is called '{ours}'"
    return "put each into a step of its own"


def of_default(key: str, value: Node, short: Collection[str]) -> str | None:
    """A hint for `defaults: {activation: relu}`; None where the key is no name of a short one."""
    ours = _ours(key, _ARGUMENTS, short)
    if ours is None or not isinstance(value, Scalar):
        return None
    return f"write '{ours}: {value.value[:40]}'"


def beside(op: str, node: Entries, names: Collection[str]) -> str:
    """`conv: {out: 32, k: 3}` as it should be written."""
    first = next(iter(names), None)
    parts = {}
    for key, (_, value) in node.entries.items():
        ours = key if key in names else _ours(key, _ARGUMENTS, names) or key
        parts[op if ours == first else ours] = value.value if isinstance(value, Scalar) else "[...]"
    head = f"{op}: {parts.pop(op)}" if op in parts else op
    text = ", ".join([head, *(f"{key}: {value}" for key, value in parts.items())])
    return f"{{{text}}}" if len(text) < 80 else f"{{{op}: ..., {next(iter(parts), 'k')}: ...}}"


def of_fraction(text: str, number: float, *, channels: bool) -> str:
    """A hint for a number that is not whole where one belongs."""
    if channels and 0 < number < 1:
        parts = round(1 / number)
        share = f"ch // {parts}" if abs(parts * number - 1) < 1e-9 else f"floor({number:g} * ch)"
        return f"a count of channels, not a share of them: {share}"
    if "/" in text.replace("//", ""):
        return "'//' divides and rounds down; or use ceil(), round() or div8()"
    return "use floor(), ceil(), round() or div8()"


def of_sizes(node: Node) -> str:
    """A hint for `[224, 224, 3]`, `224, 224, 3` or `224×224×3`."""
    parts = (
        [item.value for item in node.items if isinstance(item, Scalar)]
        if isinstance(node, Items)
        else []
    )
    text = ",".join(parts) if parts else node.value[:80] if isinstance(node, Scalar) else ""
    for sign in "[]() ":
        text = text.replace(sign, "")
    for sign in ",×*X":
        text = text.replace(sign, "x")
    sides = text.split("x")
    right = len(sides) > 1 and all(s.isascii() and s.isdecimal() and int(s) > 0 for s in sides)
    return f"write {text}" if right else "for example 224x224x3"


def _punctuation(node: Entries, key: str, known: Collection[str]) -> str | None:
    """`1,856` cut at its comma, `k=3`, `k:3`, `k 3`."""
    if key.isdecimal() and len(key) == 3:
        digits = _before(node.entries, key)
        if digits:
            return f"write {digits}, without a comma"
    head, sign, rest = _split(key)
    if sign in {"=", ":", " "} and (head in known or _ours(head, _ARGUMENTS, known)):
        return _spelt(head, sign, rest)
    return None


def _before(entries: Mapping[str, tuple[Scalar, Node]], key: str) -> str:
    """The digits that a comma has cut: those before `key`, its own, and groups that follow."""
    keys = list(entries)
    at = keys.index(key)
    value = entries[keys[at - 1]][1] if at else None
    digits = value.value if isinstance(value, Scalar) else ""
    if not digits.isdecimal() or len(digits) > 3:
        return ""
    for group in keys[at:]:
        if not (group.isdecimal() and len(group) == 3):
            break
        digits += group
    return digits[:40]


def _split(text: str) -> tuple[str, str, str]:
    """`k=3`, `conv:64`, `conv 64`, `conv(64)` as the word, the sign and the rest."""
    for at, character in enumerate(text[:80]):
        if character in "=:( ":
            return text[:at], character, text[at + 1 :].strip(" =:")
    return text, "", ""


def _spelt(word: str, sign: str, rest: str) -> str:
    rest = rest[:40]
    if sign == "(":
        return _mapping(word, rest)
    if sign == ":":
        return f"a space belongs after ':': '{word}: {rest}'"
    return f"write '{word}: {rest}'"


def _mapping(word: str, rest: str) -> str:
    """`conv(64, 3)` as the step it would be."""
    step = find_step(word)
    values = [value.strip() for value in rest.rstrip(")").split(",")]
    names = [arg.name for arg in step.args] if step else []
    if not names or not any(values):
        return f"write '- {word}'"
    if len(values) > len(names) or not all(value.isalnum() for value in values):
        return f"a step is written {{{word}: ...}}, and its other arguments beside it"
    pairs = zip([word, *names[1:]], values, strict=False)
    return f"write {{{', '.join(f'{name}: {value}' for name, value in pairs)}}}"


def _ours(word: str, table: Mapping[str, str], known: Collection[str]) -> str | None:
    for ours, words in table.items():
        if ours in known and word.lower() in words.split():
            return ours
    return None


def _did(word: str) -> str:
    return f"did you mean '{word}'?"
