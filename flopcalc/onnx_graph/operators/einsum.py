"""Einstein sums: parsed, and contracted pair by pair in the cheapest order."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

from flopcalc.dim import Dim, Expr
from flopcalc.dim_values import definitely_different, product
from flopcalc.errors import LimitError, ShapeError
from flopcalc.onnx_graph.shapes import shape_text
from flopcalc.onnx_graph.values import default_axes
from flopcalc.ops.contraction import EINSUM
from flopcalc.ops.exported import move
from flopcalc.ops.reductions import REDUCE_SUM
from flopcalc.tensor import Shaped

if TYPE_CHECKING:
    from flopcalc.onnx_graph.node import Node
    from flopcalc.tensor import Tensor

MOST_SEARCHED = 6  # operands of which every order is tried; beyond, the cheapest pair goes first
MOST = 64


def Einsum(n: Node) -> None:
    """ai.onnx Einsum, versions 12 to 28: ellipsis, repeated indices, any number of operands."""
    n.op = EINSUM
    values = [n.input(i) for i in range(len(n.inputs))]
    if len(values) > MOST:
        raise LimitError(f"an Einsum of more than {MOST} operands")
    terms, output = parsed(n.word("equation", ""), [v.rank for v in values])
    extents = _extents(terms, [v.dims for v in values])
    unknown = [index for index in output if index not in extents]
    if unknown:
        raise ShapeError(f"index '{unknown[0]}' of the output is in no operand", hint="equation")
    operands = [
        (tuple(dict.fromkeys(term)), n.tensor(value))
        for term, value in zip(terms, values, strict=True)
    ]
    params = {
        i: n.params(value, "weight", slot=len(values) > 1)
        for i, value in enumerate(values)
        if value.constant
    }
    if len(values) == 1:
        _alone(n, operands[0], output, extents)
        return
    pairs = order([frozenset(indices) for indices, _ in operands], frozenset(output), extents)
    pending = dict(enumerate(operands))
    stored = dict(params)
    for step, (i, j) in enumerate(pairs):
        last = step == len(pairs) - 1
        a, b = pending.pop(i), pending.pop(j)
        needed = set(output).union(*(indices for indices, _ in pending.values()))
        both = tuple(dict.fromkeys(a[0] + b[0]))
        kept = output if last else tuple(index for index in both if index in needed)
        part = "" if len(pairs) == 1 else f"step{step + 1}"
        weights = stored.pop(i, ()) + stored.pop(j, ())
        sizes = tuple(extents[index] for index in kept)
        terms_of_sum = product(extents[index] for index in both if index not in kept)
        (y,) = n.layer(
            part,
            EINSUM,
            a[1],
            b[1],
            attrs={"terms": terms_of_sum},  # type: ignore[dict-item]  # see tensor.py
            params=weights,
            shapes=[Shaped(sizes, default_axes(len(sizes)))],  # type: ignore[arg-type]  # likewise
        )
        pending[len(operands) + step] = (kept, y)
        n.give(0, y, made_by=EINSUM)  # the last one stays


def _alone(
    n: Node,
    operand: tuple[tuple[str, ...], Tensor],
    output: tuple[str, ...],
    extents: dict[str, Dim],
) -> None:
    indices, x = operand
    shape = tuple(extents[index] for index in output)
    if set(indices) <= set(output):
        n.op = move("Einsum")  # a transposition or a diagonal
        n.free(shape)
        return
    n.op = REDUCE_SUM
    axes = tuple(i for i, index in enumerate(indices) if index not in output)
    # of an index that is there twice only the diagonal is summed
    sizes = tuple(extents[index] for index in indices)
    seen = x._replace(shape=sizes, axes=default_axes(len(sizes)))  # type: ignore[arg-type]  # see tensor.py
    shapes = [Shaped(shape, default_axes(len(shape)))]  # type: ignore[arg-type]  # likewise
    n.add(REDUCE_SUM, seen, attrs={"axes": axes}, shapes=shapes)


def parsed(equation: str, ranks: list[int]) -> tuple[list[tuple[str, ...]], tuple[str, ...]]:
    """The indices of each operand and of the output; `.0`, `.1` and so on are an ellipsis.

    Raises `ShapeError` for an equation that does not fit operands of these ranks.
    """
    left, arrow, right = equation.replace(" ", "").partition("->")
    words = left.split(",")
    if len(words) != len(ranks):
        message = f"{len(ranks)} operands for '{equation}'"
        raise ShapeError(message, hint="one term an operand, commas between them")
    lengths = [rank - len(word.replace("...", "")) for word, rank in zip(words, ranks, strict=True)]
    for word, rank, length in zip(words, ranks, lengths, strict=True):
        if length < 0 or (length and "..." not in word):
            message = f"an operand of {rank} axes for '{word}' in '{equation}'"
            raise ShapeError(message, hint="a letter an axis, ... for all others")
    longest = max(lengths)
    dots = tuple(f".{i}" for i in range(longest))
    terms = [
        _indices(word, dots[longest - length :])
        for word, length in zip(words, lengths, strict=True)
    ]
    if arrow:
        return terms, _indices(right, dots if "..." in right else ())
    letters = "".join(words).replace(".", "")
    once = tuple(sorted(letter for letter in set(letters) if letters.count(letter) == 1))
    return terms, dots + once


def _indices(word: str, dots: tuple[str, ...]) -> tuple[str, ...]:
    before, ellipsis, after = word.partition("...")
    return (*before, *(dots if ellipsis else ()), *after)


def _extents(terms: list[tuple[str, ...]], shapes: list[tuple[Dim, ...]]) -> dict[str, Dim]:
    """The size of each index: a 1 is broadcast, a number says more than a name."""
    found: dict[str, Dim] = {}
    for term, shape in zip(terms, shapes, strict=True):
        for index, size in zip(term, shape, strict=True):
            old = found.get(index, 1)
            if old == 1 or (isinstance(old, Expr) and isinstance(size, int) and size != 1):
                found[index] = size
            elif size != 1 and definitely_different(old, size):
                listed = " and ".join(map(shape_text, shapes))
                message = f"index '{index.lstrip('.')}' is {old} and {size} in {listed}"
                raise ShapeError(message, hint="operands must agree")
    return found


def order(
    terms: list[frozenset[str]], output: frozenset[str], extents: dict[str, Dim]
) -> list[tuple[int, int]]:
    """Pairs of positions to contract, each result at the next free position.

    The cheapest sequence in multiplications (named sizes are weighed as 64); beyond
    `MOST_SEARCHED` operands the cheapest pair of each step.
    """
    sizes = {i: size if isinstance(size, int) else 64 for i, size in extents.items()}
    if len(terms) == 2:
        return [(0, 1)]
    if len(terms) > MOST_SEARCHED:
        return _greedy(terms, output, sizes)
    return _cheapest(dict(enumerate(terms)), len(terms), output, sizes)[1]


def _cost(indices: frozenset[str], sizes: dict[str, int]) -> int:
    result = 1
    for index in indices:
        result *= sizes[index]
    return result


_Plan = tuple[int, list[tuple[int, int]]]


def _cheapest(
    left: dict[int, frozenset[str]],
    new: int,
    output: frozenset[str],
    sizes: dict[str, int],
) -> _Plan:
    if len(left) == 1:
        return 0, []
    best: _Plan | None = None
    for i, j in combinations(left, 2):
        rest = {k: term for k, term in left.items() if k not in (i, j)}
        cost = _cost(left[i] | left[j], sizes)
        if best is not None and cost >= best[0]:
            continue
        needed = output.union(*rest.values())
        rest[new] = (left[i] | left[j]) & needed
        more, pairs = _cheapest(rest, new + 1, output, sizes)
        if best is None or cost + more < best[0]:
            best = cost + more, [(i, j), *pairs]
    assert best is not None
    return best


def _greedy(
    terms: list[frozenset[str]], output: frozenset[str], sizes: dict[str, int]
) -> list[tuple[int, int]]:
    left, pairs = dict(enumerate(terms)), []
    for new in range(len(terms), 2 * len(terms) - 1):
        i, j = min(combinations(left, 2), key=lambda p: _cost(left[p[0]] | left[p[1]], sizes))
        both = left.pop(i) | left.pop(j)
        left[new] = both & output.union(*left.values())
        pairs.append((i, j))
    return pairs
