"""Parties: the organisations that buy, provide, or do both."""

from __future__ import annotations

import re
from dataclasses import dataclass

_NAME = re.compile(r"^[a-z0-9][a-z0-9._-]{0,99}$")


def is_identifier(text: str) -> bool:
    """Tell whether a text can name a party or contract: lower-case letters, digits, dot, dash and underscore, at most 100."""
    return bool(_NAME.match(text))


@dataclass(frozen=True, slots=True)
class Party:
    """An organisation that a contract joins to another."""

    id: str
    name: str = ""
