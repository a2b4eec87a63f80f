"""Swaps: arguments bound for one op or block, handed by name to another."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flopcalc.errors import ScaleError
from flopcalc.ops.registry import find_step
from flopcalc.spec.scope import StepScope
from flopcalc.spec.value import NOMINAL, SCALED, Value
from flopcalc.spec.values import PADDINGS
from flopcalc.step import REQUIRED
from flopcalc.tensor import Tensor

if TYPE_CHECKING:
    from flopcalc.spec.calls import Call
    from flopcalc.spec.elaborate import Elaborator
    from flopcalc.spec.grammar import Block
    from flopcalc.spec.values import Meaning
    from flopcalc.step import Arg, Step


def swapped(
    run: Elaborator, call: Call, args: dict[str, Any], given: set[str], x: Tensor
) -> Tensor:
    """Run another op or block in the place of a call's own; `given` are the arguments it writes.

    Raises `ScaleError` where it lacks one of them, needs one more, or cannot take a value.
    """
    target = run.settings.swap[call.op][0]
    block = run.spec.blocks.get(target)
    step = None if block else find_step(target)
    takes = block.params if block else step.args if step else ()
    names = {param.name for param in takes}
    if not given <= names:
        lost = min(given - names)
        hint = f"'{target}' takes: {', '.join(sorted(names)) or 'no arguments'}"
        raise _error(run, call, target, f"it has no '{lost}'", hint)
    if block:
        values = _parameters(run, call, block, args, x)
        return run.block(call, block, values, x)
    assert step is not None
    return step.expand(run.emit, x, _arguments(run, call, step, args, x))


def _parameters(
    run: Elaborator, call: Call, block: Block, args: dict[str, Any], x: Tensor
) -> dict[str, Meaning]:
    """Bound arguments as parameters of a block."""
    run.passed, run.words = {}, {}
    run.charge(call, len(block.params))
    kinds = {arg.name: arg.kind for arg in call.step.args} if call.step else {}
    values = run.binder.entering(x)
    for param in block.params:
        value = args.get(param.name)
        kind = kinds.get(param.name)
        if kind == "formula":
            raise _error(run, call, block.name, f"'{param.name}' is a formula of its own")
        if kind in {"steps", "operands"}:
            raise _error(run, call, block.name, f"'{param.name}' has branches")
        if value is None and kind == "auto_bool":
            value = "auto"
        if value is not None:
            scaled = kind == "channels" or param.type == "channels"
            values[param.name] = _as_meaning(value, scaled=scaled)
        elif param.default is not None:
            values[param.name] = run.binder.default_of(param, values, x)
        else:
            raise _error(run, call, block.name, f"it needs '{param.name}'")
    return values


def _arguments(
    run: Elaborator, call: Call, step: Step, args: dict[str, Any], x: Tensor
) -> dict[str, Any]:
    """Bound arguments as those of a step."""
    bound: dict[str, Any] = {}
    for arg in step.args:
        if arg.name in args:
            bound[arg.name] = _argument(run, call, step, arg, args[arg.name])
        elif (written := run.binder.default(step, arg)) is not None:
            bound[arg.name] = run.binder.value(arg, written, StepScope(run.file_frame, x, None))
        elif arg.default is REQUIRED:
            raise _error(run, call, step.name, f"it needs '{arg.name}'")
        else:
            bound[arg.name] = arg.default
    return bound


def _argument(run: Elaborator, call: Call, step: Step, arg: Arg, value: Any) -> Any:  # noqa: ANN401 - of any kind
    if arg.kind == "channels" and isinstance(value, Value) and value.state == NOMINAL:
        return run.scaled(call, value)  # the block would have scaled it where it used it
    if arg.kind in {"steps", "operands"}:  # branches of the same kind run as well there
        kinds = {own.name: own.kind for own in call.step.args} if call.step else {}
        if kinds.get(arg.name) == arg.kind and value is not None:
            return value
    value = _as_plain(value)
    if arg.kind == "auto_bool" and value == "auto":
        value = None
    if value is not arg.default and not _fits(arg, value):
        raise _error(run, call, step.name, f"its '{arg.name}' takes no such value")
    return value


def _error(
    run: Elaborator, call: Call, target: str, reason: str, hint: str | None = None
) -> ScaleError:
    where = run.spec.source.where(call.node)
    hint = hint or f"make a block with the parameters of '{call.op}'"
    return ScaleError(f"cannot swap '{call.op}' for '{target}': {reason}", where=where, hint=hint)


def _fits(arg: Arg, value: Any) -> bool:  # noqa: ANN401, PLR0911 - of any kind; one return each
    """Whether a value bound for another step is one that this argument takes."""
    kind = arg.kind
    if kind == "bool":
        return isinstance(value, bool)
    if kind == "auto_bool":
        return value is None or isinstance(value, bool)
    if kind in {"steps", "operands", "name", "text", "formula"}:
        return False
    if kind == "ref":
        return isinstance(value, Tensor)
    if kind == "word":
        return value in arg.choices
    if kind == "padding" and isinstance(value, str):
        return value in PADDINGS
    if kind in {"sizes", "padding"} and isinstance(value, tuple):
        return all(
            _whole(part, arg.least)
            or (kind == "padding" and isinstance(part, tuple) and all(_whole(n, 0) for n in part))
            for part in value
        )
    if kind == "num":
        return isinstance(value, int | float) and value >= arg.least
    return _whole(value, 0 if kind == "padding" else arg.least)


def _whole(value: Any, least: int) -> bool:  # noqa: ANN401 - of any kind
    return isinstance(value, int) and not isinstance(value, bool) and value >= least


def _as_meaning(value: Any, *, scaled: bool) -> Meaning:  # noqa: ANN401 - of either world
    if isinstance(value, Value | str | Tensor) or value is None:
        return value
    if isinstance(value, tuple):
        return tuple(_as_meaning(part, scaled=scaled) for part in value)
    return Value(value, SCALED if scaled else NOMINAL)


def _as_plain(value: Any) -> Any:  # noqa: ANN401 - of either world
    if isinstance(value, Value):
        number = value.number
        return int(number) if isinstance(number, float) and number.is_integer() else number
    if isinstance(value, tuple) and not isinstance(value, Tensor):
        return tuple(_as_plain(part) for part in value)
    return value
