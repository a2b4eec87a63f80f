"""The weight-skipping reader: what it keeps, what it refuses and where, and that it stays small."""

from __future__ import annotations

import gzip
import os
import random
import resource
from pathlib import Path
from typing import Any

import onnx
import pytest
from google.protobuf.message import (  # type: ignore[import-untyped]  # it has no types here
    DecodeError,
)
from micro import proto
from onnx import TensorProto, helper

from flopcalc.errors import FileError, InputError
from flopcalc.onnx_graph.proto import Declared, GraphDef, NodeDef, StoredTensor
from flopcalc.onnx_graph.read import read_bytes, read_file

TEXT = """
net (float[N, 3, 8, 8] x) => (float[N, 4, 8, 8] y)
<float[4, 3, 3, 3] w, int64[2] axes = {0, -1}, float[2] scale = {0.5, 2.0}>
{
  [first] c = Conv <pads = [1, 1, 1, 1], alpha: float = 0.5, auto_pad = "NOTSET"> (x, w)
  y = Relu (c)
}
"""


def small() -> Any:
    message = proto(TEXT)
    message.graph.doc_string = "d" * 5000
    message.graph.initializer.append(helper.make_tensor("w", 1, [4, 3, 3, 3], [0.5] * 108))
    return message


def same_tensor(ours: StoredTensor, theirs: Any) -> None:
    assert (ours.name, ours.dims, ours.type) == (theirs.name, list(theirs.dims), theirs.data_type)
    numbers = ours.numbers()
    if numbers is not None:
        assert list(numbers) == onnx.numpy_helper.to_array(theirs).reshape(-1).tolist()


def same_graph(ours: GraphDef, theirs: Any) -> None:
    assert len(ours.nodes) == len(theirs.node)
    for node, other in zip(ours.nodes, theirs.node, strict=True):
        same_node(node, other)
    assert len(ours.initializers) == len(theirs.initializer)
    for tensor, stored in zip(ours.initializers, theirs.initializer, strict=True):
        same_tensor(tensor, stored)
    for declared, values in (
        (ours.inputs, theirs.input),
        (ours.outputs, theirs.output),
        (ours.values, theirs.value_info),
    ):
        assert len(declared) == len(values)
        for mine, value in zip(declared, values, strict=True):
            same_value(mine, value)


def same_node(node: NodeDef, other: Any) -> None:
    assert (node.op_type, node.name, node.domain) == (other.op_type, other.name, other.domain)
    assert (node.inputs, node.outputs) == (list(other.input), list(other.output))
    assert list(node.attributes) == [a.name for a in other.attribute]
    for attribute in other.attribute:
        value, wanted = node.attributes[attribute.name], helper.get_attribute_value(attribute)
        if attribute.type in (1, 2):
            assert value == wanted
        elif attribute.type in (6, 7):
            assert value == tuple(wanted)
        elif attribute.type == 3:
            assert value == wanted.decode()
        elif attribute.type == 4:
            assert isinstance(value, StoredTensor)
            same_tensor(value, wanted)
        elif attribute.type == 5:
            assert isinstance(value, GraphDef)
            same_graph(value, wanted)
        else:
            assert attribute.type == 8
            assert value == tuple(word.decode() for word in wanted)


def same_value(mine: Declared, value: Any) -> None:
    assert mine.name == value.name
    if value.type.HasField("tensor_type"):
        kind = value.type.tensor_type
        sizes = [
            d.dim_value if d.HasField("dim_value") else d.dim_param or None for d in kind.shape.dim
        ]
        assert mine.shape == (tuple(sizes) if kind.HasField("shape") else None)


GRAPHS = sorted((Path(__file__).parent / "graphs").glob("*.onnx"))


def test_there_are_graphs() -> None:
    assert len(GRAPHS) >= 7


@pytest.mark.parametrize("path", GRAPHS, ids=lambda path: path.stem)
def test_real_files_are_read_as_protobuf_reads_them(path: Path) -> None:
    model = read_file(str(path))
    message = onnx.load(path, load_external_data=False)
    assert model.graph is not None
    assert model.opsets == {o.domain: o.version for o in message.opset_import}
    assert (model.producer, model.ir_version) == (message.producer_name, message.ir_version)
    same_graph(model.graph, message.graph)


def test_small_constants_are_kept_and_large_ones_left() -> None:
    model = read_bytes(small().SerializeToString(), "x")
    assert model.graph is not None
    same_graph(model.graph, small().graph)
    kept = {t.name: t.numbers() for t in model.graph.initializers}
    assert kept["axes"] == (0, -1)
    assert kept["scale"] == (0.5, 2.0)
    assert kept["w"] == (0.5,) * 108


@pytest.mark.parametrize(
    ("dtype", "numbers"),
    [
        (TensorProto.FLOAT, [0.5, -2.0]),
        (TensorProto.DOUBLE, [0.5, -2.0]),
        (TensorProto.FLOAT16, [0.5, -2.0]),
        (TensorProto.INT64, [-1, 2**40]),
        (TensorProto.INT32, [-1, 7]),
        (TensorProto.INT8, [-1, 7]),
        (TensorProto.UINT8, [255, 7]),
        (TensorProto.UINT64, [7, 2**40]),
        (TensorProto.BOOL, [1, 0]),
    ],
)
@pytest.mark.parametrize("raw", [False, True])
def test_contents_of_each_type(dtype: int, numbers: list[Any], raw: bool) -> None:
    tensor = helper.make_tensor("t", dtype, [2], numbers)
    if raw:
        tensor = onnx.numpy_helper.from_array(onnx.numpy_helper.to_array(tensor), "t")
    message = small()
    message.graph.initializer.append(tensor)
    model = read_bytes(message.SerializeToString(), "x")
    assert model.graph is not None
    assert model.graph.initializers[-1].numbers() == tuple(numbers)


def varint(n: int) -> bytes:
    out = b""
    while n >= 0x80:
        out += bytes((n & 0x7F | 0x80,))
        n >>= 7
    return out + bytes((n,))


def test_numbers_one_by_one_are_skipped_too() -> None:
    # as protobuf wrote repeated floats before it packed them: a tag before each
    body = b"\x08" + varint(300_000) + b"\x10\x01\x42\x01w" + b"\x25\0\0\x80\x3f" * 300_000
    stored = b"\x2a" + varint(len(body)) + body
    data = b"\x08\x08\x3a" + varint(len(stored)) + stored
    model = read_bytes(data, "x")
    assert model.graph is not None
    (tensor,) = model.graph.initializers
    assert (tensor.name, tensor.dims, tensor.numbers()) == ("w", [300_000], None)
    message = onnx.ModelProto()
    message.ParseFromString(data)
    assert len(message.graph.initializer[0].float_data) == 300_000


def test_a_file_of_more_than_2_gib_is_read_by_its_graph_alone(tmp_path: Path) -> None:
    size = 5 * 2**29  # bytes of one weight: 640 M floats
    tensor = b"\x08" + varint(size // 4) + b"\x10\x01\x42\x03big\x4a" + varint(size)
    before = small().graph.SerializeToString()
    stored = b"\x2a" + varint(len(tensor) + size) + tensor
    path = tmp_path / "large.onnx"
    with path.open("wb") as file:
        file.write(b"\x08\x08\x3a" + varint(len(before) + len(stored) + size + 3))
        file.write(before + stored)
        file.truncate(file.tell() + size)  # a hole: the weight takes no space on disk
        file.seek(0, 2)
        file.write(b"\x12\x01g")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    model = read_file(str(path))
    assert model.graph is not None
    assert model.graph.name == "g"
    assert [t.name for t in model.graph.initializers][-1] == "big"
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - peak < 16_000  # KiB


@pytest.mark.parametrize(
    ("name", "dump"),
    [
        ("x.onnxtxt", onnx.printer.to_text),
        ("x.json", lambda m: onnx.serialization.registry.get("json").serialize_proto(m)),
        ("x.textproto", lambda m: onnx.serialization.registry.get("textproto").serialize_proto(m)),
    ],
)
def test_text_formats(tmp_path: Path, name: str, dump: Any) -> None:
    message = proto(TEXT)
    text = dump(message)
    (tmp_path / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    model = read_file(str(tmp_path / name))
    assert model.graph is not None
    assert [node.op_type for node in model.graph.nodes] == ["Conv", "Relu"]
    (tmp_path / name).write_bytes(b"{ nothing of the kind")
    with pytest.raises(FileError, match="onnx cannot parse it as"):
        read_file(str(tmp_path / name))


HEAD = b"\x08\x08"
REFUSED = {
    "png": (b"\x89PNG\r\n\x1a\n" + bytes(50), "the file is a PNG image|not an ONNX file but a PNG"),
    "gzip": (gzip.compress(b"x" * 100), "the file is compressed by gzip"),
    "zip": (b"PK\x03\x04" + bytes(60), "not an ONNX file but a ZIP archive"),
    "lfs": (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "git-lfs pointer"),
    "text": (b"name: MobileNet\nnetwork:\n", "not an ONNX file but text"),
    "empty": (b"", "the file is empty"),
    "no graph": (HEAD, "it has no graph"),
    "field 0": (HEAD + b"\x00\x01", "field number 0, at byte 2"),
    "group": (HEAD + b"\x3b", "wire type 3, which ONNX does not use, at byte 2"),
    "wire type 6": (HEAD + b"\x3e\x00", "wire type 6, which ONNX does not use, at byte 2"),
    "wire type 7": (HEAD + b"\x3f\x00", "wire type 7, which ONNX does not use, at byte 2"),
    "long": (HEAD + b"\x3a\x05\x0a\x00", "a length of 5 bytes where 2 are left, at byte 2"),
    "lying": (HEAD + b"\x3a" + varint(2**40), "1099511627776 bytes where 0 are left, at byte 2"),
    "inner": (
        HEAD + b"\x3a\x04\x0a\x09\x0a\x01",
        "a length of 9 bytes where 2 are left, at byte 4",
    ),
    "varint": (HEAD + b"\x3a" + b"\xff" * 11, "a number of more than 10 bytes, at byte 3"),
    "unfinished": (HEAD + b"\x3a\xff", "an unfinished number, at byte 3"),
    "tensor": (HEAD + b"\x3a\x06\x2a\x04\x22\x03abc", "3 bytes of 32-bit numbers, at byte 6|left"),
    "negative": (
        HEAD + b"\x3a\x0d\x2a\x0b\x08" + b"\xff" * 9 + b"\x01",
        "a tensor of -1 elements along one axis",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_no_onnx_file_is_refused(tmp_path: Path, case: str) -> None:
    data, message = REFUSED[case]
    path = tmp_path / "bad.onnx"
    path.write_bytes(data)
    with pytest.raises(FileError, match=message) as raised:
        read_file(str(path))
    assert raised.value.where is not None
    assert raised.value.where.file == str(path)


def nest(depth: int) -> bytes:
    """A graph in a node of a graph …: each level is a node, an attribute and a graph."""
    body = b"\x12\x01g"
    for _ in range(depth):
        body = b"\x32" + varint(len(body)) + body
        body = b"\x2a" + varint(len(body)) + body
        body = b"\x0a" + varint(len(body)) + body
    return HEAD + b"\x3a" + varint(len(body)) + body


def test_nesting_stops_where_protobuf_stops() -> None:
    assert read_bytes(nest(20), "x").graph is not None
    for depth in (40, 5000):
        with pytest.raises(FileError, match="nested more than 100 deep"):
            read_bytes(nest(depth), "x")
        with pytest.raises(DecodeError):
            onnx.ModelProto().ParseFromString(nest(depth))


def test_places_that_are_no_files(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="is a directory"):
        read_file(str(tmp_path))
    with pytest.raises(FileError, match="no such file"):
        read_file(str(tmp_path / "absent.onnx"))
    with pytest.raises(FileError, match="cannot read"):
        read_file("nul\0byte.onnx")
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe.onnx")
        with pytest.raises(FileError, match="is not a file"):
            read_file(str(tmp_path / "pipe.onnx"))


def test_what_a_file_may_hold_is_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("flopcalc.onnx_graph.protobuf.MAX_OBJECTS", 4_000)
    for body, accepted in ((b"\x0a\x00" * 900, True), (b"\x0a\x00" * 1_100, False)):
        data = HEAD + b"\x3a" + varint(len(body)) + body
        if accepted:
            assert read_bytes(data, "x").graph is not None
        else:
            with pytest.raises(FileError, match="more than 4,000 nodes, attributes and tensors"):
                read_bytes(data, "x")


def mutated(data: bytes, rng: random.Random) -> bytes:
    changed = bytearray(data)
    for _ in range(rng.choice((1, 1, 1, 2, 4))):
        at = rng.randrange(max(len(changed), 1))
        kind = rng.random()
        if kind < 0.6:
            changed[at : at + 1] = bytes((rng.randrange(256),))
        elif kind < 0.7:
            del changed[at : at + rng.randrange(1, 9)]
        elif kind < 0.8:
            changed[at:at] = rng.randbytes(rng.randrange(1, 9))
        elif kind < 0.9:
            del changed[at:]
        else:
            changed[at : at + 1] = b"\xff\xff\xff\xff\x0f"
    return bytes(changed) or b"\x08"


def fuzz(runs: int, seed: int) -> dict[tuple[bool, bool], int]:
    """How often protobuf and the reader (in this order) accept mutated files."""
    rng = random.Random(seed)  # noqa: S311 - no secret
    files = [small().SerializeToString(), GRAPHS[-1].read_bytes()]
    outcomes: dict[tuple[bool, bool], int] = {}
    for _ in range(runs):
        data = mutated(rng.choice(files), rng)
        message = onnx.ModelProto()
        try:
            message.ParseFromString(data)
            theirs = message.HasField("graph")
        except DecodeError:
            theirs = False
        try:
            model = read_bytes(data, "x")
        except InputError:
            ours = False
        else:
            ours = True
            if theirs and model.graph is not None:
                assert len(model.graph.nodes) == len(message.graph.node)
        outcomes[theirs, ours] = outcomes.get((theirs, ours), 0) + 1
    return outcomes


def test_mutated_files_are_accepted_where_protobuf_accepts_them() -> None:
    outcomes = fuzz(1500, seed=7)
    assert outcomes.get((True, False), 0) == 0
    # what is skipped is not looked into: protobuf refuses a few more
    assert outcomes.get((False, True), 0) <= 0.01 * sum(outcomes.values())
    assert min(outcomes[True, True], outcomes[False, False]) > 200


if __name__ == "__main__":
    import sys

    print(fuzz(int(sys.argv[1]), int(sys.argv[2])))  # noqa: T201 - the long run, by command
