"""Accounts: one per party, contract and purpose, in the contract's currency.

The four purposes of a contract, with the sign of their balance (debits less credits):

    buyer's charges     +  everything charged and not voided: pending and posted
    provider's pending  -  what the provider will be owed if the review window ends without a return
    provider's payable  -  what the provider is owed: posted less credited
    buyer's credits     -  what was given back after it had posted

A transfer moves an amount from one of them to another: `pending` debits charges and credits pending; `post` debits pending and
credits payable; `void` debits pending and credits charges; `credit` debits payable and credits credits.
"""

from __future__ import annotations

from enum import StrEnum

import polars as pl


class Purpose(StrEnum):
    """What an account of a contract is for."""

    CHARGES = "charges"
    PENDING = "pending"
    PAYABLE = "payable"
    CREDITS = "credits"


ROOTS: dict[Purpose, str] = {
    Purpose.CHARGES: "Expenses",
    Purpose.PENDING: "Liabilities",
    Purpose.PAYABLE: "Liabilities",
    Purpose.CREDITS: "Expenses",
}
"""The class of each purpose in the buyer's books; credits lower the expense."""


def account_name(party: str, contract: str, purpose: Purpose) -> str:
    """Name an account: `northwind:northwind-reach:charges`. Neither id may hold a colon."""
    assert ":" not in party + contract, "party and contract ids hold no colon"
    return f"{party}:{contract}:{purpose}"


def parse_account(name: str) -> tuple[str, str, Purpose]:
    """Give party, contract and purpose of an account's name.

    Raises:
        ValueError: The name is not one that `account_name` makes.
    """
    party, contract, purpose = name.split(":")
    return party, contract, Purpose(purpose)


def accounts_of(transfers: pl.DataFrame) -> pl.DataFrame:
    """List the accounts of a frame of transfers: account, currency, first_at (the first transfer that touches it), by name."""
    sides = [transfers.select(pl.col(side).alias("account"), "currency", "happened_at") for side in ("debit_account", "credit_account")]
    return pl.concat(sides).group_by("account", "currency").agg(pl.col("happened_at").min().alias("first_at")).sort("account", "currency")
