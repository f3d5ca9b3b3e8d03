"""Letters through a real mail server: invitations, proposals, notices, digests; and what happens when it refuses."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path

import pytest
from litestar import Litestar
from tests.web.mailbox import Mailbox, mailbox, make_certificate
from tests.web.site import NOW, PASSWORD, Site, fill, let_people_in, served, write_programme

from payper.connectors.mail import Letter, MailServer, send_letter, written
from payper.desk.people.installation import Installation
from payper.errors import UsageError
from payper.store.outgoing import Outgoing
from payper.web.configuration import Configuration, configure
from payper.web.metrics import Messages
from payper.web.worker import Worker, make_worker

SETTINGS = {"mail_host": "127.0.0.1", "mail_security": "none", "mail_from": "payper <desk@northwind.example.org>"}


@pytest.fixture
def box() -> Iterator[Mailbox]:
    with mailbox() as found:
        yield found


@pytest.fixture(scope="module")
def furnished(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """An installation with people in every role, made once."""
    folder = tmp_path_factory.mktemp("furnished")
    programme = write_programme(folder / "p", buyer="northwind", contracts={"reach": "intentreach"})
    made = Site(0, Litestar(), Installation(str(folder / "data")))
    fill(made.installation, {"northwind": programme}, folder)
    let_people_in(made)
    make_worker(made.installation, Configuration(), messages=Messages()).until_empty()
    return made


@pytest.fixture
def site(furnished: Site, tmp_path: Path, box: Mailbox) -> Iterator[Site]:
    with served(_copy(furnished, tmp_path), **SETTINGS, mail_port=box.port) as made:
        made.sessions = {who: replace(each, port=made.port) for who, each in furnished.sessions.items()}
        made.tokens = {who: replace(each, port=made.port) for who, each in furnished.tokens.items()}
        yield made


def _copy(furnished: Site, tmp_path: Path) -> Installation:
    shutil.copytree(furnished.installation.place, tmp_path / "data")
    return Installation(str(tmp_path / "data"))


def worker_of(site: Site, box: Mailbox, *, at: datetime) -> Worker:
    configuration = Configuration(**SETTINGS, mail_port=box.port, public_url="https://desk.example.com")  # type: ignore[arg-type]
    made = make_worker(site.installation, configuration, messages=Messages(), clock=lambda: at)
    return replace(made, sender=replace(made.sender, chance=lambda: 0.5))


def text_of(letter: EmailMessage) -> str:
    part = letter.get_body(("plain",))
    assert part is not None
    return str(part.get_content())


def html_of(letter: EmailMessage) -> str:
    part = letter.get_body(("html",))
    assert part is not None
    return str(part.get_content())


def key_in(letter: EmailMessage) -> str:
    found = re.search(r"https://desk\.example\.com/invitation\?key=([\w-]+)", text_of(letter))
    assert found is not None, text_of(letter)
    assert found.group() in html_of(letter)
    return found[1]


def test_an_invitation_goes_by_mail_and_its_link_lets_in_once(site: Site, box: Mailbox) -> None:
    owner = site.sessions["northwind", "owner"]
    answer = owner.ask("/settings/people", form={"email": "new@northwind.example.org", "name": "Nora <b>New", "role": "viewer"})
    assert answer.status == 200
    assert "A letter to new@northwind.example.org is on its way" in answer.text
    assert "invitation?key=" not in answer.text
    worker_of(site, box, at=NOW).until_empty()
    (letter,) = box.letters
    assert box.recipients == ["new@northwind.example.org"]
    assert (letter["from"], letter["subject"]) == ("payper <desk@northwind.example.org>", "You are invited to payper for Northwind")
    assert letter["auto-submitted"] == "auto-generated"
    assert "Nora &lt;b&gt;New" in html_of(letter)
    assert "owner of northwind" not in text_of(letter)
    key = key_in(letter)
    welcome = site.anybody().ask("/invitation", form={"key": key, "password": PASSWORD})
    assert welcome.status == 303
    assert site.anybody().ask("/invitation", form={"key": key, "password": PASSWORD}).status == 400
    worker_of(site, box, at=NOW).until_empty()
    assert len(box.letters) == 1


def test_the_newest_letter_is_the_one_whose_link_serves(site: Site, box: Mailbox) -> None:
    """No key is kept to be mailed: every attempt makes its own, so that a letter that came twice leaves one that serves."""
    site.sessions["northwind", "owner"].ask("/settings/people", form={"email": "new@northwind.example.org", "name": "N", "role": "viewer"})
    box.answer = "451 later"
    worker_of(site, box, at=NOW).until_empty()
    assert box.letters == []
    box.answer = "250 OK"
    worker_of(site, box, at=NOW + timedelta(seconds=10)).until_empty()
    assert site.anybody().ask("/invitation", form={"key": key_in(box.letters[0]), "password": PASSWORD}).status == 303


@pytest.mark.parametrize(("answer", "state"), [("451 try again later", "waiting"), ("550 no such mailbox", "dead")])
def test_a_mailbox_that_is_full_is_tried_again_and_one_that_is_not_there_is_not(site: Site, box: Mailbox, answer: str, state: str) -> None:
    site.sessions["northwind", "owner"].ask("/settings/people", form={"email": "new@northwind.example.org", "name": "N", "role": "viewer"})
    box.answer = answer
    worker = worker_of(site, box, at=NOW)
    worker.until_empty()
    with site.installation.open() as directory:
        counts = Outgoing(directory).counts()
    assert counts[("mail", state)] == 1
    assert f'payper_messages{{channel="mail",state="{state}"}} 1' in worker.messages.lines()


def test_a_browser_that_is_new_is_told_of_and_one_that_is_known_is_not(site: Site, box: Mailbox) -> None:
    form = {"email": "finance@northwind.example.org", "password": PASSWORD}
    first = site.anybody().ask("/sign-in", form=form)
    assert first.status == 303
    worker_of(site, box, at=NOW).until_empty()
    (letter,) = box.letters
    assert "with a browser that is new here" in str(letter["subject"])
    assert box.recipients == ["finance@northwind.example.org"]
    cookies = site.anybody()
    import http.client

    connection = http.client.HTTPConnection("127.0.0.1", site.port, timeout=30)
    connection.request(
        "POST",
        "/sign-in",
        body=f"email=finance%40northwind.example.org&password={PASSWORD.replace(' ', '+')}",
        headers={"Content-Type": "application/x-www-form-urlencoded"},
    )
    answer = connection.getresponse()
    known = next(value.partition(";")[0] for name, value in answer.getheaders() if name.lower() == "set-cookie" and "known" in value)
    connection.close()
    worker_of(site, box, at=NOW).until_empty()
    assert len(box.letters) == 2
    assert cookies.ask("/sign-in", form=form, headers={"Cookie": known}).status == 303
    stranger = {"email": "sales@northwind.example.org", "password": PASSWORD}
    worker_of(site, box, at=NOW).until_empty()
    assert len(box.letters) == 2
    assert cookies.ask("/sign-in", form=stranger, headers={"Cookie": known}).status == 303
    worker_of(site, box, at=NOW).until_empty()
    assert box.recipients[2:] == ["sales@northwind.example.org"]


def test_a_digest_comes_once_a_day_while_something_needs_somebody(site: Site, box: Mailbox) -> None:
    owner, viewer = site.sessions["northwind", "owner"], site.sessions["intentreach", "provider viewer"]
    for visitor in (owner, viewer):
        assert "Daily letter" in visitor.ask("/settings").text
        assert visitor.ask("/settings/digest", form={"digest": "on"}).status == 303
        assert "turn it off" in visitor.ask("/settings").text
    morning = datetime(2026, 3, 3, 13, 0, tzinfo=UTC)
    for at, letters in (
        (NOW, 0),
        (morning - timedelta(hours=9), 0),
        (morning, 2),
        (morning, 2),
        (morning + timedelta(hours=8), 2),
        (morning + timedelta(days=1), 4),
    ):
        worker_of(site, box, at=at).until_empty()
        assert len(box.letters) == letters, at
    assert "for a decision" in str(box.letters[0]["subject"]) or "for a decision" in str(box.letters[1]["subject"])
    said = "".join(text_of(letter) for letter in box.letters)
    assert "acme" not in said
    assert owner.ask("/settings/digest", form={"digest": "off"}).status == 303
    worker_of(site, box, at=morning + timedelta(days=2)).until_empty()
    assert box.recipients[4:] == ["provider-viewer@intentreach.example.org"]


def test_a_proposal_is_told_to_who_may_answer_it_with_a_link_to_itself(site: Site, box: Mailbox) -> None:
    owner, provider = site.tokens["northwind", "owner"], site.tokens["intentreach", "provider manager"]
    draft = json.loads(owner.ask("/api/v1/drafts", document={"buyer": "northwind", "contract": "reach"}, method="POST").body)
    made = json.loads(owner.ask(f"/api/v1/drafts/{draft['draft']}/proposal", document={"words": "dearer"}, method="POST").body)
    worker_of(site, box, at=NOW).until_empty()
    (letter,) = box.letters
    assert box.recipients == ["provider-manager@intentreach.example.org"]
    assert str(letter["subject"]) == f"Contract reach v{made['version']} waits for your answer"
    assert f"Northwind proposes reach v{made['version']}" in text_of(letter)
    found = re.search(r"/proposals/\w+", text_of(letter))
    assert found is not None
    assert found[0] == f"/proposals/{made['proposal']}"
    assert site.sessions["intentreach", "provider manager"].ask(found[0]).status == 200
    assert provider.ask(f"/api/v1/proposals/{made['proposal']}/decline", document={"words": "48 it is"}, method="POST").status == 200
    worker_of(site, box, at=NOW).until_empty()
    assert "/proposals/" in text_of(box.letters[-1])
    with site.installation.open() as directory, directory.transaction():
        # As an earlier payper noted it.
        directory.add_outbox("contract", "northwind intentreach reach v3 proposed northwind")
    worker_of(site, box, at=NOW).until_empty()
    assert re.search(r"/proposals\b", text_of(box.letters[-1])) is not None


def test_without_a_mail_server_links_are_shown_and_nothing_waits(furnished: Site, tmp_path: Path) -> None:
    installation = _copy(furnished, tmp_path)
    with served(installation) as site:
        owner = replace(furnished.sessions["northwind", "owner"], port=site.port)
        answer = owner.ask("/settings/people", form={"email": "new@northwind.example.org", "name": "N", "role": "viewer"})
        found = re.search(r"invitation\?key=([\w-]+)", answer.text)
        assert found is not None
        assert "Daily letter" not in owner.ask("/settings").text
        make_worker(installation, Configuration(), messages=Messages()).until_empty()
        with installation.open() as directory:
            assert directory.outbox() == []
            assert Outgoing(directory).counts() == {}
        assert site.anybody().ask("/invitation", form={"key": found[1], "password": PASSWORD}).status == 303


LETTER = Letter(
    "msg_1", "ann@northwind.example.org", "Ann", "Subject", ["One.", "Two <script>."], ("Go on", "https://desk.example.com/x?a=1&b=2")
)


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_connection_is_encrypted_and_its_certificate_checked(tmp_path: Path, security: str, monkeypatch: pytest.MonkeyPatch) -> None:
    context, certificate = make_certificate(tmp_path)
    with mailbox(tls=context, login=("desk", "word"), is_tls_at_once=security == "tls") as box:
        server = MailServer("127.0.0.1", box.port, "desk@example.org", "desk", "word", security)
        refused = send_letter(server, LETTER, at=NOW)
        assert refused.status is None
        assert "certificate" in refused.words
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        assert send_letter(server, LETTER, at=NOW).status == 250
        wrong = send_letter(replace(server, password="other"), LETTER, at=NOW)
        assert wrong.status is None
        assert "refuses: 535" in wrong.words
        assert "other" not in wrong.words
    assert len(box.letters) == 1
    assert "word" not in repr(server).replace("password", "")


def test_a_server_without_encryption_is_not_used_where_it_is_asked_for(box: Mailbox) -> None:
    answer = send_letter(MailServer("127.0.0.1", box.port, "desk@example.org"), LETTER, at=NOW)
    assert answer.status is None
    assert box.letters == []


def test_a_letter_says_the_same_as_text_and_html_and_keeps_its_id() -> None:
    server = MailServer("h", 25, "payper <desk@example.org>")
    letter = written(server, replace(LETTER, name="Ann\r\nBcc: all@example.org", subject="A\r\nBcc: x@example.org"), at=NOW)
    assert letter["message-id"] == "<msg_1@example.org>"
    assert letter["bcc"] is None
    assert "Two <script>." in text_of(letter)
    assert "Two &lt;script&gt;." in html_of(letter)
    assert 'href="https://desk.example.com/x?a=1&amp;b=2"' in html_of(letter)


@pytest.mark.parametrize(
    ("environment", "where"),
    [
        ({"PAYPER_MAIL_HOST": "mail.example.org"}, "mail_from"),
        ({"PAYPER_MAIL_HOST": "m", "PAYPER_MAIL_FROM": "nobody"}, "PAYPER_MAIL_FROM"),
        ({"PAYPER_MAIL_SECURITY": "ssl3"}, "PAYPER_MAIL_SECURITY"),
        ({"PAYPER_MAIL_HOST": "m", "PAYPER_MAIL_FROM": "a@b.c", "PAYPER_MAIL_SECURITY": "none", "PAYPER_MAIL_PASSWORD": "x"}, "PAYPER_MAIL_SECURITY"),
        ({"PAYPER_MAIL_PASSWORD_FILE": "/nowhere"}, "PAYPER_MAIL_PASSWORD_FILE"),
        ({"PAYPER_WORKER": "perhaps"}, "PAYPER_WORKER"),
    ],
)  # fmt: skip
def test_a_mail_setting_that_cannot_be_is_named(environment: dict[str, str], where: str) -> None:
    with pytest.raises(UsageError) as caught:
        configure(environment)
    assert caught.value.where == where


def test_a_password_can_stand_in_a_file_and_is_shown_nowhere(tmp_path: Path) -> None:
    (tmp_path / "word").write_text("a secret\n", "utf-8")
    told = configure({"PAYPER_MAIL_HOST": "m", "PAYPER_MAIL_FROM": "a@b.c", "PAYPER_MAIL_PASSWORD_FILE": str(tmp_path / "word")})
    assert told.mail_server is not None
    assert told.mail_server.password == "a secret"
    assert "a secret" not in repr(told)
