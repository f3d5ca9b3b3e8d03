"""The store: migrations keep data, one SQLite library, nothing recorded twice, clear words when the file is not right."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from payper.errors import StoreError
from payper.store.database import CHAIN_START, Batch, migrate, migrations, open_database


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
    monkeypatch.setattr("payper.store.database.migrations", lambda: steps)
    with pytest.raises(sqlite3.OperationalError):
        migrate(connection, path=path)
    connection.rollback()
    assert connection.execute("pragma user_version").fetchone() == (newest,)
    assert connection.execute("select count(*) from sqlite_master where name = 'extra'").fetchone() == (0,)
    connection.close()


def test_batches_follow_one_another_in_their_own_chain(tmp_path: Path) -> None:
    with open_database(tmp_path / "a.sqlite") as database, database.transaction():
        run = database.begin_run(as_of=None)
        for chain in ("reach", "meet", "reach"):
            database.add_batch(Batch(subject="deliveries", chain=chain, file="f", provider="p", rows=1, journal=b"j", people=b"p"), run=run)
        first, other, second = database.batches()
        assert (first.previous, other.previous, second.previous) == (CHAIN_START, CHAIN_START, first.digest)


def test_nothing_of_a_broken_transaction_stays(tmp_path: Path) -> None:
    with open_database(tmp_path / "a.sqlite") as database:
        with pytest.raises(RuntimeError), database.transaction():
            database.begin_run(as_of=None)
            raise RuntimeError
        assert database.runs() == 0


def test_a_transfer_is_never_recorded_twice(tmp_path: Path) -> None:
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
    with open_database(tmp_path / "a.sqlite") as database, database.transaction():
        database.add_transfers(frame, run=1)
        with pytest.raises(StoreError, match="recorded twice"):  # the second time
            database.add_transfers(frame, run=1)


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
    code = "import payper.desk.run, payper.desk.verify, sys; print([name for name in sys.modules if name.split('.')[0] in {'adbc_driver_sqlite', 'adbc_driver_manager', 'connectorx', 'duckdb', 'apsw', 'sqlalchemy'}])"
    assert subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.strip() == "[]"
