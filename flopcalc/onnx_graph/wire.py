"""ONNX's protobuf messages, decoded from bytes into the light objects of `proto`.

Field numbers are those of onnx.proto; what does not say what a network computes is skipped. The
loops over nodes, attributes and tensors are written out, since a file may have a million.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from flopcalc.onnx_graph.proto import (
    ELIDED,
    Declared,
    FunctionDef,
    GraphDef,
    ModelDef,
    NodeDef,
    Operation,
    Ref,
    StoredTensor,
)
from flopcalc.onnx_graph.protobuf import (
    ESCAPES,
    LEFT,
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
from flopcalc.onnx_graph.wire_tensor import (
    ELIDED_MARK,
    KEPT,
    declared,
    forget_types,
    sparse,
    tensor,
    value_type,
)

if TYPE_CHECKING:
    from flopcalc.onnx_graph.proto import Value

_SCOPES = ("pkg.torch.onnx.name_scopes", "namespace", "pkg.onnxscript.rewriter.rule_name")

# what is decoded already, since most nodes differ from others in nothing but names: attributes,
# operations, and all that follows the names of a node
_attributes: dict[bytes, tuple[str, Value]] = {}
_operations: dict[tuple[object, ...], Operation] = {}
_tails: dict[bytes, Operation] = {}
_SHORT, _LONG, _MANY = 64, 512, 10_000


def forget() -> None:
    """Drop what an earlier file left behind."""
    forget_types()
    _attributes.clear()
    _operations.clear()
    _tails.clear()


def node(buf: bytes, pos: int, end: int, depth: int) -> NodeDef:
    """A NodeProto."""
    result = NodeDef()
    inputs, outputs = result.inputs, result.outputs
    last = end - 1
    while pos < last:
        tag = buf[pos]
        if tag not in _NAMES:
            break
        start = pos + 2  # nearly always: one byte of tag, one of length
        size = buf[pos + 1]
        pos = start + size
        if size >= 0x80 or pos > end:
            tag, start, pos = field(buf, start - 2, end)
        try:
            said = buf[start:pos].decode()  # at half the time of `text`
        except UnicodeDecodeError:
            said = text(buf[start:pos])
        if tag == 0x0A:
            inputs.append(said)
        elif tag == 0x12:
            outputs.append(said)
        else:
            result.name = said
    if pos < end:
        same = _tails.get(buf[pos:end]) if end - pos <= _LONG else None
        if same is None:
            _tail(result, buf, pos, end, depth)
        else:
            result.operation = same
    LEFT[0] -= 4 + len(inputs) + len(outputs)
    if LEFT[0] < 0:
        spend(0, end)
    return result


_NAMES = frozenset((0x0A, 0x12, 0x1A))


def _tail(  # noqa: C901, PLR0912 - a branch for each field
    result: NodeDef, buf: bytes, pos: int, end: int, depth: int
) -> None:
    """Take over the fields of a node from the first on that is no name."""
    op = Operation()
    alone = True  # there are no names behind it
    raw: list[bytes] | None = []
    for tag, start, stop in fields(buf, pos, end):
        if tag == 0x2A:
            name, value, same = _attribute(buf, start, stop, depth)
            op.attributes[name] = value
            if same is None:
                raw = None
            elif raw is not None:
                raw.append(same)
        elif tag == 0x22:
            op.op_type = text(buf[start:stop])
        elif tag == 0x3A:
            op.domain = text(buf[start:stop])
        elif tag == 0x42:
            op.overload = text(buf[start:stop])
        elif tag in _NAMES:
            alone = False
            said = text(buf[start:stop])
            if tag == 0x1A:
                result.name = said
            else:
                (result.inputs if tag == 0x0A else result.outputs).append(said)
        elif tag == 0x4A:
            alone = False
            word, said = entry(buf, start, stop)
            if word in _SCOPES:
                result.metadata = {**(result.metadata or {}), word: said}
    if raw is not None and len(_operations) < _MANY:
        op.plain = True
        op = _operations.setdefault((op.op_type, op.domain, op.overload, *raw), op)
        if alone and end - pos <= _LONG and len(_tails) < _MANY:
            _tails[buf[pos:end]] = op
    result.operation = op


def _attribute(buf: bytes, pos: int, end: int, depth: int) -> tuple[str, Value, bytes | None]:
    """The name and the value of an attribute, and its bytes where others with them are the same."""
    key = buf[pos:end] if end - pos <= _LONG else None
    pair = _attributes.get(key) if key is not None else None
    if pair is None:
        pair = attribute(buf, pos, end, depth + 1)
        value = pair[1]
        if isinstance(value, tuple) and value:
            value = value[0]
        if not isinstance(value, (int, float, str, StoredTensor)):
            key = None
        elif key is not None and len(key) <= _SHORT and len(_attributes) < _MANY:
            _attributes[key] = pair
    return *pair, key


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


def graph_fields(result: GraphDef, buf: bytes, pos: int, end: int) -> int:
    """Take over the nodes, tensors and values from `pos` on that are short; where they end.

    What it takes over lies whole before `end`, and its length in two bytes.
    """
    nodes, initializers, values = result.nodes, result.initializers, result.values
    while pos + 3 < end:
        tag, size, start = buf[pos], buf[pos + 1], pos + 2
        if size >= 0x80:
            high = buf[start]
            if high >= 0x20:
                break
            size += (high - 1) << 7
            start += 1
        stop = start + size
        if stop > end:
            break
        if tag == 0x0A:
            nodes.append(node(buf, start, stop, 2))
        elif tag == 0x2A:
            initializers.append(tensor(buf, start, stop, 2))
        elif tag == 0x6A:
            values.append(declared(buf, start, stop, 2))
        else:
            break
        pos = stop
    return pos


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
