"""A provider's half is the same whatever the others do: their deliveries, contracts and people change nothing of what it is shown."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from tests.web.site import Site, fill, let_people_in, served, write_programme

from payper.desk.people.installation import Installation
from payper.parties import Role

PATHS = (
    "/", "/contracts", "/contracts/northwind/reach", "/contracts/northwind/reach/text", "/contracts/northwind/reach/changes", "/deliveries",
    "/deliveries?buyer=northwind&verdict=rejected", "/money", "/money/northwind/reach", "/settings", "/settings/people", "/settings/audit",
    "/quality",
)  # fmt: skip
SYSTEM_PATHS = (
    "/api/v1/parties", "/api/v1/contracts", "/api/v1/contracts/northwind/reach", "/api/v1/deliveries?buyer=northwind", "/api/v1/balances",
    "/api/v1/contracts/northwind/reach/statement", "/api/v1/contracts/northwind/reach/statement.csv",
)  # fmt: skip
WHO = ("intentreach", Role.PROVIDER_MANAGER)


def shown(folder: Path, contracts: Mapping[str, str], *, with_contoso: bool) -> dict[str, str]:
    """Everything that intentreach is shown, with random ids and public numbers named by their order of appearance."""
    programmes = {"northwind": write_programme(folder / "northwind", buyer="northwind", contracts=contracts, second="reach")}
    if with_contoso:
        programmes["contoso"] = write_programme(folder / "contoso", buyer="contoso", contracts={"reach": "meetly"})
    installation = Installation(str(folder / "data"))
    fill(installation, programmes, folder)
    with served(installation) as site:
        let_people_in(site)
        answers = {path: site.sessions[WHO].ask(path) for path in PATHS} | {path: site.tokens[WHO].ask(path) for path in SYSTEM_PATHS}
        stories = numbers_in_order(site)
        answers |= {f"story {place}": site.sessions[WHO].ask(f"/deliveries/northwind/{number}") for place, number in enumerate(stories)}
    assert {answer.status for answer in answers.values()} == {200}
    return {path: plain(answer.text) for path, answer in answers.items()}


def numbers_in_order(site: Site) -> list[str]:
    return re.findall(r'"number":"([^"]+)"', site.tokens[WHO].ask("/api/v1/deliveries?buyer=northwind").text)


def plain(text: str) -> str:
    names: dict[str, str] = {}

    def named(match: re.Match[str]) -> str:
        return names.setdefault(match[0], f"#{len(names)}")

    text = re.sub(r'value="[\w-]{20,}"', "", text)
    text = re.sub(r"(?<![0-9a-f])[0-9a-f]{16,24}\b", named, text)
    return re.sub(r"\b[0-9a-hjkmnp-tv-z]{4}-[0-9a-hjkmnp-tv-z]{4}\b", named, text)


def test_what_a_provider_is_shown_does_not_depend_on_others(tmp_path: Path) -> None:
    alone = shown(tmp_path / "alone", {"reach": "intentreach"}, with_contoso=False)
    among = shown(tmp_path / "among", {"among": "meetly", "reach": "intentreach", "zeta": "meetly"}, with_contoso=True)
    for path, text in alone.items():
        assert among[path] == text, path
