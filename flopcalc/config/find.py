"""Finding the configuration: `flopcalc.yaml`, or `[tool.flopcalc]`, upwards from a folder."""

from __future__ import annotations

import os

from flopcalc.errors import FileError, InputError
from flopcalc.record import Record
from flopcalc.yaml_tree import read_file

NAMES = ("flopcalc.yaml", "flopcalc.yml")
PROJECT = "pyproject.toml"
TABLE = "[tool.flopcalc"


class Written(Record):
    """The text of a configuration and its file."""

    path: str
    text: str


def find_config(folder: str) -> Written | None:
    """The nearest configuration in `folder` or above it; None where there is none.

    Raises `InputError` where one folder has two.
    """
    here = os.path.abspath(folder)  # noqa: PTH100 - pathlib costs start-up time
    while True:
        found = [path for path in _candidates(here) if os.path.isfile(path)]  # noqa: PTH113 - likewise
        found = [path for path in found if not path.endswith(PROJECT) or _has_table(path)]
        if len(found) > 1:
            first, second = (os.path.basename(path) for path in found[:2])  # noqa: PTH119 - likewise
            message = f"both '{first}' and '{second}' configure flopcalc in '{here}'"
            raise InputError(message, hint="keep one of them")
        if found:
            return read_config(found[0])
        above = os.path.dirname(here)  # noqa: PTH120 - likewise
        if above == here:
            return None
        here = above


def read_config(path: str) -> Written:
    """The text of the configuration at `path`, a file or the folder that has it."""
    if os.path.isdir(path):  # noqa: PTH112 - pathlib costs start-up time
        for candidate in _candidates(path):
            if os.path.isfile(candidate):  # noqa: PTH113 - likewise
                return read_config(candidate)
        hint = "'flopcalc init budgets' writes one"
        raise FileError(f"no {NAMES[0]} in '{path}'", hint=hint)
    return Written(path, read_file(path))


def _candidates(folder: str) -> list[str]:
    return [os.path.join(folder, name) for name in (*NAMES, PROJECT)]  # noqa: PTH118 - likewise


def _has_table(path: str) -> bool:
    try:
        with open(path, "rb") as file:  # noqa: PTH123 - likewise
            return TABLE.encode() in file.read()
    except OSError:  # not ours to complain of
        return False
