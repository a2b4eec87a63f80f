"""Reductions over axes, running sums, and selections, as exported graphs have them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flopcalc.formula import Sym
from flopcalc.op import Attrs, Inputs, Op, bind_elements, same_shape
from flopcalc.ops.symbols import E
from flopcalc.tensor import Shaped, product

if TYPE_CHECKING:
    from flopcalc.formula import Env, Formula

S = Sym("S", "elements that become one")
I = Sym("I", "input elements")  # noqa: E741 - the letter beside E
R = Sym("R", "rows")


def _axes(attrs: Attrs) -> tuple[int, ...]:
    axes = attrs["axes"]
    assert isinstance(axes, tuple)
    return tuple(i for i in axes if isinstance(i, int))


def _reduced_shape(inputs: Inputs, attrs: Attrs) -> tuple[Shaped, ...]:
    (x,) = inputs
    axes = _axes(attrs)
    return (Shaped(tuple(1 if i in axes else n for i, n in enumerate(x.shape)), x.axes),)


def reduced_bind(inputs: Inputs, outputs: Inputs, attrs: Attrs) -> Env:
    """E, and S: the product of the extents that vanish; nothing is done to elements of none."""
    (x,) = inputs
    one = product(tuple(x.shape[i] for i in _axes(attrs)))
    if one == 0:
        return {"E": 0, "S": 1}
    return {**bind_elements(inputs, outputs, attrs), "S": one}


def _reduce(operator: str, name: str, counts: dict[str, Formula], title: str) -> Op:
    return Op(
        f"reduce_{name}",
        title=f"{title} over some axes",
        cite=f"ONNX operator {operator}; S elements become one",
        shape=_reduced_shape,
        bind=reduced_bind,
        counts=counts,
    )


REDUCE_SUM = _reduce("ReduceSum", "sum", {"add": (S - 1) * E}, "sum")
REDUCE_MEAN = _reduce("ReduceMean", "mean", {"add": (S - 1) * E, "div": E}, "mean")
REDUCE_MAX = _reduce("ReduceMax", "max", {"cmp": (S - 1) * E}, "maximum")
REDUCE_MIN = _reduce("ReduceMin", "min", {"cmp": (S - 1) * E}, "minimum")
REDUCE_PROD = _reduce("ReduceProd", "prod", {"mul": (S - 1) * E}, "product")
REDUCE_L1 = _reduce("ReduceL1", "l1", {"cmp": S * E, "add": (S - 1) * E}, "sum of magnitudes")
REDUCE_L2 = _reduce(
    "ReduceL2", "l2", {"mul": S * E, "add": (S - 1) * E, "exp": E}, "root of the sum of squares"
)
REDUCE_SUM_SQUARE = _reduce(
    "ReduceSumSquare", "sum_square", {"mul": S * E, "add": (S - 1) * E}, "sum of squares"
)
REDUCE_LOG_SUM = _reduce(
    "ReduceLogSum", "log_sum", {"add": (S - 1) * E, "exp": E}, "logarithm of the sum"
)
REDUCE_LOG_SUM_EXP = _reduce(
    "ReduceLogSumExp",
    "log_sum_exp",
    {"add": (S - 1) * E, "exp": S * E + E},
    "logarithm of the sum of exponentials",
)
ARG_MAX = Op(
    "arg_max",
    title="where the largest (or smallest) element along an axis stands",
    cite="ONNX operators ArgMax and ArgMin; S elements become one",
    shape=_reduced_shape,
    bind=reduced_bind,
    counts={"cmp": (S - 1) * E},
)


def _running_bind(inputs: Inputs, outputs: Inputs, attrs: Attrs) -> Env:  # noqa: ARG001 - an Op.bind
    (x,) = inputs
    (axis,) = _axes(attrs)
    rest = tuple(n for i, n in enumerate(x.shape) if i != axis)
    length = x.shape[axis]
    if length == 0:
        return {"R": 0, "S": 1}
    return {"R": product(rest), "S": length}


CUM_SUM = Op(
    "cum_sum",
    title="running sum along an axis",
    cite="ONNX operator CumSum; S - 1 additions in each row",
    shape=same_shape,
    bind=_running_bind,
    counts={"add": (S - 1) * R},
)
CUM_PROD = Op(
    "cum_prod",
    title="running product along an axis",
    cite="ONNX operator CumProd; S - 1 multiplications in each row",
    shape=same_shape,
    bind=_running_bind,
    counts={"mul": (S - 1) * R},
)


def _top_shape(inputs: Inputs, attrs: Attrs) -> tuple[Shaped, ...]:
    (x,) = inputs
    (axis,) = _axes(attrs)
    k = attrs["k"]
    assert isinstance(k, int)
    shape = Shaped((*x.shape[:axis], k, *x.shape[axis + 1 :]), x.axes)
    return (shape, shape)


def _top_bind(inputs: Inputs, outputs: Inputs, attrs: Attrs) -> Env:  # noqa: ARG001 - an Op.bind
    return {"I": inputs[0].elements}


TOP_K = Op(
    "top_k",
    title="the k largest (or smallest) elements along an axis, and where they stand",
    cite="ONNX operator TopK; each element is compared once, as a linear selection does at least",
    shape=_top_shape,
    bind=_top_bind,
    counts={"cmp": I},
)
SORT = Op(
    "sort",
    title="elements in order, without doubles",
    cite="ONNX operator Unique; each element is compared once at least",
    shape=same_shape,
    bind=_top_bind,
    counts={"cmp": I},
)
