"""What changes webhooks, as every role of every party, own, foreign and absent."""

from __future__ import annotations

import json
import re

import pytest
from tests.web.site import Answer, Site, Who

from payper.desk.people.people import Actor
from payper.desk.telling.webhooks import make_endpoint, send_test
from payper.parties import ACTS, Act, Role, may
from payper.store.outgoing import Outgoing

ADDRESS = "https://hooks.example.com/x"
CHANGES = [
    ("PATCH /api/v1/webhooks/{webhook}", {"name": "renamed"}, 200),
    ("POST /api/v1/webhooks/{webhook}/secret", None, 201),
    ("POST /api/v1/webhooks/{webhook}/test", None, 202),
    ("POST /api/v1/webhooks/{webhook}/replay", None, 202),
    ("POST /api/v1/webhooks/{webhook}/calls/{call}/replay", None, 202),
    ("DELETE /api/v1/webhooks/{webhook}", None, 204),
    ("POST /settings/webhooks/{webhook}/calls/{call}/replay", {}, 303),
    *(("POST /settings/webhooks/{webhook}", {"do": do}, status) for do, status in (("on", 303), ("off", 303), ("test", 400), ("on", 303), ("test", 303), ("replay", 303), ("secret", 200))),
    ("POST /settings/webhooks/{webhook}", {"do": "change", "name": "n", "address": ADDRESS, "events": "delivery.judged"}, 303),
    ("POST /settings/webhooks/{webhook}", {"do": "drop"}, 303),
]  # fmt: skip


def change(site: Site, who: Who, template: str, sent: dict[str, str] | None, webhook: str, call: str) -> Answer:
    method, _, path = template.partition(" ")
    path = path.replace("{webhook}", webhook).replace("{call}", call)
    if path.startswith("/api/"):
        return site.tokens[who].ask(path, method=method, document=sent)
    return site.sessions[who].ask(path, form=sent or {})


def made_by(site: Site, party: str) -> tuple[str, str]:
    """Make a webhook of a party with one call."""
    with site.installation.open() as directory:
        role = Role.OWNER if party in {"northwind", "contoso"} else Role.PROVIDER_MANAGER
        actor = Actor(party, site.people[party, str(role)], frozenset(ACTS), role=role)
        at = directory.audit(party)[0].at
        made = make_endpoint(directory, actor, name="own", address=ADDRESS, events=["delivery.judged"], is_loopback_allowed=False, at=at)
        return made.endpoint, send_test(directory, actor, made.endpoint, at=at).message


def drop(site: Site, webhook: str) -> None:
    with site.installation.open() as directory, directory.transaction():
        Outgoing(directory).drop_endpoint(webhook)


def test_who_may_manage_webhooks_changes_those_of_their_own_party(site: Site) -> None:
    for who in site.sessions:
        is_allowed = may(Role(who[1]), Act.MANAGE_WEBHOOKS)
        own, call = made_by(site, who[0])
        for template, sent, done in CHANGES:
            answer = change(site, who, template, sent, own, call)
            assert answer.status == (done if is_allowed else 403), (who, template, sent, answer.text[:300])
            if template.startswith("DELETE") and is_allowed:
                own, call = made_by(site, who[0])
        drop(site, own)


def test_nobody_changes_webhooks_of_another_party(site: Site) -> None:
    theirs = {party: made_by(site, party) for party in ("contoso", "northwind")}
    for who in site.sessions:
        webhook, call = theirs["contoso" if who[0] != "contoso" else "northwind"]
        expected = 404 if may(Role(who[1]), Act.MANAGE_WEBHOOKS) else 403
        for template, sent, _ in CHANGES:
            foreign = change(site, who, template, sent, webhook, call)
            absent = change(site, who, template, sent, "zzz", "zzz")
            assert foreign.status == absent.status == expected, (who, template, sent, foreign.text[:300])
            assert re.sub("«[^»]*»", "«…»", foreign.plain) == re.sub("«[^»]*»", "«…»", absent.plain)
        own, _ = made_by(site, who[0])
        if expected == 404:
            for template in (
                "POST /api/v1/webhooks/{webhook}/calls/{call}/replay",
                "POST /settings/webhooks/{webhook}/calls/{call}/replay",
            ):
                assert change(site, who, template, None, own, call).status == 404
        drop(site, own)
    for webhook, _ in theirs.values():
        with site.installation.open() as directory:
            found = Outgoing(directory).endpoint(webhook)
            assert found is not None
            assert found.name == "own"
        drop(site, webhook)


def test_a_webhook_is_made_by_who_may_with_its_secret_shown_once(site: Site) -> None:
    for who in site.sessions:
        is_allowed = may(Role(who[1]), Act.MANAGE_WEBHOOKS)
        answer = site.tokens[who].ask(
            "/api/v1/webhooks", method="POST", document={"address": ADDRESS, "events": ["delivery.judged"], "name": "x"}
        )
        page = site.sessions[who].ask(
            "/settings/webhooks", form={"name": "x", "address": ADDRESS, "events": ["delivery.judged", "charge.posted"]}
        )
        assert (answer.status, page.status) == ((201, 200) if is_allowed else (403, 403)), who
        if not is_allowed:
            continue
        made = json.loads(answer.body)
        assert made["secret"].startswith("whsec_")
        assert len(re.findall(r"whsec_[\w+/=]+", page.text)) == 1
        shown = site.tokens[who].ask(f"/api/v1/webhooks/{made['id']}")
        assert "secret" not in json.loads(shown.body)
        assert "whsec_" not in site.sessions[who].ask(f"/settings/webhooks/{made['id']}").text
        for each in json.loads(site.tokens[who].ask("/api/v1/webhooks").body):
            if each["name"] == "x":
                assert site.tokens[who].ask(f"/api/v1/webhooks/{each['id']}", method="DELETE").status == 204


@pytest.mark.parametrize(
    "sent",
    [
        {}, [], "x", {"address": ADDRESS}, {"address": ADDRESS, "events": []}, {"address": ADDRESS, "events": ["nothing.happened"]},
        {"address": "http://example.com/", "events": ["delivery.judged"]}, {"address": "https://127.0.0.1/", "events": ["delivery.judged"]},
        {"address": 7, "events": ["delivery.judged"]}, {"address": ADDRESS, "events": ["delivery.judged"], "is_admin": True},
        {"address": "https://x" * 1000, "events": ["delivery.judged"]}, {"address": ADDRESS, "events": ["delivery.judged", None]},
    ],
)  # fmt: skip
def test_what_cannot_be_a_webhook_is_refused_in_words(site: Site, sent: object) -> None:
    answer = site.tokens["northwind", "owner"].ask("/api/v1/webhooks", method="POST", document=sent)
    assert answer.status == 400, answer.text
    assert answer.headers["content-type"].startswith("application/problem+json")


def test_a_token_asks_only_for_what_it_may_read(site: Site) -> None:
    form = {"name": "hooks only", "purposes": ["webhooks:manage", "deliveries:read"]}
    page = site.sessions["northwind", "owner"].ask("/settings/tokens", form=form)
    found = re.search(r"payper_[\w-]+", page.text)
    assert found is not None
    from tests.web.site import Visitor

    narrow = Visitor(site.port, token=found.group())
    for events, status in ((["charge.posted"], 403), (["delivery.judged", "contract.accepted"], 403), (["delivery.judged"], 201)):
        answer = narrow.ask("/api/v1/webhooks", method="POST", document={"address": ADDRESS, "events": events})
        assert answer.status == status, events
    assert narrow.ask(f"/api/v1/webhooks/{json.loads(answer.body)['id']}", method="DELETE").status == 204


def test_calls_are_listed_a_page_at_a_time(site: Site) -> None:
    webhook, call = made_by(site, "northwind")
    owner = site.tokens["northwind", "owner"]
    calls = [call, *(json.loads(owner.ask(f"/api/v1/webhooks/{webhook}/test", method="POST").body)["id"] for _ in range(4))]
    seen: list[str] = []
    before = ""
    while True:
        page = json.loads(owner.ask(f"/api/v1/webhooks/{webhook}/calls?limit=2{before}").body)
        seen += [row["id"] for row in page["rows"]]
        if page["next"] is None:
            break
        before = f"&before={page['next']}"
    assert seen == calls[::-1]
    assert [row["id"] for row in json.loads(owner.ask(f"/api/v1/webhooks/{webhook}/calls?state=waiting").body)["rows"]] == calls[::-1]
    assert json.loads(owner.ask(f"/api/v1/webhooks/{webhook}/calls?state=dead").body)["rows"] == []
    for query in ("state=nothing", "before=zzz", "before=%00"):
        assert owner.ask(f"/api/v1/webhooks/{webhook}/calls?{query}").status == 404
    drop(site, webhook)


def test_what_is_sent_again_under_its_key_is_done_once_and_tells_no_secret_again(site: Site) -> None:
    owner = site.tokens["northwind", "owner"]

    def send(path: str, key: str, document: object = None) -> Answer:
        return owner.ask(f"/api/v1/webhooks{path}", method="POST", document=document, headers={"Idempotency-Key": key})

    asked = {"address": ADDRESS, "events": ["delivery.judged"], "name": "once"}
    first, again = (send("", "made-once", asked) for _ in range(2))
    assert (first.status, again.status, again.headers["idempotent-replayed"]) == (201, 201, "true")
    made, told = json.loads(first.body), json.loads(again.body)
    assert made["secret"].startswith("whsec_")
    assert told == made | {"secret": None}
    assert send("", "made-once", asked | {"name": "other"}).status == 409
    assert send("", "ü", asked).status == 400
    id_ = made["id"]
    assert len({json.loads(send(f"/{id_}/test", "t").body)["id"] for _ in range(2)}) == 1
    (call,) = json.loads(owner.ask(f"/api/v1/webhooks/{id_}/calls").body)["rows"]
    secrets = [json.loads(send(f"/{id_}/secret", "s").body)["secret"] for _ in range(2)]
    assert secrets[0] != made["secret"]
    assert secrets[1] is None
    for path in (f"/{id_}/calls/{call['id']}/replay", f"/{id_}/replay"):
        assert [(each.status, "idempotent-replayed" in each.headers) for each in (send(path, path), send(path, path))] == [
            (202, False), (202, True),
        ]  # fmt: skip
    foreign = site.tokens["contoso", "owner"].ask(f"/api/v1/webhooks/{id_}/test", method="POST", headers={"Idempotency-Key": "t"})
    assert foreign.status == 404
    drop(site, id_)
