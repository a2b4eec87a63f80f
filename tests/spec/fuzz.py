"""Mutated specs: whatever the text, reading it ends in a graph or in an error of ours, in time.

The long run: `python -m tests.spec.fuzz --runs 20000 --seed 1`. Each finding prints its seed, and
`--seed S --runs 1` repeats it.
"""

from __future__ import annotations

import argparse
import random
import re
import resource
import signal
import sys
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from flopcalc.errors import FlopcalcError
from flopcalc.graph import Scale
from flopcalc.ops.registry import all_steps
from flopcalc.spec.fmt import format_text
from flopcalc.spec.model import load_spec
from flopcalc.step import REQUIRED

if TYPE_CHECKING:
    from types import FrameType

    from flopcalc.step import Arg

HERE = Path(__file__).parent
SECONDS = 5.0  # of processor time for one text; the slowest take well below one
MEGABYTES = 1000

WORDS = [
    *("in", "ch", "h", "w", "len", "i", "alpha", "rho", "depth", "classes", "input", "out"),
    *("true", "false", "none", "auto", "same", "valid", "half", "causal", "relu", "bn", "gelu"),
    *("fixed", "no_shrink", "~", "channels", "int", "num", "bool", "word", "ref", "yes", "n"),
    *("name", "from", "when", "repeat", "times", "first", "shape", "note", "table", "cols"),
    *("rows", "params", "body", "steps", "shortcut", "kernel", "stride", "groups", "k", "s"),
    *("extends", "vars", "defaults", "swap", "res", "expect", "budget", "outputs", "x.0"),
]
NUMBERS = [
    *("0", "1", "2", "3", "-1", "0.5", "1.5", "8", "31", "32", "1000", "1001", "5000"),
    *("1000000", "1000000000", "999999999999", "1e9", "1e400", "-0.0", ".5", "1e-300", "012"),
]
EXPRESSIONS = [
    *("ch * 2", "in // 4", "2 ** i", "9 ** 9 ** 9", "ch if s == 1 else 8", "1 / 0", "ch % 0"),
    *("max(8, ch)", "div8(ch / 4)", "round_to(ch, 0)", "scale(0.5)", "fixed(in)", "-ch"),
    *("not s", "s == 1 and in == out", "((((1))))", "floor", "h * w", "1 < 2 < 3", "2 ** -64"),
    *("999999999999 * 999999999999", "0 ** -1", "(-8) ** 0.5", "1e-300 // 1e300", "h / 1e-300"),
]
SIGNS = [*"{}[]:,-#'\"&*!|>%@`~ \n\t.x", "\r\n", "\x00", "\u2028", "é", "- ", ": ", "? "]


def texts() -> list[str]:
    """The specs to start from: mostly good and shipped ones, and bad ones."""
    good = [
        *sorted((HERE / "good").glob("*.yaml")),
        *sorted(HERE.parents[1].glob("specs/**/*.yaml")),
    ]
    bad = sorted((HERE / "bad").glob("*.yaml"))
    paths = [*good * (3 * len(bad) // len(good)), *bad]
    return [text for path in paths if len(text := path.read_text()) < 4000]


def mutated(rng: random.Random, starts: list[str]) -> str:
    """A text made from one or two others by some mutations of bytes, tokens or the tree."""
    text = rng.choice(starts)
    rough = [_characters, _tokens, _lines, _tree, _tree]
    gentle = [_numbers, _numbers, _steps, _steps, _steps]
    ways = rng.choice([rough, gentle, gentle, [*rough, *gentle]])
    for _ in range(rng.choice([1, 1, 1, 2, 2, 3, 5])):
        text = rng.choice(ways)(rng, text, starts)
    return text[:100_000]


def _numbers(rng: random.Random, text: str, starts: list[str]) -> str:
    """A number in a body becomes another, or an expression."""
    body = text.find("body:")
    spots = list(re.finditer(r"(?<=[ \[])[0-9]+(?=[,}\]])", text[body:]))
    if not spots:
        return text
    spot = rng.choice(spots)
    new = rng.choice([*NUMBERS[:14], *EXPRESSIONS[:12], "ch", "i", "in", "s"])
    return text[: body + spot.start()] + new + text[body + spot.end() :]


def _steps(rng: random.Random, text: str, starts: list[str]) -> str:
    """One more step, made from the arguments it has, beside another."""
    places = [found.start() for found in re.finditer(r"^ +- ", text, re.MULTILINE)]
    if not places:
        return text
    at = rng.choice(places)
    indent = re.match(" *", text[at:])
    assert indent is not None
    return f"{text[:at]}{indent[0]}- {any_step(rng, 2)}\n{text[at:]}"


def any_step(rng: random.Random, depth: int) -> str:
    """A step with arguments that mostly suit their kinds."""
    step = rng.choice(list(all_steps().values()))
    parts = []
    for n, arg in enumerate(step.args):
        if n == 0 or arg.default is REQUIRED or rng.random() < 0.3:
            value = _value(rng, arg, depth) if rng.random() < 0.95 else _token(rng)
            parts.append(f"{step.name if n == 0 else arg.name}: {value}")
    if not parts:
        parts = [step.name]
    if rng.random() < 0.3:
        extras = ["repeat: 2", "repeat: fixed(3)", "when: ch > 8", "alpha: fixed", "alpha: 0.5"]
        extras += ["from: input", "name: extra", "times: 3", "first: {s: 2}", "repeat: 0"]
        parts.append(rng.choice(extras))
    return f"{{{', '.join(parts)}}}"


def _value(rng: random.Random, arg: Arg, depth: int) -> str:
    kind = arg.kind
    if kind == "word":
        return rng.choice(arg.choices)
    if kind in {"steps", "operands"}:
        inner = ", ".join(any_step(rng, depth - 1) for _ in range(rng.randrange(3) if depth else 0))
        return f"[{inner}]" if kind == "steps" else f"[[], [{inner}]]"
    kinds = {
        "channels": ["8", "16", "ch", "ch * 2", "ch // 2", "in", "classes"],
        "int": ["1", "2", "4", "8", "ch", "32"],
        "num": ["0.1", "1", "0"],
        "bool": ["true", "false", "ch > 4"],
        "auto_bool": ["true", "false", "auto"],
        "text": ["thing", "3 things"],
        "sizes": ["1", "2", "3", "7", "[1, 3]", "[3, 3]", "[3]", "[3, 3, 3]"],
        "padding": ["same", "half", "valid", "causal", "1", "[1, 0]", "[[0, 1], [0, 1]]", "0"],
        "ref": ["input", "extra", "stem"],
        "name": ["emb", "extra", "fc"],
        "formula": ["h * w * ch", "9 * ch", "0", "len * ch ** 2", "ch / 2 + h // 3"],
    }
    return rng.choice(kinds[kind])


def _token(rng: random.Random) -> str:
    kind = rng.choice([WORDS, NUMBERS, EXPRESSIONS, list(all_steps())])
    return rng.choice(kind)


def _characters(rng: random.Random, text: str, starts: list[str]) -> str:
    at = rng.randrange(len(text) + 1)
    length = rng.choice([0, 0, 1, 1, 2, 10])
    new: str = rng.choice([*SIGNS, "", str(rng.random())])
    return text[:at] + new + text[at + length :]


def _tokens(rng: random.Random, text: str, starts: list[str]) -> str:
    spots = [i for i in range(1, len(text)) if text[i].isalnum() and not text[i - 1].isalnum()] or [
        0
    ]
    start = rng.choice(spots)
    end = start
    while end < len(text) and (text[end].isalnum() or text[end] == "_"):
        end += 1
    return text[:start] + _token(rng) + text[end:]


def _lines(rng: random.Random, text: str, starts: list[str]) -> str:
    lines = text.split("\n")
    at = rng.randrange(len(lines))
    other = rng.choice(rng.choice(starts).split("\n"))
    action = rng.randrange(5)
    if action == 0:
        del lines[at]
    elif action == 1:
        lines.insert(at, lines[rng.randrange(len(lines))])
    elif action == 2:
        lines[at] = other
    elif action == 3:
        lines.insert(at, other)
    else:
        lines[at] = " " * rng.randrange(3) + lines[at]
    return "\n".join(lines)


def _tree(rng: random.Random, text: str, starts: list[str]) -> str:  # noqa: C901 - one branch a mutation
    """A change of structure, written back as YAML; the text itself where it is not YAML."""
    try:
        root = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError):
        return text
    places = _places(root)
    if not places:
        return text
    holder, key = rng.choice(places)
    other: Any = None
    try:
        found = _places(yaml.safe_load(rng.choice(starts)))
        if found:
            source, at = rng.choice(found)
            other = source[at]
    except (yaml.YAMLError, ValueError):
        pass
    action = rng.randrange(8)
    if action == 0:
        del holder[key]
    elif action == 1:
        holder[key] = _scalar(rng)
    elif action == 2:
        holder[key] = [holder[key]]
    elif action == 3:
        holder[key] = other
    elif action == 4 and isinstance(holder[key], dict):
        holder[key][_token(rng)] = rng.choice([other, _scalar(rng), None, []])
    elif action == 5 and isinstance(holder[key], list):
        holder[key] = [*holder[key], other, *holder[key]][:40]
    elif action == 6 and isinstance(holder[key], dict):
        holder[key]["repeat"] = rng.choice([2, 1000, "i + 2"])
    else:
        holder[key] = {_token(rng): holder[key]}
    return yaml.safe_dump(root, default_flow_style=rng.choice([None, True, False]), sort_keys=False)


def _scalar(rng: random.Random) -> Any:
    text = _token(rng)
    try:
        return int(text)
    except ValueError:
        return text


def _places(root: Any) -> list[tuple[Any, Any]]:
    """Every (container, key) of a tree."""
    found: list[tuple[Any, Any]] = []
    todo = [root]
    while todo and len(found) < 2000:
        node = todo.pop()
        if isinstance(node, dict | list):
            keys = list(node) if isinstance(node, dict) else range(len(node))
            for key in keys:
                found.append((node, key))
                todo.append(node[key])
    return found


def any_scale(rng: random.Random, variants: tuple[str, ...]) -> Scale:
    """Knobs, mostly sensible."""

    def maybe(*values: Any) -> Any:
        return rng.choice(values) if rng.random() < 0.12 else None

    pairs = [(_token(rng), _token(rng))] if rng.random() < 0.2 else []
    swaps = ["sep", "conv", "pw", "dw", "ir", "bottleneck", "relu", "add", "concat", "residual"]
    return Scale(
        alpha=maybe(0.1, 0.35, 0.5, 0.75, 1.0, 1.4, 2.0, 1e3, -1.0, float("nan"), 0.0),
        rho=maybe(0.1, 0.5, 0.714, 1.0, 2.0, 1e3, 0.0),
        res=maybe((1, 1), (7, 9), (160, 160), (1_000_000, 1), (0, 4), (10**12, 4)),
        depth=maybe(0.01, 0.5, 1.0, 1.1, 3.1, 1000.0, -2.0),
        length=maybe(0, 1, 64, 10**7),
        batch=rng.choice([1, 1, 1, 2, 0, 10**16]) if rng.random() < 0.2 else 1,
        variant=maybe(*variants, "nowhere"),
        settings=tuple(pairs),
        swap=((rng.choice(swaps), rng.choice([*swaps, _token(rng)])),)
        if rng.random() < 0.2
        else (),
    )


def attempt(seed: int, starts: list[str]) -> str:
    """Run one mutation; returns how it ended. What is no `FlopcalcError` is raised."""
    rng = random.Random(seed)  # noqa: S311 - reproducible, not secret
    text = mutated(rng, starts)
    try:
        model = load_spec(text, "fuzz.yaml")
        model.graph()
        scale = any_scale(rng, model.variants)
        model.graph(scale)
        model.expectation(scale)
    except FlopcalcError as error:
        str(error)
        ending = type(error).__name__
    else:
        ending = "graph"
    try:
        once = format_text(text)
    except FlopcalcError:
        return ending
    assert format_text(once) == once
    return ending


def on_alarm(signum: int, frame: FrameType | None) -> None:
    raise TimeoutError(f"more than {SECONDS} s of processor time")


def main() -> int:
    """Run many, tell what was found; 1 if anything was."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    resource.setrlimit(resource.RLIMIT_AS, (MEGABYTES << 20, MEGABYTES << 20))
    signal.signal(signal.SIGVTALRM, on_alarm)
    starts = texts()
    endings: Counter[str] = Counter()
    findings = 0
    slowest = (0.0, 0)
    for seed in range(options.seed, options.seed + options.runs):
        signal.setitimer(signal.ITIMER_VIRTUAL, SECONDS)
        began = time.process_time()
        try:
            endings[attempt(seed, starts)] += 1
        except Exception as error:  # noqa: BLE001 - this is what it looks for
            findings += 1
            endings["FINDING"] += 1
            print(f"seed {seed}: {type(error).__name__}: {str(error)[:200]}")  # noqa: T201 - a command
        finally:
            signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        slowest = max(slowest, (time.process_time() - began, seed))
    print(f"{options.runs} runs: {dict(endings)}")  # noqa: T201 - a command
    print(f"slowest: {slowest[0]:.2f} s, seed {slowest[1]}")  # noqa: T201 - a command
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
