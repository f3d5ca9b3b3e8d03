"""The reference of anomalies, follow-up and reach runs, and tells every column there is."""

from __future__ import annotations

import inspect
import re
from dataclasses import fields
from pathlib import Path

import pytest

from payper.measurement import anomalies, follow_up, reach
from payper.measurement.anomalies.watch import Limits
from payper.measurement.follow_up import effect
from payper.measurement.reach import acceleration
from payper.measurement.reach import reach as reached

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "reference"
COLUMNS = {
    "anomalies.md": [
        *anomalies.COUNTS_SCHEMA, *anomalies.EVIDENCE_SCHEMA, *anomalies.PROVIDERS_SCHEMA, *anomalies.CASES_SCHEMA, *anomalies.FACTS_SCHEMA, *anomalies.SIGNALS,
        *(each.name for each in fields(Limits)),
    ],
    "follow-up.md": [
        *effect.BANDS_SCHEMA, *effect.COMPARISONS_SCHEMA, *(each.name for each in fields(follow_up.FollowUp)), *(each.name for each in fields(follow_up.SecondOpinion)),
        *(each.name for each in fields(follow_up.Pooled)),
    ],
    "reach.md": [*reached.COMPANIES_COLUMNS, *reached.TRIED_COLUMNS, *acceleration.ACCELERATION_COLUMNS, *acceleration.VELOCITY_COLUMNS],
}  # fmt: skip
FUNCTIONS = {
    "anomalies.md": [anomalies.count_signals, anomalies.find_anomalies, anomalies.mark_signals, anomalies.apply_rules, anomalies.count_cases, anomalies.deliveries_behind],
    "follow-up.md": [follow_up.measure_follow_up, follow_up.pool_tables, follow_up.second_opinion],
    "reach.md": [reach.measure_reach, reach.measure_acceleration, reach.measure_velocity, reach.measure_wait],
}  # fmt: skip


@pytest.mark.parametrize("page", COLUMNS)
def test_the_example_of_a_reference_page_runs(page: str) -> None:
    examples = [
        block
        for block in re.findall(r"```python\n(.*?)```", (FOLDER / page).read_text("utf-8"), flags=re.DOTALL)
        if block.startswith("from")
    ]
    assert examples
    for block in examples:
        exec(compile(block, page, "exec"), {})


@pytest.mark.parametrize("page", COLUMNS)
def test_every_column_stands_on_its_page(page: str) -> None:
    told = set(re.findall(r"`([a-z_0-9]+)`", (FOLDER / page).read_text("utf-8")))
    assert set(COLUMNS[page]) <= told, set(COLUMNS[page]) - told


@pytest.mark.parametrize("page", FUNCTIONS)
def test_every_signature_stands_on_its_page(page: str) -> None:
    text = " ".join((FOLDER / page).read_text("utf-8").split())
    for function in FUNCTIONS[page]:
        found = re.search(rf"{function.__name__}\((.*?)\) ->", text)
        assert found, function.__name__
        told = [each.split("=")[0].strip() for each in re.split(r",\s*(?![^(]*\))", found.group(1)) if each.strip() not in {"*", ""}]
        assert told == list(inspect.signature(function).parameters), function.__name__
