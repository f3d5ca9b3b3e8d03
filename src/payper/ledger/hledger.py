"""The ledger as an hledger journal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import polars as pl

from payper.ledger.accounts import ROOTS, accounts_of, parse_account
from payper.ledger.beancount import beancount_account, by_day, with_dates
from payper.ledger.transfers import Kind
from payper.money import exponent


def to_hledger(
    transfers: pl.DataFrame, *, title: str, zones: Mapping[str, str] | None = None, detail: Literal["transfer", "day"] = "transfer"
) -> str:
    """Write transfers as an hledger journal, with the arguments and dates of `to_beancount`.

    Pending transactions carry the mark `!`, all others `*`; the transfer's id is the code, its cause the description. Account names are
    Beancount's in lower case roots, so that an id with a colon, semicolon or two blanks cannot break the file.
    """
    dated = with_dates(transfers, zones or {})
    if detail == "day":
        dated = by_day(dated)
    accounts = accounts_of(dated)["account"].unique().sort()
    names = {account: hledger_account(account) for account in accounts}
    heads = ["; " + " ".join(title.split())]
    commodities = [f"commodity {_sample(code)}" for code in dated["currency"].unique().sort()]
    declared = [f"account {name}" for name in sorted(names.values())]
    blocks = ["\n".join(lines) for lines in (heads, commodities, declared) if lines]
    entries = _entries(dated, names) if not dated.is_empty() else []
    return "\n\n".join([*blocks, *entries]) + "\n"


def hledger_account(account: str) -> str:
    """Give the hledger name of an account."""
    purpose = parse_account(account)[2]
    root = ROOTS[purpose]
    return root.lower() + beancount_account(account)[len(root) :]


def _sample(code: str) -> str:
    """Declare a currency with its digits; hledger wants a decimal mark even where no digits follow."""
    digits = exponent(code) or 0
    return f"1000.{'0' * digits} {code}"


def _entries(dated: pl.DataFrame, names: Mapping[str, str]) -> list[str]:
    """Write the transactions, one text each; `;` and control characters leave the descriptions."""

    def plain(column: str) -> pl.Expr:
        return pl.col(column).str.replace_all(r"[\x00-\x1f\x7f;|]+", " ")

    mark = pl.when(pl.col("kind") == Kind.PENDING.value).then(pl.lit("!")).otherwise(pl.lit("*"))
    text = pl.format(
        "{} {} ({}) {}: {}\n    ; happened_at: {}\n    {}    {} {}\n    {}    -{} {}",
        pl.col("date").cast(pl.String),
        mark,
        plain("transfer_id").str.replace_all(r"[()]", " "),
        "kind",
        plain("cause"),
        pl.col("happened_at").dt.to_string("%Y-%m-%dT%H:%M:%S%.fZ"),
        pl.col("debit_account").replace_strict(names, return_dtype=pl.String),
        "decimal",
        "currency",
        pl.col("credit_account").replace_strict(names, return_dtype=pl.String),
        "decimal",
        "currency",
    )
    return dated.select(text.alias("text"))["text"].to_list()
