"""Writes docs/mobilenet-paper.md: the tables of the MobileNets paper, each figure counted again.

`python docs/paper.py`. What the paper prints stands under `published:` in the specs; here are only
its Table 1, which prints shapes, what it says in its text, and what it does not describe.
"""

from __future__ import annotations

import sys
from pathlib import Path

from flopcalc import api, catalog
from flopcalc.engine.convention import find_convention, operations, parameters
from flopcalc.engine.quoted import Exact, Figure, Quote, quotes, rounding
from flopcalc.engine.rows import Row, rows
from flopcalc.quantity import Quantity
from flopcalc.renderers.markdown import escape
from flopcalc.reports.common import scale_text
from flopcalc.reports.published import footnotes, verdict_text
from flopcalc.spec.model import SpecModel

PAGE = Path(__file__).parent / "mobilenet-paper.md"
PAPER = "Howard et al. 2017"
TITLES = {
    "table 2": "Resource per layer type",
    "table 3": "Modifications of a standard convolution",
    "table 4": "Depthwise separable against full convolution",
    "table 5": "Narrow against shallow",
    "table 6": "Width multiplier",
    "table 7": "Resolution",
    "table 8": "Comparison to popular models",
    "table 9": "Smaller MobileNet, comparison to popular models",
    "table 10": "Stanford Dogs",
    "section 4.4": "PlaNet, in the text beside table 11",
    "table 12": "Face attributes",
    "table 13": "COCO object detection",
    "table 14": "Distilled from FaceNet",
}
FITTED = {"section 4.4"}  # a number of cells was chosen so that they come out
FIRST = ("mobilenet_v1", "googlenet", "vgg", "squeezenet", "alexnet", "ssd", "faster_rcnn_vgg16")
UNTOLD = {  # printed figures of networks that the paper does not describe
    "table 12": (
        (
            "Baseline: 1600 M, 7.5 M",
            2,
            "the paper does not describe it; section 4.5 says 75 million",
        ),
    ),
    "table 14": (
        ("FaceNet: 1600 M, 7.5 M", 2, "not counted: what the FaceNet paper prints of its NN2"),
    ),
}
FACTORS = (  # section, words, of, over, metric, printed digits, decimals
    ("4.2", "VGG16 is 32 times as large", "vgg16", "mobilenet_v1", "params", 32, 0),
    ("4.2", "and 27 times as compute intensive", "vgg16_body", "mobilenet_v1", "mult_adds", 27, 0),
    (
        *("4.2", "AlexNet is 45 times as large as 0.5 MobileNet-160"),
        *("alexnet_caffe", "mobilenet_v1@alpha=0.5,res=160", "params", 45, 0),
    ),
    (
        *("4.2", "and computes 9.4 times as much"),
        *("alexnet_caffe", "mobilenet_v1@alpha=0.5,res=160", "mult_adds", 94, 1),
    ),
    (
        *("4.2", "Squeezenet computes 22 times as much"),
        *("squeezenet1_0_caffe", "mobilenet_v1@alpha=0.5,res=160", "mult_adds", 22, 0),
    ),
)
TABLE_1 = """\
Conv / s2|3×3×3×32|224×224×3
Conv dw / s1|3×3×32|112×112×32
Conv / s1|1×1×32×64|112×112×32
Conv dw / s2|3×3×64|112×112×64
Conv / s1|1×1×64×128|56×56×64
Conv dw / s1|3×3×128|56×56×128
Conv / s1|1×1×128×128|56×56×128
Conv dw / s2|3×3×128|56×56×128
Conv / s1|1×1×128×256|28×28×128
Conv dw / s1|3×3×256|28×28×256
Conv / s1|1×1×256×256|28×28×256
Conv dw / s2|3×3×256|28×28×256
Conv / s1|1×1×256×512|14×14×256
5× Conv dw / s1|3×3×512|14×14×512
5× Conv / s1|1×1×512×512|14×14×512
Conv dw / s2|3×3×512|14×14×512
Conv / s1|1×1×512×1024|7×7×512
Conv dw / s2|3×3×1024|7×7×1024
Conv / s1|1×1×1024×1024|7×7×1024
Avg Pool / s1|7×7|7×7×1024
FC / s1|1024×1000|1×1×1024
"""
INTRO = """\
# The MobileNets paper, counted again

<!-- written by `python docs/paper.py` from `published:` in specs/ -->

Every cost that [Howard et al. 2017](https://arxiv.org/abs/1704.04861) prints, beside the exact
count of the network. The parameters of MobileNets are weights alone, as the paper counts them;
those of other networks, and all of table 13, include biases and norms.

- **reproduced**: the exact count, rounded half up to the printed digits
- **explained**: it is something else, which is said below the table
- **rounded otherwise**: cut instead of rounded, or one unit of the last digit away
- **fitted**: a number that the paper does not print was chosen so that it comes out
- **differs**: nobody has explained it
- **not described**: the paper does not say enough of the network to count it

`flopcalc analyze mobilenet_v1 --published` shows the same for one network, at whatever scale.
Accuracies are as printed: nobody can count them.
"""


def quoted() -> dict[str, list[Quote]]:
    """What the specs quote of the paper, judged, by its table or section."""
    found: dict[str, list[Quote]] = {}
    fallback = find_convention("mult-adds")
    stems = sorted(catalog.shipped(), key=_place)
    for stem in stems:
        model = api.load(stem)
        assert isinstance(model, SpecModel)
        ours = [row for row in model.published if row.source.startswith(f"{PAPER}, ")]
        for quote in quotes(model, ours, fallback):
            found.setdefault(quote.row.source.removeprefix(f"{PAPER}, "), []).append(quote)
    assert found.keys() == TITLES.keys(), found.keys() ^ TITLES.keys()
    return found


def _place(stem: str) -> tuple[int, bool, str]:
    """MobileNet first, then as the paper has them."""
    at = next((i for i, start in enumerate(FIRST) if stem.startswith(start)), len(FIRST))
    return at, "vgg" not in stem, stem


def page() -> str:
    """The whole page."""
    found = quoted()
    shapes, shape_verdicts = _table_1()
    said, said_verdicts = _said()
    body = [f"## Table 1: Body architecture\n\n{shapes}"]
    tally: dict[str, list[str]] = {}
    for where, title in TITLES.items():
        members = found[where]
        body.append(f"## {where.capitalize()}: {title}\n\n{_table(members, where)}")
        verdicts: list[str] = [figure.verdict for quote in members for figure in quote.figures]
        if where in FITTED:
            verdicts = ["fitted"] * len(verdicts)
        tally[where] = [*verdicts, *["not described"] * sum(n for _, n, _ in UNTOLD.get(where, ()))]
    body.insert(-3, "## Table 11: PlaNet, localized within a distance\n\nIt prints no costs.")
    body.append(f"## What the text says\n\n{said}")
    others = {"table 1": shape_verdicts, "text": said_verdicts}
    return "\n\n".join([INTRO.rstrip("\n"), _summary(tally, others), _slips(found), *body]) + "\n"


def _summary(tally: dict[str, list[str]], others: dict[str, list[str]]) -> str:
    names = ("reproduced", "explained", "rounded otherwise", "fitted", "differs", "not described")
    every = [verdict for verdicts in tally.values() for verdict in verdicts]
    words = {"differs": "unexplained"}
    counts = [f"{every.count(n)} {words.get(n, n)}" for n in names[1:] if n in every]
    good = every.count("reproduced")
    total = f"Of {len(every)} printed costs {good} are reproduced, {', '.join(counts)}."
    lines = [f"| | figures | {' | '.join(names)} |", "|:--|--:|" + "--:|" * len(names)]

    def line(where: str, verdicts: list[str]) -> None:
        cells = [str(verdicts.count(name) or "") for name in names]
        lines.append(f"| {where} | {len(verdicts)} | {' | '.join(cells)} |")

    for where, verdicts in tally.items():
        line(where, verdicts)
    line("**together**", every)
    line("layers of table 1", others["table 1"])
    line("factors in the text", others["text"])
    return "\n".join(["## Summary", "", total, "", *lines])


def _slips(found: dict[str, list[Quote]]) -> str:
    """Every figure that is explained or differs, with what is known of it."""
    slips = ["table 1: the last depthwise layer has stride 1, not 2"]
    unknown: list[str] = []
    for where in TITLES:
        members = found[where]
        for group in _by_note(members):
            for verdict, lines in (("explained", slips), ("differs", unknown)):
                chosen = [
                    quote._replace(
                        row=quote.row._replace(note="", remark=""),
                        figures=tuple(f for f in quote.figures if f.verdict == verdict),
                    )
                    for quote in group
                ]
                notes = footnotes([quote for quote in chosen if quote.figures] or chosen[:1])
                silent = [f for q in chosen for f in q.figures if not f.reason]
                if silent:
                    figures = ", ".join(str(figure.printed) for figure in silent)
                    notes.append(f"{figures}: {group[0].row.note}")
                lines += [f"{where}: {note}" for note in notes]
    slips.append("section 4.4: 0.58 Million Mult-Adds are Billion")
    slips.append("section 4.5: 75 million parameters are 7.5 in table 12")
    parts = ["## Where it slips", "\n".join(f"- {escape(text)}" for text in slips)]
    parts += ["What nobody has explained:", "\n".join(f"- {escape(text)}" for text in unknown)]
    return "\n\n".join(parts)


def _table(members: list[Quote], where: str) -> str:
    """A line for each row of a table, and under it what is to be said of single figures."""
    names = dict.fromkeys(f.metric for quote in members for f in quote.figures)
    words = {"mult_adds": "Mult-Adds", "params": "parameters"}
    heads = [f"{words[n.removesuffix('_share')]} | exact | " for n in names]
    accuracies = dict.fromkeys(n for q in members for n in ("top1", "score") if n in q.row.printed)
    titles = {"top1": "ImageNet top-1", "score": members[0].row.measure}
    lines = [f"| | {' | '.join([*heads, *(titles[n] for n in accuracies)])} |"]
    lines.append("|:--" + "|--:|--:|:--" * len(names) + "|--:" * len(accuracies) + "|")
    for quote in members:
        judged = {figure.metric: figure for figure in quote.figures}
        cells = [_network(quote)]
        cells += [_cells(judged.get(name)) for name in names]
        cells += [str(quote.row.printed.get(name, "")) for name in accuracies]
        lines.append(f"| {' | '.join(cells)} |")
    blocks = ["\n".join(lines)]
    notes = {note: None for group in _by_note(members) for note in footnotes(group)}
    notes |= {f"{what}: {why}": None for what, _, why in UNTOLD.get(where, ())}
    if notes:
        blocks.append("\n".join(f"- {escape(note)}" for note in notes))
    return "\n\n".join(blocks)


def _by_note(members: list[Quote]) -> list[list[Quote]]:
    groups: dict[tuple[int, str], list[Quote]] = {}
    for quote in members:
        groups.setdefault((id(quote.model), quote.row.note), []).append(quote)
    return list(groups.values())


def _network(quote: Quote) -> str:
    of = quote.row.layer or quote.row.kind
    name = f"{quote.graph.name}, {of}" if of else quote.graph.name
    scale = scale_text(quote.graph._replace(scale=quote.graph.scale._replace(variant=None)))
    return escape(f"{name} ({scale.removeprefix('input ')})")


def _cells(figure: Figure | None) -> str:
    if figure is None:
        return " | | "
    share = figure.exact.whole is not None
    exact = figure.exact.text() if share else f"{figure.exact.part:,}"
    return f"{figure.printed} | {exact} | {verdict_text(figure)}"


def _table_1() -> tuple[str, list[str]]:
    """The shapes that table 1 prints beside those of our layers, and a verdict on each row."""
    ours = {row.name: _shapes(row) for row in rows(api.analyze("mobilenet_v1"))}
    for i, part in [(i, part) for i in range(1, 5) for part in ("dw", "pw")]:
        assert ours.pop(f"conv8.{i}.{part}") == ours[f"conv8.0.{part}"]  # printed once, with 5×
    lines = ["| type / stride | filter | input | layer | exact | |", "|:--|:--|:--|:--|:--|:--|"]
    verdicts: list[str] = []
    for text, (name, shapes) in zip(TABLE_1.splitlines(), ours.items(), strict=True):
        printed = text.split("|")
        good = [printed[0].removeprefix("5× "), *printed[1:]] == shapes
        verdicts.append("reproduced" if good else "explained")
        said = "reproduced" if good else "explained: its output is as large as its input"
        lines.append(f"| {' | '.join(printed)} | {name} | {', '.join(shapes)} | {said} |")
    return "\n".join(lines), verdicts


def _shapes(row: Row) -> list[str]:
    """A layer as table 1 writes it: its type and stride, its filter, its input."""
    layer = row.carrier.layer
    channels = [tensor.text().rpartition("×")[2] for tensor in (layer.inputs[0], layer.outputs[0])]
    size = layer.inputs[0].text()
    if row.kind == "fc":
        return ["FC / s1", "×".join(channels), f"1×1×{size}"]
    if row.kind.endswith("pool"):
        return ["Avg Pool / s1", size.rpartition("×")[0], size]
    kernel, stride = layer.attrs["kernel"], layer.attrs["stride"]
    assert isinstance(kernel, tuple)
    assert isinstance(stride, tuple)
    depthwise = row.kind == "depthwise"
    filters = "×".join([*map(str, kernel), *channels[: 1 if depthwise else 2]])
    return [f"Conv{' dw' if depthwise else ''} / s{stride[0]}", filters, size]


def _said() -> tuple[str, list[str]]:
    """The factors of the text, and a verdict on each."""
    lines = ["| section | says | exact | |", "|:--|:--|--:|:--|"]
    verdicts: list[str] = []
    paper = find_convention("paper")
    for section, words, of, over, metric, digits, decimals in FACTORS:
        sides = [api.analyze(name).totals for name in (of, over)]
        if metric == "mult_adds":
            part, whole = (operations(side, paper) or 0 for side in sides)
        else:  # of VGG16 and AlexNet with their biases, as their papers print
            part, whole = sides[0].params, parameters(sides[1], paper)
        how = rounding(Quantity(digits, decimals, ""), Exact(part, whole))
        verdict = "explained" if how == "differs" else how
        said = "explained: 1700 M are FLOPs, two for each Mult-Add" if how == "differs" else how
        verdicts.append(verdict)
        lines.append(f"| {section} | {words} | {part / whole:.2f} | {said} |")
    return "\n".join(lines), verdicts


if __name__ == "__main__":
    whole = page()
    PAGE.write_text(whole, encoding="utf-8")
    sys.stdout.write(whole.split("## Summary\n\n")[1].split("\n")[0] + "\n")
