"""What settlement folds: deliveries, steps and claims as values, read from the frames of deliveries, events and returns.

Only deliveries that an event, a return or a replacement touches become values; all others stay columns.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any

import polars as pl

from payper.journey import Milestone, read_milestone
from payper.money import MINOR_MAX, exponent, is_currency, round_half_away
from payper.periods import Calendar, Period
from payper.terms.contract import Contract

MILESTONE_RANK = {milestone: rank for rank, milestone in enumerate(Milestone)}


@dataclass(frozen=True, slots=True)
class Place:
    """Where a row was read."""

    file: str | None
    row: int | None

    def __str__(self) -> str:
        return f"{self.file} row {self.row}" if self.file else f"row {self.row}"


@dataclass(frozen=True, slots=True)
class Subject:
    """An accepted delivery and the version of the contract that governs it (RULES 8)."""

    delivery_id: int
    contract: Contract
    external_id: str | None
    email: str | None
    kind: str
    delivered_at: datetime
    accepted_at: datetime
    price_rows: tuple[int, ...]
    replaces: str | None = None
    meeting_at: datetime | None = None
    meeting_minutes: int | None = None

    def price_row(self, milestone: Milestone) -> int | None:
        """Give the index of the price row that applies on a milestone, or None."""
        return next((row for row in self.price_rows if self.contract.prices[row].on == milestone), None)


@dataclass(frozen=True, slots=True)
class Address:
    """Which delivery a row means, as it says (RULES 40)."""

    contract: str | None
    external_id: str | None
    email: str | None


@dataclass(frozen=True, slots=True)
class Step:
    """A milestone event that can be read."""

    address: Address
    milestone: Milestone
    happened_at: datetime
    reason: str | None
    amount: Decimal | None
    currency: str | None
    source: str | None
    place: Place

    @property
    def order(self) -> tuple[Any, ...]:
        """Sort by instant, then ladder; files and rows last, so that the order of files matters only to exact equals."""
        rest = (self.reason or "", self.amount is None, self.amount or 0, self.currency or "", self.source or "")
        return (self.happened_at, MILESTONE_RANK[self.milestone], *rest, self.place.file or "", self.place.row or 0)

    def __str__(self) -> str:
        return f"{self.milestone}{f' ({self.reason})' if self.reason else ''}, {self.place}"


@dataclass(frozen=True, slots=True)
class Claim:
    """A return, with what became of it as its rows say."""

    address: Address
    reason: str
    claimed_at: datetime
    evidence: str | None
    contested_at: datetime | None
    decision: str | None
    decided_at: datetime | None
    decided_by: str | None
    place: Place

    @property
    def order(self) -> tuple[Any, ...]:
        """Sort by claim, then row (RULES 43); the file only between equals."""
        return (self.claimed_at, self.place.row or 0, self.place.file or "")

    def until(self, as_of: datetime) -> Claim:
        """Forget what happened after an instant."""
        contested_at = self.contested_at if self.contested_at and self.contested_at <= as_of else None
        is_decided = self.decision is not None and self.settled_at <= as_of
        return (
            self
            if contested_at == self.contested_at and (is_decided or not self.decision)
            else replace(self, contested_at=contested_at, decision=self.decision if is_decided else None)
        )

    @property
    def settled_at(self) -> datetime:
        """Give the instant of a person's decision; undated, it is taken to stand from the contest or claim on."""
        return max(self.decided_at or self.contested_at or self.claimed_at, self.contested_at or self.claimed_at)

    def __str__(self) -> str:
        return f"return {self.reason}, {self.place}"


@dataclass(frozen=True, slots=True)
class Refusal:
    """An event or return that is refused, listed, and charges nothing (RULES 41)."""

    act: str
    place: Place
    contract: str | None
    external_id: str | None
    happened_at: datetime | None
    code: str
    words: str


def read_claims(returns: pl.DataFrame) -> tuple[list[Claim], list[Refusal]]:
    """Read returns; a later row of the same delivery, instant and reason adds its contest or decision to the first one."""
    claims: dict[tuple[Any, ...], Claim] = {}
    refusals: list[Refusal] = []
    for row in _in_arrival_order(returns):
        place = Place(row["file"], row["row"])
        if row["claimed_at"] is None:
            words = "The return has no claimed_at, so no window can be tested. Fill in when it was claimed."
            refusals.append(refusal_of("return", row, None, "TIME_MISSING", words))
            continue
        address = Address(row["contract"], row["external_id"], _email(row))
        decision = row["decision"].strip().casefold() if row["decision"] else None
        decision = decision if decision in {"granted", "refused"} else None
        claim = Claim(
            address, (row["reason"] or "").strip().upper(), row["claimed_at"], (row["evidence"] or "").strip() or None,
            row["contested_at"], decision, row["decided_at"], row["decided_by"], place,
        )  # fmt: skip
        key = (address, claim.claimed_at, claim.reason)
        first = claims.get(key)
        claims[key] = claim if first is None else _merged(first, claim)
    return sorted(claims.values(), key=lambda claim: claim.order), refusals


def _merged(first: Claim, later: Claim) -> Claim:
    """Add what a later row of one return says about its contest; what was said first stands."""
    is_early = first.decided_at is not None and first.decided_at < first.claimed_at
    decided = first if first.decision and not (is_early and later.decision) else later
    return replace(
        first,
        evidence=first.evidence or later.evidence,
        contested_at=first.contested_at or later.contested_at,
        decision=decided.decision,
        decided_at=decided.decided_at,
        decided_by=decided.decided_by,
    )


def event_fault(row: Mapping[str, Any]) -> tuple[str, str] | None:
    """Find what makes an event unreadable, as code and words, or None."""
    if row["happened_at"] is None:
        return "TIME_MISSING", "The event has no happened_at, so it has no place on the journey. Fill in when it happened."
    if row["milestone"] is None or read_milestone(row["milestone"]) is None:
        known = ", ".join(Milestone)
        return "MILESTONE_UNKNOWN", f"{row['milestone']!r} is no milestone. Write one of: {known}."
    if row["currency"] and not is_currency(row["currency"]):
        return "CURRENCY_UNKNOWN", f"{row['currency']!r} is no currency of ISO 4217. Write a code such as USD."
    if row["amount"] is None or not row["amount"].strip():
        return None
    try:
        read_amount(row["amount"])
    except InvalidOperation:
        return "AMOUNT_UNREADABLE", f"The amount {row['amount']!r} is no number. Write it as 1234.50 and the currency in its own column."
    except ValueError:
        return "AMOUNT_ABSURD", f"The amount {row['amount']} is negative or larger than payper keeps. Write the deal's amount."
    return None


def read_amount(text: str) -> Decimal:
    """Read an event's amount: 1234.50, 1,234.50, 1.234,50, 1 234,50, 1'234.50, 1234,50, 1.234.567.

    A mark that stands more than once, or before the other mark, groups thousands; a comma alone does so before exactly three digits and
    is a decimal comma else; a dot alone is a decimal point.

    Raises:
        InvalidOperation: It is no number.
        ValueError: It is negative or larger than payper keeps.
    """
    amount = Decimal(_plain_number(text.strip()))
    if not amount.is_finite() or amount < 0 or amount * 1000 > MINOR_MAX:
        raise ValueError(text)
    return amount


def _in_arrival_order(frame: pl.DataFrame) -> Iterable[dict[str, Any]]:
    """Walk rows by run, file and row; `run` may be absent."""
    keys = [name for name in ("run", "file", "row") if name in frame.columns]
    return frame.sort(keys, nulls_last=True, maintain_order=True).iter_rows(named=True)


def _email(row: Mapping[str, Any]) -> str | None:
    """Prefer a normal address made by the caller; else trim and fold the one in the file."""
    text = row.get("email_normal") or row["email"]
    return text.strip().casefold() or None if text else None


def refusal_of(act: str, row: Mapping[str, Any], at: datetime | None, code: str, words: str) -> Refusal:
    """Refuse a row as read."""
    return Refusal(act, Place(row["file"], row["row"]), row["contract"], row["external_id"], at, code, words)


@dataclass
class Directory:
    """Finds the delivery that an event or return means (RULES 40). Deliveries are added in order of arrival."""

    contracts: Mapping[str, Sequence[Contract]]
    by_id: dict[tuple[str, str], Subject] = field(default_factory=dict)
    homes: dict[str, set[str]] = field(default_factory=dict)
    by_email: dict[str, list[Subject]] = field(default_factory=dict)

    def add(self, subject: Subject) -> None:
        """Know an accepted delivery."""
        if subject.external_id is not None:
            self.by_id.setdefault((subject.contract.id, subject.external_id), subject)
            self.note(subject.contract.id, subject.external_id)
        if subject.email is not None:
            self.by_email.setdefault(subject.email, []).append(subject)

    def note(self, contract: str, external_id: str) -> None:
        """Know that an external id was delivered under a contract, whatever the verdict."""
        self.homes.setdefault(external_id, set()).add(contract)

    def find(self, address: Address, at: datetime) -> Subject | tuple[str, str]:
        """Give the delivery meant by something that happened at an instant, or a code and words why there is none."""
        if address.contract is not None and address.contract not in self.contracts:
            return "CONTRACT_UNKNOWN", f"No contract {address.contract!r} is known. Write the id of a contract of the programme."
        if address.external_id is not None:
            found = self._by_external_id(address)
        elif address.email is not None:
            found = self._by_email(address, at)
        else:
            return "DELIVERY_UNNAMED", "Neither external_id nor email is filled. Fill in one of them."
        if isinstance(found, Subject) and at < found.delivered_at:
            return (
                "BEFORE_DELIVERY",
                f"It is dated {at:%Y-%m-%d %H:%M}Z, before the delivery at {found.delivered_at:%Y-%m-%d %H:%M}Z. Mend the date.",
            )
        return found

    def _by_external_id(self, address: Address) -> Subject | tuple[str, str]:
        assert address.external_id is not None
        homes = self.homes.get(address.external_id, set())
        if address.contract is None and len(homes) > 1:
            names = ", ".join(sorted(homes))
            return "DELIVERY_AMBIGUOUS", f"{address.external_id!r} was delivered under {names}. Fill in the column contract."
        contract = address.contract or next(iter(homes), None)
        subject = self.by_id.get((contract, address.external_id)) if contract else None
        if subject is not None:
            return subject
        if contract in homes:
            return "DELIVERY_NOT_ACCEPTED", f"{address.external_id!r} is not accepted, so nothing is owed for it. Have it accepted first."
        where = f" under {address.contract}" if address.contract else ""
        return "DELIVERY_UNKNOWN", f"Nothing was delivered as {address.external_id!r}{where}. Mend the external_id."

    def _by_email(self, address: Address, at: datetime) -> Subject | tuple[str, str]:
        assert address.email is not None
        known = [one for one in self.by_email.get(address.email, ()) if address.contract in {None, one.contract.id}]
        if not known:
            return "DELIVERY_UNKNOWN", "No accepted delivery has this e-mail address. Write the external_id instead."
        before = [one for one in known if one.delivered_at <= at]
        if not before:
            return min(known, key=lambda one: (one.delivered_at, one.delivery_id))
        return max(before, key=lambda one: (one.delivered_at, one.delivery_id))


def calendar_of(contract: Contract) -> Calendar:
    """Give a contract's clock, the same object for the same terms, as making one looks its zone up."""
    return _calendar(contract.zone, contract.holidays, contract.opens, contract.closes)


def end_of(contract: Contract, start: datetime, period: Period) -> datetime:
    """Give the end of a window; those of business days are remembered by local date."""
    calendar = calendar_of(contract)
    if period.unit == "bd":
        return _day_end(calendar, calendar.local_date(start), period.count)
    return calendar.end_of(start, period)


@lru_cache(maxsize=4096)
def _calendar(zone: str, holidays: frozenset[date], opens: time, closes: time) -> Calendar:
    return Calendar(zone=zone, holidays=holidays, opens=opens, closes=closes)


@lru_cache(maxsize=65536)
def _day_end(calendar: Calendar, day: date, count: int) -> datetime:
    return calendar.day_end(calendar.business_day_after(day, count))


def _plain_number(text: str) -> str:
    """Bring an amount as people write it to digits and one dot; what is neither stays as it is, for Decimal to refuse."""
    bare = re.sub(r"(?<=\d)[\s'\u2019\u00a0\u202f](?=\d{3}(?:\D|$))", "", text)
    if re.fullmatch(r"[+-]?\d{1,3}(?:,\d{3})+(?:\.\d+)?", bare):
        return bare.replace(",", "")
    if re.fullmatch(r"[+-]?\d{1,3}(?:\.\d{3})+,\d+|[+-]?\d{1,3}(?:\.\d{3}){2,}", bare):
        return bare.replace(".", "").replace(",", ".")
    if re.fullmatch(r"[+-]?\d+,\d+", bare):
        return bare.replace(",", ".")
    return bare


def share_minor(amount: Decimal, percent: Decimal, currency: str, rate: Decimal) -> int:
    """Take a percentage of an event's amount in the contract's minor units, rounded once, half away from zero (RULES 35)."""
    return round_half_away(amount.scaleb(exponent(currency) or 0) * rate * percent / 100)


def amount_minor(amount: Decimal, currency: str, rate: Decimal) -> int:
    """Give an event's amount in the contract's minor units, rounded once."""
    return share_minor(amount, Decimal(100), currency, rate)
