"""Lock, then check is green; one layer of the spec made heavier, and the build is red."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from gate_project import Project
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

Run = Callable[..., Any]
Layer = dict[str, Any]


CHANNELS = st.integers(1, 12)
KERNEL = st.sampled_from([1, 3, 5])
LAYER = st.one_of(
    st.fixed_dictionaries({"conv": CHANNELS, "k": KERNEL, "s": st.sampled_from([1, 2])}),
    st.fixed_dictionaries(
        {"conv": CHANNELS.map(lambda n: 2 * n), "k": KERNEL, "groups": st.just(2)}
    ),
    st.fixed_dictionaries({"dw": KERNEL, "norm": st.sampled_from(["bn", "none"])}),
    st.fixed_dictionaries({"pw": CHANNELS, "act": st.just("relu")}),
    st.fixed_dictionaries({"sep": CHANNELS, "k": KERNEL}),
    st.fixed_dictionaries({"residual": KERNEL}),
)


def text_of(layers: list[Layer], classes: int) -> str:
    lines = ["flopcalc: 1", "input: 16x16x2", "body:"]
    for i, layer in enumerate(layers):
        if "residual" in layer:
            kernel = layer["residual"]
            lines += [f"  - residual: [{{dw: {kernel}}}, {{conv: ch, k: {kernel}}}]"]
            lines += [f"    name: layer{i}"]
            continue
        pairs = ", ".join(f"{key}: {value}" for key, value in layer.items())
        lines.append(f"  - {{{pairs}, name: layer{i}}}")
    return "\n".join([*lines, "  - global_avg_pool", f"  - {{fc: {classes}, name: end}}", ""])


def heavier(layer: Layer, draw: Callable[[Any], Any]) -> Layer:
    """The layer with a larger kernel or more channels, as whoever edits the spec would."""
    key = draw(
        st.sampled_from([k for k in layer if k in {"conv", "dw", "pw", "sep", "k", "residual"}])
    )
    if key in {"dw", "k", "residual"}:
        return {**layer, key: layer[key] + 2 * draw(st.integers(1, 2))}
    return {**layer, key: layer[key] + draw(st.integers(1, 3)) * layer.get("groups", 1)}


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.lists(LAYER, min_size=1, max_size=6), st.integers(1, 9), st.data())
def test_any_layer_made_heavier_is_red(
    run: Run, project: Project, layers: list[Layer], classes: int, data: st.DataObject
) -> None:
    groups = [layer.get("groups", 1) for layer in layers]
    widths = [2]
    for layer in layers:
        own = next((layer[k] for k in ("conv", "pw", "sep") if k in layer), widths[-1])
        widths.append(own)
    assume(all(width % group == 0 for width, group in zip(widths, groups, strict=False)))
    at = data.draw(st.integers(0, len(layers)))
    grown, more = list(layers), classes
    if at == len(layers):
        more += 1
    else:
        grown[at] = heavier(layers[at], data.draw)
        following = groups[at + 1 :]
        assume(all(group == 1 for group in following))  # whose inputs would no longer divide

    project.write("nets/small.yaml", text_of(layers, classes))
    (project.folder / "flopcalc.lock").unlink(missing_ok=True)
    assert run("lock").code == 0
    if not (project.folder / ".git").exists():
        project.git("init", "-q")
    project.git("add", "-A")
    project.git("commit", "-q", "--allow-empty", "-m", "before")
    green = run("check", "--against", "HEAD")
    assert green.code == 0, green.out
    assert "nothing changed since HEAD" in green.out

    project.write("nets/small.yaml", text_of(grown, more))
    red = run("check", "--json")
    found = json.loads(red.out)
    assert red.code == 1, red.out
    (model,) = found["models"]
    name = "end" if at == len(layers) else f"layer{at}"
    assert any(change["layer"].startswith(name) for change in model["changes"])

    (project.folder / "flopcalc.lock").unlink()  # the revision alone decides as well
    growth = ("--max", "mult_adds=+0", "--max", "params=+0")
    assert run("check", "nets/small.yaml", "--against", "HEAD", *growth).code == 1
    project.write("nets/small.yaml", text_of(layers, classes))
    assert run("check", "nets/small.yaml", "--against", "HEAD", *growth).code == 0
