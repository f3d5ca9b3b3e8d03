"""Contracts: the list, one in words and as text, and what changed between versions."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from litestar import Request, Response, get
from litestar.params import FromPath, FromQuery

from payper.desk.contracts.pauses import list_pauses
from payper.desk.contracts.proposals import read_acceptances
from payper.desk.people.installation import absent
from payper.desk.reads.read_contracts import ContractSeen, compare_versions, explain_version, list_contracts, read_contract, version_of
from payper.reports.words import counted
from payper.web.rendering import page
from payper.web.visits import signed_in

TABLES = {
    "contract": "Contract",
    "audience": "Audience",
    "record": "Record",
    "duplicate": "Duplicates",
    "caps": "Caps",
    "price": "Prices",
    "review": "Review and returns",
    "appointment": "Appointments",
    "followup": "Follow-up",
    "example": "Examples",
}
"""Headings for the tables of the contract language."""


@get("/contracts", sync_to_thread=True)
def contracts_page(request: Request[Any, Any, Any]) -> Response[Any]:
    """List the contracts that the visitor reaches."""
    with signed_in(request) as visit:
        contracts = list_contracts(visit.directory, visit.actor)
        others = {each.reached.other for each in contracts}
        headline = (
            f"{counted(len(contracts), 'contract')} with {counted(len(others), 'party', 'parties')}" if contracts else "No contract yet"
        )
        return page(visit, "contracts.html.j2", title="Contracts", contracts=contracts, headline=headline, names=visit.name_of)


@get("/contracts/{buyer:str}/{contract:str}", sync_to_thread=True)
def contract_page(
    request: Request[Any, Any, Any], buyer: FromPath[str], contract: FromPath[str], version: FromQuery[str | None] = None
) -> Response[Any]:
    """Show a version of a contract in plain English, each sentence to its clause."""
    with signed_in(request) as visit:
        seen = read_contract(visit.directory, visit.actor, buyer=buyer, contract=contract)
        shown = version_of(seen, number_of(version))
        clauses = explain_version(shown)
        parts = [
            (TABLES.get(name, name), list(each))
            for name, each in groupby(clauses, key=lambda clause: clause.key.split(".")[0].split("[")[0])
        ]
        return page(
            visit,
            "contract.html.j2",
            title=contract,
            seen=seen,
            shown=shown,
            parts=parts,
            names=visit.name_of,
            pauses=list_pauses(visit.directory, visit.actor, buyer=buyer, contract=contract, at=visit.at),
            acceptances=read_acceptances(visit.directory, visit.actor, buyer=buyer, contract=contract),
        )


@get("/contracts/{buyer:str}/{contract:str}/text", sync_to_thread=True)
def contract_text_page(
    request: Request[Any, Any, Any], buyer: FromPath[str], contract: FromPath[str], version: FromQuery[str | None] = None
) -> Response[Any]:
    """Show the text of a version, line by line."""
    with signed_in(request) as visit:
        seen = read_contract(visit.directory, visit.actor, buyer=buyer, contract=contract)
        shown = version_of(seen, number_of(version))
        lines = shown.text.splitlines()
        return page(visit, "contract_text.html.j2", title=f"Text of {contract}", seen=seen, shown=shown, lines=lines, names=visit.name_of)


@get("/contracts/{buyer:str}/{contract:str}/changes", sync_to_thread=True)
def contract_changes_page(
    request: Request[Any, Any, Any],
    buyer: FromPath[str],
    contract: FromPath[str],
    before: FromQuery[str | None] = None,
    after: FromQuery[str | None] = None,
) -> Response[Any]:
    """Show what changes from one version to another, by default to the newest from the one before it."""
    with signed_in(request) as visit:
        seen = read_contract(visit.directory, visit.actor, buyer=buyer, contract=contract)
        first, second = _pair(seen, number_of(before), number_of(after))
        compared = compare_versions(visit.directory, seen, before=first, after=second)
        title = f"Changes of {contract}"
        return page(visit, "contract_changes.html.j2", title=title, seen=seen, shown=compared.after, compared=compared, names=visit.name_of)


def _pair(seen: ContractSeen, before: int | None, after: int | None) -> tuple[int, int]:
    numbers = [each.number for each in seen.versions]
    second = after if after is not None else numbers[-1]
    earlier = [number for number in numbers if number < second]
    return before if before is not None else (earlier[-1] if earlier else second), second


def number_of(text: str | None) -> int | None:
    """Read the number of a version.

    Raises:
        AbsentError: It is none.
    """
    if text is None or text == "":
        return None
    if not text.isascii() or not text.isdigit() or len(text) > 9:
        raise absent("version", text)
    return int(text)


ROUTES = [contracts_page, contract_page, contract_text_page, contract_changes_page]
