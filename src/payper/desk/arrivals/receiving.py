"""The act of receiving deliveries that a system sends: judge those of several requests together, keep them, answer each.

One transaction for all, by the same judging as `payper run`. An answer is given when it is durable, never before.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from typing import Any

import msgspec

from payper.adjudication.explain import Sentence, explain
from payper.desk.arrivals.idempotency import KeyReusedError
from payper.desk.arrivals.judging_posts import Judged, judging_of
from payper.desk.arrivals.live_book import LiveBook
from payper.desk.arrivals.posted import Posted, fields_of, notes_on_fields
from payper.desk.folder.programme import questions_of
from payper.desk.people.refusals import RefusedError
from payper.desk.reads.public_numbers import public_number
from payper.errors import PayperError, StoreError
from payper.reasons import Reason, Verdict
from payper.store.connections import TwiceError
from payper.store.open_batches import OpenBatch, StaleError
from payper.store.parts import pack_rows
from payper.terms.contract import Contract

SEAL_ROWS = 4096
"""Deliveries in an open batch; those after them go to another one, and the full one is sealed."""

TRIES, TRIES_BESIDE = 5, 2
"""How often it is tried; after the first ones nobody else may write while it is judged, so that it comes to an end."""

ARRIVED = "arrived"
"""The kind of note that tells of deliveries received one by one: the batch, the first and the last of them."""


Outcome = bytes | PayperError
"""What a request is answered: JSON, or why nothing of it was done."""


def receive(book: LiveBook, posts: Sequence[Posted]) -> list[Outcome]:
    """Judge, keep and answer some requests in one transaction.

    Returns:
        By request, in order: the answer, or why nothing of it was done; a request that is refused stops no other.

    Raises:
        StoreError: The book cannot be written; nothing of any request is kept.
    """
    for number in range(TRIES):
        try:
            return _received(book, posts, is_locked=number >= TRIES_BESIDE)
        except (StaleError, TwiceError):
            # Somebody else was quicker; what they wrote is read, and all is judged again.
            book.forget()
        except BaseException:
            book.forget()
            raise
    raise StoreError(
        where=book.database.where, seen="Others keep writing to this book.", mend="Send the same again in a moment.", can_retry=True
    )


def _received(book: LiveBook, posts: Sequence[Posted], *, is_locked: bool) -> list[Outcome]:
    with ExitStack() as stack:
        if is_locked:
            stack.enter_context(book.database.transaction())
        book.refresh()
        outcomes: dict[int, Outcome] = {}
        _answer_known(book, posts, outcomes)
        wanted = [place for place in range(len(posts)) if place not in outcomes]
        twins = _twins(posts, wanted)
        taken = [place for place in wanted if place not in twins and _check(book, posts[place], place, outcomes)]
        judged: Sequence[Judged] = ()
        opened: dict[str, OpenBatch] = {}
        if taken:
            judging = judging_of(book, [(place, posts[place]) for place in taken])
            if not is_locked:
                stack.enter_context(book.database.transaction())
                if book.refresh():
                    raise StaleError
            judged = judging.decide(replacements=book.owed)
            opened = {each.contract: _keep(book, each) for each in judged}
            rows = answers_of(book, judged)
            for place in taken:
                outcomes[place] = answer = written(posts[place], rows[place], book)
                _keep_answer(book, posts[place], answer)
    if judged:
        book.keep(judged, opened)
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


def _keep(book: LiveBook, judged: Judged) -> OpenBatch:
    """Keep deliveries in the open batch of their contract, or in a new one."""
    count, database = len(judged.rows), book.rows
    opened = book.open.get(judged.contract)
    if opened is None or (opened.rows and opened.rows + count > SEAL_ROWS):
        file = f"api/{book.clock():%Y-%m-%dT%H:%M:%SZ}"
        opened = database.begin_batch(chain=judged.contract, file=file, provider=judged.provider)
    for number, row in enumerate(judged.rows, start=opened.rows + 1):
        row["row"] = number
    first, last = (end(row["delivery_id"] for row in judged.rows) for end in (min, max))
    opened = database.add_part(
        opened,
        last_id=last,
        rows=count,
        journal=pack_rows(judged.journal_types(), judged.rows),
        people=pack_rows(judged.people_types(), judged.rows),
        segment=b"" if judged.segment is None else judged.segment.to_bytes(),
    )
    verdicts = [(row["delivery_id"], row["verdict_code"], row["headline_number"], row["price_minor"]) for row in judged.rows]
    book.database.add_few_verdicts(verdicts, batch=opened.batch)
    book.database.add_outbox(ARRIVED, f"{opened.batch} {first} {last}")
    return opened


def _keep_answer(book: LiveBook, post: Posted, answer: bytes) -> None:
    if post.key is not None:
        book.database.keep_answer(party=post.party, key=post.key, digest=post.digest, answer=answer.decode(), at=post.at)


def answers_of(book: LiveBook, judged: Sequence[Judged], *, is_numbered: bool = True) -> dict[int, list[dict[str, Any]]]:
    """Say every verdict in words, by request."""
    told: dict[int, list[dict[str, Any]]] = {}
    key = book.number_key if is_numbered else None
    for each in judged:
        versions = {version.version: version for version in book.contracts[each.contract]}
        for (place, _), row in zip(each.places, each.rows, strict=True):
            found = told.setdefault(place, [])
            found.append(verdict_of(row, versions.get(row["contract_version"]), key, len(found) + 1))
    return told


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
