"""The same period under other terms, as pages read it: by a version, a draft, or either with some clauses changed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from payper.desk.asking.what_if import WhatIf, what_if_terms
from payper.desk.book.recorded import list_reader
from payper.desk.contracts.drafts import check_length, list_drafts, read_draft, reader_of
from payper.desk.people.installation import absent, open_pages
from payper.desk.people.people import Actor
from payper.desk.people.refusals import UnreadableError
from payper.desk.reads.read_contracts import Version, read_versions
from payper.desk.reads.read_results import OwnBook, check_day, own_book
from payper.desk.reads.worked_out import WAIT_SECONDS, Worked, work_out
from payper.parties import Act
from payper.reports.words import enumerated
from payper.store.directory import Directory
from payper.store.proposals import Draft
from payper.terms.findings import Finding
from payper.terms.reading import read_terms


@dataclass(frozen=True)
class TermsOffered:
    """What can be tried on a contract's deliveries.

    Attributes:
        contract: Its id.
        texts: By what an address calls them (`v2`, `draft ID`): their text.
        words: By the same: what people call them.
    """

    own: OwnBook
    contract: str
    texts: dict[str, str]
    words: dict[str, str]


@dataclass(frozen=True)
class TermsTried:
    """Terms as they were tried.

    Attributes:
        findings: Of their text; where one is an error, nothing was tried.
        worked: What would have come of it; None: the text has an error.
        missing: Lists that the terms name and that are not kept here, so that nobody was on them.
    """

    findings: Sequence[Finding]
    worked: Worked[WhatIf] | None
    missing: Sequence[str]


def terms_offered(directory: Directory, actor: Actor, contract: str | None) -> tuple[OwnBook, TermsOffered | None] | None:
    """List what can be tried on the deliveries of a contract of the actor's own book; None before there is a book.

    Returns:
        The book, and what is offered; None where no contract is named.

    Raises:
        DeniedError: The actor may not read advice.
        AbsentError: There is no such contract.
    """
    actor.must(Act.READ_ADVICE)
    own = own_book(directory, actor)
    if own is None or contract is None:
        return None if own is None else (own, None)
    if contract not in own.versions:
        raise absent("contract", contract)
    with open_pages(own.address) as book:
        versions: Sequence[Version] = read_versions(book, [contract])[contract]
    texts = {f"v{each.number}": each.text for each in reversed(versions)}
    words = {name: f"{contract} {name}" for name in texts}
    if Act.WRITE_CONTRACTS in actor.acts:
        for draft in list_drafts(directory, actor):
            texts[f"draft {draft.draft}"], words[f"draft {draft.draft}"] = draft.text, _named(draft)
    return own, TermsOffered(own, contract, texts, words)


def text_of_terms(directory: Directory, actor: Actor, offered: TermsOffered, terms: str | None) -> tuple[str, str]:
    """Give which terms are meant, the newest version where none are named, and their text.

    Raises:
        AbsentError: There are none of this name.
    """
    if not terms:
        newest = next(iter(offered.texts))
        return newest, offered.texts[newest]
    if terms not in offered.texts:
        if terms.startswith("draft "):
            read_draft(directory, actor, terms.removeprefix("draft "))
        raise absent("terms", terms)
    return terms, offered.texts[terms]


def try_terms(offered: TermsOffered, text: str, *, name: str, as_of: date | None = None, wait_seconds: float = WAIT_SECONDS) -> TermsTried:
    """Judge and settle the contract's deliveries anew under the terms of a text; the caller has asked for the right.

    Args:
        offered: What can be tried, of the contract.
        text: The terms.
        name: What they are called.
        as_of: None: the day until which the book is settled.
        wait_seconds: How long to wait where it is not worked out yet.

    Raises:
        UsageError: The day makes no sense.
        UnreadableError: The text is longer or nested deeper than a contract is.
    """
    check_day(as_of)
    check_length(text)
    own, on = offered.own, offered.contract
    missing: list[str] = []
    with open_pages(own.address) as book:
        read_list = _lists(reader_of(book, is_buyer=True), missing)
        try:
            reading = read_terms(text, read_list=read_list)
        except RecursionError as error:
            raise UnreadableError(
                code="TEXT_TOO_DEEP",
                where="terms",
                seen="The text is nested too deep.",
                mend="Write tables and lists as docs/terms.md shows.",
            ) from error
    terms = reading.contract
    if terms is None:
        return TermsTried(reading.findings, None, ())
    key = ("what if", own.address, own.erasures, on, terms.hash, name, as_of)
    worked = work_out(
        key,
        own.state,
        lambda tell: what_if_terms(terms, on=on, place=own.address, as_of=as_of, name=name, tell=tell),
        wait_seconds=wait_seconds,
    )
    return TermsTried(reading.findings, worked, tuple(missing))


def missing_words(missing: Sequence[str]) -> str:
    """Say which lists were not there; empty where all were."""
    if not missing:
        return ""
    return f"Not kept here, so nobody was on them: {enumerated(list(missing))}. Lists are kept under Contracts, Lists."


def _lists(kept: Callable[[str], bytes], missing: list[str]) -> Callable[[str], bytes]:
    """Read lists that are kept; others are noted and have nobody on them."""
    nobody = list_reader(None)

    def read(name: str) -> bytes:
        try:
            return kept(name)
        except OSError:
            missing.append(name)
            return nobody(name)

    return read


def _named(draft: Draft) -> str:
    return f"draft of {draft.contract or 'a contract'}, changed {draft.changed_at:%-d %b %Y %H:%M} UTC"
