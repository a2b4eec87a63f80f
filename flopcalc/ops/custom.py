"""The step `custom`: a layer with formulas of its own, written in the spec."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from flopcalc.errors import ShapeError, SpecError
from flopcalc.formula import Formula, Num, Sym
from flopcalc.op import OPERATIONS, PARAMETERS, Attrs, Inputs, Op, ParamSpec
from flopcalc.ops.symbols import B
from flopcalc.ops.window import per_axis
from flopcalc.step import Arg, Step
from flopcalc.tensor import Shaped, Tensor, feature_map, sequence

if TYPE_CHECKING:
    from flopcalc.formula import Env
    from flopcalc.step import Emit

KINDS = (*OPERATIONS, *PARAMETERS)


def custom_op(kind: str, counts: Mapping[str, Formula], env: Env, *, cite: str, batch: int) -> Op:
    """An op of these formulas over one sample; `env` gives their names values.

    Counts that are not given are zero. Its attributes are `out` and `size`: the channels and
    spatial sizes of its output, None for those of its input.
    """
    shown = {k: f for k, f in counts.items() if not (isinstance(f, Num) and f.number == 0)}
    if batch != 1:
        samples = Sym(B.name + "'", B.meaning) if B.name in env else B
        shown = {k: samples * f if k in OPERATIONS else f for k, f in shown.items()}
        env = {**env, samples.name: batch}
    sizes = {k: f.value(env) for k, f in shown.items() if k in PARAMETERS}
    stored = tuple(
        ParamSpec(k, k, (n,))  # type: ignore[arg-type]  # a name of PARAMETERS is a ParamKind
        for k, n in sizes.items()
        if n
    )
    return Op(
        "custom",
        kind=kind,
        title=kind,
        cite=cite or "the formulas of the spec",
        role="compute" if "mac" in shown else "other",
        shape=_shape,
        bind=lambda *_: env,
        params=lambda *_: stored,
        counts=shown,
    )


def _shape(inputs: Inputs, attrs: Attrs) -> tuple[Shaped, ...]:
    (x,) = inputs
    out, size = attrs["out"], attrs["size"]
    if out is None and size is None:
        return (Shaped(x.shape, x.axes),)
    assert out is None or isinstance(out, int)
    assert size is None or isinstance(size, tuple)
    channels = x.channels if out is None else out
    if x.is_map:
        return (feature_map(x.batch, channels, x.spatial if size is None else size),)  # type: ignore[arg-type]  # integers, as the step has checked
    if "l" not in x.axes:
        return (Shaped((x.batch, channels), x.axes),)
    (length,) = x.spatial if size is None else size
    assert isinstance(length, int)
    if "c" not in x.axes and out is None:
        return (Shaped((x.batch, length), x.axes),)
    return (sequence(x.batch, length, channels),)


def _custom(emit: Emit, x: Tensor, a: Mapping[str, Any]) -> Tensor:
    given = {kind: a[kind] for kind in KINDS if a[kind] is not None}
    if not given:
        message = f"nothing says what '{a['kind']}' costs"
        raise SpecError(message, hint="give its counts, 'mac: 0' where it computes nothing")
    size = a["size"]
    if size is not None:
        if not x.spatial:
            raise ShapeError("a vector has no size", hint="'out' gives its features")
        size = per_axis("size", size, len(x.spatial))
    env = {name: number for _, values in given.values() for name, number in values.items()}
    counts = {kind: formula for kind, (formula, _) in given.items()}
    op = custom_op(a["kind"], counts, env, cite=a["cite"], batch=x.batch)
    return emit(op, x, attrs={"out": a["out"], "size": size})


CUSTOM_STEP = Step(
    "custom",
    Arg("kind", "text", help="what it is, for the reports"),
    Arg("out", "channels", None, "output channels; those of the input where not given"),
    Arg("size", "sizes", None, "spatial sizes of the output; those of the input where not given"),
    Arg("mac", "formula", None, "Mult-Adds of a sample"),
    Arg("add", "formula", None, "additions"),
    Arg("mul", "formula", None, "multiplications"),
    Arg("div", "formula", None, "divisions"),
    Arg("cmp", "formula", None, "comparisons"),
    Arg("exp", "formula", None, "transcendentals and roots"),
    Arg("weight", "formula", None, "stored weights"),
    Arg("bias", "formula", None, "stored biases"),
    Arg("norm", "formula", None, "stored scales and shifts of normalisations"),
    Arg("buffer", "formula", None, "values that are stored but not trained"),
    Arg("cite", "text", "", "where its formulas are published"),
    expand=_custom,
    help="a layer with formulas of its own; what is not given is zero",
)
