"""Read files into typed rows: open, map columns, read types; and tell rows that an earlier run has judged from new ones."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from itertools import chain
from pathlib import Path

import polars as pl

from payper.adjudication.identities import Seeds
from payper.connectors.files import RawRows, RowReader, open_rows
from payper.deliveries import INSTANTS
from payper.errors import FileError
from payper.intake.amounts import find_doubtful_amounts
from payper.intake.columns import Subject
from payper.intake.deliveries import read_deliveries
from payper.intake.events import read_crm, read_decisions, read_events, read_returns
from payper.intake.instants import find_date_order, find_doubtful_date
from payper.intake.mapping import Mapping as Columns
from payper.intake.mapping import apply, guess
from payper.normalisation.people import split_names
from payper.periods import Calendar

DIGEST = "row_digest"
SAMPLE_ROWS = 200
BLOCK_ROWS = 131_072
_TORN_DATE = r"(?:^|[\s,])\d{1,2}[/\-]\d{1,2}[/\-]\d"
NEEDED: dict[str, tuple[tuple[str, ...], ...]] = {
    "milestones": (("milestone",), ("happened_at",), ("external_id", "email")),
    "returns": (("reason",), ("claimed_at",), ("external_id", "email")),
    "decisions": (("external_id",), ("decision",), ("decided_at",)),
    "crm": (("email", "last_name", "full_name", "company"),),
}
"""Columns without which no row of a file can be read, by subject; one of each group will do."""
_DATE_IN_NAME = re.compile(r"(?<![0-9])(20[0-9]{2})-?([01][0-9])-?([0-3][0-9])(?![0-9])")


@dataclass
class OpenFile:
    """A file with its columns understood.

    Attributes:
        name: Relative to the programme folder, with forward slashes.
        columns: Which header is which canonical column.
        date_order: How the file writes dates such as 03/04/2026, where mapping.toml says so or its own dates show it; None: as each column
            of each block shows.
        begun: The first block and those after it, as far as they were read already; None: they are read anew.
        doubtful: By header, a date that can be read two ways where nothing in the file settles which.
        beside: The mapping.toml that holds, or where one would.
    """

    path: Path
    name: str
    reader: RowReader
    columns: Columns
    date_order: str | None = None
    begun: Iterator[RawRows] | None = None
    doubtful: Mapping[str, str] = field(default_factory=dict)
    beside: Path = Path("mapping.toml")

    @property
    def digest(self) -> bytes:
        """Give the SHA-256 of the file's bytes."""
        return bytes.fromhex(self.reader.shape.digest)

    def blocks(self, seeds: Seeds, *, already: Counter[int] | None = None, keep: Sequence[str] = ()) -> Iterator[pl.DataFrame]:
        """Give the rows under canonical names as text, with `row`, `fault` and `row_digest`, leaving out those read before.

        Args:
            seeds: Of the installation; digests are kept.
            already: How often each digest was read from this file before; it is used up.
            keep: Headers to carry along besides those mapped.
        """
        raws, self.begun = self.begun or iter(self.reader), None
        for raw in raws:
            frame = raw.frame
            headers = list(self.reader.shape.header)
            digests = row_digests(frame, headers, seeds)
            mapped = apply(frame, self.columns, keep=keep).with_columns(digests)
            if already:
                mapped = mapped.filter(_is_new(digests, already))
            if mapped.height:
                yield mapped


def open_file(path: Path, *, name: str, subject: Subject, questions: Sequence[str] = ()) -> OpenFile:
    """Open a file and understand its columns: by the mapping.toml beside it, else by its header.

    Raises:
        FileError: The file cannot be read at all, or mapping.toml is no TOML.
    """
    reader = open_rows(path, rows_max=BLOCK_ROWS)
    headers = [header for header in reader.shape.header if not header.lower().startswith("payper_")]
    begun = iter(reader)
    first = next(begun, None)
    samples = first.frame.select(headers).head(SAMPLE_ROWS) if first is not None else None
    beside = next((folder / "mapping.toml" for folder in (path.parent, path.parent.parent) if (folder / "mapping.toml").is_file()), None)
    if beside is None:
        columns = guess(headers, subject=subject, samples=samples, questions=questions)
    else:
        columns = Columns.read(
            _text(beside), headers, subject=subject, where=str(beside), file=path.name, questions=questions, samples=samples
        )
    order, doubtful = _date_order([first] if first is not None and first.frame.height < BLOCK_ROWS else reader, columns, first)
    beside = beside or path.parent / "mapping.toml"
    begun = chain([] if first is None else [first], begun)
    return OpenFile(path=path, name=name, reader=reader, columns=columns, date_order=order, begun=begun, doubtful=doubtful, beside=beside)


def _text(mapping: Path) -> str:
    try:
        return mapping.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise FileError(
            where=mapping, seen=f"The mapping cannot be read: {error}.", mend="Save it as UTF-8 text, and check that you may read it."
        ) from error


def check_columns(opened: OpenFile, *, subject: str) -> None:
    """Refuse a file no row of which could be read, so that nothing of it is recorded before its columns are named.

    Raises:
        FileError: Columns that `NEEDED` lists, or of deliveries any column at all, are not in the header.
    """
    header = list(opened.reader.shape.header)
    lacking = opened.columns.lacks(NEEDED[subject]) if subject in NEEDED else []
    if subject == "deliveries" and not opened.columns.columns and not opened.columns.constants:
        lacking = ["known, such as email or company"]
    if lacking and header:
        shown = ", ".join(f"`{name}`" for name in header[:8]) + (" …" if len(header) > 8 else "")
        raise FileError(
            where=opened.name,
            seen=f"No column is {', and none is '.join(lacking)}; the header is {shown}.",
            mend=f"Name its columns in {opened.beside}, or mend the header; docs/intake.md shows how. Nothing of the file is recorded yet.",
        )


def _date_order(blocks: Iterable[RawRows], columns: Columns, first: RawRows | None) -> tuple[str | None, dict[str, str]]:
    """Look through a file for the order of its dates; where nothing settles it, give by header a date that can be read two ways.

    Columns of a file that leave it open follow those that do not; what mapping.toml says stands.
    """
    if columns.date_order is not None or first is None:
        return columns.date_order, {}
    dated = [
        header
        for name, header in columns.columns.items()
        if (name in INSTANTS or name.endswith("_at"))
        and header in first.frame.columns
        and first.frame[header].str.contains(_TORN_DATE).any()
    ]
    doubtful: dict[str, str] = {}
    for raw in blocks if dated else []:
        torn = {header: raw.frame[header].filter(raw.frame[header].str.contains(_TORN_DATE)) for header in dated}
        found = {header: find_date_order(texts) for header, texts in torn.items()}
        for header, texts in torn.items():
            example = find_doubtful_date(texts) if found[header] is None and header not in doubtful else None
            if example is not None:
                doubtful[header] = example
        orders = set(found.values()) - {None}
        if len(orders) == 1 and "both" not in orders:
            return orders.pop(), {}
        if orders:
            return None, {header: text for header, text in doubtful.items() if found[header] is None}
    return None, doubtful


def row_digests(frame: pl.DataFrame, headers: Sequence[str], seeds: Seeds) -> pl.Series:
    """Give a keyed hash of every row as sent; a row that cannot be read counts by its raw text."""
    import polars_hash as plh

    parts = [pl.col(header).fill_null("") for header in headers]
    text = pl.concat_str([*parts, pl.col("raw").fill_null("") if "raw" in frame.columns else pl.lit("")], separator="\x1f")
    written = frame.select(text.alias(DIGEST))
    return written.select(plh.col(DIGEST).nchash.xxh3_64(seed=seeds.key))[DIGEST]


def _is_new(digests: pl.Series, already: Counter[int]) -> pl.Series:
    flags = []
    for digest in digests.to_list():
        if already[digest] > 0:
            already[digest] -= 1
            flags.append(False)
        else:
            flags.append(True)
    return pl.Series(flags, dtype=pl.Boolean)


def typed_deliveries(
    mapped: pl.DataFrame,
    columns: Columns,
    *,
    zone: str,
    received_at: datetime | pl.Series,
    date_order: str | None = None,
    is_alone: bool = False,
) -> pl.DataFrame:
    """Read a block of deliveries into `deliveries.SCHEMA`; a single name column is split where first and last name are not given."""
    frame = read_deliveries(mapped, zone=columns.timezone or zone, received_at=received_at, date_order=date_order, is_alone=is_alone)
    if "full_name" in frame.columns:
        parts = split_names(frame["full_name"])
        frame = frame.with_columns(
            pl.coalesce("first_name", parts["first_name"]).alias("first_name"),
            pl.coalesce("last_name", parts["last_name"]).alias("last_name"),
        ).drop("full_name")
    return frame


def typed_events(
    mapped: pl.DataFrame,
    columns: Columns,
    *,
    subject: str,
    zones: Mapping[str, str],
    default_zone: str,
    file: str,
    date_order: str | None = None,
    currencies: Mapping[str, str] | None = None,
) -> pl.DataFrame:
    """Read a block of milestones or returns into their schema, with `fault` and `row_digest`.

    Args:
        mapped: Text under canonical names.
        columns: How they were mapped.
        subject: milestones, returns or decisions.
        zones: IANA names by contract id.
        default_zone: Of rows whose contract is not known.
        file: Relative to the programme folder.
        date_order: As `OpenFile.date_order`.
        currencies: By contract id, the currency of amounts that name none; an amount that reads two ways is a fault.
    """
    read = {"milestones": read_events, "returns": read_returns, "decisions": read_decisions}[subject]
    frame = read(mapped, zones=zones, default_zone=columns.timezone or default_zone, file=file, date_order=date_order)
    if "amount" in frame.columns and currencies:
        own = frame["contract"].replace_strict(list(currencies), list(currencies.values()), default=None, return_dtype=pl.String)
        doubts = find_doubtful_amounts(frame["amount"], frame["currency"].zip_with(frame["currency"].is_not_null(), own))
        frame = frame.with_columns(pl.coalesce("fault", doubts).alias("fault"))
    return frame.with_columns(mapped[DIGEST])


def read_people(path: Path, *, name: str) -> pl.DataFrame:
    """Read a CRM file: email, first_name, last_name, company."""
    opened = open_file(path, name=name, subject="crm")
    check_columns(opened, subject="crm")
    parts = [read_crm(apply(raw.frame, opened.columns)) for raw in opened.reader]
    frame = pl.concat(parts) if parts else pl.DataFrame(schema=dict.fromkeys(("email", "first_name", "last_name", "company"), pl.String))
    if "full_name" in frame.columns:
        names = split_names(frame["full_name"])
        frame = frame.with_columns(
            pl.coalesce("first_name", names["first_name"]).alias("first_name"),
            pl.coalesce("last_name", names["last_name"]).alias("last_name"),
        )
    return frame.select("email", "first_name", "last_name", "company")


def received_at(path: Path, *, zone: str) -> datetime:
    """Give the file's date, which stands in for `delivered_at` where rows have none.

    A date in the file's name (`leads-2026-01-15.csv`) means the last second of that day in the zone, so that nothing of that day is
    later than its own delivery; without one it is the time of the file's last change.
    """
    named = _DATE_IN_NAME.search(path.stem)
    if named is not None:
        try:
            return end_of(date(*(int(part) for part in named.groups())), zone).replace(microsecond=0)
        except ValueError:
            pass
    return datetime.fromtimestamp(int(path.stat().st_mtime), tz=UTC)


def end_of(day: date, zone: str) -> datetime:
    """Give the last instant of a day in a zone, UTC (RULES 7)."""
    return Calendar(zone=zone).day_end(day)


def start_of(day: date, zone: str) -> datetime:
    """Give the first instant of a day in a zone, UTC."""
    return Calendar(zone=zone).localise(datetime.combine(day, time()))
