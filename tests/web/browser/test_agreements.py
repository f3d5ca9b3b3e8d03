"""Two parties come to terms and send files in a real Chromium; every page they meet on the way, and every settings page, is free of faults."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.desk.conftest import HEADER, lead
from tests.web.browser.test_journeys import enter, heading, look
from tests.web.browser.test_pages import SIZES, browser, open_page
from tests.web.site import NOW, Site, fill, leave_files, let_people_in, served, write_programme

from payper.desk.arrivals.uploads import read_mapping, say_mapping, take_file
from payper.desk.people.installation import Installation
from payper.desk.people.people import Actor
from payper.parties import Role, acts_of

__all__ = ["browser"]

OWNER, PROVIDER = ("northwind", "owner"), ("intentreach", str(Role.PROVIDER_MANAGER))
FACES = [(size, scheme) for size in SIZES for scheme in ("light", "dark")]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("agreements")


@pytest.fixture(scope="module")
def site(folder: Path) -> Iterator[Site]:
    """One buyer and two providers; letters go out, and people can sign in elsewhere."""
    programme = write_programme(
        folder / "northwind", buyer="northwind", contracts={"reach": "intentreach", "meet": "meetly"}, second="reach"
    )
    (folder / "contoso").mkdir()
    other = write_programme(folder / "contoso" / "c", buyer="contoso", contracts={"reach": "meetly"})
    installation = Installation(str(folder / "data"))
    fill(installation, {"northwind": programme, "contoso": other}, folder)
    elsewhere = {"oidc_issuer": "https://id.example.org", "oidc_client_id": "payper", "oidc_client_secret": "s" * 20}
    with served(installation, mail_host="127.0.0.1", mail_from="desk@payper.example.org", worker=False, **elsewhere) as made:
        let_people_in(made)
        leave_files(made, folder)
        yield made


def pages_of(page: Any, pages: dict[str, str], face: str) -> None:
    for name, path in pages.items():
        page.goto(path)
        look(page, f"{name}-{face}")


def forms(page: Any, action: str) -> Any:
    return page.locator(f'main form[action="{action}"]')


def draft(page: Any) -> str:
    """Begin the next version of a contract; give the address of the draft."""
    page.goto("/contracts/northwind/reach")
    page.get_by_role("button", name="Draft the next version").click()
    page.wait_for_url("**/drafts/*")
    return str(page.url).partition(":")[2].partition("/drafts/")[2]


def test_a_contract_is_drafted_in_form_and_text_proposed_and_accepted_by_the_other_side(site: Site, browser: Any) -> None:
    owner = enter(browser, site, OWNER)
    id_ = draft(owner)
    assert heading(owner) == "reach can be proposed"
    look(owner, "editor-1-draft")
    amount = owner.get_by_label("Amount, price 1")
    assert amount.input_value() == "52.00"
    amount.fill("much")
    owner.get_by_role("button", name="Keep the form").first.click()
    owner.wait_for_load_state()
    assert heading(owner) == "reach has 1 error"
    assert '"much"' in owner.get_by_label("Text", exact=True).input_value()
    assert owner.locator(".fields .finding.error").count() == 1
    look(owner, "editor-2-form-with-an-error")
    owner.get_by_label("Amount, price 1").fill("49.50")
    owner.get_by_role("button", name="Keep the form").last.click()
    owner.wait_for_load_state()
    assert heading(owner) == "reach can be proposed"
    text = owner.get_by_label("Text", exact=True)
    kept = text.input_value()
    assert 'amount = "49.50"' in kept
    # Findings come as it is typed, and nothing is kept by that.
    text.fill(kept.replace('seniority = "manager.."', 'seniority = "king.."'))
    owner.wait_for_function("() => document.querySelector('#checked .finding.error')")
    checked = owner.locator("#checked")
    assert "king" in checked.locator(".finding.error").first.inner_text()
    assert "Mend the errors" in checked.inner_text()
    look(owner, "editor-3-finding-as-typed")
    text.fill(kept.replace("per_day = 3", "per_day = 5"))
    owner.wait_for_function("() => document.querySelector('#checked').textContent.includes('Nothing stands in the way')")
    owner.get_by_role("button", name="Check and keep the text").click()
    owner.wait_for_load_state()
    assert owner.get_by_label("At most a day").input_value() == "5", "the form follows the text"
    assert heading(owner) == "reach can be proposed"
    owner.goto(f"/drafts/{id_}")
    owner.get_by_role("link", name="What these terms would have cost and brought").click()
    owner.wait_for_url("**/what-if?**")
    owner.wait_for_selector("table caption")
    look(owner, "editor-4-what-if")
    owner.goto(f"/drafts/{id_}")
    owner.get_by_role("link", name="See what it changes, and propose it").click()
    owner.wait_for_url("**/effect")
    assert "49.50" in owner.locator("main").inner_text()
    look(owner, "editor-5-effect")
    owner.get_by_label("Words that go with it").fill("More a day, for a little less.")
    owner.get_by_role("button", name="Propose version 3").click()
    owner.wait_for_url("**/proposals/*")
    look(owner, "editor-6-proposed")
    _accepted(site, browser, owner)


def _accepted(site: Site, browser: Any, owner: Any) -> None:
    """The other side reads and accepts, without a script and on a phone; then both have the version."""
    provider = enter(browser, site, PROVIDER, size="phone", scripts=False)
    provider.goto("/proposals")
    assert heading(provider) == "1 proposal waits for your answer"
    provider.locator("tbody th a").first.click()
    provider.wait_for_url("**/proposals/*")
    assert "More a day, for a little less." in provider.locator("main").inner_text()
    provider.get_by_role("button", name="Accept version 3").click()
    provider.wait_for_load_state()
    assert heading(provider) == "reach v3 was accepted"
    watched = enter(browser, site, PROVIDER, size="phone")
    watched.goto(provider.url)
    look(watched, "editor-7-accepted")
    owner.goto("/contracts/northwind/reach")
    assert heading(owner).endswith("reach v3")
    assert "Accepted for Intentreach" in owner.locator("main").inner_text()
    assert "Intentreach" in owner.locator("main").inner_text()
    look(owner, "editor-8-in-force")


def test_a_file_is_sent_its_columns_looked_over_and_its_verdicts_met(site: Site, browser: Any, folder: Path) -> None:
    rows = "".join(lead(number, email=f"sent{number}@acme-sent{number}.com").replace("L-", "SENT-") for number in range(1, 39))
    rows += lead(39, email="sent39@acme-sent39.com", title="IT Intern").replace("L-", "SENT-")
    path = folder / "february.csv"
    path.write_text(HEADER.replace("title", "Job") + rows, "utf-8")
    page = enter(browser, site, PROVIDER)
    page.goto("/deliveries")
    page.get_by_role("link", name="Send", exact=False).first.click()
    page.wait_for_url("**/deliveries/send**")
    look(page, "file-1-send")
    page.get_by_label("File", exact=True).set_input_files(str(path))
    page.get_by_role("button", name="Look at its columns").click()
    page.wait_for_url("**/uploads/northwind/*")
    assert re.fullmatch(r"\d+ columns of \d+ in february.csv are understood", heading(page))
    look(page, "file-2-columns")
    page.get_by_label("Job", exact=True).select_option("title")
    page.get_by_role("button", name="Judge it").click()
    page.wait_for_function("() => / of 39 accepted$/.test(document.querySelector('h1').textContent)", timeout=60_000)
    look(page, "file-3-judged")
    page.get_by_role("link", name="See what was rejected").click()
    page.wait_for_url("**verdict=rejected**")
    look(page, "file-4-rejected")
    page.locator("tbody th a").first.click()
    page.wait_for_url("**/deliveries/northwind/*")
    page.get_by_role("link", name="Mend it and send it again").click()
    page.wait_for_url("**/mend")
    look(page, "file-5-mend")


@pytest.fixture(scope="module")
def standing(site: Site, folder: Path) -> dict[str, str]:
    """Addresses of what stands at every stage: drafts, proposals, files."""
    owner = site.sessions[OWNER]
    begun = owner.ask("/drafts", form={"other": "meetly"}).headers["location"]
    wrong = owner.ask("/drafts", form={"other": ""}).headers["location"]
    proposed = owner.ask("/drafts", form={"buyer": "northwind", "contract": "meet"}).headers["location"]
    proposal = owner.ask(f"{proposed}/proposal", form={"words": "As it was, for another month."}).headers["location"]
    drafted = owner.ask("/drafts", form={"buyer": "northwind", "contract": "meet"}).headers["location"]
    owner.ask("/lists", form={"name": "customers.csv", "entries": "acme.com\nann@globex.example.org"})
    owner.ask("/settings/tokens", form={"name": "CRM", "days": "30", "purposes": "deliveries:read"})
    return {"begun": begun, "wrong": wrong, "proposal": proposal, "drafted": drafted, "waiting": _waiting(site, folder)}


def _waiting(site: Site, folder: Path) -> str:
    """A file whose columns were said and that nobody has begun to judge."""
    path = folder / "waiting.csv"
    path.write_text(HEADER + lead(95, email="waits@acme-waits.com"), "utf-8")
    actor = Actor("intentreach", "left", acts_of(Role.PROVIDER_MANAGER), role=Role.PROVIDER_MANAGER)
    with site.installation.open() as directory:
        seen = take_file(directory, actor, buyer="northwind", contract="reach", name="waiting.csv", path=path, is_asked=True, at=NOW)
        upload = seen.row.upload
        _, found = read_mapping(directory, actor, buyer="northwind", upload=upload)
        columns = {each.header: each.column for each in found.headers if each.column}
        say_mapping(directory, actor, buyer="northwind", upload=upload, columns=columns, date_order=None, at=NOW)
    return f"/uploads/northwind/{upload}"


@pytest.mark.parametrize(("size", "scheme"), FACES)
def test_pages_of_agreements_and_settings_are_free_of_faults(
    site: Site, browser: Any, standing: dict[str, str], size: str, scheme: str
) -> None:
    page = enter(browser, site, OWNER, size=size, scheme=scheme)
    pages = {
        "proposals": "/proposals", "draft-begun": standing["begun"], "draft-with-errors": standing["wrong"], "draft-next": standing["drafted"],
        "draft-effect": f"{standing['drafted']}/effect", "proposal": standing["proposal"], "versions": "/contracts/northwind/reach/changes",
        "lists": "/lists", "settings-party": "/settings", "settings-people": "/settings/people", "settings-tokens": "/settings/tokens",
        "settings-webhooks": "/settings/webhooks", "settings-webhook": f"/settings/webhooks/{site.webhooks['northwind']}",
        "settings-audit": "/settings/audit", "settings-erasure": "/settings/erasure", "settings-second-factor": "/settings/second-factor",
        "send": "/deliveries/send?buyer=northwind&contract=reach", "what-if-begun": "/what-if", "what-if-chosen": "/what-if?contract=reach",
    }  # fmt: skip
    pages_of(page, pages, f"{size}-{scheme}")


@pytest.mark.parametrize(("size", "scheme"), FACES)
def test_pages_of_a_provider_who_sends_and_answers_are_free_of_faults(
    site: Site, browser: Any, standing: dict[str, str], size: str, scheme: str
) -> None:
    page = enter(browser, site, PROVIDER, size=size, scheme=scheme)
    rejected = site.numbers("northwind", "reach", verdict="rejected")[-1]
    pages = {
        "provider-home": "/", "provider-send": "/deliveries/send?buyer=northwind&contract=reach",
        "file-columns": f"/uploads/northwind/{site.uploads['northwind', 'reach']}", "file-waits": standing["waiting"],
        "mend": f"/deliveries/northwind/{rejected}/mend", "provider-proposals": "/proposals", "provider-people": "/settings/people",
        "provider-webhooks": "/settings/webhooks", "provider-money": "/money",
    }  # fmt: skip
    pages_of(page, pages, f"{size}-{scheme}")
    other = enter(browser, site, ("meetly", str(Role.PROVIDER_MANAGER)), size=size, scheme=scheme)
    pages_of(other, {"proposal-to-answer": standing["proposal"]}, f"{size}-{scheme}")


@pytest.mark.parametrize(("size", "scheme"), FACES)
def test_what_is_told_once_and_what_is_wrong_is_free_of_faults(site: Site, browser: Any, size: str, scheme: str) -> None:
    """Notices with a key, letters on their way, errors beside fields, and the page to sign in here or elsewhere."""
    face = f"{size}-{scheme}"
    page = enter(browser, site, OWNER, size=size, scheme=scheme)
    page.goto("/settings/tokens")
    page.get_by_label("Name").fill(f"system {face}")
    page.get_by_label("deliveries:read").check()
    page.get_by_role("button", name="Make it").click()
    page.wait_for_load_state()
    assert "Copy the key now" in page.locator("main").inner_text()
    look(page, f"token-made-{face}")
    page.goto("/settings/webhooks")
    page.get_by_label("Address").fill(f"https://hooks.{face}.example.org/")
    page.get_by_role("checkbox").first.check()
    page.get_by_role("button", name="Make it").click()
    page.wait_for_load_state()
    look(page, f"webhook-made-{face}")
    page.goto("/settings/people")
    page.get_by_label("Name").fill("New Person")
    page.get_by_label("E-mail").fill(f"new-{face}@northwind.example.org")
    page.get_by_role("button", name="Invite").click()
    page.wait_for_load_state()
    assert "is on its way" in page.locator("main").inner_text()
    look(page, f"person-invited-{face}")
    nobody = open_page(browser, site, size=size, scheme=scheme)
    nobody.goto("/sign-in?next=%2Fmoney")
    assert nobody.get_by_role("link", name="sign in with", exact=False).is_visible()
    look(nobody, f"sign-in-elsewhere-{face}")


@pytest.mark.parametrize("scripts", [True, False])
def test_on_a_phone_the_pages_fold_into_a_menu(site: Site, browser: Any, scripts: bool) -> None:
    page = enter(browser, site, OWNER, size="phone", scripts=scripts)
    assert page.get_by_role("link", name="Forecast", exact=True).is_hidden()
    menu = page.locator(".menu summary")
    menu.focus()
    page.keyboard.press("Enter")
    link = page.get_by_role("navigation", name="Pages").get_by_role("link", name="Contracts", exact=True)
    assert link.is_visible()
    assert page.get_by_role("button", name="Sign out").is_visible()
    if scripts:
        look(page, "menu-open")
    link.click()
    page.wait_for_url("**/contracts")
    assert menu.inner_text().strip() == "Menu: Contracts"
