"""Verdicts in words: nobody needs to know the keys of the contract language to read why a delivery was rejected."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.desk.conftest import CONTRACT

from payper.adjudication.explain import explain
from payper.terms.contract import Contract, ListEntries
from payper.terms.reading import read_terms


def terms(match: str = '["email"]') -> Contract:
    found = read_terms(CONTRACT.replace('match = ["email"]', f"match = {match}")).contract
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("match", "words"),
    [
        ('["email"]', "by e-mail."),
        ('["person", "email"]', "by e-mail or person."),
        ('["fuzzy", "phone", "person", "email"]', "by e-mail, person, phone or likeness."),
    ],
)
def test_what_duplicates_are_found_by_is_said_in_words(match: str, words: str) -> None:
    for code, first in (("DUPLICATE_OTHER", "Another provider delivered this person first"), ("DUPLICATE_SELF", "You delivered")):
        (sentence,) = explain({"reasons": [code]}, terms(match))
        assert sentence.seen.startswith(first)
        assert sentence.seen.endswith(words)


def test_a_suppressed_delivery_is_told_what_stands_on_a_list() -> None:
    plain = terms()
    listed = replace(plain, audience=replace(plain.audience, suppress=(ListEntries(path="customers.csv"),)))
    (sentence,) = explain({"reasons": ["SUPPRESSED"], "email": "ann@acme.com", "company": "Acme"}, listed)
    assert sentence.seen == "The e-mail «ann@acme.com», its domain or the company «Acme» stands on a suppression list (customers.csv)."
