"""Opens an ONNX file, in any of its formats, and says what is wrong with one that is none."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

from flopcalc.errors import FileError, LimitError, Where
from flopcalc.onnx_graph import skim
from flopcalc.onnx_graph.skim import MalformedError, Memory, Source

if TYPE_CHECKING:
    from typing import NoReturn

    from flopcalc.onnx_graph.proto import ModelDef

MAX_TEXT = 1 << 28  # bytes of a file in a text format

# endings → the format's name in onnx.serialization
TEXTS = {
    **dict.fromkeys((".onnxtxt", ".onnxtext"), "onnxtxt"),
    **dict.fromkeys((".textproto", ".txtpb", ".pbtxt", ".prototxt", ".pbtext"), "textproto"),
    **dict.fromkeys((".json", ".onnxjson"), "json"),
}

_SIGNATURES = (
    (b"\x89PNG", "a PNG image"),
    (b"\x1f\x8b", "compressed by gzip"),
    (b"PK\x03\x04", "a ZIP archive (PyTorch writes .pt files so)"),
    (b"\x89HDF", "an HDF5 file (Keras writes .h5 files so)"),
    (b"BZh", "compressed by bzip2"),
    (b"\xfd7zXZ", "compressed by xz"),
    (b"\x28\xb5\x2f\xfd", "compressed by zstd"),
    (b"GGUF", "a GGUF file"),
    (b"%PDF", "a PDF document"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"\x7fELF", "a program"),
    (b"version https://git-lfs", "a git-lfs pointer, not the file itself"),
    (b"ORTM", "in ONNX Runtime's own format"),
    (b"TFL3", "a TensorFlow Lite model"),
    (b"\x80\x02", "a Python pickle"),
)
_HINTS = {
    "a git-lfs pointer, not the file itself": "git lfs pull",
    "compressed by gzip": "gunzip it first",
}


def read_file(path: str) -> ModelDef:
    """The model in the file at `path`; its weights are not read.

    Raises `FileError` for a file that cannot be opened, or is no ONNX model, with the byte at
    which that shows; `LimitError` for a text too long.
    """
    ending = os.path.splitext(path)[1].lower()  # noqa: PTH122 - pathlib takes 10 ms to import
    try:
        fd = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0))
    except (OSError, ValueError) as error:
        raise _unreadable(path, error) from None
    try:
        status = os.fstat(fd)
        if not stat.S_ISREG(status.st_mode):
            what = "a directory" if stat.S_ISDIR(status.st_mode) else "not a file"
            raise FileError(f"'{path}' is {what}", hint="name the .onnx file")
        if not status.st_size:
            raise FileError("the file is empty", where=Where(path))
        if ending in TEXTS:
            return _read_text(path, fd, status.st_size, TEXTS[ending])
        return _read(path, Source(fd, status.st_size))
    except OSError as error:
        raise _unreadable(path, error) from None
    finally:
        os.close(fd)


def read_bytes(data: bytes, name: str) -> ModelDef:
    """The model in `data`, a ModelProto; `name` stands for the file in messages.

    Raises `FileError` as `read_file` does.
    """
    if not data:
        raise FileError("the file is empty", where=Where(name))
    return _read(name, Memory(data))


def _read(path: str, source: Source) -> ModelDef:
    try:
        model = skim.read(source)
    except MalformedError as error:
        _refuse(path, source, f"{error.what}, at byte {error.offset:,}")
    if model.graph is None:
        _refuse(path, source, "it has no graph")
    return model


def _refuse(path: str, source: Source, why: str) -> NoReturn:
    source.at(0, 64)
    head = source.buf[:64]
    hint = "an exported graph: torch.onnx.export writes one"
    found = None
    for signature, what in _SIGNATURES:
        if head.startswith(signature) or (len(signature) == 4 and head[4:8] == signature):
            found = what
    if found is None and head.isascii() and _is_text(head.decode()):
        found = "text"
        hint = "ONNX in text has the ending .onnxtxt, .textproto or .json; a spec .yaml"
    if found is not None:
        message = f"not an ONNX file but {found}" if found[0] in "at" else f"the file is {found}"
        raise FileError(message, where=Where(path), hint=_HINTS.get(found, hint))
    raise FileError(f"not a valid ONNX file: {why}", where=Where(path), hint=hint)


def _is_text(head: str) -> bool:
    return all(character.isprintable() or character in "\t\r\n" for character in head)


def _unreadable(path: str, error: OSError | ValueError) -> FileError:
    reason = error.strerror if isinstance(error, OSError) else str(error)
    message = f"cannot read '{path}': {(reason or 'unknown reason').lower()}"
    return FileError(message, hint="check the path and its permissions")


def _read_text(path: str, fd: int, size: int, format: str) -> ModelDef:
    """A file in one of the formats that onnx itself parses."""
    if size > MAX_TEXT:
        message = f"a text of more than {MAX_TEXT:,} bytes"
        raise LimitError(message, where=Where(path), hint="save the model as .onnx")
    with os.fdopen(os.dup(fd), "rb") as file:
        data = file.read()
    try:
        import warnings

        import onnx
        from onnx.serialization import registry

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that a format is experimental
            model = registry.get(format).deserialize_proto(data, onnx.ModelProto())
        packed = model.SerializeToString()
    except Exception as error:  # noqa: BLE001 - whatever onnx's parsers and protobuf raise
        first = " ".join(str(error).split())[:300]
        message = f"onnx cannot parse it as {format}: {first}"
        raise FileError(message, where=Where(path), hint="save the model as .onnx") from None
    return read_bytes(packed, path)
