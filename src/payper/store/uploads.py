"""Files that a party sent to a book and that are on their way: their bytes, how they are to be read, how far they have come."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from payper.store.database import Database
from payper.store.people_kept import literal as _literal

PIECE_BYTES = 1 << 20

COMING, MAPPING, WAITING, JUDGING, DONE, REFUSED = "coming", "mapping", "waiting", "judging", "done", "refused"
"""States: its bytes arrive; somebody is to say which column is which; it is to be judged; it is being judged; it was; it cannot be."""

_COLUMNS = "upload, party, who, contract, name, bytes, digest, state, mapping, told, run, made_at"


@dataclass(frozen=True, slots=True)
class UploadRow:
    """One file.

    Attributes:
        upload: Names it; random.
        size: Its bytes.
        mapping: A mapping.toml, or empty: guessed.
        told: How far it has come, and what became of it.
        run: In which it was judged, or None.
    """

    upload: str
    party: str
    who: str
    contract: str
    name: str
    size: int
    digest: bytes
    state: str
    mapping: str
    told: Mapping[str, Any]
    run: int | None
    made_at: datetime


class Uploads(Database):
    """The statements; every change happens inside `transaction`."""

    @classmethod
    def of(cls, database: Database) -> Uploads:
        """Give the same book with these statements."""
        return cls(database._connection)  # noqa: SLF001  # the same connection, with more statements

    def add_upload(self, row: UploadRow) -> None:
        """Keep a new file."""
        values = (
            row.upload, row.party, row.who, row.contract, row.name, row.size, row.digest, row.state, row.mapping, json.dumps(row.told),
            row.run, row.made_at.astimezone(UTC).isoformat(timespec="seconds"),
        )  # fmt: skip
        self._connection.run(f"insert into upload ({_COLUMNS}) values ({', '.join('?' * len(values))})", values)  # noqa: S608  # marks

    def add_piece(self, upload: str, piece: int, content: bytes) -> None:
        """Keep some of its bytes."""
        self._connection.run("insert into upload_piece values (?, ?, ?)", (upload, piece, content))

    def pieces(self, upload: str) -> Iterator[bytes]:
        """Give its bytes, piece by piece."""
        numbers = list(self._connection.rows("select piece from upload_piece where upload = ? order by piece", (upload,)))
        for (number,) in numbers:
            for row in self._connection.rows("select content from upload_piece where upload = ? and piece = ?", (upload, number)):
                yield bytes(row[0])

    def drop_pieces(self, upload: str) -> None:
        """Keep its bytes no longer: its rows stand in the journal."""
        self._connection.run("delete from upload_piece where upload = ?", (upload,))

    def count_pieces(self, upload: str) -> int:
        """Count the pieces that are kept of a file."""
        return self._number("select count(*) from upload_piece where upload = ?", (upload,))

    def uploads_with_pieces(self) -> list[UploadRow]:
        """List the files whose bytes are kept, oldest first."""
        return list(self._uploads("exists (select 1 from upload_piece p where p.upload = upload.upload) order by made_at, upload", ()))

    def drop_pieces_of_none(self) -> None:
        """Keep no bytes of files that never came whole."""
        self._connection.run("delete from upload_piece where upload not in (select upload from upload)")

    def uploads_saying(self, text: str) -> list[UploadRow]:
        """List the files whose name, columns or outcome say a text, in whatever case."""
        like = f"%{_literal(text.lower())}%"
        return list(self._uploads("lower(name) like ? or lower(mapping) like ? or lower(told) like ?", (like, like, like)))

    def rewrite(self, upload: str, *, name: str, mapping: str, told: Mapping[str, Any]) -> None:
        """Put other words in the place of those that say something of a file."""
        values = (name, mapping, json.dumps(told), upload)
        self._connection.run("update upload set name = ?, mapping = ?, told = ? where upload = ?", values)

    def forget_mappings_with(self, text: str) -> None:
        """Forget the remembered columns in which a text stands: a file without a header has somebody's data in its place."""
        self._connection.run("delete from column_mapping where lower(mapping) like ?", (f"%{_literal(text.lower())}%",))

    def set_progress(self, upload: str, told: Mapping[str, Any]) -> None:
        """Say how far judging has come, unless the file was refused meanwhile."""
        sql = f"update upload set state = '{JUDGING}', told = ? where upload = ? and state in ('{WAITING}', '{JUDGING}')"  # noqa: S608  # fixed texts
        self._connection.run(sql, (json.dumps(told), upload))

    def upload(self, upload: str) -> UploadRow | None:
        """Give a file, or None."""
        return next(self._uploads("upload = ?", (upload,)), None)

    def uploads_in(self, states: Sequence[str]) -> list[UploadRow]:
        """List the files in some states, oldest first."""
        marks = ", ".join("?" * len(states))
        return list(self._uploads(f"state in ({marks}) order by made_at, upload", tuple(states)))

    def uploads_of(self, contracts: Sequence[str], *, limit: int) -> list[UploadRow]:
        """List the newest files sent under some contracts."""
        marks = ", ".join("?" * len(contracts)) or "null"
        return list(self._uploads(f"contract in ({marks}) order by made_at desc, upload limit ?", (*contracts, limit)))

    def _uploads(self, where: str, values: Sequence[object]) -> Iterator[UploadRow]:
        for row in list(self._connection.rows(f"select {_COLUMNS} from upload where {where}", values)):  # noqa: S608  # fixed texts only
            upload, party, who, contract, name = (str(each) for each in row[:5])
            yield UploadRow(
                upload, party, who, contract, name, int(row[5]), bytes(row[6]), str(row[7]), str(row[8]), json.loads(row[9]),
                None if row[10] is None else int(row[10]), datetime.fromisoformat(row[11]),
            )  # fmt: skip

    def set_state(self, upload: str, state: str, *, told: Mapping[str, Any] | None = None, run: int | None = None) -> None:
        """Say how far a file has come."""
        self._connection.run("update upload set state = ? where upload = ?", (state, upload))
        if told is not None:
            self._connection.run("update upload set told = ? where upload = ?", (json.dumps(told), upload))
        if run is not None:
            self._connection.run("update upload set run = ? where upload = ?", (run, upload))

    def set_mapping(self, upload: str, mapping: str) -> None:
        """Say how a file is to be read."""
        self._connection.run("update upload set mapping = ? where upload = ?", (mapping, upload))

    def column_mapping(self, party: str, headers: str) -> str | None:
        """Give how a party's files with these headers were read last, or None."""
        row = self._row("select mapping from column_mapping where party = ? and headers = ?", (party, headers))
        return None if row is None else str(row[0])

    def keep_column_mapping(self, party: str, headers: str, mapping: str, *, at: datetime) -> None:
        """Remember how a party's files with these headers are read."""
        made_at = at.astimezone(UTC).isoformat(timespec="seconds")
        self._connection.run(
            "insert into column_mapping values (?, ?, ?, ?) on conflict (party, headers) do update "
            "set mapping = excluded.mapping, made_at = excluded.made_at",
            (party, headers, mapping, made_at),
        )

    def verdicts_since(self, delivery_id: int) -> Iterator[int]:
        """Give the verdict codes of the deliveries after one."""
        for row in self._connection.rows("select verdict from verdict where delivery_id > ?", (delivery_id,)):
            yield int(row[0])
