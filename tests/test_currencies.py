"""A mistyped currency names the one that was most likely meant."""

from __future__ import annotations

import pytest

from payper.money import COMMON, is_currency, nearest_currency


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("USX", "USD"),
        ("usd", "USD"),
        ("UDS", "USD"),
        ("€", "EUR"),
        ("Euro", "EUR"),
        ("EU", "EUR"),
        ("GPB", "GBP"),
        ("KWS", "KWD"),
        ("QQQ", None),
    ],
)
def test_the_commonest_currency_like_it_is_named(written: str, meant: str | None) -> None:
    assert nearest_currency(written) == meant


def test_common_currencies_are_currencies() -> None:
    assert all(map(is_currency, COMMON))
