"""The summary of a run: `summary.json`, with keys that other programs may rely on (docs/summary-schema.json)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from payper.measurement.counts import Results

SUMMARY_VERSION = 1
"""Raised when a key changes its meaning or goes; a new key does not raise it."""


@dataclass(frozen=True, slots=True)
class FileRead:
    """A file that was read: its path inside the programme folder, its kind and its data rows."""

    path: str
    kind: str
    rows: int


def summarise(
    results: Results, *, payper_version: str, files: Sequence[FileRead] = (), checks_not_run: Sequence[str] = ()
) -> dict[str, Any]:
    """Give the results as plain values for JSON; equal results give equal text.

    Args:
        results: What `count_results` found.
        payper_version: The version that made them.
        files: The files read, in order.
        checks_not_run: Sentences naming checks that could not be made (RULES 15).
    """
    programme = results.programme
    contracts = results.contracts
    return {
        "summary_version": SUMMARY_VERSION,
        "payper_version": payper_version,
        "programme": {"name": programme.name, "timezone": programme.zone, "is_simulated": programme.is_simulated},
        "as_of": programme.as_of.isoformat(),
        "base_currency": programme.base_currency,
        "rates": [
            {"currency": rate.currency, "in_base": str(rate.in_base), "on": rate.on.isoformat()}
            for _, rate in sorted(programme.rates.items())
        ],
        "files": [{"path": one.path, "kind": one.kind, "rows": one.rows} for one in files],
        "totals": {
            **{
                name: int(contracts[name].sum())
                for name in ("delivered", "accepted", "rejected", "review", "quarantined", "malformed", "mendable")
            },
            "acceptance_rate": _rate(int(contracts["accepted"].sum()), int(contracts["delivered"].sum())),
            "contract_unknown": results.unknown_contracts,
            "owed_base_minor": _sum_or_none(contracts["owed_base_minor"]),
            "net_base_minor": _sum_or_none(contracts["net_base_minor"]),
            "won_base_minor": _sum_or_none(contracts["won_base_minor"]),
        },
        "funnel": _funnel(results, "all", ""),
        "contracts": [_contract(results, row) for row in contracts.iter_rows(named=True)],
        "providers": [_group(results, "provider", row) for row in results.providers.iter_rows(named=True)],
        "models": [_group(results, "model", row) for row in results.models.iter_rows(named=True)],
        "refusals": results.refusals,
        "checks_not_run": list(checks_not_run),
        "basis": f"Plain rates as of {programme.as_of.isoformat()}, with no allowance for deals still open.",
    }


def _contract(results: Results, row: dict[str, Any]) -> dict[str, Any]:
    """Give one contract's part; the first sixteen keys are those that others rely on."""
    name = row["contract"]
    counted = results.reasons.filter(pl.col("contract") == name)
    listed = dict(counted.select("reason", "deliveries").iter_rows())
    headlines = dict(counted.filter(pl.col("headlines") > 0).select("reason", "headlines").iter_rows())
    won = results.won.filter(pl.col("contract") == name)
    exits = results.exits.filter(pl.col("contract") == name)
    return {
        "id": name,
        **{key: row[key] for key in ("version", "model", "currency", "delivered", "accepted", "rejected", "review", "quarantined")},
        "reasons": listed,
        **{key: row[key] for key in ("pending_minor", "posted_minor", "voided_minor", "credited_minor")},
        "replacements": {state: row[f"replacements_{state}"] for state in ("owed", "delivered", "expired")},
        "buyer": row["buyer"],
        "provider": row["provider"],
        "starts": row["starts"].isoformat(),
        "ends": None if row["ends"] is None else row["ends"].isoformat(),
        "malformed": row["malformed"],
        "mendable": row["mendable"],
        "acceptance_rate": _rounded(row["acceptance_rate"]),
        "headlines": headlines,
        "owed_minor": row["owed_minor"],
        "net_minor": row["net_minor"],
        "net_base_minor": row["net_base_minor"],
        "cap_total": row["cap_total"],
        "budget_minor": row["budget_minor"],
        "budget_used_minor": row["budget_used_minor"],
        "funnel": _funnel(results, "contract", name),
        "exits": dict(exits.select("milestone", "deliveries").iter_rows()),
        "cost_minor": _costs(results, "contract", name, "cost_minor"),
        "won": [
            dict(zip(("currency", "deals", "amount_minor"), one, strict=True))
            for one in won.select("currency", "deals", "amount_minor").iter_rows()
        ],
        "won_base_minor": row["won_base_minor"],
    }


def _group(results: Results, scope: str, row: dict[str, Any]) -> dict[str, Any]:
    """Give one provider's or model's part, money in the base currency."""
    name = row[scope]
    return {
        "id": name,
        **{key: row[key] for key in ("contracts", "delivered", "accepted", "rejected", "review", "quarantined")},
        "acceptance_rate": _rounded(row["acceptance_rate"]),
        "replacements": {state: row[f"replacements_{state}"] for state in ("owed", "delivered", "expired")},
        "owed_base_minor": row["owed_base_minor"],
        "net_base_minor": row["net_base_minor"],
        "net_by_currency": {one["currency"]: one["net_minor"] for one in row["net_by_currency"]},
        "funnel": _funnel(results, scope, name),
        "cost_base_minor": _costs(results, scope, name, "cost_base_minor"),
        "won_base_minor": row["won_base_minor"],
    }


def _funnel(results: Results, scope: str, name: str) -> list[dict[str, Any]]:
    """Give the steps of one funnel in the order of the ladder."""
    own = results.funnel.filter((pl.col("scope") == scope) & (pl.col("name") == name))
    return [
        {"milestone": milestone, "reached": reached, "recorded": recorded}
        for milestone, reached, recorded in own.select("milestone", "reached", "recorded").iter_rows()
    ]


def _costs(results: Results, scope: str, name: str, column: str) -> dict[str, int | None]:
    """Give the cost per step; None says «none yet», or that the spend has no rate."""
    own = results.costs.filter((pl.col("scope") == scope) & (pl.col("name") == name))
    return dict(own.select("milestone", column).iter_rows())


def _rate(part: int, whole: int) -> float | None:
    """Give a share to six decimals, None of nothing."""
    return _rounded(part / whole) if whole else None


def _rounded(share: float | None) -> float | None:
    return None if share is None else round(share, 6)


def _sum_or_none(amounts: pl.Series) -> int | None:
    """Add up, or give None as soon as one amount has no rate."""
    return None if amounts.null_count() else int(amounts.sum())
