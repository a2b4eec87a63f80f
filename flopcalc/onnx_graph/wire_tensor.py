"""ONNX's tensors and types, decoded from bytes: TensorProto, ValueInfoProto, TypeProto."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flopcalc.onnx_graph.proto import (
    DOUBLE_DATA,
    DTYPES,
    FLOAT_DATA,
    INT32_DATA,
    INT64_DATA,
    RAW_DATA,
    UINT64_DATA,
    Declared,
    StoredTensor,
)
from flopcalc.onnx_graph.protobuf import (
    LEFT,
    MAX_DEPTH,
    WireError,
    check_depth,
    field,
    fields,
    packed,
    signed,
    spend,
    text,
    varint,
)

if TYPE_CHECKING:
    from flopcalc.onnx_graph.proto import Size

KEPT = 1024  # bytes of tensor content that are kept
ELIDED_MARK = 0x3E80  # a field number ONNX does not use, times 8: `skim` left something out here

# types already decoded, since most are written thousands of times
_types: dict[bytes, tuple[str, str, tuple[Size, ...] | None]] = {}
_heads: dict[bytes, tuple[tuple[int, ...], int]] = {}  # and sizes and dtypes of tensors
_SHORT, _MANY = 128, 10_000


def forget_types() -> None:
    """Drop what an earlier file left behind."""
    _types.clear()
    _heads.clear()


def tensor(  # noqa: C901, PLR0912, PLR0915 - written out for speed
    buf: bytes, pos: int, end: int, depth: int
) -> StoredTensor:
    """A TensorProto, with its content where that is at most `KEPT` bytes."""
    LEFT[0] -= 2
    if depth > MAX_DEPTH or LEFT[0] < 0:
        check_depth(depth, pos)
        spend(0, pos)
    result = StoredTensor()
    dims = result.dims
    begin = pos
    named = buf.find(b"B", pos, pos + _SHORT)  # the tag of the name, or what looks like it
    known = _heads.get(buf[pos:named]) if 0 < named < end else None
    if known is not None:
        dims += known[0]
        result.type = known[1]
        pos = named
    while pos < end:
        head = pos
        tag = buf[pos]
        size = buf[pos + 1] if pos + 1 < end else 255
        if size < 0x80 and tag in _PIECES and pos + 2 + size <= end:
            start = pos + 2
            pos = start + size
        elif size < 0x80 and tag in _PLAIN and pos + 2 <= end:
            start = pos + 1  # a number of one byte, as most are
            pos += 2
        else:
            tag, start, pos = field(buf, pos, end)
        if tag == 0x42:
            if known is None and head - begin < _SHORT and _bare(result):
                _heads[buf[begin:head]] = tuple(dims), result.type
            try:
                result.name = buf[start:pos].decode()  # at half the time of `text`
            except UnicodeDecodeError:
                result.name = text(buf[start:pos])
        elif tag == 0x6A:
            continue  # where in another file it is
        elif tag == 0x08:
            size = buf[start]
            dims.append(size if size < 0x80 else signed(varint(buf, start)[0]))
        elif tag == 0x10:
            result.type = varint(buf, start)[0]
        elif tag == 0x0A:
            dims.extend(packed(buf, start, pos))
        elif tag == 0x70:
            size = buf[start]
            result.external = (size if size < 0x80 else varint(buf, start)[0]) == 1
        elif tag >> 3 in _CONTENT:
            _content(result, buf, (tag, start, pos), head)
        elif tag in (0x18, ELIDED_MARK):
            result.external = True  # a segment of a larger tensor, or left on disk
    if dims and min(dims) < 0:
        raise WireError(f"a tensor of {min(dims)} elements along one axis", end)
    return result


def _bare(t: StoredTensor) -> bool:
    """Whether nothing was read of a tensor but its sizes and dtype, which can be remembered."""
    return not (t.name or t.field or t.external) and len(_heads) < _MANY


_PLAIN = frozenset((0x08, 0x10, 0x70))
_PIECES = frozenset((0x0A, 0x42, 0x4A, 0x6A))
_CONTENT = frozenset((FLOAT_DATA, INT32_DATA, INT64_DATA, RAW_DATA, DOUBLE_DATA, UINT64_DATA))
_FIXED = {FLOAT_DATA: 4, DOUBLE_DATA: 8}


def _content(t: StoredTensor, buf: bytes, at: tuple[int, int, int], head: int) -> None:
    """Take over content, in one piece or number by number, up to `KEPT` bytes."""
    tag, start, stop = at
    number, kind = tag >> 3, tag & 7
    width = _FIXED.get(number, 0)
    if kind == 2 and width and (stop - start) % width:
        raise WireError(f"{stop - start} bytes of {8 * width}-bit numbers", head)
    if kind == 2 and not width and number != RAW_DATA and stop > start and buf[stop - 1] >= 0x80:
        raise WireError("an unfinished number", head)
    if t.field not in (0, number) or len(t.data) + stop - start > KEPT:
        t.external = True
        return
    t.field = number
    t.data = buf[start:stop] if number == RAW_DATA else t.data + buf[start:stop]


def sparse(buf: bytes, pos: int, end: int, depth: int) -> StoredTensor:
    """A SparseTensorProto, as a tensor of its values' name and type and of all its dimensions."""
    check_depth(depth, pos)
    result = StoredTensor()
    dims: list[int] = []
    for tag, start, stop in fields(buf, pos, end):
        if tag == 0x0A:
            result = tensor(buf, start, stop, depth + 1)
        elif tag == 0x12:
            tensor(buf, start, stop, depth + 1)
        elif tag == 0x18:
            dims.append(signed(varint(buf, start)[0]))
        elif tag == 0x1A:
            dims.extend(packed(buf, start, stop))
    result.dims = dims
    result.data = b""
    result.external = True
    return result


def declared(buf: bytes, pos: int, end: int, depth: int) -> Declared:
    """A ValueInfoProto."""
    spend(2, pos)
    result = Declared()
    for tag, start, stop in fields(buf, pos, end):
        if tag == 0x0A:
            result.name = text(buf[start:stop])
        elif tag == 0x12:
            key = buf[start:stop] if stop - start <= _SHORT else b""
            known = _types.get(key) if not result.kind else None
            if known is None:
                fresh = not result.kind
                value_type(result, buf, start, stop, depth + 1)
                if key and fresh and len(_types) < _MANY:
                    _types[key] = result.kind, result.dtype, result.shape
            else:
                result.kind, result.dtype, result.shape = known
    return result


_KINDS = {1: "tensor", 4: "sequence", 5: "map", 7: "opaque", 8: "sparse", 9: "optional"}


def value_type(result: Declared, buf: bytes, pos: int, end: int, depth: int) -> Declared:
    """`result` with what a TypeProto says; of a sequence or an optional, that of its elements."""
    check_depth(depth, pos)
    for tag, start, stop in fields(buf, pos, end):
        kind = _KINDS.get(tag >> 3) if tag & 7 == 2 else None
        if kind is None:
            continue
        result.kind = result.kind or kind
        for inner, first, last in fields(buf, start, stop):
            if kind in ("sequence", "optional") and inner == 0x0A:
                value_type(result, buf, first, last, depth + 2)
            elif kind in ("tensor", "sparse") and inner == 0x08:
                result.dtype = DTYPES.get(varint(buf, first)[0], "unknown")
            elif kind in ("tensor", "sparse") and inner == 0x12:
                result.shape = _shape(buf, first, last)
    return result


def _shape(buf: bytes, pos: int, end: int) -> tuple[Size, ...]:
    sizes: list[Size] = []
    for tag, start, stop in fields(buf, pos, end):
        if tag != 0x0A:
            continue
        size: Size = None
        for inner, first, last in fields(buf, start, stop):
            if inner == 0x08:
                size = signed(varint(buf, first)[0])
            elif inner == 0x12:
                size = text(buf[first:last]) or None
        # exporters write 0 and -1 for a size they do not know, and 0 for an empty tensor
        sizes.append(None if isinstance(size, int) and size < 0 else size)
    return tuple(sizes)
