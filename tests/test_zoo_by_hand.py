"""Networks that no oracle here covers, counted from their papers' tables in plain arithmetic."""

from __future__ import annotations

import itertools

import pytest
from shipped_counts import counted

from flopcalc.graph import Scale

# --- convolutional networks ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "first", "groups", "stem"),
    [
        ("shufflenet_v1_g1", 144, 1, 24),
        ("shufflenet_v1_g2", 200, 2, 24),
        ("shufflenet_v1_g3", 240, 3, 24),
        ("shufflenet_v1_g4", 272, 4, 24),
        ("shufflenet_v1_g8", 384, 8, 24),
        ("shufflenet_v1_x0_5", 120, 3, 12),
        ("shufflenet_v1_x1_5", 360, 3, 24),
        ("shufflenet_v1_x2_0", 480, 3, 48),
    ],
)
def test_shufflenet_v1(name: str, first: int, groups: int, stem: int) -> None:
    """Table 1: 4, 8 and 4 units at 28, 14 and 7 pixels; a unit's middle is a quarter as wide.

    The first unit of a stage strides in its depthwise layer and makes only the channels that its
    input, pooled, does not bring; the very first grouped layer is not grouped.
    """
    macs, params = 112 * 112 * 27 * stem, 27 * stem + 2 * stem
    c, side = stem, 56
    for stage, units in enumerate((4, 8, 4)):
        wide = first << stage
        mid = wide // 4
        for unit in range(units):
            out = side // 2 if unit == 0 else side
            made = wide - c if unit == 0 else wide
            reduce = c * mid // (1 if stage == unit == 0 else groups)
            expand = mid * made // groups
            macs += side * side * reduce + out * out * (9 * mid + expand)
            params += reduce + 9 * mid + expand + 2 * (mid + mid + made)
            c, side = wide, out

    assert side == 7
    assert counted(name) == (macs + c * 1000, params + c * 1000)


@pytest.mark.parametrize(("alpha", "width"), [(1.0, 64), (2.0, 128)])
def test_dcgan(alpha: float, width: int) -> None:
    """4x4 kernels: 100 numbers to 4x4, then doubled four times; the discriminator goes back.

    A transposed convolution multiplies each position of its input by the kernel, a convolution each
    of its output; so the two cost the same but for their first and last layer.
    """
    widths = [8 * width, 4 * width, 2 * width, width]
    between = [16 * a * b for a, b in itertools.pairwise(widths)]
    inner = sum(w * 16 * 4**i for i, w in enumerate(between))
    image = 16 * 3 * width
    norms = 2 * sum(widths)

    assert counted("dcgan_generator", Scale(alpha=alpha)) == (
        16 * 100 * widths[0] + inner + 32 * 32 * image,
        16 * 100 * widths[0] + sum(between) + image + norms,
    )
    assert counted("dcgan_discriminator", Scale(alpha=alpha)) == (
        32 * 32 * image + inner + 16 * widths[0],
        image + sum(between) + 16 * widths[0] + norms - 2 * width,  # none after the first layer
    )
