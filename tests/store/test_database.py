"""The store: migrations keep data, one SQLite library, nothing recorded twice, clear words when the file is not right."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from payper.errors import PayperError, StoreError
from payper.store.database import CHAIN_START, Batch, open_database, read_database
from payper.store.migrating import migrations
from payper.store.sqlite import migrate

NewBook = Callable[[], str]


def dump(connection: sqlite3.Connection) -> dict[str, list[tuple[object, ...]]]:
    tables = [name for (name,) in connection.execute("select name from sqlite_master where type = 'table' order by name")]
    return {name: list(connection.execute(f"select * from {name}")) for name in tables}


FILLED = """
insert into setting values ('secret', x'00112233445566778899aabbccddeeff');
insert into contract_version values ('reach', 1, 'abc', '[contract]', '2026-01-01T00:00:00+00:00');
insert into run values (1, '2026-01-01T00:00:00+00:00', null);
insert into source_file values ('deliveries/reach/a.csv', 1, 'deliveries', x'01', 2, 0);
insert into batch (run, subject, chain, file, provider, rows, previous, digest, journal, people, segment) values (1, 'deliveries', 'reach', 'a.csv', 'intent', 2, x'00', x'01', x'02', x'03', x'04');
insert into verdict values (1, 1, 0, 0, 4800), (2, 1, 1, 203, 0);
insert into transfer values ('t1', 'c1', 'reach', 'pending', 0, 4800, 'USD', 'a', 'b', 'why', null, 1);
insert into charge values ('c1', 1, 'reach', 'accepted', 1, 0, 4800, 1);
"""


def test_every_migration_keeps_the_data_of_the_version_before(tmp_path: Path) -> None:
    """Fill the first version, step through all others, and find every row as it was, with new columns only at the end."""
    path = tmp_path / "old.sqlite"
    connection = sqlite3.connect(path, isolation_level=None)
    migrate(connection, path=path, until=1)
    connection.executescript(FILLED)
    before = dump(connection)
    for number, _ in migrations()[1:]:
        migrate(connection, path=path, until=number)
        after = dump(connection)
        for table, rows in before.items():
            assert [row[: len(old)] for row, old in zip(after[table], rows, strict=True)] == rows
        assert connection.execute("pragma user_version").fetchone() == (number,)
    connection.close()
    with open_database(path) as database:
        assert database.last_delivery_id() == 2
        assert database.transfers()["amount_minor"].to_list() == [4800]
        assert database.files_read("deliveries") == {"deliveries/reach/a.csv": b"\x01"}


def test_a_migration_that_breaks_half_way_leaves_the_version_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "half.sqlite"
    connection = sqlite3.connect(path, isolation_level=None)
    migrate(connection, path=path)
    newest = migrations()[-1][0]
    steps = [*migrations(), (newest + 1, "create table extra (x); insert into nowhere values (1)")]
    monkeypatch.setattr("payper.store.migrating.migrations", lambda kind="book": steps)
    with pytest.raises(sqlite3.OperationalError):
        migrate(connection, path=path)
    connection.rollback()
    assert connection.execute("pragma user_version").fetchone() == (newest,)
    assert connection.execute("select count(*) from sqlite_master where name = 'extra'").fetchone() == (0,)
    connection.close()


def test_batches_follow_one_another_in_their_own_chain(new_book: NewBook) -> None:
    with open_database(new_book()) as database, database.transaction():
        run = database.begin_run(as_of=None)
        for chain in ("reach", "meet", "reach"):
            database.add_batch(Batch(subject="deliveries", chain=chain, file="f", provider="p", rows=1, journal=b"j", people=b"p"), run=run)
        first, other, second = database.batches()
        assert (first.previous, other.previous, second.previous) == (CHAIN_START, CHAIN_START, first.digest)


def test_batches_of_some_contracts_come_without_what_is_personal(new_book: NewBook) -> None:
    with open_database(new_book()) as database, database.transaction():
        run = database.begin_run(as_of=None)
        for chain in ("reach", "meet", "other"):
            batch = Batch(subject="deliveries", chain=chain, file="f", provider="p", rows=1, journal=b"j", people=b"p", segment=b"s")
            database.add_batch(batch, run=run)
        bare = list(database.batches("deliveries", chains=["reach", "other"], with_people=False))
        assert [(each.chain, each.journal, each.people, each.segment) for each in bare] == [
            ("reach", b"j", b"", b""),
            ("other", b"j", b"", b""),
        ]
        assert list(database.batches(chains=[])) == []


@pytest.mark.parametrize("count", [1, 39, 40, 41, 95])
def test_rows_are_kept_whole_however_many_one_statement_inserts(new_book: NewBook, count: int) -> None:
    ids = pl.Series(range(1, count + 1), dtype=pl.Int64)
    verdicts = pl.DataFrame({"delivery_id": ids, "verdict": ids % 4, "headline": ids * 3, "price_minor": ids * 100})
    charges = pl.DataFrame(
        {
            "charge_id": [f"c{place:03}" for place in range(count)],
            "delivery_id": ids,
            "contract": ["reach" if place % 3 else "meet" for place in range(count)],
            "milestone": ["accepted"] * count,
            "number": ids,
            "price_row": pl.Series([0] * count, dtype=pl.Int16),
            "amount_minor": ids * 100,
        }
    )
    with open_database(new_book()) as database, database.transaction():
        run = database.begin_run(as_of=None)
        database.add_verdicts(verdicts, batch=7)
        database.add_charges(charges, run=run)
        kept = database.verdicts()
        assert kept.drop("batch").equals(verdicts.cast(kept.drop("batch").schema))
        assert kept["batch"].unique().to_list() == [7]
        assert database.charges().equals(charges)


def test_nothing_of_a_broken_transaction_stays(new_book: NewBook) -> None:
    with open_database(new_book()) as database:
        with pytest.raises(RuntimeError), database.transaction():
            database.begin_run(as_of=None)
            raise RuntimeError
        assert database.runs() == 0


def test_a_transfer_is_never_recorded_twice(new_book: NewBook) -> None:
    frame = pl.DataFrame(
        {
            "transfer_id": ["t"],
            "charge_id": ["c"],
            "contract": ["reach"],
            "kind": ["pending"],
            "happened_at": [datetime(2026, 1, 1, tzinfo=UTC)],
            "amount_minor": [1],
            "currency": ["USD"],
            "debit_account": ["a"],
            "credit_account": ["b"],
            "cause": ["x"],
            "corrects": [None],
        }
    )
    with open_database(new_book()) as database:
        with database.transaction():
            database.add_transfers(frame, run=1)
        with pytest.raises(StoreError, match="recorded twice"), database.transaction():
            database.add_transfers(frame, run=1)
        assert database.transfers()["transfer_id"].to_list() == ["t"]


@pytest.mark.parametrize(("make", "words"), [
    (lambda path: path.write_bytes(b"this is no database at all, but long enough to look at" * 30), "not a database"),
    (lambda path: sqlite3.connect(path).executescript("pragma user_version = 99"), "version 99"),
])  # fmt: skip
def test_a_file_that_is_not_right_is_said_in_words(tmp_path: Path, make: object, words: str) -> None:
    path = tmp_path / "a.sqlite"
    make(path)  # type: ignore[operator]
    with pytest.raises(StoreError, match=words), open_database(path):
        pass


def test_no_other_sqlite_library_is_loaded_by_a_run() -> None:
    """A second SQLite in one process drops the first one's locks and loses committed data (decision 0003)."""
    code = "import payper.desk.folder.run, payper.desk.book.verify, sys; print([name for name in sys.modules if name.split('.')[0] in {'adbc_driver_sqlite', 'adbc_driver_manager', 'connectorx', 'duckdb', 'apsw', 'sqlalchemy'}])"
    assert subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.strip() == "[]"


def test_what_is_kept_is_read_back_alike(new_book: NewBook) -> None:
    """Texts, bytes, numbers beyond 32 bits, nulls and answers that replace one another."""
    address = new_book()
    with open_database(address) as database:
        secret = database.secret()
        with database.transaction():
            run = database.begin_run(as_of=None)
            database.set_setting("latest_day", "2026-01-01")
            database.set_setting("latest_day", "2026-02-02")
            database.add_contract(contract="reach", version=1, hash_="h", text="[contract] # Straße «x» %s ?")
            database.add_contract(contract="reach", version=1, hash_="h", text="[contract] # again")
            batch = database.add_batch(
                Batch(subject="deliveries", chain="reach", file="a.csv", provider="p", rows=1, journal=b"\x00\xff", segment=b"s"), run=run
            )
            frame = {"delivery_id": [5_000_000_000], "verdict": [2], "headline": [203], "price_minor": [4800]}
            database.add_verdicts(pl.DataFrame(frame), batch=batch)
            database.add_file(file="a.csv", run=run, subject="deliveries", digest=b"\x01", rows=1)
            database.add_mail_hosts({"acme.com": (True, "10 mx"), "none.com": (False, "no answer")})
            database.add_mail_hosts({"acme.com": (False, "gone")})
            answers = {"contract": ["reach"] * 2, "external_id": ["L-1"] * 2, "claimed_at": [datetime(2026, 1, 1, tzinfo=UTC)] * 2}
            database.add_return_answers(pl.DataFrame(answers | {"outcome": ["granted", "refused"]}), run=run)
    with read_database(address) as database:
        assert (database.secret(), database.runs(), database.setting("latest_day")) == (secret, 1, "2026-02-02")
        assert database.contract_texts() == [("reach", 1, "h", "[contract] # Straße «x» %s ?")]
        (kept,) = database.batches("deliveries")
        assert (kept.journal, kept.people, kept.segment) == (b"\x00\xff", b"", b"s")
        assert list(database.segments()) == [("reach", "p", b"s")]
        assert database.verdicts().rows() == [(5_000_000_000, batch, 2, 203, 4800)]
        assert database.last_delivery_id() == 5_000_000_000
        assert database.files_read("deliveries") == {"a.csv": b"\x01"}
        assert {host: takes for host, (takes, _, _) in database.mail_hosts().items()} == {"acme.com": False, "none.com": False}
        assert database.return_answers()["outcome"].to_list() == ["granted"]


def test_writers_of_one_book_take_turns(new_book: NewBook) -> None:
    """The second waits until the first has ended, and then sees what it wrote."""
    address = new_book()
    numbers: list[int] = []

    def write() -> None:
        with open_database(address) as other, other.transaction():
            numbers.append(other.begin_run(as_of=None))

    with open_database(address) as first, open_database(address) as asking:
        assert not asking.is_being_written()
        with first.transaction():
            thread = threading.Thread(target=write)
            thread.start()
            assert asking.is_being_written()
            assert first.begin_run(as_of=None) == 1
            thread.join(timeout=0.3)
            assert numbers == []
        thread.join(timeout=30)
    assert numbers == [2]


def test_who_reads_sees_nothing_of_what_is_not_committed(new_book: NewBook) -> None:
    address = new_book()
    with open_database(address) as writer:
        with writer.transaction():
            writer.begin_run(as_of=None)
            with read_database(address) as reader:
                assert reader.runs() == 0
        with read_database(address) as reader:
            assert reader.runs() == 1


def test_a_book_that_was_never_made_is_not_read(postgres: str) -> None:
    with pytest.raises(StoreError, match="no database of payper"), read_database(f"{postgres}?book=never_made"):
        pass


@pytest.mark.parametrize(("address", "words"), [
    ("mysql://host/db", "neither a file nor a PostgreSQL server"),
    ("postgresql://payper@127.0.0.1:1/none", "cannot be reached"),
    ("postgresql://payper@127.0.0.1:1/none?book=Drop%20Table", "no name of a book"),
    ("postgresql://payper@127.0.0.1:1/none?colour=red", "cannot be read"),
])  # fmt: skip
def test_an_address_that_is_not_right_is_said_in_words_without_its_password(address: str, words: str) -> None:
    with pytest.raises(PayperError, match=words) as caught, open_database(address.replace("payper@", "payper:secret@")):
        pass
    assert "secret" not in str(caught.value)
