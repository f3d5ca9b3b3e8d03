"""What is written over HTTP: contracts between two parties, facts of deliveries, lists, erasures, people and tokens; once for each key."""

from __future__ import annotations

import http.client
import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from tests.desk.conftest import CONTRACT
from tests.web.site import NOW, Answer, Site, Visitor

from payper.desk.book.settling import settle_book
from payper.desk.book.verify import verify
from payper.parties import Role

OWNER, PROVIDER = ("northwind", "owner"), ("intentreach", Role.PROVIDER_MANAGER)


@pytest.fixture
def site(changed_site: Site) -> Site:
    """Where contracts, facts and people are changed."""
    return changed_site


def send(visitor: Visitor, path: str, content: object = None, *, method: str = "POST", **headers: str) -> Answer:
    """Send JSON as a system does."""
    sent = {"Authorization": f"Bearer {visitor.token}", **{name.replace("_", "-"): value for name, value in headers.items()}}
    body = content if isinstance(content, bytes) else json.dumps(content).encode() if content is not None else None
    if body is not None:
        sent.setdefault("Content-Type", "application/json")
    connection = http.client.HTTPConnection("127.0.0.1", visitor.port, timeout=60)
    try:
        # Who sends too much is answered before it has sent all.
        with suppress(BrokenPipeError, ConnectionResetError):
            connection.request(method, f"/api/v1{path}", body=body, headers=sent)
        answer = connection.getresponse()
        return Answer(answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read())
    finally:
        connection.close()


def told(answer: Answer, status: int = 200) -> Any:
    assert answer.status == status, answer.text
    return json.loads(answer.body)


def problem(answer: Answer, status: int, code: str) -> dict[str, Any]:
    found: dict[str, Any] = told(answer, status)
    assert answer.headers["content-type"] == "application/problem+json"
    assert (found["status"], found["code"]) == (status, code), found
    assert found["detail"]
    return found


def text_of(id_: str, **changes: str) -> str:
    text = CONTRACT.replace('"reach"', f'"{id_}"')
    for old, new in changes.items():
        text = text.replace(old, new)
    return text


def agreed(site: Site, id_: str) -> None:
    """Bring a contract of northwind and intentreach into force."""
    draft = told(send(site.tokens[OWNER], "/drafts", {"text": text_of(id_)}), 201)
    made = told(send(site.tokens[OWNER], f"/drafts/{draft['draft']}/proposal", {"words": "As agreed"}), 201)
    told(send(site.tokens[PROVIDER], f"/proposals/{made['proposal']}/acceptance", {"hash": made["hash"]}))


def test_two_parties_come_to_terms_and_either_pauses_them(site: Site) -> None:
    owner, provider = site.tokens[OWNER], site.tokens[PROVIDER]
    draft = told(send(owner, "/drafts", {"text": text_of("spring")}, Idempotency_Key="d1"), 201)
    assert told(send(owner, "/drafts", {"text": text_of("spring")}, Idempotency_Key="d1"), 201) == draft
    problem(send(owner, "/drafts", {"text": "other"}, Idempotency_Key="d1"), 409, "IDEMPOTENCY_KEY_REUSED")
    path = f"/drafts/{draft['draft']}"
    read = send(owner, path, method="GET")
    assert read.headers["etag"] == '"r1"'
    problem(send(owner, path, {"text": "x"}, method="PUT"), 428, "PRECONDITION_NEEDED")
    problem(send(owner, path, {"text": "x"}, method="PUT", If_Match='"r7"'), 412, "CHANGED_SINCE")
    changed = send(owner, path, {"text": text_of("spring", **{"per_day = 3": "per_day = -3"})}, method="PUT", If_Match='"r1"')
    assert (changed.status, changed.headers["etag"]) == (200, '"r2"')
    findings = told(send(owner, f"{path}/check", method="GET"))["findings"]
    assert [each["clause"] for each in findings if each["severity"] == "error"] == ["caps.per_day"]
    problem(send(owner, f"{path}/proposal", {}), 409, "CONTRACT_HAS_ERRORS")
    told(send(owner, path, {"text": text_of("spring")}, method="PUT", If_Match="*"))
    made = told(send(owner, f"{path}/proposal", {"words": "For the spring"}, Idempotency_Key="p1"), 201)
    assert told(send(owner, f"{path}/proposal", {"words": "For the spring"}, Idempotency_Key="p1"), 201) == made
    assert told(send(provider, "/proposals", method="GET"))[0]["proposal"] == made["proposal"]
    assert told(send(provider, f"/proposals/{made['proposal']}/effect", method="GET")) == {"since": None, "changes": [], "backtest": None}
    problem(send(provider, f"/proposals/{made['proposal']}/acceptance", {"hash": "0" * 64}), 409, "HASH_DIFFERS")
    problem(send(owner, f"/proposals/{made['proposal']}/acceptance", {"hash": made["hash"]}), 409, "PROPOSAL_OWN")
    for _ in range(2):
        accepted = told(send(provider, f"/proposals/{made['proposal']}/acceptance", {"hash": made["hash"]}))
    assert (accepted["state"], accepted["answered_by"]) == ("accepted", "intentreach")
    problem(send(owner, f"/proposals/{made['proposal']}/withdrawal", {}), 409, "PROPOSAL_ANSWERED")
    assert told(send(provider, "/contracts/northwind/spring", method="GET"))["versions"] == [1]
    names = [each["party"] for each in told(send(owner, "/contracts/northwind/spring/acceptances", method="GET"))]
    assert sorted(names) == ["intentreach", "northwind"]
    paused = told(send(provider, "/contracts/northwind/spring/pauses", {"words": "Full"}, Idempotency_Key="z"), 201)
    assert (paused["is_on"], paused["party"]) == (True, "intentreach")
    problem(send(owner, "/contracts/northwind/spring/resumption"), 409, "NOT_PAUSED")
    told(send(provider, "/contracts/northwind/spring/resumption"))
    second = told(send(provider, "/drafts", {"buyer": "northwind", "contract": "spring"}), 201)
    assert "version = 2" in second["text"]
    told(send(provider, f"/drafts/{second['draft']}", {"text": second["text"].replace("48.00", "52.00")}, method="PUT", If_Match='"r1"'))
    second_made = told(send(provider, f"/drafts/{second['draft']}/proposal", {}), 201)
    effect = told(send(owner, f"/proposals/{second_made['proposal']}/effect", method="GET"))
    assert [each["money_minor"] for each in effect["changes"] if each["clause"] == "price[1].amount"] == [400]
    problem(send(owner, f"/proposals/{second_made['proposal']}/decline", {"words": ""}), 400, "REQUEST_UNREADABLE")
    told(send(owner, f"/proposals/{second_made['proposal']}/decline", {"words": "48 is what we pay"}))
    assert told(send(owner, "/contracts/northwind/spring", method="GET"))["versions"] == [1]


def settle(site: Site, buyer: str) -> None:
    """Settle at once what a busy server would settle a little later."""
    settle_book(site.installation.book_of(buyer), at=NOW)


def test_what_is_said_of_deliveries_is_charged_and_the_book_verifies(site: Site) -> None:
    owner, provider = site.tokens[OWNER], site.tokens[PROVIDER]
    rows = told(send(owner, "/deliveries?buyer=northwind&contract=reach", method="GET"))["rows"]
    by_id = {row["external_id"]: row for row in rows}
    one = f"/deliveries/northwind/{by_id['northwind-reach-4']['number']}"
    before = owed(owner)
    sent = {"milestone": "won", "amount": "500.00", "happened_at": "2026-02-27T10:00:00", "source": "crm", "source_id": "8"}
    first = told(send(owner, f"{one}/milestones", sent, Idempotency_Key="m1"), 201)
    number = by_id["northwind-reach-4"]["number"]
    taken = {"row": 1, "state": "taken", "number": number, "code": None, "seen": None, "mend": None}
    assert first == {"recorded": 1, "rows": [taken], "faults": [], "is_repeat": False}
    again = send(owner, f"{one}/milestones", sent, Idempotency_Key="m1")
    assert (told(again, 201)["is_repeat"], again.headers["idempotent-replayed"]) == (True, "true")
    settle(site, "northwind")
    assert owed(owner) == before + 1000
    many = told(
        send(
            owner,
            "/contracts/northwind/reach/milestones",
            {
                "rows": [
                    sent | {"number": number}, {"milestone": "danced", "external_id": "x"}, {"milestone": "contacted", "external_id": "nobody"},
                ]
            },
        ),
        201,
    )  # fmt: skip
    assert (many["recorded"], [fault["row"] for fault in many["faults"]]) == (2, [2])
    states = [(row["state"], row["code"]) for row in many["rows"]]
    assert states == [("taken", None), ("refused", "ROW_UNREADABLE"), ("waits", "DELIVERY_UNKNOWN")]
    settle(site, "northwind")
    listed = told(send(owner, "/facts/refused?buyer=northwind&contract=reach&state=waits", method="GET"))
    assert [(row["act"], row["external_id"], row["code"]) for row in listed["rows"]] == [("milestone", "nobody", "DELIVERY_UNKNOWN")]
    page = site.sessions[OWNER].ask("/deliveries/refused?buyer=northwind").text
    assert "1 fact waits for a delivery" in page
    assert "nobody" not in site.sessions[PROVIDER].ask("/deliveries/refused?buyer=northwind").text
    assert owed(owner) == before + 1000
    problem(send(owner, "/contracts/northwind/reach/milestones", {"rows": [{"milestone": "won"}]}), 422, "ROWS_UNREADABLE")
    waiting = next(row for row in rows if row["verdict"] == "review")
    decisions = {"rows": [{"number": waiting["number"], "decision": "accepted"}]}
    assert told(send(owner, "/contracts/northwind/reach/decisions", decisions), 201)["rows"][0]["state"] == "taken"
    problem(send(owner, f"/deliveries/northwind/{waiting['number']}/decision", {"decision": "accepted"}), 409, "DELIVERY_NOT_WAITING")
    assert told(send(owner, f"/deliveries/northwind/{waiting['number']}", method="GET"))["delivery"]["decision"] == "accepted"
    problem(send(owner, f"{one}/returns", {"reason": "LEFT_COMPANY"}), 409, "RETURN_NOT_ADMISSIBLE")
    told(send(owner, f"{one}/returns", {"reason": "EMAIL_BOUNCED", "evidence": "550"}), 201)
    (seen,) = told(send(provider, f"{one}/returns", method="GET"))
    assert (seen["reason"], seen["evidence"]) == ("EMAIL_BOUNCED", "550")
    problem(send(provider, f"{one}/returns/1/contest"), 409, "RETURN_NOT_CONTESTABLE")
    problem(send(provider, f"{one}/returns/2/contest"), 404, "NOT_HERE")
    problem(send(provider, f"{one}/milestones", sent), 403, "NOT_ALLOWED")
    settle(site, "northwind")
    result = verify(site.installation.book_of("northwind"))
    assert result.fault is None, result.fault


def owed(owner: Visitor) -> int:
    balances = told(send(owner, "/balances", method="GET"))
    return sum(each["pending_minor"] + each["owed_minor"] for each in balances if each["contract"] == "reach")


def test_lists_and_erasures_are_the_buyers(site: Site) -> None:
    owner, provider = site.tokens["contoso", "owner"], site.tokens[PROVIDER]
    entries = {"name": "customers.csv", "entries": ["email", "Ann@Acme.com", "Globex, Inc."], "is_everywhere": True}
    made = told(send(owner, "/lists/entries", entries, Idempotency_Key="l1"))
    assert (made["entries"], made["read"]) == (3, 3)
    assert told(send(owner, "/lists/entries", entries, Idempotency_Key="l1")) == made
    assert told(send(owner, "/lists/search", {"entry": "ann@acme.com"})) == {"lists": ["customers.csv"]}
    assert told(send(owner, "/lists/removals", {"name": "customers.csv", "entries": ["globex"]}))["entries"] == 2
    for path, content in (
        ("/lists/entries", entries),
        ("/lists/search", {"entry": "x.com"}),
        ("/erasures", {"person": "x@y.com"}),
        ("/prospects/search", {"person": "x@y.com"}),
    ):
        problem(send(provider, path, content), 403, "NOT_ALLOWED")
    found = told(send(owner, "/prospects/search", {"person": "ann1@contoso-reach-acme1.com"}))
    assert (found["count"], len(found["deliveries"])) == (1, 1)
    problem(send(owner, "/erasures", {"person": "nobody"}), 422, "PERSON_UNREADABLE")
    certificate = told(send(owner, "/erasures", {"person": "ann1@contoso-reach-acme1.com"}, Idempotency_Key="e1"), 201)
    assert "1 delivery" in certificate["text"]
    assert told(send(owner, "/erasures", {"person": "ann1@contoso-reach-acme1.com"}, Idempotency_Key="e1"), 201) == certificate
    assert told(send(owner, "/prospects/search", {"person": "ann1@contoso-reach-acme1.com"}))["count"] == 0
    assert [each["erasure"] for each in told(send(owner, "/erasures", method="GET"))] == [certificate["erasure"]]
    story = told(send(owner, f"/deliveries/contoso/{found['deliveries'][0]['number']}", method="GET"))
    assert "ann1" not in json.dumps(story)
    settle(site, "contoso")
    assert verify(site.installation.book_of("contoso")).fault is None


def test_people_and_tokens_are_made_once_and_their_keys_told_once(site: Site) -> None:
    owner = site.tokens["contoso", "owner"]
    sent = {"email": "new@contoso.example.org", "name": "New", "role": "viewer"}
    invited = told(send(owner, "/people", sent, Idempotency_Key="i1"), 201)
    assert invited["link"].startswith("http://")
    assert told(send(owner, "/people", sent, Idempotency_Key="i1"), 201) == invited | {"link": None}
    problem(send(owner, "/people", sent), 409, "THERE_ALREADY")
    problem(send(owner, "/people", sent | {"role": "king", "email": "b@contoso.example.org"}), 422, "ROLE_UNKNOWN")
    path = f"/people/{invited['person']}"
    assert told(send(owner, f"{path}/role", {"role": "sales"}, method="PUT"))["role"] == "sales"
    assert send(owner, path, method="DELETE").status == 204
    problem(send(owner, "/people/zzz", method="DELETE"), 404, "NOT_HERE")
    token = told(send(owner, "/tokens", {"name": "crm", "purposes": ["milestones:write"], "days": 30}, Idempotency_Key="t1"), 201)
    again = told(send(owner, "/tokens", {"name": "crm", "purposes": ["milestones:write"], "days": 30}, Idempotency_Key="t1"), 201)
    assert again == token | {"key": None}
    crm = Visitor(owner.port, token=token["key"])
    assert told(send(crm, "/me", method="GET"))["purposes"] == ["milestones:write"]
    problem(send(crm, "/tokens", {"name": "x", "purposes": ["money:read"]}), 403, "NOT_ALLOWED")
    problem(send(owner, "/tokens", {"name": "x", "purposes": ["all:do"]}), 422, "PURPOSE_UNKNOWN")
    assert send(owner, f"/tokens/{token['token']}", method="DELETE").status == 204
    problem(send(crm, "/me", method="GET"), 401, "TOKEN_NEEDED")


def test_only_who_runs_the_installation_makes_parties(site: Site) -> None:
    party = {"id": "paperlead", "name": "Paperlead", "kind": "provider"}
    problem(send(site.tokens["contoso", "owner"], "/parties", party), 403, "NOT_ALLOWED")
    told(send(site.tokens[OWNER], "/parties", party), 201)
    problem(send(site.tokens[OWNER], "/parties", party), 409, "THERE_ALREADY")
    problem(send(site.tokens[OWNER], "/parties", party | {"id": "x", "timezone": "Mars"}), 422, "ZONE_UNKNOWN")


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b'{"text": "a", "text": "b"}', "application/json", 400),
        (b"[" * 100_000, "application/json", 400),
        (b'{"text": "a"', "application/json", 400),
        (b'\xff\xfe{"text": 1}', "application/json", 400),
        (b'{"text": 7}', "application/json", 400),
        (b'{"text": "a", "more": 1}', "application/json", 400),
        (b"null", "application/json", 400),
        (b"", "application/json", 400),
        (b"text=a", "application/x-www-form-urlencoded", 415),
        (b'{"text": "' + b"x" * 1_500_000 + b'"}', "application/json", 413),
    ],
)
def test_what_cannot_be_read_is_refused_in_words(site: Site, body: bytes, kind: str, status: int) -> None:
    answer = send(site.tokens[OWNER], "/contracts/check", body, Content_Type=kind)
    assert answer.status == status, answer.text
    assert json.loads(answer.body)["detail"]


@pytest.mark.parametrize("value", ["'; drop table draft; --", "<script>alert(1)</script>", "\x00", "../../etc/passwd", "é" * 99, "\u202e"])
def test_strange_texts_are_kept_as_texts(site: Site, value: str) -> None:
    owner = site.tokens["contoso", "owner"]
    draft = told(send(owner, "/drafts", {"text": value}), 201)
    assert draft["text"] == value.replace("\x00", "")
    assert send(owner, f"/drafts/{draft['draft']}", method="DELETE", If_Match="*").status == 204
    assert send(owner, "/lists/entries", {"name": value, "entries": [value]}).status == 422
    assert send(owner, "/prospects/search", {"person": value}).status == 422
    assert send(owner, "/people", {"email": value.ljust(3, "x"), "name": value, "role": "viewer"}).status in {400, 422}


def test_a_token_that_asks_too_often_waits(site: Site, tmp_path: Path) -> None:
    from tests.web.site import served

    with served(site.installation, requests_per_minute=3) as slow:
        visitor = Visitor(slow.port, token=site.tokens[OWNER].token)
        answers = [send(visitor, "/me", method="GET") for _ in range(5)]
        other = send(Visitor(slow.port, token=site.tokens[PROVIDER].token), "/me", method="GET")
    assert [answer.status for answer in answers] == [200, 200, 200, 429, 429]
    assert other.status == 200
    assert answers[0].headers["ratelimit"].startswith('"token";r=2;t=')
    assert problem(answers[3], 429, "TOO_MANY_REQUESTS")["mend"]
    assert int(answers[3].headers["retry-after"]) >= 1
