"""The act `payper run`: judge what is new in a programme folder, settle everything, write the results.

Two transactions: one keeps what was judged and the facts that were read, one the ledger. A kill at any instant leaves each whole or
absent, and the next run goes on from there; result files are written whole or not at all.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl

from payper.adjudication.adjudicate import seeds_of
from payper.adjudication.identities import CrmKeys
from payper.desk.book.judging import Decided, Judging
from payper.desk.book.places import DATABASE
from payper.desk.book.recorded import list_reader, with_book_terms, written_rates, written_words
from payper.desk.book.refused_facts import keep_refused
from payper.desk.book.settling import (
    SETTLED_DELIVERY,
    admissions,
    charged_before,
    known_deliveries,
    latest_day,
    record,
    released,
    settle_known,
)
from payper.desk.folder.facts import SUBJECTS, Homes, read_new_facts
from payper.desk.folder.kept_lists import crm_of, keep_crm, keep_lists, list_changes
from payper.desk.folder.mail_hosts import mail_look_up
from payper.desk.folder.memory import collector_at_rest
from payper.desk.folder.notes import NO_DATE, grouped, notes_on_columns, notes_on_folders
from payper.desk.folder.outputs import Written, write_outputs
from payper.desk.folder.programme import Programme, data_files, questions_of, read_programme
from payper.desk.folder.reading import DIGEST, OpenFile, check_columns, end_of, open_file, received_at, typed_deliveries
from payper.errors import FileError, StoreError, UsageError
from payper.store.database import Batch, Database, open_database, path_of
from payper.store.postgres import is_postgres
from payper.store.sqlite import is_being_written
from payper.terms.contract import Contract
from payper.terms.findings import Finding
from payper.terms.reading import read_terms

Tell = Callable[[str, int, int | None], None]

WAITING = "seconds of waiting for another payper run to finish"
WAIT_SECONDS_MAX = 60


def silent(what: str, done: int, total: int | None) -> None:
    """Tell nobody."""


@dataclass(frozen=True)
class RunResult:
    """What a run did, for the command line and for tests.

    Attributes:
        summary: The content of summary.json.
        headline: Sentences with the answer.
        mappings: Of newly read files, the columns guessed from headers of other names and the headers not used, files alike together.
        notes: What else is worth knowing: files that could not be read, deliveries that wait.
        refused: Contracts whose files have errors; their deliveries wait.
        faults: Files that could not be read; the others were.
        new_rows: Deliveries judged in this run.
    """

    out: Path
    programme_name: str
    as_of: date
    summary: Mapping[str, Any]
    headline: Sequence[str]
    report: Path
    findings: Sequence[Finding]
    refused: frozenset[str]
    mappings: Sequence[str]
    notes: Sequence[str]
    faults: Sequence[FileError]
    new_rows: int
    is_simulated: bool


def run_programme(
    folder: Path,
    *,
    out: Path | None = None,
    database: str | None = None,
    as_of: date | None = None,
    online: bool = False,
    tell: Tell = silent,
) -> RunResult:
    """Judge, settle and report a programme folder; only what no earlier run has judged is judged.

    Args:
        folder: The programme folder.
        out: Where results go, and the database where none is named; None: `out` inside the folder.
        database: Address of the book, as of `store.open_database`; None: payper.sqlite in `out`.
        as_of: Nothing later than the end of this day has happened; None: the latest date found.
        online: Ask mail servers, where a contract says mx.
        tell: Told how far work has come.

    Raises:
        UsageError: There is no such programme folder.
        FileError: programme.toml cannot be read, or results cannot be written.
        StoreError: The database is locked, damaged or of a later version.
    """
    if as_of is not None and not date(1990, 1, 1) <= as_of <= date(2099, 12, 31):
        raise UsageError(where=f"--as-of {as_of}", seen="This day is outside 1990 to 2099.", mend="Name a day such as 2026-03-31.")
    programme = read_programme(folder)
    out = out or folder / "out"
    _make_folder(out)
    address = database or out / DATABASE
    if not is_postgres(str(address)):
        # Opening a file may write to it; a server lets its clients wait by itself.
        path = path_of(address)
        _wait_for_others(path, lambda: is_being_written(path), tell)
    with open_database(address) as book:
        programme, contract_notes = _with_recorded(programme, book)
        recorded = record_new(book, programme, as_of=as_of, online=online, tell=tell)
        day, last = recorded.day, book.last_delivery_id()
        settlement, accepted = settle_known(book, programme.contracts, programme.rates, day=day)
        lists = list_changes(book, programme.contracts, folder=programme.folder / "contracts")
        _wait_for_others(book.where, book.is_being_written, tell)
        with book.transaction():
            book.seal()
            keep_lists(book, lists, at=datetime.now(UTC))
            keep_crm(book, recorded.crm)
            record(book, settlement, programme.contracts, day=day, run=book.runs())
            keep_refused(book, settlement, programme.contracts)
            if recorded.is_dated:
                book.set_setting("settled_until", max(day.isoformat(), book.setting("settled_until") or ""))
            book.set_setting(SETTLED_DELIVERY, str(last))
            book.set_setting("rates", written_rates(programme.rates))
            book.set_setting("programme", written_words(programme))
        said = [*recorded.notes, *map(str, recorded.faults)]
        written = write_outputs(book, programme, settlement, accepted, day=day, out=out, online=online, notes=said, tell=tell)
    return _result(programme, recorded, written, out=out, contract_notes=contract_notes)


def _result(programme: Programme, recorded: Recorded, written: Written, *, out: Path, contract_notes: Sequence[str]) -> RunResult:
    notes = [*programme.notes, *contract_notes, *notes_on_folders(programme), *written.notes]
    notes += [f"{id_}: its contract file has errors, so its deliveries wait" for id_ in sorted(programme.refused)]
    return RunResult(
        out=out,
        programme_name=programme.name,
        as_of=recorded.day,
        summary=written.summary,
        headline=written.headline,
        report=written.report,
        findings=programme.findings,
        refused=programme.refused,
        mappings=grouped([(name, words) for name, words in recorded.mappings.items() if words]),
        notes=notes,
        faults=recorded.faults,
        new_rows=recorded.new_rows,
        is_simulated=programme.is_simulated,
    )


def _wait_for_others(where: Path | str, is_busy: Callable[[], bool], tell: Tell) -> None:
    """Wait until no other process writes to the database, and tell what is waited for; give up after a while, as its own lock does."""
    for seconds in range(WAIT_SECONDS_MAX + 1):
        if not is_busy():
            return
        tell(WAITING, seconds, WAIT_SECONDS_MAX)
        time.sleep(1)
    raise StoreError(
        where=where,
        seen=f"Another payper has been writing to this database for {WAIT_SECONDS_MAX} seconds.",
        mend="Wait until it has ended, then run again; nothing of this run is recorded in the meantime.",
        can_retry=True,
    )


def _make_folder(out: Path) -> None:
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise FileError(
            where=out, seen=f"The output folder cannot be made: {error.strerror}.", mend="Name another one with --out."
        ) from error


def _with_recorded(programme: Programme, database: Database) -> tuple[Programme, list[str]]:
    """Hold the contracts of the folder against those recorded: a version that has judged stays as it was, whatever its file says now."""
    notes: list[str] = []
    recorded: dict[str, dict[int, Contract]] = {}
    for id_, version, hash_, text in database.contract_texts():
        if id_ in programme.refused:
            continue
        mine = {each.version: each for each in programme.contracts.get(id_, ())}
        if version in mine and terms_hash(mine[version]) == hash_:
            recorded.setdefault(id_, {})[version] = mine[version]
            continue
        old = read_terms(text, path=None, read_list=list_reader(programme.folder / "contracts")).contract
        if old is None:
            continue
        if version in mine:
            notes.append(
                f"{id_} v{version}: its file has changed since it judged deliveries, and a recorded version stays as it was; "
                f"write the change as version {max(mine) + 1}, or start anew with another --out"
            )
        recorded.setdefault(id_, {})[version] = old
    merged = {id_: list(versions) for id_, versions in programme.contracts.items()}
    for id_, versions in recorded.items():
        by_version = {each.version: each for each in merged.get(id_, [])} | versions
        merged[id_] = [by_version[number] for number in sorted(by_version)]
    return replace(programme, contracts=with_book_terms(merged, database, lists=programme.folder / "contracts")), notes


def terms_hash(contract: Contract) -> str:
    """Give the hash of a contract's terms without the content of its lists, which may grow day by day (opt-outs, customers)."""
    from payper.terms.canonical import contract_hash
    from payper.terms.contract import ListEntries

    audience = contract.audience
    bare = replace(
        audience,
        only=None if audience.only is None else ListEntries(path=audience.only.path),
        suppress=tuple(ListEntries(path=each.path) for each in audience.suppress),
    )
    return contract_hash(replace(contract, audience=bare))


@dataclass
class Recorded:
    """What `record_new` did.

    Attributes:
        day: As of which day, in the sense of RULES 7.
        is_dated: Whether the day was named or found; else it is today.
        crm: The people of the buyer's CRM, or None.
    """

    day: date
    is_dated: bool = True
    crm: CrmKeys | None = None
    new_rows: int = 0
    notes: list[str] = field(default_factory=list)
    faults: list[FileError] = field(default_factory=list)
    file_notes: list[tuple[str, str]] = field(default_factory=list)
    mappings: dict[str, str] = field(default_factory=dict)


@collector_at_rest()
def record_new(database: Database, programme: Programme, *, as_of: date | None, online: bool = False, tell: Tell = silent) -> Recorded:
    """Judge the deliveries, and seal the milestones and returns, that no earlier run has read; all in one transaction."""
    recorded = Recorded(day=date.min)
    recorded.crm = crm_of(database, programme.folder)
    judging = Judging(
        database=database,
        contracts=programme.contracts,
        rate_on=programme.rates.rate,
        crm=recorded.crm,
        no_mail=mail_look_up(database) if online else None,
    )
    files, latest = _read_deliveries(database, programme, judging, as_of=as_of, recorded=recorded, tell=tell)
    facts = read_new_facts(database, programme, _homes(database, programme, judging))
    recorded.notes += grouped([*recorded.file_notes, *facts.notes])
    run = database.runs() + 1
    batches = [replace(batch, run=run) for batch in facts.batches]
    recorded.faults = _once([*recorded.faults, *facts.faults], recorded.notes)
    recorded.mappings |= facts.mappings
    _date(recorded, programme, as_of, _latest(database, programme, batches, latest))
    if not judging.rows and not facts.files:
        if not database.runs():
            with database.transaction():
                database.begin_run(as_of=str(as_of) if as_of else None)
        return recorded
    stands, read = _stand(database), database.file_rows()
    decided = _decide(database, programme, judging, batches, day=recorded.day)
    _wait_for_others(database.where, database.is_being_written, tell)
    with database.transaction():
        if database.file_rows() != read:
            raise StoreError(
                where=database.where,
                seen="Another payper wrote to this database meanwhile.",
                mend="Run the same command again.",
                can_retry=True,
            )
        if _stand(database) != stands:
            # Deliveries came in by a server meanwhile, and these come after them.
            decided = _decide(database, programme, judging, batches, day=recorded.day)
        number = database.begin_run(as_of=str(as_of) if as_of else None)
        _keep_contracts(database, programme)
        decided.keep(run=number)
        for batch in batches:
            database.add_outbox("facts", str(database.add_batch(batch, run=number)))
        for name, digest, rows, later in files:
            database.add_file(file=name, run=number, subject="deliveries", digest=digest, rows=rows, later=later)
        for subject, name, digest, rows in facts.files:
            database.add_file(file=name, run=number, subject=subject, digest=digest, rows=rows)
        latest = _latest(database, programme, batches, latest)
        if latest is not None:
            database.set_setting("latest_day", latest.isoformat())
    recorded.new_rows = judging.rows
    return recorded


def _stand(database: Database) -> tuple[int, int]:
    return database.runs(), database.last_delivery_id()


def _decide(database: Database, programme: Programme, judging: Judging, batches: list[Batch], *, day: date) -> Decided:
    """Decide what was judged by rows, after everything that the book holds."""
    accepted, _ = known_deliveries(database, programme.contracts)
    owed = admissions(database, programme.contracts, programme.rates, new_facts=batches, accepted=accepted)
    numbers, offsets = charged_before(database, programme.contracts, programme.rates, day=day)
    return judging.decide(replacements=owed, charged=numbers, offsets=offsets, released=released(database, accepted))


def _date(recorded: Recorded, programme: Programme, as_of: date | None, found: date | None) -> None:
    """Say as of which day the run is: the one named, else the latest found, else today; a day in the future is noted."""
    day = as_of or found
    recorded.is_dated = day is not None
    recorded.day = day or datetime.now(ZoneInfo(programme.timezone)).date()
    if day is None:
        recorded.notes.append(NO_DATE)
    elif as_of is None and day > datetime.now(UTC).date() + timedelta(days=1):
        recorded.notes.append(
            f"The latest date in the files, {day.isoformat()}, lies in the future, and everything is as of that day. "
            "If it is a slip, mend it; or name the day with --as-of."
        )


def _once(faults: Sequence[FileError], notes: list[str]) -> list[FileError]:
    """Keep one of equal faults: those of one mapping.toml stop every file beside it; how many wait is noted."""
    counts = Counter(map(str, faults))
    firsts = {str(fault): fault for fault in reversed(faults)}
    notes += [f"{count} files wait until {firsts[words].where} is mended" for words, count in counts.items() if count > 1]
    return [firsts[words] for words in counts]


def _keep_contracts(database: Database, programme: Programme) -> None:
    known = {(id_, version) for id_, version, _, _ in database.contract_texts()}
    for id_, versions in programme.contracts.items():
        for contract in versions:
            text = programme.texts.get((id_, contract.version))
            if text is not None and (id_, contract.version) not in known:
                database.add_contract(contract=id_, version=contract.version, hash_=terms_hash(contract), text=text)


def _read_deliveries(
    database: Database, programme: Programme, judging: Judging, *, as_of: date | None, recorded: Recorded, tell: Tell
) -> tuple[list[tuple[str, bytes, int, int]], date | None]:
    """Read and judge by row what is new in deliveries/; give the files read and the latest local date of readable rows."""
    read = database.files_read("deliveries")
    files: list[tuple[str, bytes, int, int]] = []
    days: list[date] = []
    seeds = seeds_of(database.secret())
    root = programme.folder / "deliveries"
    for path in data_files(root):
        name = path.relative_to(programme.folder).as_posix()
        contract = path.relative_to(root).parts[0] if path.parent != root else path.stem
        if contract in programme.refused:
            continue
        versions = programme.contracts.get(contract)
        zone = versions[-1].zone if versions else programme.timezone
        try:
            opened = open_file(path, name=name, subject="deliveries", questions=questions_of(versions or ()))
            if read.get(name) == opened.digest:
                continue
            check_columns(opened, subject="deliveries")
            twin = next(
                (
                    other
                    for other, digest in [*read.items(), *((each[0], each[1]) for each in files)]
                    if digest == opened.digest and other != name
                ),
                None,
            )
            if twin is not None:
                recorded.notes.append(f"{name} has the same bytes as {twin}; its deliveries are judged as sent again.")
            if "delivered_at" not in opened.columns.columns and "delivered_at" not in opened.columns.constants:
                stand_in = received_at(opened.path, zone=zone).astimezone(ZoneInfo(zone)).date().isoformat()
                words = f"no column says when its rows were delivered; the file's date stands in, {stand_in}. Name a column delivered_at."
                recorded.file_notes.append((name, words))
            already = _rows_before(database, name) if name in read else None
            rows, later = 0, 0
            for mapped in opened.blocks(seeds, already=already):
                rows += mapped.height
                typed = _typed(opened, mapped, zone=zone)
                if as_of is not None:
                    typed, left = _until(typed, as_of, zone)
                    later += left
                if typed.height:
                    judging.add(typed, contract=contract, file=name)
                    day = latest_day([(typed.filter(pl.col("fault").is_null())["delivered_at"], zone)])
                    days += [day] if day else []
                tell("deliveries read", judging.rows, None)
        except FileError as error:
            recorded.faults.append(error)
            continue
        recorded.file_notes += [(name, note) for note in (*opened.reader.shape.notes, *notes_on_columns(opened, [zone]))]
        recorded.mappings[name] = opened.columns.brief()
        files.append((name, opened.digest, rows - later, later))
        if later:
            recorded.notes.append(f"{name}: {later:,} deliveries are dated after {as_of} and wait for a later run")
    return files, max(days, default=None)


def _typed(opened: OpenFile, mapped: pl.DataFrame, *, zone: str) -> pl.DataFrame:
    typed = typed_deliveries(
        mapped, opened.columns, zone=zone, received_at=received_at(opened.path, zone=zone), date_order=opened.date_order
    )
    if DIGEST not in typed.columns:
        typed = typed.with_columns(mapped[DIGEST])
    return typed


def _until(typed: pl.DataFrame, day: date, zone: str) -> tuple[pl.DataFrame, int]:
    kept = typed.filter((pl.col("delivered_at") <= end_of(day, zone)) | pl.col("fault").is_not_null())
    return kept, typed.height - kept.height


def _rows_before(database: Database, file: str) -> Counter[int]:
    seen: Counter[int] = Counter()
    for batch in database.batches("deliveries", file=file, with_people=False):
        seen.update(pl.read_parquet(batch.journal, columns=[DIGEST])[DIGEST].to_list())
    return seen


def _homes(database: Database, programme: Programme, judging: Judging) -> Homes:
    """Know under which contract each external id and prospect was delivered, where milestones or returns may have to be told."""
    if not any(data_files(programme.folder / subject) for subject in SUBJECTS):
        return Homes({}, {})
    frames = judging.places()
    frames += [
        pl.read_parquet(batch.journal, columns=["external_id", "prospect"]).select(
            pl.lit(batch.chain).alias("contract"), "external_id", "prospect"
        )
        for batch in database.batches("deliveries", with_people=False)
    ]
    return Homes.of(frames)


def _latest(database: Database, programme: Programme, batches: Sequence[Batch], delivered: date | None) -> date | None:
    """Give the latest date found in deliveries, milestones and returns, in this run and before (RULES 7); None: there is none."""
    days = [delivered] if delivered else []
    before = database.setting("latest_day")
    days += [date.fromisoformat(before)] if before else []
    zones = {id_: versions[-1].zone for id_, versions in programme.contracts.items()}
    for batch in batches:
        facts = pl.read_parquet(batch.journal)
        column = {"milestones": "happened_at", "returns": "claimed_at", "decisions": "decided_at"}[batch.subject]
        day = latest_day([(facts.filter(pl.col("fault").is_null())[column], zones.get(batch.chain, programme.timezone))])
        days += [day] if day else []
    return max(days, default=None)
