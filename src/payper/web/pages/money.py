"""Money: balances of contracts, statement lines, and statements as files."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from litestar import Request, Response, get
from litestar.params import FromPath, FromQuery

from payper.desk.people.installation import Side
from payper.desk.reads.read_money import Balance, list_balances, list_lines, make_statement_file
from payper.reports.words import enumerated, money
from payper.web.rendering import page
from payper.web.visits import Visit, signed_in


@get("/money", sync_to_thread=True)
def money_page(request: Request[Any, Any, Any]) -> Response[Any]:
    """Show what is owed under every contract."""
    with signed_in(request) as visit:
        balances = list_balances(visit.directory, visit.actor)
        return page(visit, "money.html.j2", title="Money", balances=balances, headline=headline(balances), names=visit.name_of)


@get("/money/{buyer:str}/{contract:str}", sync_to_thread=True)
def lines_page(
    request: Request[Any, Any, Any], buyer: FromPath[str], contract: FromPath[str], before: FromQuery[str | None] = None
) -> Response[Any]:
    """Show a contract's statement lines, newest first."""
    with signed_in(request) as visit:
        lines = list_lines(visit.directory, visit.actor, buyer=buyer, contract=contract, before=before or None)
        balance = lines.balance
        owed = money(abs(balance.stands.owed_minor), balance.currency)
        other = visit.name_of(balance.reached.other)
        is_mine = (balance.reached.side is Side.BUYER) == (balance.stands.owed_minor >= 0)
        words = f"You owe {other} {owed} under {contract}" if is_mine else f"{other} owes you {owed} under {contract}"
        return page(
            visit, "money_lines.html.j2", title=f"Statement of {contract}", lines=lines, headline=words, before=before, names=visit.name_of
        )


@get("/money/{buyer:str}/{contract:str}/statement.pdf", sync_to_thread=True)
def statement_pdf_file(request: Request[Any, Any, Any], buyer: FromPath[str], contract: FromPath[str]) -> Response[Any]:
    """Give a contract's statement as PDF."""
    with signed_in(request) as visit:
        return statement_answer(visit, buyer, contract, is_pdf=True)


@get("/money/{buyer:str}/{contract:str}/statement.csv", sync_to_thread=True)
def statement_csv_file(request: Request[Any, Any, Any], buyer: FromPath[str], contract: FromPath[str]) -> Response[Any]:
    """Give a contract's statement as CSV."""
    with signed_in(request) as visit:
        return statement_answer(visit, buyer, contract, is_pdf=False)


def statement_answer(visit: Visit, buyer: str, contract: str, *, is_pdf: bool) -> Response[Any]:
    """Answer with a statement as a file to keep."""
    name, content = make_statement_file(visit.directory, visit.actor, buyer=buyer, contract=contract, is_pdf=is_pdf)
    media = "application/pdf" if is_pdf else "text/csv; charset=utf-8"
    return Response(content, media_type=media, headers={"Content-Disposition": f'attachment; filename="{name}"'})


def headline(balances: Sequence[Balance]) -> str:
    """Say what is owed in all, by currency."""
    if not balances:
        return "No contract yet, so nothing is owed"
    owes = _sums([each for each in balances if each.reached.side is Side.BUYER])
    gets = _sums([each for each in balances if each.reached.side is Side.PROVIDER])
    words = [f"You owe {enumerated(owes)}"] if owes else []
    words += [f"You are owed {enumerated(gets)}"] if gets else []
    return "; ".join(words) or "Nothing is owed"


def _sums(balances: Sequence[Balance]) -> list[str]:
    by_currency: dict[str, int] = {}
    for each in balances:
        by_currency[each.currency] = by_currency.get(each.currency, 0) + each.stands.owed_minor
    return [money(minor, currency) for currency, minor in sorted(by_currency.items()) if minor]


ROUTES = [money_page, lines_page, statement_pdf_file, statement_csv_file]
