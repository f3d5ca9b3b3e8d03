"""Sums and counts that pages read in place of all rows; kept up in the transaction that adds the rows."""

from __future__ import annotations

import polars as pl

from payper.store.connections import Connection


def count_verdicts(connection: Connection, verdicts: pl.DataFrame, *, batch: int) -> None:
    """Count new verdicts of a batch by verdict and headline: `delivery_id`, `verdict`, `headline`."""
    id_ = pl.col("delivery_id")
    groups = verdicts.group_by("verdict", "headline").agg(pl.len(), id_.min().alias("first"), id_.max().alias("last"))
    connection.run_many(
        "insert into verdict_group values (?, ?, ?, ?, ?, ?) on conflict (batch, verdict, headline) do update set "
        "rows = verdict_group.rows + excluded.rows, last_id = excluded.last_id",
        [(batch, *map(int, row)) for row in groups.sort("verdict", "headline").iter_rows()],
    )


def add_to_sums(connection: Connection, transfers: pl.DataFrame) -> None:
    """Add new transfers to what moved between accounts."""
    by = ["contract", "debit_account", "credit_account", "currency"]
    sums = transfers.group_by(by).agg(pl.col("amount_minor").sum()).sort(by)
    connection.run_many(
        "insert into account_sum values (?, ?, ?, ?, ?) on conflict (contract, debit_account, credit_account, currency) do update set "
        "amount_minor = account_sum.amount_minor + excluded.amount_minor",
        list(sums.iter_rows()),
    )


def first_stray(connection: Connection) -> str | None:
    """Name the first sum or count that is not that of the rows it stands for; None: all are."""
    ways = {
        "sum of transfers": (
            "select contract, debit_account, credit_account, currency, sum(amount_minor) from transfer "
            "group by contract, debit_account, credit_account, currency",
            "select contract, debit_account, credit_account, currency, amount_minor from account_sum",
        ),
        "count of verdicts": (
            "select batch, verdict, headline, count(*), min(delivery_id), max(delivery_id) from verdict group by batch, verdict, headline",
            "select batch, verdict, headline, rows, first_id, last_id from verdict_group",
        ),
    }
    for what, (told, kept) in ways.items():
        for first, second in ((told, kept), (kept, told)):
            row = next(iter(connection.rows(f"{first} except {second} limit 1")), None)
            if row is not None:
                return f"{what} ({', '.join(map(str, row[:-1]))})"
    return None
