"""The quick encoder of short reports says what the `json` module says."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flopcalc.doc import Doc
from flopcalc.renderers import render
from flopcalc.renderers.json_ import encode

scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text()
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(values)
def test_as_the_json_module(value: Any) -> None:
    assert encode(value) == json.dumps(value, ensure_ascii=False, allow_nan=False)


@pytest.mark.parametrize("character", [*map(chr, range(0x100)), "\u2028", "\ufeff", "\U0001f600"])
def test_every_escape(character: str) -> None:
    assert encode(f"a{character}b") == json.dumps(f"a{character}b", ensure_ascii=False)


@pytest.mark.parametrize("count", [1, 499, 500, 2000])
def test_short_and_long_lists(count: int) -> None:
    data = {"schema": "x/1", "layers": [{"name": f"é{i}", "in": [[1, i]]} for i in range(count)]}

    text = render(Doc("t", (), data), "json")

    assert json.loads(text) == data
    assert text.count("\n") > min(count, 10)
    assert json.dumps(data["layers"][-1], ensure_ascii=False) in text
