"""docs/spec-language.md: its specs count what they say, its tables are the registry's."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from step_tables import BEGIN, END, step_tables

from flopcalc.engine.count import count
from flopcalc.errors import InputError
from flopcalc.graph import Scale
from flopcalc.ops.registry import all_steps
from flopcalc.spec import calls, elaborate, grammar, knobs, published, terms, written
from flopcalc.spec.model import load_spec

PAGE = Path(__file__).parents[2] / "docs" / "spec-language.md"
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def fences(language: str) -> list[str]:
    return [text for found, text in FENCE.findall(PAGE.read_text()) if found == language]


EXAMPLES = [text for text in fences("yaml") if text.startswith("flopcalc:")]


@pytest.mark.parametrize("text", EXAMPLES, ids=lambda text: text.split("\n")[1][6:30])
def test_examples_count_what_they_expect(text: str) -> None:
    model = load_spec(text, "page.yaml")
    for variant in (None, *model.variants):
        scale = Scale(variant=variant)
        graph = model.graph(scale)
        assert graph.warnings == ()
        totals = count(graph).totals
        expected = model.expectation(scale)
        assert variant is not None or expected, "an example has an 'expect'"
        for metric, quantity in expected.items():
            exact = {"mult_adds": totals.mult_adds, "params": totals.params}[metric]
            assert quantity.matches(exact), (variant, metric, exact)


STEPS = [text for text in fences("yaml") if not text.startswith("flopcalc:")]


@pytest.mark.parametrize("text", STEPS, ids=range(len(STEPS)))
def test_fragments_are_in_the_language(text: str) -> None:
    """A list of steps stands in a body with a few names around it."""
    head = "flopcalc: 1\ninput: 64x64x16\nclasses: 10\nvars: {t: 4, deep: 2, wide: 32}\n"
    if text.startswith("- "):
        body = "".join(f"  {line}\n" for line in text.splitlines())
        text = f"{head}body:\n  - {{pw: 16, name: early}}\n{body}"
    else:
        body = "" if "body:" in text else "body: [relu]\n"
        inputs = "" if "input" in text else "input: 64x64x16\n"
        text = "flopcalc: 1\n" + inputs + text + body
    load_spec(text, "page.yaml").graph()


def test_error_messages_are_the_real_ones() -> None:
    """Each ```text block with an error is what the spec before it gives."""
    page = PAGE.read_text()
    pairs = re.findall(
        r"^```spec\n(.*?)^```\n\n```text\n(.*?)^```$", page, re.MULTILINE | re.DOTALL
    )
    assert pairs
    for text, message in pairs:
        with pytest.raises(InputError) as raised:
            load_spec(text, "net.yaml").graph()
        assert f"{raised.value}\n" == message


def test_step_tables_are_the_registrys(request: pytest.FixtureRequest) -> None:
    page = PAGE.read_text()
    head, found = page.split(BEGIN, 1)
    tables, tail = found.split(END, 1)
    wanted = f"\n\n{step_tables()}\n\n"
    if request.config.getoption("--update-golden"):
        PAGE.write_text(head + BEGIN + wanted + END + tail)
        tables = wanted
    assert tables == wanted, "if right, run pytest --update-golden"


def test_every_key_word_and_limit_is_documented() -> None:
    page = PAGE.read_text()
    words = [
        *(*grammar.FILE_KEYS, *grammar.VARIANT_KEYS, *grammar.BLOCK_KEYS, *grammar.PARAM_TYPES),
        *(*calls.COMMON, *calls.LONG_SPELLINGS, *calls.ALPHA_WORDS, *knobs.SCALING_KEYS),
        *(*terms.ARITIES, *all_steps()),
        *(*published.KEYS, *published.COLUMNS, *published.PARAMS),
    ]
    missing = [word for word in words if not re.search(rf"`[^`\n]*\b{word}\b[^`\n]*`", page)]
    assert missing == []
    limits = [
        *(elaborate.MAX_STEPS, elaborate.MAX_LAYERS, elaborate.MAX_REPEAT),
        *(elaborate.MAX_BLOCK_DEPTH, elaborate.MAX_DEPTH, written.MAX_ITEMS),
        *(grammar.MAX_NAMES, grammar.MAX_OUTPUTS, calls.MAX_NAME, terms.MAX_EXPONENT),
    ]
    table = page.split("## Limits")[1]
    assert [n for n in limits if f"{n:,}" not in table] == []
