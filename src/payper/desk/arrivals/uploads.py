"""The acts of sending a file of deliveries: take it in, say which column is which, look how far it has come, read what became of it.

A file is kept in the book before it is answered for, and judged whole in one transaction by the same judging as `payper run`: a server that
is killed in the middle judges it again from the beginning, and nothing of it is doubled or lost.
"""

from __future__ import annotations

import hashlib
import secrets
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from payper.connectors.files import FORMATS
from payper.desk.arrivals.idempotency import answer_before, digest_of
from payper.desk.folder.programme import questions_of
from payper.desk.folder.reading import OpenFile, check_columns, open_file
from payper.desk.people.installation import AbsentError, Reached, absent, open_pages, reach_book, reach_contract
from payper.desk.people.people import Actor
from payper.desk.people.refusals import RefusedError
from payper.desk.reads.read_contracts import read_versions
from payper.errors import FileError, StoreError
from payper.intake.columns import names_of
from payper.intake.mapping import Mapping as Columns
from payper.parties import Act
from payper.store.database import open_database
from payper.store.directory import Directory
from payper.store.uploads import MAPPING, PIECE_BYTES, WAITING, UploadRow, Uploads
from payper.terms.contract import Contract

BYTES_MAX = 1_000_000_000
"""The largest file."""

NAME_CHARACTERS_MAX = 150
PIECES_AT_ONCE = 8
SHOWN_VALUES = 3
LISTED = 20


@dataclass(frozen=True, slots=True)
class UploadSeen:
    """A file that was sent, as somebody who may send sees it."""

    row: UploadRow
    reached: Reached


@dataclass(frozen=True, slots=True)
class HeaderSeen:
    """One column of a file: what its first rows say, and what it is taken for (None: nothing)."""

    header: str
    values: tuple[str, ...]
    column: str | None
    why: str


@dataclass(frozen=True, slots=True)
class MappingSeen:
    """How a file is read, to be looked over.

    Attributes:
        columns: What a column can be.
        date_order: dmy or mdy where it is said; None: as each column shows.
        doubtful: By header, a date that reads two ways.
        is_remembered: Whether it was said for a file with this header before.
    """

    headers: tuple[HeaderSeen, ...]
    columns: tuple[str, ...]
    date_order: str | None
    doubtful: Mapping[str, str]
    is_remembered: bool
    notes: tuple[str, ...]


def take_file(
    directory: Directory,
    actor: Actor,
    *,
    buyer: str,
    contract: str,
    name: str,
    path: Path,
    is_asked: bool,
    mapping: str = "",
    key: str | None = None,
    at: datetime,
) -> UploadSeen:
    """Take a file in; it is durable when this ends.

    Args:
        directory: The directory.
        actor: Who sends.
        buyer: Whose book.
        contract: Under which contract.
        name: Of the file, as the sender calls it.
        path: Where its bytes are, under a name with the same ending.
        is_asked: Whether somebody is to look over which column is which before it is judged.
        mapping: A mapping.toml; empty: as remembered for this header, else guessed.
        key: Under which the same file may be sent again; it is taken in once.
        at: Now.

    Raises:
        DeniedError: The actor may not send deliveries.
        AbsentError: The contract is not reached.
        RefusedError: The file cannot be read, or none of its columns is known.
        KeyReusedError: Another file was sent under the key.
    """
    actor.must(Act.SEND_DELIVERIES)
    address, reached = reach_contract(directory, actor, buyer, contract)
    versions = _versions(address, contract)
    try:
        with _opened(path, mapping, versions) as opened:
            headers = headers_of(opened)
            if not is_asked:
                check_columns(opened, subject="deliveries")
            digest = opened.digest
    except FileError as error:
        raise unreadable(error, name, path) from error
    with open_database(address) as book:
        uploads = Uploads.of(book)
        asked = digest_of(f"upload {buyer} {contract}", name, digest, mapping)
        before = None if key is None else answer_before(book, party=actor.party, key=key, digest=asked)
        if before is not None:
            return read_upload(directory, actor, buyer=buyer, upload=before)
        kept = mapping or uploads.column_mapping(actor.party, headers) or ""
        row = UploadRow(
            upload=secrets.token_hex(8), party=actor.party, who=actor.who, contract=contract, name=name, size=path.stat().st_size,
            digest=digest, state=MAPPING if is_asked else WAITING, mapping=kept, told={}, run=None, made_at=at,
        )  # fmt: skip
        _keep_bytes(uploads, row, path, key=key, asked=asked)
    return UploadSeen(row, reached)


def file_name(text: str) -> str:
    """Give a name that a file can have: the last part of a path, without what a system would trip over.

    Raises:
        RefusedError: Its ending says no form that is read.
    """
    plain = "".join(each for each in text.replace("\\", "/").rpartition("/")[2] if each.isprintable() and each not in '<>:"|?*').strip(" .")
    stem, dot, ending = plain.rpartition(".")
    if not dot or f".{ending.lower()}" not in FORMATS:
        raise RefusedError(
            code="KIND_NOT_READ",
            where="name",
            seen=f"The name «{text[:80]}» says no form that is read.",
            mend=f"Send one of {', '.join(FORMATS)}, and name it in the query: ?name=leads.csv",
        )
    return f"{stem[: NAME_CHARACTERS_MAX - len(ending) - 1]}.{ending}"


def read_upload(directory: Directory, actor: Actor, *, buyer: str, upload: str) -> UploadSeen:
    """Give a file that was sent.

    Raises:
        DeniedError: The actor may not send deliveries.
        AbsentError: There is none such under a contract that is reached.
    """
    actor.must(Act.SEND_DELIVERIES)
    address, found = _reached(directory, actor, buyer, upload)
    with open_pages(address) as book:
        row = Uploads.of(book).upload(upload)
    own = found.get(row.contract) if row is not None else None
    if row is None or own is None:
        raise absent("upload", upload)
    return UploadSeen(row, own)


def list_uploads(directory: Directory, actor: Actor, *, buyer: str, contract: str) -> list[UploadSeen]:
    """List the newest files sent under a contract; as `read_upload`."""
    actor.must(Act.SEND_DELIVERIES)
    address, reached = reach_contract(directory, actor, buyer, contract)
    with open_pages(address) as book:
        return [UploadSeen(row, reached) for row in Uploads.of(book).uploads_of([contract], limit=LISTED)]


def read_mapping(directory: Directory, actor: Actor, *, buyer: str, upload: str) -> tuple[UploadSeen, MappingSeen]:
    """Say how a file that waits for it would be read: as remembered, else guessed.

    Raises:
        DeniedError: The actor may not send deliveries.
        AbsentError: There is none such, or it is judged already.
        RefusedError: The file cannot be read.
    """
    seen = read_upload(directory, actor, buyer=buyer, upload=upload)
    if seen.row.state != MAPPING:
        raise absent("upload", upload)
    address, _ = reach_contract(directory, actor, buyer, seen.row.contract)
    versions = _versions(address, seen.row.contract)
    with file_of(address, seen.row) as path:
        try:
            with _opened(path, seen.row.mapping, versions) as opened:
                return seen, _mapping_seen(opened, versions, is_remembered=bool(seen.row.mapping))
        except FileError as error:
            raise unreadable(error, seen.row.name, path) from error


def say_mapping(
    directory: Directory,
    actor: Actor,
    *,
    buyer: str,
    upload: str,
    columns: Mapping[str, str],
    date_order: str | None,
    at: datetime,
) -> UploadSeen:
    """Say which column is which; the file is judged from then on, and the party's next file with this header is read alike.

    Args:
        directory: The directory.
        actor: Who says so.
        buyer: Whose book.
        upload: The file.
        columns: Canonical column by the sender's header.
        date_order: dmy, mdy or None.
        at: Now.

    Raises:
        DeniedError: The actor may not send deliveries.
        AbsentError: There is no such file, or it is judged already.
        RefusedError: Two columns are taken for one, or nothing is known of any.
    """
    seen = read_upload(directory, actor, buyer=buyer, upload=upload)
    if seen.row.state != MAPPING:
        raise absent("upload", upload)
    address, _ = reach_contract(directory, actor, buyer, seen.row.contract)
    twice = sorted({column for column in columns.values() if list(columns.values()).count(column) > 1})
    if twice or not columns:
        words = f"Two columns are taken for {twice[0]}." if twice else "No column is taken for anything."
        raise RefusedError(code="COLUMNS_UNKNOWN", where=twice[0] if twice else "columns", seen=words, mend="Choose one column for each.")
    text = Columns(subject="deliveries", columns={column: header for header, column in columns.items()}, date_order=date_order).to_toml()
    versions = _versions(address, seen.row.contract)
    with file_of(address, seen.row) as path, _opened(path, text, versions) as opened:
        headers = headers_of(opened)
    with open_database(address) as book, book.transaction():
        uploads = Uploads.of(book)
        uploads.set_mapping(upload, text)
        uploads.set_state(upload, WAITING)
        uploads.keep_column_mapping(actor.party, headers, text, at=at)
    return read_upload(directory, actor, buyer=buyer, upload=upload)


@contextmanager
def file_of(address: str, row: UploadRow) -> Iterator[Path]:
    """Write a file's bytes where it can be read, under its own name, with its mapping.toml beside it; gone at the end."""
    with tempfile.TemporaryDirectory(prefix="payper-upload-") as folder:
        path = Path(folder) / row.name
        with open_pages(address) as book, path.open("wb") as stream:
            for piece in Uploads.of(book).pieces(row.upload):
                stream.write(piece)
        if row.mapping:
            (path.parent / "mapping.toml").write_text(row.mapping, "utf-8")
        yield path


def unreadable(error: FileError, name: str, path: Path) -> RefusedError:
    """Say why a file cannot be read, in words about the file that was sent."""
    seen, mend = (without_place(text, path) for text in (error.seen, error.mend))
    return RefusedError(code="FILE_UNREADABLE", where=name, seen=seen, mend=mend)


def without_place(text: str, path: Path) -> str:
    """Leave out of a sentence where a file lay while it was read."""
    return text.replace(f"{path.parent}/", "")


def headers_of(opened: OpenFile) -> str:
    """Give the digest of a file's header, by which a mapping is remembered."""
    return hashlib.sha256("\x1f".join(opened.reader.shape.header).encode()).hexdigest()


def _reached(directory: Directory, actor: Actor, buyer: str, upload: str) -> tuple[str, dict[str, Reached]]:
    try:
        address, found = reach_book(directory, actor, buyer)
    except AbsentError as error:
        raise absent("upload", upload) from error
    return address, {each.contract: each for each in found}


def _versions(address: str, contract: str) -> Sequence[Contract]:
    with open_pages(address) as book:
        versions = read_versions(book, [contract]).get(contract)
    if versions is None:
        raise absent("contract", contract)
    return [each.contract for each in versions]


@contextmanager
def _opened(path: Path, mapping: str, versions: Sequence[Contract]) -> Iterator[OpenFile]:
    beside = path.parent / "mapping.toml"
    if mapping:
        beside.write_text(mapping, "utf-8")
    else:
        beside.unlink(missing_ok=True)
    yield open_file(path, name=path.name, subject="deliveries", questions=questions_of(versions))


def _keep_bytes(uploads: Uploads, row: UploadRow, path: Path, *, key: str | None, asked: bytes) -> None:
    """Keep a file piece by piece, so that nobody waits long for a large one; it counts when the last piece is there."""
    with path.open("rb") as stream:
        number, more = 0, True
        while more:
            pieces = [piece for _ in range(PIECES_AT_ONCE) if (piece := stream.read(PIECE_BYTES))]
            more = len(pieces) == PIECES_AT_ONCE
            with uploads.transaction():
                for piece in pieces:
                    uploads.add_piece(row.upload, number, piece)
                    number += 1
                if not more:
                    if uploads.count_pieces(row.upload) != number:
                        # Whoever is erased takes with them what has not come whole, as nobody can look into it.
                        raise StoreError(where=row.name, seen="Somebody was erased while this came.", mend="Send it again.", can_retry=True)
                    uploads.add_upload(row)
                    if key is not None:
                        uploads.keep_answer(party=row.party, key=key, digest=asked, answer=row.upload, at=row.made_at)


def _mapping_seen(opened: OpenFile, versions: Sequence[Contract], *, is_remembered: bool) -> MappingSeen:
    first = next(iter(opened.begun or iter(opened.reader)), None)
    columns = opened.columns
    by_header = {header: name for name, header in columns.columns.items()}
    headers = []
    for header in opened.reader.shape.header:
        if header.lower().startswith("payper_"):
            continue
        values = first.frame[header].drop_nulls().unique(maintain_order=True).head(SHOWN_VALUES).to_list() if first is not None else []
        name = by_header.get(header)
        headers.append(HeaderSeen(header, tuple(str(each)[:60] for each in values), name, columns.why.get(name or "", "")))
    asked = [f"answer_{field}" for field in questions_of(versions)]
    return MappingSeen(
        headers=tuple(headers),
        columns=tuple(_once([*names_of("deliveries"), *asked])),
        date_order=columns.date_order,
        doubtful=dict(opened.doubtful),
        is_remembered=is_remembered,
        notes=(*opened.reader.shape.notes, *columns.findings, *([columns.rivals_in_words()] if columns.rivals else [])),
    )


def _once(names: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(names))
