"""Files over HTTP and on pages: sent, looked over, judged in the background, downloaded, mended and sent again."""

from __future__ import annotations

import io
import json
import re
import time
from typing import Any

import pytest
import xlsxwriter
from tests.desk.conftest import HEADER, lead
from tests.web.site import Answer, Site, Visitor

from payper.parties import Role

PROVIDER = ("intentreach", Role.PROVIDER_MANAGER)
PATH = "/api/v1/contracts/northwind/reach/uploads"


def rows(first: int, count: int, *, month: int = 2, **more: str) -> str:
    return HEADER + "".join(
        lead(number, day=f"2026-{month:02}-{1 + number % 20:02}", email=f"up{number}@acme-up{number}.com", **more).replace("L-", "UP-")
        for number in range(first, first + count)
    )


def waited(site: Site, upload: str) -> dict[str, Any]:
    for _ in range(300):
        told = json.loads(site.tokens[PROVIDER].ask(f"{PATH}/{upload}").body)
        if told["state"] in {"done", "refused"}:
            return told
        time.sleep(0.1)
    raise AssertionError(told)


def in_form(parts: dict[str, str], name: str, content: bytes) -> tuple[bytes, dict[str, str]]:
    edge = "edge-of-a-part"
    body = b"".join(f'--{edge}\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n'.encode() for key, value in parts.items())
    body += f'--{edge}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'.encode() + content
    return body + f"\r\n--{edge}--\r\n".encode(), {"Content-Type": f"multipart/form-data; boundary={edge}"}


def test_a_file_is_kept_then_judged_and_its_verdicts_can_be_downloaded(busy_site: Site) -> None:
    visitor = busy_site.tokens[PROVIDER]
    answer = visitor.ask(f"{PATH}?name=february.csv", body=rows(100, 30), headers={"Content-Type": "text/csv"})
    assert answer.status == 202, answer.text
    told = json.loads(answer.body)
    assert answer.headers["location"].endswith(told["upload"])
    done = waited(busy_site, told["upload"])
    assert (done["state"], sum(done["counts"].values()), done["rows"], done["share"]) == ("done", 30, 30, 1.0)
    csv = visitor.ask(f"{PATH}/{told['upload']}/verdicts.csv")
    assert csv.headers["content-type"].startswith("text/csv")
    assert len(csv.text.splitlines()) == 31
    listed = json.loads(visitor.ask(PATH).body)
    assert told["upload"] in {each["upload"] for each in listed}


def test_a_workbook_in_a_form_is_read_too(busy_site: Site) -> None:
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer) as book:
        sheet = book.add_worksheet()
        for place, line in enumerate(rows(200, 5).splitlines()):
            sheet.write_row(place, 0, line.split(","))
    body, headers = in_form({}, "leads.xlsx", buffer.getvalue())
    answer = busy_site.tokens[PROVIDER].ask(PATH, body=body, headers=headers)
    assert answer.status == 202, answer.text
    assert sum(waited(busy_site, json.loads(answer.body)["upload"])["counts"].values()) == 5


@pytest.mark.parametrize(
    ("query", "body", "status", "code"),
    [
        ("", b"a,b\n1,2\n", 415, "KIND_NOT_READ"),
        ("?name=leads.exe", b"MZ", 415, "KIND_NOT_READ"),
        ("?name=leads.csv", b"", 400, "FILE_UNREADABLE"),
        ("?name=leads.xlsx", b"PK\x03\x04" + b"\0" * 200, 400, "FILE_UNREADABLE"),
        ("?name=leads.csv", b"\0" * 5000, 400, "FILE_UNREADABLE"),
        ("?name=leads.csv", b"colour,shape\nred,round\n", 400, "FILE_UNREADABLE"),
        ("?name=../../leads.parquet", b"no parquet", 400, "FILE_UNREADABLE"),
    ],
)  # fmt: skip
def test_what_is_no_file_of_deliveries_is_refused_with_a_code(busy_site: Site, query: str, body: bytes, status: int, code: str) -> None:
    answer = busy_site.tokens[PROVIDER].ask(
        f"{PATH}{query}", method="POST", body=body, headers={"Content-Type": "application/octet-stream"}
    )
    problem = json.loads(answer.body)
    assert (answer.status, problem["code"]) == (status, code), problem
    assert "/tmp" not in answer.text


def form_of(page: str) -> dict[str, str]:
    """What a page's form would send as it stands: the choice of every select."""
    found = {}
    for name, inner in re.findall(r'<select[^>]* name="([^"]+)"[^>]*>(.*?)</select>', page, re.DOTALL):
        chosen = re.search(r'<option value="([^"]*)" selected>', inner)
        found[name] = chosen[1] if chosen else ""
    return found


def followed(visitor: Visitor, answer: Answer) -> str:
    assert answer.status == 303, answer.text
    return answer.headers["location"]


def test_a_person_sends_a_file_looks_its_columns_over_and_mends_what_was_rejected(busy_site: Site) -> None:
    visitor = busy_site.sessions[PROVIDER]
    page = visitor.ask("/deliveries/send?buyer=northwind&contract=reach")
    assert 'enctype="multipart/form-data"' in page.text
    content = rows(300, 3, month=1).replace("up301@acme-up301.com", "broken@@x")
    body, headers = in_form({"csrf": visitor.csrf, "contract": "northwind reach"}, "by hand.csv", content.encode())
    place = followed(visitor, visitor.ask("/deliveries/send", body=body, headers=headers))
    columns = visitor.ask(place)
    assert "of 9 in by hand.csv are understood" in columns.text
    form = form_of(columns.text)
    assert form["column:email"] == "email"
    again = visitor.ask(place, form=form | {"column:title": "email"})
    assert again.status == 400
    assert "Two columns are taken for email" in again.text
    assert followed(visitor, visitor.ask(place, form=form)) == place
    waited(busy_site, place.rpartition("/")[2])
    done = visitor.ask(place)
    assert "2 of 3 accepted" in done.text
    rejects = visitor.ask(f"{place}/rejects.csv").text
    assert "UP-301" in rejects
    assert "UP-300" not in rejects
    assert visitor.ask(f"{place}/verdicts.csv").text.count("\n") == 4
    assert "UP-301" in visitor.ask("/contracts/northwind/reach/rejects.csv").text
    number = next(
        row["number"] for row in json.loads(busy_site.tokens[PROVIDER].ask("/api/v1/deliveries?buyer=northwind&limit=500").body)["rows"]
        if row["external_id"] == "UP-301"
    )  # fmt: skip
    mend = visitor.ask(f"/deliveries/northwind/{number}/mend")
    assert "broken@@x" in mend.text
    fields = dict(re.findall(r'name="(value:[^"]+)" value="([^"]*)"', mend.text))
    passed = visitor.ask(
        followed(visitor, visitor.ask(f"/deliveries/northwind/{number}/mend", form=fields | {"value:email": "up301@acme-up301.com"}))
    )
    # Another test may have filled the day.
    assert re.search(r"<h1>(Accepted|Quarantined)", passed.text)
    assert "up301@acme-up301.com" in passed.text
    assert "UP-301" in passed.text


def test_a_form_of_another_session_sends_no_file(busy_site: Site) -> None:
    visitor = busy_site.sessions[PROVIDER]
    body, headers = in_form({"csrf": "x", "contract": "northwind reach"}, "by hand.csv", rows(400, 1).encode())
    assert visitor.ask("/deliveries/send", body=body, headers=headers).status == 403
    viewer = busy_site.sessions["intentreach", Role.PROVIDER_VIEWER]
    body, headers = in_form({"csrf": viewer.csrf, "contract": "northwind reach"}, "by hand.csv", rows(400, 1).encode())
    assert viewer.ask("/deliveries/send", body=body, headers=headers).status == 403


def test_what_waited_when_a_server_ended_is_judged_by_the_next(busy_site: Site) -> None:
    """A file is put into the book as a server that is killed at once would leave it; resuming finds it."""
    import tempfile
    from pathlib import Path

    from payper.desk.arrivals.uploads import take_file
    from payper.desk.people.people import Actor
    from payper.parties import acts_of

    actor = Actor("intentreach", "x", acts_of(Role.PROVIDER_MANAGER), role=Role.PROVIDER_MANAGER)
    with tempfile.TemporaryDirectory() as folder, busy_site.installation.open() as directory:
        path = Path(folder) / "left.csv"
        path.write_text(rows(500, 2), "utf-8")
        from tests.web.site import NOW

        seen = take_file(directory, actor, buyer="northwind", contract="reach", name="left.csv", path=path, is_asked=False, at=NOW)
    busy_site.application.state.receptions.resume()
    assert waited(busy_site, seen.row.upload)["state"] == "done"
