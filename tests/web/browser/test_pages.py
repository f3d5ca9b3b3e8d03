"""The pages in a real Chromium: journeys of an owner and a provider, axe on every page, on a laptop and a phone, light and dark.

Run by `make browser`; skipped where no Chromium or no library that drives it is here. Screenshots go to PAYPER_SCREENSHOTS where it is set.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.web.site import PASSWORD, Site, fill, served, write_programme

from payper.desk.people.first_run import open_first_run
from payper.desk.people.installation import Installation

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
if CHROMIUM is None:
    pytest.skip("no Chromium is here: apt-get install chromium", allow_module_level=True)
playwright = pytest.importorskip("playwright.sync_api", reason="run `make browser`, which installs what drives the browser")

SIZES = {"laptop": {"width": 1280, "height": 800}, "phone": {"width": 390, "height": 844}}
OWNER = "olga@northwind.example.org"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Site, str]]:
    """A fresh installation with one book, and the key of its first run."""
    folder = tmp_path_factory.mktemp("browser")
    programme = write_programme(
        folder / "northwind", buyer="northwind", contracts={"reach": "intentreach", "meet": "meetly"}, second="reach"
    )
    installation = Installation(str(folder / "data"))
    fill(installation, {"northwind": programme}, folder)
    with installation.open() as directory:
        key = open_first_run(directory)
    assert key is not None
    with served(installation) as made:
        yield made, key


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with playwright.sync_playwright() as driver:
        launched = driver.chromium.launch(executable_path=CHROMIUM)
        yield launched
        launched.close()


def open_page(browser: Any, site: Site, *, size: str = "laptop", scheme: str = "light", scripts: bool = True) -> Any:
    context = browser.new_context(
        base_url=f"http://127.0.0.1:{site.port}", viewport=SIZES[size], color_scheme=scheme, java_script_enabled=scripts
    )
    page = context.new_page()
    page.complaints = []
    page.on("console", lambda message: page.complaints.append(message.text) if message.type in {"error", "warning"} else None)
    page.on("pageerror", lambda error: page.complaints.append(str(error)))
    return page


def keep(page: Any, name: str) -> None:
    folder = os.environ.get("PAYPER_SCREENSHOTS")
    if folder:
        Path(folder).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=str(Path(folder) / f"{name}.png"), full_page=False)


def faults_by_axe(page: Any) -> list[str]:
    """What axe finds against WCAG 2.2 A and AA; its script comes from the package of the tests, past the policy of the pages."""
    import axe_playwright_python

    script = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text("utf-8")
    page.evaluate(script)
    found = page.evaluate("() => axe.run({runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']})")
    return [f"{each['id']}: {each['nodes'][0]['html'][:200]} {each['nodes'][0].get('failureSummary', '')}" for each in found["violations"]]


def sign_in(page: Any, email: str) -> None:
    page.goto("/sign-in")
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/")


def test_an_owner_begins_and_a_provider_reads_its_own_half(site: tuple[Site, str], browser: Any) -> None:
    made, key = site
    page = open_page(browser, made)
    page.goto(f"/first-run?key={key}")
    keep(page, "first-run")
    assert not faults_by_axe(page)
    page.get_by_label("Name").nth(1).fill("Olga Owner")
    page.get_by_label("E-mail").fill(OWNER)
    page.get_by_label("Password").fill("short")
    page.get_by_role("button", name="Begin").click()
    assert page.get_by_role("alert").inner_text().startswith("A password has at least")
    assert page.get_by_label("E-mail").input_value() == OWNER
    assert not faults_by_axe(page)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Begin").click()
    page.wait_for_url("**/")
    assert "decision" in page.get_by_role("heading", level=1).inner_text()
    page.get_by_role("link", name="Settings").click()
    page.locator("#name-intentreach").fill("Pat Provider")
    page.locator("#email-intentreach").fill("pat@intentreach.example.org")
    page.locator("form[action*=intentreach] button").click()
    link = page.locator("code.copy").inner_text()
    assert not faults_by_axe(page)
    provider = open_page(browser, made, scripts=False)
    provider.goto(link)
    provider.get_by_label("Password").fill(PASSWORD)
    provider.get_by_role("button", name="Sign in").click()
    provider.wait_for_url("**/")
    assert "accepted in the week to 15 Jan 2026" in provider.get_by_role("heading", level=1).inner_text()
    provider.get_by_role("link", name="Deliveries", exact=True).click()
    provider.get_by_label("Judged").select_option("rejected")
    provider.get_by_role("button", name="Show").click()
    assert provider.get_by_role("heading", level=1).inner_text() == "2 rejected deliveries"
    provider.get_by_role("link", name="northwind-reach-2").click()
    assert provider.get_by_role("heading", level=1).inner_text().startswith("Rejected: outside the seniority: the title «IT Intern»")
    assert "would pass" in provider.locator(".mend").first.inner_text()
    assert "meetly" not in provider.content()
    # The password that is too short was refused with a status that browsers remark on.
    assert [each for each in (*page.complaints, *provider.complaints) if "400" not in each] == []


PAGES = {
    "home": "/", "contracts": "/contracts", "contract": "/contracts/northwind/reach", "contract-text": "/contracts/northwind/reach/text",
    "contract-changes": "/contracts/northwind/reach/changes", "deliveries": "/deliveries", "money": "/money",
    "money-lines": "/money/northwind/reach", "settings": "/settings", "people": "/settings/people", "tokens": "/settings/tokens",
    "audit": "/settings/audit", "second-factor": "/settings/second-factor", "delivery": "", "not-here": "/contracts/northwind/zzz",
}  # fmt: skip


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_is_free_of_faults_that_axe_finds_and_fits_the_screen(
    site: tuple[Site, str], browser: Any, size: str, scheme: str
) -> None:
    made, _ = site
    page = open_page(browser, made, size=size, scheme=scheme)
    page.goto("/sign-in")
    keep(page, f"sign-in-{size}-{scheme}")
    assert not faults_by_axe(page)
    sign_in(page, OWNER)
    page.goto("/deliveries?verdict=rejected")
    story = page.locator("tbody th a").first.get_attribute("href")
    for name, path in PAGES.items():
        page.goto(path or story)
        keep(page, f"{name}-{size}-{scheme}")
        faults = faults_by_axe(page)
        assert not faults, (name, faults)
        wide = page.evaluate("() => document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, (name, wide)
    assert [each for each in page.complaints if "404" not in each] == []


def test_the_keyboard_reaches_the_page_past_the_navigation(site: tuple[Site, str], browser: Any) -> None:
    made, _ = site
    page = open_page(browser, made)
    sign_in(page, OWNER)
    page.keyboard.press("Tab")
    assert page.evaluate("() => document.activeElement.textContent") == "Skip to the page"
    page.keyboard.press("Enter")
    assert page.evaluate("() => document.activeElement.id") == "main"
