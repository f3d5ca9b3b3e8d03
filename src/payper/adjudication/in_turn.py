"""The one implementation of the rules whose scope is more than one row: replacements, duplicates, caps, in order of arrival.

Many rows that can refuse nobody and be refused by nobody are decided beside it, in columns (`arrivals`); few go through it all.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Protocol

import numpy as np
import polars as pl

from payper.adjudication.identities import KEYS, MATCHES
from payper.adjudication.marks import BIT, CERTAIN, UNCERTAIN, mark
from payper.adjudication.past import ACCEPTED, QUARANTINED, REJECTED, REVIEW, U64, Counts, Match, Past, month_of
from payper.adjudication.pricing import Charge, charges_of, note_charges
from payper.periods import Calendar, Period
from payper.reasons import Reason
from payper.terms.contract import Contract

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_ALONE = mark([Reason.ROW_MALFORMED, Reason.CONTRACT_UNKNOWN, Reason.CONTRACT_PAUSED])
"""Reasons beside which no other is given (RULES 10)."""
ORDINAL_1970 = date(1970, 1, 1).toordinal()
MICROSECOND = timedelta(microseconds=1)

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
class Terms:
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
    def of(cls, contract: Contract) -> Terms:
        """Take them out of a version."""
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
            end = (self.calendar.end_of(start, self.within) - EPOCH) // MICROSECOND
            self.window_ends[earlier] = end
        return end >= later


Decision = tuple[int, int, int, int | None, bool]
"""The columns of `DECIDED`, of one delivery."""


def judge_in_turn(
    rows: Sequence[dict[str, Any]], contracts: Mapping[str, Sequence[Contract]], past: Past, *, replacements: Replacements | None
) -> list[Decision]:
    """Decide few deliveries as `arrivals.judge_arrivals` does, one after the other.

    Args:
        rows: What `judge_arrivals` takes, by column, in order of arrival; nobody is matched by likeness. Changed: `delivered_us` and `day`
            are put in.
        contracts: Versions by contract id.
        past: What was judged before.
        replacements: Who knows which replacements are owed.
    """
    if not rows:
        return []
    present = sorted({row["contract"] for row in rows})
    terms = {(id_, each.version): Terms.of(each) for id_ in present for each in contracts[id_]}
    for row in rows:
        row["delivered_us"] = (row["delivered_at"] - EPOCH) // MICROSECOND
        row["day"] = terms[row["contract"], row["contract_version"]].calendar.local_date(row["delivered_at"]).toordinal() - ORDINAL_1970
    wanted = {name: _distinct(row[f"key_{name}"] for row in rows) for name in MATCHES}
    wanted["external"] = _distinct(row[name] for row in rows for name in ("key_external", "key_replaces"))
    matches, counts = past.read(wanted, present)
    desk = Desk(terms=terms, counts=counts, ordered=set(present), replacements=replacements, possible=(), past=matches)
    return desk.decide_rows(rows)


def _distinct(keys: Iterable[int | None]) -> U64:
    return np.array(sorted({key for key in keys if key is not None}), dtype=np.uint64)


_READ_TO_TELL = ("delivered_at", "price_rows", "external_id", "email_normal", "meeting_at", "meeting_minutes")
"""Columns that the loop reads only of rows that are priced in turn or told: making Python's instants and lists is most of a row's cost."""


@dataclass
class Desk:
    """The sequential judge: everything that was seen so far, row after row."""

    terms: Mapping[tuple[str, int], Terms]
    counts: Mapping[str, Counts]
    ordered: set[str]
    replacements: Replacements | None
    possible: Sequence[Possible]
    past: Mapping[str, list[Match]]

    def __post_init__(self) -> None:
        self._seen: dict[str, dict[tuple[int, int], list[Match]]] = {name: {} for name in KEYS}
        for name, found in self.past.items():
            for match in found:
                self._seen[name].setdefault((match.key, match.check), []).append(match)
        self._alike: dict[int, list[Possible]] = {}
        for pair in self.possible:
            self._alike.setdefault(pair.delivery_id, []).append(pair)
        self._good: set[int] = set()

    def decide(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Judge rows one after the other."""
        lean = self._without_lone_keys(rows)
        lean = lean if self._is_told(rows) else lean.drop(_READ_TO_TELL)
        return pl.DataFrame(self.decide_rows(list(lean.iter_rows(named=True))), schema=DECIDED, orient="row")

    def decide_rows(self, rows: Sequence[dict[str, Any]]) -> list[Decision]:
        """As `decide`, of rows by column."""
        self._own = {row["delivery_id"] for row in rows}
        return [self._row(row) for row in rows]

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

    def _row(self, row: dict[str, object]) -> Decision:
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

    def _duplicate(self, row: dict[str, object], terms: Terms, *, except_id: int | None) -> int:
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
    def _in_scope(provider: str, contract: str, terms: Terms) -> bool:
        if terms.across == "contract":
            return contract == terms.contract.id
        return terms.across == "buyer" or provider == terms.contract.provider

    def _remember(self, row: dict[str, object], terms: Terms, id_: int) -> None:
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

    def _caps(self, row: dict[str, object], terms: Terms, price_minor: int) -> int:
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

    def _take(self, row: dict[str, object], terms: Terms, price_minor: int, charges: Sequence[Charge]) -> None:
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
