"""Conventions: which counts and which parameters a reported number adds up, as rows of data."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flopcalc.engine.count import TRAINABLE
from flopcalc.errors import InputError, did_you_mean
from flopcalc.op import PARAMETERS
from flopcalc.record import Record

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flopcalc.engine.count import Analysis, Group, LayerCost, Status, Totals, Uncounted


class Convention(Record):
    """How primitive counts become the operations and the parameters of a report.

    `weights` says how much one count of each kind weighs (absent: nothing), `params` which kinds
    of parameters are added up; `unit` is what the operations are called.
    """

    name: str
    title: str
    unit: str
    weights: Mapping[str, int]
    params: tuple[str, ...]
    sentence: str
    source: str
    version: int = 1


CONVENTIONS = (
    Convention(
        "mult-adds",
        "Mult-Adds and trainable parameters",
        "Mult-Adds",
        {"mac": 1},
        TRAINABLE,
        "One for each multiply-accumulate of a convolution, linear layer or matrix product; "
        "parameters are weights, biases and those of norms.",
        "Howard et al. 2017, arXiv:1704.04861; parameters as sum(p.numel()) in PyTorch",
    ),
    Convention(
        "paper",
        "Mult-Adds and weights, as the MobileNets paper counts",
        "Mult-Adds",
        {"mac": 1},
        ("weight",),
        "One for each multiply-accumulate; parameters are weights alone, without biases and norms.",
        "Howard et al. 2017, arXiv:1704.04861, Tables 1 to 9",
    ),
    Convention(
        "flops",
        "floating-point operations, elementwise ones included",
        "FLOPs",
        {"mac": 2, "add": 1, "mul": 1, "div": 1, "cmp": 1, "exp": 1},
        TRAINABLE,
        "Two for each multiply-accumulate and one for each elementwise operation.",
        "the definition of each operator, as `flopcalc ops` lists them with their sources",
    ),
    Convention(
        "flops-mac",
        "floating-point operations of the multiply-accumulates",
        "FLOPs",
        {"mac": 2},
        TRAINABLE,
        "Two for each multiply-accumulate, nothing for elementwise operations.",
        "PyTorch, torch.utils.flop_counter.FlopCounterMode",
    ),
    Convention(
        "keras",
        "Mult-Adds and all stored parameters",
        "Mult-Adds",
        {"mac": 1},
        PARAMETERS,
        "One for each multiply-accumulate; parameters include what is stored but not trained.",
        "Keras, Model.summary(): total params",
    ),
)
DEFAULT = CONVENTIONS[0]


class Projection:
    """What a convention makes of a network.

    `operations` is in the convention's unit, exact or, where `status` is partial, a lower bound;
    `missing` lists what it lacks. `params` is always exact: shapes say what is stored.
    """

    __slots__ = ("convention", "missing", "operations", "params")

    def __init__(
        self,
        convention: Convention,
        operations: int,
        params: int,
        missing: tuple[Uncounted, ...],
    ) -> None:
        self.convention = convention
        self.operations = operations
        self.params = params
        self.missing = missing

    @property
    def status(self) -> Status:
        """`partial` where some layer's operations are unknown, else `complete`."""
        return "partial" if self.missing else "complete"

    def __repr__(self) -> str:
        return f"<Projection {self.operations} {self.convention.unit}, {self.params} params>"


def find_convention(name: str) -> Convention:
    """The convention called `name`; raises `InputError` where there is none."""
    for convention in CONVENTIONS:
        if convention.name == name:
            return convention
    names = [convention.name for convention in CONVENTIONS]
    raise InputError(f"unknown convention '{name}'", hint=did_you_mean(name, names))


def project(analysis: Analysis, convention: Convention = DEFAULT) -> Projection:
    """The operations and parameters of a whole network under `convention`."""
    missing = tuple(
        lack for lack in analysis.uncounted if any(k in convention.weights for k in lack.counts)
    )
    totals = analysis.totals
    return Projection(
        convention, _weigh(totals, convention), parameters(totals, convention), missing
    )


def operations(part: LayerCost | Group, convention: Convention = DEFAULT) -> int | None:
    """The operations of a layer or row: a lower bound where partial, None where none is known."""
    weights = convention.weights
    if len(weights) == 1 and "mac" in weights:
        macs = part.mult_adds
        return None if macs is None else weights["mac"] * macs
    known = _weigh(part, convention)
    return None if known == 0 and is_partial(part, convention) else known


def parameters(part: LayerCost | Group | Totals, convention: Convention = DEFAULT) -> int:
    """The parameters of a layer, row or network that `convention` adds up."""
    if convention.params == TRAINABLE:
        return part.params
    by_kind = part.params_by_kind
    return sum(by_kind.get(kind, 0) for kind in convention.params)


def is_partial(part: LayerCost | Group | Totals, convention: Convention = DEFAULT) -> bool:
    """Whether something that `convention` weighs could not be counted."""
    return any(kind in convention.weights for kind in part.unknown)


def require_same(baseline: str, other: str) -> None:
    """Raise `InputError` unless two numbers were counted under the same convention."""
    if baseline != other:
        message = f"counts under '{other}' cannot be compared with counts under '{baseline}'"
        raise InputError(message, hint=f"count both with --convention {baseline}")


def _weigh(part: LayerCost | Group | Totals, convention: Convention) -> int:
    weights = convention.weights
    if len(weights) == 1 and "mac" in weights:  # spares the elementwise counts
        known = part.mult_adds
        return 0 if known is None else weights["mac"] * known
    counts = part.counts
    return sum(weight * counts.get(kind, 0) for kind, weight in weights.items())
