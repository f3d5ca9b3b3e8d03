"""Milestones, returns and decisions: read what is new, seal it in the journal, and hand all of it to settlement.

The journal holds no e-mail addresses and no texts of evidence, but keyed hashes and the word that there is evidence; the rest is kept
with the people, where erasure reaches it.
"""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

import polars as pl

from payper.adjudication.adjudicate import seeds_of
from payper.adjudication.identities import Seeds, hash_prospects
from payper.desk.folder.notes import notes_on_columns
from payper.desk.folder.programme import Programme, data_files
from payper.desk.folder.reading import DIGEST, check_columns, open_file, typed_events
from payper.errors import FileError
from payper.intake.columns import Subject
from payper.journey import DECISION_SCHEMA, EVENT_SCHEMA, RETURN_SCHEMA
from payper.normalisation.emails import read_emails
from payper.store.database import Batch, Database

SUBJECTS = ("milestones", "returns", "decisions")
SCHEMAS = {"milestones": EVENT_SCHEMA, "returns": RETURN_SCHEMA, "decisions": DECISION_SCHEMA}
HEADERS: dict[str, Subject] = {"milestones": "milestones", "returns": "returns", "decisions": "returns"}
"""Whose headers a subject's files have: a decision names what the decision on a return does."""

ADDRESSES = r"[^\s`«»,;]+@[^\s`«»,;]+"
"""What in words about a row may be an e-mail address."""


@dataclass
class NewFacts:
    """What was found in the milestones and returns folders.

    Attributes:
        batches: Ready to be sealed.
        files: What was read: subject, name, digest, rows.
        faults: Files that cannot be read, in words.
        mappings: How columns were understood, in short, where it is not plain.
        notes: By file, what may be meant otherwise.
    """

    batches: list[Batch] = field(default_factory=list)
    files: list[tuple[str, str, bytes, int]] = field(default_factory=list)
    faults: list[FileError] = field(default_factory=list)
    mappings: dict[str, str] = field(default_factory=dict)
    notes: list[tuple[str, str]] = field(default_factory=list)


@dataclass(frozen=True)
class Homes:
    """Where deliveries without a named contract belong: by external id and by prospect, where it is one contract only."""

    by_id: Mapping[str, str]
    by_prospect: Mapping[str, str]

    @classmethod
    def of(cls, frames: list[pl.DataFrame]) -> Homes:
        """Gather from frames of `contract`, `external_id`, `prospect`."""
        if not frames:
            return cls({}, {})
        known = pl.concat(frames)

        def only(column: str) -> dict[str, str]:
            pairs = known.filter(pl.col(column).is_not_null()).select(column, "contract").unique()
            return dict(
                pairs.group_by(column)
                .agg(pl.col("contract"))
                .filter(pl.col("contract").list.len() == 1)
                .with_columns(pl.col("contract").list.first())
                .iter_rows()
            )

        return cls(only("external_id"), only("prospect"))


def read_new_facts(database: Database, programme: Programme, homes: Homes) -> NewFacts:
    """Read the rows of milestones/ and returns/ that no earlier run has read."""
    found = NewFacts()
    seeds = seeds_of(database.secret())
    zones = {id_: versions[-1].zone for id_, versions in programme.contracts.items()}
    currencies = {id_: versions[-1].currency for id_, versions in programme.contracts.items()}
    for subject in SUBJECTS:
        read = database.files_read(subject)
        for path in data_files(programme.folder / subject):
            name = path.relative_to(programme.folder).as_posix()
            try:
                opened = open_file(path, name=name, subject=HEADERS[subject])
                if read.get(name) == opened.digest:
                    continue
                check_columns(opened, subject=subject)
            except FileError as error:
                found.faults.append(error)
                continue
            found.mappings[name] = opened.columns.brief()
            found.notes += [(name, note) for note in notes_on_columns(opened, zones.values() or [programme.timezone])]
            already = _already(database, subject, name) if name in read else None
            rows = 0
            for mapped in opened.blocks(seeds, already=already):
                resolved = mapped.with_columns(_homes(mapped, homes, seeds).alias("contract"))
                frame = typed_events(
                    resolved,
                    opened.columns,
                    subject=subject,
                    zones=zones,
                    default_zone=programme.timezone,
                    file=name,
                    date_order=opened.date_order,
                    currencies=currencies,
                )
                found.batches.extend(sealed(frame, subject=subject, file=name, seeds=seeds))
                rows += frame.height
            found.files.append((subject, name, opened.digest, rows))
    return found


def _already(database: Database, subject: str, file: str) -> Counter[int]:
    seen: Counter[int] = Counter()
    for batch in database.batches(subject, file=file, with_people=False):
        seen.update(pl.read_parquet(batch.journal, columns=[DIGEST])[DIGEST].to_list())
    return seen


def _homes(mapped: pl.DataFrame, homes: Homes, seeds: Seeds) -> pl.Series:
    """Name the contract: as written, else the only one that has the external id or, without an id, the prospect."""

    def column(name: str) -> pl.Series:
        return mapped[name] if name in mapped.columns else pl.Series(name, [None] * mapped.height, dtype=pl.String)

    written, id_ = column("contract"), column("external_id")
    by_id = (
        id_.replace_strict(list(homes.by_id), list(homes.by_id.values()), default=None, return_dtype=pl.String) if homes.by_id else written
    )
    token = prospects(column("email"), seeds)
    by_mail = (
        token.replace_strict(list(homes.by_prospect), list(homes.by_prospect.values()), default=None, return_dtype=pl.String)
        if homes.by_prospect
        else written
    )
    frame = pl.DataFrame([written.alias("written"), id_.alias("id"), by_id.alias("by_id"), by_mail.alias("by_mail")])
    return frame.select(pl.coalesce("written", "by_id", pl.when(pl.col("id").is_null()).then("by_mail")).alias("contract"))["contract"]


def prospects(emails: pl.Series, seeds: Seeds) -> pl.Series:
    """Give the keyed hash of e-mails as sent, as text, as the journal of deliveries has it."""
    return hash_prospects(read_emails(emails)["email_normal"], seeds).cast(pl.String)


def sealed(frame: pl.DataFrame, *, subject: str, file: str, seeds: Seeds, prospect: str | None = None) -> list[Batch]:
    """Split rows by contract, each its own chain, and set personal data apart.

    Args:
        frame: As `typed_events`.
        subject: milestones, returns or decisions.
        file: Where they were read.
        seeds: Of the installation.
        prospect: The hash that stands for the e-mail of all rows, where an earlier row is added to; None: that of each e-mail.
    """
    # Words about a row that cannot be read quote it, and the journal is never emptied of anybody.
    journal = frame.with_columns(pl.col(name).str.replace_all(ADDRESSES, "…") for name in ("fault", "reason") if name in frame.columns)
    people = ["row"]
    if "email" in frame.columns:
        journal = journal.with_columns(prospects_of(frame, seeds, prospect))
        people.append("email")
    if subject == "returns":
        journal = journal.with_columns(pl.when(pl.col("evidence").is_not_null()).then(pl.lit("given")).alias("evidence"))
        people.append("evidence")
    batches = []
    for (contract,), part in journal.with_columns(pl.col("contract").fill_null("").alias("chain")).group_by(["chain"], maintain_order=True):
        own = frame.filter(pl.col("contract").fill_null("") == contract).select(people)
        batches.append(
            Batch(
                subject=subject,
                chain=str(contract),
                file=file,
                provider="",
                rows=part.height,
                journal=parquet(part.drop("chain")),
                people=parquet(own),
            )
        )
    return batches


def prospects_of(frame: pl.DataFrame, seeds: Seeds, prospect: str | None) -> pl.Series:
    """Give the hash that stands for the e-mail of each row as `email`; arguments as `sealed`."""
    tokens = prospects(frame["email"], seeds) if prospect is None else pl.Series([prospect] * frame.height, dtype=pl.String)
    return tokens.alias("email")


def parquet(frame: pl.DataFrame) -> bytes:
    """Write a frame as Parquet, the form of the journal."""
    buffer = io.BytesIO()
    frame.write_parquet(buffer, compression="zstd", compression_level=1, statistics=False)
    return buffer.getvalue()


def known_facts(database: Database, subject: str, extra: list[Batch] | None = None) -> pl.DataFrame:
    """Give all milestones or returns of the journal, with `run`, `fault` and the prospect's hash as `email_normal`.

    Args:
        database: Where the journal is.
        subject: milestones or returns.
        extra: Batches that are about to be sealed.
    """
    frames = [
        pl.read_parquet(batch.journal).with_columns(pl.lit(batch.run, dtype=pl.Int32).alias("run"))
        for batch in [*database.batches(subject, with_people=False), *(extra or [])]
        if batch.subject == subject and batch.rows
    ]
    if not frames:
        return pl.DataFrame(schema={**SCHEMAS[subject], "fault": pl.String, DIGEST: pl.UInt64, "run": pl.Int32, "email_normal": pl.String})
    # Journals of an earlier payper have fewer columns.
    known = pl.concat(frames, how="diagonal")
    lacking = [name for name in SCHEMAS[subject] if name not in known.columns]
    known = known.with_columns(pl.lit(None, dtype=SCHEMAS[subject][name]).alias(name) for name in lacking)
    return known.with_columns(pl.col("email").alias("email_normal")) if "email" in known.columns else known
