"""Amounts of money whose one mark may part thousands or decimals, so that reading them either way may be wrong by a factor of 1000."""

from __future__ import annotations

from decimal import Decimal

import polars as pl

from payper.money import exponent, round_half_away, to_decimal

_TORN = r"^[1-9]\d{0,2}[.,]\d{3}$"


def find_doubtful_amounts(amounts: pl.Series, currencies: pl.Series) -> pl.Series:
    """Give the fault of amounts such as `12.345` that a sender may mean as twelve thousand or as twelve.

    A dot before exactly three digits is a decimal point only where the currency has three decimals (KWD); in EUR or JPY nobody writes
    three decimals, and many write thousands so. A comma before three digits parts thousands, but where the currency has three decimals
    it may as well be their comma. A number below one, one with both marks or with several says itself which is meant.

    Args:
        amounts: As written, trimmed; null stays null.
        currencies: ISO 4217 codes beside them; where one is null or unknown no amount is doubted, as none can be charged.

    Returns:
        Per amount what is wrong and what to write, in words, or null.
    """
    frame = pl.DataFrame([amounts.cast(pl.String).alias("amount"), currencies.cast(pl.String).str.to_uppercase().alias("currency")])
    pairs = frame.filter(pl.col("amount").str.contains(_TORN)).drop_nulls().unique()
    faults = [_fault(*pair) for pair in pairs.iter_rows()]
    told = pairs.with_columns(pl.Series("fault", faults, dtype=pl.String))
    return frame.join(told, on=["amount", "currency"], how="left", maintain_order="left")["fault"]


def _fault(amount: str, currency: str) -> str | None:
    digits = exponent(currency)
    if digits is None or ("," in amount) != (digits == 3):
        return None
    whole = to_decimal(int(amount.replace(",", "").replace(".", "")) * 10**digits, currency)
    small = to_decimal(round_half_away(Decimal(amount.replace(",", ".")).scaleb(digits)), currency)
    return f"amount `{amount}` {currency} may be {whole} or {small}; write the one that is meant"
