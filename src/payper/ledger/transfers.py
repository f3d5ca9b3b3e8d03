"""Transfers: the one kind of entry. Nothing is edited; a correction is one more transfer."""

from __future__ import annotations

from enum import StrEnum

import polars as pl

from payper.errors import LedgerError


class Kind(StrEnum):
    """What a transfer does; `reverse` undoes another one, which it names in `corrects`."""

    PENDING = "pending"
    POST = "post"
    VOID = "void"
    CREDIT = "credit"
    REVERSE = "reverse"


TRANSFER_SCHEMA: dict[str, pl.DataType | type[pl.DataType]] = {
    "transfer_id": pl.String,
    "charge_id": pl.String,
    "contract": pl.String,
    "kind": pl.String,
    "happened_at": pl.Datetime("us", "UTC"),
    "amount_minor": pl.Int64,
    "currency": pl.String,
    "debit_account": pl.String,
    "credit_account": pl.String,
    "cause": pl.String,
    "corrects": pl.String,
}
"""Columns of a transfer, in order. `amount_minor` is positive, in minor units of `currency`; `cause` says in words which event, return
or deadline it comes from; `corrects` is the id of the transfer that a reversal undoes, null for every other kind."""


def empty_transfers() -> pl.DataFrame:
    """Give a frame of transfers without rows."""
    return pl.DataFrame(schema=TRANSFER_SCHEMA)


def validate(transfers: pl.DataFrame) -> pl.DataFrame:
    """Check what every ledger must keep, and give the frame back.

    Raises:
        LedgerError: A column is missing or of another dtype; a value is null; an amount is not positive; a transfer debits and credits
            one account; an id is used twice; an account is kept in two currencies; a kind is unknown; a reversal names nothing.
    """
    _check_columns(transfers)
    if transfers.is_empty():
        return transfers
    kinds = [kind.value for kind in Kind]
    required = [name for name in TRANSFER_SCHEMA if name != "corrects"]
    faults = {
        "a value is empty": pl.any_horizontal(pl.col(name).is_null() for name in required),
        "the amount is not positive": pl.col("amount_minor") <= 0,
        "one account is both debited and credited": pl.col("debit_account") == pl.col("credit_account"),
        "the kind is none of " + ", ".join(kinds): ~pl.col("kind").is_in(kinds),
        "a reversal, and only a reversal, names what it corrects": (pl.col("kind") == Kind.REVERSE.value)
        != pl.col("corrects").is_not_null(),
    }
    counts = transfers.select(expression.fill_null(value=True).sum().alias(fault) for fault, expression in faults.items()).row(
        0, named=True
    )
    for fault, count in counts.items():
        if count:
            first = transfers.filter(faults[fault].fill_null(value=True))["transfer_id"][0]
            raise LedgerError(where=f"transfer {first}", seen=f"{fault} ({count} transfers).", mend="Report this: payper built it wrongly.")
    # Distinct hashes prove distinct ids at a fraction of the price; only equal ones ask for the texts.
    ids = transfers["transfer_id"]
    if ids.hash().n_unique() != transfers.height and ids.n_unique() != transfers.height:
        twice = transfers.filter(pl.col("transfer_id").is_duplicated())["transfer_id"][0]
        raise LedgerError(where=f"transfer {twice}", seen="The id is used twice.", mend="Record each transfer once.")
    _check_currencies(transfers)
    return transfers


def _check_columns(transfers: pl.DataFrame) -> None:
    for name, dtype in TRANSFER_SCHEMA.items():
        seen = transfers.schema.get(name)
        if seen != dtype:
            raise LedgerError(
                where="transfers", seen=f"Column {name} is {seen or 'missing'}, not {dtype}.", mend="Build transfers as TRANSFER_SCHEMA."
            )


def _check_currencies(transfers: pl.DataFrame) -> None:
    pairs = transfers.select("debit_account", "credit_account", "currency").unique()
    both = pl.concat(
        [pairs.select(account="debit_account", currency="currency"), pairs.select(account="credit_account", currency="currency")]
    )
    mixed = both.unique().group_by("account").agg(pl.col("currency").sort()).filter(pl.col("currency").list.len() > 1).sort("account")
    if not mixed.is_empty():
        account, currencies = mixed.row(0)
        raise LedgerError(
            where=f"account {account}",
            seen=f"It would be kept in {' and '.join(currencies)}.",
            mend="Keep one currency per contract; start another contract for another currency.",
        )
