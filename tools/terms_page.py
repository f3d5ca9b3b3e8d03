"""The parts of docs/terms.md that come from the code; what stands between is written by hand."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "terms.md"
EXAMPLE = ROOT / "tests" / "terms" / "contracts" / "complete.toml"
END = "<!-- made until here -->"
_PART = re.compile(rf"<!-- made by `make docs`: (?P<name>.+?) -->\n.*?{re.escape(END)}\n", flags=re.DOTALL)


def terms(text: str | None = None) -> str:
    """Write every part of the page anew.

    Args:
        text: The page as it stands; None: the one in docs.

    Raises:
        ValueError: A part that the code gives is missing, there twice, or one is marked that it does not give.
    """
    page = PAGE.read_text("utf-8") if text is None else text
    parts = _parts()
    marked = [found["name"] for found in _PART.finditer(page)]
    if sorted(marked) != sorted(parts):
        odd = sorted({*marked} ^ {*parts}) or sorted({name for name in marked if marked.count(name) > 1})
        raise ValueError(f"docs/terms.md: these parts are missing, there twice or not known: {', '.join(odd)}. Mark each once.")
    return _PART.sub(lambda found: f"<!-- made by `make docs`: {found['name']} -->\n{parts[found['name']]()}\n{END}\n", page)


def _parts() -> dict[str, Callable[[], str]]:
    from payper.terms.language import TABLES

    keys: dict[str, Callable[[], str]] = {f"keys of {table}": lambda table=table: _keys(table) for table in TABLES}  # type: ignore[misc]  # mypy knows no default of a lambda
    return {"complete example": _example, **keys, "words of the audience": _words, "priced milestones": _milestones, "columns": _columns}


def _example() -> str:
    return f"```toml\n{EXAMPLE.read_text('utf-8')}```"


def _keys(table: str) -> str:
    """Lay out the keys of a table and of those within it, in the order of the language."""
    from payper.terms.language import KEYS

    inner = list(dict.fromkeys(key.table for key in KEYS if key.table == table or key.table.startswith(f"{table}.")))
    pieces = []
    for name in sorted(inner, key=lambda one: one != table):
        rows = [f"| `{key.name}` | {key.takes} | {key.default} | {key.rule} |" for key in KEYS if key.table == name]
        head = [] if name == table else [f"`{name}`:", ""]
        pieces.append("\n".join([*head, "| key | takes | default | meaning |", "|---|---|---|---|", *rows]))
    return "\n\n".join(pieces)


def _words() -> str:
    from payper.terms.vocabulary import job_functions, rungs

    return f"Rungs of the ladder, from below: {_listed(rungs())}. Job functions: {_listed(job_functions())}."


def _milestones() -> str:
    from payper.journey import LADDER, PRICEABLE

    return f"Milestones that may be priced: {', '.join(each.value for each in LADDER if each in PRICEABLE)}."


def _columns() -> str:
    from payper.deliveries import SCHEMA
    from payper.terms.expression_tree import column_types

    types = column_types()
    sent = [name for name in types if name in SCHEMA]
    derived = [name for name in types if name not in SCHEMA]
    rows = [f"| {', '.join(f'`{name}`' for name in names if types[name] == kind)} | {kind} | {source} |"
            for source, names in (("sent", sent), ("derived", derived)) for kind in sorted({types[name] for name in names})]  # fmt: skip
    return "\n".join(["| columns | type | as |", "|---|---|---|", *rows])


def _listed(words: object) -> str:
    return ", ".join(f"`{word}`" for word in words)  # type: ignore[attr-defined]  # a dictionary or a tuple of words
