"""What stands under a contract, read from the balances of its four accounts."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from payper.ledger.accounts import Purpose, account_name


@dataclass(frozen=True, slots=True)
class Standing:
    """Amounts in minor units of one currency.

    Attributes:
        posted_minor: What has posted, gross of credits (RULES 45).
        owed_minor: Posted less credited.
    """

    pending_minor: int
    posted_minor: int
    credited_minor: int
    owed_minor: int


def standing_of(standing: pl.DataFrame, *, buyer: str, provider: str, contract: str, currency: str) -> Standing:
    """Give what is pending, posted, credited and owed under a contract.

    Args:
        standing: As `balances` answers: account, currency, balance_minor.
        buyer: Who pays.
        provider: Who is paid.
        contract: The contract's id.
        currency: The contract's currency; balances in others are left out.
    """
    known = {
        account: minor for account, own, minor in standing.select("account", "currency", "balance_minor").iter_rows() if own == currency
    }

    def on(party: str, purpose: Purpose) -> int:
        return int(known.get(account_name(party, contract, purpose), 0))

    credited, owed = -on(buyer, Purpose.CREDITS), -on(provider, Purpose.PAYABLE)
    return Standing(pending_minor=-on(provider, Purpose.PENDING), posted_minor=owed + credited, credited_minor=credited, owed_minor=owed)
