"""The rights matrix: every route, as every role of every party, own, foreign and absent."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

import pytest
from tests.web.matrix import WRITES_WITH_OUTCOMES, Route, pages_that_write, writes
from tests.web.site import Answer, Site, Visitor, Who

from payper.parties import Act, Role, may

PAGES_FOR_ANYBODY = {
    "GET /sign-in", "POST /sign-in", "GET /invitation", "POST /invitation", "GET /first-run", "POST /first-run", "GET /health/live",
    "GET /health/ready", "GET /metrics", "GET /api/v1/openapi.json", "GET /api/v1", "GET /api/v1/{path}",
    "GET /sign-in/elsewhere", "GET /sign-in/elsewhere/back",
}  # fmt: skip


@cache
def table(site: Site, who: Who) -> dict[str, Route]:
    """Say of every route that asks who comes what it needs, with what this visitor reaches and what they do not."""
    party = who[0]
    buyer, contract = {
        "northwind": ("northwind", "reach"), "contoso": ("contoso", "reach"), "intentreach": ("northwind", "reach"), "meetly": ("northwind", "meet"),
    }[party]  # fmt: skip
    strange_buyer, strange = {
        "northwind": ("contoso", "reach"), "contoso": ("northwind", "reach"), "intentreach": ("northwind", "meet"), "meetly": ("northwind", "reach"),
    }[party]  # fmt: skip
    own, other = {"buyer": buyer, "contract": contract}, {"buyer": strange_buyer, "contract": strange}
    # Results are of one's own book: of another's are contracts and providers that are only there.
    strange_contract = {"northwind": "alone", "contoso": "meet"}.get(party, "meet")
    strange_provider = {"northwind": "nobody", "contoso": "intentreach"}.get(party, "meetly")
    query = {"?buyer": buyer, "?contract": contract}
    strange_query = {"?buyer": strange_buyer, "?contract": strange}
    own_provider = {"northwind": "intentreach"}.get(party, "meetly")
    version = {"version": "1"}
    one = {"buyer": buyer, "number": site.numbers(buyer, contract)[0]}
    another = {"buyer": strange_buyer, "number": site.numbers(strange_buyer, strange)[0]}
    rejected = {"buyer": buyer, "number": site.numbers(buyer, contract, verdict="rejected")[0]}
    other_rejected = {"buyer": strange_buyer, "number": site.numbers(strange_buyer, strange, verdict="rejected")[0]}
    file, other_file = site.uploads[buyer, contract], site.uploads[strange_buyer, strange]
    sent, other_sent = {"buyer": buyer, "upload": file}, {"buyer": strange_buyer, "upload": other_file}
    hook, other_hook = {"webhook": site.webhooks[party]}, {"webhook": site.webhooks[strange_buyer if party != strange_buyer else buyer]}
    pages = {
        "GET /": Route(Act.READ_DELIVERIES),
        "GET /contracts": Route(Act.READ_CONTRACTS),
        "GET /contracts/{buyer}/{contract}": Route(Act.READ_CONTRACTS, own, other),
        "GET /contracts/{buyer}/{contract}/text": Route(Act.READ_CONTRACTS, own, other),
        "GET /contracts/{buyer}/{contract}/changes": Route(Act.READ_CONTRACTS, own, other),
        "GET /deliveries": Route(
            Act.READ_DELIVERIES, {"?buyer": buyer, "?contract": contract}, {"?buyer": strange_buyer, "?contract": strange}
        ),
        "GET /deliveries/{buyer}/{number}": Route(Act.READ_DELIVERIES, one, another),
        "GET /deliveries/refused": Route(Act.READ_DELIVERIES, query, strange_query),
        "GET /deliveries/send": Route(
            Act.SEND_DELIVERIES, {"?buyer": buyer, "?contract": contract}, {"?buyer": strange_buyer, "?contract": strange}
        ),
        # What comes is no file, and is refused after rights.
        "POST /deliveries/send": Route(Act.SEND_DELIVERIES, form={"contract": f"{buyer} {contract}"}, done=415),
        "GET /uploads/{buyer}/{upload}": Route(Act.SEND_DELIVERIES, sent, other_sent),
        "POST /uploads/{buyer}/{upload}": Route(Act.SEND_DELIVERIES, sent, form={"date_order": ""}, done=400),
        "GET /uploads/{buyer}/{upload}/verdicts.csv": Route(Act.SEND_DELIVERIES, sent, other_sent),
        "GET /uploads/{buyer}/{upload}/rejects.csv": Route(Act.SEND_DELIVERIES, sent, other_sent),
        "GET /contracts/{buyer}/{contract}/rejects.csv": Route(Act.SEND_DELIVERIES, own, other),
        "GET /deliveries/{buyer}/{number}/mend": Route(Act.SEND_DELIVERIES, rejected, other_rejected),
        "GET /money": Route(Act.READ_MONEY),
        "GET /money/{buyer}/{contract}": Route(Act.READ_MONEY, own, other),
        "GET /money/{buyer}/{contract}/statement.pdf": Route(Act.READ_MONEY, own, other),
        "GET /money/{buyer}/{contract}/statement.csv": Route(Act.READ_MONEY, own, other),
        "GET /results": Route(Act.READ_RESULTS, {}, {"?contract": strange_contract}),
        "GET /results/report.html": Route(Act.READ_RESULTS, {}, {"?contract": strange_contract}),
        "GET /results/{question}": Route(Act.READ_RESULTS, {"question": "falling"}, {"question": "falling", "?provider": strange_provider}),
        "GET /forecast": Route(Act.READ_RESULTS),
        "GET /forecast/report.html": Route(Act.READ_RESULTS),
        "GET /exports/forecast/{kind}": Route(Act.READ_RESULTS, {"kind": "csv"}),
        "GET /providers": Route(Act.READ_RESULTS),
        "GET /providers/{provider}": Route(Act.READ_RESULTS, {"provider": own_provider}, {"provider": strange_provider}),
        "GET /quality": Route(Act.READ_DELIVERIES),
        "GET /prospects": Route(
            Act.READ_PEOPLE, {"?buyer": buyer, "?q": "acme"}, {"?buyer": strange_buyer, "?q": "acme"} if strange_buyer != buyer else {}
        ),
        "GET /exports/deliveries/{kind}": Route(Act.READ_DELIVERIES, {"kind": "csv", **query}, {"kind": "csv", **strange_query}),
        "GET /exports/lines/{kind}": Route(Act.READ_MONEY, {"kind": "csv", **query}, {"kind": "csv", **strange_query}),
        "GET /exports/prospects/{kind}": Route(Act.READ_PEOPLE, {"kind": "csv", "?buyer": buyer, "?q": "acme"}),
        "GET /exports/results/{kind}": Route(
            Act.READ_RESULTS,
            {"kind": "csv", "?question": "falling"},
            {"kind": "csv", "?question": "falling", "?contract": strange_contract},
        ),
        "GET /what-if": Route(Act.READ_ADVICE, {}, {"?contract": strange_contract}),
        "POST /what-if": Route(Act.READ_ADVICE, form={"contract": "zzz"}, done=404),
        "GET /advice": Route(Act.READ_ADVICE),
        "GET /advice/profile.toml": Route(Act.READ_ADVICE),
        "GET /advice/{group}": Route(Act.READ_ADVICE, {"group": "sales"}),
        "POST /advice/{group}": Route(Act.WRITE_ADVICE, {"group": "sales"}, form={"cycle_days": "nothing"}, done=400),
        "GET /settings": Route(None),
        "GET /settings/people": Route(Act.MANAGE_USERS),
        "GET /settings/tokens": Route(Act.MANAGE_TOKENS),
        "GET /settings/audit": Route(Act.READ_AUDIT),
        "GET /settings/webhooks": Route(Act.MANAGE_WEBHOOKS),
        "GET /settings/webhooks/{webhook}": Route(Act.MANAGE_WEBHOOKS, hook, other_hook),
        "GET /settings/second-factor": Route(None),
        "POST /settings/second-factor": Route(None, form={"secret": "A" * 32, "code": "no"}, done=400),
        "POST /settings/people": Route(Act.MANAGE_USERS, form={"email": "no address", "name": "x", "role": "viewer"}, done=400),
        "POST /settings/tokens": Route(Act.MANAGE_TOKENS, form={"name": "x"}, done=400),
    }
    systems = {
        "GET /api/v1/me": Route(None),
        "GET /api/v1/parties": Route(None),
        "GET /api/v1/contracts": Route(Act.READ_CONTRACTS),
        "GET /api/v1/contracts/{buyer}/{contract}": Route(Act.READ_CONTRACTS, own, other),
        "GET /api/v1/contracts/{buyer}/{contract}/versions/{version}": Route(Act.READ_CONTRACTS, own | version, other | version),
        "GET /api/v1/contracts/{buyer}/{contract}/versions/{version}/explanation": Route(
            Act.READ_CONTRACTS, own | version, other | version
        ),
        "GET /api/v1/contracts/{buyer}/{contract}/versions/{version}/changes": Route(
            Act.READ_CONTRACTS, own | version | {"?since": "1"}, other | version | {"?since": "1"}
        ),
        "GET /api/v1/contracts/{buyer}/{contract}/statement": Route(Act.READ_MONEY, own, other),
        "GET /api/v1/contracts/{buyer}/{contract}/statement.csv": Route(Act.READ_MONEY, own, other),
        "GET /api/v1/contracts/{buyer}/{contract}/statement.pdf": Route(Act.READ_MONEY, own, other),
        "GET /api/v1/deliveries": Route(
            Act.READ_DELIVERIES, {"?buyer": buyer, "?contract": contract}, {"?buyer": strange_buyer, "?contract": strange}
        ),
        "GET /api/v1/deliveries/{buyer}/{number}": Route(Act.READ_DELIVERIES, one, another),
        "GET /api/v1/facts/refused": Route(Act.READ_DELIVERIES, query, strange_query),
        "GET /api/v1/balances": Route(Act.READ_MONEY),
        "GET /api/v1/results": Route(Act.READ_RESULTS, {}, {"?contract": strange_contract}),
        "GET /api/v1/forecast": Route(Act.READ_RESULTS),
        "GET /api/v1/providers": Route(Act.READ_RESULTS),
        "GET /api/v1/profile": Route(Act.READ_ADVICE),
        "GET /api/v1/webhooks": Route(Act.MANAGE_WEBHOOKS),
        "GET /api/v1/webhooks/{webhook}": Route(Act.MANAGE_WEBHOOKS, hook, other_hook),
        "GET /api/v1/webhooks/{webhook}/calls": Route(Act.MANAGE_WEBHOOKS, hook, other_hook),
        "GET /api/v1/audit": Route(Act.READ_AUDIT),
        "GET /api/v1/tokens": Route(Act.MANAGE_TOKENS),
        "GET /api/v1/people": Route(Act.MANAGE_USERS),
        # An array with nothing in it is refused after rights, and changes nothing.
        "POST /api/v1/contracts/{buyer}/{contract}/deliveries": Route(Act.SEND_DELIVERIES, own, other, body="[]", done=400),
        "POST /api/v1/contracts/{buyer}/{contract}/precheck": Route(Act.SEND_DELIVERIES, own, other, body="[{}]"),
        "POST /api/v1/contracts/{buyer}/{contract}/uploads": Route(Act.SEND_DELIVERIES, own, other, body="no name", done=415),
        "GET /api/v1/contracts/{buyer}/{contract}/uploads": Route(Act.SEND_DELIVERIES, own, other),
        "GET /api/v1/contracts/{buyer}/{contract}/uploads/{upload}": Route(
            Act.SEND_DELIVERIES, own | {"upload": file}, other | {"upload": other_file}
        ),
        "GET /api/v1/contracts/{buyer}/{contract}/uploads/{upload}/verdicts.csv": Route(
            Act.SEND_DELIVERIES, own | {"upload": file}, other | {"upload": other_file}
        ),
        "GET /api/v1/contracts/{buyer}/{contract}/rejects.csv": Route(Act.SEND_DELIVERIES, own, other),
    }
    where = (buyer, contract, strange_buyer, strange)
    return pages | systems | writes(site, who, *where) | pages_that_write(site, who, *where)


WITH_OUTCOMES = {
    "POST /deliveries/{buyer}/{number}/mend",
    "POST /sign-out", "POST /settings/parties/{party}/invite", "POST /settings/people/{person}/role", "POST /settings/tokens/{token}/revoke",
    "GET /prospects/promote", "GET /prospects/scores", "GET /prospects/scores/report.html", "GET /exports/scores/{kind}", "POST /advice/profile", "GET /advice/report.html", "GET /api/v1/advice", "PUT /api/v1/profile",
    "POST /settings/digest", "POST /settings/webhooks", "POST /settings/webhooks/{webhook}", "POST /settings/webhooks/{webhook}/calls/{call}/replay",
    "POST /api/v1/webhooks", "PATCH /api/v1/webhooks/{webhook}", "DELETE /api/v1/webhooks/{webhook}", "POST /api/v1/webhooks/{webhook}/secret",
    "POST /api/v1/webhooks/{webhook}/test", "POST /api/v1/webhooks/{webhook}/replay", "POST /api/v1/webhooks/{webhook}/calls/{call}/replay",
}  # fmt: skip
"""Routes that change something for good, each with a test of its own below or in test_webhook_rights.py."""


def address(template: str, values: dict[str, str]) -> str:
    path = template.partition(" ")[2]
    for name, value in values.items():
        path = path.replace(f"{{{name}}}", value)
    query = "&".join(f"{name[1:]}={value}" for name, value in values.items() if name.startswith("?"))
    return f"{path}?{query}" if query else path


def visitor_of(site: Site, who: Who, template: str) -> Visitor:
    return (site.tokens if "/api/" in template else site.sessions)[who]


def asked(visitor: Visitor, template: str, route: Route, values: dict[str, str]) -> Answer:
    """Ask a route for some values of its parameters."""
    return visitor.ask(
        address(template, values), method=template.partition(" ")[0], form=route.form, document=route.document, body=route.body
    )


@cache
def own_answer(site: Site, who: Who, template: str) -> Answer:
    """What somebody is answered of their own."""
    route = table(site, who)[template]
    return asked(visitor_of(site, who, template), template, route, route.own)


def everybody(site: Site) -> Iterator[Who]:
    yield from site.sessions


def test_the_matrix_names_every_route(site: Site) -> None:
    found = set()
    for route in site.application.routes:
        path = re.sub(r":\w+\}", "}", route.path)
        found |= {
            f"{method} {path}" for method in getattr(route, "methods", set()) - {"OPTIONS", "HEAD"} if not path.startswith("/static/")
        }
    named = set(table(site, ("northwind", "owner"))) | PAGES_FOR_ANYBODY | WITH_OUTCOMES | WRITES_WITH_OUTCOMES
    assert found == named


def test_a_role_is_let_in_as_the_table_of_rights_says(site: Site) -> None:
    for who in everybody(site):
        for template, route in table(site, who).items():
            answer = own_answer(site, who, template)
            # 202: let in, and told that the figures are still being worked out.
            expected = {route.done, 202} if route.act is None or may(Role(who[1]), route.act) else {403}
            assert answer.status in expected, (who, template, answer.text[:300])


def test_what_is_anothers_is_answered_as_what_is_not_there(site: Site) -> None:
    for who in everybody(site):
        for template, route in table(site, who).items():
            if not route.other:
                continue
            # A buyer that is one's own stays, so that only what is another's differs.
            nobody = {
                "buyer": "zzz",
                "contract": "zzz",
                "?buyer": "zzz",
                "?contract": "zzz",
                "number": "zzzz-zzzz",
                "draft": "zzz",
                "proposal": "zzz",
                "person": "zzz",
                "?provider": "zzz",
                "provider": "zzz",
                "webhook": "zzz",
                "upload": "zzz",
            }
            absent = {name: value if route.own.get(name) == value else nobody[name] for name, value in route.other.items()}
            visitor = visitor_of(site, who, template)
            foreign, nothing = (asked(visitor, template, route, values) for values in (route.other, absent))
            assert foreign.status == nothing.status == (404 if may(Role(who[1]), route.act or Act.READ_CONTRACTS) else 403), (who, template)
            first, second = (re.sub("«[^»]*»", "«…»", each.plain) for each in (foreign, nothing))
            assert first == second, (who, template)


@pytest.mark.parametrize("kind", ["nobody", "strange cookie", "strange token", "token in a page", "cookie in the API"])
def test_who_is_not_known_sees_nothing(site: Site, kind: str) -> None:
    owner = ("northwind", "owner")
    stranger = {
        "nobody": Visitor(site.port),
        "strange cookie": Visitor(site.port, cookie="x" * 43, csrf="x"),
        "strange token": Visitor(site.port, token="payper_" + "x" * 43),
        "token in a page": Visitor(site.port, token=site.tokens[owner].token),
        "cookie in the API": Visitor(site.port, cookie=site.sessions[owner].cookie),
    }[kind]
    for template, route in table(site, owner).items():
        if (kind, "/api/" in template) in {("token in a page", True), ("cookie in the API", False)}:
            continue
        answers = [asked(stranger, template, route, values) for values in (route.own, route.other or route.own)]
        expected = 401 if "/api/" in template else 303
        assert [answer.status for answer in answers] == [expected, expected], template
        assert not any(word in answer.text for answer in answers for word in ("intentreach", "meetly", "acme")), template


def test_nothing_of_others_stands_on_any_page(site: Site) -> None:
    marks = {
        "intentreach": ("meetly", r"meet\b", "contoso", "northwind-meet"),
        "meetly": ("intentreach", "northwind-reach-"),
        "northwind": ("contoso",),
        "contoso": ("northwind", "intentreach"),
    }
    for who in everybody(site):
        for template in table(site, who):
            answer = own_answer(site, who, template)
            # A column for meetings is nobody's.
            text = answer.body.decode("utf-8", errors="replace").lower().replace("meeting", "")
            # The one who runs the installation sees all parties, to let their first people in.
            skipped = who[0] == "northwind" and who[1] == "owner" and template in {"GET /settings", "GET /proposals", "GET /api/v1/parties"}
            found = [] if skipped else [mark for mark in marks[who[0]] if re.search(rf"\b{mark}", text)]
            assert not found, (who, template, found)


def test_personal_data_is_shown_to_who_may_read_people_and_noted(site: Site) -> None:
    number = site.numbers("northwind", "reach")[-1]
    for who in everybody(site):
        if who[0] not in {"northwind", "intentreach"}:
            continue
        answers = [
            site.sessions[who].ask(f"/deliveries/northwind/{number}").text,
            site.tokens[who].ask(f"/api/v1/deliveries/northwind/{number}").text,
        ]
        is_shown = may(Role(who[1]), Act.READ_PEOPLE)
        assert [("acme" in text, "Lee" in text) for text in answers] == [(is_shown, is_shown)] * 2, who
        with site.installation.open() as directory:
            lines = [line for line in directory.audit(who[0], limit=1000) if line.act == "read person"]
        noted = {line.who for line in lines if line.subject == f"northwind/{number}"}
        assert ({site.people[who], site.token_ids[who]} <= noted) == is_shown, who


def test_a_form_of_another_session_does_nothing(site: Site) -> None:
    mine, others = site.sessions["northwind", "owner"], site.sessions["contoso", "owner"]
    for csrf in ("", "x", others.csrf):
        for path in (
            "/settings/people",
            "/settings/tokens",
            "/sign-out",
            "/settings/second-factor",
            "/settings/parties/meetly/invite",
            "/settings/parties",
        ):
            assert Visitor(site.port, cookie=mine.cookie, csrf=csrf).ask(path, form={}).status == 403, path


@pytest.mark.parametrize("headers", [{"Origin": "https://elsewhere.example.org"}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "null"}])
def test_a_form_from_another_site_does_nothing(site: Site, headers: dict[str, str]) -> None:
    assert site.sessions["northwind", "owner"].ask("/settings/people", form={}, headers=headers).status == 403
    assert site.anybody().ask("/sign-in", form={"email": "x"}, headers=headers).status == 403


def test_a_mended_delivery_is_sent_by_who_may_send_under_a_contract_they_reach(site: Site) -> None:
    """Each is asked with a delivery that is not there for them, so that nothing is changed."""
    for who in everybody(site):
        foreign = "contoso" if who[0] != "contoso" else "northwind"
        number = site.numbers(foreign, "reach", verdict="rejected")[0]
        if (who[0], foreign) == ("meetly", "contoso"):
            continue
        answers = [
            site.sessions[who].ask(f"/deliveries/{foreign}/{each}/mend", form={"value:email": "x@y.com"}) for each in (number, "zzzz-zzzz")
        ]
        assert [answer.status for answer in answers] == [404 if may(Role(who[1]), Act.SEND_DELIVERIES) else 403] * 2, who
        first, second = (re.sub("«[^»]*»", "«…»", each.plain) for each in answers)
        assert first == second


def test_nobody_changes_people_of_another_party(site: Site) -> None:
    for who in everybody(site):
        victim = site.people["contoso" if who[0] != "contoso" else "northwind", "viewer"]
        foreign = site.sessions[who].ask(f"/settings/people/{victim}/role", form={"role": "none"})
        absent = site.sessions[who].ask("/settings/people/zzz/role", form={"role": "none"})
        assert foreign.status == absent.status == (400 if may(Role(who[1]), Act.MANAGE_USERS) else 403), who
        assert foreign.plain == absent.plain.replace("zzz", victim)
        with site.installation.open() as directory:
            person = directory.person(victim)
        assert person is not None
        assert person.is_active


def test_nobody_ends_tokens_of_another_party(site: Site) -> None:
    for who in everybody(site):
        owner = ("contoso", "owner") if who[0] != "contoso" else ("northwind", "owner")
        foreign, absent = (site.sessions[who].ask(f"/settings/tokens/{token}/revoke", form={}) for token in (site.token_ids[owner], "zzz"))
        assert foreign.status == absent.status == (303 if may(Role(who[1]), Act.MANAGE_TOKENS) else 403), who
        assert site.tokens[owner].ask("/api/v1/me").status == 200


def test_only_who_runs_the_installation_lets_first_people_in_and_only_first_ones(site: Site) -> None:
    form = {"email": "new@meetly.example.org", "name": "New"}
    for who in everybody(site):
        there, absent = (site.sessions[who].ask(f"/settings/parties/{party}/invite", form=form) for party in ("meetly", "zzz"))
        assert there.status == absent.status == (404 if may(Role(who[1]), Act.MANAGE_USERS) else 403), who


def test_only_who_runs_the_installation_makes_parties(site: Site) -> None:
    form = {"id": "Not An Id", "name": "x", "kind": "provider", "timezone": "UTC"}
    for who in everybody(site):
        runs = who == ("northwind", "owner")
        assert site.sessions[who].ask("/settings/parties", form=form).status == (400 if runs else 403), who
        assert site.sessions[who].ask("/settings/parties", form={**form, "kind": "x"}).status == (400 if runs else 403), who
        assert ('action="/settings/parties"' in site.sessions[who].ask("/settings").text) == runs, who


def test_nobody_ends_or_lets_go_what_is_another_partys_by_the_api(site: Site) -> None:
    for who in everybody(site):
        foreign = "contoso" if who[0] != "contoso" else "northwind"
        for path, strange, act in (
            ("people", site.people[foreign, "viewer"], Act.MANAGE_USERS),
            ("tokens", site.token_ids[foreign, "viewer"], Act.MANAGE_TOKENS),
        ):
            answers = [site.tokens[who].ask(f"/api/v1/{path}/{id_}", method="DELETE") for id_ in (strange, "zzz")]
            assert {answer.status for answer in answers} == {404 if may(Role(who[1]), act) else 403}, (who, path)
            assert answers[0].plain == answers[1].plain.replace("zzz", strange)
        assert site.tokens[foreign, "viewer"].ask("/api/v1/me").status == 200


def test_who_reads_people_finds_them_in_their_own_book_only(site: Site) -> None:
    for who in everybody(site):
        answer = site.tokens[who].ask("/api/v1/prospects/search", method="POST", document={"person": "ann1@northwind-reach-acme1.com"})
        is_buyer = not who[1].startswith("provider")
        assert answer.status == (200 if may(Role(who[1]), Act.READ_PEOPLE) and is_buyer else 403), who
        if answer.status == 200:
            assert ('"count":1' in answer.text) == (who[0] == "northwind"), who


def test_pages_whose_answer_hangs_on_more_than_the_right_let_in_whom_the_table_says(site: Site) -> None:
    for who in everybody(site):
        visitor, role = site.sessions[who], Role(who[1])
        is_buyer = not who[1].startswith("provider")
        foreign = {"northwind": "/contracts/contoso/reach/pause", "contoso": "/contracts/northwind/reach/pause"}.get(who[0])
        foreign = foreign or ("/contracts/northwind/meet/pause" if who[0] == "intentreach" else "/contracts/northwind/reach/pause")
        for path, act, status, form in (
            ("/settings/erasure", Act.READ_PEOPLE, 200 if is_buyer else 403, None),
            ("/settings/erasure/search", Act.READ_PEOPLE, 400 if is_buyer else 403, {"person": "nobody"}),
            ("/lists/off", Act.WRITE_SUPPRESSION, 400, {"name": "x", "entries": ""}),
            ("/drafts", Act.WRITE_CONTRACTS, 404, {"buyer": "zzz", "contract": "zzz"}),
            ("/drafts/zzz/drop", Act.WRITE_CONTRACTS, 404, {}),
            (foreign, Act.WRITE_CONTRACTS, 404, {}),
        ):
            answer = visitor.ask(path, form=form)
            assert answer.status == (status if may(role, act) else 403), (who, path, answer.text[:300])
