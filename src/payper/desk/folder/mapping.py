"""The act `payper mapping`: show how a file's columns are understood."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from payper.desk.folder.facts import HEADERS
from payper.desk.folder.programme import questions_of, read_programme
from payper.desk.folder.reading import open_file


@dataclass(frozen=True)
class ShownMapping:
    """A mapping to look at.

    Attributes:
        toml: A mapping.toml that says the same.
        lines: What gives what, and why.
    """

    toml: str
    lines: Sequence[str]
    columns: dict[str, str]
    unmapped: Sequence[str]
    findings: Sequence[str]

    def to_json(self) -> dict[str, Any]:
        """Give it as plain values."""
        return {"columns": self.columns, "unmapped": list(self.unmapped), "findings": list(self.findings)}


def show_mapping(path: Path, *, subject: str | None = None) -> ShownMapping:
    """Understand a file's columns, by the mapping.toml beside it or by its header.

    Args:
        path: The file.
        subject: deliveries, milestones, returns, decisions or crm; None: as the programme's folder it lies in says, else deliveries.

    Raises:
        FileError: The file, or the programme.toml of the programme it lies in, cannot be read.
    """
    subject = subject or _subject_of(path)
    opened = open_file(
        path,
        name=path.name,
        subject=HEADERS.get(subject, subject),  # type: ignore[arg-type]  # the command line offers subjects alone
        questions=_questions(path) if subject == "deliveries" else (),
    )
    columns = opened.columns
    return ShownMapping(
        toml=columns.to_toml(), lines=columns.describe(), columns=columns.columns, unmapped=columns.unmapped, findings=columns.findings
    )


def _questions(path: Path) -> list[str]:
    """List what the contract asks under which a programme's file lies; nothing where it lies in none, or the contract has errors."""
    whole = path.resolve()
    root = next((folder for folder in whole.parents if folder.name == "deliveries" and (folder.parent / "contracts").is_dir()), None)
    if root is None:
        return []
    contract = whole.relative_to(root).parts[0] if whole.parent != root else whole.stem
    return questions_of(read_programme(root.parent).contracts.get(contract, ()))


def _subject_of(path: Path) -> str:
    """Tell by the nearest folder of a programme what a file is of."""
    if path.stem == "crm":
        return "crm"
    folders = [part for part in reversed(path.resolve().parent.parts) if part in {"deliveries", *HEADERS}]
    return folders[0] if folders else "deliveries"
