"""The JSON Schema of spec files, for editors: made from the steps that there are.

Draft-07, which yaml-language-server does best; `allOf` of if/then for each op, not `oneOf`, so
that an editor shows the key that is wrong. It is weaker than the reader: a name in an expression
may be unknown to it, and calls of a file's own blocks are open.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from flopcalc.ops.registry import all_steps
from flopcalc.spec.calls import ALPHA_WORDS, COMMON, LONG_SPELLINGS
from flopcalc.spec.grammar import (
    BLOCK_KEYS,
    FILE_KEYS,
    MAX_NAMES,
    METRICS,
    PARAM_TYPES,
    VARIANT_KEYS,
)
from flopcalc.spec.knobs import SHORT_DEFAULTS, UNSHARED
from flopcalc.spec.published import COLUMNS, PARAMS
from flopcalc.spec.scaling import MODES, RES_RULES, RULES
from flopcalc.spec.values import PADDINGS
from flopcalc.spec.written import MAX_ITEMS
from flopcalc.step import REQUIRED

if TYPE_CHECKING:
    from flopcalc.step import Arg, Step

Schema: TypeAlias = dict[str, Any]

TITLE = "flopcalc architecture spec, version 1"
_EXPRESSION: Schema = {"type": "string", "pattern": "^[A-Za-z0-9_ .,()+*/%<>=!-]{1,200}$"}
_WORD: Schema = {"type": "string", "pattern": "^[A-Za-z0-9_.]+$"}
_SIZES = "^[1-9][0-9]*(x[1-9][0-9]*)*$"
_QUANTITY = r"^[0-9]+(\.[0-9]+)? ?[kMGTP]?$"


def spec_schema() -> Schema:
    """The JSON Schema (draft-07) of a spec file."""
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": TITLE,
        "type": "object",
        "required": ["flopcalc", "body"],
        "oneOf": [{"required": ["input"]}, {"required": ["inputs"]}],
        "additionalProperties": False,
        "properties": {key: _FILE[key] for key in FILE_KEYS},
        "definitions": {
            "expression": _EXPRESSION,
            "number": {"anyOf": [{"type": "number"}, _ref("expression")]},
            "truth": {"anyOf": [{"type": "boolean"}, _ref("expression")]},
            "value": {
                "anyOf": [
                    {"type": ["number", "boolean", "null"]},
                    _ref("expression"),
                    {"type": "array", "maxItems": MAX_ITEMS},
                ]
            },
            "sizes": {"anyOf": [_ref("number"), _list(_ref("number"))]},
            "padding": {
                "anyOf": [
                    {"enum": list(PADDINGS)},
                    _ref("number"),
                    _list({"anyOf": [_ref("number"), _list(_ref("number"))]}),
                ]
            },
            "input": {
                "anyOf": [
                    {"type": "string", "pattern": _SIZES},
                    {
                        "type": "object",
                        "additionalProperties": False,
                        "minProperties": 1,
                        "maxProperties": 1,
                        "properties": {"c": _positive(), "tokens": _positive()},
                    },
                ]
            },
            "quantities": _closed(
                {
                    metric: {
                        "anyOf": [
                            {"type": "integer", "minimum": 0},
                            {"type": "string", "pattern": _QUANTITY},
                        ]
                    }
                    for metric in METRICS
                }
            ),
            "defaults": _defaults(),
            "steps": {"type": "array", "items": _ref("step")},
            "step": _step(),
        },
    }


def _step() -> Schema:
    """A word, or a mapping whose op says which keys belong to it."""
    steps = all_steps()
    rules = [
        {"if": {"required": [name], **_not_table}, "then": _closed(_keys(step))}
        for name, step in steps.items()
        if name != "custom"  # its counts are named like ops: it is looked for first
    ]
    others: Schema = {"if": {"not": {"required": ["custom"]}}, "then": {"allOf": rules}}
    others["else"] = _closed(_keys(steps["custom"]))
    return {
        "anyOf": [{"type": "string"}, {"type": "object", "minProperties": 1}],
        "if": {"type": "object"},
        "then": {
            "allOf": [{"if": {"required": ["table"]}, "then": _table()}, others],
            "properties": _common(),
        },
    }


_not_table: Schema = {"not": {"required": ["table"]}}


def _keys(step: Step) -> Schema:
    own = {arg.name: _value(arg) for arg in step.args}
    shorts = {short: long for long, short in LONG_SPELLINGS.items()}
    own |= {shorts[name]: schema for name, schema in own.items() if name in shorts}
    primary = next(iter(own.values()), {"type": "null"})
    keys = {step.name: {**primary, "description": step.help}, **own}
    return {**_common(own), **keys}


def _value(arg: Arg) -> Schema:
    """What an argument takes, with its help and default."""
    kinds: dict[str, Schema] = {
        "channels": _ref("number"),
        "int": _ref("number"),
        "num": _ref("number"),
        "formula": _ref("number"),
        "bool": _ref("truth"),
        "auto_bool": _ref("truth"),  # `auto` is a word as any name is
        "word": {"anyOf": [{"enum": list(arg.choices)}, _WORD]},
        "text": {"type": ["string", "number"]},
        "sizes": _ref("sizes"),
        "padding": _ref("padding"),
        "ref": _WORD,
        "name": _WORD,
        "steps": _ref("steps"),
        "operands": {
            "anyOf": [
                _WORD,
                {"type": "array", "items": {"anyOf": [_WORD, _ref("steps"), _ref("step")]}},
            ]
        },
    }
    schema: Schema = {"anyOf": [{"type": "null"}, kinds[arg.kind]], "description": arg.help}
    if arg.default is not REQUIRED and arg.default is not None:
        schema["default"] = arg.default
    return schema


def _common(own: Schema | None = None) -> Schema:
    """The keys of every step; `own` are the arguments that `first` may hold."""
    number = {"anyOf": [{"type": "null"}, _ref("number")]}
    alpha = {"anyOf": [{"enum": [None, *ALPHA_WORDS]}, _ref("number")]}
    keys: Schema = {
        "name": {"type": ["string", "number", "null"], "description": "names the output"},
        "from": {"type": ["string", "number", "null"], "description": "input: an earlier step"},
        "when": {"anyOf": [{"type": "null"}, _ref("truth")], "description": "else the identity"},
        "repeat": {**number, "description": "copies in a row"},
        "times": {**number, "description": "runs with the same parameters"},
        "first": _closed(own) if own is not None else {"type": ["object", "null"]},
        "alpha": {**alpha, "description": "width multiplier of this step"},
        "shape": {"type": ["string", "number", "null"], "description": "asserts the output shape"},
        "note": {},
    }
    assert set(keys) == set(COMMON)
    return keys


def _table() -> Schema:
    rows = {"type": "array", "items": {"type": "array"}}
    cols = {"type": "array", "items": {"type": "string"}}
    keys = _closed({"table": {"type": "string"}, "cols": cols, "rows": rows, "note": {}})
    return {**keys, "required": ["table", "cols", "rows"]}


def _defaults() -> Schema:
    steps = all_steps()
    conv = {arg.name: _value(arg) for arg in steps["conv"].args}
    ops = {}
    for name, step in steps.items():
        args = {arg.name: _value(arg) for arg in step.args if arg.kind not in UNSHARED}
        longs = {long: args[short] for long, short in LONG_SPELLINGS.items() if short in args}
        if args:
            ops[name] = _closed({**args, **longs})
    return _closed({**{key: conv[key] for key in SHORT_DEFAULTS}, **ops})


def _ref(name: str) -> Schema:
    return {"$ref": f"#/definitions/{name}"}


def _list(items: Schema) -> Schema:
    return {"type": "array", "items": items, "minItems": 1, "maxItems": MAX_ITEMS}


def _closed(properties: Schema) -> Schema:
    return {"type": "object", "additionalProperties": False, "properties": properties}


def _map(values: Schema) -> Schema:
    return {
        "type": "object",
        "propertyNames": {"pattern": "^[A-Za-z_][A-Za-z0-9_]*$", "maxLength": 100},
        "maxProperties": MAX_NAMES,
        "additionalProperties": values,
    }


def _positive() -> Schema:
    return {"type": "integer", "minimum": 1}


_TEXT: Schema = {"type": ["string", "number", "boolean", "null"]}
_MULTIPLIER: Schema = {"type": "number", "exclusiveMinimum": 0, "maximum": 1000}
_SCALING: Schema = {
    "alpha": _MULTIPLIER,
    "rho": _MULTIPLIER,
    "depth": _MULTIPLIER,
    "round": {
        "anyOf": [
            {"enum": list(RULES)},
            _closed(
                {
                    "to": _positive(),
                    "mode": {"enum": list(MODES)},
                    "keep": {"type": "number", "minimum": 0, "maximum": 1},
                }
            ),
        ]
    },
    "min": _positive(),
    "res_round": {"enum": list(RES_RULES)},
}
_SWAP: Schema = {"type": "object", "additionalProperties": {"type": "string"}}
_RES: Schema = {
    "anyOf": [_positive(), {"type": "string", "pattern": "^[1-9][0-9]*(x[1-9][0-9]*)?$"}]
}
_PARAM: Schema = {"anyOf": [{"enum": list(PARAM_TYPES)}, _ref("value")]}
_BLOCK_PARTS: Schema = {"params": _map(_PARAM), "body": _ref("steps"), "note": _TEXT}
_BLOCK: Schema = {
    **_closed({key: _BLOCK_PARTS[key] for key in BLOCK_KEYS}),
    "required": ["body"],
}
_VARIANT: Schema = {
    "extends": {"type": "string"},
    "alpha": _MULTIPLIER,
    "rho": _MULTIPLIER,
    "depth": _MULTIPLIER,
    "res": _RES,
    "vars": _map(_ref("value")),
    "defaults": _ref("defaults"),
    "scaling": _closed(_SCALING),
    "swap": _SWAP,
    "classes": _positive(),
    "expect": _ref("quantities"),
    "budget": _ref("quantities"),
    "note": _TEXT,
    "name": _TEXT,
    "cite": _TEXT,
}
_FILE: Schema = {
    "flopcalc": {"const": 1, "description": "the version of the language"},
    "name": _TEXT,
    "cite": {**_TEXT, "description": "where the network is published"},
    "note": _TEXT,
    "input": {**_ref("input"), "description": "height x width x channels: 224x224x3"},
    "inputs": _map(_ref("input")),
    "classes": {**_positive(), "description": "outputs of the classifier: never scaled"},
    "vars": _map(_ref("value")),
    "scaling": _closed(_SCALING),
    "defaults": _ref("defaults"),
    "blocks": _map(_BLOCK),
    "body": _ref("steps"),
    "outputs": {"anyOf": [_WORD, {"type": "array", "items": _WORD, "minItems": 1}]},
    "variants": {
        "type": "object",
        "additionalProperties": _closed({key: _VARIANT[key] for key in VARIANT_KEYS}),
    },
    "expect": _ref("quantities"),
    "budget": _ref("quantities"),
    "published": {
        "type": "array",
        "description": "what papers and libraries print: scales, costs and accuracies",
        "items": {
            **_closed(
                {
                    "source": _TEXT,
                    "convention": _TEXT,
                    "params": {"enum": list(PARAMS)},
                    "measure": {**_TEXT, "description": "what 'score' is: COCO mAP"},
                    "meant": {**_TEXT, "description": "of rows that do not say it themselves"},
                    "note": _TEXT,
                    "cols": {"type": "array", "items": {"enum": list(COLUMNS)}, "minItems": 1},
                    "rows": {"type": "array", "items": {"type": "array"}, "minItems": 1},
                }
            ),
            "required": ["source", "cols", "rows"],
        },
    },
}
