"""What is kept of people beside the journal: files that wait to be judged, answers, remembered columns, messages on their way.

Erasing reaches it all. A file that names somebody is refused as a whole, as nobody but its sender can take a row out of it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from payper.connectors.files import open_rows
from payper.desk.arrivals.uploads import file_of
from payper.errors import FileError
from payper.normalisation.emails import read_emails
from payper.store.database import Database
from payper.store.directory import Directory
from payper.store.outgoing import Outgoing
from payper.store.people_kept import BookPeople
from payper.store.proposals import Proposals
from payper.store.uploads import REFUSED, UploadRow, Uploads

PHONE_DIGITS = 9
"""So many last digits of a number tell it, however its country is written."""

_ERASED = {
    "code": "PERSON_ERASED",
    "seen": "Somebody whom this file names was erased before it was judged, so nothing of it was kept.",
    "mend": "Take out whom the buyer erased, and send it again.",
}


@dataclass(frozen=True, slots=True)
class Named:
    """What names somebody: exactly one is not None; in normal form."""

    email: str | None = None
    domain: str | None = None
    phone: str | None = None

    @property
    def text(self) -> str:
        """Give it as text."""
        return self.email or self.domain or self.phone or ""

    @property
    def pattern(self) -> str:
        """Give a pattern that finds it in a text in lower case, and in no longer address, domain or number."""
        if self.phone is not None:
            digits = [each for each in self.phone if each.isdigit()][-PHONE_DIGITS:]
            return "[^0-9a-z]{0,3}".join(digits) + "($|[^0-9])"
        before = "[^a-z0-9._%+-]" if self.email is not None else "[^a-z0-9-]"
        return f"(^|{before}){re.escape(self.text)}($|[^a-z0-9-])"


def files_naming(book: Database, address: str, who: Named, *, known: Mapping[str, bool] | None = None) -> dict[str, bool]:
    """Tell of each file whose bytes are kept whether it names somebody; one that cannot be read may.

    Args:
        book: Where they are kept.
        address: The book's.
        who: Whom.
        known: What was told of files before; they are not read again.
    """
    told = dict(known or {})
    for row in Uploads.of(book).uploads_with_pieces():
        if row.upload not in told:
            told[row.upload] = _names_in_file(address, row, who)
    return {each.upload: told[each.upload] for each in Uploads.of(book).uploads_with_pieces()}


def forget_beside(book: Database, who: Named, *, files: Mapping[str, bool]) -> int:
    """Take somebody out of what a book keeps beside its journal, inside a transaction; give how many files were refused.

    Args:
        book: The book.
        who: Whom.
        files: As `files_naming`.
    """
    uploads = Uploads.of(book)
    refused = [upload for upload, is_named in files.items() if is_named]
    for upload in refused:
        uploads.set_state(upload, REFUSED, told=_ERASED)
        uploads.drop_pieces(upload)
    # Pieces of a file that never came whole; one that is just coming is refused at its end, and sent again.
    uploads.drop_pieces_of_none()
    for row in uploads.uploads_saying(who.text):
        uploads.rewrite(row.upload, name=_file_name(row, who), mapping=_without_lines(row.mapping, who), told=_without(row.told, who))
    uploads.forget_mappings_with(who.text)
    BookPeople.of(book).drop_answers_with([who.text])
    return len(refused)


def forget_in_directory(directory: Directory, who: Named) -> int:
    """Take somebody out of the messages and answers that the directory keeps, inside a transaction; give how many messages changed."""
    Proposals.of(directory).drop_answers_with(who.text)
    outgoing, count = Outgoing(directory), 0
    for place, body in outgoing.bodies():
        if not _is_in(body.decode("utf-8", "replace"), who):
            continue
        count += 1
        try:
            outgoing.replace_body(place, json.dumps(_without(json.loads(body), who), separators=(",", ":")).encode())
        except ValueError:
            outgoing.drop_message(place)
    outgoing.blank_attempts_with(who.text)
    return count


def _names_in_file(address: str, row: UploadRow, who: Named) -> bool:
    with file_of(address, row) as path:
        try:
            reader = open_rows(path)
            header = list(reader.shape.header)
            # A file without a header has somebody in its place.
            first = pl.DataFrame({"header": header}, schema={"header": pl.String})
            return _names(first, who) or any(_names(raw.frame.select(header), who) for raw in reader)
        except FileError:
            return True


def _names(frame: pl.DataFrame, who: Named) -> bool:
    texts = frame.select(pl.col(pl.String).str.to_lowercase())
    if who.email is None:
        return any(texts[name].str.contains(who.pattern).any() for name in texts.columns)
    with_signs = [name for name in texts.columns if texts[name].str.contains("@", literal=True).any()]
    return any(
        texts[name].str.contains(who.pattern).any() or (read_emails(frame[name])["email_normal"] == who.email).any() for name in with_signs
    )


def _is_in(text: str, who: Named) -> bool:
    return re.search(who.pattern, text.lower()) is not None


def _without(told: Any, who: Named) -> Any:
    """Give what was told without the texts that name somebody."""
    if isinstance(told, str):
        return None if _is_in(told, who) else told
    if isinstance(told, Mapping):
        return {key: _without(each, who) for key, each in told.items() if not _is_in(str(key), who)}
    if isinstance(told, list):
        return [_without(each, who) for each in told if not (isinstance(each, str) and _is_in(each, who))]
    return told


def _without_lines(text: str, who: Named) -> str:
    return "".join(line for line in text.splitlines(keepends=True) if not _is_in(line, who))


def _file_name(row: UploadRow, who: Named) -> str:
    return f"erased.{row.name.rpartition('.')[2]}" if _is_in(row.name, who) else row.name
