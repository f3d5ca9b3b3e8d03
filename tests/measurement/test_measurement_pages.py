"""Pages on measuring run: every Python example on them holds."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parents[2] / "docs"
PAGES = ["providers.md", "reference/advice.md", "reference/attribute.md", "reference/rank.md"]


@pytest.mark.parametrize("page", PAGES)
def test_the_examples_of_a_page_run(page: str) -> None:
    blocks = re.findall(r"```python\n(.*?)```", (FOLDER / page).read_text("utf-8"), flags=re.DOTALL)
    examples = [block for block in blocks if block.startswith(("import", "from"))]
    assert examples
    for block in examples:
        exec(compile(block, page, "exec"), {})
