"""Contracts between two parties: drafted by one, seen by both when proposed, in force when both accepted, and paused by either."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from tests.desk.conftest import CONTRACT
from tests.parties_made import NOW

from payper.desk.book.recorded import recorded_contracts
from payper.desk.contracts.drafts import (
    change_draft,
    check_text,
    draft_next_version,
    drop_draft,
    first_text,
    list_drafts,
    make_draft,
    read_draft,
)
from payper.desk.contracts.pauses import list_pauses, pause, resume
from payper.desk.contracts.proposals import accept, decline, effect_of, list_proposals, propose, read_proposal, record_accepted, withdraw
from payper.desk.people.installation import AbsentError, Installation
from payper.desk.people.people import Actor, DeniedError, invite
from payper.desk.people.refusals import RefusedError, StaleError, UnreadableError
from payper.desk.reads.read_contracts import compare_versions, list_contracts, read_contract
from payper.parties import Party, PartyKind, Role, acts_of, roles_for
from payper.store import open_database, read_database
from payper.store.book_terms import BookTerms
from payper.store.directory import Directory, open_directory
from payper.store.proposals import ACCEPTED, Proposals
from payper.web.configuration import Configuration
from payper.web.server import prepare

NewBook = Callable[[], str]
BUYER, PROVIDER = ("northwind", Role.OWNER), ("intentreach", Role.PROVIDER_MANAGER)


@dataclass(frozen=True)
class Desk:
    directory: Directory
    installation: Installation
    people: dict[tuple[str, Role], str]

    def actor(self, who: tuple[str, Role]) -> Actor:
        return Actor(party=who[0], who=self.people[who], acts=acts_of(who[1]), name=f"{who[1]} of {who[0]}", role=who[1])

    @property
    def buyer(self) -> Actor:
        return self.actor(BUYER)

    @property
    def provider(self) -> Actor:
        return self.actor(PROVIDER)


@pytest.fixture
def desk(new_book: NewBook, tmp_path: Path) -> Iterator[Desk]:
    with opened(new_book, tmp_path) as made:
        yield made


@contextmanager
def opened(new_book: NewBook, tmp_path: Path) -> Iterator[Desk]:
    with open_directory(new_book()) as directory:
        address = new_book()
        with open_database(address):
            pass
        with directory.transaction():
            for id_, kind in (("northwind", PartyKind.BUYER), ("intentreach", PartyKind.PROVIDER), ("meetly", PartyKind.PROVIDER)):
                directory.add_party(Party(id_, id_.title(), kind), zone="UTC", is_operator=id_ == "northwind", at=NOW)
            directory.set_book("northwind", address)
        for party in directory.parties():
            for role in roles_for(party.kind):
                email = f"{role.replace(' ', '-')}@{party.id}.example.org"
                invite(directory, party=party.id, email=email, name=f"{role} of {party.id}", role=role, by="", at=NOW)
        people = {(party.id, each.role): each.person for party in directory.parties() for each in directory.people(party.id)}
        yield Desk(directory, Installation(str(tmp_path / "data")), people)


def proposed(desk: Desk, *, by: Actor | None = None, text: str = CONTRACT, words: str = "") -> str:
    actor = by or desk.buyer
    draft = make_draft(desk.directory, actor, text=text, at=NOW)
    return propose(desk.directory, actor, draft=draft.draft, words=words, at=NOW).proposal


def accepted(desk: Desk, proposal: str, *, by: Actor | None = None) -> None:
    actor = by or desk.provider
    hash_ = read_proposal(desk.directory, actor, proposal).proposal.hash
    accept(desk.directory, actor, desk.installation, proposal=proposal, hash_=hash_, at=NOW)


def test_what_one_proposes_and_the_other_accepts_is_in_the_book_with_who_and_when(desk: Desk) -> None:
    proposal = proposed(desk, words="For the spring")
    assert list_contracts(desk.directory, desk.provider) == []
    accepted(desk, proposal)
    for actor in (desk.buyer, desk.provider):
        seen = read_contract(desk.directory, actor, buyer="northwind", contract="reach")
        assert [each.number for each in seen.versions] == [1]
        assert seen.versions[0].hash == read_proposal(desk.directory, actor, proposal).proposal.hash
    address = desk.directory.book("northwind")
    assert address is not None
    with read_database(address) as book:
        rows = BookTerms.of(book).acceptances("reach")
        assert set(recorded_contracts(book)) == {"reach"}
        assert [note.subject for note in book.outbox()] == ["reach v1"]
    assert [(row.party, row.name, row.at) for row in rows] == [
        ("intentreach", "provider manager of intentreach", NOW), ("northwind", "owner of northwind", NOW)
    ]  # fmt: skip
    assert list_drafts(desk.directory, desk.buyer) == []


def test_either_side_may_propose_and_nobody_answers_their_own(desk: Desk) -> None:
    proposal = proposed(desk)
    with pytest.raises(RefusedError, match="Your party made"):
        accepted(desk, proposal, by=desk.buyer)
    accepted(desk, proposal)
    next_one = draft_next_version(desk.directory, desk.provider, buyer="northwind", contract="reach", at=NOW)
    assert "version = 2" in next_one.text
    assert "holds_from = 2026-03-03T00:00:00" in next_one.text
    change_draft(desk.directory, desk.provider, next_one.draft, text=next_one.text.replace("48.00", "52.00"), revision=1, at=NOW)
    second = propose(desk.directory, desk.provider, draft=next_one.draft, at=NOW)
    changes = effect_of(desk.directory, desk.buyer, check_text(desk.directory, desk.buyer, second.text)).changes
    assert [change.money for change in changes if change.key == "price[1].amount"] == [400]
    accepted(desk, second.proposal, by=desk.buyer)
    assert [each.number for each in read_contract(desk.directory, desk.buyer, buyer="northwind", contract="reach").versions] == [1, 2]


def test_a_draft_is_seen_by_its_party_alone_and_a_proposal_by_its_two(desk: Desk) -> None:
    draft = make_draft(desk.directory, desk.buyer, text=CONTRACT, at=NOW)
    with pytest.raises(AbsentError) as foreign:
        read_draft(desk.directory, desk.provider, draft.draft)
    with pytest.raises(AbsentError) as absent:
        read_draft(desk.directory, desk.provider, "x" * 16)
    assert str(foreign.value).replace(draft.draft, "x" * 16) == str(absent.value)
    proposal = proposed(desk)
    meetly = Actor("meetly", "somebody", acts_of(Role.PROVIDER_MANAGER), role=Role.PROVIDER_MANAGER)
    with pytest.raises(AbsentError):
        read_proposal(desk.directory, meetly, proposal)
    assert list_proposals(desk.directory, meetly) == []
    for who in ((BUYER[0], Role.VIEWER), (PROVIDER[0], Role.PROVIDER_VIEWER)):
        actor = desk.actor(who)
        assert read_proposal(desk.directory, actor, proposal).can_answer is False
        with pytest.raises(DeniedError):
            accepted(desk, proposal, by=actor)


def test_what_was_answered_is_not_answered_again(desk: Desk) -> None:
    first = proposed(desk)
    with pytest.raises(RefusedError, match="is open"):
        proposed(desk)
    with pytest.raises(RefusedError, match="Nothing says why"):
        decline(desk.directory, desk.provider, proposal=first, words="  ", at=NOW)
    decline(desk.directory, desk.provider, proposal=first, words="48 is too little", at=NOW)
    for act in (withdraw, decline):
        with pytest.raises(RefusedError, match="is declined"):
            act(desk.directory, desk.buyer if act is withdraw else desk.provider, proposal=first, words="x", at=NOW)
    second = proposed(desk)
    with pytest.raises(RefusedError, match="other party"):
        withdraw(desk.directory, desk.provider, proposal=second, at=NOW)
    withdraw(desk.directory, desk.buyer, proposal=second, words="a slip", at=NOW)
    with pytest.raises(RefusedError, match="is withdrawn"):
        accepted(desk, second)
    assert [each.proposal.state for each in list_proposals(desk.directory, desk.buyer)].count("open") == 0
    assert list_contracts(desk.directory, desk.buyer) == []


def test_what_was_shown_is_what_is_accepted(desk: Desk) -> None:
    proposal = proposed(desk)
    with pytest.raises(RefusedError, match="hash"):
        accept(desk.directory, desk.provider, desk.installation, proposal=proposal, hash_="0" * 64, at=NOW)


def test_a_text_with_errors_is_kept_as_a_draft_and_never_proposed(desk: Desk) -> None:
    broken = make_draft(desk.directory, desk.buyer, text=CONTRACT.replace("per_day = 3", "per_day = -3"), at=NOW)
    with pytest.raises(RefusedError) as caught:
        propose(desk.directory, desk.buyer, draft=broken.draft, at=NOW)
    assert caught.value.code == "CONTRACT_HAS_ERRORS"
    assert caught.value.where.startswith("line ")
    checked = check_text(desk.directory, desk.buyer, broken.text)
    assert [finding.path for finding in checked.findings if finding.is_error] == ["caps.per_day"]
    with pytest.raises(UnreadableError):
        make_draft(desk.directory, desk.buyer, text="x" * 100_001, at=NOW)
    check_text(desk.directory, desk.buyer, "a = " + "[" * 5000)


def test_a_buyers_text_names_lists_that_the_buyer_keeps_and_a_provider_learns_nothing_of_them(desk: Desk) -> None:
    text = CONTRACT.replace("[record]", 'suppress = ["customers.csv"]\n[record]')
    plain = check_text(desk.directory, desk.provider, CONTRACT).findings
    assert [finding.code for finding in check_text(desk.directory, desk.buyer, text).findings if finding.is_error] == ["LIST_UNREADABLE"]
    assert [finding.code for finding in check_text(desk.directory, desk.provider, text).findings] == [finding.code for finding in plain]
    address = desk.directory.book("northwind")
    assert address is not None
    with open_database(address) as book, book.transaction():
        BookTerms.of(book).touch_list("customers.csv", is_everywhere=False, by="olga", at=NOW)
        BookTerms.of(book).add_entries("customers.csv", [("domain", "acme.com")], at=NOW)
    assert not any(finding.is_error for finding in check_text(desk.directory, desk.buyer, text).findings)
    assert not any("entries" in clause.sentence for clause in check_text(desk.directory, desk.provider, text).clauses)


def test_examples_that_hang_on_lists_are_the_buyers_to_check(desk: Desk) -> None:
    address = desk.directory.book("northwind")
    assert address is not None
    with open_database(address) as book, book.transaction():
        BookTerms.of(book).touch_list("targets.csv", is_everywhere=False, by="olga", at=NOW)
        BookTerms.of(book).add_entries("targets.csv", [("domain", "acme.com")], at=NOW)
    named = CONTRACT.replace("[record]", 'companies = { only = "targets.csv" }\n[record]')
    given = '{ email = "ann@acme.com", title = "IT Manager", country = "US" }'
    text = f'{named}\n[[example]]\ngiven = {given}\ngives = "accepted"\n'
    for actor in (desk.buyer, desk.provider):
        assert not [finding.code for finding in check_text(desk.directory, actor, text).findings if finding.is_error]
    wrong = text.replace("acme.com", "globex.com")
    assert any(finding.is_error for finding in check_text(desk.directory, desk.buyer, wrong).findings)


def test_lists_that_a_version_names_no_longer_are_among_its_changes_and_counted_for_the_buyer_alone(desk: Desk) -> None:
    address = desk.directory.book("northwind")
    assert address is not None
    with open_database(address) as book, book.transaction():
        kept = BookTerms.of(book)
        for name, entries in (("customers.csv", ("acme.com", "globex.com")), ("rivals.csv", ("globex.com",)), ("targets.csv", ("a.com",))):
            kept.touch_list(name, is_everywhere=False, by="olga", at=NOW)
            kept.add_entries(name, [("domain", entry) for entry in entries], at=NOW)
    named = CONTRACT.replace("[record]", 'suppress = ["customers.csv", "rivals.csv"]\n[record]')
    accepted(desk, proposed(desk, text=named))
    bare = named.replace("starts = ", "version = 2\nholds_from = 2026-03-03T00:00:00\nstarts = ")

    def changes(actor: Actor, lists: str) -> dict[str, str]:
        text = bare.replace('suppress = ["customers.csv", "rivals.csv"]', lists)
        effect = effect_of(desk.directory, actor, check_text(desk.directory, actor, text))
        return {change.key: change.sentence for change in effect.changes if change.key.startswith("audience")}

    for lists, words, counts in (
        ("", "No longer suppressed: who stands on customers.csv or rivals.csv.", "0 entries come and 2 go."),
        ('suppress = ["rivals.csv"]', "No longer suppressed: who stands on customers.csv.", "0 entries come and 1 goes."),
        (
            'suppress = ["rivals.csv", "targets.csv"]',
            "No longer suppressed: who stands on customers.csv. Newly suppressed: who stands on targets.csv.",
            "1 entry comes and 1 goes.",
        ),
    ):
        assert changes(desk.provider, lists) == {"audience.suppress": words}
        assert changes(desk.buyer, lists) == {"audience.suppress": f"{words} As your lists stand, {counts}"}
    assert changes(desk.provider, 'suppress = ["rivals.csv", "customers.csv"]') == {}
    target = 'suppress = ["customers.csv", "rivals.csv"]\ncompanies = { only = "targets.csv" }'
    words = "Only companies on targets.csv are taken; before, no list was asked."
    assert changes(desk.provider, target)["audience.companies.only"] == words
    assert changes(desk.buyer, target)["audience.companies.only"] == f"{words} As your lists stand, 1 entry comes and 0 go."
    with open_database(address) as book, book.transaction():
        BookTerms.of(book).touch_list("customers.csv", is_everywhere=True, by="olga", at=NOW)
    assert changes(desk.buyer, "")["audience.suppress"].endswith("0 entries come and 0 go.")

    draft = make_draft(desk.directory, desk.provider, text=bare.replace('suppress = ["customers.csv", "rivals.csv"]', ""), at=NOW)
    accepted(desk, propose(desk.directory, desk.provider, draft=draft.draft, at=NOW).proposal, by=desk.buyer)
    for actor, is_counted in ((desk.buyer, True), (desk.provider, False)):
        seen = read_contract(desk.directory, actor, buyer="northwind", contract="reach")
        (change,) = [each for each in compare_versions(desk.directory, seen, before=1, after=2).changes if each.key == "audience.suppress"]
        assert change.sentence.startswith("No longer suppressed: who stands on customers.csv or rivals.csv.")
        assert (change.before, change.after) == ("customers.csv and rivals.csv", None)
        assert ("As your lists stand" in change.sentence) == is_counted


def test_a_change_beside_one_that_was_not_seen_is_refused(desk: Desk) -> None:
    draft = make_draft(desk.directory, desk.buyer, text=CONTRACT, at=NOW)
    change_draft(desk.directory, desk.buyer, draft.draft, text="one", revision=1, at=NOW)
    with pytest.raises(StaleError):
        change_draft(desk.directory, desk.buyer, draft.draft, text="two", revision=1, at=NOW)
    assert read_draft(desk.directory, desk.buyer, draft.draft).text == "one"
    with pytest.raises(StaleError):
        drop_draft(desk.directory, desk.buyer, draft.draft, revision=1)
    drop_draft(desk.directory, desk.buyer, draft.draft, revision=2)
    assert list_drafts(desk.directory, desk.buyer) == []


def test_who_proposes_may_note_the_acceptance_of_a_party_that_nobody_acts_for(desk: Desk) -> None:
    with desk.directory.transaction():
        desk.directory.add_party(Party("paperlead", "Paperlead", PartyKind.PROVIDER), zone="UTC", is_operator=False, at=NOW)
    proposal = proposed(desk, text=CONTRACT.replace("intentreach", "paperlead"))
    hash_ = read_proposal(desk.directory, desk.buyer, proposal).proposal.hash
    with pytest.raises(RefusedError, match="how it accepted"):
        accept(desk.directory, desk.buyer, desk.installation, proposal=proposal, hash_=hash_, at=NOW)
    accept(desk.directory, desk.buyer, desk.installation, proposal=proposal, hash_=hash_, words="Signed on paper on 1 March.", at=NOW)
    assert [each.reached.provider for each in list_contracts(desk.directory, desk.buyer)] == ["paperlead"]


def test_a_kill_between_acceptance_and_book_is_made_good_and_nothing_is_done_twice(desk: Desk) -> None:
    proposal = proposed(desk)
    store = Proposals.of(desk.directory)
    found = store.proposal(proposal)
    assert found is not None
    with desk.directory.transaction():
        store.change_proposal(found.answered(ACCEPTED, party="intentreach", who="pat", name="Pat", words="", at=NOW))
    assert list_contracts(desk.directory, desk.buyer) == []
    # A start of the server does it first.
    prepare(desk.installation, Configuration(), books=[], say=print)
    record_accepted(desk.directory, desk.installation, at=NOW)
    assert len(list_contracts(desk.directory, desk.buyer)) == 1
    address = desk.directory.book("northwind")
    assert address is not None
    with read_database(address) as book:
        assert len(BookTerms.of(book).acceptances("reach")) == 2


def test_other_parties_are_named_only_by_who_has_to_do_with_them(desk: Desk) -> None:
    words = set()
    for name in ("meetly", "nobody-at-all"):
        text = CONTRACT.replace('"northwind"', '"intentreach"').replace('provider = "intentreach"', f'provider = "{name}"')
        with pytest.raises((RefusedError, AbsentError)) as caught:
            proposed(desk, by=desk.provider, text=text)
        words.add(str(caught.value).replace(name, "…"))
    assert len(words) == 1
    with pytest.raises(RefusedError, match="between"):
        proposed(desk, text=CONTRACT.replace('"northwind"', '"contoso"'))
    with pytest.raises(RefusedError, match="does not provide"):
        proposed(desk, text=CONTRACT.replace('buyer = "northwind"', 'buyer = "meetly"').replace('"intentreach"', '"northwind"'))


def test_a_pause_is_ended_by_who_declared_it(desk: Desk) -> None:
    accepted(desk, proposed(desk))
    contract = {"buyer": "northwind", "contract": "reach"}
    pause(desk.directory, desk.provider, **contract, since=None, until=None, words="No capacity", at=NOW)
    with pytest.raises(RefusedError, match="not over"):
        pause(desk.directory, desk.provider, **contract, since=None, until=None, words="", at=NOW + timedelta(hours=1))
    with pytest.raises(RefusedError, match="Only who declared"):
        resume(desk.directory, desk.buyer, **contract, at=NOW + timedelta(hours=1))
    resume(desk.directory, desk.provider, **contract, at=NOW + timedelta(hours=2))
    (seen,) = list_pauses(desk.directory, desk.buyer, **contract, at=NOW + timedelta(hours=3))
    assert (seen.row.since, seen.row.until, seen.is_on, seen.can_end) == (NOW, NOW + timedelta(hours=2), False, False)
    for since, until in ((NOW - timedelta(days=1), None), (NOW + timedelta(days=2), NOW + timedelta(days=1))):
        with pytest.raises(UnreadableError):
            pause(desk.directory, desk.buyer, **contract, since=since, until=until, words="", at=NOW)


def test_the_text_to_begin_with_has_no_finding_once_the_other_party_is_named(desk: Desk) -> None:
    own = desk.directory.party("northwind")
    assert own is not None
    text = first_text(own, "intentreach", zone="America/New_York", at=NOW.date())
    assert check_text(desk.directory, desk.buyer, text).findings == ()
    assert "starts = 2026-04-01" in text
