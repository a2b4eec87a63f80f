"""Limits as users write them: `300M`, `+1%`, `off`, for a model, its layers, kinds and blocks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flopcalc.budget import METRICS, PEAK, SHARES, Limit
from flopcalc.errors import InputError, SpecError, did_you_mean
from flopcalc.quantity import parse_quantity
from flopcalc.yaml_tree import Entries, Items, Scalar

if TYPE_CHECKING:
    from flopcalc.budget import How, Scope, Severity
    from flopcalc.errors import Where
    from flopcalc.quantity import Kind, Quantity
    from flopcalc.yaml_tree import Node, Source

SCOPES: dict[str, Scope] = {"layers": "layer", "kinds": "kind", "blocks": "block"}
SEVERITIES: dict[str, Severity] = {"error": "error", "warn": "warn", "off": "off"}
LIMIT_KEYS = ("max", "growth", "severity", "near")
PART_METRICS = ("mult_adds", "params", *SHARES)
_EXAMPLES = {"count": "300M", "bytes": "16MiB", "share": "10%"}
_NOTHING = parse_quantity("0")
ASKED = "--max"  # the origin of limits of the command line
_ALIASES = {
    "macs": "mult_adds",
    "madds": "mult_adds",
    "multadds": "mult_adds",
    "flops": "mult_adds",
    "parameters": "params",
    "weights": "params",
    "modelsize": "weight_bytes",
    **dict.fromkeys(("peak", "peakmemory", "activations", "activationbytes", "ram"), PEAK),
}


class LimitReader:
    """Reads limits; `severity` and `near` are what a limit has that does not say."""

    def __init__(
        self,
        source: Source,
        severity: Severity = "error",
        near: Quantity | None = None,
    ) -> None:
        self.source = source
        self.severity = severity
        self.near = near

    def read(self, node: Node) -> tuple[Limit, ...]:
        """The limits under a key `limits`."""
        found: list[Limit] = []
        for key, (at, value) in self.mapping(node, "limits").entries.items():
            if key in SCOPES:
                for pattern, (_, inner) in self.mapping(value, f"'{key}'").entries.items():
                    named = self.mapping(inner, f"'{pattern}'")
                    for metric, (place, bound) in named.entries.items():
                        self._metric(metric, place, PART_METRICS)
                        found += self._bounds(bound, metric, SCOPES[key], pattern)
                continue
            self._metric(key, at, (*METRICS, *SCOPES))
            found += self._bounds(value, key, "model", "")
        return tuple(found)

    def mapping(self, node: Node, what: str) -> Entries:
        """`node` as a mapping; raises `SpecError` for anything else."""
        if isinstance(node, Entries):
            return node
        hint = "metric: limit, for example mult_adds: 300M"
        raise SpecError(f"{what} is a mapping", where=self.source.where(node), hint=hint)

    def _metric(self, name: str, node: Scalar, known: tuple[str, ...]) -> None:
        if name not in known:
            raise unknown_metric(name, known, self.source.where(node))

    def _bounds(self, node: Node, metric: str, scope: Scope, pattern: str) -> list[Limit]:
        if isinstance(node, Items):
            return [b for item in node.items for b in self._bounds(item, metric, scope, pattern)]
        if isinstance(node, Entries):
            return self._spelled(node, metric, scope, pattern)
        severity: Severity = "off" if node.value == "off" else self.severity
        return [self._limit(node, metric, scope, pattern, severity, self.near)]

    def _spelled(self, node: Entries, metric: str, scope: Scope, pattern: str) -> list[Limit]:
        """`{max: 300M, growth: 1%, severity: warn}`."""
        for key, (at, _) in node.entries.items():
            if key not in LIMIT_KEYS:
                hint = did_you_mean(key, LIMIT_KEYS)
                where = self.source.where(at)
                raise SpecError(f"unknown key '{key}' in a limit", where=where, hint=hint)
        severity, near = self.severity, self.near
        if "severity" in node.entries:
            severity = read_severity(self.source, node.entries["severity"][1])
        if "near" in node.entries:
            near = read_near(self.source, node.entries["near"][1])
        found = self._stated(node, metric, scope, pattern, severity, near)
        if not found and severity != "off":
            hint = "max: 300M, or growth: 1%"
            raise SpecError("a limit without a bound", where=self.source.where(node), hint=hint)
        if not found:
            found = [Limit(metric, _NOTHING, "max", scope, pattern, "off")]
        return found

    def _stated(  # noqa: PLR0917 - all that a limit has
        self,
        node: Entries,
        metric: str,
        scope: Scope,
        pattern: str,
        severity: Severity,
        near: Quantity | None,
    ) -> list[Limit]:
        """The bounds that a mapping gives under `max` and `growth`."""
        found = []
        for key in ("max", "growth"):
            if key in node.entries:
                value = node.entries[key][1]
                if not isinstance(value, Scalar):
                    where = self.source.where(value)
                    raise SpecError(f"'{key}' is one number", where=where, hint="for example 300M")
                sign = "+" if key == "growth" and value.value[:1] != "+" else ""
                shown = Scalar(sign + value.value, value.plain, value.line, value.column)
                if key == "max" and value.value[:1] == "+":
                    where = self.source.where(value)
                    message = f"'{value.value}' is a growth, not a maximum"
                    raise SpecError(message, where=where, hint=f"growth: {value.value[1:]}")
                found.append(self._limit(shown, metric, scope, pattern, severity, near))
        return found

    def _limit(  # noqa: PLR0917 - all that a limit has
        self,
        node: Scalar,
        metric: str,
        scope: Scope,
        pattern: str,
        severity: Severity,
        near: Quantity | None,
    ) -> Limit:
        where = self.source.where(node)
        if node.value == "off":
            return Limit(metric, _NOTHING, "max", scope, pattern, "off", where=where)
        bound, growth = parse_bound(node.value, metric, where)
        origin = self.source.name
        how: How = "growth" if growth else "max"
        return Limit(metric, bound, how, scope, pattern, severity, near, origin, where)


def parse_bound(text: str, metric: str, where: Where | None = None) -> tuple[Quantity, bool]:
    """`300M` or `+1%`: the quantity, and whether it is a growth; of the metric's unit."""
    growth = text[:1] == "+"
    quantity = parse_quantity(text[growth:].lstrip() if growth else text, where)
    if growth and metric in SHARES:
        message = f"'{metric}' cannot be relative to the baseline"
        raise InputError(message, where=where, hint="for example 10%")
    kind: Kind = "share" if metric in SHARES else METRICS[metric]
    if quantity.kind == kind or (growth and quantity.kind == "share"):
        return quantity, growth
    if growth and not quantity.numerator:  # +0 is nothing of anything
        return quantity, growth
    words = {"count": "a count", "bytes": "a size in bytes", "share": "a share"}
    hint = f"for example {'+1%' if growth else _EXAMPLES[kind]}"
    if not growth and quantity.kind == "share":
        hint = f"'+{quantity}' is relative to the baseline"
    raise InputError(f"'{metric}' is {words[kind]}, not '{quantity}'", where=where, hint=hint)


def parse_max(text: str) -> Limit:
    """The limit that `--max mult_adds=300M` means."""
    metric, equals, value = (word.strip() for word in text.partition("="))
    if metric not in METRICS:
        raise unknown_metric(metric, tuple(METRICS))
    if not equals or not value:
        raise InputError(f"'{text}' has no limit", hint=f"for example {metric}=300M")
    bound, growth = parse_bound(value, metric)
    return Limit(metric, bound, "growth" if growth else "max", origin=ASKED)


def unknown_metric(name: str, known: tuple[str, ...], where: Where | None = None) -> InputError:
    """The error for a metric that cannot be limited here."""
    meant = _ALIASES.get(name.lower().replace("_", "").replace("-", ""))
    if meant in known:
        hint = f"did you mean '{meant}'?"
        if name.lower() == "flops":
            hint = "'mult_adds' counts multiply-accumulates: half of what most call FLOPs"
    else:
        hint = did_you_mean(name, known) or ""
    return SpecError(f"unknown metric '{name}'", where=where, hint=hint)


def read_severity(source: Source, node: Node) -> Severity:
    """`error`, `warn` or `off`."""
    word = node.value if isinstance(node, Scalar) else ""
    if word in SEVERITIES:
        return SEVERITIES[word]
    hint = did_you_mean(word, SEVERITIES)
    raise SpecError(f"'{word}' is no severity", where=source.where(node), hint=hint)


def read_near(source: Source, node: Node) -> Quantity | None:
    """`5%`: within how much of a limit a warning is due; None where it is `off`."""
    word = node.value if isinstance(node, Scalar) else ""
    where = source.where(node)
    if word == "off":
        return None
    quantity = parse_quantity(word, where)
    if quantity.kind != "share" or quantity.numerator >= quantity.denominator:
        raise SpecError(
            f"'{word}' is no share of a limit", where=where, hint="for example 5%, or off"
        )
    return quantity
