"""Writing files whole or not at all."""

from __future__ import annotations

import os
import tempfile
from contextlib import contextmanager
from typing import TYPE_CHECKING

from flopcalc.errors import FileError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import IO


def write_file(path: str, text: str | bytes) -> None:
    """Write `text` to `path`, by way of `open_whole`. Raises `FileError`."""
    with open_whole(path) as file:
        file.write(text if isinstance(text, bytes) else text.encode())


@contextmanager
def open_whole(path: str) -> Iterator[IO[bytes]]:
    """A binary file that becomes `path` where the block ends well, and vanishes where it does not.

    It is a temporary file beside it, which is then renamed. What is no regular file
    (`/dev/stdout`) is written to directly. Raises `FileError`.
    """
    try:
        if os.path.exists(path) and not os.path.isfile(path):  # noqa: PTH110, PTH113 - as in yaml_tree
            if os.path.isdir(path):  # noqa: PTH112 - as above
                raise FileError(f"'{path}' is a directory", hint="name a file in it")
            with open(path, "wb") as device:  # noqa: PTH123 - as above
                yield device
            return
        with _replacing(os.path.realpath(path)) as file:
            yield file
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise FileError(f"cannot write '{path}': {reason}") from None


@contextmanager
def _replacing(path: str) -> Iterator[IO[bytes]]:
    folder, name = os.path.split(path)
    handle, temporary = tempfile.mkstemp(dir=folder or ".", prefix=f".{name}.", suffix=".tmp")
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, _mode(path))  # noqa: PTH101 - as above
        os.replace(temporary, path)  # noqa: PTH105 - as above
    except BaseException:
        os.unlink(temporary)  # noqa: PTH108 - as above
        raise


def _mode(path: str) -> int:
    """The permissions of the file that is there, or of a new one."""
    try:
        return os.stat(path).st_mode & 0o7777  # noqa: PTH116 - as above
    except FileNotFoundError:
        mask = os.umask(0)
        os.umask(mask)
        return 0o666 & ~mask
