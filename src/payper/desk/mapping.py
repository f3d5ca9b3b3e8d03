"""The act `payper mapping`: show how a file's columns are understood."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from payper.desk.reading import open_file


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


def show_mapping(path: Path, *, subject: str) -> ShownMapping:
    """Understand a file's columns, by the mapping.toml beside it or by its header.

    Raises:
        FileError: The file cannot be read.
    """
    opened = open_file(path, name=path.name, subject=subject)  # type: ignore[arg-type]  # the command line offers subjects alone
    columns = opened.columns
    return ShownMapping(
        toml=columns.to_toml(), lines=columns.describe(), columns=columns.columns, unmapped=columns.unmapped, findings=columns.findings
    )
