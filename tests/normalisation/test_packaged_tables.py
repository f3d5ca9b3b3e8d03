"""Tables read out of packages' files are what the packages themselves would say."""

from __future__ import annotations

import re

import polars as pl
import pytest
from babel import Locale
from babel.core import get_global
from tldextract import TLDExtract

from payper.normalisation.countries import country_codes, is_country
from payper.normalisation.country_names import LANGUAGES, OTHER_SCRIPTS
from payper.normalisation.domains import to_ascii
from payper.normalisation.folding import words_of, words_of_all
from payper.normalisation.industry_systems import EDITIONS, titles
from payper.normalisation.packaged import read_packaged
from payper.normalisation.public_suffixes import split_suffix, suffix_rules
from payper.normalisation.territories import territory_aliases, territory_names

ISO = [code for code in territory_names("en") if is_country(code)]


@pytest.mark.parametrize("language", ["en", *LANGUAGES])
def test_countries_have_the_names_that_babel_gives_them(language: str) -> None:
    assert territory_names(language) == dict(Locale.parse(language).territories)


def test_codes_of_countries_stand_for_those_that_babel_says() -> None:
    assert {alias: list(codes) for alias, codes in territory_aliases().items()} == get_global("territory_aliases")


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_language_names_countries_in_latin_letters_or_in_others_alone(language: str) -> None:
    """A word tells by its letters which languages need not be read for it."""
    countries = [word for code in ISO if (word := words_of(territory_names(language).get(code, "")))]
    is_latin = {any("a" <= letter <= "z" for letter in word) for word in countries}
    is_other = {max(word) > "\u024f" for word in countries}
    assert (is_latin, is_other) == (({False}, {True}) if language in OTHER_SCRIPTS else ({True}, {False}))


@pytest.mark.parametrize("language", ["en", *LANGUAGES])
def test_a_table_is_folded_alike_one_by_one_and_at_once(language: str) -> None:
    names = list(territory_names(language).values())
    assert words_of_all(names) == [words_of(name) for name in names]


def test_a_country_is_read_alike_in_any_batch() -> None:
    """A name that only a rarer language knows must not change what its neighbours are read as."""
    texts = ["Paris, France", "Deutschland", "Grækenland", "Ελλάδα", "日本", "Atlantis", "Lyon, Frankreich", "Georgien"]
    together = country_codes(pl.Series(texts)).to_list()
    assert together == [country_codes(pl.Series([text])).to_list()[0] for text in texts]
    assert together == ["FR", "DE", "GR", "GR", "JP", None, "FR", "GE"]


def test_a_missing_table_names_its_path() -> None:
    with pytest.raises(OSError, match=r"nowhere\.dat"):
        read_packaged("babel", "locale-data", "nowhere.dat")


def test_titles_of_industries_are_folded_alike_one_by_one_and_at_once() -> None:
    shown = [title for editions in EDITIONS.values() for edition in editions for title in titles(edition).values()]
    assert words_of_all(shown) == [words_of(title) for title in shown]


def test_no_title_of_an_industry_looks_like_a_bare_code() -> None:
    """Bare codes are read before titles, so that thousands of titles need not be folded for them."""
    shown = [title for editions in EDITIONS.values() for edition in editions for title in titles(edition).values()]
    assert [title for title in shown if re.fullmatch(r"[A-V]?[\d. -]*", title.strip(), re.IGNORECASE)] == []


def test_the_public_suffix_of_a_name_is_what_tldextract_says() -> None:
    """Names under every rule: the suffix itself, one and two labels above it, in the script of the list and in ASCII."""
    extracts = {
        is_private: TLDExtract(suffix_list_urls=(), cache_dir=None, include_psl_private_domains=is_private) for is_private in (True, False)
    }
    rules = suffix_rules()
    assert rules == frozenset(extracts[True].tlds)
    assert suffix_rules(is_private_included=False) == frozenset(extracts[False].tlds)
    bare = [rule.lstrip("!").replace("*", "star") for rule in sorted(rules)]
    hosts = [host for name in bare for host in (name, f"acme.{name}", f"www.acme.{name}")]
    hosts += [ascii_host for host in hosts if not host.isascii() and (ascii_host := to_ascii(host))]
    hosts += ["1.2.3.4", "localhost", "acme.nowhere", "xn--a.com", "xn--.xn--p1ai", "a..com", ""]
    for is_private, extract in extracts.items():
        for host in hosts:
            parts = extract.extract_str(host)
            label, suffix = split_suffix(host, is_private_included=is_private)
            assert suffix == parts.suffix, host
            assert not suffix or label == parts.domain, host
