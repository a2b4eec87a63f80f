"""The lock file's three commands: `lock` what is new, `accept` what grew, `tighten` what shrank."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from flopcalc.budget import LOCKED, PEAK, Acceptance, Limit, Locked, Relocked, Step
from flopcalc.config.edit import tightened
from flopcalc.config.lock import alone, read_lock, write_lock
from flopcalc.engine.verdicts import judge_limits
from flopcalc.errors import InputError, did_you_mean
from flopcalc.gate import defaults, placed_error, required, task_of
from flopcalc.measure import measure, measure_all

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from flopcalc.budget import Entry, Snapshot
    from flopcalc.config.budgets import Config
    from flopcalc.measure import Measured, Task

METRICS = (*LOCKED, "weight_bytes", PEAK)


def lock(
    config: str | None = None,
    *,
    jobs: int = 1,
    progress: Callable[[int, int], None] | None = None,
) -> Relocked:
    """Write the lock file: new models are added, gone ones removed, all others stay as they are.

    A model that cannot be read is among the `errors`; what the file has of it stays. Raises an
    `InputError` where the configuration or the lock file is at fault.
    """
    found = required(config)
    before = read_lock(found.lock) or {}
    new = [entry for entry in found.entries if entry.name not in before]
    measured = measure_all([_task(entry, found) for entry in new], jobs, progress)
    added, errors = {}, []
    for entry, one in zip(new, measured, strict=True):
        if one.snapshot is None:
            assert one.error is not None
            errors.append(placed_error(one.error, entry))
        else:
            added[entry.name] = Locked(one.snapshot)
    names = {entry.name for entry in found.entries}
    with alone(found.lock):
        now = read_lock(found.lock) or {}
        kept = {name: entry for name, entry in now.items() if name in names}
        whole = {**added, **kept}  # what another run locked meanwhile stays
        if whole or now or not errors:
            _write(found, whole)
    notes = [
        f"'{name}' is incomplete: its Mult-Adds are a lower bound"
        for name, entry in added.items()
        if entry.snapshot.status == "partial"
    ]
    return Relocked(
        os.path.relpath(found.lock),
        added=tuple(name for name in whole if name not in now),
        removed=tuple(sorted(set(now) - names)),
        kept=len(kept),
        notes=tuple(notes),
        errors=tuple(errors),
    )


def accept(*models: str, reason: str, config: str | None = None, force: bool = False) -> Relocked:
    """Raise what `models` exceeded in the lock file to what they are, and keep the reason.

    Only numbers above what they may be are raised. A model that is locked at another scale is
    locked anew. Raises `InputError` where a number would be above a maximum, or jump by more
    than `accept_up_to` (10%), unless `force`.
    """
    found = required(config)
    if not reason.strip():
        raise InputError("an increase wants a reason", hint="--reason 'a wider stem for task X'")
    entries = [entry for name in models for entry in found.find(name)]
    with alone(found.lock):
        locked = read_lock(found.lock)
        if locked is None:
            raise InputError("there is no lock file", hint="'flopcalc lock' writes it")
        steps: list[Step] = []
        notes: list[str] = []
        for entry in dict.fromkeys(entries):
            old = locked.get(entry.name)
            if old is None:
                hint = did_you_mean(entry.name, locked, otherwise="'flopcalc lock' adds it")
                raise InputError(f"'{entry.name}' is not in the lock file", hint=hint)
            one = _measured(entry, found)
            assert one.snapshot is not None
            changed, done = _accepted(found, entry, old, one, reason.strip(), force=force)
            if not done:
                notes.append(f"'{entry.name}' exceeds nothing: its entry stays as it is")
            locked[entry.name] = changed
            steps += done
        _write(found, locked)
    return Relocked(os.path.relpath(found.lock), tuple(steps), notes=tuple(notes))


def tighten(*models: str, config: str | None = None, limits: bool = False) -> Relocked:
    """Lower what the lock file allows to what the models are; all of them, or `models`.

    With `limits`, maxima of the configuration that are looser than their models come down to
    them too, in place. A model that cannot be read is among the `errors`, and stays as it is.
    Raises an `InputError` where the configuration or the lock file is at fault.
    """
    found = required(config)
    entries = [e for name in models for e in found.find(name)] or list(found.entries)
    measured, errors = {}, []
    for entry in entries:
        one = measure(_task(entry, found))
        measured[entry.name] = one
        if one.error is not None:
            errors.append(placed_error(one.error, entry))
    with alone(found.lock):
        locked = read_lock(found.lock)
        if locked is None and not limits:
            raise InputError("there is no lock file", hint="'flopcalc lock' writes it")
        steps: list[Step] = []
        for name, one in measured.items():
            if locked is not None and name in locked and one.snapshot is not None:
                locked[name], done = _lowered(name, locked[name], one.snapshot)
                steps += done
        if locked is not None:
            _write(found, locked)
    notes: list[str] = []
    if limits:
        if models:
            raise InputError("--limits lowers the limits of all models", hint="name no model")
        counts = {name: one.snapshot for name, one in measured.items() if one.snapshot}
        steps += tightened(found, counts)
    if not steps and not errors:
        notes.append("nothing is looser than it has to be")
    path = os.path.relpath(found.lock)
    return Relocked(path, tuple(steps), notes=tuple(notes), errors=tuple(errors))


def _write(config: Config, entries: Mapping[str, Locked]) -> None:
    if not config.locks_layers:
        entries = {
            name: one._replace(snapshot=one.snapshot._replace(parts=()))
            for name, one in entries.items()
        }
    write_lock(config.lock, entries)


def _task(entry: Entry, config: Config) -> Task:
    """An entry by itself: what its variants expect is for a check to judge."""
    return task_of(entry, config.folder)._replace(alone=True)


def _measured(entry: Entry, config: Config) -> Measured:
    one = measure(task_of(entry, config.folder))
    if one.error is not None:
        raise placed_error(one.error, entry)
    return one


def _accepted(
    config: Config, entry: Entry, old: Locked, one: Measured, reason: str, *, force: bool
) -> tuple[Locked, list[Step]]:
    now, then = one.snapshot, old.snapshot
    assert now is not None
    if now.scale != then.scale:
        return _anew(entry, old, now, reason)
    limits = [*config.limits_of(entry), *one.limits]
    growth = [limit for limit in (*limits, *defaults(limits, config)) if limit.how == "growth"]
    exceeded = [v for v in judge_limits(now, growth, then) if v.outcome == "violation"]
    if not exceeded:
        return old, []
    metrics = [m for m in METRICS if any(_raises(v.limit, m) for v in exceeded)]
    steps = [Step(entry.name, m, then.value(m), now.value(m), reason) for m in metrics]
    if not force:
        _refuse(config, entry, limits, steps, now)
    if not steps:  # a part grew where the whole did not
        steps = [Step(entry.name, "layers", None, None, reason)]
    kept = [
        Acceptance(s.metric, s.before, s.after, reason)
        for s in steps
        if s.before is not None and s.after is not None
    ]
    values: dict[str, Any] = {m: now.value(m) for m in metrics}
    changed = then._replace(**values, parts=now.parts, status=now.status, reasons=now.reasons)
    if "params" in metrics:
        changed = changed._replace(weight_bytes=now.weight_bytes)
    return Locked(changed, (*old.accepted, *kept)), steps


def _raises(limit: Limit, metric: str) -> bool:
    return limit.metric == metric and limit.scope == "model"


def _anew(entry: Entry, old: Locked, now: Snapshot, reason: str) -> tuple[Locked, list[Step]]:
    """The entry of a model whose scale is another one now."""
    then = old.snapshot
    steps = [Step(entry.name, m, then.value(m), now.value(m), reason) for m in LOCKED]
    kept = tuple(Acceptance(m, then.value(m) or 0, now.value(m) or 0, reason) for m in LOCKED)
    return Locked(now, (*old.accepted, *kept)), steps


def _refuse(
    config: Config, entry: Entry, limits: Sequence[Limit], steps: Sequence[Step], now: Snapshot
) -> None:
    maxima = [limit for limit in limits if limit.how == "max" and limit.severity == "error"]
    for verdict in judge_limits(now, maxima):
        if verdict.outcome == "violation":
            from flopcalc.reports import verdicts  # here, since it is rarely said

            text = f"'{entry.name}' is above a maximum: {verdicts.message(verdict)}"
            hint = "raise the limit, or --force"
            raise InputError(text, where=verdict.limit.where, hint=hint)
    top, bottom = config.accept_up_to.as_integer_ratio()
    for step in steps:
        before, after = step.before or 0, step.after or 0
        if (after - before) * bottom > before * top:
            message = (
                f"'{entry.name}' jumps by more than {config.accept_up_to}: from {before:,} to "
                f"{after:,} {step.metric}"
            )
            raise InputError(message, hint="--force accepts it; 'accept_up_to' sets the limit")


def _lowered(name: str, old: Locked, now: Snapshot) -> tuple[Locked, list[Step]]:
    then = old.snapshot
    if now.scale != then.scale or now.status == "partial":
        return old, []
    steps = []
    for metric in METRICS:
        before, after = then.value(metric), now.value(metric)
        if after is not None and (before is None or after < before):  # a metric new to the file
            steps.append(Step(name, metric, before, after))
    if not steps:
        return old, []
    values: dict[str, Any] = {step.metric: step.after for step in steps}
    return Locked(then._replace(**values, parts=now.parts), old.accepted), steps
