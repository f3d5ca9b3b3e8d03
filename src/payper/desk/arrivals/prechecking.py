"""The act of asking beforehand: would this be accepted? Judged as if it were sent; nothing is kept.

Instead of an e-mail its SHA-256 can be sent (`email_sha256`, of the trimmed address in lower case), so that no personal data moves before
it must. Such a delivery is looked for among those delivered before and on suppression lists; what only the address tells is not checked.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from payper.connectors.ndjson import Entry
from payper.desk.arrivals.judging_posts import judging_of
from payper.desk.arrivals.live_book import LiveBook
from payper.desk.arrivals.posted import Posted, Sent
from payper.desk.arrivals.receiving import answers_of, fault_of, written
from payper.reasons import Reason, Verdict
from payper.settlement import Admissions
from payper.settlement.admission import Owed
from payper.terms.contract import Contract, ListEntries

HASH_FIELD = "email_sha256"
_HASH = re.compile(r"[0-9a-f]{64}")
_UNKNOWN_DOMAIN = "nobody-knows-this-domain.com"
"""At which a hashed address stands that nobody is known by, where no website says better."""


@dataclass(frozen=True, slots=True)
class Looking:
    """Knows which replacements are owed, and forgets at once what is accepted: nothing is."""

    book: Admissions

    def concerns(self, contract: str) -> bool:
        """As `Admissions.concerns`."""
        return self.book.concerns(contract)

    def owed(self, contract: str, external_id: str, at: datetime) -> Owed:
        """As `Admissions.owed`."""
        return self.book.owed(contract, external_id, at)

    def accept(self, *_told: object, **_more: object) -> None:
        """Let it pass."""


def precheck(book: LiveBook, post: Posted) -> bytes:
    """Judge deliveries as if they were sent now; give the answer as JSON.

    Raises:
        RefusedError: The contract cannot judge.
    """
    book.refresh()
    fault = fault_of(book, post.contract)
    if fault is not None:
        raise fault
    hashes = [_hash_of(record) for record, _, _ in post.sent.entries]
    known = book.addresses_of({each for each in hashes if each is not None})
    entries = [_with_address(entry, hash_, known) for entry, hash_ in zip(post.sent.entries, hashes, strict=True)]
    own = replace(post, sent=Sent(entries, is_single=post.sent.is_single))
    looking = None if book.owed is None else Looking(book.owed)
    judged = judging_of(book, [(0, own)]).decide(replacements=looking)
    for each in judged:
        _take_addresses_off(each.rows, hashes)
    rows = answers_of(book, judged, is_numbered=False)[0]
    listed = frozenset[str]().union(*(each.digests for each in _suppressing(book.contracts[post.contract])))
    told = [row if hash_ is None else _told(row, is_listed=hash_ in listed) for row, hash_ in zip(rows, hashes, strict=True)]
    return written(own, told, book)


def make_ready(book: LiveBook, contract: str) -> None:
    """Judge a delivery that nobody sent by a contract, so that its expressions and the tables they read are made."""
    if fault_of(book, contract) is not None:
        return
    at = book.clock()
    moment = at.isoformat()
    entry: Entry = ({**_NOBODY, "generated_at": moment, "consent_at": moment}, None, None)
    own = Posted(contract=contract, sent=Sent([entry], is_single=True), at=at, party="")
    answers_of(book, judging_of(book, [(0, own)]).decide(replacements=None), is_numbered=False)


_NOBODY: dict[str, str | None] = {
    "external_id": "0",
    "first_name": "Ada",
    "last_name": "Lovelace",
    "email": "ada@lovelace.com",
    "phone": "+442079460018",
    "title": "Chief Information Officer",
    "company": "Lovelace Ltd",
    "website": "lovelace.com",
    "country": "GB",
    "industry": "Software",
    "employees": "500",
    "revenue": "50000000",
    "consent_text": "Yes",
}


def _hash_of(record: Mapping[str, str | None]) -> str | None:
    """Give the hash that stands for an address, or None where the address itself is sent."""
    if record.get("email"):
        return None
    hash_ = (record.get(HASH_FIELD) or "").strip().lower()
    return hash_ if _HASH.fullmatch(hash_) else None


def _with_address(entry: Entry, hash_: str | None, known: Mapping[str, str]) -> Entry:
    """Put an address where its hash was sent: the one known by it, else one that nobody has, at the domain of the website."""
    record, fault, raw = entry
    if hash_ is None:
        return entry
    domain = (record.get("website") or "").strip().removeprefix("https://").removeprefix("http://").removeprefix("www.").split("/")[0]
    address = known.get(hash_) or f"{hash_[:32]}@{domain or _UNKNOWN_DOMAIN}"
    return {**{name: cell for name, cell in record.items() if name != HASH_FIELD}, "email": address}, fault, raw


def _take_addresses_off(rows: Sequence[dict[str, Any]], hashes: Sequence[str | None]) -> None:
    """Take the addresses away that were put in place of hashes, so that no word tells them."""
    for row, hash_ in zip(rows, hashes, strict=True):
        if hash_ is not None:
            row["email"], row["email_normal"] = f"sha256 {hash_[:12]}…", None
            if not (row["evidence"] or "").startswith("empty: "):
                row["evidence"] = None


def _suppressing(versions: Sequence[Contract]) -> Iterable[ListEntries]:
    audience = versions[-1].audience
    return (*audience.suppress, *audience.everywhere)


def _told(row: dict[str, Any], *, is_listed: bool) -> dict[str, Any]:
    """Add what the hash alone tells, and say that the address was not looked at."""
    if is_listed and all(each["code"] != Reason.SUPPRESSED.name for each in row["reasons"]):
        reason = Reason.SUPPRESSED
        words = "The e-mail is on a suppression list."
        added = {"code": reason.name, "number": reason.number, "clause": "audience.suppress", "seen": words, "mend": None}
        row |= {"reasons": [*row["reasons"], added], "verdict": Verdict.REJECTED.value, "can_mend": False, "price_minor": 0}
    return row | {"not_checked": ["email"]}
