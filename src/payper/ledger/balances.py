"""Balances: what stands on each account at an instant."""

from __future__ import annotations

from datetime import datetime

import polars as pl


def balances(transfers: pl.DataFrame, *, as_of: datetime | None = None) -> pl.DataFrame:
    """Add up the accounts.

    Args:
        transfers: As `TRANSFER_SCHEMA`.
        as_of: Transfers later than this instant have not happened; None takes all.

    Returns:
        account, currency, balance_minor (debits less credits, Int64), sorted by account; per currency the balances add up to zero.
    """
    happened = transfers if as_of is None else transfers.filter(pl.col("happened_at") <= as_of)
    pairs = happened.group_by("debit_account", "credit_account", "currency").agg(pl.col("amount_minor").sum())
    sides = pl.concat(
        [
            pairs.select(account="debit_account", currency="currency", balance_minor="amount_minor"),
            pairs.select(account="credit_account", currency="currency", balance_minor=-pl.col("amount_minor")),
        ]
    )
    return sides.group_by("account", "currency").agg(pl.col("balance_minor").sum()).sort("account", "currency")
