"""ONNX's protobuf messages, decoded from bytes into the light objects of `proto`.

Field numbers are those of onnx.proto; what does not say what a network computes is skipped. The
loops over nodes, attributes and tensors are written out, since a file may have a million.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from flopcalc.onnx_graph.proto import (
    DOUBLE_DATA,
    DTYPES,
    ELIDED,
    FLOAT_DATA,
    INT32_DATA,
    INT64_DATA,
    RAW_DATA,
    UINT64_DATA,
    Declared,
    FunctionDef,
    GraphDef,
    ModelDef,
    NodeDef,
    Ref,
    StoredTensor,
)
from flopcalc.onnx_graph.protobuf import (
    ESCAPES,
    WireError,
    check_depth,
    field,
    fields,
    float32s,
    packed,
    signed,
    spend,
    text,
    varint,
)

if TYPE_CHECKING:
    from flopcalc.onnx_graph.proto import Size, Value

KEPT = 1024  # bytes of tensor content that are kept
ELIDED_MARK = 0x3E80  # a field number ONNX does not use, times 8: `skim` left something out here

_SCOPES = ("pkg.torch.onnx.name_scopes", "namespace", "pkg.onnxscript.rewriter.rule_name")


# short attributes already decoded, since most are written thousands of times
_attributes: dict[bytes, tuple[str, Value]] = {}
_SHORT, _MANY = 64, 10_000
_PLAIN = (int, float, str, tuple)


def forget() -> None:
    """Drop what an earlier file left behind."""
    _attributes.clear()


def node(  # noqa: C901, PLR0912 - written out for speed
    buf: bytes, pos: int, end: int, depth: int
) -> NodeDef:
    """A NodeProto."""
    result = NodeDef()
    inputs, outputs = result.inputs, result.outputs
    while pos < end:
        tag = buf[pos]
        size = buf[pos + 1] if pos + 1 < end else 255
        if tag < 0x80 and tag & 7 == 2 and size < 0x80 and pos + 2 + size <= end and tag > 7:
            start = pos + 2  # nearly every field: one byte of tag, one of length
            pos = start + size
        else:
            tag, start, pos = field(buf, pos, end)
        if tag == 0x0A:
            inputs.append(str(buf[start:pos], "utf-8", ESCAPES))
        elif tag == 0x2A:
            key = buf[start:pos] if pos - start <= _SHORT else b""
            pair = _attributes.get(key)
            if pair is None:
                pair = attribute(buf, start, pos, depth + 1)
                if (
                    key
                    and isinstance(pair[1], (int, float, str, tuple))
                    and len(_attributes) < _MANY
                ):
                    _attributes[key] = pair
            result.attributes[pair[0]] = pair[1]
        elif tag == 0x12:
            outputs.append(str(buf[start:pos], "utf-8", ESCAPES))
        elif tag == 0x1A:
            result.name = str(buf[start:pos], "utf-8", ESCAPES)
        elif tag == 0x22:
            result.op_type = str(buf[start:pos], "utf-8", ESCAPES)
        elif tag == 0x3A:
            result.domain = str(buf[start:pos], "utf-8", ESCAPES)
        elif tag == 0x42:
            result.overload = str(buf[start:pos], "utf-8", ESCAPES)
        elif tag == 0x4A:
            word, said = entry(buf, start, pos)
            if word in _SCOPES:
                result.metadata = {**(result.metadata or {}), word: said}
    spend(4 + len(inputs) + len(outputs), pos)
    return result


def entry(buf: bytes, pos: int, end: int) -> tuple[str, str]:
    """The key and the value of a StringStringEntryProto."""
    key = value = ""
    for tag, start, stop in fields(buf, pos, end):
        if tag == 0x0A:
            key = text(buf[start:stop])
        elif tag == 0x12:
            value = text(buf[start:stop])
    return key, value


# AttributeProto.type → the field that holds the value
_HOLDERS = {1: 2, 2: 3, 3: 4, 4: 5, 5: 6, 6: 7, 7: 8, 8: 9, 9: 10, 10: 11, 11: 22, 12: 23}
_HOLDERS |= {13: 14, 14: 15}
_EMPTY: dict[int, Value] = {2: 0.0, 3: 0, 4: ""}
_LISTS = frozenset((7, 8, 9, 10, 11, 23, 15))


def attribute(  # noqa: C901, PLR0912 - written out for speed
    buf: bytes, pos: int, end: int, depth: int
) -> tuple[str, Value]:
    """The name and the value of an AttributeProto."""
    spend(1, pos)
    name = ref = ""
    kind = 0
    found: dict[int, Value] = {}
    lists: dict[int, list[Value]] = {}
    elided = False
    while pos < end:
        tag, start, pos = field(buf, pos, end)
        if tag == 0x0A:
            name = str(buf[start:pos], "utf-8", ESCAPES)
        elif tag == 0xA0:
            kind = varint(buf, start)[0]
        elif tag == 0x18:
            found[3] = signed(varint(buf, start)[0])
        elif tag == 0x40:
            lists.setdefault(8, []).append(signed(varint(buf, start)[0]))
        elif tag == 0x42:
            lists.setdefault(8, []).extend(packed(buf, start, pos))
        elif tag == 0x15:
            found[2] = float32s(buf[start:pos])[0]
        elif tag == 0x22:
            found[4] = str(buf[start:pos], "utf-8", ESCAPES)
        elif tag == 0xAA:
            ref = str(buf[start:pos], "utf-8", ESCAPES)
        elif tag == ELIDED_MARK:
            elided = True
        else:
            value = _rare(buf, (tag, start, pos), depth)
            if value is None:
                continue
            number = tag >> 3
            if number not in _LISTS:
                found[number] = value
            elif isinstance(value, tuple):
                lists.setdefault(number, []).extend(value)
            else:
                lists.setdefault(number, []).append(value)
    if ref:
        return name, Ref(ref)
    if elided:
        return name, ELIDED
    return name, _held(kind, found, lists)


def _held(kind: int, found: dict[int, Value], lists: dict[int, list[Value]]) -> Value:
    """The value in the field that `type` names, or in the only one there is."""
    holder = _HOLDERS.get(kind)
    if holder is None:  # before IR version 2 files had no type
        holder = next(iter((*lists, *found)), 3)
    if holder in _LISTS:
        return tuple(lists.get(holder, ()))
    return found.get(holder, _EMPTY.get(holder, ELIDED))


def _rare(buf: bytes, at: tuple[int, int, int], depth: int) -> Value | None:
    """A field of an attribute that few have: tensors, graphs, types, lists; None for any other."""
    tag, start, stop = at
    if tag in (0x2A, 0x52):
        return tensor(buf, start, stop, depth + 1)
    if tag in (0x32, 0x5A):
        return graph(buf, start, stop, depth + 1)
    if tag in (0xB2, 0xBA):
        return sparse(buf, start, stop, depth + 1)
    if tag in (0x72, 0x7A):
        return value_type(Declared(), buf, start, stop, depth + 1)
    if tag == 0x4A:
        return text(buf[start:stop])
    return float32s(buf[start:stop], start) if tag in (0x3D, 0x3A) else None


def tensor(buf: bytes, pos: int, end: int, depth: int) -> StoredTensor:
    """A TensorProto, with its content where that is at most `KEPT` bytes."""
    check_depth(depth, pos)
    spend(2, pos)
    result = StoredTensor()
    dims = result.dims
    while pos < end:
        head = pos
        tag, start, pos = field(buf, pos, end)
        if tag == 0x08:
            dims.append(signed(varint(buf, start)[0]))
        elif tag == 0x10:
            result.type = varint(buf, start)[0]
        elif tag == 0x42:
            result.name = str(buf[start:pos], "utf-8", ESCAPES)
        elif tag == 0x0A:
            dims.extend(packed(buf, start, pos))
        elif tag == 0x70:
            result.external = varint(buf, start)[0] == 1
        elif tag >> 3 in _CONTENT:
            _content(result, buf, (tag, start, pos), head)
        elif tag in (0x18, ELIDED_MARK):
            result.external = True  # a segment of a larger tensor, or left on disk
    if dims and min(dims) < 0:
        raise WireError(f"a tensor of {min(dims)} elements along one axis", end)
    return result


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
            value_type(result, buf, start, stop, depth + 1)
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


def graph(buf: bytes, pos: int, end: int, depth: int) -> GraphDef:
    """A GraphProto inside an attribute."""
    check_depth(depth, pos)
    result = GraphDef()
    for at in fields(buf, pos, end):
        graph_field(result, buf, at, depth)
    return result


def graph_field(result: GraphDef, buf: bytes, at: tuple[int, int, int], depth: int = 1) -> None:
    """Take over one field of a GraphProto."""
    tag, start, stop = at
    if tag == 0x0A:
        check_depth(depth + 1, start)
        result.nodes.append(node(buf, start, stop, depth + 1))
    elif tag == 0x2A:
        result.initializers.append(tensor(buf, start, stop, depth + 1))
    elif tag == 0x6A:
        result.values.append(declared(buf, start, stop, depth + 1))
    elif tag == 0x7A:
        result.initializers.append(sparse(buf, start, stop, depth + 1))
    elif tag == 0x5A:
        result.inputs.append(declared(buf, start, stop, depth + 1))
    elif tag == 0x62:
        result.outputs.append(declared(buf, start, stop, depth + 1))
    elif tag == 0x12:
        result.name = text(buf[start:stop])


def function_field(
    result: FunctionDef, buf: bytes, at: tuple[int, int, int], depth: int = 1
) -> None:
    """Take over one field of a FunctionProto."""
    tag, start, stop = at
    if tag == 0x3A:
        result.nodes.append(node(buf, start, stop, depth + 1))
    elif tag == 0x0A:
        result.name = text(buf[start:stop])
    elif tag == 0x22:
        result.inputs.append(text(buf[start:stop]))
    elif tag == 0x2A:
        result.outputs.append(text(buf[start:stop]))
    elif tag == 0x4A:
        domain, version = opset(buf, start, stop)
        result.opsets[domain] = version
    elif tag == 0x52:
        result.domain = text(buf[start:stop])
    elif tag == 0x5A:
        name, value = attribute(buf, start, stop, depth + 1)
        result.attributes[name] = value
    elif tag == 0x6A:
        result.overload = text(buf[start:stop])


def model_field(result: ModelDef, buf: bytes, at: tuple[int, int, int]) -> None:
    """Take over one field of a ModelProto, but for its graph and functions."""
    tag, start, stop = at
    if tag == 0x08:
        result.ir_version = varint(buf, start)[0]
    elif tag == 0x42:
        domain, version = opset(buf, start, stop)
        result.opsets[domain] = version
    elif tag == 0x12:
        result.producer = text(buf[start:stop])
    elif tag == 0x72:
        key, value = entry(buf, start, stop)
        result.metadata[key] = value[:KEPT]


def opset(buf: bytes, pos: int, end: int) -> tuple[str, int]:
    """The domain (`ai.onnx` is the empty one) and version of an OperatorSetIdProto."""
    domain, version = "", 0
    for tag, start, stop in fields(buf, pos, end):
        if tag == 0x0A:
            domain = text(buf[start:stop])
        elif tag == 0x10:
            version = signed(varint(buf, start)[0])
    return ("" if domain == "ai.onnx" else domain), version
