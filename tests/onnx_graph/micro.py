"""Small ONNX models from their text, as the reader sees them."""

from __future__ import annotations

from typing import Any

import onnx
import onnx.parser
import onnx.shape_inference

from flopcalc.dim_values import total
from flopcalc.engine.count import Analysis, count
from flopcalc.graph import Graph, Layer, Scale
from flopcalc.onnx_graph.model import OnnxModel
from flopcalc.onnx_graph.read import read_bytes

HEAD = '<ir_version: 10, opset_import: ["": {opset}]>\n'


def proto(text: str, opset: int = 17) -> Any:
    """The ModelProto of a graph in ONNX's text form, where a bare `float` has no known rank."""
    message = onnx.parser.parse_model(HEAD.format(opset=opset) + text)
    for value in (*message.graph.input, *message.graph.output):
        if not value.type.tensor_type.shape.dim:
            value.type.tensor_type.ClearField("shape")
    return message


def model(text: str, opset: int = 17) -> OnnxModel:
    return of(proto(text, opset))


def of(message: Any) -> OnnxModel:
    return OnnxModel(read_bytes(message.SerializeToString(), "micro.onnx"), "micro.onnx")


def with_weights(text: str, /, **weights: tuple[int, ...]) -> OnnxModel:
    """The model of `text` where these names are float initializers of these shapes."""
    message = proto(text)
    for name, shape in weights.items():
        tensor = message.graph.initializer.add()
        tensor.name, tensor.data_type = name, onnx.TensorProto.FLOAT
        tensor.dims.extend(shape)
        tensor.data_location = onnx.TensorProto.EXTERNAL  # and the file is not there
    return of(message)


def graph(text: str, /, **weights: tuple[int, ...]) -> Graph:
    return with_weights(text, **weights).graph()


def only(made: Graph) -> Layer:
    """The one layer that is not free."""
    (layer,) = [layer for layer in made.layers if not layer.op.free]
    return layer


def counts(made: Graph) -> dict[str, Any]:
    """The totals of the operations there are."""
    analysis = count(made)
    kinds = {kind for cost in analysis.layers for kind in cost.layer.op.counts}
    found = {
        kind: total(
            cost.layer.op.counts[kind].value(cost.layer.env) * cost.layer.times
            for cost in analysis.layers
            if kind in cost.layer.op.counts
        )
        for kind in kinds & {"mac", "add", "mul", "div", "cmp", "exp"}
    }
    return {kind: n for kind, n in found.items() if n != 0}


def mult_adds(model: OnnxModel, **scale: Any) -> Any:
    analysis = analyzed(model, **scale)
    return total(cost.mult_adds for cost in analysis.layers if cost.mult_adds is not None)


def analyzed(model: OnnxModel, **scale: Any) -> Analysis:
    return count(model.graph(Scale(**scale)))


def reasons(model: OnnxModel) -> dict[str, str]:
    """Each layer that could not be counted, and why."""
    return {item.name: item.reason for item in analyzed(model).uncounted}
