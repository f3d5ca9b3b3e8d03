"""Deliveries over HTTP: one, many, lines; keys; bad input; and money that is right soon after."""

from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from tests.web.site import Answer, Site

from payper.desk.people.installation import open_pages
from payper.parties import Role

PROVIDER = ("intentreach", Role.PROVIDER_MANAGER)
PATH = "/api/v1/contracts/northwind/reach/deliveries"


def record(name: str, **more: object) -> dict[str, object]:
    return {
        "external_id": name,
        "generated_at": "2026-03-01T09:00:00-05:00",
        "first_name": "Ann",
        "last_name": f"Lee-{name}",
        "email": f"ann@acme-{name}.com",
        "title": "IT Manager",
        "country": "US",
    } | more


def send(site: Site, *records: dict[str, object], headers: dict[str, str] | None = None, path: str = PATH) -> Answer:
    body = json.dumps(records[0] if len(records) == 1 else records)
    return site.tokens[PROVIDER].ask(path, body=body, headers=headers)


def answered(answer: Answer) -> Any:
    assert answer.status == 200, answer.text
    return answer.json


def test_a_delivery_is_answered_and_stands_on_pages_at_once(busy_site: Site) -> None:
    told = answered(send(busy_site, record("sendone1")))
    assert told["verdict"] in {"accepted", "quarantined"}
    story = busy_site.tokens[PROVIDER].ask(f"/api/v1/deliveries/northwind/{told['number']}")
    assert answered(story)["delivery"]["external_id"] == "sendone1"
    newest = answered(busy_site.tokens[PROVIDER].ask("/api/v1/deliveries?buyer=northwind&contract=reach&limit=1"))
    assert newest["rows"][0]["number"] == told["number"]
    rejected = answered(send(busy_site, record("sendone2", title="Intern", email="x@@y")))
    assert [reason["code"] for reason in rejected["reasons"]] == ["EMAIL_SYNTAX", "SENIORITY_OUTSIDE"]
    page = busy_site.sessions["northwind", "owner"].ask(f"/deliveries/northwind/{rejected['number']}")
    assert page.status == 200
    assert "x@@y" in page.text


def test_lines_and_arrays_are_answered_in_order(busy_site: Site) -> None:
    lines = "".join(json.dumps(record(f"line{number}")) + "\n" for number in range(3)) + "nothing\n"
    told = answered(busy_site.tokens[PROVIDER].ask(PATH, body=lines, headers={"Content-Type": "application/x-ndjson"}))
    assert [row["external_id"] for row in told["deliveries"]] == ["line0", "line1", "line2", None]
    assert told["deliveries"][3]["reasons"][0]["code"] == "ROW_MALFORMED"
    assert sum(told["counts"].values()) == 4


def test_a_key_is_done_once_and_refused_for_other_content(busy_site: Site) -> None:
    key = {"Idempotency-Key": "0b7e3a52-one"}
    first, again = send(busy_site, record("keyed1"), headers=key), send(busy_site, record("keyed1"), headers=key)
    assert answered(first) == answered(again)
    other = send(busy_site, record("keyed2"), headers=key)
    assert (other.status, json.loads(other.body)["code"]) == (409, "IDEMPOTENCY_KEY_REUSED")
    assert other.headers["content-type"].startswith("application/problem+json")
    elsewhere = send(busy_site, record("keyed1"), headers=key, path=PATH.replace("deliveries", "precheck"))
    assert answered(elsewhere)["reasons"][0]["code"] == "RESENT"


def test_many_at_once_are_each_answered_their_own(busy_site: Site) -> None:
    def one(number: int) -> tuple[str, str]:
        name = f"crowd{number}"
        return name, answered(send(busy_site, record(name)))["external_id"]

    with ThreadPoolExecutor(max_workers=16) as pool:
        assert all(sent == told for sent, told in pool.map(one, range(48)))


@pytest.mark.parametrize(
    ("body", "headers", "status", "code"),
    [
        ("{", {}, 400, "BODY_NOT_JSON"),
        ("", {}, 400, "BODY_EMPTY"),
        (b"\xff\xfe{", {}, 400, "BODY_NOT_UTF8"),
        ("{}", {"Content-Type": "text/csv"}, 415, "KIND_NOT_READ"),
        ("{}", {"Content-Type": "application/json; charset=latin-1"}, 415, "KIND_NOT_READ"),
        ("{}", {"Idempotency-Key": "x" * 300}, 400, "KEY_UNREADABLE"),
        (b" " * 16_000_001, {}, 413, "TOO_LARGE"),
    ],
)  # fmt: skip
def test_bad_input_is_answered_with_a_code(busy_site: Site, body: Any, headers: dict[str, str], status: int, code: str) -> None:
    answer = busy_site.tokens[PROVIDER].ask(PATH, body=body, headers=headers)
    problem = json.loads(answer.body)
    assert (answer.status, problem["code"]) == (status, code)
    assert problem["detail"]


def test_hostile_words_are_kept_as_words(busy_site: Site) -> None:
    words = "<script>alert(1)</script>'; drop table verdict; --"
    told = answered(send(busy_site, record("hostile1", title=words, company=words, first_name=words)))
    page = busy_site.sessions["northwind", "owner"].ask(f"/deliveries/northwind/{told['number']}")
    assert "<script>alert" not in page.text
    assert "&lt;script&gt;" in page.text


def test_money_is_right_soon_after(busy_site: Site) -> None:
    """Settled beside the server: no `payper run` is needed."""
    told = answered(send(busy_site, record("money1", delivered_at="2026-02-20T15:00:00Z", generated_at="2026-02-20T14:00:00Z")))
    assert told["verdict"] == "accepted"
    for _ in range(100):
        story = answered(busy_site.tokens[PROVIDER].ask(f"/api/v1/deliveries/northwind/{told['number']}"))
        if story["lines"]:
            break
        time.sleep(0.1)
    assert {line["event"] for line in story["lines"]} == {"charge made, pending", "charge posted"}
    assert story["lines"][0]["amount_minor"] == told["price_minor"]


def test_the_book_is_whole_after_all_this(busy_site: Site) -> None:
    with busy_site.installation.open() as directory:
        address = directory.book("northwind")
    assert address is not None
    with open_pages(address) as book:
        assert book.verdicts()["delivery_id"].is_unique().all()
