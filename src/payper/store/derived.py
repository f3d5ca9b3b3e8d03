"""Sums and counts that pages read in place of all rows; kept up in the transaction that adds the rows."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence

import polars as pl

from payper.store.connections import Connection


def count_verdicts(connection: Connection, verdicts: pl.DataFrame, *, batch: int) -> None:
    """Count new verdicts of a batch by verdict and headline: `delivery_id`, `verdict`, `headline`."""
    id_ = pl.col("delivery_id")
    groups = verdicts.group_by("verdict", "headline").agg(pl.len(), id_.min().alias("first"), id_.max().alias("last"))
    _add_groups(connection, [(batch, *map(int, row)) for row in groups.sort("verdict", "headline").iter_rows()])


def count_few_verdicts(connection: Connection, verdicts: Sequence[tuple[int, int, int, int]], *, batch: int) -> None:
    """As `count_verdicts`, of few: delivery, verdict, headline, and what is not looked at."""
    groups: dict[tuple[int, int], list[int]] = {}
    for id_, verdict, headline, _ in verdicts:
        groups.setdefault((verdict, headline), []).append(id_)
    _add_groups(connection, [(batch, *group, len(ids), min(ids), max(ids)) for group, ids in sorted(groups.items())])


def _add_groups(connection: Connection, groups: Sequence[tuple[int, ...]]) -> None:
    connection.run_many(
        "insert into verdict_group values (?, ?, ?, ?, ?, ?) on conflict (batch, verdict, headline) do update set "
        "rows = verdict_group.rows + excluded.rows, last_id = excluded.last_id",
        groups,
    )


def add_to_sums(connection: Connection, transfers: pl.DataFrame) -> None:
    """Add new transfers to what moved between accounts."""
    by = ["contract", "debit_account", "credit_account", "currency"]
    sums = transfers.group_by(by).agg(pl.col("amount_minor").sum()).sort(by)
    connection.run_many(
        "insert into account_sum values (?, ?, ?, ?, ?) on conflict (contract, debit_account, credit_account, currency) do update set "
        "amount_minor = account_sum.amount_minor + excluded.amount_minor",
        list(sums.iter_rows()),
    )


BLOCK_ROWS = 1024
"""Transfers in a block, at most."""

BLOCKS = "transfer_blocks"
"""The setting of a book that says that all of its transfers stand in blocks."""

Place = tuple[int, int, str]
"""Where a transfer stands: instant in microseconds since 1970 (UTC), delivery, and what follows these two in its id.

Those of one instant stand in the order of their deliveries, not of their ids as texts: that would show where another digit begins, and so
how many deliveries others make.
"""


def add_blocks(connection: Connection, transfers: pl.DataFrame, *, run: int | None) -> None:
    """Put new transfers of a run (None: of whichever) into blocks: `transfer_id`, `contract`, `happened_at` in microseconds."""
    blocks: list[tuple[str, int, str, int | None]] = []
    for (contract,), own in transfers.sort("contract").group_by(["contract"], maintain_order=True):
        tail = pl.col("transfer_id").str.strip_prefix(f"{contract}/").str.splitn("/", 2)
        placed = own.select(
            "happened_at",
            tail.struct.field("field_0").cast(pl.Int64, strict=False).fill_null(0).alias("delivery"),
            tail.struct.field("field_1").fill_null("").alias("rest"),
        )
        # There are few ends of ids, and numbers are sorted many times as quickly as texts.
        ends = placed["rest"].unique().sort()
        rank = pl.col("rest").replace_strict(ends, pl.int_range(len(ends), eager=True), return_dtype=pl.UInt32)
        placed = placed.with_columns(rank.alias("rank")).sort("happened_at", "delivery", "rank", descending=True)
        lines = placed.select(pl.concat_str("happened_at", "delivery", "rest", separator=" "))["happened_at"].to_list()
        instants = placed["happened_at"]
        for first in range(0, len(lines), BLOCK_ROWS):
            blocks.append((str(contract), int(instants[first]), "\n".join(lines[first : first + BLOCK_ROWS]), run))  # noqa: PERF401  # shorter so
    connection.run_many(
        "insert into transfer_block (contract, last_at, places, run) values (?, ?, ?, ?)",
        blocks,
    )


def fill_blocks(connection: Connection) -> None:
    """Put the transfers of a book that an earlier payper wrote into blocks, once."""
    known = "select 1 from setting where name = ?"
    if next(iter(connection.rows(known, (BLOCKS,))), None) is not None:
        return
    with connection.transaction():
        if next(iter(connection.rows(known, (BLOCKS,))), None) is None:
            schema = {"transfer_id": pl.String, "contract": pl.String, "happened_at": pl.Int64}
            rows = list(connection.rows("select transfer_id, contract, happened_at from transfer"))
            add_blocks(connection, pl.DataFrame(rows, schema=schema, orient="row"), run=None)
            connection.run("insert into setting values (?, ?)", (BLOCKS, b"1"))


def places_of_run(connection: Connection, run: int) -> dict[str, list[str]] | None:
    """Give the ids of a run's transfers by contract; None: an earlier payper wrote blocks, and did not say of which run."""
    found: dict[str, list[str]] = {}
    numbers = list(connection.rows("select block from transfer_block where run = ? order by contract, block", (run,)))
    for number in numbers:
        for contract, text in connection.rows("select contract, places from transfer_block where block = ?", number):
            places = (_place(line) for line in str(text).split("\n"))
            found.setdefault(str(contract), []).extend(f"{contract}/{delivery}/{rest}" for _, delivery, rest in places)
    if not found and next(iter(connection.rows("select 1 from transfer_block where run is null limit 1")), None) is not None:
        return None
    return found


def newest_places(connection: Connection, contract: str, *, before: Place | None, limit: int) -> list[Place]:
    """Give where the newest transfers of a contract stand, those before a place where one is named."""
    found: list[Place] = []
    sql = "select last_at, places from transfer_block where contract = ? order by last_at desc"
    for last, text in _blocks(connection, sql, contract):
        if len(found) == limit and found[-1][0] > last:
            break
        own = (_place(line) for line in text.split("\n"))
        fits = (place for place in own if before is None or place < before)
        found = heapq.nlargest(limit, [*found, *(place for place, _ in zip(fits, range(limit), strict=False))])
    return found


def all_places(connection: Connection, contract: str) -> Iterator[Place]:
    """Give where all transfers of a contract stand, the newest first, with no more blocks at hand than are of one time."""
    heap: list[tuple[int, int, str]] = []
    numbers = list(
        connection.rows("select block, last_at from transfer_block where contract = ? order by last_at desc, block", (contract,))
    )
    for number, last in numbers:
        ready = sorted((place for place in heap if place[0] > last), reverse=True)
        yield from ready
        heap = [place for place in heap if place[0] <= last] if ready else heap
        for (text,) in connection.rows("select places from transfer_block where block = ?", (number,)):
            heap += [_place(line) for line in str(text).split("\n")]
    yield from sorted(heap, reverse=True)


def _blocks(connection: Connection, sql: str, contract: str) -> Iterator[tuple[int, str]]:
    """Read blocks a few at a time, as a server sends a whole answer at once."""
    skipped, few = 0, 2
    while True:
        rows = list(connection.rows(f"{sql}, block limit ? offset ?", (contract, few, skipped)))
        yield from ((int(row[0]), str(row[1])) for row in rows)
        if len(rows) < few:
            return
        skipped, few = skipped + few, 32


def _place(line: str) -> Place:
    at, delivery, rest = line.split(" ", 2)
    return int(at), int(delivery), rest


def first_stray(connection: Connection) -> str | None:
    """Name the first sum or count that is not that of the rows it stands for; None: all are."""
    ways = {
        "sum of transfers": (
            "select contract, debit_account, credit_account, currency, sum(amount_minor) from transfer "
            "group by contract, debit_account, credit_account, currency",
            "select contract, debit_account, credit_account, currency, amount_minor from account_sum",
        ),
        "count of verdicts": (
            "select batch, verdict, headline, count(*), min(delivery_id), max(delivery_id) from verdict group by batch, verdict, headline",
            "select batch, verdict, headline, rows, first_id, last_id from verdict_group",
        ),
    }
    for what, (told, kept) in ways.items():
        for first, second in ((told, kept), (kept, told)):
            row = next(iter(connection.rows(f"{first} except {second} limit 1")), None)
            if row is not None:
                return f"{what} ({', '.join(map(str, row[:-1]))})"
    return _stray_line(connection)


def _stray_line(connection: Connection) -> str | None:
    """Name the first transfer that does not stand in exactly one block, in its place there, or a block out of order; None: all do."""
    blocks = pl.DataFrame(
        list(connection.rows("select block, contract, last_at, places, run from transfer_block order by block")),
        schema={"block": pl.Int64, "contract": pl.String, "last_at": pl.Int64, "places": pl.String, "run": pl.Int64},
        orient="row",
    )
    place = pl.col("places").str.splitn(" ", 3).struct
    number = {name: place.field(f"field_{index}").cast(pl.Int64, strict=False) for index, name in enumerate(("at", "delivery"))}
    lines = blocks.with_columns(pl.col("places").str.split("\n")).explode("places")
    lines = lines.with_columns(**number, rest=place.field("field_2")).with_columns(
        pl.concat_str("contract", "delivery", "rest", separator="/").alias("transfer_id")
    )
    ordered = lines.sort("block", "at", "delivery", "rest", descending=[False, True, True, True], maintain_order=True)
    first = lines.group_by("block", maintain_order=True).first()
    wrong = pl.concat(
        [
            lines.filter(ordered["transfer_id"].ne_missing(lines["transfer_id"])).select("block"),
            first.filter(pl.col("at").ne_missing(pl.col("last_at"))).select("block"),
        ]
    )
    if wrong.height:
        return f"block {wrong['block'][0]} of statement lines"
    kept = pl.DataFrame(
        list(connection.rows("select transfer_id, contract, happened_at, run from transfer")),
        schema={"transfer_id": pl.String, "contract": pl.String, "happened_at": pl.Int64, "of_run": pl.Int64},
        orient="row",
    )
    held = kept.join(lines.select("transfer_id", "at", "run", "block"), on="transfer_id", how="full", coalesce=True).sort("transfer_id")
    stray = held.filter(
        pl.col("transfer_id").is_duplicated()
        | pl.col("happened_at").ne_missing(pl.col("at"))
        | pl.col("block").is_null()
        | (pl.col("run").is_not_null() & (pl.col("run") != pl.col("of_run")))
    )
    return f"statement line ({stray['transfer_id'][0]})" if stray.height else None
