"""The stages whose scope is more than one row: replacements, duplicates, caps and the price of acceptance, in order of arrival.

There is one implementation of these rules, the sequential `_Desk`. Rows that can refuse nobody and be refused by nobody (no key shared
with another, no cap of their contract that could fill) are decided beforehand in columns; `tests/adjudication` holds both ways equal.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Protocol

import numpy as np
import polars as pl

from payper.adjudication.identities import KEYS, MATCHES
from payper.adjudication.marks import BIT, CERTAIN, UNCERTAIN, mark
from payper.adjudication.past import ACCEPTED, QUARANTINED, REJECTED, REVIEW, U64, Counts, Match, Past, month_of
from payper.adjudication.pricing import Charge, charges_of, note_charges, price_accepted
from payper.periods import Calendar, Period
from payper.reasons import Reason
from payper.terms.contract import Contract

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_ALONE = mark([Reason.ROW_MALFORMED, Reason.CONTRACT_UNKNOWN, Reason.CONTRACT_PAUSED])
"""Reasons beside which no other is given (RULES 10)."""
ORDINAL_1970 = date(1970, 1, 1).toordinal()

DECIDED: dict[str, pl.DataType | type[pl.DataType]] = {
    "delivery_id": pl.Int64,
    "marks": pl.UInt64,
    "verdict": pl.UInt8,
    "price_minor": pl.Int64,
    "is_replacement": pl.Boolean,
}
"""What `judge_arrivals` answers; `verdict` by the numbers of `past.VERDICT_CODES`."""


class Owing(Protocol):
    """Whether a replacement is owed."""

    @property
    def state(self) -> str:
        """Give owed, late, taken or none."""


class Replacements(Protocol):
    """Who knows which replacements are owed: settlement's `Admissions` (RULES 42 to 45)."""

    def concerns(self, contract: str) -> bool:
        """Tell whether a replacement can be owed under a contract at all."""

    def owed(self, contract: str, external_id: str, at: datetime) -> Owing:
        """Tell whether a replacement for a delivery is owed at an instant."""

    def accept(
        self,
        contract: str,
        version: int,
        delivery_id: int,
        external_id: str | None,
        email_normal: str | None,
        kind: str,
        delivered_at: datetime,
        price_rows: Sequence[int],
        replaces: str | None,
        *,
        accepted_at: datetime | None = None,
        meeting_at: datetime | None = None,
        meeting_minutes: int | None = None,
    ) -> None:
        """Know an accepted delivery; called in order of arrival."""


@dataclass(frozen=True, slots=True)
class Possible:
    """A person much like one that was delivered before: the later row's `delivery_id`, and the earlier one as in `Match`."""

    delivery_id: int
    earlier_id: int
    delivered_at: int
    provider: str
    contract: str


@dataclass(frozen=True, slots=True)
class _Terms:
    """The clauses of one version that the loop reads, ready to hand."""

    contract: Contract
    calendar: Calendar
    matches: tuple[str, ...]
    within: Period | None
    across: str
    uncertain: str
    crm: bool
    fuzzy: bool
    pace_days: int | None
    window_ends: dict[int, int]

    @classmethod
    def of(cls, contract: Contract) -> _Terms:
        duplicate, caps = contract.duplicate, contract.caps
        paced = caps.pace == "even" and caps.total is not None and contract.ends is not None
        return cls(
            contract=contract,
            calendar=contract.calendar,
            matches=tuple(name for name in MATCHES if name in duplicate.match),
            within=duplicate.within,
            across=duplicate.across,
            uncertain=contract.record.uncertain,
            crm=duplicate.crm,
            fuzzy="fuzzy" in duplicate.match,
            pace_days=(contract.ends - contract.starts).days + 1 if paced and contract.ends is not None else None,
            window_ends={},
        )

    def reaches(self, earlier: int, later: int) -> bool:
        """Tell whether a delivery made at `earlier` still counts for one at `later` (microseconds; RULES 27)."""
        if self.within is None or later <= earlier:
            return True
        end = self.window_ends.get(earlier)
        if end is None:
            start = EPOCH + timedelta(microseconds=earlier)
            end = (self.calendar.end_of(start, self.within) - EPOCH) // timedelta(microseconds=1)
            self.window_ends[earlier] = end
        return end >= later


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
    terms = {(contract.id, contract.version): _Terms.of(contract) for versions in contracts.values() for contract in versions}
    rows = _local_days(rows, terms)
    wanted = {name: _distinct(rows[f"key_{name}"]) for name in MATCHES}
    wanted["external"] = _distinct(pl.concat([rows["key_external"], rows["key_replaces"].alias("key_external")]))
    present = rows["contract"].unique().to_list()
    matches, counts = past.read(wanted, present)
    ordered = {id_ for id_ in present if is_sequential or _must_be_in_order(rows, id_, contracts[id_], counts[id_])}
    desk = _Desk(terms=terms, counts=counts, ordered=ordered, replacements=replacements, possible=possible, past=matches)
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


def _local_days(rows: pl.DataFrame, terms: Mapping[tuple[str, int], _Terms]) -> pl.DataFrame:
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


def _decide_quick(rows: pl.DataFrame, terms: Mapping[tuple[str, int], _Terms]) -> pl.DataFrame:
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


_READ_TO_TELL = ("delivered_at", "price_rows", "external_id", "email_normal", "meeting_at", "meeting_minutes")
"""Columns that the loop reads only of rows that are priced in turn or told: making Python's instants and lists is most of a row's cost."""


@dataclass
class _Desk:
    """The sequential judge: everything that was seen so far, row after row."""

    terms: Mapping[tuple[str, int], _Terms]
    counts: Mapping[str, Counts]
    ordered: set[str]
    replacements: Replacements | None
    possible: Sequence[Possible]
    past: Mapping[str, list[Match]]

    def decide(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Judge rows one after the other."""
        self._seen: dict[str, dict[tuple[int, int], list[Match]]] = {name: {} for name in KEYS}
        for name, found in self.past.items():
            for match in found:
                self._seen[name].setdefault((match.key, match.check), []).append(match)
        self._alike: dict[int, list[Possible]] = {}
        for pair in self.possible:
            self._alike.setdefault(pair.delivery_id, []).append(pair)
        self._own = set(rows["delivery_id"].to_list())
        self._good: set[int] = set()
        lean = self._without_lone_keys(rows)
        lean = lean if self._is_told(rows) else lean.drop(_READ_TO_TELL)
        answers = [self._row(row) for row in lean.iter_rows(named=True)]
        return pl.DataFrame(answers, schema=DECIDED, orient="row")

    def _is_told(self, rows: pl.DataFrame) -> bool:
        """Tell whether any row may have to be priced in turn or told to who knows what is owed."""
        present = set(rows["contract"].unique())
        return bool(present & self.ordered) or (self.replacements is not None and any(map(self.replacements.concerns, present)))

    def _without_lone_keys(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Drop the keys that no other delivery has, here or in the past: nothing can be found under them."""
        kept = []
        for name in KEYS:
            key = pl.col(f"key_{name}")
            known = pl.Series([match.key for match in self.past[name]], dtype=pl.UInt64).unique().implode()
            is_shared = key.is_duplicated() | key.is_in(known)
            if name == "external":
                is_shared = is_shared | key.is_in(rows["key_replaces"].drop_nulls().unique().implode())
            kept.append(pl.when(is_shared).then(key).alias(f"key_{name}"))
        return rows.with_columns(kept)

    def _row(self, row: dict[str, object]) -> tuple[int, int, int, int | None, bool]:
        terms = self.terms[row["contract"], row["contract_version"]]  # type: ignore[index]  # both are of these types by schema
        marks = int(row["marks"])  # type: ignore[call-overload]
        id_ = int(row["delivery_id"])  # type: ignore[call-overload]
        is_replacement, marks = self._replacement(row, marks)
        if marks & CERTAIN or (marks & UNCERTAIN and terms.uncertain == "reject"):
            return id_, marks, REJECTED, 0, False
        marks |= self._duplicate(row, terms, except_id=self._replaced_id(row) if is_replacement else None)
        if marks & CERTAIN or (marks & UNCERTAIN and terms.uncertain == "reject"):
            return id_, marks, REJECTED, 0, False
        if marks & UNCERTAIN and terms.uncertain == "review":
            self._remember(row, terms, id_)
            return id_, marks, REVIEW, 0, False
        if is_replacement:
            self._remember(row, terms, id_)
            self._tell(row, replaces=row["replaces"])
            return id_, marks, ACCEPTED, 0, True
        is_priced = row["contract"] in self.ordered
        charges = charges_of(row, terms.contract, self.counts[terms.contract.id]) if is_priced else []
        price_minor = sum(minor for _, minor in charges)
        full = self._caps(row, terms, price_minor)
        if full and terms.contract.caps.over == "reject":
            return id_, marks | full, REJECTED, 0, False
        self._remember(row, terms, id_)
        if full:
            return id_, marks | full, QUARANTINED, 0, False
        self._take(row, terms, price_minor, charges)
        return id_, marks, ACCEPTED, price_minor if is_priced else None, False

    def _replacement(self, row: dict[str, object], marks: int) -> tuple[bool, int]:
        """Tell whether the row validly replaces another; it may then come after the contract's end (RULES 5 and 45)."""
        if row["replaces"] is None or self.replacements is None or marks & _ALONE:
            return False, marks
        at = EPOCH + timedelta(microseconds=int(row["delivered_us"]))  # type: ignore[call-overload]
        state = self.replacements.owed(str(row["contract"]), str(row["replaces"]), at).state
        if state == "late":
            return False, marks | BIT[Reason.REPLACEMENT_LATE]
        if state != "owed":
            return False, marks
        if row["is_after_end_only"]:
            marks &= ~BIT[Reason.CONTRACT_NOT_IN_FORCE]
        return True, marks

    def _replaced_id(self, row: dict[str, object]) -> int | None:
        """Find the delivery that a replacement replaces, which it is no duplicate of: the latest good one of that external id."""
        found = self._seen["external"].get((row["key_replaces"], row["check_replaces"]), ())  # type: ignore[arg-type]  # set with `replaces`
        return max((match.delivery_id for match in found), default=None)

    def _duplicate(self, row: dict[str, object], terms: _Terms, *, except_id: int | None) -> int:
        """Give the one reason of the duplicate group that applies, or nothing (RULES 25)."""
        later = int(row["delivered_us"])  # type: ignore[call-overload]
        for match in self._found("external", row):
            if match.delivery_id != except_id:
                return BIT[Reason.RESENT]
        earliest: Match | None = None
        for name in terms.matches:
            for match in self._found(name, row):
                if (
                    match.delivery_id == except_id
                    or not self._in_scope(match.provider, match.contract, terms)
                    or not terms.reaches(match.delivered_at, later)
                ):
                    continue
                if earliest is None or (match.delivered_at, match.delivery_id) < (earliest.delivered_at, earliest.delivery_id):
                    earliest = match
        if earliest is not None:
            return BIT[Reason.DUPLICATE_SELF if earliest.provider == terms.contract.provider else Reason.DUPLICATE_OTHER]
        if terms.crm and row["is_in_crm"] and row["kind"] == "lead":
            return BIT[Reason.DUPLICATE_CRM]
        if terms.fuzzy:
            for pair in self._alike.get(int(row["delivery_id"]), ()):  # type: ignore[call-overload]
                is_good = pair.earlier_id in self._good or pair.earlier_id not in self._own
                if (
                    is_good
                    and pair.earlier_id != except_id
                    and self._in_scope(pair.provider, pair.contract, terms)
                    and terms.reaches(pair.delivered_at, later)
                ):
                    return BIT[Reason.DUPLICATE_POSSIBLE]
        return 0

    def _found(self, name: str, row: dict[str, object]) -> Sequence[Match]:
        key = row[f"key_{name}"]
        return () if key is None else self._seen[name].get((key, row[f"check_{name}"]), ())  # type: ignore[arg-type]

    @staticmethod
    def _in_scope(provider: str, contract: str, terms: _Terms) -> bool:
        if terms.across == "contract":
            return contract == terms.contract.id
        return terms.across == "buyer" or provider == terms.contract.provider

    def _remember(self, row: dict[str, object], terms: _Terms, id_: int) -> None:
        """Let a good delivery make later ones duplicates."""
        self._good.add(id_)
        for name in KEYS:
            key = row[f"key_{name}"]
            if key is not None:
                match = Match(
                    key=key,  # type: ignore[arg-type]
                    check=row[f"check_{name}"],  # type: ignore[arg-type]
                    delivered_at=row["delivered_us"],  # type: ignore[arg-type]
                    delivery_id=id_,
                    provider=terms.contract.provider,
                    contract=terms.contract.id,
                )
                self._seen[name].setdefault((match.key, match.check), []).append(match)

    def _caps(self, row: dict[str, object], terms: _Terms, price_minor: int) -> int:
        """Mark every cap that is full (RULES 30 to 32)."""
        caps, counts = terms.contract.caps, self.counts[terms.contract.id]
        day = int(row["day"])  # type: ignore[call-overload]
        full = 0
        if caps.per_company is not None and row["company"] and counts.companies.get(row["company"], 0) >= caps.per_company:  # type: ignore[call-overload]
            full |= BIT[Reason.CAP_COMPANY]
        if caps.per_day is not None and counts.days.get(day, 0) >= caps.per_day:
            full |= BIT[Reason.CAP_DAY]
        if caps.per_month is not None and counts.months.get(month_of(day), 0) >= caps.per_month:
            full |= BIT[Reason.CAP_MONTH]
        if caps.total is not None and counts.total >= caps.total:
            full |= BIT[Reason.CAP_TOTAL]
        if caps.budget_minor is not None and counts.spent_minor + price_minor > caps.budget_minor:
            full |= BIT[Reason.CAP_BUDGET]
        if terms.pace_days is not None and caps.total is not None:
            elapsed = day - (terms.contract.starts.toordinal() - ORDINAL_1970) + 1
            allowed = -(-caps.total * elapsed // terms.pace_days)
            if counts.up_to(day) >= allowed:
                full |= BIT[Reason.CAP_PACE]
        return full

    def _take(self, row: dict[str, object], terms: _Terms, price_minor: int, charges: Sequence[Charge]) -> None:
        """Count an accepted delivery."""
        counts, day = self.counts[terms.contract.id], int(row["day"])  # type: ignore[call-overload]
        counts.add(day=day, month=month_of(day), company=int(row["company"] or 0), price_minor=price_minor)  # type: ignore[call-overload]
        note_charges(counts, charges, row["prospect"])
        self._tell(row, replaces=None)

    def _tell(self, row: dict[str, object], *, replaces: object) -> None:
        """Let who knows what is owed know of an accepted delivery."""
        if self.replacements is None or not self.replacements.concerns(str(row["contract"])):
            return
        self.replacements.accept(
            row["contract"],  # type: ignore[arg-type]  # the types of the schema, here and below
            row["contract_version"],  # type: ignore[arg-type]
            row["delivery_id"],  # type: ignore[arg-type]
            row["external_id"],  # type: ignore[arg-type]
            row["email_normal"],  # type: ignore[arg-type]
            row["kind"],  # type: ignore[arg-type]
            row["delivered_at"],  # type: ignore[arg-type]
            row["price_rows"] or (),  # type: ignore[arg-type]
            replaces,  # type: ignore[arg-type]
            meeting_at=row["meeting_at"],  # type: ignore[arg-type]
            meeting_minutes=row["meeting_minutes"],  # type: ignore[arg-type]
        )
