"""The report of a check: every limit, what changed, what could not be judged."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Literal

from flopcalc.budget import METRICS, PEAK, SHARES, TITLES
from flopcalc.doc import Block, Column, Doc, Note, Table
from flopcalc.engine.changes import changes
from flopcalc.errors import Where, some
from flopcalc.reports.charts import check_chart
from flopcalc.reports.common import count_text
from flopcalc.reports.verdicts import message, number, room, share_text, used

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flopcalc.budget import Checked, Subject, Verdict
    from flopcalc.chart import Chart
    from flopcalc.doc import Cell
    from flopcalc.engine.changes import Change
    from flopcalc.errors import InputError

SCHEMA = "flopcalc.check/1"
MOST_ROWS = 30
MOST_CHANGES = 15
MOST_NAMES = 4  # in a command that is proposed
_NODE = ": node '"
_ORDER = ("violation", "incomplete", "near", "pass")
_WORDS = {"violation": "EXCEEDED", "incomplete": "unknown", "near": "near", "pass": "ok"}
_LEGEND = (
    "Mult-Adds are the multiply-accumulate operations of one pass through the network, params its "
    "trained numbers; both are counted exactly from the architecture"
)


def check(checked: Checked, *, all: bool = False) -> Doc:
    """The document of a check; `all` shows every limit that holds, too."""
    found = sorted(checked.verdicts, key=_rank)
    shown = [pair for pair in found if pair[1].outcome != "pass"]
    passed = [pair for pair in found if pair[1].outcome == "pass"]
    limits = [pair for pair in passed if pair[1].limit.how != "expect"]
    kept = passed if all else (limits or passed)[: max(0, MOST_ROWS - len(shown))]
    blocks: list[Block] = []
    if found:
        blocks.append(_table([*shown, *kept]))
    if len(kept) < len(passed):
        more = len(passed) - len(kept)
        blocks.append(Note(f"{more} more {_hold(more)}: --all lists them", "hint"))
    blocks += [Note(str(error)) for error in checked.errors]
    blocks += _errors(checked)
    unknown = [
        f"{subject.entry.name}: {verdict.reason}"
        for subject, verdict in found
        if verdict.outcome == "incomplete" and verdict.reason
    ]
    blocks += [Note(text, "warning") for text in dict.fromkeys(unknown)]
    blocks += _changes(checked)
    blocks += _notes(checked)
    blocks += [Note(note, "warning") for note in checked.notes]
    blocks += _hints(checked)
    data = _data(checked)
    title, code = _title(checked), checked.exit_code
    drawn = [pair for pair in found if used(pair[1]) is not None]
    chart = partial(_chart, title, drawn) if drawn else None
    return Doc(title, tuple(blocks), data, exit_code=code, rows=_rows(data), chart=chart)


def _chart(title: str, pairs: Sequence[tuple[Subject, Verdict]]) -> Chart:
    return check_chart(
        title, [(f"{s.entry.name}: {what(v)}", _WORDS[v.outcome], v) for s, v in pairs]
    )


def _errors(checked: Checked) -> list[Block]:
    """What is wrong with models."""
    return _once([(s.entry.name, str(s.error)) for s in checked.subjects if s.error], "plain")


def _notes(checked: Checked) -> list[Block]:
    """What else there is to say of models."""
    return _once([(s.entry.name, note) for s in checked.subjects for note in s.notes], "warning")


def _once(said: Sequence[tuple[str, str]], level: Literal["plain", "warning"]) -> list[Block]:
    """A note for each model and text; what is the same of many but for the name is said once."""
    alike: dict[str, list[tuple[str, str]]] = {}
    for name, text in said:
        alike.setdefault(text.replace(f"'{name}'", "", 1), []).append((name, text))
    blocks: list[Block] = []
    for (_, text), *others in alike.values():
        blocks.append(Note(text, level))
        if others:
            names = some([name for name, _ in others])
            blocks.append(Note(f"the same of {len(others)} more: {names}", level))
    return blocks


def _rank(pair: tuple[Subject, Verdict]) -> tuple[Any, ...]:
    subject, verdict = pair
    relative = (verdict.actual or 0) / verdict.allowed if verdict.allowed else 0
    severity = verdict.limit.severity != "error"
    return _ORDER.index(verdict.outcome), severity, -relative, subject.entry.name


def _s(number_: int, word: str) -> str:
    return word if number_ == 1 else f"{word}s"


def _hold(number_: int) -> str:
    return "limit holds" if number_ == 1 else "limits hold"


def _title(checked: Checked) -> str:
    verdicts = [v for _, v in checked.verdicts]
    broken = len([s for s in checked.subjects if s.error]) + len(checked.errors)
    over = [v for v in verdicts if v.outcome == "violation"]
    bad = [v for v in over if v.limit.severity == "error"]
    unknown = [v for v in verdicts if v.outcome == "incomplete"]
    models = f"{len(checked.subjects)} {_s(len(checked.subjects), 'model')}"
    parts = []
    if bad:
        more = f", {len(over) - len(bad)} more as a warning" if len(over) > len(bad) else ""
        parts.append(f"{len(bad)} of {len(verdicts)} {_s(len(verdicts), 'limit')} exceeded{more}")
    if broken:
        parts.append(f"{broken} {_s(broken, 'problem')} to mend")
    if unknown:
        parts.append(f"{len(unknown)} {_s(len(unknown), 'count')} incomplete")
    if not parts:
        allowed = f", {len(over)} exceeded as a warning" if over else ""
        holding = len(verdicts) - len(over)
        parts.append(f"{holding} {_hold(holding)}{allowed}" if verdicts else "nothing to check")
    return f"{', '.join(parts)}: {models}"


def _table(pairs: Sequence[tuple[Subject, Verdict]]) -> Table:
    columns = (
        Column("outcome", ""),
        Column("model", "model"),
        Column("metric", "what"),
        Column("actual", "is"),
        Column("limit", "may be"),
        Column("margin", "room"),
    )
    rows = []
    for subject, verdict in pairs:
        word = _WORDS[verdict.outcome]
        if verdict.limit.severity == "warn" and verdict.outcome == "violation":
            word = "exceeded"
        actual = number(verdict.actual, verdict.limit.metric)
        if verdict.at_least and actual:  # at least nothing is no number
            actual = f"≥ {actual}" if verdict.actual else "unknown"
        row: tuple[Cell, ...] = (
            word,
            subject.entry.name,
            what(verdict),
            actual,
            _limit(verdict),
            room(verdict),
        )
        rows.append(row)
    return Table(columns, tuple(rows))


def what(verdict: Verdict) -> str:
    """`Mult-Adds`, `share of Mult-Adds, layer conv2.dw`."""
    title = TITLES[verdict.limit.metric]
    if not verdict.scope:
        at = verdict.limit.metric == PEAK and verdict.outcome != "incomplete" and verdict.reason
        return f"{title}, layer {at}" if at else title
    kind = "" if verdict.limit.scope == "model" else f"{verdict.limit.scope} "
    return f"{title}, {kind}{verdict.scope}"


def _limit(verdict: Verdict) -> str:
    """`300,000,000 (300M)`: normalised, and as written."""
    limit = verdict.limit
    if limit.how == "expect":
        return f"{limit.text} (expect)"
    exact = number(verdict.allowed, limit.metric)
    if limit.metric in SHARES:
        return limit.text
    if METRICS[limit.metric] == "bytes" and verdict.allowed is not None:
        exact = f"{verdict.allowed:,} B"
    plain = exact.replace(",", "").replace(" ", "")
    return exact if plain in {limit.text, ""} else f"{exact} ({limit.text})"


def _changes(checked: Checked) -> list[Block]:
    """What changed since the baseline: models, and the layers that changed most."""
    lines: list[tuple[Cell, ...]] = []
    layers: list[tuple[str, Change]] = []
    name = ""
    for subject in checked.subjects:
        before, after = subject.baseline, subject.snapshot
        if before is None or after is None:
            continue
        found = changes(before, after)
        numbers = [(before.mult_adds, after.mult_adds), (before.params, after.params)]
        if not found and all(a == b for a, b in numbers):
            continue
        name = subject.baseline_name
        cells: list[Cell] = [subject.entry.name]
        for old, new in numbers:
            cells += [old, new, growth_text(old, new)]
        lines.append(tuple(cells))
        layers += [(subject.entry.name, change) for change in found]
    if not lines:
        if checked.against and any(s.baseline for s in checked.subjects):
            return [Note(f"nothing changed since {checked.against}")]
        return []
    columns = (
        Column("model", "model"),
        Column("before", "Mult-Adds before", "count"),
        Column("after", "now", "count"),
        Column("change", "change"),
        Column("params_before", "params before", "count"),
        Column("params_after", "now", "count"),
        Column("params_change", "change"),
    )
    lines.sort(key=lambda row: -abs((row[2] or 0) - (row[1] or 0)))  # type: ignore[operator]  # integers
    blocks: list[Block] = [Table(columns, tuple(lines), title=f"Changed since {name}")]
    layers.sort(key=lambda pair: -abs(pair[1].mult_adds))
    kept = layers[:MOST_CHANGES]
    if kept:
        single = len(lines) == 1
        blocks.append(_layers(kept, single=single))
    if len(layers) > len(kept):
        more = len(layers) - len(kept)
        blocks.append(Note(f"{more} more {_s(more, 'layer')} changed less", "hint"))
    return blocks


def _layers(layers: Sequence[tuple[str, Change]], *, single: bool) -> Table:
    columns = [
        Column("model", "model"),
        Column("layer", "layer"),
        Column("mult_adds", "Mult-Adds"),
        Column("params", "params"),
        Column("shape", "now"),
    ]
    rows = []
    for model, change in layers:
        after = change.after
        state = after.shape if after else "removed"
        if after and not change.before:
            state += " (new)"
        rows.append((model, change.name, signed(change.mult_adds), signed(change.params), state))
    if single:
        return Table(tuple(columns[1:]), tuple(row[1:] for row in rows))
    return Table(tuple(columns), tuple(rows))


def signed(number_: int) -> str:
    """`+1.2 M`, `-300`, nothing for no change."""
    if not number_:
        return ""
    return f"{'+' if number_ > 0 else '-'}{count_text(abs(number_))}"


def growth_text(before: int, after: int) -> str:
    """`+1.25 %`."""
    if before == after:
        return ""
    if not before:
        return "new"
    return f"{'+' if after > before else '-'}{share_text(abs(after - before) / before)}"


def _hints(checked: Checked) -> list[Block]:
    grown = [s for s, v in checked.verdicts if v.outcome == "violation" and v.limit.how == "growth"]
    blocks: list[Block] = []
    if grown:
        names = list(dict.fromkeys(s.entry.name for s in grown))
        shown = " ".join(f"'{name}'" if " " in name else name for name in names[:MOST_NAMES])
        more = " …" if len(names) > MOST_NAMES else ""
        text = f'if it is meant: flopcalc accept {shown}{more} --reason "…"'
        blocks.append(Note(text, "hint"))
    elif checked.outcome == "pass":
        lighter = [s for s in checked.subjects if s.state == "locked" and _lighter(s)]
        if lighter and not checked.against:
            n = len(lighter)
            verb = "is" if n == 1 else "are"
            text = f"{n} {_s(n, 'model')} {verb} below the baseline: 'flopcalc tighten' keeps it so"
            blocks.append(Note(text, "hint"))
    if checked.verdicts:
        blocks.append(Note(_LEGEND, "hint"))
    return blocks


def _lighter(subject: Subject) -> bool:
    before, after = subject.baseline, subject.snapshot
    if before is None or after is None:
        return False
    return after.mult_adds < before.mult_adds or after.params < before.params


def _rows(data: dict[str, Any]) -> Table:
    """Every result with its exact numbers, for CSV."""
    keys = ("model", "metric", "of", "scope", "outcome", "severity", "actual", "limit", "margin")
    columns = tuple(Column(key, key) for key in keys)
    return Table(columns, tuple(tuple(r[key] for key in keys) for r in data["results"]))


def _data(checked: Checked) -> dict[str, Any]:
    return {
        "schema": SCHEMA,
        "outcome": checked.outcome,
        "against": checked.against or None,
        "config": _place(checked, Where(checked.config)).get("path"),
        "results": [_result(checked, s, v) for s, v in checked.verdicts],
        "models": [_model(checked, subject) for subject in checked.subjects],
        "errors": [_error(checked, None, error) for error in checked.errors],
        "warnings": list(checked.notes),
    }


def _result(checked: Checked, subject: Subject, verdict: Verdict) -> dict[str, Any]:
    limit = verdict.limit
    variant = verdict.scope[1:] if verdict.scope.startswith("@") else None
    data: dict[str, Any] = {
        "model": subject.entry.name,
        "metric": limit.metric,
        "scope": None if variant or not verdict.scope else verdict.scope,
        "of": limit.scope,
        "limit": verdict.allowed,
        "limit_text": limit.text,
        "origin": limit.origin,
        "actual": verdict.actual,
        "margin": None,
        "severity": limit.severity,
        "outcome": verdict.outcome,
        "message": message(verdict),
    }
    if verdict.actual is not None and verdict.allowed is not None and limit.how != "expect":
        margin = verdict.allowed - verdict.actual
        data["margin"] = round(margin, 6) if limit.metric in SHARES else margin
    for key in ("limit", "actual"):
        if limit.metric in SHARES and data[key] is not None:
            data[key] = round(data[key], 6)
    if variant:
        data["variant"] = variant
    if verdict.at_least:
        data["lower_bound"] = True
    if verdict.baseline is not None:
        data["baseline"] = verdict.baseline
    return {**data, **_place(checked, verdict.where)}


def _place(checked: Checked, where: Where | None) -> dict[str, Any]:
    """A file as seen from the root of the repository, where machines look for it."""
    if where is None or not where.file:
        return {}
    file, _, node = where.file.partition(_NODE)  # an exported graph has no lines
    path = f"{checked.prefix}/{file}" if checked.prefix else file
    data = {"path": _plain(path), "line": max(where.line, 1), "column": max(where.column, 1)}
    return {**data, "node": node.partition("'")[0]} if node else data


def _plain(path: str) -> str:
    """Without `..`, as far as there is something to go up from."""
    parts: list[str] = []
    for part in path.split("/"):
        if part == ".." and parts and parts[-1] != "..":
            parts.pop()
        elif part != ".":
            parts.append(part)
    return "/".join(parts)


def _error(checked: Checked, model: str | None, error: InputError) -> dict[str, Any]:
    data: dict[str, Any] = {"model": model, "message": error.message, "hint": error.hint}
    return {**data, **_place(checked, error.where)}


def _model(checked: Checked, subject: Subject) -> dict[str, Any]:
    data: dict[str, Any] = {"name": subject.entry.name, "path": subject.path}
    data["state"] = subject.state or "none"
    if subject.error is not None:
        data["error"] = _error(checked, subject.entry.name, subject.error)
    if subject.notes:
        data["warnings"] = list(subject.notes)
    now = subject.snapshot
    if now is None:
        return data
    data["status"] = now.status
    data["totals"] = _totals(now)
    if subject.baseline is not None:
        data["since"] = subject.baseline_name
        data["baseline"] = _totals(subject.baseline)
        data["changes"] = [
            {"layer": c.name, "mult_adds": c.mult_adds, "params": c.params}
            for c in changes(subject.baseline, now)
        ]
    return data


def _totals(snapshot: Any) -> dict[str, Any]:  # noqa: ANN401 - a Snapshot
    return {m: number_ for m in METRICS if (number_ := snapshot.value(m)) is not None}
