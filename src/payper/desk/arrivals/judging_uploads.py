"""The act of judging a file that was sent: rows beside whatever else happens, then decided and kept in one transaction."""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from payper.adjudication.past import VERDICT_CODES
from payper.desk.arrivals.live_book import LiveBook
from payper.desk.arrivals.receiving import TRIES, fault_of
from payper.desk.arrivals.uploads import file_of, unreadable, without_place
from payper.desk.book.judging import Decided, Judging
from payper.desk.folder.memory import collector_at_rest
from payper.desk.folder.notes import notes_on_columns
from payper.desk.folder.programme import questions_of
from payper.desk.folder.reading import DIGEST, check_columns, open_file, received_at, typed_deliveries
from payper.errors import FileError, PayperError, StoreError
from payper.store.database import open_database
from payper.store.open_batches import StaleError
from payper.store.uploads import DONE, JUDGING, REFUSED, WAITING, UploadRow, Uploads
from payper.terms.contract import Contract

LOG = logging.getLogger("payper.uploads")

TOLD_EVERY_SECONDS = 1.0


def waiting_uploads(address: str) -> list[UploadRow]:
    """List the files of a book that are to be judged, those first that came first; what a server left when it was killed among them."""
    with open_database(address) as book:
        return Uploads.of(book).uploads_in([WAITING, JUDGING])


@collector_at_rest()
def judge_upload(address: str, row: UploadRow, *, clock: Callable[[], datetime], is_ended: Callable[[], bool] = lambda: False) -> bool:
    """Judge a file and keep it; False: it was left for later, as this process is ending.

    A file that cannot be read is refused with words, and nothing of it is kept.

    Raises:
        StoreError: The book cannot be written; the file waits.
    """
    with open_database(address) as book:
        uploads = Uploads.of(book)
        for _ in range(TRIES):
            now = uploads.upload(row.upload)
            if now is None or now.state not in {WAITING, JUDGING}:
                return True
            try:
                return _judge(LiveBook(book, clock=clock), uploads, now, address, is_ended=is_ended)
            except StaleError:
                continue
            except StoreError:
                raise
            except PayperError as error:
                _refuse(uploads, row, seen=error.seen, mend=error.mend, code=str(getattr(error, "code", "FILE_UNREADABLE")))
                return True
            except Exception:
                # Those that wait after it must not wait for ever.
                LOG.exception("payper was wrong about a file", extra={"upload": row.upload})
                _refuse(uploads, row, seen=_WRONG, mend="Tell whoever runs this installation; the log says more.", code="PAYPER_WRONG")
                return True
    raise StoreError(where=address, seen="Others keep changing this book's contracts.", mend="It is tried again.", can_retry=True)


_WRONG = "Something went wrong inside payper, and nothing of the file was kept."


def _refuse(uploads: Uploads, row: UploadRow, *, seen: str, mend: str, code: str) -> None:
    with uploads.transaction():
        uploads.set_state(row.upload, REFUSED, told={"seen": seen, "mend": mend, "code": code})
        uploads.drop_pieces(row.upload)


def _judge(live: LiveBook, uploads: Uploads, row: UploadRow, address: str, *, is_ended: Callable[[], bool]) -> bool:
    live.refresh()
    fault = fault_of(live, row.contract)
    if fault is not None:
        raise FileError(where=row.name, seen=fault.seen, mend=fault.mend)
    versions = live.contracts[row.contract]
    judging = Judging(database=uploads, contracts=live.contracts, rate_on=live.words.rates.rate, crm=live.crm)
    began, last = time.monotonic(), 0.0
    notes: list[str] = []
    file = f"uploads/{row.upload}/{row.name}"

    def tell(rows: int, share: float) -> None:
        nonlocal last
        now = time.monotonic()
        if now - last >= TOLD_EVERY_SECONDS:
            last = now
            with uploads.transaction():
                uploads.set_progress(row.upload, _progress(rows, share, now - began))

    tell(0, 0.0)
    with file_of(address, row) as path:
        try:
            for rows, share in _rows(judging, path, row, versions, file=file, notes=notes):
                if is_ended():
                    return False
                tell(rows, share)
        except FileError as error:
            raise unreadable(error, row.name, path) from error
        notes = [without_place(note, path) for note in notes]
    with uploads.transaction():
        if live.refresh():
            raise StaleError
        now = uploads.upload(row.upload)
        if now is None or now.state not in {WAITING, JUDGING}:
            return True
        decided = judging.decide(replacements=live.owed, charged={}, offsets={}, released={}, known=live.past)
        run = uploads.begin_run(as_of=None)
        counts = _kept(decided, uploads, run=run, file=file)
        uploads.add_file(file=file, run=run, subject="deliveries", digest=row.digest, rows=judging.rows)
        told = {**_progress(judging.rows, 1.0, time.monotonic() - began), "counts": counts, "notes": notes}
        uploads.set_state(row.upload, DONE, told=told, run=run)
        uploads.drop_pieces(row.upload)
    return True


def _rows(judging: Judging, path: Path, row: UploadRow, versions: Sequence[Contract], *, file: str, notes: list[str]) -> Any:
    """Let a file's rows be judged by themselves, block by block; give rows and the share of the file after each."""
    zone = versions[-1].zone
    opened = open_file(path, name=row.name, subject="deliveries", questions=questions_of(versions))
    check_columns(opened, subject="deliveries")
    # A day in the file's name stands for rows that name none, as it does in a folder; it is never later than the receipt.
    at = min(received_at(path, zone=zone), row.made_at)
    rows, size = 0, max(row.size, 1)
    for mapped in opened.blocks(judging.seeds):
        typed = typed_deliveries(mapped, opened.columns, zone=zone, received_at=at, date_order=opened.date_order)
        judging.add(typed if DIGEST in typed.columns else typed.with_columns(mapped[DIGEST]), contract=row.contract, file=file)
        rows += mapped.height
        # How many rows a file has is not known before its end; its share is guessed by the bytes that rows have taken so far.
        taken = rows * max(1, int(mapped.estimated_size() / max(mapped.height, 1)) // 2)
        yield rows, min(0.95, taken / size)
    notes += [*opened.reader.shape.notes, *notes_on_columns(opened, [zone])]


def _kept(decided: Decided, uploads: Uploads, *, run: int, file: str) -> dict[str, int]:
    before = uploads.last_delivery_id()
    decided.keep(run=run)
    counted: Counter[int] = Counter(uploads.verdicts_since(before))
    assert sum(counted.values()) == len(decided.ids), f"every row of {file} has a verdict"
    return {name: counted.get(code, 0) for code, name in enumerate(VERDICT_CODES)}


def _progress(rows: int, share: float, seconds: float) -> dict[str, Any]:
    """Say how far a file has come: rows, share, rows a second, seconds left (None: not known)."""
    left = None if share <= 0 else seconds * (1 - share) / share
    return {
        "rows": rows,
        "share": round(share, 3),
        "rows_per_second": round(rows / seconds) if seconds > 0 and rows else None,
        "seconds_left": None if left is None else round(left, 1),
        "seconds": round(seconds, 1),
    }
