"""Writes docs/models.md and docs/models.svg: every network that ships, with what it costs.

`python docs/models.py`. All figures are counted or quoted from the specs when it runs.
"""

from __future__ import annotations

import sys
from pathlib import Path

from flopcalc.other_names import OTHER_NAMES
from flopcalc.renderers.markdown import escape
from flopcalc.renderers.svg import svg
from flopcalc.reports.common import count_text
from flopcalc.reports.models import Entry
from flopcalc.reports.models_chart import best_of, models_chart
from flopcalc.zoo import models

HERE = Path(__file__).parent
PAGE, PICTURE = HERE / "models.md", HERE / "models.svg"
INTRO = """\
# Networks that ship

<!-- written by `python docs/models.py` from specs/ -->

{count} networks in {families} families, found by these names: `flopcalc analyze NAME`.
Mult-Adds and parameters (weights, biases and norms) are exact counts at the input that is shown;
top-1 is the best ImageNet accuracy that is published of the network, by whom it says.
`flopcalc models --scales` lists the published widths and resolutions too.

![ImageNet top-1 accuracy against Mult-Adds, with the Pareto front](models.svg)

Networks are trained by recipes and on data of their own: a point higher up may be a better recipe.
On the front, where no other has fewer Mult-Adds and a higher accuracy:
"""

OTHERS = """\
## Other names

timm and Hugging Face call some of them differently; those names find them too.
Capitals and hyphens make no difference (`bert-base-uncased`).
"""


def page(entries: list[Entry]) -> str:
    """The tables of all networks, by family."""
    families = sorted({entry.family for entry in entries})
    best = best_of(entries)
    parts = [INTRO.format(count=len(entries), families=len(families)).rstrip("\n")]
    parts.append(_table(best))
    for family in families:
        parts.append(f"## {family.replace('_', ' ').capitalize()}")
        parts.append(_table([entry for entry in entries if entry.family == family]))
    parts.append(OTHERS.rstrip("\n"))
    lines = ["| theirs | name |", "|:--|:--|"]
    lines += [f"| {escape(theirs)} | {escape(ours)} |" for theirs, ours in OTHER_NAMES.items()]
    parts.append("\n".join(lines))
    return "\n\n".join(parts) + "\n"


def _table(entries: list[Entry]) -> str:
    lines = ["| name | network | input | Mult-Adds | parameters | top-1 | by |"]
    lines.append("|:--|:--|:--|--:|--:|--:|:--|")
    for e in entries:
        cells = [f"[{escape(e.name)}](../{e.path})", escape(e.title), e.input]
        cells += [
            count_text(e.mult_adds),
            count_text(e.params),
            str(e.top1 or ""),
            escape(e.source),
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


if __name__ == "__main__":
    found = models()
    PAGE.write_text(page(found), encoding="utf-8")
    PICTURE.write_text(svg(models_chart(found)), encoding="utf-8")
    known = sum(entry.top1 is not None for entry in found)
    sys.stdout.write(f"{len(found)} networks, {known} with an accuracy\n")
