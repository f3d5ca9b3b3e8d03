"""A book at hand: what judging a few deliveries needs is kept in memory, and read anew as far as others changed the book since.

Others are a second server on the same PostgreSQL, `payper run`, an upload, or somebody who changes a contract. Whoever judges looks at the
book's stamp inside its transaction, while nobody else can write, so that nothing is decided on what is no longer so.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from operator import itemgetter
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl

from payper.adjudication.adjudicate import seeds_of
from payper.adjudication.identities import CrmKeys
from payper.adjudication.known_past import KnownPast
from payper.adjudication.past import ACCEPTED, COLUMNS, Counts, Segment
from payper.adjudication.pricing import charges_of, note_charges
from payper.desk.book.judging import PEOPLE_TYPES, EarlierPeople, earlier_people
from payper.desk.book.recorded import Words, recorded_words
from payper.desk.book.settling import admissions, charged_before, known_decisions, known_deliveries, released
from payper.desk.folder.kept_lists import kept_crm
from payper.desk.reads.public_numbers import key_for
from payper.journey import Milestone
from payper.settlement import DELIVERY_SCHEMA, Admissions
from payper.store.book_terms import BookTerms
from payper.store.database import Database
from payper.store.live_rows import LiveRows, Stamp
from payper.store.open_batches import OpenBatch, StaleError
from payper.terms.contract import Contract

if TYPE_CHECKING:
    from payper.desk.arrivals.judging_posts import Judged

FACTS = frozenset({"milestones", "returns", "decisions"})

LOADS_MAX = 10
"""How often a book is read that others settle meanwhile."""


@dataclass
class LiveBook:
    """A book and what is known of it. Belongs to one thread.

    Args:
        database: Opened to be written.
        clock: Gives the instant of now.
    """

    database: Database
    clock: Callable[[], datetime]

    def __post_init__(self) -> None:
        self.rows = LiveRows.of(self.database)
        secret = self.database.secret()
        self.seeds, self.number_key = seeds_of(secret), key_for(secret, "delivery")
        self.words: Words = Words(name="", timezone="UTC", rates=recorded_words(self.database).rates, contracts={})
        self.past = KnownPast()
        self.owed: Admissions | None = None
        self.crm: CrmKeys | None = None
        self.open: dict[str, OpenBatch] = {}
        self.missing_lists: Mapping[str, tuple[str, ...]] = {}
        self._stamp: Stamp | None = None
        self._in_turn: frozenset[str] = frozenset()
        self._followed: frozenset[str] = frozenset()
        self._addresses: tuple[int, dict[str, str]] | None = None
        self._people: tuple[int, EarlierPeople] | None = None

    @property
    def contracts(self) -> Mapping[str, Sequence[Contract]]:
        """Give the versions by contract id."""
        return self.words.contracts

    def forget(self) -> None:
        """Trust nothing that is at hand: something went wrong in the middle."""
        self._stamp = None

    def refresh(self) -> bool:
        """Read what changed since; tell whether contracts may be read to say something else than before."""
        now = self.rows.stamp()
        before = self._stamp
        if now == before:
            return False
        if before is None or now.terms != before.terms:
            self._load()
            self.crm = kept_crm(self.database)
            # Somebody may have been erased.
            self._addresses = self._people = None
            self._stamp = now
            return True
        subjects = self.rows.subjects_since(before.batch) if now.batch != before.batch else set()
        if any(self._matters(subject, contract) for subject, contract in subjects) or not self._add_others(before):
            self._load()
        else:
            self.open = self.rows.open_batches()
        self._stamp = now
        return False

    def keep(self, judged: Iterable[Judged], opened: Mapping[str, OpenBatch]) -> None:
        """Know what was just kept; call when the transaction has ended well."""
        assert self._stamp is not None, "it was refreshed before anything was kept"
        before = last = self._stamp.delivery
        batch = self._stamp.batch
        for each in judged:
            self._add(each.contract, sorted(each.rows, key=itemgetter("delivery_id")), each.segment)
            if self._addresses is not None and self._addresses[0] == before:
                good = ((row["email"], row["email_normal"]) for row in each.rows if row["verdict"] != "rejected")
                _hash_addresses(good, self._addresses[1])
            if self._people is not None and self._people[0] == before:
                self._add_people(each)
            last = max(last, *(row["delivery_id"] for row in each.rows))
        self.open |= opened
        batch = max([batch, *(each.batch for each in opened.values())])
        self._stamp = Stamp(last, batch, self._stamp.terms)
        if self._addresses is not None and self._addresses[0] == before:
            self._addresses = (last, self._addresses[1])
        if self._people is not None and self._people[0] == before:
            self._people = (last, self._people[1])

    def earlier_people(self) -> EarlierPeople:
        """Give the good deliveries, to be matched by likeness; read at the first question, and again when others delivered."""
        last = self._stamp.delivery if self._stamp is not None else 0
        if self._people is None or self._people[0] != last:
            self._people = (last, earlier_people(self.database, self.contracts))
        return self._people[1]

    def _add_people(self, judged: Judged) -> None:
        assert self._people is not None, "asked where there are some"
        good = [row for row in judged.rows if row["verdict"] != "rejected"]
        if good:
            rows = [{**row, "contract": judged.contract} for row in good]
            frame = pl.DataFrame([pl.Series(name, [row[name] for row in rows], dtype=dtype) for name, dtype in PEOPLE_TYPES.items()])
            self._people = (self._people[0], self._people[1].beside(EarlierPeople.of(frame)))

    def addresses_of(self, hashes: Collection[str]) -> Mapping[str, str]:
        """Give the normal e-mails of good deliveries by their SHA-256, as far as they are among some; both forms are hashed.

        All are hashed at the first question, and again when others than this desk delivered.
        """
        if not hashes:
            return {}
        last = self._stamp.delivery if self._stamp is not None else 0
        if self._addresses is None or self._addresses[0] != last:
            known: dict[str, str] = {}
            for batch in self.database.batches("deliveries"):
                verdicts = pl.read_parquet(batch.journal, columns=["verdict"])["verdict"]
                people = pl.read_parquet(batch.people, columns=["email", "email_normal"]).filter(verdicts != "rejected")
                _hash_addresses(people.iter_rows(), known)
            self._addresses = (last, known)
        known = self._addresses[1]
        return {each: known[each] for each in hashes if each in known}

    def _matters(self, subject: str, contract: str) -> bool:
        """Tell whether judging may hang on new facts; of milestones on few, and systems send them one by one."""
        if subject == "milestones" and contract in self.contracts:
            return contract in self._followed and self._hangs_on_milestones(contract)
        return subject in FACTS

    def _hangs_on_milestones(self, contract: str) -> bool:
        """Tell whether what acceptance charges, or a replacement that may be owed, can hang on what became of earlier deliveries."""
        versions = self.contracts[contract]
        if any(price.offset or (price.tiers and price.on != Milestone.ACCEPTED) for each in versions for price in each.prices):
            return True
        is_replacing = any(
            (each.review is not None and each.review.remedy == "replace")
            or (each.appointment is not None and each.appointment.no_show.then == "replace")
            for each in versions
        )
        return is_replacing and self.owed is not None and self.owed.concerns(contract)

    def _load(self) -> None:
        """Read everything that judging needs, as of one settlement: what one adds in the middle is read anew."""
        for _ in range(LOADS_MAX):
            run = self.rows.last_run()
            self._read_all()
            if self.rows.last_run() == run:
                return
        raise StaleError

    def _read_all(self) -> None:
        book = self.database
        self.words = recorded_words(book)
        contracts, rates = self.words.contracts, self.words.rates
        followed = self._with_past(contracts)
        self._followed = frozenset(followed)
        accepted, _ = known_deliveries(book, followed)
        self.missing_lists = _missing_lists(contracts, kept={each.name for each in BookTerms.of(book).lists()})
        self.owed = admissions(book, contracts, rates, new_facts=[], accepted=accepted)
        numbers, offsets = charged_before(book, contracts, rates, day=self._day())
        self.past = KnownPast(charged=numbers, offsets={**offsets}, released=released(book, accepted))
        self._in_turn = frozenset(id_ for id_, versions in contracts.items() if _is_in_turn(versions))
        self._note_unsettled(accepted)
        for contract, provider, blob in book.segments():
            if blob:
                self.past.add(Segment.from_bytes(blob, contract=contract, provider=provider))
        self.open = self.rows.open_batches()

    def _with_past(self, contracts: Mapping[str, Sequence[Contract]]) -> list[str]:
        """List the contracts whose accepted deliveries must be known one by one: replacements, tiers, offsets or decisions hang on them."""
        decided = set(known_decisions(self.database)["contract"].to_list())
        nobody = pl.DataFrame(schema=DELIVERY_SCHEMA)
        owed = admissions(self.database, contracts, self.words.rates, new_facts=[], accepted=nobody)
        return [id_ for id_, versions in contracts.items() if id_ in decided or _is_in_turn(versions) or owed.concerns(id_)]

    def _day(self) -> date:
        until = self.database.setting("settled_until")
        today = self.clock().astimezone(ZoneInfo(self.words.timezone)).date()
        return max(today, date.fromisoformat(until)) if until else today

    def _note_unsettled(self, accepted: pl.DataFrame) -> None:
        """Count the charges of accepted deliveries that no settlement has made yet, so that tiers go on from there."""
        own = accepted.filter(pl.col("contract").is_in(sorted(self._in_turn)) & pl.col("replaces").is_null())
        if own.height:
            settled = self.database.charges()["delivery_id"].unique()
            left = own.filter(~pl.col("delivery_id").is_in(settled.implode())).sort("delivery_id")
            self._note(left.with_columns(pl.col("email_normal").alias("prospect")).iter_rows(named=True), with_offsets=False)

    def _add_others(self, before: Stamp) -> bool:
        """Know the deliveries that others kept since; False: all must be read anew."""
        for rows in self.rows.rows_since(before.delivery):
            journal = pl.read_parquet(rows.journal).filter(pl.col("delivery_id") > before.delivery)
            if self.owed is not None and self.owed.concerns(rows.contract):
                return False
            segment = Segment.from_bytes(rows.segment, contract=rows.contract, provider=rows.provider) if rows.segment else None
            if segment is not None:
                is_new = np.greater(segment.columns["delivery_id"], before.delivery)
                segment = Segment(rows.contract, rows.provider, {name: segment.columns[name][is_new] for name in COLUMNS})
            self._add(rows.contract, journal.sort("delivery_id").iter_rows(named=True), segment)
        return True

    def _add(self, contract: str, rows: Iterable[Mapping[str, Any]], segment: Segment | None) -> None:
        """Know new deliveries of a contract, in order."""
        if segment is not None:
            self.past.add(segment)
        if contract in self._in_turn and segment is not None and np.any(segment.columns["verdict"] == ACCEPTED):
            taken = (row for row in rows if row["verdict"] == "accepted" and not row["is_replacement"])
            self._note(({**row, "contract": contract} for row in taken), with_offsets=True)

    def _note(self, accepted: Iterable[Mapping[str, Any]], *, with_offsets: bool) -> None:
        """Count what the acceptance of deliveries charged: running numbers, and what later offsets take off."""
        for row in accepted:
            contract = row["contract"]
            terms = next((each for each in self.contracts[contract] if each.version == row["contract_version"]), None)
            if terms is None:
                continue
            counts = self.past.counts_of(contract)
            counts.offsets = self.past.offsets.setdefault(contract, {})
            prospect = None if row["prospect"] is None or not with_offsets else int(row["prospect"])
            note_charges(counts, charges_of({**row, "prospect": prospect}, terms, counts), prospect)
            self._set_charged(contract, counts)

    def _set_charged(self, contract: str, counts: Counts) -> None:
        for milestone, number in counts.charged.items():
            self.past.charged[contract, str(milestone)] = number


def _hash_addresses(addresses: Iterable[tuple[Any, ...]], known: dict[str, str]) -> None:
    for sent, normal in addresses:
        if normal is not None:
            for text in {normal, sent.strip().lower()}:
                known[hashlib.sha256(text.encode()).hexdigest()] = normal


def _is_in_turn(versions: Sequence[Contract]) -> bool:
    """Tell whether what acceptance charges hangs on what was charged before."""
    return any(price.tiers or price.offset for each in versions for price in each.prices)


def _missing_lists(contracts: Mapping[str, Sequence[Contract]], *, kept: set[str]) -> dict[str, tuple[str, ...]]:
    """List by contract the lists that its newest version names and the book does not hold."""
    missing = {}
    for id_, versions in contracts.items():
        audience = versions[-1].audience
        named = [each.path for each in ((audience.only,) if audience.only is not None else ()) + audience.suppress]
        missing[id_] = tuple(dict.fromkeys(name for name in named if name not in kept))
    return missing
