"""What the server answers: headers, problems, pages of lists, tags, health, counts, and bad input."""

from __future__ import annotations

import json
import re
import socket
from itertools import pairwise

import pytest
from jsonschema import Draft202012Validator
from tests.web.site import Answer, Site, Visitor

from payper.desk.book.verify import verify
from payper.parties import Role

OWNER = ("northwind", "owner")


def rows(answer: Answer) -> list[dict[str, object]]:
    assert answer.status == 200, answer.text
    found: list[dict[str, object]] = json.loads(answer.body)["rows"]
    return found


def test_every_answer_carries_the_headers_that_keep_browsers_strict(site: Site) -> None:
    for answer in (
        site.anybody().ask("/sign-in"),
        site.sessions[OWNER].ask("/"),
        site.anybody().ask("/nowhere"),
        site.anybody().ask("/api/v1/me"),
    ):
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert "unsafe" not in answer.headers["content-security-policy"]
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cache-control"] == "private, no-store"
        assert answer.headers["x-request-id"]


def test_pages_carry_no_script_and_no_style_of_their_own(site: Site) -> None:
    for path in (
        "/",
        "/contracts",
        "/contracts/northwind/reach",
        "/deliveries",
        "/money",
        "/settings",
        "/settings/people",
        "/settings/tokens",
    ):
        page = site.sessions[OWNER].ask(path).text
        assert not re.search(r"<script(?! src=.\/static\/)|<style|\sstyle=|\son\w+=", page), path
        assert len(page.encode()) < 100_000, path


def test_the_style_sheet_may_be_kept_for_ever(site: Site) -> None:
    found = re.search(r'href="(/static/[^"]+)"', site.anybody().ask("/sign-in").text)
    assert found is not None
    answer = site.anybody().ask(found[1])
    assert (answer.status, answer.headers["content-type"].split(";")[0]) == (200, "text/css")
    assert "immutable" in answer.headers["cache-control"]


def test_pages_of_deliveries_hold_every_delivery_once(site: Site) -> None:
    system = site.tokens[OWNER]
    seen: list[str] = []
    before = ""
    while True:
        answer = system.ask(f"/api/v1/deliveries?buyer=northwind&limit=4{before}")
        seen += [str(row["number"]) for row in rows(answer)]
        after = json.loads(answer.body)["next"]
        if after is None:
            break
        before = f"&before={after}"
    assert len(seen) == len(set(seen)) == 14
    whole = rows(system.ask("/api/v1/deliveries?buyer=northwind"))
    assert seen == [row["number"] for row in whole]
    assert all(str(first["delivered_at"]) >= str(second["delivered_at"]) for first, second in pairwise(whole))


def test_filters_give_exactly_what_they_name(site: Site) -> None:
    system = site.tokens[OWNER]
    whole = rows(system.ask("/api/v1/deliveries?buyer=northwind"))
    for name, of in (
        ("contract", lambda row: row["contract"]),
        ("verdict", lambda row: row["verdict"]),
        ("reason", lambda row: (row["reasons"] or [None])[0]),
    ):
        for value in {of(row) for row in whole} - {None}:
            found = rows(system.ask(f"/api/v1/deliveries?buyer=northwind&{name}={value}"))
            assert found == [row for row in whole if of(row) == value], (name, value)


def test_a_delivery_says_why_with_clause_and_mend(site: Site) -> None:
    (low,) = rows(site.tokens[OWNER].ask("/api/v1/deliveries?buyer=northwind&contract=reach&reason=SENIORITY_OUTSIDE"))
    story = json.loads(site.tokens[OWNER].ask(f"/api/v1/deliveries/northwind/{low['number']}").body)
    (reason,) = story["reasons"]
    assert (reason["code"], reason["clause"], reason["number"]) == ("SENIORITY_OUTSIDE", "audience.seniority", 311)
    assert "IT Intern" in reason["seen"]
    assert "would pass" in reason["mend"]
    hidden = json.loads(site.tokens["intentreach", Role.PROVIDER_VIEWER].ask(f"/api/v1/deliveries/northwind/{low['number']}").body)
    assert "IT Intern" not in json.dumps(hidden)
    assert hidden["values"]["email"] == "hidden"


def test_money_on_pages_is_the_ledgers(site: Site) -> None:
    balances = json.loads(site.tokens[OWNER].ask("/api/v1/balances").body)
    assert verify(site.installation.book_of("northwind")).fault is None
    for balance in balances:
        path = f"/api/v1/contracts/northwind/{balance['contract']}/statement"
        lines = rows(site.tokens[OWNER].ask(path))
        assert sum(int(str(line["pending_change_minor"])) for line in lines) == balance["pending_minor"]
        assert sum(int(str(line["owed_change_minor"])) for line in lines) == balance["owed_minor"]
        csv = site.tokens[OWNER].ask(f"{path}.csv").text
        assert csv.count("\n") == len(lines) + 1
        assert all(str(line["delivery"]) in csv for line in lines)
        assert site.tokens[OWNER].ask(f"{path}.pdf").body.startswith(b"%PDF")
    (reach,) = (each for each in balances if each["contract"] == "reach")
    # Three accepted leads at 48.00, and 2 % of the deal of 1,000.00 that one of them became.
    assert (reach["pending_minor"] + reach["owed_minor"], reach["currency"]) == (3 * 4800 + 2000, "USD")


def test_a_contract_is_explained_and_compared_version_by_version(site: Site) -> None:
    system = site.tokens["intentreach", Role.PROVIDER_VIEWER]
    contract = json.loads(system.ask("/api/v1/contracts/northwind/reach").body)
    assert contract["versions"] == [1, 2]
    assert contract["counts"] == {"delivered": 7, "accepted": 3, "rejected": 2, "review": 1, "quarantined": 1, "mendable": 1}
    clauses = json.loads(system.ask("/api/v1/contracts/northwind/reach/versions/2/explanation").body)
    assert any(clause["sentence"] == "The prospect must be manager or above." for clause in clauses)
    changes = json.loads(system.ask("/api/v1/contracts/northwind/reach/versions/2/changes?since=1").body)
    assert [change["money_minor"] for change in changes if change["clause"] == "price[1].amount"] == [400]
    assert system.ask("/api/v1/contracts/northwind/reach/versions/3").status == 404


def test_an_answer_that_still_holds_is_not_sent_again(site: Site) -> None:
    system = site.tokens[OWNER]
    first = system.ask("/api/v1/contracts")
    again = system.ask("/api/v1/contracts", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status, again.body, again.headers["etag"]) == (304, b"", first.headers["etag"])
    assert system.ask("/api/v1/contracts", headers={"If-None-Match": '"other"'}).body == first.body
    other = site.tokens["intentreach", Role.PROVIDER_VIEWER].ask("/api/v1/contracts", headers={"If-None-Match": first.headers["etag"]})
    assert other.status == 200


def test_the_description_of_the_api_is_one_and_answers_keep_to_it(site: Site) -> None:
    description = json.loads(site.anybody().ask("/api/v1/openapi.json").body)
    assert description["openapi"].startswith("3.1")
    schemas = {"components": description["components"]}
    number = site.numbers("northwind", "reach")[0]
    values = {"{buyer}": "northwind", "{contract}": "reach", "{version}": "2", "{number}": number}
    for path, item in description["paths"].items():
        if "get" not in item or "{draft}" in path or "{proposal}" in path:
            continue
        asked = path
        for name, value in values.items():
            asked = asked.replace(name, value)
        queries = dict.fromkeys(("/api/v1/deliveries", "/api/v1/facts/refused"), "?buyer=northwind")
        query = queries.get(path, "?since=1" if path.endswith("changes") else "")
        answer = site.tokens[OWNER].ask(asked + query)
        # What is not there yet (a profile, a webhook) is answered as the description says, too.
        is_there = "{" not in asked and path != "/api/v1/advice"
        assert answer.status == 200 if is_there else answer.status in {200, 404}, (path, answer.text)
        content = item["get"]["responses"][str(answer.status)]["content"]
        schema = next((each["schema"] for kind, each in content.items() if "json" in kind), None)
        if schema is not None:
            Draft202012Validator({**schema, **schemas}).validate(answer.json)
        assert item["get"]["security"] == [{"token": []}]


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/deliveries", "/api/v1/deliveries?buyer=northwind&limit=0", "/api/v1/deliveries?buyer=northwind&limit=501",
        "/api/v1/deliveries?buyer=northwind&limit=x", f"/api/v1/deliveries?buyer={'n' * 200}",
        "/api/v1/contracts/northwind/reach/versions/2/changes", "/api/v1/contracts/northwind/reach/versions/2/changes?since=-1",
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_a_problem_with_words(site: Site, path: str) -> None:
    answer = site.tokens[OWNER].ask(path)
    problem = json.loads(answer.body)
    assert (answer.status, answer.headers["content-type"]) == (400, "application/problem+json")
    assert problem["status"] == 400
    assert problem["detail"]


@pytest.mark.parametrize(
    "value", ["zzz", "'; drop table verdict; --", "%00", "../../etc/passwd", "<script>alert(1)</script>", "é" * 50, "a" * 90, "%ff%fe"]
)
def test_strange_values_are_not_here_and_never_shown_as_markup(site: Site, value: str) -> None:
    for path in (
        "/deliveries?buyer=northwind&contract={}", "/deliveries?buyer=northwind&verdict={}", "/deliveries?buyer=northwind&reason={}",
        "/deliveries?buyer=northwind&before={}", "/deliveries/northwind/{}", "/contracts/northwind/{}", "/money/northwind/{}",
        "/money/northwind/reach?before={}", "/settings/audit?before={}", "/contracts/northwind/reach?version={}",
    ):  # fmt: skip
        from urllib.parse import quote

        text = value if value.startswith("%") else quote(value, safe="")
        answer = site.sessions[OWNER].ask(path.format(text))
        assert answer.status == 404, (path, value, answer.text[:400])
        assert "<script>" not in answer.text


def test_a_body_that_is_too_large_is_refused(site: Site) -> None:
    answer = site.anybody().ask("/sign-in", form={"email": "x" * 2_000_000})
    assert answer.status == 413


@pytest.mark.parametrize(
    "body", [b"", b"\xff\xfe\x00", b"a=1&a=2&email=%ff", b"email[]=x&password[x]=y", b"&&&===", b"email=" + b"%" * 300]
)
def test_forms_of_any_bytes_get_an_answer(site: Site, body: bytes) -> None:
    import http.client

    for kind in ("application/x-www-form-urlencoded", "application/json", "text/plain", "multipart/form-data; boundary=x", ""):
        connection = http.client.HTTPConnection("127.0.0.1", site.port, timeout=30)
        connection.request("POST", "/sign-in", body=body, headers={"Content-Type": kind} if kind else {})
        status = connection.getresponse().status
        connection.close()
        assert status in {400, 401, 415, 429}, (kind, body)


def test_half_a_request_disturbs_nobody(site: Site) -> None:
    with socket.create_connection(("127.0.0.1", site.port)) as half:
        half.sendall(
            b"POST /sign-in HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 1000\r\n\r\nemail="
        )
        assert site.anybody().ask("/health/live").status == 200


def test_health_and_counts_are_told(site: Site) -> None:
    anybody = site.anybody()
    assert (anybody.ask("/health/live").status, anybody.ask("/health/ready").status) == (200, 200)
    site.sessions[OWNER].ask("/contracts/northwind/reach")
    text = anybody.ask("/metrics").text
    assert re.search(r'payper_requests_total\{method="GET",route="/contracts/\{buyer\}/\{contract\}",status="200"\} \d+', text), text
    assert "reach" not in text
    assert anybody.ask("/metrics", headers={"X-Forwarded-For": "203.0.113.9"}).status == 403
    for line in text.splitlines():
        assert re.fullmatch(r'# (HELP|TYPE) .+|[a-z_]+(\{[a-z]+="[^"]*"(,[a-z]+="[^"]*")*\})? [0-9.e+-]+', line), line


def test_other_methods_and_other_places_are_answered(site: Site) -> None:
    assert Visitor(site.port).ask("/contracts", method="DELETE").status == 405
    assert Visitor(site.port).ask("/nowhere").status == 404
    assert json.loads(Visitor(site.port).ask("/api/v1/nowhere/at/all").body)["status"] == 404


def test_pages_of_statement_lines_hold_every_line_once(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = rows(site.tokens[OWNER].ask("/api/v1/contracts/northwind/reach/statement"))
    for size in (1, 2, 3):
        monkeypatch.setattr("payper.desk.reads.read_money.LINES", size)
        seen: list[dict[str, object]] = []
        before: str | None = ""
        while before is not None:
            answer = site.tokens[OWNER].ask("/api/v1/contracts/northwind/reach/statement" + (f"?before={before}" if before else ""))
            seen += rows(answer)
            before = json.loads(answer.body)["next"]
        assert seen == whole, size
    assert len(whole) == 7
