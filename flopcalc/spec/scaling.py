"""The width multiplier α and its rounding, the resolution multiplier ρ, and repeats × depth."""

from __future__ import annotations

from math import ceil, floor, isfinite

from flopcalc.errors import ScaleError
from flopcalc.record import Record

RULES = ("exact", "floor", "nearest", "ceil", "div8", "ceil8")
MODES = ("nearest", "floor", "ceil")
RES_RULES = ("nearest", "floor", "ceil")
LARGEST = 1000.0


class Rounding(Record):
    """How a scaled channel count becomes an integer.

    `to` is the multiple to round to, `mode` how (exact, floor, nearest, ceil), `least` the
    smallest result, `keep` the share of the product that must be left (else one more multiple).
    """

    mode: str = "exact"
    to: int = 1
    least: int = 1
    keep: float = 0.0
    written: str = "exact"

    def channels(self, nominal: int, alpha: float) -> int:
        """`nominal`·α by this rule; a multiplier of exactly 1 leaves the number as written.

        IEEE doubles, as the reference implementations compute it (`int(channels * alpha)`).
        Raises `ScaleError` where the rule is exact and the product no integer.
        """
        if alpha == 1:
            return nominal
        product = nominal * alpha
        if self.mode == "exact":
            whole = round(product)
            if abs(product - whole) > 1e-9 * max(1.0, abs(product)):
                message = f"alpha {alpha:g} turns {nominal} channels into {product:g}"
                hint = "declare 'scaling: {round: floor | nearest | div8 | ...}'"
                raise ScaleError(message, hint=hint)
            return max(whole, self.least)
        multiples = product / self.to
        rounded = max(self.least, _whole(multiples, self.mode) * self.to)
        if rounded < self.keep * product:
            rounded += self.to
        return rounded


def _whole(x: float, mode: str) -> int:
    if mode == "floor":
        return floor(x)
    return ceil(x) if mode == "ceil" else floor(x + 0.5)  # nearest: halves up


def named_rounding(rule: str, least: int | None) -> Rounding:
    """The rounding of a word of `RULES`; `least` replaces its minimum (the divisor, or 1)."""
    mode, to, keep = {
        "exact": ("exact", 1, 0.0),
        "floor": ("floor", 1, 0.0),  # tf-slim and Keras MobileNetV1: max(int(c * alpha), min)
        "nearest": ("nearest", 1, 0.0),
        "ceil": ("ceil", 1, 0.0),
        "div8": ("nearest", 8, 0.9),  # _make_divisible of MobileNetV2's reference code
        "ceil8": ("ceil", 8, 0.0),
    }[rule]
    return Rounding(mode, to, to if least is None else least, keep, rule)


def scaled_size(size: int, rho: float, rule: str) -> int:
    """A spatial input size times ρ: the paper's 0.714 · 224 is 160 by `nearest`."""
    if rho == 1:
        return size
    product = size * rho
    near = _whole(product, "nearest")
    if abs(product - near) < 1e-9 * max(1.0, product):
        return near  # 224 · 0.857142857 is 192, whatever the rule
    return _whole(product, rule)


def deepened(repeat: int, depth: float) -> int:
    """A nominal repeat times the depth multiplier, rounded up (EfficientNet, arXiv:1905.11946)."""
    return repeat if depth == 1 else ceil(repeat * depth)


def check_multiplier(name: str, value: float) -> float:
    """`value`, if it is a multiplier; raises `ScaleError` for 0, negatives, nan and giants."""
    if not isfinite(value) or value <= 0:
        raise ScaleError(
            f"{name} {value:g} is not a positive number", hint=f"for example {name} 0.75"
        )
    if value > LARGEST:
        hint = f"for example {name} 2"
        raise ScaleError(f"{name} {value:g} is more than {LARGEST:g}", hint=hint)
    return value
