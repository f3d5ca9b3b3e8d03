"""Pages on scoring and forecasting run: every Python example on them holds, and every column they promise is there."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import pytest

from payper.advice.forecast import Forecast
from payper.advice.overbooking import SlotPlan
from payper.measurement.scoring import Assessment, DriftReport, ScoreModel

FOLDER = Path(__file__).resolve().parents[2] / "docs"


@pytest.mark.parametrize("page", ["reference/score.md", "reference/forecast.md"])
def test_the_examples_of_a_page_run(page: str) -> None:
    blocks = re.findall(r"```python\n(.*?)```", (FOLDER / page).read_text("utf-8"), flags=re.DOTALL)
    examples = [block for block in blocks if block.startswith(("import", "from"))]
    assert examples
    for block in examples:
        exec(compile(block, page, "exec"), {})


@pytest.mark.parametrize(
    ("page", "kind"),
    [
        ("reference/score.md", ScoreModel),
        ("reference/score.md", Assessment),
        ("reference/score.md", DriftReport),
        ("reference/score.md", SlotPlan),
        ("reference/forecast.md", Forecast),
    ],
)
def test_every_field_is_told(page: str, kind: type) -> None:
    words = (FOLDER / page).read_text("utf-8")
    inner = {"learner", "honesty", "profile", "happened", "deliveries", "wins"}
    missing = [each.name for each in fields(kind) if f"`{each.name}`" not in words and each.name not in inner]
    assert not missing
