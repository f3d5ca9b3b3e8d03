"""SQL conditions: they mean what SQLite means by them, and what the rules add (ladder, ranges, zones)."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from payper.terms.expressions import ExpressionError, compile_condition, evaluate

TEXTS = ["title", "company", "region"]
WORDS = st.sampled_from(["", "a", "b", "ab", "A", "a%", "it's", "ba_c", "é"])
NUMBERS = st.integers(-3, 6)


def quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


numbers = st.recursive(
    st.one_of(st.just("meeting_minutes"), st.just("employees_min"), NUMBERS.map(str)),
    lambda inner: st.one_of(
        st.builds(lambda a, o, b: f"({a} {o} {b})", inner, st.sampled_from("+-*"), inner),
        st.builds(lambda a, b: f"COALESCE({a}, {b})", inner, inner),
    ),
    max_leaves=4,
)
texts = st.one_of(st.sampled_from(TEXTS), WORDS.map(quoted), st.sampled_from(TEXTS).map(lambda name: f"COALESCE({name}, 'b')"))
comparisons = st.sampled_from(["=", "<>", "<", "<=", ">", ">="])
atoms = st.one_of(
    st.builds(lambda a, o, b: f"{a} {o} {b}", numbers, comparisons, numbers),
    st.builds(lambda a, o, b: f"{a} {o} {b}", texts, comparisons, texts),
    st.builds(lambda a, b, c: f"{a} BETWEEN {b} AND {c}", numbers, numbers, numbers),
    st.builds(
        lambda a, n, b: f"{a} {n} ({', '.join(b)})",
        texts,
        st.sampled_from(["IN", "NOT IN"]),
        st.lists(WORDS.map(quoted), min_size=1, max_size=3),
    ),
    st.builds(
        lambda a, n, b: f"{a} {n} {quoted(b)}", st.sampled_from(TEXTS), st.sampled_from(["LIKE", "NOT LIKE"]), st.text("ab%_A", max_size=4)
    ),
    st.builds(lambda a, n: f"{a} {n}", texts | numbers, st.sampled_from(["IS NULL", "IS NOT NULL"])),
    st.builds(lambda a, b: f"LENGTH({a}) > {b}", st.sampled_from(TEXTS), NUMBERS),
)
conditions = st.recursive(
    atoms,
    lambda inner: st.one_of(
        st.builds(lambda a, o, b: f"({a} {o} {b})", inner, st.sampled_from(["AND", "OR"]), inner),
        inner.map(lambda a: f"NOT ({a})"),
        st.builds(lambda a, b, c: f"CASE WHEN {a} THEN {b} ELSE {c} END", inner, inner, inner),
    ),
    max_leaves=6,
)
rows = st.lists(st.tuples(*[st.none() | WORDS] * 3, *[st.none() | NUMBERS] * 2), min_size=1, max_size=8)


@given(condition=conditions, rows=rows)
def test_conditions_mean_what_sqlite_means(condition: str, rows: list[tuple[object, ...]]) -> None:
    names = [*TEXTS, "meeting_minutes", "employees_min"]
    with sqlite3.connect(":memory:") as database:
        database.execute("PRAGMA case_sensitive_like = ON")
        database.execute("CREATE TABLE delivery (title TEXT, company TEXT, region TEXT, meeting_minutes INTEGER, employees_min INTEGER)")
        database.executemany("INSERT INTO delivery VALUES (?, ?, ?, ?, ?)", rows)
        wanted = [
            None if value is None else bool(value) for (value,) in database.execute(f"SELECT {condition} FROM delivery ORDER BY rowid")
        ]
    database.close()
    schema = dict.fromkeys(TEXTS, pl.String) | {"meeting_minutes": pl.Int64, "employees_min": pl.Int64}
    frame = pl.DataFrame(rows, schema=schema, orient="row").select(names)
    assert evaluate(compile_condition(condition), frame, zone="UTC").to_list() == wanted


def decide(sql: str, zone: str = "UTC", **columns: list[object]) -> list[bool | None]:
    frame = pl.DataFrame(columns, infer_schema_length=None)
    return evaluate(compile_condition(sql), frame, zone=zone).to_list()


def test_seniority_follows_the_ladder_and_owner_ranks_as_c_level() -> None:
    ladder = ["intern", "manager", "director", "vp", "c-level", "owner", None]
    assert decide("seniority >= 'director'", seniority=ladder) == [False, False, True, True, True, True, None]
    assert decide("seniority = 'Owner'", seniority=ladder) == [False, False, False, False, True, True, None]
    assert decide("seniority IN ('vp', 'manager')", seniority=ladder)[1:4] == [True, False, True]


def test_a_range_that_straddles_is_unknown() -> None:
    low: list[object] = [500, 200, 200, 1000, None, None]
    high: list[object] = [900, 900, 400, None, None, 300]
    assert decide("employees >= 500", employees_min=low, employees_max=high) == [True, None, False, True, None, False]
    assert decide("employees <= 5000", employees_min=low, employees_max=high)[3] is None


def test_two_ranges_are_tried_in_every_combination() -> None:
    columns = {"employees_min": [100], "employees_max": [200], "revenue_min": [1], "revenue_max": [9]}
    assert decide("employees > 150 OR revenue > 5", **columns) == [None]  # type: ignore[arg-type]
    assert decide("employees > 50 OR revenue > 5", **columns) == [True]  # type: ignore[arg-type]


def test_codes_ignore_case_and_other_text_does_not() -> None:
    assert decide("country_code = 'us' AND function = 'IT'", country_code=["US"], function=["it"]) == [True]
    assert decide("city = 'paris'", city=["Paris"]) == [False]
    assert decide("city ILIKE 'PAR%'", city=["Paris"]) == [True]


def test_dates_are_local_to_the_contract() -> None:
    moments = [datetime(2026, 1, 1, 4, 59, tzinfo=UTC), datetime(2026, 1, 1, 5, tzinfo=UTC)]
    assert decide("generated_at >= '2026-01-01'", zone="America/New_York", generated_at=moments) == [False, True]  # type: ignore[arg-type]


def test_an_answer_that_nobody_sent_is_empty() -> None:
    assert decide("answer_timeframe = 'now'", city=["Paris"]) == [None]
    assert decide("1 = 1", city=["Paris", "Rome"]) == [True, True]


def test_not_like_is_the_contrary_of_like() -> None:
    """sqlglot keeps this NOT as a flag of LIKE, where it is easily lost."""
    assert decide("city NOT LIKE 'P%'", city=["Paris", "Rome", None]) == [False, True, None]
    assert decide("city NOT ILIKE 'p%'", city=["Paris", "Rome", None]) == [False, True, None]


def test_division_by_nothing_is_unknown() -> None:
    assert decide("meeting_minutes / 0 > 1", meeting_minutes=[5]) == [None]


REFUSED = {
    "employes >= 500": "Write `employees`.",
    'seniority >= "director"': "Write text in single quotes: `'director'`.",
    "employees > 'x'": "without quotes",
    "SOUNDEX(title) = 'x'": "LENGTH",
    "title IN (SELECT 1)": "LIKE",
    "employees >= 500; DROP TABLE deliveries": "SQL condition",
    "seniority >= 'boss'": "intern",
    "generated_at > 'soon'": "2026-01-31",
    "employees": "employees >= 500",
    "": "SQL condition",
    "1 < employees < 5": "number",
}


@pytest.mark.parametrize("sql", REFUSED)
def test_what_is_not_of_the_language_is_refused_with_what_to_write(sql: str) -> None:
    with pytest.raises(ExpressionError) as error:
        compile_condition(sql)
    assert REFUSED[sql] in error.value.mend
