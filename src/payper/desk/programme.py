"""Read a programme folder: programme.toml, the contracts, and which files there are."""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path
from zoneinfo import ZoneInfo

from payper.errors import FileError, UsageError
from payper.money import is_currency
from payper.settlement.rates import Rate, Rates
from payper.terms.contract import Contract
from payper.terms.findings import Finding
from payper.terms.reading import Reading, check_versions, read_terms_file

SUFFIXES = frozenset({".csv", ".tsv", ".tab", ".txt", ".xlsx", ".xlsm", ".ndjson", ".jsonl", ".json", ".parquet", ".pq"})
"""Endings of the files that are read; others in the folders are left alone."""

READ_ENDINGS = "CSV, XLSX, NDJSON or Parquet"
"""The forms of data files, for people."""

_KEYS = ("name", "base_currency", "timezone", "horizon_days", "margin", "wages", "capacity", "goals", "rate", "simulated", "buyer")


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
    wages: Mapping[str, object] = field(default_factory=dict)
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
        FileError: programme.toml cannot be read.
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
    values: dict[str, object] = {}
    if path.is_file():
        values = _toml(path)
    else:
        notes.append("programme.toml is not there: the base currency is the first contract's, and the time zone UTC")
    contracts, findings, refused, texts = _contracts(folder)
    first = next((versions[-1] for versions in contracts.values()), None)
    base = str(values.get("base_currency", first.currency if first else "USD")).upper()
    zone = str(values.get("timezone", "UTC"))
    _check(path, values, base=base, zone=zone)
    rates = Rates(base_currency=base, rates=tuple(_rate(path, index, each) for index, each in enumerate(_tables(values.get("rate")))))
    margin = values.get("margin")
    return Programme(
        folder=folder,
        name=str(values.get("name", folder.resolve().name)),
        base_currency=base,
        timezone=zone,
        rates=rates,
        horizon_days=int(str(values.get("horizon_days", 180))),
        margin=None if margin is None else Decimal(str(margin)),
        wages=_table(values.get("wages")),
        capacity=_table(values.get("capacity")),
        goals=_table(values.get("goals")),
        is_simulated=bool(values.get("simulated", False)),
        contracts=contracts,
        findings=findings,
        refused=refused,
        texts=texts,
        notes=notes,
    )


def _toml(path: Path) -> dict[str, object]:
    try:
        return tomllib.loads(path.read_text("utf-8-sig"))
    except tomllib.TOMLDecodeError as error:
        raise FileError(
            where=path, seen=f"This is not TOML: {error}.", mend="Mend the line it names; docs/terms.md shows the form."
        ) from error
    except (OSError, UnicodeDecodeError) as error:
        raise FileError(
            where=path, seen=f"The file cannot be read: {error}.", mend="Save it as UTF-8 text, and check that you may read it."
        ) from error


def _tables(value: object) -> list[Mapping[str, object]]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def _table(value: object) -> Mapping[str, object]:
    return value if isinstance(value, dict) else {}


def _check(path: Path, values: Mapping[str, object], *, base: str, zone: str) -> None:
    for key in values:
        if key not in _KEYS:
            near = difflib.get_close_matches(key, _KEYS, n=1)
            raise FileError(
                where=path,
                seen=f"`{key}` is no key of programme.toml.",
                mend=f"Write `{near[0]}`." if near else f"The keys are {', '.join(_KEYS)}.",
            )
    if not is_currency(base):
        raise FileError(where=path, seen=f"`base_currency = {base}` is no ISO 4217 currency.", mend="Write a code such as USD, EUR or GBP.")
    try:
        ZoneInfo(zone)
    except (KeyError, ValueError, OSError) as error:
        raise FileError(
            where=path, seen=f"`timezone = {zone}` is no time zone.", mend="Write an IANA name such as Europe/Berlin or America/New_York."
        ) from error


def _rate(path: Path, index: int, table: Mapping[str, object]) -> Rate:
    where = f"{path} [[rate]] {index + 1}"
    on, currency = table.get("on"), str(table.get("currency", "")).upper()
    if not isinstance(on, date):
        raise FileError(where=where, seen=f"`on = {on}` is no date.", mend="Write a date without quotes, such as on = 2026-01-01.")
    if not is_currency(currency):
        raise FileError(where=where, seen=f"`currency = {currency}` is no ISO 4217 currency.", mend="Write a code such as GBP.")
    try:
        value = Decimal(str(table.get("in_base")))
    except InvalidOperation:
        value = Decimal(0)
    if not value.is_finite() or value <= 0:
        raise FileError(
            where=where,
            seen=f"`in_base = {table.get('in_base')}` is no rate.",
            mend='Write how much of the base currency one unit is worth, in quotes: in_base = "1.25".',
        )
    return Rate(on=on, currency=currency, in_base=value)


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


def data_files(folder: Path) -> list[Path]:
    """List the readable files of a folder, subfolders included, in order of path."""
    if not folder.is_dir():
        return []
    return sorted(
        path for path in folder.rglob("*") if path.is_file() and path.suffix.lower() in SUFFIXES and not path.name.startswith((".", "~$"))
    )
