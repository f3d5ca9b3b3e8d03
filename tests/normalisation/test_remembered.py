"""Few rows are looked up text by text, many are read whole: both say the same, and what is sent again is not read again."""

from __future__ import annotations

from collections.abc import Callable

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from payper.normalisation import companies, countries, domains, emails, implausible, industries, people, phones, remembered, sizes, titles
from payper.normalisation.remembered import FEW, Memory, of_texts

SEEN = (
    "Acme GmbH & Co. KG", "ACME (UK) Ltd", "株式会社アクメ", "Inc.", "", " ", "VP Sales & Marketing", "Head of IT", "stagiaire", "1,000-5,000", "50M+",
    "$10M to $50M", "INR 5 Cr", "Deutschland", "us", "Software publishers", "NAICS 5112", "62.01", "www.acme.co.uk", "https://ann@x.acme.com/p",
    "ann@acme.com", "Ann@Bücher.example", "a..b@c.com", "x@mail.mailinator.com", "info@gmail.com", "+49 30 1234567", "(212) 555-0100", "Dr. Zoë",
    "O'Brien-Smith Jr.", "van der Berg", "Lovelace, Ada", "\u200b", "é", "A" * 300,
)  # fmt: skip
READERS: dict[str, Callable[[pl.Series], pl.DataFrame]] = {
    "titles": titles.read_titles,
    "sizes": sizes.read_sizes,
    "revenues": sizes.read_revenues,
    "countries": lambda texts: countries.country_codes(texts).to_frame(),
    "companies": lambda texts: companies.company_keys(texts).to_frame(),
    "domains": lambda texts: domains.registrable_domains(texts).to_frame(),
    "emails": emails.read_emails,
    "industries": lambda texts: industries.read_industries(texts).with_columns(pl.col("industry_codes").list.sort()),
    "people": lambda texts: people.name_key(texts, texts.reverse()).to_frame(),
    "phones": lambda texts: phones.read_phones(texts, pl.Series(["US", "DE", None] * len(texts), dtype=pl.String).head(len(texts))),
}


@pytest.mark.parametrize("name", READERS)
def test_few_rows_are_read_as_many_are(name: str) -> None:
    texts = pl.Series("text", [*SEEN, None], dtype=pl.String)
    many = pl.concat([texts] * 3 * (FEW // len(texts) + 1))
    # Three times over, so that countries beside phones come round alike.
    whole = READERS[name](many).head(3 * len(texts))
    few = READERS[name](pl.concat([texts] * 3))
    if name == "people":
        few, whole = READERS[name](texts), READERS[name](many).head(0)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(people, "FEW", -1)
            whole = READERS[name](texts)
    assert_frame_equal(few, whole)


PIECES = (
    "gmail.com", "GoogleMail.com", "x.mailinator.com", "acme.co.uk", "foo.github.io", "xn--bcher-kva.de", "localhost", "test", "info", "no-reply", "a.b+c",
    "@", "@", ".", "..", "+", " ", "  ", ",", " - ", "/", "&", "(", ")", "'", "https://", "http://", "www.", ":8080", "GmbH", " & Co. KG", " Ltd", "Inc.",
    "S.A. de C.V.", "the ", "A/S", "class a", "PT ", "Dr.", "van der ", " Jr.", "m. ", "VP", "Head of ", "Chief", " Officer", "IT", "Assistant to ", "ex ",
    "Sales", "Engineer", "Praktikant", "geschäftsführer", "Director", "Deputy ", "+49", "0049", "(0)", "30 1234567", "212-555-0100", " ext. 5", "é", "ß",
    "1,000", "5000", "10.000", "-", "+", "1k", "M", "$", "€", " EUR", "> ", "up to ", "Germany", "the ", ", US", "Atlanta, GA", "uk", "Österreich", "000",
    "1111111", "123456789", "aaaa", "@example.com", "foo", "bar", "first", "last", "Ø", "Zoë", "O’Neil", "株式会社", "\u00a0", "\t", "İ", "a" * 70,
)  # fmt: skip
ALONE: dict[str, tuple[Memory, Callable[[pl.Series], pl.DataFrame]]] = {
    "titles": (titles.MEMORY, titles._read_unique),
    "companies": (companies.MEMORY, companies._keys),
    "domains": (domains.MEMORY, lambda texts: domains._read(texts).to_frame()),
    "emails": (emails.MEMORY, emails._read),
    "sizes": (sizes.SIZES, sizes._read_sizes),
    "revenues": (sizes.REVENUES, sizes._read_revenues),
    "countries": (countries.MEMORY, countries._codes),
    "first names": (
        people._memory_of(people._clean_first),
        lambda texts: people._cleaned_whole(texts, people._clean_first).to_frame("key"),
    ),
    "last names": (people._memory_of(people._clean_last), lambda texts: people._cleaned_whole(texts, people._clean_last).to_frame("key")),
}


@pytest.mark.parametrize("name", ALONE)
@given(texts=st.lists(st.lists(st.sampled_from(PIECES) | st.text(max_size=3), max_size=6).map("".join), min_size=1, max_size=30))
def test_a_text_read_by_itself_says_what_its_column_says(name: str, texts: list[str]) -> None:
    memory, read = ALONE[name]
    whole = read(pl.Series("text", texts, dtype=pl.String)).select(*memory.schema)
    for text, row in zip(texts, whole.rows(), strict=True):
        assert memory.one is not None
        assert memory.one(text) in (None, row), text


@given(
    texts=st.lists(
        st.tuples(*[st.none() | st.lists(st.sampled_from(PIECES) | st.sampled_from(implausible.NAMES + implausible.ROWS), max_size=3).map("".join)] * 6),
        min_size=1, max_size=20,
    )
)  # fmt: skip
def test_test_data_is_found_alone_as_in_columns(texts: list[tuple[str | None, ...]]) -> None:
    frame = pl.DataFrame(texts, schema=dict.fromkeys(implausible.FIELDS, pl.String), orient="row")
    said = implausible.find_implausible(frame).to_list()
    for row, words in zip(texts, said, strict=True):
        assert implausible.find_alone(*row) in (words, implausible.UNSAID)


@given(calls=st.lists(st.lists(st.one_of(st.none(), st.sampled_from("abcdefgh")), max_size=12), max_size=12), kept=st.integers(8, 20))
def test_a_memory_says_what_its_reader_says_and_asks_it_once(calls: list[list[str | None]], kept: int) -> None:
    asked: list[str] = []

    def read(texts: pl.Series) -> pl.DataFrame:
        asked.extend(texts.to_list())
        return pl.DataFrame({"upper": texts.str.to_uppercase(), "length": texts.str.len_bytes().cast(pl.Int64)})

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(remembered, "KEPT_MAX", kept)
        memory = of_texts(read, {"upper": pl.String, "length": pl.Int64})
        for texts in calls:
            said = memory.recall(texts)
            assert said.rows() == [(None, None) if text is None else (text.upper(), 1) for text in texts]
            assert said.schema == {"upper": pl.String, "length": pl.Int64}
    assert len(asked) == len(set(asked)), "eight texts are fewer than are kept"


def test_a_memory_forgets_the_oldest_half_when_it_is_full() -> None:
    asked: list[int] = []

    def read(keys: object) -> pl.DataFrame:
        asked.extend(keys)  # type: ignore[arg-type]  # keys of the test
        return pl.DataFrame({"same": list(keys)}, schema={"same": pl.Int64})  # type: ignore[call-overload]  # keys of the test

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(remembered, "KEPT_MAX", 10)
        memory = Memory(read, {"same": pl.Int64})
        for number in range(11):
            assert memory.recall([number])["same"].to_list() == [number]
        memory.recall([10, 9])
        assert asked == list(range(11))
        memory.recall([0])
        assert asked[-1] == 0
