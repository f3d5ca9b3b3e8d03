"""People: invited once, signed in with what only they know, allowed what their role says; nobody learns who exists."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pyotp
import pytest
from tests.parties_made import NOW, PASSWORD, installation

from payper.desk.people.people import (
    DeniedError,
    accept_invitation,
    actor_of_session,
    actor_of_token,
    change_role,
    end_session,
    invite,
    make_first_party,
    make_token,
    new_second_factor,
    revoke_token,
    set_up_second_factor,
    sign_in,
    sign_in_by_subject,
)
from payper.errors import StoreError, UsageError
from payper.parties import ACTS, Act, Party, PartyKind, Role, acts_of, may, roles_for
from payper.store import open_database
from payper.store.directory import open_directory

NewBook = Callable[[], str]
OWNER = "owner@northwind.example.org"


def test_a_person_signs_in_and_acts_for_their_party_until_they_sign_out(new_book: NewBook) -> None:
    with installation(new_book()) as made:
        signed = sign_in(made.directory, email=" Owner@Northwind.Example.org ", password=PASSWORD, at=NOW)
        actor = actor_of_session(made.directory, signed.key, at=NOW + timedelta(hours=1))
        assert actor is not None
        assert (actor.party, actor.role, actor.acts) == ("northwind", Role.OWNER, acts_of(Role.OWNER))
        end_session(made.directory, signed.key)
        assert actor_of_session(made.directory, signed.key, at=NOW) is None


def test_what_is_wrong_of_a_sign_in_is_never_told(new_book: NewBook) -> None:
    with installation(new_book()) as made:
        words = set()
        for email, password in (
            (OWNER, "wrong horse battery staple"),
            ("nobody@northwind.example.org", PASSWORD),
            ("no address", PASSWORD),
        ):
            with pytest.raises(DeniedError) as caught:
                sign_in(made.directory, email=email, password=password, at=NOW)
            words.add(str(caught.value))
        assert len(words) == 1


def test_ten_wrong_passwords_close_an_address_for_a_while_even_to_the_right_one(new_book: NewBook) -> None:
    with installation(new_book()) as made:
        for _ in range(10):
            with pytest.raises(DeniedError):
                sign_in(made.directory, email=OWNER, password="wrong horse battery", at=NOW)
        with pytest.raises(DeniedError):
            sign_in(made.directory, email=OWNER, password=PASSWORD, at=NOW + timedelta(minutes=14))
        assert sign_in(made.directory, email=OWNER, password=PASSWORD, at=NOW + timedelta(minutes=15)).person.email == OWNER


def test_an_invitation_serves_once_and_within_a_week(new_book: NewBook) -> None:
    with installation(new_book()) as made:
        late, used = (
            invite(made.directory, party="northwind", email=f"{name}@northwind.example.org", name=name, role=Role.SALES, by="", at=NOW)
            for name in ("late", "used")
        )
        accept_invitation(made.directory, used, password=PASSWORD, at=NOW)
        for key, at in ((used, NOW), (late, NOW + timedelta(days=8)), ("made up", NOW)):
            with pytest.raises(DeniedError, match="unknown, used or over"):
                accept_invitation(made.directory, key, password=PASSWORD, at=at)


@pytest.mark.parametrize("password", ["short", "aaaaaaaaaaaaaaaa", "x" * 2000])
def test_a_password_that_is_none_is_refused_and_the_invitation_kept(new_book: NewBook, password: str) -> None:
    with installation(new_book()) as made:
        key = invite(made.directory, party="northwind", email="new@northwind.example.org", name="New", role=Role.SALES, by="", at=NOW)
        with pytest.raises(UsageError, match="password"):
            accept_invitation(made.directory, key, password=password, at=NOW)
        assert accept_invitation(made.directory, key, password=PASSWORD, at=NOW).person.name == "New"


def test_a_session_ends_when_unused_and_in_any_case(new_book: NewBook) -> None:
    with installation(new_book()) as made:
        unused, used = (sign_in(made.directory, email=OWNER, password=PASSWORD, at=NOW).key for _ in range(2))
        for day in range(1, 14):
            assert actor_of_session(made.directory, used, at=NOW + timedelta(days=day)) is not None
        assert actor_of_session(made.directory, unused, at=NOW + timedelta(days=3)) is None
        assert actor_of_session(made.directory, used, at=NOW + timedelta(days=14)) is None


def test_a_code_of_the_second_factor_serves_once(new_book: NewBook) -> None:
    with installation(new_book()) as made:
        actor = actor_of_session(made.directory, made.keys["northwind", Role.OWNER].key, at=NOW)
        assert actor is not None
        secret = new_second_factor()
        totp = pyotp.TOTP(secret)
        with pytest.raises(DeniedError):
            set_up_second_factor(made.directory, actor, secret=secret, code="000000", at=NOW)
        set_up_second_factor(made.directory, actor, secret=secret, code=totp.at(NOW), at=NOW)
        later = NOW + timedelta(minutes=2)
        for code in ("", totp.at(NOW), totp.at(NOW + timedelta(hours=1))):
            with pytest.raises(DeniedError):
                sign_in(made.directory, email=OWNER, password=PASSWORD, code=code, at=later)
        assert sign_in(made.directory, email=OWNER, password=PASSWORD, code=totp.at(later), at=later)
        with pytest.raises(DeniedError):
            sign_in(made.directory, email=OWNER, password=PASSWORD, code=totp.at(later), at=later)


def test_a_subject_is_tied_to_one_verified_address_for_good(new_book: NewBook) -> None:
    with installation(new_book()) as made:
        assert sign_in_by_subject(made.directory, subject="https://id.example.org 1", email=OWNER, at=NOW).person.email == OWNER
        assert sign_in_by_subject(made.directory, subject="https://id.example.org 1", email="other@x.example.org", at=NOW)
        for subject, email in (("https://id.example.org 2", OWNER), ("https://id.example.org 3", "nobody@x.example.org")):
            with pytest.raises(DeniedError):
                sign_in_by_subject(made.directory, subject=subject, email=email, at=NOW)


def test_a_token_does_what_it_is_for_and_never_more_than_its_maker_may(new_book: NewBook) -> None:
    with installation(new_book()) as made:
        manager = actor_of_session(made.directory, made.keys["northwind", Role.MANAGER].key, at=NOW)
        owner = actor_of_session(made.directory, made.keys["northwind", Role.OWNER].key, at=NOW)
        assert manager is not None
        assert owner is not None
        purposes = frozenset({Act.SEND_DELIVERIES, Act.READ_PEOPLE})
        key, token = make_token(made.directory, manager, name="CRM", purposes=purposes, days=30, at=NOW)
        found = actor_of_token(made.directory, key, at=NOW)
        assert found is not None
        assert (found.party, found.acts) == ("northwind", purposes)
        change_role(made.directory, owner, person=manager.who, role=Role.VIEWER, at=NOW)
        demoted = actor_of_token(made.directory, key, at=NOW)
        assert demoted is not None
        assert demoted.acts == frozenset()
        assert actor_of_token(made.directory, key, at=NOW + timedelta(days=30)) is None
        revoke_token(made.directory, owner, token.token, at=NOW)
        assert actor_of_token(made.directory, key, at=NOW) is None
        with pytest.raises(DeniedError):
            make_token(made.directory, manager, name="more", purposes=frozenset({Act.MANAGE_USERS}), days=None, at=NOW)


def test_a_token_of_another_party_is_not_revoked(new_book: NewBook) -> None:
    with installation(new_book()) as made:
        own, foreign = (
            actor_of_session(made.directory, made.keys[who].key, at=NOW)
            for who in (("northwind", Role.OWNER), ("meetly", Role.PROVIDER_MANAGER))
        )
        assert own is not None
        assert foreign is not None
        key, token = make_token(made.directory, own, name="t", purposes=frozenset({Act.READ_MONEY}), days=None, at=NOW)
        revoke_token(made.directory, foreign, token.token, at=NOW)
        assert actor_of_token(made.directory, key, at=NOW) is not None


def test_a_party_never_loses_its_last_person_who_manages_people(new_book: NewBook) -> None:
    with installation(new_book()) as made:
        owner = actor_of_session(made.directory, made.keys["northwind", Role.OWNER].key, at=NOW)
        assert owner is not None
        for role in (None, Role.VIEWER):
            with pytest.raises(UsageError, match="Nobody would be left"):
                change_role(made.directory, owner, person=owner.who, role=role, at=NOW)
        foreign = made.keys["meetly", Role.PROVIDER_MANAGER].person.person
        with pytest.raises(DeniedError):
            change_role(made.directory, owner, person=foreign, role=None, at=NOW)


def test_somebody_who_acts_no_more_is_signed_out_at_once(new_book: NewBook) -> None:
    with installation(new_book()) as made:
        owner = actor_of_session(made.directory, made.keys["northwind", Role.OWNER].key, at=NOW)
        sales = made.keys["northwind", Role.SALES]
        assert owner is not None
        change_role(made.directory, owner, person=sales.person.person, role=None, at=NOW)
        assert actor_of_session(made.directory, sales.key, at=NOW) is None
        with pytest.raises(DeniedError):
            sign_in(made.directory, email=sales.person.email, password=PASSWORD, at=NOW)


def test_the_first_party_is_made_once(new_book: NewBook) -> None:
    with installation(new_book()) as made, pytest.raises(UsageError, match="has its first party"):
        make_first_party(made.directory, Party("other", "Other"), zone="UTC", owner_email="a@b.example.org", owner_name="A", at=NOW)


def test_an_address_belongs_to_one_person(new_book: NewBook) -> None:
    with installation(new_book()) as made, pytest.raises(StoreError, match="already"):
        invite(made.directory, party="meetly", email="OWNER@northwind.example.org", name="x", role=Role.PROVIDER_VIEWER, by="", at=NOW)


def test_no_secret_is_kept_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "desk.sqlite"
    with installation(str(path)) as made:
        keys = [each.key for each in made.keys.values()]
    with sqlite3.connect(path) as connection:
        kept = "\n".join(connection.iterdump())
    assert PASSWORD not in kept
    assert not [key for key in keys if key in kept]


def test_a_directory_and_a_book_are_told_apart(tmp_path: Path) -> None:
    with open_directory(tmp_path / "desk.sqlite"):
        pass
    with pytest.raises(StoreError, match="directory of an installation"), open_database(tmp_path / "desk.sqlite"):
        pass
    with open_database(tmp_path / "book.sqlite"):
        pass
    with pytest.raises(StoreError, match="a book"), open_directory(tmp_path / "book.sqlite"):
        pass


def test_every_act_is_allowed_to_somebody_and_only_owners_of_a_side_manage_people() -> None:
    for act in ACTS:
        assert any(may(role, act) for role in Role)
    assert [role for role in Role if may(role, Act.MANAGE_USERS)] == [Role.OWNER, Role.PROVIDER_MANAGER]
    assert not any(may(role, Act.READ_RESULTS) or may(role, Act.READ_ADVICE) for role in roles_for(PartyKind.PROVIDER))
    assert [role for role in Role if may(role, Act.ERASE_PEOPLE)] == [Role.OWNER, Role.MANAGER]
