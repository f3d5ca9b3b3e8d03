"""Phone numbers are judged as libphonenumber judges them, quickly."""

from __future__ import annotations

from pathlib import Path

import phonenumbers
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, PhoneMetadata

from payper.normalisation import phones as reading
from payper.normalisation.phones import read_phones

COUNTRIES = sorted(phonenumbers.SUPPORTED_REGIONS)
PATTERNS = [
    (number, region, desc.national_number_pattern)
    for number, regions in COUNTRY_CODE_TO_REGION_CODE.items()
    for region in regions
    for plan in [PhoneMetadata.metadata_for_region_or_calling_code(number, region)]
    for desc in [getattr(plan, kind) for kind in reading._TYPES]
    if desc is not None and desc.national_number_pattern
]


@pytest.fixture(autouse=True)
def _patterns_for_few_numbers_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the compiled patterns decide even a handful of numbers."""
    monkeypatch.setattr(reading, "_FEW", 0)


def library(phone: str, country: str | None) -> tuple[str | None, bool, bool | None]:
    """Ask the library itself, number by number."""
    try:
        number = phonenumbers.parse(phone, country)
    except phonenumbers.NumberParseException:
        return None, False, None
    if not phonenumbers.is_valid_number(number):
        return None, False, None
    number.extension = None
    matches = None
    if country is not None:
        is_worldwide = phonenumbers.region_code_for_number(number) == "001"
        matches = is_worldwide or phonenumbers.is_valid_number_for_region(number, country)
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164), True, matches


def read(phones: list[str | None], countries: list[str | None]) -> list[tuple[object, ...]]:
    return read_phones(pl.Series(phones, dtype=pl.String), pl.Series(countries, dtype=pl.String)).rows()


@st.composite
def numbers(draw: st.DrawFn) -> tuple[str, str | None]:
    """A number of some pattern of the metadata, written in some way, sometimes with a slip."""
    code, region, pattern = draw(st.sampled_from(PATTERNS))
    national = draw(st.from_regex(pattern.replace(r"\d", "[0-9]"), fullmatch=True))
    slip = draw(st.integers(0, 5))
    if slip == 0:
        place = draw(st.integers(0, len(national) - 1))
        national = national[:place] + draw(st.sampled_from(["", "0", "5", "99"])) + national[place + 1 :]
    write = draw(
        st.sampled_from(
            [
                "+{c}{n}",
                "+{c} {n}",
                "00{c}{n}",
                "{n}",
                "0{n}",
                "1{n}",
                "8{n}",
                "06{n}",
                "({n})",
                "+{c} (0){n}",
                "+{c}0{n}",
                "{c}{n}",
                "011{c}{n}",
                "{n} ext. 12",
                "{n}x5",
                "+{n}",
                "tel {n}",
                "{n}#3",
                "0 {n}",
                "00{n}",
            ]
        )
    )
    country = draw(st.sampled_from([region, region, region, *draw(st.lists(st.sampled_from(COUNTRIES), min_size=1, max_size=1))]))
    return write.format(c=code, n=national), country if country in phonenumbers.SUPPORTED_REGIONS else None


texts = st.text(alphabet="0123456789+ ()-./x#,;~eEtT٣３＋\u00a0", max_size=20)


@settings(max_examples=60)
@given(st.lists(numbers() | st.tuples(texts, st.sampled_from([None, *COUNTRIES])), min_size=1, max_size=60))
def test_the_verdict_on_every_number_is_the_librarys(drawn: list[tuple[str, str | None]]) -> None:
    kept = [(phone, country) for phone, country in drawn if country is not None or not phone.strip().startswith("00")]
    rows = read([phone for phone, _ in kept], [country for _, country in kept])
    for (phone, country), row in zip(kept, rows, strict=True):
        text = pl.Series([phone]).str.strip_chars()[0]
        wanted = (None, None, None) if text == "" else library(text, country)
        assert row == wanted, (phone, country)
    with pytest.MonkeyPatch.context() as with_all_plans:
        with_all_plans.setattr(reading, "_MANY", 0)
        assert read([phone for phone, _ in kept], [country for _, country in kept]) == rows


@pytest.mark.parametrize("number", range(0, len(PATTERNS), 7))
def test_numbers_of_every_kind_and_country_are_valid_as_the_library_says(number: int) -> None:
    """The compiled patterns stand for a plan's general pattern and lengths too; each kind's own numbers show it."""
    import random  # a fixed seed, to draw digits quickly

    draw = random.Random(number)
    for code, region, _ in PATTERNS[number : number + 7]:
        example = phonenumbers.example_number(region) if region != "001" else phonenumbers.example_number_for_non_geo_entity(code)
        assert example is not None
        digits = phonenumbers.national_significant_number(example)
        phones = [f"+{code}" + "".join(draw.choice("0123456789") if draw.random() < 0.3 else digit for digit in digits) for _ in range(20)]
        country = region if region != "001" else None
        assert read(list(phones), [country] * 20) == [library(phone, country) for phone in phones]


def test_without_a_country_two_noughts_stand_for_the_plus() -> None:
    assert read(["0044 20 7946 0018", "020 7946 0018"], [None, None]) == [("+442079460018", True, None), (None, False, None)]


@pytest.mark.parametrize(
    ("phone", "country", "row"),
    [
        ("+1 416 555 0123", "US", ("+14165550123", True, False)),
        ("+1 416 555 0123", "CA", ("+14165550123", True, True)),
        ("(800) 234-5678", "CA", ("+18002345678", True, True)),
        ("+800 1234 5678", "DE", ("+80012345678", True, True)),
        ("01534 601234", "JE", ("+441534601234", True, True)),
        ("+44 1534 601234", "GB", ("+441534601234", True, False)),
        ("+44 (0)20 7946 0018 ext. 5", "GB", ("+442079460018", True, True)),
        ("020 7946 0018 or ask Ann", "GB", None),
        ("12", "US", (None, False, None)),
        ("+" + "1" * 300, "US", (None, False, None)),
        ("  ", "US", (None, None, None)),
        (None, "US", (None, None, None)),
        ("+442079460018", "ZZ", ("+442079460018", True, False)),
        ("020 7946 0018", "ZZ", (None, False, None)),
    ],
)
def test_how_a_number_is_read(phone: str | None, country: str, row: tuple[object, ...] | None) -> None:
    assert read([phone], [country]) == [row if row is not None else library(str(phone), country)]


def test_few_and_many_numbers_are_read_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    phones: list[str | None] = ["+14155552671", "415 555 2671", "0044 20 7946 0018", None, "x", "+44 (0)20 7946 0018"]
    countries: list[str | None] = ["US", "US", "GB", "US", "US", None]
    many = read(phones, countries)
    monkeypatch.setattr(reading, "_FEW", 400)
    assert read(phones, countries) == many


@pytest.mark.shared_data
@pytest.mark.parametrize("form", ["e164", "international", "national"])
def test_every_example_number_gets_the_librarys_verdict(shared_data: Path, form: str) -> None:
    table = pl.read_csv(shared_data / "phone-examples" / "example_numbers.csv", infer_schema_length=0)
    countries = table["region"].replace({"001": None})
    rows = read_phones(table[form], countries)
    wanted = [library(phone, country) for phone, country in zip(table[form], countries, strict=True)]
    assert rows.rows() == wanted
    if form == "e164":
        assert rows["is_valid"].to_list() == [said == "1" for said in table["is_valid"]]


def test_a_number_alone_is_decided_as_the_library_decides() -> None:
    """The expressions of single countries, compiled once they are met often, say nothing else than the library."""
    import random  # a fixed seed, to draw digits quickly

    draw = random.Random(46)
    written = (
        "+{c}{n}",
        "+{c} {n}",
        "00{c}{n}",
        "{n}",
        "0{n}",
        "1{n}",
        "8{n}",
        "({n})",
        "+{c} (0){n}",
        "{c}{n}",
        "{n} ext. 12",
        "+{n}",
        "0 {n}",
        "00{n}",
    )
    decided = 0
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reading, "_OFTEN", 0)
        for code, region, _ in draw.sample(PATTERNS, 25):
            example = phonenumbers.example_number(region) if region != "001" else phonenumbers.example_number_for_non_geo_entity(code)
            assert example is not None
            national = phonenumbers.national_significant_number(example)
            for _ in range(60):
                digits = "".join(draw.choice("0123456789") if draw.random() < 0.3 else digit for digit in national)
                phone = draw.choice(written).format(c=code, n=digits)
                country = draw.choice([region, region, draw.choice(COUNTRIES), None])
                country = country if country in phonenumbers.SUPPORTED_REGIONS else None
                if country is None and phone.startswith("00"):
                    continue
                row = reading._by_pattern_alone(phone, country)
                assert row in (None, library(phone, country)), (phone, country)
                decided += row is not None
    assert decided > 500, "most numbers are plain"
