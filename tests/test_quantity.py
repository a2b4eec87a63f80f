"""Written quantities and readable numbers, digit for digit."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Context, Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flopcalc.errors import InputError, LimitError, Where
from flopcalc.quantity import (
    Quantity,
    Units,
    factor,
    human,
    human_bytes,
    join,
    parse_quantity,
    percent,
    ratio,
)


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("568.7M", "count", 568_700_000),
        ("4.23M", "count", 4_230_000),
        ("0.386G", "count", 386_000_000),
        ("3504872", "count", 3_504_872),
        ("1.2G", "count", 1_200_000_000),
        ("16.469T", "count", 16_469_000_000_000),
        ("663.6k", "count", 663_600),
        ("0", "count", 0),
        ("1000P", "count", 10**18),
        ("1.23456k", "count", Fraction(123456, 100)),
        ("16MiB", "bytes", 16 * 2**20),
        ("16MB", "bytes", 16_000_000),
        ("8KiB", "bytes", 8192),
        ("2GiB", "bytes", 2**31),
        ("0.1MiB", "bytes", Fraction(2**20, 10)),
        ("512B", "bytes", 512),
        ("5%", "share", Fraction(5, 100)),
        ("0.5%", "share", Fraction(5, 1000)),
    ],
)
def test_values_are_exact(text: str, kind: str, value: int | Fraction) -> None:
    quantity = parse_quantity(text)
    assert quantity.kind == kind
    assert Fraction(*quantity.as_integer_ratio()) == value
    assert str(quantity) == text


@pytest.mark.parametrize(
    ("text", "exact", "answer"),
    [  # counts of the worked networks, and the edges of what was written
        ("568.7M", 568_740_352, True),
        ("568.7M", 568_650_000, True),
        ("568.7M", 568_750_000, True),
        ("568.7M", 568_649_999, False),
        ("568.7M", 568_750_001, False),
        ("4.23M", 4_231_976, True),
        ("4.2M", 4_231_976, True),
        ("4.24M", 4_231_976, False),
        ("0.386G", 385_814_752, True),
        ("569M", 568_740_352, True),
        ("568M", 568_740_352, False),
        ("3504872", 3_504_872, True),
        ("3504872", 3_504_873, False),
        ("3504872", 3_504_871, False),
        ("300.80M", 300_774_272, False),
        ("16MiB", 16 * 2**20 + 2**19, True),
        ("16MiB", 16 * 2**20 + 2**19 + 1, False),
    ],
)
def test_matches_at_the_precision_written(text: str, exact: int, answer: bool) -> None:
    assert parse_quantity(text).matches(exact) is answer


@pytest.mark.parametrize(
    ("text", "exact", "answer"),
    [
        ("600M", 600_000_000, True),
        ("600M", 600_000_001, False),
        ("0.1MiB", 104_857, True),
        ("0.1MiB", 104_858, False),
    ],
)
def test_allows_no_more(text: str, exact: int, answer: bool) -> None:
    assert parse_quantity(text).allows(exact) is answer


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("", "'' is not a quantity", "a number and a unit"),
        ("many", "'many' is not a quantity", "a number and a unit"),
        ("-5", "'-5' is not a quantity", "a number and a unit"),
        ("1e9", "'1e9' is not a quantity", "a number and a unit"),
        (".5M", "'.5M' is not a quantity", "a number and a unit"),
        ("5.M", "'5.M' is not a quantity", "a number and a unit"),
        ("٣M", "'٣M' is not a quantity", "a number and a unit"),
        ("3,504,872", "'3,504,872' is not a quantity", "write '3504872'"),
        ("3_504_872", "'3_504_872' is not a quantity", "write '3504872'"),
        (" 5M", "' 5M' is not a quantity", "write '5M'"),
        ("600m", "'600m' has no known unit", "did you mean 'M'?"),
        ("600g", "'600g' has no known unit", "did you mean 'G'?"),
        ("4K", "'4K' has no known unit", "did you mean 'k'?"),
        ("16mib", "'16mib' has no known unit", "did you mean 'MiB'?"),
        ("1.2GMAC", "'1.2GMAC' has no known unit", "a count has no name, only k M G"),
        ("600 MFLOPs", "'600 MFLOPs' has no known unit", "mult_adds are MACs"),
        ("3x", "'3x' has no known unit", "units are k M G"),
        ("007M", "'007M' has a leading zero", "without"),
        ("3.5", "'3.5' is not a whole number", "all digits"),
        ("0.5B", "'0.5B' is not a whole number", "all digits"),
    ],
)
def test_what_is_no_quantity(text: str, message: str, hint: str) -> None:
    with pytest.raises(InputError) as raised:
        parse_quantity(text, Where("f.yaml", 3, 7))
    assert raised.value.message == message
    assert hint in (raised.value.hint or "")
    assert str(raised.value.where) == "f.yaml:3:7"


@pytest.mark.parametrize(
    "text", ["1001P", "9" * 19, "9" * 10_000, "1." + "0" * 19 + "M", "1000000001G"]
)
def test_quantities_are_bounded(text: str) -> None:
    with pytest.raises(LimitError):
        parse_quantity(text)


def test_one_space_and_equality() -> None:
    assert str(parse_quantity("568.7 M")) == "568.7M"
    assert parse_quantity("300M") == parse_quantity("300 M")
    assert parse_quantity("300M") != parse_quantity("300.0M")  # another precision
    assert len({parse_quantity("300M"), parse_quantity("300 M")}) == 1
    assert repr(parse_quantity("300M")) == "Quantity(300M)"


UNITS = st.sampled_from(["k", "M", "G", "kB", "MB", "GB", "KiB", "MiB", "GiB", "%"])


@given(digits=st.integers(0, 10**9), decimals=st.integers(0, 6), unit=UNITS)
def test_what_is_printed_is_read(digits: int, decimals: int, unit: str) -> None:
    quantity = Quantity(digits, decimals, unit)
    again = parse_quantity(str(quantity))
    assert again == quantity
    assert again.as_integer_ratio() == quantity.as_integer_ratio()
    assert again.step == quantity.step


@given(digits=st.integers(0, 10**7), decimals=st.integers(0, 3), near=st.integers(-(10**6), 10**6))
def test_matches_is_a_rounding(digits: int, decimals: int, near: int) -> None:
    """In decimal arithmetic: the count written with those digits, either way on a tie."""
    text = f"{Decimal(digits).scaleb(-decimals):f}M"
    exact = abs(digits * 10 ** (6 - decimals) + near)
    distance = abs(Decimal(exact) / 10**6 - Decimal(text[:-1]))
    assert parse_quantity(text).matches(exact) is (2 * distance <= Decimal(1).scaleb(-decimals))


HUMAN = [
    # number, auto, exact, M, G
    (10_838_016, "10.84 M", "10,838,016", "10.84 M", "0.011 G"),
    (418_100_000, "418.1 M", "418,100,000", "418.10 M", "0.418 G"),
    (663_600, "663.6 k", "663,600", "0.664 M", "0.001 G"),
    (696, "696", "696", "0.001 M", "0.000001 G"),
    (1_024_000, "1.024 M", "1,024,000", "1.02 M", "0.001 G"),
    (17_563_828_224, "17.56 G", "17,563,828,224", "17,563.83 M", "17.56 G"),
    (568_740_352, "568.7 M", "568,740,352", "568.74 M", "0.569 G"),
    (0, "0", "0", "0 M", "0 G"),
    (999, "999", "999", "0.001 M", "0.000001 G"),
    (1000, "1.000 k", "1,000", "0.001 M", "0.000001 G"),
    (999_949, "999.9 k", "999,949", "1.000 M", "0.001 G"),
    (999_950, "1.000 M", "999,950", "1.000 M", "0.001 G"),
    (999_950_000, "1.000 G", "999,950,000", "999.95 M", "1.000 G"),
    (9_999_500, "10.00 M", "9,999,500", "10.00 M", "0.010 G"),
    (1_234_500, "1.235 M", "1,234,500", "1.23 M", "0.001 G"),
    (-1_234_567, "-1.235 M", "-1,234,567", "-1.23 M", "-0.001 G"),
    (-12, "-12", "-12", "-0.00001 M", "-0.00000001 G"),
    (16_469 * 10**9, "16.47 T", "16,469,000,000,000", "16,469,000.00 M", "16,469.00 G"),
    (Fraction(7, 2), "3.500", "3.500", "0.000004 M", "0.000000004 G"),
    (12.25, "12.25", "12.250", "0.00001 M", "0.00000001 G"),
    (10**22, "10000 E", "10,000,000,000,000,000,000,000", "10,000,000,000,000,000.00 M", None),
]


@pytest.mark.parametrize(("number", "auto", "exact", "mega", "giga"), HUMAN)
def test_human(
    number: float | Fraction, auto: str, exact: str, mega: str, giga: str | None
) -> None:
    units: tuple[Units, ...] = ("auto", "exact", "M", "G")
    for unit, wanted in zip(units, (auto, exact, mega, giga), strict=True):
        if wanted is not None:
            assert join(human(number, unit)) == wanted


def test_parts_align_on_the_point() -> None:
    assert human(10_838_016) == ("10", ".84", "M")
    assert human(696) == ("696", "", "")
    assert human(568_740_352, "exact") == ("568,740,352", "", "")
    assert percent(Fraction(1, 3)) == ("33", ".33", "%")
    assert factor(Fraction(5, 2)) == ("2", ".500", "×")


@given(st.integers(1000, 10**18))
def test_human_is_four_digits_half_up(number: int) -> None:
    whole, decimal, unit = human(number)
    power = {"k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}[unit]
    shown = Decimal(whole + decimal).scaleb(power)
    assert shown == Decimal(number).normalize(Context(prec=4, rounding=ROUND_HALF_UP))
    assert len(whole + decimal) == 5


@given(st.integers(0, 10**15), st.integers(1, 10**6))
def test_percent_rounds_half_up(top: int, bottom: int) -> None:
    share = Fraction(top, bottom)
    wanted = (20_000 * share.numerator + share.denominator) // (2 * share.denominator)
    whole, decimal, _ = percent(share)
    assert int(whole + decimal[1:]) == wanted


@pytest.mark.parametrize(
    ("number", "auto", "mebi"),
    [
        (0, "0 B", "0 MiB"),
        (1023, "1023 B", "0.001 MiB"),
        (1024, "1.000 KiB", "0.001 MiB"),
        (16 * 2**20, "16.00 MiB", "16.00 MiB"),
        (1_047_527, "1023 KiB", "0.999 MiB"),
        (1_048_575, "1.000 MiB", "1.000 MiB"),
        (4_231_976 * 4, "16.14 MiB", "16.14 MiB"),
        (8_030_261_248 * 2, "14.96 GiB", "15,316.51 MiB"),
    ],
)
def test_bytes(number: int, auto: str, mebi: str) -> None:
    assert join(human_bytes(number)) == auto
    assert join(human_bytes(number, "M")) == mebi
    assert join(human_bytes(number, "exact")) == f"{number:,} B"


def test_shares_ratios_and_factors_of_the_paper() -> None:
    """Howard et al. 2017, table 2 and equation 5 at N = 512, D_K = 3; the whole network."""
    assert join(percent(Fraction(9486, 10_000))) == "94.86 %"
    assert join(ratio(Fraction(1, 512) + Fraction(1, 9))) == "0.11306"
    assert join(factor(1 / (Fraction(1, 512) + Fraction(1, 9)))) == "8.845×"
    assert join(factor(Fraction(4_867_293_184, 568_740_352))) == "8.558×"


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "0"),
        (1, "1.0000"),
        (0.5, "0.50000"),
        (Fraction(2, 3), "0.66667"),
        (123456, "123456"),
        (Fraction(999_995, 10**6), "1.0000"),
        (Fraction(999_994, 10**6), "0.99999"),
        (Fraction(1, 10**6), "0.0000010000"),
    ],
)
def test_ratio(number: float | Fraction, text: str) -> None:
    assert join(ratio(number)) == text


@pytest.mark.parametrize(
    ("number", "text"), [(1, "1.000×"), (9.99996, "10.00×"), (0.125, "0.1250×"), (12345, "12345×")]
)
def test_factor(number: float, text: str) -> None:
    assert join(factor(number)) == text


@settings(max_examples=200)
@given(
    st.one_of(
        st.text(max_size=30),
        st.from_regex(r"[0-9]{1,25}(\.[0-9]{1,20})? ?[kMGTPiB%]{0,3}", fullmatch=True),
    )
)
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        quantity = parse_quantity(text)
    except InputError:
        return
    assert parse_quantity(str(quantity)) == quantity
