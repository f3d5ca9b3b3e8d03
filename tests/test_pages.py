"""Pages run: the README's Python, and the files and links that pages name."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PAGES = [
    path for path in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), ROOT / "examples" / "northwind" / "README.md"] if path.is_file()
]


@pytest.mark.parametrize("page", PAGES, ids=[str(page.relative_to(ROOT)) for page in PAGES])
def test_every_link_of_a_page_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", page.read_text("utf-8")):
        if "://" not in target and not target.startswith("mailto:"):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"


def test_the_readmes_python_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text("utf-8"), flags=re.DOTALL)
    assert blocks
    for block in blocks:
        exec(compile(block, "README.md", "exec"), {})


def test_the_readmes_contract_checks_without_errors(tmp_path: Path) -> None:
    from payper.desk.contracts.check_contract import check_contract

    (text,) = re.findall(r"```toml\n(\[contract\].*?)```", (ROOT / "README.md").read_text("utf-8"), flags=re.DOTALL)
    path = tmp_path / "acme.toml"
    path.write_text(text, encoding="utf-8")
    assert not check_contract([path]).has_errors
