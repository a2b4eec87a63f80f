"""The expressions of a spec: tokens, a precedence parser, and values with their scaling state.

No strings, no attributes, no `eval`; every length, depth and number is bounded.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NoReturn

from flopcalc.errors import did_you_mean
from flopcalc.spec.terms import (
    ARITIES,
    COMPARISONS,
    Call,
    Chain,
    Choice,
    Comparison,
    Junction,
    Literal,
    Name,
    Negative,
    Not,
    Run,
    bounded,
)
from flopcalc.spec.value import (
    FIXED,
    MAX_NUMBER,
    NOMINAL,
    SCALED,
    ExpressionError,
    Value,
    div8,
    integral,
    round_half_up,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from flopcalc.spec.terms import Node, Scope
    from flopcalc.spec.value import Number

__all__ = [
    "FIXED",
    "FUNCTIONS",
    "MAX_DEPTH",
    "MAX_LENGTH",
    "MAX_NUMBER",
    "NOMINAL",
    "SCALED",
    "Expr",
    "ExpressionError",
    "Value",
    "div8",
    "integral",
    "parse",
    "round_half_up",
]

FUNCTIONS = frozenset(ARITIES)
MAX_LENGTH = 200
MAX_DEPTH = 24


class Expr:
    """A parsed expression: its `text`, the `names` it mentions, and the `root` of its tree."""

    __slots__ = ("names", "root", "text")

    def __init__(self, text: str, root: Node, names: frozenset[str]) -> None:
        self.text = text
        self.names = names
        self.root = root

    def evaluate(
        self,
        scope: Scope,
        *,
        scale: Callable[[Number], Number] | None = None,
        warnings: list[str] | None = None,
    ) -> Value:
        """The value in `scope`; ints stay exact, the rest is IEEE double arithmetic.

        `scale` is the width rule behind `scale(x)` (as it stands without one). Where `warnings`
        is a list, a sentence is added for each sum, difference or comparison of a nominal number
        other than 0 with a scaled one. Raises `ExpressionError`.
        """
        return self.root.value(Run(self.text, scope, scale, warnings))

    def __repr__(self) -> str:
        return f"Expr({self.text!r})"


def parse(text: str) -> Expr:
    """The expression written as `text`; the same object for the same text.

    Raises `ExpressionError` for what the grammar does not have, and above 200 characters or a
    nesting of 24.
    """
    found = _PARSED.get(text)
    if found is None:
        if len(text) > MAX_LENGTH:
            raise ExpressionError(
                f"an expression of {len(text)} characters; the limit is {MAX_LENGTH}",
                hint="give its parts names under 'vars'",
                limit=True,
            )
        if len(_PARSED) >= _MAX_PARSED:
            _PARSED.clear()
        found = _PARSED[text] = _Parser(text).parse()
    return found


_PARSED: dict[str, Expr] = {}
_MAX_PARSED = 4096

_WORD = (
    r"\s*(?:((?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]+)?"
    r"|[A-Za-z_][A-Za-z0-9_]*|\*\*|//|[=!<>]=|[-+*/%<>(),])|\Z)"
)
_KEYWORDS = frozenset({"if", "else", "or", "and", "not", "true", "false"})
_USES = {name: f"{name}(x)" for name in ARITIES} | {
    "min": "min(a, b)",
    "max": "max(a, b)",
    "round_to": "round_to(x, n)",
}
_FOREIGN = {
    "=": "compare with '=='",
    "&": "write 'and'",
    "|": "write 'or'",
    "!": "write 'not'",
    "^": "a power is '**'",
    "×": "a product is '*'",
    "·": "a product is '*'",
    "?": "write 'a if condition else b'",
    ":": "write 'a if condition else b'",
    "$": "names stand without marks",
    "{": "names stand without marks",
}


class _Parser:
    """Recursive descent over the tokens of one text; every recursion is counted."""

    def __init__(self, text: str) -> None:
        self.tokens = _tokens(text)
        self.text = text
        self.at = 0
        self.depth = 0
        self.names: set[str] = set()

    def parse(self) -> Expr:
        if len(self.tokens) == 1:
            raise ExpressionError("an empty expression", 0, "write a number or a name")
        root = self.expression()
        if self.tokens[self.at][0]:
            self.refuse()
        return Expr(self.text, root, frozenset(self.names))

    def expression(self) -> Node:
        self.enter()
        yes = self.disjunction()
        if self.accept("if"):
            condition = self.disjunction()
            if not self.accept("else"):
                self.refuse("'else' is missing", "write 'a if condition else b'")
            yes = Choice(yes, condition, self.expression())
        self.depth -= 1
        return yes

    def disjunction(self) -> Node:
        operands = [self.conjunction()]
        while self.accept("or"):
            operands.append(self.conjunction())
        return Junction(operands, until=True) if len(operands) > 1 else operands[0]

    def conjunction(self) -> Node:
        operands = [self.negation()]
        while self.accept("and"):
            operands.append(self.negation())
        return Junction(operands, until=False) if len(operands) > 1 else operands[0]

    def negation(self) -> Node:
        offset = self.tokens[self.at][1]
        if not self.accept("not"):
            return self.comparison()
        self.enter()
        operand = self.negation()
        self.depth -= 1
        return Not(offset, operand)

    def comparison(self) -> Node:
        left = self.chain(("+", "-"), self.product)
        sign, offset = self.tokens[self.at]
        if sign not in COMPARISONS:
            return left
        self.at += 1
        right = self.chain(("+", "-"), self.product)
        if self.tokens[self.at][0] in COMPARISONS:
            self.refuse("comparisons do not chain", "write 'a < b and b < c'")
        return Comparison(offset, sign, left, right)

    def product(self) -> Node:
        return self.chain(("*", "/", "//", "%"), self.unary)

    def chain(self, signs: tuple[str, ...], below: Callable[[], Node]) -> Node:
        first = below()
        rest: list[tuple[str, int, Node]] = []
        while self.tokens[self.at][0] in signs:
            sign, offset = self.tokens[self.at]
            self.at += 1
            rest.append((sign, offset, below()))
        return Chain(first, rest) if rest else first

    def unary(self) -> Node:
        offset = self.tokens[self.at][1]
        if not self.accept("-"):
            return self.power()
        self.enter()
        operand = self.unary()
        self.depth -= 1
        return Negative(offset, operand)

    def power(self) -> Node:
        base = self.atom()
        sign, offset = self.tokens[self.at]
        if sign != "**":
            return base
        self.at += 1
        self.enter()
        exponent = self.unary()
        self.depth -= 1
        return Chain(base, [(sign, offset, exponent)])

    def atom(self) -> Node:
        word, offset = self.tokens[self.at]
        if word == "(":
            self.at += 1
            inner = self.expression()
            self.close()
            return inner
        first = word[:1]
        if first.isdigit() or first == ".":
            self.at += 1
            return Literal(offset, _number(word, offset))
        if word in {"true", "false"}:
            self.at += 1
            return Literal(offset, word == "true")
        if word in _KEYWORDS or not (first.isalpha() or first == "_"):
            self.refuse()
        self.at += 1
        if self.accept("("):
            return self.call(word, offset)
        self.names.add(word)
        return Name(offset, word)

    def call(self, name: str, offset: int) -> Node:
        if name not in ARITIES:
            hint = did_you_mean(name, FUNCTIONS)
            raise ExpressionError(f"unknown function '{name}'", offset, hint)
        arguments: list[Node] = []
        if self.tokens[self.at][0] != ")":
            arguments.append(self.expression())
            while self.accept(","):
                arguments.append(self.expression())
        self.close()
        fewest, most = ARITIES[name]
        if len(arguments) < fewest or (most is not None and len(arguments) > most):
            wanted = f"{'at least ' if most is None else ''}{fewest}"
            message = f"{name} takes {wanted} value{'s' * (fewest > 1)}, not {len(arguments)}"
            raise ExpressionError(message, offset, f"write {_USES[name]}")
        return Call(offset, name, arguments)

    def enter(self) -> None:
        self.depth += 1
        if self.depth > MAX_DEPTH + 1:  # the whole expression is the first
            message = f"an expression nested deeper than {MAX_DEPTH}"
            hint = "give its parts names under 'vars'"
            raise ExpressionError(message, self.tokens[self.at][1], hint, limit=True)

    def accept(self, word: str) -> bool:
        if self.tokens[self.at][0] != word:
            return False
        self.at += 1
        return True

    def close(self) -> None:
        if not self.accept(")"):
            ended = not self.tokens[self.at][0]
            hint = "a ',' inside { } ends a value: quote the expression, or write a list: [3, 3]"
            self.refuse("')' is missing", hint if ended else None)

    def refuse(self, message: str = "", hint: str | None = None) -> NoReturn:
        word, offset = self.tokens[self.at]
        if not message:
            message = f"unexpected '{word}'" if word else "the expression ends too early"
        if hint is None and (word == "(" or word[:1].isalnum()) and word not in _KEYWORDS:
            hint = "a product is written with '*'"
        raise ExpressionError(message, offset, hint or "compare with: (a + b) * c if a > 1 else d")


def _tokens(text: str) -> list[tuple[str, int]]:
    """Words and signs with their offsets; an empty word at the end."""
    tokens: list[tuple[str, int]] = []
    at = 0
    token = re.compile(_WORD, re.ASCII)  # here, since many files have no expression: 0.2 ms
    while True:
        found = token.match(text, at)
        if not found:
            at += len(text[at:]) - len(text[at:].lstrip(" \t\n\r\f\v"))
            character = text[at]
            hint = _FOREIGN.get(character, "numbers, names, operators and functions only")
            raise ExpressionError(f"unexpected {character!r}", at, hint)
        word = found[1]
        if not word:
            tokens.append(("", len(text)))
            return tokens
        tokens.append((word, found.start(1)))
        at = found.end()


def _number(word: str, offset: int) -> Number:
    if word[0] == "0" and word[1:2].isdigit():
        hint = f"write {word.lstrip('0') or '0'}"
        raise ExpressionError(f"number '{word}' has a leading zero", offset, hint)
    return bounded(int(word) if word.isdigit() else float(word), offset)
