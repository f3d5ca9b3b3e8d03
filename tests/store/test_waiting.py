"""Who writes to a database can be seen from outside, without disturbing them."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from payper.store.database import open_database
from payper.store.sqlite import is_being_written


def test_a_writer_is_seen_while_it_writes_and_no_longer(tmp_path: Path) -> None:
    path = tmp_path / "payper.sqlite"
    assert not is_being_written(path)
    with open_database(path) as database:
        assert not is_being_written(path)
        with database.transaction():
            assert is_being_written(path)
            database.set_setting("kept", "yes")
        assert not is_being_written(path)
        assert database.setting("kept") == "yes"


def test_what_is_no_database_is_written_by_nobody(tmp_path: Path) -> None:
    path = tmp_path / "payper.sqlite"
    path.write_text("no database " * 100, encoding="utf-8")
    assert not is_being_written(path)
    with closing(sqlite3.connect(tmp_path / "other.sqlite")) as connection:
        connection.execute("create table a (b)")
    assert not is_being_written(tmp_path / "other.sqlite")
