"""Read a programme folder: programme.toml, the contracts, and which files there are."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

from payper.desk.folder.programme_sheet import ProgrammeSheet, read_programme_sheet
from payper.errors import UsageError
from payper.measurement.effort import Effort
from payper.settlement.rates import Rates
from payper.terms.contract import Contract
from payper.terms.findings import Finding
from payper.terms.reading import Reading, check_versions, read_terms_file

SUFFIXES = frozenset({".csv", ".tsv", ".tab", ".txt", ".xlsx", ".xlsm", ".ndjson", ".jsonl", ".json", ".parquet", ".pq"})
"""Endings of the files that are read; others in the folders are left alone."""

READ_ENDINGS = "CSV, XLSX, NDJSON or Parquet"
"""The forms of data files, for people."""


@dataclass(frozen=True)
class Programme:
    """What programme.toml says, and the contracts of the folder.

    Attributes:
        contracts: By id, the versions that can be read, in order of version.
        findings: What is wrong with contract files and programme.toml.
        refused: Contract ids with a finding that is an error: their deliveries wait.
        texts: By contract id and version, the file's text.
    """

    folder: Path
    name: str
    base_currency: str
    timezone: str
    rates: Rates
    horizon_days: int = 180
    margin: Decimal | None = None
    effort: Effort = field(default_factory=Effort)
    capacity: Mapping[str, object] = field(default_factory=dict)
    goals: Mapping[str, object] = field(default_factory=dict)
    is_simulated: bool = False
    contracts: Mapping[str, Sequence[Contract]] = field(default_factory=dict)
    findings: Sequence[Finding] = ()
    refused: frozenset[str] = frozenset()
    texts: Mapping[tuple[str, int], str] = field(default_factory=dict)
    notes: Sequence[str] = ()


def read_programme(folder: Path) -> Programme:
    """Read a programme folder's own words and its contracts.

    Raises:
        UsageError: There is no such folder, or it holds neither contracts nor a programme.toml.
        FileContentError: programme.toml cannot be read, or has values that cannot stand there; all of them are told.
    """
    if not folder.is_dir():
        raise UsageError(
            where=folder,
            seen="There is no such folder.",
            mend="Name the folder that holds contracts/ and deliveries/, such as examples/northwind.",
        )
    path = folder / "programme.toml"
    notes: list[str] = []
    if not path.is_file() and not (folder / "contracts").is_dir():
        raise UsageError(
            where=folder,
            seen="This is no programme folder: it has neither programme.toml nor contracts/.",
            mend="Put contract files into contracts/ and deliveries into deliveries/CONTRACT-ID/; README.md shows how.",
        )
    if not path.is_file():
        notes.append("programme.toml is not there: the base currency is the first contract's, and the time zone UTC")
    contracts, findings, refused, texts = _contracts(folder)
    first = next((versions[-1] for versions in contracts.values()), None)
    base = first.currency if first else "USD"
    own = read_programme_sheet(path, base=base) if path.is_file() else ProgrammeSheet(base, rates=Rates(base_currency=base))
    return Programme(
        folder=folder,
        name=own.name or folder.resolve().name,
        base_currency=own.base_currency,
        timezone=own.timezone,
        rates=own.rates,
        horizon_days=own.horizon_days,
        margin=own.margin,
        effort=own.effort,
        capacity=own.capacity,
        goals=own.goals,
        is_simulated=own.is_simulated,
        contracts=contracts,
        findings=findings,
        refused=refused,
        texts=texts,
        notes=notes,
    )


def _contracts(folder: Path) -> tuple[dict[str, list[Contract]], list[Finding], frozenset[str], dict[tuple[str, int], str]]:
    """Read contracts/*.toml; one bad contract never stops the others."""
    readings: dict[str, list[Reading]] = {}
    findings: list[Finding] = []
    refused: set[str] = set()
    texts: dict[tuple[str, int], str] = {}
    for path in sorted(each for each in (folder / "contracts").glob("*.toml") if each.is_file()):
        reading = read_terms_file(path)
        findings.extend(reading.findings)
        id_ = reading.contract.id if reading.contract else _id_of(reading.text) or path.stem
        readings.setdefault(id_, []).append(reading)
        if any(finding.severity == "error" for finding in reading.findings) or reading.contract is None:
            refused.add(id_)
        else:
            texts[id_, reading.contract.version] = path.read_text("utf-8-sig")
    contracts: dict[str, list[Contract]] = {}
    for id_, group in readings.items():
        across = check_versions([reading for reading in group if reading.contract is not None])
        findings.extend(across)
        if any(finding.severity == "error" for finding in across):
            refused.add(id_)
        if id_ not in refused:
            contracts[id_] = sorted((reading.contract for reading in group if reading.contract is not None), key=lambda each: each.version)
    return contracts, findings, frozenset(refused), texts


def _id_of(text: str) -> str | None:
    """Find a contract's id in a text that is not read as terms."""
    try:
        clause = tomllib.loads(text).get("contract")
    except tomllib.TOMLDecodeError:
        return None
    id_ = clause.get("id") if isinstance(clause, dict) else None
    return id_ if isinstance(id_, str) else None


def questions_of(versions: Sequence[Contract]) -> list[str]:
    """List the fields of the questions that any version of a contract asks."""
    return sorted({question.field for each in versions for question in each.record.questions})


def data_files(folder: Path) -> list[Path]:
    """List the readable files of a folder, subfolders included, in order of path."""
    if not folder.is_dir():
        return []
    return sorted(
        path for path in folder.rglob("*") if path.is_file() and path.suffix.lower() in SUFFIXES and not path.name.startswith((".", "~$"))
    )
