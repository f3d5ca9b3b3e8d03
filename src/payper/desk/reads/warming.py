"""After a start nothing of a book is at hand: what pages ask for most is read before anybody waits for it."""

from __future__ import annotations

from collections.abc import Callable

from payper.desk.people.installation import open_pages
from payper.desk.reads.read_contracts import read_versions
from payper.desk.reads.shelf import day_counts, known_people, reason_counts, waiting_of

PEOPLE_ROWS_MAX = 1_000_000
"""Deliveries of a book of which it is read at once who they are of, the newest; older ones when somebody looks for them."""


def warm_book(address: str, *, is_ended: Callable[[], bool] = lambda: False) -> None:
    """Read what pages of a book are made of, so that the first who asks waits no longer than the next.

    Args:
        address: Of the book.
        is_ended: Asked between two batches whether to leave it.

    Raises:
        StoreError: The book cannot be read.
    """
    with open_pages(address) as book:
        contracts = sorted({str(each[0]) for each in book.contract_texts()})
        zones = {id_: each[-1].contract.zone for id_, each in read_versions(book, contracts).items()}
        for each in (day_counts, reason_counts):
            if is_ended():
                return
            each(book, zones)
        waiting_of(book, list(zones))
        read = 0
        for head in reversed(book.batch_heads(list(zones))):
            if is_ended() or read >= PEOPLE_ROWS_MAX:
                return
            known_people(book, head)
            read += head.rows
