"""Contracts and rates as the database recorded them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path

from payper.settlement import Rate, Rates
from payper.store.database import Database
from payper.terms.contract import Contract
from payper.terms.reading import read_terms


def recorded_contracts(database: Database, *, lists: Path | None = None) -> dict[str, list[Contract]]:
    """Read the contract versions that judged, by id; list files are looked for in `lists`, else taken as empty."""
    contracts: dict[str, list[Contract]] = {}
    for id_, _, _, text in database.contract_texts():
        contract = read_terms(text, path=None, read_list=list_reader(lists)).contract
        if contract is not None:
            contracts.setdefault(id_, []).append(contract)
    return {id_: sorted(versions, key=lambda each: each.version) for id_, versions in contracts.items()}


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
