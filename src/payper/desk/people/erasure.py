"""Erasing people: whatever names them goes from the whole book, and its journal, verdicts and money stay true.

The journal holds ids and keyed hashes only, so that its chain is not touched. What was handed over of a person, and what milestones and
returns say of them, is emptied where it is kept; how many deliveries, of which industry and size, stays. What stands of them beside the
journal goes too (`kept_beside`). Source: GDPR, article 17 and 11.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime

import polars as pl

from payper.adjudication.adjudicate import seeds_of
from payper.adjudication.identities import hash_prospects
from payper.desk.contracts.lists import OPT_OUTS, kept_entries, own_book
from payper.desk.folder.facts import parquet
from payper.desk.people.kept_beside import Named, files_naming, forget_beside, forget_in_directory
from payper.desk.people.people import Actor
from payper.desk.people.refusals import UnreadableError
from payper.desk.reads.public_numbers import key_for, public_number
from payper.desk.reads.shelf import ERASURES
from payper.normalisation.domains import registrable_domains
from payper.normalisation.emails import read_emails
from payper.normalisation.phones import read_phones
from payper.parties import Act
from payper.store.book_terms import BookTerms
from payper.store.crm_people import CrmPeople
from payper.store.database import Database, open_database, read_database
from payper.store.directory import Directory
from payper.store.people_kept import BookPeople, Erased, PeopleBatch
from payper.terms.lists import read_entries

KEPT = (
    "row", "external_id", "kind", "generated_at", "delivered_at", "replaces", "meeting_at", "meeting_minutes", "campaign", "asset",
    "channel", "country", "country_code", "industry", "industry_code", "employees", "employees_min", "employees_max", "revenue",
    "revenue_min", "revenue_max", "function", "seniority",
)  # fmt: skip
"""Columns that stay: they name nobody, and results are counted by them."""

IS_ERASED = "is_erased"
"""Marks the rows that were emptied, so that nothing is judged anew by what is no longer there."""

PLACES_MAX = 100


@dataclass(frozen=True, slots=True)
class Place:
    """A delivery that names somebody."""

    contract: str
    number: str
    delivered_at: datetime | None


@dataclass(frozen=True, slots=True)
class Traces:
    """Where somebody is.

    Attributes:
        deliveries: The first `PLACES_MAX`, oldest first.
        count: How many deliveries there are.
        facts: Rows of milestones and returns that name them.
        lists: Lists on which they stand, which stays so.
    """

    deliveries: tuple[Place, ...]
    count: int
    facts: int
    lists: tuple[str, ...]


def named(text: str) -> Named:
    """Read what names somebody: an e-mail address, a phone number with its country, or a domain.

    Raises:
        UnreadableError: It is none of these.
    """
    given = text.strip()
    if "@" in given:
        email = read_emails(pl.Series([given], dtype=pl.String))["email_normal"][0]
        if email is not None:
            return Named(email=str(email))
    elif given.startswith("+"):
        phone = read_phones(pl.Series([given], dtype=pl.String), pl.Series([None], dtype=pl.String))["phone_e164"][0]
        if phone is not None:
            return Named(phone=str(phone))
    elif "." in given:
        domain = registrable_domains(pl.Series([given.lower()], dtype=pl.String))[0]
        if domain is not None:
            return Named(domain=str(domain))
    mend = "Write an e-mail address, a phone number such as +12125550123, or a domain such as acme.com."
    raise UnreadableError(code="PERSON_UNREADABLE", where="person", seen=f"«{given[:80]}» names nobody.", mend=mend)


def find_person(directory: Directory, actor: Actor, *, person: str, at: datetime) -> Traces:
    """Say where somebody is in the book of the actor's party; the look is noted.

    Raises:
        DeniedError: The actor may not read people.
        AbsentError: The party has no book.
        UnreadableError: The text names nobody.
    """
    actor.must(Act.READ_PEOPLE)
    address, who = own_book(directory, actor), named(person)
    with read_database(address) as book:
        found = _traces(book, who)
        digest = digest_of(book, who)
    with directory.transaction():
        directory.note(at=at, party=actor.party, who=actor.who, act="find person", subject=digest[:16], detail=f"{found.count} deliveries")
    return found


def _traces(book: Database, who: Named) -> Traces:
    places: list[Place] = []
    lists: list[str] = []
    key = key_for(book.secret(), "delivery")
    found = _found(BookPeople.of(book), who)
    for batch in BookPeople.of(book).batches_of_people([number for number, (subject, _) in found.items() if subject == "deliveries"]):
        rows = pl.read_parquet(batch.journal, columns=["delivery_id", "delivered_at"]).filter(found[batch.batch][1])
        places += [Place(batch.contract, public_number(id_, key), delivered_at) for id_, delivered_at in rows.iter_rows()]
    if who.phone is None:
        lists = BookTerms.of(book).lists_with(_entries(who))
    facts = sum(int(mask.sum()) for subject, mask in found.values() if subject != "deliveries")
    return Traces(tuple(places[:PLACES_MAX]), len(places), facts, tuple(lists))


def _found(book: BookPeople, who: Named) -> dict[int, tuple[str, pl.Series]]:
    """Give, by batch, its subject and which of its rows name somebody; batches without any are left out."""
    found: dict[int, tuple[str, pl.Series]] = {}
    owners: list[pl.DataFrame] = []
    for batch in book.batches_of_people(subjects=("deliveries",)):
        mask = _named_deliveries(batch, who) if batch.people else None
        if mask is not None and mask.any():
            found[batch.batch] = ("deliveries", mask)
            own = pl.read_parquet(batch.journal, columns=["external_id", "prospect"]).filter(mask)
            owners.append(own.select(pl.lit(batch.contract).alias("contract"), "external_id", "prospect"))
    known = pl.concat(owners) if owners else pl.DataFrame(schema=dict.fromkeys(("contract", "external_id", "prospect"), pl.String))
    for batch in book.batches_of_people(subjects=("milestones", "returns")):
        mask = _named_facts(batch, who, known) if batch.people else None
        if mask is not None and mask.any():
            found[batch.batch] = (batch.subject, mask)
    return found


def _named_deliveries(batch: PeopleBatch, who: Named) -> pl.Series:
    """Tell which deliveries name somebody, in a column of their own or in a text of any."""
    people = pl.read_parquet(batch.people)
    # A domain stands in websites and texts of other people, who are not meant; a row that could not be read is kept as it was sent.
    texts = people.select(pl.col(pl.String)) if who.domain is None else people.select(name for name in ("raw",) if name in people.columns)
    said = [each.str.to_lowercase().str.contains(who.pattern).fill_null(value=False) for each in texts.iter_columns()]
    if who.email is not None:
        same = pl.col("email_normal") == who.email
    elif who.phone is not None:
        same = pl.col("phone_e164") == who.phone
    else:
        same = (pl.col("domain") == who.domain) | pl.col("email_normal").str.ends_with(f"@{who.domain}")
    own = people.select(same.fill_null(value=False).alias("is_named"))["is_named"]
    for each in said:
        own = own | each
    return own


def _named_facts(batch: PeopleBatch, who: Named, known: pl.DataFrame) -> pl.Series:
    """Tell which milestones or returns say something of somebody: by address, by the delivery they mean, or in what proves them.

    Args:
        batch: Of milestones or returns.
        who: Whom.
        known: contract, external_id and prospect of the deliveries that name them.
    """
    people = pl.read_parquet(batch.people)
    journal = pl.read_parquet(batch.journal, columns=["external_id", "email"])
    own = known.filter(pl.col("contract") == batch.contract) if batch.contract else known
    normal = read_emails(people["email"])["email_normal"]
    by_address = (
        normal == who.email if who.email is not None else normal.str.ends_with(f"@{who.domain}") if who.domain else normal.is_null() & False
    )
    by_delivery = journal["external_id"].is_in(own["external_id"].drop_nulls().to_list())
    by_hash = journal["email"].is_in(own["prospect"].drop_nulls().to_list()) if who.domain is None else by_delivery
    texts = people["evidence"] if "evidence" in people.columns else pl.Series([None] * people.height, dtype=pl.String)
    by_text = texts.str.to_lowercase().str.contains(who.pattern)
    says = (people.select(pl.any_horizontal(pl.exclude("row").is_not_null()).alias("says")))["says"]
    named_so = pl.DataFrame(
        [each.fill_null(value=False).alias(str(place)) for place, each in enumerate((by_address, by_delivery, by_hash, by_text))]
    )
    return named_so.select(pl.any_horizontal(pl.all()).alias("is_named"))["is_named"] & says


@dataclass(frozen=True, slots=True)
class Certificate:
    """What an erasure did, in words to be kept or sent."""

    erasure: str
    at: datetime
    deliveries: int
    facts: int
    files: int
    is_suppressed: bool
    text: str


def erase_person(directory: Directory, actor: Actor, *, person: str, suppress: bool, at: datetime) -> Certificate:
    """Empty everything that names somebody in the book of the actor's party, in one transaction.

    Args:
        directory: The directory.
        actor: Who erases.
        person: As `named`.
        suppress: Whether nobody of this address or domain is taken again: it goes to the opt-outs as SHA-256 (a domain as it is).
        at: Now.

    Raises:
        DeniedError: The actor may not erase people.
        AbsentError: The party has no book.
        UnreadableError: The text names nobody, or a phone number is to be suppressed.
    """
    actor.must(Act.ERASE_PEOPLE)
    address, who = own_book(directory, actor), named(person)
    if suppress and who.phone is not None:
        mend = "Erase without it, or name the e-mail address."
        raise UnreadableError(code="PHONE_NOT_LISTED", where="suppress", seen="A list holds no phone numbers.", mend=mend)
    with open_database(address) as book:
        seen = files_naming(book, address, who)
        with book.transaction():
            # What is open is sealed first: only whole batches can be emptied of somebody.
            book.seal()
            files = forget_beside(book, who, files=files_naming(book, address, who, known=seen))
            made = _erased(directory, actor, book, who, files=files, suppress=suppress, at=at)
        book.sweep()
    with directory.transaction():
        forget_in_directory(directory, who)
        directory.note(
            at=at,
            party=actor.party,
            who=actor.who,
            act="erase person",
            subject=made.erasure,
            detail=f"{made.deliveries} deliveries, {made.facts} facts",
        )
    directory.sweep()
    return made


def _erased(directory: Directory, actor: Actor, book: Database, who: Named, *, files: int, suppress: bool, at: datetime) -> Certificate:
    """Empty the journal's people of somebody, and keep the certificate; inside the transaction."""
    deliveries, facts = _empty(BookPeople.of(book), who)
    if suppress:
        terms = BookTerms.of(book)
        terms.touch_list(OPT_OUTS, is_everywhere=True, by=actor.who, at=at)
        terms.add_entries(OPT_OUTS, _entries(who), at=at)
    book.set_setting(ERASURES, str(int(book.setting(ERASURES) or 0) + 1))
    made = _certificate(directory, actor, book, who, (deliveries, facts, files), suppress=suppress, at=at)
    BookPeople.of(book).add_erasure(Erased(made.erasure, at, actor.who, digest_of(book, who), made.text))
    return made


def _empty(book: BookPeople, who: Named) -> tuple[int, int]:
    counts = {"deliveries": 0, "facts": 0}
    found, key = _found(book, who), key_for(book.secret(), "delivery")
    named_so = pl.Series([who.email], dtype=pl.String)
    prospects = {int(each) for each in hash_prospects(named_so, seeds_of(book.secret())).drop_nulls()}
    for batch in book.batches_of_people(list(found)):
        _, mask = found[batch.batch]
        people = pl.read_parquet(batch.people)
        kept = KEPT if batch.subject == "deliveries" else ("row",)
        gone = [name for name in people.columns if name not in {*kept, IS_ERASED}]
        emptied = people.with_columns(pl.when(~pl.lit(mask)).then(pl.col(name)).alias(name) for name in gone)
        if batch.subject == "deliveries":
            before = pl.col(IS_ERASED).fill_null(value=False) if IS_ERASED in people.columns else pl.lit(value=False)
            emptied = emptied.with_columns((before | pl.lit(mask)).alias(IS_ERASED))
            own = pl.read_parquet(batch.journal, columns=["delivery_id", "prospect"]).filter(mask)
            book.drop_answers_with(public_number(id_, key) for id_ in own["delivery_id"])
            prospects |= {int(each) for each in own["prospect"].drop_nulls()}
        book.replace_people(batch.batch, parquet(emptied))
        counts["deliveries" if batch.subject == "deliveries" else "facts"] += int(mask.sum())
    CrmPeople.of(book).drop_from_crm(prospects)
    return counts["deliveries"], counts["facts"]


def list_erasures(directory: Directory, actor: Actor) -> list[Erased]:
    """List the certificates of the actor's party, newest first.

    Raises:
        DeniedError: The actor may not erase people.
        AbsentError: The party has no book.
    """
    actor.must(Act.ERASE_PEOPLE)
    with read_database(own_book(directory, actor)) as book:
        return BookPeople.of(book).erasures()


def digest_of(book: Database, who: Named) -> str:
    """Give the keyed digest of what names somebody: it tells who was erased only to who has the book and knows whom to ask for."""
    return hmac.new(book.secret(), who.text.encode(), hashlib.sha256).hexdigest()


def _entries(who: Named) -> list[tuple[str, str]]:
    return kept_entries(read_entries(who.text.encode(), OPT_OUTS))


def _certificate(
    directory: Directory, actor: Actor, book: Database, who: Named, counts: tuple[int, int, int], *, suppress: bool, at: datetime
) -> Certificate:
    erasure = secrets.token_hex(8)
    party = directory.party(actor.party)
    kind = "e-mail address" if who.email else "domain" if who.domain else "phone number"
    name = party.name if party else actor.party
    deliveries, facts, files = counts
    emptied = f"{deliveries:,} {'delivery' if deliveries == 1 else 'deliveries'}, {facts:,} milestones and returns"
    refused = f"Refused unjudged: {files:,} {'file that names' if files == 1 else 'files that name'} them; senders are told to send again."
    lines = [
        f"Certificate of erasure {erasure}",
        f"On {at:%d %b %Y at %H:%M} {at.tzname() or 'UTC'} {name} erased the personal data kept under one {kind}.",
        f"Emptied: {emptied}.",
        *([refused] if files else []),
        "Kept: ids, dates, verdicts, reasons and amounts, which name nobody, and hashes that lead to nobody without the book's key.",
        "It was put on the opt-outs, so that it is not taken again." if suppress else "It was not put on any list.",
        f"What was erased has the keyed digest {digest_of(book, who)}.",
        "Files that were exported, and copies made before, are not part of this; delete them where they are kept.",
    ]
    return Certificate(erasure, at, deliveries, facts, files, suppress, "\n".join(lines))
