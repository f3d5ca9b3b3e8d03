"""Registrable domains are the public suffix list's."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tldextract import TLDExtract

from payper.normalisation.domains import registrable_domains

LIST = TLDExtract(suffix_list_urls=(), cache_dir=None, include_psl_private_domains=True)
PUBLIC = TLDExtract(suffix_list_urls=(), cache_dir=None)
labels = st.text(alphabet="abc019", min_size=1, max_size=6)
suffixes = st.sampled_from(sorted(rule for rule in LIST.tlds if rule.isascii() and "*" not in rule and "!" not in rule))


def domains(*texts: str | None) -> list[str | None]:
    return registrable_domains(pl.Series(texts, dtype=pl.String)).to_list()


@pytest.mark.parametrize(
    ("text", "domain"),
    [
        ("acme.com", "acme.com"),
        ("WWW.Acme.CO.UK", "acme.co.uk"),
        ("https://www.acme.co.uk/path?x=1#y", "acme.co.uk"),
        ("http://ann:secret@shop.acme.com:8080/a@b", "acme.com"),
        ("www.acme.com/", "acme.com"),
        ("acme.com:8080", "acme.com"),
        ("acme.com.", "acme.com"),
        (" //acme.com ", "acme.com"),
        ("ann@acme.com", "acme.com"),
        ("Bücher.de", "xn--bcher-kva.de"),
        ("xn--bcher-kva.de", "xn--bcher-kva.de"),
        ("пример.рф", "xn--e1afmkfd.xn--p1ai"),
        ("one.myshopify.com", "one.myshopify.com"),
        ("a.one.myshopify.com", "one.myshopify.com"),
        ("myshopify.com", "myshopify.com"),
        ("www.ck", "www.ck"),
        ("a.b.c.ck", "b.c.ck"),
        ("127.0.0.1", None),
        ("http://[::1]/", None),
        ("localhost", None),
        ("co.uk", None),
        ("com", None),
        ("acme.corp", None),
        ("foo bar", None),
        ("a b.com", None),
        ("-acme.com", None),
        ("acme..com", None),
        ("http://", None),
        ("n/a", None),
        ("x" * 64 + ".com", None),
        ("x" * 10_000 + ".com", None),
        ("", None),
        (None, None),
    ],
)
def test_the_domain_of(text: str | None, domain: str | None) -> None:
    assert domains(text) == [domain]


@given(st.lists(st.tuples(st.lists(labels, max_size=3), suffixes), max_size=20))
def test_the_domain_is_the_lists_for_every_suffix(made: list[tuple[list[str], str]]) -> None:
    hosts = [".".join([*names, suffix]) for names, suffix in made]
    wanted = []
    for host in hosts:
        parts = LIST.extract_str(host)
        parts = parts if parts.domain else PUBLIC.extract_str(host)
        wanted.append(f"{parts.domain}.{parts.suffix}" if parts.domain and parts.suffix else None)
    assert domains(*hosts) == wanted


@given(st.lists(st.text(max_size=30), max_size=10))
def test_any_text_gives_a_domain_of_its_own_or_none(texts: list[str]) -> None:
    found = domains(*texts)
    again = domains(*found)
    assert again == found
