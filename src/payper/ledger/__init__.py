"""The ledger: double entry in integer minor units. It knows parties, contracts and purposes, and nothing of leads."""

from payper.ledger.accounts import Purpose, account_name, parse_account
from payper.ledger.balances import balances
from payper.ledger.beancount import to_beancount
from payper.ledger.hledger import to_hledger
from payper.ledger.reconcile import missing
from payper.ledger.transfers import TRANSFER_SCHEMA, Kind, empty_transfers, validate

__all__ = [
    "TRANSFER_SCHEMA",
    "Kind",
    "Purpose",
    "account_name",
    "balances",
    "empty_transfers",
    "missing",
    "parse_account",
    "to_beancount",
    "to_hledger",
    "validate",
]
