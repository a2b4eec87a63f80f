"""What training adds to a graph, and what classical models are made of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flopcalc.formula import Sym
from flopcalc.op import Attrs, Inputs, Op, bind_elements, same_shape
from flopcalc.ops.require import int_attr
from flopcalc.ops.symbols import E
from flopcalc.tensor import Shaped

if TYPE_CHECKING:
    from flopcalc.formula import Env, Formula

_SCORES = Sym("I", "scores")
_LABELS = Sym("P", "positions with a label")


def _loss_shape(inputs: Inputs, attrs: Attrs) -> tuple[Shaped, ...]:  # noqa: ARG001 - an Op.shape
    return (Shaped((inputs[0].batch,), "n"),)


def _loss_bind(inputs: Inputs, outputs: Inputs, attrs: Attrs) -> Env:  # noqa: ARG001 - an Op.bind
    x = inputs[0]
    return {"I": x.elements, "P": x.elements // x.channels}


CROSS_ENTROPY = Op(
    "cross_entropy",
    title="cross entropy: the logarithm of the softmax at each label, weighted and summed",
    cite="ONNX operator SoftmaxCrossEntropyLoss; torch.nn.CrossEntropyLoss",
    shape=_loss_shape,
    bind=_loss_bind,
    # the largest taken off, the exponentials summed; their logarithm taken off; the labels' sum
    counts={
        "cmp": _SCORES,
        "add": 3 * _SCORES + _LABELS,
        "exp": _SCORES + _LABELS,
        "mul": _LABELS,
    },
)
NEGATIVE_LIKELIHOOD = Op(
    "nll_loss",
    title="the logarithm at each label, weighted and summed",
    cite="ONNX operator NegativeLogLikelihoodLoss; torch.nn.NLLLoss",
    shape=_loss_shape,
    bind=_loss_bind,
    counts={"mul": _LABELS, "add": _LABELS},
)


def _each(name: str, counts: dict[str, Formula], *, title: str, cite: str) -> Op:
    """An op without parameters on each element of its first input."""
    return Op(name, title=title, cite=cite, shape=same_shape, bind=bind_elements, counts=counts)


ADAGRAD = _each(
    "adagrad",
    {"mul": 3 * E, "add": 4 * E, "exp": E, "div": E},
    title="a step of Adagrad",
    cite="Duchi et al. 2011; ONNX operator Adagrad of ai.onnx.preview.training",
)
ADAM = _each(
    "adam",
    {"mul": 8 * E, "add": 5 * E, "exp": E, "div": E},
    title="a step of Adam",
    cite="Kingma & Ba 2014, arXiv:1412.6980; ONNX operator Adam of ai.onnx.preview.training",
)
MOMENTUM = _each(
    "momentum",
    {"mul": 4 * E, "add": 3 * E},
    title="a step of gradient descent with momentum",
    cite="Polyak 1964; ONNX operator Momentum of ai.onnx.preview.training, mode standard",
)
MOMENTUM_NESTEROV = _each(
    "momentum",
    {"mul": 5 * E, "add": 4 * E},
    title="a step of gradient descent with Nesterov's momentum",
    cite="Nesterov 1983; ONNX operator Momentum of ai.onnx.preview.training, mode nesterov",
)
SCALER = _each(
    "scaler",
    {"add": E, "mul": E},
    title="features shifted and scaled",
    cite="ONNX operator Scaler of ai.onnx.ml",
)
THRESHOLD = _each(
    "threshold",
    {"cmp": E},
    title="each feature compared with one value",
    cite="ONNX operators Binarizer and Imputer of ai.onnx.ml",
)
MAX_NORM = _each(
    "max_norm",
    {"cmp": 2 * E, "div": E},
    title="each row divided by its largest magnitude",
    cite="ONNX operator Normalizer of ai.onnx.ml, norm MAX",
)

_TERMS = Sym("R", "differences of each distance; 1 where a kernel adds its constant instead")


def _kernel_bind(inputs: Inputs, outputs: Inputs, attrs: Attrs) -> Env:
    return {**bind_elements(inputs, outputs, attrs), "R": int_attr(attrs, "terms")}


SVM_KERNEL = Op(
    "svm_kernel",
    title="the kernel function of each support vector: scaled, shifted, and one transcendental",
    cite="ONNX operators SVMClassifier and SVMRegressor of ai.onnx.ml",
    shape=same_shape,
    bind=_kernel_bind,
    counts={"mul": E, "add": _TERMS * E, "exp": E},
)
