"""How a fact names its delivery by the public number: put in place of it is what the journal knows it by."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

from payper.desk.reads.public_numbers import key_for, own_number
from payper.desk.reads.shelf import rows_by_id
from payper.store.book_pages import BookPages
from payper.store.database import Database

Row = Mapping[str, str | None]


def with_addresses(database: Database, contract: str, rows: Sequence[Row]) -> tuple[list[Row], dict[int, str]]:
    """Name deliveries as the journal does: by the external id, else by e-mail, or a decision by the delivery's own number.

    Args:
        database: The book.
        contract: The contract that rows are under.
        rows: As sent; those without `number` stay as they are.

    Returns:
        The rows; and by row, from 1, what is wrong with the number that it names.
    """
    if not any(row.get("number") for row in rows):
        return list(rows), {}
    book = BookPages(database._connection)  # noqa: SLF001  # the same connection, with more statements
    key = key_for(database.secret(), "delivery")
    own = {place: own_number(str(row["number"]), key) for place, row in enumerate(rows, start=1) if row.get("number")}
    known = rows_by_id(book, contract, sorted({id_ for id_ in own.values() if id_ is not None}))
    by_id = {row["delivery_id"]: row for row in known.iter_rows(named=True)}
    named: list[Row] = []
    unknown: dict[int, str] = {}
    for place, row in enumerate(rows, start=1):
        rest = {name: value for name, value in row.items() if name != "number"}
        if place not in own:
            named.append(rest)
            continue
        found = by_id.get(own[place])
        if found is None:
            unknown[place] = f"there is no delivery «{str(row['number'])[:40]}» under {contract}"
        elif row.get("external_id") and row["external_id"] != found["external_id"]:
            unknown[place] = f"delivery {row['number']} has another external id"
        named.append(
            rest if found is None else {**rest, **address_in_journal(book, found["batch"], found["delivery_id"], found["external_id"])}
        )
    return named, unknown


def address_in_journal(book: BookPages, batch: int, delivery_id: int, external_id: str | None) -> dict[str, str | None]:
    """Say by what the journal knows a delivery: `external_id`, `email` where it has none, and then `delivery_id`."""
    if external_id is not None:
        return {"external_id": external_id, "email": None, "delivery_id": None}
    place = pl.read_parquet(book.journal(batch), columns=["delivery_id"])["delivery_id"].index_of(delivery_id)
    people = pl.read_parquet(book.people(batch), columns=["email"])
    email = None if place is None else people["email"][place]
    return {"external_id": None, "email": email, "delivery_id": str(delivery_id)}
