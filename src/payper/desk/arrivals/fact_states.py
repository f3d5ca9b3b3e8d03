"""What becomes of a fact as soon as it is told: taken, refused, or waiting for its delivery.

Settlement has the last word, over everything that is known then; what it refuses stands in the list of refused facts. Here is said what the
book tells at once: whether there is such a delivery, whether it can have such a fact, and whether a return's window is open.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Literal

import polars as pl

from payper.desk.arrivals.return_windows import Window, windows_in_words, windows_of
from payper.desk.book.addressing import OWN, address_of
from payper.desk.book.recorded import recorded_contracts, recorded_rates
from payper.desk.people.refusals import Fault
from payper.desk.reads.public_numbers import key_for, public_number
from payper.desk.reads.read_deliveries import decisions_of
from payper.desk.reads.shelf import rows_by_id, rows_named
from payper.store.book_pages import BookPages
from payper.store.database import Database
from payper.terms.contract import Contract

State = Literal["taken", "waits", "refused"]
WAIT = "Nothing is to be done if it is still to come: the fact is taken then. Else mend the external id and send the row again."
_OPEN = frozenset({"review", "quarantined"})


@dataclass(frozen=True, slots=True)
class FactState:
    """What became of one row.

    Attributes:
        row: As sent, from 1.
        number: The public number of its delivery, where one is found.
        code: Why it waits or is refused; None: it is taken.
    """

    row: int
    state: State
    number: str | None = None
    code: str | None = None
    seen: str | None = None
    mend: str | None = None


def written_states(states: Sequence[FactState]) -> list[dict[str, Any]]:
    """Give states as plain values that JSON holds."""
    return [asdict(each) for each in states]


def read_states(told: str | Sequence[Mapping[str, Any]]) -> tuple[FactState, ...]:
    """Read what `written_states` gave."""
    return tuple(FactState(**each) for each in (json.loads(told) if isinstance(told, str) else told))


def fact_states(
    database: Database, subject: str, contract: str, readable: pl.DataFrame, faults: Sequence[Fault], *, at: datetime
) -> tuple[FactState, ...]:
    """Say what becomes of rows, before they are kept.

    Args:
        database: The book.
        subject: milestones, returns or decisions.
        contract: The contract they are under.
        readable: Typed rows, `email` as the prospect's hash, in order.
        faults: The rows that cannot be read.
        at: Now.
    """
    finder = _Finder(database, subject, contract, readable, at=at)
    states = [finder.state(row) for row in readable.iter_rows(named=True)]
    states += [FactState(each.row or 0, "refused", None, "ROW_UNREADABLE", each.seen, each.mend) for each in faults]
    return tuple(sorted(states, key=lambda each: each.row))


class _Finder:
    """Finds the deliveries that rows mean, as settlement does (RULES 40)."""

    def __init__(self, database: Database, subject: str, contract: str, readable: pl.DataFrame, *, at: datetime) -> None:
        self.subject, self.contract, self.at = subject, contract, at
        self.book = BookPages(database._connection)  # noqa: SLF001  # the same connection, with more statements
        self.key = key_for(database.secret(), "delivery")
        ids = readable["external_id"].drop_nulls().unique().to_list()
        prospects = readable["email"].drop_nulls().unique().to_list() if "email" in readable.columns else []
        known = rows_named(self.book, contract, ids=ids, prospects=prospects)
        if "delivery_id" in readable.columns and readable["delivery_id"].is_not_null().any():
            known = rows_by_id(self.book, contract, readable["delivery_id"].drop_nulls().to_list())
        decided = decisions_of(self.book, [contract]) if known.height and known["verdict"].is_in(list(_OPEN)).any() else {}
        self.by_address: dict[str, list[dict[str, Any]]] = {}
        self.by_prospect: dict[str, list[dict[str, Any]]] = {}
        for row in known.iter_rows(named=True):
            address = address_of(row["external_id"], row["delivery_id"])
            decision = decided.get((contract, address)) if row["verdict"] in _OPEN else None
            own = {**row, "decision": decision, "state": decision or row["verdict"]}
            self.by_address.setdefault(address, []).append(own)
            if row["prospect"] is not None:
                self.by_prospect.setdefault(row["prospect"], []).append(own)
        self.versions: Mapping[int, Contract] = {}
        self.windows: Mapping[int, tuple[Window, ...]] = {}
        if subject == "returns":
            versions = recorded_contracts(database).get(contract, [])
            self.versions = {each.version: each for each in versions}
            accepted = [each["delivery_id"] for own in self.by_address.values() for each in own if each["state"] == "accepted"]
            self.windows = windows_of(self.book, contract, versions, recorded_rates(database), accepted, at=at)

    def state(self, row: Mapping[str, Any]) -> FactState:
        """Say what becomes of a row."""
        found = self._found(row)
        place = int(row["row"])
        if not found:
            name = f"«{row['external_id']}»" if row["external_id"] is not None else "this address"
            return FactState(place, "waits", None, "DELIVERY_UNKNOWN", f"Nothing was delivered as {name} under {self.contract} yet.", WAIT)
        own = self._chosen(found, row)
        number = public_number(own["delivery_id"], self.key)
        fault = self._decision_fault(found, own, row) if self.subject == "decisions" else self._fault(own, row)
        if fault is None:
            return FactState(place, "taken", number)
        code, seen, mend = fault
        return FactState(place, "waits" if code == "DELIVERY_NOT_ACCEPTED" else "refused", number, code, seen, mend)

    def _found(self, row: Mapping[str, Any]) -> list[dict[str, Any]]:
        if row["external_id"] is not None:
            return self.by_address.get(row["external_id"], [])
        if row.get("delivery_id") is not None:
            return self.by_address.get(f"{OWN}{row['delivery_id']}", [])
        return [each for each in self.by_prospect.get(row["email"] or "", []) if each["state"] == "accepted"]

    def _chosen(self, found: Sequence[dict[str, Any]], row: Mapping[str, Any]) -> dict[str, Any]:
        """Choose the first that is accepted; by address, the latest before the fact."""
        accepted = [each for each in found if each["state"] == "accepted"]
        if not accepted:
            return found[-1]
        when = row.get("happened_at") or row.get("claimed_at")
        before = [each for each in accepted if when is not None and each["delivered_at"] <= when]
        return before[-1] if before and row["external_id"] is None else accepted[0]

    def _decision_fault(
        self, found: Sequence[Mapping[str, Any]], own: Mapping[str, Any], row: Mapping[str, Any]
    ) -> tuple[str, str, str] | None:
        waiting = [each for each in found if each["verdict"] in _OPEN]
        if not waiting:
            return "NOTHING_TO_DECIDE", f"The delivery is {own['verdict']}.", "Only what is in review or quarantine is decided."
        before = waiting[-1]["decision"]
        if before is not None and before != row["decision"]:
            return "DECIDED_BEFORE", f"The delivery was {before} by a person before.", "The first decision stands."
        return None

    def _fault(self, own: Mapping[str, Any], row: Mapping[str, Any]) -> tuple[str, str, str] | None:
        if own["state"] != "accepted":
            seen = f"The delivery is {own['state']}, so nothing is owed for it."
            return "DELIVERY_NOT_ACCEPTED", seen, "Have it accepted first: the fact is taken then."
        when = row["happened_at"] if self.subject == "milestones" else row["claimed_at"]
        if when < own["delivered_at"]:
            return "BEFORE_DELIVERY", f"It is dated {when:%Y-%m-%d %H:%M}Z, before the delivery.", "Mend the date and send the row again."
        return self._claim_fault(own, row) if self.subject == "returns" else None

    def _claim_fault(self, own: Mapping[str, Any], row: Mapping[str, Any]) -> tuple[str, str, str] | None:
        terms = self.versions.get(own["contract_version"])
        windows = self.windows.get(own["delivery_id"], ())
        return claim_fault(terms, row["reason"], row["evidence"], windows, at=row["claimed_at"])


def claim_fault(
    terms: Contract | None, reason: str, evidence: str | None, windows: Sequence[Window], *, at: datetime
) -> tuple[str, str, str] | None:
    """Say what stands against a claim in its contract (RULES 42): code, what is seen, what to do; None: nothing does.

    Args:
        terms: The version that judged the delivery.
        reason: A reason's code.
        evidence: What proves it.
        windows: The delivery's, as `windows_of`.
        at: When it is claimed.
    """
    review = terms.review if terms is not None else None
    if terms is None or review is None:
        return "NO_REVIEW", "The contract has no review clause, so nothing can be returned.", "Agree on another version."
    if reason not in review.reasons:
        mend = f"Its reasons are {', '.join(review.reasons) or 'none'}."
        return "REASON_NOT_LISTED", f"«{reason[:40]}» is no reason for a return under the contract.", mend
    if reason in review.evidence and not (evidence or "").strip():
        return "EVIDENCE_MISSING", f"{reason} needs evidence.", "Say what proves it, such as the answer of the mail server."
    if not any(each.begins_at <= at <= each.ends_at for each in windows):
        return "OUTSIDE_WINDOW", windows_in_words(windows, zone=terms.zone, at=at), "Write to the provider where it should not stand."
    return None
