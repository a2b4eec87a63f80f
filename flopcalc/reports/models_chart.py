"""The picture of the networks that ship: published accuracy against Mult-Adds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flopcalc.chart import Chart, Mark, Series
from flopcalc.engine.pareto import front

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flopcalc.reports.models import Entry

GROUPS = {  # the series by family; those of no name here are among the others
    "mobilenet": "MobileNet",
    "compact": "compact",
    "efficientnet": "EfficientNet",
    "resnet": "ResNet, RegNet",
    "vision_transformer": "transformers",
}
OTHERS = "others"


def models_chart(entries: Sequence[Entry]) -> Chart:
    """Accuracy against Mult-Adds, a series for each group of families.

    Where accuracies are published of fewer than two networks, parameters stand for them.
    """
    known = [entry for entry in entries if entry.top1 is not None]
    accurate = len(known) > 1
    shown = known if accurate else list(entries)
    best = {entry.name for entry in best_of(entries)} if accurate else set()
    series = []
    for group in (*GROUPS.values(), OTHERS):
        marks = tuple(
            Mark(
                entry.name,
                entry.mult_adds,
                accuracy(entry) if accurate else entry.params,
                entry.name in best,
            )
            for entry in shown
            if GROUPS.get(entry.family, OTHERS) == group
        )
        series += [Series(group, marks)] if marks else []
    costs = [entry.mult_adds for entry in shown if entry.mult_adds]
    log = len(costs) == len(shown) and max(costs, default=0) > 4 * min(costs, default=1)
    return Chart(
        "points",
        f"{'Accuracy' if accurate else 'Parameters'} for computation: {len(shown)} networks",
        f"Mult-Adds{' (logarithmic)' if log else ''}",
        "ImageNet top-1 accuracy, as published" if accurate else "parameters",
        tuple(series),
        "each at its own resolution, trained by its own recipe; the line is the Pareto front"
        if accurate
        else "",
        log=log,
        percent=accurate,
    )


def best_of(entries: Sequence[Entry]) -> list[Entry]:
    """The Pareto front of Mult-Adds and accuracy, cheapest first; of equals the first."""
    known = [entry for entry in entries if entry.top1 is not None]
    found: dict[tuple[int, float], Entry] = {}
    for entry in front(known, lambda e: (e.mult_adds, -accuracy(e))):
        found.setdefault((entry.mult_adds, accuracy(entry)), entry)
    return list(found.values())


def accuracy(entry: Entry) -> float:
    """The published top-1 accuracy as a share of one."""
    assert entry.top1 is not None
    top, bottom = entry.top1.as_integer_ratio()
    return top / bottom
