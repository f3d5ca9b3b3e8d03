"""The act `payper verdict explain`: one delivery's verdict in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from payper.adjudication.explain import Sentence, explain, explain_in_words
from payper.desk.book.places import find_database
from payper.desk.book.recorded import recorded_contracts
from payper.errors import UsageError
from payper.store.database import Database, read_database
from payper.terms.contract import Contract


@dataclass(frozen=True)
class Explained:
    """One verdict in words."""

    contract: str
    external_id: str | None
    file: str
    row: int
    verdict: str
    sentences: Sequence[Sentence]
    words: str

    @property
    def text(self) -> str:
        """Write it for people."""
        return f"{self.external_id or '(no external id)'}, {self.file} row {self.row}\n{self.words}"

    def to_json(self) -> dict[str, Any]:
        """Give it as plain values."""
        return {
            "contract": self.contract,
            "external_id": self.external_id,
            "file": self.file,
            "row": self.row,
            "verdict": self.verdict,
            "reasons": [{"code": each.code, "clause": each.clause, "seen": each.seen, "mend": each.mend} for each in self.sentences],
        }


def explain_verdict(folder: Path | str, id_: str, *, contract: str | None = None) -> list[Explained]:
    """Explain every delivery of an external id, or the one of a delivery number.

    Raises:
        UsageError: There is no database, or no such delivery.
    """
    with read_database(find_database(folder)) as database:
        contracts = recorded_contracts(database)
        found = [_explained(row, contracts) for row in _rows(database, id_, contract)]
    if not found:
        raise UsageError(
            where=id_,
            seen="No delivery has this external id or number here.",
            mend="Look it up in verdicts.csv of the output folder, column external_id.",
        )
    return found


def _rows(database: Database, id_: str, contract: str | None) -> list[dict[str, Any]]:
    number = int(id_) if id_.isdigit() else -1
    rows: list[dict[str, Any]] = []
    for batch in database.batches("deliveries"):
        if contract is not None and batch.chain != contract:
            continue
        journal = pl.read_parquet(
            batch.journal, columns=["delivery_id", "external_id", "row", "verdict", "reasons", "price_minor", "contract_version"]
        )
        hit = (journal["external_id"] == id_).fill_null(value=False)
        if not hit.any():
            hit = journal["delivery_id"] == number
        if hit.any():
            people = pl.read_parquet(batch.people)
            both = journal.hstack(people.drop([name for name in journal.columns if name in people.columns])).filter(hit)
            rows += [{**row, "contract": batch.chain, "file": batch.file} for row in both.iter_rows(named=True)]
    named = [row for row in rows if row["external_id"] == id_]
    return named or rows


def _explained(row: dict[str, Any], contracts: Mapping[str, Sequence[Contract]]) -> Explained:
    version = next((each for each in contracts.get(row["contract"], ()) if each.version == row["contract_version"]), None)
    row["reasons"] = [code for code in (row["reasons"] or "").split(";") if code]
    return Explained(
        contract=row["contract"],
        external_id=row["external_id"],
        file=row["file"],
        row=row["row"],
        verdict=row["verdict"],
        sentences=explain(row, version, evidence=row.get("evidence")),
        words=explain_in_words(row, version, evidence=row.get("evidence")),
    )
