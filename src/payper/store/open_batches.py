"""Batches that are still open: deliveries that arrive one by one stand as parts under one number until many are sealed together.

A row that is kept never changes, sealed or not. Sealing writes the parts as one batch of the journal and chains it; nothing is added to a
chain before what is open in it is sealed. Decision 0016 says why.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Sequence
from dataclasses import dataclass

from payper.store.connections import Connection
from payper.store.parts import parquet, unpack

CHAIN_START = bytes(32)


@dataclass(frozen=True, slots=True)
class OpenBatch:
    """A batch that takes more rows."""

    batch: int
    chain: str
    file: str
    rows: int


class StaleError(Exception):
    """A batch is not as it was read; whoever wanted to add to it must read the book again."""


@dataclass(frozen=True, slots=True)
class Whole:
    """What the parts of an open batch make together: Parquet, and the segment."""

    journal: bytes
    people: bytes
    segment: bytes


def seal_digest(previous: bytes, *, subject: str, chain: str, file: str, journal: bytes) -> bytes:
    """Give the digest that chains a batch to the one before it."""
    head = "\x1f".join((subject, chain, file)).encode()
    return hashlib.sha256(previous + hashlib.sha256(head).digest() + hashlib.sha256(journal).digest()).digest()


def begin_batch(connection: Connection, *, run: int, chain: str, file: str, provider: str) -> int:
    """Open a batch of deliveries, inside a transaction; give its number."""
    sql = (
        "insert into batch (run, subject, chain, file, provider, rows, previous, digest, journal, people, segment, people_digest) "
        "values (?, 'deliveries', ?, ?, ?, 0, ?, ?, ?, ?, ?, ?) returning batch"
    )
    (row,) = connection.rows(sql, (run, chain, file, provider, *[b""] * 6))
    return int(row[0])


def add_part(
    connection: Connection, opened: OpenBatch, *, last_id: int, rows: int, journal: bytes, people: bytes, segment: bytes
) -> OpenBatch:
    """Add rows to an open batch, inside a transaction; give it as it stands then.

    Raises:
        StaleError: It was sealed, or took other rows, since it was read.
    """
    sql = "update batch set rows = rows + ? where batch = ? and rows = ? and length(digest) = 0 returning rows"
    found = list(connection.rows(sql, (rows, opened.batch, opened.rows)))
    if not found:
        raise StaleError(opened.batch)
    values = (opened.batch, opened.rows + rows, last_id, rows, journal, people, segment)
    connection.run("insert into batch_part values (?, ?, ?, ?, ?, ?, ?)", values)
    return OpenBatch(opened.batch, opened.chain, opened.file, opened.rows + rows)


def open_batches(connection: Connection, chain: str | None = None) -> list[OpenBatch]:
    """List what is open, of one chain or of all, in the order in which it must be sealed."""
    # Only chains that end with an open batch have one, and the end of a chain is found by its index.
    chains = [chain] if chain is not None else [str(row[0]) for row in connection.rows("select distinct chain from batch order by chain")]
    found: list[OpenBatch] = []
    for each in chains:
        own: list[OpenBatch] = []
        before = 2**62
        while True:
            sql = "select batch, file, rows, digest from batch where chain = ? and batch < ? order by batch desc limit 1"
            row = next(iter(connection.rows(sql, (each, before))), None)
            if row is None or len(row[3]):
                break
            before = int(row[0])
            own.append(OpenBatch(before, each, str(row[1]), int(row[2])))
        found += reversed(own)
    return found


def whole_of(connection: Connection, batch: int) -> Whole:
    """Read the parts of an open batch as one."""
    parts = list(connection.rows("select journal, people, segment from batch_part where batch = ? order by part", (batch,)))
    journal, people = (parquet(unpack(bytes(row[place]) for row in parts)) for place in (0, 1))
    return Whole(journal, people, joined_segments([bytes(row[2]) for row in parts]))


def joined_segments(segments: Sequence[bytes]) -> bytes:
    """Put segments one after the other: each is a length, then columns of 8 bytes a row (`adjudication.past.Segment`)."""
    filled = [each for each in segments if len(each) > 8]
    if len(filled) < 2:
        return filled[0] if filled else b""
    lengths = [struct.unpack_from("<Q", each)[0] for each in filled]
    columns = (len(filled[0]) - 8) // (8 * lengths[0])
    pieces = [
        each[8 + column * length * 8 : 8 + (column + 1) * length * 8]
        for column in range(columns)
        for each, length in zip(filled, lengths, strict=True)
    ]
    return struct.pack("<Q", sum(lengths)) + b"".join(pieces)


def seal(connection: Connection, opened: OpenBatch, whole: Whole | None = None) -> None:
    """Seal an open batch, inside a transaction; those before it in its chain are sealed.

    Args:
        connection: The book.
        opened: The batch.
        whole: What its parts make, where that was made ready outside the transaction and nothing was added since.
    """
    whole = whole or whole_of(connection, opened.batch)
    row = next(
        iter(
            connection.rows(
                "select digest from batch where chain = ? and batch < ? order by batch desc limit 1", (opened.chain, opened.batch)
            )
        ),
        None,
    )
    previous = CHAIN_START if row is None else bytes(row[0])
    assert previous, "what stands before it in its chain is sealed"
    digest = seal_digest(previous, subject="deliveries", chain=opened.chain, file=opened.file, journal=whole.journal)
    connection.run(
        "update batch set previous = ?, digest = ?, journal = ?, people = ?, segment = ?, people_digest = ? where batch = ?",
        (previous, digest, whole.journal, whole.people, whole.segment, hashlib.sha256(whole.people).digest(), opened.batch),
    )
    connection.run("delete from batch_part where batch = ?", (opened.batch,))


def seal_chain(connection: Connection, chain: str | None) -> int:
    """Seal what is open in a chain, or (None) in all, inside a transaction; give how many batches."""
    found = open_batches(connection, chain)
    for each in found:
        seal(connection, each)
    return len(found)
