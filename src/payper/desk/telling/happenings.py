"""What happened in a book, as the events that parties are called back with: public numbers and reason codes, nothing personal.

What comes together goes together: one call carries up to `ROWS_MAX` rows of one kind and contract, so that a million deliveries are
thousands of calls, and a busy live path is one call every few seconds.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import polars as pl

from payper.desk.arrivals.receiving import ARRIVED
from payper.desk.book.addressing import addressed
from payper.desk.book.settling import known_decisions
from payper.desk.reads.public_numbers import key_for, public_number
from payper.desk.reads.read_contracts import read_versions
from payper.parties import Act
from payper.store.book_pages import BookPages
from payper.store.directory import Joined
from payper.store.outbox import Note

ROWS_MAX = 200
"""Rows of one call."""

EVENTS: Mapping[str, tuple[Act, str]] = {
    "delivery.judged": (Act.READ_DELIVERIES, "Deliveries got their verdicts."),
    "delivery.changed": (Act.READ_DELIVERIES, "A person decided deliveries that were in review or quarantine."),
    "return.claimed": (Act.READ_DELIVERIES, "The buyer claims that charges should not stand."),
    "return.answered": (Act.READ_DELIVERIES, "Returns were granted or refused."),
    "charge.pending": (Act.READ_MONEY, "Charges were made, and their review windows run."),
    "charge.posted": (Act.READ_MONEY, "Charges are owed."),
    "charge.voided": (Act.READ_MONEY, "Pending charges were taken back."),
    "charge.credited": (Act.READ_MONEY, "Charges were credited."),
    "charge.reversed": (Act.READ_MONEY, "Entries were corrected by their reverse."),
    "contract.proposed": (Act.READ_CONTRACTS, "A version of a contract waits for the other party's answer."),
    "contract.accepted": (Act.READ_CONTRACTS, "A version of a contract is accepted by both parties."),
    "contract.declined": (Act.READ_CONTRACTS, "A proposed version was declined."),
    "contract.withdrawn": (Act.READ_CONTRACTS, "A proposed version was withdrawn."),
    "contract.paused": (Act.READ_CONTRACTS, "A contract takes no deliveries for now."),
    "contract.resumed": (Act.READ_CONTRACTS, "A contract takes deliveries again."),
}
"""Kinds of events: the right that who subscribes must have, and what happened."""

TEST = "webhook.test"
"""The kind of an event that somebody asks for to try an endpoint out."""

_CHARGES = {
    "pending": "charge.pending",
    "post": "charge.posted",
    "void": "charge.voided",
    "credit": "charge.credited",
    "reverse": "charge.reversed",
}


@dataclass(frozen=True, slots=True)
class Happening:
    """Something that happened under a contract.

    Attributes:
        kind: One of `EVENTS`.
        name: What its rows are, such as deliveries; empty: they are no rows, but one thing.
    """

    kind: str
    joined: Joined
    happened_at: datetime
    name: str
    rows: Sequence[Mapping[str, Any]]


def happenings_of(
    book: BookPages, note: Note, joined: Mapping[str, Joined], wanted: frozenset[str], *, read: dict[int, pl.DataFrame] | None = None
) -> Iterator[Happening]:
    """Tell what a note of a book is about.

    Args:
        book: The buyer's book.
        note: One of its notes.
        joined: By contract, the parties it joins.
        wanted: The kinds that anybody wants to hear of; others are not looked up.
        read: Batches that were read for other notes of the same look at the book; filled here. None: none were.
    """
    if note.kind in {"verdicts", ARRIVED} and "delivery.judged" in wanted:
        yield from _judged(book, note, joined, {} if read is None else read)
    elif note.kind == "facts":
        yield from _facts(book, note, joined, wanted)
    elif note.kind == "settled":
        yield from _settled(book, note, joined, wanted)
    elif note.kind == "contract":
        contract, _, what = note.subject.partition(" ")
        if contract in joined:
            act = what if what in {"paused", "resumed"} else "accepted"
            version = int(what[1:]) if what[:1] == "v" and what[1:].isdigit() else None
            yield contract_happening(joined[contract], act, version=version, at=note.made_at)


def contract_happening(joined: Joined, act: str, *, version: int | None, at: datetime) -> Happening:
    """Tell that something became of a contract."""
    return Happening(f"contract.{act}", joined, at, "", [{"version": version}])


def bodies_of(happenings: Sequence[Happening]) -> Iterator[tuple[str, bytes]]:
    """Write happenings as they are sent: kind and JSON, in order of the first of each kind and contract, whose rows go together."""
    together: dict[tuple[str, Joined, str], list[Happening]] = {}
    for each in happenings:
        together.setdefault((each.kind, each.joined, each.name), []).append(each)
    for (kind, joined, name), own in together.items():
        names = {"buyer": joined.buyer, "contract": joined.contract, "provider": joined.provider}
        if not name:
            for each in own:
                yield kind, body_of(kind, each.happened_at, {**names, **each.rows[0]})
            continue
        rows = [row for each in own for row in each.rows]
        for first in range(0, len(rows), ROWS_MAX):
            yield kind, body_of(kind, own[-1].happened_at, {**names, name: rows[first : first + ROWS_MAX]})


def body_of(kind: str, at: datetime, told: Mapping[str, Any]) -> bytes:
    """Write an event as it is sent.

    Source: Standard Webhooks specification, payload: `type`, `timestamp` (ISO 8601), `data`.
    """
    event = {"type": kind, "timestamp": _instant(at), "data": told}
    return json.dumps(event, ensure_ascii=False, separators=(",", ":")).encode()


def _judged(book: BookPages, note: Note, joined: Mapping[str, Joined], read: dict[int, pl.DataFrame]) -> Iterator[Happening]:
    """Tell verdicts: of a whole batch, or (`BATCH FIRST LAST`) of those that arrived one by one and stand in an open one."""
    batch, *span = map(int, note.subject.split(" "))
    columns = ["delivery_id", "external_id", "contract_version", "verdict", "reasons", "price_minor", "delivered_at", "contract"]
    found = read.get(batch)
    if found is None:
        subject, contract, journal = book.batch_rows(batch)
        if subject != "deliveries" or contract not in joined:
            return
        found = pl.read_parquet(journal, columns=columns[:-1]).with_columns(pl.lit(contract).alias("contract")).select(columns)
        if span:
            read[batch] = found
    own = found.filter(pl.col("delivery_id").is_between(span[0], span[1])) if span else found
    if own.is_empty():
        return
    contract = str(own["contract"][0])
    key, currency = key_for(book.secret(), "delivery"), _currency_of(book, contract)
    rows = [
        {
            "number": public_number(id_, key),
            "external_id": external_id,
            "version": version,
            "verdict": verdict,
            "reasons": reasons.split(";") if reasons else [],
            "price_minor": price,
            "currency": currency,
            "delivered_at": _instant(delivered_at),
        }
        for id_, external_id, version, verdict, reasons, price, delivered_at, _ in own.iter_rows()
    ]
    yield Happening("delivery.judged", joined[contract], note.made_at, "deliveries", rows)


def _facts(book: BookPages, note: Note, joined: Mapping[str, Joined], wanted: frozenset[str]) -> Iterator[Happening]:
    """Tell decisions on deliveries and returns that were claimed; milestones are the buyer's own."""
    subject, contract, journal = book.batch_rows(int(note.subject))
    kind = {"decisions": "delivery.changed", "returns": "return.claimed"}.get(subject, "")
    if kind not in wanted or contract not in joined:
        return
    part = pl.read_parquet(journal).filter(pl.col("fault").is_null())
    if "delivery_id" not in part.columns:
        part = part.with_columns(pl.lit(None, dtype=pl.Int64).alias("delivery_id"))
    part = part.with_columns(addressed()).filter(pl.col("address").is_not_null())
    found = _by_address(book, contract, part["address"])
    rows = _decided(book, contract, part, found) if subject == "decisions" else _claimed(part, found)
    if rows:
        yield Happening(kind, joined[contract], note.made_at, "deliveries" if subject == "decisions" else "returns", rows)


def _decided(book: BookPages, contract: str, part: pl.DataFrame, found: pl.DataFrame) -> list[dict[str, Any]]:
    """Give the deliveries whose verdict these decisions changed: those in review or quarantine that nobody had decided."""
    first = known_decisions(book).filter(pl.col("contract") == contract)
    open_ = found.filter(pl.col("verdict").is_in(["review", "quarantined"])).unique("address", keep="last", maintain_order=True)
    own = part.select("address", "decision", "decided_at").join(first, on=["address", "decision", "decided_at"], how="semi")
    changed = own.unique("address", keep="first", maintain_order=True).join(open_, on="address", how="inner", maintain_order="left")
    return [
        {
            "number": number,
            "external_id": external_id,
            "was": verdict,
            "verdict": decision,
            "reasons": reasons.split(";") if reasons else [],
            "decided_at": _instant(decided_at),
        }
        for number, external_id, verdict, decision, reasons, decided_at in changed.select(
            "number", "external_id", "verdict", "decision", "reasons", "decided_at"
        ).iter_rows()
    ]


def _claimed(part: pl.DataFrame, found: pl.DataFrame) -> list[dict[str, Any]]:
    own = part.select("external_id", "reason", "claimed_at").join(
        found.unique("external_id", keep="last", maintain_order=True), on="external_id", how="inner", maintain_order="left"
    )
    return [
        {"number": number, "external_id": external_id, "reason": reason, "claimed_at": _instant(claimed_at)}
        for number, external_id, reason, claimed_at in own.select("number", "external_id", "reason", "claimed_at").iter_rows()
    ]


def _settled(book: BookPages, note: Note, joined: Mapping[str, Joined], wanted: frozenset[str]) -> Iterator[Happening]:
    run, key = int(note.subject), key_for(book.secret(), "delivery")
    if wanted & frozenset(_CHARGES.values()):
        for contract, kind, rows in book.transfers_of_run(run):
            if contract in joined and _CHARGES.get(kind, "") in wanted:
                told = [
                    {
                        "id": _public_charge(contract, transfer, key),
                        "number": _delivery_of(contract, transfer, key),
                        "milestone": _milestone_of(contract, transfer),
                        "amount_minor": amount,
                        "currency": currency,
                        "happened_at": _instant(datetime.fromtimestamp(at / 1_000_000, tz=UTC)),
                    }
                    for transfer, at, amount, currency in rows
                ]
                yield Happening(_CHARGES[kind], joined[contract], note.made_at, "charges", told)
    if "return.answered" in wanted:
        for contract, answers in book.answers_of_run(run).items():
            if contract in joined:
                numbers = dict(
                    _by_address(book, contract, pl.Series([each[0] for each in answers], dtype=pl.String))
                    .select("external_id", "number")
                    .iter_rows()
                )
                told = [
                    {
                        "number": numbers.get(external_id),
                        "external_id": external_id,
                        "outcome": outcome,
                        "claimed_at": _instant(datetime.fromtimestamp(at / 1_000_000, tz=UTC)),
                    }
                    for external_id, at, outcome in answers
                ]
                yield Happening("return.answered", joined[contract], note.made_at, "returns", told)


def _currency_of(book: BookPages, contract: str) -> str:
    versions = read_versions(book, [contract]).get(contract)
    return versions[-1].contract.currency if versions else ""


def _by_address(book: BookPages, contract: str, addresses: pl.Series) -> pl.DataFrame:
    """Find deliveries of a contract by address: address, external_id, number, verdict, reasons; oldest first."""
    key = key_for(book.secret(), "delivery")
    frames = [
        pl.read_parquet(book.journal(head.batch), columns=["delivery_id", "external_id", "verdict", "reasons"])
        .with_columns(addressed())
        .filter(pl.col("address").is_in(addresses.implode()))
        for head in book.batch_heads([contract])
    ]
    schema = {"delivery_id": pl.Int64, "external_id": pl.String, "verdict": pl.String, "reasons": pl.String, "address": pl.String}
    found = pl.concat(frames).sort("delivery_id") if frames else pl.DataFrame(schema=schema)
    return found.with_columns(pl.Series("number", [public_number(id_, key) for id_ in found["delivery_id"].to_list()], dtype=pl.String))


def _rest_of(contract: str, transfer: str) -> tuple[int, str]:
    """Part a transfer's id, `contract/delivery/milestone/…`, into the delivery and what follows it."""
    delivery, _, rest = transfer.removeprefix(f"{contract}/").partition("/")
    assert delivery.isdigit(), "transfers are named contract/delivery/milestone/kind"
    return int(delivery), rest


def _public_charge(contract: str, transfer: str, key: bytes) -> str:
    delivery, rest = _rest_of(contract, transfer)
    return f"{contract}/{public_number(delivery, key)}/{rest}"


def _delivery_of(contract: str, transfer: str, key: bytes) -> str:
    return public_number(_rest_of(contract, transfer)[0], key)


def _milestone_of(contract: str, transfer: str) -> str:
    return _rest_of(contract, transfer)[1].partition("/")[0].replace("-", " ")


def _instant(at: datetime | None) -> str | None:
    return None if at is None else at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
