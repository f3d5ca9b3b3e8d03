"""The stages whose scope is more than one row: replacements, duplicates, caps and the price of acceptance, in order of arrival.

There is one implementation of these rules, the sequential `in_turn.Desk`. Rows that can refuse nobody and be refused by nobody (no key
shared with another, no cap of their contract that could fill) are decided beforehand in columns; `tests/adjudication` holds both equal.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl

from payper.adjudication.identities import KEYS, MATCHES
from payper.adjudication.in_turn import DECIDED, Desk, Possible, Replacements, Terms
from payper.adjudication.marks import BIT, CERTAIN, UNCERTAIN
from payper.adjudication.past import ACCEPTED, REJECTED, REVIEW, U64, Counts, Match, Past
from payper.adjudication.pricing import price_accepted
from payper.reasons import Reason
from payper.terms.contract import Contract

__all__ = ["DECIDED", "Possible", "Replacements", "judge_arrivals"]


def judge_arrivals(
    rows: pl.DataFrame,
    contracts: Mapping[str, Sequence[Contract]],
    past: Past,
    *,
    replacements: Replacements | None = None,
    possible: Sequence[Possible] = (),
    is_sequential: bool = False,
) -> pl.DataFrame:
    """Decide, in order of arrival, what the row stages left open.

    Args:
        rows: Deliveries that the row stages did not reject, and those that say what they replace; in order of arrival: `delivery_id`,
            `contract`, `contract_version`, `kind`, `delivered_at`, `marks`, `is_after_end_only`, `price_rows`, `replaces`,
            `external_id`, `email_normal`, `meeting_at`, `meeting_minutes`, `is_in_crm`, and the columns of `identities.identity_keys`.
        contracts: Versions by contract id.
        past: What was judged before.
        replacements: Who knows what is owed; None owes nothing.
        possible: Fuzzy matches; one counts when its earlier delivery proves good.
        is_sequential: Let every row go through the loop: of few rows, telling which need it takes longer (and tests compare).

    Returns:
        One row each, in the same order: `DECIDED`.
    """
    terms = {(contract.id, contract.version): Terms.of(contract) for versions in contracts.values() for contract in versions}
    rows = _local_days(rows, terms)
    wanted = {name: _distinct(rows[f"key_{name}"]) for name in MATCHES}
    wanted["external"] = _distinct(pl.concat([rows["key_external"], rows["key_replaces"].alias("key_external")]))
    present = rows["contract"].unique().to_list()
    matches, counts = past.read(wanted, present)
    ordered = {id_ for id_ in present if is_sequential or _must_be_in_order(rows, id_, contracts[id_], counts[id_])}
    desk = Desk(terms=terms, counts=counts, ordered=ordered, replacements=replacements, possible=possible, past=matches)
    if is_sequential:
        return desk.decide(rows)
    slow = rows["contract"].is_in(sorted(ordered)) | _interacting(rows, matches, possible) | _filling(rows, contracts, counts)
    quick = ~slow
    decided = _decide_quick(rows.filter(quick), terms)
    looped = desk.decide(rows.filter(slow))
    both = pl.concat([decided, looped]).sort("delivery_id")
    return price_accepted(both, rows, {key: each.contract for key, each in terms.items()}, counts)


def _distinct(keys: pl.Series) -> U64:
    return keys.drop_nulls().unique().sort().to_numpy().astype(np.uint64)


def _interacting(rows: pl.DataFrame, matches: Mapping[str, list[Match]], possible: Sequence[Possible]) -> pl.Series:
    """Find the rows that share a key with another one, in this batch or before it."""
    shared = rows["replaces"].is_not_null()
    for name in KEYS:
        keys = rows[f"key_{name}"]
        hits = pl.Series([match.key for match in matches[name]], dtype=pl.UInt64).unique()
        shared = shared | ((keys.is_duplicated() | keys.is_in(hits.implode())) & keys.is_not_null())
    if possible:
        fuzzy = pl.Series([each for pair in possible for each in (pair.delivery_id, pair.earlier_id)], dtype=pl.Int64)
        shared = shared | rows["delivery_id"].is_in(fuzzy.implode())
    return shared.fill_null(value=True)


def _must_be_in_order(rows: pl.DataFrame, contract: str, versions: Sequence[Contract], counts: Counts) -> bool:
    """Tell whether all rows of a contract must be taken in turn: total, budget or pace could fill, an offset or a replacement apply."""
    own = rows.filter(pl.col("contract") == contract)
    if own["replaces"].is_not_null().any():
        return True
    if any(price.offset for each in versions for price in each.prices):
        return True
    for each in versions:
        caps = each.caps
        if caps.pace == "even" and caps.total is not None and each.ends is not None:
            return True
        if caps.total is not None and counts.total + own.height > caps.total:
            return True
        if caps.budget_minor is not None:
            dearest = sum(
                sorted(
                    (_highest(price.amount_minor or 0, [tier.amount_minor for tier in price.tiers]) for price in each.prices), reverse=True
                )[:3]
            )
            if counts.spent_minor + own.height * dearest > caps.budget_minor:
                return True
    return False


def _local_days(rows: pl.DataFrame, terms: Mapping[tuple[str, int], Terms]) -> pl.DataFrame:
    """Add `delivered_us` (microseconds since 1970) and `day` (local date by the judging version's zone, days since 1970)."""
    zones: dict[str, list[tuple[str, int]]] = {}
    for key, each in terms.items():
        zones.setdefault(each.contract.zone, []).append(key)
    day = pl.lit(None, dtype=pl.Int64)
    for zone, keys in zones.items():
        here = pl.col("delivered_at").dt.convert_time_zone(zone).dt.date().cast(pl.Int32).cast(pl.Int64)
        is_own = pl.any_horizontal((pl.col("contract") == id_) & (pl.col("contract_version") == version) for id_, version in keys)
        day = here if len(zones) == 1 else pl.when(is_own).then(here).otherwise(day)
    return rows.with_columns(day.alias("day"), pl.col("delivered_at").dt.timestamp("us").alias("delivered_us"))


def _filling(rows: pl.DataFrame, contracts: Mapping[str, Sequence[Contract]], counts: Mapping[str, Counts]) -> pl.Series:
    """Find the rows of companies, days and months whose cap could fill: only these depend on how many of their group came before."""
    could = pl.Series([False], dtype=pl.Boolean).new_from_index(0, rows.height)
    for id_, versions in contracts.items():
        if id_ not in counts:
            continue
        used = counts[id_]
        limits = {
            name: [limit for each in versions if (limit := getattr(each.caps, name)) is not None]
            for name in ("per_company", "per_day", "per_month")
        }
        own = rows["contract"] == id_
        for name, groups, taken in (
            ("per_company", rows["company"], used.companies),
            ("per_day", rows["day"], used.days),
            ("per_month", rows["day"].cast(pl.Int32).cast(pl.Date).dt.month_start().cast(pl.Int32).cast(pl.Int64), None),
        ):
            if not limits[name]:
                continue
            grouped = groups.filter(own).drop_nulls().value_counts()
            value = groups.name
            before = taken if taken is not None else {_month_start(month): number for month, number in used.months.items()}
            full = [each for each, number in grouped.iter_rows() if number + before.get(each, 0) > min(limits[name])]
            could = could | (own & groups.is_in(pl.Series(value, full, dtype=groups.dtype).implode()).fill_null(value=False))
    return could


def _month_start(month: int) -> int:
    """Give the first day of a running month (`past.month_of`), in days since 1970."""
    return int(np.datetime64(month, "M").astype("datetime64[D]").astype(np.int64))


def _highest(amount: int, others: Sequence[int]) -> int:
    return max([amount, *others])


def _decide_quick(rows: pl.DataFrame, terms: Mapping[tuple[str, int], Terms]) -> pl.DataFrame:
    """Decide rows that share nothing with any other: rejected by what is known, in review, or accepted."""
    policy = pl.DataFrame(
        {
            "contract": [key[0] for key in terms],
            "contract_version": pl.Series([key[1] for key in terms], dtype=pl.Int32),
            "uncertain": [each.uncertain for each in terms.values()],
            "crm": [each.crm for each in terms.values()],
        },
        schema_overrides={"contract": pl.String, "uncertain": pl.String, "crm": pl.Boolean},
    )
    frame = rows.join(policy, on=["contract", "contract_version"], how="left", maintain_order="left")
    is_uncertain = (pl.col("marks") & UNCERTAIN) != 0
    stops = ((pl.col("marks") & CERTAIN) != 0) | (is_uncertain & (pl.col("uncertain") == "reject"))
    in_crm = ~stops & pl.col("is_in_crm") & pl.col("crm") & (pl.col("kind") == "lead")
    return frame.select(
        pl.col("delivery_id"),
        pl.when(in_crm).then(pl.col("marks") | BIT[Reason.DUPLICATE_CRM]).otherwise(pl.col("marks")).alias("marks"),
        pl.when(stops | in_crm)
        .then(REJECTED)
        .when(is_uncertain & (pl.col("uncertain") == "review"))
        .then(REVIEW)
        .otherwise(ACCEPTED)
        .cast(pl.UInt8)
        .alias("verdict"),
        pl.lit(None, dtype=pl.Int64).alias("price_minor"),
        pl.lit(value=False).alias("is_replacement"),
    )
