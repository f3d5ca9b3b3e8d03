"""Write the results of a run (DESIGN 13), every file whole or not at all."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from payper._version import __version__
from payper.connectors.writing import write_bytes, write_csv, write_text
from payper.deliveries import ANSWER_PREFIX, DERIVED, SCHEMA
from payper.desk.book.addressing import addressed
from payper.desk.book.settling import acceptance_prices, known_decisions, with_decisions
from payper.desk.folder.columns import VERDICT_COLUMNS
from payper.desk.folder.facts import SUBJECTS, known_facts
from payper.desk.folder.notes import notes_on_unknown_contracts
from payper.desk.folder.programme import Programme
from payper.desk.folder.reading import end_of
from payper.ledger.beancount import to_beancount
from payper.ledger.hledger import to_hledger
from payper.measurement import FileRead, ProgrammeFacts, count_results, rates_on, summarise
from payper.reports.findings import headline
from payper.reports.html import render_report
from payper.reports.rejects import rejects_table
from payper.reports.statement import make_statement, statement_csv, statement_pdf
from payper.settlement import Settlement
from payper.store.database import Database


@dataclass(frozen=True)
class Written:
    """What was written, and what it says in short."""

    summary: Mapping[str, Any]
    headline: Sequence[str]
    report: Path
    notes: Sequence[str] = ()


def write_outputs(
    database: Database,
    programme: Programme,
    settlement: Settlement,
    accepted: pl.DataFrame,
    *,
    day: date,
    out: Path,
    online: bool,
    notes: Sequence[str],
    tell: Any,
) -> Written:
    """Write verdicts, rejects, statements, ledger, receipts, summary and report."""
    verdicts = all_verdicts(database, programme, day=day, prices=acceptance_prices(settlement, accepted))
    facts = _facts(programme, day)
    settlement = replace(settlement, transfers=_recorded_until(database, programme, day))
    refused = _refusals(database, settlement)
    results = replace(
        count_results(programme=facts, contracts=programme.contracts, verdicts=verdicts, settlement=settlement), refusals=len(refused)
    )
    not_run = _checks_not_run(programme, online=online)
    notes = [*notes, *_counted_notes(verdicts, programme, settlement, refused, rejects=out / "rejects")]
    summary = summarise(results, payper_version=__version__, files=_files(database), checks_not_run=not_run)
    summary = {**summary, "refusals": len(refused), "notes": list(notes)}
    tell("results written", 0, 6)
    write_csv(_shown(verdicts), out / "verdicts.csv")
    tell("results written", 1, 6)
    _write_rejects(verdicts, programme, out / "rejects")
    _write_statements(programme, settlement, facts, out / "statements")
    tell("results written", 3, 6)
    title = f"{programme.name}, as of {day.isoformat()}"
    write_text(to_beancount(settlement.transfers, title=title), out / "ledger.beancount")
    write_text(to_hledger(settlement.transfers, title=title), out / "ledger.journal")
    write_csv(pl.DataFrame(refused, schema=_REFUSED), out / "refusals.csv")
    _write_receipts(database, out / "receipts")
    tell("results written", 5, 6)
    write_text(json.dumps(summary, ensure_ascii=False, indent=2) + "\n", out / "summary.json")
    files = summary["files"]
    read = f"{len(files)} files, {sum(each['rows'] for each in files):,} rows"
    sentences = [f"{each['file']}:{each['row']}: {each['why']}" for each in refused]
    write_text(
        render_report(results, payper_version=__version__, refused=sentences, checks_not_run=not_run, read=read), out / "report.html"
    )
    tell("results written", 6, 6)
    return Written(summary=summary, headline=[headline(results)], report=out / "report.html", notes=notes)


def _recorded_until(database: Database, programme: Programme, day: date) -> pl.DataFrame:
    """Give the ledger as it is recorded, corrections and all: what was once published stays, and a correction stands beside it."""
    transfers = database.transfers()
    ends = {id_: end_of(day, versions[-1].zone) for id_, versions in programme.contracts.items()}
    kept = [transfers.filter((pl.col("contract") == id_) & (pl.col("happened_at") <= end)) for id_, end in ends.items()]
    return pl.concat(kept).sort("happened_at", maintain_order=True) if kept else transfers.clear()


def _counted_notes(
    verdicts: pl.DataFrame, programme: Programme, settlement: Settlement, refused: Sequence[Mapping[str, Any]], *, rejects: Path
) -> list[str]:
    """Say in one line each what the tables of a run do not show."""
    notes = []
    if refused:
        notes.append(f"{len(refused):,} milestones, returns or decisions count for nothing: refusals.csv says why.")
    notes += notes_on_unknown_contracts(verdicts, programme, rejects=rejects)
    for row in settlement.warnings.iter_rows(named=True):
        place = f"{row['file']}:{row['row']}: " if row["file"] else f"{row['contract']}: "
        notes.append(f"{place}{row['words']}")
    return notes


def batches_of_verdicts(database: Database) -> Iterator[pl.DataFrame]:
    """Give every batch's verdicts with the columns as sent and as understood."""
    for batch in database.batches("deliveries"):
        journal, people = pl.read_parquet(batch.journal), pl.read_parquet(batch.people)
        own = journal.select("delivery_id", "row", "external_id", "verdict", "reasons", "price_minor", "contract_version", "is_replacement")
        others = people.drop([name for name in (*own.columns, "file", "contract") if name in people.columns])
        yield own.with_columns(
            pl.lit(batch.chain).alias("contract"), pl.lit(batch.file).alias("file"), pl.lit(batch.run, dtype=pl.Int32).alias("run")
        ).hstack(others)


def all_verdicts(database: Database, programme: Programme, *, day: date | None = None, prices: pl.DataFrame | None = None) -> pl.DataFrame:
    """Give one row per delivery up to the end of `day`, by contract, file and row: the columns of verdicts.csv and `delivery_id`.

    Args:
        database: Where the journal is.
        programme: For currencies and zones.
        day: None: all.
        prices: `delivery_id` and `price_minor` as the charges have it, where they differ from what was judged (offsets).
    """
    ends = {id_: versions[-1].zone for id_, versions in programme.contracts.items()}
    frames = []
    for frame in batches_of_verdicts(database):
        zone = ends.get(str(frame["contract"][0]), programme.timezone) if frame.height else "UTC"
        frames.append(
            frame if day is None else frame.filter((pl.col("delivered_at") <= end_of(day, zone)) | (pl.col("reasons") == "ROW_MALFORMED"))
        )
    if not frames:
        frames = [
            pl.DataFrame(
                schema={
                    **dict.fromkeys(VERDICT_COLUMNS, pl.String),
                    "row": pl.Int64,
                    "price_minor": pl.Int64,
                    "contract_version": pl.Int32,
                    "delivery_id": pl.Int64,
                    "run": pl.Int32,
                    **SCHEMA,
                    **DERIVED,
                    "evidence": pl.String,
                }
            )
        ]
    verdicts = with_decisions(pl.concat(frames, how="diagonal"), _decisions_until(database, programme, day)).drop("decided_at")
    currencies = {id_: versions[-1].currency for id_, versions in programme.contracts.items()}
    reasons = pl.col("reasons").str.split(";").list.eval(pl.element().filter(pl.element() != ""))
    verdicts = verdicts.with_columns(
        reasons.alias("reasons"),
        reasons.list.first().alias("headline"),
        pl.col("contract")
        .replace_strict(list(currencies), list(currencies.values()), default=None, return_dtype=pl.String)
        .alias("currency")
        if currencies
        else pl.lit(None, dtype=pl.String).alias("currency"),
    )
    if prices is not None and prices.height:
        charged = prices.rename({"price_minor": "charged_minor"})
        verdicts = verdicts.join(charged, on="delivery_id", how="left", maintain_order="left").with_columns(
            pl.when(pl.col("verdict") == "accepted").then(pl.coalesce("charged_minor", "price_minor")).otherwise(0).alias("price_minor")
        )
    answers = sorted(name for name in verdicts.columns if name.startswith(ANSWER_PREFIX))
    canonical = [name for name in SCHEMA if name not in VERDICT_COLUMNS]
    if "raw" not in verdicts.columns:
        verdicts = verdicts.with_columns(pl.lit(None, dtype=pl.String).alias("raw"))
    return verdicts.select(*VERDICT_COLUMNS, *canonical, *answers, *DERIVED, "evidence", "raw", "delivery_id", "run").sort(
        "contract", "file", "row"
    )


def _decisions_until(database: Database, programme: Programme, day: date | None) -> pl.DataFrame:
    decisions = known_decisions(database)
    if day is None:
        return decisions
    ends = pl.DataFrame(
        [(id_, end_of(day, versions[-1].zone)) for id_, versions in programme.contracts.items()],
        schema={"contract": pl.String, "end": pl.Datetime("us", "UTC")},
        orient="row",
    )
    return decisions.join(ends, on="contract").filter(pl.col("decided_at") <= pl.col("end")).drop("end")


def _shown(verdicts: pl.DataFrame) -> pl.DataFrame:
    return verdicts.drop("raw", "run").rename({"delivery_id": "number"}).with_columns(pl.col("reasons").list.join(";"))


def _facts(programme: Programme, day: date) -> ProgrammeFacts:
    """Say the programme's own facts to measuring, with the rates in force on the day."""
    return ProgrammeFacts(
        name=programme.name,
        base_currency=programme.base_currency,
        zone=programme.timezone,
        as_of=day,
        rates=rates_on(programme.rates, day),
        is_simulated=programme.is_simulated,
    )


def _files(database: Database) -> list[FileRead]:
    return [FileRead(path=path, kind=kind, rows=rows) for path, kind, rows in database.file_rows()]


def _checks_not_run(programme: Programme, *, online: bool) -> list[str]:
    if online:
        return []
    asking = sorted(id_ for id_, versions in programme.contracts.items() if any("mx" in each.record.email for each in versions))
    return [f"mail exchangers (mx) of {', '.join(asking)}: not asked, as payper ran without --online"] if asking else []


_REFUSED = {
    "subject": pl.String,
    "file": pl.String,
    "row": pl.Int64,
    "contract": pl.String,
    "external_id": pl.String,
    "code": pl.String,
    "why": pl.String,
}


def _refusals(database: Database, settlement: Settlement) -> list[dict[str, Any]]:
    """List the milestones and returns that count for nothing: rows that cannot be read, and what settlement refused."""
    rows: list[dict[str, Any]] = []
    for subject in SUBJECTS:
        bad = known_facts(database, subject).filter(pl.col("fault").is_not_null())
        rows += [
            {
                "subject": subject,
                "file": row["file"],
                "row": row["row"],
                "contract": row["contract"],
                "external_id": row["external_id"],
                "code": "ROW_MALFORMED",
                "why": f"{row['fault']}. Mend the row and send it again.",
            }
            for row in bad.iter_rows(named=True)
        ]
    rows += _idle_decisions(database)
    rows += [
        {
            "subject": "returns" if row["act"] == "return" else "milestones",
            "file": row["file"],
            "row": row["row"],
            "contract": row["contract"],
            "external_id": row["external_id"],
            "code": row["code"],
            "why": row["words"],
        }
        for row in settlement.refusals.iter_rows(named=True)
    ]
    return sorted(rows, key=lambda row: (row["file"] or "", row["row"] or 0))


def _idle_decisions(database: Database) -> list[dict[str, Any]]:
    """List decisions on deliveries that wait for none: unknown ones, and those that were accepted or rejected already."""
    read = known_facts(database, "decisions").filter(pl.col("fault").is_null())
    if read.is_empty():
        return []
    frames = [
        pl.read_parquet(batch.journal, columns=["delivery_id", "external_id", "verdict"])
        .with_columns(pl.lit(batch.chain).alias("contract"))
        .with_columns(addressed())
        for batch in database.batches("deliveries", with_people=False)
    ]
    waiting = (
        pl.concat(frames).filter(pl.col("verdict").is_in(["review", "quarantined"])).unique(["contract", "address"]) if frames else None
    )
    idle = read if waiting is None else read.with_columns(addressed()).join(waiting, on=["contract", "address"], how="anti")
    why = "no delivery of this contract and external id is in review or quarantine. Look up its verdict in verdicts.csv."
    return [
        {
            "subject": "decisions",
            "file": row["file"],
            "row": row["row"],
            "contract": row["contract"],
            "external_id": row["external_id"],
            "code": "NOTHING_TO_DECIDE",
            "why": why,
        }
        for row in idle.iter_rows(named=True)
    ]


def _write_rejects(verdicts: pl.DataFrame, programme: Programme, folder: Path) -> None:
    """Write what was rejected and not sent again since: of one external id only the last delivery counts."""
    folder.mkdir(exist_ok=True)
    latest = verdicts.filter(
        pl.col("external_id").is_null() | (pl.col("delivery_id") == pl.col("delivery_id").max().over("contract", "external_id"))
    )
    for id_ in verdicts["contract"].unique().sort().to_list():
        write_csv(rejects_table(latest, id_), folder / f"{_file_name(id_)}.csv")
    for id_ in set(programme.contracts) - set(verdicts["contract"].to_list()):
        (folder / f"{_file_name(id_)}.csv").unlink(missing_ok=True)


def _file_name(id_: str) -> str:
    return "".join(character if character.isalnum() or character in "._-" else "_" for character in id_).lstrip(".") or "_"


def _write_statements(programme: Programme, settlement: Settlement, facts: ProgrammeFacts, folder: Path) -> None:
    folder.mkdir(exist_ok=True)
    for versions in programme.contracts.values():
        statement = make_statement(programme=facts, versions=versions, settlement=settlement)
        name = versions[-1].id
        write_text(statement_csv(statement), folder / f"{name}.csv")
        write_bytes(statement_pdf(statement), folder / f"{name}.pdf")


def _write_receipts(database: Database, folder: Path) -> None:
    """Give each party what proves the journal: the chained digests of every batch of a contract."""
    folder.mkdir(exist_ok=True)
    chains: dict[str, list[dict[str, Any]]] = {}
    for batch in database.batches(with_people=False):
        chains.setdefault(batch.chain, []).append(
            {
                "batch": batch.batch,
                "subject": batch.subject,
                "file": batch.file,
                "rows": batch.rows,
                "previous": batch.previous.hex(),
                "digest": batch.digest.hex(),
            }
        )
    for chain, batches in chains.items():
        write_text(
            json.dumps({"contract": chain or None, "batches": batches}, indent=2) + "\n",
            folder / f"{_file_name(chain) if chain else '_programme'}.json",
        )


__all__ = ["VERDICT_COLUMNS", "Written", "all_verdicts", "batches_of_verdicts", "write_outputs"]
