"""The act `payper judge`: one contract file, one deliveries file, verdicts; nothing is kept."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from payper.adjudication.adjudicate import adjudicate
from payper.adjudication.identities import PLAIN_SEEDS
from payper.connectors.writing import as_cells, write_csv, write_parquet
from payper.deliveries import SCHEMA
from payper.desk.folder.columns import VERDICT_COLUMNS
from payper.desk.folder.mail_hosts import mail_look_up
from payper.desk.folder.notes import notes_on_columns
from payper.desk.folder.reading import check_columns, end_of, open_file, read_people, received_at, typed_deliveries
from payper.errors import UsageError
from payper.intake.formulas import escaped
from payper.reasons import Verdict
from payper.terms.contract import Contract


@dataclass(frozen=True)
class Judged:
    """Verdicts on one file.

    Attributes:
        table: The columns of verdicts.csv.
        verdicts: Deliveries by verdict.
        reasons: Deliveries by reason, most first.
        notes: What is worth knowing about the files.
    """

    table: pl.DataFrame
    verdicts: Mapping[str, int]
    reasons: Mapping[str, int]
    notes: Sequence[str]
    summary: Mapping[str, Any]

    @property
    def csv(self) -> str:
        """Write the table as CSV text."""
        buffer = io.BytesIO()
        escaped(as_cells(_flat(self.table), zone=None)).write_csv(buffer)
        return buffer.getvalue().decode()


def judge_file(
    contract: Path,
    deliveries: Path,
    *,
    history: Path | None = None,
    crm: Path | None = None,
    out: Path | None = None,
    as_of: date | None = None,
    online: bool = False,
    tell: Callable[[str, int, int | None], None] = lambda what, done, total: None,  # noqa: ARG005  # told and not used
) -> Judged:
    """Judge a file of deliveries by a contract file.

    Args:
        contract: Contract file.
        deliveries: CSV, XLSX, NDJSON or Parquet.
        history: Deliveries judged before: a file of verdicts or of deliveries.
        crm: People the buyer has.
        out: Where verdicts go; by its ending CSV or Parquet. None: nowhere.
        as_of: Its last instant stands in for `delivered_at` where a row has none; None: the file's date.
        online: Ask mail servers, where the contract says mx.
        tell: Told how far it has come.

    Raises:
        TermsError: The contract has errors.
        FileError: A file cannot be read or written.
    """
    if out is not None:
        _check_out(out, [contract, deliveries, *([history] if history else []), *([crm] if crm else [])])
    terms = Contract.read(contract)
    batch, notes = _read(deliveries, terms, as_of=as_of)
    tell("deliveries read", batch.height, batch.height)
    past = None if history is None else _read(history, terms, as_of=as_of, is_history=True)[0]
    no_mail = mail_look_up(None)(batch["email"]) if online and "mx" in terms.record.email and batch.height else None
    if "mx" in terms.record.email and not online:
        notes.append("mail exchangers (mx) were not asked: payper ran without --online")
    at = end_of(as_of, terms.zone) if as_of else received_at(deliveries, zone=terms.zone)
    judged = adjudicate(batch, terms, past, at=at, crm=None if crm is None else read_people(crm, name=crm.name), no_mail=no_mail)
    table = _table(judged, batch, terms, deliveries)
    if out is not None:
        if out.suffix.lower() == ".parquet":
            write_parquet(_flat(table), out)
        else:
            write_csv(_flat(table), out)
    verdicts = {str(each): int((table["verdict"] == str(each)).sum()) for each in Verdict}
    counted = table["reasons"].explode(empty_as_null=True).drop_nulls().value_counts(sort=True)
    reasons = {str(name): int(number) for name, number in counted.sort(["count", "reasons"], descending=[True, False]).iter_rows()}
    summary = {
        "contract": terms.id,
        "version": terms.version,
        "model": terms.model,
        "currency": terms.currency,
        "delivered": table.height,
        **verdicts,
        "reasons": reasons,
        "price_minor": int(table["price_minor"].sum()),
        "notes": notes,
    }
    return Judged(table=table, verdicts=verdicts, reasons=reasons, notes=notes, summary=summary)


def _check_out(out: Path, inputs: Sequence[Path]) -> None:
    """Refuse to write over what is read, or in a form that is neither CSV nor Parquet."""
    if any(out.resolve() == path.resolve() for path in inputs):
        raise UsageError(where=out, seen="This file is read, and verdicts would overwrite it.", mend="Name another file with --out.")
    if out.suffix.lower() not in {".csv", ".parquet"}:
        raise UsageError(
            where=out, seen=f"Verdicts are written as CSV or Parquet, not as `{out.suffix}`.", mend="Let the name end in .csv or .parquet."
        )


def _read(path: Path, terms: Contract, *, as_of: date | None, is_history: bool = False) -> tuple[pl.DataFrame, list[str]]:
    opened = open_file(path, name=path.name, subject="deliveries", questions=[each.field for each in terms.record.questions])
    at = end_of(as_of, terms.zone) if as_of else received_at(path, zone=terms.zone)
    frames = []
    keep = ("verdict", "price_minor", "contract") if is_history else ()
    for mapped in opened.blocks(PLAIN_SEEDS, keep=keep):
        typed = typed_deliveries(mapped, opened.columns, zone=terms.zone, received_at=at, date_order=opened.date_order)
        extra = [mapped[name].alias(name) for name in keep if name in mapped.columns and name not in typed.columns]
        frames.append(typed.hstack(extra) if extra else typed)
    check_columns(opened, subject="deliveries")
    brief = opened.columns.brief()
    notes = [*opened.reader.shape.notes, *([f"columns: {brief}"] if brief else []), *notes_on_columns(opened, [terms.zone])]
    if not frames:
        return pl.DataFrame(schema={**SCHEMA, "row": pl.Int64, "fault": pl.String}), notes
    frame = pl.concat(frames, how="diagonal")
    if is_history:
        frame = frame.filter(pl.col("fault").is_null())
        if "price_minor" in frame.columns:
            frame = frame.with_columns(pl.col("price_minor").cast(pl.Int64, strict=False).fill_null(0))
    return frame, notes


def _table(judged: pl.DataFrame, batch: pl.DataFrame, terms: Contract, deliveries: Path) -> pl.DataFrame:
    placed = judged.drop([name for name in ("row", "row_digest", "raw") if name in judged.columns]).with_columns(
        pl.lit(terms.id).alias("contract"), pl.lit(deliveries.name).alias("file"), batch["row"]
    )
    others = [name for name in placed.columns if name not in VERDICT_COLUMNS]
    return placed.select(*VERDICT_COLUMNS, *others)


def _flat(table: pl.DataFrame) -> pl.DataFrame:
    return table.with_columns(pl.col("reasons").list.join(";"))
