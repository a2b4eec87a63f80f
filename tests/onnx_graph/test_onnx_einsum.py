"""Einsum: the cheapest order of its contractions, found by comparison with all orders."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from micro import counts, graph

from flopcalc.errors import ShapeError
from flopcalc.onnx_graph.operators.einsum import MOST_SEARCHED, order, parsed

TERMS = st.lists(st.sets(st.sampled_from("abcde"), min_size=1, max_size=3), min_size=2, max_size=4)


@settings(max_examples=60)
@given(
    terms=TERMS,
    sizes=st.lists(st.integers(1, 9), min_size=5, max_size=5),
    kept=st.sets(st.sampled_from("abcde"), max_size=3),
)
def test_no_order_of_pairs_is_cheaper(
    terms: list[set[str]], sizes: list[int], kept: set[str]
) -> None:
    extents: Any = dict(zip("abcde", sizes, strict=True))
    operands = [frozenset(term) for term in terms]
    output = frozenset(kept & set().union(*terms))
    found = _price(operands, output, extents, order(operands, output, extents))
    for chain in permutations(range(len(operands))):  # one operand after the other
        pairs, last = [], chain[0]
        for i, other in enumerate(chain[1:]):
            pairs.append((last, other))
            last = len(operands) + i
        assert found <= _price(operands, output, extents, pairs)


def _price(
    operands: list[frozenset[str]],
    output: frozenset[str],
    extents: dict[str, int],
    pairs: list[tuple[int, int]],
) -> int:
    """Multiplications of a sequence of pairs, written down once more."""
    left, price = dict(enumerate(operands)), 0
    for step, (i, j) in enumerate(pairs):
        both = left.pop(i) | left.pop(j)
        cost = 1
        for index in both:
            cost *= extents[index]
        price += cost
        left[len(operands) + step] = both & output.union(*left.values())
    assert len(left) == 1
    return price


def test_many_operands_are_contracted_too() -> None:
    count = MOST_SEARCHED + 2
    letters = "abcdefghi"
    equation = ",".join(letters[i : i + 2] for i in range(count)) + f"->a{letters[count]}"
    names = ", ".join(f"float[3,3] x{i}" for i in range(count))
    used = ", ".join(f"x{i}" for i in range(count))
    made = graph(f'n ({names}) => (float y) {{ y = Einsum<equation="{equation}">({used}) }}')
    assert counts(made) == {"mac": 27 * (count - 1)}  # a chain of matrices
    assert made.outputs[0].shape == (3, 3)


def test_indices_of_an_ellipsis_have_names_of_their_own() -> None:
    assert parsed("...ij,jk->...ik", [4, 2]) == (
        [(".0", ".1", "i", "j"), ("j", "k")],
        (".0", ".1", "i", "k"),
    )
    assert parsed("ba", [2]) == ([("b", "a")], ("a", "b"))  # alphabetical where nothing is said
    with pytest.raises(ShapeError, match="an operand of 1 axes"):
        parsed("...ij->ij", [1])
