"""The act of receiving deliveries that a system sends: judge those of several requests together, keep them, answer each.

One transaction for all, by the same judging as `payper run`. An answer is given when it is durable, never before.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
import polars as pl

from payper.adjudication.explain import Sentence, explain
from payper.deliveries import INSTANT, INSTANTS
from payper.desk.arrivals.idempotency import KeyReusedError
from payper.desk.arrivals.live_book import LiveBook
from payper.desk.arrivals.posted import Sent, columns_of, fields_of, mapped_frame, notes_on_fields
from payper.desk.book.judging import JudgedChunk, Judging
from payper.desk.folder.programme import questions_of
from payper.desk.folder.reading import typed_deliveries
from payper.desk.people.refusals import RefusedError
from payper.desk.reads.public_numbers import public_number
from payper.errors import PayperError, StoreError
from payper.intake.instants import is_plain_iso
from payper.intake.mapping import Mapping as Columns
from payper.reasons import Reason, Verdict
from payper.store.connections import TwiceError
from payper.store.open_batches import OpenBatch, StaleError
from payper.store.parts import pack
from payper.terms.contract import Contract

SEAL_ROWS = 4096
"""Deliveries in an open batch; those after them go to another one, and the full one is sealed."""

TRIES = 5
ARRIVED = "arrived"
"""The kind of note that tells of deliveries received one by one: the batch, the first and the last of them."""


@dataclass(frozen=True, slots=True)
class Posted:
    """One request: deliveries for one contract.

    Attributes:
        at: When it was received.
        party: Who sends.
        key: The key under which the same may be sent again, or None.
        digest: Of what was sent, as `idempotency.digest_of`.
    """

    contract: str
    sent: Sent
    at: datetime
    party: str
    key: str | None = None
    digest: bytes = b""


Outcome = bytes | PayperError
"""What a request is answered: JSON, or why nothing of it was done."""


def receive(book: LiveBook, posts: Sequence[Posted]) -> list[Outcome]:
    """Judge, keep and answer some requests in one transaction.

    Returns:
        By request, in order: the answer, or why nothing of it was done; a request that is refused stops no other.

    Raises:
        StoreError: The book cannot be written; nothing of any request is kept.
    """
    for _ in range(TRIES):
        try:
            return _received(book, posts)
        except (StaleError, TwiceError):
            # Somebody else was quicker; what they wrote is read, and all is judged again.
            book.forget()
        except BaseException:
            book.forget()
            raise
    raise StoreError(
        where=book.database.where, seen="Others keep writing to this book.", mend="Send the same again in a moment.", can_retry=True
    )


def _received(book: LiveBook, posts: Sequence[Posted]) -> list[Outcome]:
    book.refresh()
    outcomes: dict[int, Outcome] = {}
    _answer_known(book, posts, outcomes)
    wanted = [place for place in range(len(posts)) if place not in outcomes]
    twins = _twins(posts, wanted)
    taken = [place for place in wanted if place not in twins and _check(book, posts[place], place, outcomes)]
    if taken:
        judging = Judging(database=book.database, contracts=book.contracts, rate_on=book.words.rates.rate, is_live=True)
        places = add_posts(judging, book, [(place, posts[place]) for place in taken])
        with book.database.transaction():
            if book.refresh():
                raise StaleError
            decided = judging.decide(replacements=book.owed, charged={}, offsets={}, released={}, known=book.past)
            chunks = list(decided.chunks())
            opened = {chunk.contract: _keep(book, chunk) for chunk in chunks}
            rows = answers_of(book, chunks, places)
            for place in taken:
                outcomes[place] = answer = written(posts[place], rows[place], book)
                _keep_answer(book, posts[place], answer)
        book.keep(chunks, opened)
    for place, first in twins.items():
        outcome = outcomes[first]
        same = posts[place].digest == posts[first].digest
        outcomes[place] = outcome if same or isinstance(outcome, PayperError) else KeyReusedError(posts[place].key or "")
    return [outcomes[place] for place in range(len(posts))]


def _answer_known(book: LiveBook, posts: Sequence[Posted], outcomes: dict[int, Outcome]) -> None:
    """Answer requests that were done before."""
    for place, post in enumerate(posts):
        if post.key is not None:
            found = book.database.answered(post.party, post.key)
            if found is not None:
                digest, answer = found
                outcomes[place] = answer.encode() if digest == post.digest else KeyReusedError(post.key)


def _twins(posts: Sequence[Posted], wanted: Sequence[int]) -> dict[int, int]:
    """Find requests under a key that another among them has: they are answered as the first is."""
    firsts: dict[tuple[str, str], int] = {}
    twins = {}
    for place in wanted:
        key = posts[place].key
        if key is not None:
            first = firsts.setdefault((posts[place].party, key), place)
            if first != place:
                twins[place] = first
    return twins


def _check(book: LiveBook, post: Posted, place: int, outcomes: dict[int, Outcome]) -> bool:
    """Tell whether the contract can judge at all; else say why not."""
    fault = fault_of(book, post.contract)
    if fault is not None:
        outcomes[place] = fault
    return fault is None


def fault_of(book: LiveBook, contract: str) -> RefusedError | None:
    """Say why a contract cannot judge, or None."""
    if contract not in book.contracts:
        return RefusedError(
            code="CONTRACT_NOT_ACCEPTED",
            where="contract",
            seen=f"No version of {contract} is in the book yet, so nothing can be judged by it.",
            mend="Send again when both parties have accepted a version.",
        )
    missing = book.missing_lists.get(contract)
    if missing:
        return RefusedError(
            code="LISTS_MISSING",
            where="contract",
            seen=f"{contract} names lists that are not in the book: {', '.join(missing)}.",
            mend="The buyer puts them under Settings, Lists, or runs `payper run` once on the folder that has them.",
        )
    return None


def add_posts(judging: Judging, book: LiveBook, posts: Sequence[tuple[int, Posted]]) -> dict[str, list[tuple[int, int]]]:
    """Let requests be judged by rows, contract by contract; give by contract where each row stands: request, row in it."""
    by_contract: dict[str, list[tuple[int, Posted]]] = {}
    for place, post in posts:
        by_contract.setdefault(post.contract, []).append((place, post))
    places: dict[str, list[tuple[int, int]]] = {}
    for contract, own in by_contract.items():
        versions = book.contracts[contract]
        frame = _typed(own, versions)
        frame = frame.with_columns(pl.int_range(1, pl.len() + 1, dtype=pl.Int64).alias("row"))
        judging.add(frame, contract=contract, file="")
        places[contract] = [(place, row) for place, post in own for row in range(len(post.sent.entries))]
    return places


def _typed(posts: Sequence[tuple[int, Posted]], versions: Sequence[Contract]) -> pl.DataFrame:
    """Read requests into typed rows; one whose dates can be told by their neighbours only is read by itself, whoever sends beside it."""
    questions, zone = tuple(questions_of(versions)), versions[-1].zone
    groups: list[list[tuple[Posted, Columns]]] = []
    is_together = False
    for _, post in posts:
        columns = columns_of(fields_of(post.sent.entries), questions)
        is_plain = _has_plain_dates(post, columns)
        if groups and is_together and is_plain:
            groups[-1].append((post, columns))
        else:
            groups.append([(post, columns)])
        is_together = is_plain
    frames = []
    for group in groups:
        mapped = mapped_frame([(post.sent.entries, columns) for post, columns in group])
        received = pl.Series([post.at for post, _ in group for _ in post.sent.entries], dtype=INSTANT)
        frames.append(typed_deliveries(mapped, group[0][1], zone=zone, received_at=received))
    return frames[0] if len(frames) == 1 else pl.concat(frames, how="diagonal")


def _has_plain_dates(post: Posted, columns: Columns) -> bool:
    headers = [columns.columns[name] for name in INSTANTS if name in columns.columns]
    return all(is_plain_iso(text) for header in headers for record, _, _ in post.sent.entries if (text := record.get(header)))


def _keep(book: LiveBook, chunk: JudgedChunk) -> OpenBatch:
    """Keep a chunk's rows in the open batch of its contract, or in a new one."""
    rows, database = chunk.journal.height, book.rows
    opened = book.open.get(chunk.contract)
    if opened is None or (opened.rows and opened.rows + rows > SEAL_ROWS):
        file = f"api/{book.clock():%Y-%m-%dT%H:%M:%SZ}"
        opened = database.begin_batch(chain=chunk.contract, file=file, provider=chunk.provider)
    journal = chunk.journal.with_columns(pl.col("row") + opened.rows) if opened.rows else chunk.journal
    assert chunk.people is not None, "live deliveries wait as frames"
    ids = chunk.journal["delivery_id"]
    first, last = int(ids.min()), int(ids.max())  # type: ignore[arg-type]  # numbers
    opened = database.add_part(
        opened,
        last_id=last,
        rows=rows,
        journal=pack(journal),
        people=pack(chunk.people),
        segment=b"" if chunk.segment is None else chunk.segment.to_bytes(),
    )
    book.database.add_verdicts(chunk.verdicts, batch=opened.batch)
    book.database.add_outbox(ARRIVED, f"{opened.batch} {first} {last}")
    return opened


def _keep_answer(book: LiveBook, post: Posted, answer: bytes) -> None:
    if post.key is not None:
        book.database.keep_answer(party=post.party, key=post.key, digest=post.digest, answer=answer.decode(), at=post.at)


def answers_of(
    book: LiveBook, chunks: Sequence[JudgedChunk], places: Mapping[str, Sequence[tuple[int, int]]], *, is_numbered: bool = True
) -> dict[int, list[dict[str, Any]]]:
    """Say every verdict in words, by request."""
    rows: dict[int, list[dict[str, Any]]] = {}
    for chunk in chunks:
        versions = {each.version: each for each in book.contracts[chunk.contract]}
        assert chunk.people is not None, "live deliveries wait as frames"
        own, people = chunk.journal.columns, chunk.people.columns
        told = zip(places[chunk.contract], chunk.journal.rows(), chunk.people.rows(), strict=True)
        for (place, _), journal_row, people_row in told:
            row = {**dict(zip(people, people_row, strict=True)), **dict(zip(own, journal_row, strict=True))}
            found = rows.setdefault(place, [])
            found.append(verdict_of(row, versions.get(row["contract_version"]), book.number_key if is_numbered else None, len(found) + 1))
    return rows


def verdict_of(row: dict[str, Any], contract: Contract | None, key: bytes | None, number: int) -> dict[str, Any]:
    """Write one verdict as it is told.

    Args:
        row: Columns of the journal and of people.
        contract: The version that judged it.
        key: Of public numbers; None: it is not kept, and has none.
        number: Of the row in its request, from 1.
    """
    codes = row["reasons"].split(";") if row["reasons"] else []
    sentences: list[Sentence] = explain({**row, "reasons": codes}, contract, evidence=row.get("evidence")) if codes else []
    told: dict[str, Any] = {"row": number}
    if key is not None:
        told["number"] = public_number(row["delivery_id"], key)
    return told | {
        "external_id": row["external_id"],
        "verdict": row["verdict"],
        "reasons": [
            {"code": each.code, "number": Reason[each.code].number, "clause": each.clause, "seen": each.seen, "mend": each.mend}
            for each in sentences
        ],
        "can_mend": row["verdict"] == Verdict.REJECTED.value and all(Reason[code].can_mend for code in codes),
        "price_minor": row["price_minor"],
        "currency": contract.currency if contract is not None else None,
        "contract_version": row["contract_version"],
        "delivered_at": row["delivered_at"],
    }


_encode = msgspec.json.Encoder().encode


def written(post: Posted, rows: Sequence[Mapping[str, Any]], book: LiveBook) -> bytes:
    """Write the answer to a request as JSON."""
    questions = tuple(questions_of(book.contracts[post.contract]))
    notes = [
        {"code": "FIELD_UNKNOWN", "field": name, "words": words} for name, words in notes_on_fields(fields_of(post.sent.entries), questions)
    ]
    if post.sent.is_single:
        return _encode({**rows[0], "notes": notes})
    counts = {str(each): sum(row["verdict"] == each.value for row in rows) for each in Verdict}
    return _encode({"deliveries": rows, "counts": counts, "notes": notes})
