"""What scales a model, as people write it: `alpha=0.75,res=160`, `192x256`, `1x3x192x192`."""

from __future__ import annotations

from flopcalc.errors import InputError, did_you_mean
from flopcalc.graph import Scale

_KNOB_WORDS = ("alpha", "rho", "res", "depth", "len", "batch")


def parse_knobs(text: str) -> Scale:
    """What stands after the `@` of a model: a variant, or `alpha=0.75,res=160`, or both."""
    values: dict[str, object] = {}
    settings: list[tuple[str, str]] = []
    for part in text.split(","):
        key, equals, value = (word.strip() for word in part.partition("="))
        if not equals:
            if "variant" in values or not key:
                message = f"'@{text}' is no variant and no list of knobs"
                raise InputError(message, hint="for example @conv, or @alpha=0.75,res=160")
            values["variant"] = key
        elif key in {"alpha", "rho", "depth"}:
            values[key] = _float(key, value)
        elif key == "res":
            values["res"] = parse_resolution(value)
        elif key in {"len", "batch"}:
            values["length" if key == "len" else key] = _int(key, value)
        else:
            settings.append((key, value))
    return Scale(**values, settings=tuple(settings))  # type: ignore[arg-type]  # each of its field's type


def named_sizes(scale: Scale) -> Scale:
    """What stood after the `@` of an exported graph: `N=1` gives a dimension its size."""
    dims = tuple((name, _int(name, value)) for name, value in scale.settings)
    return scale._replace(settings=(), dims=dims)


def parse_shape(text: str) -> tuple[int, ...]:
    """`1x3x192x192`: every size of a tensor, as the file orders them."""
    sides = text.lower().replace("×", "x").split("x")
    if not all(s.isascii() and s.isdecimal() and len(s) < 16 for s in sides):
        raise InputError(f"'{text}' is no shape", hint="for example 1x3x192x192")
    return tuple(map(int, sides))


def parse_resolution(text: str) -> tuple[int, int]:
    """`192` or `192x256` (height, width)."""
    sides = text.lower().split("x")
    if len(sides) > 2 or not all(s.isascii() and s.isdecimal() for s in sides):
        raise InputError(f"'{text}' is no resolution", hint="for example 192, or 192x256")
    if max(map(len, sides)) > 7:
        raise InputError(f"resolution {text} has more than 7 digits", hint="for example 192")
    return int(sides[0]), int(sides[-1])


def _float(name: str, text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise InputError(
            f"{name} '{text}' is not a number", hint=f"for example {name}=0.75"
        ) from None


def _int(name: str, text: str) -> int:
    if text.isascii() and text.isdecimal() and len(text) < 10:
        return int(text)
    raise InputError(
        f"{name} '{text}' is not a positive integer", hint=did_you_mean(name, _KNOB_WORDS)
    )
