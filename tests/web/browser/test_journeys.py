"""The main journeys in a real Chromium: a demand manager, a sales rep, a finance clerk and a provider, each from home to what they came for.

Screenshots of every step go to the folder `out/screenshots`, which git ignores, or to PAYPER_SCREENSHOTS.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from tests.web import site as sites
from tests.web.browser.test_pages import SIZES, browser, faults_by_axe, open_page
from tests.web.site import Site, fill, let_people_in, served

from payper.desk.people.installation import Installation

__all__ = ["browser"]

ROOT = Path(__file__).resolve().parents[3]
SHOTS = Path(os.environ.get("PAYPER_SCREENSHOTS") or ROOT / "out" / "screenshots")
EXAMPLE = ROOT / "examples" / "northwind"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The example's programme on a server, with people in every role, in the month after its last delivery."""
    folder = tmp_path_factory.mktemp("journeys")
    installation = Installation(str(folder / "data"))
    before = sites.NOW
    sites.NOW = datetime(2026, 6, 10, 9, 30, tzinfo=UTC)
    try:
        fill(installation, {"northwind": EXAMPLE}, folder)
        with served(installation) as made:
            let_people_in(made)
            yield made
    finally:
        sites.NOW = before


def enter(chromium: Any, site: Site, who: tuple[str, str], *, size: str = "laptop", scheme: str = "light", scripts: bool = True) -> Any:
    """Open a browser as somebody."""
    page = open_page(chromium, site, size=size, scheme=scheme, scripts=scripts)
    page.context.add_cookies([{"name": "payper", "value": site.sessions[who].cookie, "url": f"http://127.0.0.1:{site.port}"}])
    page.goto("/")
    return page


def go(page: Any, path: str) -> None:
    """Open a page, once what it shows is worked out."""
    for _ in range(600):
        if page.context.request.get(path).status != 202:
            break
        page.wait_for_timeout(200)
    page.goto(path)


def look(page: Any, name: str) -> None:
    """Keep what is seen, and find it free of faults: by axe, in width, in the console."""
    SHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=str(SHOTS / f"{name}.png"), full_page=True)
    faults = faults_by_axe(page)
    assert not faults, (name, faults)
    wide = page.evaluate("() => document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0, (name, wide)
    assert page.complaints == [], (name, page.complaints)


def heading(page: Any) -> str:
    return str(page.get_by_role("heading", level=1).inner_text())


def link(page: Any, name: str, *, exact: bool = True) -> None:
    page.get_by_role("link", name=name, exact=exact).first.click()


def test_a_demand_manager_compares_narrows_asks_and_is_advised(site: Site, browser: Any) -> None:
    page = enter(browser, site, ("northwind", "manager"))
    assert re.search(r"\d+ deliveries wait for a decision", heading(page))
    look(page, "manager-1-home")
    go(page, "/results")
    assert re.search(r"Seen so far \d+x; after allowing for deals still in progress", heading(page))
    look(page, "manager-2-results")
    link(page, "How far do deliveries get within 180 days?")
    page.wait_for_url("**/results/funnel")
    assert heading(page).startswith("Within 180 days")
    look(page, "manager-3-results-funnel")
    go(page, "/results?provider=leadharbour&horizon=90")
    assert page.get_by_label("Within days").input_value() == "90"
    assert "within 90 days" in page.locator("main").inner_text()
    look(page, "manager-4-results-narrowed")
    go(page, "/providers")
    assert "Terminwerk is first" in heading(page)
    look(page, "manager-5-providers")
    page.get_by_role("link", name="Terminwerk has place").first.click()
    page.wait_for_url("**/providers/terminwerk")
    look(page, "manager-6-provider")
    _advised(page)


def _advised(page: Any) -> None:
    page.goto("/advice")
    assert heading(page) == "Which model to buy: ten minutes of questions"
    look(page, "manager-7-advice")
    link(page, "Begin")
    page.get_by_label("What do you want to reach first?").select_option("revenue")
    page.get_by_label("How much of it?", exact=False).fill("900,000")
    page.get_by_label("Over how many months do you plan?").fill("3")
    look(page, "manager-8-goals")
    page.get_by_role("button", name="Keep and go on").click()
    page.wait_for_url("**/advice/sales")
    page.get_by_label("How many people follow up leads?").fill("four")
    page.get_by_role("button", name="Keep and go on").click()
    assert page.get_by_label("How many people follow up leads?").input_value() == "four"
    assert "is no number" in page.locator(".error-summary").inner_text()
    page.complaints.clear()  # Chromium remarks on the status 400
    look(page, "manager-9-sales-wrong")
    page.get_by_label("How many people follow up leads?").fill("4")
    page.get_by_label("How many hours a week does each have", exact=False).fill("30")
    page.get_by_role("button", name="Keep and go on").click()
    page.wait_for_url("**/advice/audience")
    page.get_by_label("How many people are in it, if you know?").fill("9000")
    page.get_by_role("button", name="Keep and go on").click()
    page.wait_for_url("**/advice/revenue")
    page.get_by_label("What is a typical first deal worth?").fill("26,000")
    page.get_by_label("Which share of revenue is gross margin?").fill("72")
    page.get_by_label("How much can go to providers?").fill("180000")
    look(page, "manager-10-revenue")
    page.get_by_role("button", name="Keep and go on").click()
    page.wait_for_url("**/advice/offers")
    look(page, "manager-11-offers")
    go(page, "/advice")
    assert heading(page).startswith("Buy ")
    assert "Own record" in page.locator("main").inner_text()
    look(page, "manager-12-advice-found")
    with page.expect_download() as download:
        link(page, "One file to forward")
    assert download.value.suggested_filename == "advice-northwind.html"


def test_a_rep_finds_a_prospect_and_sees_the_journey(site: Site, browser: Any) -> None:
    page = enter(browser, site, ("northwind", "sales"), size="phone", scheme="dark")
    assert re.fullmatch(r"\d+ accepted leads wait for a first touch", heading(page))
    look(page, "rep-1-home")
    page.goto("/prospects")
    look(page, "rep-2-next")
    page.get_by_label("Name, address, title or company").fill("director")
    page.get_by_role("button", name="Find").click()
    page.wait_for_url("**q=director**")
    page.wait_for_function("() => document.querySelector('h1').textContent.includes('director')")
    look(page, "rep-3-found")
    page.locator("tbody th a").first.click()
    page.wait_for_url("**/deliveries/northwind/**")
    assert page.get_by_role("heading", name="Its journey").is_visible()
    look(page, "rep-4-delivery")
    assert page.get_by_role("link", name="Money").count() == 0


def test_a_finance_clerk_goes_from_what_is_owed_to_its_cause_without_a_script(site: Site, browser: Any) -> None:
    page = enter(browser, site, ("northwind", "finance"), scripts=False)
    assert page.get_by_role("link", name="You owe", exact=False).is_visible()
    page.get_by_role("link", name="You owe", exact=False).click()
    page.wait_for_url("**/money")
    assert heading(page).startswith("You owe ")
    link(page, "northwind-meetings")
    page.wait_for_url("**/money/northwind/northwind-meetings")
    assert "Terminwerk" in heading(page)
    with page.expect_download() as download:
        link(page, "XLSX")
    assert download.value.suggested_filename == "lines-northwind-meetings.xlsx"
    page.locator("tbody th a").first.click()
    page.wait_for_url("**/deliveries/northwind/**")
    assert page.get_by_role("heading", name="What it costs").is_visible()


def test_a_provider_reads_its_quality_and_what_can_be_mended(site: Site, browser: Any) -> None:
    page = enter(browser, site, ("intentreach", "provider manager"))
    look(page, "provider-1-home")
    link(page, "Quality")
    page.wait_for_url("**/quality")
    assert re.search(r"\d+ of \d+ accepted in the latest 4 weeks; \d+ of the \d+ rejects can be mended", heading(page))
    look(page, "provider-2-quality")
    link(page, "See the rejects")
    page.wait_for_url("**verdict=rejected**")
    look(page, "provider-3-rejects")
    page.locator("tbody th a").first.click()
    page.wait_for_url("**/deliveries/northwind/**")
    assert heading(page).startswith("Rejected: ")
    look(page, "provider-4-delivery")
    for other in ("terminwerk", "leadharbour"):
        assert other not in page.content().lower()


PAGES = {
    "results": "/results", "results-credit": "/results/credit", "results-figures": "/results/figures", "results-careful": "/results/careful",
    "results-method": "/results/method", "results-falling": "/results/falling", "results-follow-up": "/results/follow-up",
    "results-cohorts": "/results/cohorts", "results-reach": "/results/reach", "providers": "/providers?accuracy=2&speed=1",
    "provider": "/providers/intentreach", "quality": "/quality", "prospects": "/prospects", "prospects-found": "/prospects?q=labs",
    "scores": "/prospects/scores?milestone=meeting", "scores-missed": "/prospects/scores?milestone=show&slots=4",
    "promote": "/prospects/promote", "advice": "/advice", "advice-goals": "/advice/goals", "advice-sales": "/advice/sales",
    "forecast": "/forecast", "forecast-asked": "/forecast?weeks=30&by=provider&goal=wins&amount=20&until=2026-12-31&buy=intentreach%3D200",
    "what-if": "/what-if?contract=northwind-reach", "what-if-tried": "/what-if?contract=northwind-reach&terms=v1&price.0.amount=40.00",
    "advice-audience": "/advice/audience", "advice-revenue": "/advice/revenue", "advice-offers": "/advice/offers",
}  # fmt: skip


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_of_results_and_advice_is_free_of_faults(site: Site, browser: Any, size: str, scheme: str) -> None:
    page = enter(browser, site, ("northwind", "owner"), size=size, scheme=scheme)
    for name, path in PAGES.items():
        go(page, path)
        look(page, f"{name}-{size}-{scheme}")


def test_a_manager_foretells_and_tries_other_terms(site: Site, browser: Any) -> None:
    page = enter(browser, site, ("northwind", "manager"))
    page.keyboard.press("g")
    page.keyboard.press("f")
    page.wait_for_url("**/forecast")
    go(page, "/forecast")
    # With the goal that the manager's profile names, where it is answered already.
    assert re.search(r"USD of revenue (expected in the 13 weeks after|by \d)", heading(page))
    page.get_by_label("To be reached").select_option("wins")
    page.get_by_label("How much of it").fill("20")
    page.get_by_role("button", name="Show").click()
    page.wait_for_function("() => document.querySelector('h1').textContent.includes('of 20 wins by')", timeout=120_000)
    look(page, "manager-13-forecast")
    with page.expect_download() as download:
        link(page, "The forecast as one file to forward")
    assert download.value.suggested_filename.startswith("forecast-northwind-")
    page.get_by_label("How much of it").fill("many")
    page.get_by_role("button", name="Show").click()
    page.wait_for_selector(".error-summary")
    assert page.get_by_label("How much of it").input_value() == "many"
    page.complaints.clear()  # Chromium remarks on the status 400
    look(page, "manager-14-forecast-wrong")
    page.goto("/contracts/northwind/northwind-reach")
    link(page, "Try other terms on what was delivered")
    page.wait_for_url("**/what-if?contract=northwind-reach")
    page.get_by_label("Amount, price 1").fill("55.00")
    page.get_by_role("button", name="Try these terms").click()
    page.wait_for_selector("main caption", timeout=120_000)
    assert "owed to the provider" in heading(page)
    look(page, "manager-15-what-if")


def test_keys_go_to_pages_move_in_lists_and_can_be_turned_off(site: Site, browser: Any) -> None:
    page = enter(browser, site, ("northwind", "owner"))
    page.keyboard.press("g")
    page.keyboard.press("d")
    page.wait_for_url("**/deliveries")
    page.evaluate("() => { window.stays = true }")
    page.get_by_label("Judged").select_option("rejected")
    page.get_by_role("button", name="Show").click()
    page.wait_for_url("**verdict=rejected**")
    page.wait_for_function("() => document.querySelector('h1').textContent.includes('rejected')")
    link(page, "Older")
    page.wait_for_url("**before=**")
    page.wait_for_function("() => document.querySelector('h1').textContent.includes('further back')")
    page.go_back()
    page.wait_for_function("() => !document.querySelector('h1').textContent.includes('further back')")
    assert page.evaluate("() => window.stays"), "the list changed in place"
    names = page.locator("tbody th a").all_inner_texts()
    for key, place in (("j", 0), ("j", 1), ("j", 2), ("k", 1)):
        page.keyboard.press(key)
        assert page.evaluate("() => document.activeElement.textContent") == names[place]
    page.keyboard.press("?")
    dialog = page.get_by_role("dialog", name="Keys")
    assert dialog.is_visible()
    look(page, "keys")
    dialog.get_by_label("Single keys are on").uncheck()
    page.keyboard.press("Escape")
    page.keyboard.press("g")
    page.keyboard.press("h")
    page.keyboard.press("j")
    assert page.url.endswith("verdict=rejected")
    page.evaluate("() => localStorage.clear()")
    page.goto("/prospects")
    page.keyboard.press("/")
    page.keyboard.type("gdj?")
    assert page.get_by_label("Name, address, title or company").input_value() == "gdj?"
