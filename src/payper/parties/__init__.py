"""Parties, the people who act for them, and what each may do."""

from payper.parties.party import Party, PartyKind, is_identifier
from payper.parties.rights import ACTS, Act, Role, acts_of, may, roles_for

__all__ = ["ACTS", "Act", "Party", "PartyKind", "Role", "acts_of", "is_identifier", "may", "roles_for"]
