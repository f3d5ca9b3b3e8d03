"""Acts that may be sent again, on both stores."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from payper.desk.arrivals.idempotency import KeyReusedError, answer_before, digest_of, forget_before, read_key
from payper.errors import UsageError
from payper.store.database import open_database

AT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


def test_the_same_key_and_content_give_the_same_answer_and_other_content_is_refused(new_book: Callable[[], str]) -> None:
    with open_database(new_book()) as book:
        digest = digest_of("POST /deliveries", b'{"a": 1}')
        assert answer_before(book, party="intentreach", key="k", digest=digest) is None
        with book.transaction():
            book.keep_answer(party="intentreach", key="k", digest=digest, answer="done", at=AT)
        assert answer_before(book, party="intentreach", key="k", digest=digest) == "done"
        with pytest.raises(KeyReusedError):
            answer_before(book, party="intentreach", key="k", digest=digest_of("POST /deliveries", b'{"a": 2}'))
        with pytest.raises(KeyReusedError):
            answer_before(book, party="intentreach", key="k", digest=digest_of("POST /returns", b'{"a": 1}'))
        assert answer_before(book, party="meetly", key="k", digest=digest_of("POST /deliveries", b'{"a": 2}')) is None


def test_an_act_that_did_not_end_leaves_no_answer(new_book: Callable[[], str]) -> None:
    with open_database(new_book()) as book:
        digest = digest_of("act", b"x")
        with pytest.raises(RuntimeError), book.transaction():
            book.keep_answer(party="p", key="k", digest=digest, answer="done", at=AT)
            raise RuntimeError
        assert answer_before(book, party="p", key="k", digest=digest) is None


def test_old_answers_are_forgotten(new_book: Callable[[], str]) -> None:
    with open_database(new_book()) as book:
        digest = digest_of("act", b"x")
        with book.transaction():
            book.keep_answer(party="p", key="old", digest=digest, answer="done", at=AT.replace(month=1))
            book.keep_answer(party="p", key="new", digest=digest, answer="done", at=AT)
            book.forget_answers(before=forget_before(AT))
        assert [book.answered("p", key) is None for key in ("old", "new")] == [True, False]


@pytest.mark.parametrize("sent", ["", "  ", "x" * 256, "a\tb", "schlüssel"])
def test_what_is_no_key_is_refused(sent: str) -> None:
    with pytest.raises(UsageError):
        read_key(sent)


def test_a_key_is_read_with_or_without_quotes() -> None:
    assert read_key('"8e03978e-40d5-43e8-bc93-6894a57f9324"') == read_key(" 8e03978e-40d5-43e8-bc93-6894a57f9324") is not None
    assert read_key(None) is None
