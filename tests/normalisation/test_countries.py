"""Countries: codes, names and variants in many languages."""

from __future__ import annotations

import polars as pl
import pytest
from babel import Locale
from hypothesis import given, settings
from hypothesis import strategies as st

from payper.normalisation.countries import country_codes, country_name, is_country

SPELLINGS = {
    "US": ["USA", "U.S.", "U.S.A.", "United States of America", "us", "the United States", "Vereinigte Staaten", "États-Unis", "EE.UU."],
    "GB": ["UK", "U.K.", "Great Britain", "England", "Scotland", "Wales", "Northern Ireland", "GBR", "London, UK", "Großbritannien"],
    "NL": ["Holland", "The Netherlands", "Nederland", "Netherlands (the)"],
    "CZ": ["Czech Republic", "Czechia", "Česko"],
    "KR": ["South Korea", "Korea, Republic of", "대한민국"],
    "RU": ["Russia", "Russian Federation", "Россия"],
    "AE": ["UAE", "United Arab Emirates"],
    "MK": ["Macedonia", "North Macedonia"],
    "SZ": ["Swaziland"], "MM": ["Burma"], "CI": ["Ivory Coast", "Côte d'Ivoire"], "TR": ["Türkiye", "Turkey"], "VN": ["Viet Nam", "Vietnam"],
    "DE": ["Deutschland", "Germany", "deu", "Alemania", "Saksa"], "BR": ["Brasil"], "ES": ["España"], "AT": ["Österreich", "Oesterreich"],
    "CH": ["Schweiz", "Suisse", "Svizzera"], "HK": ["Hong Kong SAR"], "TW": ["Taiwan, Province of China", "Taiwan"],
    "IR": ["Iran (Islamic Republic of)"], "GR": ["EL", "Greece"], "JP": ["日本", "Japan"], "CN": ["中国", "P.R. China"], "FR": ["Paris, France"],
    "CA": ["CA", "Canada"], "GA": ["GA"], "NE": ["Niger"], "NG": ["Nigeria"], "KP": ["North Korea"], "BO": ["Bolivia (Plurinational State of)"],
}  # fmt: skip


@pytest.mark.parametrize(("text", "code"), [(text, code) for code, texts in SPELLINGS.items() for text in texts])
def test_a_country_is_known_by_its_spelling(text, code):
    assert country_codes(pl.Series([text])).to_list() == [code]


def test_a_state_a_town_or_nothing_is_no_country():
    texts = ["California", "Atlanta, GA", "TX", "xx", "", None, "Earth"]
    assert country_codes(pl.Series(texts)).to_list() == [None] * len(texts)


def test_every_code_and_english_name_is_known():
    names = {code: name for code, name in Locale.parse("en").territories.items() if is_country(code)}
    assert len(names) == 250  # ISO 3166-1 has 249; Kosovo is the trade's.
    assert country_codes(pl.Series(list(names))).to_list() == list(names)
    assert country_codes(pl.Series(list(names.values()))).to_list() == list(names)
    assert country_name("DE") == "Germany"
    assert not is_country("EU")
    assert not is_country("de")


@pytest.mark.parametrize(
    "language", ["de", "fr", "es", "it", "pt", "nl", "pl", "sv", "da", "nb", "fi", "cs", "tr", "ru", "ja", "zh", "ko", "ar"]
)
def test_names_of_every_language_are_known(language):
    """All names of the CLDR but those that mean two countries in two languages."""
    names = {code: name for code, name in Locale.parse(language).territories.items() if is_country(code)}
    read = country_codes(pl.Series(list(names.values()))).to_list()
    assert sum(found == code for found, code in zip(read, names, strict=True)) / len(names) >= 0.98


@settings(max_examples=15)
@given(
    st.lists(
        st.one_of(st.none(), st.text(max_size=6), st.sampled_from([text for texts in SPELLINGS.values() for text in texts])), max_size=10
    )
)
def test_a_country_is_read_alike_in_any_column(texts):
    assert country_codes(pl.Series(texts, dtype=pl.String)).to_list() == [
        country_codes(pl.Series([text], dtype=pl.String))[0] for text in texts
    ]
