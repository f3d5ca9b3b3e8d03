"""Public numbers: one name for every row, which tells nothing of how many there are."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payper.desk.reads.public_numbers import NUMBER_MAX, key_for, own_number, public_number

KEY = key_for(b"a secret of thirty-two bytes....", "delivery")


@given(st.integers(min_value=0, max_value=NUMBER_MAX))
def test_a_public_number_leads_back_to_its_row(number: int) -> None:
    name = public_number(number, KEY)
    assert own_number(name, KEY) == own_number(name.upper().replace("-", ""), KEY) == number


def test_no_two_rows_share_a_public_number() -> None:
    names = {public_number(number, KEY) for number in range(20_000)}
    assert len(names) == 20_000


def test_public_numbers_do_not_order_as_rows_do() -> None:
    names = [public_number(number, KEY) for number in range(1_000)]
    rising = sum(first < second for first, second in itertools.pairwise(names))
    assert 400 < rising < 600


def test_two_books_call_their_first_rows_differently() -> None:
    assert public_number(1, KEY) != public_number(1, key_for(b"another secret", "delivery"))
    assert public_number(1, KEY) != public_number(1, key_for(b"a secret of thirty-two bytes....", "audit"))


@pytest.mark.parametrize("name", ["", "1", "abcd-efg", "abcd-efghi", "ABCD_EFGH", "uuuu-uuuu", "абвг-дежз"])
def test_what_is_no_public_number_is_none(name: str) -> None:
    assert own_number(name, KEY) is None


@pytest.mark.parametrize("number", [-1, NUMBER_MAX + 1])
def test_a_number_beyond_forty_bits_is_refused(number: int) -> None:
    with pytest.raises(ValueError, match=str(number)):
        public_number(number, KEY)
