"""Letters to people: invitations, proposals, notices of signing in, what needs somebody today. No more of anybody than the letter needs."""

from __future__ import annotations

from datetime import datetime

from payper.connectors.calling import Answered
from payper.connectors.mail import Letter, MailServer, send_letter
from payper.desk.people.installation import Installation
from payper.desk.reads.read_home import read_home
from payper.desk.telling.letters import actor_of_person, party_name, renew_invitation
from payper.errors import PayperError
from payper.parties import Act
from payper.store.directory import Directory, Person
from payper.store.outgoing import Message
from payper.web.pages.home import headline

NOT_NEEDED = Answered(250, 0)
"""There is nothing to write any more."""

_CONTRACT = {
    "proposed": ("waits for your answer", "proposes"),
    "declined": ("was declined", "declined"),
    "withdrawn": ("was withdrawn", "withdrew"),
    "accepted": ("is accepted by both parties", "accepted"),
}


def post_letter(installation: Installation, server: MailServer, message: Message, *, url: str, at: datetime) -> Answered:
    """Put a letter together as things stand now, and send it."""
    with installation.open() as directory:
        person = directory.person(message.subject)
        if person is None or not person.is_active:
            return NOT_NEEDED
        try:
            letter = _letter(directory, person, message, url=url, at=at)
        except PayperError as fault:
            return Answered(None, 0, fault.seen)
    return NOT_NEEDED if letter is None else send_letter(server, letter, at=at)


def _letter(directory: Directory, person: Person, message: Message, *, url: str, at: datetime) -> Letter | None:
    if message.kind == "invitation":
        return _invitation(directory, person, message, url=url, at=at)
    if message.kind == "sign in":
        return _letter_to(
            person,
            message,
            "You signed in to payper with a browser that is new here",
            ["Somebody signed in as you, with a browser that had not been used for it before.", "If it was you, all is well. If not, "
             "ask an owner of your party to end your access at once: that ends every session."],
            ("Your settings", f"{url}/settings"),
        )  # fmt: skip
    if message.kind == "digest":
        return _digest(directory, person, message, url=url)
    return _contract(directory, person, message, url=url)


def _letter_to(person: Person, message: Message, subject: str, paragraphs: list[str], link: tuple[str, str]) -> Letter:
    return Letter(message.message, person.email, person.name, subject, paragraphs, link)


def _invitation(directory: Directory, person: Person, message: Message, *, url: str, at: datetime) -> Letter | None:
    invited = renew_invitation(directory, person.person, at=at)
    if invited is None:
        return None
    return _letter_to(
        person,
        message,
        f"You are invited to payper for {invited.party}",
        [
            f"You are invited to act for {invited.party} in payper, as {person.role}: its contracts, deliveries and what is owed for them.",
            "The link serves once, within a week. If you expected no invitation, leave it: without the link nothing happens.",
        ],
        ("Accept the invitation", f"{url}/invitation?key={invited.key}"),
    )


def _digest(directory: Directory, person: Person, message: Message, *, url: str) -> Letter | None:
    """Say what needs somebody today; nothing where nothing does."""
    actor = actor_of_person(person)
    if Act.READ_DELIVERIES not in actor.acts:
        return None
    home = read_home(directory, actor)
    if not (home.review or home.quarantined or home.disputes or (not home.buys and home.week.rejected)):
        return None
    words = headline(home)
    return _letter_to(
        person, message, words, [f"{words}.", "You get this letter on days when something needs you."], ("Look at it", f"{url}/")
    )


def _contract(directory: Directory, person: Person, message: Message, *, url: str) -> Letter | None:
    buyer, provider, contract, version, act, *by = message.body.decode().split(" ")
    if act not in _CONTRACT:
        return None
    state, did = _CONTRACT[act]
    who = party_name(directory, by[0] if by else (provider if person.party == buyer else buyer))
    parties = f"{party_name(directory, buyer)} and {party_name(directory, provider)}"
    goal = f"{url}/contracts/{buyer}/{contract}" if act == "accepted" else f"{url}/proposals/{by[1]}" if len(by) > 1 else f"{url}/proposals"
    words = [f"{who} {did} {contract} {version}, a contract of {parties}."]
    return _letter_to(person, message, f"Contract {contract} {version} {state}", words, ("See it", goal))
