"""Milestones, returns and decisions that people and systems tell one by one: sealed in the journal exactly as rows of a programme's files.

Settlement and `payper verify` see no difference. A row that cannot be read is told to who sent it and kept nowhere; the others are.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import polars as pl

from payper.adjudication.adjudicate import seeds_of
from payper.desk.arrivals.fact_states import FactState, fact_states, read_states, written_states
from payper.desk.arrivals.idempotency import answer_before, digest_of
from payper.desk.arrivals.naming import with_addresses
from payper.desk.book.recorded import recorded_contracts
from payper.desk.folder.facts import prospects_of, sealed
from payper.desk.folder.reading import DIGEST, row_digests, typed_events
from payper.desk.people.installation import Reached, Side, reach_contract
from payper.desk.people.people import Actor, DeniedError
from payper.desk.people.refusals import Fault, UnreadableError
from payper.errors import StoreError
from payper.intake.columns import Subject
from payper.intake.mapping import Mapping as Columns
from payper.parties import Act
from payper.settlement.facts import event_fault
from payper.store.database import Batch, Database, open_database, read_database
from payper.store.directory import Directory

ROWS_MAX = 5000
SKEW_MINUTES = 5
"""How far ahead of ours the clock of a sender may be."""

FILE = "desk"
"""What stands where a file's name does."""

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "milestones": ("external_id", "email", "milestone", "reason", "happened_at", "amount", "currency", "source", "source_id"),
    "returns": ("external_id", "email", "reason", "claimed_at", "evidence", "contested_at", "decision", "decided_at", "decided_by"),
    "decisions": ("external_id", "decision", "decided_at", "decided_by", "delivery_id"),
}
WHEN = {"milestones": "happened_at", "returns": "claimed_at", "decisions": "decided_at"}
"""The instant of a row; one that names none is of now."""

Row = Mapping[str, str | None]


@dataclass(frozen=True, slots=True)
class FactsNoted:
    """What became of rows that were sent.

    Attributes:
        batch: The number of the batch of the journal; None: nothing could be read.
        rows: How many were recorded.
        faults: Those that cannot be read, by row.
        states: What becomes of each row that was sent, in order.
        is_repeat: Whether the same was sent before under the same key, and this is its answer.
    """

    batch: int | None
    rows: int
    faults: tuple[Fault, ...] = ()
    states: tuple[FactState, ...] = ()
    is_repeat: bool = False

    def to_json(self) -> str:
        """Give it as text that `from_json` reads."""
        faults = [[each.row, each.where, each.seen, each.mend] for each in self.faults]
        return json.dumps({"batch": self.batch, "rows": self.rows, "faults": faults, "states": written_states(self.states)})

    @classmethod
    def from_json(cls, text: str) -> FactsNoted:
        """Read what was answered before."""
        told = json.loads(text)
        faults = tuple(Fault(*each) for each in told["faults"])
        return cls(told["batch"], told["rows"], faults, read_states(told.get("states", ())), is_repeat=True)


def reach_side(directory: Directory, actor: Actor, act: Act, *, buyer: str, contract: str, side: Side) -> tuple[str, Reached]:
    """Give the book's address and the contract, for who may do something from one side of it.

    Raises:
        DeniedError: The actor may not, or is on the other side.
        AbsentError: The contract is not reached.
    """
    actor.must(act)
    address, reached = reach_contract(directory, actor, buyer, contract)
    if reached.side is not side:
        raise DeniedError(where=str(act), seen=f"This is for the {side} of the contract.", mend=f"Ask {reached.other} to do it.")
    return address, reached


def record_milestones(
    directory: Directory, actor: Actor, *, buyer: str, contract: str, rows: Sequence[Row], key: str | None = None, at: datetime
) -> FactsNoted:
    """Record milestones of a contract's deliveries.

    Args:
        directory: The directory.
        actor: Who records them.
        buyer: Whose book.
        contract: The contract they are under.
        rows: `COLUMNS` as text, null where nothing is said; `number`, the public one, in place of an external id.
        key: Of an act that may be sent again.
        at: Now.

    Raises:
        DeniedError: The actor may not, or is the provider.
        AbsentError: The contract is not reached.
        UnreadableError: There is no row, there are too many, or none can be read.
        KeyReusedError: The key was sent with other rows.
    """
    address, _ = reach_side(directory, actor, Act.WRITE_MILESTONES, buyer=buyer, contract=contract, side=Side.BUYER)
    return record(address, actor, subject="milestones", contract=contract, rows=rows, key=key, at=at)


def claim_returns(
    directory: Directory, actor: Actor, *, buyer: str, contract: str, rows: Sequence[Row], key: str | None = None, at: datetime
) -> FactsNoted:
    """Claim returns of a contract's deliveries; arguments and errors as `record_milestones`."""
    address, _ = reach_side(directory, actor, Act.CLAIM_RETURNS, buyer=buyer, contract=contract, side=Side.BUYER)
    claims = [{name: row.get(name) for name in ("external_id", "number", "email", "reason", "claimed_at", "evidence")} for row in rows]
    return record(address, actor, subject="returns", contract=contract, rows=claims, key=key, at=at)


def record_decisions(
    directory: Directory, actor: Actor, *, buyer: str, contract: str, rows: Sequence[Row], key: str | None = None, at: datetime
) -> FactsNoted:
    """Accept or reject deliveries in review or quarantine; arguments and errors as `record_milestones`."""
    address, _ = reach_side(directory, actor, Act.DECIDE_DELIVERIES, buyer=buyer, contract=contract, side=Side.BUYER)
    decided = [
        {**{name: row.get(name) for name in ("external_id", "number", "decision", "decided_at")}, "decided_by": actor.who} for row in rows
    ]
    return record(address, actor, subject="decisions", contract=contract, rows=decided, key=key, at=at)


def answered_again(address: str, actor: Actor, *, key: str | None, asked: bytes) -> FactsNoted | None:
    """Give the answer that the same act got before under its key, or None.

    Raises:
        KeyReusedError: The key was sent with another act.
    """
    if key is None:
        return None
    with read_database(address) as book:
        before = answer_before(book, party=actor.party, key=key, digest=asked)
    return None if before is None else FactsNoted.from_json(before)


def record(
    address: str,
    actor: Actor,
    *,
    subject: Subject | str,
    contract: str,
    rows: Sequence[Row],
    key: str | None = None,
    asked: bytes | None = None,
    prospect: str | None = None,
    at: datetime,
) -> FactsNoted:
    """Seal rows in the journal of a book in one transaction, under a run of their own; rights are the caller's.

    Args:
        address: The book.
        actor: Who records them.
        subject: milestones, returns or decisions.
        contract: The contract they are under.
        rows: `COLUMNS` of the subject as text.
        key: Of an act that may be sent again.
        asked: The digest of what was asked, where rows hold more than that; None: that of the rows.
        prospect: As `facts.sealed`.
        at: Now.

    Raises:
        UnreadableError: There is no row, there are too many, or none can be read.
        KeyReusedError: The key was sent with other rows.
    """
    if not 1 <= len(rows) <= ROWS_MAX:
        raise UnreadableError(
            code="ROWS_COUNT", where="rows", seen=f"There are {len(rows):,} rows.", mend=f"Send 1 to {ROWS_MAX:,} rows at once."
        )
    asked = asked or digest_of(f"{subject} {contract}", json.dumps([dict(row) for row in rows], sort_keys=True))
    with open_database(address) as book:
        if key is not None and (before := answer_before(book, party=actor.party, key=key, digest=asked)) is not None:
            return FactsNoted.from_json(before)
        known, unknown = with_addresses(book, contract, rows)
        typed, faults = _typed(book, str(subject), contract, known, unknown, at=at)
        if typed.is_empty():
            first = faults[0]
            raise UnreadableError(code="ROWS_UNREADABLE", where=f"row {first.row}", seen=first.seen, mend=first.mend, faults=faults)
        batches = sealed(typed, subject=str(subject), file=f"{FILE}/{subject}", seeds=seeds_of(book.secret()), prospect=prospect)
        (batch,) = batches
        told = typed.with_columns(prospects_of(typed, seeds_of(book.secret()), prospect)) if "email" in typed.columns else typed
        states = fact_states(book, str(subject), contract, told, faults, at=at)
        with book.transaction():
            if key is not None and (before := answer_before(book, party=actor.party, key=key, digest=asked)) is not None:
                return FactsNoted.from_json(before)
            number = _keep(book, batch, _latest_day(book, contract, typed[WHEN[str(subject)]]))
            noted = FactsNoted(number, typed.height, tuple(faults), states)
            if key is not None:
                book.keep_answer(party=actor.party, key=key, digest=asked, answer=noted.to_json(), at=at)
    return noted


def _keep(book: Database, batch: Batch, latest: date) -> int:
    run = book.begin_run(as_of=None)
    number = book.add_batch(replace(batch, run=run), run=run)
    before = book.setting("latest_day")
    book.set_setting("latest_day", max(latest.isoformat(), before or ""))
    book.add_outbox("facts", str(number))
    return number


def _typed(
    book: Database, subject: str, contract: str, rows: Sequence[Row], unknown: Mapping[int, str], *, at: datetime
) -> tuple[pl.DataFrame, list[Fault]]:
    """Read rows as those of a file are read; give the readable ones, and what is wrong with the others.

    Args:
        book: The book.
        subject: milestones, returns or decisions.
        contract: The contract they are under.
        rows: With their deliveries named as the journal names them.
        unknown: By row, from 1, what is wrong with the public number that it names.
        at: Now.
    """
    versions = recorded_contracts(book).get(contract)
    if not versions:
        raise StoreError(where=book.where, seen=f"The book has no contract «{contract}».", mend="Run `payper verify`.")
    names, when = COLUMNS[subject], WHEN[subject]
    data = {name: [_text(row.get(name)) for row in rows] for name in names}
    data[when] = [text or at.isoformat() for text in data[when]]
    mapped = pl.DataFrame(data, schema=dict.fromkeys(names, pl.String)).with_columns(
        pl.lit(contract).alias("contract"),
        pl.int_range(1, pl.len() + 1, dtype=pl.Int64).alias("row"),
        pl.Series("fault", [unknown.get(place) for place in range(1, len(rows) + 1)], dtype=pl.String),
    )
    mapped = mapped.with_columns(row_digests(mapped, list(names), seeds_of(book.secret())))
    newest = versions[-1]
    typed = typed_events(
        mapped,
        Columns(subject="milestones", columns={}),
        subject=subject,
        zones={contract: newest.zone},
        default_zone=newest.zone,
        file=f"{FILE}/{subject}",
        date_order="ymd",
        currencies={contract: newest.currency},
    )
    limit = at.astimezone(UTC) + timedelta(minutes=SKEW_MINUTES)
    future = pl.any_horizontal((pl.col(name) > limit).fill_null(value=False) for name in typed.columns if typed[name].dtype == pl.Datetime)
    typed = typed.with_columns(pl.coalesce("fault", pl.when(future).then(pl.lit("it is dated later than now"))).alias("fault"))
    if subject == "milestones":
        words = [fault[1] if (fault := event_fault(row)) is not None else None for row in typed.iter_rows(named=True)]
        typed = typed.with_columns(pl.coalesce("fault", pl.Series(words, dtype=pl.String)).alias("fault"))
    faults = [
        Fault(row, f"rows[{row - 1}]", f"{words[0].upper()}{words[1:].rstrip('.')}.", "Mend the row and send it again.")
        for row, words in typed.filter(pl.col("fault").is_not_null()).select("row", "fault").iter_rows()
    ]
    readable = typed.filter(pl.col("fault").is_null())
    assert DIGEST in readable.columns, "a row is known by its digest"
    return readable, faults


def _text(value: str | None) -> str | None:
    text = (value or "").replace("\x00", "").strip()
    return text or None


def _latest_day(book: Database, contract: str, instants: pl.Series) -> date:
    zone = recorded_contracts(book)[contract][-1].zone
    latest = instants.max()
    assert isinstance(latest, datetime), "a readable row has its instant"
    return latest.astimezone(ZoneInfo(zone)).date()
