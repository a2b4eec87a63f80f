"""Options that take several values: what a sweep and a fit vary."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import click

from flopcalc.cli.options import pairs

if TYPE_CHECKING:
    from flopcalc.cli.options import Command

_VARYING = (
    click.option("--alpha", metavar="LIST", default="", help="Width multipliers: 0.25:1:0.25."),
    click.option("--res", metavar="LIST", default="", help="Resolutions: 128:224:32, or 192x256."),
    click.option("--depth-scale", "depth", metavar="LIST", default="", help="Depth multipliers."),
    click.option(
        "--set",
        "settings",
        multiple=True,
        callback=pairs,
        metavar="K=LIST",
        help="Values of a var of the spec: t=2:6.",
    ),
    click.option("--variant", metavar="LIST", default="", help="Variants; '*' for all."),
    click.option(
        "--swap", multiple=True, callback=pairs, metavar="A=B", help="Exchange an op or block."
    ),
    click.option("--batch", type=int, default=1, metavar="N", help="Batch size.  [default: 1]"),
)


def varying(command: Command) -> Command:
    """Add the options; the command receives them as the keywords of `tradeoff.sweep`."""

    @functools.wraps(command)
    def wrapper(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - whatever the command takes
        settings: dict[str, list[str]] = {}
        for name, text in kwargs.pop("settings"):
            settings.setdefault(name, []).append(text)
        for name in ("alpha", "rho", "res", "depth", "length", "variant"):
            if not kwargs.get(name, True):
                kwargs[name] = ()  # not given: as the model has it
        return command(*args, settings=settings, swap=dict(kwargs.pop("swap")), **kwargs)

    for option in reversed(_VARYING):
        wrapper = option(wrapper)
    return wrapper
