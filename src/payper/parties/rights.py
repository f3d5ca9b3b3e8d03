"""What each role may do. Whose rows an act reaches is another question: a party only ever reaches contracts that join it.

The table is the whole truth: an act that stands nowhere in a role's column is refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from payper.parties.party import PartyKind


class Role(StrEnum):
    """What a person is for a party: five for those who buy, two for those who provide."""

    OWNER = "owner"
    MANAGER = "manager"
    SALES = "sales"
    FINANCE = "finance"
    VIEWER = "viewer"
    PROVIDER_MANAGER = "provider manager"
    PROVIDER_VIEWER = "provider viewer"


class Act(StrEnum):
    """Something that a person or token may be allowed to do; tokens carry these words as their purposes."""

    READ_CONTRACTS = "contracts:read"
    WRITE_CONTRACTS = "contracts:write"
    ACCEPT_CONTRACTS = "contracts:accept"
    READ_DELIVERIES = "deliveries:read"
    SEND_DELIVERIES = "deliveries:send"
    DECIDE_DELIVERIES = "deliveries:decide"
    READ_PEOPLE = "people:read"
    ERASE_PEOPLE = "people:erase"
    WRITE_MILESTONES = "milestones:write"
    CLAIM_RETURNS = "returns:claim"
    CONTEST_RETURNS = "returns:contest"
    DECIDE_RETURNS = "returns:decide"
    READ_MONEY = "money:read"
    READ_RESULTS = "results:read"
    READ_ADVICE = "advice:read"
    WRITE_ADVICE = "advice:write"
    WRITE_SUPPRESSION = "suppression:write"
    MANAGE_USERS = "users:manage"
    MANAGE_TOKENS = "tokens:manage"
    MANAGE_WEBHOOKS = "webhooks:manage"
    WRITE_SETTINGS = "settings:write"
    READ_AUDIT = "audit:read"


ACTS: tuple[Act, ...] = tuple(Act)

_BUYING = (Role.OWNER, Role.MANAGER, Role.SALES, Role.FINANCE, Role.VIEWER)
_PROVIDING = (Role.PROVIDER_MANAGER, Role.PROVIDER_VIEWER)

# Columns: owner, manager, sales, finance, viewer, provider manager, provider viewer.
_TABLE: Mapping[Act, str] = {
    Act.READ_CONTRACTS: "yyyyyyy",
    Act.WRITE_CONTRACTS: "yy...y.",
    Act.ACCEPT_CONTRACTS: "yy...y.",
    Act.READ_DELIVERIES: "yyyyyyy",
    Act.SEND_DELIVERIES: "yy...y.",
    Act.DECIDE_DELIVERIES: "yy.....",
    Act.READ_PEOPLE: "yyy..y.",
    Act.ERASE_PEOPLE: "yy.....",
    Act.WRITE_MILESTONES: "yyy....",
    Act.CLAIM_RETURNS: "yyyy...",
    Act.CONTEST_RETURNS: ".....y.",
    Act.DECIDE_RETURNS: "yy.y...",
    Act.READ_MONEY: "yy.yyyy",
    Act.READ_RESULTS: "yyyyy..",
    Act.READ_ADVICE: "yy.yy..",
    Act.WRITE_ADVICE: "yy.....",
    Act.WRITE_SUPPRESSION: "yyy....",
    Act.MANAGE_USERS: "y....y.",
    Act.MANAGE_TOKENS: "yy...y.",
    Act.MANAGE_WEBHOOKS: "yy...y.",
    Act.WRITE_SETTINGS: "y....y.",
    Act.READ_AUDIT: "y....y.",
}

_ACTS: Mapping[Role, frozenset[Act]] = {
    role: frozenset(act for act, marks in _TABLE.items() if marks[place] == "y") for place, role in enumerate((*_BUYING, *_PROVIDING))
}


def may(role: Role, act: Act) -> bool:
    """Tell whether a role may do an act at all, on rows that its party reaches."""
    return act in _ACTS[role]


def acts_of(role: Role) -> frozenset[Act]:
    """Give everything that a role may do: the widest that a token made by somebody of this role can carry."""
    return _ACTS[role]


def roles_for(kind: PartyKind) -> tuple[Role, ...]:
    """Give the roles that people of such a party can have."""
    return (*(_BUYING if kind.buys else ()), *(_PROVIDING if kind.provides else ()))
