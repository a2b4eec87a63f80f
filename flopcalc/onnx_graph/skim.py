"""Walks an ONNX file and leaves its weights on disk.

Records that are small are decoded as they stand; of a large one a small copy is made first,
without its tensors' content. Memory follows the graph, never the file or the lengths it claims.
"""

from __future__ import annotations

import os
from functools import partial
from typing import TYPE_CHECKING, Final

from flopcalc.onnx_graph import protobuf, wire
from flopcalc.onnx_graph.proto import FunctionDef, GraphDef, ModelDef
from flopcalc.onnx_graph.protobuf import MAX_DEPTH, WireError
from flopcalc.onnx_graph.wire_tensor import ELIDED_MARK, KEPT

if TYPE_CHECKING:
    from collections.abc import Callable

WHOLE = 4096  # bytes of a record that is decoded as it stands
MAX_RECORD = 1 << 28  # bytes of the copy of one record: subgraphs make it long
MAX_STRING = 1 << 16  # bytes of a string attribute: some hold compiled networks
MAX_LIST = 1 << 22  # bytes of a list of numbers in an attribute, or of a name
_FIRST, _LARGEST = 1 << 12, 1 << 20  # bytes of a window

_NODE, _ATTRIBUTE, _TENSOR, _GRAPH, _SPARSE, _FUNCTION = range(6)
# the messages that may hold large tensors, by the message and the field they are in
_INSIDE: Final[dict[int, dict[int, int]]] = {
    _GRAPH: {0x0A: _NODE, 0x2A: _TENSOR, 0x7A: _SPARSE},
    _NODE: {0x2A: _ATTRIBUTE},
    _ATTRIBUTE: {0x2A: _TENSOR, 0x52: _TENSOR, 0x32: _GRAPH, 0x5A: _GRAPH, 0xB2: _SPARSE}
    | {0xBA: _SPARSE},
    _SPARSE: {0x0A: _TENSOR, 0x12: _TENSOR},
    _FUNCTION: {0x3A: _NODE, 0x5A: _ATTRIBUTE},
    _TENSOR: {},
}
# doc strings and properties: never needed from a large record
_NOTES: Final[dict[int, frozenset[int]]] = {
    _GRAPH: frozenset((0x52, 0x72, 0x82)),
    _NODE: frozenset((0x32, 0x52)),
    _ATTRIBUTE: frozenset((0x6A,)),
    _TENSOR: frozenset((0x62, 0x6A, 0x82)),
    _FUNCTION: frozenset((0x42, 0x62, 0x72)),
    _SPARSE: frozenset(),
}
_PAYLOADS = frozenset((0x22, 0x2A, 0x32, 0x3A, 0x4A, 0x52, 0x5A))  # of a tensor, in one piece
_NUMBERS = {0x25: 4, 0x51: 8, 0x28: 0, 0x38: 0, 0x58: 0}  # of a tensor, one by one: their width


class Source:
    """A file read through windows: each as large as needed, growing while reading goes on."""

    __slots__ = ("_fd", "_step", "buf", "size", "start")

    def __init__(self, fd: int, size: int) -> None:
        self._fd = fd
        self._step = _FIRST
        self.size = size
        self.start = 0
        self.buf = b""

    def at(self, pos: int, need: int) -> int:
        """Where in `buf` the byte `pos` stands, with `need` bytes from there, or all there are."""
        offset = pos - self.start
        if offset >= 0 and offset + need <= len(self.buf):
            return offset
        need = min(need, self.size - pos)
        follows = 0 <= offset <= len(self.buf)
        self._step = min(2 * self._step, _LARGEST) if follows else _FIRST
        self.buf = _pread(self._fd, max(need, self._step), pos)
        self.start = pos
        if len(self.buf) < need:
            raise WireError("the file ends while it is read", 0)
        return 0


class Memory(Source):
    """Bytes that are in memory already."""

    __slots__ = ()

    def __init__(self, data: bytes) -> None:
        super().__init__(-1, len(data))
        self.buf = data

    def at(self, pos: int, need: int) -> int:  # noqa: ARG002 - all there are
        return pos


def _pread(fd: int, size: int, pos: int) -> bytes:
    """As os.pread, which Windows lacks and which may return less."""
    if not hasattr(os, "pread"):
        os.lseek(fd, pos, os.SEEK_SET)
        return os.read(fd, size)
    parts = []
    while size > 0:
        part = os.pread(fd, size, pos)
        if not part:
            break
        parts.append(part)
        size -= len(part)
        pos += len(part)
    return parts[0] if len(parts) == 1 else b"".join(parts)


class MalformedError(Exception):
    """What is wrong with a file, and the byte at which it is."""

    def __init__(self, what: str, offset: int) -> None:
        super().__init__(what)
        self.what = what
        self.offset = offset


def read(source: Source) -> ModelDef:
    """The model in `source`; raises `MalformedError`."""
    protobuf.renew_budget()
    wire.forget()
    model = ModelDef()
    try:
        _parts(source, model)
    except WireError as error:
        raise MalformedError(error.what, source.start) from None
    return model


def _walk(
    source: Source,
    pos: int,
    end: int,
    take: Callable[[bytes, tuple[int, int, int]], None],
    kind: int,
    *,
    many: Callable[[bytes, int, int], int] | None = None,
) -> None:
    """Give each field of the message in bytes `pos` to `end` to `take`, whole or skimmed.

    `many` takes over as many short fields of a buffer as it can, and says where they end.
    """
    inside, notes = _INSIDE[kind], _NOTES[kind]
    while pos < end:
        offset = source.at(pos, 32)
        base = source.start
        try:
            if many is not None:
                offset = many(source.buf, offset, min(end - base, len(source.buf)))
                if base + offset > pos:
                    pos = base + offset
                    continue
            head = pos
            tag, start, stop = protobuf.field(source.buf, offset, end - base)
            pos = base + stop
            size = stop - start
            if size <= WHOLE or tag not in inside:
                if size > WHOLE and tag in notes:
                    continue
                _check_size(size, offset)
                start = source.at(base + start, size)
                base = source.start
                take(source.buf, (tag, start, start + size))
                continue
        except WireError as error:
            raise MalformedError(error.what, base + error.position) from None
        copy = bytearray()
        _skim(source, base + start, pos, inside[tag], copy, 3)
        try:
            take(bytes(copy), (tag, 0, len(copy)))
        except WireError as error:
            raise MalformedError(f"{error.what}, in the record", head) from None


def _check_size(size: int, position: int) -> None:
    if size > MAX_LIST:
        raise WireError(f"a record of {size:,} bytes", position)


def _parts(source: Source, model: ModelDef) -> None:
    """The fields of a ModelProto; its graph may come in several."""
    pos, end = 0, source.size
    while pos < end:
        offset = source.at(pos, 32)
        base = source.start
        try:
            tag, start, stop = protobuf.field(source.buf, offset, end - base)
            pos, first, size = base + stop, base + start, stop - start
            if tag not in (0x3A, 0xCA) and size <= MAX_STRING:
                start = source.at(first, size)
                base = source.start
                wire.model_field(model, source.buf, (tag, start, start + size))
        except WireError as error:
            raise MalformedError(error.what, base + error.position) from None
        if tag == 0x3A:
            model.graph = model.graph or GraphDef()
            take = partial(wire.graph_field, model.graph)
            many = partial(wire.graph_fields, model.graph)
            _walk(source, first, pos, take, _GRAPH, many=many)
        elif tag == 0xCA:
            model.functions.append(FunctionDef())
            take = partial(wire.function_field, model.functions[-1])
            _walk(source, first, pos, take, _FUNCTION)


def _skim(  # noqa: C901, PLR0917 - one loop, and where it stands
    source: Source, pos: int, end: int, kind: int, out: bytearray, depth: int
) -> None:
    """Copy the message in bytes `pos` to `end`, but for what is large and not needed."""
    if depth > MAX_DEPTH:
        raise MalformedError(f"messages nested more than {MAX_DEPTH} deep", pos)
    inside, notes = _INSIDE[kind], _NOTES[kind]
    singles = 0
    while pos < end:
        offset = source.at(pos, 32)
        base = source.start
        try:
            tag, start, stop = protobuf.field(source.buf, offset, end - base)
        except WireError as error:
            raise MalformedError(error.what, base + error.position) from None
        head, pos, size = pos, base + stop, stop - start
        if kind == _TENSOR and tag in _NUMBERS:
            singles += size
            if singles > KEPT:  # numbers one by one, too many to keep
                _append(out, ELIDED_MARK, b"\0")
                pos = _run(source, head, end, tag)
                continue
        if tag & 7 != 2 or size <= KEPT:
            offset = source.at(head, pos - head)
            out += source.buf[offset : offset + pos - head]
        elif tag in inside:
            copy = bytearray()
            _skim(source, base + start, pos, inside[tag], copy, depth + 1)
            _append(out, tag, copy)
        elif (kind == _TENSOR and tag in _PAYLOADS) or (kind == _ATTRIBUTE and size > _cap(tag)):
            _append(out, ELIDED_MARK, b"\0")
        elif tag in notes:
            continue
        elif size > MAX_LIST:
            raise MalformedError(f"a record of {size:,} bytes", head)
        else:
            first = source.at(base + start, size)
            _append(out, tag, source.buf[first : first + size])
        if len(out) > MAX_RECORD:
            raise MalformedError(f"a node or function of more than {MAX_RECORD:,} bytes", head)


def _cap(tag: int) -> int:
    return MAX_STRING if tag in (0x22, 0x4A) else MAX_LIST


def _append(out: bytearray, tag: int, data: bytes | bytearray) -> None:
    _number(out, tag)
    if tag & 7 == 2:
        _number(out, len(data))
    out += data


def _number(out: bytearray, value: int) -> None:
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)


def _run(source: Source, pos: int, end: int, tag: int) -> int:
    """Where a run of numbers with the same one-byte `tag` ends, not before the first of them."""
    width = _NUMBERS[tag]
    if not width:  # varints: their ends have to be looked for one by one
        offset = source.at(pos, 32)
        base = source.start
        return base + protobuf.field(source.buf, offset, end - base)[2]
    step = width + 1
    while pos + step <= end:
        offset = source.at(pos, step)
        chunk = source.buf[offset : min(len(source.buf), offset + end - pos)]
        heads = chunk[: len(chunk) // step * step : step]
        same = len(heads) - len(heads.lstrip(bytes((tag,))))
        pos += same * step
        if same < len(heads):
            break
    return pos
