"""The lock file: what each model cost when somebody last agreed to it; exact, sorted, diffable."""

from __future__ import annotations

import contextlib
import json
import os
import re
from typing import TYPE_CHECKING, Any

from flopcalc.budget import PEAK, Acceptance, Locked, Part, Snapshot
from flopcalc.errors import FileError, InputError, Where

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

SCHEMA = "flopcalc.lock/1"
LFS = b"version https://git-lfs.github.com/spec/"
CONVENTION = "mult-adds/1"
MAX_BYTES = 256 * 2**20
_SIZES = ("weight_bytes", PEAK)  # unknown where absent
_PATIENCE = 30.0  # seconds to wait for another run
_CONFLICT = re.compile(r"^(<<<<<<<|=======$|>>>>>>>|\|\|\|\|\|\|\|)", re.MULTILINE)


def read_lock(path: str) -> dict[str, Locked] | None:
    """The entries of a lock file by model; None where there is no file.

    Raises `InputError`, which names the state: unreadable, conflicted, corrupted, or stale.
    """
    try:
        with open(path, "rb") as file:  # noqa: PTH123 - pathlib costs start-up time
            data = file.read(MAX_BYTES)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise FileError(f"cannot read '{path}': {(error.strerror or str(error)).lower()}") from None
    return parse_lock(data, _shown(path))


def parse_lock(data: bytes, name: str) -> dict[str, Locked]:
    """The entries of a lock file's bytes; `name` is what messages call it."""
    try:
        text = data.decode()
    except UnicodeDecodeError:
        raise _corrupted(name, "it is no UTF-8 text") from None
    if data.startswith(LFS):
        hint = "'git lfs pull' fetches the file; better, keep it out of Git LFS"
        raise InputError("the lock file is a Git LFS pointer", where=Where(name), hint=hint)
    found = _CONFLICT.search(text)
    if found:
        line = text.count("\n", 0, found.start()) + 1
        where = Where(name, line, 1, text.split("\n")[line - 1].rstrip("\r"))
        hint = "take either side ('git checkout --ours' or '--theirs' of it), then 'flopcalc check'"
        raise InputError("the lock file has a merge conflict", where=where, hint=hint)
    try:
        content = json.loads(text, object_pairs_hook=_unique)
    except (ValueError, RecursionError) as error:
        line = getattr(error, "lineno", 0)
        raise _corrupted(name, "it is no JSON", line) from None
    except KeyError as error:
        raise _corrupted(name, f"key {error} is there twice, as after a merge") from None
    if not isinstance(content, dict) or "schema" not in content:
        raise _corrupted(name, "it has no 'schema'")
    for key, known in (("schema", SCHEMA), ("convention", CONVENTION)):
        if content.get(key) != known:
            message = f"the lock file is stale: its {key} is '{content.get(key)}', not '{known}'"
            hint = "remove it and run 'flopcalc lock' to count everything anew"
            raise InputError(message, where=Where(name), hint=hint)
    try:
        return {model: _entry(entry) for model, entry in content["models"].items()}
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise _corrupted(name, f"an entry is not as it was written ({error})") from None


def lock_text(entries: Mapping[str, Locked]) -> str:
    """The lock file of `entries`: sorted by model, a line for each layer in network order."""
    head = [f'  "schema": {_json(SCHEMA)},', f'  "convention": {_json(CONVENTION)},']
    models = [f"    {_json(name)}: {_model(entries[name])}" for name in sorted(entries)]
    body = '  "models": {\n' + ",\n".join(models) + "\n  }" if models else '  "models": {}'
    return "{\n" + "\n".join([*head, body]) + "\n}\n"


def write_lock(path: str, entries: Mapping[str, Locked]) -> bool:
    """Write a lock file, whole or not at all; returns whether it changed."""
    text = lock_text(entries)
    with contextlib.suppress(OSError), open(path, "rb") as file:  # noqa: PTH123 - likewise
        if file.read().replace(b"\r\n", b"\n") == text.encode():
            return False
    from flopcalc.output import write_file  # here, since a check writes nothing

    write_file(path, text)
    return True


@contextlib.contextmanager
def alone(path: str) -> Iterator[None]:
    """Let nobody else change the lock file at `path` meanwhile: they wait here for their turn."""
    folder = os.path.dirname(os.path.abspath(path))  # noqa: PTH100, PTH120 - likewise
    try:
        import fcntl
    except ImportError:  # Windows
        with _marked(f"{path}.busy"):
            yield
        return
    try:
        handle = os.open(folder, os.O_RDONLY)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise FileError(f"cannot open '{_shown(folder)}': {reason}") from None
    try:
        with contextlib.suppress(OSError):  # a file system without locks
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


@contextlib.contextmanager
def _marked(mark: str) -> Iterator[None]:
    """Wait until nobody has a file `mark`, and have it meanwhile."""
    import time

    ends = time.monotonic() + _PATIENCE
    while True:
        try:
            os.close(os.open(mark, os.O_CREAT | os.O_EXCL))
            break
        except FileExistsError:
            if time.monotonic() > ends:
                hint = f"if no other flopcalc runs, remove '{_shown(mark)}'"
                raise FileError("another run changes the lock file", hint=hint) from None
            time.sleep(0.05)
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise FileError(f"cannot write '{_shown(mark)}': {reason}") from None
    try:
        yield
    finally:
        os.unlink(mark)  # noqa: PTH108 - likewise


def _shown(path: str) -> str:
    name = os.path.relpath(path)
    return path if name.startswith("..") else name.replace(os.sep, "/")


def _corrupted(name: str, why: str, line: int = 0) -> InputError:
    hint = "'git checkout' restores it; without git, remove it and run 'flopcalc lock'"
    return InputError(f"the lock file is corrupted: {why}", where=Where(name, line), hint=hint)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise KeyError(key)
        found[key] = value
    return found


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def _model(locked: Locked) -> str:
    snap = locked.snapshot
    fields: dict[str, object] = {"name": snap.name, "scale": dict(snap.scale)}
    fields |= {"status": snap.status, "mult_adds": snap.mult_adds, "params": snap.params}
    fields |= {m: n for m in _SIZES if (n := snap.value(m)) is not None}
    lines = [f"{_json(key)}: {_json(value)}" for key, value in fields.items()]
    if snap.reasons:
        lines.append('"reasons": ' + _list(map(_json, snap.reasons)))
    if locked.accepted:
        lines.append('"accepted": ' + _list(_json(a._asdict()) for a in locked.accepted))
    if snap.parts:
        lines.append('"layers": ' + _list(_json(_layer(part)) for part in snap.parts))
    return "{\n      " + ",\n      ".join(lines) + "\n    }"


def _list(items: Any) -> str:  # noqa: ANN401 - any iterable of texts
    found = list(items)
    return "[\n        " + ",\n        ".join(found) + "\n      ]" if found else "[]"


def _layer(part: Part) -> dict[str, object]:
    data: dict[str, object] = {"name": part.name, "kind": part.kind, "shape": part.shape}
    if part.mult_adds is not None:
        data["mult_adds"] = part.mult_adds
    return {**data, "params": part.params}


def _entry(data: Any) -> Locked:  # noqa: ANN401 - what JSON has
    parts = tuple(
        Part(
            str(layer["name"]),
            str(layer["kind"]),
            str(layer["shape"]),
            _integer(layer["mult_adds"]) if "mult_adds" in layer else None,
            _integer(layer["params"]),
        )
        for layer in data.get("layers", ())
    )
    if data["status"] not in {"complete", "partial"}:
        raise ValueError(f"status {data['status']!r}")
    snapshot = Snapshot(
        str(data["name"]),
        dict(data["scale"]),
        data["status"],
        _integer(data["mult_adds"]),
        _integer(data["params"]),
        _integer(data["weight_bytes"]) if "weight_bytes" in data else None,
        parts,
        tuple(map(str, data.get("reasons", ()))),
        _integer(data[PEAK]) if PEAK in data else None,
    )
    accepted = tuple(
        Acceptance(str(a["metric"]), _integer(a["before"]), _integer(a["after"]), str(a["reason"]))
        for a in data.get("accepted", ())
    )
    return Locked(snapshot, accepted)


def _integer(value: object) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    raise ValueError(f"{value!r} is no count")
