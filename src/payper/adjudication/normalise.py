"""The normalise stage: a delivery's columns as sent, and what payper understands by them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import polars as pl

from payper.deliveries import DERIVED, SCHEMA
from payper.normalisation import companies, countries, domains, emails, implausible, industries, people, phones, sizes, titles
from payper.normalisation.remembered import FEW

RateOn = Callable[[str, str, date], Decimal | None]
"""Gives units of the second currency for one of the first on a day, or None when there is no rate."""

_Schema = dict[str, pl.DataType | type[pl.DataType]]

WORKING: tuple[str, ...] = (
    "email_fault",
    "email_host",
    "is_free",
    "is_disposable",
    "is_role",
    "phone_is_valid",
    "phone_countries_match",
    "implausible",
    "industry_codes",
    "website_domain",
    "email_domain",
    "person_key",
)
"""Columns that later stages read and nobody is shown."""


def no_rate(source: str, target: str, on: date) -> Decimal | None:  # noqa: ARG001  # the signature is RateOn's
    """Know no rate but that of a currency with itself."""
    return Decimal(1) if source == target else None


def normalise(batch: pl.DataFrame, *, currency: str | None = None, rate_on: RateOn = no_rate) -> pl.DataFrame:
    """Add what payper understands by every delivery's columns.

    Args:
        batch: Deliveries, columns of `deliveries.SCHEMA`.
        currency: The contract's; a revenue in another is converted at the rate of `delivered_at` (RULES 22).
        rate_on: Where rates come from.

    Returns:
        The same rows with the columns of `deliveries.DERIVED` and of `WORKING`; what was there under these names is replaced.
    """
    batch = batch.drop([name for name in (*DERIVED, *WORKING) if name in batch.columns])
    if batch.height <= FEW:
        read = derive({name: batch[name].to_list() for name in SENT}, currency=currency, rate_on=rate_on)
        return batch.hstack([pl.Series(name, values, dtype=_DERIVED[name]) for name, values in read.items()])
    email = emails.read_emails(batch["email"])
    email_domain = domains.registrable_domains(email["email_host"])
    website_domain = _unless_empty(batch["website"], lambda texts: domains.registrable_domains(texts).to_frame("domain"), _DOMAIN)["domain"]
    country = _unless_empty(batch["country"], lambda texts: countries.country_codes(texts).to_frame("country"), _COUNTRY)["country"]
    phone = _unless_empty(batch["phone"], lambda texts: phones.read_phones(texts, country), _PHONE)
    company_key = companies.company_keys(batch["company"])
    title = _unless_empty(batch["title"], titles.read_titles, _TITLE)
    size = _unless_empty(batch["employees"], sizes.read_sizes, _SIZE)
    revenue = _revenue(batch, currency=currency, rate_on=rate_on)
    industry = _unless_empty(batch["industry"], industries.read_industries, _INDUSTRY)
    domain = website_domain.zip_with(
        email_domain.is_null() | (email["is_free"].fill_null(value=False) & website_domain.is_not_null()), email_domain
    )
    domain = email_domain.zip_with(domain.is_null(), domain)
    derived = pl.DataFrame(
        [
            email["email_normal"],
            phone["phone_e164"],
            domain.alias("domain"),
            company_key.alias("company_key"),
            country.alias("country_code"),
            title["function"],
            title["seniority"],
            size["employees_min"],
            size["employees_max"],
            revenue["revenue_min"],
            revenue["revenue_max"],
            industry["industry_code"],
            email["email_fault"],
            email["email_host"],
            email["is_free"],
            email["is_disposable"],
            email["is_role"],
            phone["is_valid"].alias("phone_is_valid"),
            phone["phone_countries_match"],
            industry["industry_codes"],
            website_domain.alias("website_domain"),
            email_domain.alias("email_domain"),
            people.person_keys(batch["first_name"], batch["last_name"], company_key).alias("person_key"),
        ]
    )
    joined = batch.hstack(derived)
    return joined.with_columns(implausible.find_implausible(joined).alias("implausible"))


def derive(sent: Mapping[str, Sequence[Any]], *, currency: str | None, rate_on: RateOn) -> dict[str, Sequence[Any]]:
    """As `normalise`, of few deliveries: making ready a column's expressions takes longer than reading few texts one by one.

    Args:
        sent: By column of `deliveries.SCHEMA`, the values in order; all columns of `SENT`.
        currency: As of `normalise`, as is the next.
        rate_on: Where rates come from.

    Returns:
        By column of `deliveries.DERIVED` and of `WORKING`, the values in order.
    """
    email = emails.MEMORY.rows(sent["email"])
    hosts = [row[1] for row in email]
    codes = [code for (code,) in countries.MEMORY.rows(sent["country"])]
    company = [key for (key,) in companies.MEMORY.rows(sent["company"])]
    mail_domains, web_domains = ([domain for (domain,) in domains.MEMORY.rows(each)] for each in (hosts, sent["website"]))
    phone = phones.MEMORY.rows([None if text is None else (text, code) for text, code in zip(sent["phone"], codes, strict=True)])
    title = titles.MEMORY.rows(sent["title"])
    size = sizes.SIZES.rows(sent["employees"])
    industry = industries.MEMORY.rows(sent["industry"])
    domain = [
        web if web is not None and (mail is None or row[3]) else mail
        for mail, web, row in zip(mail_domains, web_domains, email, strict=True)
    ]
    columns = (
        [row[0] for row in email], [row[0] for row in phone], domain, company, codes,
        *_unzipped(title, 2), *_unzipped(size, 2), *_revenue_of_few(sent, currency=currency, rate_on=rate_on), [row[0] for row in industry],
        [row[2] for row in email], hosts, *_unzipped([row[3:] for row in email], 3), *_unzipped([row[1:] for row in phone], 2),
        [row[1] for row in industry], web_domains, mail_domains, people.keys_of_few(sent["first_name"], sent["last_name"], company),
        _implausible(sent, hosts),
    )  # fmt: skip
    return dict(zip(_DERIVED, columns, strict=True))


def _implausible(sent: Mapping[str, Sequence[Any]], hosts: Sequence[str | None]) -> list[str | None]:
    """Say which pattern of test data deliveries show."""
    rows = list(zip(sent["first_name"], sent["last_name"], sent["email"], hosts, sent["phone"], sent["company"], strict=True))
    said = [implausible.find_alone(*row) for row in rows]
    unsaid = [place for place, words in enumerate(said) if words == implausible.UNSAID]
    if unsaid:
        frame = pl.DataFrame([rows[place] for place in unsaid], schema=dict.fromkeys(implausible.FIELDS, pl.String), orient="row")
        for place, words in zip(unsaid, implausible.find_implausible(frame).to_list(), strict=True):
            said[place] = words
    return said


def _unzipped(rows: Sequence[tuple[Any, ...]], width: int) -> list[tuple[Any, ...]]:
    return list(zip(*rows, strict=True)) if rows else [()] * width


def _revenue_of_few(sent: Mapping[str, Sequence[Any]], *, currency: str | None, rate_on: RateOn) -> list[list[int | None]]:
    rows = sizes.REVENUES.rows(sent["revenue"])
    if currency is not None and any(code is not None and code != currency for _, _, code in rows):
        batch = pl.DataFrame([pl.Series(name, sent[name], dtype=SCHEMA[name]) for name in ("revenue", "delivered_at")])
        converted = _revenue(batch, currency=currency, rate_on=rate_on)
        return [converted["revenue_min"].to_list(), converted["revenue_max"].to_list()]
    return [[row[0] for row in rows], [row[1] for row in rows]]


SENT: tuple[str, ...] = (
    "email", "website", "country", "phone", "company", "title", "employees", "revenue", "industry", "first_name", "last_name",
    "delivered_at",
)  # fmt: skip
"""The columns that are read."""

_DERIVED: _Schema = {
    **DERIVED,
    "email_fault": pl.String,
    "email_host": pl.String,
    "is_free": pl.Boolean,
    "is_disposable": pl.Boolean,
    "is_role": pl.Boolean,
    "phone_is_valid": pl.Boolean,
    "phone_countries_match": pl.Boolean,
    "industry_codes": pl.List(pl.String),
    "website_domain": pl.String,
    "email_domain": pl.String,
    "person_key": pl.String,
    "implausible": pl.String,
}

_DOMAIN: _Schema = {"domain": pl.String}
_COUNTRY: _Schema = {"country": pl.String}
_PHONE: _Schema = {"phone_e164": pl.String, "is_valid": pl.Boolean, "phone_countries_match": pl.Boolean}
_TITLE: _Schema = {"function": pl.String, "seniority": pl.String}
_SIZE: _Schema = {"employees_min": pl.Int64, "employees_max": pl.Int64}
_REVENUE: _Schema = {"revenue_min": pl.Int64, "revenue_max": pl.Int64, "revenue_currency": pl.String}
_INDUSTRY: _Schema = {"industry_code": pl.String, "industry_codes": pl.List(pl.String)}


def _unless_empty(texts: pl.Series, read: Callable[[pl.Series], pl.DataFrame], schema: _Schema) -> pl.DataFrame:
    """Read a column, or give nulls where nothing is in it: many of the tables that reading needs cost more than a small batch."""
    if texts.null_count() < len(texts):
        return read(texts)
    return pl.DataFrame([pl.Series(name, [None], dtype=dtype).new_from_index(0, len(texts)) for name, dtype in schema.items()])


def _revenue(batch: pl.DataFrame, *, currency: str | None, rate_on: RateOn) -> pl.DataFrame:
    """Read revenues into whole units of the contract's currency; null where there is no rate."""
    read = _unless_empty(batch["revenue"], sizes.read_revenues, _REVENUE)
    foreign = read["revenue_currency"].is_not_null() & (read["revenue_currency"] != (currency or ""))
    if currency is None or not foreign.any():
        return read.select("revenue_min", "revenue_max")
    frame = read.with_columns(batch["delivered_at"].dt.date().alias("day"), foreign.alias("foreign"))
    pairs = frame.filter(pl.col("foreign")).select("revenue_currency", "day").unique()
    rates = pairs.with_columns(
        pl.Series(
            "rate", [None if day is None else _as_float(rate_on(code, currency, day)) for code, day in pairs.iter_rows()], dtype=pl.Float64
        )
    )
    frame = frame.join(rates, on=["revenue_currency", "day"], how="left", maintain_order="left", nulls_equal=True)
    factor = pl.when("foreign").then(pl.col("rate")).otherwise(1.0)
    return frame.select(
        pl.when("foreign").then((pl.col(name) * factor).round(0).cast(pl.Int64)).otherwise(pl.col(name)).alias(name)
        for name in ("revenue_min", "revenue_max")
    )


def _as_float(rate: Decimal | None) -> float | None:
    return None if rate is None else float(rate)


def complete(batch: pl.DataFrame) -> pl.DataFrame:
    """Add the canonical columns that a frame lacks, as nulls, and order them as `deliveries.SCHEMA`; other columns follow."""
    missing = [pl.lit(None, dtype=dtype).alias(name) for name, dtype in SCHEMA.items() if name not in batch.columns]
    others = [name for name in batch.columns if name not in SCHEMA]
    return batch.with_columns(missing).select(*SCHEMA, *others)
