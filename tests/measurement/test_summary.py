"""The summary: stable keys, valid by its published schema, the same for the same results."""

from __future__ import annotations

import json
from dataclasses import replace
from importlib.resources import files
from pathlib import Path

import jsonschema
import polars as pl
import pytest

from invented_programme import Invented, contract, invent, northwind, without_settlement
from payper.measurement import FileRead, count_results, summarise

STABLE = {
    "id", "version", "model", "currency", "delivered", "accepted", "rejected", "review", "quarantined", "reasons",
    "pending_minor", "posted_minor", "voided_minor", "credited_minor", "replacements",
}  # fmt: skip


def summary_of(made: Invented) -> dict:
    results = count_results(programme=made.programme, contracts=made.contracts, verdicts=made.verdicts, settlement=made.settlement)
    return summarise(results, payper_version="0", files=[FileRead("deliveries/a.csv", "deliveries", 3)], checks_not_run=["EMAIL_NO_MX"])


@pytest.fixture(scope="module")
def schema() -> dict:
    return json.loads(files("payper.reports").joinpath("summary_schema.json").read_text(encoding="utf-8"))


PROGRAMMES = {
    "usual": northwind,
    "empty": lambda: without_settlement(northwind()),
    "nothing accepted": lambda: northwind(accepts=0.0, per_contract=40),
    "one contract": lambda: invent([contract("one", "lead", provider="p")], per_contract=5),
    "no rate": lambda: invent([contract("yen", "hybrid", provider="p", currency="JPY")], per_contract=20),
}


@pytest.mark.parametrize("name", PROGRAMMES)
def test_every_summary_is_valid_by_the_published_schema(name: str, schema: dict) -> None:
    summary = json.loads(json.dumps(summary_of(PROGRAMMES[name]())))
    jsonschema.Draft202012Validator(schema).validate(summary)


def test_the_schema_is_itself_valid_and_the_published_copy_is_current(schema: dict) -> None:
    jsonschema.Draft202012Validator.check_schema(schema)
    published = Path(__file__).parents[2] / "docs" / "summary-schema.json"
    assert json.loads(published.read_text(encoding="utf-8")) == schema


def test_every_key_written_is_described_in_the_schema(schema: dict) -> None:
    summary = summary_of(northwind())
    assert set(summary) == set(schema["properties"])
    assert set(summary["totals"]) == set(schema["properties"]["totals"]["properties"])
    for part in ("contracts", "providers", "models"):
        assert set(summary[part][0]) == set(schema["properties"][part]["items"]["properties"])


def test_the_keys_that_others_rely_on_are_there_and_first() -> None:
    first = summary_of(northwind())["contracts"][0]
    assert set(list(first)[: len(STABLE)]) == STABLE
    assert set(first["replacements"]) == {"owed", "delivered", "expired"}


def test_reasons_count_every_listed_reason() -> None:
    made = northwind()
    for one in summary_of(made)["contracts"]:
        listed = made.verdicts.filter(pl.col("contract") == one["id"])["reasons"].explode().drop_nulls()
        assert one["reasons"] == dict(listed.value_counts().iter_rows())


def test_equal_results_give_equal_text() -> None:
    made = northwind()
    shuffled = replace(made, verdicts=made.verdicts.reverse())
    assert json.dumps(summary_of(made)) == json.dumps(summary_of(shuffled))
