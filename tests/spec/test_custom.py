"""`custom`: a layer with formulas of its own, through the language and the counts."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flopcalc.engine.count import Analysis, LayerCost, count
from flopcalc.errors import InputError, LimitError, ScaleError, ShapeError, SpecError
from flopcalc.graph import Scale
from flopcalc.spec import expression
from flopcalc.spec.model import load_spec


def analyze(text: str, scale: Scale = Scale()) -> Analysis:  # noqa: B008 - immutable
    return count(load_spec(text, "net.yaml").graph(scale))


def net(step: str, *, input: str = "6x5x8", more: str = "") -> str:
    return f"flopcalc: 1\ninput: {input}\n{more}body:\n  - {{custom: thing, {step}}}\n"


def one(step: str, *, input: str = "6x5x8", more: str = "", scale: Scale = Scale()) -> LayerCost:  # noqa: B008 - immutable
    (cost,) = analyze(net(step, input=input, more=more), scale).layers
    return cost


def test_it_counts_what_it_says() -> None:
    cost = one(
        "mac: h * w * ch * 9, add: h * w * ch, mul: 2, div: h, cmp: w - 1, exp: ch, "
        "weight: 9 * ch, bias: ch, norm: 2 * ch, buffer: 3"
    )
    assert cost.mult_adds == 6 * 5 * 8 * 9
    assert dict(cost.counts) == {
        "mac": 2160,
        "add": 240,
        "mul": 2,
        "div": 6,
        "cmp": 4,
        "exp": 8,
    }
    assert dict(cost.params_by_kind) == {"weight": 72, "bias": 8, "norm": 16, "buffer": 3}
    assert cost.params == 96
    assert (cost.layer.op.name, cost.layer.op.kind, cost.layer.op.role) == (
        *("custom", "thing", "compute"),
    )
    assert cost.layer.op.opaque is None


@pytest.mark.parametrize(
    ("written", "algebra", "numbers", "latex", "value"),
    [
        ("h * w * ch * 9", "h·w·ch·9", "6·5·8·9", r"h \cdot w \cdot \mathrm{ch} \cdot 9", 2160),
        ("ch ** 3", "ch·ch·ch", "8·8·8", r"\mathrm{ch} \cdot \mathrm{ch} \cdot \mathrm{ch}", 512),
        ("(h + 1) * w - 2", "(h + 1)·w - 2", "(6 + 1)·5 - 2", r"(h + 1) \cdot w - 2", 33),
        ("-h + w * 3", "-h + w·3", "-6 + 5·3", r"-h + w \cdot 3", 9),
        ("h * w / 2", "(h·w)/2", "(6·5)/2", r"\frac{h \cdot w}{2}", 15),
        ("w / 2 * h", "(w·h)/2", "(5·6)/2", r"\frac{w \cdot h}{2}", 15),
        ("h / (2 / 4)", "(h·4)/2", "(6·4)/2", r"\frac{h \cdot 4}{2}", 12),
        ("w // 2", "⌊w/2⌋", "⌊5/2⌋", r"\left\lfloor \frac{w}{2} \right\rfloor", 2),
        (
            *("(h + 1) // 4 * ch", "⌊(h + 1)/4⌋·ch", "⌊(6 + 1)/4⌋·8"),
            *(r"\left\lfloor \frac{h + 1}{4} \right\rfloor \cdot \mathrm{ch}", 8),
        ),
        ("h if ch == 8 else w", "h", "6", "h", 6),
        ("12", "12", "12", "12", 12),
        ("ch", "ch", "8", r"\mathrm{ch}", 8),
        ("h - w + h - 2", "h - w + h - 2", "6 - 5 + 6 - 2", "h - w + h - 2", 5),
        ("h - (w - ch)", "h - (w - ch)", "6 - (5 - 8)", r"h - (w - \mathrm{ch})", 9),
        ("2e3", "2000", "2000", "2000", 2000),
    ],
)
def test_one_formula_in_four_readings(
    written: str, algebra: str, numbers: str, latex: str, value: int
) -> None:
    cost = one(f'mac: "{written}"')
    formula, env = cost.layer.op.counts["mac"], cost.layer.env
    assert formula.algebra(env) == algebra
    assert formula.numbers(env) == numbers
    assert formula.latex(env) == latex
    assert formula.value(env) == cost.mult_adds == value


def test_the_legend_lists_a_name_once_with_what_it_is() -> None:
    cost = one(
        *("mac: h * w * ch * k, weight: ch * k * n",),
        more="vars: {k: 3, n: 2 * k}\n",
    )
    counts = cost.layer.op.counts.values()
    symbols = dict.fromkeys(s for f in counts for s in f.symbols(cost.layer.env))
    assert [(s.name, s.meaning, s.axis) for s in symbols] == [
        ("h", "input height", "spatial"),
        ("w", "input width", "spatial"),
        ("ch", "input channels", "channel"),
        ("k", "from the spec", "other"),
        ("n", "from the spec", "other"),
    ]
    assert cost.layer.env == {"h": 6, "w": 5, "ch": 8, "k": 3, "n": 6}


def test_a_name_of_the_file_wins_over_the_input() -> None:
    cost = one("mac: w", more="vars: {w: 100}\n")
    (symbol,) = cost.layer.op.counts["mac"].symbols()
    assert (cost.mult_adds, symbol.meaning, symbol.axis) == (100, "from the spec", "other")


def test_names_of_a_block_and_of_a_repeat() -> None:
    text = """flopcalc: 1
input: 6x5x8
blocks:
  b:
    params: {out: channels, k: 3}
    body: [{custom: thing, mac: "in * out * k ** 2 * (i + 1)", out: out, repeat: 2}]
body: [{b: 4}]
"""
    analysis = analyze(text, Scale(alpha=0.5))
    assert [cost.mult_adds for cost in analysis.layers] == [8 * 2 * 9, 8 * 2 * 9 * 2]
    symbols = analysis.layers[0].layer.op.counts["mac"].symbols()
    assert [(s.name, s.axis) for s in symbols] == [
        *(("in", "channel"), ("out", "channel"), ("k", "other"), ("i", "other")),
    ]
    assert analysis.graph.outputs[0].text() == "6×5×2"


@pytest.mark.parametrize(
    ("input", "step", "shape"),
    [
        ("6x5x8", "mac: 1", "6×5×8"),
        ("6x5x8", "mac: 1, out: 3", "6×5×3"),
        ("6x5x8", "mac: 1, size: [h // 2, w + 1]", "3×6×8"),
        ("6x5x8", "mac: 1, size: 14, out: 2 * ch", "14×14×16"),
        ("100x8", "mac: len, size: len // 3", "33×8"),
        ("{c: 12}", "mac: ch, out: 7", "7"),
        ("{tokens: 9}", "mac: len, out: 16", "9×16"),
        ("{tokens: 9}", "mac: len, out: 16, size: 4", "4×16"),
        ("{tokens: 9}", "mac: len, size: 4", "4"),
        ("3x6x5x8", "mac: 1, size: [1, 2, 3]", "1×2×3×8"),
    ],
)
def test_its_output(input: str, step: str, shape: str) -> None:
    assert one(step, input=input).layer.outputs[0].text() == shape


def test_a_sequence_with_features() -> None:
    text = "flopcalc: 1\ninput: 4x4x8\nbody: [tokens, {custom: mix, mac: len ** 2 * ch, size: 5}]\n"
    analysis = analyze(text)
    assert analysis.totals.mult_adds == 16 * 16 * 8
    assert analysis.graph.outputs[0].text() == "5×8"


@pytest.mark.parametrize("name", ["k", "B"])
def test_operations_grow_with_the_batch(name: str) -> None:
    step = f"mac: h * w * {name} - 1, weight: {name} + 1"
    more = f"vars: {{{name}: 3}}\n"
    cost = one(step, more=more, scale=Scale(batch=4))
    assert (cost.mult_adds, cost.params) == (4 * 89, 4)
    formula = cost.layer.op.counts["mac"]
    batch = "B'" if name == "B" else "B"
    assert formula.algebra(cost.layer.env) == f"{batch}·(h·w·{name} - 1)"
    assert formula.numbers(cost.layer.env) == "4·(6·5·3 - 1)"


def test_width_and_resolution_reach_it() -> None:
    text = """flopcalc: 1
input: 8x8x3
body:
  - {conv: 16, k: 3}
  - {custom: attend, mac: (h * w) ** 2 * ch, weight: ch, out: 32}
"""
    for scale, mac, weight, out in [
        (Scale(), 64**2 * 16, 16, "8×8×32"),
        (Scale(alpha=0.5), 64**2 * 8, 8, "8×8×16"),
        (Scale(rho=0.5), 16**2 * 16, 16, "4×4×32"),
    ]:
        analysis = analyze(text, scale)
        assert (analysis.layers[1].mult_adds, analysis.layers[1].params) == (mac, weight)
        assert analysis.graph.outputs[0].text() == out
        assert not analysis.graph.mixed  # a count that follows both ties neither to the other


def test_it_stands_for_an_op_of_the_language() -> None:
    """A depthwise layer and a pointwise one, once by name and once by formula."""
    own = """flopcalc: 1
input: 14x14x32
body:
  - {custom: my depthwise, mac: h * w * ch * 9, weight: 9 * ch, bias: ch, add: h * w * ch}
  - {custom: my pointwise, out: 64, mac: h * w * ch * 64, weight: ch * 64, bias: 64,
     add: h * w * 64}
"""
    known = "flopcalc: 1\ninput: 14x14x32\nbody: [{dw: 3}, {pw: 64}]\n"
    ours, theirs = analyze(own).totals, analyze(known).totals
    assert ours.mult_adds == theirs.mult_adds
    assert ours.counts == theirs.counts
    assert ours.params_by_kind == theirs.params_by_kind


def test_each_is_an_op_of_its_own() -> None:
    text = "flopcalc: 1\ninput: {c: 8}\nbody: [{custom: a, mac: 1}, {mac: 2, custom: b, mul: 3}]\n"
    analysis = analyze(text)
    assert [(c.layer.op.kind, c.mult_adds) for c in analysis.layers] == [("a", 1), ("b", 2)]
    assert list(analysis.by_op()) == ["custom"]
    assert list(analysis.by_kind()) == ["a", "b"]


def test_the_order_of_its_keys_does_not_matter() -> None:
    """`add` and `mul` are steps too, and here counts."""
    first = "{custom: a, mac: 1, add: 2, mul: 3, exp: 4}"
    text = "flopcalc: 1\ninput: {c: 8}\nbody: [STEP]\n"
    for step in (first, "{add: 2, mul: 3, mac: 1, exp: 4, custom: a}"):
        (cost,) = analyze(text.replace("STEP", step)).layers
        assert dict(cost.counts) == {"mac": 1, "add": 2, "mul": 3, "exp": 4}


def test_zero_is_said_not_assumed() -> None:
    cost = one("mac: 0")
    assert (cost.mult_adds, dict(cost.counts), cost.layer.op.free) == (0, {}, True)
    with pytest.raises(SpecError, match="nothing says what 'thing' costs"):
        analyze("flopcalc: 1\ninput: {c: 8}\nbody: [{custom: thing}]\n")


def test_its_source_is_shown() -> None:
    assert one("mac: 1").layer.op.cite == "the formulas of the spec"
    cited = one('mac: 1, cite: "Dai et al. 2017, arXiv:1703.06211"')
    assert cited.layer.op.cite == "Dai et al. 2017, arXiv:1703.06211"


def test_counts_above_the_numbers_of_expressions() -> None:
    """An expression stops at 10^12; a count, as a formula, at 10^18."""
    assert one("mac: 1000000 * 1000000 * 1000000").mult_adds == 10**18
    with pytest.raises(LimitError, match=re.escape("'mac' is more than 10^18")):
        one("mac: 1000000 * 1000000 * 1000000 + 1")


@pytest.mark.parametrize(
    ("step", "kind", "message", "column"),
    [
        ("mac: h - 100", SpecError, "'mac' is less than 0", 26),
        ("weight: w / 2", SpecError, "'weight' divides with a rest", 29),
        ("mac: h / 4 + h / 4", SpecError, "'mac' divides with a rest", 26),
        ("mac: h / (w - 5)", SpecError, "'mac' divides by zero", 26),
        ("mac: h // (w - 5)", SpecError, "'mac' divides by zero", 26),
        ("mac: 0.5 * h", SpecError, "a number of a formula is an integer, not 0.5", 26),
        ("mac: h * half", SpecError, "'half' of a formula is an integer, not 0.5", 30),
        ("mac: h * flag", SpecError, "true is not a number", 30),
        ("mac: h * chanels", SpecError, "unknown name 'chanels'", 30),
        ("mac: chanels", SpecError, "unknown name 'chanels'", 26),
        ("mac: h * len", SpecError, "unknown name 'len'", 30),
        ("mac: h % 2", SpecError, "no '%' in a formula", 28),
        ("mac: floor(h / 4)", SpecError, "a formula has names, integers", 26),
        ("mac: h == 2", SpecError, "a formula has names, integers", 28),
        ("mac: h ** 9", SpecError, "an exponent of a formula is an integer from 1 to 8", 31),
        ("mac: h ** w", SpecError, "an exponent of a formula is an integer from 1 to 8", 31),
        ("mac: ((h ** 8) ** 8) ** 8", LimitError, "a formula of more than 256 factors", 45),
        ("mac: [1, 2]", SpecError, "a formula belongs here", 26),
        ("mac: true", SpecError, "true is not a number", 26),
        ("cite: [a]", SpecError, "'cite' takes text", 27),
        ("mac: 1, size: [1, 2, 3]", ShapeError, "3 values for the 2 spatial axes of a map", 35),
    ],
)
def test_what_it_does_not_take(
    step: str, kind: type[InputError], message: str, column: int
) -> None:
    with pytest.raises(kind, match=re.escape(message)) as caught:
        one(step, more="vars: {half: 0.5, flag: true}\n")
    where = caught.value.where
    assert where is not None
    assert caught.value.hint
    assert where.line == 5
    assert where.column == column


def test_a_vector_has_no_size() -> None:
    with pytest.raises(ShapeError, match="a vector has no size"):
        one("mac: 1, size: 3", input="{c: 12}")


def test_it_is_not_swapped_nor_defaulted() -> None:
    model = load_spec(net("mac: 1"), "net.yaml")
    with pytest.raises(ScaleError, match="cannot swap 'custom' for 'relu'"):
        model.graph(Scale(swap=(("custom", "relu"),)))
    with pytest.raises(SpecError, match="'mac' of 'custom' belongs to one step"):
        load_spec(net("mac: 1", more="defaults: {custom: {mac: 5}}\n"), "net.yaml")


def test_formulas_do_not_travel_by_swaps() -> None:
    to_block = """flopcalc: 1
input: {c: 8}
blocks:
  b:
    params: {kind, mac: 1}
    body: [{fc: mac}]
body: [{custom: thing, mac: ch}]
variants: {v: {swap: {custom: b}}}
"""
    with pytest.raises(ScaleError, match="'mac' is a formula of its own"):
        load_spec(to_block, "net.yaml").graph(Scale(variant="v"))
    from_block = to_block.replace("custom: thing, mac: ch", "b: 5").replace(
        "custom: b", "b: custom"
    )
    with pytest.raises(ScaleError, match="its 'kind' takes no such value"):
        load_spec(from_block, "net.yaml").graph(Scale(variant="v"))


def expressions() -> st.SearchStrategy[str]:
    atoms = st.sampled_from(["h", "w", "ch", "k", "1", "2", "3", "7"])
    return st.recursive(
        atoms,
        lambda inner: st.one_of(
            st.tuples(inner, st.sampled_from(["+", "-", "*", "//", "/"]), inner).map(
                lambda t: f"({t[0]}) {t[1]} ({t[2]})"
            ),
            st.tuples(inner, st.integers(1, 3)).map(lambda t: f"({t[0]}) ** {t[1]}"),
            inner.map(lambda t: f"-({t})"),
        ),
        max_leaves=8,
    ).filter(lambda text: len(text) <= 200)


@settings(max_examples=300, deadline=None)
@given(text=expressions())
def test_a_formula_is_worth_what_its_expression_is(text: str) -> None:
    """The tree of formulas against the language's own evaluator, where both have a value."""
    names = {"h": 6, "w": 5, "ch": 8, "k": 3}
    try:
        cost = one(f'mac: "{text}"', more="vars: {k: 3}\n")
    except InputError:
        return  # a rest, a zero below a bar, a count below 0: each has a row above
    try:
        value = expression.parse(text).evaluate({k: expression.Value(n) for k, n in names.items()})
    except expression.ExpressionError:
        return  # above 10^12
    assert cost.mult_adds is not None
    if "//" not in text or "/" not in text.replace("//", ""):  # else doubles may fall a floor short
        assert cost.mult_adds == pytest.approx(value.number, rel=1e-9)
    formula, env = cost.layer.op.counts.get("mac"), cost.layer.env
    if formula is not None:  # read the numbers as a reader does
        shown = re.sub(r"⌊", "floor(", formula.numbers(env).replace("·", "*")).replace("⌋", ")")
        from fractions import Fraction
        from math import floor

        exact = re.sub(r"\d+", r"Fraction(\g<0>)", shown)
        assert eval(exact, {"Fraction": Fraction, "floor": floor}) == cost.mult_adds  # noqa: S307 - digits, operators
