"""Coming in: the first run, invitations, signing in and out, the second factor, tokens; and what is refused on the way."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from pathlib import Path
from urllib.parse import quote

import pyotp
import pytest
from tests.web.site import NOW, PASSWORD, Answer, Site, Visitor, served

from payper.desk.people.first_run import open_first_run
from payper.desk.people.installation import Installation
from payper.parties import Role

FIRST = {
    "party": "northwind", "party_name": "Northwind", "kind": "buyer", "zone": "America/New_York", "owner_name": "Olga",
    "email": "olga@northwind.example.org", "password": PASSWORD,
}  # fmt: skip


def session_of(answer: Answer) -> str:
    return answer.headers["set-cookie"].partition(";")[0].partition("=")[2]


def csrf_of(page: Answer) -> str:
    found = re.search(r'name="csrf" value="([^"]+)"', page.text)
    assert found is not None
    return found[1]


def entered(site: Site, answer: Answer) -> Visitor:
    assert answer.status == 303, answer.text
    visitor = Visitor(site.port, cookie=session_of(answer))
    visitor.csrf = csrf_of(visitor.ask("/settings"))
    return visitor


@pytest.fixture
def empty(tmp_path: Path) -> Installation:
    made = Installation(str(tmp_path / "data"))
    made.prepare()
    return made


def test_a_first_run_makes_the_party_and_its_owner_once(empty: Installation) -> None:
    with empty.open() as directory:
        earlier, key = open_first_run(directory), open_first_run(directory)
    with served(empty) as site:
        anybody = site.anybody()
        assert anybody.ask("/sign-in").text.count("<form") == 0
        for wrong in ("", "x", str(earlier)):
            assert anybody.ask(f"/first-run?key={wrong}").status == 404
            assert anybody.ask("/first-run", form={**FIRST, "key": wrong}).status == 404
        assert anybody.ask(f"/first-run?key={key}").status == 200
        for name, value, words in (
            ("party", "Nord Wind", "is no id for a party"), ("zone", "Moon/Crater", "is no time zone"), ("password", "short", "at least 12"),
            ("email", "olga", "is no e-mail address"),
        ):  # fmt: skip
            refused = anybody.ask("/first-run", form={**FIRST, "key": str(key), name: value})
            assert refused.status == 400
            assert words in refused.text
        owner = entered(site, anybody.ask("/first-run", form={**FIRST, "key": str(key)}))
        assert "No contract yet" in owner.ask("/").text
        assert anybody.ask(f"/first-run?key={key}").status == 404
        assert anybody.ask("/first-run", form={**FIRST, "key": str(key), "party": "other"}).status == 404
    with empty.open() as directory:
        assert directory.operator() == "northwind"
        assert open_first_run(directory) is None


def test_a_person_signs_in_goes_where_they_wanted_and_signs_out(site: Site) -> None:
    anybody = site.anybody()
    away = anybody.ask("/deliveries?buyer=northwind&verdict=rejected")
    assert (away.status, away.headers["location"]) == (
        303,
        "/sign-in?next=" + quote("/deliveries?buyer=northwind&verdict=rejected", safe=""),
    )
    form = {"email": "VIEWER@northwind.example.org", "password": PASSWORD, "next": "/deliveries?buyer=northwind"}
    answer = anybody.ask("/sign-in", form=form)
    assert answer.headers["location"] == "/deliveries?buyer=northwind"
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    visitor = entered(site, answer)
    assert visitor.ask("/").status == 200
    gone = visitor.ask("/sign-out", form={})
    assert "max-age=0" in gone.headers["set-cookie"].lower()
    assert visitor.ask("/").status == 303


@pytest.mark.parametrize(
    "goal", ["https://evil.example", "//evil.example", "/\\evil.example", "/\t/evil.example", "javascript:alert(1)", ""]
)
def test_signing_in_leads_to_our_own_pages_only(site: Site, goal: str) -> None:
    answer = site.anybody().ask("/sign-in", form={"email": "viewer@northwind.example.org", "password": PASSWORD, "next": goal})
    assert answer.headers["location"] == "/"


def test_a_wrong_password_and_an_unknown_address_are_answered_alike(site: Site) -> None:
    answers = [
        site.anybody().ask("/sign-in", form={"email": email, "password": "wrong password here"})
        for email in ("viewer@contoso.example.org", "nobody@nowhere.example")
    ]
    assert [answer.status for answer in answers] == [401, 401]
    first, second = (answer.text.replace("viewer@contoso.example.org", "…").replace("nobody@nowhere.example", "…") for answer in answers)
    assert first == second


def test_attempts_are_limited_by_address_and_by_where_they_come_from(empty: Installation) -> None:
    with empty.open() as directory:
        open_first_run(directory)
    with served(empty, sign_ins_per_minute=5) as site:
        limit = site.application.state.server.sign_ins.per_minute
        statuses = [site.anybody().ask("/sign-in", form={"email": f"a{number}@b.example"}).status for number in range(limit + 1)]
        assert statuses == [401] * limit + [429]
        last = site.anybody().ask("/sign-in", form={"email": "a@b.example"})
        assert int(last.headers["retry-after"]) >= 1


def test_a_second_factor_is_set_up_and_then_asked_for(site: Site) -> None:
    form = {"email": "finance@contoso.example.org", "password": PASSWORD}
    visitor = entered(site, site.anybody().ask("/sign-in", form=form))
    page = visitor.ask("/settings/second-factor")
    found = re.search(r'name="secret" value="([A-Z2-7]+)"', page.text)
    assert found is not None
    codes = pyotp.TOTP(found[1])
    assert visitor.ask("/settings/second-factor", form={"secret": found[1], "code": "000000x"}).status == 400
    assert visitor.ask("/settings/second-factor", form={"secret": found[1], "code": codes.at(NOW)}).status == 303
    assert site.anybody().ask("/sign-in", form=form).status == 401
    assert site.anybody().ask("/sign-in", form={**form, "code": codes.at(NOW)}).status == 401  # it served once already
    assert site.anybody().ask("/sign-in", form={**form, "code": codes.at(NOW + timedelta(seconds=30))}).status == 303


def test_an_invitation_lets_one_person_in_once(site: Site) -> None:
    owner = site.sessions["northwind", Role.OWNER]
    made = owner.ask("/settings/people", form={"email": "new@northwind.example.org", "name": "<b>New</b>", "role": "sales"})
    found = re.search(r"/invitation\?key=([\w-]+)", made.text)
    assert found is not None
    assert "<b>New</b>" not in made.text
    anybody = site.anybody()
    assert anybody.ask(f"/invitation?key={found[1]}").status == 200
    assert anybody.ask("/invitation", form={"key": found[1], "password": "short"}).status == 400
    newcomer = entered(site, anybody.ask("/invitation", form={"key": found[1], "password": PASSWORD}))
    assert "sales" in newcomer.ask("/settings").text
    assert anybody.ask("/invitation", form={"key": found[1], "password": PASSWORD}).status == 400
    again = owner.ask("/settings/people", form={"email": "new@northwind.example.org", "name": "Twice", "role": "sales"})
    assert (again.status, "already" in again.text) == (400, True)
    person = re.search(r'people/(\w+)/role">(?:(?!</tr>).)*Role of &lt;b&gt;New', made.text, flags=re.DOTALL)
    assert person is not None
    assert owner.ask(f"/settings/people/{person[1]}/role", form={"role": "none"}).status == 303
    assert newcomer.ask("/").status == 303


def test_the_last_who_manages_people_stays(site: Site) -> None:
    person = site.people["northwind", Role.OWNER]
    answer = site.sessions["northwind", Role.OWNER].ask(f"/settings/people/{person}/role", form={"role": "viewer"})
    assert (answer.status, "Nobody would be left" in answer.text) == (400, True)


def test_a_token_made_on_the_page_reads_by_the_api_until_it_is_revoked(site: Site) -> None:
    owner = site.sessions["northwind", Role.OWNER]
    made = owner.ask("/settings/tokens", form={"name": "CRM", "days": "30", "purposes": ["contracts:read", "deliveries:read"]})
    found = re.search(r"payper_[\w-]+", made.text)
    assert found is not None
    system = Visitor(site.port, token=found[0])
    me = system.ask("/api/v1/me").json
    assert isinstance(me, dict)
    assert me["purposes"] == ["contracts:read", "deliveries:read"]
    assert system.ask("/api/v1/contracts").status == 200
    refused = system.ask("/api/v1/balances")
    assert (refused.status, refused.headers["content-type"]) == (403, "application/problem+json")
    assert owner.ask(f"/settings/tokens/{me['token']}/revoke", form={}).status == 303
    assert system.ask("/api/v1/me").status == 401
    for days in ("0", "-1", "x", "99999"):
        assert owner.ask("/settings/tokens", form={"name": "CRM", "days": days, "purposes": "contracts:read"}).status == 400


def test_the_audit_trail_tells_who_did_what_in_pages(site: Site) -> None:
    number = site.numbers("northwind", "reach")[0]
    reader = site.tokens["northwind", Role.SALES]
    for _ in range(120):
        assert reader.ask(f"/api/v1/deliveries/northwind/{number}").status == 200
    owner = site.tokens["northwind", Role.OWNER]
    first = json.loads(owner.ask("/api/v1/audit").body)
    second = json.loads(owner.ask(f"/api/v1/audit?before={first['next']}").body)
    assert {(row["act"], row["who"]) for row in first["rows"]} == {("read person", "token sales system")}
    assert not {row["number"] for row in first["rows"]} & {row["number"] for row in second["rows"]}
    assert "Older" in site.sessions["northwind", Role.OWNER].ask("/settings/audit").text
