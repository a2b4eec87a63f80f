"""The gate as functions: models judged by budgets, and the lock file that remembers them."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from flopcalc import api
from flopcalc.budget import LOCKED, PEAK, Checked, Entry, Limit, Locked, Subject
from flopcalc.config.budgets import Config, load_config
from flopcalc.config.find import find_config, read_config
from flopcalc.config.limits import ASKED, parse_max
from flopcalc.config.lock import read_lock
from flopcalc.engine.verdicts import judge_limits, matches
from flopcalc.errors import InputError, Where, did_you_mean
from flopcalc.graph import Scale
from flopcalc.measure import OWN, Measured, Task, measure_all
from flopcalc.quantity import parse_quantity

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import TypeAlias

    from flopcalc.budget import Snapshot, Verdict
    from flopcalc.doc import Doc

    Progress: TypeAlias = Callable[[int, int], None]  # how many are done, of how many

_SUFFIXES = (".yaml", ".yml", ".onnx")
_NO_GROWTH = parse_quantity("0")


def configuration(path: str | None = None) -> Config | None:
    """The budgets in `path`, or the nearest upwards from here; None where there are none.

    Raises an `InputError` at the place of a slip.
    """
    written = find_config(".") if path is None else read_config(path)
    return None if written is None else load_config(written)


def required(path: str | None = None) -> Config:
    """The configuration; raises `InputError` where there is none."""
    config = configuration(path)
    if config is None:
        hint = "'flopcalc init budgets' writes one, or name a model: 'flopcalc check MODEL'"
        raise InputError("no flopcalc.yaml here or above, and no [tool.flopcalc]", hint=hint)
    return config


def check(
    *models: str,
    config: str | None = None,
    limits: Sequence[str] = (),
    scale: Scale = api.NO_SCALE,
    dtype: str | None = None,
    against: str | None = None,
    jobs: int = 1,
    progress: Progress | None = None,
) -> Checked:
    """Judge models by their limits: those of the configuration, or `models` alone.

    `limits` are further ones (`mult_adds=300M`) for each model. A model of the configuration is
    found by its name or path; any other is judged by `limits`, and what its file expects. With a
    `dtype` its bytes are counted as if all floats were of that one.
    `against` is a git revision to show the differences to, and the baseline of what is not in
    the lock file. One model that cannot be read leaves the others judged.

    >>> from flopcalc.gate import check
    >>> check("mobilenet_v1", limits=["mult_adds=569M", "params=4M"]).outcome
    'violation'

    Raises an `InputError` where the configuration, a limit or the revision is at fault.
    """
    if dtype is not None:
        from flopcalc.dtypes import find_dtype  # here, since few ask for bytes

        dtype = find_dtype(dtype)
    found = required(config) if not models else configuration(config)
    asked = [parse_max(text) for text in limits]
    scaled = scale != api.NO_SCALE or dtype is not None
    if not models and scaled:
        what = "scale" if dtype is None else "dtype"
        raise InputError(f"a {what} for every model of the configuration", hint="name one model")
    entries = list(found.entries if found else ())
    if models:
        entries = _asked(models, Entry("", "", scale, dtype=dtype), None if scaled else found)
    return _Check(found, asked, against).run(entries, bool(models), jobs, progress)


def _asked(models: Sequence[str], like: Entry, config: Config | None) -> list[Entry]:
    """The entries that the command line names: of the configuration, or `like` one."""
    found: list[Entry] = []
    for model in models:
        known: tuple[Entry, ...] = ()
        if config is not None:
            try:
                known = config.find(model)
            except InputError:
                known = ()
        found += known or [like._replace(name=model, model=model)]
    return list(dict.fromkeys(found))


def task_of(entry: Entry, folder: str | None, *, peak: bool = True) -> Task:
    """How to open an entry: its path as seen from here, or the name of a network that ships.

    `peak` asks for its live activations too, which take longer than all else that is counted.
    """
    model = entry.model
    if folder is not None and model != "-":
        model = _seen(folder, model) or model
    return Task(model, entry.scale, entry.dtype, peak, entry.alone)


def _seen(folder: str, model: str) -> str | None:
    """The path of a model as seen from here; None for a name."""
    path = os.path.join(folder, model)  # noqa: PTH118 - pathlib costs start-up time
    name = model.rpartition("@")[0] or model
    is_path = os.path.exists(path) or name.endswith(_SUFFIXES) or "/" in name  # noqa: PTH110 - likewise
    if not is_path:
        return None
    near = os.path.relpath(path)
    return path if near.startswith("..") and os.path.isabs(model) else near.replace(os.sep, "/")  # noqa: PTH117 - likewise


class _Check:
    """One run of `check`."""

    def __init__(self, config: Config | None, asked: Sequence[Limit], against: str | None) -> None:
        self.config = config
        self.asked = tuple(asked)
        self.against = against
        self.errors: list[InputError] = []
        self.notes: list[str] = []
        self.locked: Mapping[str, Locked] | None = None

    def run(
        self,
        entries: Sequence[Entry],
        named: bool,  # noqa: FBT001 - private
        jobs: int,
        progress: Progress | None,
    ) -> Checked:
        config = self.config
        if config is not None:
            try:
                self.locked = read_lock(config.lock)
            except InputError as error:
                self.errors.append(error)
        known = set(config.entries) if config else set()
        tasks = [self._task(entry, ours=entry in known) for entry in entries]
        measured = measure_all(tasks, jobs, progress)
        then = self._before(entries, tasks)
        subjects = [
            self._judge(entry, found, then.get(entry.name), ours=entry in known)
            for entry, found in zip(entries, measured, strict=True)
        ]
        if not named and config is not None:
            self._whole(config, subjects)
        said = tuple(self.notes), tuple(self.errors), self.against or "", _prefix()
        return Checked(tuple(subjects), *said, config.path if config else "")

    def _task(self, entry: Entry, *, ours: bool) -> Task:
        config = self.config if ours else None
        limits = (*self.asked, *config.limits_of(entry)) if config else self.asked
        peak = any(limit.metric == PEAK and limit.severity != "off" for limit in limits)
        return task_of(entry, config.folder if config else None, peak=peak)

    def _before(
        self, entries: Sequence[Entry], tasks: Sequence[Task]
    ) -> dict[str, tuple[Snapshot | None, str]]:
        if self.against is None:
            return {}
        from flopcalc.revision import snapshots_at  # here, since few runs ask git

        folder = self.config.folder if self.config else os.getcwd()  # noqa: PTH109 - likewise
        lock = self.config.lock if self.config else None
        return snapshots_at(self.against, folder, lock, entries, tasks)

    def _judge(
        self,
        entry: Entry,
        found: Measured,
        then: tuple[Snapshot | None, str] | None,
        *,
        ours: bool,
    ) -> Subject:
        wrong = found.error and placed_error(found.error, entry)
        subject = Subject(entry, found.path, found.snapshot, wrong)
        if found.snapshot is None:
            return subject
        config = self.config if ours else None
        limits = [*self.asked, *found.limits]
        if config is not None:
            limits = [*self.asked, *config.limits_of(entry), *found.limits]
        entry_lock = self.locked.get(entry.name) if self.locked and config else None
        lock, subject = _state(subject, entry_lock, exists=self.locked is not None and ours)
        if lock is not None and config is not None:
            limits += defaults(limits, config)
        base = lock or (then[0] if then else None)
        subject = self._missing(subject, limits, base, config)
        verdicts = list(judge_limits(found.snapshot, limits, base))
        for variant in found.variants:
            assert variant.snapshot is not None
            verdicts += [
                v._replace(scope=f"@{variant.name}")
                for v in judge_limits(variant.snapshot, variant.limits)
            ]
        if config is not None and not config.fails_incomplete:
            verdicts = [_lenient(v) for v in verdicts]
        verdicts = [_placed(v, subject) for v in verdicts]
        shown, name = (lock, "the lock file") if lock else (None, "")
        if then is not None:
            shown, name = then[0], self.against or ""
            notes = (*subject.notes, then[1]) if then[1] else subject.notes
            subject = subject._replace(notes=notes)
        return subject._replace(verdicts=tuple(verdicts), baseline=shown, baseline_name=name)

    def _missing(  # noqa: PLR0911 - one for each state
        self,
        subject: Subject,
        limits: Sequence[Limit],
        base: Snapshot | None,
        config: Config | None,
    ) -> Subject:
        """What to say where a limit has nothing to be relative to, or there is no limit."""
        name = subject.entry.name
        alive = [limit for limit in limits if limit.severity != "off"]
        relative = [limit for limit in alive if limit.how == "growth"]
        if subject.error is not None or base is not None:
            return subject
        if relative:
            if self.errors:  # the lock file cannot be read: said once
                return subject
            message = f"'{name}' has no baseline for '{relative[0].text}'"
            if subject.state == "unlocked":
                message += ": it is not in the lock file"
            elif config is not None:
                message += ": there is no lock file"
            hint = "'flopcalc lock' writes it; commit it" if config else "a maximum needs none"
            error = InputError(message, where=relative[0].where, hint=hint)
            return subject._replace(error=error)
        if subject.state == "unlocked":
            if not alive:
                error = InputError(
                    f"'{name}' has no limit, and is not in the lock file",
                    where=subject.entry.where,
                    hint="'flopcalc lock' adds it",
                )
                return subject._replace(error=error)
            note = f"'{name}' is not in the lock file: 'flopcalc lock' adds it"
            return subject._replace(notes=(*subject.notes, note))
        if not alive:
            note = f"'{name}' has no limit: nothing was checked"
            if config is not None and not self.errors:
                hint = "give it 'limits', or 'flopcalc lock' keeps it from growing"
                error = InputError(note, where=subject.entry.where, hint=hint)
                return subject._replace(error=error)
            return subject._replace(notes=(*subject.notes, note))
        return subject

    def _whole(self, config: Config, subjects: Sequence[Subject]) -> None:
        """What only a check of all models can tell."""
        names = {entry.name for entry in config.entries}
        for name in sorted(set(self.locked or ()) - names):
            note = f"the lock file has '{name}', which is gone: 'flopcalc lock' removes it"
            self.notes.append(note)
        if self.locked is None and not self.errors and not self.against:
            self.notes.append("no lock file yet: with 'flopcalc lock', nothing grows unnoticed")
        for limit in dict.fromkeys(
            (*config.limits, *(x for e in config.entries for x in e.limits))
        ):
            about = [
                s.snapshot
                for s in subjects
                if s.snapshot and (limit in s.entry.limits or limit in config.limits)
            ]
            if limit.scope == "model" or any(matches(limit, snapshot) for snapshot in about):
                continue
            if not about or any(s.snapshot is None for s in subjects):
                continue
            known = sorted(
                {p.kind if limit.scope == "kind" else p.name for s in about for p in s.parts}
            )
            hint = did_you_mean(limit.pattern, known, otherwise="'flopcalc analyze' lists them")
            message = f"no {limit.scope} like '{limit.pattern}' in any model"
            self.errors.append(InputError(message, where=limit.where, hint=hint))


def placed_error(error: InputError, entry: Entry) -> InputError:
    """What is wrong with a model, at the line that asks for it where no other place is known."""
    if error.where is not None or entry.where is None:
        return error
    return InputError(error.message, where=entry.where, hint=error.hint, chain=error.chain)


def _state(
    subject: Subject, locked: Locked | None, *, exists: bool
) -> tuple[Snapshot | None, Subject]:
    """The baseline of a model in the lock file, if it may be compared with."""
    if locked is None:
        return None, subject._replace(state="unlocked" if exists else "")
    assert subject.snapshot is not None
    now, then = subject.snapshot.scale, locked.snapshot.scale
    if now == then:
        return locked.snapshot, subject._replace(state="locked")
    name = subject.entry.name
    different = [k for k in {**then, **now} if now.get(k) != then.get(k)]
    what = ", ".join(f"{k} {_said(then.get(k))}, now {_said(now.get(k))}" for k in different)
    hint = f"flopcalc accept {name} --reason '…' locks it as it is"
    error = InputError(
        f"the lock file is stale for '{name}': {what}", where=subject.entry.where, hint=hint
    )
    return None, subject._replace(state="stale", error=error)


def _said(value: object) -> str:
    if isinstance(value, list):
        return "×".join(map(str, value)) or "none"
    return "none" if value in (None, {}) else str(value)


def defaults(limits: Sequence[Limit], config: Config) -> list[Limit]:
    """`+0` for each metric that a locked model has no limit of its own for."""
    apart = {OWN, ASKED}  # the file's own and the command line's come on top
    own = {x.metric for x in limits if x.scope == "model" and x.origin not in apart}
    shown = os.path.relpath(config.lock)
    return [
        Limit(metric, _NO_GROWTH, "growth", origin=shown) for metric in LOCKED if metric not in own
    ]


def _placed(verdict: Verdict, subject: Subject) -> Verdict:
    """The verdict with a place that a reviewer can open: not a network that ships."""
    if verdict.outcome == "pass":
        return verdict
    if os.path.exists(subject.path):  # noqa: PTH110 - likewise
        return verdict if verdict.where else verdict._replace(where=Where(subject.path))
    return verdict._replace(where=subject.entry.where)


def _prefix() -> str:
    """The way from the root of the repository, if there is one, to the working directory."""
    here = root = os.getcwd()  # noqa: PTH109 - likewise
    while not os.path.exists(os.path.join(root, ".git")):  # noqa: PTH110, PTH118 - likewise
        above = os.path.dirname(root)  # noqa: PTH120 - likewise
        if above == root:
            return ""
        root = above
    way = os.path.relpath(here, root)
    return "" if way == "." else way.replace(os.sep, "/")


def _lenient(verdict: Verdict) -> Verdict:
    """An incomplete count as a warning, where the configuration says so."""
    if verdict.outcome != "incomplete":
        return verdict
    return verdict._replace(limit=verdict.limit._replace(severity="warn"))


def report_check(
    models: Sequence[str],
    *,
    all: bool = False,
    **asked: Any,  # noqa: ANN401 - of `check`
) -> Doc:
    """The document of `flopcalc check`."""
    from flopcalc.reports.check import check as document

    return document(check(*models, **asked), all=all)


def report_failure(error: InputError) -> Doc:
    """The document of a check that could not begin, for reports that are read all the same."""
    from flopcalc.reports.check import check as document

    return document(Checked((), errors=(error,), prefix=_prefix()))
