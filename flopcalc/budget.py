"""What the gate speaks of: limits, the counts of a model to judge, and the verdicts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from flopcalc.graph import Scale
from flopcalc.record import Record

if TYPE_CHECKING:
    from flopcalc.errors import InputError, Where
    from flopcalc.quantity import Kind, Quantity

How: TypeAlias = Literal["max", "growth", "expect"]
Scope: TypeAlias = Literal["model", "layer", "kind", "block"]
Severity: TypeAlias = Literal["error", "warn", "off"]
Outcome: TypeAlias = Literal["pass", "near", "violation", "incomplete", "error"]

PEAK = "peak_activation_bytes"
METRICS: Mapping[str, Kind] = {
    "mult_adds": "count",
    "params": "count",
    "weight_bytes": "bytes",
    PEAK: "bytes",
}
SHARES = {"share": "mult_adds", "params_share": "params"}  # of a part in the whole network
LOCKED = ("mult_adds", "params")  # what a locked model may not exceed without a limit of its own
TITLES = {
    "mult_adds": "Mult-Adds",
    "params": "params",
    "weight_bytes": "weight bytes",
    PEAK: "peak activation bytes",
    "share": "share of Mult-Adds",
    "params_share": "share of params",
}


class Limit(Record):
    """A bound on one metric.

    `how`: at most (`max`), at most so much above the baseline (`growth`), or exactly, at the
    precision written (`expect`). `scope` says of what: the whole model, or each layer, kind or
    block like `pattern`. `near` is the share below a maximum from which on a warning is due.
    """

    metric: str
    bound: Quantity
    how: How = "max"
    scope: Scope = "model"
    pattern: str = ""
    severity: Severity = "error"
    near: Quantity | None = None
    origin: str = ""
    where: Where | None = None

    @property
    def text(self) -> str:
        """As written: `300M`, `+1%`, `= 568.7M`."""
        sign = {"max": "", "growth": "+", "expect": "= "}[self.how]
        return f"{sign}{self.bound}"


class Part(Record):
    """A layer with its norm and activation, as a report's row has them; `shape` finds it again.

    `mult_adds` is None where unknown; `where` is its line in a spec.
    """

    name: str
    kind: str
    shape: str
    mult_adds: int | None
    params: int
    where: Where | None = None

    @property
    def signature(self) -> str:
        """What stays the same when a layer is only renamed."""
        return f"{self.kind} {self.shape}"

    @property
    def work(self) -> tuple[int, int] | None:
        """What stays the same in another layout: Mult-Adds and parameters; None without any."""
        return (self.mult_adds, self.params) if self.mult_adds else None


class Snapshot(Record):
    """A model's counts, flat: what the gate judges and the lock file keeps.

    `mult_adds` is a lower bound where `status` is partial, and `reasons` say why. `weight_bytes`
    is what all stored parameters take, buffers included, and `peak_activation_bytes` the most that
    live activations take, at `peak_layer`; None where a size is unknown, or nobody asked.
    """

    name: str
    scale: Mapping[str, Any]
    status: str
    mult_adds: int
    params: int
    weight_bytes: int | None
    parts: tuple[Part, ...]
    reasons: tuple[str, ...] = ()
    peak_activation_bytes: int | None = None
    peak_layer: str = ""
    peak_where: Where | None = None

    def value(self, metric: str) -> int | None:
        """The number of a metric of `METRICS`: a lower bound for Mult-Adds that are partial."""
        found: int | None = getattr(self, metric)
        return found

    def at_least(self, metric: str) -> bool:
        """Whether the number of a metric is a lower bound."""
        if metric == "params":  # only where some shape has names without values
            return any(reason.startswith("params ") for reason in self.reasons)
        return metric == "mult_adds" and self.status == "partial"


class Acceptance(Record):
    """An increase of the baseline that somebody accepted, and why."""

    metric: str
    before: int
    after: int
    reason: str


class Locked(Record):
    """A model's entry in the lock file."""

    snapshot: Snapshot
    accepted: tuple[Acceptance, ...] = ()


class Verdict(Record):
    """A limit against a number.

    `scope` is the part that it is about, empty for the whole model; `allowed` and `actual` are
    exact numbers (of Mult-Adds, parameters, bytes), or fractions of one for a share; `actual` is
    a lower bound where `at_least`, and None where nothing is known.
    """

    limit: Limit
    outcome: Outcome
    scope: str = ""
    actual: int | float | None = None
    allowed: int | float | None = None
    at_least: bool = False
    baseline: int | None = None
    where: Where | None = None
    reason: str = ""


class Entry(Record):
    """A model to check: its name in reports and lock file, how to open it, and its own limits.

    `model` is a path seen from the folder of the configuration, or the name of a network that
    ships. `found` is the glob that found it, if one did. `dtype` is what bytes are counted as.
    `alone` says that its variants are not its business: they are entries themselves.
    """

    name: str
    model: str
    scale: Scale = Scale()
    limits: tuple[Limit, ...] = ()
    where: Where | None = None
    found: str = ""
    dtype: str | None = None
    alone: bool = False


class Subject(Record):
    """A model with all that was found about it.

    `path` is its file as messages call it; `error` why it could not be read. `baseline` is what
    the lock file (`lock`) or a revision (its name) has of it; `state` says in one word how it
    stands to the lock: locked, unlocked, stale, or nothing where there is no lock.
    """

    entry: Entry
    path: str = ""
    snapshot: Snapshot | None = None
    error: InputError | None = None
    state: str = ""
    baseline: Snapshot | None = None
    baseline_name: str = ""
    verdicts: tuple[Verdict, ...] = ()
    notes: tuple[str, ...] = ()


class Step(Record):
    """A number of the lock file (or a limit) that a command changed; None where there was none."""

    model: str
    metric: str
    before: int | None
    after: int | None
    text: str = ""


class Relocked(Record):
    """What `lock`, `accept` or `tighten` did to the lock file at `path`."""

    path: str
    steps: tuple[Step, ...] = ()
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    kept: int = 0
    notes: tuple[str, ...] = ()
    errors: tuple[InputError, ...] = ()


class Checked(Record):
    """The result of a check: the models in order, what else is to be said, and the exit code."""

    subjects: tuple[Subject, ...]
    notes: tuple[str, ...] = ()
    errors: tuple[InputError, ...] = ()
    against: str = ""
    prefix: str = ""  # the way from the root of the repository to the working directory
    config: str = ""  # the budget file, seen from the working directory

    @property
    def verdicts(self) -> tuple[tuple[Subject, Verdict], ...]:
        """Every verdict with its model."""
        return tuple((subject, v) for subject in self.subjects for v in subject.verdicts)

    @property
    def outcome(self) -> str:
        """`error` if any model could not be judged, else `violation`, `incomplete` or `pass`."""
        if self.errors or any(subject.error for subject in self.subjects):
            return "error"
        severe = {v.outcome for _, v in self.verdicts if v.limit.severity == "error"}
        return next((o for o in ("violation", "incomplete") if o in severe), "pass")

    @property
    def exit_code(self) -> int:
        """0 pass, 1 a limit is exceeded, 2 an input is to be mended, 3 a count is incomplete."""
        return {"pass": 0, "violation": 1, "error": 2, "incomplete": 3}[self.outcome]
