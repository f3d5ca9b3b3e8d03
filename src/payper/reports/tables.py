"""The tables of the report: what was delivered and what it cost, per contract, provider and model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from payper.measurement import Results
from payper.reports.words import NONE_YET, count, counted, day_in_words, enumerated, money, percent


@dataclass(frozen=True, slots=True)
class Table:
    """A table's heads, rows of written-out cells, and how many of the first and of the last columns are words (the rest are figures)."""

    caption: str
    heads: Sequence[str]
    rows: Sequence[Sequence[str]]
    words: int = 1
    tail: int = 0


def contracts_table(results: Results) -> Table:
    """Count deliveries by verdict, a row per contract."""
    heads = [
        "Contract",
        "Provider",
        "Model",
        "Version",
        "Delivered",
        "Accepted",
        "Share",
        "Rejected",
        "of them mendable",
        "Review",
        "Quarantined",
    ]
    rows = []
    for row in results.contracts.iter_rows(named=True):
        counts = [count(row[name]) for name in ("delivered", "accepted")]
        rest = [count(row[name]) for name in ("rejected", "mendable", "review", "quarantined")]
        rows.append(
            [
                row["contract"],
                results.programme.party(row["provider"]),
                row["model"],
                str(row["version"]),
                *counts,
                percent(row["acceptance_rate"]),
                *rest,
            ]
        )
    return Table("Contracts: what was delivered", heads, rows, words=3)


def money_table(results: Results) -> Table:
    """Give each contract's money in its own currency, and its replacements."""
    heads = ["Contract", "Owed", "Pending", "Posted", "Credited", "Voided", "Won", "Replacements owed", "delivered", "expired"]
    rows = []
    for row in results.contracts.iter_rows(named=True):
        won = results.won.filter(pl.col("contract") == row["contract"])
        value = enumerated([money(minor, currency) for currency, minor in won.select("currency", "amount_minor").iter_rows()]) or NONE_YET
        amounts = [money(row[f"{name}_minor"], row["currency"]) for name in ("owed", "pending", "posted", "credited", "voided")]
        rows.append(
            [row["contract"], *amounts, value, *(count(row[f"replacements_{state}"]) for state in ("owed", "delivered", "expired"))]
        )
    return Table("Contracts: money and replacements", heads, rows)


def group_table(results: Results, by: str) -> Table:
    """Add contracts up by provider or model, money in the base currency where there are rates."""
    base = results.programme.base_currency
    heads = [
        capitalised(by),
        "Contracts",
        "Delivered",
        "Accepted",
        "Share",
        "Rejected",
        "Review",
        "Quarantined",
        "Owed",
        "Net spend",
        "Won",
        "Replacements owed",
    ]
    frame = results.providers if by == "provider" else results.models
    rows = []
    for row in frame.iter_rows(named=True):
        apart = row["net_by_currency"]
        owed = money(row["owed_base_minor"], base) if row["owed_base_minor"] is not None else _apart(apart, "owed_minor")
        net = money(row["net_base_minor"], base) if row["net_base_minor"] is not None else _apart(apart, "net_minor")
        won = "no rate" if row["won_base_minor"] is None else money(row["won_base_minor"], base) if row["won_base_minor"] else NONE_YET
        counts = [count(row[name]) for name in ("rejected", "review", "quarantined")]
        name = results.programme.party(row[by]) if by == "provider" else row[by]
        share = percent(row["acceptance_rate"])
        rows.append(
            [
                name,
                count(row["contracts"]),
                count(row["delivered"]),
                count(row["accepted"]),
                share,
                *counts,
                owed,
                net,
                won,
                count(row["replacements_owed"]),
            ]
        )
    return Table("Providers" if by == "provider" else "Models", heads, rows)


def _apart(amounts: list[dict[str, Any]], field: str) -> str:
    return enumerated([money(one[field], one["currency"]) for one in amounts])


def contract_detail(results: Results, row: dict[str, Any]) -> dict[str, Any]:
    """Give one contract's own page part: its figures in words, its reasons and how its deliveries left."""
    name = row["contract"]
    reasons = results.reasons.filter(pl.col("contract") == name)
    exits = results.exits.filter(pl.col("contract") == name)
    listed = Table(
        f"Reasons under {name}",
        ["Reason", "Listed", "Headline"],
        [[r, count(d), count(h)] for r, d, h in reasons.select("reason", "deliveries", "headlines").iter_rows()],
    )
    left = Table(
        f"How deliveries left under {name}",
        ["Step", "Deliveries"],
        [[capitalised(m), count(d)] for m, d in exits.select("milestone", "deliveries").iter_rows()],
    )
    words = (
        f"{counted(row['accepted'], 'delivery', 'deliveries')} of {count(row['delivered'])} accepted ({percent(row['acceptance_rate'])}), "
        f"{money(row['owed_minor'], row['currency'])} owed, {money(row['pending_minor'], row['currency'])} pending"
    )
    period = f"{day_in_words(row['starts'])} to {day_in_words(row['ends']) if row['ends'] else 'open end'}, {row['zone']}"
    return {"id": name, "words": words, "period": period, "tables": [table for table in (listed, left) if table.rows]}


def capitalised(text: str) -> str:
    """Begin a text with a capital."""
    return text[:1].upper() + text[1:]
