"""A Dask cluster as an executor; the extra `dask` brings its client."""

from __future__ import annotations

from contextlib import contextmanager
from importlib import import_module
from typing import TYPE_CHECKING

from flopcalc.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from concurrent.futures import Executor

PATIENCE = "5s"


@contextmanager
def connect(address: str) -> Iterator[Executor]:
    """The workers of the scheduler at `address`, which need flopcalc installed as well.

    A part whose worker dies is done again by another. Raises `InputError` where Dask is not
    installed or nothing answers.
    """
    try:
        Client = import_module("dask.distributed").Client  # noqa: N806 - a class, of an extra
    except ImportError:
        hint = "pip install 'flopcalc[dask]'"
        raise InputError("Dask is not installed", hint=hint) from None
    try:
        client = Client(address, timeout=PATIENCE)
    except (OSError, ValueError) as error:
        message = f"no Dask scheduler answers at '{address}'"
        raise InputError(message, hint="for example tcp://host:8786") from error
    with client:
        executor: Executor = client.get_executor(pure=False)
        yield executor
