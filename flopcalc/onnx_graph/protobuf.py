"""Protobuf's wire format: numbers, fields, strings, lists, and the limits of a file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flopcalc.onnx_graph.proto import varints

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_DEPTH = 100  # of nested messages, as in protobuf itself
MAX_OBJECTS = 12_000_000  # nodes (times 4), attributes, tensors and inputs of one file
ESCAPES = "backslashreplace"  # what becomes of bytes in a string that are no UTF-8

_MASK = 0xFFFF_FFFF_FFFF_FFFF
_SIGN = 1 << 63


class WireError(Exception):
    """Bytes that are no protobuf message: what is wrong, and the position in the buffer."""

    def __init__(self, what: str, position: int) -> None:
        super().__init__(what)
        self.what = what
        self.position = position


LEFT = [0]
"""How many objects a file may hold still: what `spend` takes from."""


def renew_budget() -> None:
    """Allow `MAX_OBJECTS` again: what one file may hold."""
    LEFT[0] = MAX_OBJECTS


def spend(objects: int, position: int) -> None:
    """Raise `WireError` where the file holds more than it may."""
    LEFT[0] -= objects
    if LEFT[0] < 0:
        raise WireError(f"more than {MAX_OBJECTS:,} nodes, attributes and tensors", position)


def varint(buf: bytes, pos: int) -> tuple[int, int]:
    """An unsigned integer of up to 64 bits, and the position behind it."""
    start = pos
    value = shift = 0
    try:
        while True:
            byte = buf[pos]
            pos += 1
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value & _MASK, pos
            shift += 7
            if shift >= 70:
                raise WireError("a number of more than 10 bytes", start)
    except IndexError:
        raise WireError("an unfinished number", start) from None


def signed(value: int) -> int:
    """The same 64 bits as an int64."""
    return value - (1 << 64) if value & _SIGN else value


def field(buf: bytes, pos: int, end: int) -> tuple[int, int, int]:
    """The tag at `pos`, and where its value starts and stops.

    A tag is eight times the field number plus the wire type; the value of a number is read with
    `varint`. Raises `WireError` for what no ONNX file has: groups, field 0, lengths beyond `end`.
    """
    start = pos
    if pos + 1 < len(buf) and buf[pos] < 0x80:
        tag = buf[pos]
        pos += 1
    else:
        tag, pos = varint(buf, pos)
    kind = tag & 7
    if tag < 8 or tag > 0xFFFF_FFFF:
        raise WireError(f"field number {tag >> 3}", start)
    if kind == 2:
        size, pos = varint(buf, pos)
        stop = pos + size
    elif kind == 0:
        stop = pos + 1 if pos < len(buf) and buf[pos] < 0x80 else varint(buf, pos)[1]
    elif kind in (1, 5):
        stop = pos + (8 if kind == 1 else 4)
    else:
        raise WireError(f"wire type {kind}, which ONNX does not use", start)
    if stop > end:
        raise WireError(f"a length of {stop - pos} bytes where {max(end - pos, 0)} are left", start)
    return tag, pos, stop


def fields(buf: bytes, pos: int, end: int) -> Iterator[tuple[int, int, int]]:
    """Each field of a message, as `field` has it."""
    while pos < end:
        tag, start, pos = field(buf, pos, end)
        yield tag, start, pos


def text(data: bytes) -> str:
    """A string; bytes that are no UTF-8 are shown as escapes."""
    return str(data, "utf-8", ESCAPES)


def float32s(data: bytes, position: int = 0) -> tuple[float, ...]:
    """Little-endian 32-bit floats; `position` is where they stand, for messages."""
    from struct import unpack

    count, rest = divmod(len(data), 4)
    if rest:
        raise WireError(f"{len(data)} bytes of 32-bit numbers", position)
    return unpack(f"<{count}f", data)


def packed(buf: bytes, pos: int, end: int) -> tuple[int, ...]:
    """Signed integers one behind the other."""
    if end > pos and buf[end - 1] >= 0x80:
        raise WireError("an unfinished number", pos)
    return varints(buf[pos:end])


def check_depth(depth: int, position: int) -> None:
    """Raise `WireError` where messages nest too deep."""
    if depth > MAX_DEPTH:
        raise WireError(f"messages nested more than {MAX_DEPTH} deep", position)
