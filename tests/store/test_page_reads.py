"""What pages read is what all rows say, however far apart they stand: on both databases."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from payper.adjudication.past import VERDICT_CODES
from payper.desk.reads import shelf
from payper.reasons import Reason
from payper.store import book_pages, derived
from payper.store.book_pages import read_pages
from payper.store.database import Batch, Database, open_database

HEADLINES = [0, *(reason.number for reason in list(Reason)[:3])]
NAMES = {reason.number: reason.name for reason in Reason}
ROWS = st.lists(
    st.tuples(st.sampled_from(["big", "small", "other"]), st.integers(0, 3), st.sampled_from(HEADLINES), st.integers(0, 2)), max_size=40
)


def parquet(frame: pl.DataFrame) -> bytes:
    buffer = io.BytesIO()
    frame.write_parquet(buffer)
    return buffer.getvalue()


def fill(book: Database, rows: Sequence[tuple[str, int, int, int]]) -> pl.DataFrame:
    """Keep rows (contract, verdict, headline, batch of the contract), numbered in order of arrival; give them all."""
    frame = pl.DataFrame(rows, schema={"contract": pl.String, "verdict": pl.Int64, "headline": pl.Int64, "part": pl.Int64}, orient="row")
    frame = frame.with_row_index("delivery_id", offset=1).with_columns(pl.col("delivery_id").cast(pl.Int64), pl.lit(5).alias("price_minor"))
    run = book.begin_run(as_of=None)
    for (contract, _), own in frame.group_by(["contract", "part"], maintain_order=True):
        journal = own.select(
            "delivery_id",
            pl.col("verdict").replace_strict(dict(enumerate(VERDICT_CODES)), return_dtype=pl.String),
            pl.col("headline").replace_strict(NAMES, default="", return_dtype=pl.String).alias("reasons"),
            pl.col("price_minor").cast(pl.Int64),
        )
        batch = Batch(subject="deliveries", chain=str(contract), file="a.csv", provider="p", rows=own.height, journal=parquet(journal))
        number = book.add_batch(batch, run=run)
        # In two parts, as an open batch grows.
        for part in (own.head(own.height // 2), own.tail(own.height - own.height // 2)):
            book.add_verdicts(part.select("delivery_id", "verdict", "headline", "price_minor"), batch=number)
    return frame


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=ROWS, window=st.sampled_from([1, 3, 20_000]), limit=st.integers(1, 6))
def test_a_page_holds_the_newest_that_fit_and_the_next_goes_on(
    new_book: Callable[[], str], monkeypatch: pytest.MonkeyPatch, rows: list[tuple[str, int, int, int]], window: int, limit: int
) -> None:
    monkeypatch.setattr(book_pages, "WINDOW", window)
    shelf.clear()
    address = new_book()
    with open_database(address) as book, book.transaction():
        whole = fill(book, rows)
    with read_pages(address) as pages:
        for contracts in (["small"], ["big", "small"], ["big", "small", "other"], []):
            for verdict in (None, 1):
                for headline in (None, HEADLINES[2]):
                    fits = whole.filter(pl.col("contract").is_in(contracts)).sort("delivery_id", descending=True)
                    fits = fits if verdict is None else fits.filter(pl.col("verdict") == verdict)
                    fits = fits if headline is None else fits.filter(pl.col("headline") == headline)
                    expected, found, before = fits["delivery_id"].to_list(), [], None
                    while True:
                        page = shelf.newest_verdicts(pages, contracts, verdict=verdict, headline=headline, before=before, limit=limit)
                        found += [row.delivery_id for row in page]
                        assert all((verdict in {None, row.verdict}) and (headline in {None, row.headline}) for row in page)
                        if len(page) < limit:
                            break
                        before = page[-1].delivery_id
                    assert found == expected
        assert pages.stray() is None


def test_sums_of_accounts_grow_with_every_transfer(new_book: Callable[[], str]) -> None:
    address = new_book()
    schema = {
        "transfer_id": pl.String, "charge_id": pl.String, "contract": pl.String, "kind": pl.String, "amount_minor": pl.Int64,
        "debit_account": pl.String, "credit_account": pl.String,
    }  # fmt: skip
    rows = [
        ("a/1/accepted/pending", "a/1/accepted", "a", "pending", 100, "x", "y"), ("a/2/accepted/pending", "a/2/accepted", "a", "pending", 50, "x", "y"),
        ("b/3/accepted/pending", "b/3/accepted", "b", "pending", 7, "x", "y"), ("a/1/accepted/post", "a/1/accepted", "a", "post", 100, "y", "z"),
    ]  # fmt: skip
    at = pl.Series([0] * len(rows)).cast(pl.Datetime("us", "UTC"))
    frame = pl.DataFrame(rows, schema=schema, orient="row").with_columns(
        at.alias("happened_at"),
        pl.lit("USD").alias("currency"),
        pl.lit("why").alias("cause"),
        pl.lit(None, dtype=pl.String).alias("corrects"),
    )
    with open_database(address) as book, book.transaction():
        for place in range(frame.height):
            book.add_transfers(frame[place : place + 1], run=1)
    with read_pages(address) as pages:
        found = pages.account_sums(["a", "b", "c"]).sort("contract", "debit_account").rows()
        assert found == [("a", "x", "y", "USD", 150), ("a", "y", "z", "USD", 100), ("b", "x", "y", "USD", 7)]
        assert pages.account_sums([]).is_empty()
        assert [row.transfer_id for row in pages.transfers_of("a", 1, ["a/1/accepted"])] == ["a/1/accepted/pending", "a/1/accepted/post"]
        assert pages.stray() is None


def test_what_a_run_added_is_found_by_the_run_and_not_by_going_through_the_ledger(new_book: Callable[[], str]) -> None:
    address = new_book()
    with open_database(address) as book, book.transaction():
        for run in range(1, 41):
            ids = [
                f"{contract}/{run * 10 + place}/accepted/{kind}" for contract in "ab" for place in range(5) for kind in ("pending", "post")
            ]
            book.add_transfers(transfers([(id_, id_[0], run) for id_ in ids]), run=run)
        if address.startswith("postgresql"):
            book._connection.run("set local enable_seqscan = off")
        questions = {
            "select block from transfer_block where run = 7 order by contract, block": "transfer_block_run",
            "select contract, external_id, claimed_at, outcome from return_answer where run = 7": "return_answer_run",
            "select kind from transfer where transfer_id in ('a/1/accepted/pending', 'a/2/accepted/pending')": "key",
        }
        explain = "explain" if address.startswith("postgresql") else "explain query plan"
        for question, index in questions.items():
            plan = " ".join(str(row) for row in book._connection.rows(f"{explain} {question}"))
            assert index in plan.lower() or "primary key" in plan.lower(), plan
    with read_pages(address) as pages:
        told = {(contract, kind): [row[0] for row in rows] for contract, kind, rows in pages.transfers_of_run(7)}
        assert {contract: set(ids) for (contract, _), ids in told.items()} == {
            contract: {f"{contract}/{70 + place}/accepted/{kind}" for place in range(5) for kind in ("pending", "post")}
            for contract in "ab"
        }
        assert list(pages.transfers_of_run(99)) == []
    with open_database(address) as book, book.transaction():
        # As an earlier payper left it.
        book._connection.run("update transfer_block set run = null")
    with read_pages(address) as pages:
        assert {contract for contract, _, rows in pages.transfers_of_run(7) if rows} == {"a", "b"}


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ("delete from transfer_block where contract = 'b'", "statement line (b/1/accepted/pending)"),
        ("update transfer_block set places = places || chr(10) || places where contract = 'b'", "statement line (b/1/accepted/pending)"),
        ("update transfer_block set last_at = 99 where contract = 'a'", "block"),
        ("update transfer_block set run = 2 where contract = 'a'", "statement line (a/1/accepted/pending)"),
        ("update transfer_block set places = '6 3 accepted/pending' where contract = 'a'", "block"),
        (
            "update transfer_block set places = '5 1 accepted/pending', last_at = 5 where contract = 'a'",
            "statement line (a/3/accepted/pending)",
        ),
    ],
)
def test_verify_names_a_statement_line_that_stands_in_no_block_or_in_the_wrong_place(
    new_book: Callable[[], str], change: str, named: str
) -> None:
    address = new_book()
    with open_database(address) as book, book.transaction():
        book.add_transfers(
            transfers([("a/1/accepted/pending", "a", 5), ("a/3/accepted/pending", "a", 5), ("b/1/accepted/pending", "b", 5)]), run=1
        )
    with read_pages(address) as pages:
        assert pages.stray() is None
    with open_database(address) as book, book.transaction():
        book._connection.run(change if address.startswith("postgresql") else change.replace("chr(10)", "char(10)"))
    with read_pages(address) as pages:
        stray = pages.stray()
        assert stray is not None
        assert stray.startswith(named)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    parts=st.lists(st.lists(st.tuples(st.sampled_from("ab"), st.integers(1, 30), st.integers(0, 4)), max_size=25), max_size=4),
    rows=st.sampled_from([1, 2, 5, 4096]), limit=st.integers(1, 7),
)  # fmt: skip
def test_lines_of_a_contract_stand_in_order_of_time_and_arrival_however_they_came(
    new_book: Callable[[], str], monkeypatch: pytest.MonkeyPatch, parts: list[list[tuple[str, int, int]]], rows: int, limit: int
) -> None:
    monkeypatch.setattr(derived, "BLOCK_ROWS", rows)
    address, whole = new_book(), {}
    with open_database(address) as book, book.transaction():
        for part in parts:
            new = {f"{contract}/{id_}/accepted/pending": (contract, at) for contract, id_, at in part}
            new = {id_: value for id_, value in new.items() if id_ not in whole}
            whole |= new
            book.add_transfers(transfers([(id_, contract, at) for id_, (contract, at) in new.items()]), run=1)
    with read_pages(address) as pages:
        for contract in "ab":
            own = [(at, int(id_.split("/")[1]), id_) for id_, (of, at) in whole.items() if of == contract]
            found, before = [], None
            while True:
                page = pages.transfer_rows(contract, before=before, limit=limit)
                found += [row.transfer_id for row in page]
                if len(page) < limit:
                    break
                last = page[-1].transfer_id.split("/", 2)
                before = (page[-1].happened_at, int(last[1]), last[2])
            assert found == [id_ for *_, id_ in sorted(own, reverse=True)]


def test_a_book_of_an_earlier_version_has_its_lines_once_it_was_opened(new_book: Callable[[], str]) -> None:
    address = new_book()
    with open_database(address) as book, book.transaction():
        book.add_transfers(transfers([("a/1/accepted/pending", "a", 5), ("a/12/accepted/pending", "a", 5)]), run=1)
        book._connection.run("delete from transfer_block")
        book._connection.run("delete from setting where name = ?", (derived.BLOCKS,))
    with open_database(address), read_pages(address) as pages:
        assert [row.transfer_id for row in pages.transfer_rows("a", before=None, limit=9)] == [
            "a/12/accepted/pending",
            "a/1/accepted/pending",
        ]


def transfers(rows: list[tuple[str, str, int]]) -> pl.DataFrame:
    schema = {"transfer_id": pl.String, "contract": pl.String, "happened_at": pl.Int64}
    return pl.DataFrame(rows, schema=schema, orient="row").select(
        "transfer_id", pl.lit("c").alias("charge_id"), "contract", pl.lit("pending").alias("kind"), pl.col("happened_at").cast(pl.Datetime("us", "UTC")),
        pl.lit(7).cast(pl.Int64).alias("amount_minor"), pl.lit("USD").alias("currency"), pl.lit("x").alias("debit_account"),
        pl.lit("y").alias("credit_account"), pl.lit("why").alias("cause"), pl.lit(None, dtype=pl.String).alias("corrects"),
    )  # fmt: skip
