"""What is kept of an ONNX file: its graph, without doc strings and without large tensors.

The names are those of onnx.proto, the classes light: a file may have a million nodes.
"""

from __future__ import annotations

from typing import TypeAlias

DTYPES = {
    1: "float32",
    2: "uint8",
    3: "int8",
    4: "uint16",
    5: "int16",
    6: "int32",
    7: "int64",
    8: "string",
    9: "bool",
    10: "float16",
    11: "float64",
    12: "uint32",
    13: "uint64",
    14: "complex64",
    15: "complex128",
    16: "bfloat16",
    17: "float8e4m3fn",
    18: "float8e4m3fnuz",
    19: "float8e5m2",
    20: "float8e5m2fnuz",
    21: "uint4",
    22: "int4",
    23: "float4e2m1",
    24: "float8e8m0",
    25: "uint2",
    26: "int2",
}
"""TensorProto.DataType by number."""

FLOATS = frozenset(
    name for name in DTYPES.values() if name.startswith(("float", "bfloat", "complex"))
)

FLOAT_DATA, INT32_DATA, INT64_DATA, RAW_DATA, DOUBLE_DATA, UINT64_DATA = 4, 5, 7, 9, 10, 11

# struct codes of little-endian elements, as raw data has them
_CODES = {"float32": "f", "float64": "d", "float16": "e", "bool": "B"}
_CODES |= {"uint8": "B", "uint16": "H", "uint32": "I", "uint64": "Q"}
_CODES |= {"int8": "b", "int16": "h", "int32": "i", "int64": "q"}
_WIDTHS = {"B": 1, "b": 1, "H": 2, "h": 2, "e": 2, "I": 4, "i": 4, "f": 4}


class StoredTensor:
    """A TensorProto: `data` is the content of its data `field`, if it is small and in the file.

    A sparse tensor has the dimensions of the whole, and no data.
    """

    __slots__ = ("data", "dims", "external", "field", "name", "type")

    def __init__(self) -> None:
        self.name = ""
        self.dims: list[int] = []
        self.type = 0
        self.field = 0
        self.data = b""
        self.external = False

    @property
    def dtype(self) -> str:
        """The element type: `float32`, `int64` …; `unknown` for a number that means nothing."""
        return DTYPES.get(self.type, "unknown")

    @property
    def elements(self) -> int:
        """How many numbers are stored."""
        count = 1
        for n in self.dims:
            count *= n
        return count

    def numbers(self) -> tuple[int | float, ...] | None:
        """The elements in row-major order, or None where they were not kept."""
        count = self.elements
        if count == 0:
            return ()
        if self.external or not self.data:
            return None
        found = self._numbers()
        return found if found is not None and len(found) == count else None

    def _numbers(self) -> tuple[int | float, ...] | None:
        dtype = self.dtype
        if self.field == RAW_DATA:
            return None if dtype not in _CODES else _unpacked(self.data, _CODES[dtype])
        if self.field in (FLOAT_DATA, DOUBLE_DATA):
            wanted = "float32" if self.field == FLOAT_DATA else "float64"
            return _unpacked(self.data, _CODES[wanted]) if dtype == wanted else None
        whole = varints(self.data)
        if dtype == "float16":  # int32_data holds its bits
            bits = b"".join((n & 0xFFFF).to_bytes(2, "little") for n in whole)
            return _unpacked(bits, "e")
        return None if dtype in FLOATS else whole

    def __repr__(self) -> str:
        return f"<StoredTensor {self.name}: {self.dtype} {self.dims}>"


def _unpacked(data: bytes, code: str) -> tuple[int | float, ...] | None:
    from struct import unpack

    count, rest = divmod(len(data), _WIDTHS.get(code, 8))
    return None if rest else unpack(f"<{count}{code}", data)


def varints(data: bytes) -> tuple[int, ...]:
    """Packed varints as signed 64-bit integers."""
    found = []
    value = shift = 0
    for byte in data:
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            value &= 0xFFFF_FFFF_FFFF_FFFF
            found.append(value - (1 << 64) if value >> 63 else value)
            value = shift = 0
    return tuple(found)


class Ref:
    """An attribute, in a local function, whose value is the one `name` has at the call."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name


class Elided:
    """An attribute too large to be kept."""

    __slots__ = ()


ELIDED = Elided()

Size: TypeAlias = "int | str | None"  # a value, a name, or nothing said


class Declared:
    """A ValueInfoProto: `kind` is tensor, sequence, optional, map, sparse or opaque.

    Of a sequence or optional, `dtype` and `shape` are those of its elements. A shape of None has
    an unknown rank.
    """

    __slots__ = ("dtype", "kind", "name", "shape")

    def __init__(self) -> None:
        self.name = ""
        self.kind = ""
        self.dtype = "unknown"
        self.shape: tuple[Size, ...] | None = None

    def __repr__(self) -> str:
        return f"<Declared {self.name}: {self.kind} {self.dtype} {self.shape}>"


class Operation:
    """What a node does, names apart; those alike may share one, which nobody changes.

    `plain` says that its attributes are numbers, strings and tensors: no graphs, no references.
    """

    __slots__ = ("attributes", "domain", "op_type", "overload", "plain")

    def __init__(self, op_type: str = "") -> None:
        self.op_type = op_type
        self.domain = ""
        self.overload = ""
        self.attributes: dict[str, Value] = {}
        self.plain = False


_NOTHING = Operation()


class NodeDef:
    """A NodeProto; `metadata` has the properties that name its scope."""

    __slots__ = ("inputs", "metadata", "name", "operation", "outputs")

    def __init__(self, operation: Operation = _NOTHING) -> None:
        self.name = ""
        self.inputs: list[str] = []
        self.outputs: list[str] = []
        self.metadata: dict[str, str] | None = None
        self.operation = operation

    @property
    def op_type(self) -> str:
        """The operator's name."""
        return self.operation.op_type

    @property
    def domain(self) -> str:
        """The operator's domain; empty for ai.onnx, or `ai.onnx`."""
        return self.operation.domain

    @property
    def overload(self) -> str:
        """Which of several functions of one name."""
        return self.operation.overload

    @property
    def attributes(self) -> dict[str, Value]:
        """The attributes by name."""
        return self.operation.attributes

    def __repr__(self) -> str:
        return f"<NodeDef {self.op_type} {self.name}: {self.inputs} -> {self.outputs}>"


class GraphDef:
    """A GraphProto: of the model, or the body of an If, a Loop or a Scan."""

    __slots__ = ("initializers", "inputs", "name", "nodes", "outputs", "values")

    def __init__(self) -> None:
        self.name = ""
        self.nodes: list[NodeDef] = []
        self.initializers: list[StoredTensor] = []
        self.inputs: list[Declared] = []
        self.outputs: list[Declared] = []
        self.values: list[Declared] = []


class FunctionDef:
    """A FunctionProto: nodes that others call by its domain, name and overload."""

    __slots__ = ("attributes", "domain", "inputs", "name", "nodes", "opsets", "outputs", "overload")

    def __init__(self) -> None:
        self.name = ""
        self.domain = ""
        self.overload = ""
        self.inputs: list[str] = []
        self.outputs: list[str] = []
        self.nodes: list[NodeDef] = []
        self.opsets: dict[str, int] = {}
        self.attributes: dict[str, Value] = {}  # those with a default


class ModelDef:
    """A ModelProto."""

    __slots__ = ("functions", "graph", "ir_version", "metadata", "opsets", "producer")

    def __init__(self) -> None:
        self.ir_version = 0
        self.opsets: dict[str, int] = {}
        self.producer = ""
        self.graph: GraphDef | None = None
        self.metadata: dict[str, str] = {}
        self.functions: list[FunctionDef] = []


Value: TypeAlias = (
    "int | float | str | StoredTensor | GraphDef | Declared | Ref | Elided | tuple[Value, ...]"
)
"""What an attribute holds."""
