"""Classical models, of ai.onnx.ml."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flopcalc.dim_values import total
from flopcalc.errors import ShapeError
from flopcalc.onnx_graph.operators.data import unknown_work
from flopcalc.onnx_graph.operators.windows import fixed
from flopcalc.ops.dense import FC, fc_attrs
from flopcalc.ops.elementwise import SIGMOID, SOFTMAX
from flopcalc.ops.exported import move
from flopcalc.ops.learned import MAX_NORM, SCALER, SVM_KERNEL, THRESHOLD
from flopcalc.ops.norm import L1_UNSCALED, L2_UNSCALED
from flopcalc.tensor import Param, Shaped, Tensor

if TYPE_CHECKING:
    from flopcalc.dim import Dim
    from flopcalc.onnx_graph.node import Node
    from flopcalc.op import Op

_TREES = "how deep each sample goes into the trees depends on the data"


def _length(n: Node, name: str) -> int:
    """How long the list is that an attribute holds; 0 where it is absent."""
    value = n.attribute(name)
    return len(value) if isinstance(value, tuple) else 0


def _classes(n: Node, kind: str = "ints") -> int:
    return _length(n, f"classlabels_{kind}") or _length(n, "classlabels_strings")


def _rows(n: Node) -> tuple[Tensor, Dim, Dim]:
    """The input as samples × features, and how many of each; a vector is one sample."""
    x = n.input(0)
    if x.rank not in (1, 2):
        raise ShapeError(f"samples of {x.rank} axes", hint="samples and features")
    batch, features = (1, *x.dims)[-2:]
    return n.view(x, "nc", (batch, features)), batch, features


def _linear(n: Node, part: str, x: Tensor, out: int, name: str, *, bias: int = 0) -> Tensor:
    """A fully connected layer whose weights are attributes."""
    features = fixed((x.channels,), "the number of features")[0]
    params = [Param(f"{n.name}.{name}", "weight", (out, features))]
    if bias:
        params.append(Param(f"{n.name}.intercepts", "bias", (bias,)))
    attrs = fc_attrs(out, bias=bias > 0)
    return n.layer(part, FC, x, attrs=attrs, params=tuple(params), dtype="float32")[0]


def _post(n: Node, y: Tensor) -> Tensor:
    """What post_transform makes of scores."""
    word = n.word("post_transform", "NONE")
    op = {"SOFTMAX": SOFTMAX, "SOFTMAX_ZERO": SOFTMAX, "LOGISTIC": SIGMOID}.get(word)
    if op is not None:
        return n.layer("post", op, y)[0]
    if word == "PROBIT":
        return n.layer("post", n.walker.partial(SIGMOID, "no formula for the probit"), y)[0]
    return y


def LinearRegressor(n: Node) -> None:
    """ai.onnx.ml LinearRegressor, version 1: its weights are attributes."""
    n.op = FC
    x, _, _ = _rows(n)
    y = _linear(n, "", x, n.integer("targets", 1), "coefficients", bias=_length(n, "intercepts"))
    n.give(0, _post(n, y), made_by=FC)


def LinearClassifier(n: Node) -> None:
    """ai.onnx.ml LinearClassifier, version 1: labels and scores."""
    n.op = FC
    x, batch, features = _rows(n)
    (wide,) = fixed((features,), "the number of features")
    out = _length(n, "coefficients") // max(wide, 1)
    y = _post(n, _linear(n, "", x, out, "coefficients", bias=_length(n, "intercepts")))
    n.give(0, (batch,), "int64")
    classes = max(_classes(n), out)  # one column of scores stands for two classes
    n.give(1, y if classes == out else (batch, classes), made_by=FC)


def SVMRegressor(n: Node) -> None:
    """ai.onnx.ml SVMRegressor, version 1: each sample meets each support vector."""
    n.op = FC
    x, _, _ = _rows(n)
    y = _supported(n, x, n.integer("n_supports", 0), 1)
    n.give(0, _post(n, y), made_by=FC)


def SVMClassifier(n: Node) -> None:
    """ai.onnx.ml SVMClassifier, version 1: each sample meets each support vector."""
    n.op = FC
    x, batch, _ = _rows(n)
    listed = n.integers("vectors_per_class") or ()
    classes = _classes(n) or len(listed)
    y = _supported(n, x, sum(listed), max(classes - 1, 1) if listed else classes)
    n.give(0, (batch,), "int64")
    n.give(1, (batch, classes))
    _post(n, y)


def _supported(n: Node, x: Tensor, vectors: int, out: int) -> Tensor:
    """Kernels between samples and support vectors, and their weighted sums."""
    if vectors == 0:  # no kernel trick: plain weights
        return _linear(n, "", x, out, "coefficients", bias=_length(n, "rho"))
    k = _linear(n, "kernel", x, vectors, "support_vectors")
    word = n.word("kernel_type", "LINEAR")
    if word != "LINEAR":
        (features,) = fixed((x.channels,), "the number of features")
        terms = features if word == "RBF" else 1
        (k,) = n.layer("function", SVM_KERNEL, k, attrs={"terms": terms})
    return _linear(n, "sum", k, out, "coefficients", bias=_length(n, "rho"))


def TreeEnsemble(n: Node) -> None:
    """ai.onnx.ml TreeEnsemble, version 5: comparisons alone, as many as a sample's path is long."""
    unknown_work(n, _TREES, (_rows(n)[1], n.integer("n_targets", 1)))


def TreeEnsembleRegressor(n: Node) -> None:
    """ai.onnx.ml TreeEnsembleRegressor, versions 1 to 5: comparisons alone."""
    unknown_work(n, _TREES, (_rows(n)[1], n.integer("n_targets", 1)))


def TreeEnsembleClassifier(n: Node) -> None:
    """ai.onnx.ml TreeEnsembleClassifier, versions 1 to 5: comparisons alone."""
    _, batch, _ = _rows(n)
    unknown_work(n, _TREES, (batch,), (batch, _classes(n, "int64s")))


def Scaler(n: Node) -> None:
    """ai.onnx.ml Scaler, version 1."""
    _each(n, SCALER)


def Imputer(n: Node) -> None:
    """ai.onnx.ml Imputer, version 1."""
    _each(n, THRESHOLD)


def Binarizer(n: Node) -> None:
    """ai.onnx.ml Binarizer, version 1."""
    _each(n, THRESHOLD)


def Normalizer(n: Node) -> None:
    """ai.onnx.ml Normalizer, version 1: rows over their largest, their sum or their length."""
    word = n.word("norm", "MAX")
    found = {"MAX": MAX_NORM, "L1": L1_UNSCALED, "L2": L2_UNSCALED}.get(word)
    if found is None:
        raise ShapeError(f"norm '{word}'", hint="MAX, L1 or L2")
    _each(n, found)


def _each(n: Node, op: Op) -> None:
    n.op = op
    x = n.input(0)
    attrs = {"group": x.dims[-1]} if op is L2_UNSCALED else {}
    n.add(op, x, attrs=attrs, shapes=[Shaped(x.dims, x.axes)], dtype="float32")  # type: ignore[arg-type]  # see tensor.py


def ArrayFeatureExtractor(n: Node) -> None:
    """ai.onnx.ml ArrayFeatureExtractor, version 1: columns picked."""
    n.op = move("ArrayFeatureExtractor")
    x, picked = n.input(0), n.input(1)
    lead = x.dims[:-1] if x.rank > 1 else (1,)
    n.free((*lead, picked.elements), data=(0,))


def FeatureVectorizer(n: Node) -> None:
    """ai.onnx.ml FeatureVectorizer, version 1: features side by side."""
    n.op = move("FeatureVectorizer")
    listed = n.integers("inputdimensions")
    values = [n.input(i) for i in range(len(n.inputs))]
    widths: tuple[Dim, ...] = listed or tuple(value.dims[-1] for value in values)
    lead = values[0].dims[0] if values[0].rank > 1 else 1
    n.free((lead, total(widths)), dtype="float32")


def OneHotEncoder(n: Node) -> None:
    """ai.onnx.ml OneHotEncoder, version 1: a table of ones."""
    n.op = move("OneHotEncoder")
    count = _length(n, "cats_int64s") or _length(n, "cats_strings")
    n.free((*n.input(0).dims, count), dtype="float32")


def DictVectorizer(n: Node) -> None:
    """ai.onnx.ml DictVectorizer, version 1: values put at the places of their keys."""
    n.op = move("DictVectorizer")
    count = _length(n, "string_vocabulary") or _length(n, "int64_vocabulary")
    n.free((1, count), data=())


def LabelEncoder(n: Node) -> None:
    """ai.onnx.ml LabelEncoder, versions 1 to 4: values looked up."""
    n.op = move("LabelEncoder")
    dtype = "string"
    if _length(n, "values_int64s"):
        dtype = "int64"
    elif _length(n, "values_floats"):
        dtype = "float32"
    n.free(n.input(0).shape, dtype=dtype)


def CategoryMapper(n: Node) -> None:
    """ai.onnx.ml CategoryMapper, version 1: names looked up."""
    n.op = move("CategoryMapper")
    n.free(n.input(0).shape, dtype="int64" if n.input(0).dtype == "string" else "string")


def CastMap(n: Node) -> None:
    """ai.onnx.ml CastMap, version 1: a map becomes a row."""
    n.op = move("CastMap")
    dtype = {"TO_FLOAT": "float32", "TO_STRING": "string"}.get(n.word("cast_to", ""), "int64")
    width: Dim = n.integer("max_map", 1)
    if n.word("map_form", "DENSE") == "DENSE":
        width = n.unknown_size("how many keys a map has is in its data")
    n.free((1, width), data=(), dtype=dtype)


def ZipMap(n: Node) -> None:
    """ai.onnx.ml ZipMap, version 1: scores get the names of their classes."""
    n.op = move("ZipMap")
    n.free(n.input(0).shape)
