"""The programme's own words, contracts and rates as the database recorded them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from pathlib import Path

from payper.desk.folder.programme import Programme
from payper.desk.folder.programme_sheet import ProgrammeSheet
from payper.measurement.effort import Effort, Minutes
from payper.settlement import Rate, Rates
from payper.store.book_terms import BookTerms
from payper.store.database import Database
from payper.terms.contract import Contract, ListEntries, PauseDeclared
from payper.terms.reading import read_terms


def recorded_contracts(database: Database, *, lists: Path | None = None) -> dict[str, list[Contract]]:
    """Read the contract versions that judged or may judge, by id, with the pauses and lists of the book.

    Args:
        database: The book.
        lists: The folder of list files; those that are not there are the book's of the same name, else taken as empty.
    """
    contracts: dict[str, list[Contract]] = {}
    for id_, _, _, text in database.contract_texts():
        contract = read_terms(text, path=None, read_list=list_reader(lists)).contract
        if contract is not None:
            contracts.setdefault(id_, []).append(contract)
    ordered = {id_: sorted(versions, key=lambda each: each.version) for id_, versions in contracts.items()}
    return with_book_terms(ordered, database, lists=lists)


def with_book_terms(
    contracts: Mapping[str, Sequence[Contract]], database: Database, *, lists: Path | None = None
) -> dict[str, list[Contract]]:
    """Add what the book keeps beside texts: declared pauses, and the entries of its lists.

    A list that a contract names is the file of the folder `lists` where that is there, else the book's of this name. A list that holds
    everywhere is added to what every contract suppresses.
    """
    book = BookTerms.of(database)
    pauses: dict[str, list[PauseDeclared]] = {}
    for row in book.pauses():
        pauses.setdefault(row.contract, []).append(PauseDeclared(row.since, row.until))
    kept = {row.name: _entries(book, row.name) for row in book.lists()}
    everywhere = tuple(kept[row.name] for row in book.lists() if row.is_everywhere)
    if not pauses and not kept:
        return {id_: list(versions) for id_, versions in contracts.items()}
    files = frozenset(name for name in kept if lists is not None and (lists / name).is_file())

    def own(entries: ListEntries) -> ListEntries:
        return entries if entries.path in files else kept.get(entries.path, entries)

    def whole(contract: Contract) -> Contract:
        audience = contract.audience
        named = tuple(own(each) for each in audience.suppress)
        only = None if audience.only is None else own(audience.only)
        return replace(
            contract,
            audience=replace(audience, only=only, suppress=named, everywhere=everywhere),
            declared_pauses=tuple(pauses.get(contract.id, ())),
        )

    return {id_: [whole(each) for each in versions] for id_, versions in contracts.items()}


def _entries(book: BookTerms, name: str) -> ListEntries:
    entries = book.entries(name)
    return ListEntries(path=name, domains=entries["domain"], company_keys=entries["company"], digests=entries["digest"])


def list_reader(folder: Path | None) -> Callable[[str], bytes]:
    """Read list files of a folder.

    One that is not there has an entry of its own that matches nobody, so that the rest of the terms can be read.
    """

    def read(name: str) -> bytes:
        path = folder / name if folder is not None else None
        if path is not None and path.is_file():
            return path.read_bytes()
        return f"nobody-{hashlib.sha256(name.encode()).hexdigest()[:12]}.com\n".encode()

    return read


def recorded_rates(database: Database) -> Rates:
    """Read the rates as the last run kept them."""
    lines = (database.setting("rates") or "").splitlines()
    base = lines[0] if lines else "USD"
    rates = []
    for line in lines[1:]:
        day, currency, value = line.split()
        rates.append(Rate(on=date.fromisoformat(day), currency=currency, in_base=Decimal(value)))
    return Rates(base_currency=base, rates=tuple(rates))


def written_rates(rates: Rates) -> str:
    """Write rates so that `recorded_rates` reads them."""
    return "\n".join([rates.base_currency, *(f"{rate.on.isoformat()} {rate.currency} {rate.in_base}" for rate in rates.rates)])


@dataclass(frozen=True)
class Words:
    """What a programme says of itself, whether read from its folder or as the last run recorded it.

    Attributes:
        contracts: The versions that judged, by id.
        rates: With the base currency.
        notes: What is not as it was asked for.
    """

    name: str
    timezone: str
    rates: Rates
    contracts: Mapping[str, Sequence[Contract]]
    horizon_days: int = 180
    margin: Decimal | None = None
    effort: Effort = field(default_factory=Effort)
    is_simulated: bool = False
    notes: Sequence[str] = ()


def words_of(sheet: ProgrammeSheet, *, name: str, contracts: Mapping[str, Sequence[Contract]]) -> Words:
    """Take what programme.toml says, and the contracts that judged.

    Args:
        sheet: The file.
        name: Where it names none.
        contracts: Versions by id.
    """
    return Words(
        name=sheet.name or name,
        timezone=sheet.timezone,
        rates=sheet.rates,
        contracts=contracts,
        horizon_days=sheet.horizon_days,
        margin=sheet.margin,
        effort=sheet.effort,
        is_simulated=sheet.is_simulated,
    )


def written_words(programme: Programme) -> str:
    """Write what a programme says of itself so that `recorded_words` reads it."""
    effort = programme.effort
    return json.dumps(
        {
            "name": programme.name,
            "timezone": programme.timezone,
            "horizon_days": programme.horizon_days,
            "margin": _text(programme.margin),
            "sdr_hour": _text(effort.sdr_hour),
            "ae_hour": _text(effort.ae_hour),
            "minutes": {step: [str(minutes.sdr), str(minutes.ae)] for step, minutes in sorted(effort.minutes.items())},
            "is_simulated": programme.is_simulated,
        },
        sort_keys=True,
    )


def recorded_words(database: Database, *, lists: Path | None = None) -> Words:
    """Read what the last run recorded of the programme; a book of an earlier payper has only contracts and rates.

    Args:
        database: The book.
        lists: As of `recorded_contracts`.
    """
    kept = json.loads(database.setting("programme") or "{}")
    minutes = {step: Minutes(sdr=Decimal(sdr), ae=Decimal(ae)) for step, (sdr, ae) in kept.get("minutes", {}).items()}
    notes = [] if kept else ["An earlier payper wrote this book, so it does not know margin and wages; `payper run` records them."]
    return Words(
        name=kept.get("name", "Programme"),
        timezone=kept.get("timezone", "UTC"),
        rates=recorded_rates(database),
        contracts=recorded_contracts(database, lists=lists),
        horizon_days=kept.get("horizon_days", 180),
        margin=_decimal(kept.get("margin")),
        effort=Effort(sdr_hour=_decimal(kept.get("sdr_hour")), ae_hour=_decimal(kept.get("ae_hour")), minutes=minutes),
        is_simulated=kept.get("is_simulated", False),
        notes=notes,
    )


def _text(number: Decimal | None) -> str | None:
    return None if number is None else str(number)


def _decimal(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)
