"""The reference page of measuring: its example runs, and it names every column and warning, and no other."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import polars as pl

from payper import measure
from payper.measurement.guards import Guard

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "reference" / "measure.md").read_text("utf-8")


def test_the_example_runs() -> None:
    (block,) = [block for block in re.findall(r"```python\n(.*?)```", PAGE, flags=re.DOTALL) if block.startswith("from")]
    exec(compile(block, "measure.md", "exec"), {})


def test_every_warning_has_a_paragraph_and_every_paragraph_a_warning() -> None:
    assert re.findall(r"^\*\*`([A-Z_]+)`\*\*", PAGE, flags=re.MULTILINE) == [guard.name for guard in Guard]


def test_every_column_is_told_in_order() -> None:
    result = measure(pl.DataFrame({"delivered_at": [date(2026, 1, 1)], "won_at": [None]}), as_of=date(2026, 1, 2))
    table = PAGE.split("## What comes out")[1].split("## Warnings")[0]
    told = []
    for cell in re.findall(r"^\| (`[^|]+) \|", table, flags=re.MULTILINE):
        names = re.findall(r"`([^`]+)`", cell)
        told += [names[0] + name if name.startswith("_") else name for name in names]
    assert told == result.columns


def test_the_signature_is_the_functions_own() -> None:
    import inspect

    parameters = [
        name if each.default is inspect.Parameter.empty else f"{name}={each.default!r}"
        for name, each in inspect.signature(measure).parameters.items()
    ]
    assert f"payper.measure({parameters[0]}, *, {', '.join(parameters[1:])}) -> polars.DataFrame" in PAGE
