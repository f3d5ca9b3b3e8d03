"""The acts of downloading what was judged: the verdicts on a file that was sent, and what was rejected, to mend and send again.

Columns that name people go only to those who may read people, and every such download is noted.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

import polars as pl

from payper.connectors.writing import as_cells
from payper.deliveries import ANSWER_PREFIX, SCHEMA
from payper.desk.arrivals.uploads import read_upload
from payper.desk.people.installation import open_pages, reach_contract
from payper.desk.people.people import Actor
from payper.desk.reads.public_numbers import key_for, public_number
from payper.desk.reads.read_contracts import read_versions
from payper.desk.reads.read_deliveries import PERSONAL
from payper.intake.formulas import escaped
from payper.parties import Act
from payper.reasons import Reason, Verdict
from payper.reports.rejects import rejects_table
from payper.store.book_pages import BookPages
from payper.store.database import Batch
from payper.store.directory import Directory

REJECTS_MAX = 100_000
"""The newest rejected deliveries of a contract that one file holds."""

_FIRST = ("number", "row", "external_id", "verdict", "reasons", "price_minor", "currency", "contract_version")


def verdicts_csv(directory: Directory, actor: Actor, *, buyer: str, upload: str, at: datetime) -> bytes:
    """Give the verdicts on a file that was sent, row by row, as CSV.

    Raises:
        DeniedError: The actor may not send deliveries, or not read them.
        AbsentError: There is no such file.
    """
    actor.must(Act.READ_DELIVERIES)
    seen = read_upload(directory, actor, buyer=buyer, upload=upload)
    address, _ = reach_contract(directory, actor, buyer, seen.row.contract)
    with open_pages(address) as book:
        versions = read_versions(book, [seen.row.contract]).get(seen.row.contract, ())
        currency = versions[-1].contract.currency if versions else None
        key = key_for(book.secret(), "delivery")
        frames = [_verdicts(batch, key) for batch in book.batches("deliveries", file=f"uploads/{upload}/{seen.row.name}")]
    frame = pl.concat(frames, how="diagonal").sort("row") if frames else pl.DataFrame(schema=dict.fromkeys(_FIRST, pl.String))
    frame = frame.with_columns(pl.lit(currency, dtype=pl.String).alias("currency"))
    others = _filled(frame, [name for name in (*SCHEMA, *_answers(frame)) if name not in _FIRST])
    return _csv(directory, actor, frame.select(*_FIRST, *others), subject=f"{buyer}/uploads/{upload}", at=at)


def rejects_csv(directory: Directory, actor: Actor, *, buyer: str, contract: str, upload: str | None = None, at: datetime) -> bytes:
    """Give what was rejected under a contract (of one file, where it is named) and can pass when mended, as CSV to mend and send again.

    Each row says why and what to do; of several deliveries of one external id the newest counts, and one that passed since is left out.

    Raises:
        DeniedError: The actor may not send deliveries, or not read them or people.
        AbsentError: The contract or file is not reached.
    """
    for act in (Act.SEND_DELIVERIES, Act.READ_DELIVERIES, Act.READ_PEOPLE):
        actor.must(act)
    address, _ = reach_contract(directory, actor, buyer, contract)
    file = None
    if upload is not None:
        row = read_upload(directory, actor, buyer=buyer, upload=upload).row
        file = f"uploads/{upload}/{row.name}"
    with open_pages(address) as book:
        frame = _mendable(book, contract, file=file)
    return _csv(directory, actor, rejects_table(frame, contract), subject=f"{buyer}/{contract}", at=at)


def _verdicts(batch: Batch, key: bytes) -> pl.DataFrame:
    journal, people = pl.read_parquet(batch.journal), pl.read_parquet(batch.people)
    numbers = pl.Series("number", [public_number(id_, key) for id_ in journal["delivery_id"]], dtype=pl.String)
    own = journal.select("row", "external_id", "verdict", "reasons", "price_minor", "contract_version").with_columns(numbers)
    return own.hstack(people.drop([name for name in own.columns if name in people.columns]))


def _mendable(book: BookPages, contract: str, *, file: str | None) -> pl.DataFrame:
    frames, passed = [], set[str]()
    past_mending = {reason.name for reason in Reason if not reason.can_mend}
    seen: set[str] = set()
    rows = 0
    for batch in _newest_first(book, contract):
        journal, people = pl.read_parquet(batch.journal), pl.read_parquet(batch.people)
        own = journal.select("delivery_id", "row", "external_id", "verdict", "reasons").sort("delivery_id", descending=True)
        for id_, verdict in own.select("external_id", "verdict").iter_rows():
            if id_ is not None and verdict != Verdict.REJECTED.value:
                passed.add(id_)
        is_newest = pl.Series(_first_of_each(own["external_id"].to_list(), seen), dtype=pl.Boolean)
        kept = own.filter(is_newest & (own["verdict"] == Verdict.REJECTED.value))
        codes = kept["reasons"].str.split(";")
        kept = kept.with_columns(codes.alias("reasons")).filter(~codes.list.eval(pl.element().is_in(list(past_mending))).list.any())
        if file is not None and batch.file != file:
            continue
        whole = people.drop([name for name in ("external_id", "row") if name in people.columns]).hstack(journal.select("delivery_id"))
        frame = kept.join(whole, on="delivery_id", how="left", maintain_order="left")
        frames.append(frame.with_columns(pl.lit(contract).alias("contract"), pl.lit(batch.file).alias("file")))
        rows += frame.height
        if rows >= REJECTS_MAX:
            break
    if not frames:
        return pl.DataFrame(schema={"external_id": pl.String, "verdict": pl.String, "reasons": pl.List(pl.String), "contract": pl.String})
    found = pl.concat(frames, how="diagonal").sort("delivery_id")
    return found.filter(~pl.col("external_id").is_in(list(passed)) | pl.col("external_id").is_null())


def _newest_first(book: BookPages, contract: str) -> Iterator[Batch]:
    for head in reversed(book.batch_heads([contract])):
        yield next(book.batches("deliveries", number=head.batch))


def _first_of_each(names: Sequence[str | None], seen: set[str]) -> list[bool]:
    """Tell of each name whether it comes for the first time; rows without one are each their own."""
    flags = []
    for name in names:
        flags.append(name is None or name not in seen)
        if name is not None:
            seen.add(name)
    return flags


def _answers(frame: pl.DataFrame) -> list[str]:
    return sorted(name for name in frame.columns if name.startswith(ANSWER_PREFIX))


def _filled(frame: pl.DataFrame, names: Sequence[str]) -> list[str]:
    return [name for name in names if name in frame.columns and frame[name].null_count() < frame.height]


def _csv(directory: Directory, actor: Actor, frame: pl.DataFrame, *, subject: str, at: datetime) -> bytes:
    """Write a table; what names people is left out for those who may not read them, and else the download is noted."""
    personal = [name for name in frame.columns if name in PERSONAL or name.startswith(ANSWER_PREFIX)]
    if Act.READ_PEOPLE not in actor.acts:
        frame = frame.drop(personal)
    elif personal:
        with directory.transaction():
            directory.note(at=at, party=actor.party, who=actor.who, act="read people", subject=subject, detail=f"{frame.height} rows")
    buffer = io.BytesIO()
    escaped(as_cells(frame, zone=None)).write_csv(buffer)
    return buffer.getvalue()


def counts_of(told: Mapping[str, object]) -> Mapping[str, int]:
    """Give the verdicts counted of a file that was judged."""
    counts = told.get("counts")
    return counts if isinstance(counts, dict) else {}
