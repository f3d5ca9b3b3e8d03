"""Drafts of contracts: a text that one party writes and nobody else sees, checked as often as it is read."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from payper.desk.book.recorded import list_reader
from payper.desk.contracts.check_contract import run_examples_of
from payper.desk.people.installation import Reached, Side, absent, open_pages, reach
from payper.desk.people.people import Actor
from payper.desk.people.refusals import StaleError, UnreadableError
from payper.desk.reads.read_contracts import ENTRIES, Version, read_contract, read_versions
from payper.parties import Act, Party
from payper.store.book_pages import BookPages
from payper.store.book_terms import BookTerms
from payper.store.directory import Directory
from payper.store.proposals import Draft, Proposals
from payper.terms.contract import Contract
from payper.terms.editing import Value, values_of, with_values
from payper.terms.explain import Clause, explain
from payper.terms.findings import Finding, has_errors, in_order
from payper.terms.positions import Path
from payper.terms.reading import check_versions, read_terms

TEXT_MAX = 100_000
"""Characters of a contract's text."""

EXAMPLES_MAX = 100
"""Examples of a text that are run while somebody waits."""

DRAFTS_MAX = 200


@dataclass(frozen=True, slots=True)
class TextChecked:
    """What is to be said of a text.

    Attributes:
        contract: Its terms; None where a finding is an error.
        findings: By line, examples and the versions before it included.
        clauses: The terms in plain English, each sentence to its line.
        earlier: The recorded versions of the contract it names, as far as the one who asks reaches them.
    """

    text: str
    contract: Contract | None
    findings: tuple[Finding, ...]
    clauses: tuple[Clause, ...]
    earlier: tuple[Version, ...]
    reached: Reached | None

    @property
    def can_be_proposed(self) -> bool:
        """Tell whether no finding is an error."""
        return self.contract is not None and not has_errors(self.findings)


def check_text(directory: Directory, actor: Actor, text: str) -> TextChecked:
    """Check a text as `payper contract check` does, beside the recorded versions of the same contract.

    Raises:
        DeniedError: The actor may not read contracts.
        UnreadableError: It is longer than a contract's text may be, or nested deeper than one is.
    """
    actor.must(Act.READ_CONTRACTS)
    check_length(text)
    buyer, contract = named_in(text)
    reached = next((each for each in reach(directory, actor) if (each.buyer, each.contract) == (buyer, contract)), None)
    address = directory.book(buyer) if reached is not None or buyer == actor.party else None
    if address is None:
        is_own = buyer == actor.party
        return _checked(text, reached=None, earlier=(), read_list=reader_of(None, is_own), is_buyer=is_own)
    with open_pages(address) as book:
        earlier = read_versions(book, [contract]).get(contract, ()) if reached is not None else ()
        is_buyer = buyer == actor.party and (reached is None or reached.side is Side.BUYER)
        return _checked(text, reached=reached, earlier=earlier, read_list=reader_of(book, is_buyer), is_buyer=is_buyer)


def reader_of(book: BookPages | None, is_buyer: bool) -> Callable[[str], bytes]:  # noqa: FBT001  # of two kinds of reader
    """Give what reads the lists that a text names: the buyer's own; to others every list looks the same."""
    if not is_buyer:
        return list_reader(None)
    kept = BookTerms.of(book) if book is not None else None
    names = {row.name for row in kept.lists()} if kept is not None else set()

    def read(name: str) -> bytes:
        if kept is None or name not in names:
            raise OSError("there is no list of this name among your lists (Contracts, Lists)")
        return "\n".join(entry for entries in kept.entries(name).values() for entry in sorted(entries)).encode()

    return read


def _checked(
    text: str, *, reached: Reached | None, earlier: tuple[Version, ...], read_list: Callable[[str], bytes], is_buyer: bool
) -> TextChecked:
    try:
        reading = read_terms(text, read_list=read_list)
        clauses = [] if reading.contract is None else explain(reading.contract, positions=reading.positions)
    except RecursionError as error:
        raise UnreadableError(
            code="TEXT_TOO_DEEP", where="text", seen="The text is nested too deep.", mend="Write tables and lists as docs/terms.md shows."
        ) from error
    findings = list(reading.findings)
    if reading.contract is not None:
        audience = reading.contract.audience
        if is_buyer or (audience.only is None and not audience.suppress):
            # What an example gives hangs on the lists, which are the buyer's alone.
            findings += run_examples_of(replace(reading.contract, examples=reading.contract.examples[:EXAMPLES_MAX]))
        findings += _against(reading, [each.contract for each in earlier])
    plain = tuple(replace(each, sentence=ENTRIES.sub("", each.sentence)) for each in clauses)
    return TextChecked(text, reading.contract, in_order(findings), plain, earlier, reached)


def _against(reading: Any, earlier: Sequence[Contract]) -> list[Finding]:
    """Find what is wrong of a text beside the versions recorded before it."""
    known = set(check_versions(earlier))
    return [each for each in check_versions([*earlier, reading]) if each not in known]


def check_length(text: str) -> None:
    """Refuse what is longer than a contract is.

    Raises:
        UnreadableError: It is.
    """
    if len(text) > TEXT_MAX:
        mend = "Put examples and lists elsewhere; a list is kept under Contracts, Lists."
        raise UnreadableError(
            code="TEXT_TOO_LONG", where="text", seen=f"The text has {len(text):,} characters, more than {TEXT_MAX:,}.", mend=mend
        )


def named_in(text: str) -> tuple[str, str]:
    """Give the buyer and the id of the contract that a text names; empty where it does not."""
    known = values_of(text)
    clause = known.get("contract") if known is not None else None
    if not isinstance(clause, dict):
        return "", ""
    buyer, id_ = (clause.get(name) for name in ("buyer", "id"))
    return (buyer if isinstance(buyer, str) else "")[:100], (id_ if isinstance(id_, str) else "")[:100]


def make_draft(directory: Directory, actor: Actor, *, text: str, at: datetime) -> Draft:
    """Keep a text as a draft of the actor's party; it may have any faults.

    Raises:
        DeniedError: The actor may not write contracts.
        UnreadableError: It is longer than a contract's text may be, or the party has too many drafts.
    """
    actor.must(Act.WRITE_CONTRACTS)
    check_length(text)
    store = Proposals.of(directory)
    buyer, contract = named_in(text)
    draft = Draft(secrets.token_hex(8), actor.party, buyer, contract, _clean(text), 1, at, at, actor.who)
    with directory.transaction():
        if len(store.drafts(actor.party, limit=DRAFTS_MAX)) >= DRAFTS_MAX:
            raise UnreadableError(
                code="DRAFTS_TOO_MANY", where="draft", seen=f"Your party has {DRAFTS_MAX} drafts.", mend="Throw some away first."
            )
        store.add_draft(draft)
    return draft


def draft_next_version(directory: Directory, actor: Actor, *, buyer: str, contract: str, at: datetime) -> Draft:
    """Begin the version after the newest one: its text, with the next number, from the first instant of tomorrow on.

    Raises:
        DeniedError: The actor may not write contracts.
        AbsentError: The contract is not reached.
    """
    actor.must(Act.WRITE_CONTRACTS)
    newest = read_contract(directory, actor, buyer=buyer, contract=contract).versions[-1]
    tomorrow = at.astimezone(ZoneInfo(newest.contract.zone)).date() + timedelta(days=1)
    first = max(tomorrow, newest.contract.starts, newest.contract.calendar.local_date(newest.contract.holds_from) + timedelta(days=1))
    values: dict[Path, Value] = {
        ("contract", "version"): newest.number + 1,
        ("contract", "holds_from"): datetime(first.year, first.month, first.day),  # noqa: DTZ001  # local to the contract's zone
    }
    return make_draft(directory, actor, text=with_values(newest.text, values), at=at)


def change_draft(directory: Directory, actor: Actor, draft: str, *, text: str, revision: int | None, at: datetime) -> Draft:
    """Keep a draft's new text.

    Args:
        directory: The directory.
        actor: Who changes it.
        draft: Its id.
        text: The whole text.
        revision: The one that the actor has seen; None: whatever stands.
        at: Now.

    Raises:
        DeniedError: The actor may not write contracts.
        AbsentError: There is no such draft of the actor's party.
        StaleError: It was changed since.
        UnreadableError: It is longer than a contract's text may be.
    """
    actor.must(Act.WRITE_CONTRACTS)
    check_length(text)
    with directory.transaction():
        found = read_draft(directory, actor, draft)
        if revision is not None and revision != found.revision:
            raise StaleError("draft")
        buyer, contract = named_in(text)
        changed = replace(
            found, buyer=buyer, contract=contract, text=_clean(text), revision=found.revision + 1, changed_at=at, changed_by=actor.who
        )
        Proposals.of(directory).change_draft(changed)
    return changed


def drop_draft(directory: Directory, actor: Actor, draft: str, *, revision: int | None = None) -> None:
    """Throw a draft away; errors as `change_draft`."""
    actor.must(Act.WRITE_CONTRACTS)
    with directory.transaction():
        found = read_draft(directory, actor, draft)
        if revision is not None and revision != found.revision:
            raise StaleError("draft")
        Proposals.of(directory).drop_draft(draft)


def list_drafts(directory: Directory, actor: Actor) -> list[Draft]:
    """List the drafts of the actor's party, the latest changed first.

    Raises:
        DeniedError: The actor may not write contracts.
    """
    actor.must(Act.WRITE_CONTRACTS)
    return Proposals.of(directory).drafts(actor.party, limit=DRAFTS_MAX)


def read_draft(directory: Directory, actor: Actor, draft: str) -> Draft:
    """Give a draft of the actor's party.

    Raises:
        DeniedError: The actor may not write contracts.
        AbsentError: There is none.
    """
    actor.must(Act.WRITE_CONTRACTS)
    found = Proposals.of(directory).draft(draft, party=actor.party)
    if found is None:
        raise absent("draft", draft)
    return found


def first_text(own: Party, other: str, *, zone: str, at: date) -> str:
    """Write a text to begin with: a plain contract of a year for leads of managers, to be changed in every clause.

    Args:
        own: The party that writes it.
        other: The id of the other one; may be empty.
        zone: Of the days and windows.
        at: Today; it starts on the first of the next month.
    """
    is_buyer = own.kind.buys
    buyer, provider = (own.id, other) if is_buyer else (other, own.id)
    starts = (at.replace(day=1) + timedelta(days=32)).replace(day=1)
    values: dict[Path, Value] = {
        ("contract", "id"): f"{buyer}-{provider}-{starts.year}".strip("-"),
        ("contract", "buyer"): buyer,
        ("contract", "provider"): provider,
        ("contract", "timezone"): zone,
        ("contract", "starts"): starts,
        ("contract", "ends"): starts.replace(year=starts.year + 1) - timedelta(days=1),
    }
    return with_values(_FIRST, values)


def _clean(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "")


_FIRST = """[contract]
id = ""
buyer = ""
provider = ""
currency = "USD"
timezone = "UTC"
starts = 2026-01-01
ends = 2026-12-31

[audience]
countries = ["US"]
employees = "200..5000"
seniority = "manager.."

[record]
required = ["email", "first_name", "last_name", "company", "title", "country"]
email = ["syntax", "business", "not_disposable", "not_role"]
fresh = "7d"

[duplicate]
match = ["email", "person"]
within = "180d"

[caps]
per_month = 400
per_company = 3

[[price]]
on = "accepted"
amount = "50.00"

[review]
window = "5bd"
reasons = ["EMAIL_BOUNCED", "PHONE_WRONG", "LEFT_COMPANY"]
evidence = ["EMAIL_BOUNCED"]
cap = "15%"
remedy = "replace"
replace_within = "5bd"
contest_within = "3bd"

[[example]]
given = { email = "cio@acme.com", first_name = "Ann", last_name = "Lee", company = "Acme", title = "CIO", country = "US", employees = 900 }
gives = "accepted"
owes = "50.00"
"""
