"""The tables of steps in docs/spec-language.md, made from the registry."""

from __future__ import annotations

from importlib import import_module

from flopcalc.ops.registry import FAMILIES
from flopcalc.step import REQUIRED, Arg, Step

BEGIN = "<!-- steps: made from the registry; pytest --update-golden writes them -->"
END = "<!-- end of steps -->"

TITLES = {
    "conv_steps": "Convolutions",
    "dense": "Fully connected layers and embeddings",
    "norm": "Normalisation",
    "elementwise": "Activations",
    "pool": "Pooling",
    "reshape": "Rearranging",
    "constructs": "Branches",
    "resize": "Resizing",
    "blocks": "Composite blocks",
    "tokens": "Tokens",
    "attention_steps": "Attention",
    "recurrent": "Recurrent layers",
    "custom": "Your own formulas",
}


def step_tables() -> str:
    """Every step with its arguments, one table a family; the first argument is the key's value."""
    parts = []
    for family in FAMILIES:
        module = import_module(f"flopcalc.ops.{family}")
        steps = [value for value in vars(module).values() if isinstance(value, Step)]
        if steps:
            rows = "\n".join(_row(step) for step in steps)
            head = "| step | what it is | arguments |\n|---|---|---|"
            parts.append(f"#### {TITLES[family]}\n\n{head}\n{rows}")
    return "\n\n".join(parts)


def _row(step: Step) -> str:
    arguments = "<br>".join(_argument(arg) for arg in step.args)
    return f"| `{step.name}` | {step.help} | {arguments or 'none'} |"


def _argument(arg: Arg) -> str:
    kind = {
        "channels": "channels",
        "int": "integer",
        "num": "number",
        "bool": "true or false",
        "auto_bool": "true, false or auto",
        "word": "word",
        "sizes": "sizes",
        "padding": "padding",
        "ref": "step",
        "name": "step",
        "steps": "steps",
        "operands": "operands",
        "text": "text",
        "formula": "formula",
    }[arg.kind]
    if arg.default is REQUIRED:
        given = "required"
    elif arg.default is None:
        given = "auto" if arg.kind == "auto_bool" else "optional"
    else:
        text = str(arg.default).lower() if isinstance(arg.default, bool) else str(arg.default)
        given = f"default `{text}`" if text else "optional"
    if arg.kind == "word":
        kind = "one of " + " ".join(f"`{word}`" for word in arg.choices)
        if len(arg.choices) > 8:
            kind = "a normalisation or `none`" if arg.name == "norm" else "an activation"
    return f"`{arg.name}` {arg.help} ({kind}; {given})"
