"""Parties: the organisations that buy, provide, or do both."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

_NAME = re.compile(r"^[a-z0-9][a-z0-9._-]{0,99}$")


def is_identifier(text: str) -> bool:
    """Tell whether a text can name a party or contract: lower-case letters, digits, dot, dash and underscore, at most 100."""
    return bool(_NAME.match(text))


class PartyKind(StrEnum):
    """What a party does: buys, provides, or both."""

    BUYER = "buyer"
    PROVIDER = "provider"
    BOTH = "both"

    @property
    def buys(self) -> bool:
        """Whether it has a book of its own."""
        return self is not PartyKind.PROVIDER

    @property
    def provides(self) -> bool:
        """Whether it delivers under contracts of others."""
        return self is not PartyKind.BUYER


@dataclass(frozen=True, slots=True)
class Party:
    """An organisation that a contract joins to another."""

    id: str
    name: str = ""
    kind: PartyKind = PartyKind.BOTH
