"""The ledger as Beancount text, which `bean-check` accepts."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal

import polars as pl

from payper.ledger.accounts import ROOTS, accounts_of, parse_account
from payper.ledger.transfers import Kind
from payper.money import exponent

_PLAIN = re.compile(r"[a-z0-9]")


def to_beancount(
    transfers: pl.DataFrame, *, title: str, zones: Mapping[str, str] | None = None, detail: Literal["transfer", "day"] = "transfer"
) -> str:
    """Write transfers as a Beancount file.

    Pending transactions carry the flag `!`, all others `*`. Transfer, charge, instant and cause are metadata.

    Args:
        transfers: As `TRANSFER_SCHEMA`.
        title: The option `title`.
        zones: Contract id to IANA zone, in which a transaction gets its date; a contract not named is dated in UTC.
        detail: `day` adds up the transfers of one day, kind and pair of accounts, and tells their number.

    Returns:
        The file's text, the same for the same transfers in any order.
    """
    dated = with_dates(transfers, zones or {})
    if detail == "day":
        dated = by_day(dated)
    heads = [f'option "title" "{_quote(title)}"', *(f'option "operating_currency" "{code}"' for code in dated["currency"].unique().sort())]
    names = {account: beancount_account(account) for account in accounts_of(dated)["account"]}
    first = dated.select(pl.col("date").min()).item()
    commodities = [f"{first} commodity {code}" for code in dated["currency"].unique().sort()]
    opened = accounts_of(dated.with_columns(happened_at="date"))
    opens = [f"{day} open {names[account]} {currency}" for account, currency, day in opened.iter_rows()]
    blocks = ["\n".join(lines) for lines in (heads, commodities, opens) if lines]
    entries = _entries(dated, names) if not dated.is_empty() else []
    return "\n\n".join([*blocks, *entries]) + "\n"


def beancount_account(account: str) -> str:
    """Give the Beancount name of an account; different accounts never share one.

    Beancount takes letters, digits and dashes, and a capital or digit first. Ids are lower case, so a capital inside marks an escape:
    any other character becomes `X<hexadecimal code point>X` (`.` is `X2EX`).
    """
    party, contract, purpose = parse_account(account)
    return ":".join([ROOTS[purpose], _component(party), _component(contract), purpose.capitalize()])


def with_dates(transfers: pl.DataFrame, zones: Mapping[str, str]) -> pl.DataFrame:
    """Add `date`, the local date of each transfer, and `decimal`, its amount as text; sort by date, instant and id."""
    date = pl.col("happened_at").dt.date()
    for zone in sorted(set(zones.values())):
        contracts = [contract for contract, name in zones.items() if name == zone]
        date = pl.when(pl.col("contract").is_in(contracts)).then(pl.col("happened_at").dt.convert_time_zone(zone).dt.date()).otherwise(date)
    dated = transfers.with_columns(date.alias("date")).with_columns(_decimal(transfers).alias("decimal"))
    return dated.sort("date", "happened_at", "transfer_id")


def by_day(dated: pl.DataFrame) -> pl.DataFrame:
    """Add up transfers of one local day, contract, kind and pair of accounts; the id tells all of these."""
    keys = ["date", "contract", "kind", "debit_account", "credit_account", "currency"]
    summed = dated.group_by(keys).agg(
        pl.col("amount_minor").sum(),
        pl.col("happened_at").max(),
        pl.format("{} transfers", pl.len()).alias("cause"),
        pl.lit(None, dtype=pl.String).alias("corrects"),
    )
    numbered = summed.with_columns(
        pl.format("{}/{}/{}", "contract", "date", "kind").alias("transfer_id"), pl.col("contract").alias("charge_id")
    )
    return numbered.with_columns(_decimal(numbered).alias("decimal")).sort("date", "contract", "kind", "debit_account", "credit_account")


def _decimal(transfers: pl.DataFrame) -> pl.Expr:
    """Write minor units as a decimal with the currency's digits, exactly and columnar."""
    text = pl.col("amount_minor").cast(pl.String)
    written = text
    for currency in transfers["currency"].unique():
        digits = exponent(currency) or 0
        if digits:
            padded = text.str.pad_start(digits + 1, "0")
            cut = pl.concat_str(padded.str.head(-digits), pl.lit("."), padded.str.tail(digits))
            written = pl.when(pl.col("currency") == currency).then(cut).otherwise(written)
    return written


def _entries(dated: pl.DataFrame, names: Mapping[str, str]) -> list[str]:
    """Write the transactions, one text each."""

    def quoted(column: str) -> pl.Expr:
        return (
            pl.col(column)
            .str.replace_all("\\", "\\\\", literal=True)
            .str.replace_all('"', '\\"', literal=True)
            .str.replace_all(r"[\x00-\x1f\x7f]", " ")
        )

    flag = pl.when(pl.col("kind") == Kind.PENDING.value).then(pl.lit("!")).otherwise(pl.lit("*"))
    instant = pl.col("happened_at").dt.to_string("%Y-%m-%dT%H:%M:%S%.fZ")
    corrects = pl.when(pl.col("corrects").is_not_null()).then(pl.format('\n  corrects: "{}"', quoted("corrects"))).otherwise(pl.lit(""))
    text = pl.format(
        '{} {} "{}" "{}"\n  transfer: "{}"\n  charge: "{}"\n  happened_at: "{}"{}\n  {}  {} {}\n  {}  -{} {}',
        pl.col("date").cast(pl.String),
        flag,
        "kind",
        quoted("cause"),
        quoted("transfer_id"),
        quoted("charge_id"),
        instant,
        corrects,
        pl.col("debit_account").replace_strict(names, return_dtype=pl.String),
        "decimal",
        "currency",
        pl.col("credit_account").replace_strict(names, return_dtype=pl.String),
        "decimal",
        "currency",
    )
    return dated.select(text.alias("text"))["text"].to_list()


def _component(name: str) -> str:
    """Write an id as one component of an account's name, so that no two ids become one."""
    written = "".join(
        letter if _PLAIN.match(letter) or (letter == "-" and place) else f"X{ord(letter):X}X" for place, letter in enumerate(name)
    )
    return written[:1].upper() + written[1:]


def _quote(text: str) -> str:
    return re.sub(r"[\x00-\x1f\x7f]", " ", text).replace("\\", "\\\\").replace('"', '\\"')
