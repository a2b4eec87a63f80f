"""The spec files that lie beside the tests, and the scales that show what is wrong with some."""

from __future__ import annotations

from pathlib import Path

from flopcalc.graph import Scale

HERE = Path(__file__).parent
BAD = sorted((HERE / "bad").glob("*.yaml"))
GOOD = sorted((HERE / "good").glob("*.yaml"))
SHIPPED = sorted((HERE.parents[1] / "specs").glob("*.yaml"))

SCALES = {
    "alpha": Scale(alpha=0.35),
    "alpha_exact": Scale(alpha=0.35),
    "alpha_giant": Scale(alpha=1e9),
    "alpha_guard": Scale(alpha=0.5),
    "alpha_negative": Scale(alpha=-1),
    "batch_zero": Scale(batch=0),
    "depth_giant": Scale(depth=2),
    "len_on_maps": Scale(length=128),
    "res_on_tokens": Scale(res=(192, 192)),
    "res_zero": Scale(res=(0, 0)),
    "rho_and_res": Scale(rho=0.5, res=(192, 192)),
    "rho_nothing": Scale(rho=0.001),
    "rho_on_tokens": Scale(rho=0.5),
    "set_classes": Scale(settings=(("classes", "ten"),)),
    "set_expression": Scale(settings=(("t", "6 *"),)),
    "set_no_vars": Scale(settings=(("t", "6"),)),
    "set_type": Scale(settings=(("t", "relu"),)),
    "set_unknown": Scale(settings=(("tt", "6"),)),
    "swap_lacks": Scale(variant="x"),
    "swap_needs": Scale(variant="x"),
    "swap_needs_block": Scale(variant="x"),
    "swap_branches": Scale(variant="x"),
    "swap_operands": Scale(variant="x"),
    "swap_ring": Scale(variant="x"),
    "swap_unknown": Scale(swap=(("pw", "conv2d"),)),
    "swap_value": Scale(variant="x"),
    "variant_none_asked": Scale(variant="small"),
    "variant_type": Scale(variant="a"),
    "variant_unknown": Scale(variant="smal"),
    "warn_idle_swap": Scale(swap=(("sep", "conv"),)),
    "warn_mixed": Scale(alpha=0.5),
    "warn_output": Scale(alpha=0.5),
}
