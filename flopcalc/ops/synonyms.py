"""What others call our steps and words: PyTorch's, Keras' and the papers' names, for hints."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flopcalc.errors import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Collection

# ours, then what it is called elsewhere: lower case, without '_', '-' and the 1d, 2d, 3d of layers
_ELSEWHERE = {
    "conv": "convolution",
    "pw": "pointwise pointwiseconv conv1x1",
    "dw": "depthwise depthwiseconv dwconv",
    "sep": "separable separableconv sepconv dwsep",
    "deconv": "convtranspose transposedconv transposeconv deconvolution upconv",
    "fc": "dense linear fullyconnected affine classifier",
    "embed": "embedding embeddings tokenembedding",
    "bn": "batchnorm batchnormalization batchnormalisation",
    "ln": "layernorm layernormalization layernormalisation",
    "rms": "rmsnorm rmsnormalization",
    "gn": "groupnorm groupnormalization groupnormalisation",
    "in_norm": "instancenorm instancenormalization inorm",
    "lrn": "localresponsenorm localresponsenormalization",
    "l2norm": "l2normalization l2normalize",
    "layer_scale": "layerscale",
    "relu": "rectifier",
    "hswish": "hardswish",
    "hsigmoid": "hardsigmoid",
    "silu": "swish",
    "leaky": "leakyrelu lrelu",
    "sigmoid": "logistic",
    "activation": "act nonlinearity",
    "max_pool": "maxpool maxpooling",
    "avg_pool": "avgpool avgpooling averagepool averagepooling",
    "adaptive_pool": "adaptiveavgpool adaptiveaveragepool",
    "global_avg_pool": "gap globalavgpool globalavgpooling globalaveragepool globalaveragepooling "
    "globalpool",
    "global_max_pool": "gmp globalmaxpool globalmaxpooling",
    "mean_tokens": "meanpool tokenmean",
    "chunk": "split",
    "shuffle": "channelshuffle",
    "pixel_shuffle": "pixelshuffle depthtospace",
    "pixel_unshuffle": "pixelunshuffle spacetodepth",
    "pad": "zeropad zeropadding",
    "crop": "cropping centercrop",
    "seq": "sequential group block stage",
    "residual": "skip skipconnection resblock",
    "add": "sum plus",
    "mul": "multiply times product",
    "concat": "concatenate cat concatenation",
    "upsample": "upsampling",
    "resize": "interpolate",
    "se": "squeezeexcite squeezeexcitation squeezeandexcite squeezeandexcitation semodule selayer",
    "untokens": "unpatchify",
    "cls_token": "classtoken clstoken",
    "pos_embed": "positionembedding positionalembedding posembedding posemb positionembed "
    "positionalencoding posencoding",
    "attention": "multiheadattention selfattention multiheadselfattention mha mhsa attn",
}
_OURS = {word: ours for ours, words in _ELSEWHERE.items() for word in words.split()}


def synonym(word: str, known: Collection[str]) -> str | None:
    """The name in `known` for what others call `word`: `fc` for `Linear`; None if there is none."""
    plain = word[:80].lower().replace("_", "").replace("-", "")
    for dimensions in ("1d", "2d", "3d"):
        plain = plain.replace(dimensions, "")
    ours = _OURS.get(plain, plain)
    return ours if ours in known and ours != word else None


def called_here(word: str, known: Collection[str], *, otherwise: str | None = None) -> str | None:
    """A hint that names what `word` is called here, or the nearest of `known`, or all of them."""
    ours = synonym(word, known)
    if ours is None:
        return did_you_mean(word, known, otherwise=otherwise)
    if ours == word.lower() or ours.replace("_", "") == word.lower().replace("_", ""):
        return f"did you mean '{ours}'?"  # only spelt in another way
    return f"'{word}' is called '{ours}' here"
