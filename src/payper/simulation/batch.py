"""One big batch of messy deliveries, made column by column: what benchmarks judge."""

from __future__ import annotations

from datetime import datetime

import numpy as np
import polars as pl

from payper.simulation.faults import plant
from payper.simulation.population import draw_companies, draw_people, pick

BENCHMARK_CONTRACT = """\
[contract]
id = "bench"
buyer = "northwind"
provider = "intentreach"
currency = "USD"
timezone = "America/New_York"
starts = 2026-01-01
ends = 2026-12-31
holidays = "US"

[audience]
countries = ["US", "CA", "GB", "DE", "AT", "CH", "FR", "NL", "SE", "NO", "DK", "FI"]
employees = "200..20000"
functions = ["it", "engineering", "security", "operations"]
seniority = "manager.."

[record]
required = ["email", "first_name", "last_name", "company", "title", "country", "phone"]
email = ["syntax", "business", "not_disposable", "not_role"]
phone = ["valid", "matches_country"]
consent = { required = true, fields = ["consent_at", "consent_text"], max_age = "90d" }
fresh = "14d"
uncertain = "review"

[duplicate]
match = ["email", "person"]
within = "180d"
across = "buyer"

[caps]
per_company = 8
over = "quarantine"

[[price]]
on = "accepted"
amount = "62.00"
when = "seniority >= 'director'"

[[price]]
on = "accepted"
amount = "48.00"
tiers = [{ from = 50001, amount = "44.00" }]

[review]
window = "5bd"
silence = "accept"
reasons = ["EMAIL_BOUNCED", "PHONE_WRONG", "LEFT_COMPANY"]
cap = "15%"
remedy = "credit"
"""
"""The contract that `simulate_batch` is judged by in benchmarks; it accepts about a fifth."""

STARTS = datetime(2026, 1, 8)  # noqa: DTZ001  # a local clock time, as files write it
DAYS = 120

FAULTS: dict[str, float] = {
    "": 84.3,
    "EMAIL_SYNTAX": 1.5,
    "EMAIL_FREE": 2.5,
    "EMAIL_DISPOSABLE": 0.7,
    "EMAIL_ROLE": 1.0,
    "PHONE_INVALID": 2.0,
    "PHONE_COUNTRY": 1.0,
    "FIELD_MISSING": 2.0,
    "CONSENT_MISSING": 1.5,
    "CONSENT_EXPIRED": 1.0,
    "STALE": 1.5,
    "IMPLAUSIBLE": 0.5,
    "TITLE_UNKNOWN": 0.5,
}
"""Reason that a planted fault should give, and how many rows in a hundred get it."""

DUPLICATES = 0.06
"""Share of rows that repeat the person of an earlier row under another id."""


def simulate_batch(count: int, seed: int, *, with_truth: bool = False) -> pl.DataFrame:
    """Make a raw batch as a sender's export would hold it: text columns, 24 countries, faults at known rates.

    Args:
        count: Rows.
        seed: The same seed gives the same frame.
        with_truth: Add the truth: `fault` (reason that a planted fault should give, DUPLICATE_SELF included; empty: none), `is_in_audience`
            (of `BENCHMARK_CONTRACT`).

    Returns:
        18 string columns under canonical names; timestamps are ISO 8601 without offset, rows in order of `delivered_at`.
    """
    rng = np.random.default_rng(seed)
    companies = draw_companies(rng, max(20, count // 6))
    people = draw_people(rng, companies, count)
    fault = pl.Series("fault", list(FAULTS)).gather(pick(rng, list(FAULTS.values()), count))
    # A repeated person stands up to 20,000 rows after the first, so that the repeat falls into any contract's window.
    at = np.arange(count)
    back = 1 + (rng.random(count) * np.minimum(20_000, at)).astype(np.int64)
    repeats = (rng.random(count) < DUPLICATES) & (at > 0)
    people = people[np.where(repeats, at - back, at)]
    fault = fault.zip_with(pl.Series(~repeats), pl.Series(["DUPLICATE_SELF"]).gather(np.zeros(count, dtype=np.int64)))
    dated = people.with_columns(fault=fault, _draw=pl.Series(rng.random(count)), **_dates(rng, count))
    broken = plant(dated, buyer="Northwind", earliest=STARTS)
    frame = broken.select(
        external_id=pl.concat_str(pl.lit("L"), pl.int_range(1, pl.len() + 1).cast(pl.String).str.zfill(8)),
        generated_at=pl.col("generated_at").dt.to_string("%Y-%m-%dT%H:%M:%S"),
        delivered_at=pl.col("delivered_at").dt.to_string("%Y-%m-%dT%H:%M:%S"),
        **{name: pl.col(name) for name in ("first_name", "last_name", "email", "phone", "title", "company")},
        website="https://www." + pl.col("domain"),
        country="country_text",
        city="city",
        postal_code="postal_code",
        industry="industry",
        employees="employees_text",
        revenue="revenue_text",
        consent_at=pl.col("consent_at").dt.to_string("%Y-%m-%dT%H:%M:%S"),
        consent_text="consent_text",
        **({"fault": pl.col("fault"), "is_in_audience": _is_in_audience()} if with_truth else {}),
    )
    return frame.with_columns(pl.col(pl.String).replace("", None)) if not with_truth else frame


def _dates(rng: np.random.Generator, count: int) -> dict[str, pl.Series]:
    """Date deliveries evenly over the days, each generated up to five days before, with consent up to a day before that."""
    start = np.datetime64(STARTS, "us")
    delivered = start + (np.sort(rng.random(count)) * DAYS * 86_400e6).astype("timedelta64[us]")
    generated = delivered - (rng.random(count) * 5 * 86_400e6).astype("timedelta64[us]")
    consent = generated - (rng.random(count) * 86_400e6).astype("timedelta64[us]")
    return {"delivered_at": pl.Series(delivered), "generated_at": pl.Series(generated), "consent_at": pl.Series(consent)}


def _is_in_audience() -> pl.Expr:
    """Tell whether the truth of a row fits the audience of `BENCHMARK_CONTRACT`."""
    countries = ["US", "CA", "GB", "DE", "AT", "CH", "FR", "NL", "SE", "NO", "DK", "FI"]
    return (
        pl.col("country").is_in(countries)
        & pl.col("employees").is_between(200, 20_000)
        & pl.col("function").is_in(["it", "engineering", "security", "operations"])
        & pl.col("seniority").is_in(["manager", "director", "vp", "c-level"])
    )
