"""What ops ask of their inputs, with the error for an input that lacks it; attributes by type."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flopcalc.errors import ShapeError

if TYPE_CHECKING:
    from flopcalc.op import Attrs
    from flopcalc.tensor import Tensor

EMBED_FIRST = "embed the token ids first: {embed: 768, vocab: 30522}"
TO_MAP = "{untokens: [len]} makes a 1-D map, 'untokens' a square one; 'tokens' turns it back"


def need_features(x: Tensor, what: str) -> None:
    """Raise `ShapeError` unless `x` has channels: token ids have none."""
    if "c" not in x.axes:
        raise ShapeError(f"{what} on token ids", hint=EMBED_FIRST)


def need_positions(x: Tensor, what: str) -> None:
    """Raise `ShapeError` unless `x` is a map or a sequence of tokens."""
    need_features(x, what)
    if not x.spatial:
        message = f"{what} needs a map or tokens, not a vector of {x.text()}"
        raise ShapeError(message, hint="put it before the pooling or flattening")


def need_sequence(x: Tensor, what: str) -> None:
    """Raise `ShapeError` unless `x` is a sequence of tokens with features."""
    need_features(x, what)
    if x.axes != "nlc":
        message = f"{what} needs a sequence of tokens, not {x.text()}"
        hint = "put 'tokens' before it" if x.is_map else "put it before the pooling"
        raise ShapeError(message, hint=hint)


def need_map(x: Tensor, what: str) -> None:
    """Raise `ShapeError` unless `x` is a map: channels over 1 to 3 spatial axes."""
    if not x.is_map:
        message = f"{what} needs a map, not {x.text()}"
        hint = TO_MAP if x.axes == "nlc" else "put it before the pooling"
        raise ShapeError(message, hint=hint)


def need_divisor(count: int, divisor: int, what: str) -> None:
    """Raise `ShapeError` unless `divisor` divides `count` channels; `what` reads `4 groups`."""
    if count % divisor:
        message = f"{what} do not divide {count} channels"
        raise ShapeError(message, hint=f"a multiple of {divisor} channels")


def int_attr(attrs: Attrs, name: str) -> int:
    """The integer attribute `name`."""
    value = attrs[name]
    assert isinstance(value, int), name
    return value


def sizes_attr(attrs: Attrs, name: str) -> tuple[int, ...]:
    """The attribute `name` with one integer an axis."""
    value = attrs[name]
    assert isinstance(value, tuple), name
    return value  # type: ignore[return-value]  # a tuple of sizes wherever one is written
