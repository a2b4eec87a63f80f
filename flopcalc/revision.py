"""Models as they were at a git revision: specs counted anew, in memory."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from flopcalc import api
from flopcalc.config.git import Revision, is_pointer
from flopcalc.config.lock import parse_lock
from flopcalc.errors import InputError
from flopcalc.knobs import parse_knobs
from flopcalc.measure import snapshot_of
from flopcalc.spec.model import load_spec

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flopcalc.budget import Entry, Locked, Snapshot
    from flopcalc.measure import Task


def snapshots_at(
    name: str, folder: str, lock: str | None, entries: Sequence[Entry], tasks: Sequence[Task]
) -> dict[str, tuple[Snapshot | None, str]]:
    """Each entry's snapshot at the revision `name`, and a sentence where there is none.

    Where a file's content is not in the repository (Git LFS), the lock file of the revision
    stands in. Raises `InputError` where git, a repository or the revision is missing.
    """
    revision = Revision(folder, name)
    locked: dict[str, Locked] = {}
    trouble = ""
    data = revision.read(os.path.relpath(lock, folder)) if lock else None
    if data is not None:
        try:
            locked = parse_lock(data, f"{name}:{os.path.basename(lock or '')}")  # noqa: PTH119 - pathlib costs start-up time
        except InputError as error:
            trouble = f"; at '{name}', {error.message}"
    found = {}
    for entry, task in zip(entries, tasks, strict=True):
        snapshot, why = _one(revision, folder, entry, task)
        if snapshot is None and entry.name in locked:
            snapshot = locked[entry.name].snapshot
            why += ": the lock file of then stands in" if why else ""
        elif why and snapshot is None:
            why += trouble
        found[entry.name] = (snapshot, why)
    return found


def _one(  # noqa: PLR0911 - one for each state
    revision: Revision, folder: str, entry: Entry, task: Task
) -> tuple[Snapshot | None, str]:
    at = f"at '{revision.name}'"
    path, knobs = task.model, ""
    if not os.path.exists(path) and "@" in path:  # noqa: PTH110 - likewise
        path, _, knobs = path.rpartition("@")
    if not os.path.exists(path):  # noqa: PTH110 - likewise
        return None, ""  # a network that ships is no file of this repository
    inside = os.path.relpath(os.path.realpath(path), os.path.realpath(folder))
    data = revision.read(inside)
    if data is None:
        return None, f"'{entry.name}' is new: it was not there {at}"
    if is_pointer(data):
        return None, f"'{entry.name}' {at} is a Git LFS pointer, which has no graph"
    try:
        scale = api.merged(parse_knobs(knobs) if knobs else api.NO_SCALE, task.scale)
        if path.endswith(".onnx"):
            return _exported(data, path, knobs, task), ""
        text = data.removeprefix(b"\xef\xbb\xbf").decode()
        model = load_spec(text, f"{revision.name}:{inside}")
        return snapshot_of(model.graph(scale), task.dtype, peak=task.peak), ""
    except UnicodeDecodeError:
        return None, f"'{entry.name}' {at} is no UTF-8 text"
    except InputError as error:
        return None, f"'{entry.name}' {at} cannot be counted: {error.message}"


def _exported(data: bytes, path: str, knobs: str, task: Task) -> Snapshot:
    """An ONNX file of then, which its reader wants on disk."""
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        copy = os.path.join(folder, os.path.basename(path))  # noqa: PTH118, PTH119 - likewise
        with open(copy, "wb") as file:  # noqa: PTH123 - likewise
            file.write(data)
        loaded = api.open_model(f"{copy}@{knobs}" if knobs else copy)
        graph = api.graph_at(loaded.model, api.merged(loaded.scale, task.scale))
        return snapshot_of(graph, task.dtype, peak=task.peak)
